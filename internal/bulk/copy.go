package bulk

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
	"github.com/kinde-migrate/kinde-migrate/internal/engine"
	"github.com/kinde-migrate/kinde-migrate/internal/mapping"
	"github.com/kinde-migrate/kinde-migrate/internal/operation"
	"github.com/kinde-migrate/kinde-migrate/kinde"
)

// copying is what a job that copies members knows of the two organizations,
// and the members that wait to be written a hundred at a time.
type copying struct {
	r        *run
	from, to map[string]kinde.Member

	mu     sync.Mutex
	queues map[bool][]*joining // by whether the user is a member already
}

// rosters reads the members of both organizations, with their roles.
func (r *run) rosters(ctx context.Context) error {
	c := &r.opt.Change
	x := &copying{r: r, queues: map[bool][]*joining{}}
	for _, side := range []struct {
		code string
		to   *map[string]kinde.Member
	}{{c.From, &x.from}, {c.Organization, &x.to}} {
		if _, err := r.Target.GetOrganization(ctx, side.code); err != nil {
			return r.organizationError(side.code, err)
		}
		*side.to = map[string]kinde.Member{}
		for m, err := range r.Target.GetOrganizationUsers(ctx, side.code, kinde.GetOrganizationUsersRequest{}) {
			if err != nil {
				return fmt.Errorf("reading the members of %s: %w", side.code, err)
			}
			(*side.to)[m.ID] = m
		}
	}
	r.copying = x
	if r.opt.Who == nil {
		r.opt.Who = func(context.Context) (Who, error) { return x.everybody(), nil }
	}
	return nil
}

// organizationError says of an organization that could not be read whether it is there.
func (r *run) organizationError(code string, err error) error {
	if class := kinde.ClassOf(err); class == kinde.ClassFinal || class == kinde.ClassNotFound {
		return refused("Use the organization's code, org_….", "the tenant has no organization %q", code)
	}
	return fmt.Errorf("reading the organization %s: %w", code, err)
}

// everybody is who is a member of the first organization, in order of their ids.
func (x *copying) everybody() (w Who) {
	w.Source.Format = "tenant"
	for id, m := range x.from {
		w.Asks = append(
			w.Asks,
			Ask{ID: id, Email: m.Email, User: &kinde.User{ID: id, Email: m.Email, FirstName: m.FirstName, LastName: m.LastName}},
		)
	}
	slices.SortFunc(w.Asks, func(a, b Ask) int {
		if a.ID < b.ID {
			return -1
		}
		return 1
	})
	return w
}

// steps plan the place of one user in the second organization.
func (x *copying) steps(s *engine.Subject, id string) []engine.Step {
	m, ok := x.from[id]
	if !ok {
		x.r.settle(s, checkpoint.Skipped, mapping.Problem{Severity: mapping.Warning, Code: UserNotMember,
			Message: "is no member of " + x.r.opt.Change.From + ", so there is nothing to copy"})
		return nil
	}
	there, joined := x.to[id]
	want := slices.Clone(there.Roles)
	for _, role := range m.Roles {
		if !slices.Contains(want, role) {
			want = append(want, role)
		}
	}
	j := &joining{c: x, id: id, roles: want, joined: joined, already: joined && len(want) == len(there.Roles)}
	if _, meant := s.Before[engine.StepID{Kind: j.Info().Kind, Key: j.Info().Key}]; j.already && !meant {
		return nil
	}
	return []engine.Step{j}
}

// joining makes a user a member, with roles. A member keeps the roles that
// they have there.
type joining struct {
	c       *copying
	s       *engine.Subject
	id      string
	roles   []string
	joined  bool
	already bool
}

// Info describes the step; its intent is durable before the request.
func (j *joining) Info() engine.Info {
	return engine.Info{Kind: checkpoint.StepMemberships, Key: j.c.r.opt.Change.Organization, Once: true}
}

// Do puts the member into the queue, and writes the queue when it is full.
func (j *joining) Do(ctx context.Context, s *engine.Subject) engine.Result {
	j.s = s
	j.c.r.job.Engine.Hold(s)
	j.c.mu.Lock()
	full := append(j.c.queues[j.joined], j)
	if len(full) < kinde.MaxBulkUsers {
		j.c.queues[j.joined], full = full, nil
	} else {
		j.c.queues[j.joined] = nil
	}
	j.c.mu.Unlock()
	if err := j.c.write(ctx, full, 1); err != nil {
		return engine.Fatal(err)
	}
	return engine.Deferred()
}

// Settle finds out whether a membership whose intent is known came to be.
func (j *joining) Settle(context.Context, *engine.Subject, checkpoint.Step) (engine.Result, bool) {
	return engine.Result{}, j.already
}

