package importer

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"slices"
	"strings"

	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
	"github.com/kinde-migrate/kinde-migrate/internal/engine"
	"github.com/kinde-migrate/kinde-migrate/internal/intake"
	"github.com/kinde-migrate/kinde-migrate/internal/mapping"
	"github.com/kinde-migrate/kinde-migrate/kinde"
)

// Repair is a record that a comparison found missing or different.
type Repair struct {
	Key    intake.Key
	Shown  *kinde.User // the user as the tenant shows them; nil: missing
	Fields []string    // of the comparison: what is not as it should be
	Other  string      // missing: Kinde id of somebody else who carries the record's id
}

// HalfMade are the records whose user was begun by a run that was stopped. A
// comparison may find nothing wrong with them: it does not see that a password
// is missing.
var HalfMade = checkpoint.Selection{
	Outcomes: []checkpoint.Outcome{checkpoint.Pending},
	Stage:    []checkpoint.Stage{checkpoint.Intended, checkpoint.Present},
}

// RunRepairs creates who is missing and mends the fields that differ, nothing
// else, and finishes whom an earlier run has half made. The checkpoint may be that
// of the import, whose state it keeps true, or one of its own. What can't be mended (a verified state) is left as it is.
func RunRepairs(ctx context.Context, j Job, opt Options, repairs iter.Seq2[Repair, error]) (Result, error) {
	job, known, err := j.Checkpoint.Job(ctx)
	if err != nil {
		return Result{}, err
	}
	if known {
		// The rules stay those of the import.
		if err := json.Unmarshal([]byte(job.Options), &opt.Pinned); err != nil {
			opt.Pinned = nil
		}
	}
	opt.OnExisting, opt.NoReconcile = Update, true
	r, err := newRun(&j, &opt)
	if err != nil {
		return Result{}, err
	}
	r.borrowed = known
	return r.execute(ctx, func(ctx context.Context) error { return r.repair(ctx, repairs) })
}

func (r *run) repair(ctx context.Context, repairs iter.Seq2[Repair, error]) error {
	if err := r.read(ctx); err != nil {
		return err
	}
	if err := r.Checkpoint.Commit(ctx, checkpoint.IndexKeys{}); err != nil {
		return err
	}
	if err := r.lookAtTenant(ctx); err != nil {
		return err
	}
	r.finder = &finder{target: r.tenant}
	r.meter.Begin("mending", 0)
	// Whom an earlier run has half made gets all that is left first; what still
	// differs of them then is mended as of everybody else.
	if err := r.engine.Run(ctx, r.begun(ctx, HalfMade), r.planner.bulk.flush); err != nil {
		return err
	}
	if err := r.Checkpoint.Flush(ctx); err != nil {
		return err
	}
	if err := r.engine.Run(ctx, r.repairSubjects(ctx, repairs), r.planner.bulk.flush); err != nil {
		return err
	}
	if r.job.Draining() {
		r.job.Unfinished = true
		return nil
	}
	if err := r.settleRest(ctx); err != nil {
		return err
	}
	if n := r.planner.leftAlone.Load(); n > 0 {
		r.meter.Note(
			fmt.Sprintf(
				"Left alone, because they may be somebody else: %d. No address that they share with the source is verified on both sides.",
				n,
			),
		)
	}
	return nil
}

// repairSubjects plans a few hundred repairs at a time.
func (r *run) repairSubjects(ctx context.Context, repairs iter.Seq2[Repair, error]) iter.Seq2[*engine.Subject, error] {
	return func(yield func(*engine.Subject, error) bool) {
		batch := make([]Repair, 0, 250)
		flush := func() bool {
			for s, err := range r.repairBatch(ctx, batch) {
				if !yield(s, err) || err != nil {
					return false
				}
			}
			batch = batch[:0]
			return true
		}
		for x, err := range repairs {
			if err != nil {
				yield(nil, err)
				return
			}
			if batch = append(batch, x); len(batch) == cap(batch) && !flush() {
				return
			}
		}
		flush()
	}
}

