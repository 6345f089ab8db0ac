package engine

import (
	"context"
	"errors"
	"io"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
	"github.com/kinde-migrate/kinde-migrate/internal/operation"
	"github.com/kinde-migrate/kinde-migrate/kinde"
)

// Each request that left is counted once, under its operation, as it ended.
func TestRecorderCountsRequests(t *testing.T) {
	r := NewRecorder()
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	var paused []time.Duration
	r.OnPause(func(a kinde.Attempt) { paused = append(paused, a.Wait) })
	for _, a := range []kinde.Attempt{
		{Operation: operation.CreateUser, Sent: true, Status: 429, Class: kinde.ClassThrottled, Again: true, Wait: 2 * time.Second, Subject: "1"},
		{Operation: operation.CreateUser, Sent: true, Status: 200, Subject: "1"},
		{Operation: operation.CreateUser, Sent: true, Status: 400, Class: kinde.ClassFinal, Err: &kinde.Error{Message: "no"}, Subject: "2"},
		{Operation: operation.GetUsers, Sent: true, Status: 200, Wait: time.Minute}, // not followed by a pause
		{Operation: operation.GetUsers, Sent: true, Status: 503, Class: kinde.ClassRetry, Again: true, Wait: time.Second - 1},
		{Operation: operation.GetRoles, Sent: true, Status: 503, Class: kinde.ClassRetry, Again: true, Wait: time.Second},
		{Operation: operation.GetConnections, Sent: true, Status: 200},
		{Operation: operation.DeleteUser, Sent: true, Status: 200},
		{Operation: operation.GetUsers, Err: errors.New("never left"), Class: kinde.ClassRetry},
		{Operation: operation.Token, Sent: true, Status: 200},
	} {
		a.Started = at
		r.Observe(a)
	}
	want := []checkpoint.Call{
		{Operation: operation.CreateUser, Calls: 3, Succeeded: 1, Failed: 2, Retried: 1, Throttled: 1},
		{Operation: operation.DeleteUser, Calls: 1, Succeeded: 1},
		{Operation: operation.GetConnections, Calls: 1, Succeeded: 1},
		{Operation: operation.GetRoles, Calls: 1, Failed: 1, Retried: 1},
		{Operation: operation.GetUsers, Calls: 2, Succeeded: 1, Failed: 1, Retried: 1},
	}
	slices.SortFunc(want, func(a, b checkpoint.Call) int { return strings.Compare(a.Operation, b.Operation) })
	if got := r.Calls(); !slices.Equal(got, want) {
		t.Errorf("%+v, want %+v", got, want)
	}
	if r.Total() != 8 {
		t.Errorf("%d requests", r.Total())
	}
	if !slices.Equal(paused, []time.Duration{2 * time.Second, time.Second}) {
		t.Errorf("long pauses: %v", paused)
	}
	NewRecorder().Observe(kinde.Attempt{Again: true, Wait: time.Hour}) // nobody is to be told
}

// The rate is that of the last ten whole seconds; the one that runs is not over.
func TestRecorderRate(t *testing.T) {
	r := NewRecorder()
	now := time.Unix(1_000_000, 0)
	for second, n := range map[int]int{-11: 7, -10: 20, -1: 30, 0: 40} {
		for range n {
			r.Observe(kinde.Attempt{Operation: operation.GetUsers, Sent: true, Started: now.Add(time.Duration(second) * time.Second)})
		}
	}
	if rate := r.Rate(now); rate != 5 {
		t.Errorf("%v a second", rate)
	}
	// Nothing of it counts when the ring comes round, though it still holds it.
	if rate := r.Rate(now.Add(64 * time.Second)); rate != 0 {
		t.Errorf("%v a second when the ring comes round", rate)
	}
}

// The server's clock is what its last answer said, and goes on by the time that
// passes, whatever ours is set to.
func TestRecorderKnowsTheServersClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := NewRecorder()
		if got := r.ServerTime(); !got.Equal(time.Now()) || r.ClockOffset() != 0 {
			t.Errorf("before any answer %s, %s ahead", got, r.ClockOffset())
		}
		started := time.Now()
		server := started.Add(time.Hour).Truncate(time.Second)
		r.Observe(kinde.Attempt{Operation: operation.GetUsers, Sent: true, Started: started, Latency: 200 * time.Millisecond, Server: server})
		if ahead := r.ClockOffset(); ahead != server.Add(500*time.Millisecond).Sub(started.Add(200*time.Millisecond)) {
			t.Errorf("%s ahead", ahead)
		}
		time.Sleep(10*time.Second + 200*time.Millisecond)
		r.Observe(kinde.Attempt{Operation: operation.GetUsers, Sent: true, Started: time.Now()}) // an answer without a date
		if got, want := r.ServerTime(), server.Add(10*time.Second+500*time.Millisecond); !got.Equal(want) {
			t.Errorf("%s, want %s", got, want)
		}
	})
}

