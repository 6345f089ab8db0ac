package doctor

import (
	"maps"
	"slices"

	"github.com/kinde-migrate/kinde-migrate/kinde"
)

// The operations that several commands share: who is there, what is defined,
// and who belongs where.
var (
	lookUps     = []string{kinde.OpGetEnvironment, kinde.OpGetUsers, kinde.OpSearchUsers, kinde.OpGetUserData}
	definitions = []string{kinde.OpGetConnections, kinde.OpGetProperties, kinde.OpGetEnvironmentFeatureFlags, kinde.OpGetOrganizations, kinde.OpGetRoles, kinde.OpGetPermissions}
	details     = []string{kinde.OpGetUserIdentities, kinde.OpGetUserPropertyValues, kinde.OpGetOrganizationUsers, kinde.OpGetOrganizationUserRoles,
		kinde.OpGetOrganizationUserPermissions, kinde.OpGetRoleUsers}
	create = []string{kinde.OpCreateOrganization, kinde.OpCreateRole, kinde.OpCreatePermission, kinde.OpGetCategories, kinde.OpCreateCategory,
		kinde.OpCreateProperty, kinde.OpCreateFeatureFlag}
	write = []string{kinde.OpCreateUser, kinde.OpUpdateUser, kinde.OpCreateUserIdentity, kinde.OpUpdateUserProperties, kinde.OpUpdateUserFeatureFlagOverride,
		kinde.OpAddOrganizationUsers, kinde.OpUpdateOrganizationUsers}
	remove = []string{kinde.OpDeleteUser, kinde.OpDeleteIdentity, kinde.OpRemoveOrganizationUser, kinde.OpDeleteOrganizationUserRole, kinde.OpDeleteOrganizationUserPermission}
)

// needs lists the operations of the commands that can be asked for. A test of
// internal/chaos plays each command and compares. fix is doctor --fix; delta an
// import with --mirror and --gone delete, beside what an import needs;
// definitions a rollback with --definitions, beside what a rollback needs;
// full-backup a backup with --detail full.
var needs = map[string][]string{
	"import":      slices.Concat(lookUps, definitions, details, write, []string{kinde.OpSetUserPassword}),
	"delta":       slices.Concat(lookUps, details, remove),
	"fix":         slices.Concat(lookUps[:1], definitions, create),
	"reconcile":   slices.Concat(lookUps, definitions, details),
	"rollback":    slices.Concat(lookUps, details[:1], remove, []string{kinde.OpUpdateUser, kinde.OpUpdateUserProperties}),
	"definitions": slices.Concat(lookUps[:1], definitions, []string{kinde.OpDeleteOrganization, kinde.OpDeleteRole, kinde.OpDeletePermission, kinde.OpDeleteProperty}),
	"canary":      slices.Concat(lookUps, []string{kinde.OpCreateUser, kinde.OpSetUserPassword, kinde.OpDeleteUser}),
	"export":      slices.Concat(lookUps, definitions[:1], []string{kinde.OpGetOrganizations, kinde.OpGetRoles, kinde.OpGetOrganizationUsers, kinde.OpGetRoleUsers}),
	"backup": slices.Concat(lookUps, definitions, []string{kinde.OpGetCategories, kinde.OpGetRolePermissions, kinde.OpGetOrganizationUsers, kinde.OpGetRoleUsers,
		kinde.OpGetUserPropertyValues}),
	"full-backup": slices.Concat(lookUps, definitions, details, []string{kinde.OpGetCategories, kinde.OpGetRolePermissions, kinde.OpGetUserSessions, kinde.OpGetUsersMFA,
		kinde.OpGetOrganizationPropertyValues, kinde.OpGetOrganizationFeatureFlags}),
	"restore": slices.Concat(lookUps, definitions, details, create, write, []string{kinde.OpGetRolePermissions, kinde.OpUpdateRolePermissions, kinde.OpUpdateOrganization,
		kinde.OpUpdateOrganizationProperties, kinde.OpSetUserPassword}),
	"users": slices.Concat(lookUps, []string{kinde.OpGetUserIdentities, kinde.OpGetUserPropertyValues, kinde.OpGetUserSessions, kinde.OpGetUsersMFA,
		kinde.OpGetProperties, kinde.OpGetEnvironmentFeatureFlags, kinde.OpCreateUserIdentity, kinde.OpDeleteUser, kinde.OpDeleteUserSessions,
		kinde.OpRefreshUserClaims, kinde.OpResetUsersMFAAll, kinde.OpSetUserPassword, kinde.OpUpdateUser, kinde.OpUpdateUserFeatureFlagOverride,
		kinde.OpUpdateUserProperties}),
}

// onlyFor lists operations of an import that are needed for one kind of name only.
var onlyFor = map[string][]string{
	"connection":   {kinde.OpGetConnections},
	"property":     {kinde.OpGetProperties, kinde.OpGetUserPropertyValues, kinde.OpUpdateUserProperties},
	"flag":         {kinde.OpGetEnvironmentFeatureFlags, kinde.OpUpdateUserFeatureFlagOverride},
	"organization": {kinde.OpGetOrganizations, kinde.OpGetOrganizationUsers, kinde.OpAddOrganizationUsers, kinde.OpUpdateOrganizationUsers},
	"role":         {kinde.OpGetRoles, kinde.OpGetOrganizationUserRoles, kinde.OpGetRoleUsers},
	"permission":   {kinde.OpGetPermissions, kinde.OpGetOrganizationUserPermissions},
}

// Commands lists the commands whose scopes can be checked.
func Commands() []string { return slices.Sorted(maps.Keys(needs)) }

// Scopes returns all that the commands can ask for, in order and once.
func Scopes(commands ...string) []string {
	var operations []string
	for _, command := range commands {
		operations = append(operations, needs[command]...)
	}
	return kinde.Scopes(operations...)
}
