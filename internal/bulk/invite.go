package bulk

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
	"github.com/kinde-migrate/kinde-migrate/internal/compare"
	"github.com/kinde-migrate/kinde-migrate/internal/engine"
	"github.com/kinde-migrate/kinde-migrate/internal/mapping"
	"github.com/kinde-migrate/kinde-migrate/internal/operation"
	"github.com/kinde-migrate/kinde-migrate/kinde"
)

// UserMember says that an invitation has nothing to add.
const UserMember mapping.Code = "USER_MEMBER"

// invited reads who is invited already, and refuses unknown names.
func (r *run) invited(ctx context.Context) error {
	c := &r.opt.Change
	if _, err := r.Target.GetOrganization(ctx, c.Organization); err != nil {
		return r.organizationError(c.Organization, err)
	}
	if len(c.Roles) > 0 {
		known := map[string]bool{}
		for role, err := range r.Target.GetRoles(ctx) {
			if err != nil {
				return fmt.Errorf("reading the roles: %w", err)
			}
			known[role.Key] = true
		}
		for _, key := range c.Roles {
			if !known[key] {
				return refused("Create it in Kinde, or check the spelling.", "the tenant has no role %q", key)
			}
		}
	}
	var err error
	r.invites, err = r.pendingInvites(ctx)
	return err
}

// pendingInvites are the addresses that are invited and have not accepted.
func (r *run) pendingInvites(ctx context.Context) (map[string]bool, error) {
	out := map[string]bool{}
	for i, err := range r.Target.GetOrganizationInvites(ctx, r.opt.Change.Organization) {
		if err != nil {
			return nil, fmt.Errorf("reading the invitations of %s: %w", r.opt.Change.Organization, err)
		}
		out[compare.Fold("email", i.Email)] = true
	}
	return out, nil
}

// invitation decides how one person is written to: by an invitation, or, who is
// a member already, by a request for a new password where that is wanted. u is
// the user in the tenant, without an id when there is none.
func (r *run) invitation(s *engine.Subject, u *kinde.User) []engine.Step {
	c := &r.opt.Change
	address := cmp.Or(u.Email, s.Record.Email)
	switch {
	case slices.Contains(u.Organizations, c.Organization) && c.OrReset:
		return r.kept(s, r.resetRequest())
	case slices.Contains(u.Organizations, c.Organization):
		r.settle(s, checkpoint.Unchanged, mapping.Problem{Severity: mapping.Warning, Code: UserMember,
			Message: "is a member of " + c.Organization + " already, so an invitation is not needed",
			Hint:    "Use --or-reset to ask members for a new password at their next sign-in."})
		return nil
	case address == "":
		r.settle(s, checkpoint.Rejected, mapping.Problem{Severity: mapping.Error, Code: mapping.NoIdentity, Field: "email",
			Message: "has no e-mail address to be invited at", Hint: ""})
		return nil
	}
	request := kinde.CreateInviteRequest{Email: address, FirstName: u.FirstName, LastName: u.LastName, Roles: c.Roles, SendEmail: c.SendEmail}
	key := compare.Fold("email", address)
	return r.kept(
		s,
		&action{op: operation.CreateOrganizationInvite, info: engine.Info{Kind: stepInvite, Key: c.Organization}, already: r.invites[key],
			look: func(ctx context.Context, _ string) (bool, error) {
				now, err := r.pendingInvites(ctx)
				return now[key], err
			},
			do: func(ctx context.Context, _ string) (bool, error) {
				_, err := r.Target.CreateOrganizationInvite(ctx, c.Organization, request)
				return false, err
			}},
	)
}

func (r *run) resetRequest() *action {
	yes := true
	return &action{op: operation.UpdateUser, info: engine.Info{Kind: checkpoint.StepReset},
		do: func(ctx context.Context, id string) (bool, error) {
			return false, r.Target.UpdateUser(ctx, id, kinde.UpdateUserRequest{IsPasswordResetRequested: &yes})
		}}
}
