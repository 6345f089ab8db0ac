package importer

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"slices"

	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
	"github.com/kinde-migrate/kinde-migrate/internal/engine"
	"github.com/kinde-migrate/kinde-migrate/internal/intake"
	"github.com/kinde-migrate/kinde-migrate/internal/mapping"
	"github.com/kinde-migrate/kinde-migrate/kinde"
)

// lookUpChunk is how many records are looked up together.
const lookUpChunk = 1000

// doneBefore counts the users that earlier runs of this pass have worked on. It looks
// at no record: how soon a run goes on does not depend on how much is done.
func (r *run) doneBefore(ctx context.Context) (int64, error) {
	if !r.job.Resumed {
		return 0, nil
	}
	return r.Checkpoint.Worked(ctx, r.job.First)
}

// apply brings the pending records into the tenant: first those whose user may
// be there without their suspension, then the others that were begun, then the rest.
func (r *run) apply(ctx context.Context) error {
	done, err := r.doneBefore(ctx)
	if err != nil {
		return err
	}
	r.meter.GoOn("importing", done, done+r.pending)
	pending := []checkpoint.Outcome{checkpoint.Pending}
	begun := []checkpoint.Stage{checkpoint.Intended, checkpoint.Present}
	open := checkpoint.Selection{Outcomes: pending, Stage: begun, Suspended: true}
	rest := checkpoint.Selection{Outcomes: pending, Stage: begun}
	fresh := checkpoint.Selection{Outcomes: pending, Stage: []checkpoint.Stage{checkpoint.Untouched}}
	if err := r.exchange(ctx); err != nil {
		return err
	}
	if r.job.Resumed || r.job.Pass > 1 || r.job.Source > 1 {
		for _, where := range []checkpoint.Selection{open, rest} {
			if err := r.engine.Run(ctx, r.begun(ctx, where), nil); err != nil {
				return err
			}
			if err := r.Checkpoint.Flush(ctx); err != nil {
				return err
			}
		}
	}
	if r.opt.Gone == DeleteGone {
		// What they had, somebody new may be about to get.
		if err := r.dealWithGone(ctx); err != nil {
			return err
		}
	}
	untouched, err := r.Checkpoint.Count(ctx, fresh)
	if err != nil {
		return err
	}
	r.finder = &finder{target: r.tenant}
	if untouched > 0 && !r.engine.Draining() {
		if err := r.survey(ctx, untouched, fresh); err != nil {
			return err
		}
	}
	return r.engine.Run(ctx, r.fresh(ctx, fresh), r.planner.bulk.flush)
}

// survey decides how to find out who exists: a look at everyone is tried as
// long as it costs less than asking for the pending ones.
func (r *run) survey(ctx context.Context, untouched int64, fresh checkpoint.Selection) error {
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
	total := ids[3]
	if total == 0 {
		// Older checkpoints don't hold it, and counting reads all that is done.
		var err error
		if total, err = r.Checkpoint.Count(ctx, checkpoint.Selection{}); err != nil {
			return err
		}
	}
	// The pending ones have their share of the identities.
	share := func(n int64) int64 { return (n*untouched + max(total, 1) - 1) / max(total, 1) }
	budget := max(1, lookUpCost(share(ids[0]), share(ids[1]), share(ids[2])))
	return r.finder.survey(ctx, budget, &idSurvey{store: r.Checkpoint, fresh: fresh})
}

// readAgain is a record as it is read by its position, or why it can't be.
type readAgain struct {
	intake.Item
	err error
}

