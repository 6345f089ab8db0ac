package engine

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
)

// what steps come to, and what the user becomes by it.
func TestWhatAUserBecomes(t *testing.T) {
	done, nothing := Result{}, Unchanged()
	for name, c := range map[string]struct {
		results []Result
		created bool
		want    checkpoint.Outcome
	}{
		"no step":                {nil, false, checkpoint.Unchanged},
		"no step of a new user":  {nil, true, checkpoint.Created},
		"a change":               {[]Result{nothing, done}, false, checkpoint.Updated},
		"a change of a new user": {[]Result{done, nothing}, true, checkpoint.Created},
		"nothing to change":      {[]Result{nothing, nothing}, false, checkpoint.Unchanged},
		"left away":              {[]Result{{State: checkpoint.Omitted}}, false, checkpoint.Unchanged},
		"found as asked":         {[]Result{{State: checkpoint.Found}}, false, checkpoint.Unchanged},
		"refused":                {[]Result{{State: checkpoint.Refused}, done}, false, checkpoint.Failed},
		"given up":               {[]Result{done, {State: checkpoint.GaveUp}}, true, checkpoint.Failed},
		"refused with a warning": {[]Result{{State: checkpoint.Refused, Problem: Problem{Warning: true}}}, false,
			checkpoint.Unchanged},
		"a warning after a failure": {[]Result{{State: checkpoint.Refused},
			{State: checkpoint.GaveUp, Problem: Problem{Warning: true}}}, false, checkpoint.Failed},
		"a class of its own":                 {[]Result{{Outcome: checkpoint.Deleted, Next: Stop}}, false, checkpoint.Deleted},
		"a class of its own beats a failure": {[]Result{{State: checkpoint.Refused, Outcome: checkpoint.Rejected}}, false, checkpoint.Rejected},
		"for a later run":                    {[]Result{done, {State: checkpoint.Omitted, Next: Later}}, true, checkpoint.Pending},
		"for a later run, and failed":        {[]Result{{State: checkpoint.Refused}, {Next: Later}}, false, checkpoint.Pending},
		"stopped before a change":            {[]Result{{Nothing: true, Next: Stop}, done}, false, checkpoint.Unchanged},
	} {
		t.Run(name, func(t *testing.T) {
			store := open(t, 1)
			s := &Subject{Record: checkpoint.Record{ID: 1}, CreatedNow: c.created}
			for i, r := range c.results {
				s.Steps = append(s.Steps, &stub{info: Info{Kind: string(rune('a' + i))}, result: r})
			}
			var told []checkpoint.Outcome
			worked := 0
			e := New(Config{Store: store, Pass: 1, Workers: 1,
				Worked:  func(*Subject) { worked++ },
				Settled: func(_ *Subject, o checkpoint.Outcome) { told = append(told, o) }})
			if err := e.Run(t.Context(), each(s), nil); err != nil {
				t.Fatal(err)
			}
			if got := outcome(t, store, 1); got != c.want {
				t.Errorf("%s, want %s", got, c.want)
			}
			// Who is left for a later run has neither been worked on nor settled.
			left := c.want == checkpoint.Pending
			if (worked == 0) != left || (len(told) == 0) != left || !left && told[0] != c.want {
				t.Errorf("worked on %d, told %v", worked, told)
			}
			if failed := e.Failed() == 1; failed != (c.want == checkpoint.Failed) {
				t.Errorf("%d failed", e.Failed())
			}
		})
	}
}

