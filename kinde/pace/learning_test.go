package pace

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"
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

// required are the limits that a run must handle; the others show how the gate
// does elsewhere, with the bounds that it keeps there.
var scenarios = []scenario{
	{name: "bucket 120/s burst 20, 2000", limits: buckets(120, 20), total: 2000, used: 0.88, throttled: 0.02},
	{name: "bucket 120/s burst 20, 20000", limits: buckets(120, 20), total: 20000, used: 0.95, throttled: 0.01},
	{name: "600 per 5s from first, 2000", limits: windows(600, 5*time.Second, -1), total: 2000, used: 0.88, throttled: 0.02},
	{name: "600 per 5s from first, 20000", limits: windows(600, 5*time.Second, -1), total: 20000, used: 0.95, throttled: 0.01},
	{name: "600 per 5s aligned, 2000", limits: windows(600, 5*time.Second, 3300*time.Millisecond), total: 2000, used: 0.88, throttled: 0.02},
	{name: "600 per 5s aligned, 20000", limits: windows(600, 5*time.Second, 3300*time.Millisecond), total: 20000, used: 0.95, throttled: 0.01},
	{name: "150/s burst 20 and 6 in flight, 2000", limits: crowded(150, 20, 6), total: 2000, used: 0.88, throttled: 0.02},
	{name: "150/s burst 20 and 6 in flight, 20000", limits: crowded(150, 20, 6), total: 20000, used: 0.95, throttled: 0.01},
	{name: "150/s burst 150 and 6 in flight, 2000", limits: crowded(150, 150, 6), total: 2000, used: 0.88, throttled: 0.02},
	{name: "150/s burst 150 and 6 in flight, 20000", limits: crowded(150, 150, 6), total: 20000, used: 0.95, throttled: 0.01},
	{name: "100/s halving, 2000", limits: halving(20, 10*time.Second), total: 2000, used: 0.88, throttled: 0.02},
	{name: "100/s halving, 20000", limits: halving(20, 100*time.Second), total: 20000, used: 0.95, throttled: 0.01},

	{name: "bucket 50/s burst 50, 2000", limits: buckets(50, 50), total: 2000, used: 0.88, throttled: 0.02},
	{name: "bucket 50/s burst 20, 2000", limits: buckets(50, 20), total: 2000, used: 0.88, throttled: 0.02},
	{name: "bucket 300/s burst 1000, 20000", limits: buckets(300, 1000), workers: 64, total: 20000, used: 0.95, throttled: 0.01},
	{name: "bucket 10/s burst 5, 2000", limits: buckets(10, 5), total: 2000, used: 0.88, throttled: 0.02},
	{name: "1000 per 60s, 20000", limits: windows(1000, time.Minute, -1), total: 20000, used: 0.95, throttled: 0.01},
	{name: "sliding 100 per 1s, 2000", limits: slidings(100, time.Second), total: 2000, used: 0.88, throttled: 0.02},
	{name: "sliding 100 per 1s, 20000", limits: slidings(100, time.Second), total: 20000, used: 0.95, throttled: 0.01},
	{name: "sliding 1000 per 10s, 20000", limits: slidings(1000, 10*time.Second), total: 20000, used: 0.95, throttled: 0.01},
	{name: "dates, bucket 120/s burst 20, 20000", limits: buckets(120, 20), says: retryDate, total: 20000, used: 0.92, throttled: 0.01},
	{name: "no header, bucket 120/s burst 20, 20000", limits: buckets(120, 20), says: nothing, total: 20000, used: 0.95, throttled: 0.01},
	{name: "exact reset, bucket 120/s burst 20, 20000", limits: buckets(120, 20), says: resetExact, total: 20000, used: 0.95, throttled: 0.01},
	{name: "zero reset, bucket 120/s burst 20, 20000", limits: buckets(120, 20), says: resetZero, total: 20000, used: 0.95, throttled: 0.01},
	{name: "limit rises 50 to 150, 20000", limits: func() []limiter { return []limiter{newChanging(50, 20, 150, 100*time.Second)} }, total: 20000, used: 0.80, throttled: 0.01},
	{name: "latency before decision, bucket 120/s, 20000", limits: buckets(120, 20), before: 0.5, total: 20000, used: 0.95, throttled: 0.01},
	{name: "slow 500 ms, bucket 120/s burst 60, 20000", limits: buckets(120, 60), latency: [2]int{300, 500}, workers: 64, total: 20000, used: 0.93, throttled: 0.02},
	{name: "random 429s 1 in 500, bucket 120/s, 20000", limits: buckets(120, 20), random: 0.002, total: 20000, used: 0.60, throttled: 0.01},
	{name: "storm of 5xx, bucket 120/s, 20000", limits: buckets(120, 20), storm: func(d time.Duration) bool { return d > 40*time.Second && d < 50*time.Second }, total: 20000, used: 0.88, throttled: 0.01},
}

func TestLearning(t *testing.T) {
	for _, sc := range scenarios {
		for _, workers := range []int{8, 16, 64} {
			for seed := range uint64(2) {
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
