package importer

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
	"github.com/kinde-migrate/kinde-migrate/internal/engine"
	"github.com/kinde-migrate/kinde-migrate/internal/intake"
	"github.com/kinde-migrate/kinde-migrate/kinde"
)

// Job is what an import works with.
type Job struct {
	Source     Source
	Target     Target            // a *kinde.Client whose Config.Observe is Recorder.Observe
	Checkpoint *checkpoint.Store // temporary for a dry run
	Recorder   *engine.Recorder
	Pace       Pace // nil: none is shown
	// Drain, once closed, ends the run after what is in flight: the first
	// Ctrl-C. The second cancels ctx.
	Drain <-chan struct{}
	// Confirm is called before the first write with what is going to happen.
	// An error ends the run; nil asks nobody. It is not called when there is nothing to do.
	Confirm func(context.Context, Plan) error
}

// Plan is what a run is about to do.
type Plan struct {
	Environment kinde.Environment
	Domain      string
	Pending     int64 // records to work on
	Resumed     bool
	Unknown     []Unknown
	Changed     []string // options that differ from the last run's
	Gone        int64    // users that the newer source no longer holds
}

// Run imports. The error tells why a run could not go on (credentials, an
// unreachable tenant, a full disk, a *RefusedError); what went wrong with single
// records is in the checkpoint. The Result is valid together with an error, too.
func Run(ctx context.Context, j Job, opt Options) (Result, error) {
	r, err := newRun(&j, &opt)
	if err != nil {
		return Result{}, err
	}
	return r.execute(ctx, r.importAll)
}

// run is one process's work on a job.
type run struct {
	*Job
	opt    *Options
	meter  *meter
	job    checkpoint.Job
	row    checkpoint.Run
	tenant Target // what Job.Target is, or the dry run before it
	dry    *rehearsal

	names      *names
	defs       *definitions
	finder     *finder
	engine     *engine.Engine
	planner    *planner
	result     Result
	pending    int64
	gone       int64 // users that left the source and are to be suspended or deleted
	scanned    bool
	ids        [4]int64 // e-mails, phones and usernames of the source, and its records
	unfinished bool
	borrowed   bool // the job is another command's
}

func newRun(j *Job, opt *Options) (*run, error) {
	if opt.Now == nil {
		opt.Now = time.Now
	}
	if opt.Command == "" {
		opt.Command = "import"
	}
	if opt.RunID == "" {
		opt.RunID = opt.Now().UTC().Format("20060102T150405Z-") + strings.ToLower(rand.Text()[:6])
	}
	if opt.OnExisting == "" {
		opt.OnExisting = Skip
	}
	if opt.Gone == "" {
		opt.Gone = KeepGone
	}
	if opt.MaxGone == 0 {
		opt.MaxGone = 1
	}
	if opt.Gone != KeepGone && opt.Partial {
		return nil, &RefusedError{Kind: BadOptions, Message: "users that are gone can't be told from a part of the source",
			Try: "Leave out --gone, or --limit, --sample, --only and --filter."}
	}
	if j.Recorder == nil {
		j.Recorder = engine.NewRecorder()
	}
	if j.Drain == nil {
		j.Drain = make(chan struct{})
	}
	r := &run{Job: j, opt: opt, tenant: j.Target, meter: newMeter(j, opt)}
	if opt.DryRun {
		r.dry = newRehearsal(j.Target)
		r.dry.linked = r.linked
		r.tenant = r.dry
	}
	return r, nil
}

// execute surrounds the work with what every job needs: its row in the
// timeline, the ticking meter, and an end that is stored whatever happened.
func (r *run) execute(ctx context.Context, work func(context.Context) error) (Result, error) {
	if err := r.open(ctx); err != nil {
		return r.result, err
	}
	stop := make(chan struct{})
	ticking := make(chan error, 1)
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	go func() {
		err := r.meter.loop(ctx, stop)
		if err != nil {
			cancel(err) // a checkpoint that can't be written ends the run
		}
		ticking <- err
	}()
	err := work(ctx)
	close(stop)
	err = errors.Join(err, <-ticking)
	return r.close(ctx, err)
}

