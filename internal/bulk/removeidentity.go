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

// IdentityLast says that a user would be left without a way in.
const IdentityLast mapping.Code = "IDENTITY_LAST"

// removal plans the removal of the identities that the change names: by type,
// and by value and connection where they are given. Nobody is left without any.
func (r *run) removal(s *engine.Subject, a *Ask, u *kinde.User) []*action {
	c := &r.opt.Change
	value, connection := cmp.Or(a.Value, c.Value), cmp.Or(a.Connection, c.Connection)
	meant := func(kind, held, at string) bool {
		return kind == c.Type && (value == "" || compare.Same(kind, value, held)) && (connection == "" || at == "" || at == connection)
	}
	var out []*action
	for _, i := range u.Identities {
		if meant(i.Kind(), i.Identity, i.ConnectionID) {
			out = append(out, r.removeIdentity(i, false))
		}
	}
	if len(out) > 0 && len(out) == len(u.Identities) {
		r.settle(s, checkpoint.Rejected, mapping.Problem{Severity: mapping.Error, Code: IdentityLast, Field: c.Type,
			Message: "has no other identity, and could not sign in any more", Hint: "Add another identity first, or delete the user."})
		return nil
	}
	// What an earlier process of this pass removed is its doing.
	for id := range s.Before {
		if id.Kind == stepRemoveIdentity && !slices.ContainsFunc(out, func(x *action) bool { return x.info.Key == id.Key }) {
			out = append(out, &action{info: engine.Info{Kind: stepRemoveIdentity, Key: id.Key}, already: true,
				do: func(context.Context, string) (bool, error) { return true, nil }})
		}
	}
	return out
}

func (r *run) removeIdentity(x kinde.UserIdentity, already bool) *action {
	t := r.Target
	find := func(ctx context.Context, id string) (string, error) {
		for i, err := range t.GetUserIdentities(ctx, id) {
			if err != nil {
				return "", fmt.Errorf("reading the identities: %w", err)
			}
			same := compare.Same(x.Kind(), x.Identity, i.Name) || i.Email != "" && compare.Same(x.Kind(), x.Identity, i.Email)
			if i.Kind() == x.Kind() && same && (x.ConnectionID == "" || i.ConnectionID == "" || x.ConnectionID == i.ConnectionID) {
				return i.ID, nil
			}
		}
		return "", nil
	}
	return &action{op: operation.DeleteIdentity, info: engine.Info{Kind: stepRemoveIdentity, Key: x.Kind() + " " + x.Identity}, already: already, first: true,
		look: func(ctx context.Context, id string) (bool, error) {
			found, err := find(ctx, id)
			return found == "" && err == nil, err
		},
		do: func(ctx context.Context, id string) (bool, error) {
			found, err := find(ctx, id)
			if err != nil || found == "" {
				return found == "", err
			}
			if err := t.DeleteIdentity(ctx, found); err != nil {
				return false, fmt.Errorf("removing the %s identity: %w", x.Kind(), err)
			}
			return false, nil
		}}
}
