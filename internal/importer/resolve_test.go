package importer

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
	"github.com/kinde-migrate/kinde-migrate/internal/compare"
	"github.com/kinde-migrate/kinde-migrate/internal/engine"
	"github.com/kinde-migrate/kinde-migrate/internal/intake"
	"github.com/kinde-migrate/kinde-migrate/internal/mapping"
	"github.com/kinde-migrate/kinde-migrate/internal/password"
	"github.com/kinde-migrate/kinde-migrate/internal/sandbox"
	"github.com/kinde-migrate/kinde-migrate/kinde"
)

// furnished is a tenant in which everything has a name that tests can give.
func furnished(t *testing.T) *world {
	return newWorld(t, sandbox.Options{Definitions: &sandbox.Definitions{
		Organizations: []sandbox.OrganizationDefinition{{Code: "org_a", Name: "Alpha", ExternalID: "a"}, {Code: "org_b", Name: "Beta"}},
		Roles:         []sandbox.RoleDefinition{{Key: "admin", Name: "Admin"}, {Key: "member", Name: "Member"}},
		Permissions:   []sandbox.PermissionDefinition{{Key: "read:all", Name: "Read"}},
		Properties:    []sandbox.PropertyDefinition{{Key: "plan", Name: "Plan"}},
		Flags:         []sandbox.FlagDefinition{{Key: "beta", Name: "Beta", Type: "bool", Default: "false"}},
		Connections: []sandbox.ConnectionDefinition{{ID: "conn_google", Strategy: "oauth2:google", Name: "google"},
			{ID: "conn_okta", Strategy: "saml:okta", Name: "okta"}},
	}})
}

