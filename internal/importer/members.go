package importer

import (
	"context"
	"fmt"
	"slices"

	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
	"github.com/kinde-migrate/kinde-migrate/internal/engine"
	"github.com/kinde-migrate/kinde-migrate/internal/mapping"
	"github.com/kinde-migrate/kinde-migrate/kinde"
)

// write sends one batch and settles each of its members by what the tenant says
// that it did. A batch that is refused is halved until the one who spoils it is alone.
func (b *members) write(ctx context.Context, key queueKey, batch []*membership) error {
	if len(batch) == 0 {
		return nil
	}
	ctx = kinde.WithSubject(ctx, "")
	var done map[string]bool
	var err error
	if key.joined {
		done, err = b.update(ctx, key.code, batch)
	} else {
		done, err = b.join(ctx, key.code, batch)
	}
	switch class := kinde.ClassOf(err); class {
	case kinde.ClassNone:
	case kinde.ClassInDoubt:
		return b.settle(ctx, key.code, batch)
	case kinde.ClassFinal, kinde.ClassNotFound:
		if len(batch) > 1 {
			half := len(batch) / 2
			if err := b.write(ctx, key, batch[:half]); err != nil {
				return err
			}
			return b.write(ctx, key, batch[half:])
		}
		if !key.joined {
			// Perhaps the user is refused as a member already.
			inside, _, lookErr := b.divide(ctx, key.code, batch)
			if lookErr != nil {
				return lookErr
			}
			if len(inside) > 0 {
				return b.last(ctx, key.code, inside, true, false)
			}
		}
		return b.finish(ctx, batch, func(*membership) engine.Result { return outcomeOf(ctx, err) })
	default:
		if r := outcomeOf(ctx, err); r.Err != nil {
			return r.Err
		}
		return b.finish(ctx, batch, func(*membership) engine.Result { return outcomeOf(ctx, err) })
	}
	var rest []*membership
	var good []*membership
	for _, x := range batch {
		if done[x.id] {
			good = append(good, x)
		} else {
			rest = append(rest, x)
		}
	}
	if err := b.finish(ctx, good, func(*membership) engine.Result { return engine.Result{} }); err != nil {
		return err
	}
	if len(rest) == 0 {
		return nil
	}
	return b.unconfirmed(ctx, key, rest)
}

func (b *members) join(ctx context.Context, code string, batch []*membership) (map[string]bool, error) {
	users := make([]kinde.NewMember, len(batch))
	for i, x := range batch {
		users[i] = kinde.NewMember{ID: x.id, Roles: x.want.roles, Permissions: x.want.permissions}
	}
	added, err := b.p.target.AddOrganizationUsers(ctx, code, users)
	return setOf(added), err
}

func (b *members) update(ctx context.Context, code string, batch []*membership) (map[string]bool, error) {
	users := make([]kinde.MemberChange, len(batch))
	for i, x := range batch {
		users[i] = kinde.MemberChange{ID: x.id, Roles: x.want.roles, Permissions: x.want.permissions}
	}
	changed, err := b.p.target.UpdateOrganizationUsers(ctx, code, users)
	done := setOf(changed.Updated)
	for _, id := range changed.Added {
		done[id] = true
	}
	return done, err
}

func setOf(ids []string) map[string]bool {
	set := make(map[string]bool, len(ids))
	for _, id := range ids {
		set[id] = true
	}
	return set
}

// unconfirmed deals with members that the tenant did not name in its answer:
// who is a member is updated, who isn't is added, and who is then still not
// named has failed.
func (b *members) unconfirmed(ctx context.Context, key queueKey, batch []*membership) error {
	inside, outside, err := b.divide(ctx, key.code, batch)
	if err != nil {
		return err
	}
	for _, try := range []struct {
		batch  []*membership
		joined bool
	}{{inside, true}, {outside, false}} {
		if len(try.batch) == 0 {
			continue
		}
		err := b.last(ctx, key.code, try.batch, try.joined, try.joined == key.joined)
		if err != nil {
			return err
		}
	}
	return nil
}

