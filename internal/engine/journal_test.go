package engine

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
)

// journal is a store that keeps what it was given, in its order, and fails the
// n-th time.
type journal struct {
	mu      sync.Mutex
	entries []entry
	failing int
}

type entry struct {
	Durable bool
	Changes []checkpoint.Change
}

var errFull = errors.New("no space left")

func (j *journal) keep(e entry) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.entries = append(j.entries, e)
	if len(j.entries) == j.failing {
		return errFull
	}
	return nil
}

func (j *journal) Commit(_ context.Context, changes ...checkpoint.Change) error {
	return j.keep(entry{true, changes})
}

func (j *journal) Post(_ context.Context, changes ...checkpoint.Change) error {
	return j.keep(entry{false, changes})
}

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// journey takes a user through everything that leaves something in the checkpoint:
// what planning found, a step that is meant first, one that is refused, one with
// others besides, one that is finished later, and what comes at the end.
func journey(t *testing.T, store *journal) error {
	t.Helper()
	e := New(Config{Store: store, Run: 1, Pass: 3, Workers: 1, Now: func() time.Time { return noon }})
	later := &stub{info: Info{Kind: "later"}, result: Deferred(), do: func(s *Subject) { e.Hold(s) }}
	s := &Subject{
		Record: checkpoint.Record{ID: 5, File: 2, Number: 7, Line: 9, SourceID: "usr_7", SignIn: "code"},
		Steps: []Step{
			&intending{stub{info: Info{Kind: checkpoint.StepCreate, Once: true}, do: func(s *Subject) {
				s.Record.KindeID, s.Record.Owner, s.Record.Stage = "kp_7", checkpoint.Made, checkpoint.Present
			}}},
			&intending{stub{info: Info{Kind: "delete", Once: true}, result: GaveUp(Problem{Warning: true})}},
			&stub{
				info:   Info{Kind: "roles", Key: "org_1", Units: 2, Digest: checkpoint.Digest{1}},
				result: Refused(Problem{Code: "API_REJECTED", Message: "no", Field: "roles", Hint: "mend it"}),
			},
			later,
			&stub{info: Info{Kind: "update"}, result: Result{Forget: true, Silent: true,
				Also: []checkpoint.Step{{Kind: "besides", State: checkpoint.Found, Units: 2}}}},
		},
		Final:    []Step{&stub{info: Info{Kind: "claims"}}},
		Problems: []checkpoint.Problem{{Record: 5, Code: "FIELD_DROPPED"}},
		Wants:    &checkpoint.Wants{Roles: 2},
	}
	return e.Run(t.Context(), each(s), func(ctx context.Context) error { return e.Finish(ctx, s, later.info, Unchanged()) })
}

