package pace

import (
	"encoding/json"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/kinde-migrate/kinde-migrate/kinde"
)

func buckets(rate, burst float64) func() []limiter {
	return func() []limiter { return []limiter{newBucket(rate, burst)} }
}

func windows(n int, length, aligned time.Duration) func() []limiter {
	return func() []limiter { return []limiter{&window{n: n, length: length, aligned: aligned}} }
}

func slidings(n int, length time.Duration) func() []limiter {
	return func() []limiter { return []limiter{&sliding{n: n, length: length}} }
}

// A tenant without a limit must be used to the full within three seconds.
func TestUnlimitedTenant(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := Learning(Options{MaxInFlight: 64})
		ten := &tenant{latency: milliseconds(1, 60), rng: rand.New(rand.NewPCG(1, 7))}
		r := run(t, g, ten, 64, 20000)
		after := 0
		for _, s := range r.starts {
			if s >= 3*time.Second && s < 6*time.Second {
				after++
			}
		}
		full := 64 / 0.0305 * 3
		if got := float64(after) / full; got < 0.85 {
			t.Errorf("after three seconds %.2f of what 64 in flight can do", got)
		}
		if s := g.Snapshot(); s.Limit != 0 {
			t.Errorf("believes %+v, want no limit", s)
		}
	})
}

// Only a cap on requests in flight: nearly as many must be in flight.
func TestOnlyACap(t *testing.T) {
	for _, says := range []headers{resetRoundedUp, resetZero, nothing} {
		synctest.Test(t, func(t *testing.T) {
			g := Learning(Options{MaxInFlight: 32})
			ten := &tenant{limits: []limiter{&crowd{most: 6}}, says: says, latency: milliseconds(1, 60), rng: rand.New(rand.NewPCG(1, 7))}
			r := run(t, g, ten, 32, 10000)
			if got := r.rate() / (6 / 0.0305); got < 0.9 {
				t.Errorf("headers %d: %.2f of what 6 in flight can do", says, got)
			}
			if r.share() > 0.01 || r.early > 0 {
				t.Errorf("headers %d: %.4f throttled, %d during holds", says, r.share(), r.early)
			}
		})
	}
}

// What an earlier run learnt is used from the first request on.
func TestKnownLimit(t *testing.T) {
	var learnt State
	synctest.Test(t, func(t *testing.T) {
		g := Learning(Options{MaxInFlight: 16})
		run(t, g, &tenant{limits: buckets(120, 20)(), latency: milliseconds(1, 60), rng: rand.New(rand.NewPCG(1, 7))}, 16, 10000)
		b, err := json.Marshal(g.State())
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(b, &learnt); err != nil {
			t.Fatal(err)
		}
	})
	if learnt.Limit < 117 || learnt.Limit > 123 {
		t.Fatalf("learnt %+v, want a limit of about 120", learnt)
	}
	synctest.Test(t, func(t *testing.T) {
		g := Learning(Options{MaxInFlight: 16, Known: &learnt})
		r := run(t, g, &tenant{limits: buckets(120, 20)(), latency: milliseconds(1, 60), rng: rand.New(rand.NewPCG(2, 7))}, 16, 1000)
		if r.used() < 0.94 {
			t.Errorf("used %.3f from the first request, want 0.94", r.used())
		}
	})
}

// A share leaves the rest of the limit to others once it is known.
func TestShare(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := Learning(Options{MaxInFlight: 16, Share: 0.5})
		r := run(t, g, &tenant{limits: buckets(120, 20)(), latency: milliseconds(1, 60), rng: rand.New(rand.NewPCG(1, 7))}, 16, 5000)
		late := 0
		for _, s := range r.starts {
			if s > 30*time.Second && s <= 60*time.Second {
				late++
			}
		}
		if got := float64(late) / 30; got < 50 || got > 66 {
			t.Errorf("%.1f requests a second, want about half of 120", got)
		}
	})
}

func BenchmarkLearningAcquire(b *testing.B) {
	g := Learning(Options{Known: &State{Limit: 1e6}})
	for b.Loop() {
		p, _ := g.Acquire(b.Context(), "createUser")
		p.Held(b.Context())
		p.Answered(kinde.Answer{Status: 200})
		p.Done()
	}
}

// once refuses a single request out of the blue.
type once struct {
	bucket
	at   time.Duration
	done bool
}

func (o *once) wait(now time.Duration) time.Duration {
	if !o.done && now > o.at {
		o.done = true
		return 20 * time.Millisecond
	}
	return o.bucket.wait(now)
}

// One 429 that the limit does not explain is an accident: the belief stays,
// whether it was found in this run or in an earlier one.
func TestOneAccidentChangesNothing(t *testing.T) {
	for _, known := range []*State{nil, {Limit: 120, Burst: 20}} {
		synctest.Test(t, func(t *testing.T) {
			g := Learning(Options{MaxInFlight: 16, Known: known})
			ten := &tenant{
				limits:  []limiter{&once{bucket: *newBucket(120, 20), at: 12 * time.Second}},
				latency: milliseconds(3, 8),
				rng:     rand.New(rand.NewPCG(1, 7)),
			}
			r := run(t, g, ten, 16, 2000)
			if s := g.Snapshot(); s.Limit < 112 || s.Limit > 122 {
				t.Errorf("believes %.1f a second, want about 120", s.Limit)
			}
			if r.throttled > 4 {
				t.Errorf("%d throttled, want the limit's and the accident's", r.throttled)
			}
		})
	}
}

