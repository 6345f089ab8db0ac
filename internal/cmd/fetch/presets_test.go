package fetch_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/kinde-migrate/kinde-migrate/internal/databasetest"
	"github.com/kinde-migrate/kinde-migrate/internal/fetch"
	"github.com/kinde-migrate/kinde-migrate/internal/sandbox"
)

// documented are the tables of software that does not run here, as its documentation
// and its migrations name them, with one person, Ana, who has everything.
var documented = []struct {
	preset     string
	flags      []string
	statements []string
	roles      string // of all her memberships, in order
	suspended  bool
	password   bool   // she keeps it
	never      string // a secret in the tables
}{
	{preset: "aspnet", password: true, roles: "editor", never: "stamp-of-nobody", statements: []string{
		`INSERT INTO AspNetUsers VALUES ('u1', 'ana', 'ANA', 'ana@example.com', 1, 'HASH', 'stamp-of-nobody', NULL, 1)`,
		`INSERT INTO AspNetRoles VALUES ('r1', 'editor')`, `INSERT INTO AspNetUserRoles VALUES ('u1', 'r1')`,
		`INSERT INTO AspNetUserLogins VALUES ('Google', '77', 'u1')`, `INSERT INTO AspNetUserClaims VALUES (1, 'u1', 'given_name', 'Ana')`,
	}},
	{preset: "authjs", never: "ya29", statements: []string{
		`INSERT INTO "User" VALUES ('u1', 'Ana Pereira', 'ana@example.com', '2026-01-02 03:04:05', NULL)`,
		`INSERT INTO "Account" VALUES ('u1', 'oidc', 'google', '77', 'ya29.secret')`,
	}},
	{
		preset:   "keycloak",
		flags:    []string{"--set", "realm=shop"},
		password: true,
		roles:    "app:viewer editor",
		never:    "ya29",
		statements: []string{
			`INSERT INTO realm VALUES ('m', 'master'), ('s', 'shop'), ('o', 'other')`,
			`INSERT INTO user_entity VALUES ('u1', 'ana@example.com', 1, 1, 'Ana', 'Pereira', 's', 'ana', 1700000000000, NULL), ('u2', 'bo@example.com', 1, 1, 'Bo', 'Bear', 'o', 'bo', 1700000000000, NULL)`,
			`INSERT INTO credential VALUES ('c1', 'password', 'u1', 1700000000000, '{"value":"hVHFQ5PO1dz3k1iPQdCZ7i5NKTnGTZ9qRkcMQdYV3Ek=","salt":"c2FsdHNhbHRzYWx0c2FsdA=="}', '{"hashIterations":27500,"algorithm":"pbkdf2-sha256"}', 1)`,
			`INSERT INTO credential VALUES ('c2', 'otp', 'u1', 1700000000000, '{"value":"ya29-otp"}', '{"subType":"totp"}', 2)`,
			`INSERT INTO federated_identity VALUES ('google', '77', 'ana', 'ya29.secret', 'u1', 's')`,
			`INSERT INTO user_attribute VALUES ('a1', 'u1', 'team', 'blue'), ('a2', 'u1', 'team', 'red')`,
			`INSERT INTO keycloak_role VALUES ('r1', 'editor', 0, NULL), ('r2', 'viewer', 1, 'k1')`, `INSERT INTO client VALUES ('k1', 'app')`,
			`INSERT INTO user_role_mapping VALUES ('u1', 'r1'), ('u1', 'r2')`, `INSERT INTO keycloak_group VALUES ('g1', 'staff')`,
			`INSERT INTO user_group_membership VALUES ('u1', 'g1')`,
		},
	},
	{preset: "kratos", password: true, never: "ya29", statements: []string{
		`INSERT INTO identities VALUES ('u1', 'default', '{"email":"ana@example.com","name":{"first":"Ana","last":"Pereira"}}', 'active', 'n1', NULL, '2026-01-02 03:04:05', '2026-01-02 03:04:05')`,
		`INSERT INTO identity_credential_types VALUES ('t1', 'password'), ('t2', 'oidc')`,
		`INSERT INTO identity_credentials VALUES ('c1', '{"hashed_password":"HASH"}', 't1', 'u1', 'n1'), ('c2', '{"providers":[{"subject":"77","provider":"google","initial_access_token":"ya29"}]}', 't2', 'u1', 'n1')`,
		`INSERT INTO identity_credential_identifiers VALUES ('i1', 'ana@example.com', 'c1', 'n1'), ('i2', 'google:77', 'c2', 'n1')`,
		`INSERT INTO identity_verifiable_addresses VALUES ('a1', 'completed', 'email', 1, 'ana@example.com', 'u1', 'n1')`,
	}},
	{preset: "supertokens", password: true, roles: "editor", statements: []string{
		`INSERT INTO app_id_to_user_id VALUES ('public', 'u1', 'emailpassword', 'u1', 1), ('public', 'u2', 'thirdparty', 'u1', 1)`,
		`INSERT INTO emailpassword_users VALUES ('public', 'u1', 'ana@example.com', 'HASH', 1)`,
		`INSERT INTO thirdparty_users VALUES ('public', 'u2', 'google', '77', 'ana@example.com', 2)`,
		`INSERT INTO emailverification_verified_emails VALUES ('public', 'ext1', 'ana@example.com')`,
		`INSERT INTO userid_mapping VALUES ('public', 'u1', 'ext1')`,
		`INSERT INTO user_roles VALUES ('public', 'public', 'ext1', 'editor')`,
		`INSERT INTO user_metadata VALUES ('public', 'ext1', '{"first_name":"Ana"}')`,
	}},
	{preset: "drupal", password: true, roles: "editor", statements: []string{
		`INSERT INTO users_field_data VALUES (0, 'en', '', NULL, NULL, 0, 0, 1), (5, 'en', 'ana', 'HASH', 'ana@example.com', 1, 1700000000, 1)`,
		`INSERT INTO user__roles VALUES ('user', 0, 5, 'editor'), ('user', 1, 5, 'gone')`,
		`INSERT INTO authmap VALUES (5, 'openid_connect.google', '77', NULL)`,
	}},
	{preset: "phpbb", password: true, roles: "EDITORS", suspended: true, never: "key-of-nobody", statements: []string{
		`INSERT INTO phpbb_users VALUES (1, 2, 'Anonymous', '', '', ''), (5, 0, 'ana', 'ana@example.com', 'HASH', 'key-of-nobody')`,
		`INSERT INTO phpbb_groups VALUES (1, 'REGISTERED'), (2, 'EDITORS')`, `INSERT INTO phpbb_user_group VALUES (1, 5, 0), (2, 5, 0)`,
		`INSERT INTO phpbb_oauth_accounts VALUES (5, 'auth.provider.oauth.service.google', '77')`,
		`INSERT INTO phpbb_banlist VALUES (1, 5, 0, 0)`,
	}},
}