// open begins the run in the checkpoint: its job, its pass, its row.
func (r *run) open(ctx context.Context) error {
	job, ok, err := r.Checkpoint.Job(ctx)
	if err != nil {
		return err
	}
	if err := r.sameOrigin(ctx); err != nil {
		return err
	}
	switch {
	case !ok && r.borrowed:
		return &RefusedError{Kind: OtherCommand, Message: "the checkpoint holds no import", Try: "Name the checkpoint of the import with --checkpoint."}
	case !ok:
		job = checkpoint.Job{Command: r.opt.Command, Pass: 1, Source: 0, Options: r.opt.pinned(), Created: r.opt.Now()}
	case r.borrowed:
		// A rollback works on the job of an import.
		if job.Complete {
			job.Pass++
			job.Complete = false
		} else {
			r.result.Resumed = true
		}
	case job.Command != r.opt.Command:
		return &RefusedError{Kind: OtherCommand, Message: fmt.Sprintf("the checkpoint belongs to a job of %q, not of %q", job.Command, r.opt.Command),
			Try: "Name another file with --checkpoint."}
	default:
		if err := r.sameOptions(job); err != nil {
			return err
		}
		r.result.Resumed = !job.Complete
		if job.Complete {
			job.Pass++
			job.Complete = false
		}
		job.Options = r.opt.pinned()
	}
	r.job = job
	runs, err := r.Checkpoint.Runs(ctx)
	if err != nil {
		return err
	}
	r.row = checkpoint.Run{Name: r.opt.RunID, Pass: job.Pass, Command: r.opt.Command, Version: r.opt.Version, Resumed: r.result.Resumed, Started: r.opt.Now()}
	if err := r.Checkpoint.Commit(ctx, checkpoint.SetJob{Job: job}, checkpoint.PutRun{Run: &r.row}); err != nil {
		return err
	}
	first := r.row.ID
	for _, x := range runs {
		if x.Pass == job.Pass {
			first = min(first, x.ID)
		}
	}
	r.meter.run = r.row.ID
	r.planner = &planner{opt: r.opt, target: r.tenant, store: r.Checkpoint, pass: job.Pass, first: first}
	r.planner.settle = &settler{target: r.tenant, clock: r.Recorder.ServerTime, openSince: map[int64]time.Time{}, doubted: map[int64]time.Time{}}
	r.planner.rosters.sizes = r.Checkpoint.Organizations
	r.planner.bulk = &members{p: r.planner, queues: map[queueKey][]*membership{}}
	r.engine = engine.New(engine.Config{Store: r.Checkpoint, Run: r.row.ID, Pass: job.Pass, Workers: r.opt.Concurrency, Drain: r.Drain, Now: r.opt.Now,
		TooMany: r.tooMany, Worked: func(*engine.Subject) { r.meter.worked() }, Settled: func(s *engine.Subject, o checkpoint.Outcome) { r.meter.settled(o) }})
	r.planner.engine = r.engine
	return nil
}

// sameOptions refuses options that differ from the last run's unless that is meant.
func (r *run) sameOptions(job checkpoint.Job) error {
	if job.Options == r.opt.pinned() {
		return nil
	}
	var was map[string]string
	if err := json.Unmarshal([]byte(job.Options), &was); err != nil {
		was = nil
	}
	keys := slices.Sorted(maps.Keys(was))
	for k := range r.opt.Pinned {
		if _, ok := was[k]; !ok {
			keys = append(keys, k)
		}
	}
	var changed []string
	for _, k := range keys {
		if was[k] != r.opt.Pinned[k] {
			changed = append(changed, fmt.Sprintf("%s: %q, now %q", k, was[k], r.opt.Pinned[k]))
		}
	}
	if r.opt.AcceptChanges || len(changed) == 0 {
		return nil
	}
	return &RefusedError{Kind: OptionsChanged, Message: "the options differ from the last run's: " + strings.Join(changed, "; "),
		Try: "Use the same options, or --accept-changes."}
}

