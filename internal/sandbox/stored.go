package sandbox

import (
	"encoding/json"
	"fmt"

	"github.com/kinde-migrate/kinde-migrate/internal/password"
)

// The stored forms: what a line of the journal says about a user. Short keys,
// since a million of them are written.
type storedUser struct {
	ID             string             `json:"id"`
	Seq            uint64             `json:"n"`
	ProvidedID     string             `json:"pid,omitempty"`
	Given          string             `json:"g,omitempty"`
	Family         string             `json:"f,omitempty"`
	Picture        string             `json:"pic,omitempty"`
	Created        int64              `json:"c"`
	LastSignIn     int64              `json:"ls,omitempty"`
	SignIns        int32              `json:"si,omitempty"`
	FailedSignIns  int32              `json:"fs,omitempty"`
	Refreshed      int32              `json:"rc,omitempty"`
	Suspended      bool               `json:"s,omitempty"`
	ResetRequested bool               `json:"r,omitempty"`
	Identities     []storedIdentity   `json:"i,omitempty"`
	Properties     [][2]string        `json:"p,omitempty"`
	Flags          [][2]string        `json:"fl,omitempty"`
	Password       *password.Body     `json:"pw,omitempty"`
	Memberships    []storedMembership `json:"m,omitempty"`
	Sessions       []session          `json:"se,omitempty"`
	Factors        []factor           `json:"fa,omitempty"`
}

type storedIdentity struct {
	ID         string       `json:"id"`
	Kind       identityKind `json:"k"`
	Value      string       `json:"v"`
	Verified   bool         `json:"ok,omitempty"`
	Primary    bool         `json:"p,omitempty"`
	Country    string       `json:"cc,omitempty"`
	Connection string       `json:"cn,omitempty"`
	Created    int64        `json:"c"`
	LastLogin  int64        `json:"ll,omitempty"`
	Logins     int          `json:"l,omitempty"`
	National   bool         `json:"na,omitempty"`
}

type storedMembership struct {
	Org         string   `json:"o"`
	Seq         uint64   `json:"n"`
	Joined      int64    `json:"j"`
	Roles       []string `json:"r,omitempty"`
	Permissions []string `json:"p,omitempty"`
	Scopes      []string `json:"sc,omitempty"`
}

func storePairs(list []pair) (out [][2]string) {
	for _, p := range list {
		out = append(out, [2]string{p.key, p.value})
	}
	return out
}

func loadPairs(list [][2]string) (out []pair) {
	for _, p := range list {
		out = append(out, pair{p[0], p[1]})
	}
	return out
}

func storeUser(u *user) storedUser {
	s := storedUser{
		ID: u.id.text(userPrefix), Seq: u.seq, ProvidedID: u.providedID, Given: u.given, Family: u.family, Picture: u.picture,
		Created: u.created, LastSignIn: u.lastSignIn, SignIns: u.signIns, FailedSignIns: u.failedSignIns, Refreshed: u.refreshed,
		Suspended: u.suspended, ResetRequested: u.resetRequested, Properties: storePairs(u.properties), Flags: storePairs(u.flags),
		Password: u.password,
	}
	if u.extra != nil {
		s.Sessions, s.Factors = u.extra.sessions, u.extra.factors
	}
	for _, i := range u.identities {
		s.Identities = append(
			s.Identities,
			storedIdentity{
				i.id.text(identityPrefix),
				i.kind,
				i.value,
				i.verified,
				i.primary,
				i.country,
				i.connection,
				i.created,
				i.lastLogin,
				i.logins,
				i.national,
			},
		)
	}
	for _, m := range u.memberships {
		s.Memberships = append(s.Memberships, storedMembership{m.org.Code, m.seq, m.joined, m.roles, m.permissions, m.scopes})
	}
	return s
}

