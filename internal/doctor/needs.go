package doctor

import (
	"maps"
	"slices"

	"github.com/kinde-migrate/kinde-migrate/internal/operation"
)

// The operations that several commands share: who is there, what is defined,
// and who belongs where.
var (
	lookUps     = []string{operation.GetEnvironment, operation.GetUsers, operation.SearchUsers, operation.GetUserData}
	definitions = []string{
		operation.GetConnections,
		operation.GetProperties,
		operation.GetEnvironmentFeatureFlags,
		operation.GetOrganizations,
		operation.GetRoles,
		operation.GetPermissions,
	}
	details = []string{
		operation.GetUserIdentities,
		operation.GetUserPropertyValues,
		operation.GetOrganizationUsers,
		operation.GetOrganizationUserRoles,
		operation.GetOrganizationUserPermissions,
		operation.GetRoleUsers,
	}
	create = []string{
		operation.CreateOrganization,
		operation.CreateRole,
		operation.CreatePermission,
		operation.GetCategories,
		operation.CreateCategory,
		operation.CreateProperty,
		operation.CreateFeatureFlag,
	}
	write = []string{
		operation.CreateUser,
		operation.UpdateUser,
		operation.CreateUserIdentity,
		operation.UpdateUserProperties,
		operation.UpdateUserFeatureFlagOverride,
		operation.AddOrganizationUsers,
		operation.UpdateOrganizationUsers,
	}
	remove = []string{
		operation.DeleteUser,
		operation.DeleteIdentity,
		operation.RemoveOrganizationUser,
		operation.DeleteOrganizationUserRole,
		operation.DeleteOrganizationUserPermission,
	}
)

// needs lists the operations of the commands that can be asked for. A test of
// internal/chaos plays each command and compares. fix is doctor --fix; delta an
// import with --mirror and --gone delete, beside what an import needs;
// definitions a rollback with --definitions, beside what a rollback needs;
// full-backup a backup with --detail full.
var needs = map[string][]string{
	"import":    slices.Concat(lookUps, definitions, details, write, []string{operation.SetUserPassword}),
	"delta":     slices.Concat(lookUps, details, remove),
	"fix":       slices.Concat([]string{operation.GetEnvironment}, definitions, create),
	"reconcile": slices.Concat(lookUps, definitions, details),
	"rollback":  slices.Concat(lookUps, remove, []string{operation.GetUserIdentities, operation.UpdateUser, operation.UpdateUserProperties}),
	"definitions": slices.Concat(
		[]string{operation.GetEnvironment},
		definitions,
		[]string{operation.DeleteOrganization, operation.DeleteRole, operation.DeletePermission, operation.DeleteProperty},
	),
	"canary": slices.Concat(lookUps, []string{operation.CreateUser, operation.SetUserPassword, operation.DeleteUser}),
	"export": slices.Concat(
		lookUps,
		[]string{
			operation.GetConnections,
			operation.GetOrganizations,
			operation.GetRoles,
			operation.GetOrganizationUsers,
			operation.GetRoleUsers,
		},
	),
	"backup": slices.Concat(
		lookUps,
		definitions,
		[]string{operation.GetCategories, operation.GetRolePermissions, operation.GetOrganizationUsers, operation.GetRoleUsers,
			operation.GetUserPropertyValues},
	),
	"full-backup": slices.Concat(
		lookUps,
		definitions,
		details,
		[]string{operation.GetCategories, operation.GetRolePermissions, operation.GetUserSessions, operation.GetUsersMFA,
			operation.GetOrganizationPropertyValues, operation.GetOrganizationFeatureFlags},
	),
	"restore": slices.Concat(
		lookUps,
		definitions,
		details,
		create,
		write,
		[]string{operation.GetRolePermissions, operation.UpdateRolePermissions, operation.UpdateOrganization,
			operation.UpdateOrganizationProperties, operation.SetUserPassword},
	),
	"users": slices.Concat(
		lookUps,
		[]string{operation.GetUserIdentities, operation.GetUserPropertyValues, operation.GetUserSessions, operation.GetUsersMFA,
			operation.GetProperties, operation.GetEnvironmentFeatureFlags, operation.CreateUserIdentity, operation.DeleteUser,
			operation.DeleteUserSessions,
			operation.RefreshUserClaims, operation.ResetUsersMFAAll, operation.DeleteIdentity, operation.SetUserPassword, operation.UpdateUser,
			operation.UpdateUserFeatureFlagOverride,
			operation.UpdateUserProperties},
	),
	"members": slices.Concat(lookUps, []string{operation.GetOrganization, operation.GetOrganizationUsers, operation.GetOrganizationUserRoles,
		operation.AddOrganizationUsers, operation.UpdateOrganizationUsers, operation.GetRoles, operation.GetOrganizationInvites,
		operation.CreateOrganizationInvite,
		operation.GetAPIs, operation.AddOrganizationUserAPIScope, operation.DeleteOrganizationUserAPIScope, operation.UpdateUser}),
}

// onlyFor lists operations of an import that are needed for one kind of name only.
var onlyFor = map[string][]string{
	"connection": {operation.GetConnections},
	"property":   {operation.GetProperties, operation.GetUserPropertyValues, operation.UpdateUserProperties},
	"flag":       {operation.GetEnvironmentFeatureFlags, operation.UpdateUserFeatureFlagOverride},
	"organization": {
		operation.GetOrganizations,
		operation.GetOrganizationUsers,
		operation.AddOrganizationUsers,
		operation.UpdateOrganizationUsers,
	},
	"role":       {operation.GetRoles, operation.GetOrganizationUserRoles, operation.GetRoleUsers},
	"permission": {operation.GetPermissions, operation.GetOrganizationUserPermissions},
}

// Commands lists the commands whose scopes can be checked.
func Commands() []string { return slices.Sorted(maps.Keys(needs)) }

// Scopes returns all that the commands can ask for, in order and once.
func Scopes(commands ...string) []string {
	var operations []string
	for _, command := range commands {
		operations = append(operations, needs[command]...)
	}
	return operation.Scopes(operations...)
}
