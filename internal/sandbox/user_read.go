package sandbox

import (
	"encoding/json"
	"strings"
	"time"
)

type shownIdentity struct {
	Type       string  `json:"type"`
	Identity   string  `json:"identity"`
	Connection *string `json:"connection_id"`
}

// listedUser is a user as GET /users shows it: with phone and connections,
// without properties.
type listedUser struct {
	ID                 string             `json:"id"`
	ProvidedID         any                `json:"provided_id"`
	Email              any                `json:"email"`
	Phone              any                `json:"phone"`
	Username           any                `json:"username"`
	LastName           string             `json:"last_name"`
	FirstName          string             `json:"first_name"`
	Suspended          bool               `json:"is_suspended"`
	Picture            any                `json:"picture"`
	SignIns            int32              `json:"total_sign_ins"`
	FailedSignIns      int32              `json:"failed_sign_ins"`
	LastSignedIn       *string            `json:"last_signed_in"`
	CreatedOn          string             `json:"created_on"`
	OrganizationSignIn []struct{}         `json:"last_organization_sign_ins,omitempty"`
	Organizations      *[]string          `json:"organizations,omitempty"`
	Identities         *[]shownIdentity   `json:"identities,omitempty"`
	Billing            *map[string]string `json:"billing,omitempty"`
}

// text is a string as the tenant shows missing ones.
func (t *Tenant) text(s string) any {
	if s == "" && t.opt.Quirks.NullsForEmpty {
		return nil
	}
	return s
}

func (t *Tenant) typeShown(i *identity) string {
	if i.kind == kindSocial && t.opt.Quirks.PrefixedIdentityTypes {
		if c := t.connections.byID[i.connection]; c != nil {
			return c.Strategy
		}
	}
	return kindNames[i.kind]
}

func (t *Tenant) organizationsOf(u *user) *[]string {
	out := make([]string, 0, len(u.memberships))
	for _, m := range u.memberships {
		out = append(out, m.org.Code)
	}
	return &out
}

func (t *Tenant) identitiesOf(u *user) *[]shownIdentity {
	out := make([]shownIdentity, 0, len(u.identities))
	for _, i := range u.identities {
		s := shownIdentity{Type: t.typeShown(i), Identity: i.shown()}
		if i.connection != "" {
			s.Connection = &i.connection
		}
		out = append(out, s)
	}
	return &out
}

func (t *Tenant) listed(u *user, expand map[string]bool) listedUser {
	out := listedUser{
		ID: u.id.text(userPrefix), ProvidedID: t.text(u.providedID), Email: t.text(u.email()), Phone: t.text(u.primary(kindPhone)),
		Username: t.text(u.primary(kindUsername)), LastName: u.family, FirstName: u.given, Suspended: u.suspended, Picture: t.text(u.picture),
		SignIns: u.signIns, FailedSignIns: u.failedSignIns, LastSignedIn: stamp(u.lastSignIn), CreatedOn: stampOf(u.created),
	}
	if expand["organizations"] {
		out.Organizations = t.organizationsOf(u)
	}
	if expand["identities"] {
		out.Identities = t.identitiesOf(u)
	}
	if expand["billing"] {
		out.Billing = &map[string]string{}
	}
	return out
}

type usersPage struct {
	Code      string       `json:"code"`
	Message   string       `json:"message"`
	Users     []listedUser `json:"users"`
	NextToken any          `json:"next_token,omitempty"`
}

// token is the next_token of a page. The last page has none: the key is left
// out, since the description knows no null there, or null as a quirk.
func (t *Tenant) token(next string) any {
	if next == "" && t.opt.Quirks.NullsForEmpty {
		return json.RawMessage("null")
	}
	if next == "" {
		return nil
	}
	return next
}

func (t *Tenant) getUsers(c *call) response {
	size, bad := t.pageSize(c)
	if bad != nil {
		return *bad
	}
	after, bad := c.tokenSeq()
	if bad != nil {
		return *bad
	}
	expand, bad := c.expansions("organizations", "identities", "billing")
	if bad != nil {
		return *bad
	}
	keep, bad := c.userFilter()
	if bad != nil {
		return *bad
	}
	return t.read(func() response {
		out := usersPage{Code: "OK", Message: "Success", Users: []listedUser{}}
		var last uint64
		more := false
		add := func(u *user) bool {
			if !keep(u) {
				return true
			}
			if len(out.Users) == size {
				more = true
				return false
			}
			out.Users = append(out.Users, t.listed(u, expand))
			last = u.seq
			return true
		}
		if chosen, filtered := t.chosen(c); filtered {
			for _, u := range chosen {
				if u.seq > after && !add(u) {
					break
				}
			}
		} else {
			t.order.each(after, func(_ uint64, u *user) bool { return add(u) })
		}
		next := ""
		if more {
			next = pageToken(last)
		}
		out.NextToken = t.token(next)
		return okay(out)
	})
}

