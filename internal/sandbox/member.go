package sandbox

import (
	"slices"
	"strings"
	"time"
)

// maxBulk is the most objects that one request may carry. Source: Kinde's
// page on the API's rate limits.
const maxBulk = 100

type memberChange struct {
	ID          string    `json:"id"`
	Operation   string    `json:"operation"`
	Roles       *[]string `json:"roles"`
	Permissions *[]string `json:"permissions"`
}

type membersBody struct {
	Users []memberChange `json:"users"`
}

// plannedMember is a change that has been found possible.
type plannedMember struct {
	user               *user
	remove             bool
	roles, permissions *[]string // ids
}

// planMembers resolves everything that the request names before anything is
// altered: one unknown user or key refuses all of it.
func (t *Tenant) planMembers(o *organization, in []memberChange) ([]plannedMember, *response) {
	if len(in) > maxBulk {
		r := invalid("TOO_MANY_OBJECTS", "A request may carry at most 100 users.")
		return nil, &r
	}
	var wrong []apiError
	out := make([]plannedMember, 0, len(in))
	for _, m := range in {
		p := plannedMember{user: t.userByID(m.ID), remove: m.Operation == "delete"}
		if p.user == nil {
			wrong = append(wrong, apiError{"USER_NOT_FOUND", "There is no user " + m.ID + "."})
			continue
		}
		if m.Operation != "" && !p.remove {
			wrong = append(wrong, apiError{"INVALID_OPERATION", "The only operation is delete."})
		}
		p.roles = keysToIDs(m.Roles, t.roles.byKey, func(r *role) string { return r.ID }, "ROLE", t.opt.Quirks.IgnoreUnknownRoles, &wrong)
		p.permissions = keysToIDs(
			m.Permissions,
			t.permissions.byKey,
			func(p *permission) string { return p.ID },
			"PERMISSION",
			t.opt.Quirks.IgnoreUnknownRoles,
			&wrong,
		)
		out = append(out, p)
	}
	if len(wrong) > 0 {
		return nil, &response{status: 400, body: errorList{wrong}}
	}
	return out, nil
}

func keysToIDs[T any](keys *[]string, known map[string]*T, id func(*T) string, what string, ignore bool, wrong *[]apiError) *[]string {
	if keys == nil {
		return nil
	}
	out := []string{}
	for _, k := range *keys {
		item := known[k]
		if item != nil {
			out = addOnce(out, id(item))
		} else if !ignore {
			*wrong = append(*wrong, apiError{what + "_NOT_FOUND", "There is no " + strings.ToLower(what) + " with the key " + k + "."})
		}
	}
	return &out
}

func addOnce(list []string, s string) []string {
	if slices.Contains(list, s) {
		return list
	}
	return append(list, s)
}

func without(list []string, s string) []string {
	return slices.DeleteFunc(slices.Clone(list), func(have string) bool { return have == s })
}

func orgUnknown() response {
	return invalid("ORGANIZATION_NOT_FOUND", "There is no organization with this code.")
}

func (t *Tenant) addOrganizationUsers(c *call) response {
	var body membersBody
	if bad := c.decode(&body); bad != nil {
		return *bad
	}
	return t.change(func(ch *change) response {
		o := t.orgs[c.path[0]]
		if o == nil {
			return orgUnknown()
		}
		plan, bad := t.planMembers(o, body.Users)
		if bad != nil {
			return *bad
		}
		now := time.Now()
		added := []string{}
		for _, p := range plan {
			m := p.user.membership(o)
			if m != nil {
				continue // a member already: not listed, and left as it is
			}
			m = t.join(p.user, o, now)
			m.extend(p)
			added = append(added, p.user.id.text(userPrefix))
			ch.touch(p.user)
		}
		return okay(struct {
			Code    string   `json:"code"`
			Message string   `json:"message"`
			Added   []string `json:"users_added"`
		}{"OK", "Users successfully added.", added})
	})
}

func (m *membership) extend(p plannedMember) {
	if p.roles != nil {
		for _, id := range *p.roles {
			m.roles = addOnce(m.roles, id)
		}
	}
	if p.permissions != nil {
		for _, id := range *p.permissions {
			m.permissions = addOnce(m.permissions, id)
		}
	}
}

func (t *Tenant) updateOrganizationUsers(c *call) response {
	var body membersBody
	if bad := c.decode(&body); bad != nil {
		return *bad
	}
	return t.change(func(ch *change) response {
		o := t.orgs[c.path[0]]
		if o == nil {
			return orgUnknown()
		}
		plan, bad := t.planMembers(o, body.Users)
		if bad != nil {
			return *bad
		}
		now := time.Now()
		added, updated, removed := []string{}, []string{}, []string{}
		for _, p := range plan {
			m, id := p.user.membership(o), p.user.id.text(userPrefix)
			switch {
			case p.remove && m == nil:
				continue
			case p.remove:
				t.leave(m)
				removed = append(removed, id)
			case m == nil:
				t.join(p.user, o, now).extend(p)
				added = append(added, id)
			default:
				if p.roles != nil {
					m.roles = *p.roles
				}
				if p.permissions != nil {
					m.permissions = *p.permissions
				}
				updated = append(updated, id)
			}
			ch.touch(p.user)
		}
		return okay(struct {
			Message string   `json:"message"`
			Code    string   `json:"code"`
			Added   []string `json:"users_added"`
			Updated []string `json:"users_updated"`
			Removed []string `json:"users_removed"`
		}{"Users successfully updated.", "OK", added, updated, removed})
	})
}

func (t *Tenant) removeOrganizationUser(c *call) response {
	return t.change(func(ch *change) response {
		o, u := t.orgs[c.path[0]], t.userByID(c.path[1])
		if o == nil {
			return orgUnknown()
		}
		if u == nil {
			return userUnknown()
		}
		m := u.membership(o)
		if m == nil {
			return invalid("USER_NOT_IN_ORGANIZATION", "The user is not a member of this organization.")
		}
		t.leave(m)
		ch.touch(u)
		return done("User successfully removed from the organization.")
	})
}
