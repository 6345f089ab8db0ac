package sandbox

import (
	"net/http"
	"strings"
	"testing"

	"github.com/kinde-migrate/kinde-migrate/internal/openapitest"
	"github.com/kinde-migrate/kinde-migrate/internal/operation"
)

// TestOperationsFitTheDescription goes through every operation and holds
// requests and answers against the vendor's description.
func TestOperationsFitTheDescription(t *testing.T) {
	v := openapitest.Load(t)
	c := open(t, Options{Demo: true, Definitions: &Definitions{
		Flags: []FlagDefinition{{Key: "beta"}, {Key: "limit", Type: "int", Default: "3", Level: "org"}}, Roles: []RoleDefinition{{Key: "owner"}},
		APIs: []APIDefinition{{Audience: "https://api.example.com", Scopes: []string{"read:logs"}}},
	}})
	seen := map[string]bool{}
	c.tenant.opt.Log = func(r Request) { seen[r.Operation] = true }
	c.http.Transport = v.Transport(t, Transport(c.tenant))
	everyOperation(c)
	known := v.Operations()
	for _, r := range routes() {
		if !seen[r.operation] {
			t.Errorf("%s was not tried", r.operation)
		}
		if _, ok := known[r.operation]; !ok {
			t.Errorf("%s is no operation of the description", r.operation)
		}
	}
}

func TestScopesAreTheDescriptions(t *testing.T) {
	v := openapitest.Load(t)
	for _, r := range routes() {
		o := v.Operations()[r.operation]
		if o.Scope != "" && o.Scope != r.scope {
			t.Errorf("%s: scope %s, the description says %s", r.operation, r.scope, o.Scope)
		}
	}
}

// TestServesWhatTheClientSends: whatever a command may send can be rehearsed here.
func TestServesWhatTheClientSends(t *testing.T) {
	for _, id := range operation.All() {
		if !knownOperation(id) {
			t.Errorf("the client sends %s, and the sandbox does not serve it", id)
		}
	}
}

