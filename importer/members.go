package importer

import (
	"context"
	"fmt"
	"slices"

	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
	"github.com/kinde-migrate/kinde-migrate/internal/engine"
	"github.com/kinde-migrate/kinde-migrate/kinde"
	"github.com/kinde-migrate/kinde-migrate/mapping"
)

// memberStep hands a membership to the queues.
type memberStep struct {
	p      *planner
	want   wantedMember
	joined bool // he is a member already; only roles and permissions are to be set
	look   bool // he was there before us: what he has is read and kept
	strip  bool // a mirror: roles that an earlier source gave and this one does not are taken away
}

func (m *memberStep) Info() engine.Info {
	return engine.Info{Kind: checkpoint.StepMemberships, Key: m.want.code, Digest: m.digest()}
}

func (m *memberStep) digest() checkpoint.Digest {
	return m.p.digest(checkpoint.StepMemberships, []any{m.want.roles, m.want.permissions})
}

func (m *memberStep) Do(ctx context.Context, s *engine.Subject) engine.Result {
	want := m.want
	if m.joined && len(want.roles) == 0 && len(want.permissions) == 0 {
		if m.strip {
			return m.takeRoles(ctx, s.Record.KindeID)
		}
		return engine.Result{}
	}
	detail := ""
	if m.look {
		detail = beforeImage(map[string]any{"member": m.joined})
	}
	if m.joined && m.look {
		// The bulk operation sets the roles of a member, so those that he has are sent along.
		present, err := m.p.present(ctx, want, s.Record.KindeID)
		if err != nil {
			return outcomeOf(ctx, err)
		}
		added := wantedMember{m.want.code, without(want.roles, present.roles), without(want.permissions, present.permissions)}
		detail = beforeImage(map[string]any{"member": true, "added_roles": added.roles, "added_permissions": added.permissions})
		want.roles, want.permissions = union(want.roles, present.roles), union(want.permissions, present.permissions)
	}
	if detail != "" {
		var err error
		if detail, err = m.p.remember(ctx, s, m.Info(), detail); err != nil {
			return engine.Result{Fatal: err}
		}
	}
	x := &membership{subject: s, id: s.Record.KindeID, want: want, steps: []engine.Info{m.Info()}, detail: detail}
	if n := len(m.want.roles); n > 0 {
		x.steps = append(x.steps, engine.Info{Kind: checkpoint.StepRoles, Key: m.want.code, Units: n, Digest: m.digest()})
	}
	if n := len(m.want.permissions); n > 0 {
		x.steps = append(x.steps, engine.Info{Kind: checkpoint.StepPermissions, Key: m.want.code, Units: n, Digest: m.digest()})
	}
	m.p.engine.Hold(s)
	full, key := m.p.bulk.add(x, m.joined)
	if full != nil {
		if err := m.p.bulk.write(ctx, key, full); err != nil {
			return engine.Result{Fatal: err}
		}
	}
	return engine.Result{Deferred: true}
}

// takeRoles takes every role from a member of ours. An empty list in the bulk
// operation would leave them: the description does not say that it empties.
func (m *memberStep) takeRoles(ctx context.Context, id string) engine.Result {
	var roles []kinde.Role
	for role, err := range m.p.target.GetOrganizationUserRoles(ctx, m.want.code, id) {
		if err != nil {
			return outcomeOf(ctx, err)
		}
		roles = append(roles, role)
	}
	for _, role := range roles {
		if err := m.p.target.DeleteOrganizationUserRole(ctx, m.want.code, id, role.ID); err != nil && !notThere(err) {
			return outcomeOf(ctx, err)
		}
	}
	return engine.Result{}
}

