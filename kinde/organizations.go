package kinde

import (
	"context"
	"iter"
	"time"

	"github.com/kinde-migrate/kinde-migrate/internal/operation"
)

// MaxBulkUsers is the most users that AddOrganizationUsers and
// UpdateOrganizationUsers take in one request.
const MaxBulkUsers = 100

// Organization is an organization as getOrganizations and getOrganization show
// it.
type Organization struct {
	Code                    string    `json:"code"`
	Name                    string    `json:"name"`
	Handle                  string    `json:"handle"`
	ExternalID              string    `json:"external_id"`
	IsDefault               bool      `json:"is_default"`
	IsSuspended             bool      `json:"is_suspended"`
	IsAutoMembershipEnabled bool      `json:"is_auto_membership_enabled"`
	CreatedOn               time.Time `json:"created_on"`
}

// ListRequest pages a list.
type ListRequest struct {
	PageSize int    // 0: 500, or what the tenant allows
	After    string // Page.Next of an earlier page
}

// GetOrganization reads an organization (getOrganization).
func (c *Client) GetOrganization(ctx context.Context, code string) (Organization, error) {
	if code == "" {
		return Organization{}, refuse(operation.GetOrganization, "the organization's code is empty")
	}
	var w struct {
		Organization
		Wrapped *Organization `json:"organization"`
	}
	err := c.send(ctx, request{op: operation.GetOrganization, query: query{{"code", code}}, out: &w, complete: func() bool {
		if w.Wrapped != nil {
			w.Organization = *w.Wrapped
		}
		return w.Organization.Code != ""
	}})
	return w.Organization, err
}

// GetOrganizations lists the organizations (getOrganizations).
func (c *Client) GetOrganizations(ctx context.Context, r ListRequest) iter.Seq2[Organization, error] {
	return items(c.GetOrganizationsPages(ctx, r))
}

// GetOrganizationsPages lists the organizations by pages (getOrganizations).
func (c *Client) GetOrganizationsPages(ctx context.Context, r ListRequest) iter.Seq2[Page[Organization], error] {
	return pages(ctx, c, listing[Organization]{op: operation.GetOrganizations, pageSize: r.PageSize, after: r.After, by: byToken,
		members: []string{"organizations"}})
}

// CreateOrganizationRequest is the body of createOrganization.
type CreateOrganizationRequest struct {
	Name       string `json:"name"`
	ExternalID string `json:"external_id,omitzero"`
	Handle     string `json:"handle,omitzero"`
}

// CreateOrganization creates an organization (createOrganization) and returns
// its code. It is not repeatable.
func (c *Client) CreateOrganization(ctx context.Context, r CreateOrganizationRequest) (string, error) {
	var w struct {
		Organization struct {
			Code string `json:"code"`
		} `json:"organization"`
	}
	err := c.send(ctx, request{op: operation.CreateOrganization, body: &r, out: &w,
		complete: func() bool { return w.Organization.Code != "" }})
	return w.Organization.Code, err
}

// DeleteOrganization deletes an organization (deleteOrganization).
func (c *Client) DeleteOrganization(ctx context.Context, code string) error {
	return c.send(ctx, request{op: operation.DeleteOrganization, path: params{code}})
}

// UpdateOrganizationRequest is the body of updateOrganization. A nil field is left alone.
type UpdateOrganizationRequest struct {
	IsSuspended             *bool `json:"is_suspended,omitzero"`
	IsAutoMembershipEnabled *bool `json:"is_auto_membership_enabled,omitzero"`
}

// UpdateOrganization changes an organization (updateOrganization).
func (c *Client) UpdateOrganization(ctx context.Context, code string, r UpdateOrganizationRequest) error {
	return c.send(ctx, request{op: operation.UpdateOrganization, path: params{code}, body: &r})
}

