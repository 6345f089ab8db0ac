package bulk

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"slices"

	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
	"github.com/kinde-migrate/kinde-migrate/internal/engine"
	"github.com/kinde-migrate/kinde-migrate/internal/mapping"
	"github.com/kinde-migrate/kinde-migrate/kinde"
)

// batch is how many users are looked up at once.
const batch = 100

// subjects plans the pending users, a batch of look-ups at a time.
func (r *run) subjects(ctx context.Context) iter.Seq2[*engine.Subject, error] {
	return func(yield func(*engine.Subject, error) bool) {
		chunk, worked := make([]checkpoint.Record, 0, batch), 0
		flush := func() bool {
			if len(chunk) == 0 || r.job.Engine.Draining() {
				return false
			}
			subjects, err := r.plan(ctx, chunk)
			chunk = chunk[:0]
			if err != nil {
				yield(nil, err)
				return false
			}
			for _, s := range subjects {
				if r.opt.AtMost > 0 && len(s.Steps) > 0 {
					if worked == r.opt.AtMost {
						continue // stays pending
					}
					worked++
				}
				if !yield(s, nil) {
					return false
				}
			}
			return true
		}
		for x, err := range r.Checkpoint.Records(ctx, pending) {
			if err != nil {
				yield(nil, err)
				return
			}
			if chunk = append(chunk, x); len(chunk) == batch && !flush() {
				return
			}
		}
		flush()
	}
}

// plan finds out, for a batch of users, who they are and what is to do.
func (r *run) plan(ctx context.Context, records []checkpoint.Record) ([]*engine.Subject, error) {
	ids := make([]int64, len(records))
	var byID, emails, phones, usernames []string
	for i := range records {
		x := &records[i]
		ids[i] = x.ID
		a := r.ask(x)
		byID = append(byID, x.KindeID, a.Any)
		if a.ID == "" {
			emails, phones, usernames = append(emails, x.Email), append(phones, x.Phone), append(usernames, x.Username, a.username())
		}
	}
	steps, err := r.Checkpoint.StepsOfMany(ctx, ids)
	if err != nil {
		return nil, err
	}
	users := found{}
	if (r.opt.Verb == List || r.opt.Verb == Copy) && r.listed(records, users) {
		byID, emails, phones, usernames = nil, nil, nil, nil
	}
	if err := r.finder.find(ctx, users, byID, emails, phones, usernames); err != nil {
		return nil, err
	}
	for i := range records {
		x := &records[i]
		a := r.ask(x)
		if len(who(a, x, users)) > 0 || x.KindeID != "" || a.Problem != nil || a.User != nil && (r.opt.Verb == List || r.opt.Verb == Copy) {
			continue
		}
		for _, by := range a.names() {
			if err := r.finder.search(ctx, by.kind, by.value, users); err != nil {
				return nil, err
			}
		}
	}
	out := make([]*engine.Subject, len(records))
	for i := range records {
		s := &engine.Subject{Record: records[i], Before: map[engine.StepID]checkpoint.Step{}}
		for _, step := range steps[records[i].ID] {
			if step.Run >= r.job.First { // what an earlier pass did says nothing of today
				s.Before[engine.StepID{Kind: step.Kind, Key: step.Key}] = step
			}
		}
		r.decide(s, r.ask(&records[i]), users)
		out[i] = s
	}
	return out, nil
}

// listed takes the users as they were shown when they were chosen; false when some were not.
func (r *run) listed(records []checkpoint.Record, users found) bool {
	for i := range records {
		a := r.ask(&records[i])
		if a.User == nil {
			return false
		}
		users.add(*a.User)
	}
	return true
}

// ask returns how the user was named; a record of a run that goes on without
// asking again knows it itself.
func (r *run) ask(x *checkpoint.Record) *Ask {
	if a := r.asks[x.Key]; a != nil {
		return a
	}
	return &Ask{ID: x.KindeID, Email: x.Email, Phone: x.Phone, Username: x.Username, SourceID: x.SourceID}
}

// username is the username that an ask may mean.
func (a *Ask) username() string {
	if a.OnlyID {
		return a.Username
	}
	return cmp.Or(a.Username, a.Any)
}

// who finds the users that an ask names among those that were looked up: one, or
// several where its names belong to different people. A Kinde id says it alone.
func who(a *Ask, x *checkpoint.Record, users found) (named []kinde.User) {
	names := append(a.names(), struct{ kind, value string }{"id", a.Any})
	if a.ID != "" {
		names = []struct{ kind, value string }{{"id", a.ID}}
	}
	for _, by := range names {
		u, ok := users.of(by.kind, by.value)
		if ok && !slices.ContainsFunc(named, func(n kinde.User) bool { return n.ID == u.ID }) {
			named = append(named, u)
		}
	}
	if u, ok := users.of("id", x.KindeID); ok && len(named) == 0 && a.ID == "" {
		named = append(named, u)
	}
	return named
}

