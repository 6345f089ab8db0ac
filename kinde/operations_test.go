package kinde_test

import (
	"context"
	"fmt"

	"github.com/kinde-migrate/kinde-migrate/internal/operation"
	"github.com/kinde-migrate/kinde-migrate/kinde"
)

const okBody = `{"message":"Success","code":"OK"}`

type operationTest struct {
	op     string
	call   func(context.Context, *kinde.Client) (any, error)
	target string // what is requested
	sent   string // the request's body
	status int    // 0: 200
	answer string
	want   string // what the method returns, as %v
}

func nothing(err error) (any, error) { return "", err }

var operationTests = []operationTest{
	{op: operation.CreateUser, target: "POST /api/v1/user",
		call: func(ctx context.Context, c *kinde.Client) (any, error) {
			r := ana()
			r.OrganizationCode = "org_1"
			r.Identities = append(r.Identities, kinde.PhoneIdentity("+15550100123", "us", false), kinde.UsernameIdentity("ana"))
			return c.CreateUser(ctx, r)
		},
		sent: `{"profile":{"given_name":"Ana","family_name":"Lovelace"},"organization_code":"org_1","provided_id":"auth0|1","identities":[` +
			`{"type":"email","is_verified":true,"details":{"email":"ana@example.com"}},` +
			`{"type":"phone","is_verified":false,"details":{"phone":"+15550100123","phone_country_id":"us"}},` +
			`{"type":"username","details":{"username":"ana"}}]}`,
		answer: `{"id":"kp_1","created":true,"identities":[{"type":"email","result":{"created":true}}]}`,
		want:   "{kp_1 [{email true}]}"},
	{op: operation.CreateUserIdentity, target: "POST /api/v1/users/kp_1/identities", status: 201,
		call: func(ctx context.Context, c *kinde.Client) (any, error) {
			return c.CreateUserIdentity(
				ctx,
				"kp_1",
				kinde.CreateUserIdentityRequest{Type: kinde.IdentitySocial, Value: "google|7", ConnectionID: "conn_1"},
			)
		},
		sent:   `{"type":"social","value":"google|7","connection_id":"conn_1"}`,
		answer: `{"message":"Success","code":"CREATED","identity":{"id":"identity_1"}}`, want: "identity_1"},
	{op: operation.DeleteUser, target: "DELETE /api/v1/user?id=kp_1&is_delete_profile=true", answer: okBody,
		call: func(ctx context.Context, c *kinde.Client) (any, error) {
			return nothing(c.DeleteUser(ctx, "kp_1", true))
		}},
	{op: operation.DeleteUserSessions, target: "DELETE /api/v1/users/kp_1/sessions", answer: okBody,
		call: func(ctx context.Context, c *kinde.Client) (any, error) {
			return nothing(c.DeleteUserSessions(ctx, "kp_1"))
		}},
	{op: operation.GetUserData, target: "GET /api/v1/user?id=kp_1&expand=organizations%2Cidentities",
		call: func(ctx context.Context, c *kinde.Client) (any, error) {
			u, err := c.GetUserData(ctx, "kp_1", kinde.ExpandOrganizations, kinde.ExpandIdentities)
			return fmt.Sprint(u.ID, u.Email, u.FirstName, u.Organizations, u.Identities, u.TotalSignIns), err
		},
		answer: `{"id":"kp_1","preferred_email":"ana@example.com","first_name":"Ana","total_sign_ins":null,"organizations":["org_1"],"identities":[{"type":"email","identity":"ana@example.com"}]}`,
		want:   "kp_1ana@example.comAna[org_1] [{email ana@example.com }] 0"},
	{op: operation.GetUserIdentities, target: "GET /api/v1/users/kp_1/identities",
		call: func(ctx context.Context, c *kinde.Client) (any, error) {
			list, err := all(c.GetUserIdentities(ctx, "kp_1"))
			return fmt.Sprint(list[0].Kind(), list[0].Name, list[0].IsConfirmed, list[0].IsPrimary), err
		},
		answer: `{"code":"OK","identities":[{"id":"identity_1","type":"oauth2:google","name":"7","is_confirmed":true,"is_primary":null}],"has_more":false}`,
		want:   "social7true false"},
	{op: operation.GetUserPropertyValues, target: "GET /api/v1/users/kp_1/properties",
		call: func(ctx context.Context, c *kinde.Client) (any, error) {
			return all(c.GetUserPropertyValues(ctx, "kp_1"))
		},
		answer: `{"code":"OK","properties":[{"id":"prop_1","key":"kp_town","name":"Town","description":null,"value":"Ulm"}]}`,
		want:   "[{prop_1 kp_town Town  Ulm}]"},
	{op: operation.UpdateOrganization, target: "PATCH /api/v1/organization/org_1", answer: okBody,
		call: func(ctx context.Context, c *kinde.Client) (any, error) {
			yes := true
			return nothing(c.UpdateOrganization(ctx, "org_1", kinde.UpdateOrganizationRequest{IsSuspended: &yes}))
		},
		sent: `{"is_suspended":true}`},
	{op: operation.UpdateOrganizationProperties, target: "PATCH /api/v1/organizations/org_1/properties", answer: okBody,
		call: func(ctx context.Context, c *kinde.Client) (any, error) {
			return nothing(c.UpdateOrganizationProperties(ctx, "org_1", map[string]string{"vat": "PT1"}))
		},
		sent: `{"properties":{"vat":"PT1"}}`},
	{op: operation.UpdateOrganizationFlagOverride, target: "PATCH /api/v1/organizations/org_1/feature_flags/beta?value=on", answer: okBody,
		call: func(ctx context.Context, c *kinde.Client) (any, error) {
			return nothing(c.UpdateOrganizationFeatureFlagOverride(ctx, "org_1", "beta", "on"))
		}},
	{op: operation.GetUserSessions, target: "GET /api/v1/users/kp_1/sessions",
		call: func(ctx context.Context, c *kinde.Client) (any, error) {
			s, more, err := c.GetUserSessions(ctx, "kp_1")
			return fmt.Sprint(s[0].SessionID, s[0].ExpiresOn.Year(), more), err
		},
		answer: `{"sessions":[{"session_id":"s1","org_code":null,"expires_on":"2026-04-02T13:04:20.315701+11:00"}],"has_more":false}`,
		want:   "s12026 false"},
	{
		op:     operation.GetUsers,
		target: "GET /api/v1/users?email=ana%40example.com%2Cbo%2Bx%40example.com&expand=identities&has_organization=true&page_size=500",
		call: func(ctx context.Context, c *kinde.Client) (any, error) {
			yes := true
			users, err := all(c.GetUsers(ctx, kinde.GetUsersRequest{Emails: []string{"ana@example.com", "bo+x@example.com"},
				Expand: []string{kinde.ExpandIdentities}, HasOrganization: &yes}))
			return fmt.Sprint(len(users), users[0].Email, users[0].Identities[0].ConnectionID), err
		},
		answer: `{"code":"OK","users":[{"id":"kp_1","email":"ana@example.com","identities":[{"type":"social","identity":"7","connection_id":"conn_1"}]}]}`,
		want:   "1ana@example.comconn_1",
	},
	{op: operation.GetUsersMFA, target: "GET /api/v1/users/kp_1/mfa",
		call: func(ctx context.Context, c *kinde.Client) (any, error) {
			f, err := c.GetUsersMFA(ctx, "kp_1")
			return fmt.Sprint(len(f), f[0].Type, f[0].UsageCount), err
		},
		answer: `{"mfa":{"id":"mfa_1","type":"email","usage_count":2,"is_verified":true}}`, want: "1email2"},
	{op: operation.RefreshUserClaims, target: "POST /api/v1/users/kp_1/refresh_claims", answer: okBody,
		call: func(ctx context.Context, c *kinde.Client) (any, error) {
			return nothing(c.RefreshUserClaims(ctx, "kp_1"))
		}},
	{op: operation.ResetUsersMFA, target: "DELETE /api/v1/users/kp_1/mfa/mfa_1", answer: okBody,
		call: func(ctx context.Context, c *kinde.Client) (any, error) {
			return nothing(c.ResetUsersMFA(ctx, "kp_1", "mfa_1"))
		}},
	{op: operation.ResetUsersMFAAll, target: "DELETE /api/v1/users/kp_1/mfa", answer: okBody,
		call: func(ctx context.Context, c *kinde.Client) (any, error) {
			return nothing(c.ResetUsersMFAAll(ctx, "kp_1"))
		}},
	{op: operation.SetUserPassword, target: "PUT /api/v1/users/kp_1/password", answer: okBody,
		call: func(ctx context.Context, c *kinde.Client) (any, error) {
			return nothing(c.SetUserPassword(ctx, "kp_1", kinde.PasswordRequest{HashedPassword: "$2b$10$x", HashingMethod: "bcrypt"}))
		},
		sent: `{"hashed_password":"$2b$10$x","hashing_method":"bcrypt"}`},
	{op: operation.UpdateUser, target: "PATCH /api/v1/user?id=kp_1",
		call: func(ctx context.Context, c *kinde.Client) (any, error) {
			return nothing(
				c.UpdateUser(ctx, "kp_1", kinde.UpdateUserRequest{FamilyName: new(""), IsSuspended: new(true), IsPasswordResetRequested: new(false)}),
			)
		},
		sent:   `{"family_name":"","is_suspended":true,"is_password_reset_requested":false}`,
		answer: `{"id":"kp_1","picture":null}`},
	{op: operation.UpdateUserFeatureFlagOverride, target: "PATCH /api/v1/users/kp_1/feature_flags/theme?value=dark%20blue", answer: okBody,
		call: func(ctx context.Context, c *kinde.Client) (any, error) {
			return nothing(c.UpdateUserFeatureFlagOverride(ctx, "kp_1", "theme", "dark blue"))
		}},
	{op: operation.UpdateUserProperties, target: "PATCH /api/v1/users/kp_1/properties", answer: okBody,
		call: func(ctx context.Context, c *kinde.Client) (any, error) {
			return nothing(c.UpdateUserProperties(ctx, "kp_1", map[string]string{"b": "2", "a": "<1>"}))
		},
		sent: `{"properties":{"a":"<1>","b":"2"}}`},
	{op: operation.UpdateUserProperty, target: "PUT /api/v1/users/kp%2F1/properties/a%20b?value=1%2C2%262", answer: okBody,
		call: func(ctx context.Context, c *kinde.Client) (any, error) {
			return nothing(c.UpdateUserProperty(ctx, "kp/1", "a b", "1,2&2"))
		}},
	{op: operation.SearchUsers, target: "GET /api/v1/search/users?query=%2A&expand=properties&page_size=500",
		call: func(ctx context.Context, c *kinde.Client) (any, error) {
			for u, err := range c.SearchUsers(ctx, kinde.SearchUsersRequest{Expand: []string{kinde.ExpandProperties}}) {
				return fmt.Sprint(u.ID, u.Properties), err
			}
			return nil, nil
		},
		answer: `{"results":[{"id":"kp_1","properties":{"kp_town":"Ulm","kp_zip":"89073"}}]}`,
		want:   "kp_1map[kp_town:Ulm kp_zip:89073]"},
	{op: operation.GetIdentity, target: "GET /api/v1/identities/identity_1",
		call: func(ctx context.Context, c *kinde.Client) (any, error) {
			i, err := c.GetIdentity(ctx, "identity_1")
			return i.Name, err
		},
		answer: `{"id":"identity_1","type":"email","name":"ana@example.com"}`, want: "ana@example.com"},
	{op: operation.UpdateIdentity, target: "PATCH /api/v1/identities/identity_1", sent: `{"is_primary":true}`, answer: okBody,
		call: func(ctx context.Context, c *kinde.Client) (any, error) {
			return nothing(c.UpdateIdentity(ctx, "identity_1", true))
		}},
	{op: operation.DeleteIdentity, target: "DELETE /api/v1/identities/identity_1", answer: okBody,
		call: func(ctx context.Context, c *kinde.Client) (any, error) {
			return nothing(c.DeleteIdentity(ctx, "identity_1"))
		}},
	{op: operation.GetOrganization, target: "GET /api/v1/organization?code=org_1",
		call: func(ctx context.Context, c *kinde.Client) (any, error) {
			o, err := c.GetOrganization(ctx, "org_1")
			return o.Name, err
		},
		answer: `{"code":"org_1","name":"Acme","handle":null}`, want: "Acme"},
	{op: operation.GetOrganizations, target: "GET /api/v1/organizations?page_size=500",
		call: func(ctx context.Context, c *kinde.Client) (any, error) {
			l, err := all(c.GetOrganizations(ctx, kinde.ListRequest{}))
			return fmt.Sprint(l[0].Code, l[0].ExternalID), err
		},
		answer: `{"organizations":[{"code":"org_1","name":"Acme","external_id":"x1"}]}`, want: "org_1x1"},
	{op: operation.CreateOrganization, target: "POST /api/v1/organization", sent: `{"name":"Acme","external_id":"x1"}`,
		call: func(ctx context.Context, c *kinde.Client) (any, error) {
			return c.CreateOrganization(ctx, kinde.CreateOrganizationRequest{Name: "Acme", ExternalID: "x1"})
		},
		answer: `{"organization":{"code":"org_1"}}`, want: "org_1"},
	{op: operation.DeleteOrganization, target: "DELETE /api/v1/organization/org_1", answer: okBody,
		call: func(ctx context.Context, c *kinde.Client) (any, error) {
			return nothing(c.DeleteOrganization(ctx, "org_1"))
		}},
	{op: operation.GetOrganizationFeatureFlags, target: "GET /api/v1/organizations/org_1/feature_flags",
		call: func(ctx context.Context, c *kinde.Client) (any, error) {
			return c.GetOrganizationFeatureFlags(ctx, "org_1")
		},
		answer: `{"feature_flags":{"theme":{"type":"str","value":"dark"}}}`, want: "map[theme:{str dark}]"},
	{op: operation.GetOrganizationPropertyValues, target: "GET /api/v1/organizations/org_1/properties",
		call: func(ctx context.Context, c *kinde.Client) (any, error) {
			return all(c.GetOrganizationPropertyValues(ctx, "org_1"))
		},
		answer: `{"properties":[{"key":"kp_town","value":null}]}`, want: "[{ kp_town   }]"},
	{op: operation.GetOrganizationUsers, target: "GET /api/v1/organizations/org_1/users?roles=admin%2Cowner&page_size=500",
		call: func(ctx context.Context, c *kinde.Client) (any, error) {
			l, err := all(c.GetOrganizationUsers(ctx, "org_1", kinde.GetOrganizationUsersRequest{Roles: []string{"admin", "owner"}}))
			return fmt.Sprint(l[0].ID, l[0].Roles), err
		},
		answer: `{"organization_users":[{"id":"kp_1","email":null,"roles":["admin"]}]}`, want: "kp_1[admin]"},
	{op: operation.AddOrganizationUsers, target: "POST /api/v1/organizations/org_1/users",
		sent: `{"users":[{"id":"kp_1","roles":["admin"]},{"id":"kp_2"}]}`,
		call: func(ctx context.Context, c *kinde.Client) (any, error) {
			return c.AddOrganizationUsers(ctx, "org_1", []kinde.NewMember{{ID: "kp_1", Roles: []string{"admin"}}, {ID: "kp_2"}})
		},
		answer: `{"code":"OK","users_added":["kp_1"]}`, want: "[kp_1]"},
	{op: operation.UpdateOrganizationUsers, target: "PATCH /api/v1/organizations/org_1/users",
		sent: `{"users":[{"id":"kp_1","operation":"delete"},{"id":"kp_2","roles":["admin"],"permissions":["read"]}]}`,
		call: func(ctx context.Context, c *kinde.Client) (any, error) {
			return c.UpdateOrganizationUsers(ctx, "org_1", []kinde.MemberChange{{ID: "kp_1", Operation: "delete"},
				{ID: "kp_2", Roles: []string{"admin"}, Permissions: []string{"read"}}})
		},
		answer: `{"code":"OK","users_added":[],"users_updated":["kp_2"],"users_removed":["kp_1"]}`, want: "{[] [kp_2] [kp_1]}"},
	{op: operation.RemoveOrganizationUser, target: "DELETE /api/v1/organizations/org_1/users/kp_1", answer: okBody,
		call: func(ctx context.Context, c *kinde.Client) (any, error) {
			return nothing(c.RemoveOrganizationUser(ctx, "org_1", "kp_1"))
		}},
	{op: operation.GetOrganizationUserRoles, target: "GET /api/v1/organizations/org_1/users/kp_1/roles",
		call: func(ctx context.Context, c *kinde.Client) (any, error) {
			l, err := all(c.GetOrganizationUserRoles(ctx, "org_1", "kp_1"))
			return l[0].Key, err
		},
		answer: `{"roles":[{"id":"role_1","key":"admin","name":"Admin"}]}`, want: "admin"},
	{
		op:     operation.CreateOrganizationUserRole,
		target: "POST /api/v1/organizations/org_1/users/kp_1/roles",
		sent:   `{"role_id":"role_1"}`,
		answer: okBody,
		call: func(ctx context.Context, c *kinde.Client) (any, error) {
			return nothing(c.CreateOrganizationUserRole(ctx, "org_1", "kp_1", "role_1"))
		},
	},
	{op: operation.DeleteOrganizationUserRole, target: "DELETE /api/v1/organizations/org_1/users/kp_1/roles/role_1", answer: okBody,
		call: func(ctx context.Context, c *kinde.Client) (any, error) {
			return nothing(c.DeleteOrganizationUserRole(ctx, "org_1", "kp_1", "role_1"))
		}},
	{op: operation.GetOrganizationUserPermissions, target: "GET /api/v1/organizations/org_1/users/kp_1/permissions?expand=roles",
		call: func(ctx context.Context, c *kinde.Client) (any, error) {
			l, err := all(c.GetOrganizationUserPermissions(ctx, "org_1", "kp_1"))
			return fmt.Sprint(l[0].Key, l[0].Roles[0].Key), err
		},
		answer: `{"permissions":[{"id":"perm_1","key":"read","roles":[{"id":"role_1","key":"admin"}]}]}`, want: "readadmin"},
	{
		op:     operation.CreateOrganizationUserPermission,
		target: "POST /api/v1/organizations/org_1/users/kp_1/permissions",
		sent:   `{"permission_id":"perm_1"}`,
		answer: okBody,
		call: func(ctx context.Context, c *kinde.Client) (any, error) {
			return nothing(c.CreateOrganizationUserPermission(ctx, "org_1", "kp_1", "perm_1"))
		},
	},
	{
		op:     operation.DeleteOrganizationUserPermission,
		target: "DELETE /api/v1/organizations/org_1/users/kp_1/permissions/perm_1",
		answer: okBody,
		call: func(ctx context.Context, c *kinde.Client) (any, error) {
			return nothing(c.DeleteOrganizationUserPermission(ctx, "org_1", "kp_1", "perm_1"))
		},
	},
	{op: operation.GetRoles, target: "GET /api/v1/roles?page_size=500",
		call:   func(ctx context.Context, c *kinde.Client) (any, error) { return all(c.GetRoles(ctx)) },
		answer: `{"roles":[{"id":"role_1","key":"admin","name":"Admin","description":null,"is_default_role":true}]}`,
		want:   "[{role_1 admin Admin  true}]"},
	{op: operation.CreateRole, target: "POST /api/v1/roles", status: 201, sent: `{"key":"admin","name":"Admin"}`,
		call: func(ctx context.Context, c *kinde.Client) (any, error) {
			return c.CreateRole(ctx, kinde.CreateRoleRequest{Key: "admin", Name: "Admin"})
		},
		answer: `{"role":{"id":"role_1"}}`, want: "role_1"},
	{op: operation.DeleteRole, target: "DELETE /api/v1/roles/role_1", answer: okBody,
		call: func(ctx context.Context, c *kinde.Client) (any, error) { return nothing(c.DeleteRole(ctx, "role_1")) }},
	{op: operation.GetRoleUsers, target: "GET /api/v1/roles/role_1/users?page_size=500",
		call: func(ctx context.Context, c *kinde.Client) (any, error) {
			return all(c.GetRoleUsers(ctx, "role_1", kinde.ListRequest{}))
		},
		answer: `{"users":[{"id":"kp_1","org_codes":["org_1"]}],"next_token":null}`, want: "[{kp_1 [org_1]}]"},
	{op: operation.GetRolePermissions, target: "GET /api/v1/roles/role_1/permissions?page_size=500",
		call: func(ctx context.Context, c *kinde.Client) (any, error) {
			return all(c.GetRolePermissions(ctx, "role_1"))
		},
		answer: `{"permissions":[{"id":"perm_1","key":"read","name":"Read"}]}`, want: "[{perm_1 read Read }]"},
	{op: operation.UpdateRolePermissions, target: "PATCH /api/v1/roles/role_1/permissions",
		sent: `{"permissions":[{"id":"perm_1"},{"id":"perm_2","operation":"delete"}]}`,
		call: func(ctx context.Context, c *kinde.Client) (any, error) {
			return c.UpdateRolePermissions(ctx, "role_1", []string{"perm_1"}, []string{"perm_2"})
		},
		answer: `{"permissions_added":["perm_1"],"permissions_removed":["perm_2"]}`, want: "{[perm_1] [perm_2]}"},
	{op: operation.GetPermissions, target: "GET /api/v1/permissions?page_size=500",
		call:   func(ctx context.Context, c *kinde.Client) (any, error) { return all(c.GetPermissions(ctx)) },
		answer: `{"permissions":[{"id":"perm_1","key":"read","name":"Read"}]}`, want: "[{perm_1 read Read }]"},
	{op: operation.CreatePermission, target: "POST /api/v1/permissions", status: 201, sent: `{"key":"read","name":"Read"}`, answer: okBody,
		call: func(ctx context.Context, c *kinde.Client) (any, error) {
			return c.CreatePermission(ctx, kinde.CreatePermissionRequest{Key: "read", Name: "Read"})
		}},
	{op: operation.DeletePermission, target: "DELETE /api/v1/permissions/perm_1", answer: okBody,
		call: func(ctx context.Context, c *kinde.Client) (any, error) {
			return nothing(c.DeletePermission(ctx, "perm_1"))
		}},
	{op: operation.GetProperties, target: "GET /api/v1/properties?context=usr&page_size=500",
		call: func(ctx context.Context, c *kinde.Client) (any, error) {
			return all(c.GetProperties(ctx, kinde.ContextUser))
		},
		answer: `{"properties":[{"id":"prop_1","key":"kp_town","name":"Town","is_private":true}],"has_more":false}`,
		want:   "[{prop_1 kp_town Town  true false}]"},
	{op: operation.CreateProperty, target: "POST /api/v1/properties", status: 201,
		sent: `{"key":"town","name":"Town","type":"single_line_text","context":"usr","is_private":true,"category_id":"cat_1"}`,
		call: func(ctx context.Context, c *kinde.Client) (any, error) {
			return c.CreateProperty(ctx, kinde.CreatePropertyRequest{Key: "town", Name: "Town", Type: "single_line_text",
				Context: kinde.ContextUser, IsPrivate: true, CategoryID: "cat_1"})
		},
		answer: `{"property":{"id":"prop_1"}}`, want: "prop_1"},
	{op: operation.DeleteProperty, target: "DELETE /api/v1/properties/prop_1", answer: okBody,
		call: func(ctx context.Context, c *kinde.Client) (any, error) {
			return nothing(c.DeleteProperty(ctx, "prop_1"))
		}},
	{op: operation.GetCategories, target: "GET /api/v1/property_categories?context=usr&page_size=500",
		call: func(ctx context.Context, c *kinde.Client) (any, error) {
			return all(c.GetCategories(ctx, kinde.ContextUser))
		},
		answer: `{"categories":[{"id":"cat_1","name":"Personal"}],"has_more":false}`, want: "[{cat_1 Personal}]"},
	{op: operation.CreateCategory, target: "POST /api/v1/property_categories", status: 201, sent: `{"name":"Personal","context":"usr"}`,
		call: func(ctx context.Context, c *kinde.Client) (any, error) {
			return c.CreateCategory(ctx, "Personal", kinde.ContextUser)
		},
		answer: `{"category":{"id":"cat_1"}}`, want: "cat_1"},
	{op: operation.CreateFeatureFlag, target: "POST /api/v1/feature_flags", status: 201, answer: okBody,
		sent: `{"key":"theme","name":"Theme","type":"str","default_value":"light","allow_override_level":"usr"}`,
		call: func(ctx context.Context, c *kinde.Client) (any, error) {
			return nothing(
				c.CreateFeatureFlag(
					ctx,
					kinde.CreateFeatureFlagRequest{Key: "theme", Name: "Theme", Type: "str", DefaultValue: "light", AllowOverrideLevel: "usr"},
				),
			)
		}},
	{op: operation.DeleteFeatureFlag, target: "DELETE /api/v1/feature_flags/theme", answer: okBody,
		call: func(ctx context.Context, c *kinde.Client) (any, error) {
			return nothing(c.DeleteFeatureFlag(ctx, "theme"))
		}},
	{op: operation.GetEnvironment, target: "GET /api/v1/environment",
		call: func(ctx context.Context, c *kinde.Client) (any, error) {
			e, err := c.GetEnvironment(ctx)
			return fmt.Sprint(e.Name, e.IsLive), err
		},
		answer: `{"environment":{"name":"Production","is_live":true,"custom_domain":null}}`, want: "Productiontrue"},
	{op: operation.GetEnvironmentFeatureFlags, target: "GET /api/v1/environment/feature_flags",
		call:   func(ctx context.Context, c *kinde.Client) (any, error) { return c.GetEnvironmentFeatureFlags(ctx) },
		answer: `{"feature_flags":{"beta":{"type":"bool","value":"true"}}}`, want: "map[beta:{bool true}]"},
	{op: operation.GetConnections, target: "GET /api/v1/connections?page_size=500",
		call:   func(ctx context.Context, c *kinde.Client) (any, error) { return all(c.GetConnections(ctx)) },
		answer: `{"connections":[{"connection":{"id":"conn_1","name":"google","display_name":"Google","strategy":"oauth2:google"}}],"has_more":false}`,
		want:   "[{conn_1 google Google oauth2:google}]"},
	{op: operation.GetWebHooks, target: "GET /api/v1/webhooks",
		call: func(ctx context.Context, c *kinde.Client) (any, error) {
			w, err := c.GetWebHooks(ctx)
			return fmt.Sprint(w[0].ID, w[0].EventTypes), err
		},
		answer: `{"webhooks":[{"id":"wh_1","event_types":["user.created"]}]}`, want: "wh_1[user.created]"},
	{op: operation.GetAPIs, target: "GET /api/v1/apis?expand=scopes",
		call:   func(ctx context.Context, c *kinde.Client) (any, error) { return all(c.GetAPIs(ctx)) },
		answer: `{"apis":[{"id":"api_1","name":"Logs","audience":"https://api.example.com","is_management_api":false,"scopes":[{"id":"api_scope_1","key":"read:logs"}]}]}`,
		want:   "[{api_1 Logs https://api.example.com false [{api_scope_1 read:logs}]}]"},
	{
		op:     operation.AddOrganizationUserAPIScope,
		target: "POST /api/v1/organizations/org_1/users/kp_1/apis/api_1/scopes/api_scope_1",
		answer: okBody,
		call: func(ctx context.Context, c *kinde.Client) (any, error) {
			return nothing(c.AddOrganizationUserAPIScope(ctx, "org_1", "kp_1", "api_1", "api_scope_1"))
		},
	},
	{
		op:     operation.DeleteOrganizationUserAPIScope,
		target: "DELETE /api/v1/organizations/org_1/users/kp_1/apis/api_1/scopes/api_scope_1",
		answer: okBody,
		call: func(ctx context.Context, c *kinde.Client) (any, error) {
			return nothing(c.DeleteOrganizationUserAPIScope(ctx, "org_1", "kp_1", "api_1", "api_scope_1"))
		},
	},
	{op: operation.GetOrganizationInvites, target: "GET /api/v1/organization/org_1/invites?page_size=500",
		call: func(ctx context.Context, c *kinde.Client) (any, error) {
			list, err := all(c.GetOrganizationInvites(ctx, "org_1"))
			return fmt.Sprint(list[0].Email, list[0].IsSent, list[0].AcceptedOn.IsZero(), list[0].Link), err
		},
		answer: `{"code":"OK","invites":[{"id":"inv_1","code":"inv_1","email":"ana@example.com","first_name":null,"is_sent":true,"accepted_on":null,"roles":[],"invite_link":"https://example.com/i"}]}`,
		want:   "ana@example.comtrue truehttps://example.com/i"},
	{op: operation.CreateOrganizationInvite, target: "POST /api/v1/organization/org_1/invites", status: 201,
		call: func(ctx context.Context, c *kinde.Client) (any, error) {
			i, err := c.CreateOrganizationInvite(
				ctx,
				"org_1",
				kinde.CreateInviteRequest{Email: "ana@example.com", FirstName: "Ana", SendEmail: true},
			)
			return i.Code, err
		},
		sent:   `{"email":"ana@example.com","first_name":"Ana","roles":[],"send_email":true}`,
		answer: `{"code":"INVITATION_CREATED","invite":{"id":"inv_1","code":"inv_1","email":"ana@example.com"}}`, want: "inv_1"},
}
