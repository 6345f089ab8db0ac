package pace

import (
	"math"
	"slices"
	"testing"
	"time"
)

// runWith lets a controller work through a tenant, and gives it back.
func runWith(ten *tenant, o Options, workers, total int) (*controller, *client) {
	c := newController(o)
	all := &client{policy: c, workers: workers, total: total}
	(&simulation{tenant: ten, clients: []*client{all}}).run()
	return c, all
}

// A bucket that bears less than is assumed is found out by the train after the
// first hold, and then its rate is known too.
func TestTrainFindsASmallBurst(t *testing.T) {
	for _, burst := range []float64{1, 3, 5} {
		for seed := range uint64(4) {
			c, got := runWith(&tenant{limits: buckets(120, burst)(), latency: milliseconds(1, 20), rng: rng(seed)}, Options{}, 16, 500)
			if c.limit < 100 || c.limit > 126 || math.Abs(c.burst-burst) > 2 {
				t.Errorf("burst %.0f, seed %d: believes %.1f a second with a burst of %.0f", burst, seed, c.limit, c.burst)
			}
			if got.throttled > 12 {
				t.Errorf("burst %.0f, seed %d: %d throttled", burst, seed, got.throttled)
			}
		}
	}
}

// A bucket that bears what is assumed lets the train through: no second hold.
func TestTrainCostsNothing(t *testing.T) {
	for _, rate := range []float64{120, 400} {
		for seed := range uint64(4) {
			_, got := runWith(
				&tenant{limits: buckets(rate, usual(rate))(), latency: milliseconds(1, 20), rng: rng(seed)},
				Options{},
				64,
				int(4*rate),
			)
			if got.held == 0 || got.held > 4*time.Second {
				t.Errorf("%.0f a second, seed %d: the last hold ended at %v, want only the first", rate, seed, got.held)
			}
			if n := got.passed(got.held, got.held+50*time.Millisecond) * 0.05; n < 0.65*usual(rate) {
				t.Errorf("%.0f a second, seed %d: %.0f left right after the hold, want a train", rate, seed, n)
			}
		}
	}
}

// strayAfter refuses the request of that number after the first hold, out of the
// blue.
type strayAfter struct {
	bucket
	number  int
	refused time.Duration
	done    bool
}

func (s *strayAfter) wait(now time.Duration) time.Duration {
	if wait := s.bucket.wait(now); wait > 0 {
		s.refused = now
		return wait
	}
	if s.refused > 0 && now > s.refused+time.Second/2 && !s.done {
		if s.number--; s.number < 0 {
			s.done = true
			return 20 * time.Millisecond
		}
	}
	return 0
}

// A 429 out of the blue in the train costs a hold, and moves the limit by little.
func TestAccidentInTheTrain(t *testing.T) {
	for number := 4; number < 20; number += 3 {
		ten := &tenant{limits: []limiter{&strayAfter{bucket: *newBucket(120, 20), number: number}}, latency: milliseconds(3, 8), rng: rng(1)}
		c, got := runWith(ten, Options{}, 16, 1500)
		if c.limit < 100 || c.limit > 150 || got.used() < 0.8 {
			t.Errorf("after %d: believes %.1f a second, used %.2f", number, c.limit, got.used())
		}
	}
}

// A train that is refused half a request too early shows the burst all the same: these
// two runs took it for one, and every 429 after it for an accident.
func TestTrainRefusedHalfARequestEarly(t *testing.T) {
	i := slices.IndexFunc(table, func(r row) bool { return r.name == "bucket 120/s burst 5" })
	for _, seed := range []uint64{8, 16} {
		if c := table[i].simulate(8, 2000, seed).clients[0]; c.used() < 0.7 || c.share() > 0.005 {
			t.Errorf("seed %d: used %.3f, throttled %.4f", seed, c.used(), c.share())
		}
	}
}
