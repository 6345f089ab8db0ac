package engine

import (
	"errors"
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
		{Operation: operation.GetUsers, Sent: true, Status: 200},
		{Operation: operation.GetUsers, Sent: true, Status: 503, Class: kinde.ClassRetry, Again: true, Wait: time.Millisecond},
		{Operation: operation.GetUsers, Err: errors.New("never left"), Class: kinde.ClassRetry},
		{Operation: operation.Token, Sent: true, Status: 200},
	} {
		a.Started = at
		r.Observe(a)
	}
	want := []checkpoint.Call{
		{Operation: operation.CreateUser, Calls: 3, Succeeded: 1, Failed: 2, Retried: 1, Throttled: 1},
		{Operation: operation.GetUsers, Calls: 2, Succeeded: 1, Failed: 1, Retried: 1},
	}
	got := r.Calls()
	if len(got) != len(want) {
		t.Fatalf("%+v", got)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("%+v, want %+v", got[i], want[i])
		}
	}
	if r.Total() != 5 {
		t.Errorf("%d requests", r.Total())
	}
	if len(paused) != 1 || paused[0] != 2*time.Second {
		t.Errorf("long pauses: %v", paused)
	}
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
	// An hour later nothing of it counts, though the ring still holds it.
	if rate := r.Rate(now.Add(time.Hour)); rate != 0 {
		t.Errorf("%v a second an hour later", rate)
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
		if got, want := r.ServerTime(), server.Add(10*time.Second+500*time.Millisecond); !got.Equal(want) {
			t.Errorf("%s, want %s", got, want)
		}
	})
}

// What has gathered goes to the checkpoint once, under its run: counts as they
// stand, seconds that changed, and the attempts that tell of a record.
func TestRecorderFlush(t *testing.T) {
	store := open(t, 3)
	run := checkpoint.Run{Name: "r", Pass: 1, Started: time.Unix(1_000_000, 0)}
	if err := store.Commit(t.Context(), checkpoint.PutRun{Run: &run}); err != nil {
		t.Fatal(err)
	}
	r := NewRecorder()
	at := time.Unix(1_000_000, 0)
	r.Observe(kinde.Attempt{Operation: operation.CreateUser, Method: "POST", Sent: true, Status: 429, Class: kinde.ClassThrottled,
		Started: at, Latency: 30 * time.Millisecond, Try: 1, Subject: "2", Err: &kinde.Error{Message: "slow down"}})
	r.Observe(kinde.Attempt{Operation: operation.GetUsers, Sent: true, Status: 200, Started: at}) // of no record, and well
	r.User(at)
	r.Sample(at, 100, 7)
	r.Sample(at, 90, 3)
	flush := func() []checkpoint.Attempt {
		t.Helper()
		if err := r.Flush(t.Context(), store, run.ID); err != nil {
			t.Fatal(err)
		}
		if err := store.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		attempts, err := store.AttemptsOf(t.Context(), 2)
		if err != nil {
			t.Fatal(err)
		}
		return attempts
	}
	flush()
	attempts := flush()
	if len(attempts) != 1 {
		t.Fatalf("%+v", attempts)
	}
	if a := attempts[0]; a.Run != run.ID || a.Status != 429 || a.Try != 1 || a.Latency != 30*time.Millisecond || a.Error == "" {
		t.Errorf("%+v", a)
	}
	calls, err := store.Calls(t.Context(), run.ID)
	if err != nil || len(calls) != 2 || calls[0].Calls != 1 || calls[0].Throttled != 1 {
		t.Errorf("%+v, %v", calls, err)
	}
	buckets, err := store.Buckets(t.Context(), run.ID)
	if err != nil || len(buckets) != 1 {
		t.Fatalf("%+v, %v", buckets, err)
	}
	if b := buckets[0]; b.Requests != 2 || b.Throttled != 1 || b.Users != 1 || b.Limit != 90 || b.InFlight != 7 {
		t.Errorf("%+v", b)
	}
}
