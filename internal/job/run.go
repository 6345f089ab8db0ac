package job

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
	"github.com/kinde-migrate/kinde-migrate/internal/engine"
	"github.com/kinde-migrate/kinde-migrate/kinde"
)

// Config is what a run needs.
type Config struct {
	Store    *checkpoint.Store
	Recorder *engine.Recorder // nil: requests are not counted
	Pace     Pace             // nil: none is shown or remembered
	Progress Progress         // nil: none is told
	Drain    <-chan struct{}  // once closed, what is in flight is finished and the run ends
	Now      func() time.Time // nil: time.Now
	Workers  int              // subjects in work at once; 0 is sensible
	Limit    MaxErrors

	Command string
	Version string // of the program
	Name    string // of the run; "" is made up
	Options string // what the next run is compared with
	Origin  string // of the tenant
	File    string // what a person calls the checkpoint, which is also its flag: "checkpoint", "state"

	// Accept tells whether options that differ from the last run's are meant.
	Accept func(was checkpoint.Job) error
	// Borrowed tells that the job is another command's: it must be there, and
	// its options stay.
	Borrowed bool
	// Confirmed tells that a pass begins together with its records, once the
	// work is confirmed, and not with the run.
	Confirmed bool

	// AwaitDelivery keeps a pass that ran to its end open until the store's
	// Delivered is called: a run that is killed before its report is written
	// tells the same when it is run again.
	AwaitDelivery bool
}

// MaxErrors is how many records may fail before the run stops; the zero value is any number.
type MaxErrors struct {
	Count   int64
	Percent float64
}

func (m MaxErrors) reached(failed, settled int64) bool {
	if m.Count > 0 && failed >= m.Count {
		return true
	}
	// A share means nothing before a hundred records have been tried.
	return m.Percent > 0 && settled >= 100 && float64(failed)*100 >= m.Percent*float64(settled)
}

// Result is how a run ended. Everything else is in the checkpoint.
type Result struct {
	Run         checkpoint.Run
	Resumed     bool
	Interrupted bool  // drained before the end
	TooMany     bool  // stopped by MaxErrors
	Nothing     bool  // there was nothing to do
	Failed      int64 // records that failed in this run
}

// Run is one process's work on a job.
type Run struct {
	checkpoint.Job // as it is stored by whoever changes it
	Result
	Engine *engine.Engine
	Meter  *Meter
	First  int64 // id of the first run of this pass
	// Unfinished is set by work that returns without an error and has left something.
	Unfinished bool

	cfg Config
}

// Begin begins a run in the checkpoint.
func Begin(ctx context.Context, c Config) (*Run, error) {
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Name == "" {
		c.Name = c.Now().UTC().Format("20060102T150405Z-") + strings.ToLower(rand.Text()[:6])
	}
	if c.Recorder == nil {
		c.Recorder = engine.NewRecorder()
	}
	if c.Drain == nil {
		c.Drain = make(chan struct{})
	}
	r := &Run{cfg: c, Meter: newMeter(&c)}
	if err := r.open(ctx); err != nil {
		return r, err
	}
	row := &r.Result.Run
	r.Engine = engine.New(engine.Config{Store: c.Store, Run: row.ID, Pass: r.Pass, Workers: c.Workers, Drain: c.Drain, Now: c.Now,
		TooMany: c.Limit.reached, Worked: func(*engine.Subject) { r.Meter.worked() },
		Settled: func(_ *engine.Subject, o checkpoint.Outcome) { r.Meter.settled(o) }})
	return r, nil
}

func (r *Run) open(ctx context.Context) error {
	if err := r.sameOrigin(ctx); err != nil {
		return err
	}
	job, known, err := r.cfg.Store.Job(ctx)
	if err != nil {
		return err
	}
	switch {
	case !known && r.cfg.Borrowed:
		return r.holdsNoImport(ctx)
	case !known:
		job = checkpoint.Job{Command: r.cfg.Command, Pass: 1, Options: r.cfg.Options, Created: r.cfg.Now()}
	case r.cfg.Borrowed:
	case job.Command != r.cfg.Command:
		return &RefusedError{
			Kind:    OtherCommand,
			Message: fmt.Sprintf("the %s belongs to a job of %q, not of %q", r.cfg.File, job.Command, r.cfg.Command),
			Try:     "Choose another file with --" + r.cfg.File + ".",
		}
	default:
		if err := r.cfg.Accept(job); err != nil {
			return err
		}
		job.Options = r.cfg.Options
	}
	r.Resumed = known && !job.Complete
	if job.Complete {
		job.Pass++
		job.Complete = false
	}
	r.Job = job
	return r.addRow(ctx)
}

// holdsNoImport refuses a checkpoint without a job. What was created before the job
// began is named: that alone can't be taken back, since no tenant is noted yet.
func (r *Run) holdsNoImport(ctx context.Context) error {
	refused := &RefusedError{
		Kind:    OtherCommand,
		Message: "the checkpoint holds no import",
		Try:     "Choose the checkpoint of the import with --checkpoint.",
	}
	made, err := r.cfg.Store.Definitions(ctx)
	switch {
	case err != nil:
		return err
	case len(made) == 0:
		return refused
	}
	var names []string
	for _, d := range made {
		names = append(names, d.Kind+" "+d.Name)
	}
	refused.Message += " yet, only what was created before it stopped: " + strings.Join(names, ", ")
	refused.Try = "Run the same command as then again. When it has come to the users, rollback --definitions deletes these, too."
	return refused
}

