package pace

import (
	"context"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/kinde-migrate/kinde-migrate/kinde"
)

func TestFixedUsesItsRateAndNoMore(t *testing.T) {
	for _, tc := range []struct {
		name    string
		rate    float64
		workers int
		total   int
	}{
		{"slow", 10, 8, 200},
		{"fifty", 50, 16, 1000},
		{"uneven number", 33, 8, 500},
		{"fast", 2000, 128, 20000},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g := Fixed(Options{Rate: tc.rate, MaxInFlight: tc.workers})
				ten := &tenant{latency: milliseconds(1, 60), rng: rand.New(rand.NewPCG(1, 2))}
				r := run(t, g, ten, tc.workers, tc.total)
				slices.Sort(r.starts)
				if most := mostIn(r.starts, time.Second); most > int(tc.rate) {
					t.Errorf("%d starts within one second, want at most %v", most, tc.rate)
				}
				if got := r.rate() / tc.rate; got < 0.95 || got > 1 {
					t.Errorf("used %.3f of the rate, want 0.95 to 1", got)
				}
			})
		})
	}
}

// Permits that were kept waiting between Acquire and the wire (by a token
// being fetched) must not leave together.
func TestFixedSpreadsPermitsThatWaited(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := Fixed(Options{Rate: 20, MaxInFlight: 64})
		var mu sync.Mutex
		var starts []time.Duration
		born := time.Now()
		token := make(chan struct{})
		var wg sync.WaitGroup
		for range 60 {
			wg.Go(func() {
				p, err := g.Acquire(t.Context(), "")
				if err != nil {
					t.Error(err)
					return
				}
				<-token
				if err := p.Held(t.Context()); err != nil {
					t.Error(err)
				}
				mu.Lock()
				starts = append(starts, time.Since(born))
				mu.Unlock()
				p.Answered(kinde.Answer{Status: 200})
				p.Done()
			})
		}
		time.Sleep(3 * time.Second)
		close(token)
		wg.Wait()
		slices.Sort(starts)
		if most := mostIn(starts, time.Second); most > 20 {
			t.Errorf("%d starts within one second, want at most 20", most)
		}
	})
}

func TestOne429HoldsEveryone(t *testing.T) {
	for _, tc := range []struct {
		name   string
		says   headers
		random float64
	}{
		{"seconds", resetRoundedUp, 0.01},
		{"date", retryDate, 0.01},
		{"no header", nothing, 0.01},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g := Fixed(Options{Rate: 500, MaxInFlight: 32})
				ten := &tenant{latency: milliseconds(1, 60), rng: rand.New(rand.NewPCG(3, 4)), random: tc.random, says: tc.says}
				r := run(t, g, ten, 32, 2000)
				if r.throttled == 0 {
					t.Fatal("the tenant never throttled: the test shows nothing")
				}
				if r.early != 0 {
					t.Errorf("%d requests started during a hold", r.early)
				}
			})
		})
	}
}

// A worker that the gate has already let through stops at Held when another
// worker's 429 arrives in between.
func TestHeldStopsWhoWasLetThrough(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := Fixed(Options{Rate: 1000})
		first, _ := g.Acquire(t.Context(), "")
		time.Sleep(10 * time.Millisecond)
		second, _ := g.Acquire(t.Context(), "")
		if err := first.Held(t.Context()); err != nil {
			t.Fatal(err)
		}
		first.Answered(kinde.Answer{Status: 429, Header: http.Header{"Ratelimit-Reset": {"3"}}})
		first.Done()
		before := time.Now()
		if err := second.Held(t.Context()); err != nil {
			t.Fatal(err)
		}
		if waited := time.Since(before); waited < 3*time.Second {
			t.Errorf("waited %v, want the 3s of the hold", waited)
		}
		second.Answered(kinde.Answer{Status: 200})
		second.Done()

		third, _ := g.Acquire(t.Context(), "")
		third.Held(t.Context())
		fourth, _ := g.Acquire(t.Context(), "")
		third.Answered(kinde.Answer{Status: 429, Header: http.Header{"Ratelimit-Reset": {"60"}}})
		third.Done()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := fourth.Held(ctx); err == nil {
			t.Error("Held returned during a hold, want the context's error")
		}
		fourth.Done()
		if s := g.Snapshot(); s.InFlight != 0 || s.HeldFor <= 0 {
			t.Errorf("snapshot %+v, want nothing in flight, a hold and 2 throttled", s)
		}
	})
}

func TestTheLineIsFairAndHonoursContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := Fixed(Options{Rate: 10, MaxInFlight: 1})
		blocker, _ := g.Acquire(t.Context(), "")
		var mu sync.Mutex
		var order []int
		var wg sync.WaitGroup
		gaveUp, cancel := context.WithCancel(t.Context())
		for i := range 10 {
			ctx := t.Context()
			if i == 4 {
				ctx = gaveUp
			}
			wg.Go(func() {
				p, err := g.Acquire(ctx, "")
				if err != nil {
					return
				}
				mu.Lock()
				order = append(order, i)
				mu.Unlock()
				p.Done()
			})
			synctest.Wait()
		}
		cancel()
		synctest.Wait()
		blocker.Done()
		wg.Wait()
		if want := []int{0, 1, 2, 3, 5, 6, 7, 8, 9}; !slices.Equal(order, want) {
			t.Errorf("served in the order %v, want %v", order, want)
		}
		if s := g.Snapshot(); s.InFlight != 0 {
			t.Errorf("%d still in flight", s.InFlight)
		}
	})
}

func BenchmarkAcquire(b *testing.B) {
	g := Fixed(Options{Rate: 1e9})
	ctx := context.Background()
	b.ReportAllocs()
	for b.Loop() {
		p, err := g.Acquire(ctx, "createUser")
		if err != nil {
			b.Fatal(err)
		}
		p.Held(ctx)
		p.Answered(kinde.Answer{Status: 200})
		p.Done()
	}
}
