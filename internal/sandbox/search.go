package sandbox

import (
	"slices"
	"strings"
)

type searchedIdentity struct {
	Type     string `json:"type"`
	Identity string `json:"identity"`
}

// searchedUser is a user as GET /search/users shows it: with properties,
// without phone and connections.
type searchedUser struct {
	ID            string              `json:"id"`
	ProvidedID    any                 `json:"provided_id"`
	Email         any                 `json:"email"`
	Username      any                 `json:"username"`
	LastName      string              `json:"last_name"`
	FirstName     string              `json:"first_name"`
	Suspended     bool                `json:"is_suspended"`
	Picture       any                 `json:"picture"`
	SignIns       int32               `json:"total_sign_ins"`
	FailedSignIns int32               `json:"failed_sign_ins"`
	LastSignedIn  *string             `json:"last_signed_in"`
	CreatedOn     string              `json:"created_on"`
	Organizations *[]string           `json:"organizations,omitempty"`
	Identities    *[]searchedIdentity `json:"identities,omitempty"`
	Properties    *map[string]string  `json:"properties,omitempty"`
}

// searchFilter is what the query asks for.
type searchFilter struct {
	text       string              // folded; "" matches everybody
	properties map[string][]string // id of the property -> any of these values
	scopes     bool                // nobody in the sandbox has API scopes
}

func (t *Tenant) searchFilter(c *call) (searchFilter, *response) {
	f := searchFilter{scopes: c.query.Get("api_scopes") != "", properties: map[string][]string{}}
	if text := strings.TrimSpace(c.query.Get("query")); text != "*" {
		f.text = strings.ToLower(text)
	}
	for name, values := range c.query {
		key, ok := strings.CutPrefix(name, "properties[")
		if !ok {
			continue
		}
		key, _, _ = strings.Cut(key, "]") // properties[town], and properties[town][0] as some write lists
		p := t.properties.byKey["usr."+key]
		if p == nil {
			r := invalid("PROPERTY_NOT_FOUND", "There is no user property with the key "+key+".")
			return f, &r
		}
		for _, v := range values {
			f.properties[p.ID] = append(f.properties[p.ID], splitList(v)...)
		}
	}
	return f, nil
}

func (f searchFilter) keeps(u *user) bool {
	if f.scopes {
		return false
	}
	for id, values := range f.properties {
		found := false
		for _, p := range u.properties {
			found = found || p.key == id && slices.Contains(values, p.value)
		}
		if !found {
			return false
		}
	}
	if f.text == "" {
		return true
	}
	for _, i := range u.identities {
		if i.kind == kindEmail && strings.Contains(strings.ToLower(i.value), f.text) {
			return true
		}
	}
	return strings.Contains(strings.ToLower(u.given+" "+u.family), f.text)
}

func (t *Tenant) identitiesWithout(u *user) *[]searchedIdentity {
	shown := make([]searchedIdentity, 0, len(u.identities))
	for _, i := range u.identities {
		shown = append(shown, searchedIdentity{t.typeShown(i), i.shown()})
	}
	return &shown
}

func (t *Tenant) searched(u *user, expand map[string]bool) searchedUser {
	l := t.listed(u, nil)
	out := searchedUser{ID: l.ID, ProvidedID: l.ProvidedID, Email: l.Email, Username: l.Username, LastName: l.LastName, FirstName: l.FirstName,
		Suspended: l.Suspended, Picture: l.Picture, SignIns: l.SignIns, FailedSignIns: l.FailedSignIns, LastSignedIn: l.LastSignedIn,
		CreatedOn: l.CreatedOn}
	if expand["organizations"] {
		out.Organizations = t.organizationsOf(u)
	}
	if expand["identities"] {
		out.Identities = t.identitiesWithout(u)
	}
	if expand["properties"] {
		values := map[string]string{}
		for _, p := range u.properties {
			if d := t.properties.byID[p.key]; d != nil {
				values[d.Key] = p.value
			}
		}
		out.Properties = &values
	}
	return out
}

type searchPage struct {
	Code    string         `json:"code"`
	Message string         `json:"message"`
	Results []searchedUser `json:"results"`
}

func (t *Tenant) searchUsers(c *call) response {
	size, bad := t.pageSize(c)
	if bad != nil {
		return *bad
	}
	expand, bad := c.expansions("organizations", "identities", "properties")
	if bad != nil {
		return *bad
	}
	afterID, beforeID := c.query.Get("starting_after"), c.query.Get("ending_before")
	if afterID != "" && beforeID != "" {
		return invalid("TOO_MANY_PARAMETERS", "Only one of starting_after and ending_before may be given.")
	}
	return t.read(func() response {
		filter, bad := t.searchFilter(c)
		if bad != nil {
			return *bad
		}
		var cursor uint64
		if id := afterID + beforeID; id != "" {
			u := t.userByID(id)
			if u == nil {
				return invalid("INVALID_CURSOR", "starting_after or ending_before names no user.")
			}
			cursor = u.seq
		}
		found := []*user{}
		visit := func(_ uint64, u *user) bool {
			if filter.keeps(u) {
				found = append(found, u)
			}
			return len(found) < size
		}
		if beforeID != "" {
			t.order.eachBefore(cursor, visit)
			sortUsers(found)
		} else {
			t.order.each(cursor, visit)
		}
		out := searchPage{"OK", "Success", make([]searchedUser, len(found))}
		for i, u := range found {
			out.Results[i] = t.searched(u, expand)
		}
		return okay(out)
	})
}
