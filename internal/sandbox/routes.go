package sandbox

func routes() []route {
	return []route{
		op("createUser", "POST", "user", "create:users", (*Tenant).createUser),
		op("getUserData", "GET", "user", "read:users", (*Tenant).getUserData),
		op("updateUser", "PATCH", "user", "update:users", (*Tenant).updateUser),
		op("deleteUser", "DELETE", "user", "delete:users", (*Tenant).deleteUser),
		op("getUsers", "GET", "users", "read:users", (*Tenant).getUsers),
		op("refreshUserClaims", "POST", "users/{user}/refresh_claims", "update:user_refresh_claims", (*Tenant).refreshUserClaims),
		op("SetUserPassword", "PUT", "users/{user}/password", "update:user_passwords", (*Tenant).setUserPassword),
		op("GetUserPropertyValues", "GET", "users/{user}/properties", "read:user_properties", (*Tenant).getUserPropertyValues),
		op("UpdateUserProperties", "PATCH", "users/{user}/properties", "update:user_properties", (*Tenant).updateUserProperties),
		op("UpdateUserProperty", "PUT", "users/{user}/properties/{key}", "update:user_properties", (*Tenant).updateUserProperty),
		op(
			"UpdateUserFeatureFlagOverride",
			"PATCH",
			"users/{user}/feature_flags/{key}",
			"update:user_feature_flags",
			(*Tenant).updateUserFeatureFlag,
		),
		op("GetUserIdentities", "GET", "users/{user}/identities", "read:user_identities", (*Tenant).getUserIdentities),
		op("CreateUserIdentity", "POST", "users/{user}/identities", "create:user_identities", (*Tenant).createUserIdentity),
		op("GetUserSessions", "GET", "users/{user}/sessions", "read:user_sessions", (*Tenant).getUserSessions),
		op("DeleteUserSessions", "DELETE", "users/{user}/sessions", "delete:user_sessions", (*Tenant).deleteUserSessions),
		op("GetUsersMFA", "GET", "users/{user}/mfa", "read:user_mfa", (*Tenant).getUsersMFA),
		op("ResetUsersMFAAll", "DELETE", "users/{user}/mfa", "delete:user_mfa", (*Tenant).resetUsersMFAAll),
		op("ResetUsersMFA", "DELETE", "users/{user}/mfa/{factor}", "delete:user_mfa", (*Tenant).resetUsersMFA),
		op("searchUsers", "GET", "search/users", "read:users", (*Tenant).searchUsers),

		op("GetIdentity", "GET", "identities/{identity}", "read:identities", (*Tenant).getIdentity),
		op("UpdateIdentity", "PATCH", "identities/{identity}", "update:identities", (*Tenant).updateIdentity),
		op("DeleteIdentity", "DELETE", "identities/{identity}", "delete:identities", (*Tenant).deleteIdentity),

		op("GetProperties", "GET", "properties", "read:properties", (*Tenant).getProperties),
		op("CreateProperty", "POST", "properties", "create:properties", (*Tenant).createProperty),
		op("UpdateProperty", "PUT", "properties/{property}", "update:properties", (*Tenant).updateProperty),
		op("DeleteProperty", "DELETE", "properties/{property}", "delete:properties", (*Tenant).deleteProperty),
		op("GetCategories", "GET", "property_categories", "read:property_categories", (*Tenant).getCategories),
		op("CreateCategory", "POST", "property_categories", "create:property_categories", (*Tenant).createCategory),

		op("GetRoles", "GET", "roles", "read:roles", (*Tenant).getRoles),
		op("CreateRole", "POST", "roles", "create:roles", (*Tenant).createRole),
		op("GetRole", "GET", "roles/{role}", "read:roles", (*Tenant).getRole),
		op("DeleteRole", "DELETE", "roles/{role}", "delete:roles", (*Tenant).deleteRole),
		op("GetRolePermissions", "GET", "roles/{role}/permissions", "read:role_permissions", (*Tenant).getRolePermissions),
		op("UpdateRolePermissions", "PATCH", "roles/{role}/permissions", "update:role_permissions", (*Tenant).updateRolePermissions),
		op("GetRoleUsers", "GET", "roles/{role}/users", "read:organization_user_roles", (*Tenant).getRoleUsers),
		op("GetPermissions", "GET", "permissions", "read:permissions", (*Tenant).getPermissions),
		op("CreatePermission", "POST", "permissions", "create:permissions", (*Tenant).createPermission),
		op("DeletePermission", "DELETE", "permissions/{permission}", "delete:permissions", (*Tenant).deletePermission),

		op("GetConnections", "GET", "connections", "read:connections", (*Tenant).getConnections),
		op("CreateConnection", "POST", "connections", "create:connections", (*Tenant).createConnection),
		op("GetConnection", "GET", "connections/{connection}", "read:connections", (*Tenant).getConnection),
		op("GetWebHooks", "GET", "webhooks", "read:webhooks", (*Tenant).getWebHooks),

		op("getAPIs", "GET", "apis", "read:apis", (*Tenant).getAPIs),

		op("getEnvironment", "GET", "environment", "read:environments", (*Tenant).getEnvironment),
		op(
			"GetEnvironementFeatureFlags",
			"GET",
			"environment/feature_flags",
			"read:environment_feature_flags",
			(*Tenant).getEnvironmentFeatureFlags,
		),
		op("CreateFeatureFlag", "POST", "feature_flags", "create:feature_flags", (*Tenant).createFeatureFlag),
		op("DeleteFeatureFlag", "DELETE", "feature_flags/{key}", "delete:feature_flags", (*Tenant).deleteFeatureFlag),

		op("getOrganizations", "GET", "organizations", "read:organizations", (*Tenant).getOrganizations),
		op("getOrganization", "GET", "organization", "read:organizations", (*Tenant).getOrganization),
		op("createOrganization", "POST", "organization", "create:organizations", (*Tenant).createOrganization),
		op("deleteOrganization", "DELETE", "organization/{org}", "delete:organizations", (*Tenant).deleteOrganization),
		op("GetOrganizationUsers", "GET", "organizations/{org}/users", "read:organization_users", (*Tenant).getOrganizationUsers),
		op("AddOrganizationUsers", "POST", "organizations/{org}/users", "create:organization_users", (*Tenant).addOrganizationUsers),
		op("UpdateOrganizationUsers", "PATCH", "organizations/{org}/users", "update:organization_users", (*Tenant).updateOrganizationUsers),
		op("RemoveOrganizationUser", "DELETE", "organizations/{org}/users/{user}", "delete:organization_users", (*Tenant).removeOrganizationUser),
		op("updateOrganization", "PATCH", "organization/{org}", "update:organizations", (*Tenant).updateOrganization),
		op(
			"GetOrganizationPropertyValues",
			"GET",
			"organizations/{org}/properties",
			"read:organization_properties",
			(*Tenant).getOrganizationPropertyValues,
		),
		op(
			"UpdateOrganizationProperties",
			"PATCH",
			"organizations/{org}/properties",
			"update:organization_properties",
			(*Tenant).updateOrganizationProperties,
		),
		op(
			"UpdateOrganizationFeatureFlagOverride",
			"PATCH",
			"organizations/{org}/feature_flags/{key}",
			"update:organization_feature_flags",
			(*Tenant).updateOrganizationFeatureFlag,
		),
		op(
			"GetOrganizationFeatureFlags",
			"GET",
			"organizations/{org}/feature_flags",
			"read:organization_feature_flags",
			(*Tenant).getOrganizationFeatureFlags,
		),

		op(
			"GetOrganizationUserRoles",
			"GET",
			"organizations/{org}/users/{user}/roles",
			"read:organization_user_roles",
			(*Tenant).getOrganizationUserRoles,
		),
		op(
			"CreateOrganizationUserRole",
			"POST",
			"organizations/{org}/users/{user}/roles",
			"create:organization_user_roles",
			(*Tenant).createOrganizationUserRole,
		),
		op(
			"DeleteOrganizationUserRole",
			"DELETE",
			"organizations/{org}/users/{user}/roles/{role}",
			"delete:organization_user_roles",
			(*Tenant).deleteOrganizationUserRole,
		),
		op(
			"GetOrganizationUserPermissions",
			"GET",
			"organizations/{org}/users/{user}/permissions",
			"read:organization_user_permissions",
			(*Tenant).getOrganizationUserPermissions,
		),
		op(
			"CreateOrganizationUserPermission",
			"POST",
			"organizations/{org}/users/{user}/permissions",
			"create:organization_user_permissions",
			(*Tenant).createOrganizationUserPermission,
		),
		op(
			"DeleteOrganizationUserPermission",
			"DELETE",
			"organizations/{org}/users/{user}/permissions/{permission}",
			"delete:organization_user_permissions",
			(*Tenant).deleteOrganizationUserPermission,
		),
		op(
			"addOrganizationUserAPIScope",
			"POST",
			"organizations/{org}/users/{user}/apis/{api}/scopes/{scope}",
			"create:organization_user_api_scopes",
			(*Tenant).addOrganizationUserAPIScope,
		),
		op(
			"deleteOrganizationUserAPIScope",
			"DELETE",
			"organizations/{org}/users/{user}/apis/{api}/scopes/{scope}",
			"delete:organization_user_api_scopes",
			(*Tenant).deleteOrganizationUserAPIScope,
		),
		op("getOrganizationInvites", "GET", "organization/{org}/invites", "read:organization_invites", (*Tenant).getOrganizationInvites),
		op("createOrganizationInvite", "POST", "organization/{org}/invites", "create:organization_invites", (*Tenant).createOrganizationInvite),
	}
}

// allScopes is what a token allows unless the tenant was told otherwise.
var allScopes = func() []string {
	var out []string
	for _, r := range routes() {
		out = addOnce(out, r.scope)
	}
	return out
}()
