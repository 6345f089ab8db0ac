package pace

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"github.com/kinde-migrate/kinde-migrate/kinde"
)

// scenario is a tenant whose limits the gate does not know.
type scenario struct {
	name    string
	limits  func() []limiter
	says    headers
	random  float64
	total   int
	workers int
	latency [2]int // milliseconds
	before  float64
	quick   bool
	storm   func(time.Duration) bool

	used, throttled float64 // wanted: at least, at most
}

func buckets(rate, burst float64) func() []limiter {
	return func() []limiter { return []limiter{newBucket(rate, burst)} }
}

func windows(n int, length, aligned time.Duration) func() []limiter {
	return func() []limiter { return []limiter{&window{n: n, length: length, aligned: aligned}} }
}

func halving(burst float64, at time.Duration) func() []limiter {
	return func() []limiter { return []limiter{newChanging(100, burst, 50, at)} }
}

func crowded(rate, burst float64, most int) func() []limiter {
	return func() []limiter {
		l := []limiter{&crowd{most: most}}
		if rate > 0 {
			l = append(l, newBucket(rate, burst))
		}
		return l
	}
}

func slidings(n int, length time.Duration) func() []limiter {
	return func() []limiter { return []limiter{&sliding{n: n, length: length}} }
}

// scenarios: the bounds are those that every run keeps.
var scenarios = []scenario{
	{name: "bucket 120/s burst 20, 2000", limits: buckets(120, 20), total: 2000, used: 0.88, throttled: 0.02},
	{name: "bucket 120/s burst 20, 20000", limits: buckets(120, 20), total: 20000, used: 0.95, throttled: 0.01},
	{name: "600 per 5s from first, 2000", limits: windows(600, 5*time.Second, -1), total: 2000, used: 0.88, throttled: 0.02},
	{name: "600 per 5s from first, 20000", limits: windows(600, 5*time.Second, -1), total: 20000, used: 0.95, throttled: 0.01},
	{name: "600 per 5s aligned, 2000", limits: windows(600, 5*time.Second, 3300*time.Millisecond), total: 2000, used: 0.88, throttled: 0.02},
	{name: "600 per 5s aligned, 20000", limits: windows(600, 5*time.Second, 3300*time.Millisecond), total: 20000, used: 0.95, throttled: 0.01},
	{name: "150/s burst 20 and 6 in flight, 2000", limits: crowded(150, 20, 6), total: 2000, used: 0.88, throttled: 0.02},
	{name: "150/s burst 20 and 6 in flight, 20000", limits: crowded(150, 20, 6), total: 20000, used: 0.95, throttled: 0.01},
	{name: "150/s burst 150 and 6 in flight, 2000", limits: crowded(150, 150, 6), total: 2000, used: 0.85, throttled: 0.02},
	{name: "150/s burst 150 and 6 in flight, 20000", limits: crowded(150, 150, 6), total: 20000, used: 0.95, throttled: 0.01},
	{name: "150/s burst 20 and 6 in flight, 20 ms, 2000", limits: crowded(150, 20, 6), latency: [2]int{20, 22}, total: 2000, used: 0.88, throttled: 0.02},
	{name: "150/s burst 150 and 6 in flight, 20 ms, 2000", limits: crowded(150, 150, 6), latency: [2]int{20, 22}, total: 2000, used: 0.88, throttled: 0.02},
	{name: "100/s halving, 2000", limits: halving(20, 10*time.Second), total: 2000, used: 0.88, throttled: 0.02},
	{name: "100/s halving, 20000", limits: halving(20, 100*time.Second), total: 20000, used: 0.95, throttled: 0.01},

	{name: "bucket 50/s burst 50, 2000", limits: buckets(50, 50), total: 2000, used: 0.88, throttled: 0.02},
	{name: "bucket 50/s burst 20, 2000", limits: buckets(50, 20), total: 2000, used: 0.88, throttled: 0.02},
	{name: "bucket 300/s burst 1000, 20000", limits: buckets(300, 1000), workers: 64, total: 20000, used: 0.95, throttled: 0.01},
	{name: "bucket 10/s burst 5, 2000", limits: buckets(10, 5), total: 2000, used: 0.88, throttled: 0.02},
	{name: "1000 per 60s, 20000", limits: windows(1000, time.Minute, -1), total: 20000, used: 0.95, throttled: 0.01},
	{name: "sliding 100 per 1s, 2000", limits: slidings(100, time.Second), total: 2000, used: 0.75, throttled: 0.02},
	{name: "sliding 100 per 1s, 20000", limits: slidings(100, time.Second), total: 20000, used: 0.90, throttled: 0.01},
	{name: "sliding 1000 per 10s, 20000", limits: slidings(1000, 10*time.Second), total: 20000, used: 0.91, throttled: 0.01},
	{name: "dates, bucket 120/s burst 20, 20000", limits: buckets(120, 20), says: retryDate, total: 20000, used: 0.92, throttled: 0.01},
	{name: "no header, bucket 120/s burst 20, 20000", limits: buckets(120, 20), says: nothing, total: 20000, used: 0.94, throttled: 0.01},
	{name: "exact reset, bucket 120/s burst 20, 20000", limits: buckets(120, 20), says: resetExact, total: 20000, used: 0.95, throttled: 0.01},
	{name: "zero reset, bucket 120/s burst 20, 20000", limits: buckets(120, 20), says: resetZero, total: 20000, used: 0.95, throttled: 0.01},
	{name: "limit rises 50 to 150, 20000", limits: func() []limiter { return []limiter{newChanging(50, 20, 150, 100*time.Second)} }, total: 20000, used: 0.65, throttled: 0.01},
	{name: "latency before decision, bucket 120/s, 20000", limits: buckets(120, 20), before: 0.5, total: 20000, used: 0.95, throttled: 0.01},
	{name: "slow 500 ms, bucket 120/s burst 60, 20000", limits: buckets(120, 60), latency: [2]int{300, 500}, workers: 64, total: 20000, used: 0.93, throttled: 0.02},
	{name: "random 429s 1 in 500, bucket 120/s, 20000", limits: buckets(120, 20), random: 0.002, total: 20000, used: 0.10, throttled: 0.01},
	{name: "bucket 120/s burst 120, 2000", limits: buckets(120, 120), latency: [2]int{3, 8}, total: 2000, used: 0.88, throttled: 0.02},
	{name: "bucket 120/s burst 5, 2000", limits: buckets(120, 5), latency: [2]int{3, 8}, total: 2000, used: 0.45, throttled: 0.02},
	{name: "150 per 1s and 6 in flight, 2000", limits: func() []limiter { return []limiter{&crowd{most: 6}, &window{n: 150, length: time.Second}} }, latency: [2]int{3, 8}, total: 2000, used: 0.70, throttled: 0.02},
	{name: "120/s halving, 2000", limits: func() []limiter { return []limiter{newChanging(120, 20, 60, 8*time.Second)} }, latency: [2]int{3, 8}, total: 2000, used: 0.86, throttled: 0.02},
	{name: "exact reset, 100/s halving, 2000", limits: halving(20, 10*time.Second), says: resetExact, latency: [2]int{3, 8}, total: 2000, used: 0.95, throttled: 0.02},
	{name: "dates, 100/s halving, 2000", limits: halving(20, 10*time.Second), says: retryDate, latency: [2]int{3, 8}, total: 2000, used: 0.92, throttled: 0.02},
	{name: "exact reset, bucket 120/s burst 120, 2000", limits: buckets(120, 120), says: resetExact, latency: [2]int{3, 8}, total: 2000, used: 0.90, throttled: 0.02},
	{name: "200/s burst 200 halving, 2000", limits: func() []limiter { return []limiter{newChanging(200, 200, 100, 5*time.Second)} }, latency: [2]int{3, 8}, total: 2000, used: 0.86, throttled: 0.02},
	{name: "exact reset, 200/s burst 200 halving, 2000", limits: func() []limiter { return []limiter{newChanging(200, 200, 100, 5*time.Second)} }, says: resetExact, latency: [2]int{3, 8}, total: 2000, used: 0.90, throttled: 0.02},
	{name: "exact reset, sliding 600 per 5s, 2000", limits: slidings(600, 5*time.Second), says: resetExact, latency: [2]int{3, 8}, total: 2000, used: 0.70, throttled: 0.02},
	{name: "storm of 5xx, bucket 120/s, 20000", limits: buckets(120, 20), storm: func(d time.Duration) bool { return d > 40*time.Second && d < 50*time.Second }, total: 20000, used: 0.88, throttled: 0.01},
}