// present reads the roles and direct permissions that a member has.
func (p *planner) present(ctx context.Context, want wantedMember, id string) (has wantedMember, err error) {
	has.roles, err = p.rosters.roles(ctx, p.target, want.code, id)
	if err != nil {
		return has, err
	}
	if len(want.permissions) == 0 {
		return has, nil
	}
	for x, err := range p.target.GetOrganizationUserPermissions(ctx, want.code, id) {
		if err != nil {
			return has, err
		}
		if len(x.Roles) == 0 {
			has.permissions = append(has.permissions, x.Key)
		}
	}
	return has, nil
}

func without(of, these []string) []string {
	return slices.DeleteFunc(slices.Clone(of), func(s string) bool { return slices.Contains(these, s) })
}

// addMembers appends the memberships that are not in place.
func (p *planner) addMembers(s *engine.Subject, w *wanted, known *existing) {
	for i, m := range w.members {
		step := &memberStep{p: p, want: m}
		if s.DoneBefore(checkpoint.StepMemberships, m.code, step.digest()) {
			continue
		}
		_, had := s.Before[engine.StepID{Kind: checkpoint.StepMemberships, Key: m.code}]
		switch {
		case known == nil, known.ours && !had && s.CreatedNow:
			step.joined = i == 0 // createUser put him into the first one
		case known.shown != nil:
			step.joined = slices.Contains(known.shown.Organizations, m.code)
			step.look = true
		default:
			b := s.Before[engine.StepID{Kind: checkpoint.StepMemberships, Key: m.code}]
			step.joined = had && b.State == checkpoint.Done
			step.look = !known.ours
			step.strip = step.joined && known.ours && p.opt.Mirror
		}
		s.Steps = append(s.Steps, step)
	}
}

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
			// Perhaps he is refused because he is a member already.
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
		if r := outcomeOf(ctx, err); r.Fatal != nil {
			return r.Fatal
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
		// A member without anything else to set is where he should be.
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
			return engine.Result{State: checkpoint.GaveUp, Code: string(mapping.APIFailed), Message: err.Error(), Hint: "The next run tries again."}
		})
	}
	if r := outcomeOf(ctx, err); r.Fatal != nil {
		return r.Fatal
	}
	return b.finish(ctx, batch, func(x *membership) engine.Result {
		switch {
		case err != nil:
			return outcomeOf(ctx, err)
		case done[x.id]:
			return engine.Result{}
		}
		return engine.Result{State: checkpoint.GaveUp, Code: string(mapping.APIFailed), Field: code,
			Message: fmt.Sprintf("the tenant did not confirm the membership in %s", code), Hint: "The next run tries again."}
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
// member. Who did gets his roles by an update, which may be repeated; who did
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
				return engine.Result{State: checkpoint.GaveUp, Code: string(mapping.APIFailed), Message: "no answer to the membership request", Hint: "The next run tries again."}
			})
		}
		if err := pause(ctx, try); err != nil {
			return err
		}
		done, err := b.join(ctx, code, outside)
		switch kinde.ClassOf(err) {
		case kinde.ClassNone:
			good, rest := divideBy(outside, func(x *membership) bool { return done[x.id] })
			if err := b.finish(ctx, good, func(*membership) engine.Result { return engine.Result{} }); err != nil || len(rest) == 0 {
				return err
			}
			batch = rest
		case kinde.ClassInDoubt:
			batch = outside
		case kinde.ClassFinal, kinde.ClassNotFound:
			return b.write(ctx, queueKey{code, false}, outside) // halves it
		default:
			if r := outcomeOf(ctx, err); r.Fatal != nil {
				return r.Fatal
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
		r := result(x)
		r.Detail = x.detail
		for _, info := range x.steps[1:] {
			state := r.State
			if state == "" {
				state = checkpoint.Done
			}
			r.Also = append(r.Also, checkpoint.Step{Kind: info.Kind, Key: info.Key, State: state, Units: info.Units, Digest: info.Digest, Code: r.Code, Message: r.Message})
		}
		if err := b.p.engine.Finish(ctx, x.subject, x.steps[0], r); err != nil {
			return err
		}
	}
	return nil
}
