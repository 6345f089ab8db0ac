package bench

import (
	"database/sql"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kinde-migrate/kinde-migrate/internal/databasetest"

	_ "modernc.org/sqlite"
)

// populated are the tables of each preset, filled from a table of numbers i: a user
// for each, with what other tables hold of a person. The schema is that of the real
// software where testdata/databases has a dump of it, and as documented elsewhere.
var populated = []struct {
	preset, dump string
	flags        []string
	fill         string
}{
	{preset: "django", dump: "django.postgres.sql", fill: `
INSERT INTO auth_user (id, password, is_superuser, username, first_name, last_name, email, is_staff, is_active, date_joined)
	SELECT i, 'pbkdf2_sha256$260000$' || md5(i::text) || '$hVHFQ5PO1dz3k1iPQdCZ7i5NKTnGTZ9qRkcMQdYV3Ek=', false, 'user' || i, 'Given' || i % 97, 'Family' || i % 89, 'user' || i || '@example.com', false, true, now() FROM numbers;
INSERT INTO auth_user_groups (id, user_id, group_id) SELECT i, i, (SELECT min(id) FROM auth_group) FROM numbers`},
	{preset: "supabase", dump: "supabase.postgres.sql", fill: `
INSERT INTO auth.users (id, instance_id, aud, role, email, encrypted_password, email_confirmed_at, raw_app_meta_data, raw_user_meta_data, created_at, updated_at)
	SELECT md5(i::text)::uuid, md5('')::uuid, 'authenticated', 'authenticated', 'user' || i || '@example.com', '$2a$10$' || left(md5(i::text) || md5(i::text), 53), now(),
		'{"provider": "google", "providers": ["email", "google"]}', jsonb_build_object('full_name', 'Given Family' || i), now(), now() FROM numbers;
INSERT INTO auth.identities (provider_id, user_id, identity_data, provider)
	SELECT '10' || i, md5(i::text)::uuid, jsonb_build_object('sub', '10' || i, 'email', 'user' || i || '@example.com'), 'google' FROM numbers`},
	{preset: "devise", dump: "devise.postgres.sql", fill: `
INSERT INTO users (id, email, encrypted_password, first_name, last_name, confirmed_at, created_at, updated_at)
	SELECT i, 'user' || i || '@example.com', '$2a$10$' || left(md5(i::text) || md5(i::text), 53), 'Given' || i % 97, 'Family' || i % 89, now(), now(), now() FROM numbers;
INSERT INTO identities (id, user_id, provider, uid) SELECT i, i, 'google_oauth2', '10' || i FROM numbers;
INSERT INTO users_roles (user_id, role_id) SELECT i, (SELECT min(id) FROM roles) FROM numbers`},
	{preset: "better-auth", dump: "better-auth.postgres.sql", fill: `
INSERT INTO "user" (id, name, email, "emailVerified") SELECT 'u' || i, 'Given Family' || i, 'user' || i || '@example.com', true FROM numbers;
INSERT INTO account (id, "accountId", "providerId", "userId", password, "updatedAt")
	SELECT 'c' || i, 'u' || i, 'credential', 'u' || i, md5(i::text) || ':' || md5(i::text) || md5(i::text) || md5(i::text) || md5(i::text), now() FROM numbers;
INSERT INTO account (id, "accountId", "providerId", "userId", "updatedAt") SELECT 'g' || i, '10' || i, 'google', 'u' || i, now() FROM numbers;
INSERT INTO member (id, "organizationId", "userId", role, "createdAt") SELECT 'm' || i, (SELECT min(id) FROM organization), 'u' || i, 'member', now() FROM numbers`},
	{preset: "wordpress", dump: "wordpress.mariadb.sql", fill: `
INSERT INTO wp_users (ID, user_login, user_pass, user_nicename, user_email, user_registered, display_name)
	SELECT i, concat('user', i), concat('$P$B', left(md5(i), 30)), concat('user', i), concat('user', i, '@example.com'), now(), concat('Given Family', i) FROM numbers;
INSERT INTO wp_usermeta (user_id, meta_key, meta_value) SELECT i, 'first_name', concat('Given', i MOD 97) FROM numbers;
INSERT INTO wp_usermeta (user_id, meta_key, meta_value) SELECT i, 'last_name', concat('Family', i MOD 89) FROM numbers;
INSERT INTO wp_usermeta (user_id, meta_key, meta_value) SELECT i, 'wp_capabilities', 'a:1:{s:10:"subscriber";b:1;}' FROM numbers`},
	{preset: "laravel", dump: "laravel.mariadb.sql", fill: `
INSERT INTO users (id, name, email, email_verified_at, password, created_at, updated_at)
	SELECT i, concat('Given Family', i), concat('user', i, '@example.com'), now(), concat('$2y$10$', left(concat(md5(i), md5(i)), 53)), now(), now() FROM numbers;
INSERT INTO model_has_roles SELECT 1, 'App\\Models\\User', i FROM numbers;
INSERT INTO social_accounts (user_id, provider, provider_id) SELECT i, 'google', concat('10', i) FROM numbers`},
	{preset: "aspnet", fill: `
INSERT INTO AspNetUsers SELECT i, 'user' || i, 'USER' || i, 'user' || i || '@example.com', 1, 'AQAAAAEAACcQAAAAE' || i, 'x', NULL, 1 FROM numbers;
INSERT INTO AspNetRoles VALUES ('r1', 'editor'); INSERT INTO AspNetUserRoles SELECT i, 'r1' FROM numbers;
INSERT INTO AspNetUserLogins SELECT 'Google', '10' || i, i FROM numbers; INSERT INTO AspNetUserClaims SELECT i, i, 'given_name', 'Given' FROM numbers`},
	{preset: "authjs", fill: `
INSERT INTO "User" SELECT 'u' || i, 'Given Family' || i, 'user' || i || '@example.com', '2026-01-02 03:04:05', NULL FROM numbers;
INSERT INTO "Account" SELECT 'u' || i, 'oidc', 'google', '10' || i, 'x' FROM numbers`},
	{preset: "keycloak", flags: []string{"--set", "realm=shop"}, fill: `
INSERT INTO realm VALUES ('s', 'shop'); INSERT INTO keycloak_role VALUES ('r1', 'editor', 0, NULL);
INSERT INTO user_entity SELECT 'u' || i, 'user' || i || '@example.com', 1, 1, 'Given', 'Family' || i, 's', 'user' || i, 1700000000000, NULL FROM numbers;
INSERT INTO credential SELECT 'c' || i, 'password', 'u' || i, 1700000000000, '{"value":"hVHFQ5PO1dz3k1iPQdCZ7i5NKTnGTZ9qRkcMQdYV3Ek=","salt":"c2FsdHNhbHRzYWx0c2FsdA=="}', '{"hashIterations":27500,"algorithm":"pbkdf2-sha256"}', 1 FROM numbers;
INSERT INTO federated_identity SELECT 'google', '10' || i, 'user' || i, 'x', 'u' || i, 's' FROM numbers;
INSERT INTO user_attribute SELECT 'a' || i, 'u' || i, 'team', 'blue' FROM numbers; INSERT INTO user_role_mapping SELECT 'u' || i, 'r1' FROM numbers`},
	{preset: "kratos", fill: `
INSERT INTO identity_credential_types VALUES ('t1', 'password'), ('t2', 'oidc');
INSERT INTO identities SELECT 'u' || i, 'default', '{"email":"user' || i || '@example.com"}', 'active', 'n1', NULL, '2026-01-02 03:04:05', '2026-01-02 03:04:05' FROM numbers;
INSERT INTO identity_credentials SELECT 'c' || i, '{"hashed_password":"$2a$10$' || i || '"}', 't1', 'u' || i, 'n1' FROM numbers;
INSERT INTO identity_credentials SELECT 'd' || i, '{"providers":[]}', 't2', 'u' || i, 'n1' FROM numbers;
INSERT INTO identity_credential_identifiers SELECT 'p' || i, 'user' || i || '@example.com', 'c' || i, 'n1' FROM numbers;
INSERT INTO identity_credential_identifiers SELECT 'q' || i, 'google:10' || i, 'd' || i, 'n1' FROM numbers;
INSERT INTO identity_verifiable_addresses SELECT 'a' || i, 'completed', 'email', 1, 'user' || i || '@example.com', 'u' || i, 'n1' FROM numbers;
CREATE INDEX b1 ON identity_credentials (identity_id); CREATE INDEX b2 ON identity_credential_identifiers (identity_credential_id); CREATE INDEX b3 ON identity_verifiable_addresses (identity_id)`},
	{preset: "supertokens", fill: `
INSERT INTO app_id_to_user_id SELECT 'public', 'u' || i, 'emailpassword', 'u' || i, 1 FROM numbers;
INSERT INTO emailpassword_users SELECT 'public', 'u' || i, 'user' || i || '@example.com', '$2a$10$' || i, 1 FROM numbers;
INSERT INTO emailverification_verified_emails SELECT 'public', 'u' || i, 'user' || i || '@example.com' FROM numbers;
INSERT INTO user_roles SELECT 'public', 'public', 'u' || i, 'editor' FROM numbers; INSERT INTO user_metadata SELECT 'public', 'u' || i, '{"first_name":"Given"}' FROM numbers;
CREATE UNIQUE INDEX b1 ON app_id_to_user_id (app_id, user_id); CREATE INDEX b2 ON emailpassword_users (app_id, user_id);
CREATE UNIQUE INDEX b3 ON emailverification_verified_emails (app_id, user_id, email); CREATE INDEX b4 ON userid_mapping (app_id, supertokens_user_id);
CREATE INDEX b5 ON userid_mapping (app_id, external_user_id); CREATE INDEX b6 ON user_roles (app_id, user_id); CREATE INDEX b7 ON user_metadata (app_id, user_id)`},
	{preset: "drupal", fill: `
INSERT INTO users_field_data SELECT i, 'en', 'user' || i, '$S$E' || i, 'user' || i || '@example.com', 1, 1700000000, 1 FROM numbers;
INSERT INTO user__roles SELECT 'user', 0, i, 'editor' FROM numbers; INSERT INTO authmap SELECT i, 'openid_connect.google', '10' || i, NULL FROM numbers`},
	{preset: "phpbb", fill: `
INSERT INTO phpbb_users SELECT i, 0, 'user' || i, 'user' || i || '@example.com', '$H$9' || i, '' FROM numbers;
INSERT INTO phpbb_groups VALUES (1, 'EDITORS'); INSERT INTO phpbb_user_group SELECT 1, i, 0 FROM numbers;
INSERT INTO phpbb_oauth_accounts SELECT i, 'auth.provider.oauth.service.google', '10' || i FROM numbers`},
}

