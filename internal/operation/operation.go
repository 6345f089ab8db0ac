// Package operation names the operations of the Management API that the client
// can send: their ids, where they are, which scope they need, and whether a lost
// answer is in doubt. It never sends anything.
package operation

import (
	"net/http"
	"slices"
)

// The operation ids of Kinde's OpenAPI description, in its spelling.
const (
	CreateUser                    = "createUser"
	CreateUserIdentity            = "CreateUserIdentity"
	DeleteUser                    = "deleteUser"
	DeleteUserSessions            = "DeleteUserSessions"
	GetUserData                   = "getUserData"
	GetUserIdentities             = "GetUserIdentities"
	GetUserPropertyValues         = "GetUserPropertyValues"
	GetUserSessions               = "GetUserSessions"
	GetUsers                      = "getUsers"
	GetUsersMFA                   = "GetUsersMFA"
	RefreshUserClaims             = "refreshUserClaims"
	ResetUsersMFA                 = "ResetUsersMFA"
	ResetUsersMFAAll              = "ResetUsersMFAAll"
	SetUserPassword               = "SetUserPassword"
	UpdateUser                    = "updateUser"
	UpdateUserFeatureFlagOverride = "UpdateUserFeatureFlagOverride"
	UpdateUserProperties          = "UpdateUserProperties"
	UpdateUserProperty            = "UpdateUserProperty"
	SearchUsers                   = "searchUsers"

	GetIdentity    = "GetIdentity"
	UpdateIdentity = "UpdateIdentity"
	DeleteIdentity = "DeleteIdentity"

	GetOrganization                  = "getOrganization"
	GetOrganizations                 = "getOrganizations"
	CreateOrganization               = "createOrganization"
	DeleteOrganization               = "deleteOrganization"
	UpdateOrganization               = "updateOrganization"
	UpdateOrganizationFlagOverride   = "UpdateOrganizationFeatureFlagOverride"
	UpdateOrganizationProperties     = "UpdateOrganizationProperties"
	GetOrganizationFeatureFlags      = "GetOrganizationFeatureFlags"
	GetOrganizationPropertyValues    = "GetOrganizationPropertyValues"
	GetOrganizationUsers             = "GetOrganizationUsers"
	AddOrganizationUsers             = "AddOrganizationUsers"
	UpdateOrganizationUsers          = "UpdateOrganizationUsers"
	RemoveOrganizationUser           = "RemoveOrganizationUser"
	GetOrganizationUserRoles         = "GetOrganizationUserRoles"
	CreateOrganizationUserRole       = "CreateOrganizationUserRole"
	DeleteOrganizationUserRole       = "DeleteOrganizationUserRole"
	GetOrganizationUserPermissions   = "GetOrganizationUserPermissions"
	CreateOrganizationUserPermission = "CreateOrganizationUserPermission"
	DeleteOrganizationUserPermission = "DeleteOrganizationUserPermission"
	AddOrganizationUserAPIScope      = "addOrganizationUserAPIScope"
	DeleteOrganizationUserAPIScope   = "deleteOrganizationUserAPIScope"
	GetOrganizationInvites           = "getOrganizationInvites"
	CreateOrganizationInvite         = "createOrganizationInvite"

	GetRoles              = "GetRoles"
	CreateRole            = "CreateRole"
	DeleteRole            = "DeleteRole"
	GetRoleUsers          = "GetRoleUsers"
	GetRolePermissions    = "GetRolePermissions"
	UpdateRolePermissions = "UpdateRolePermissions"
	GetPermissions        = "GetPermissions"
	CreatePermission      = "CreatePermission"
	DeletePermission      = "DeletePermission"

	GetProperties     = "GetProperties"
	CreateProperty    = "CreateProperty"
	DeleteProperty    = "DeleteProperty"
	GetCategories     = "GetCategories"
	CreateCategory    = "CreateCategory"
	CreateFeatureFlag = "CreateFeatureFlag"
	DeleteFeatureFlag = "DeleteFeatureFlag"

	GetEnvironment             = "getEnvironment"
	GetEnvironmentFeatureFlags = "GetEnvironementFeatureFlags"
	GetConnections             = "GetConnections"
	GetWebHooks                = "GetWebHooks"
	GetAPIs                    = "getAPIs"
)

