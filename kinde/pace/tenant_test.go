package pace

import (
	"context"
	"math"
	"math/rand/v2"
	"net/http"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/kinde-migrate/kinde-migrate/kinde"
)

// limiter is one limit of a fake tenant. wait says how long until it would
// let something through; commit counts a request that all limits let through.
type limiter interface {
	wait(now time.Duration) time.Duration // 0: there is room
	commit(now time.Duration)
	leave()
	allowed(from, to time.Duration) float64 // what may start between the two
}

type bucket struct {
	rate, burst float64
	level       float64
	last        time.Duration
}

func newBucket(rate, burst float64) *bucket { return &bucket{rate: rate, burst: burst, level: burst} }

func (b *bucket) wait(now time.Duration) time.Duration {
	b.level = min(b.burst, b.level+b.rate*(now-b.last).Seconds())
	b.last = now
	if b.level >= 1 {
		return 0
	}
	return time.Duration((1 - b.level) / b.rate * float64(time.Second))
}
func (b *bucket) commit(time.Duration) { b.level-- }
func (b *bucket) leave()               {}
func (b *bucket) allowed(from, to time.Duration) float64 {
	return b.burst + b.rate*(to-from).Seconds()
}

// changing is a bucket whose rate changes.
type changing struct {
	bucket
	at  time.Duration
	new float64
	old float64
}

func newChanging(rate, burst, next float64, at time.Duration) *changing {
	return &changing{bucket: *newBucket(rate, burst), at: at, new: next, old: rate}
}

func (c *changing) wait(now time.Duration) time.Duration {
	if now >= c.at {
		c.rate = c.new
	}
	return c.bucket.wait(now)
}

func (c *changing) allowed(from, to time.Duration) float64 {
	return c.burst + c.old*max(min(c.at, to)-from, 0).Seconds() + c.new*max(to-max(c.at, from), 0).Seconds()
}

// window is a fixed window; it begins with the first request or, aligned, at
// multiples of its length.
type window struct {
	n       int
	length  time.Duration
	aligned time.Duration // offset of the boundaries; negative: from the first request
	begin   time.Duration
	count   int
	started bool
}

func (w *window) wait(now time.Duration) time.Duration {
	switch {
	case w.aligned >= 0:
		if begin := (now + w.aligned).Truncate(w.length) - w.aligned; !w.started || begin != w.begin {
			w.begin, w.count, w.started = begin, 0, true
		}
	case !w.started || now-w.begin >= w.length:
		w.begin, w.count, w.started = now, 0, true
	}
	if w.count < w.n {
		return 0
	}
	return w.begin + w.length - now
}
func (w *window) commit(time.Duration) { w.count++ }
func (w *window) leave()               {}
func (w *window) allowed(from, to time.Duration) float64 {
	return float64(w.n) * (to - from).Seconds() / w.length.Seconds()
}

// sliding counts the requests of the last length.
type sliding struct {
	n      int
	length time.Duration
	log    []time.Duration
}

func (s *sliding) wait(now time.Duration) time.Duration {
	for len(s.log) > 0 && now-s.log[0] >= s.length {
		s.log = s.log[1:]
	}
	if len(s.log) < s.n {
		return 0
	}
	return s.log[0] + s.length - now
}
func (s *sliding) commit(now time.Duration) { s.log = append(s.log, now) }
func (s *sliding) leave()                   {}
func (s *sliding) allowed(from, to time.Duration) float64 {
	return float64(s.n) * (1 + (to-from).Seconds()/s.length.Seconds())
}

type crowd struct{ most, now int }

func (c *crowd) wait(time.Duration) time.Duration {
	if c.now < c.most {
		return 0
	}
	return time.Nanosecond
}
func (c *crowd) commit(time.Duration)               { c.now++ }
func (c *crowd) leave()                             { c.now-- }
func (c *crowd) allowed(_, _ time.Duration) float64 { return math.Inf(1) }

// headers is how a tenant tells when to come back.
type headers int

const (
	resetRoundedUp headers = iota
	resetExact
	retryDate
	nothing
	resetZero
	resetMinute
)

type tenant struct {
	limits  []limiter
	says    headers
	tells   func(now time.Duration) http.Header // what each answer says of the limit; nil: nothing
	random  float64                             // share of 429s out of the blue
	storm   func(now time.Duration) bool
	latency func(*rand.Rand) time.Duration
	mean    time.Duration // of the latency
	before  float64       // part of the latency before the decision

	mu   sync.Mutex
	rng  *rand.Rand
	born time.Time
}

// admits says how long until all limits would let a request through.
func (t *tenant) admits(now time.Duration) time.Duration {
	var wait time.Duration
	for _, l := range t.limits {
		wait = max(wait, l.wait(now))
	}
	return wait
}

func (t *tenant) commit(now time.Duration) {
	for _, l := range t.limits {
		l.commit(now)
	}
}

func (t *tenant) leave() {
	for _, l := range t.limits {
		l.leave()
	}
}

