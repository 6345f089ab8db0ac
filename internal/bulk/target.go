package bulk

import (
	"context"
	"iter"

	"github.com/kinde-migrate/kinde-migrate/kinde"
)

// Target is the tenant. A *kinde.Client is one.
type Target interface {
	BaseURL() string
	GetEnvironment(ctx context.Context) (kinde.Environment, error)
	GetProperties(ctx context.Context, of string) iter.Seq2[kinde.Property, error]
	GetEnvironmentFeatureFlags(ctx context.Context) (map[string]kinde.FeatureFlag, error)
	GetConnections(ctx context.Context) iter.Seq2[kinde.Connection, error]

	GetUsersPages(ctx context.Context, r kinde.GetUsersRequest) iter.Seq2[kinde.Page[kinde.User], error]
	SearchUsers(ctx context.Context, r kinde.SearchUsersRequest) iter.Seq2[kinde.User, error]
	GetUserData(ctx context.Context, id string, expand ...string) (kinde.User, error)
	GetUserIdentities(ctx context.Context, userID string) iter.Seq2[kinde.Identity, error]
	GetUserPropertyValues(ctx context.Context, userID string) iter.Seq2[kinde.PropertyValue, error]
	GetUserSessions(ctx context.Context, userID string) ([]kinde.Session, bool, error)
	GetUsersMFA(ctx context.Context, userID string) ([]kinde.MFAFactor, error)

	GetOrganization(ctx context.Context, code string) (kinde.Organization, error)
	GetOrganizationUsers(ctx context.Context, code string, r kinde.GetOrganizationUsersRequest) iter.Seq2[kinde.Member, error]
	GetOrganizationUserRoles(ctx context.Context, code, userID string) iter.Seq2[kinde.Role, error]
	GetOrganizationInvites(ctx context.Context, code string) iter.Seq2[kinde.Invite, error]
	GetRoles(ctx context.Context) iter.Seq2[kinde.Role, error]
	GetAPIs(ctx context.Context) iter.Seq2[kinde.API, error]

	UpdateUser(ctx context.Context, id string, r kinde.UpdateUserRequest) error
	DeleteUser(ctx context.Context, id string, profile bool) error
	SetUserPassword(ctx context.Context, userID string, r kinde.PasswordRequest) error
	CreateUserIdentity(ctx context.Context, userID string, r kinde.CreateUserIdentityRequest) (string, error)
	UpdateUserProperty(ctx context.Context, userID, key, value string) error
	UpdateUserProperties(ctx context.Context, userID string, properties map[string]string) error
	UpdateUserFeatureFlagOverride(ctx context.Context, userID, key, value string) error
	DeleteUserSessions(ctx context.Context, userID string) error
	ResetUsersMFA(ctx context.Context, userID, factorID string) error
	ResetUsersMFAAll(ctx context.Context, userID string) error
	RefreshUserClaims(ctx context.Context, userID string) error
	DeleteIdentity(ctx context.Context, identityID string) error
	AddOrganizationUsers(ctx context.Context, code string, users []kinde.NewMember) ([]string, error)
	UpdateOrganizationUsers(ctx context.Context, code string, users []kinde.MemberChange) (kinde.MembersChanged, error)
	CreateOrganizationInvite(ctx context.Context, code string, r kinde.CreateInviteRequest) (kinde.Invite, error)
	AddOrganizationUserAPIScope(ctx context.Context, code, userID, apiID, scopeID string) error
	DeleteOrganizationUserAPIScope(ctx context.Context, code, userID, apiID, scopeID string) error
}
