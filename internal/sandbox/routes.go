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
		op("UpdateUserFeatureFlagOverride", "PATCH", "users/{user}/feature_flags/{key}", "update:user_feature_flags", (*Tenant).updateUserFeatureFlag),

		op("getEnvironment", "GET", "environment", "read:environments", (*Tenant).getEnvironment),
		op("GetEnvironementFeatureFlags", "GET", "environment/feature_flags", "read:environment_feature_flags", (*Tenant).getEnvironmentFeatureFlags),
		op("CreateFeatureFlag", "POST", "feature_flags", "create:feature_flags", (*Tenant).createFeatureFlag),

		op("getOrganizations", "GET", "organizations", "read:organizations", (*Tenant).getOrganizations),
		op("getOrganization", "GET", "organization", "read:organizations", (*Tenant).getOrganization),
		op("createOrganization", "POST", "organization", "create:organizations", (*Tenant).createOrganization),
		op("deleteOrganization", "DELETE", "organization/{org}", "delete:organizations", (*Tenant).deleteOrganization),
		op("GetOrganizationUsers", "GET", "organizations/{org}/users", "read:organization_users", (*Tenant).getOrganizationUsers),
		op("AddOrganizationUsers", "POST", "organizations/{org}/users", "create:organization_users", (*Tenant).addOrganizationUsers),
		op("UpdateOrganizationUsers", "PATCH", "organizations/{org}/users", "update:organization_users", (*Tenant).updateOrganizationUsers),
		op("RemoveOrganizationUser", "DELETE", "organizations/{org}/users/{user}", "delete:organization_users", (*Tenant).removeOrganizationUser),
		op("GetOrganizationFeatureFlags", "GET", "organizations/{org}/feature_flags", "read:organization_feature_flags", (*Tenant).getOrganizationFeatureFlags),
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