// One hold never costs more than a tenth of a limit that was confirmed, wherever
// the rate is when it comes and however much the 429 implies less.
func TestOneHoldCostsATenthAtMost(t *testing.T) {
	for _, tc := range []struct {
		name string
		set  func(c *controller)
	}{
		{"under the limit", func(c *controller) { c.rate = 118 }},
		{"over it, and full", func(c *controller) { c.rate, c.debt = 125, 25 }},
		{"in a search", func(c *controller) { c.rate, c.searching = 150, 0.2 }},
		{"in a probe", func(c *controller) { c.rate, c.probing, c.top = 150, true, 150 }},
		{"in a probe, and full", func(c *controller) { c.rate, c.probing, c.top, c.debt = 150, true, 150, 25 }},
		{"at once", func(c *controller) { c.granted = 1 }},
		{"of a window", func(c *controller) { c.window, c.burst = 5*time.Second, 600 }},
	} {
		c := newController(Options{Known: &State{Limit: 120, Burst: 20}})
		now := time.Unix(1_000_000_000, 0)
		c.take(now)
		c.weigh(slices.Repeat([]float64{120}, len(bursts)+1), 0.05)
		for range 60 {
			now = now.Add(time.Second / 60)
			c.grants.add(now, 1)
		}
		c.granted, c.debt = 60, 0
		tc.set(c)
		c.throttled(now, &episode{first: now, until: now.Add(time.Second), asked: time.Second, count: 1, among: 1})
		if c.limit < 0.899*120 || c.limit > 1.1*120 {
			t.Errorf("%s: believes %.1f of 120", tc.name, c.limit)
		}
	}
}

// A limit that falls is found with a few 429s.
func TestFallenLimitIsFound(t *testing.T) {
	for _, to := range []float64{60, 40, 30} {
		synctest.Test(t, func(t *testing.T) {
			g := Learning(Options{MaxInFlight: 16, Known: &State{Limit: 120, Burst: 20}})
			ten := &tenant{limits: []limiter{newChanging(120, 20, to, 5*time.Second)}, latency: milliseconds(3, 8), rng: rand.New(rand.NewPCG(1, 7))}
			r := run(t, g, ten, 16, 1200)
			if s := g.Snapshot(); s.Limit < 0.85*to || s.Limit > 1.1*to {
				t.Errorf("believes %.1f a second, want about %.0f", s.Limit, to)
			}
			if r.throttled > 8 {
				t.Errorf("to %.0f: %d throttled", to, r.throttled)
			}
		})
	}
}

// A limit that was raised is noticed by going over the old one.
func TestRaisedLimitIsFound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := Learning(Options{MaxInFlight: 16, Known: &State{Limit: 40, Burst: 20}})
		ten := &tenant{limits: []limiter{newBucket(120, 20)}, latency: milliseconds(3, 8), rng: rand.New(rand.NewPCG(1, 7))}
		run(t, g, ten, 16, 9000)
		if s := g.Snapshot(); s.Limit < 110 || s.Limit > 125 {
			t.Errorf("believes %.1f a second, want about 120", s.Limit)
		}
	})
}

// Somebody else may have used up the limit when a run begins: its first 429s
// say nothing of how high it is.
func TestRefusedFromTheStart(t *testing.T) {
	for _, says := range []headers{resetRoundedUp, resetExact, nothing} {
		synctest.Test(t, func(t *testing.T) {
			b := newBucket(120, 20)
			b.level = 0
			ten := &tenant{limits: []limiter{b}, says: says, latency: milliseconds(3, 8), rng: rng(1)}
			g := Learning(Options{MaxInFlight: 16})
			r := run(t, g, ten, 16, 2000)
			if r.used() < 0.8 {
				t.Errorf("headers %d: used %.2f, believes %.1f", says, r.used(), g.Snapshot().Limit)
			}
		})
	}
}

// What is learnt holds over hours, although the history is forgotten after minutes.
func TestHours(t *testing.T) {
	for _, tc := range []struct {
		name   string
		limits []limiter
		total  int
	}{
		{"bucket 20/s", []limiter{newBucket(20, 20)}, 14000},
		{"100 per 5s", []limiter{&window{n: 100, length: 5 * time.Second, aligned: -1}}, 14000},
		{"300 per 60s", []limiter{&window{n: 300, length: time.Minute, aligned: 0}}, 7000},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g := Learning(Options{MaxInFlight: 8})
				r := run(t, g, &tenant{limits: tc.limits, latency: milliseconds(3, 8), rng: rng(1)}, 8, tc.total)
				t.Logf("used %.1f %%, throttled %.2f %%, %v", 100*r.used(), 100*r.share(), r.last)
				if r.used() < 0.95 || r.share() > 0.01 {
					t.Errorf("used %.3f, throttled %.4f in %v", r.used(), r.share(), r.last)
				}
			})
		})
	}
}

// Requests overtake each other on their way, so some that started after the
// first refused one still found room in the window: they count too.
func TestWindowWhoseRequestsOvertake(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := Learning(Options{MaxInFlight: 64})
		ten := &tenant{limits: windows(600, 5*time.Second, -1)(), latency: milliseconds(1, 120), before: 1, rng: rand.New(rand.NewPCG(1, 7))}
		run(t, g, ten, 64, 700)
		if s := g.State(); s.Limit < 118 || s.Limit > 121 || s.Window != 5 {
			t.Errorf("learnt %+v after the first 429, want 600 per 5 s", s)
		}
	})
}