// Token names the token endpoint in errors. It is not an operation of the
// Management API.
const Token = "oauth2/token"

// Operation is one row of the table of operations.
type Operation struct {
	ID     string
	Method string
	Path   string // %s stands for a path parameter
	Scope  string
	Once   bool // repeating it may do harm or fail: a lost answer is in doubt
}

// table holds every operation that the client can send. Source: paths,
// methods and scopes of Kinde's OpenAPI description of the Management API.
var table = []Operation{
	{ID: CreateUser, Method: http.MethodPost, Path: "/api/v1/user", Scope: "create:users", Once: true},
	{ID: CreateUserIdentity, Method: http.MethodPost, Path: "/api/v1/users/%s/identities", Scope: "create:user_identities", Once: true},
	{ID: DeleteUser, Method: http.MethodDelete, Path: "/api/v1/user", Scope: "delete:users"},
	{ID: DeleteUserSessions, Method: http.MethodDelete, Path: "/api/v1/users/%s/sessions", Scope: "delete:user_sessions"},
	{ID: GetUserData, Method: http.MethodGet, Path: "/api/v1/user", Scope: "read:users"},
	{ID: GetUserIdentities, Method: http.MethodGet, Path: "/api/v1/users/%s/identities", Scope: "read:user_identities"},
	{ID: GetUserPropertyValues, Method: http.MethodGet, Path: "/api/v1/users/%s/properties", Scope: "read:user_properties"},
	{ID: GetUserSessions, Method: http.MethodGet, Path: "/api/v1/users/%s/sessions", Scope: "read:user_sessions"},
	{ID: GetUsers, Method: http.MethodGet, Path: "/api/v1/users", Scope: "read:users"},
	{ID: GetUsersMFA, Method: http.MethodGet, Path: "/api/v1/users/%s/mfa", Scope: "read:user_mfa"},
	{ID: RefreshUserClaims, Method: http.MethodPost, Path: "/api/v1/users/%s/refresh_claims", Scope: "update:user_refresh_claims"},
	{ID: ResetUsersMFA, Method: http.MethodDelete, Path: "/api/v1/users/%s/mfa/%s", Scope: "delete:user_mfa"},
	{ID: ResetUsersMFAAll, Method: http.MethodDelete, Path: "/api/v1/users/%s/mfa", Scope: "delete:user_mfa"},
	{ID: SetUserPassword, Method: http.MethodPut, Path: "/api/v1/users/%s/password", Scope: "update:user_passwords"},
	{ID: UpdateUser, Method: http.MethodPatch, Path: "/api/v1/user", Scope: "update:users"},
	{
		ID:     UpdateUserFeatureFlagOverride,
		Method: http.MethodPatch,
		Path:   "/api/v1/users/%s/feature_flags/%s",
		Scope:  "update:user_feature_flags",
	},
	{ID: UpdateUserProperties, Method: http.MethodPatch, Path: "/api/v1/users/%s/properties", Scope: "update:user_properties"},
	{ID: UpdateUserProperty, Method: http.MethodPut, Path: "/api/v1/users/%s/properties/%s", Scope: "update:user_properties"},
	{ID: SearchUsers, Method: http.MethodGet, Path: "/api/v1/search/users", Scope: "read:users"},

	{ID: GetIdentity, Method: http.MethodGet, Path: "/api/v1/identities/%s", Scope: "read:identities"},
	{ID: UpdateIdentity, Method: http.MethodPatch, Path: "/api/v1/identities/%s", Scope: "update:identities"},
	{ID: DeleteIdentity, Method: http.MethodDelete, Path: "/api/v1/identities/%s", Scope: "delete:identities"},

	{ID: GetOrganization, Method: http.MethodGet, Path: "/api/v1/organization", Scope: "read:organizations"},
	{ID: GetOrganizations, Method: http.MethodGet, Path: "/api/v1/organizations", Scope: "read:organizations"},
	{ID: CreateOrganization, Method: http.MethodPost, Path: "/api/v1/organization", Scope: "create:organizations", Once: true},
	{ID: DeleteOrganization, Method: http.MethodDelete, Path: "/api/v1/organization/%s", Scope: "delete:organizations"},
	{ID: UpdateOrganization, Method: http.MethodPatch, Path: "/api/v1/organization/%s", Scope: "update:organizations"},
	{
		ID:     UpdateOrganizationFlagOverride,
		Method: http.MethodPatch,
		Path:   "/api/v1/organizations/%s/feature_flags/%s",
		Scope:  "update:organization_feature_flags",
	},
	{
		ID:     UpdateOrganizationProperties,
		Method: http.MethodPatch,
		Path:   "/api/v1/organizations/%s/properties",
		Scope:  "update:organization_properties",
	},
	{
		ID:     GetOrganizationFeatureFlags,
		Method: http.MethodGet,
		Path:   "/api/v1/organizations/%s/feature_flags",
		Scope:  "read:organization_feature_flags",
	},
	{
		ID:     GetOrganizationPropertyValues,
		Method: http.MethodGet,
		Path:   "/api/v1/organizations/%s/properties",
		Scope:  "read:organization_properties",
	},
	{ID: GetOrganizationUsers, Method: http.MethodGet, Path: "/api/v1/organizations/%s/users", Scope: "read:organization_users"},
	{
		ID:     AddOrganizationUsers,
		Method: http.MethodPost,
		Path:   "/api/v1/organizations/%s/users",
		Scope:  "create:organization_users",
		Once:   true,
	},
	{ID: UpdateOrganizationUsers, Method: http.MethodPatch, Path: "/api/v1/organizations/%s/users", Scope: "update:organization_users"},
	{ID: RemoveOrganizationUser, Method: http.MethodDelete, Path: "/api/v1/organizations/%s/users/%s", Scope: "delete:organization_users"},
	{
		ID:     GetOrganizationUserRoles,
		Method: http.MethodGet,
		Path:   "/api/v1/organizations/%s/users/%s/roles",
		Scope:  "read:organization_user_roles",
	},
	{
		ID:     CreateOrganizationUserRole,
		Method: http.MethodPost,
		Path:   "/api/v1/organizations/%s/users/%s/roles",
		Scope:  "create:organization_user_roles",
	},
	{
		ID:     DeleteOrganizationUserRole,
		Method: http.MethodDelete,
		Path:   "/api/v1/organizations/%s/users/%s/roles/%s",
		Scope:  "delete:organization_user_roles",
	},
	{
		ID:     GetOrganizationUserPermissions,
		Method: http.MethodGet,
		Path:   "/api/v1/organizations/%s/users/%s/permissions",
		Scope:  "read:organization_user_permissions",
	},
	{
		ID:     CreateOrganizationUserPermission,
		Method: http.MethodPost,
		Path:   "/api/v1/organizations/%s/users/%s/permissions",
		Scope:  "create:organization_user_permissions",
	},
	{
		ID:     DeleteOrganizationUserPermission,
		Method: http.MethodDelete,
		Path:   "/api/v1/organizations/%s/users/%s/permissions/%s",
		Scope:  "delete:organization_user_permissions",
	},
	{
		ID:     AddOrganizationUserAPIScope,
		Method: http.MethodPost,
		Path:   "/api/v1/organizations/%s/users/%s/apis/%s/scopes/%s",
		Scope:  "create:organization_user_api_scopes",
	},
	{
		ID:     DeleteOrganizationUserAPIScope,
		Method: http.MethodDelete,
		Path:   "/api/v1/organizations/%s/users/%s/apis/%s/scopes/%s",
		Scope:  "delete:organization_user_api_scopes",
	},
	{ID: GetOrganizationInvites, Method: http.MethodGet, Path: "/api/v1/organization/%s/invites", Scope: "read:organization_invites"},
	{
		ID:     CreateOrganizationInvite,
		Method: http.MethodPost,
		Path:   "/api/v1/organization/%s/invites",
		Scope:  "create:organization_invites",
		Once:   true,
	},

	{ID: GetRoles, Method: http.MethodGet, Path: "/api/v1/roles", Scope: "read:roles"},
	{ID: CreateRole, Method: http.MethodPost, Path: "/api/v1/roles", Scope: "create:roles", Once: true},
	{ID: DeleteRole, Method: http.MethodDelete, Path: "/api/v1/roles/%s", Scope: "delete:roles"},
	{ID: GetRoleUsers, Method: http.MethodGet, Path: "/api/v1/roles/%s/users", Scope: "read:organization_user_roles"},
	{ID: GetRolePermissions, Method: http.MethodGet, Path: "/api/v1/roles/%s/permissions", Scope: "read:role_permissions"},
	{ID: UpdateRolePermissions, Method: http.MethodPatch, Path: "/api/v1/roles/%s/permissions", Scope: "update:role_permissions"},
	{ID: GetPermissions, Method: http.MethodGet, Path: "/api/v1/permissions", Scope: "read:permissions"},
	{ID: CreatePermission, Method: http.MethodPost, Path: "/api/v1/permissions", Scope: "create:permissions", Once: true},
	{ID: DeletePermission, Method: http.MethodDelete, Path: "/api/v1/permissions/%s", Scope: "delete:permissions"},

	{ID: GetProperties, Method: http.MethodGet, Path: "/api/v1/properties", Scope: "read:properties"},
	{ID: CreateProperty, Method: http.MethodPost, Path: "/api/v1/properties", Scope: "create:properties", Once: true},
	{ID: DeleteProperty, Method: http.MethodDelete, Path: "/api/v1/properties/%s", Scope: "delete:properties"},
	{ID: GetCategories, Method: http.MethodGet, Path: "/api/v1/property_categories", Scope: "read:property_categories"},
	{ID: CreateCategory, Method: http.MethodPost, Path: "/api/v1/property_categories", Scope: "create:property_categories", Once: true},
	{ID: CreateFeatureFlag, Method: http.MethodPost, Path: "/api/v1/feature_flags", Scope: "create:feature_flags", Once: true},
	{ID: DeleteFeatureFlag, Method: http.MethodDelete, Path: "/api/v1/feature_flags/%s", Scope: "delete:feature_flags"},

	{ID: GetEnvironment, Method: http.MethodGet, Path: "/api/v1/environment", Scope: "read:environments"},
	{
		ID:     GetEnvironmentFeatureFlags,
		Method: http.MethodGet,
		Path:   "/api/v1/environment/feature_flags",
		Scope:  "read:environment_feature_flags",
	},
	{ID: GetConnections, Method: http.MethodGet, Path: "/api/v1/connections", Scope: "read:connections"},
	{ID: GetWebHooks, Method: http.MethodGet, Path: "/api/v1/webhooks", Scope: "read:webhooks"},
	{ID: GetAPIs, Method: http.MethodGet, Path: "/api/v1/apis", Scope: "read:apis"},
}

var byID = func() map[string]*Operation {
	m := make(map[string]*Operation, len(table))
	for i := range table {
		m[table[i].ID] = &table[i]
	}
	return m
}()

// All returns the ids of all operations that the client can send.
func All() []string {
	ids := make([]string, len(table))
	for i := range table {
		ids[i] = table[i].ID
	}
	return ids
}

// Scopes returns the scopes that a token needs for these operations, sorted,
// each once. Unknown operations need none.
func Scopes(operations ...string) []string {
	var scopes []string
	for _, id := range operations {
		if o := byID[id]; o != nil && o.Scope != "" {
			scopes = append(scopes, o.Scope)
		}
	}
	slices.Sort(scopes)
	return slices.Compact(scopes)
}

// Find returns an operation by its id, nil when the client can't send it.
func Find(id string) *Operation { return byID[id] }
