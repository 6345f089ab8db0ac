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