// UpdateOrganizationProperties sets several properties of an organization
// (UpdateOrganizationProperties).
func (c *Client) UpdateOrganizationProperties(ctx context.Context, code string, properties map[string]string) error {
	body := struct {
		Properties map[string]string `json:"properties"`
	}{properties}
	return c.send(ctx, request{op: operation.UpdateOrganizationProperties, path: params{code}, body: &body})
}

// UpdateOrganizationFeatureFlagOverride overrides a feature flag for an
// organization (UpdateOrganizationFeatureFlagOverride).
func (c *Client) UpdateOrganizationFeatureFlagOverride(ctx context.Context, code, key, value string) error {
	return c.send(ctx, request{op: operation.UpdateOrganizationFlagOverride, path: params{code, key}, query: query{{"value", value}}})
}

// GetOrganizationFeatureFlags returns the flags that an organization overrides
// (GetOrganizationFeatureFlags), by key.
func (c *Client) GetOrganizationFeatureFlags(ctx context.Context, code string) (map[string]FeatureFlag, error) {
	return c.featureFlags(ctx, operation.GetOrganizationFeatureFlags, params{code})
}

// GetOrganizationPropertyValues lists an organization's properties
// (GetOrganizationPropertyValues).
func (c *Client) GetOrganizationPropertyValues(ctx context.Context, code string) iter.Seq2[PropertyValue, error] {
	return items(
		pages(ctx, c, listing[PropertyValue]{op: operation.GetOrganizationPropertyValues, path: params{code}, by: byToken, unsized: true,
			members: []string{"properties"}}),
	)
}

// Member is a user of an organization as GetOrganizationUsers shows it.
type Member struct {
	ID             string    `json:"id"`
	Email          string    `json:"email"`
	FullName       string    `json:"full_name"`
	FirstName      string    `json:"first_name"`
	LastName       string    `json:"last_name"`
	Picture        string    `json:"picture"`
	IsSuspended    bool      `json:"is_suspended"`
	JoinedOn       time.Time `json:"joined_on"`
	LastAccessedOn time.Time `json:"last_accessed_on"`
	Roles          []string  `json:"roles"` // keys
}

// GetOrganizationUsersRequest filters and pages GetOrganizationUsers.
type GetOrganizationUsersRequest struct {
	Roles       []string // keys, all of which must match
	Permissions []string // keys, all of which must match
	PageSize    int
	After       string
}

// GetOrganizationUsers lists the members of an organization
// (GetOrganizationUsers).
func (c *Client) GetOrganizationUsers(ctx context.Context, code string, r GetOrganizationUsersRequest) iter.Seq2[Member, error] {
	return items(c.GetOrganizationUsersPages(ctx, code, r))
}

// GetOrganizationUsersPages lists the members of an organization by pages
// (GetOrganizationUsers).
func (c *Client) GetOrganizationUsersPages(ctx context.Context, code string, r GetOrganizationUsersRequest) iter.Seq2[Page[Member], error] {
	q := query{}.list("roles", r.Roles).list("permissions", r.Permissions)
	return pages(ctx, c, listing[Member]{op: operation.GetOrganizationUsers, path: params{code}, query: q, pageSize: r.PageSize,
		after: r.After, by: byToken, members: []string{"organization_users", "users"}})
}

// NewMember is a user to add to an organization.
type NewMember struct {
	ID          string   `json:"id"`
	Roles       []string `json:"roles,omitempty"`       // keys
	Permissions []string `json:"permissions,omitempty"` // keys
}

// AddOrganizationUsers adds users to an organization (AddOrganizationUsers),
// at most MaxBulkUsers, and returns the ids that the tenant says it added. It
// is not repeatable: after a lost answer, read the members.
func (c *Client) AddOrganizationUsers(ctx context.Context, code string, users []NewMember) ([]string, error) {
	body := struct {
		Users []NewMember `json:"users"`
	}{users}
	var w struct {
		UsersAdded []string `json:"users_added"`
	}
	err := c.send(ctx, request{op: operation.AddOrganizationUsers, path: params{code}, body: &body, out: &w, optional: true})
	return w.UsersAdded, err
}

