package kinde

import (
	"context"
	"iter"
	"strings"
	"time"

	"github.com/kinde-migrate/kinde-migrate/internal/operation"
)

// PasswordRequest is the body of SetUserPassword.
type PasswordRequest struct {
	HashedPassword string `json:"hashed_password"`
	HashingMethod  string `json:"hashing_method,omitzero"`
	Salt           string `json:"salt,omitzero"`
	SaltPosition   string `json:"salt_position,omitzero"`
	Iterations     int    `json:"iterations,omitzero"`
	Variant        string `json:"variant,omitzero"`
	SignerKey      string `json:"signer_key,omitzero"`
	SaltSeparator  string `json:"salt_separator,omitzero"`
	Rounds         int    `json:"rounds,omitzero"`
	MemCost        int    `json:"mem_cost,omitzero"`
	Temporary      bool   `json:"is_temporary_password,omitzero"`
}

// secrets are the values that must never be shown, not even where the tenant
// shows them in its answer.
func (r PasswordRequest) secrets() []string {
	return []string{r.HashedPassword, r.Salt, r.SignerKey}
}

// SetUserPassword stores a hashed password (SetUserPassword).
func (c *Client) SetUserPassword(ctx context.Context, userID string, r PasswordRequest) error {
	return c.send(ctx, request{op: operation.SetUserPassword, path: params{userID}, body: &r})
}

// CreateUserIdentityRequest is the body of CreateUserIdentity.
type CreateUserIdentityRequest struct {
	Type           string `json:"type"`
	Value          string `json:"value"`
	PhoneCountryID string `json:"phone_country_id,omitzero"`
	ConnectionID   string `json:"connection_id,omitzero"`
}

// CreateUserIdentity adds an identity (CreateUserIdentity) and returns its id,
// "" when the tenant doesn't say it. It is not repeatable.
func (c *Client) CreateUserIdentity(ctx context.Context, userID string, r CreateUserIdentityRequest) (string, error) {
	var w created
	err := c.send(ctx, request{op: operation.CreateUserIdentity, path: params{userID}, body: &r, out: &w, optional: true})
	return w.id(w.Identity), err
}

// Identity is an identity as GetUserIdentities and GetIdentity show it.
type Identity struct {
	ID           string    `json:"id"`
	Type         string    `json:"type"`
	Name         string    `json:"name"` // its value
	Email        string    `json:"email"`
	ConnectionID string    `json:"connection_id"`
	IsConfirmed  bool      `json:"is_confirmed"`
	IsPrimary    bool      `json:"is_primary"`
	TotalLogins  int       `json:"total_logins"`
	CreatedOn    time.Time `json:"created_on"`
	LastLoginOn  time.Time `json:"last_login_on"`
}

// Kind returns the type that createUser or CreateUserIdentity would take:
// answers call a Google identity "social" or "oauth2:google".
func (i Identity) Kind() string { return identityKind(i.Type, i.ConnectionID) }

// Kind returns the type that createUser or CreateUserIdentity would take:
// answers call a Google identity "social" or "oauth2:google".
func (i UserIdentity) Kind() string { return identityKind(i.Type, i.ConnectionID) }

func identityKind(t, connection string) string {
	kind, strategy, _ := strings.Cut(strings.ToLower(t), ":")
	if strategy == "azure_ad" {
		return IdentityEnterprise
	}
	switch kind {
	case "email", "phone", "username", "social", "enterprise":
		return kind
	case "oauth2", "oauth1", "oidc":
		return IdentitySocial
	case "saml", "wsfed", "entra_id", "azure_ad":
		return IdentityEnterprise
	case "":
		if connection != "" {
			return IdentitySocial
		}
	}
	return kind
}

// GetUserIdentities lists a user's identities (GetUserIdentities).
func (c *Client) GetUserIdentities(ctx context.Context, userID string) iter.Seq2[Identity, error] {
	return items(pages(ctx, c, listing[Identity]{op: operation.GetUserIdentities, path: params{userID}, by: byLastID, unsized: true,
		members: []string{"identities"}, id: func(i *Identity) string { return i.ID }}))
}

// GetIdentity reads one identity (GetIdentity).
func (c *Client) GetIdentity(ctx context.Context, identityID string) (Identity, error) {
	var w struct {
		Identity
		Wrapped *Identity `json:"identity"`
	}
	err := c.send(ctx, request{op: operation.GetIdentity, path: params{identityID}, out: &w,
		complete: func() bool { return w.ID != "" || w.Wrapped != nil && w.Wrapped.ID != "" }})
	if w.ID == "" && w.Wrapped != nil {
		return *w.Wrapped, err
	}
	return w.Identity, err
}

// UpdateIdentity makes an identity the primary one of its type, or not
// (UpdateIdentity).
func (c *Client) UpdateIdentity(ctx context.Context, identityID string, primary bool) error {
	body := struct {
		IsPrimary bool `json:"is_primary"`
	}{primary}
	return c.send(ctx, request{op: operation.UpdateIdentity, path: params{identityID}, body: &body})
}

// DeleteIdentity removes an identity (DeleteIdentity).
func (c *Client) DeleteIdentity(ctx context.Context, identityID string) error {
	return c.send(ctx, request{op: operation.DeleteIdentity, path: params{identityID}})
}

