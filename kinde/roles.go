package kinde

import (
	"context"
	"iter"

	"github.com/kinde-migrate/kinde-migrate/internal/operation"
)

// Role is a role of the environment.
type Role struct {
	ID            string `json:"id"`
	Key           string `json:"key"`
	Name          string `json:"name"`
	Description   string `json:"description"`
	IsDefaultRole bool   `json:"is_default_role"`
}

// Permission is a permission of the environment.
type Permission struct {
	ID          string `json:"id"`
	Key         string `json:"key"`
	Name        string `json:"name"`
	Description string `json:"description"`
}

// RoleUser is a user who holds a role, and where.
type RoleUser struct {
	ID       string   `json:"id"`
	OrgCodes []string `json:"org_codes"`
}

// GetRoles lists the roles (GetRoles).
func (c *Client) GetRoles(ctx context.Context) iter.Seq2[Role, error] {
	return items(pages(ctx, c, listing[Role]{op: operation.GetRoles, by: byToken, members: []string{"roles"}}))
}

// CreateRoleRequest is the body of CreateRole.
type CreateRoleRequest struct {
	Key         string `json:"key"`
	Name        string `json:"name"`
	Description string `json:"description,omitzero"`
	IsDefault   bool   `json:"is_default_role,omitzero"`
}

// CreateRole creates a role (CreateRole) and returns its id. It is not
// repeatable.
func (c *Client) CreateRole(ctx context.Context, r CreateRoleRequest) (string, error) {
	var w created
	err := c.send(ctx, request{op: operation.CreateRole, body: &r, out: &w, optional: true})
	return w.id(w.Role), err
}

// DeleteRole deletes a role (DeleteRole).
func (c *Client) DeleteRole(ctx context.Context, roleID string) error {
	return c.send(ctx, request{op: operation.DeleteRole, path: params{roleID}})
}

// GetRoleUsers lists who holds a role in which organizations (GetRoleUsers).
func (c *Client) GetRoleUsers(ctx context.Context, roleID string, r ListRequest) iter.Seq2[RoleUser, error] {
	return items(c.GetRoleUsersPages(ctx, roleID, r))
}

// GetRoleUsersPages lists who holds a role by pages (GetRoleUsers).
func (c *Client) GetRoleUsersPages(ctx context.Context, roleID string, r ListRequest) iter.Seq2[Page[RoleUser], error] {
	return pages(ctx, c, listing[RoleUser]{op: operation.GetRoleUsers, path: params{roleID}, pageSize: r.PageSize, after: r.After, by: byToken,
		members: []string{"users"}})
}

// GetRolePermissions lists the permissions of a role (GetRolePermissions).
func (c *Client) GetRolePermissions(ctx context.Context, roleID string) iter.Seq2[Permission, error] {
	return items(pages(ctx, c, listing[Permission]{op: operation.GetRolePermissions, path: params{roleID}, by: byToken,
		members: []string{"permissions"}}))
}

// RolePermissionsChanged is the answer of UpdateRolePermissions: ids of
// permissions.
type RolePermissionsChanged struct {
	Added   []string `json:"permissions_added"`
	Removed []string `json:"permissions_removed"`
}

// UpdateRolePermissions adds permissions to a role and removes others, by id
// (UpdateRolePermissions).
func (c *Client) UpdateRolePermissions(ctx context.Context, roleID string, add, remove []string) (RolePermissionsChanged, error) {
	type change struct {
		ID        string `json:"id"`
		Operation string `json:"operation,omitzero"`
	}
	var body struct {
		Permissions []change `json:"permissions"`
	}
	for _, id := range add {
		body.Permissions = append(body.Permissions, change{ID: id})
	}
	for _, id := range remove {
		body.Permissions = append(body.Permissions, change{ID: id, Operation: "delete"})
	}
	var w RolePermissionsChanged
	err := c.send(ctx, request{op: operation.UpdateRolePermissions, path: params{roleID}, body: &body, out: &w, optional: true})
	return w, err
}

// GetPermissions lists the permissions (GetPermissions).
func (c *Client) GetPermissions(ctx context.Context) iter.Seq2[Permission, error] {
	return items(pages(ctx, c, listing[Permission]{op: operation.GetPermissions, by: byToken, members: []string{"permissions"}}))
}

// CreatePermissionRequest is the body of CreatePermission.
type CreatePermissionRequest struct {
	Key         string `json:"key"`
	Name        string `json:"name"`
	Description string `json:"description,omitzero"`
}

// CreatePermission creates a permission (CreatePermission). The API's
// description promises no id; GetPermissions shows it. It is not repeatable.
func (c *Client) CreatePermission(ctx context.Context, r CreatePermissionRequest) (string, error) {
	var w created
	err := c.send(ctx, request{op: operation.CreatePermission, body: &r, out: &w, optional: true})
	return w.id(w.Permission), err
}

// DeletePermission deletes a permission (DeletePermission).
func (c *Client) DeletePermission(ctx context.Context, permissionID string) error {
	return c.send(ctx, request{op: operation.DeletePermission, path: params{permissionID}})
}
