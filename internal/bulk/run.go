package bulk

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
	"github.com/kinde-migrate/kinde-migrate/internal/engine"
	"github.com/kinde-migrate/kinde-migrate/kinde"
)

var pending = checkpoint.Selection{Outcomes: []checkpoint.Outcome{checkpoint.Pending}}

// run is one process's work on a job.
type run struct {
	*Job
	opt    *Options
	job    checkpoint.Job
	row    checkpoint.Run
	first  int64 // id of the first run of this pass
	engine *engine.Engine
	finder finder
	asks   map[checkpoint.Digest]*Ask
	total  int64
	result Result

	mu      sync.Mutex
	stage   string
	done    int64
	failed  int64
	planned map[string]int64
	shown   map[int64]Shown
	met     map[string]bool // ids of the users that this run has planned
}

// Run does it. The error tells why the run could not go on; what went wrong
// with single users is in the checkpoint. The Result is valid together with an
// error, too.
func Run(ctx context.Context, j Job, opt Options) (Result, error) {
	if opt.Now == nil {
		opt.Now = time.Now
	}
	if j.Recorder == nil {
		j.Recorder = engine.NewRecorder()
	}
	if j.Drain == nil {
		j.Drain = make(chan struct{})
	}
	r := &run{Job: &j, opt: &opt, finder: finder{j.Target}, asks: map[checkpoint.Digest]*Ask{}, planned: map[string]int64{},
		shown: map[int64]Shown{}, met: map[string]bool{}, stage: "Looking up"}
	if err := r.open(ctx); err != nil {
		return r.result, err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	stop, ticking := make(chan struct{}), make(chan error, 1)
	go func() {
		err := r.ticks(ctx, stop)
		if err != nil {
			cancel(err) // a checkpoint that can't be written ends the run
		}
		ticking <- err
	}()
	err := r.work(ctx)
	close(stop)
	return r.close(ctx, errors.Join(err, <-ticking))
}

// open begins the run in the checkpoint.
func (r *run) open(ctx context.Context) error {
	job, ok, err := r.Checkpoint.Job(ctx)
	if err != nil {
		return err
	}
	command := r.opt.Verb.Command()
	switch {
	case !ok:
		job = checkpoint.Job{Command: command, Pass: 1, Created: r.opt.Now()}
	case job.Command != command:
		return &RefusedError{Checkpoint: true, Message: fmt.Sprintf("the state belongs to a job of %q, not of %q", job.Command, command), Try: "Name another file with --state."}
	case job.Complete:
		job.Pass++
		job.Complete = false
	default:
		r.result.Resumed = true
		if job.Options != r.opt.pinned() && !r.opt.AcceptChanges {
			return &RefusedError{Message: "an unfinished job with other options is in the way",
				Try: "Finish it with the same options, use --accept-changes, or name another file with --state."}
		}
	}
	job.Options = r.opt.pinned()
	r.job = job
	runs, err := r.Checkpoint.Runs(ctx)
	if err != nil {
		return err
	}
	r.row = checkpoint.Run{Name: r.opt.RunID, Pass: job.Pass, Command: command, Version: r.opt.Version, Resumed: r.result.Resumed, Started: r.opt.Now()}
	// The pass itself begins together with its records, in take.
	if err := r.Checkpoint.Commit(ctx, checkpoint.PutRun{Run: &r.row}); err != nil {
		return err
	}
	r.first = r.row.ID
	for _, x := range runs {
		if x.Pass == job.Pass {
			r.first = min(r.first, x.ID)
		}
	}
	r.engine = engine.New(engine.Config{Store: r.Checkpoint, Run: r.row.ID, Pass: job.Pass, Workers: r.opt.Concurrency, Drain: r.Drain, Now: r.opt.Now,
		TooMany: r.tooMany, Settled: r.settled})
	return nil
}

func (r *run) tooMany(failed, settled int64) bool {
	if r.opt.MaxErrors > 0 && failed >= r.opt.MaxErrors {
		return true
	}
	// A share means nothing before a hundred users have been tried.
	return r.opt.MaxErrorsPart > 0 && settled >= 100 && float64(failed)*100 >= r.opt.MaxErrorsPart*float64(settled)
}

func (r *run) settled(_ *engine.Subject, outcome checkpoint.Outcome) {
	r.Recorder.User(r.opt.Now())
	r.mu.Lock()
	defer r.mu.Unlock()
	r.done++
	if outcome == checkpoint.Failed || outcome == checkpoint.Rejected {
		r.failed++
	}
}

func (r *run) work(ctx context.Context) error {
	environment, err := r.environment(ctx)
	if err != nil {
		return err
	}
	if err := r.precheck(ctx); err != nil {
		return err
	}
	n, begin, err := r.take(ctx)
	if err != nil {
		return err
	}
	if n == 0 {
		r.result.Nothing = true
		return begin(ctx)
	}
	if r.Confirm != nil {
		if err := r.Confirm(ctx, Plan{Environment: environment, Users: n, Resumed: r.result.Resumed}); err != nil {
			return err
		}
	}
	if err := begin(ctx); err != nil {
		return err
	}
	r.mu.Lock()
	r.stage, r.total = "Working", n
	r.mu.Unlock()
	return r.engine.Run(ctx, r.subjects(ctx), nil)
}

// environment learns which tenant this is and refuses another one than last time.
func (r *run) environment(ctx context.Context) (kinde.Environment, error) {
	e, err := r.Target.GetEnvironment(ctx)
	if err != nil {
		return e, fmt.Errorf("asking which tenant this is: %w", err)
	}
	was, ok, err := r.Checkpoint.Tenant(ctx)
	if err != nil {
		return e, err
	}
	now := checkpoint.Tenant{Origin: r.Target.BaseURL(), Code: e.Code, Name: e.Name, Live: e.IsLive, Domain: r.Target.BaseURL()}
	if ok && (was.Origin != now.Origin || was.Code != "" && now.Code != "" && was.Code != now.Code) {
		return e, &RefusedError{Checkpoint: true, Message: fmt.Sprintf("the state belongs to the tenant %s (%s), this is %s (%s)", was.Origin, was.Name, now.Origin, now.Name),
			Try: "Use the domain of the first run, or name another file with --state."}
	}
	return e, r.Checkpoint.Commit(ctx, checkpoint.SetTenant{Tenant: now})
}

// take finds out who is meant: how many users are to be worked on, and how the
// work begins in the checkpoint once that is confirmed. A run that goes on with
// an earlier one keeps its records; a new pass looks at everyone again.
func (r *run) take(ctx context.Context) (n int64, begin func(context.Context) error, err error) {
	was, had, err := r.Checkpoint.Source(ctx)
	if err != nil {
		return 0, nil, err
	}
	if r.result.Resumed && had && r.opt.Remote {
		return r.goOn(ctx)
	}
	who, err := r.opt.Who(ctx)
	if err != nil {
		return 0, nil, err
	}
	order := make([]checkpoint.Digest, 0, len(who.Asks))
	for i := range who.Asks {
		key := who.Asks[i].key()
		if _, twice := r.asks[key]; !twice {
			order = append(order, key)
			r.asks[key] = &who.Asks[i]
		}
	}
	who.Source.Inputs = inputs(&who.Source, order)
	who.Source.Rows = int64(len(who.Asks))
	if r.result.Resumed && had && was.Inputs == who.Source.Inputs {
		return r.goOn(ctx)
	}
	return int64(len(order)), func(ctx context.Context) error { return r.lay(ctx, who.Source, order) }, nil
}

// inputs tells whether two runs were asked the same.
func inputs(s *checkpoint.Source, order []checkpoint.Digest) string {
	h := sha256.New()
	for _, f := range s.Files {
		fmt.Fprintln(h, f.SHA256)
	}
	for _, key := range order {
		h.Write(key[:])
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// goOn continues with the records of an earlier process.
func (r *run) goOn(ctx context.Context) (int64, func(context.Context) error, error) {
	if err := r.reopen(ctx); err != nil {
		return 0, nil, err
	}
	n, err := r.Checkpoint.Count(ctx, pending)
	return n, func(context.Context) error { return nil }, err
}

// lay puts the records of a new pass down, all at once.
func (r *run) lay(ctx context.Context, source checkpoint.Source, order []checkpoint.Digest) error {
	known, err := r.Checkpoint.RecordsByKey(ctx, order)
	if err != nil {
		return err
	}
	r.job.Source++
	changes := []checkpoint.Change{checkpoint.SetJob{Job: r.job}, checkpoint.SetSource{Source: source}, checkpoint.DropProblems{Applying: true}, checkpoint.IndexKeys{}}
	var fresh checkpoint.PutRecords
	for n, key := range order {
		a := r.asks[key]
		x := known[key]
		x.Number, x.Line, x.Key, x.SourceID = int64(n+1), a.Line, key, a.SourceID
		x.Seen, x.Outcome, x.Want = r.job.Source, checkpoint.Pending, r.opt.Verb.wants(&r.opt.Change)
		x.Email, x.Phone, x.Username = cmp.Or(a.Email, x.Email), cmp.Or(a.Phone, x.Phone), cmp.Or(a.Username, x.Username)
		x.KindeID = cmp.Or(a.ID, x.KindeID)
		if a.Password != nil {
			x.Method = a.Password.Encoding
		}
		if x.ID == 0 {
			fresh = append(fresh, &x)
		} else {
			changes = append(changes, checkpoint.SetRecord{Record: &x})
		}
	}
	return r.Checkpoint.Commit(ctx, append(changes, fresh)...)
}

// reopen makes pending again what an interrupted or earlier run gave up.
func (r *run) reopen(ctx context.Context) error {
	if err := r.Checkpoint.Commit(ctx, checkpoint.SetJob{Job: r.job}); err != nil {
		return err
	}
	for x, err := range r.Checkpoint.Records(ctx, checkpoint.Selection{Outcomes: []checkpoint.Outcome{checkpoint.Failed}}) {
		if err != nil {
			return err
		}
		steps, err := r.Checkpoint.StepsOf(ctx, x.ID)
		if err != nil {
			return err
		}
		again := slices.ContainsFunc(steps, func(s checkpoint.Step) bool {
			return s.State == checkpoint.GaveUp || s.State == checkpoint.Refused && r.opt.RetryRefused
		})
		if again {
			if err := r.Checkpoint.Post(ctx, checkpoint.SetProgress{ID: x.ID, KindeID: x.KindeID, Owner: x.Owner, Outcome: checkpoint.Pending, Pass: x.Pass, Stage: x.Stage}); err != nil {
				return err
			}
		}
	}
	return r.Checkpoint.Flush(ctx)
}

// close stores how the run ended.
func (r *run) close(ctx context.Context, err error) (Result, error) {
	// What is left to write is written even when ctx has ended.
	ctx = context.WithoutCancel(ctx)
	if r.result.TooMany = errors.Is(err, engine.ErrTooMany); r.result.TooMany {
		err = nil
	}
	flushErr := r.Checkpoint.Flush(ctx) // what the workers posted counts, too
	left, countErr := r.Checkpoint.Count(ctx, pending)
	r.result.Interrupted = !r.result.TooMany && (err == nil && left > 0 && r.engine.Draining() || errors.Is(err, context.Canceled))
	r.row.Finished, r.row.End = r.opt.Now(), "finished"
	switch {
	case r.result.Interrupted:
		r.row.End = "interrupted"
	case err != nil:
		r.row.End, r.row.Error = "failed", err.Error()
	}
	changes := []checkpoint.Change{checkpoint.PutRun{Run: &r.row}}
	switch complete := err == nil && left == 0; {
	case r.job.Source == 0: // nothing was begun
	case complete && r.opt.AwaitDelivery:
		changes = append(changes, checkpoint.Finished(r.job)...)
	default:
		r.job.Complete = complete
		changes = append(changes, checkpoint.SetJob{Job: r.job})
	}
	storeErr := errors.Join(flushErr, countErr, r.tick(ctx), r.Checkpoint.Commit(ctx, changes...))
	if r.opt.DryRun {
		// Looking up is the same with and without writing.
		for _, c := range r.Recorder.Calls() {
			r.planned[c.Operation] += c.Calls - c.Retried
		}
		r.result.Planned = r.planned
	}
	r.result.Shown = r.inOrder()
	if err == nil || checkpoint.ReasonOf(storeErr) != "" {
		err = errors.Join(err, storeErr)
	}
	return r.result, err
}

func (r *run) inOrder() []Shown {
	ids := make([]int64, 0, len(r.shown))
	for id := range r.shown {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	out := make([]Shown, len(ids))
	for i, id := range ids {
		out[i] = r.shown[id]
	}
	return out
}

// tickEvery is how often the progress is told and the counts are kept.
const tickEvery = 500 * time.Millisecond

func (r *run) ticks(ctx context.Context, stop <-chan struct{}) error {
	r.Recorder.OnPause(func(a kinde.Attempt) {
		if a.Silent > 0 && r.opt.Progress != nil {
			r.opt.Progress.Note(fmt.Sprintf("the tenant has not answered for %s; trying again in %s", a.Silent.Round(time.Second), a.Wait.Round(time.Second)))
		}
	})
	ticker := time.NewTicker(tickEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			if err := r.tick(ctx); err != nil {
				return err
			}
		case <-stop:
			return nil
		case <-ctx.Done():
			return nil
		}
	}
}

func (r *run) tick(ctx context.Context) error {
	r.mu.Lock()
	state := State{Stage: r.stage, Done: r.done, Total: r.total, Failed: r.failed}
	r.mu.Unlock()
	if r.opt.Progress != nil {
		state.Rate = r.Recorder.Rate(r.opt.Now())
		r.opt.Progress.Update(state)
	}
	if r.Learnt != nil {
		if learnt := r.Learnt(); learnt != nil {
			if err := r.Checkpoint.Post(ctx, checkpoint.SetRate{State: learnt}); err != nil {
				return err
			}
		}
	}
	return r.Recorder.Flush(ctx, r.Checkpoint, r.row.ID)
}
