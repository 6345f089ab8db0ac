package pace

import (
	"math/rand/v2"
	"time"
)

// row is a tenant of the table in docs/pacing.md.
type row struct {
	name    string
	limits  func() []limiter
	says    headers
	random  float64
	totals  []int
	workers []int  // 8, 16 and 64 where nothing is said
	latency [2]int // milliseconds; 1 to 60
	before  float64
	storm   func(time.Duration) bool
	live    func(*rand.Rand) func(time.Duration) float64
	meets   int           // limits that have to be found, each by a 429
	hold    time.Duration // what a 429 costs at least; a second
	clean   bool          // one limiter, nothing else
}

const limit120 = 120

func changingBucket(from, burst, to float64, at time.Duration) func() []limiter {
	return func() []limiter { return []limiter{newChanging(from, burst, to, at)} }
}

func capAnd(most int, other func() []limiter) func() []limiter {
	return func() []limiter {
		l := []limiter{&crowd{most: most}}
		if other != nil {
			l = append(l, other()...)
		}
		return l
	}
}

// wave is live traffic that changes between two shares of the limit.
func wave(low, high float64, each time.Duration) func(*rand.Rand) func(time.Duration) float64 {
	return func(*rand.Rand) func(time.Duration) float64 {
		return func(at time.Duration) float64 {
			if at/each%2 == 0 {
				return low * limit120
			}
			return high * limit120
		}
	}
}

// wander is live traffic of another share each time.
func wander(low, high float64, each time.Duration) func(*rand.Rand) func(time.Duration) float64 {
	return func(r *rand.Rand) func(time.Duration) float64 {
		var shares []float64
		return func(at time.Duration) float64 {
			n := int(at / each)
			for len(shares) <= n {
				shares = append(shares, low+(high-low)*r.Float64())
			}
			return shares[n] * limit120
		}
	}
}

var (
	short = []int{2000}
	long  = []int{20000}
	both  = []int{2000, 20000}
)