// PropertyValue is a property of a user or an organization.
type PropertyValue struct {
	ID          string `json:"id"`
	Key         string `json:"key"`
	Name        string `json:"name"`
	Description string `json:"description"`
	Value       string `json:"value"` // as text, whatever JSON type the tenant used; "" for null
}

// GetUserPropertyValues lists a user's properties (GetUserPropertyValues).
func (c *Client) GetUserPropertyValues(ctx context.Context, userID string) iter.Seq2[PropertyValue, error] {
	return items(pages(ctx, c, listing[PropertyValue]{op: operation.GetUserPropertyValues, path: params{userID}, by: byToken, unsized: true,
		members: []string{"properties"}}))
}

// UpdateUserProperties sets several properties (UpdateUserProperties).
func (c *Client) UpdateUserProperties(ctx context.Context, userID string, properties map[string]string) error {
	body := struct {
		Properties map[string]string `json:"properties"`
	}{properties}
	return c.send(ctx, request{op: operation.UpdateUserProperties, path: params{userID}, body: &body})
}

// UpdateUserProperty sets one property (UpdateUserProperty). The value travels
// in the URL: use UpdateUserProperties for long or private ones.
func (c *Client) UpdateUserProperty(ctx context.Context, userID, key, value string) error {
	return c.send(ctx, request{op: operation.UpdateUserProperty, path: params{userID, key}, query: query{{"value", value}}})
}

// UpdateUserFeatureFlagOverride overrides a feature flag for a user
// (UpdateUserFeatureFlagOverride).
func (c *Client) UpdateUserFeatureFlagOverride(ctx context.Context, userID, key, value string) error {
	return c.send(ctx, request{op: operation.UpdateUserFeatureFlagOverride, path: params{userID, key}, query: query{{"value", value}}})
}

// RefreshUserClaims makes changed roles, flags and properties show in the
// user's tokens (refreshUserClaims).
func (c *Client) RefreshUserClaims(ctx context.Context, userID string) error {
	return c.send(ctx, request{op: operation.RefreshUserClaims, path: params{userID}})
}

// Session is an active session of a user.
type Session struct {
	SessionID        string    `json:"session_id"`
	UserID           string    `json:"user_id"`
	OrgCode          string    `json:"org_code"`
	ClientID         string    `json:"client_id"`
	ConnectionID     string    `json:"connection_id"`
	StartedOn        time.Time `json:"started_on"`
	UpdatedOn        time.Time `json:"updated_on"`
	ExpiresOn        time.Time `json:"expires_on"`
	InitialIPAddress string    `json:"initial_ip_address"`
	InitialUserAgent string    `json:"initial_user_agent"`
	LastIPAddress    string    `json:"last_ip_address"`
	LastUserAgent    string    `json:"last_user_agent"`
}

// GetUserSessions returns a user's active sessions (GetUserSessions). The
// operation has no paging; more says that the tenant holds some back.
func (c *Client) GetUserSessions(ctx context.Context, userID string) (sessions []Session, more bool, err error) {
	var w struct {
		Code     string             `json:"code"`
		Sessions oneOrMany[Session] `json:"sessions"`
		HasMore  bool               `json:"has_more"`
	}
	err = c.send(ctx, request{op: operation.GetUserSessions, path: params{userID}, out: &w,
		complete: func() bool { return w.Sessions != nil || succeeded(w.Code) }})
	return w.Sessions, w.HasMore, err
}

// DeleteUserSessions signs a user out everywhere (DeleteUserSessions).
func (c *Client) DeleteUserSessions(ctx context.Context, userID string) error {
	return c.send(ctx, request{op: operation.DeleteUserSessions, path: params{userID}})
}

// MFAFactor is a second factor of a user.
type MFAFactor struct {
	ID         string    `json:"id"`
	Type       string    `json:"type"`
	Name       string    `json:"name"`
	IsVerified bool      `json:"is_verified"`
	UsageCount int       `json:"usage_count"`
	CreatedOn  time.Time `json:"created_on"`
	LastUsedOn time.Time `json:"last_used_on"`
}

// GetUsersMFA returns a user's second factors (GetUsersMFA), none for a user
// without.
func (c *Client) GetUsersMFA(ctx context.Context, userID string) ([]MFAFactor, error) {
	var w struct {
		Code string               `json:"code"`
		MFA  oneOrMany[MFAFactor] `json:"mfa"`
	}
	err := c.send(ctx, request{op: operation.GetUsersMFA, path: params{userID}, out: &w,
		complete: func() bool { return w.MFA != nil || succeeded(w.Code) }})
	factors := w.MFA[:0]
	for _, f := range w.MFA {
		if f.ID != "" || f.Type != "" {
			factors = append(factors, f)
		}
	}
	return factors, err
}

// ResetUsersMFA removes one second factor (ResetUsersMFA).
func (c *Client) ResetUsersMFA(ctx context.Context, userID, factorID string) error {
	return c.send(ctx, request{op: operation.ResetUsersMFA, path: params{userID, factorID}})
}

// ResetUsersMFAAll removes all second factors (ResetUsersMFAAll).
func (c *Client) ResetUsersMFAAll(ctx context.Context, userID string) error {
	return c.send(ctx, request{op: operation.ResetUsersMFAAll, path: params{userID}})
}
