package importer

import (
	"context"
	"fmt"
	"iter"
	"slices"

	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
	"github.com/kinde-migrate/kinde-migrate/internal/engine"
	"github.com/kinde-migrate/kinde-migrate/internal/mapping"
	"github.com/kinde-migrate/kinde-migrate/kinde"
)

// settleRest settles the creates in doubt that only a look at everyone can
// settle, and gives those users their remaining steps.
func (r *run) settleRest(ctx context.Context) error {
	for try := range createTries {
		waiting := r.planner.settle.take()
		if len(waiting) == 0 {
			return nil
		}
		// A tenant may list its users only a moment after it made them.
		if err := pause(ctx, try+2); err != nil {
			return err
		}
		r.meter.Begin("settling creates in doubt", int64(len(waiting)))
		if err := r.Checkpoint.Flush(ctx); err != nil {
			return err
		}
		if err := r.adoptFromSnapshot(ctx, waiting); err != nil {
			return err
		}
		if err := r.engine.Run(ctx, r.again(ctx, waiting), r.planner.bulk.flush); err != nil {
			return err
		}
		if r.engine.Draining() {
			return nil
		}
	}
	if len(r.planner.settle.take()) > 0 {
		r.job.Unfinished = true // the tenant loses every answer; the next run goes on
	}
	return nil
}

// adoptFromSnapshot reads everyone once and stores who of the waiting is there.
// Who is there twice is a twin: a late create of ours, which a rollback removes.
func (r *run) adoptFromSnapshot(ctx context.Context, waiting []unsettled) error {
	byID, byIdentity := map[string]int{}, map[string]int{}
	for n, u := range waiting {
		if u.wanted.sourceID != "" {
			byID[u.wanted.sourceID] = n
		}
		for _, i := range u.wanted.all() {
			byIdentity[i] = n
		}
	}
	hits := make([][]kinde.User, len(waiting))
	for page, err := range r.tenant.GetUsersPages(ctx, kinde.GetUsersRequest{Expand: []string{kinde.ExpandIdentities}}) {
		if err != nil {
			return fmt.Errorf("reading everyone to settle creates in doubt: %w", err)
		}
		for _, u := range page.Items {
			for n := range candidates(&u, waiting, byID, byIdentity) {
				hits[n] = append(hits[n], u)
			}
		}
	}
	for n, u := range waiting {
		if err := r.adopt(ctx, u, hits[n]); err != nil {
			return err
		}
	}
	return r.Checkpoint.Flush(ctx)
}

// candidates yields the waiting creates that a user may be the fruit of.
func candidates(u *kinde.User, waiting []unsettled, byID, byIdentity map[string]int) iter.Seq[int] {
	return func(yield func(int) bool) {
		seen := map[int]bool{}
		give := func(n int, ok bool) bool {
			if !ok || seen[n] {
				return true
			}
			seen[n] = true
			return yield(n)
		}
		n, ok := byID[u.ProvidedID]
		if !give(n, ok && u.ProvidedID != "") {
			return
		}
		for _, a := range shownAddresses(u) {
			n, ok := byIdentity[a]
			if !give(n, ok) {
				return
			}
		}
		for n, w := range waiting {
			// Nothing to go by but names and time.
			if w.wanted.sourceID == "" && len(w.wanted.all()) == 0 && !give(n, w.wanted.named(u)) {
				return
			}
		}
	}
}