func (r *run) tooMany(failed, settled int64) bool {
	if r.opt.MaxErrors > 0 && failed >= r.opt.MaxErrors {
		return true
	}
	// A share means nothing before a hundred records have been tried.
	return r.opt.MaxErrorsPercent > 0 && settled >= 100 && float64(failed)*100 >= r.opt.MaxErrorsPercent*float64(settled)
}

// close stores how the run ended and fills the result.
func (r *run) close(ctx context.Context, err error) (Result, error) {
	// What is left to write is written even when ctx has ended.
	ctx = context.WithoutCancel(ctx)
	r.result.TooMany = errors.Is(err, engine.ErrTooMany)
	if r.result.TooMany {
		err = nil
	}
	draining := r.draining()
	r.result.Interrupted = (draining && r.unfinished) || errors.Is(err, context.Canceled)
	r.row.Finished, r.row.End = r.opt.Now(), "finished"
	switch {
	case r.result.Interrupted:
		r.row.End = "interrupted"
	case err != nil:
		r.row.End, r.row.Error = "failed", err.Error()
	}
	complete := err == nil && !r.result.Interrupted && !r.result.TooMany && !r.unfinished
	storeErr := r.finishSuspensions(ctx)
	if storeErr == nil {
		storeErr = r.meter.tick(ctx)
	}
	if storeErr == nil {
		storeErr = r.Checkpoint.Commit(ctx, append(r.ending(complete), checkpoint.PutRun{Run: &r.row})...)
	}
	if storeErr == nil {
		r.result.Totals, storeErr = r.Checkpoint.Totals(ctx)
	}
	r.result.Run, r.result.Failed = r.row, r.engine.Failed()
	if r.dry != nil {
		r.result.Planned = r.dry.planned(r.Recorder)
	}
	if err == nil {
		err = storeErr
	}
	if err != nil && checkpoint.ReasonOf(storeErr) != "" {
		err = storeErr
	}
	return r.result, err
}

func (r *run) draining() bool {
	select {
	case <-r.Drain:
		return true
	default:
		return false
	}
}

// importAll is the way of an import.
func (r *run) importAll(ctx context.Context) error {
	if err := r.read(ctx); err != nil {
		return err
	}
	if err := r.Checkpoint.Commit(ctx, checkpoint.Reopen{Refused: r.opt.RetryFailed, Dropped: r.opt.Mirror}); err != nil {
		return err
	}
	var err error
	if r.pending, err = r.Checkpoint.Count(ctx, checkpoint.Selection{Outcomes: []checkpoint.Outcome{checkpoint.Pending}}); err != nil {
		return err
	}
	if err := r.requireWhole(ctx); err != nil {
		return err
	}
	if r.gone, err = r.countGone(ctx); err != nil {
		return err
	}
	if r.pending == 0 && r.gone == 0 {
		if owed, err := r.readBackOwed(ctx); err != nil {
			return err
		} else if !owed {
			r.result.Nothing = r.Recorder.Total() == 0
			return r.date(ctx)
		}
	}
	if err := r.meet(ctx); err != nil {
		return err
	}
	if err := r.apply(ctx); err != nil {
		r.unfinished = true
		return err
	}
	if r.draining() || r.engine.Draining() {
		r.unfinished = true
		return nil
	}
	if err := r.settleRest(ctx); err != nil {
		r.unfinished = true
		return err
	}
	if err := r.dealWithGone(ctx); err != nil {
		r.unfinished = true
		return err
	}
	if r.draining() {
		r.unfinished = true
		return nil
	}
	return r.readBack(ctx)
}

