package kinde

import (
	"net/http"
	"slices"
)

// The operation ids of Kinde's OpenAPI description, in its spelling.
const (
	OpCreateUser                    = "createUser"
	OpCreateUserIdentity            = "CreateUserIdentity"
	OpDeleteUser                    = "deleteUser"
	OpDeleteUserSessions            = "DeleteUserSessions"
	OpGetUserData                   = "getUserData"
	OpGetUserIdentities             = "GetUserIdentities"
	OpGetUserPropertyValues         = "GetUserPropertyValues"
	OpGetUserSessions               = "GetUserSessions"
	OpGetUsers                      = "getUsers"
	OpGetUsersMFA                   = "GetUsersMFA"
	OpRefreshUserClaims             = "refreshUserClaims"
	OpResetUsersMFA                 = "ResetUsersMFA"
	OpResetUsersMFAAll              = "ResetUsersMFAAll"
	OpSetUserPassword               = "SetUserPassword"
	OpUpdateUser                    = "updateUser"
	OpUpdateUserFeatureFlagOverride = "UpdateUserFeatureFlagOverride"
	OpUpdateUserProperties          = "UpdateUserProperties"
	OpUpdateUserProperty            = "UpdateUserProperty"
	OpSearchUsers                   = "searchUsers"

	OpGetIdentity    = "GetIdentity"
	OpUpdateIdentity = "UpdateIdentity"
	OpDeleteIdentity = "DeleteIdentity"

	OpGetOrganization                  = "getOrganization"
	OpGetOrganizations                 = "getOrganizations"
	OpCreateOrganization               = "createOrganization"
	OpDeleteOrganization               = "deleteOrganization"
	OpUpdateOrganization               = "updateOrganization"
	OpUpdateOrganizationFlagOverride   = "UpdateOrganizationFeatureFlagOverride"
	OpUpdateOrganizationProperties     = "UpdateOrganizationProperties"
	OpGetOrganizationFeatureFlags      = "GetOrganizationFeatureFlags"
	OpGetOrganizationPropertyValues    = "GetOrganizationPropertyValues"
	OpGetOrganizationUsers             = "GetOrganizationUsers"
	OpAddOrganizationUsers             = "AddOrganizationUsers"
	OpUpdateOrganizationUsers          = "UpdateOrganizationUsers"
	OpRemoveOrganizationUser           = "RemoveOrganizationUser"
	OpGetOrganizationUserRoles         = "GetOrganizationUserRoles"
	OpCreateOrganizationUserRole       = "CreateOrganizationUserRole"
	OpDeleteOrganizationUserRole       = "DeleteOrganizationUserRole"
	OpGetOrganizationUserPermissions   = "GetOrganizationUserPermissions"
	OpCreateOrganizationUserPermission = "CreateOrganizationUserPermission"
	OpDeleteOrganizationUserPermission = "DeleteOrganizationUserPermission"

	OpGetRoles              = "GetRoles"
	OpCreateRole            = "CreateRole"
	OpDeleteRole            = "DeleteRole"
	OpGetRoleUsers          = "GetRoleUsers"
	OpGetRolePermissions    = "GetRolePermissions"
	OpUpdateRolePermissions = "UpdateRolePermissions"
	OpGetPermissions        = "GetPermissions"
	OpCreatePermission      = "CreatePermission"
	OpDeletePermission      = "DeletePermission"

	OpGetProperties     = "GetProperties"
	OpCreateProperty    = "CreateProperty"
	OpDeleteProperty    = "DeleteProperty"
	OpGetCategories     = "GetCategories"
	OpCreateCategory    = "CreateCategory"
	OpCreateFeatureFlag = "CreateFeatureFlag"
	OpDeleteFeatureFlag = "DeleteFeatureFlag"

	OpGetEnvironment             = "getEnvironment"
	OpGetEnvironmentFeatureFlags = "GetEnvironementFeatureFlags"
	OpGetConnections             = "GetConnections"
	OpGetWebHooks                = "GetWebHooks"
)

// OpToken names the token endpoint in errors. It is not an operation of the
// Management API.
const OpToken = "oauth2/token"

// operation is one row of the table of operations.
type operation struct {
	id     string
	method string
	path   string // %s stands for a path parameter
	scope  string
	once   bool // repeating it may do harm or fail: a lost answer is in doubt
}

