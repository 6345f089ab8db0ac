package sandbox

import "slices"

// api is an API of the tenant's applications.
type api struct {
	ID       string     `json:"id"`
	Name     string     `json:"name"`
	Audience string     `json:"audience"`
	Scopes   []apiScope `json:"scopes,omitempty"`
}

type apiScope struct {
	ID  string `json:"id"`
	Key string `json:"key"`
}

// shownAPI is an API as the list shows it. Source: schema "get_apis_response".
type shownAPI struct {
	ID         string      `json:"id"`
	Name       string      `json:"name"`
	Audience   string      `json:"audience"`
	Management bool        `json:"is_management_api"`
	Scopes     *[]apiScope `json:"scopes,omitempty"`
}

func (t *Tenant) getAPIs(c *call) response {
	expand, bad := c.expansions("scopes")
	if bad != nil {
		return *bad
	}
	return t.read(func() response {
		out := []shownAPI{}
		for _, a := range t.apis.list {
			shown := shownAPI{ID: a.ID, Name: a.Name, Audience: a.Audience}
			if expand["scopes"] {
				scopes := append([]apiScope{}, a.Scopes...)
				shown.Scopes = &scopes
			}
			out = append(out, shown)
		}
		return okay(struct {
			Code    string     `json:"code"`
			Message string     `json:"message"`
			APIs    []shownAPI `json:"apis"`
		}{"OK", "Success", out})
	})
}

// scopeOf refuses an API or a scope that the path names and nobody has.
func (t *Tenant) scopeOf(c *call) *response {
	a := t.apis.byID[c.path[2]]
	if a != nil {
		for _, s := range a.Scopes {
			if s.ID == c.path[3] {
				return nil
			}
		}
	}
	r := invalid("API_SCOPE_NOT_FOUND", "There is no such API, or it has no scope with this id.")
	return &r
}

func (t *Tenant) addOrganizationUserAPIScope(c *call) response {
	return t.changeMember(c, func(m *membership) response {
		if bad := t.scopeOf(c); bad != nil {
			return *bad
		}
		m.scopes = addOnce(m.scopes, c.path[3])
		return done("API scope successfully added.")
	})
}

func (t *Tenant) deleteOrganizationUserAPIScope(c *call) response {
	return t.changeMember(c, func(m *membership) response {
		if bad := t.scopeOf(c); bad != nil {
			return *bad
		}
		if !slices.Contains(m.scopes, c.path[3]) {
			return invalid("API_SCOPE_NOT_FOUND", "The member does not have this scope.")
		}
		m.scopes = without(m.scopes, c.path[3])
		return done("API scope successfully removed.")
	})
}

// scopeKeys names the scopes of a membership, for copies.
func (t *Tenant) scopeKeys(ids []string) (out []string) {
	for _, a := range t.apis.list {
		for _, s := range a.Scopes {
			if slices.Contains(ids, s.ID) {
				out = append(out, s.Key)
			}
		}
	}
	return out
}
