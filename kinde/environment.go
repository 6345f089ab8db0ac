package kinde

import (
	"context"
	"iter"
	"strings"
	"time"

	"github.com/kinde-migrate/kinde-migrate/internal/operation"
)

// Environment is what getEnvironment says about the tenant.
type Environment struct {
	Code         string    `json:"code"`
	Name         string    `json:"name"`
	IsDefault    bool      `json:"is_default"`
	IsLive       bool      `json:"is_live"`
	KindeDomain  string    `json:"kinde_domain"`
	CustomDomain string    `json:"custom_domain"`
	CreatedOn    time.Time `json:"created_on"`
}

// GetEnvironment reads the environment (getEnvironment). A tenant that does not
// say what it is counts as live.
func (c *Client) GetEnvironment(ctx context.Context) (Environment, error) {
	var w struct {
		Environment
		Wrapped *Environment `json:"environment"`
	}
	// Whether a tenant is live decides whether anybody is asked before a write.
	err := c.send(ctx, request{op: operation.GetEnvironment, out: &w, complete: func() bool {
		if w.Wrapped != nil {
			w.Environment = *w.Wrapped
			return true
		}
		return w.Code != "" || w.Name != "" || w.KindeDomain != ""
	}})
	if ClassOf(err) == ClassNotFound {
		return Environment{IsLive: true}, nil
	}
	return w.Environment, err
}

// FeatureFlag is a flag and its value.
type FeatureFlag struct {
	Type  string `json:"type"`  // str, int or bool
	Value string `json:"value"` // as text, whatever JSON type the tenant used
}

// GetEnvironmentFeatureFlags returns the flags of the environment
// (GetEnvironementFeatureFlags), by key.
func (c *Client) GetEnvironmentFeatureFlags(ctx context.Context) (map[string]FeatureFlag, error) {
	return c.featureFlags(ctx, operation.GetEnvironmentFeatureFlags, nil)
}

// CreateFeatureFlagRequest is the body of CreateFeatureFlag.
type CreateFeatureFlagRequest struct {
	Key                string `json:"key"`
	Name               string `json:"name"`
	Type               string `json:"type"` // str, int or bool
	DefaultValue       string `json:"default_value"`
	Description        string `json:"description,omitzero"`
	AllowOverrideLevel string `json:"allow_override_level,omitzero"` // env, org or usr
}

// CreateFeatureFlag creates a feature flag (CreateFeatureFlag). It is not
// repeatable.
func (c *Client) CreateFeatureFlag(ctx context.Context, r CreateFeatureFlagRequest) error {
	return c.send(ctx, request{op: operation.CreateFeatureFlag, body: &r})
}

// DeleteFeatureFlag deletes a feature flag (DeleteFeatureFlag).
func (c *Client) DeleteFeatureFlag(ctx context.Context, key string) error {
	return c.send(ctx, request{op: operation.DeleteFeatureFlag, path: params{key}})
}

// Contexts of properties and categories.
const (
	ContextUser         = "usr"
	ContextOrganization = "org"
	ContextApplication  = "app"
)

// Property is the definition of a property.
type Property struct {
	ID              string `json:"id"`
	Key             string `json:"key"`
	Name            string `json:"name"`
	Description     string `json:"description"`
	IsPrivate       bool   `json:"is_private"`
	IsKindeProperty bool   `json:"is_kinde_property"`
}

// GetProperties lists the definitions of properties (GetProperties); the
// context "" means all.
func (c *Client) GetProperties(ctx context.Context, of string) iter.Seq2[Property, error] {
	return items(pages(ctx, c, listing[Property]{op: operation.GetProperties, query: query{}.optional("context", of), by: byLastID,
		members: []string{"properties"}, id: func(p *Property) string { return p.ID }}))
}

// CreatePropertyRequest is the body of CreateProperty.
type CreatePropertyRequest struct {
	Key         string `json:"key"`
	Name        string `json:"name"`
	Description string `json:"description,omitzero"`
	Type        string `json:"type"`    // single_line_text or multi_line_text
	Context     string `json:"context"` // ContextUser, ContextOrganization or ContextApplication
	IsPrivate   bool   `json:"is_private"`
	CategoryID  string `json:"category_id"`
}

// CreateProperty defines a property (CreateProperty) and returns its id. It is
// not repeatable.
func (c *Client) CreateProperty(ctx context.Context, r CreatePropertyRequest) (string, error) {
	var w created
	err := c.send(ctx, request{op: operation.CreateProperty, body: &r, out: &w, optional: true})
	return w.id(w.Property), err
}

// DeleteProperty deletes the definition of a property (DeleteProperty).
func (c *Client) DeleteProperty(ctx context.Context, propertyID string) error {
	return c.send(ctx, request{op: operation.DeleteProperty, path: params{propertyID}})
}

// Category groups properties.
type Category struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// GetCategories lists the categories of properties (GetCategories); the
// context "" means all.
func (c *Client) GetCategories(ctx context.Context, of string) iter.Seq2[Category, error] {
	return items(pages(ctx, c, listing[Category]{op: operation.GetCategories, query: query{}.optional("context", of), by: byLastID,
		members: []string{"categories"}, id: func(x *Category) string { return x.ID }}))
}

// CreateCategory creates a category (CreateCategory) and returns its id. It is
// not repeatable.
func (c *Client) CreateCategory(ctx context.Context, name, of string) (string, error) {
	body := struct {
		Name    string `json:"name"`
		Context string `json:"context"`
	}{name, of}
	var w created
	err := c.send(ctx, request{op: operation.CreateCategory, body: &body, out: &w, optional: true})
	return w.id(w.Category), err
}

// Connection is a way to sign in through another provider.
type Connection struct {
	ID          string `json:"id"`
	Name        string `json:"name"`
	DisplayName string `json:"display_name"`
	Strategy    string `json:"strategy"` // "oauth2:google", "saml:custom"
}

// IsEnterprise says whether identities of the connection are enterprise ones,
// which exclude all other identities of a user.
func (c Connection) IsEnterprise() bool {
	family, _, _ := strings.Cut(strings.ToLower(c.Strategy), ":")
	switch family {
	case "saml", "wsfed", "entra_id", "ws_fed", "azure_ad", "enterprise":
		return true
	}
	return strings.Contains(strings.ToLower(c.Strategy), "azure_ad") || strings.Contains(strings.ToLower(c.Strategy), "entra")
}

// GetConnections lists the connections (GetConnections).
func (c *Client) GetConnections(ctx context.Context) iter.Seq2[Connection, error] {
	l := listing[connectionWire]{op: operation.GetConnections, by: byLastID, members: []string{"connections"},
		id: func(w *connectionWire) string { x := w.connection(); return x.ID }}
	return items(convert(pages(ctx, c, l), (*connectionWire).connection))
}

// WebHook is a webhook of the environment.
type WebHook struct {
	ID          string    `json:"id"`
	Name        string    `json:"name"`
	Endpoint    string    `json:"endpoint"`
	Description string    `json:"description"`
	EventTypes  []string  `json:"event_types"`
	CreatedOn   time.Time `json:"created_on"`
}

// GetWebHooks returns the webhooks (GetWebHooks), which a bulk run would set
// off.
func (c *Client) GetWebHooks(ctx context.Context) ([]WebHook, error) {
	var w struct {
		Code     string             `json:"code"`
		WebHooks oneOrMany[WebHook] `json:"webhooks"`
	}
	err := c.send(ctx, request{op: operation.GetWebHooks, out: &w, complete: func() bool { return w.WebHooks != nil || succeeded(w.Code) }})
	return w.WebHooks, err
}