// decide lets a request through or not, and says how long to wait.
func (t *tenant) decide(now time.Duration) (status int, wait time.Duration) {
	wait = t.admits(now)
	if wait == 0 && t.random > 0 && t.rng.Float64() < t.random {
		wait = 10 * time.Millisecond
	}
	if wait > 0 {
		return http.StatusTooManyRequests, wait
	}
	t.commit(now)
	if t.storm != nil && t.storm(now) {
		return http.StatusServiceUnavailable, 0
	}
	return http.StatusOK, 0
}

// serve answers one request like a tenant would.
func (t *tenant) serve() (int, http.Header) {
	t.mu.Lock()
	latency := t.latency(t.rng)
	t.mu.Unlock()
	time.Sleep(time.Duration(float64(latency) * t.before))
	t.mu.Lock()
	status, wait := t.decide(time.Since(t.born))
	t.mu.Unlock()
	rest := time.Duration(float64(latency) * (1 - t.before))
	time.Sleep(rest)
	if status == http.StatusTooManyRequests {
		return status, t.header(wait)
	}
	t.mu.Lock()
	t.leave()
	t.mu.Unlock()
	return status, nil
}

func (t *tenant) header(wait time.Duration) http.Header { return t.headerAt(wait, time.Now()) }

func (t *tenant) headerAt(wait time.Duration, now time.Time) http.Header {
	h := http.Header{}
	switch t.says {
	case resetRoundedUp:
		h.Set("RateLimit-Reset", strconv.Itoa(int(math.Ceil(wait.Seconds()))))
	case resetExact:
		h.Set("RateLimit-Reset", strconv.FormatFloat(wait.Seconds(), 'f', 3, 64))
	case retryDate:
		h.Set("Retry-After", now.Add(wait+time.Second).UTC().Format(http.TimeFormat))
	case resetZero:
		h.Set("RateLimit-Reset", "0")
	case resetMinute:
		h.Set("RateLimit-Reset", "60")
	}
	return h
}

func (t *tenant) allowed(from, to time.Duration) float64 {
	most := math.Inf(1)
	for _, l := range t.limits {
		most = min(most, l.allowed(from, to))
	}
	return most
}

// result is what a run looked like from outside.
type result struct {
	requests, throttled, early int
	first, last                time.Duration // starts of the first and the last success
	starts, granted            []time.Duration
	successes                  int
	allowed                    float64
}

func (r result) used() float64  { return float64(r.successes) / r.allowed }
func (r result) share() float64 { return float64(r.throttled) / float64(r.requests) }
func (r result) rate() float64  { return float64(r.successes) / (r.last - r.first).Seconds() }

// run sends total requests with the workers until each has succeeded.
func run(t testing.TB, g kinde.Gate, ten *tenant, workers, total int) result {
	t.Helper()
	ten.born = time.Now()
	var mu sync.Mutex
	var out result
	var held time.Time
	left := total
	read := ten.holdFor
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			for {
				mu.Lock()
				if left == 0 {
					mu.Unlock()
					return
				}
				left--
				mu.Unlock()
				for done := false; !done; {
					p, err := g.Acquire(context.Background(), "createUser")
					if err != nil {
						t.Error(err)
						return
					}
					if err := p.Held(context.Background()); err != nil {
						t.Error(err)
						return
					}
					mu.Lock()
					start := time.Now()
					if start.Before(held) {
						out.early++
					}
					out.requests++
					out.starts = append(out.starts, start.Sub(ten.born))
					mu.Unlock()
					status, header := ten.serve()
					end := time.Now()
					p.Answered(kinde.Answer{Status: status, Header: header, Latency: end.Sub(start)})
					mu.Lock()
					switch status {
					case http.StatusTooManyRequests:
						out.throttled++
						if until := end.Add(read(header, end)); until.After(held) {
							held = until
						}
					case http.StatusOK:
						done = true
						out.successes++
						if s := start.Sub(ten.born); out.successes == 1 || s < out.first {
							out.first = s
						}
						out.last = max(out.last, start.Sub(ten.born))
					}
					mu.Unlock()
					p.Done()
				}
			}
		})
	}
	wg.Wait()
	out.allowed = ten.allowed(out.first, out.last)
	return out
}

// holdFor is the test's own reading of the headers it wrote.
func (t *tenant) holdFor(h http.Header, now time.Time) time.Duration {
	if s := h.Get("RateLimit-Reset"); s != "" {
		f, _ := strconv.ParseFloat(s, 64)
		return time.Duration(f * float64(time.Second))
	}
	if at, err := http.ParseTime(h.Get("Retry-After")); err == nil {
		return at.Sub(now)
	}
	return 0
}

// mostIn is the largest number of starts in any window of a second.
func mostIn(starts []time.Duration, span time.Duration) int {
	most, from := 0, 0
	for i, s := range starts {
		for s-starts[from] >= span {
			from++
		}
		most = max(most, i-from+1)
	}
	return most
}

func milliseconds(low, high int) func(*rand.Rand) time.Duration {
	return func(r *rand.Rand) time.Duration {
		return time.Duration(low*1000+r.IntN((high-low)*1000+1)) * time.Microsecond
	}
}

func rng(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 7)) }
