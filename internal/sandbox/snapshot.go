package sandbox

import (
	"time"

	"github.com/kinde-migrate/kinde-migrate/internal/password"
)

// User is everything that the tenant knows about a user, for tests.
type User struct {
	ID, ProvidedID         string
	GivenName, FamilyName  string
	Picture                string
	Email                  string // the preferred one
	Suspended              bool
	PasswordResetRequested bool
	Created                time.Time
	LastSignedIn           time.Time
	SignIns, FailedSignIns int
	ClaimsRefreshed        int
	Identities             []Identity
	Properties             map[string]string // by key
	Flags                  map[string]string // by key
	Password               *password.Body
	Memberships            map[string]Membership // by organization code
}

// Identity is one of a user's identities.
type Identity struct {
	ID, Type, Value   string
	Country           string
	Connection        string
	Verified, Primary bool
}

// Membership is a user's place in an organization; roles, permissions and scopes of APIs by key.
type Membership struct {
	Roles, Permissions []string
	Scopes             []string
}

// Snapshot copies all users in order of creation.
func (t *Tenant) Snapshot() []User {
	t.mu.RLock()
	defer t.mu.RUnlock()
	out := make([]User, 0, t.order.live)
	t.order.each(0, func(_ uint64, u *user) bool {
		out = append(out, t.copyOf(u))
		return true
	})
	return out
}

// Find copies one user, named by id, e-mail address, phone number or username.
func (t *Tenant) Find(who string) (User, bool) {
	t.mu.RLock()
	defer t.mu.RUnlock()
	u := t.userByID(who)
	if u == nil {
		i := t.find(who)
		if i == nil {
			return User{}, false
		}
		u = i.user
	}
	return t.copyOf(u), true
}

// Count is the number of users.
func (t *Tenant) Count() int {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return len(t.users)
}

func moment(nanoseconds int64) time.Time {
	if nanoseconds == 0 {
		return time.Time{}
	}
	return time.Unix(0, nanoseconds)
}

func (t *Tenant) copyOf(u *user) User {
	out := User{
		ID: u.id.text(userPrefix), ProvidedID: u.providedID, GivenName: u.given, FamilyName: u.family, Picture: u.picture, Email: u.email(),
		Suspended: u.suspended, PasswordResetRequested: u.resetRequested, Created: moment(u.created), LastSignedIn: moment(u.lastSignIn),
		SignIns: int(u.signIns), FailedSignIns: int(u.failedSignIns), ClaimsRefreshed: int(u.refreshed),
		Properties: map[string]string{}, Flags: map[string]string{}, Memberships: map[string]Membership{},
	}
	for _, i := range u.identities {
		out.Identities = append(
			out.Identities,
			Identity{i.id.text(identityPrefix), kindNames[i.kind], i.value, i.country, i.connection, i.verified, i.primary},
		)
	}
	for _, p := range u.properties {
		if d := t.properties.byID[p.key]; d != nil {
			out.Properties[d.Key] = p.value
		}
	}
	for _, f := range u.flags {
		if d := t.flags.byID[f.key]; d != nil {
			out.Flags[d.Key] = f.value
		}
	}
	if u.password != nil {
		copied := *u.password
		out.Password = &copied
	}
	for _, m := range u.memberships {
		place := Membership{Roles: t.roleKeys(m.roles), Permissions: []string{}, Scopes: t.scopeKeys(m.scopes)}
		for _, p := range t.permissionsByID(m.permissions) {
			place.Permissions = append(place.Permissions, p.Key)
		}
		out.Memberships[m.org.Code] = place
	}
	return out
}

// Connection finds a connection's id by its strategy, "oauth2:google".
func (t *Tenant) Connection(strategy string) string {
	t.mu.RLock()
	defer t.mu.RUnlock()
	for _, c := range t.connections.list {
		if c.Strategy == strategy {
			return c.ID
		}
	}
	return ""
}

// DefaultOrganization is the code of the default organization.
func (t *Tenant) DefaultOrganization() string {
	t.mu.RLock()
	defer t.mu.RUnlock()
	if t.defaultOrg == nil {
		return ""
	}
	return t.defaultOrg.Code
}

// Organization finds an organization's code by its external id, else by its name.
func (t *Tenant) Organization(is string) (code string) {
	t.mu.RLock()
	defer t.mu.RUnlock()
	for _, o := range t.orgs {
		switch is {
		case o.ExternalID:
			return o.Code
		case o.Name:
			code = o.Code
		}
	}
	return code
}
