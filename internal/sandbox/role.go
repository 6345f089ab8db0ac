package sandbox

import (
	"slices"
	"sort"
	"strings"
)

type shownRole struct {
	ID          string  `json:"id"`
	Key         string  `json:"key"`
	Name        string  `json:"name"`
	Description *string `json:"description"`
	Default     bool    `json:"is_default_role"`
}

func (t *Tenant) getRoles(c *call) response {
	size, bad := t.pageSize(c)
	if bad != nil {
		return *bad
	}
	less, bad := nameOrder(c, func(r *role) string { return r.Name }, func(r *role) string { return r.Key })
	if bad != nil {
		return *bad
	}
	return t.read(func() response {
		page, next, bad := pageList(c, sorted(t.roles.list, less), size)
		if bad != nil {
			return *bad
		}
		out := make([]shownRole, len(page))
		for i, r := range page {
			out[i] = shownRole{r.ID, r.Key, r.Name, optional(r.Description), r.Default}
		}
		return okay(struct {
			Code      string      `json:"code"`
			Message   string      `json:"message"`
			Roles     []shownRole `json:"roles"`
			NextToken any         `json:"next_token,omitempty"`
		}{"OK", "Success", out, t.token(next)})
	})
}

// sorted is a copy of the list, in order of creation when less is nil.
func sorted[T any](in []*T, less func(a, b *T) bool) []*T {
	out := append([]*T(nil), in...)
	if less != nil {
		sort.SliceStable(out, func(a, b int) bool { return less(out[a], out[b]) })
	}
	return out
}

func (t *Tenant) getRole(c *call) response {
	return t.read(func() response {
		r := t.roles.byID[c.path[0]]
		if r == nil {
			return roleUnknown()
		}
		return okay(struct {
			Code    string    `json:"code"`
			Message string    `json:"message"`
			Role    shownRole `json:"role"`
		}{"OK", "Success", shownRole{r.ID, r.Key, r.Name, &r.Description, r.Default}})
	})
}

func roleUnknown() response { return invalid("ROLE_NOT_FOUND", "There is no role with this id.") }

func permissionUnknown() response {
	return invalid("PERMISSION_NOT_FOUND", "There is no permission with this id.")
}

func (t *Tenant) createRole(c *call) response {
	var body struct {
		Name        string `json:"name"`
		Description string `json:"description"`
		Key         string `json:"key"`
		Default     bool   `json:"is_default_role"`
	}
	if bad := c.decode(&body); bad != nil {
		return *bad
	}
	if strings.TrimSpace(body.Name) == "" || strings.TrimSpace(body.Key) == "" {
		return invalid("INVALID_REQUEST_BODY", "A role has to have a name and a key.")
	}
	return t.change(func(ch *change) response {
		if t.roles.byKey[body.Key] != nil {
			return invalid("ROLE_EXISTS", "There is a role with this key.")
		}
		r := &role{ID: t.drawText("role_"), Key: body.Key, Name: body.Name, Description: body.Description, Default: body.Default}
		t.roles.put(r)
		ch.define(r)
		return response{status: 201, body: struct {
			Code    string            `json:"code"`
			Message string            `json:"message"`
			Role    map[string]string `json:"role"`
		}{"OK", "Role successfully created", map[string]string{"id": r.ID}}}
	})
}

func (t *Tenant) deleteRole(c *call) response {
	return t.change(func(ch *change) response {
		r := t.roles.byID[c.path[0]]
		if r == nil {
			return roleUnknown()
		}
		t.roles.remove(r.ID)
		ch.undefine("role", r.ID)
		return done("Role successfully deleted.")
	})
}

type shownPermission struct {
	ID          string `json:"id"`
	Key         string `json:"key"`
	Name        string `json:"name"`
	Description string `json:"description"`
}

func showPermission(p *permission) shownPermission {
	return shownPermission{p.ID, p.Key, p.Name, p.Description}
}

func (t *Tenant) permissionPage(c *call, list []*permission) response {
	size, bad := t.pageSize(c)
	if bad != nil {
		return *bad
	}
	less, bad := nameOrder(c, func(p *permission) string { return p.Name }, func(p *permission) string { return p.Key })
	if bad != nil {
		return *bad
	}
	page, next, bad := pageList(c, sorted(list, less), size)
	if bad != nil {
		return *bad
	}
	out := make([]shownPermission, len(page))
	for i, p := range page {
		out[i] = showPermission(p)
	}
	return okay(struct {
		Code        string            `json:"code"`
		Message     string            `json:"message"`
		Permissions []shownPermission `json:"permissions"`
		NextToken   any               `json:"next_token,omitempty"`
	}{"OK", "Success", out, t.token(next)})
}

