package pace

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// BenchmarkFixedReal runs the fixed gate on the real clock for some seconds,
// timers' granularity and all. It is a benchmark because it measures the
// machine too.
func BenchmarkFixedReal(b *testing.B) {
	for _, tc := range []struct {
		name  string
		rate  float64
		total int
	}{{"50", 50, 150}, {"2000", 2000, 6000}} {
		b.Run(tc.name, func(b *testing.B) {
			for b.Loop() {
				g := Fixed(Options{Rate: tc.rate, MaxInFlight: 128})
				ten := &tenant{latency: milliseconds(1, 30), rng: rand.New(rand.NewPCG(1, 2))}
				r := run(b, g, ten, 128, tc.total)
				slices.Sort(r.starts)
				b.ReportMetric(r.rate()/tc.rate, "of-rate")
				b.ReportMetric(float64(mostIn(r.starts, time.Second)), "most-in-1s")
			}
		})
	}
}

// BenchmarkLearningReal lets a run of 2,000 requests find a limit on the real
// clock.
func BenchmarkLearningReal(b *testing.B) {
	for b.Loop() {
		g := Learning(Options{MaxInFlight: 16})
		ten := &tenant{limits: buckets(120, 20)(), latency: milliseconds(1, 60), rng: rand.New(rand.NewPCG(1, 7))}
		r := run(b, g, ten, 16, 2000)
		b.ReportMetric(r.used(), "used")
		b.ReportMetric(r.share(), "throttled")
		b.ReportMetric(float64(r.early), "in-hold")
	}
}