// TestResolve: what the tenant can't take is left out or rejects the record, and
// each of that is said, with what helps.
func TestResolve(t *testing.T) {
	w := furnished(t)
	mail := mapping.Identity{Type: mapping.Email, Value: "ana@example.com", Verified: true}
	phone := mapping.Identity{Type: mapping.Phone, Value: "+15550100001", CountryID: "us"}
	name := mapping.Identity{Type: mapping.Username, Value: "ana"}
	set := &password.Password{Encoding: "bcrypt", Body: &password.Body{HashedPassword: "x", HashingMethod: "bcrypt"}}
	temporary := &password.Password{Encoding: "bcrypt", Body: &password.Body{HashedPassword: "x", HashingMethod: "bcrypt",
		Temporary: true}}
	lost := &password.Password{Encoding: "argon2id", Reason: "Kinde has no argon2id"}
	google := mapping.Link{Strategy: "oauth2:google", Subject: "7", Email: "ana@gmail.example"}
	okta := mapping.Link{Connection: "conn_okta", Subject: "8", Email: "ana@corp.example"}
	warned := func(code mapping.Code, field, message, hint string) mapping.Problem {
		return mapping.Problem{Severity: mapping.Warning, Code: code, Field: field, Message: message, Hint: hint}
	}
	refused := func(code mapping.Code, field, message, hint string) mapping.Problem {
		return mapping.Problem{Severity: mapping.Error, Code: code, Field: field, Message: message, Hint: hint}
	}
	noMail := warned(mapping.FieldDropped, "password_reset",
		"a new password can't be asked for: Kinde does that by e-mail, and there is no address",
		"Add an address, or let this person sign in with a code or a social login.")
	emailed := compare.Identity{Kind: "email", Value: "ana@example.com"}
	for name, c := range map[string]struct {
		user     mapping.User
		opt      Options
		want     compare.User
		wants    checkpoint.Wants
		signIn   string
		problems []mapping.Problem
		rejected bool
	}{
		"nothing to sign in with": {
			user: mapping.User{SourceID: "1", GivenName: "Ana", FamilyName: "Silva", Picture: "https://example.com/a.png"},
			want: compare.User{ProvidedID: "1", GivenName: "Ana", FamilyName: "Silva", Picture: "https://example.com/a.png"}, signIn: "none",
			problems: []mapping.Problem{refused(mapping.NoIdentity, "", "nothing is left to sign in with",
				"Map an e-mail address, a phone number or a username, or enable the connection in Kinde.")},
			rejected: true,
		},
		"all kinds of identities": {
			user: mapping.User{Identities: []mapping.Identity{mail, phone, name}, Suspended: true, Password: set},
			want: compare.User{Suspended: true, Identities: []compare.Identity{emailed, {Kind: "phone", Value: "+15550100001"},
				{Kind: "username", Value: "ana"}}},
			wants: checkpoint.Wants{Identities: 3, Suspensions: 1, Passwords: 1}, signIn: "suspended",
		},
		"a code": {user: mapping.User{Identities: []mapping.Identity{phone}}, want: shows("phone", "+15550100001"),
			wants: checkpoint.Wants{Identities: 1}, signIn: "code"},
		"a username": {user: mapping.User{Identities: []mapping.Identity{name}}, want: shows("username", "ana"),
			wants: checkpoint.Wants{Identities: 1}, signIn: "none"},
		"a password": {
			user: mapping.User{Identities: []mapping.Identity{name}, Password: set}, want: shows("username", "ana"),
			wants: checkpoint.Wants{Identities: 1, Passwords: 1}, signIn: "same_password",
		},
		"a temporary password": {
			user: mapping.User{Identities: []mapping.Identity{mail}, Password: temporary}, want: shows("email", "ana@example.com"),
			wants: checkpoint.Wants{Identities: 1, Passwords: 1}, signIn: "new_password",
		},
		"a password that is lost": {
			user: mapping.User{Identities: []mapping.Identity{mail}, Password: lost}, want: shows("email", "ana@example.com"),
			wants: checkpoint.Wants{Identities: 1, Resets: 1}, signIn: "new_password",
		},
		"a password that is lost, of somebody without an address": {
			user: mapping.User{Identities: []mapping.Identity{phone}, Password: lost}, want: shows("phone", "+15550100001"),
			wants: checkpoint.Wants{Identities: 1}, signIn: "code", problems: []mapping.Problem{noMail},
		},
		"a lost password is skipped": {
			user: mapping.User{Identities: []mapping.Identity{mail}, Password: lost}, opt: Options{Unsupported: SkipUnsupported},
			want: shows("email", "ana@example.com"), wants: checkpoint.Wants{Identities: 1}, signIn: "code",
		},
		"a lost password rejects": {
			user: mapping.User{Identities: []mapping.Identity{mail}, Password: lost}, opt: Options{Unsupported: RejectUnsupported},
			want: shows("email", "ana@example.com"), wants: checkpoint.Wants{Identities: 1}, signIn: "code", rejected: true,
			problems: []mapping.Problem{refused(mapping.PasswordUnsupported, "password", "Kinde has no argon2id",
				"Use --unsupported-passwords reset.")},
		},
		"a lost password of which nothing is known rejects": {
			user: mapping.User{Identities: []mapping.Identity{mail}, Password: &password.Password{}},
			opt:  Options{Unsupported: RejectUnsupported},
			want: shows("email", "ana@example.com"), wants: checkpoint.Wants{Identities: 1}, signIn: "code", rejected: true,
			problems: []mapping.Problem{refused(mapping.PasswordUnsupported, "password", "Kinde can't hold this hash",
				"Use --unsupported-passwords reset.")},
		},
		"a stale password": {
			user: mapping.User{Identities: []mapping.Identity{mail}, Password: set, PasswordStale: true}, want: shows("email",
				"ana@example.com"),
			wants: checkpoint.Wants{Identities: 1, Resets: 1}, signIn: "new_password",
		},
		"a stale password is set": {
			user: mapping.User{Identities: []mapping.Identity{mail}, Password: set, PasswordStale: true}, opt: Options{Stale: SetStale},
			want: shows("email", "ana@example.com"), wants: checkpoint.Wants{Identities: 1, Passwords: 1}, signIn: "same_password",
		},
		"social logins, one of them twice": {
			user: mapping.User{Links: []mapping.Link{google, google, {Provider: "myspace", Subject: "9"}, {Strategy: "oauth2:google"},
				{Strategy: "oauth2:google", Email: "b@gmail.example"}}},
			want: compare.User{Identities: []compare.Identity{{Kind: "social", Value: "7", Connection: "conn_google"},
				{Kind: "social", Value: "b@gmail.example", Connection: "conn_google"}}},
			wants: checkpoint.Wants{Social: 2}, signIn: "social",
			problems: []mapping.Problem{
				warned(mapping.ConnectionUnknown, "myspace", `the tenant has no connection "myspace"`,
					"Create the connection in Kinde, or map it to another one."),
				warned(mapping.FieldDropped, "oauth2:google",
					"the source does not say who this is at the provider", ""),
			},
		},
		"a password without an identity of its own": {
			user: mapping.User{Links: []mapping.Link{google}, Password: set}, wants: checkpoint.Wants{Social: 1, Passwords: 1},
			signIn: "social",
			want:   compare.User{Identities: []compare.Identity{{Kind: "social", Value: "7", Connection: "conn_google"}}},
		},
		"an enterprise login": {
			user:   mapping.User{Identities: []mapping.Identity{mail}, Links: []mapping.Link{google, okta}},
			wants:  checkpoint.Wants{Identities: 1, Social: 1},
			signIn: "social", want: compare.User{Identities: []compare.Identity{emailed, {Kind: "social", Value: "7",
				Connection: "conn_google"}}},
			problems: []mapping.Problem{warned(mapping.FieldDropped, "conn_okta",
				"an enterprise identity excludes all others, so it was left out",
				"Use --enterprise to import it.")},
		},
		"an enterprise login that is allowed": {
			user: mapping.User{Identities: []mapping.Identity{mail}, Links: []mapping.Link{google, okta, {Connection: "conn_okta",
				Subject: "10"}}},
			opt: Options{Enterprise: true}, wants: checkpoint.Wants{Social: 2}, signIn: "social",
			want: compare.User{Identities: []compare.Identity{{Kind: "enterprise", Value: "ana@corp.example", Connection: "conn_okta"},
				{Kind: "enterprise", Value: "10", Connection: "conn_okta"}}},
			problems: []mapping.Problem{warned(mapping.FieldDropped, "email",
				"left out, because an enterprise identity excludes all others", "")},
		},
		"a social login that the source calls enterprise": {
			user:  mapping.User{Links: []mapping.Link{{Strategy: "oauth2:google", Subject: "7", Enterprise: true}}},
			opt:   Options{Enterprise: true},
			wants: checkpoint.Wants{Social: 1}, signIn: "social",
			want: compare.User{Identities: []compare.Identity{{Kind: "enterprise", Value: "7", Connection: "conn_google"}}},
		},
		"properties and flags": {
			user: mapping.User{Identities: []mapping.Identity{mail}, Properties: []mapping.KeyValue{{Key: "plan", Value: "gold"},
				{Key: "shoe", Value: "42"}},
				Flags: []mapping.KeyValue{{Key: "alpha", Value: "1"}, {Key: "beta", Value: "true"}}},
			want:  compare.User{Identities: []compare.Identity{emailed}, Properties: map[string]string{"plan": "gold"}},
			wants: checkpoint.Wants{Identities: 1, Properties: 1, Flags: 1}, signIn: "code",
			problems: []mapping.Problem{
				warned(mapping.PropertyUndefined, "shoe", `the tenant has no user property "shoe"`,
					"Create it in Kinde, or use --create-missing."),
				warned(mapping.FlagUnknown, "alpha", `the tenant has no feature flag "alpha"`,
					"Create the flag in Kinde first."),
			},
		},
		"memberships": {
			user: mapping.User{Identities: []mapping.Identity{mail}, Memberships: []mapping.Membership{
				{Organization: mapping.Organization{ExternalID: "a"}, Roles: []string{"member", "admin", "member"}},
				{Organization: mapping.Organization{Code: "org_b"}},
				{Organization: mapping.Organization{Code: "org_a"}, Roles: []string{"member"}, Permissions: []string{"read:all"}},
			}},
			opt: Options{Organization: "org_b"}, signIn: "code",
			want: compare.User{Identities: []compare.Identity{emailed},
				Organizations: map[string][]string{"org_a": {"admin", "member"}, "org_b": nil}},
			wants: checkpoint.Wants{Identities: 1, Memberships: 2, Roles: 2, Permissions: 1},
		},
		"an organization for everybody": {
			user: mapping.User{Identities: []mapping.Identity{mail}}, opt: Options{Organization: "org_b"}, signIn: "code",
			want:  compare.User{Identities: []compare.Identity{emailed}, Organizations: map[string][]string{"org_b": nil}},
			wants: checkpoint.Wants{Identities: 1, Memberships: 1},
		},
		"memberships that the tenant does not know": {
			user: mapping.User{Identities: []mapping.Identity{mail}, Memberships: []mapping.Membership{
				{Organization: mapping.Organization{ExternalID: "x", Name: "X"}, Roles: []string{"admin"}},
				{Organization: mapping.Organization{Code: "org_a"}, Roles: []string{"owner"}, Permissions: []string{"fly"}},
			}},
			want:  compare.User{Identities: []compare.Identity{emailed}, Organizations: map[string][]string{"org_a": {"owner"}}},
			wants: checkpoint.Wants{Identities: 1, Memberships: 1, Roles: 1, Permissions: 1}, signIn: "code", rejected: true,
			problems: []mapping.Problem{
				refused(mapping.OrganizationUnknown, "organization", `the tenant has no organization "x"`,
					"Create it in Kinde, or use --create-missing."),
				refused(mapping.RoleUnknown, "roles", `the tenant has no role "owner"`,
					"Create it in Kinde, use --create-missing, or give it another key under roles: in a mapping file."),
				refused(mapping.PermissionUnknown, "permissions", `the tenant has no permission "fly"`,
					"Create it in Kinde, or use --create-missing."),
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			names := NewNames()
			names.Add(&c.user, 1)
			r, err := NewResolver(t.Context(), w.newClient(engine.NewRecorder()), names, c.opt)
			must(t, err)
			want, problems, rejected := r.Desired(&c.user)
			for n, i := range c.user.Identities {
				if n < len(c.want.Identities) && c.want.Identities[n].Value == i.Value {
					c.want.Identities[n].Verified = i.Verified // the resolver tells, for a comparison
				}
			}
			if !reflect.DeepEqual(want, c.want) || !slices.Equal(problems, c.problems) || rejected != c.rejected {
				t.Errorf("%+v, rejected %v\n%+v\nwant %+v\n%+v", want, rejected, problems, c.want, c.problems)
			}
			resolved := r.plan.resolve(&c.user)
			if got, sign := resolved.wants(), resolved.signIn(); got != c.wants || sign != c.signIn {
				t.Errorf("wants %+v and signs in by %q, want %+v and %q", got, sign, c.wants, c.signIn)
			}
		})
	}
}