// last is the second and last request for members that were not confirmed. The
// same request again is not made: its answer is known.
func (b *members) last(ctx context.Context, code string, batch []*membership, joined, same bool) error {
	var done map[string]bool
	var err error
	if joined {
		// A member without anything else to set is where they should be.
		var bare []*membership
		batch, bare = divideBy(batch, func(x *membership) bool { return len(x.want.roles)+len(x.want.permissions) > 0 })
		if err := b.finish(ctx, bare, func(*membership) engine.Result { return engine.Result{} }); err != nil {
			return err
		}
	}
	if !same && len(batch) > 0 {
		if joined {
			done, err = b.update(ctx, code, batch)
		} else {
			done, err = b.join(ctx, code, batch)
		}
	}
	if kinde.ClassOf(err) == kinde.ClassInDoubt {
		err = fmt.Errorf("no answer to two requests: %w", err)
		return b.finish(ctx, batch, func(*membership) engine.Result {
			return engine.GaveUp(engine.Problem{Code: string(mapping.APIFailed), Message: err.Error(), Hint: "The next run tries again."})
		})
	}
	if r := outcomeOf(ctx, err); r.Err != nil {
		return r.Err
	}
	return b.finish(ctx, batch, func(x *membership) engine.Result {
		switch {
		case err != nil:
			return outcomeOf(ctx, err)
		case done[x.id]:
			return engine.Result{}
		}
		return engine.GaveUp(engine.Problem{
			Code:    string(mapping.APIFailed),
			Field:   code,
			Message: fmt.Sprintf("the tenant did not confirm the membership in %s", code),
			Hint:    "The next run tries again.",
		})
	})
}

func divideBy(batch []*membership, in func(*membership) bool) (yes, no []*membership) {
	for _, x := range batch {
		if in(x) {
			yes = append(yes, x)
		} else {
			no = append(no, x)
		}
	}
	return yes, no
}

// settle follows a request without an answer: the tenant is asked who became a
// member. Who did gets the roles by an update, which may be repeated; who did
// not is added again.
func (b *members) settle(ctx context.Context, code string, batch []*membership) error {
	for try := 1; ; try++ {
		inside, outside, err := b.divide(ctx, code, batch)
		if err != nil {
			return err
		}
		set, bare := divideBy(inside, func(x *membership) bool { return len(x.want.roles)+len(x.want.permissions) > 0 })
		if err := b.finish(ctx, bare, func(*membership) engine.Result { return engine.Result{} }); err != nil {
			return err
		}
		if err := b.write(ctx, queueKey{code, true}, set); err != nil {
			return err
		}
		if len(outside) == 0 {
			return nil
		}
		if try == createTries {
			return b.finish(ctx, outside, func(*membership) engine.Result {
				return engine.GaveUp(engine.Problem{
					Code:    string(mapping.APIFailed),
					Message: "no answer to the membership request",
					Hint:    "The next run tries again.",
				})
			})
		}
		if err := pause(ctx, try); err != nil {
			return err
		}
		done, err := b.join(ctx, code, outside)
		switch kinde.ClassOf(err) {
		case kinde.ClassNone:
			good, rest := divideBy(outside, func(x *membership) bool { return done[x.id] })
			if err := b.finish(ctx, good, func(*membership) engine.Result { return engine.Result{} }); err != nil ||
				len(rest) == 0 {
				return err
			}
			batch = rest
		case kinde.ClassInDoubt:
			batch = outside
		case kinde.ClassFinal, kinde.ClassNotFound:
			return b.write(ctx, queueKey{code, false}, outside) // halves it
		default:
			if r := outcomeOf(ctx, err); r.Err != nil {
				return r.Err
			}
			return b.finish(ctx, outside, func(*membership) engine.Result { return outcomeOf(ctx, err) })
		}
	}
}

// divide asks the tenant which of the users are members.
func (b *members) divide(ctx context.Context, code string, batch []*membership) (inside, outside []*membership, err error) {
	ids := make([]string, len(batch))
	for i, x := range batch {
		ids[i] = x.id
	}
	member := map[string]bool{}
	for piece := range slices.Chunk(ids, maxFilterIDs) {
		for page, err := range b.p.target.GetUsersPages(ctx, kinde.GetUsersRequest{UserIDs: piece, Expand: []string{kinde.ExpandOrganizations}}) {
			if err != nil {
				return nil, nil, fmt.Errorf("reading who is a member of %s: %w", code, err)
			}
			for _, u := range page.Items {
				member[u.ID] = slices.Contains(u.Organizations, code)
			}
		}
	}
	inside, outside = divideBy(batch, func(x *membership) bool { return member[x.id] })
	return inside, outside, nil
}

// finish settles memberships and what came with them.
func (b *members) finish(ctx context.Context, batch []*membership, result func(*membership) engine.Result) error {
	for _, x := range batch {
		if err := b.p.engine.Finish(ctx, x.subject, x.steps[0], x.with(result(x))); err != nil {
			return err
		}
	}
	return nil
}

// with is the result of a membership together with what came with it.
func (x *membership) with(r engine.Result) engine.Result {
	r.Detail = x.detail
	for _, info := range x.steps[1:] {
		state := r.State
		if state == "" {
			state = checkpoint.Done
		}
		r.Also = append(
			r.Also,
			checkpoint.Step{
				Kind:    info.Kind,
				Key:     info.Key,
				State:   state,
				Units:   info.Units,
				Digest:  info.Digest,
				Code:    r.Code,
				Message: r.Message,
			},
		)
	}
	return r
}