func (t *Tenant) getPermissions(c *call) response {
	return t.read(func() response { return t.permissionPage(c, t.permissions.list) })
}

func (t *Tenant) getRolePermissions(c *call) response {
	return t.read(func() response {
		r := t.roles.byID[c.path[0]]
		if r == nil {
			return roleUnknown()
		}
		return t.permissionPage(c, t.permissionsByID(r.Permissions))
	})
}

func (t *Tenant) permissionsByID(ids []string) (out []*permission) {
	for _, id := range ids {
		if p := t.permissions.byID[id]; p != nil {
			out = append(out, p)
		}
	}
	return out
}

func (t *Tenant) updateRolePermissions(c *call) response {
	var body struct {
		Permissions []struct {
			ID        string `json:"id"`
			Operation string `json:"operation"`
		} `json:"permissions"`
	}
	if bad := c.decode(&body); bad != nil {
		return *bad
	}
	if len(body.Permissions) > maxBulk {
		return invalid("TOO_MANY_OBJECTS", "A request may carry at most 100 permissions.")
	}
	return t.change(func(ch *change) response {
		r := t.roles.byID[c.path[0]]
		if r == nil {
			return roleUnknown()
		}
		for _, p := range body.Permissions {
			if t.permissions.byID[p.ID] == nil {
				return permissionUnknown()
			}
		}
		added, removed := []string{}, []string{}
		for _, p := range body.Permissions {
			has := slices.Contains(r.Permissions, p.ID)
			if p.Operation == "delete" && has {
				r.Permissions = without(r.Permissions, p.ID)
				removed = append(removed, p.ID)
			} else if p.Operation != "delete" && !has {
				r.Permissions = append(r.Permissions, p.ID)
				added = append(added, p.ID)
			}
		}
		ch.define(r)
		return okay(struct {
			Code    string   `json:"code"`
			Message string   `json:"message"`
			Added   []string `json:"permissions_added"`
			Removed []string `json:"permissions_removed"`
		}{"OK", "Permissions successfully updated.", added, removed})
	})
}

func (t *Tenant) createPermission(c *call) response {
	var body struct {
		Name        string `json:"name"`
		Description string `json:"description"`
		Key         string `json:"key"`
	}
	if bad := c.decode(&body); bad != nil {
		return *bad
	}
	if strings.TrimSpace(body.Name) == "" || strings.TrimSpace(body.Key) == "" {
		return invalid("INVALID_REQUEST_BODY", "A permission has to have a name and a key.")
	}
	return t.change(func(ch *change) response {
		if t.permissions.byKey[body.Key] != nil {
			return invalid("PERMISSION_EXISTS", "There is a permission with this key.")
		}
		p := &permission{ID: t.drawText("perm_"), Key: body.Key, Name: body.Name, Description: body.Description}
		t.permissions.put(p)
		ch.define(p)
		return response{status: 201, body: success{"Permission successfully created", "OK"}}
	})
}

func (t *Tenant) deletePermission(c *call) response {
	return t.change(func(ch *change) response {
		p := t.permissions.byID[c.path[0]]
		if p == nil {
			return permissionUnknown()
		}
		t.permissions.remove(p.ID)
		ch.undefine("permission", p.ID)
		return done("Permission successfully deleted.")
	})
}

// getRoleUsers lists who has the role, and in which organizations.
func (t *Tenant) getRoleUsers(c *call) response {
	size, bad := t.pageSize(c)
	if bad != nil {
		return *bad
	}
	after, bad := c.tokenSeq()
	if bad != nil {
		return *bad
	}
	type holder struct {
		ID    string   `json:"id"`
		Codes []string `json:"org_codes"`
	}
	return t.read(func() response {
		r := t.roles.byID[c.path[0]]
		if r == nil {
			return roleUnknown()
		}
		out := []holder{}
		next := ""
		var last uint64
		t.order.each(after, func(seq uint64, u *user) bool {
			var codes []string
			for _, m := range u.memberships {
				if slices.Contains(m.roles, r.ID) {
					codes = append(codes, m.org.Code)
				}
			}
			if codes == nil {
				return true
			}
			if len(out) == size {
				next = pageToken(last)
				return false
			}
			out = append(out, holder{u.id.text(userPrefix), codes})
			last = seq
			return true
		})
		return okay(struct {
			Code      string   `json:"code"`
			Message   string   `json:"message"`
			Users     []holder `json:"users"`
			NextToken any      `json:"next_token,omitempty"`
		}{"OK", "Success", out, t.token(next)})
	})
}
