package engine

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
	"github.com/kinde-migrate/kinde-migrate/kinde"
)

// ErrTooMany ends a run that reached its limit of failed records. The rest
// stays pending.
var ErrTooMany = errors.New("too many records failed")

// Store is what the engine needs of a checkpoint.
type Store interface {
	Commit(ctx context.Context, changes ...checkpoint.Change) error
	Post(ctx context.Context, changes ...checkpoint.Change) error
}

// Config describes an engine.
type Config struct {
	Store   Store
	Run     int64
	Pass    int
	Workers int // subjects in work at once; 0 is 64, as many as the gate lets fly
	Drain   <-chan struct{}
	Now     func() time.Time
	// TooMany is asked after each failed record with the numbers of failed and
	// settled ones; true ends the run.
	TooMany func(failed, settled int64) bool
	// Worked is told of each subject whose own steps are done, concurrently.
	// What it deferred may still be waiting, so its class may be unknown.
	Worked func(s *Subject)
	// Settled is told of each subject that reached its class, concurrently.
	Settled func(s *Subject, outcome checkpoint.Outcome)
}

// Engine runs subjects. Make one with New; it may Run several times.
type Engine struct {
	cfg     Config
	failed  atomic.Int64
	settled atomic.Int64
	stop    chan struct{}
	stopped atomic.Bool
	inWork  sync.WaitGroup // subjects between the iterator and the end of their own steps
}

