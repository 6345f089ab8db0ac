package kinde

import (
	"context"
	"iter"
	"time"

	"github.com/kinde-migrate/kinde-migrate/internal/operation"
)

// Invite is an invitation to an organization. Its link lets whoever opens it
// accept it, so it is as private as a password.
type Invite struct {
	ID         string    `json:"id"`
	Code       string    `json:"code"`
	Email      string    `json:"email"`
	FirstName  string    `json:"first_name"`
	LastName   string    `json:"last_name"`
	Link       string    `json:"invite_link"`
	IsSent     bool      `json:"is_sent"`
	IsRevoked  bool      `json:"is_revoked"`
	CreatedOn  time.Time `json:"created_on"`
	AcceptedOn time.Time `json:"accepted_on"`
}

// CreateInviteRequest is the body of createOrganizationInvite.
type CreateInviteRequest struct {
	Email     string   `json:"email"`
	FirstName string   `json:"first_name,omitzero"`
	LastName  string   `json:"last_name,omitzero"`
	Roles     []string `json:"roles"`      // keys
	SendEmail bool     `json:"send_email"` // the tenant sends an e-mail at once
}

// GetOrganizationInvites lists the invitations that are neither accepted nor
// revoked (getOrganizationInvites).
func (c *Client) GetOrganizationInvites(ctx context.Context, code string) iter.Seq2[Invite, error] {
	return items(
		pages(ctx, c, listing[Invite]{op: operation.GetOrganizationInvites, path: params{code}, by: byToken, members: []string{"invites"}}),
	)
}

// CreateOrganizationInvite invites somebody to an organization
// (createOrganizationInvite). It is not repeatable: after a lost answer, read
// the invitations.
func (c *Client) CreateOrganizationInvite(ctx context.Context, code string, r CreateInviteRequest) (Invite, error) {
	if r.Roles == nil {
		r.Roles = []string{} // the operation demands the member
	}
	var w struct {
		Invite Invite `json:"invite"`
	}
	err := c.send(ctx, request{op: operation.CreateOrganizationInvite, path: params{code}, body: &r, out: &w, optional: true})
	return w.Invite, err
}
