package chaos

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"

	"github.com/kinde-migrate/kinde-migrate/internal/sandbox"
)

// wire is the way to the tenant. It loses requests and answers, cuts a run off
// at some request, and looks after each write whether anybody is stranded.
type wire struct {
	next   http.RoundTripper
	tenant *sandbox.Tenant
	cancel context.CancelFunc

	mu       sync.Mutex
	s        *sequence
	faults   bool
	left     int    // requests until the run is cut off; below 0: never
	silent   string // the part of a path of which no write is answered; "" is none
	writes   int
	stranded string
}

func newWire(t *sandbox.Tenant) *wire { return &wire{next: sandbox.Transport(t), tenant: t, left: -1} }

func (w *wire) reset(s *sequence, faults bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.s, w.faults, w.left, w.writes, w.silent = s, faults, -1, 0, ""
	switch {
	case faults && s.chance(20):
		w.silent = []string{"identit", "/properties", "/user", "/organizations/"}[s.random.IntN(4)]
	case faults && s.chance(60):
		w.left = s.random.IntN(60)
	}
}

type lost struct{}

func (lost) Error() string { return "connection reset by the test" }

// RoundTrip hands one request on, or loses it.
func (w *wire) RoundTrip(r *http.Request) (*http.Response, error) {
	before, after := w.fate()
	if before {
		return nil, lost{}
	}
	answer, err := w.next.RoundTrip(r)
	if r.Method == http.MethodGet || strings.Contains(r.URL.Path, "/oauth2/") {
		return answer, err
	}
	w.look(r)
	if (after || w.silent != "" && strings.Contains(r.URL.Path, w.silent)) && err == nil {
		answer.Body.Close()
		return nil, lost{}
	}
	return answer, err
}

func (w *wire) fate() (before, after bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.faults {
		return false, false
	}
	if w.left == 0 {
		w.cancel()
	}
	w.left--
	return w.s.chance(2), w.s.chance(4)
}

// look tells whether a user has been left without any identity.
func (w *wire) look(r *http.Request) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.writes++
	for _, u := range w.tenant.Snapshot() {
		if len(u.Identities) == 0 && w.stranded == "" {
			w.stranded = fmt.Sprintf("user %s (%s, id %s) has no identity, after %s %s", u.ID, u.GivenName, u.ProvidedID, r.Method, r.URL.Path)
		}
	}
}
