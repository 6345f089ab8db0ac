package job

import (
	"context"
	"encoding/json"
	"errors"
	"iter"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
	"github.com/kinde-migrate/kinde-migrate/internal/engine"
	"github.com/kinde-migrate/kinde-migrate/kinde"
)

func store(t *testing.T) *checkpoint.Store {
	t.Helper()
	s, err := checkpoint.OpenMemory(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func config(s *checkpoint.Store) Config {
	return Config{Store: s, Command: "import", Origin: "https://acme.kinde.com", File: "checkpoint", Options: `{"a":"1"}`,
		Accept: func(checkpoint.Job) error { return nil }}
}

func begin(t *testing.T, c Config) *Run {
	t.Helper()
	r, err := Begin(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func nothingOwed(context.Context) error { return nil }

// do is a run that has read a source and whose work ends with err.
func do(t *testing.T, r *Run, err error, unfinished bool) error {
	t.Helper()
	return r.Do(t.Context(), func(context.Context) error {
		r.Source, r.Unfinished = 1, unfinished
		return err
	}, nothingOwed)
}

func TestMaxErrors(t *testing.T) {
	for _, c := range []struct {
		limit           MaxErrors
		failed, settled int64
		want            bool
	}{
		{MaxErrors{}, 1000, 1000, false},
		{MaxErrors{Count: 3}, 2, 2, false},
		{MaxErrors{Count: 3}, 3, 100, true},
		{MaxErrors{Percent: 10}, 99, 99, false}, // too few to tell
		{MaxErrors{Percent: 10}, 9, 100, false},
		{MaxErrors{Percent: 10}, 10, 100, true},
		{MaxErrors{Percent: 0.5}, 5, 1000, true},
		{MaxErrors{Count: 1000, Percent: 10}, 20, 200, true},
	} {
		if got := c.limit.reached(c.failed, c.settled); got != c.want {
			t.Errorf("%+v: %d of %d: %v", c.limit, c.failed, c.settled, got)
		}
	}
}

// A pass that ran to its end is followed by the next one; one that did not is resumed.
func TestPasses(t *testing.T) {
	s := store(t)
	for i, c := range []struct {
		err        error
		unfinished bool
		pass       int
		resumed    bool
		first      int64
	}{
		{errors.New("the disk is full"), false, 1, false, 1},
		{nil, true, 1, true, 1},
		{nil, false, 1, true, 1},
		{nil, false, 2, false, 4},
		{nil, false, 3, false, 5},
	} {
		r := begin(t, config(s))
		if r.Pass != c.pass || r.Resumed != c.resumed || r.First != c.first || r.Result.Run.ID != int64(i+1) {
			t.Errorf("run %d: pass %d, resumed %v, the first run of it is %d", r.Result.Run.ID, r.Pass, r.Resumed, r.First)
		}
		if err := do(t, r, c.err, c.unfinished); !errors.Is(err, c.err) {
			t.Errorf("run %d: %v", i+1, err)
		}
		want := "finished"
		if c.err != nil {
			want = "failed"
		}
		if got := r.Result.Run; got.End != want || got.Finished.IsZero() || (got.Error != "") != (c.err != nil) {
			t.Errorf("run %d ended as %+v", i+1, got)
		}
		job, _, err := s.Job(t.Context())
		if err != nil || job.Complete != (c.err == nil && !c.unfinished) {
			t.Errorf("run %d: the job is complete: %v, %v", i+1, job.Complete, err)
		}
	}
	runs, err := s.Runs(t.Context())
	if err != nil || len(runs) != 5 || runs[0].Name == runs[1].Name {
		t.Errorf("%+v, %v", runs, err)
	}
}

// A run that began nothing leaves no job that could be complete.
func TestRunThatBeganNothing(t *testing.T) {
	s := store(t)
	r := begin(t, config(s))
	if err := r.Do(t.Context(), func(context.Context) error { return nil }, nothingOwed); err != nil {
		t.Fatal(err)
	}
	if job, _, err := s.Job(t.Context()); err != nil || job.Complete {
		t.Errorf("complete %v, %v", job.Complete, err)
	}
}

// Each way in which a run can end, and what is said of it.
func TestEnds(t *testing.T) {
	refusal := &RefusedError{Kind: BadOptions, Message: "no"}
	lost := errors.New("credentials were refused")
	for name, c := range map[string]struct {
		work                 error
		drained, unfinished  bool
		err                  error
		interrupted, tooMany bool
		end                  string
	}{
		"finished":                        {nil, false, false, nil, false, false, "finished"},
		"drained at the very end":         {nil, true, false, nil, false, false, "finished"},
		"drained before":                  {nil, true, true, nil, true, false, "interrupted"},
		"drained, and an error":           {lost, true, false, lost, true, false, "interrupted"},
		"drained, and refused":            {refusal, true, false, refusal, false, false, "failed"},
		"cut off":                         {context.Canceled, false, false, context.Canceled, true, false, "interrupted"},
		"failed":                          {lost, false, true, lost, false, false, "failed"},
		"refused":                         {refusal, false, false, refusal, false, false, "failed"},
		"too many records failed":         {engine.ErrTooMany, false, true, nil, false, true, "finished"},
		"left something without an error": {nil, false, true, nil, false, false, "finished"},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := config(store(t))
			drain := make(chan struct{})
			cfg.Drain = drain
			r := begin(t, cfg)
			if c.drained {
				close(drain)
			}
			err := do(t, r, c.work, c.unfinished)
			if !errors.Is(err, c.err) || c.err == nil && err != nil {
				t.Errorf("%v", err)
			}
			if r.Interrupted != c.interrupted || r.TooMany != c.tooMany || r.Result.Run.End != c.end {
				t.Errorf("interrupted %v, too many %v, %s", r.Interrupted, r.TooMany, r.Result.Run.End)
			}
			complete := c.end == "finished" && !c.unfinished && !c.tooMany
			if job, _, err := cfg.Store.Job(t.Context()); err != nil || job.Complete != complete {
				t.Errorf("complete %v, %v", job.Complete, err)
			}
		})
	}
}

// What is owed is done however the work ended, also when the caller's context is over.
func TestWhatIsOwedIsDone(t *testing.T) {
	r := begin(t, config(store(t)))
	ctx, cancel := context.WithCancel(t.Context())
	owed := false
	err := r.Do(ctx, func(context.Context) error {
		cancel()
		return context.Canceled
	}, func(ctx context.Context) error {
		owed = true
		return ctx.Err()
	})
	if !errors.Is(err, context.Canceled) || !owed || r.Result.Run.End != "interrupted" {
		t.Errorf("%v, owed %v, %s", err, owed, r.Result.Run.End)
	}
	full := errors.New("no space left")
	r = begin(t, config(store(t)))
	if err := r.Do(t.Context(), func(context.Context) error { return nil }, func(context.Context) error { return full }); !errors.Is(
		err,
		full,
	) {
		t.Errorf("%v", err)
	}
}

// A pass whose report is not delivered yet stays open.
func TestAwaitDelivery(t *testing.T) {
	cfg := config(store(t))
	cfg.AwaitDelivery = true
	if err := do(t, begin(t, cfg), nil, false); err != nil {
		t.Fatal(err)
	}
	if job, _, _ := cfg.Store.Job(t.Context()); job.Complete {
		t.Error("the pass is closed before its report was written")
	}
	r := begin(t, cfg)
	if !r.Resumed || r.Pass != 1 {
		t.Errorf("resumed %v, pass %d", r.Resumed, r.Pass)
	}
	if err := do(t, r, nil, false); err != nil {
		t.Fatal(err)
	}
	if err := cfg.Store.Delivered(t.Context()); err != nil {
		t.Fatal(err)
	}
	if r = begin(t, cfg); r.Resumed || r.Pass != 2 {
		t.Errorf("after the delivery: resumed %v, pass %d", r.Resumed, r.Pass)
	}
}

func TestRefusedBeginnings(t *testing.T) {
	s := store(t)
	cfg := config(s)
	borrowed := cfg
	borrowed.Borrowed, borrowed.Command = true, "rollback"
	expect := func(c Config, want RefusalKind) {
		t.Helper()
		_, err := Begin(t.Context(), c)
		if refused, ok := errors.AsType[*RefusedError](err); !ok || refused.Kind != want || refused.Try == "" {
			t.Errorf("%v, want %v", err, want)
		}
	}
	expect(borrowed, OtherCommand) // there is no import yet
	if err := do(t, begin(t, cfg), nil, false); err != nil {
		t.Fatal(err)
	}
	other := cfg
	other.Command = "restore"
	expect(other, OtherCommand)
	changed := cfg
	changed.Accept = func(was checkpoint.Job) error {
		if was.Options != cfg.Options {
			t.Errorf("asked about %q", was.Options)
		}
		return &RefusedError{Kind: OptionsChanged, Message: "other options", Try: "Use the same."}
	}
	expect(changed, OptionsChanged)

	r := begin(t, borrowed)
	if r.Command != "import" || r.Options != cfg.Options {
		t.Errorf("a borrowed job became %+v", r.Job)
	}
	if err := r.SameTenant(t.Context(), kinde.Environment{Code: "acme", Name: "Acme"}); err != nil {
		t.Fatal(err)
	}
	if err := r.SameTenant(t.Context(), kinde.Environment{Code: "other", Name: "Other"}); err == nil {
		t.Error("another environment behind the same domain is accepted")
	}
	elsewhere := cfg
	elsewhere.Origin = "https://other.kinde.com"
	expect(elsewhere, OtherTenant)
}

// UntilDrain ends with the drain or with its parent.
func TestUntilDrain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		drain := make(chan struct{})
		r := &Run{cfg: Config{Drain: drain}}
		ctx, cancel := r.UntilDrain(t.Context())
		defer cancel()
		parent, end := context.WithCancel(t.Context())
		other, cancelOther := r.UntilDrain(parent)
		defer cancelOther()
		end()
		synctest.Wait()
		if ctx.Err() != nil || other.Err() == nil {
			t.Errorf("before the drain %v, with an ended parent %v", ctx.Err(), other.Err())
		}
		close(drain)
		synctest.Wait()
		if ctx.Err() == nil {
			t.Error("the drain does not end it")
		}
	})
}