// New returns an engine.
func New(cfg Config) *Engine {
	if cfg.Workers <= 0 {
		cfg.Workers = 64
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	return &Engine{cfg: cfg, stop: make(chan struct{})}
}

// Draining tells whether no more work should begin.
func (e *Engine) Draining() bool {
	select {
	case <-e.cfg.Drain:
		return true
	case <-e.stop:
		return true
	default:
		return false
	}
}

// Stopped tells whether too many records failed.
func (e *Engine) Stopped() bool { return e.stopped.Load() }

// Failed returns how many subjects have failed.
func (e *Engine) Failed() int64 { return e.failed.Load() }

// Run works on the subjects and returns when all of them, and all that they
// deferred within wait, are done. wait is called after the last subject was
// taken by a worker, and flushes what was deferred; nil when nothing is.
// The iterator is ranged over by one goroutine; its error ends the run.
func (e *Engine) Run(ctx context.Context, subjects iter.Seq2[*Subject, error], wait func(context.Context) error) error {
	g, ctx := errgroup.WithContext(ctx)
	queue := make(chan *Subject)
	g.Go(func() error {
		defer close(queue)
		for s, err := range subjects {
			if err != nil {
				return err
			}
			if e.Draining() {
				return nil
			}
			e.inWork.Add(1)
			select {
			case queue <- s:
			case <-ctx.Done():
				e.inWork.Done()
				return context.Cause(ctx)
			}
		}
		return nil
	})
	var busy sync.WaitGroup
	busy.Add(e.cfg.Workers)
	for range e.cfg.Workers {
		g.Go(func() error {
			defer busy.Done()
			for {
				select {
				case s, ok := <-queue:
					if !ok {
						return nil
					}
					err := e.work(ctx, s)
					e.inWork.Done()
					if err != nil {
						return err
					}
				case <-ctx.Done():
					return context.Cause(ctx)
				}
			}
		})
	}
	g.Go(func() error {
		busy.Wait()
		if wait == nil || ctx.Err() != nil {
			return nil
		}
		return wait(ctx)
	})
	err := g.Wait()
	if err == nil && e.Stopped() {
		return ErrTooMany
	}
	return err
}

// Do takes one subject through its steps in the caller's goroutine, for what
// must be in place before others can go on. It is not to be called beside Run.
func (e *Engine) Do(ctx context.Context, s *Subject) error { return e.work(ctx, s) }

// Settle waits until the own steps of all subjects that were yielded so far are
// done. Only the iterator of Run may call it, between two subjects.
func (e *Engine) Settle() { e.inWork.Wait() }

// work takes one subject through its steps.
func (e *Engine) work(ctx context.Context, s *Subject) error {
	s.open = 1
	ctx = kinde.WithSubject(ctx, strconv.FormatInt(s.Record.ID, 10))
	if err := e.begin(ctx, s); err != nil {
		return err
	}
	for n := 0; n < len(s.Steps); n++ { // a step may put others behind itself
		step := s.Steps[n]
		info := step.Info()
		if e.Draining() && !info.Urgent {
			s.note(Result{State: checkpoint.Omitted, Next: Later})
			break
		}
		result, err := e.step(ctx, s, step, info)
		if err != nil {
			return err
		}
		if result.Next == Defer {
			continue
		}
		s.note(result)
		if result.Next != Continue {
			break
		}
	}
	s.Steps = nil // a deferred subject keeps its row, not its user
	if e.cfg.Worked != nil && !s.Left() {
		e.cfg.Worked(s)
	}
	return e.release(ctx, s)
}

// begin stores what planning found.
func (e *Engine) begin(ctx context.Context, s *Subject) error {
	s.class = s.Settled
	var changes []checkpoint.Change
	if e.cfg.Run > 1 || len(s.Before) > 0 || s.Record.Stage != checkpoint.Untouched { // an earlier process may have found some
		changes = append(changes, checkpoint.DropProblems{Record: s.Record.ID, Applying: true})
	}
	if s.Wants != nil && *s.Wants != s.Record.Want {
		s.Record.Want = *s.Wants
		changes = append(changes, checkpoint.SetWants{ID: s.Record.ID, Want: *s.Wants})
	}
	if len(s.Problems) > 0 {
		changes = append(changes, checkpoint.AddProblems(s.Problems))
	}
	if len(changes) == 0 {
		return nil
	}
	return e.cfg.Store.Post(ctx, changes...)
}

// step does one step and stores its state.
func (e *Engine) step(ctx context.Context, s *Subject, step Step, info Info) (Result, error) {
	before, had := s.Before[StepID{info.Kind, info.Key}]
	if had && before.State == checkpoint.Intent {
		if settler, ok := step.(Settler); ok {
			result, done := settler.Settle(ctx, s, before)
			if result.Err != nil {
				return result, result.Err
			}
			if done {
				return result, e.store(ctx, s, info, result)
			}
		}
	}
	meant := Result{State: checkpoint.Intent}
	if info.Once {
		if info.Kind == checkpoint.StepCreate {
			s.Record.Stage = checkpoint.Intended
		}
		if x, ok := step.(Intender); ok {
			meant.Detail = x.Intent(s)
		}
		intent := e.state(s, info, meant)
		if err := e.cfg.Store.Commit(ctx, checkpoint.PutStep{Step: intent}, e.progress(s, checkpoint.Pending)); err != nil {
			return Result{}, fmt.Errorf("keeping the intent of %s: %w", info.Kind, err)
		}
	}
	result := step.Do(ctx, s)
	if result.Err != nil {
		return result, result.Err
	}
	if result.Next == Defer {
		return result, nil
	}
	if result.Detail == "" && result.State != "" && result.State != checkpoint.Done {
		result.Detail = meant.Detail // it may have happened all the same
	}
	return result, e.store(ctx, s, info, result)
}

func (e *Engine) state(s *Subject, info Info, r Result) checkpoint.Step {
	state := r.State
	if state == "" {
		state = checkpoint.Done
	}
	if r.Detail == "" {
		r.Detail = s.Before[StepID{info.Kind, info.Key}].Detail // a step that found nothing to do must not forget what was there before it
	}
	return checkpoint.Step{
		Record:  s.Record.ID,
		Kind:    info.Kind,
		Key:     info.Key,
		State:   state,
		Units:   max(info.Units, 1),
		Digest:  info.Digest,
		Code:    r.Code,
		Message: r.Message,
		Detail:  r.Detail,
		Run:     e.cfg.Run,
		At:      e.cfg.Now(),
	}
}

func (e *Engine) progress(s *Subject, outcome checkpoint.Outcome) checkpoint.Change {
	r := &s.Record
	return checkpoint.SetProgress{
		ID:      r.ID,
		KindeID: r.KindeID,
		Owner:   r.Owner,
		Outcome: outcome,
		Pass:    e.cfg.Pass,
		Stage:   r.Stage,
		SignIn:  r.SignIn,
	}
}

// store posts the state of a step, and the problem of one that failed.
func (e *Engine) store(ctx context.Context, s *Subject, info Info, r Result) error {
	changes := make([]checkpoint.Change, 0, 4)
	if r.Forget {
		changes = append(changes, checkpoint.DropSteps{Record: s.Record.ID})
	}
	if !r.Silent {
		changes = append(changes, checkpoint.PutStep{Step: e.state(s, info, r)})
	}
	for _, also := range r.Also {
		also.Record, also.Run, also.At = s.Record.ID, e.cfg.Run, e.cfg.Now()
		changes = append(changes, checkpoint.PutStep{Step: also})
	}
	if r.Code != "" {
		changes = append(changes, checkpoint.AddProblems{s.problem(r)})
	}
	// The record stays pending until its last step: a kill here resumes it.
	changes = append(changes, e.progress(s, checkpoint.Pending))
	return e.cfg.Store.Post(ctx, changes...)
}

func (s *Subject) problem(r Result) checkpoint.Problem {
	severity := "error"
	if r.Warning {
		severity = "warning"
	}
	x := &s.Record
	return checkpoint.Problem{Record: x.ID, Applying: true, File: x.File, Number: x.Number, Line: x.Line, SourceID: x.SourceID,
		Severity: severity, Code: r.Code, Field: r.Field, Message: r.Message, Hint: r.Hint}
}

// Hold keeps the subject open for a step that will be finished later. It is
// called by a step's Do before it returns Deferred.
func (e *Engine) Hold(s *Subject) {
	s.mu.Lock()
	s.open++
	s.mu.Unlock()
}

// Finish stores the result of a deferred step and releases the subject's hold.
func (e *Engine) Finish(ctx context.Context, s *Subject, info Info, r Result) error {
	s.note(r)
	if r.Next != Later {
		if err := e.store(ctx, s, info, r); err != nil {
			return err
		}
	}
	return e.release(ctx, s)
}

// release takes one hold off; the last one settles the subject.
func (e *Engine) release(ctx context.Context, s *Subject) error {
	s.mu.Lock()
	s.open--
	last := s.open == 0
	s.mu.Unlock()
	if !last {
		return nil
	}
	for _, step := range s.takeFinal() {
		result, err := e.step(ctx, s, step, step.Info())
		if err != nil {
			return err
		}
		s.note(result)
	}
	outcome := s.outcome()
	if outcome == checkpoint.Pending {
		return nil
	}
	if err := e.cfg.Store.Post(ctx, e.progress(s, outcome)); err != nil {
		return err
	}
	if e.cfg.Settled != nil {
		e.cfg.Settled(s, outcome)
	}
	settled := e.settled.Add(1)
	if outcome == checkpoint.Failed {
		failed := e.failed.Add(1)
		if e.cfg.TooMany != nil && e.cfg.TooMany(failed, settled) && e.stopped.CompareAndSwap(false, true) {
			close(e.stop)
		}
	}
	return nil
}
