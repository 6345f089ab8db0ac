package databasetest

// Documented are the tables, in SQLite's types, of software that does not run in tests,
// by preset, as its documentation and its migrations name them.
var Documented = map[string][]string{
	"aspnet": {
		`CREATE TABLE AspNetUsers (Id TEXT PRIMARY KEY, UserName TEXT, NormalizedUserName TEXT, Email TEXT, EmailConfirmed BOOLEAN, PasswordHash TEXT, SecurityStamp TEXT, LockoutEnd TEXT, LockoutEnabled BOOLEAN)`,
		`CREATE TABLE AspNetRoles (Id TEXT, Name TEXT)`,
		`CREATE TABLE AspNetUserRoles (UserId TEXT, RoleId TEXT)`,
		`CREATE TABLE AspNetUserLogins (LoginProvider TEXT, ProviderKey TEXT, UserId TEXT)`,
		`CREATE TABLE AspNetUserClaims (Id INTEGER, UserId TEXT, ClaimType TEXT, ClaimValue TEXT)`,
	},
	"authjs": {
		`CREATE TABLE "User" (id TEXT PRIMARY KEY, name TEXT, email TEXT, "emailVerified" DATETIME, image TEXT)`,
		`CREATE TABLE "Account" ("userId" TEXT, type TEXT, provider TEXT, "providerAccountId" TEXT, access_token TEXT)`,
	},
	"keycloak": {
		`CREATE TABLE realm (id TEXT, name TEXT)`,
		`CREATE TABLE user_entity (id TEXT PRIMARY KEY, email TEXT, email_verified BOOLEAN, enabled BOOLEAN, first_name TEXT, last_name TEXT, realm_id TEXT, username TEXT, created_timestamp BIGINT, service_account_client_link TEXT)`,
		`CREATE TABLE credential (id TEXT, type TEXT, user_id TEXT, created_date BIGINT, secret_data TEXT, credential_data TEXT, priority INTEGER)`,
		`CREATE TABLE federated_identity (identity_provider TEXT, federated_user_id TEXT, federated_username TEXT, token TEXT, user_id TEXT, realm_id TEXT)`,
		`CREATE TABLE user_attribute (id TEXT, user_id TEXT, name TEXT, value TEXT)`,
		`CREATE TABLE user_required_action (user_id TEXT, required_action TEXT)`,
		`CREATE TABLE user_role_mapping (user_id TEXT, role_id TEXT)`,
		`CREATE TABLE keycloak_role (id TEXT, name TEXT, client_role BOOLEAN, client TEXT)`,
		`CREATE TABLE client (id TEXT, client_id TEXT)`,
		`CREATE TABLE user_group_membership (user_id TEXT, group_id TEXT)`,
		`CREATE TABLE keycloak_group (id TEXT, name TEXT)`,
	},
	"kratos": {
		`CREATE TABLE identities (id TEXT PRIMARY KEY, schema_id TEXT, traits TEXT, state TEXT, nid TEXT, metadata_public TEXT, created_at DATETIME, updated_at DATETIME)`,
		`CREATE TABLE identity_credential_types (id TEXT, name TEXT)`,
		`CREATE TABLE identity_credentials (id TEXT, config TEXT, identity_credential_type_id TEXT, identity_id TEXT, nid TEXT)`,
		`CREATE TABLE identity_credential_identifiers (id TEXT, identifier TEXT, identity_credential_id TEXT, nid TEXT)`,
		`CREATE TABLE identity_verifiable_addresses (id TEXT, status TEXT, via TEXT, verified BOOLEAN, value TEXT, identity_id TEXT, nid TEXT)`,
	},
	"supertokens": {
		`CREATE TABLE app_id_to_user_id (app_id TEXT, user_id TEXT, recipe_id TEXT, primary_or_recipe_user_id TEXT, is_linked_or_is_a_primary_user BOOLEAN)`,
		`CREATE TABLE emailpassword_users (app_id TEXT, user_id TEXT, email TEXT, password_hash TEXT, time_joined BIGINT)`,
		`CREATE TABLE thirdparty_users (app_id TEXT, user_id TEXT, third_party_id TEXT, third_party_user_id TEXT, email TEXT, time_joined BIGINT)`,
		`CREATE TABLE passwordless_users (app_id TEXT, user_id TEXT, email TEXT, phone_number TEXT, time_joined BIGINT)`,
		`CREATE TABLE emailverification_verified_emails (app_id TEXT, user_id TEXT, email TEXT)`,
		`CREATE TABLE userid_mapping (app_id TEXT, supertokens_user_id TEXT, external_user_id TEXT)`,
		`CREATE TABLE user_roles (app_id TEXT, tenant_id TEXT, user_id TEXT, role TEXT)`,
		`CREATE TABLE user_metadata (app_id TEXT, user_id TEXT, user_metadata TEXT)`,
	},
	"drupal": {
		`CREATE TABLE users_field_data (uid INTEGER PRIMARY KEY, langcode TEXT, name TEXT, pass TEXT, mail TEXT, status INTEGER, created INTEGER, default_langcode INTEGER)`,
		`CREATE TABLE user__roles (bundle TEXT, deleted INTEGER, entity_id INTEGER, roles_target_id TEXT)`,
		`CREATE TABLE authmap (uid INTEGER, provider TEXT, authname TEXT, data TEXT)`,
	},
	"phpbb": {
		`CREATE TABLE phpbb_users (user_id INTEGER PRIMARY KEY, user_type INTEGER, username TEXT, user_email TEXT, user_password TEXT, user_actkey TEXT)`,
		`CREATE TABLE phpbb_groups (group_id INTEGER, group_name TEXT)`,
		`CREATE TABLE phpbb_user_group (group_id INTEGER, user_id INTEGER, user_pending INTEGER)`,
		`CREATE TABLE phpbb_oauth_accounts (user_id INTEGER, provider TEXT, oauth_provider_id TEXT)`,
		`CREATE TABLE phpbb_banlist (ban_id INTEGER, ban_userid INTEGER, ban_end INTEGER, ban_exclude INTEGER)`,
	},
}