type told struct {
	phases []string
	notes  []string
	last   State
}

func (x *told) Phase(name string, _ int64) { x.phases = append(x.phases, name) }
func (x *told) Update(s State)             { x.last = s }
func (x *told) Note(text string)           { x.notes = append(x.notes, text) }

type pace struct{}

func (pace) Believed() (float64, int, time.Duration) { return 120, 3, time.Second }
func (pace) Learnt() json.RawMessage                 { return json.RawMessage(`{"rate":120}`) }

// The progress hears of phases and notes once, and of counts as they are; what the
// gate has learnt is kept for the next run.
func TestProgress(t *testing.T) {
	cfg := config(store(t))
	progress := &told{}
	clock := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	cfg.Progress, cfg.Pace, cfg.Now = progress, pace{}, func() time.Time { return clock }
	r := begin(t, cfg)
	err := r.Do(t.Context(), func(ctx context.Context) error {
		r.Source = 1
		r.Meter.Begin("reading", 3)
		r.Meter.Scanned(3)
		r.Meter.Note("wait a moment")
		r.Meter.Begin("importing", 2)
		records := checkpoint.PutRecords{{Number: 1, Seen: 1, Outcome: checkpoint.Pending}, {Number: 2, Seen: 1, Outcome: checkpoint.Pending}}
		if err := cfg.Store.Commit(ctx, checkpoint.SetJob{Job: r.Job}, records); err != nil {
			return err
		}
		err := r.Engine.Run(ctx, subjects(
			&engine.Subject{Record: checkpoint.Record{ID: 1}, Settled: checkpoint.Skipped},
			&engine.Subject{Record: checkpoint.Record{ID: 2}, Settled: checkpoint.Unchanged}), nil)
		clock = clock.Add(4 * time.Second)
		return err
	}, nothingOwed)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(progress.phases, []string{"reading", "importing"}) || !slices.Equal(progress.notes, []string{"wait a moment"}) {
		t.Errorf("told %v, %v", progress.phases, progress.notes)
	}
	x := progress.last
	if x.Done != 2 || x.Total != 2 || x.Limit != 120 || !x.Held || x.Users != 0.5 || x.Elapsed != 4*time.Second {
		t.Errorf("%+v", x)
	}
	if x.Counts[checkpoint.Skipped] != 1 || x.Counts[checkpoint.Unchanged] != 1 {
		t.Errorf("%v", x.Counts)
	}
	if rate, err := cfg.Store.Rate(t.Context()); err != nil || string(rate) != `{"rate":120}` {
		t.Errorf("%s, %v", rate, err)
	}
}

func subjects(list ...*engine.Subject) iter.Seq2[*engine.Subject, error] {
	return func(yield func(*engine.Subject, error) bool) {
		for _, s := range list {
			if !yield(s, nil) {
				return
			}
		}
	}
}