// flush writes what waits.
func (x *copying) flush(ctx context.Context) error {
	for _, joined := range []bool{false, true} {
		x.mu.Lock()
		rest := x.queues[joined]
		x.queues[joined] = nil
		x.mu.Unlock()
		if err := x.write(ctx, rest, 1); err != nil {
			return err
		}
	}
	return nil
}

// write sends one batch, whose members are all in the organization or all not,
// and settles each by what the tenant says that it did. A batch that is
// refused is halved until the one who spoils it is alone.
func (x *copying) write(ctx context.Context, batch []*joining, try int) error {
	if len(batch) == 0 {
		return nil
	}
	ctx = kinde.WithSubject(ctx, "")
	done, err := x.send(ctx, batch)
	switch kinde.ClassOf(err) {
	case kinde.ClassNone, kinde.ClassInDoubt:
	case kinde.ClassFinal, kinde.ClassNotFound:
		if half := len(batch) / 2; half > 0 {
			if err := x.write(ctx, batch[:half], try); err != nil {
				return err
			}
			return x.write(ctx, batch[half:], try)
		}
	default:
		return x.finish(ctx, batch, outcomeOf(ctx, err))
	}
	var good, rest []*joining
	for _, j := range batch {
		in := done[j.id]
		if !in {
			var lookErr error
			if in, lookErr = x.stands(ctx, j); lookErr != nil {
				return x.finish(ctx, batch, outcomeOf(ctx, lookErr))
			}
		}
		if in {
			good = append(good, j)
		} else {
			rest = append(rest, j)
		}
	}
	if err := x.finish(ctx, good, engine.Result{}); err != nil {
		return err
	}
	switch {
	case len(rest) == 0:
		return nil
	case err == nil:
		return x.finish(
			ctx,
			rest,
			engine.Refused(engine.Problem{
				Code:    string(mapping.APIRejected),
				Message: "the tenant accepted the request, but the user is not a member with these roles",
				Hint:    "Check the organization in Kinde, then run the command again.",
			}),
		)
	case kinde.ClassOf(err) == kinde.ClassInDoubt && try < attempts:
		return x.write(ctx, rest, try+1)
	}
	return x.finish(ctx, rest, outcomeOf(ctx, err))
}

// send makes the request for a batch and returns whom the tenant names in its answer.
func (x *copying) send(ctx context.Context, batch []*joining) (map[string]bool, error) {
	r, code := x.r, x.r.opt.Change.Organization
	done := map[string]bool{}
	if r.opt.DryRun {
		for _, j := range batch {
			done[j.id] = true
		}
		op := operation.AddOrganizationUsers
		if batch[0].joined {
			op = operation.UpdateOrganizationUsers
		}
		r.mu.Lock()
		r.planned[op]++
		r.mu.Unlock()
		return done, nil
	}
	var named []string
	var err error
	if batch[0].joined {
		changes := make([]kinde.MemberChange, len(batch))
		for i, j := range batch {
			changes[i] = kinde.MemberChange{ID: j.id, Roles: j.roles}
		}
		var answer kinde.MembersChanged
		answer, err = r.Target.UpdateOrganizationUsers(ctx, code, changes)
		named = slices.Concat(answer.Added, answer.Updated)
	} else {
		members := make([]kinde.NewMember, len(batch))
		for i, j := range batch {
			members[i] = kinde.NewMember{ID: j.id, Roles: j.roles}
		}
		named, err = r.Target.AddOrganizationUsers(ctx, code, members)
	}
	for _, id := range named {
		done[id] = err == nil
	}
	return done, err
}

// stands tells whether the user is a member and has the roles by now.
func (x *copying) stands(ctx context.Context, j *joining) (bool, error) {
	have := map[string]bool{}
	for role, err := range x.r.Target.GetOrganizationUserRoles(ctx, x.r.opt.Change.Organization, j.id) {
		if class := kinde.ClassOf(err); class == kinde.ClassFinal || class == kinde.ClassNotFound {
			return false, nil // not a member
		}
		if err != nil {
			return false, fmt.Errorf("reading the roles of a member: %w", err)
		}
		have[role.Key] = true
	}
	return !slices.ContainsFunc(j.roles, func(key string) bool { return !have[key] }), nil
}

func (x *copying) finish(ctx context.Context, batch []*joining, result engine.Result) error {
	if result.Err != nil {
		return result.Err
	}
	for _, j := range batch {
		if err := x.r.job.Engine.Finish(ctx, j.s, j.Info(), result); err != nil {
			return err
		}
	}
	return nil
}