// table holds every operation that the client can send. Source: paths,
// methods and scopes of Kinde's OpenAPI description of the Management API.
var table = []operation{
	{id: OpCreateUser, method: http.MethodPost, path: "/api/v1/user", scope: "create:users", once: true},
	{id: OpCreateUserIdentity, method: http.MethodPost, path: "/api/v1/users/%s/identities", scope: "create:user_identities", once: true},
	{id: OpDeleteUser, method: http.MethodDelete, path: "/api/v1/user", scope: "delete:users"},
	{id: OpDeleteUserSessions, method: http.MethodDelete, path: "/api/v1/users/%s/sessions", scope: "delete:user_sessions"},
	{id: OpGetUserData, method: http.MethodGet, path: "/api/v1/user", scope: "read:users"},
	{id: OpGetUserIdentities, method: http.MethodGet, path: "/api/v1/users/%s/identities", scope: "read:user_identities"},
	{id: OpGetUserPropertyValues, method: http.MethodGet, path: "/api/v1/users/%s/properties", scope: "read:user_properties"},
	{id: OpGetUserSessions, method: http.MethodGet, path: "/api/v1/users/%s/sessions", scope: "read:user_sessions"},
	{id: OpGetUsers, method: http.MethodGet, path: "/api/v1/users", scope: "read:users"},
	{id: OpGetUsersMFA, method: http.MethodGet, path: "/api/v1/users/%s/mfa", scope: "read:user_mfa"},
	{id: OpRefreshUserClaims, method: http.MethodPost, path: "/api/v1/users/%s/refresh_claims", scope: "update:user_refresh_claims"},
	{id: OpResetUsersMFA, method: http.MethodDelete, path: "/api/v1/users/%s/mfa/%s", scope: "delete:user_mfa"},
	{id: OpResetUsersMFAAll, method: http.MethodDelete, path: "/api/v1/users/%s/mfa", scope: "delete:user_mfa"},
	{id: OpSetUserPassword, method: http.MethodPut, path: "/api/v1/users/%s/password", scope: "update:user_passwords"},
	{id: OpUpdateUser, method: http.MethodPatch, path: "/api/v1/user", scope: "update:users"},
	{id: OpUpdateUserFeatureFlagOverride, method: http.MethodPatch, path: "/api/v1/users/%s/feature_flags/%s", scope: "update:user_feature_flags"},
	{id: OpUpdateUserProperties, method: http.MethodPatch, path: "/api/v1/users/%s/properties", scope: "update:user_properties"},
	{id: OpUpdateUserProperty, method: http.MethodPut, path: "/api/v1/users/%s/properties/%s", scope: "update:user_properties"},
	{id: OpSearchUsers, method: http.MethodGet, path: "/api/v1/search/users", scope: "read:users"},

	{id: OpGetIdentity, method: http.MethodGet, path: "/api/v1/identities/%s", scope: "read:identities"},
	{id: OpUpdateIdentity, method: http.MethodPatch, path: "/api/v1/identities/%s", scope: "update:identities"},
	{id: OpDeleteIdentity, method: http.MethodDelete, path: "/api/v1/identities/%s", scope: "delete:identities"},

	{id: OpGetOrganization, method: http.MethodGet, path: "/api/v1/organization", scope: "read:organizations"},
	{id: OpGetOrganizations, method: http.MethodGet, path: "/api/v1/organizations", scope: "read:organizations"},
	{id: OpCreateOrganization, method: http.MethodPost, path: "/api/v1/organization", scope: "create:organizations", once: true},
	{id: OpDeleteOrganization, method: http.MethodDelete, path: "/api/v1/organization/%s", scope: "delete:organizations"},
	{id: OpUpdateOrganization, method: http.MethodPatch, path: "/api/v1/organization/%s", scope: "update:organizations"},
	{id: OpUpdateOrganizationFlagOverride, method: http.MethodPatch, path: "/api/v1/organizations/%s/feature_flags/%s", scope: "update:organization_feature_flags"},
	{id: OpUpdateOrganizationProperties, method: http.MethodPatch, path: "/api/v1/organizations/%s/properties", scope: "update:organization_properties"},
	{id: OpGetOrganizationFeatureFlags, method: http.MethodGet, path: "/api/v1/organizations/%s/feature_flags", scope: "read:organization_feature_flags"},
	{id: OpGetOrganizationPropertyValues, method: http.MethodGet, path: "/api/v1/organizations/%s/properties", scope: "read:organization_properties"},
	{id: OpGetOrganizationUsers, method: http.MethodGet, path: "/api/v1/organizations/%s/users", scope: "read:organization_users"},
	{id: OpAddOrganizationUsers, method: http.MethodPost, path: "/api/v1/organizations/%s/users", scope: "create:organization_users", once: true},
	{id: OpUpdateOrganizationUsers, method: http.MethodPatch, path: "/api/v1/organizations/%s/users", scope: "update:organization_users"},
	{id: OpRemoveOrganizationUser, method: http.MethodDelete, path: "/api/v1/organizations/%s/users/%s", scope: "delete:organization_users"},
	{id: OpGetOrganizationUserRoles, method: http.MethodGet, path: "/api/v1/organizations/%s/users/%s/roles", scope: "read:organization_user_roles"},
	{id: OpCreateOrganizationUserRole, method: http.MethodPost, path: "/api/v1/organizations/%s/users/%s/roles", scope: "create:organization_user_roles"},
	{id: OpDeleteOrganizationUserRole, method: http.MethodDelete, path: "/api/v1/organizations/%s/users/%s/roles/%s", scope: "delete:organization_user_roles"},
	{id: OpGetOrganizationUserPermissions, method: http.MethodGet, path: "/api/v1/organizations/%s/users/%s/permissions", scope: "read:organization_user_permissions"},
	{id: OpCreateOrganizationUserPermission, method: http.MethodPost, path: "/api/v1/organizations/%s/users/%s/permissions", scope: "create:organization_user_permissions"},
	{id: OpDeleteOrganizationUserPermission, method: http.MethodDelete, path: "/api/v1/organizations/%s/users/%s/permissions/%s", scope: "delete:organization_user_permissions"},

	{id: OpGetRoles, method: http.MethodGet, path: "/api/v1/roles", scope: "read:roles"},
	{id: OpCreateRole, method: http.MethodPost, path: "/api/v1/roles", scope: "create:roles", once: true},
	{id: OpDeleteRole, method: http.MethodDelete, path: "/api/v1/roles/%s", scope: "delete:roles"},
	{id: OpGetRoleUsers, method: http.MethodGet, path: "/api/v1/roles/%s/users", scope: "read:organization_user_roles"},
	{id: OpGetRolePermissions, method: http.MethodGet, path: "/api/v1/roles/%s/permissions", scope: "read:role_permissions"},
	{id: OpUpdateRolePermissions, method: http.MethodPatch, path: "/api/v1/roles/%s/permissions", scope: "update:role_permissions"},
	{id: OpGetPermissions, method: http.MethodGet, path: "/api/v1/permissions", scope: "read:permissions"},
	{id: OpCreatePermission, method: http.MethodPost, path: "/api/v1/permissions", scope: "create:permissions", once: true},
	{id: OpDeletePermission, method: http.MethodDelete, path: "/api/v1/permissions/%s", scope: "delete:permissions"},

	{id: OpGetProperties, method: http.MethodGet, path: "/api/v1/properties", scope: "read:properties"},
	{id: OpCreateProperty, method: http.MethodPost, path: "/api/v1/properties", scope: "create:properties", once: true},
	{id: OpDeleteProperty, method: http.MethodDelete, path: "/api/v1/properties/%s", scope: "delete:properties"},
	{id: OpGetCategories, method: http.MethodGet, path: "/api/v1/property_categories", scope: "read:property_categories"},
	{id: OpCreateCategory, method: http.MethodPost, path: "/api/v1/property_categories", scope: "create:property_categories", once: true},
	{id: OpCreateFeatureFlag, method: http.MethodPost, path: "/api/v1/feature_flags", scope: "create:feature_flags", once: true},
	{id: OpDeleteFeatureFlag, method: http.MethodDelete, path: "/api/v1/feature_flags/%s", scope: "delete:feature_flags"},

	{id: OpGetEnvironment, method: http.MethodGet, path: "/api/v1/environment", scope: "read:environments"},
	{id: OpGetEnvironmentFeatureFlags, method: http.MethodGet, path: "/api/v1/environment/feature_flags", scope: "read:environment_feature_flags"},
	{id: OpGetConnections, method: http.MethodGet, path: "/api/v1/connections", scope: "read:connections"},
	{id: OpGetWebHooks, method: http.MethodGet, path: "/api/v1/webhooks", scope: "read:webhooks"},
}

var byID = func() map[string]*operation {
	m := make(map[string]*operation, len(table))
	for i := range table {
		m[table[i].id] = &table[i]
	}
	return m
}()

// Operations returns the ids of all operations that the client can send.
func Operations() []string {
	ids := make([]string, len(table))
	for i := range table {
		ids[i] = table[i].id
	}
	return ids
}

// Scopes returns the scopes that a token needs for these operations, sorted,
// each once. Unknown operations need none.
func Scopes(operations ...string) []string {
	var scopes []string
	for _, id := range operations {
		if o := byID[id]; o != nil && o.scope != "" {
			scopes = append(scopes, o.scope)
		}
	}
	slices.Sort(scopes)
	return slices.Compact(scopes)
}

// Repeatable says whether the operation may be sent again after a lost answer.
// The client does that itself; other operations come back as ClassInDoubt.
func Repeatable(operation string) bool {
	o := byID[operation]
	return o != nil && !o.once
}
