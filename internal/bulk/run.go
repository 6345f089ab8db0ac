package bulk

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
	"github.com/kinde-migrate/kinde-migrate/internal/engine"
	"github.com/kinde-migrate/kinde-migrate/internal/job"
	"github.com/kinde-migrate/kinde-migrate/kinde"
)

var pending = checkpoint.Selection{Outcomes: []checkpoint.Outcome{checkpoint.Pending}}

// run is one process's work on a job.
type run struct {
	*Job
	opt    *Options
	job    *job.Run
	finder finder
	asks   map[checkpoint.Digest]*Ask

	mu      sync.Mutex
	planned map[string]int64
	shown   map[int64]Shown
	met     map[string]*Ask         // users that this run has planned, by their ids
	leaving map[string][]identityAt // by user: what this run has planned to take away

	copying *copying        // copy: the organizations
	invites map[string]bool // invite: folded addresses that are invited already
	api     kinde.API       // add-scope, remove-scope
	scopes  []kinde.APIScope
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
	r := &run{Job: &j, opt: &opt, finder: finder{j.Target, opt.Verb.expand()}, asks: map[checkpoint.Digest]*Ask{}, planned: map[string]int64{},
		shown: map[int64]Shown{}, met: map[string]*Ask{}, leaving: map[string][]identityAt{}}
	var err error
	r.job, err = job.Begin(
		ctx,
		job.Config{Store: j.Checkpoint, Recorder: j.Recorder, Pace: j.Pace, Progress: opt.Progress, Drain: j.Drain, Now: opt.Now,
			Workers: opt.Concurrency, Limit: opt.MaxErrors, Command: opt.Verb.Command(), Version: opt.Version, Name: opt.RunID,
			Options: opt.pinned(),
			Origin:  j.Target.BaseURL(), File: "state", Accept: r.sameOptions, Confirmed: true, AwaitDelivery: opt.AwaitDelivery},
	)
	if err == nil {
		err = r.job.Do(ctx, r.work, func(context.Context) error { return nil })
	}
	result := Result{Result: r.job.Result, Shown: r.inOrder()}
	if opt.DryRun {
		// Looking up is the same with and without writing.
		for _, c := range r.Recorder.Calls() {
			r.planned[c.Operation] += c.Calls - c.Retried
		}
		result.Planned = r.planned
	}
	return result, err
}

// sameOptions refuses other options for the rest of a job.
func (r *run) sameOptions(was checkpoint.Job) error {
	if was.Complete || was.Options == r.opt.pinned() || r.opt.AcceptChanges {
		return nil
	}
	return &job.RefusedError{Kind: job.BadOptions, Message: "there is an unfinished job with other options",
		Try: "Finish it with the same options, use --accept-changes, or choose another file with --state."}
}

func (r *run) work(ctx context.Context) error {
	r.job.Meter.Begin("looking up", 0)
	environment, err := r.Target.GetEnvironment(ctx)
	if err != nil {
		return fmt.Errorf("asking which tenant this is: %w", err)
	}
	if err := r.job.SameTenant(ctx, environment); err != nil {
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
		r.job.Nothing = true
		return begin(ctx)
	}
	if r.Confirm != nil {
		if err := r.Confirm(ctx, Plan{Environment: environment, Users: r.atMost(n), Resumed: r.job.Resumed}); err != nil {
			return err
		}
	}
	if err := begin(ctx); err != nil {
		return err
	}
	done := int64(0)
	if r.job.Resumed {
		all, err := r.Checkpoint.Count(ctx, checkpoint.Selection{})
		if err != nil {
			return err
		}
		done = max(all-n, 0)
	}
	r.job.Meter.GoOn("working", done, done+r.atMost(n))
	var last func(context.Context) error
	if r.copying != nil {
		last = r.copying.flush
	}
	if err := r.job.Engine.Run(ctx, r.subjects(ctx), last); err != nil || !r.job.Draining() && r.opt.AtMost == 0 {
		return err
	}
	if err := r.Checkpoint.Flush(ctx); err != nil { // what the workers posted counts, too
		return err
	}
	left, err := r.Checkpoint.Count(ctx, pending)
	r.job.Unfinished = left > 0
	return err
}

// take finds out who is meant: how many users are to be worked on, and how the
// work begins in the checkpoint once that is confirmed. A run that goes on with
// an earlier one keeps its records; a new pass looks at everyone again.
func (r *run) take(ctx context.Context) (n int64, begin func(context.Context) error, err error) {
	was, had, err := r.Checkpoint.Source(ctx)
	if err != nil {
		return 0, nil, err
	}
	if r.job.Resumed && had && r.opt.Remote {
		return r.goOn(ctx)
	}
	who, err := r.opt.Who(ctx)
	if err != nil {
		return 0, nil, err
	}
	if err := r.resolveConnections(ctx, who.Asks); err != nil {
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
	if r.job.Resumed && had && was.Inputs == who.Source.Inputs {
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
	changes := []checkpoint.Change{
		checkpoint.SetJob{Job: r.job.Job},
		checkpoint.SetSource{Source: source},
		checkpoint.DropProblems{Applying: true},
		checkpoint.IndexKeys{},
	}
	var fresh checkpoint.PutRecords
	for n, key := range order {
		a := r.asks[key]
		x := known[key]
		x.Number, x.Line, x.Key, x.SourceID = int64(n+1), a.Line, key, a.SourceID
		x.Seen, x.Outcome, x.Want = r.job.Source, checkpoint.Pending, r.opt.Verb.wants(&r.opt.Change)
		x.Email, x.Phone, x.Username = cmp.Or(a.Email, x.Email), cmp.Or(a.Phone, x.Phone), cmp.Or(a.Username, x.Username)
		x.KindeID = cmp.Or(a.ID, a.KnownAs, x.KindeID)
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
	if err := r.Checkpoint.Commit(ctx, checkpoint.SetJob{Job: r.job.Job}); err != nil {
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
			if err := r.Checkpoint.Post(ctx, checkpoint.SetProgress{ID: x.ID, KindeID: x.KindeID, Owner: x.Owner, Outcome: checkpoint.Pending,
				Pass: x.Pass, Stage: x.Stage}); err != nil {
				return err
			}
		}
	}
	return r.Checkpoint.Flush(ctx)
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

// atMost is how many of n users this run changes.
func (r *run) atMost(n int64) int64 {
	if r.opt.AtMost > 0 {
		return min(n, int64(r.opt.AtMost))
	}
	return n
}