// What has gathered goes to the checkpoint once, under its run: counts as they
// stand, seconds that changed, and the attempts that tell of a record or of a failure.
func TestRecorderFlush(t *testing.T) {
	r, at := NewRecorder(), time.Unix(1_000_000, 0)
	slow := &kinde.Error{Message: "slow down"}
	for _, a := range []kinde.Attempt{
		{Operation: operation.CreateUser, Method: "POST", Status: 429, Class: kinde.ClassThrottled, Latency: 30 * time.Millisecond, Try: 1,
			Subject: "2", Err: slow},
		{Operation: operation.CreateUser, Method: "POST", Status: 200, Try: 2, Subject: "2"},
		{Operation: operation.GetUsers, Method: "GET", Status: 200}, // of no record, and well
		{Operation: operation.GetUsers, Method: "GET", Status: 503, Class: kinde.ClassRetry},
	} {
		a.Sent, a.Started = true, at
		r.Observe(a)
	}
	r.User(at)
	r.Sample(at, 100, 7)
	r.Sample(at, 90, 3)
	attempt := func(a checkpoint.Attempt) checkpoint.Change {
		a.Run, a.Started = 4, at
		return checkpoint.AddAttempt{Attempt: a}
	}
	calls := checkpoint.PutCalls{{Run: 4, Operation: operation.GetUsers, Calls: 2, Succeeded: 1, Failed: 1},
		{Run: 4, Operation: operation.CreateUser, Calls: 2, Succeeded: 1, Failed: 1, Throttled: 1}}
	slices.SortFunc(calls, func(a, b checkpoint.Call) int { return strings.Compare(a.Operation, b.Operation) })
	flush := func(want ...checkpoint.Change) {
		t.Helper()
		var store journal
		if err := r.Flush(t.Context(), &store, 4); err != nil {
			t.Fatal(err)
		}
		if got := []entry{{false, want}}; !reflect.DeepEqual(store.entries, got) {
			t.Errorf("%+v, want %+v", store.entries, got)
		}
	}
	flush(
		attempt(checkpoint.Attempt{Record: 2, Operation: operation.CreateUser, Method: "POST", Status: 429, Class: kinde.ClassThrottled.String(),
			Latency: 30 * time.Millisecond, Try: 1, Error: slow.Error()}),
		attempt(checkpoint.Attempt{Record: 2, Operation: operation.CreateUser, Method: "POST", Status: 200, Class: kinde.ClassNone.String(),
			Try: 2}),
		attempt(checkpoint.Attempt{Operation: operation.GetUsers, Method: "GET", Status: 503, Class: kinde.ClassRetry.String()}),
		calls,
		checkpoint.PutBuckets{{Run: 4, Second: 1_000_000, Requests: 4, Throttled: 1, Users: 1, Limit: 90, InFlight: 7}},
	)
	flush(calls, checkpoint.PutBuckets{})
	// A second is known as long as somebody may still add to it.
	r.User(at.Add(120 * time.Second))
	flush(calls, checkpoint.PutBuckets{{Run: 4, Second: 1_000_120, Users: 1}})
	r.User(at)
	r.User(at.Add(121 * time.Second))
	r.User(at.Add(121 * time.Second))
	var store journal
	if err := r.Flush(t.Context(), &store, 4); err != nil {
		t.Fatal(err)
	}
	buckets := store.entries[0].Changes[1].(checkpoint.PutBuckets)
	slices.SortFunc(buckets, func(a, b checkpoint.Bucket) int { return int(a.Second - b.Second) })
	if want := (checkpoint.PutBuckets{{Run: 4, Second: 1_000_000, Requests: 4, Throttled: 1, Users: 2, Limit: 90, InFlight: 7},
		{Run: 4, Second: 1_000_121, Users: 2}}); !slices.Equal(buckets, want) {
		t.Errorf("%+v, want %+v", buckets, want)
	}
	r.User(at)
	flush(calls, checkpoint.PutBuckets{{Run: 4, Second: 1_000_000, Users: 1}})
}

// refusing answers each request with no.
type refusing struct{}

func (refusing) RoundTrip(*http.Request) (*http.Response, error) {
	body := io.NopCloser(strings.NewReader(`{"errors":[{"code":"NOT_FOUND","message":"nobody"}]}`))
	return &http.Response{StatusCode: http.StatusNotFound, Header: http.Header{"Content-Type": {"application/json"}}, Body: body}, nil
}

// A client's attempts are heard by the recorder and by whoever else listens, under
// the record of the step that made them.
func TestRecorderHearsAClient(t *testing.T) {
	for _, besides := range []bool{true, false} {
		r, heard := NewRecorder(), 0
		cfg := kinde.Config{BaseURL: "https://example.kinde.com", Transport: refusing{}, Tokens: kinde.StaticToken("t")}
		if besides {
			cfg.Observe = func(kinde.Attempt) { heard++ }
		}
		client, err := r.Client(cfg)
		if err != nil {
			t.Fatal(err)
		}
		asking := &asking{client: client, stub: stub{info: Info{Kind: "a"}}}
		if err := New(Config{Store: &journal{}}).Do(t.Context(), &Subject{Record: checkpoint.Record{ID: 8}, Steps: []Step{asking}}); err != nil {
			t.Fatal(err)
		}
		if len(r.attempts) != 1 || r.attempts[0].(checkpoint.AddAttempt).Attempt.Record != 8 || (heard == 1) != besides {
			t.Errorf("%+v, and %d heard besides", r.attempts, heard)
		}
	}
}

// asking is a step that sends a request.
type asking struct {
	stub
	client *kinde.Client
}

func (a *asking) Do(ctx context.Context, _ *Subject) Result {
	_, err := a.client.GetUserData(ctx, "kp_1")
	return Answered(ctx, err, Problem{}, Problem{})
}
