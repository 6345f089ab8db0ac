package pace

import (
	"os"
	"testing"
	"time"
)

// Two jobs on one tenant mostly end up within a factor of two of each other,
// whichever began first, never beyond three, and use it well together.
func TestTwoJobsShareTheTenant(t *testing.T) {
	const seeds = 4
	even := 0
	for seed := range uint64(seeds) {
		ten := &tenant{limits: buckets(120, 20)(), latency: milliseconds(1, 60), mean: 30 * time.Millisecond, rng: rng(seed)}
		a := &client{policy: newController(Options{MaxInFlight: 16}), workers: 16, total: 1e6}
		b := &client{policy: newController(Options{MaxInFlight: 16}), workers: 16, total: 1e6, begin: 30 * time.Second}
		s := &simulation{tenant: ten, clients: []*client{a, b}, until: time.Hour}
		s.run()
		if os.Getenv("KINDE_PACE_SHARES") != "" {
			for from := time.Duration(0); from < s.until; from += 300 * time.Second {
				t.Logf("%3.0f s: %.0f and %.0f", from.Seconds(), a.passed(from, from+300*time.Second), b.passed(from, from+300*time.Second))
			}
		}
		// The last half, when both have settled.
		x, y := a.passed(1800*time.Second, s.until), b.passed(1800*time.Second, s.until)
		t.Logf(
			"seed %d: %.0f and %.0f a second, %.1f %% of the limit; throttled %.2f and %.2f %%",
			seed,
			x,
			y,
			(x+y)/1.2,
			100*a.share(),
			100*b.share(),
		)
		if max(x, y) <= 2*min(x, y) {
			even++
		}
		if max(x, y) > 3*min(x, y) {
			t.Errorf("seed %d: %.0f and %.0f requests a second, want them within a factor of three", seed, x, y)
		}
		if x+y < 0.75*120 {
			t.Errorf("seed %d: together %.0f of 120", seed, x+y)
		}
	}
	if even < seeds-1 {
		t.Errorf("%d of %d within a factor of two, want all but one", even, seeds)
	}
}

// passed is how many a second went through between the two.
func (r result) passed(from, to time.Duration) float64 {
	n := 0.0
	for _, at := range r.granted {
		if at >= from && at < to {
			n++
		}
	}
	return n / (to - from).Seconds()
}
