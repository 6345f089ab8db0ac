package importer

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
	"github.com/kinde-migrate/kinde-migrate/internal/definition"
	"github.com/kinde-migrate/kinde-migrate/internal/engine"
	"github.com/kinde-migrate/kinde-migrate/internal/intake"
	"github.com/kinde-migrate/kinde-migrate/internal/job"
	"github.com/kinde-migrate/kinde-migrate/kinde"
)

// Job is what an import works with.
type Job struct {
	Source     Source
	Target     Target            // a *kinde.Client whose Config.Observe is Recorder.Observe
	Checkpoint *checkpoint.Store // temporary for a dry run
	Recorder   *engine.Recorder
	Pace       job.Pace // nil: none is shown
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
	Gone        int64 // users that the newer source no longer holds
}

// Run imports. The error tells why a run could not go on (credentials, an
// unreachable tenant, a full disk, a *job.RefusedError); what went wrong with single
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
	job    *job.Run
	engine *engine.Engine
	meter  *job.Meter
	tenant Target // what Job.Target is, or the dry run before it
	dry    *rehearsal

	names    *Names
	defs     *definition.Set
	finder   *finder
	planner  *planner
	result   Result
	pending  int64
	gone     int64 // users that left the source and are to be suspended or deleted
	scanned  bool
	ids      [4]int64 // e-mails, phones and usernames of the source, and its records
	borrowed bool     // the job is another command's
}

func newRun(j *Job, opt *Options) (*run, error) {
	if opt.Now == nil {
		opt.Now = time.Now
	}
	if opt.Command == "" {
		opt.Command = "import"
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
		return nil, &job.RefusedError{Kind: job.BadOptions, Message: "users that are gone can't be told from a part of the source",
			Try: "Leave out --gone, or --limit, --sample, --only and --filter; a folder that was fetched with --since or not completely is a part, too."}
	}
	if j.Recorder == nil {
		j.Recorder = engine.NewRecorder()
	}
	r := &run{Job: j, opt: opt, tenant: j.Target}
	if opt.DryRun {
		r.dry = newRehearsal(j.Target, newHoldings(j.Checkpoint).user)
		r.tenant = r.dry
	}
	return r, nil
}

// execute surrounds the work with the life of a run.
func (r *run) execute(ctx context.Context, work func(context.Context) error) (Result, error) {
	if err := r.open(ctx); err != nil {
		if r.job != nil {
			r.result.Resumed = r.job.Resumed
		}
		return r.result, err
	}
	err := r.job.Do(ctx, work, r.finishSuspensions)
	r.result.Result = r.job.Result
	totals, storeErr := r.Checkpoint.Totals(context.WithoutCancel(ctx))
	r.result.Totals = totals
	if r.dry != nil {
		r.result.Planned = r.dry.planned(r.Recorder)
	}
	if err == nil || checkpoint.ReasonOf(storeErr) != "" {
		err = storeErr
	}
	return r.result, err
}

// open begins the run in the checkpoint, and makes what plans and does its work.
func (r *run) open(ctx context.Context) (err error) {
	opt, accept := r.opt, r.sameOptions
	if _, read, err := r.Checkpoint.Source(ctx); err != nil {
		return err
	} else if !read {
		accept = func(checkpoint.Job) error { return nil } // a first pass was refused or cut: nothing was planned by these options
	}
	r.job, err = job.Begin(
		ctx,
		job.Config{Store: r.Checkpoint, Recorder: r.Recorder, Pace: r.Pace, Progress: opt.Progress, Drain: r.Drain, Now: opt.Now,
			Workers: opt.Concurrency, Limit: opt.MaxErrors, Command: opt.Command, Version: opt.Version, Name: opt.RunID, Options: opt.pinned(),
			Origin: r.origin(), File: "checkpoint", Accept: accept, Borrowed: r.borrowed, AwaitDelivery: opt.AwaitDelivery},
	)
	if err != nil {
		return err
	}
	r.engine, r.meter = r.job.Engine, r.job.Meter
	r.planner = &planner{opt: opt, target: r.tenant, store: r.Checkpoint, engine: r.engine, pass: r.job.Pass, first: r.job.First}
	r.planner.settle = &settler{
		target:    r.tenant,
		clock:     r.Recorder.ServerTime,
		openSince: map[int64]time.Time{},
		doubted:   map[int64]time.Time{},
	}
	r.planner.rosters.sizes = r.Checkpoint.Organizations
	r.planner.bulk = &members{p: r.planner, queues: map[queueKey][]*membership{}}
	return nil
}

// origin is the tenant's; a conversion has none yet.
func (r *run) origin() string {
	if r.tenant == nil {
		return ""
	}
	return r.tenant.BaseURL()
}

