package bulk

import (
	"cmp"
	"context"
	"errors"
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
	before, kept := false, 0 // what an earlier row of the same user takes away, and what is left
	leaving := r.leaving[u.ID]
	for _, i := range u.Identities {
		at := identityAt{i.Kind(), compare.Fold(i.Kind(), i.Identity), i.ConnectionID}
		switch asked := meant(i.Kind(), i.Identity, i.ConnectionID); {
		case slices.Contains(r.leaving[u.ID], at):
			before = before || asked
		case asked:
			out, leaving = append(out, r.removeIdentity(i, false)), append(leaving, at)
		default:
			kept++
		}
	}
	if len(out) > 0 && kept == 0 {
		r.settle(s, checkpoint.Rejected, lastIdentity(c.Type))
		return nil
	}
	if before && len(out) == 0 {
		r.settle(s, checkpoint.Unchanged, namedBefore)
		return nil
	}
	r.leaving[u.ID] = leaving
	// What an earlier process of this pass removed is its doing.
	for id := range s.Before {
		if id.Kind == stepRemoveIdentity && !slices.ContainsFunc(out, func(x *action) bool { return x.info.Key == id.Key }) {
			out = append(out, &action{info: engine.Info{Kind: stepRemoveIdentity, Key: id.Key}, already: true,
				do: func(context.Context, string) (bool, error) { return true, nil }})
		}
	}
	return out
}

// identityAt is an identity of a user, folded.
type identityAt struct{ kind, value, connection string }

func lastIdentity(field string) mapping.Problem {
	return mapping.Problem{Severity: mapping.Error, Code: IdentityLast, Field: field,
		Message: "has no other identity, and could not sign in any more", Hint: "Add another identity first, or delete the user."}
}

// errLastIdentity tells that by now an identity is the only one that the user has.
var errLastIdentity = errors.New(lastIdentity("").Message)

func (r *run) removeIdentity(x kinde.UserIdentity, already bool) *action {
	t := r.Target
	find := func(ctx context.Context, id string) (found string, others int, err error) {
		for i, err := range t.GetUserIdentities(ctx, id) {
			if err != nil {
				return "", 0, fmt.Errorf("reading the identities: %w", err)
			}
			same := compare.Same(x.Kind(), x.Identity, i.Name) || i.Email != "" && compare.Same(x.Kind(), x.Identity, i.Email)
			if found == "" && i.Kind() == x.Kind() && same && (x.ConnectionID == "" || i.ConnectionID == "" || x.ConnectionID == i.ConnectionID) {
				found = i.ID
			} else {
				others++
			}
		}
		return found, others, nil
	}
	return &action{
		op:      operation.DeleteIdentity,
		info:    engine.Info{Kind: stepRemoveIdentity, Key: x.Kind() + " " + x.Identity},
		already: already,
		first:   true,
		look: func(ctx context.Context, id string) (bool, error) {
			found, _, err := find(ctx, id)
			return found == "" && err == nil, err
		},
		do: func(ctx context.Context, id string) (bool, error) {
			found, others, err := find(ctx, id)
			switch {
			case err != nil || found == "":
				return found == "", err
			case others == 0:
				return false, errLastIdentity
			}
			if err := t.DeleteIdentity(ctx, found); err != nil {
				return false, fmt.Errorf("removing the %s identity: %w", x.Kind(), err)
			}
			return false, nil
		},
	}
}
