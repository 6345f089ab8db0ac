package sandbox

import (
	"slices"
	"sort"
	"strings"
	"time"
)

type shownOrganization struct {
	Code       string  `json:"code"`
	Name       string  `json:"name"`
	Handle     *string `json:"handle"`
	Default    bool    `json:"is_default"`
	ExternalID *string `json:"external_id"`
	AutoJoin   bool    `json:"is_auto_membership_enabled"`
}

func shownOrg(o *organization) shownOrganization {
	return shownOrganization{o.Code, o.Name, optional(o.Handle), o.Default, optional(o.ExternalID), o.AutoJoin}
}

func (t *Tenant) getOrganizations(c *call) response {
	size, bad := t.pageSize(c)
	if bad != nil {
		return *bad
	}
	less, bad := nameOrder(c, func(o *organization) string { return o.Name }, func(o *organization) string { return o.SenderMail })
	if bad != nil {
		return *bad
	}
	return t.read(func() response {
		var all []*organization
		t.orgOrder.each(0, func(_ uint64, o *organization) bool { all = append(all, o); return true })
		next := ""
		if less == nil {
			// Unsorted, a page starts behind the last organization shown.
			after, bad := c.tokenSeq()
			if bad != nil {
				return *bad
			}
			start := sort.Search(len(all), func(i int) bool { return all[i].Seq > after })
			end := min(start+size, len(all))
			if end < len(all) {
				next = pageToken(all[end-1].Seq)
			}
			all = all[start:end]
		} else {
			sort.SliceStable(all, func(a, b int) bool { return less(all[a], all[b]) })
			var bad *response
			if all, next, bad = pageList(c, all, size); bad != nil {
				return *bad
			}
		}
		out := make([]shownOrganization, len(all))
		for i, o := range all {
			out[i] = shownOrg(o)
		}
		return okay(struct {
			Code          string              `json:"code"`
			Message       string              `json:"message"`
			Organizations []shownOrganization `json:"organizations"`
			NextToken     any                 `json:"next_token,omitempty"`
		}{"OK", "Success", out, t.token(next)})
	})
}

// nameOrder reads sort=name_asc and its kin; nil is the order of creation.
func nameOrder[T any](c *call, name, other func(*T) string) (func(a, b *T) bool, *response) {
	want := c.query.Get("sort")
	if want == "" {
		return nil, nil
	}
	field, direction, _ := strings.Cut(want, "_")
	value := map[string]func(*T) string{"name": name, "email": other, "key": other, "id": other}[field]
	if value == nil || direction != "asc" && direction != "desc" {
		r := invalid("INVALID_SORT", "sort is not one that this list knows.")
		return nil, &r
	}
	if direction == "desc" {
		return func(a, b *T) bool { return value(b) < value(a) }, nil
	}
	return func(a, b *T) bool { return value(a) < value(b) }, nil
}

func (t *Tenant) getOrganization(c *call) response {
	if _, bad := c.expansions("billing"); bad != nil {
		return *bad
	}
	return t.read(func() response {
		o := t.orgs[c.query.Get("code")]
		if o == nil {
			return orgUnknown()
		}
		return okay(struct {
			shownOrganization
			Domains     []string `json:"allowed_domains"`
			ThemeCode   string   `json:"theme_code"`
			ColorScheme string   `json:"color_scheme"`
			CreatedOn   string   `json:"created_on"`
			SenderName  *string  `json:"sender_name"`
			SenderEmail *string  `json:"sender_email"`
			Suspended   bool     `json:"is_suspended"`
			SuspendedOn *string  `json:"suspended_on"`
		}{shownOrg(o), []string{}, "user_preference", "light dark", stampOf(o.Created), optional(o.Sender), optional(o.SenderMail), o.Suspended,
			nil})
	})
}

func (t *Tenant) createOrganization(c *call) response {
	var body struct {
		Name        string            `json:"name"`
		Handle      string            `json:"handle"`
		ExternalID  string            `json:"external_id"`
		AutoJoin    bool              `json:"is_auto_membership_enabled"`
		SenderName  *string           `json:"sender_name"`
		SenderEmail *string           `json:"sender_email"`
		Flags       map[string]string `json:"feature_flags"`
	}
	if bad := c.decode(&body); bad != nil {
		return *bad
	}
	if strings.TrimSpace(body.Name) == "" {
		return invalid("NAME_REQUIRED", "An organization has to have a name.")
	}
	return t.change(func(ch *change) response {
		for _, o := range t.orgs {
			if body.Handle != "" && o.Handle == body.Handle {
				return invalid("HANDLE_TAKEN", "Another organization has this handle.")
			}
			if body.ExternalID != "" && o.ExternalID == body.ExternalID {
				return invalid("EXTERNAL_ID_TAKEN", "Another organization has this external id.")
			}
		}
		for key := range body.Flags {
			if t.flags.byKey[key] == nil {
				return invalid("FEATURE_FLAG_NOT_FOUND", "There is no feature flag with the key "+key+".")
			}
		}
		o := &organization{
			Code:       t.drawCode(),
			Name:       body.Name,
			Handle:     body.Handle,
			ExternalID: body.ExternalID,
			AutoJoin:   body.AutoJoin,
			Created:    time.Now().UnixNano(),
		}
		o.Seq = t.seq
		set(&o.Sender, body.SenderName)
		set(&o.SenderMail, body.SenderEmail)
		for key, value := range body.Flags {
			o.setFlag(key, value)
		}
		t.insertOrganization(o)
		ch.define(o)
		return okay(struct {
			Message      string            `json:"message"`
			Code         string            `json:"code"`
			Organization map[string]string `json:"organization"`
		}{"Success", "OK", map[string]string{"code": o.Code}})
	})
}