// everyOperation calls each operation at least once, successfully.
func everyOperation(c *client) {
	c.t.Helper()
	id := c.user("ana@example.com")
	other := c.user("bea@example.com")
	c.do(200, "GET", "users?page_size=1&expand=organizations,identities,billing", nil)
	c.do(200, "GET", "user?expand=organizations,identities&id="+id, nil)
	c.do(
		200,
		"PATCH",
		"user?id="+id,
		object{
			"given_name":                  "Anna",
			"is_suspended":                true,
			"provided_id":                 "x1",
			"picture":                     "https://example.com/a.png",
			"is_password_reset_requested": true,
		},
	)
	c.do(200, "PUT", "users/"+id+"/password", object{"hashed_password": bcryptHash, "hashing_method": "bcrypt"})
	c.do(200, "POST", "users/"+id+"/refresh_claims", nil)
	c.do(200, "PATCH", "users/"+id+"/feature_flags/beta?value=true", nil)

	cat := c.do(201, "POST", "property_categories", object{"name": "Import", "context": "usr"}).at("category", "id").(string)
	c.do(200, "GET", "property_categories?context=usr", nil)
	prop := c.do(201, "POST", "properties", object{"name": "Town", "key": "town", "type": "single_line_text", "context": "usr",
		"is_private": true, "category_id": cat}).at("property", "id").(string)
	c.do(200, "GET", "properties?context=usr&page_size=5", nil)
	c.do(200, "PUT", "properties/"+prop, object{"name": "City", "is_private": false, "category_id": cat})
	c.do(200, "PATCH", "users/"+id+"/properties", object{"properties": object{"town": "Porto"}})
	c.do(200, "PUT", "users/"+id+"/properties/town?value=Lisboa", nil)
	c.do(200, "GET", "users/"+id+"/properties", nil)
	c.do(200, "GET", "search/users?query=*&properties[town][0]=Lisboa&expand=organizations,identities,properties", nil)

	org := c.do(200, "POST", "organization", object{"name": "Acme", "external_id": "acme-1"}).at("organization", "code").(string)
	c.do(200, "GET", "organization?code="+org, nil)
	c.do(200, "GET", "organizations?page_size=1", nil)
	c.do(201, "POST", "properties", object{"name": "VAT", "key": "vat", "type": "single_line_text", "context": "org", "is_private": true,
		"category_id": c.do(201, "POST", "property_categories", object{"name": "Firm", "context": "org"}).at("category", "id").(string)})
	c.do(200, "PATCH", "organizations/"+org+"/properties", object{"properties": object{"vat": "PT1"}})
	if got := c.do(200, "GET", "organizations/"+org+"/properties", nil).at("properties", 0, "value"); got != "PT1" {
		c.t.Errorf("the organization's property: %v", got)
	}
	c.do(200, "PATCH", "organizations/"+org+"/feature_flags/limit?value=5", nil)
	if got := c.do(200, "GET", "organizations/"+org+"/feature_flags", nil).at("feature_flags", "limit", "value"); got != "5" {
		c.t.Errorf("the organization's flag: %v", got)
	}
	c.do(200, "PATCH", "organization/"+org, object{"is_suspended": true})
	if got := c.do(200, "GET", "organization?code="+org, nil).at("is_suspended"); got != true {
		c.t.Errorf("the organization is suspended: %v", got)
	}
	c.do(201, "POST", "roles", object{"name": "Editor", "key": "editor", "description": "Edits", "is_default_role": false})
	role := c.tenant.roles.byKey["editor"].ID
	c.do(200, "GET", "roles", nil)
	c.do(200, "GET", "roles/"+role, nil)
	c.do(201, "POST", "permissions", object{"name": "Edit", "key": "edit", "description": "May edit"})
	perm := c.tenant.permissions.byKey["edit"].ID
	c.do(200, "GET", "permissions?sort=name_asc", nil)
	c.do(200, "PATCH", "roles/"+role+"/permissions", object{"permissions": list{object{"id": perm}}})
	c.do(200, "GET", "roles/"+role+"/permissions", nil)

	c.do(200, "POST", "organizations/"+org+"/users", object{"users": list{object{"id": id, "roles": list{"editor"}}}})
	c.do(
		200,
		"PATCH",
		"organizations/"+org+"/users",
		object{"users": list{object{"id": other, "roles": list{}}, object{"id": id, "permissions": list{"edit"}}}},
	)
	c.do(200, "GET", "organizations/"+org+"/users?page_size=1&sort=name_asc", nil)
	c.do(200, "GET", "roles/"+role+"/users", nil)
	member := "organizations/" + org + "/users/" + other
	c.do(200, "POST", member+"/roles", object{"role_id": role})
	c.do(200, "GET", member+"/roles", nil)
	c.do(200, "POST", member+"/permissions", object{"permission_id": perm})
	c.do(200, "GET", member+"/permissions?expand=roles", nil)
	c.do(200, "DELETE", member+"/permissions/"+perm, nil)
	c.do(200, "DELETE", member+"/roles/"+role, nil)
	scope := c.do(200, "GET", "apis?expand=scopes", nil)
	path := member + "/apis/" + scope.at("apis", 0, "id").(string) + "/scopes/" + scope.at("apis", 0, "scopes", 0, "id").(string)
	c.do(200, "POST", path, nil)
	c.do(200, "DELETE", path, nil)
	c.do(
		201,
		"POST",
		"organization/"+org+"/invites",
		object{"email": "cy@example.com", "first_name": "Cy", "roles": list{"editor"}, "send_email": true},
	)
	c.do(200, "GET", "organization/"+org+"/invites?page_size=5", nil)
	c.do(200, "DELETE", member, nil)

	google := c.tenant.Connection("oauth2:google")
	identity := c.do(201, "POST", "users/"+id+"/identities", object{"type": "social", "value": "1234",
		"connection_id": google}).at("identity", "id").(string)
	c.do(200, "GET", "users/"+id+"/identities", nil)
	c.do(200, "GET", "identities/"+identity, nil)
	c.do(200, "PATCH", "identities/"+identity, object{"is_primary": true})
	c.do(200, "DELETE", "identities/"+identity, nil)
	c.do(200, "GET", "connections?page_size=3", nil)
	conn := c.do(201, "POST", "connections", object{"name": "Okta", "display_name": "Okta", "strategy": "saml:okta"}).at("connection",
		"id").(string)
	c.do(200, "GET", "connections/"+conn, nil)

	c.do(200, "PATCH", "user?id="+id, object{"is_suspended": false})
	if got := c.tenant.SignIn("ANA@example.com", "Passw0rd!"); !got.SignedIn {
		c.t.Errorf("Ana could not sign in: %+v", got)
	}
	c.tenant.Edit(func(e *Edit) error { _, err := e.AddFactor(id, "email", "ana@example.com"); return err })
	c.do(200, "GET", "users/"+id+"/sessions", nil)
	c.do(200, "DELETE", "users/"+id+"/sessions", nil)
	factor := c.do(200, "GET", "users/"+id+"/mfa", nil).at("mfa", "id").(string)
	c.do(200, "DELETE", "users/"+id+"/mfa/"+factor, nil)
	c.do(200, "DELETE", "users/"+id+"/mfa", nil)
	c.do(200, "GET", "users/"+id+"/mfa", nil)

	c.do(200, "GET", "environment", nil)
	c.do(200, "GET", "environment/feature_flags", nil)
	c.do(201, "POST", "feature_flags", object{"name": "New", "key": "new", "type": "str", "allow_override_level": "usr", "default_value": "a"})
	c.do(200, "DELETE", "feature_flags/new", nil)
	c.do(200, "GET", "webhooks", nil)
	c.do(200, "DELETE", "user?is_delete_profile=true&id="+other, nil)
	c.do(200, "DELETE", "roles/"+role, nil)
	c.do(200, "DELETE", "permissions/"+perm, nil)
	c.do(200, "DELETE", "properties/"+prop, nil)
	c.do(200, "DELETE", "organization/"+org, nil)
}

// bcryptHash is of "Passw0rd!".
const bcryptHash = "$2a$10$N9qo8uLOickgx2ZMRZoMye7YGr7uUPNV3SZBcYzoSWkkexSvRfk6W"

func TestEveryOperationNeedsTokenAndScope(t *testing.T) {
	c := open(t, Options{Scopes: []string{"read:users"}})
	for _, r := range routes() {
		path := strings.ReplaceAll(strings.Join(r.segments, "/"), "*", "x")
		if r.scope == "read:users" {
			continue
		}
		if a, err := c.try(r.method, path, nil); err != nil || a.status != http.StatusForbidden {
			t.Errorf("%s without its scope: %d %v", r.operation, a.status, err)
		}
	}
	c.token = "nonsense"
	for _, r := range routes() {
		path := strings.ReplaceAll(strings.Join(r.segments, "/"), "*", "x")
		if a, err := c.try(r.method, path, nil); err != nil || a.status != http.StatusUnauthorized {
			t.Errorf("%s without a token: %d %v", r.operation, a.status, err)
		}
	}
}
