package importer

import (
	"context"
	"fmt"
	"iter"
	"strings"

	"encoding/json"

	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
	"github.com/kinde-migrate/kinde-migrate/internal/engine"
	"github.com/kinde-migrate/kinde-migrate/internal/intake"
	"github.com/kinde-migrate/kinde-migrate/kinde"
	"github.com/kinde-migrate/kinde-migrate/mapping"
)

// lookUpChunk is how many records are looked up together.
const lookUpChunk = 1000

// apply brings the pending records into the tenant: first those whose user may
// be there without his suspension, then the others that were begun, then the rest.
func (r *run) apply(ctx context.Context) error {
	r.meter.begin("importing", r.pending)
	pending := []checkpoint.Outcome{checkpoint.Pending}
	begun := []checkpoint.Stage{checkpoint.Intended, checkpoint.Present}
	open := checkpoint.Selection{Outcomes: pending, Stage: begun, Suspended: true}
	rest := checkpoint.Selection{Outcomes: pending, Stage: begun}
	fresh := checkpoint.Selection{Outcomes: pending, Stage: []checkpoint.Stage{checkpoint.Untouched}}
	if r.result.Resumed || r.job.Pass > 1 || r.job.Source > 1 {
		for _, where := range []checkpoint.Selection{open, rest} {
			if err := r.engine.Run(ctx, r.begun(ctx, where), nil); err != nil {
				return err
			}
			if err := r.Checkpoint.Flush(ctx); err != nil {
				return err
			}
		}
	}
	untouched, err := r.Checkpoint.Count(ctx, fresh)
	if err != nil {
		return err
	}
	r.finder = &finder{target: r.tenant}
	if untouched > 0 && !r.engine.Draining() {
		if err := r.survey(ctx, untouched); err != nil {
			return err
		}
	}
	return r.engine.Run(ctx, r.fresh(ctx, fresh), r.planner.bulk.flush)
}

// survey decides how to find out who exists: a look at everyone is tried as
// long as it costs less than asking for the pending ones.
func (r *run) survey(ctx context.Context, untouched int64) error {
	ids := r.ids
	if !r.scanned {
		data, err := r.Checkpoint.Note(ctx, noteIDs)
		if err != nil {
			return err
		}
		if err := json.Unmarshal(data, &ids); err != nil && data != nil {
			return fmt.Errorf("reading the counts of identities from the checkpoint: %w", err)
		}
	}
	// The pending ones have their share of the identities.
	total, err := r.Checkpoint.Count(ctx, checkpoint.Selection{})
	if err != nil {
		return err
	}
	share := func(n int64) int64 { return (n*untouched + max(total, 1) - 1) / max(total, 1) }
	return r.finder.survey(ctx, max(1, lookUpCost(share(ids[0]), share(ids[1]), share(ids[2]))))
}

// items reads records again, in their order, and pairs them with their rows.
func (r *run) items(ctx context.Context, records []checkpoint.Record) iter.Seq2[*checkpoint.Record, intake.Item] {
	return func(yield func(*checkpoint.Record, intake.Item) bool) {
		at := make([]intake.Position, len(records))
		for i := range records {
			at[i] = positionOf(&records[i])
		}
		n := 0
		for item, err := range r.Source.Read(ctx, at) {
			if err != nil {
				item.Problems = []mapping.Problem{{Severity: mapping.Error, Code: mapping.RecordMalformed, Message: err.Error()}}
				item.User = nil
			}
			if n >= len(records) || !yield(&records[n], item) {
				return
			}
			n++
			if err != nil {
				return
			}
		}
	}
}

// begun plans records of which an earlier run did something.
func (r *run) begun(ctx context.Context, where checkpoint.Selection) iter.Seq2[*engine.Subject, error] {
	return func(yield func(*engine.Subject, error) bool) {
		for chunk, err := range chunks(r.Checkpoint.Records(ctx, where), 250) {
			if err != nil {
				yield(nil, err)
				return
			}
			before, err := r.stepsOf(ctx, chunk)
			if err != nil {
				yield(nil, err)
				return
			}
			for record, item := range r.items(ctx, chunk) {
				s, err := r.planBegun(record, item, before[record.ID])
				if !yield(s, err) || err != nil {
					return
				}
			}
		}
	}
}

func (r *run) planBegun(record *checkpoint.Record, item intake.Item, before []checkpoint.Step) (*engine.Subject, error) {
	if item.User == nil {
		return nil, unreadable(record, item)
	}
	user := cloneUser(item.User)
	if record.Owner == checkpoint.Existed && record.Stage == checkpoint.Present && r.opt.OnExisting != Update {
		return &engine.Subject{Record: *record, Settled: checkpoint.Skipped}, nil
	}
	return r.planner.subject(*record, user, before), nil
}

// unreadable tells that a record is not where the first pass found it.
func unreadable(record *checkpoint.Record, item intake.Item) error {
	message := "it is not there any more"
	if len(item.Problems) > 0 {
		message = item.Problems[0].Message
	}
	return fmt.Errorf("reading record %d again: %s; the source changed under the run", record.Number, message)
}

