package importer

import (
	"context"
	"iter"

	"github.com/kinde-migrate/kinde-migrate/internal/definition"
	"github.com/kinde-migrate/kinde-migrate/kinde"
)

// Target is the tenant. A *kinde.Client is one; a dry run puts another before it.
type Target interface {
	Users
	Parts
	Members
	Definitions
	BaseURL() string
	GetEnvironment(ctx context.Context) (kinde.Environment, error)
}

// Users creates, finds, changes and deletes users.
type Users interface {
	CreateUser(ctx context.Context, r kinde.CreateUserRequest) (kinde.CreateUserResult, error)
	UpdateUser(ctx context.Context, id string, r kinde.UpdateUserRequest) error
	DeleteUser(ctx context.Context, id string, profile bool) error
	GetUserData(ctx context.Context, id string, expand ...string) (kinde.User, error)
	GetUsersPages(ctx context.Context, r kinde.GetUsersRequest) iter.Seq2[kinde.Page[kinde.User], error]
	SearchUsersPages(ctx context.Context, r kinde.SearchUsersRequest) iter.Seq2[kinde.Page[kinde.User], error]
}

// Parts reads and writes what hangs on one user.
type Parts interface {
	SetUserPassword(ctx context.Context, userID string, r kinde.PasswordRequest) error
	CreateUserIdentity(ctx context.Context, userID string, r kinde.CreateUserIdentityRequest) (string, error)
	GetUserIdentities(ctx context.Context, userID string) iter.Seq2[kinde.Identity, error]
	DeleteIdentity(ctx context.Context, identityID string) error
	GetUserPropertyValues(ctx context.Context, userID string) iter.Seq2[kinde.PropertyValue, error]
	UpdateUserProperties(ctx context.Context, userID string, properties map[string]string) error
	UpdateUserFeatureFlagOverride(ctx context.Context, userID, key, value string) error
	RefreshUserClaims(ctx context.Context, userID string) error
}

// Members reads and writes who belongs to which organization.
type Members interface {
	AddOrganizationUsers(ctx context.Context, code string, users []kinde.NewMember) ([]string, error)
	UpdateOrganizationUsers(ctx context.Context, code string, users []kinde.MemberChange) (kinde.MembersChanged, error)
	RemoveOrganizationUser(ctx context.Context, code, userID string) error
	GetOrganizationUsersPages(ctx context.Context, code string, r kinde.GetOrganizationUsersRequest) iter.Seq2[kinde.Page[kinde.Member], error]
	GetOrganizationUserRoles(ctx context.Context, code, userID string) iter.Seq2[kinde.Role, error]
	GetOrganizationUserPermissions(ctx context.Context, code, userID string) iter.Seq2[kinde.MemberPermission, error]
	DeleteOrganizationUserRole(ctx context.Context, code, userID, roleID string) error
	DeleteOrganizationUserPermission(ctx context.Context, code, userID, permissionID string) error
}

// Definitions reads, creates and deletes what users refer to.
type Definitions interface {
	definition.Tenant
	DeleteOrganization(ctx context.Context, code string) error
	DeleteRole(ctx context.Context, roleID string) error
	DeletePermission(ctx context.Context, permissionID string) error
	DeleteProperty(ctx context.Context, propertyID string) error
	DeleteFeatureFlag(ctx context.Context, key string) error
}
