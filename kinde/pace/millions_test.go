package pace

import (
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"testing/synctest"
	"time"
)

// TestMillions simulates a run of as many requests as KINDE_PACE_REQUESTS says,
// in virtual time, against a tenant of 120 requests a second.
func TestMillions(t *testing.T) {
	total, err := strconv.Atoi(os.Getenv("KINDE_PACE_REQUESTS"))
	if err != nil {
		t.Skip("KINDE_PACE_REQUESTS is not set")
	}
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		g := Learning(Options{MaxInFlight: 64})
		ten := &tenant{limits: buckets(120, 20)(), latency: milliseconds(1, 60), rng: rand.New(rand.NewPCG(1, 7))}
		r := run(t, g, ten, 64, total)
		t.Logf("%d requests in %.2f hours of virtual time, %.2f %% of what was allowed, %d throttled, %d during a hold",
			r.requests, time.Since(began).Hours(), 100*r.used(), r.throttled, r.early)
		if r.used() < 0.95 || r.early > 0 {
			t.Error("too little was used, or something started during a hold")
		}
	})
}
