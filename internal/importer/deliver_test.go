package importer

import (
	"testing"

	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
	"github.com/kinde-migrate/kinde-migrate/internal/job"
	"github.com/kinde-migrate/kinde-migrate/internal/sandbox"
)

// A run that was killed between its end and its report tells the same again,
// and the pass is over once the report is delivered.
func TestUndeliveredPassIsToldAgain(t *testing.T) {
	w := newWorld(t, sandbox.Options{})
	p := invent(20)
	created := map[checkpoint.Outcome]int64{checkpoint.Created: 20}
	expect(t, w.run(p, Options{AwaitDelivery: true}), created)
	for range 2 {
		o := w.run(p, Options{AwaitDelivery: true})
		expect(t, o, created)
		if o.total != 0 {
			t.Errorf("it made %v", o.calls)
		}
	}
	store, _, err := checkpoint.Open(t.Context(), w.path)
	if err != nil {
		t.Fatal(err)
	}
	if err := store.Delivered(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	expect(t, w.run(p, Options{AwaitDelivery: true}), map[checkpoint.Outcome]int64{checkpoint.Unchanged: 20})
}

// What was delivered of an earlier run does not end a pass that was cut.
func TestDeliveredOfACutPass(t *testing.T) {
	w := newWorld(
		t,
		sandbox.Options{Faults: []sandbox.Fault{{Operations: []string{"SetUserPassword"}, Kind: sandbox.FaultStatus, Status: 422}}},
	)
	o := w.run(invent(50), Options{AwaitDelivery: true, MaxErrors: job.MaxErrors{Count: 3}, Concurrency: 1})
	if o.err != nil || !o.TooMany {
		t.Fatal(o.TooMany, o.err)
	}
	store, _, err := checkpoint.Open(t.Context(), w.path)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	if err := store.Delivered(t.Context()); err != nil {
		t.Fatal(err)
	}
	if job, _, err := store.Job(t.Context()); err != nil || job.Complete {
		t.Errorf("complete %v, %v", job.Complete, err)
	}
}