// meet learns what the tenant is and has, and asks for leave to write.
func (r *run) meet(ctx context.Context) error {
	r.meter.begin("looking at the tenant", 0)
	environment, err := r.tenant.GetEnvironment(ctx)
	if err != nil {
		return fmt.Errorf("asking which tenant this is: %w", err)
	}
	if err := r.sameTenant(ctx, environment); err != nil {
		return err
	}
	if r.defs, err = learn(ctx, r.tenant, r.names, r.opt.Organization); err != nil {
		return err
	}
	r.planner.defs = r.defs
	if r.opt.Organization != "" {
		if _, ok := r.defs.byCode[r.opt.Organization]; !ok {
			return &RefusedError{Kind: BadOptions, Message: fmt.Sprintf("the tenant has no organization %q", r.opt.Organization), Try: "Check --organization."}
		}
	}
	r.result.Unknown = r.defs.unknown(r.names, r.opt.CreateMissing)
	if r.opt.Strict && len(r.result.Unknown) > 0 {
		return &RefusedError{Kind: StrictNames, Message: fmt.Sprintf("the source names %d things that the tenant lacks", len(r.result.Unknown)),
			Try: "Create them, use --create-missing, or leave out --strict.", Unknown: r.result.Unknown}
	}
	if r.Confirm != nil {
		plan := Plan{Environment: environment, Domain: r.tenant.BaseURL(), Pending: r.pending, Resumed: r.result.Resumed, Unknown: r.result.Unknown, Gone: r.gone}
		if err := r.Confirm(ctx, plan); err != nil {
			return err
		}
	}
	if r.opt.CreateMissing && len(r.result.Unknown) > 0 {
		if err := r.createMissing(ctx); err != nil {
			return err
		}
	}
	return r.Checkpoint.Commit(ctx, r.crosswalk())
}

// createMissing creates definitions, and notes them for a rollback.
func (r *run) createMissing(ctx context.Context) (err error) {
	if r.defs.made, err = InventoryOf(ctx, r.Checkpoint); err != nil {
		return err
	}
	return r.defs.create(ctx, r.tenant, r.names)
}

// sameOrigin refuses a checkpoint of another tenant before anything is done, and
// when nothing is left to do, too: nobody of it needs to be in this one.
func (r *run) sameOrigin(ctx context.Context) error {
	was, ok, err := r.Checkpoint.Tenant(ctx)
	if err != nil || !ok || was.Origin == r.tenant.BaseURL() {
		return err
	}
	return otherTenant(was, checkpoint.Tenant{Origin: r.tenant.BaseURL()})
}

func otherTenant(was, now checkpoint.Tenant) error {
	name := func(t checkpoint.Tenant) string {
		if t.Name == "" {
			return t.Origin
		}
		return fmt.Sprintf("%s (%s)", t.Origin, t.Name)
	}
	return &RefusedError{Kind: OtherTenant, Message: fmt.Sprintf("the checkpoint belongs to the tenant %s, this is %s", name(was), name(now)),
		Try: "Use the domain of the first run, or name another file with --checkpoint."}
}

// sameTenant refuses to go on in another tenant.
func (r *run) sameTenant(ctx context.Context, e kinde.Environment) error {
	was, ok, err := r.Checkpoint.Tenant(ctx)
	if err != nil {
		return err
	}
	now := checkpoint.Tenant{Origin: r.tenant.BaseURL(), Code: e.Code, Name: e.Name, Live: e.IsLive, Domain: r.tenant.BaseURL()}
	other := ok && (was.Origin != now.Origin || was.Code != "" && now.Code != "" && was.Code != now.Code)
	if other {
		return otherTenant(was, now)
	}
	return r.Checkpoint.Commit(ctx, checkpoint.SetTenant{Tenant: now})
}

// positionOf finds the rows of a record in the source.
func positionOf(r *checkpoint.Record) intake.Position {
	p := intake.Position{File: r.File, Number: r.Number, Line: r.Line, Offset: r.Offset, Length: r.Length}
	for _, x := range r.Rows {
		p.Rows = append(p.Rows, intake.Position{File: x.File, Number: x.Number, Line: x.Line, Offset: x.Offset, Length: x.Length})
	}
	return p
}

// chunks gathers records by the hundred.
func chunks(records iter.Seq2[checkpoint.Record, error], size int) iter.Seq2[[]checkpoint.Record, error] {
	return func(yield func([]checkpoint.Record, error) bool) {
		chunk := make([]checkpoint.Record, 0, size)
		for r, err := range records {
			if err != nil {
				yield(nil, err)
				return
			}
			chunk = append(chunk, r)
			if len(chunk) == size {
				if !yield(chunk, nil) {
					return
				}
				chunk = make([]checkpoint.Record, 0, size)
			}
		}
		if len(chunk) > 0 {
			yield(chunk, nil)
		}
	}
}
