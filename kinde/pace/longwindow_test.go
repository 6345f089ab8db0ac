package pace

import (
	"math"
	"testing"
	"time"
)

// A window may have begun before the first request: a program needs a moment
// to start. Its length is known after the first 429 all the same.
func TestWindowThatBeganBefore(t *testing.T) {
	for _, w := range []struct {
		n      int
		length time.Duration
	}{{600, 5 * time.Second}, {1000, 10 * time.Second}, {1500, 20 * time.Second}} {
		for _, before := range []time.Duration{100 * time.Millisecond, 300 * time.Millisecond, 600 * time.Millisecond} {
			ten := &tenant{limits: windows(w.n, w.length, before)(), latency: milliseconds(1, 20), rng: rng(1)}
			c, got := runWith(ten, Options{}, 16, 2*w.n)
			want := float64(w.n) / w.length.Seconds()
			if c.window != w.length || math.Abs(c.limit-want) > 0.02*want {
				t.Errorf("%d in %v, begun %v before: believes %.1f a second in a window of %v", w.n, w.length, before, c.limit, c.window)
			}
			if got.held > w.length+time.Second {
				t.Errorf("%d in %v, begun %v before: a second hold, until %v", w.n, w.length, before, got.held)
			}
		}
	}
}

// The begin of a window that lies behind the first request is a guess; so is its
// count, until the next 429.
func TestWindowThatBeginsAfter(t *testing.T) {
	for seed := range uint64(6) {
		ten := &tenant{limits: windows(600, 5*time.Second, 3300*time.Millisecond)(), latency: milliseconds(1, 60), rng: rng(seed)}
		c, _ := runWith(ten, Options{}, 16, 2000)
		if c.window != 5*time.Second || math.Abs(c.limit-120) > 3 {
			t.Errorf("seed %d: believes %.1f a second in a window of %v, want 120 in 5s", seed, c.limit, c.window)
		}
	}
}