func (r *run) stepsOf(ctx context.Context, chunk []checkpoint.Record) (map[int64][]checkpoint.Step, error) {
	ids := make([]int64, len(chunk))
	for i := range chunk {
		ids[i] = chunk[i].ID
	}
	return r.Checkpoint.StepsOfMany(ctx, ids)
}

// fresh plans records that were never begun: who exists is looked up, a
// thousand at a time, before anything is sent for them.
func (r *run) fresh(ctx context.Context, where checkpoint.Selection) iter.Seq2[*engine.Subject, error] {
	return func(yield func(*engine.Subject, error) bool) {
		begun := 0
		for chunk, err := range chunks(r.Checkpoint.Records(ctx, where), lookUpChunk) {
			if err != nil {
				yield(nil, err)
				return
			}
			if r.engine.Draining() {
				return
			}
			if begun >= settleEvery {
				begun = 0
				r.engine.Settle()
				if err := r.planner.bulk.relieve(ctx); err != nil {
					yield(nil, err)
					return
				}
			}
			begun += len(chunk)
			users := make([]*wanted, 0, len(chunk))
			for record, item := range r.items(ctx, chunk) {
				if item.User == nil {
					yield(nil, unreadable(record, item))
					return
				}
				users = append(users, r.planner.resolve(cloneUser(item.User)))
			}
			if len(users) != len(chunk) {
				yield(nil, fmt.Errorf("reading the source again: %d of %d records are there; it changed under the run", len(users), len(chunk)))
				return
			}
			found, err := r.finder.find(ctx, users)
			if err != nil {
				yield(nil, err)
				return
			}
			before, err := r.stepsOf(ctx, chunk)
			if err != nil {
				yield(nil, err)
				return
			}
			for i := range chunk {
				s, err := r.planFresh(ctx, chunk[i], users[i], found[i], before[chunk[i].ID])
				if !yield(s, err) || err != nil {
					return
				}
			}
		}
	}
}

// planFresh plans a record by who of the tenant it hits.
func (r *run) planFresh(ctx context.Context, record checkpoint.Record, w *wanted, found []kinde.User, before []checkpoint.Step) (*engine.Subject, error) {
	p := r.planner
	s := p.begin(record, w, before)
	if s.Settled != "" {
		return s, nil
	}
	switch {
	case len(found) == 0:
		s.Steps = append(s.Steps, p.createStep(w))
		p.addSteps(s, w, nil)
		return s, nil
	case len(found) > 1:
		return settleWith(s, checkpoint.Rejected, mapping.Problem{Severity: mapping.Error, Code: mapping.IdentityTaken,
			Message: fmt.Sprintf("its identities belong to %d different users of the tenant", len(found)), Hint: "Merge them in Kinde, or correct the record."}), nil
	}
	user := found[0]
	other, taken, err := r.Checkpoint.RecordByKindeID(ctx, user.ID)
	if err != nil {
		return nil, err
	}
	if taken && other.ID != record.ID && (other.Owner == checkpoint.Made || other.Owner == checkpoint.Adopted) && other.Outcome != checkpoint.Deleted {
		return settleWith(s, checkpoint.Rejected, mapping.Problem{Severity: mapping.Error, Code: mapping.IdentityTaken,
			Message: fmt.Sprintf("record %d of the source has this identity already", other.Number), Hint: "Use --duplicates merge, or correct one of the records."}), nil
	}
	s.Record.KindeID, s.Record.Owner = user.ID, checkpoint.Existed
	return r.planExisting(s, w, user), nil
}

// planExisting plans a record whose user was there before us.
func (r *run) planExisting(s *engine.Subject, w *wanted, user kinde.User) *engine.Subject {
	exists := mapping.Problem{Severity: mapping.Warning, Code: mapping.UserExists, Message: "he is in the tenant already, and no run of this checkpoint created him"}
	switch r.opt.OnExisting {
	case Fail:
		exists.Severity, exists.Hint = mapping.Error, "Use --on-existing skip or update."
		return settleWith(s, checkpoint.Rejected, exists)
	case Skip:
		exists.Hint = "Use --on-existing update to bring him up to date."
		return settleWith(s, checkpoint.Skipped, exists)
	}
	if user.ProvidedID != w.user.SourceID || w.user.SourceID == "" {
		verified, known := verifiedHere(w, user)
		if !verified {
			exists.Message = "he is matched by an address that the source does not call verified, so he is left alone"
			return settleWith(s, checkpoint.Skipped, exists)
		}
		if !known {
			s.Steps = append(s.Steps, &verifyStep{p: r.planner, w: w})
		}
	}
	s.Record.Stage = checkpoint.Present
	r.planner.addSteps(s, w, &existing{shown: &user})
	return s
}

// verifiedHere tells whether the source calls verified the e-mail address by
// which a user is matched. Whether the tenant does only his identities show.
func verifiedHere(w *wanted, user kinde.User) (verified, known bool) {
	shown := map[string]bool{}
	for _, i := range shownIdentities(&user) {
		shown[i.Kind+":"+strings.ToLower(i.Value)] = true
	}
	for _, i := range w.identities {
		if i.Type == mapping.Email && i.Verified && shown["email:"+strings.ToLower(i.Value)] {
			return true, false
		}
	}
	return false, false
}

