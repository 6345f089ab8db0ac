package sandbox

import "slices"

// member finds the membership that the path names.
func (t *Tenant) member(c *call) (*membership, *response) {
	o, u := t.orgs[c.path[0]], t.userByID(c.path[1])
	var r response
	switch {
	case o == nil:
		r = orgUnknown()
	case u == nil:
		r = userUnknown()
	default:
		if m := u.membership(o); m != nil {
			return m, nil
		}
		r = invalid("USER_NOT_IN_ORGANIZATION", "The user is not a member of this organization.")
	}
	return nil, &r
}

// changeMember lets f change the membership that the path names. A refusal
// comes before f has changed anything.
func (t *Tenant) changeMember(c *call, f func(*membership) response) response {
	return t.change(func(ch *change) response {
		m, bad := t.member(c)
		if bad != nil {
			return *bad
		}
		answer := f(m)
		if answer.status < 400 {
			ch.touch(m.user)
		}
		return answer
	})
}

type keyed struct {
	ID   string `json:"id"`
	Key  string `json:"key"`
	Name string `json:"name"`
}

func (t *Tenant) getOrganizationUserRoles(c *call) response {
	return t.read(func() response {
		m, bad := t.member(c)
		if bad != nil {
			return *bad
		}
		out := []keyed{}
		for _, id := range m.roles {
			if r := t.roles.byID[id]; r != nil {
				out = append(out, keyed{r.ID, r.Key, r.Name})
			}
		}
		return okay(struct {
			Code      string  `json:"code"`
			Message   string  `json:"message"`
			Roles     []keyed `json:"roles"`
			NextToken any     `json:"next_token,omitempty"`
		}{"OK", "Success", out, nil})
	})
}

func (t *Tenant) createOrganizationUserRole(c *call) response {
	var body struct {
		RoleID string `json:"role_id"`
	}
	if bad := c.decode(&body); bad != nil {
		return *bad
	}
	return t.changeMember(c, func(m *membership) response {
		if t.roles.byID[body.RoleID] == nil {
			return roleUnknown()
		}
		m.roles = addOnce(m.roles, body.RoleID)
		return done("Role successfully added.")
	})
}

func (t *Tenant) deleteOrganizationUserRole(c *call) response {
	return t.changeMember(c, func(m *membership) response {
		if !slices.Contains(m.roles, c.path[2]) {
			return roleUnknown()
		}
		m.roles = without(m.roles, c.path[2])
		return done("User role successfully removed.")
	})
}

type memberPermission struct {
	ID          string   `json:"id"`
	Key         string   `json:"key"`
	Name        string   `json:"name"`
	Description string   `json:"description"`
	Roles       *[]keyed `json:"roles,omitempty"`
}

// getOrganizationUserPermissions lists what the member may do: permissions of
// its own and those of its roles. expand=roles says through which.
func (t *Tenant) getOrganizationUserPermissions(c *call) response {
	expand, bad := c.expansions("roles")
	if bad != nil {
		return *bad
	}
	return t.read(func() response {
		m, bad := t.member(c)
		if bad != nil {
			return *bad
		}
		ids := append([]string(nil), m.permissions...)
		through := map[string][]keyed{}
		for _, roleID := range m.roles {
			r := t.roles.byID[roleID]
			if r == nil {
				continue
			}
			for _, id := range r.Permissions {
				ids = addOnce(ids, id)
				through[id] = append(through[id], keyed{r.ID, r.Key, r.Name})
			}
		}
		out := []memberPermission{}
		for _, p := range t.permissionsByID(ids) {
			shown := memberPermission{ID: p.ID, Key: p.Key, Name: p.Name, Description: p.Description}
			if expand["roles"] {
				roles := append([]keyed{}, through[p.ID]...)
				shown.Roles = &roles
			}
			out = append(out, shown)
		}
		return okay(struct {
			Code        string             `json:"code"`
			Message     string             `json:"message"`
			Permissions []memberPermission `json:"permissions"`
		}{"OK", "Success", out})
	})
}

func (t *Tenant) createOrganizationUserPermission(c *call) response {
	var body struct {
		PermissionID string `json:"permission_id"`
	}
	if bad := c.decode(&body); bad != nil {
		return *bad
	}
	return t.changeMember(c, func(m *membership) response {
		if t.permissions.byID[body.PermissionID] == nil {
			return permissionUnknown()
		}
		m.permissions = addOnce(m.permissions, body.PermissionID)
		return done("User permission successfully updated.")
	})
}

func (t *Tenant) deleteOrganizationUserPermission(c *call) response {
	return t.changeMember(c, func(m *membership) response {
		if !slices.Contains(m.permissions, c.path[2]) {
			return permissionUnknown()
		}
		m.permissions = without(m.permissions, c.path[2])
		return done("User permission successfully removed.")
	})
}