// sameOptions refuses options that differ from the last run's unless that is meant.
func (r *run) sameOptions(was checkpoint.Job) error {
	if was.Options == r.opt.pinned() {
		return nil
	}
	var before map[string]string
	if err := json.Unmarshal([]byte(was.Options), &before); err != nil {
		before = nil
	}
	keys := slices.Sorted(maps.Keys(before))
	for k := range r.opt.Pinned {
		if _, ok := before[k]; !ok {
			keys = append(keys, k)
		}
	}
	var changed []string
	for _, k := range keys {
		if before[k] != r.opt.Pinned[k] {
			changed = append(changed, fmt.Sprintf("%s: %q, now %q", k, before[k], r.opt.Pinned[k]))
		}
	}
	if r.opt.AcceptChanges || len(changed) == 0 {
		return nil
	}
	return &job.RefusedError{Kind: job.OptionsChanged, Message: "the options differ from the last run's: " + strings.Join(changed, "; "),
		Try: "Use the same options, or --accept-changes."}
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
	if err := r.requireReadable(ctx); err != nil {
		return err
	}
	if err := r.requireWhole(ctx); err != nil {
		return err
	}
	if r.gone, err = r.countGone(ctx); err != nil {
		return err
	}
	left, err := r.countLeft(ctx)
	if err != nil {
		return err
	}
	if r.pending == 0 && r.gone == 0 && left == 0 {
		if owed, err := r.readBackOwed(ctx); err != nil {
			return err
		} else if !owed {
			r.job.Nothing = r.Recorder.Total() == 0
			return r.date(ctx)
		}
	}
	if err := r.lookAtTenant(ctx); err != nil {
		return err
	}
	if err := r.settleLeft(ctx, left); err != nil {
		return err
	}
	for _, part := range []func(context.Context) error{r.adoptFiled, r.apply, r.settleRest, r.dealWithGone} {
		if err := part(ctx); err != nil {
			return err
		}
		if r.job.Draining() {
			r.job.Unfinished = true
			return nil
		}
	}
	return r.readBack(ctx)
}

// lookAtTenant learns what the tenant is and has, and asks for leave to write.
func (r *run) lookAtTenant(ctx context.Context) error {
	r.meter.Begin("looking at the tenant", 0)
	environment, err := r.tenant.GetEnvironment(ctx)
	if err != nil {
		return fmt.Errorf("asking which tenant this is: %w", err)
	}
	if err := r.job.SameTenant(ctx, environment); err != nil {
		return err
	}
	if r.defs, err = readDefinitions(ctx, r.tenant, r.names, r.opt.Organization); err != nil {
		return err
	}
	r.planner.defs = r.defs
	if r.opt.Organization != "" {
		if _, ok := r.defs.OrganizationAt(r.opt.Organization); !ok {
			return &job.RefusedError{
				Kind:    job.BadOptions,
				Message: fmt.Sprintf("the tenant has no organization %q", r.opt.Organization),
				Try:     "Check --organization.",
			}
		}
	}
	r.result.Unknown = unknown(r.defs, r.names, r.opt.CreateMissing)
	if r.opt.Strict && len(r.result.Unknown) > 0 {
		return &job.RefusedError{
			Kind:    job.StrictNames,
			Message: fmt.Sprintf("the source names %d things that the tenant lacks", len(r.result.Unknown)),
			Try:     "Create them, use --create-missing, or leave out --strict.",
		}
	}
	if r.Confirm != nil {
		plan := Plan{
			Environment: environment,
			Domain:      r.tenant.BaseURL(),
			Pending:     r.pending,
			Resumed:     r.job.Resumed,
			Unknown:     r.result.Unknown,
			Gone:        r.gone,
		}
		if err := r.Confirm(ctx, plan); err != nil {
			return err
		}
	}
	if r.opt.CreateMissing && len(r.result.Unknown) > 0 {
		if err := r.createMissing(ctx); err != nil {
			return err
		}
	}
	crosswalk, err := r.crosswalk(ctx)
	if err != nil {
		return err
	}
	return r.Checkpoint.Commit(ctx, crosswalk)
}

// createMissing creates definitions, and notes them for a rollback.
func (r *run) createMissing(ctx context.Context) (err error) {
	if r.defs.Notes, err = InventoryOf(ctx, r.Checkpoint); err != nil {
		return err
	}
	return createMissing(ctx, r.defs, r.names)
}

// positionOf finds the rows of a record in the source.
func positionOf(r *checkpoint.Record) intake.Position {
	p := intake.Position{File: r.File, Number: r.Number, Line: r.Line, Offset: r.Offset, Length: r.Length}
	for _, x := range r.Rows {
		p.Rows = append(p.Rows, intake.Position{File: x.File, Number: x.Number, Line: x.Line, Offset: x.Offset, Length: x.Length})
	}
	return p
}