// BenchmarkFetchPresets fetches ten thousand and a hundred thousand users of each preset
// with the real binary, from PostgreSQL or MariaDB where there is a dump of the real
// software's schema, from SQLite elsewhere.
//
//	go test ./bench -run - -bench FetchPresets -benchtime 3x
func BenchmarkFetchPresets(b *testing.B) {
	whole, tool, servers := b, build(b), map[string]*databasetest.Server{}
	for _, p := range populated {
		for _, rows := range []int{10_000, 100_000} {
			b.Run(fmt.Sprintf("%s/%d", p.preset, rows), func(b *testing.B) {
				// Beyond the ids of the dumps' own people.
				numbers := fmt.Sprintf(
					"CREATE TABLE numbers AS WITH RECURSIVE n(i) AS (SELECT 1000001 UNION ALL SELECT i + 1 FROM n WHERE i < %d) SELECT i FROM n;\n",
					1_000_000+rows,
				)
				var address string
				switch _, dialect, _ := strings.Cut(p.dump, "."); dialect {
				case "":
					address = litefile(b, strings.Join(databasetest.Documented[p.preset], ";")+";"+numbers+p.fill)
				default:
					start, analyze := databasetest.Postgres, ";\nANALYZE;"
					if dialect == "mariadb.sql" {
						start, analyze, numbers = databasetest.MariaDB, ";", "SET SESSION max_recursive_iterations = 2000000;\n"+numbers
					}
					if servers[dialect] == nil {
						servers[dialect] = start(whole)
					}
					server, name := servers[dialect], strings.ReplaceAll(fmt.Sprint(p.preset, "_", rows), "-", "_")
					server.Run(b, map[bool]string{true: "mysql", false: "postgres"}[dialect == "mariadb.sql"], "CREATE DATABASE "+name+";")
					server.Load(b, name, filepath.Join("..", "testdata", "databases", p.dump))
					server.Run(b, name, numbers+p.fill+analyze)
					address = server.URL(name)
				}
				fetched(b, tool, []string{"DATABASE_URL=" + address}, rows, append([]string{p.preset, "--db-url-env", "DATABASE_URL"}, p.flags...)...)
			})
		}
	}
}

// litefile makes a file of SQLite and returns its address.
func litefile(b *testing.B, statements string) string {
	b.Helper()
	path := filepath.Join(b.TempDir(), "app.db")
	db, err := sql.Open("sqlite", path)
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec(statements); err != nil {
		b.Fatal(err)
	}
	return "sqlite:" + path
}