func (r *run) repairBatch(ctx context.Context, batch []Repair) iter.Seq2[*engine.Subject, error] {
	return func(yield func(*engine.Subject, error) bool) {
		keys := make([]checkpoint.Digest, len(batch))
		for i, x := range batch {
			keys[i] = r.Checkpoint.Keyed(x.Key.Kind.String() + "\x00" + x.Key.Value)
		}
		known, err := r.Checkpoint.RecordsByKey(ctx, keys)
		if err != nil {
			yield(nil, err)
			return
		}
		var records []checkpoint.Record
		byID := map[int64]*Repair{}
		for i := range batch {
			x, ok := known[keys[i]]
			wrote := x.Outcome == checkpoint.Created || x.Outcome == checkpoint.Updated
			made := batch[i].Shown == nil && x.Stage == checkpoint.Present && x.Pass == r.job.Pass && wrote // by now
			if ok && !made {
				records = append(records, x)
				byID[x.ID] = &batch[i]
			}
		}
		for record, item := range r.items(ctx, records) {
			if item.User == nil {
				yield(nil, unreadable(record, item))
				return
			}
			if !yield(r.planRepair(*record, cloneUser(item.User), byID[record.ID]), nil) {
				return
			}
		}
	}
}

func (r *run) planRepair(record checkpoint.Record, u *mapping.User, x *Repair) *engine.Subject {
	p := r.planner
	if x.Shown == nil {
		record.KindeID, record.Owner, record.Stage = "", checkpoint.NoOwner, checkpoint.Untouched
		w := p.resolve(u)
		s := p.begin(record, w, nil)
		if s.Settled == "" && x.Other != "" {
			return p.idTaken(s, x.Other)
		}
		if s.Settled == "" {
			s.Steps = append(s.Steps, p.createStep(w))
			p.addSteps(s, w, nil)
		}
		return s
	}
	known := record.KindeID == x.Shown.ID // else it is not whom the job brought, or nobody knows
	met := known && record.Stage == checkpoint.Present
	record.KindeID, record.Stage = x.Shown.ID, checkpoint.Present
	if !known || record.Owner == checkpoint.NoOwner {
		record.Owner = checkpoint.Existed
	}
	w := p.resolve(u)
	s := p.begin(record, w, nil)
	if s.Settled != "" {
		return s
	}
	var left []engine.Step
	if record.Owner == checkpoint.Existed {
		left = p.leavePassword(s, w, x.Shown)
	}
	if !met {
		s.Steps = append(
			s.Steps,
			&notedStep{info: engine.Info{Kind: "matched"}, result: engine.Result{Silent: true, Nothing: true, Forget: true}},
		)
		if why := p.doubts(s, w, x.Shown, known); why != "" {
			p.leftAlone.Add(1)
			s.Record.Stage = checkpoint.Untouched
			return settleWith(s, checkpoint.Skipped, mapping.Problem{Severity: mapping.Warning, Code: mapping.UserExists, Message: why})
		}
	}
	s.Steps = append(s.Steps, left...)
	have := &existing{shown: x.Shown}
	if slices.Contains(x.Fields, "is_suspended") {
		s.Steps = append(s.Steps, p.suspendAs(w, have))
	}
	touched := func(names ...string) bool {
		return slices.ContainsFunc(x.Fields, func(f string) bool { return slices.Contains(names, f) })
	}
	under := func(prefix string) bool {
		return slices.ContainsFunc(x.Fields, func(f string) bool { return strings.HasPrefix(f, prefix) })
	}
	if touched("given_name", "family_name", "picture", "provided_id") {
		p.addProfile(s, w, have)
	}
	if touched("email", "phone", "username") {
		p.addIdentities(s, w, have)
	}
	if touched(kinde.IdentitySocial, kinde.IdentityEnterprise) {
		p.addLinks(s, w, have)
	}
	if under("properties.") {
		p.addProperties(s, w, have)
	}
	some := *w
	some.members = slices.DeleteFunc(slices.Clone(w.members), func(m wantedMember) bool {
		return !touched("organizations."+m.code, "roles."+m.code)
	})
	p.addMembers(s, &some, have)
	return s
}

// suspendAs brings a suspension to what the source says, either way.
func (p *planner) suspendAs(w *wanted, known *existing) engine.Step {
	target, suspended := p.target, w.suspended
	return &callStep{
		p:      p,
		info:   engine.Info{Kind: checkpoint.StepSuspension, Digest: p.digest(checkpoint.StepSuspension, suspended), Urgent: true},
		detail: beforeImage(map[string]any{"is_suspended": known.shown.IsSuspended}),
		stop:   suspended,
		do: func(ctx context.Context, id string) error {
			if err := target.UpdateUser(ctx, id, kinde.UpdateUserRequest{IsSuspended: &suspended}); err != nil {
				return fmt.Errorf("bringing the suspension to what the source says: %w", err)
			}
			return nil
		},
	}
}