// The checkpoint gets exactly what happened, in its order, and the intent of what
// must not happen twice before it is tried.
func TestWhatTheCheckpointGets(t *testing.T) {
	var store journal
	if err := journey(t, &store); err != nil {
		t.Fatal(err)
	}
	step := func(kind, key string, state checkpoint.StepState, detail string) checkpoint.Step {
		return checkpoint.Step{Record: 5, Kind: kind, Key: key, State: state, Units: 1, Detail: detail, Run: 1, At: noon}
	}
	put := func(s checkpoint.Step) checkpoint.Change { return checkpoint.PutStep{Step: s} }
	progress := func(id string, owner checkpoint.Owner, stage checkpoint.Stage, outcome checkpoint.Outcome) checkpoint.Change {
		return checkpoint.SetProgress{ID: 5, KindeID: id, Owner: owner, Outcome: outcome, Pass: 3, Stage: stage, SignIn: "code"}
	}
	made := progress("kp_7", checkpoint.Made, checkpoint.Present, checkpoint.Pending)
	refused := step("roles", "org_1", checkpoint.Refused, "")
	refused.Units, refused.Digest, refused.Code, refused.Message = 2, checkpoint.Digest{1}, "API_REJECTED", "no"
	besides := step("besides", "", checkpoint.Found, "")
	besides.Units = 2
	want := []entry{
		{false, []checkpoint.Change{checkpoint.SetWants{ID: 5, Want: checkpoint.Wants{Roles: 2}},
			checkpoint.AddProblems{{Record: 5, Code: "FIELD_DROPPED"}}}},
		{true, []checkpoint.Change{put(step("create", "", checkpoint.Intent, `{"meant":true}`)),
			progress("", "", checkpoint.Intended, checkpoint.Pending)}},
		{false, []checkpoint.Change{put(step("create", "", checkpoint.Done, "")), made}},
		{true, []checkpoint.Change{put(step("delete", "", checkpoint.Intent, `{"meant":true}`)), made}},
		{false, []checkpoint.Change{put(step("delete", "", checkpoint.GaveUp, `{"meant":true}`)), made}},
		{false, []checkpoint.Change{put(refused), checkpoint.AddProblems{{Record: 5, Applying: true, File: 2, Number: 7, Line: 9,
			SourceID: "usr_7", Severity: "error", Code: "API_REJECTED", Field: "roles", Message: "no", Hint: "mend it"}}, made}},
		{false, []checkpoint.Change{checkpoint.DropSteps{Record: 5}, put(besides), made}},
		{false, []checkpoint.Change{put(step("later", "", checkpoint.Done, "")), made}},
		{false, []checkpoint.Change{put(step("claims", "", checkpoint.Done, "")), made}},
		{false, []checkpoint.Change{progress("kp_7", checkpoint.Made, checkpoint.Present, checkpoint.Failed)}},
	}
	for i := range max(len(want), len(store.entries)) {
		if i >= len(want) || i >= len(store.entries) || !reflect.DeepEqual(store.entries[i], want[i]) {
			t.Fatalf("the entries differ from the %dth on:\n%+v\nwant\n%+v", i, store.entries[i:], want[i:])
		}
	}
	// Whichever of them can't be kept ends the run, and nothing is kept after it.
	for n := 1; n <= len(want); n++ {
		store := journal{failing: n}
		err := journey(t, &store)
		if !errors.Is(err, errFull) || len(store.entries) != n {
			t.Errorf("the %dth is not kept: %v after %d entries", n, err, len(store.entries))
		}
		if want := "keeping the intent of delete: no space left"; n == 4 && err.Error() != want {
			t.Errorf("%q, want %q", err, want)
		}
	}
}

// Problems of earlier work on a record are dropped where there may be some: in a
// later run, after earlier steps, or once something was meant for it in the tenant.
func TestEarlierProblemsAreDropped(t *testing.T) {
	earlier := map[StepID]checkpoint.Step{{"update", ""}: {}}
	for name, c := range map[string]struct {
		run  int64
		s    *Subject
		want bool
	}{
		"the first work on it": {1, &Subject{}, false},
		"a later run":          {2, &Subject{}, true},
		"an earlier step":      {1, &Subject{Before: earlier}, true},
		"an intent":            {1, &Subject{Record: checkpoint.Record{Stage: checkpoint.Intended}}, true},
		"the same wants": {1, &Subject{Record: checkpoint.Record{Want: checkpoint.Wants{Roles: 1}},
			Wants: &checkpoint.Wants{Roles: 1}}, false},
	} {
		var store journal
		if err := New(Config{Store: &store, Run: c.run}).Do(t.Context(), c.s); err != nil {
			t.Fatal(err)
		}
		first := store.entries[0].Changes[0]
		if _, dropped := first.(checkpoint.DropProblems); dropped != c.want || len(store.entries) == 2 != c.want {
			t.Errorf("%s: %+v", name, store.entries)
		}
	}
}

// An intent without an outcome is settled if the step can, and what that finds
// counts: the step's own outcome, or an end of the run.
func TestSettling(t *testing.T) {
	before := map[StepID]checkpoint.Step{{checkpoint.StepCreate, ""}: {State: checkpoint.Intent, Detail: `{"meant":true}`}}
	info := Info{Kind: checkpoint.StepCreate}
	ended := errors.New("credentials refused")
	run := func(step Step) (*journal, error) {
		var store journal
		err := New(Config{Store: &store}).Do(t.Context(), &Subject{Before: before, Steps: []Step{step}})
		return &store, err
	}
	store, err := run(&stub{info: info, settle: func(x checkpoint.Step) (Result, bool) {
		return Result{State: checkpoint.Refused, Problem: Problem{Message: x.Detail}}, true
	}})
	if x := store.entries[1].Changes[0].(checkpoint.PutStep).Step; err != nil || x.State != checkpoint.Refused ||
		x.Message != `{"meant":true}` {
		t.Errorf("settled as %+v, %v", x, err)
	}
	store, err = run(&stub{info: info, settle: func(checkpoint.Step) (Result, bool) { return Fatal(ended), false },
		do: func(*Subject) { t.Error("it is done after the end") }})
	if !errors.Is(err, ended) || len(store.entries) != 1 {
		t.Errorf("%v, and %+v is kept", err, store.entries)
	}
	done := false
	if _, err = run(struct{ Step }{&stub{info: info, do: func(*Subject) { done = true }}}); err != nil || !done {
		t.Errorf("who can't settle does it again: %v, %v", done, err)
	}
}

