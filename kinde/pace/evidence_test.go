package pace

import (
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"
)

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
	for _, known := range []*State{nil, {Limit: 120, Burst: 20, Margin: 0.01}} {
		synctest.Test(t, func(t *testing.T) {
			g := Learning(Options{MaxInFlight: 16, Known: known})
			ten := &tenant{limits: []limiter{&once{bucket: *newBucket(120, 20), at: 12 * time.Second}}, latency: milliseconds(3, 8), rng: rand.New(rand.NewPCG(1, 7))}
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

// A limit that falls is found with a few 429s.
func TestFallenLimitIsFound(t *testing.T) {
	for _, to := range []float64{60, 40, 30} {
		synctest.Test(t, func(t *testing.T) {
			g := Learning(Options{MaxInFlight: 16, Known: &State{Limit: 120, Burst: 20, Margin: 0.01}})
			ten := &tenant{limits: []limiter{newChanging(120, 20, to, 5*time.Second)}, latency: milliseconds(3, 8), rng: rand.New(rand.NewPCG(1, 7))}
			r := run(t, g, ten, 16, 1200)
			if s := g.Snapshot(); s.Limit < 0.85*to || s.Limit > 1.1*to {
				t.Errorf("believes %.1f a second, want about %.0f", s.Limit, to)
			}
			if r.throttled > 7 {
				t.Errorf("to %.0f: %d throttled", to, r.throttled)
			}
		})
	}
}

// A limit that was raised is noticed by going over the old one.
func TestRaisedLimitIsFound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := Learning(Options{MaxInFlight: 16, Known: &State{Limit: 40, Burst: 20, Margin: 0.01}})
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
