package engine

import (
	"context"
	"errors"
	"iter"
	"slices"
	"testing"

	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
)

// stub is a step that does what it is told.
type stub struct {
	info   Info
	result Result
	do     func(s *Subject)
	settle func(checkpoint.Step) (Result, bool)
}

func (x *stub) Info() Info { return x.info }

func (x *stub) Do(_ context.Context, s *Subject) Result {
	if x.do != nil {
		x.do(s)
	}
	return x.result
}

func (x *stub) Settle(_ context.Context, _ *Subject, intent checkpoint.Step) (Result, bool) {
	return x.settle(intent)
}

func open(t *testing.T, records int) *checkpoint.Store {
	t.Helper()
	s, err := checkpoint.OpenMemory(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	rows := make(checkpoint.PutRecords, records)
	for i := range rows {
		rows[i] = &checkpoint.Record{Number: int64(i + 1), Seen: 1, Outcome: checkpoint.Pending}
	}
	if err := s.Commit(t.Context(), checkpoint.SetJob{Job: checkpoint.Job{Pass: 1, Source: 1}}, rows); err != nil {
		t.Fatal(err)
	}
	return s
}

func each(subjects ...*Subject) iter.Seq2[*Subject, error] {
	return func(yield func(*Subject, error) bool) {
		for _, s := range subjects {
			if !yield(s, nil) {
				return
			}
		}
	}
}

func outcome(t *testing.T, s *checkpoint.Store, id int64) checkpoint.Outcome {
	t.Helper()
	if err := s.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	r, _, err := s.RecordByID(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return r.Outcome
}

func TestTheIntentIsDurableBeforeTheCall(t *testing.T) {
	store := open(t, 1)
	e := New(Config{Store: store, Pass: 1})
	var found []checkpoint.Step
	step := &stub{
		info: Info{Kind: checkpoint.StepCreate, Once: true},
		do:   func(*Subject) { found, _ = store.StepsOf(t.Context(), 1) },
	}
	if err := e.Run(t.Context(), each(&Subject{Record: checkpoint.Record{ID: 1}, CreatedNow: true, Steps: []Step{step}}), nil); err != nil {
		t.Fatal(err)
	}
	if len(found) != 1 || found[0].State != checkpoint.Intent {
		t.Errorf("during the call the checkpoint held %+v", found)
	}
	if o := outcome(t, store, 1); o != checkpoint.Created {
		t.Errorf("outcome %s", o)
	}
}

func TestAnIntentWithoutAnOutcomeIsSettledFirst(t *testing.T) {
	for _, happened := range []bool{true, false} {
		store := open(t, 1)
		e := New(Config{Store: store, Pass: 1})
		done := false
		step := &stub{info: Info{Kind: checkpoint.StepCreate, Once: true}, do: func(*Subject) { done = true },
			settle: func(checkpoint.Step) (Result, bool) { return Result{}, happened }}
		before := map[StepID]checkpoint.Step{{Kind: checkpoint.StepCreate}: {State: checkpoint.Intent}}
		if err := e.Run(t.Context(), each(&Subject{Record: checkpoint.Record{ID: 1}, Steps: []Step{step}, Before: before}), nil); err != nil {
			t.Fatal(err)
		}
		if done == happened {
			t.Errorf("happened %v, done again %v", happened, done)
		}
	}
}

func TestOrderStopAndFinal(t *testing.T) {
	store := open(t, 3)
	var order []string
	named := func(name string, r Result) *stub {
		return &stub{info: Info{Kind: name}, result: r, do: func(*Subject) { order = append(order, name) }}
	}
	e := New(Config{Store: store, Pass: 1, Workers: 1})
	var held *Subject
	later := &stub{info: Info{Kind: "later"}, result: Deferred()}
	later.do = func(s *Subject) { held = s; e.Hold(s) }
	err := e.Run(t.Context(), each(
		&Subject{
			Record: checkpoint.Record{ID: 1},
			Steps: []Step{
				named("a", Result{State: checkpoint.Refused, Problem: Problem{Code: "API_REJECTED"}, Next: Stop}),
				named("never", Result{}),
			},
		},
		&Subject{
			Record: checkpoint.Record{ID: 2},
			Steps:  []Step{later, named("b", Result{})},
			Final:  []Step{named("final", Result{})},
		},
		&Subject{Record: checkpoint.Record{ID: 3}, Settled: checkpoint.Skipped},
	), func(ctx context.Context) error {
		if o := outcome(t, store, 2); o != checkpoint.Pending {
			t.Errorf("with a deferred step it is %s", o)
		}
		return e.Finish(ctx, held, later.info, Result{})
	})
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"a", "b", "final"}; !slices.Equal(order, want) {
		t.Errorf("order %v, want %v", order, want)
	}
	for id, want := range map[int64]checkpoint.Outcome{1: checkpoint.Failed, 2: checkpoint.Updated, 3: checkpoint.Skipped} {
		if o := outcome(t, store, id); o != want {
			t.Errorf("record %d is %s, want %s", id, o, want)
		}
	}
}

func TestFatalEndsTheRun(t *testing.T) {
	store := open(t, 1)
	wrong := errors.New("credentials refused")
	err := New(
		Config{Store: store, Pass: 1},
	).Run(t.Context(), each(&Subject{Record: checkpoint.Record{ID: 1},
		Steps: []Step{&stub{info: Info{Kind: "x"}, result: Fatal(wrong)}}}), nil)
	if !errors.Is(err, wrong) || outcome(t, store, 1) != checkpoint.Pending {
		t.Errorf("%v, %s", err, outcome(t, store, 1))
	}
}