// Once a run is drained nobody begins, nobody who waits for a worker is forgotten
// in the count of those in work, and a last step that fails counts.
func TestNobodyBeginsAfterTheEnd(t *testing.T) {
	drain := make(chan struct{})
	var store journal
	first := &stub{info: Info{Kind: "a"}, do: func(*Subject) { close(drain) }}
	second := Subject{Record: checkpoint.Record{ID: 2}, Steps: []Step{&stub{info: Info{Kind: "b"}}}}
	e := New(Config{Store: &store, Run: 2, Workers: 1, Drain: drain})
	err := e.Run(t.Context(), func(yield func(*Subject, error) bool) {
		if yield(&Subject{Record: checkpoint.Record{ID: 1}, Steps: []Step{first}}, nil) {
			e.Settle()
			if n := len(store.entries); n != 3 {
				t.Errorf("%d entries once the first user is settled", n)
			}
			yield(&second, nil)
		}
	}, nil)
	if err != nil || len(store.entries) != 3 {
		t.Errorf("%v, %+v", err, store.entries)
	}
	synctest.Test(t, func(t *testing.T) {
		wrong := errors.New("credentials refused")
		fatal := &stub{info: Info{Kind: "a"}, result: Fatal(wrong), do: func(*Subject) { synctest.Wait() }} // until the second one waits
		e := New(Config{Store: &journal{}, Workers: 1})
		if err := e.Run(t.Context(), each(&Subject{Steps: []Step{fatal}}, &Subject{}), nil); !errors.Is(err, wrong) {
			t.Error(err)
		}
		e.Settle()
	})
}

// What comes last counts like every other step, and so does who was not there.
func TestALastStepThatFails(t *testing.T) {
	wrong := errors.New("credentials refused")
	for result, want := range map[*Result]string{
		{State: checkpoint.Refused}: "failed",
		{Err: wrong}:                "pending",
	} {
		var store journal
		s := &Subject{Steps: []Step{&stub{info: Info{Kind: "a"}}}, Final: []Step{&stub{info: Info{Kind: "z"}, result: *result}}}
		err := New(Config{Store: &store}).Do(t.Context(), s)
		last := store.entries[len(store.entries)-1].Changes
		if got := fmt.Sprint(last[len(last)-1].(checkpoint.SetProgress).Outcome); got != want || !errors.Is(err, result.Err) {
			t.Errorf("%+v: %s, want %s: %v", result, got, want, err)
		}
	}
}

// A step counts as done only with what was asked then.
func TestDoneBefore(t *testing.T) {
	mine, other := checkpoint.Digest{1}, checkpoint.Digest{2}
	s := &Subject{Before: map[StepID]checkpoint.Step{
		{"update", ""}:     {State: checkpoint.Done, Digest: mine},
		{"roles", "org_1"}: {State: checkpoint.GaveUp, Digest: mine},
	}}
	for _, c := range []struct {
		kind, key string
		digest    checkpoint.Digest
		want      bool
	}{
		{"update", "", mine, true},
		{"update", "", checkpoint.Digest{}, true},
		{"update", "", other, false},
		{"update", "else", mine, false},
		{"roles", "org_1", mine, false},
		{"roles", "org_1", checkpoint.Digest{}, false},
		{"social", "", checkpoint.Digest{}, false},
	} {
		if got := s.DoneBefore(c.kind, c.key, c.digest); got != c.want {
			t.Errorf("%s %q with %v: %v", c.kind, c.key, c.digest[0], got)
		}
	}
	for state, want := range map[checkpoint.StepState]bool{"": false, checkpoint.Refused: true} {
		s := &Subject{}
		s.note(Result{State: state})
		if s.Failed() != want {
			t.Errorf("%q: failed %v", state, s.Failed())
		}
	}
}

// As many subjects are in work as there are workers: 64 unless somebody says otherwise.
func TestWorkers(t *testing.T) {
	for asked, want := range map[int]int{0: 64, -1: 64, 3: 3} {
		if got := New(Config{Workers: asked}).cfg.Workers; got != want {
			t.Errorf("%d of %d workers", got, asked)
		}
	}
}
