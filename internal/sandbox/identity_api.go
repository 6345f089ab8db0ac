package sandbox

import (
	"strings"
	"time"
)

// identityRecord is an identity by itself. Source: schema "identity".
type identityRecord struct {
	ID          string  `json:"id"`
	Type        string  `json:"type"`
	Confirmed   bool    `json:"is_confirmed"`
	CreatedOn   string  `json:"created_on"`
	LastLoginOn *string `json:"last_login_on,omitempty"`
	Logins      int     `json:"total_logins"`
	Name        string  `json:"name"`
	Email       *string `json:"email,omitempty"`
	Connection  *string `json:"connection_id"`
	Primary     *bool   `json:"is_primary"`
}

func (t *Tenant) identityRecord(i *identity) identityRecord {
	primary := i.primary
	out := identityRecord{
		ID: i.id.text(
			identityPrefix,
		), Type: t.typeShown(i), Confirmed: i.verified, CreatedOn: stampOf(i.created), LastLoginOn: stamp(i.lastLogin),
		Logins: i.logins, Name: i.shown(), Connection: optional(i.connection), Primary: &primary,
	}
	if i.kind == kindEmail || i.kind == kindEnterprise {
		out.Email = optional(i.value)
	}
	return out
}

func (t *Tenant) getUserIdentities(c *call) response {
	size, bad := t.pageSize(c)
	if bad != nil {
		return *bad
	}
	if !c.query.Has("page_size") {
		size = 100 // the operation takes no page_size, and users have few
	}
	return t.read(func() response {
		u := t.userByID(c.path[0])
		if u == nil {
			return userUnknown()
		}
		page, more, bad := pageAround(c, u.identities, size, func(i *identity) string { return i.id.text(identityPrefix) })
		if bad != nil {
			return *bad
		}
		out := make([]identityRecord, len(page))
		for k, i := range page {
			out[k] = t.identityRecord(i)
		}
		return okay(struct {
			Code       string           `json:"code"`
			Message    string           `json:"message"`
			Identities []identityRecord `json:"identities"`
			More       bool             `json:"has_more"`
		}{"OK", "Success", out, more})
	})
}

func (t *Tenant) createUserIdentity(c *call) response {
	var body struct {
		Value      string `json:"value"`
		Type       string `json:"type"`
		Country    string `json:"phone_country_id"`
		Connection string `json:"connection_id"`
	}
	if bad := c.decode(&body); bad != nil {
		return *bad
	}
	kind, ok := parseKind(body.Type)
	if !ok {
		return invalid("INVALID_IDENTITY_TYPE", "type is email, username, phone, enterprise or social.")
	}
	i := &identity{kind: kind, value: body.Value}
	if kind == kindPhone {
		if i.country = body.Country; i.country == "" {
			return invalid("PHONE_COUNTRY_REQUIRED", "phone_country_id is required for a phone number.")
		}
		if t.opt.Quirks.NationalPhones && strings.HasPrefix(i.value, "+") {
			return invalid("INVALID_PHONE", "A phone number is given without its country's number, beside phone_country_id.")
		}
		i.fromNational()
		i.national = i.national && t.opt.Quirks.NationalPhones
	}
	if kind == kindSocial || kind == kindEnterprise {
		i.connection = body.Connection
	}
	if bad := i.check(); bad != nil {
		return *bad
	}
	return t.change(func(ch *change) response {
		u := t.userByID(c.path[0])
		if u == nil {
			return userUnknown()
		}
		if bad := t.mayAdd(u, i); bad != nil {
			return *bad
		}
		if kind == kindEnterprise {
			// An enterprise identity stands alone. Source: Kinde's page on
			// identity and verification.
			for _, other := range append([]*identity(nil), u.identities...) {
				t.detachIdentity(other)
			}
		}
		i.id, i.created, i.user, i.primary = t.draw(), time.Now().UnixNano(), u, !u.has(kind)
		u.identities = append(u.identities, i)
		t.insertIdentity(i)
		ch.touch(u)
		return response{status: 201, body: struct {
			Message  string            `json:"message"`
			Code     string            `json:"code"`
			Identity map[string]string `json:"identity"`
		}{"Identity successfully created.", "OK", map[string]string{"id": i.id.text(identityPrefix)}}}
	})
}

func (t *Tenant) mayAdd(u *user, i *identity) *response {
	var r response
	if i.kind == kindSocial || i.kind == kindEnterprise {
		cn := t.connections.byID[i.connection]
		if cn == nil || cn.enterprise() != (i.kind == kindEnterprise) {
			r = invalid("CONNECTION_NOT_FOUND", "There is no "+kindNames[i.kind]+" connection with this id.")
			return &r
		}
	}
	if t.taken[i.key()] != nil {
		r = invalid("IDENTITY_ALREADY_EXISTS", "This "+kindNames[i.kind]+" identity is taken.")
		return &r
	}
	if u.has(kindEnterprise) {
		r = invalid("ENTERPRISE_IDENTITY_EXCLUDES_OTHERS", "A user with an enterprise identity can have no other.")
		return &r
	}
	return nil
}

func (t *Tenant) identityByID(id string) *identity {
	u, ok := parseUID(identityPrefix, id)
	if !ok {
		return nil
	}
	return t.ids[u]
}

func identityUnknown() response {
	return invalid("IDENTITY_NOT_FOUND", "There is no identity with this id.")
}

func (t *Tenant) getIdentity(c *call) response {
	return t.read(func() response {
		i := t.identityByID(c.path[0])
		if i == nil {
			return identityUnknown()
		}
		return okay(t.identityRecord(i))
	})
}

func (t *Tenant) updateIdentity(c *call) response {
	var body struct {
		Primary *bool `json:"is_primary"`
	}
	if bad := c.decode(&body); bad != nil {
		return *bad
	}
	return t.change(func(ch *change) response {
		i := t.identityByID(c.path[0])
		if i == nil {
			return identityUnknown()
		}
		if body.Primary != nil && !*body.Primary && i.primary {
			return invalid("PRIMARY_REQUIRED", "Make another identity the primary one instead.")
		}
		if body.Primary != nil && *body.Primary {
			for _, other := range i.user.identities {
				if other.kind == i.kind {
					other.primary = other == i
				}
			}
		}
		ch.touch(i.user)
		return done("Identity successfully updated.")
	})
}

func (t *Tenant) deleteIdentity(c *call) response {
	return t.change(func(ch *change) response {
		i := t.identityByID(c.path[0])
		if i == nil {
			return identityUnknown()
		}
		t.detachIdentity(i)
		ch.touch(i.user)
		return done("Identity successfully deleted.")
	})
}