// verifyStep lets an update go on only if the tenant calls the matched address
// verified too: otherwise whoever registered a stranger's address would be
// given that stranger's roles.
type verifyStep struct {
	p *planner
	w *wanted
}

func (c *verifyStep) Info() engine.Info { return engine.Info{Kind: "verify"} }

func (c *verifyStep) Do(ctx context.Context, s *engine.Subject) engine.Result {
	for i, err := range c.p.target.GetUserIdentities(ctx, s.Record.KindeID) {
		if err != nil {
			r := outcomeOf(ctx, err)
			r.Stop = true
			return r
		}
		for _, x := range c.w.identities {
			if i.Kind() == string(x.Type) && x.Type == mapping.Email && x.Verified && i.IsConfirmed && strings.EqualFold(firstOf(i.Email, i.Name), x.Value) {
				return engine.Result{Silent: true, Nothing: true}
			}
		}
	}
	s.Record.Stage = checkpoint.Untouched
	return c.p.existsResult("he is matched by an address that the tenant does not call verified, so he is left alone")
}

func settleWith(s *engine.Subject, outcome checkpoint.Outcome, problem mapping.Problem) *engine.Subject {
	s.Settled, s.Steps = outcome, nil
	s.Problems = append(s.Problems, problemRows(&s.Record, []mapping.Problem{problem}, true)...)
	return s
}

// cloneUser takes a user out of the memory of the batch that it was read in.
func cloneUser(u *mapping.User) *mapping.User {
	x := *u
	return &x
}

// settleRest settles the creates in doubt that only a look at everyone can
// settle, and gives those users their remaining steps.
func (r *run) settleRest(ctx context.Context) error {
	for range createTries {
		waiting := r.planner.settle.take()
		if len(waiting) == 0 {
			return nil
		}
		r.meter.begin("settling creates in doubt", int64(len(waiting)))
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
		r.unfinished = true // the tenant loses every answer; the next run goes on
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
		for _, i := range u.ids {
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
		for _, i := range shownIdentities(u) {
			n, ok := byIdentity[i.Kind+":"+foldIdentity(i.Kind, i.Value)]
			if !give(n, ok) {
				return
			}
		}
		for n, w := range waiting {
			// Nothing to go by but names and time.
			if w.wanted.sourceID == "" && len(w.ids) == 0 && !give(n, sameName(u.FirstName, w.wanted.givenName) && sameName(u.LastName, w.wanted.familyName)) {
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
		detail, ours := r.planner.settle.proves(&x, u.wanted, u.intent)
		if !ours {
			continue
		}
		if bound, taken, err := r.Checkpoint.RecordByKindeID(ctx, x.ID); err != nil {
			return err
		} else if taken && bound.ID != record.ID {
			continue // another record's user
		}
		own++
		step := checkpoint.Step{Record: record.ID, Kind: checkpoint.StepCreate, State: checkpoint.Done, Units: 1, Detail: detail, Run: r.row.ID, At: r.opt.Now()}
		if own > 1 {
			step.Kind, step.Key = stepTwin, x.ID
			changes = append(changes, checkpoint.AddProblems(problemRows(&record, []mapping.Problem{{Severity: mapping.Warning, Code: mapping.UserExists,
				Message: fmt.Sprintf("a create without an answer made him twice; %s is the twin", x.ID), Hint: "rollback removes the twin."}}, true)))
		} else {
			changes = append(changes, checkpoint.SetProgress{ID: record.ID, KindeID: x.ID, Owner: checkpoint.Adopted, Outcome: checkpoint.Pending, Pass: r.job.Pass, Stage: checkpoint.Present})
		}
		changes = append(changes, checkpoint.PutStep{Step: step})
	}
	if own == 0 && len(hits) > 0 {
		// Somebody has the identity, and he is not ours.
		outcome, severity := checkpoint.Skipped, mapping.Warning
		if r.opt.OnExisting == Fail {
			outcome, severity = checkpoint.Rejected, mapping.Error
		}
		changes = append(changes, checkpoint.SetProgress{ID: record.ID, KindeID: hits[0].ID, Owner: checkpoint.Existed, Outcome: outcome, Pass: r.job.Pass, Stage: checkpoint.Untouched},
			checkpoint.DropSteps{Record: record.ID, Kind: checkpoint.StepCreate},
			checkpoint.AddProblems(problemRows(&record, []mapping.Problem{{Severity: severity, Code: mapping.UserExists, Message: "somebody in the tenant has this identity, and no run of this checkpoint created him"}}, true)))
	}
	if own == 0 && len(hits) == 0 {
		// Nobody: the create did not happen and is begun anew.
		changes = append(changes, checkpoint.SetProgress{ID: record.ID, Outcome: checkpoint.Pending, Pass: r.job.Pass, Stage: checkpoint.Untouched},
			checkpoint.DropSteps{Record: record.ID, Kind: checkpoint.StepCreate})
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
				s, err := r.planBegun(record, item, steps)
				if !yield(s, err) || err != nil {
					return
				}
			}
		}
	}
}