var table = []row{
	{name: "bucket 120/s burst 20", limits: buckets(120, 20), totals: both, meets: 1, clean: true},
	{name: "bucket 120/s burst 120", limits: buckets(120, 120), totals: both, meets: 1, clean: true},
	{name: "bucket 120/s burst 10", limits: buckets(120, 10), totals: both, meets: 1, clean: true},
	{name: "bucket 120/s burst 5", limits: buckets(120, 5), totals: both, meets: 1, clean: true},
	{name: "bucket 120/s burst 1", limits: buckets(120, 1), totals: both, meets: 1, clean: true},
	{name: "bucket 50/s burst 50", limits: buckets(50, 50), totals: both, meets: 1, clean: true},
	{name: "bucket 50/s burst 20", limits: buckets(50, 20), totals: both, meets: 1, clean: true},
	{name: "bucket 300/s burst 1000", limits: buckets(300, 1000), workers: []int{64}, totals: long, meets: 1, clean: true},
	{name: "bucket 10/s burst 5", limits: buckets(10, 5), totals: short, meets: 1, clean: true},
	{name: "bucket 5/s burst 5", limits: buckets(5, 5), totals: short, meets: 1, clean: true},
	{name: "bucket 5/s burst 1", limits: buckets(5, 1), totals: short, meets: 1, clean: true},
	{name: "bucket 20/s burst 20", limits: buckets(20, 20), totals: short, meets: 1, clean: true},
	{name: "bucket 20/s burst 5", limits: buckets(20, 5), totals: short, meets: 1, clean: true},
	{name: "bucket 1000/s burst 100", limits: buckets(1000, 100), totals: both, meets: 1, clean: true},
	{name: "bucket 1000/s burst 1000", limits: buckets(1000, 1000), totals: both, meets: 1, clean: true},
	{name: "600 per 5 s from the first", limits: windows(600, 5*time.Second, -1), totals: both, clean: true},
	{name: "600 per 5 s aligned", limits: windows(600, 5*time.Second, 3300*time.Millisecond), totals: both, clean: true},
	{name: "1000 per 60 s", limits: windows(1000, time.Minute, -1), totals: long, clean: true},
	{name: "sliding 100 per 1 s", limits: slidings(100, time.Second), totals: both, meets: 1, clean: true},
	{name: "sliding 20 per 1 s", limits: slidings(20, time.Second), totals: short, meets: 1, clean: true},
	{name: "sliding 1000 per 10 s", limits: slidings(1000, 10*time.Second), totals: long, clean: true},
	{name: "150 per 1 s and 6 in flight", limits: capAnd(6, windows(150, time.Second, -1)), totals: both, meets: 1},
	{name: "150/s burst 20 and 6 in flight", limits: capAnd(6, buckets(150, 20)), totals: both, meets: 1},
	{name: "150/s burst 150 and 6 in flight", limits: capAnd(6, buckets(150, 150)), totals: both, meets: 1},
	{name: "4 in flight", limits: capAnd(4, nil), totals: both, meets: 1, clean: true},
	{name: "10 in flight", limits: capAnd(10, nil), totals: both, meets: 1, clean: true},
	{name: "25 in flight", limits: capAnd(25, nil), totals: both, meets: 1, clean: true},
	{name: "100/s halving after 10 s", limits: changingBucket(100, 20, 50, 10*time.Second), totals: short, meets: 2},
	{name: "100/s halving after 100 s", limits: changingBucket(100, 20, 50, 100*time.Second), totals: long, meets: 2},
	{name: "50/s rising to 150 after 100 s", limits: changingBucket(50, 20, 150, 100*time.Second), totals: long, meets: 2},
	{name: "100/s falling to 90 after 60 s", limits: changingBucket(100, 20, 90, time.Minute), totals: long, meets: 2},
	{name: "no header", limits: buckets(120, 20), says: nothing, totals: long, meets: 1, clean: true},
	{name: "dates", limits: buckets(120, 20), says: retryDate, totals: long, meets: 1, clean: true},
	{name: "exact reset", limits: buckets(120, 20), says: resetExact, totals: both, hold: 100 * time.Millisecond, clean: true},
	{name: "zero reset", limits: buckets(120, 20), says: resetZero, totals: both, hold: 100 * time.Millisecond, clean: true},
	{
		name:   "exact reset, sliding 600 per 5 s",
		limits: slidings(600, 5*time.Second),
		says:   resetExact,
		totals: both,
		hold:   100 * time.Millisecond,
		clean:  true,
	},
	{name: "reset always 60", limits: buckets(120, 20), says: resetMinute, totals: both, meets: 1, hold: time.Minute, clean: true},
	{
		name:    "300-500 ms, burst 60",
		limits:  buckets(120, 60),
		latency: [2]int{300, 500},
		workers: []int{64},
		totals:  long,
		meets:   1,
		clean:   true,
	},
	{name: "100-300 ms", limits: buckets(120, 20), latency: [2]int{100, 300}, workers: []int{16, 64}, totals: both, meets: 1, clean: true},
	{
		name:    "100-300 ms, half of it before",
		limits:  buckets(120, 20),
		latency: [2]int{100, 300},
		before:  0.5,
		workers: []int{64},
		totals:  both,
		meets:   1,
		clean:   true,
	},
	{
		name:    "100-300 ms, halving",
		limits:  changingBucket(100, 20, 50, 10*time.Second),
		latency: [2]int{100, 300},
		workers: []int{64},
		totals:  short,
		meets:   2,
	},
	{
		name:   "storm of 5xx",
		limits: buckets(120, 20),
		storm:  func(d time.Duration) bool { return d > 40*time.Second && d < 50*time.Second },
		totals: long,
		meets:  1,
	},
	{name: "strays 1 in 2000", limits: buckets(120, 20), random: 1.0 / 2000, totals: both},
	{name: "strays 1 in 500", limits: buckets(120, 20), random: 1.0 / 500, totals: both},
	{name: "strays 1 in 100", limits: buckets(120, 20), random: 1.0 / 100, totals: both},
	{name: "strays 1 in 500, no limit", random: 1.0 / 500, totals: long},
	{name: "live 30 %", limits: buckets(120, 20), live: wave(0.3, 0.3, time.Minute), totals: both, meets: 1},
	{name: "live 10/50 %, 30 s", limits: buckets(120, 20), live: wave(0.1, 0.5, 30*time.Second), totals: both, meets: 1},
	{name: "live 10/50 %, 5 s", limits: buckets(120, 20), live: wave(0.1, 0.5, 5*time.Second), totals: both, meets: 1},
	{name: "live 10/50 %, 2 min", limits: buckets(120, 20), live: wave(0.1, 0.5, 2*time.Minute), totals: long, meets: 1},
	{name: "live at random 10-50 %, 10 s", limits: buckets(120, 20), live: wander(0.1, 0.5, 10*time.Second), totals: both, meets: 1},
	{name: "live at random 10-50 %, 1 min", limits: buckets(120, 20), live: wander(0.1, 0.5, time.Minute), totals: long, meets: 1},
	{name: "live 10/50 %, 30 s, burst 120", limits: buckets(120, 120), live: wave(0.1, 0.5, 30*time.Second), totals: both, meets: 1},
	{name: "no limit", totals: long, clean: true},
}