func shows(kind, value string) compare.User {
	return compare.User{Identities: []compare.Identity{{Kind: kind, Value: value}}}
}

// TestCreateRequest: a create says all that only a create can.
func TestCreateRequest(t *testing.T) {
	w := furnished(t)
	for _, c := range []struct {
		user mapping.User
		want string
	}{
		{mapping.User{SourceID: "1"}, `{"provided_id":"1"}`},
		{mapping.User{GivenName: "Ana"}, `{"profile":{"given_name":"Ana"}}`},
		{mapping.User{FamilyName: "Silva"}, `{"profile":{"family_name":"Silva"}}`},
		{mapping.User{Picture: "https://example.com/a.png"}, `{"profile":{"picture":"https://example.com/a.png"}}`},
		{mapping.User{SourceID: "2", Memberships: append(member("org_b"), member("org_a", "admin")...),
			Identities: []mapping.Identity{{Type: mapping.Email, Value: "a@example.com", Verified: true},
				{Type: mapping.Phone, Value: "+15550100001", CountryID: "us"}, {Type: mapping.Username, Value: "ana"}}},
			`{"organization_code":"org_b","provided_id":"2","identities":[` +
				`{"type":"email","is_verified":true,"details":{"email":"a@example.com"}},` +
				`{"type":"phone","is_verified":false,"details":{"phone":"+15550100001","phone_country_id":"us"}},` +
				`{"type":"username","details":{"username":"ana"}}]}`},
	} {
		names := NewNames()
		names.Add(&c.user, 1)
		r, err := NewResolver(t.Context(), w.newClient(engine.NewRecorder()), names, Options{})
		must(t, err)
		got, err := json.Marshal(r.plan.resolve(&c.user).createRequest())
		if err != nil || string(got) != c.want {
			t.Errorf("%v: %s, want %s", err, got, c.want)
		}
	}
}