// decide gives the subject its steps, or the class that it has without any.
func (r *run) decide(s *engine.Subject, a *Ask, users found) {
	x := &s.Record
	if a.Problem != nil {
		r.settle(s, checkpoint.Rejected, *a.Problem)
		return
	}
	if done := r.doneBefore(s); done != "" {
		s.Settled = done
		return
	}
	named := who(a, x, users)
	switch {
	case len(named) > 1:
		r.settle(s, checkpoint.Rejected, mapping.Problem{Severity: mapping.Error, Code: mapping.IdentityTaken,
			Message: fmt.Sprintf(
				"it names %d different users of the tenant: %s and %s",
				len(named),
				named[0].ID,
				named[1].ID,
			), Hint: "Use the Kinde id of the user."})
		return
	case len(named) == 0 && x.KindeID == "" && r.opt.Verb == Invite && x.Email != "":
		s.Steps = r.invitation(s, &kinde.User{})
		if len(s.Steps) == 0 && s.Settled == "" {
			s.Settled = checkpoint.Unchanged
		}
		return
	case len(named) == 0 && x.KindeID == "" && a.Elsewhere:
		s.Settled = checkpoint.Unchanged
		return
	case len(named) == 0 && x.KindeID == "":
		r.settle(s, checkpoint.Rejected, mapping.Problem{Severity: mapping.Error, Code: UserUnknown,
			Message: "nobody in the tenant has this name", Hint: "Check the spelling, or use the Kinde id of the user."})
		return
	case len(named) == 0:
		r.gone(s)
		return
	}
	u := named[0]
	x.KindeID, x.Stage = u.ID, checkpoint.Present
	if x.Owner == checkpoint.NoOwner {
		x.Owner = checkpoint.Existed
	}
	if r.opt.Verb != AddIdentity && r.opt.Verb != RemoveIdentity {
		if before := r.met[u.ID]; before != nil {
			if a.Password != nil && before.Password != nil && !a.Password.Same(before.Password) {
				r.settle(s, checkpoint.Rejected, anotherHash)
				return
			}
			r.settle(s, checkpoint.Unchanged, namedBefore)
			return
		}
		r.met[u.ID] = a
	}
	if r.opt.Verb == Delete && r.opt.Guarded && !r.opt.Force && r.spare(s, a, &u) {
		return
	}
	if s.Steps = r.steps(s, a, u); len(s.Steps) == 0 && s.Settled == "" {
		s.Settled = checkpoint.Unchanged
	}
}

var namedBefore = mapping.Problem{Severity: mapping.Warning, Code: mapping.DuplicateInSource, Message: "the same user is named before"}

var anotherHash = mapping.Problem{Severity: mapping.Error, Code: mapping.DuplicateInSource, Field: "hash",
	Message: "a row before gives the same user another hash, which counts", Hint: "Leave only the newest one in the table."}

// gone settles a user who was named by an id, or known before, and is not there.
func (r *run) gone(s *engine.Subject) {
	if before, ok := s.Before[engine.StepID{Kind: checkpoint.StepDelete}]; ok && before.State == checkpoint.Intent && r.opt.Verb.deletes() {
		s.Settled = checkpoint.Deleted // an earlier process of this pass did it and could not say so
		return
	}
	r.settle(s, checkpoint.Unchanged, mapping.Problem{Severity: mapping.Warning, Code: UserUnknown,
		Message: "no user in the tenant has this id: the user is gone, or the id is wrong", Hint: "Check the id if the user should be there."})
}

// doneBefore returns the class of a user whose steps an earlier process of
// this pass finished before it was killed.
func (r *run) doneBefore(s *engine.Subject) checkpoint.Outcome {
	c := &r.opt.Change
	several := map[Verb]int{SetFlag: len(c.Flags), AddScope: len(r.scopes), RemoveScope: len(r.scopes)}[r.opt.Verb]
	if len(s.Before) == 0 || len(s.Before) < several || r.opt.Verb == RemoveIdentity {
		return ""
	}
	for _, step := range s.Before {
		if step.State != checkpoint.Done {
			return ""
		}
	}
	if r.opt.Verb.deletes() {
		return checkpoint.Deleted
	}
	return checkpoint.Updated
}

func (r *run) settle(s *engine.Subject, outcome checkpoint.Outcome, p mapping.Problem) {
	x := &s.Record
	s.Settled = outcome
	if outcome == checkpoint.Unchanged {
		s.Wants = &checkpoint.Wants{} // nothing is in place by this row
	}
	s.Problems = slices.DeleteFunc(s.Problems, func(checkpoint.Problem) bool { return true })
	if p.Code == UserUnknown && outcome == checkpoint.Unchanged && r.opt.Verb.deletes() {
		return // gone is what was wanted
	}
	s.Problems = append(
		s.Problems,
		checkpoint.Problem{Record: x.ID, Applying: true, File: x.File, Number: x.Number, Line: x.Line, SourceID: x.SourceID,
			Severity: string(p.Severity), Code: string(p.Code), Field: p.Field, Message: p.Message, Hint: p.Hint},
	)
}

// spare keeps a user from being deleted with the run that created it.
func (r *run) spare(s *engine.Subject, a *Ask, u *kinde.User) bool {
	switch {
	case !u.LastSignedIn.IsZero() || u.TotalSignIns > 0:
		r.settle(s, checkpoint.Skipped, mapping.Problem{Severity: mapping.Warning, Code: UserSignedIn,
			Message: "the user has signed in since it was created", Hint: "Use --force to delete the user anyway."})
	case !a.Evidence:
		r.settle(s, checkpoint.Skipped, mapping.Problem{Severity: mapping.Warning, Code: UserUnsure,
			Message: "the create of this user got no answer, and the user has no source id that proves whose it is",
			Hint:    "Use --force to delete the user anyway."})
	default:
		return false
	}
	return true
}
