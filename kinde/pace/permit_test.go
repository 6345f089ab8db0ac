package pace

import (
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/kinde-migrate/kinde-migrate/kinde"
)

// A request whose connection turned out to be dead starts once more; a 429 that
// came meanwhile holds it like any other.
func TestASecondStartIsHeld(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := Learning(Options{MaxInFlight: 4})
		p, err := g.Acquire(t.Context(), "createUser")
		if err != nil {
			t.Fatal(err)
		}
		q, err := g.Acquire(t.Context(), "createUser")
		if err != nil {
			t.Fatal(err)
		}
		for _, x := range []kinde.Permit{p, q} {
			if err := x.Held(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		q.Answered(kinde.Answer{Status: http.StatusTooManyRequests, Header: http.Header{"Retry-After": {"3"}}})
		q.Done()
		begin := time.Now()
		if err := p.Held(t.Context()); err != nil {
			t.Fatal(err)
		}
		if waited := time.Since(begin); waited < 3*time.Second {
			t.Errorf("started again after %v, want the hold of 3 s to end first", waited)
		}
		p.Answered(kinde.Answer{Status: 200})
		p.Done()
		if s := g.Snapshot(); s.InFlight != 0 {
			t.Errorf("%d in flight, want none", s.InFlight)
		}
	})
}