func (t *Tenant) applyUser(s storedUser) error {
	id, ok := parseUID(userPrefix, s.ID)
	if !ok {
		return fmt.Errorf("user id %q is not one of the sandbox's", s.ID)
	}
	if old := t.users[id]; old != nil {
		t.removeUser(old)
	}
	u := &user{
		id: id, seq: s.Seq, providedID: s.ProvidedID, given: s.Given, family: s.Family, picture: s.Picture,
		created: s.Created, lastSignIn: s.LastSignIn, signIns: s.SignIns, failedSignIns: s.FailedSignIns, refreshed: s.Refreshed,
		suspended: s.Suspended, resetRequested: s.ResetRequested, properties: loadPairs(s.Properties), flags: loadPairs(s.Flags),
		password: s.Password,
	}
	if len(s.Sessions)+len(s.Factors) > 0 {
		u.extra = &userExtra{s.Sessions, s.Factors}
	}
	for _, i := range s.Identities {
		id, ok := parseUID(identityPrefix, i.ID)
		if !ok {
			return fmt.Errorf("identity id %q is not one of the sandbox's", i.ID)
		}
		u.identities = append(
			u.identities,
			&identity{id: id, kind: i.Kind, value: i.Value, verified: i.Verified, primary: i.Primary, country: i.Country,
				connection: i.Connection, created: i.Created, lastLogin: i.LastLogin, logins: i.Logins, national: i.National, user: u},
		)
	}
	for _, m := range s.Memberships {
		if o := t.orgs[m.Org]; o != nil {
			u.memberships = append(
				u.memberships,
				&membership{org: o, user: u, joined: m.Joined, seq: m.Seq, roles: m.Roles, permissions: m.Permissions, scopes: m.Scopes},
			)
		}
	}
	t.intern(u.password)
	t.insertUser(u)
	return nil
}

func encodeDefinition(item any) (definition, error) {
	kind := ""
	switch item.(type) {
	case *organization:
		kind = "organization"
	case *role:
		kind = "role"
	case *permission:
		kind = "permission"
	case *property:
		kind = "property"
	case *category:
		kind = "category"
	case *connection:
		kind = "connection"
	case *flag:
		kind = "flag"
	case *webhook:
		kind = "webhook"
	case *invite:
		kind = "invite"
	case *api:
		kind = "api"
	default:
		return definition{}, fmt.Errorf("%T is no definition", item)
	}
	raw, err := json.Marshal(item)
	return definition{kind, raw}, err
}

func applyTo[T any](r *registry[T], raw []byte) error {
	item := new(T)
	if err := json.Unmarshal(raw, item); err != nil {
		return err
	}
	r.put(item)
	return nil
}

func (t *Tenant) applyDefinition(d definition) error {
	switch d.Kind {
	case "organization":
		o := new(organization)
		if err := json.Unmarshal(d.Value, o); err != nil {
			return err
		}
		if old := t.orgs[o.Code]; old != nil {
			members := old.members
			*old = *o
			old.members = members
			return nil
		}
		t.insertOrganization(o)
		return nil
	case "role":
		return applyTo(&t.roles, d.Value)
	case "permission":
		return applyTo(&t.permissions, d.Value)
	case "property":
		return applyTo(&t.properties, d.Value)
	case "category":
		return applyTo(&t.categories, d.Value)
	case "connection":
		return applyTo(&t.connections, d.Value)
	case "flag":
		return applyTo(&t.flags, d.Value)
	case "webhook":
		return applyTo(&t.webhooks, d.Value)
	case "invite":
		return applyTo(&t.invites, d.Value)
	case "api":
		return applyTo(&t.apis, d.Value)
	}
	return fmt.Errorf("a definition of kind %q is unknown", d.Kind)
}

func (t *Tenant) applyRemoval(d removal) {
	switch d.Kind {
	case "organization":
		if o := t.orgs[d.ID]; o != nil {
			t.removeOrganization(o)
		}
	case "role":
		t.roles.remove(d.ID)
	case "permission":
		t.permissions.remove(d.ID)
	case "property":
		t.properties.remove(d.ID)
	case "connection":
		t.connections.remove(d.ID)
	case "flag":
		t.flags.remove(d.ID)
	case "webhook":
		t.webhooks.remove(d.ID)
	}
}

func encodeAll[T any](out []definition, list []*T) ([]definition, error) {
	for _, item := range list {
		d, err := encodeDefinition(item)
		if err != nil {
			return nil, err
		}
		out = append(out, d)
	}
	return out, nil
}

func (t *Tenant) allDefinitions() (out []definition, err error) {
	t.orgOrder.each(0, func(_ uint64, o *organization) bool {
		out, err = encodeAll(out, []*organization{o})
		return err == nil
	})
	for _, step := range []func() error{
		func() (e error) { out, e = encodeAll(out, t.roles.list); return },
		func() (e error) { out, e = encodeAll(out, t.permissions.list); return },
		func() (e error) { out, e = encodeAll(out, t.categories.list); return },
		func() (e error) { out, e = encodeAll(out, t.properties.list); return },
		func() (e error) { out, e = encodeAll(out, t.connections.list); return },
		func() (e error) { out, e = encodeAll(out, t.flags.list); return },
		func() (e error) { out, e = encodeAll(out, t.webhooks.list); return },
		func() (e error) { out, e = encodeAll(out, t.invites.list); return },
		func() (e error) { out, e = encodeAll(out, t.apis.list); return },
	} {
		if err != nil {
			return nil, err
		}
		err = step()
	}
	return out, err
}
