package importer

import (
	"errors"
	"net/http"
	"slices"
	"testing"

	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
	"github.com/kinde-migrate/kinde-migrate/internal/engine"
	"github.com/kinde-migrate/kinde-migrate/internal/mapping"
	"github.com/kinde-migrate/kinde-migrate/internal/sandbox"
	"github.com/kinde-migrate/kinde-migrate/kinde"
)

// An identity is taken away while another one is there, and only then.
func TestLastIdentityIsNeverTaken(t *testing.T) {
	w := newWorld(t, sandbox.Options{})
	id := w.inhabit(
		kinde.CreateUserRequest{Identities: []kinde.NewIdentity{kinde.EmailIdentity("a@example.com", true), kinde.UsernameIdentity("ana")}},
	)
	client := w.newClient(engine.NewRecorder())
	for _, c := range []struct {
		key  string
		want error
		left []string
	}{
		{"email:nobody@example.com", nil, []string{"a@example.com", "ana"}},
		{"email:A@example.com", nil, []string{"ana"}},
		{"username:ana", errLastIdentity, []string{"ana"}},
		{"email:a@example.com", nil, []string{"ana"}},
	} {
		if err := takeIdentity(t.Context(), client, id, c.key); !errors.Is(err, c.want) {
			t.Errorf("taking %s: %v, want %v", c.key, err, c.want)
		}
		if left := w.values(id); !slices.Equal(left, c.left) {
			t.Errorf("after taking %s: %v", c.key, left)
		}
	}
}

// values lists the identities of a user.
func (w *world) values(who string) (list []string) {
	u, _ := w.tenant.Find(who)
	for _, i := range u.Identities {
		list = append(list, i.Value)
	}
	slices.Sort(list)
	return list
}

// Somebody took away in Kinde what the source names. A mirror that drops the
// other identity, too, would leave nobody who can sign in: it stays, and that is
// said. The deletion is not even asked for: a tenant may allow it.
func TestMirrorLeavesTheLastIdentity(t *testing.T) {
	w := newWorld(t, sandbox.Options{})
	p := &people{users: []*mapping.User{somebody("1", "email:a@example.com", "email:b@example.com"), somebody("2", "email:c@example.com")}}
	expect(t, w.run(p, Options{}), map[checkpoint.Outcome]int64{checkpoint.Created: 2})
	if err := w.tenant.Edit(func(e *sandbox.Edit) error { return e.RemoveIdentity("a@example.com", "email", "b@example.com") }); err != nil {
		t.Fatal(err)
	}
	p.users[0] = somebody("1", "email:b@example.com")
	asked := 0
	w.before = answers(http.StatusOK, "{}", func(r *http.Request) bool {
		if deletes(r) {
			asked++
		}
		return false
	})
	o := w.run(p, Options{Mirror: true})
	expect(t, o, map[checkpoint.Outcome]int64{checkpoint.Unchanged: 2})
	if asked != 0 {
		t.Errorf("%d deletions", asked)
	}
	if left := w.values("a@example.com"); !slices.Equal(left, []string{"a@example.com"}) {
		t.Errorf("left %v", left)
	}
	if said := w.said(); said["identities"] == "" {
		t.Errorf("said %v", said)
	}
}

// A rollback takes away what an import added to somebody who was there before,
// but for the last thing they can sign in with.
func TestRollbackLeavesTheLastIdentity(t *testing.T) {
	for name, c := range map[string]struct {
		lost bool
		want []string
	}{
		"the old address is there": {false, []string{"a@example.com"}},
		"it is not":                {true, []string{"b@example.com"}},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, sandbox.Options{})
			id := w.inhabit(kinde.CreateUserRequest{Identities: []kinde.NewIdentity{kinde.EmailIdentity("a@example.com", true)}})
			p := &people{users: []*mapping.User{somebody("1", "email:a@example.com", "email:b@example.com")}}
			expect(t, w.run(p, Options{OnExisting: Update}), map[checkpoint.Outcome]int64{checkpoint.Updated: 1})
			if c.lost {
				if err := w.tenant.Edit(func(e *sandbox.Edit) error { return e.RemoveIdentity(id, "email", "a@example.com") }); err != nil {
					t.Fatal(err)
				}
			}
			expect(t, w.rollback(RollbackOptions{}), map[checkpoint.Outcome]int64{checkpoint.Skipped: 1})
			if left := w.values(id); !slices.Equal(left, c.want) {
				t.Errorf("left %v, want %v", left, c.want)
			}
			if said := w.said(); (said["identities"] != "") != c.lost {
				t.Errorf("said %v", said)
			}
		})
	}
}