func (o *organization) setFlag(key, value string) {
	if o.Flags == nil {
		o.Flags = map[string]string{}
	}
	o.Flags[key] = value
}

func (t *Tenant) deleteOrganization(c *call) response {
	return t.change(func(ch *change) response {
		o := t.orgs[c.path[0]]
		if o == nil {
			return notFound("ORGANIZATION_NOT_FOUND", "There is no organization with this code.")
		}
		if o.Default {
			return invalid("DEFAULT_ORGANIZATION_CANNOT_BE_DELETED", "The default organization stays.")
		}
		t.removeOrganization(o)
		ch.undefine("organization", o.Code)
		return done("Organization successfully deleted.")
	})
}

// memberRecord is a member as lists show it. Source: schema "organization_user".
type memberRecord struct {
	ID           string   `json:"id"`
	Email        *string  `json:"email"`
	FullName     string   `json:"full_name"`
	LastName     *string  `json:"last_name"`
	FirstName    *string  `json:"first_name"`
	Picture      *string  `json:"picture"`
	JoinedOn     string   `json:"joined_on"`
	LastAccessed *string  `json:"last_accessed_on"`
	Suspended    bool     `json:"is_suspended"`
	Roles        []string `json:"roles"`
}

func (t *Tenant) roleKeys(ids []string) []string {
	out := []string{}
	for _, id := range ids {
		if r := t.roles.byID[id]; r != nil {
			out = append(out, r.Key)
		}
	}
	return out
}

func (t *Tenant) memberRecord(m *membership) memberRecord {
	u := m.user
	return memberRecord{
		ID: u.id.text(
			userPrefix,
		), Email: optional(u.email()), FullName: strings.TrimSpace(u.given + " " + u.family), LastName: optional(u.family),
		FirstName: optional(
			u.given,
		), Picture: optional(u.picture), JoinedOn: stampOf(m.joined), LastAccessed: stamp(u.lastSignIn), Suspended: u.suspended,
		Roles: t.roleKeys(m.roles),
	}
}

// matches tells whether the member has all the roles and permissions, a
// permission through a role included.
func (t *Tenant) matches(m *membership, roles, permissions []string) bool {
	for _, key := range roles {
		r := t.roles.byKey[key]
		if r == nil || !slices.Contains(m.roles, r.ID) {
			return false
		}
	}
	for _, key := range permissions {
		p := t.permissions.byKey[key]
		if p == nil || !slices.Contains(m.permissions, p.ID) && !t.throughRole(m, p.ID) {
			return false
		}
	}
	return true
}

func (t *Tenant) throughRole(m *membership, permissionID string) bool {
	for _, id := range m.roles {
		if r := t.roles.byID[id]; r != nil && slices.Contains(r.Permissions, permissionID) {
			return true
		}
	}
	return false
}

func (t *Tenant) getOrganizationUsers(c *call) response {
	size, bad := t.pageSize(c)
	if bad != nil {
		return *bad
	}
	after, bad := c.tokenSeq()
	if bad != nil {
		return *bad
	}
	less, bad := nameOrder(c, func(m *membership) string { return strings.ToLower(m.user.given + " " + m.user.family) },
		func(m *membership) string { return strings.ToLower(m.user.email()) })
	if bad != nil {
		return *bad
	}
	roles, permissions := splitList(c.query.Get("roles")), splitList(c.query.Get("permissions"))
	return t.read(func() response {
		o := t.orgs[c.path[0]]
		if o == nil {
			return orgUnknown()
		}
		out := []memberRecord{}
		next := ""
		if less != nil {
			var all []*membership
			o.members.each(0, func(_ uint64, m *membership) bool {
				if t.matches(m, roles, permissions) {
					all = append(all, m)
				}
				return true
			})
			sort.SliceStable(all, func(a, b int) bool { return less(all[a], all[b]) })
			page, token, bad := pageList(c, all, size)
			if bad != nil {
				return *bad
			}
			for _, m := range page {
				out = append(out, t.memberRecord(m))
			}
			next = token
		} else {
			var last uint64
			o.members.each(after, func(seq uint64, m *membership) bool {
				if !t.matches(m, roles, permissions) {
					return true
				}
				if len(out) == size {
					next = pageToken(last)
					return false
				}
				out = append(out, t.memberRecord(m))
				last = seq
				return true
			})
		}
		return okay(struct {
			Code      string         `json:"code"`
			Message   string         `json:"message"`
			Users     []memberRecord `json:"organization_users"`
			NextToken any            `json:"next_token,omitempty"`
		}{"OK", "Success", out, t.token(next)})
	})
}

func (t *Tenant) getOrganizationFeatureFlags(c *call) response {
	return t.read(func() response {
		o := t.orgs[c.path[0]]
		if o == nil {
			return orgUnknown()
		}
		out := map[string]flagShown{}
		for key, value := range o.Flags {
			if f := t.flags.byKey[key]; f != nil {
				out[key] = flagShown{f.Type, value}
			}
		}
		return okay(struct {
			Code    string `json:"code"`
			Message string `json:"message"`
			Flags   any    `json:"feature_flags"`
		}{"OK", "Success", out})
	})
}