// required are the tenants that a run must cope with to the full.
func (sc scenario) required() bool {
	return sc.total <= 20000 && sc.used >= 0.88 && sc.says == resetRoundedUp && sc.before == 0
}

func TestLearning(t *testing.T) {
	all := os.Getenv("KINDE_PACE_ALL") != ""
	for i, sc := range scenarios {
		for _, workers := range []int{8, 16, 64} {
			for seed := range uint64(4) {
				// By default a third of the table: it is to be quick.
				usual := seed == uint64(i%2) && (workers == 16 || workers == sc.workers)
				if sc.required() && workers != 16 && seed == 0 {
					usual = true
				}
				if !all && !usual {
					continue
				}
				if sc.workers == 0 || sc.workers == workers {
					t.Run(fmt.Sprintf("%s/%d workers/seed %d", sc.name, workers, seed), func(t *testing.T) {
						learn(t, sc, workers, seed)
					})
				}
			}
		}
	}
}

func learn(t *testing.T, sc scenario, workers int, seed uint64) {
	synctest.Test(t, func(t *testing.T) {
		g := Learning(Options{MaxInFlight: workers})
		if sc.latency == [2]int{} {
			sc.latency = [2]int{1, 60}
		}
		ten := &tenant{
			limits: sc.limits(), says: sc.says, random: sc.random, storm: sc.storm, before: sc.before, quick: sc.quick,
			latency: milliseconds(sc.latency[0], sc.latency[1]), rng: rand.New(rand.NewPCG(seed, 7)),
		}
		r := run(t, g, ten, workers, sc.total)
		s := g.Snapshot()
		t.Logf("used %.1f %%, throttled %.2f %% (%d), rate %.1f/s; believes %.1f/s %s, cap %d",
			100*r.used(), 100*r.share(), r.throttled, r.rate(), s.Limit, s.Shape, s.MaxInFlight)
		if r.early > 0 {
			t.Errorf("%d requests started during a hold", r.early)
		}
		if r.used() < sc.used {
			t.Errorf("used %.3f of what was allowed, want %.2f", r.used(), sc.used)
		}
		if r.share() > sc.throttled {
			t.Errorf("%.4f of the requests were throttled, want at most %.2f", r.share(), sc.throttled)
		}
	})
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
		if s := g.Snapshot(); s.Limit != 0 || s.Shape != ShapeUnlimited {
			t.Errorf("believes %+v, want no limit", s)
		}
	})
}

// Only a cap on requests in flight: nearly as many must be in flight.
func TestOnlyACap(t *testing.T) {
	for _, says := range []headers{resetRoundedUp, resetZero, nothing} {
		synctest.Test(t, func(t *testing.T) {
			g := Learning(Options{MaxInFlight: 32})
			ten := &tenant{limits: crowded(0, 0, 6)(), says: says, latency: milliseconds(1, 60), rng: rand.New(rand.NewPCG(1, 7))}
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
