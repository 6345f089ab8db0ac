package importer

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
	"github.com/kinde-migrate/kinde-migrate/internal/databasetest"
	"github.com/kinde-migrate/kinde-migrate/internal/engine"
	"github.com/kinde-migrate/kinde-migrate/internal/sandbox"
	"github.com/kinde-migrate/kinde-migrate/kinde"
)

var errKilled = errors.New("killed")

// killer ends the run at its nth request, before or after the tenant acted.
type killer struct {
	next  http.RoundTripper
	left  atomic.Int64
	after bool
	kill  context.CancelCauseFunc
}

func (k *killer) RoundTrip(r *http.Request) (*http.Response, error) {
	last := k.left.Add(-1) == 0
	if last && !k.after {
		k.kill(errKilled)
	}
	resp, err := k.next.RoundTrip(r)
	if last && k.after {
		k.kill(errKilled)
		if err == nil {
			resp.Body.Close()
		}
		return nil, errKilled
	}
	return resp, err
}

// untilDone runs the same import again and again, killing each run at a random
// request, until one ends by itself. It returns how many runs that took.
func untilDone(t *testing.T, w *world, p *people, opt Options, random *rand.Rand, most int) int {
	for n := 1; ; n++ {
		if n > 200 {
			t.Fatal("it never ends")
		}
		ctx, cancel := context.WithCancelCause(context.Background())
		recorder := engine.NewRecorder()
		k := &killer{next: sandbox.Transport(w.tenant), kill: cancel, after: random.IntN(2) == 0}
		k.left.Store(int64(1 + random.IntN(most)))
		if n > 60 {
			k.left.Store(1 << 40)
		}
		client := w.newClientOver(recorder, k)
		result, err := Run(ctx, Job{Source: p, Target: client, Checkpoint: w.store, Recorder: recorder}, opt)
		killed := ctx.Err() != nil
		cancel(nil)
		synctest.Wait()
		if err != nil && !killed && kinde.ClassOf(err) != kinde.ClassUnreachable {
			t.Fatalf("run %d: %v", n, err)
		}
		if err == nil && !killed && result.Totals[checkpoint.Pending]+result.Totals[checkpoint.Failed] == 0 {
			return n
		}
	}
}

func (w *world) newClientOver(recorder *engine.Recorder, transport http.RoundTripper) *kinde.Client {
	w.t.Helper()
	tokens, err := kinde.NewClientCredentials(
		kinde.BaseURL(w.tenant.BaseURL()),
		kinde.ClientCredentials{ClientID: w.tenant.ClientID, ClientSecret: w.tenant.ClientSecret,
			Transport: sandbox.Transport(w.tenant)},
	)
	if err != nil {
		w.t.Fatal(err)
	}
	cfg := w.client
	cfg.BaseURL, cfg.Transport, cfg.Tokens, cfg.Observe = kinde.BaseURL(w.tenant.BaseURL()), transport, tokens, recorder.Observe
	client, err := kinde.New(cfg)
	if err != nil {
		w.t.Fatal(err)
	}
	return client
}

// schedule makes random faults of every kind.
func schedule(random *rand.Rand) []sandbox.Fault {
	kinds := []sandbox.Fault{
		{
			Kind:   sandbox.FaultStatus,
			Status: 500,
		}, {Kind: sandbox.FaultStatus, Status: 503, Acted: true}, {Kind: sandbox.FaultHTML, Status: 502, Acted: true},
		{Kind: sandbox.FaultResetBefore}, {Kind: sandbox.FaultResetAfter}, {Kind: sandbox.FaultCutBody}, {Kind: sandbox.FaultEmptyBody},
		{
			Kind:     sandbox.FaultHang,
			Duration: time.Minute,
			Acted:    true,
		}, {Kind: sandbox.FaultHang, Duration: 40 * time.Second}, {Kind: sandbox.FaultThrottle, Duration: 3 * time.Second},
		{Kind: sandbox.FaultTokenExpired, Limit: 1},
	}
	var faults []sandbox.Fault
	for range 1 + random.IntN(4) {
		f := kinds[random.IntN(len(kinds))]
		f.Probability, f.Seed = 0.02+random.Float64()*0.08, random.Uint64()
		faults = append(faults, f)
	}
	return faults
}

// Whatever goes wrong, running the same command again ends with exactly the
// users of the source, each with every step done, none twice.
func TestNothingLostNothingTwice(t *testing.T) {
	first, step := databasetest.Drawn()
	for seed := uint64(first); seed < 20; seed += uint64(step) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				random := rand.New(rand.NewPCG(seed, 7))
				answer := []string{"created-false", "400", "409"}[random.IntN(3)]
				w := newWorld(t, sandbox.Options{Faults: schedule(random), DuplicateAnswer: answer, Seed: seed + 1,
					Quirks: sandbox.Quirks{EmailFilterExactCase: random.IntN(2) == 0, CreatedFalseWithoutID: random.IntN(2) == 0}}).inMemory()
				defer w.store.Close()
				p := invent(60)
				// Somebody who can only be found by looking at everyone.
				p.users[3].Identities, p.users[3].Links = nil, p.users[9].Links
				p.users[9].Links = nil
				runs := untilDone(t, w, p, Options{Concurrency: 8}, random, 120)
				t.Logf("%d runs", runs)
				w.complete(p)
			})
		})
	}
}
