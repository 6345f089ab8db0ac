package importer

import (
	"context"
	"net/http"
	"sync"
	"testing"

	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
	"github.com/kinde-migrate/kinde-migrate/internal/engine"
	"github.com/kinde-migrate/kinde-migrate/internal/intake"
	"github.com/kinde-migrate/kinde-migrate/internal/job"
	"github.com/kinde-migrate/kinde-migrate/internal/sandbox"
)

// after closes a channel at the nth request.
type after struct {
	next http.RoundTripper
	mu   sync.Mutex
	left int
	then func()
}

func (a *after) RoundTrip(r *http.Request) (*http.Response, error) {
	a.mu.Lock()
	a.left--
	if a.left == 0 {
		a.then()
	}
	a.mu.Unlock()
	return a.next.RoundTrip(r)
}

// A drained run finishes what is in flight, suspends whom it created, and the
// next one does the rest; none of it counts as failed.
func TestDrain(t *testing.T) {
	for _, n := range []int{1, 3, 12, 40, 90, 200, 250} {
		w := newWorld(t, sandbox.Options{})
		p := invent(150)
		drain := make(chan struct{})
		recorder := engine.NewRecorder()
		client := w.newClientOver(recorder, &after{next: sandbox.Transport(w.tenant), left: n, then: func() { close(drain) }})
		o := w.run(p, Options{}, func(j *Job) { j.Target, j.Recorder, j.Drain = client, recorder, drain })
		if o.err != nil || !o.Interrupted {
			t.Fatalf("at request %d: interrupted %v, %v", n, o.Interrupted, o.err)
		}
		if o.Totals[checkpoint.Failed] > 0 {
			t.Errorf("at request %d: %v", n, o.Totals)
		}
		for _, u := range w.tenant.Snapshot() {
			if want := p.users[indexOf(p, u.ProvidedID)]; want.Suspended && !u.Suspended {
				t.Errorf("at request %d: %s is open", n, u.ProvidedID)
			}
		}
		o = w.run(p, Options{})
		expect(t, o, map[checkpoint.Outcome]int64{checkpoint.Created: 150})
		if !o.Resumed || o.Read.Matched != 150 {
			t.Errorf("at request %d: resumed %v, %+v", n, o.Resumed, o.Read)
		}
		w.complete(p)
	}
}

// endlessSource is read until its context ends.
type endlessSource struct{ *people }

func (endlessSource) Scan(ctx context.Context, _ intake.Visitor) (intake.Summary, error) {
	<-ctx.Done()
	return intake.Summary{}, ctx.Err()
}

// A first pass can be long: to drain a run ends it, nothing is sent, and the
// next run reads anew.
func TestDrainEndsTheFirstPass(t *testing.T) {
	w := newWorld(t, sandbox.Options{})
	p := invent(3)
	drain := make(chan struct{})
	close(drain)
	o := w.run(p, Options{}, func(j *Job) { j.Source, j.Drain = endlessSource{p}, drain })
	if !o.Interrupted || o.total != 0 {
		t.Fatalf("interrupted %v after %d requests, %v", o.Interrupted, o.total, o.err)
	}
	expect(t, w.run(p, Options{}), map[checkpoint.Outcome]int64{checkpoint.Created: 3})
}

func indexOf(p *people, id string) int {
	for i, u := range p.users {
		if u.SourceID == id {
			return i
		}
	}
	return -1
}

func TestMaxErrors(t *testing.T) {
	w := newWorld(
		t,
		sandbox.Options{Faults: []sandbox.Fault{{Operations: []string{"SetUserPassword"}, Kind: sandbox.FaultStatus, Status: 422}}},
	)
	p := invent(200)
	o := w.run(p, Options{MaxErrors: job.MaxErrors{Count: 10}, Concurrency: 4})
	if o.err != nil || !o.TooMany || o.Totals[checkpoint.Failed] < 10 || o.Totals[checkpoint.Failed] > 20 ||
		o.Totals[checkpoint.Pending] == 0 {
		t.Errorf("too many %v, %v, %v", o.TooMany, o.Totals, o.err)
	}
}