// adopt stores what the look at everyone says about one create in doubt.
func (r *run) adopt(ctx context.Context, u unsettled, hits []kinde.User) error {
	record := u.record
	var changes []checkpoint.Change
	own := 0
	for _, x := range hits {
		seen, ours, err := r.planner.settle.ours(ctx, &x, u.wanted, u.intent)
		if err != nil {
			return fmt.Errorf("looking at whom a create may have made: %w", err)
		}
		if !ours {
			continue
		}
		if bound, taken, err := r.Checkpoint.RecordByKindeID(ctx, x.ID); err != nil {
			return err
		} else if taken && bound.ID != record.ID {
			continue // another record's user
		}
		own++
		step := checkpoint.Step{
			Record: record.ID,
			Kind:   checkpoint.StepCreate,
			State:  checkpoint.Done,
			Units:  1,
			Detail: seen.String(),
			Run:    r.job.Run.ID,
			At:     r.opt.Now(),
		}
		if own > 1 {
			step.Kind, step.Key = stepTwin, x.ID
			changes = append(
				changes,
				checkpoint.AddProblems(problemRows(&record, []mapping.Problem{{Severity: mapping.Warning, Code: mapping.UserExists,
					Message: fmt.Sprintf(
						"a create without an answer made the user twice; %s is the twin",
						x.ID,
					), Hint: "rollback removes the twin."}}, true)),
			)
		} else {
			changes = append(changes, checkpoint.SetProgress{ID: record.ID, KindeID: x.ID, Owner: checkpoint.Adopted, Outcome: checkpoint.Pending,
				Pass: r.job.Pass, Stage: checkpoint.Present})
			if brought := u.wanted.brought(&x); len(brought) > 0 {
				changes = append(changes, checkpoint.PutStep{Step: checkpoint.Step{Record: record.ID, Kind: checkpoint.StepIdentities,
					State: checkpoint.Done,
					Units: len(brought), Detail: keyList(brought), Run: r.job.Run.ID, At: r.opt.Now()}})
			}
		}
		changes = append(changes, checkpoint.PutStep{Step: step})
	}
	hits = slices.DeleteFunc(hits, func(x kinde.User) bool { return !u.wanted.hit(&x) })
	if own == 0 && len(hits) > 0 {
		// Somebody has the identity, and is not ours.
		outcome, severity := checkpoint.Skipped, mapping.Warning
		if r.opt.OnExisting == Fail {
			outcome, severity = checkpoint.Rejected, mapping.Error
		}
		changes = append(
			changes,
			checkpoint.SetProgress{
				ID:      record.ID,
				KindeID: hits[0].ID,
				Owner:   checkpoint.Existed,
				Outcome: outcome,
				Pass:    r.job.Pass,
				Stage:   checkpoint.Untouched,
			},
			checkpoint.DropSteps{Record: record.ID, Kind: checkpoint.StepCreate},
			checkpoint.AddProblems(
				problemRows(
					&record,
					[]mapping.Problem{
						{
							Severity: severity,
							Code:     mapping.UserExists,
							Message:  "somebody in the tenant has this identity, and no run of this checkpoint created that user",
						},
					},
					true,
				),
			),
		)
	}
	if own == 0 && len(hits) == 0 {
		// Nobody: the create did not happen, as far as can be seen, and is begun anew.
		r.planner.settle.doubt(record.ID, u.intent)
		changes = append(
			changes,
			checkpoint.SetProgress{ID: record.ID, Outcome: checkpoint.Pending, Pass: r.job.Pass, Stage: checkpoint.Untouched},
			checkpoint.DropSteps{Record: record.ID, Kind: checkpoint.StepCreate},
		)
	}
	if len(changes) == 0 {
		return nil
	}
	return r.Checkpoint.Post(ctx, changes...)
}

// stepTwin names a second user that a late create of ours made.
const stepTwin = "twin"

// again plans the records that were settled.
func (r *run) again(ctx context.Context, waiting []unsettled) iter.Seq2[*engine.Subject, error] {
	return func(yield func(*engine.Subject, error) bool) {
		for _, u := range waiting {
			record, ok, err := r.Checkpoint.RecordByID(ctx, u.record.ID)
			if err != nil {
				yield(nil, err)
				return
			}
			if !ok || record.Outcome != checkpoint.Pending {
				continue
			}
			steps, err := r.Checkpoint.StepsOf(ctx, record.ID)
			if err != nil {
				yield(nil, err)
				return
			}
			for record, item := range r.items(ctx, []checkpoint.Record{record}) {
				s, err := r.planBegun(record, item, steps, nil)
				if !yield(s, err) || err != nil {
					return
				}
			}
		}
	}
}
