package importer

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"strconv"

	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
	"github.com/kinde-migrate/kinde-migrate/internal/engine"
	"github.com/kinde-migrate/kinde-migrate/kinde"
)

// stepGone is the state of what was done to a user that left the source.
const stepGone = "gone"

// countGone counts the users that the newer source no longer holds and that
// something is to be done about, and refuses when they are too many.
func (r *run) countGone(ctx context.Context) (int64, error) {
	if r.job.Source < 2 || r.opt.Partial {
		return 0, nil
	}
	gone, err := r.Checkpoint.Count(ctx, checkpoint.LeftSource)
	if err != nil || gone == 0 {
		return 0, err
	}
	if r.opt.Gone == KeepGone {
		r.result.GoneKept = gone
		if r.opt.Mirror {
			return 0, r.keepGone(ctx, gone)
		}
		return 0, nil
	}
	var todo int64
	for record, err := range r.Checkpoint.Records(ctx, checkpoint.LeftSource) {
		if err != nil {
			return 0, err
		}
		done, err := r.goneBefore(ctx, record.ID)
		if err != nil {
			return 0, err
		}
		if !done {
			todo++
		}
	}
	return todo, r.mostGone(ctx, todo)
}

// noteGoneKept is the name of the note that tells how many users that left the
// source a mirror has left alone.
const noteGoneKept = "gone kept"

// keepGone refuses to mirror a source from which suddenly too many are gone, as
// from one that was cut. Those who left before the last mirror are no surprise.
func (r *run) keepGone(ctx context.Context, gone int64) error {
	data, err := r.Checkpoint.Note(ctx, noteGoneKept)
	if err != nil {
		return err
	}
	var before int64
	if data != nil {
		if err := json.Unmarshal(data, &before); err != nil {
			return fmt.Errorf("reading from the checkpoint how many users had left the source: %w", err)
		}
	}
	if err := r.mostGone(ctx, gone-min(before, gone)); err != nil {
		return err
	}
	return r.Checkpoint.Commit(ctx, checkpoint.SetNote{Name: noteGoneKept, JSON: []byte(strconv.FormatInt(gone, 10))})
}

func (r *run) goneBefore(ctx context.Context, record int64) (bool, error) {
	steps, err := r.Checkpoint.StepsOf(ctx, record)
	if err != nil {
		return false, err
	}
	for _, s := range steps {
		if s.Kind == stepGone && s.Key == string(r.opt.Gone) && s.State == checkpoint.Done {
			return true, nil
		}
	}
	return false, nil
}

// dealWithGone suspends or deletes users of ours that left the source.
func (r *run) dealWithGone(ctx context.Context) error {
	if r.gone == 0 {
		return nil
	}
	r.meter.Begin("users gone from the source", r.gone)
	return r.engine.Run(ctx, r.goneSubjects(ctx), nil)
}

func (r *run) goneSubjects(ctx context.Context) iter.Seq2[*engine.Subject, error] {
	return func(yield func(*engine.Subject, error) bool) {
		for record, err := range r.Checkpoint.Records(ctx, checkpoint.LeftSource) {
			if err != nil {
				yield(nil, err)
				return
			}
			done, err := r.goneBefore(ctx, record.ID)
			if err != nil {
				yield(nil, err)
				return
			}
			if done {
				continue
			}
			s := &engine.Subject{Record: record, Steps: []engine.Step{&goneStep{target: r.tenant, what: r.opt.Gone, was: record.Outcome,
				suspended: r.planner.digest(checkpoint.StepSuspension, true)}}}
			if !yield(s, nil) {
				return
			}
		}
	}
}

// goneStep suspends or deletes one user. Deleting somebody who is gone already is done.
type goneStep struct {
	target Target
	what   Gone
	was    checkpoint.Outcome

	suspended checkpoint.Digest // of a suspension that was made
}

func (g *goneStep) Info() engine.Info { return engine.Info{Kind: stepGone, Key: string(g.what)} }

func (g *goneStep) Do(ctx context.Context, s *engine.Subject) engine.Result {
	if g.what == SuspendGone {
		yes := true
		r := outcomeOf(ctx, g.target.UpdateUser(ctx, s.Record.KindeID, kinde.UpdateUserRequest{IsSuspended: &yes}))
		if r.State == "" {
			r.Outcome = g.was // not in the source, so not counted among its records
			// Whoever comes back is let in again.
			r.Also = []checkpoint.Step{{Kind: checkpoint.StepSuspension, State: checkpoint.Done, Units: 1, Digest: g.suspended}}
		}
		return r
	}
	r := outcomeOf(ctx, deleteUser(ctx, g.target, s.Record.KindeID, false))
	if r.State == "" {
		r.Outcome, r.Forget, r.Detail = checkpoint.Deleted, true, fmt.Sprintf("{%q:%q}", "kinde_id", s.Record.KindeID)
		s.Record.KindeID, s.Record.Owner, s.Record.Stage = "", checkpoint.NoOwner, checkpoint.Untouched
	}
	return r
}
