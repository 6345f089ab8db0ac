package kinde

import (
	"context"
	"iter"

	"github.com/kinde-migrate/kinde-migrate/internal/operation"
)

// API is an API of the tenant's applications, with its scopes.
type API struct {
	ID              string     `json:"id"`
	Name            string     `json:"name"`
	Audience        string     `json:"audience"`
	IsManagementAPI bool       `json:"is_management_api"`
	Scopes          []APIScope `json:"scopes"`
}

// APIScope is a scope of an API.
type APIScope struct {
	ID  string `json:"id"`
	Key string `json:"key"`
}

// GetAPIs lists the APIs with their scopes (getAPIs).
func (c *Client) GetAPIs(ctx context.Context) iter.Seq2[API, error] {
	return items(
		pages(
			ctx,
			c,
			listing[API]{op: operation.GetAPIs, query: query{{"expand", "scopes"}}, by: byToken, unsized: true, members: []string{"apis"}},
		),
	)
}

// AddOrganizationUserAPIScope gives a member of an organization a scope of an
// API (addOrganizationUserAPIScope).
func (c *Client) AddOrganizationUserAPIScope(ctx context.Context, code, userID, apiID, scopeID string) error {
	return c.send(ctx, request{op: operation.AddOrganizationUserAPIScope, path: params{code, userID, apiID, scopeID}})
}

// DeleteOrganizationUserAPIScope takes a scope of an API from a member of an
// organization (deleteOrganizationUserAPIScope).
func (c *Client) DeleteOrganizationUserAPIScope(ctx context.Context, code, userID, apiID, scopeID string) error {
	return c.send(ctx, request{op: operation.DeleteOrganizationUserAPIScope, path: params{code, userID, apiID, scopeID}})
}