// What a step came to is in the checkpoint: its state, what it covers, and the
// problem of one that failed.
func TestWhatIsKeptOfAStep(t *testing.T) {
	store := open(t, 1)
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	digest := checkpoint.Digest{1, 2, 3}
	s := &Subject{
		Record: checkpoint.Record{
			ID:       1,
			File:     2,
			Number:   7,
			Line:     9,
			SourceID: "usr_7",
			KindeID:  "kp_7",
			Stage:    checkpoint.Present,
		},
		Before: map[StepID]checkpoint.Step{{"found", ""}: {State: checkpoint.Done, Detail: `{"was":1}`}},
		Steps: []Step{
			&stub{
				info:   Info{Kind: "done", Key: "k", Units: 3, Digest: digest},
				result: Result{Detail: `{"a":1}`, Also: []checkpoint.Step{{Kind: "besides", State: checkpoint.Done, Units: 2}}},
			},
			&stub{info: Info{Kind: "silent"}, result: Result{Silent: true}},
			&stub{info: Info{Kind: "found"}, result: Unchanged()},
			&stub{
				info:   Info{Kind: "refused"},
				result: Refused(Problem{Code: "API_REJECTED", Message: "no", Field: "phone", Hint: "mend it"}),
			},
			&stub{info: Info{Kind: "warned"}, result: Omitted(Problem{Warning: true, Code: "FIELD_DROPPED"})},
		},
	}
	if err := New(Config{Store: store, Run: 4, Pass: 1, Now: func() time.Time { return now }}).Run(t.Context(), each(s), nil); err != nil {
		t.Fatal(err)
	}
	if err := store.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	steps, err := store.StepsOf(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	kept := map[string]checkpoint.Step{}
	for _, x := range steps {
		if x.Record != 1 || x.Run != 4 || !x.At.Equal(now) {
			t.Errorf("%s: record %d, run %d, at %s", x.Kind, x.Record, x.Run, x.At)
		}
		kept[x.Kind] = x
	}
	if x := kept["done"]; x.State != checkpoint.Done || x.Key != "k" || x.Units != 3 || x.Digest != digest ||
		x.Detail != `{"a":1}` {
		t.Errorf("done is kept as %+v", x)
	}
	if x := kept["besides"]; x.State != checkpoint.Done || x.Units != 2 {
		t.Errorf("what was done besides is kept as %+v", x)
	}
	if _, there := kept["silent"]; there {
		t.Error("a silent step is kept")
	}
	if x := kept["found"]; x.Detail != `{"was":1}` || x.Units != 1 {
		t.Errorf("a step that changed nothing is kept as %+v", x)
	}
	if x := kept["refused"]; x.State != checkpoint.Refused || x.Code != "API_REJECTED" || x.Message != "no" {
		t.Errorf("refused is kept as %+v", x)
	}
	problems, err := store.ProblemsOf(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	severities := map[string]string{}
	for _, p := range problems {
		severities[p.Code] = p.Severity
		if p.File != 2 || p.Number != 7 || p.Line != 9 || p.SourceID != "usr_7" {
			t.Errorf("%s is said of %+v", p.Code, p)
		}
		if p.Code == "API_REJECTED" && (p.Field != "phone" || p.Hint != "mend it" || p.Message != "no") {
			t.Errorf("kept as %+v", p)
		}
	}
	if len(severities) != 2 || severities["API_REJECTED"] != "error" || severities["FIELD_DROPPED"] != "warning" {
		t.Errorf("severities %v", severities)
	}
	if r, _, _ := store.RecordByID(t.Context(), 1); r.KindeID != "kp_7" || r.Stage != checkpoint.Present || r.Pass != 1 {
		t.Errorf("the record is %+v", r)
	}
}

// A step whose outcome is open keeps what its intent said; one that is done need not.
func TestAnOpenStepKeepsItsIntent(t *testing.T) {
	for state, want := range map[checkpoint.StepState]string{checkpoint.GaveUp: `{"meant":true}`, "": ""} {
		store := open(t, 1)
		step := &intending{stub{info: Info{Kind: checkpoint.StepCreate, Once: true}, result: Result{State: state}}}
		if err := New(Config{Store: store, Pass: 1}).Run(t.Context(), each(&Subject{Record: checkpoint.Record{ID: 1}, Steps: []Step{step}}),
			nil); err != nil {
			t.Fatal(err)
		}
		if err := store.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		steps, err := store.StepsOf(t.Context(), 1)
		if err != nil || len(steps) != 1 || steps[0].Detail != want {
			t.Errorf("%q: %+v, %v", state, steps, err)
		}
	}
}

type intending struct{ stub }

func (*intending) Intent(*Subject) string { return `{"meant":true}` }

// Earlier steps of a record are forgotten where a step says so, and its own stays.
func TestForget(t *testing.T) {
	store := open(t, 1)
	s := &Subject{Record: checkpoint.Record{ID: 1}, Steps: []Step{
		&stub{
			info: Info{Kind: "create"},
		}, &stub{info: Info{Kind: "delete"}, result: Result{Forget: true, Outcome: checkpoint.Deleted}}}}
	if err := New(Config{Store: store, Pass: 1}).Run(t.Context(), each(s), nil); err != nil {
		t.Fatal(err)
	}
	if err := store.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	if steps, err := store.StepsOf(t.Context(), 1); err != nil || len(steps) != 1 || steps[0].Kind != "delete" {
		t.Errorf("%+v, %v", steps, err)
	}
}

// To drain a run begins nobody new, and does of those in work what is urgent.
func TestDrainDoesWhatIsUrgent(t *testing.T) {
	store := open(t, 2)
	drain := make(chan struct{})
	var order []string
	step := func(kind string, urgent bool, do func()) *stub {
		return &stub{info: Info{Kind: kind, Urgent: urgent}, do: func(*Subject) {
			order = append(order, kind)
			if do != nil {
				do()
			}
		}}
	}
	e := New(Config{Store: store, Pass: 1, Workers: 1, Drain: drain})
	err := e.Run(t.Context(), each(
		&Subject{Record: checkpoint.Record{ID: 1}, CreatedNow: true,
			Steps: []Step{
				step("create", false, func() { close(drain) }),
				step("suspend", true, nil),
				step("properties", false, nil),
			},
			Final: []Step{step("claims", false, nil)}},
		&Subject{Record: checkpoint.Record{ID: 2}, Steps: []Step{step("other", false, nil)}},
	), nil)
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"create", "suspend"}; !slices.Equal(order, want) {
		t.Errorf("%v, want %v", order, want)
	}
	if a, b := outcome(t, store, 1), outcome(t, store, 2); a != checkpoint.Pending || b != checkpoint.Pending {
		t.Errorf("%s, %s", a, b)
	}
}

// Too many failures end the run; whoever was not begun stays pending.
func TestTooManyFailures(t *testing.T) {
	store := open(t, 5)
	refused := func(id int64) *Subject {
		return &Subject{
			Record: checkpoint.Record{ID: id},
			Steps:  []Step{&stub{info: Info{Kind: "a"}, result: Result{State: checkpoint.Refused}}},
		}
	}
	var asked [][2]int64
	e := New(Config{Store: store, Pass: 1, Workers: 1, TooMany: func(failed, settled int64) bool {
		asked = append(asked, [2]int64{failed, settled})
		return failed == 2
	}})
	fine := &Subject{Record: checkpoint.Record{ID: 1}}
	err := e.Run(t.Context(), each(fine, refused(2), refused(3), refused(4), refused(5)), nil)
	if !errors.Is(err, ErrTooMany) || !e.Stopped() || !e.Draining() {
		t.Fatalf("%v, stopped %v", err, e.Stopped())
	}
	if want := [][2]int64{{1, 2}, {2, 3}}; !slices.Equal(asked, want) {
		t.Errorf("asked with %v, want %v", asked, want)
	}
	if outcome(t, store, 5) != checkpoint.Pending {
		t.Error("a record was begun after the end")
	}
}

// What planning found is stored as the work begins, and takes the place of what
// an earlier process found.
func TestWhatPlanningFound(t *testing.T) {
	store := open(t, 1)
	problem := checkpoint.Problem{Record: 1, Applying: true, Severity: "warning", Code: "FIELD_DROPPED"}
	if err := store.Commit(t.Context(), checkpoint.AddProblems{{Record: 1, Applying: true, Severity: "error",
		Code: "API_FAILED"}}); err != nil {
		t.Fatal(err)
	}
	wants := checkpoint.Wants{Social: 3}
	s := &Subject{
		Record:   checkpoint.Record{ID: 1},
		Settled:  checkpoint.Skipped,
		Problems: []checkpoint.Problem{problem},
		Wants:    &wants,
	}
	if err := New(Config{Store: store, Run: 2, Pass: 1}).Run(t.Context(), each(s), nil); err != nil {
		t.Fatal(err)
	}
	if got := outcome(t, store, 1); got != checkpoint.Skipped {
		t.Errorf("%s", got)
	}
	if all, err := store.ProblemsOf(t.Context(), 1); err != nil || len(all) != 1 || all[0].Code != "FIELD_DROPPED" {
		t.Errorf("%+v, %v", all, err)
	}
	if r, _, _ := store.RecordByID(t.Context(), 1); r.Want != wants {
		t.Errorf("wants %+v", r.Want)
	}
}

// A deferred step holds its user open, is not stored when it is left for a later
// run, and what comes last waits for it.
func TestDeferredSteps(t *testing.T) {
	for name, c := range map[string]struct {
		result    Result
		want      checkpoint.Outcome
		kept, end bool
	}{
		"done":            {Result{}, checkpoint.Updated, true, true},
		"nothing changed": {Unchanged(), checkpoint.Unchanged, true, false},
		"for a later run": {Result{State: checkpoint.Omitted, Next: Later}, checkpoint.Pending, false, false},
	} {
		store := open(t, 1)
		e := New(Config{Store: store, Pass: 1})
		later := &stub{info: Info{Kind: "later"}, result: Deferred(), do: func(s *Subject) { e.Hold(s) }}
		ended := false
		s := &Subject{Record: checkpoint.Record{ID: 1}, Steps: []Step{later},
			Final: []Step{&stub{info: Info{Kind: "final"}, do: func(*Subject) { ended = true }}}}
		err := e.Run(t.Context(), each(s), func(ctx context.Context) error {
			e.Settle()
			if ended {
				t.Errorf("%s: the last step did not wait", name)
			}
			return e.Finish(ctx, s, later.info, c.result)
		})
		if err != nil {
			t.Fatal(err)
		}
		if got := outcome(t, store, 1); got != c.want || ended != c.end {
			t.Errorf("%s: %s, ended %v", name, got, ended)
		}
		steps, err := store.StepsOf(t.Context(), 1)
		if err != nil {
			t.Fatal(err)
		}
		if kept := slices.ContainsFunc(steps, func(x checkpoint.Step) bool { return x.Kind == "later" }); kept != c.kept {
			t.Errorf("%s: kept %v", name, kept)
		}
	}
}

// Whoever works may put steps behind the one in work, and an iterator that fails
// ends the run.
func TestStepsThatComeLaterAndAnIteratorThatFails(t *testing.T) {
	store := open(t, 1)
	var mu sync.Mutex
	var order []string
	add := func(name string) { mu.Lock(); order = append(order, name); mu.Unlock() }
	second := &stub{info: Info{Kind: "b"}, do: func(*Subject) { add("b") }}
	first := &stub{info: Info{Kind: "a"}, do: func(s *Subject) { add("a"); s.Steps = append(s.Steps, second) }}
	e := New(Config{Store: store, Pass: 1})
	if err := e.Do(t.Context(), &Subject{Record: checkpoint.Record{ID: 1}, Steps: []Step{first}}); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(order, []string{"a", "b"}) {
		t.Errorf("%v", order)
	}
	wrong := errors.New("the source is gone")
	err := e.Run(t.Context(), func(yield func(*Subject, error) bool) { yield(nil, wrong) }, func(context.Context) error {
		t.Error("what was deferred is flushed after a failure")
		return nil
	})
	if !errors.Is(err, wrong) {
		t.Errorf("%v", err)
	}
}
