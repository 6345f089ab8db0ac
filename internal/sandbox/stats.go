package sandbox

import (
	"maps"
	"sync"
	"time"
)

// Request is one request to the API as the tenant saw it.
type Request struct {
	Time      time.Time // of arrival
	Took      time.Duration
	Operation string
	Method    string
	Path      string
	Status    int // 0: the connection was closed without an answer
}

// Stats are counts since the start or since ResetStats.
type Stats struct {
	Requests    int            // all of the API, refused ones included; the token endpoint excluded
	ByOperation map[string]int // by Kinde's operation id
	ByStatus    map[int]int    // 0: closed without an answer
	Tokens      int            // requests to the token endpoint
	Throttled   int            // answers 429
	// DuringHold counts requests that arrived after a 429 had been answered
	// and before the time that it named.
	DuringHold  int
	MaxInFlight int
	Faults      int // faults that were played
	First, Last time.Time
}

// hold is a time in which nothing should arrive.
type hold struct{ from, until time.Time }

type recorder struct {
	mu    sync.Mutex
	s     Stats
	holds []hold
}

func (r *recorder) arrived(now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.s.Requests++
	if r.s.First.IsZero() {
		r.s.First = now
	}
	r.s.Last = now
	during := false
	kept := r.holds[:0]
	for _, h := range r.holds {
		if !now.Before(h.until) {
			continue
		}
		kept = append(kept, h)
		during = during || !now.Before(h.from)
	}
	r.holds = kept
	if during {
		r.s.DuringHold++
	}
}

func (r *recorder) sawInFlight(n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.s.MaxInFlight = max(r.s.MaxInFlight, n)
}

func (r *recorder) throttled(from, until time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.s.Throttled++
	if until.After(from) {
		r.holds = append(r.holds, hold{from, until})
	}
}

func (r *recorder) token() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.s.Tokens++
}

func (r *recorder) fault() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.s.Faults++
}

func (r *recorder) finished(log func(Request), c *call, start time.Time, status int) {
	r.mu.Lock()
	if r.s.ByOperation == nil {
		r.s.ByOperation, r.s.ByStatus = map[string]int{}, map[int]int{}
	}
	r.s.ByOperation[c.route.operation]++
	r.s.ByStatus[status]++
	r.mu.Unlock()
	if log != nil {
		log(Request{start, time.Since(start), c.route.operation, c.Method, c.URL.Path, status})
	}
}

// Stats tells what has been asked of the tenant.
func (t *Tenant) Stats() Stats {
	t.stats.mu.Lock()
	defer t.stats.mu.Unlock()
	s := t.stats.s
	s.ByOperation, s.ByStatus = maps.Clone(s.ByOperation), maps.Clone(s.ByStatus)
	return s
}

// ResetStats starts the counts anew.
func (t *Tenant) ResetStats() {
	t.stats.mu.Lock()
	defer t.stats.mu.Unlock()
	t.stats.s = Stats{}
}
