package engine

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
	"github.com/kinde-migrate/kinde-migrate/internal/operation"
	"github.com/kinde-migrate/kinde-migrate/kinde"
)

// Recorder listens to a client's attempts: it counts requests by operation and
// by second, and keeps the story of each record. Its Observe is what
// kinde.Config.Observe wants.
type Recorder struct {
	mu       sync.Mutex
	calls    map[string]*checkpoint.Call
	seconds  map[int64]*checkpoint.Bucket
	dirty    map[int64]bool
	attempts []checkpoint.Change
	pauses   func(kinde.Attempt)
	total    int64
	offset   time.Duration
	server   time.Time // what the server's clock showed last
	heard    time.Time // when, by ours
	recent   [64]int64 // requests of the last seconds, by second modulo 64
	recentAt [64]int64
}

// NewRecorder returns a recorder that has heard nothing.
func NewRecorder() *Recorder {
	return &Recorder{calls: map[string]*checkpoint.Call{}, seconds: map[int64]*checkpoint.Bucket{}, dirty: map[int64]bool{}}
}

// Client returns a client whose attempts the recorder hears of, besides cfg.Observe.
func (r *Recorder) Client(cfg kinde.Config) (*kinde.Client, error) {
	hear := cfg.Observe
	cfg.Observe = r.Observe
	if hear != nil {
		cfg.Observe = func(a kinde.Attempt) { r.Observe(a); hear(a) }
	}
	return kinde.New(cfg)
}

// OnPause sets who is told of attempts that are followed by a long pause.
func (r *Recorder) OnPause(f func(kinde.Attempt)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.pauses = f
}

// Observe counts an attempt. Requests for a token, and those that never left, are not counted.
func (r *Recorder) Observe(a kinde.Attempt) {
	r.mu.Lock()
	pauses := r.pauses
	if a.Operation != operation.Token && a.Sent {
		r.count(a)
	}
	r.mu.Unlock()
	if pauses != nil && a.Again && a.Wait >= time.Second {
		pauses(a)
	}
}

func (r *Recorder) count(a kinde.Attempt) {
	call := r.calls[a.Operation]
	if call == nil {
		call = &checkpoint.Call{Operation: a.Operation}
		r.calls[a.Operation] = call
	}
	r.total++
	call.Calls++
	if a.Class == kinde.ClassNone {
		call.Succeeded++
	} else {
		call.Failed++
	}
	if a.Again {
		call.Retried++
	}
	if !a.Server.IsZero() {
		// The Date header cuts the second off: on average half of one is missing.
		r.server, r.heard = a.Server.Add(500*time.Millisecond), a.Started.Add(a.Latency)
		r.offset = r.server.Sub(r.heard)
	}
	second := a.Started.Unix()
	bucket := r.bucket(second)
	bucket.Requests++
	i := second & 63
	if r.recentAt[i] != second {
		r.recentAt[i], r.recent[i] = second, 0
	}
	r.recent[i]++
	if a.Status == 429 {
		call.Throttled++
		bucket.Throttled++
	}
	record, _ := strconv.ParseInt(a.Subject, 10, 64)
	if record == 0 && a.Class == kinde.ClassNone {
		return
	}
	row := checkpoint.Attempt{Record: record, Operation: a.Operation, Method: a.Method, Status: a.Status, Class: a.Class.String(),
		Started: a.Started, Latency: a.Latency, Try: a.Try}
	if a.Err != nil {
		row.Error = a.Err.Error()
	}
	r.attempts = append(r.attempts, checkpoint.AddAttempt{Attempt: row})
}

func (r *Recorder) bucket(second int64) *checkpoint.Bucket {
	b := r.seconds[second]
	if b == nil {
		b = &checkpoint.Bucket{Second: second}
		r.seconds[second] = b
	}
	r.dirty[second] = true
	return b
}

// User counts a user that was finished at this moment.
func (r *Recorder) User(now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.bucket(now.Unix()).Users++
}

// Sample notes what the gate believes at this moment.
func (r *Recorder) Sample(now time.Time, limit float64, inFlight int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	b := r.bucket(now.Unix())
	b.Limit, b.InFlight = limit, max(b.InFlight, int64(inFlight))
}

// ClockOffset returns how far the server's clock is ahead of ours, by the last
// answer that said so.
func (r *Recorder) ClockOffset() time.Duration {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.offset
}

// ServerTime returns what the server's clock shows now, as far as its answers
// tell. It goes on from the last of them by the time that has passed, not by
// our clock, which may be set in between.
func (r *Recorder) ServerTime() time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.heard.IsZero() {
		return time.Now()
	}
	return r.server.Add(time.Since(r.heard))
}

// Total returns how many requests were sent.
func (r *Recorder) Total() int64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.total
}

// Calls returns the counts by operation, sorted.
func (r *Recorder) Calls() []checkpoint.Call {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.callsLocked(0)
}

func (r *Recorder) callsLocked(run int64) []checkpoint.Call {
	calls := make([]checkpoint.Call, 0, len(r.calls))
	for _, c := range r.calls {
		x := *c
		x.Run = run
		calls = append(calls, x)
	}
	slices.SortFunc(calls, func(a, b checkpoint.Call) int { return strings.Compare(a.Operation, b.Operation) })
	return calls
}

// Rate returns the requests per second over the last ten whole seconds.
func (r *Recorder) Rate(now time.Time) float64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	var n int64
	for s := now.Unix() - 10; s < now.Unix(); s++ {
		if r.recentAt[s&63] == s {
			n += r.recent[s&63]
		}
	}
	return float64(n) / 10
}

// Flush hands what has gathered to the checkpoint.
func (r *Recorder) Flush(ctx context.Context, store Store, run int64) error {
	r.mu.Lock()
	changes := r.attempts
	r.attempts = nil
	for i, c := range changes {
		a := c.(checkpoint.AddAttempt)
		a.Attempt.Run = run
		changes[i] = a
	}
	changes = append(changes, checkpoint.PutCalls(r.callsLocked(run)))
	buckets := make(checkpoint.PutBuckets, 0, len(r.dirty))
	newest := int64(0)
	for second := range r.dirty {
		b := *r.seconds[second]
		b.Run = run
		buckets = append(buckets, b)
		newest = max(newest, second)
	}
	changes = append(changes, buckets)
	clear(r.dirty)
	for second := range r.seconds {
		if second < newest-120 {
			delete(r.seconds, second) // nothing arrives that late: requests are counted by their start, and time out
		}
	}
	r.mu.Unlock()
	return store.Post(ctx, changes...)
}