// addRow puts the run into the checkpoint's list of runs.
func (r *Run) addRow(ctx context.Context) error {
	runs, err := r.cfg.Store.Runs(ctx)
	if err != nil {
		return err
	}
	row := &r.Result.Run
	*row = checkpoint.Run{
		Name:    r.cfg.Name,
		Pass:    r.Pass,
		Command: r.cfg.Command,
		Version: r.cfg.Version,
		Resumed: r.Resumed,
		Started: r.cfg.Now(),
	}
	changes := []checkpoint.Change{checkpoint.PutRun{Run: row}}
	if !r.cfg.Confirmed {
		changes = append(changes, checkpoint.SetJob{Job: r.Job})
	}
	if err := r.cfg.Store.Commit(ctx, changes...); err != nil {
		return err
	}
	r.First = row.ID
	for _, x := range runs {
		if x.Pass == r.Pass {
			r.First = min(r.First, x.ID)
		}
	}
	return nil
}

// Do does the work, and then what is owed to the checkpoint however it ended.
func (r *Run) Do(ctx context.Context, work func(context.Context) error, owed func(context.Context) error) error {
	working, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	stop, ticking := make(chan struct{}), make(chan error, 1)
	go func() {
		err := r.ticks(working, stop)
		if err != nil {
			cancel(err) // a checkpoint that can't be written ends the run
		}
		ticking <- err
	}()
	err := work(working)
	close(stop)
	// What is left to write is written even when ctx has ended.
	return r.end(context.WithoutCancel(ctx), errors.Join(err, <-ticking), owed)
}

// end stores how the run ended.
func (r *Run) end(ctx context.Context, err error, owed func(context.Context) error) error {
	if r.TooMany = errors.Is(err, engine.ErrTooMany); r.TooMany {
		err = nil
	}
	_, refused := errors.AsType[*RefusedError](err)
	r.Interrupted = r.drained() && (r.Unfinished || err != nil && !refused) || errors.Is(err, context.Canceled)
	row := &r.Result.Run
	row.Finished, row.End = r.cfg.Now(), "finished"
	switch {
	case r.Interrupted:
		row.End = "interrupted"
	case err != nil:
		row.End, row.Error = "failed", err.Error()
	}
	r.Failed = r.Engine.Failed()
	storeErr := owed(ctx)
	if storeErr == nil {
		storeErr = r.tick(ctx)
	}
	if storeErr == nil {
		complete := err == nil && !r.Interrupted && !r.TooMany && !r.Unfinished
		storeErr = r.cfg.Store.Commit(ctx, append(r.ending(complete), checkpoint.PutRun{Run: row})...)
	}
	if err == nil || checkpoint.ReasonOf(storeErr) != "" {
		err = storeErr
	}
	return err
}

// ending is what is stored of the job when the run ends.
func (r *Run) ending(complete bool) []checkpoint.Change {
	switch {
	case r.Source == 0: // nothing was begun
		return nil
	case complete && r.cfg.AwaitDelivery:
		return checkpoint.Finished(r.Job)
	}
	r.Complete = complete
	return []checkpoint.Change{checkpoint.SetJob{Job: r.Job}}
}

func (r *Run) drained() bool {
	select {
	case <-r.cfg.Drain:
		return true
	default:
		return false
	}
}

// UntilDrain returns a context that ends as well when the run is told to end,
// for what may be cut anywhere.
func (r *Run) UntilDrain(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	go func() {
		defer cancel()
		select {
		case <-r.cfg.Drain:
		case <-ctx.Done():
		}
	}()
	return ctx, cancel
}

// Draining tells whether no more work should begin: the run was told to end, or
// too many records failed.
func (r *Run) Draining() bool { return r.Engine.Draining() }

// sameOrigin refuses a checkpoint of another tenant before anything is done, and
// when nothing is left to do, too: nobody of it needs to be in this one.
func (r *Run) sameOrigin(ctx context.Context) error {
	was, known, err := r.cfg.Store.Tenant(ctx)
	if err != nil || !known || was.Origin == r.cfg.Origin {
		return err
	}
	return r.otherTenant(was, checkpoint.Tenant{Origin: r.cfg.Origin})
}

// SameTenant keeps which tenant the job works on, and refuses another one.
func (r *Run) SameTenant(ctx context.Context, e kinde.Environment) error {
	was, known, err := r.cfg.Store.Tenant(ctx)
	if err != nil {
		return err
	}
	now := checkpoint.Tenant{Origin: r.cfg.Origin, Code: e.Code, Name: e.Name, Live: e.IsLive, Domain: r.cfg.Origin}
	if known && was.Code != "" && now.Code != "" && was.Code != now.Code {
		return r.otherTenant(was, now)
	}
	return r.cfg.Store.Commit(ctx, checkpoint.SetTenant{Tenant: now})
}

func (r *Run) otherTenant(was, now checkpoint.Tenant) error {
	name := func(t checkpoint.Tenant) string {
		if t.Name == "" {
			return t.Origin
		}
		return fmt.Sprintf("%s (%s)", t.Origin, t.Name)
	}
	return &RefusedError{
		Kind:    OtherTenant,
		Message: fmt.Sprintf("the %s belongs to the tenant %s, this is %s", r.cfg.File, name(was), name(now)),
		Try:     "Use the domain of the first run, or name another file with --" + r.cfg.File + ".",
	}
}