// MemberChange is a change of one member of an organization.
type MemberChange struct {
	ID          string   `json:"id"`
	Operation   string   `json:"operation,omitzero"` // "delete" removes the user from the organization
	Roles       []string `json:"roles,omitempty"`
	Permissions []string `json:"permissions,omitempty"`
}

// MembersChanged is the answer of UpdateOrganizationUsers: ids of users.
type MembersChanged struct {
	Added   []string `json:"users_added"`
	Updated []string `json:"users_updated"`
	Removed []string `json:"users_removed"`
}

// UpdateOrganizationUsers changes members of an organization
// (UpdateOrganizationUsers), at most MaxBulkUsers.
func (c *Client) UpdateOrganizationUsers(ctx context.Context, code string, users []MemberChange) (MembersChanged, error) {
	body := struct {
		Users []MemberChange `json:"users"`
	}{users}
	var w MembersChanged
	err := c.send(ctx, request{op: operation.UpdateOrganizationUsers, path: params{code}, body: &body, out: &w, optional: true})
	return w, err
}

// RemoveOrganizationUser removes a user from an organization
// (RemoveOrganizationUser).
func (c *Client) RemoveOrganizationUser(ctx context.Context, code, userID string) error {
	return c.send(ctx, request{op: operation.RemoveOrganizationUser, path: params{code, userID}})
}

// GetOrganizationUserRoles lists the roles of a member
// (GetOrganizationUserRoles).
func (c *Client) GetOrganizationUserRoles(ctx context.Context, code, userID string) iter.Seq2[Role, error] {
	return items(pages(ctx, c, listing[Role]{op: operation.GetOrganizationUserRoles, path: params{code, userID}, by: byToken, unsized: true,
		members: []string{"roles"}}))
}

// CreateOrganizationUserRole gives a member a role (CreateOrganizationUserRole).
func (c *Client) CreateOrganizationUserRole(ctx context.Context, code, userID, roleID string) error {
	body := struct {
		RoleID string `json:"role_id"`
	}{roleID}
	return c.send(ctx, request{op: operation.CreateOrganizationUserRole, path: params{code, userID}, body: &body})
}

// DeleteOrganizationUserRole takes a role from a member
// (DeleteOrganizationUserRole).
func (c *Client) DeleteOrganizationUserRole(ctx context.Context, code, userID, roleID string) error {
	return c.send(ctx, request{op: operation.DeleteOrganizationUserRole, path: params{code, userID, roleID}})
}

// GetOrganizationUserPermissions lists the permissions of a member
// (GetOrganizationUserPermissions).
func (c *Client) GetOrganizationUserPermissions(ctx context.Context, code, userID string) iter.Seq2[MemberPermission, error] {
	return items(pages(ctx, c, listing[MemberPermission]{op: operation.GetOrganizationUserPermissions, path: params{code, userID},
		query: query{{"expand", "roles"}}, by: byToken, unsized: true, members: []string{"permissions"}}))
}

// MemberPermission is a permission of a member, with the roles that grant it.
// Without roles it was given directly.
type MemberPermission struct {
	ID          string `json:"id"`
	Key         string `json:"key"`
	Name        string `json:"name"`
	Description string `json:"description"`
	Roles       []Role `json:"roles"`
}

// CreateOrganizationUserPermission gives a member a permission
// (CreateOrganizationUserPermission).
func (c *Client) CreateOrganizationUserPermission(ctx context.Context, code, userID, permissionID string) error {
	body := struct {
		PermissionID string `json:"permission_id"`
	}{permissionID}
	return c.send(ctx, request{op: operation.CreateOrganizationUserPermission, path: params{code, userID}, body: &body})
}

// DeleteOrganizationUserPermission takes a permission from a member
// (DeleteOrganizationUserPermission).
func (c *Client) DeleteOrganizationUserPermission(ctx context.Context, code, userID, permissionID string) error {
	return c.send(ctx, request{op: operation.DeleteOrganizationUserPermission, path: params{code, userID, permissionID}})
}
