package reconcile

import (
	"testing"

	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
	"github.com/kinde-migrate/kinde-migrate/internal/engine"
	"github.com/kinde-migrate/kinde-migrate/internal/importer"
	"github.com/kinde-migrate/kinde-migrate/internal/sandbox"
)

// TestFixMendsOnlyWhatDiffers damages users, mends them, and finds nothing
// more; the password that one of them has chosen since is still his.
func TestFixMendsOnlyWhatDiffers(t *testing.T) {
	for _, with := range []bool{true, false} {
		name := map[bool]string{true: "with the checkpoint of the import", false: "without one"}[with]
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			p := invent(100)
			w.load(p, importer.Options{})
			w.edit(func(e *sandbox.Edit) error {
				for _, step := range []func() error{
					func() error { return e.Rename("ana1@example.com", "Anna", "Tester") },
					func() error { return e.Delete("ana2@example.com") },
					func() error { return e.RemoveProperty("ana7@example.com", "plan") },
					func() error { return e.SetSuspended("ana5@example.com", false) },
					func() error { return e.SetSuspended("ana6@example.com", true) },
					func() error { return e.RemoveIdentity("ana3@example.com", "email", "ana3@example.com") },
					func() error { return e.RemoveMembership("ana4@example.com", "org_a") },
					func() error { return e.SetRoles("ana8@example.com", "org_b", "member") },
				} {
					if err := step(); err != nil {
						return err
					}
				}
				return nil
			})
			repairs, err := NewRepairs(t.TempDir())
			if err != nil {
				t.Fatal(err)
			}
			defer repairs.Close()
			result, _ := w.reconcile(p, func(o *Options) {
				if with {
					w.withCheckpoint(o)
				}
				o.Each = func(f Finding) error { return repairs.Add(&f) }
			})
			if repairs.Count != 8 || result.Unexplained() != 8 {
				t.Fatalf("%d repairs, %+v", repairs.Count, result)
			}
			path := w.path
			if !with {
				path = t.TempDir() + "/fix.checkpoint"
			}
			store, _, err := checkpoint.Open(t.Context(), path)
			if err != nil {
				t.Fatal(err)
			}
			recorder := engine.NewRecorder()
			_, err = importer.RunRepairs(t.Context(), importer.Job{Source: p, Target: w.client(recorder.Observe), Checkpoint: store, Recorder: recorder},
				importer.Options{Command: "reconcile"}, repairs.All())
			if err != nil {
				t.Fatal(err)
			}
			if err := store.Close(); err != nil {
				t.Fatal(err)
			}
			for _, c := range recorder.Calls() {
				if c.Operation == "createUser" && c.Calls != 1 || c.Operation == "SetUserPassword" {
					t.Errorf("%d calls of %s", c.Calls, c.Operation)
				}
			}
			change := w.withCheckpoint
			if !with {
				change = nil
			}
			if result, found := w.reconcile(p, change); result.Unexplained() != 0 || result.Matched != 100 {
				t.Errorf("after the repair: %+v, %v", result, found)
			}
		})
	}
}