// userFilter are the filters that need a look at each user.
func (c *call) userFilter() (func(*user) bool, *response) {
	want := c.query.Get("has_organization")
	if want != "" && want != "true" && want != "false" {
		r := invalid("INVALID_PARAMETER", "has_organization is true or false.")
		return nil, &r
	}
	var since time.Time
	if text := c.query.Get("active_since"); text != "" {
		var err error
		if since, err = time.Parse(time.RFC3339, text); err != nil {
			r := invalid("INVALID_PARAMETER", "active_since is a date in ISO 8601 format.")
			return nil, &r
		}
	}
	return func(u *user) bool {
		if want != "" && (want == "true") != (len(u.memberships) > 0) {
			return false
		}
		return since.IsZero() || u.lastSignIn >= since.UnixNano() && u.lastSignIn != 0
	}, nil
}

// chosen resolves the filters by user_id, email, phone and username, which are
// comma lists, through the indexes: in order of creation, each user once.
func (t *Tenant) chosen(c *call) (out []*user, filtered bool) {
	var sets []map[*user]bool
	pick := func(name string, find func(string) *user) {
		if !c.query.Has(name) || c.query.Get(name) == "" {
			return
		}
		set := map[*user]bool{}
		for _, v := range splitList(c.query.Get(name)) {
			if u := find(v); u != nil {
				set[u] = true
			}
		}
		sets = append(sets, set)
	}
	pick("user_id", t.userByID)
	pick("email", func(v string) *user {
		i := t.taken[identityKey(kindEmail, "", v)]
		switch {
		case i == nil:
			return t.enterpriseUser(v)
		case t.opt.Quirks.EmailFilterPrimaryOnly && !i.primary, t.opt.Quirks.EmailFilterExactCase && i.value != v:
			return nil
		}
		return i.user
	})
	pick("phone", func(v string) *user {
		if !strings.HasPrefix(v, "+") {
			v = "+" + strings.TrimSpace(v) // an unescaped plus sign is a space
		}
		return t.holder(identityKey(kindPhone, "", v))
	})
	pick("username", func(v string) *user { return t.holder(identityKey(kindUsername, "", v)) })
	if len(sets) == 0 {
		return nil, false
	}
	for u := range sets[0] {
		in := true
		for _, other := range sets[1:] {
			in = in && other[u]
		}
		if in {
			out = append(out, u)
		}
	}
	sortUsers(out)
	return out, true
}

func (t *Tenant) holder(key string) *user {
	if i := t.taken[key]; i != nil {
		return i.user
	}
	return nil
}

// enterpriseUser finds a user by the address of an enterprise identity.
func (t *Tenant) enterpriseUser(email string) *user {
	for _, c := range t.connections.list {
		if u := t.holder(identityKey(kindEnterprise, c.ID, email)); u != nil && c.enterprise() {
			return u
		}
	}
	return nil
}

// userRecord is a user as GET /user shows it. Source: schema "user".
type userRecord struct {
	ID            string              `json:"id"`
	ProvidedID    any                 `json:"provided_id"`
	Email         any                 `json:"preferred_email"`
	Phone         any                 `json:"phone"`
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
	Billing       *map[string]string  `json:"billing,omitempty"`
}

func (t *Tenant) getUserData(c *call) response {
	expand, bad := c.expansions("organizations", "identities", "billing")
	if bad != nil {
		return *bad
	}
	return t.read(func() response {
		u := t.userByID(c.query.Get("id"))
		if u == nil {
			return userUnknown()
		}
		l := t.listed(u, expand)
		var ids *[]searchedIdentity // this operation shows no connections
		if l.Identities != nil {
			ids = t.identitiesWithout(u)
		}
		return okay(userRecord{l.ID, l.ProvidedID, l.Email, l.Phone, l.Username, l.LastName, l.FirstName, l.Suspended, l.Picture,
			l.SignIns, l.FailedSignIns, l.LastSignedIn, l.CreatedOn, l.Organizations, ids, l.Billing})
	})
}
