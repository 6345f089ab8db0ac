package reconcile

import (
	"errors"
	"fmt"
	"testing"

	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
	"github.com/kinde-migrate/kinde-migrate/internal/engine"
	"github.com/kinde-migrate/kinde-migrate/internal/importer"
	"github.com/kinde-migrate/kinde-migrate/internal/job"
	"github.com/kinde-migrate/kinde-migrate/internal/mapping"
	"github.com/kinde-migrate/kinde-migrate/internal/sandbox"
	"github.com/kinde-migrate/kinde-migrate/kinde"
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
			if repairs.Count != 8 || unexplained(result) != 8 {
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
			_, err = importer.RunRepairs(
				t.Context(),
				importer.Job{Source: p, Target: w.client(recorder.Observe), Checkpoint: store, Recorder: recorder},
				importer.Options{Command: "reconcile"},
				repairs.All(),
			)
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
			// Whom no address shows, and no checkpoint, an id alone does not prove.
			unsure := int64(1)
			if with {
				unsure = 0
			}
			if result, found := w.reconcile(p, change); result.Different != unsure || result.Missing != 0 || result.Matched != 100-unsure {
				t.Errorf("after the repair: %+v, %v", result, found)
			}
		})
	}
}

// A repair touches nobody who may be somebody else: whoever registered an address
// that was never proved, or was made anew by somebody else with the same one. Nor
// does a later rollback take them for the job's.
func TestFixLeavesStrangersAlone(t *testing.T) {
	for _, with := range []bool{true, false} {
		for _, verified := range []bool{true, false} {
			w := newWorld(t)
			p := invent(3)
			w.load(p, importer.Options{})
			w.edit(func(e *sandbox.Edit) error { return e.Delete("ana2@example.com") })
			var store *checkpoint.Store
			client := w.client(nil)
			made, err := client.CreateUser(t.Context(), kinde.CreateUserRequest{Profile: &kinde.Profile{GivenName: "Somebody"},
				Identities: []kinde.NewIdentity{kinde.EmailIdentity("ana2@example.com", verified)}})
			if err != nil {
				t.Fatal(err)
			}
			repairs, err := NewRepairs(t.TempDir())
			if err != nil {
				t.Fatal(err)
			}
			defer repairs.Close()
			w.reconcile(p, func(o *Options) {
				if with {
					w.withCheckpoint(o)
				}
				o.Each = func(f Finding) error { return repairs.Add(&f) }
			})
			path := w.path
			if !with {
				path = t.TempDir() + "/fix.checkpoint"
			}
			if store, _, err = checkpoint.Open(t.Context(), path); err != nil {
				t.Fatal(err)
			}
			job := importer.Job{Source: p, Target: client, Checkpoint: store, Recorder: engine.NewRecorder()}
			if _, err := importer.RunRepairs(t.Context(), job, importer.Options{Command: "reconcile"}, repairs.All()); err != nil {
				t.Fatal(err)
			}
			name := "Somebody"
			if verified {
				name = "Ana 2"
			}
			u, there := w.tenant.Find(made.ID)
			if !there || u.GivenName != name {
				t.Errorf("with the checkpoint %v, verified %v: the user is %+v", with, verified, u)
			}
			if with {
				if _, err := importer.Rollback(t.Context(), job, importer.Options{}, importer.RollbackOptions{}); err != nil {
					t.Fatal(err)
				}
				if u, there := w.tenant.Find(made.ID); !there || u.GivenName != "Somebody" || len(u.Identities) != 1 {
					t.Errorf("verified %v: the rollback left %+v, %v", verified, u, there)
				}
			}
			if err := store.Close(); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// The checkpoint of one source says nothing of another that has the same ids.
func TestCheckpointOfAnotherSource(t *testing.T) {
	w := newWorld(t)
	w.load(invent(6), importer.Options{})
	other := invent(6)
	for n, u := range other.users {
		u.GivenName, u.FamilyName = fmt.Sprint("Eve", n), "Other"
		u.Identities = []mapping.Identity{{Type: mapping.Email, Value: fmt.Sprintf("eve%d@example.net", n)}}
	}
	o := Options{Source: other, Tenant: w.client(nil), TempDir: t.TempDir(), Each: func(Finding) error { return nil }}
	w.withCheckpoint(&o)
	var refused *job.RefusedError
	if _, err := Run(t.Context(), o); !errors.As(err, &refused) || refused.Kind != job.OtherSource {
		t.Errorf("compared with the checkpoint of another source: %v", err)
	}
}

// The source has to call the address verified, too.
func TestFixNeedsAnAddressThatTheSourceVerified(t *testing.T) {
	w := newWorld(t)
	p := &people{users: invent(2).users[1:], bad: map[int]mapping.Problem{}} // ana1 is not verified at the source
	client := w.client(nil)
	if _, err := client.CreateUser(t.Context(), kinde.CreateUserRequest{Profile: &kinde.Profile{GivenName: "Somebody"},
		Identities: []kinde.NewIdentity{kinde.EmailIdentity("ana1@example.com", true)}}); err != nil {
		t.Fatal(err)
	}
	repairs, err := NewRepairs(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer repairs.Close()
	w.reconcile(p, func(o *Options) { o.Each = func(f Finding) error { return repairs.Add(&f) } })
	store, _, err := checkpoint.Open(t.Context(), t.TempDir()+"/fix.checkpoint")
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	if _, err := importer.RunRepairs(t.Context(), importer.Job{Source: p, Target: client, Checkpoint: store, Recorder: engine.NewRecorder()},
		importer.Options{Command: "reconcile"}, repairs.All()); err != nil {
		t.Fatal(err)
	}
	if u, _ := w.tenant.Find("ana1@example.com"); repairs.Count != 1 || u.GivenName != "Somebody" || u.ProvidedID != "" {
		t.Errorf("%d repairs, the user is %+v", repairs.Count, u)
	}
}