// TestDocumentedTables fetches Ana out of each, with what other tables hold of her.
func TestDocumentedTables(t *testing.T) {
	for _, c := range documented {
		t.Run(c.preset, func(t *testing.T) {
			statements := slices.Clone(databasetest.Documented[c.preset])
			for _, s := range c.statements {
				statements = append(statements, strings.Replace(s, "HASH", hashOf(t, "correct horse"), 1))
			}
			litefile(t, statements...)
			mustRun(t, append([]string{"fetch", c.preset, "--db-url-env", "DATABASE_URL", "--out", "users"}, c.flags...)...)
			m := manifest(t, "users")
			if m.State != fetch.Complete {
				t.Errorf("%+v", m)
			}
			text := usersOf(t)
			if c.never != "" && strings.Contains(text, c.never) {
				t.Errorf("a secret was read: %s", text)
			}
			r := imported(t, "users", "--quiet")
			if c.password && !c.suspended && r.SignIn["same_password"] != 1 {
				t.Errorf("signs in otherwise: %v", r.SignIn)
			}
			tenant, err := sandbox.Open(sandbox.Options{State: "users.sandbox.tenant", BaseURL: "http://127.0.0.1:1"})
			if err != nil {
				t.Fatal(err)
			}
			defer tenant.Close()
			ana, ok := tenant.Find("ana@example.com")
			if !ok {
				t.Fatalf("Ana is not there; the folder holds %s", text)
			}
			var links, roles []string
			for _, i := range ana.Identities {
				if i.Type == "social" {
					links = append(links, i.Connection+" "+i.Value)
				}
			}
			for _, in := range ana.Memberships {
				roles = append(roles, in.Roles...)
			}
			if want := tenant.Connection("oauth2:google") + " 77"; strings.Join(links, ",") != want {
				t.Errorf("links %q, want %q; the folder holds %s", links, want, text)
			}
			for want := range strings.FieldsSeq(c.roles) {
				if !strings.Contains(strings.Join(roles, " "), want) {
					t.Errorf("roles %q, want %q; the folder holds %s", roles, c.roles, text)
				}
			}
			if ana.Suspended != c.suspended {
				t.Errorf("suspended is %v", ana.Suspended)
			}
		})
	}
}
