package tenant

import (
	"context"
	"iter"

	"github.com/kinde-migrate/kinde-migrate/kinde"
)

// Tenant is what is read. A *kinde.Client is one.
type API interface {
	Users
	Members
	Definitions
}

// Users lists users and what only a request per user shows.
type Users interface {
	SearchUsersPages(ctx context.Context, r kinde.SearchUsersRequest) iter.Seq2[kinde.Page[kinde.User], error]
	GetUsersPages(ctx context.Context, r kinde.GetUsersRequest) iter.Seq2[kinde.Page[kinde.User], error]
	GetUserData(ctx context.Context, id string, expand ...string) (kinde.User, error)
	GetUserIdentities(ctx context.Context, userID string) iter.Seq2[kinde.Identity, error]
	GetUserPropertyValues(ctx context.Context, userID string) iter.Seq2[kinde.PropertyValue, error]
	GetUsersMFA(ctx context.Context, userID string) ([]kinde.MFAFactor, error)
	GetUserSessions(ctx context.Context, userID string) (sessions []kinde.Session, more bool, err error)
}

// Members lists who belongs where, with which roles and permissions.
type Members interface {
	GetOrganizationUsersPages(ctx context.Context, code string, r kinde.GetOrganizationUsersRequest) iter.Seq2[kinde.Page[kinde.Member], error]
	GetRoleUsersPages(ctx context.Context, roleID string, r kinde.ListRequest) iter.Seq2[kinde.Page[kinde.RoleUser], error]
	GetOrganizationUserRoles(ctx context.Context, code, userID string) iter.Seq2[kinde.Role, error]
	GetOrganizationUserPermissions(ctx context.Context, code, userID string) iter.Seq2[kinde.MemberPermission, error]
}

// Definitions lists what users refer to.
type Definitions interface {
	BaseURL() string
	GetEnvironment(ctx context.Context) (kinde.Environment, error)
	GetOrganizations(ctx context.Context, r kinde.ListRequest) iter.Seq2[kinde.Organization, error]
	GetOrganization(ctx context.Context, code string) (kinde.Organization, error)
	GetOrganizationPropertyValues(ctx context.Context, code string) iter.Seq2[kinde.PropertyValue, error]
	GetOrganizationFeatureFlags(ctx context.Context, code string) (map[string]kinde.FeatureFlag, error)
	GetRoles(ctx context.Context) iter.Seq2[kinde.Role, error]
	GetRolePermissions(ctx context.Context, roleID string) iter.Seq2[kinde.Permission, error]
	GetPermissions(ctx context.Context) iter.Seq2[kinde.Permission, error]
	GetProperties(ctx context.Context, of string) iter.Seq2[kinde.Property, error]
	GetCategories(ctx context.Context, of string) iter.Seq2[kinde.Category, error]
	GetConnections(ctx context.Context) iter.Seq2[kinde.Connection, error]
	GetEnvironmentFeatureFlags(ctx context.Context) (map[string]kinde.FeatureFlag, error)
}