// TestReferences: what a source names of a tenant is counted, listed as far as it
// is missing, and created once.
func TestReferences(t *testing.T) {
	w := furnished(t)
	target := w.newClient(engine.NewRecorder())
	flags := func(n, s, b string) []mapping.KeyValue {
		return []mapping.KeyValue{{Key: "many", Value: n}, {Key: "mixed", Value: s}, {Key: "switch", Value: b}}
	}
	p := invent(4)
	p.users[0] = &mapping.User{SourceID: "0", Flags: flags("1", "1", "true"), Links: []mapping.Link{{Strategy: "oauth2:github",
		Subject: "1"}},
		Memberships: []mapping.Membership{{Organization: mapping.Organization{ExternalID: "new", Name: "New"}, Roles: []string{"owner"},
			Permissions: []string{"fly"}}}, Properties: []mapping.KeyValue{{Key: "shoe", Value: "42"}, {Key: "plan", Value: "gold"}}}
	p.users[1] = &mapping.User{SourceID: "1", Flags: flags("-20", "red", "false"), Memberships: member("org_a", "admin")}
	p.users[2].Properties = []mapping.KeyValue{{Key: "rejected", Value: "1"}}
	p.bad[2] = mapping.Problem{Severity: mapping.Error, Code: mapping.NoIdentity}
	p.users[3].Memberships = member("org_a", "gone")
	before, after := p.item(3), p.item(3)
	after.Disposition = intake.PartOf
	p.replaced = [][2]intake.Item{{before, after}}
	n, err := ReferencesOf(t.Context(), p)
	must(t, err)
	counts := map[string]int{"organization": 2, "role": 2, "permission": 1, "property": 2, "flag": 3, "connection": 1}
	if got := n.Counts(); n.Records != 2 || !maps.Equal(got, counts) {
		t.Errorf("%d records, %v, want %v", n.Records, got, counts)
	}
	connection := Unknown{"connection", "oauth2:github", 1, "left out"}
	want := []Unknown{connection}
	for _, x := range []struct {
		kind, name string
		count      int64
	}{{"flag", "many", 2}, {"flag", "mixed", 2}, {"flag", "switch", 2}, {"organization", "new", 1}, {"permission", "fly", 1},
		{"property", "shoe", 1}, {"role", "owner", 1}} {
		want = append(want, Unknown{x.kind, x.name, x.count, "will be created"})
	}
	got, err := n.Missing(t.Context(), target)
	if must(t, err); !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	for range 2 {
		must(t, n.CreateMissing(t.Context(), target))
		got, err = n.Missing(t.Context(), target)
		if must(t, err); !slices.Equal(got, []Unknown{connection}) {
			t.Errorf("afterwards %v are missing", got)
		}
	}
	made, err := target.GetEnvironmentFeatureFlags(t.Context())
	must(t, err)
	for key, of := range map[string]string{"many": "int 0", "mixed": "str ", "switch": "bool false"} {
		if x := made[key]; fmt.Sprint(strings.ToLower(x.Type), " ", x.Value) != of {
			t.Errorf("the flag %s is %+v, want %s", key, x, of)
		}
	}
	for x, err := range target.GetProperties(t.Context(), kinde.ContextUser) {
		if must(t, err); x.Key == "shoe" && !x.IsPrivate {
			t.Errorf("%+v is not private", x)
		}
	}
}