// items reads records again, in their order, and pairs them with their rows.
func (r *run) items(ctx context.Context, records []checkpoint.Record) iter.Seq2[*checkpoint.Record, readAgain] {
	return func(yield func(*checkpoint.Record, readAgain) bool) {
		at := make([]intake.Position, len(records))
		for i := range records {
			if records[i].File == checkpoint.Elsewhere {
				yield(&records[i], readAgain{err: errors.New("it is in an earlier source, which this one only corrects")})
				return
			}
			at[i] = positionOf(&records[i])
		}
		n := 0
		for item, err := range r.Source.Read(ctx, at) {
			if err != nil {
				item.User = nil
			}
			if n >= len(records) || !yield(&records[n], readAgain{item, err}) {
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
		inWork := room{settle: r.engine.Settle}
		for chunk, err := range chunks(r.Checkpoint.Records(ctx, where), 250) {
			if err != nil {
				yield(nil, err)
				return
			}
			inWork.take(chunk)
			before, err := r.stepsOf(ctx, chunk)
			if err != nil {
				yield(nil, err)
				return
			}
			shown, err := r.existing(ctx, chunk)
			if err != nil {
				yield(nil, err)
				return
			}
			for record, item := range r.items(ctx, chunk) {
				s, err := r.planBegun(record, item, before[record.ID], shown)
				if !yield(s, err) || err != nil {
					return
				}
			}
		}
	}
}

// existing shows those of the records' users who were there before us, or came
// by a file.
func (r *run) existing(ctx context.Context, records []checkpoint.Record) (map[string]kinde.User, error) {
	shown := map[string]kinde.User{}
	var ids []string
	for i := range records {
		wanted := records[i].Owner == checkpoint.Existed && r.opt.OnExisting == Update || records[i].Owner == checkpoint.Adopted && r.opt.Complete
		if wanted && records[i].Stage == checkpoint.Present {
			ids = append(ids, records[i].KindeID)
		}
	}
	for piece := range slices.Chunk(ids, maxFilterIDs) {
		for page, err := range r.tenant.GetUsersPages(ctx, kinde.GetUsersRequest{UserIDs: piece,
			Expand: []string{kinde.ExpandIdentities, kinde.ExpandOrganizations}}) {
			if err != nil {
				return nil, fmt.Errorf("looking at users who existed: %w", err)
			}
			for _, u := range page.Items {
				shown[u.ID] = u
			}
		}
	}
	return shown, nil
}

func (r *run) planBegun(
	record *checkpoint.Record,
	item readAgain,
	before []checkpoint.Step,
	shown map[string]kinde.User,
) (*engine.Subject, error) {
	if item.User == nil {
		return nil, unreadable(record, item)
	}
	user := cloneUser(item.User)
	if record.Owner == checkpoint.Existed && record.Stage == checkpoint.Present && r.opt.OnExisting != Update {
		w := r.planner.resolve(user)
		s := r.planner.begin(*record, w, before)
		r.planner.leavePassword(s, w, nil)
		if s.Settled == "" {
			s, _ = r.leaveExisting(s)
		}
		return s, nil
	}
	if there, ok := shown[record.KindeID]; ok && record.Owner == checkpoint.Existed {
		w := r.planner.resolve(user)
		s := r.planner.begin(*record, w, before)
		if s.Settled != "" {
			return s, nil
		}
		return r.planExisting(s, w, there, true), nil
	}
	return r.planner.subject(*record, user, before, shown), nil
}

// unreadable tells that a record is not where the first pass found it.
func unreadable(record *checkpoint.Record, item readAgain) error {
	why := item.err
	switch {
	case errors.Is(why, context.Canceled), errors.Is(why, context.DeadlineExceeded): // the run was stopped
		return fmt.Errorf("reading record %d again: %w", record.Number, why)
	case why != nil:
	case len(item.Problems) > 0:
		why = errors.New(item.Problems[0].Message)
	default:
		why = errors.New("it is not there any more")
	}
	return fmt.Errorf("reading record %d again: %w; the source changed under the run", record.Number, why)
}

func (r *run) stepsOf(ctx context.Context, chunk []checkpoint.Record) (map[int64][]checkpoint.Step, error) {
	ids := make([]int64, len(chunk))
	for i := range chunk {
		ids[i] = chunk[i].ID
	}
	steps, err := r.Checkpoint.StepsOfMany(ctx, ids)
	for id := range steps {
		steps[id] = sinceCreate(steps[id])
	}
	return steps, err
}

// sinceCreate leaves out what was done to an earlier user of a record, who was
// deleted and is created again by a repair.
func sinceCreate(steps []checkpoint.Step) []checkpoint.Step {
	at := slices.IndexFunc(steps, func(s checkpoint.Step) bool { return s.Kind == checkpoint.StepCreate })
	if at < 0 {
		return steps
	}
	created := steps[at].Run
	return slices.DeleteFunc(steps, func(s checkpoint.Step) bool { return s.Run < created })
}

// fresh plans records that were never begun: who exists is looked up, a
// thousand at a time, before anything is sent for them.
func (r *run) fresh(ctx context.Context, where checkpoint.Selection) iter.Seq2[*engine.Subject, error] {
	return func(yield func(*engine.Subject, error) bool) {
		begun, inWork := 0, room{settle: r.engine.Settle}
		for chunk, err := range chunks(r.Checkpoint.Records(ctx, where), lookUpChunk) {
			if err != nil {
				yield(nil, err)
				return
			}
			if r.engine.Draining() {
				return
			}
			inWork.take(chunk)
			if begun >= settleEvery {
				begun = 0
				r.engine.Settle()
				if err := r.planner.bulk.writeLongest(ctx); err != nil {
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
				yield(
					nil,
					fmt.Errorf(
						"reading the source again: %d of %d records are there; it changed under the run",
						len(users),
						len(chunk),
					),
				)
				return
			}
			found, err := r.finder.find(ctx, chunk, users)
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
func (r *run) planFresh(
	ctx context.Context,
	record checkpoint.Record,
	w *wanted,
	found match,
	before []checkpoint.Step,
) (*engine.Subject, error) {
	p := r.planner
	s := p.begin(record, w, before)
	if s.Settled != "" {
		return s, nil
	}
	switch {
	case found.other != "":
		return p.idTaken(s, found.other), nil
	case len(found.users) == 0:
		s.Steps = append(s.Steps, p.createStep(w))
		p.addSteps(s, w, nil)
		return s, nil
	case len(found.users) > 1:
		return settleWith(s, checkpoint.Rejected, mapping.Problem{Severity: mapping.Error, Code: mapping.IdentityTaken,
			Message: fmt.Sprintf(
				"its identities belong to %d different users of the tenant",
				len(found.users),
			), Hint: "Merge them in Kinde, or correct the record."}), nil
	}
	user := found.users[0]
	other, taken, err := r.Checkpoint.RecordByKindeID(ctx, user.ID)
	if err != nil {
		return nil, err
	}
	if taken && other.ID != record.ID && (other.Owner == checkpoint.Made || other.Owner == checkpoint.Adopted) &&
		other.Outcome != checkpoint.Deleted {
		message, hint := p.heldBy(&other)
		return settleWith(
			s,
			checkpoint.Rejected,
			mapping.Problem{Severity: mapping.Error, Code: mapping.IdentityTaken, Message: message, Hint: hint},
		), nil
	}
	known := record.KindeID == user.ID
	s.Record.KindeID, s.Record.Owner = user.ID, checkpoint.Existed
	return r.planExisting(s, w, user, known), nil
}

// existsAlready is the problem of a record whose user was there before us.
var existsAlready = mapping.Problem{
	Severity: mapping.Warning,
	Code:     mapping.UserExists,
	Message:  "the user is in the tenant already, and no run of this checkpoint created it",
}

// leaveExisting settles a record whose user was there before us, unless such users are updated.
func (r *run) leaveExisting(s *engine.Subject) (*engine.Subject, bool) {
	exists := existsAlready
	switch r.opt.OnExisting {
	case Fail:
		exists.Severity, exists.Hint = mapping.Error, "Use --on-existing skip or update."
		return settleWith(s, checkpoint.Rejected, exists), true
	case Skip:
		exists.Hint = "Use --on-existing update to bring the user up to date."
		return settleWith(s, checkpoint.Skipped, exists), true
	}
	return s, false
}

// planExisting plans a record whose user was there before us. known tells that
// an earlier pass matched the two.
func (r *run) planExisting(s *engine.Subject, w *wanted, user kinde.User, known bool) *engine.Subject {
	left := r.planner.leavePassword(s, w, &user)
	if s, done := r.leaveExisting(s); done {
		return s
	}
	// Whom an earlier run has begun to update, it was sure of.
	if len(s.Before) == 0 {
		exists := existsAlready
		if exists.Message = r.planner.doubts(s, w, &user, known); exists.Message != "" {
			return settleWith(s, checkpoint.Skipped, exists)
		}
	}
	s.Steps = append(s.Steps, left...)
	s.Record.Stage = checkpoint.Present
	r.planner.addSteps(s, w, &existing{shown: &user})
	return s
}

// doubts says why a user whom a record is matched with may be somebody else, ""
// where that is out of question. An address and the id are sure together; one of
// them alone is not. What only the tenant can tell is left to a step. known tells
// that an earlier pass matched the two.
func (p *planner) doubts(s *engine.Subject, w *wanted, user *kinde.User, known bool) string {
	shared := share(user, addressesOf(w.identities))
	if w.user.SourceID != "" && user.ProvidedID == w.user.SourceID && (known || shared) {
		return ""
	}
	verified, shown := verifiedHere(w, *user)
	switch {
	case !shared && !verified:
		return "the user is matched without an address that both have, so it is left alone"
	case !verified:
		return "the user is matched by an address that the source does not call verified, so it is left alone"
	case !shown:
		s.Steps = append(s.Steps, &verifyStep{p: p, w: w})
	}
	return ""
}

// verifiedHere tells whether the source calls verified the e-mail address by
// which a user is matched. Whether the tenant does only the identities show.
func verifiedHere(w *wanted, user kinde.User) (verified, known bool) {
	shown := map[string]bool{}
	for _, i := range shownIdentities(&user) {
		shown[identityID(i.Kind, i.Value).Key] = true
	}
	for _, i := range w.identities {
		if i.Type == mapping.Email && i.Verified && shown[identityID("email", i.Value).Key] {
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
			return endedBy(ctx, err)
		}
		for _, x := range c.w.identities {
			if i.Kind() == string(x.Type) && x.Type == mapping.Email && x.Verified && i.IsConfirmed &&
				identityID("email", firstOf(i.Email, i.Name)) == identityID("email", x.Value) {
				return engine.Result{Silent: true, Nothing: true}
			}
		}
	}
	s.Record.Stage = checkpoint.Untouched
	c.p.leftAlone.Add(1)
	return c.p.existsResult("the user is matched by an address that the tenant does not call verified, so it is left alone")
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
