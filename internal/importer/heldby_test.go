package importer

import (
	"strings"
	"testing"

	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
	"github.com/kinde-migrate/kinde-migrate/internal/mapping"
	"github.com/kinde-migrate/kinde-migrate/internal/sandbox"
)

// taken is what the checkpoint says of identities that others have, by record.
func (w *world) taken(code mapping.Code) map[int64]checkpoint.Problem {
	found := map[int64]checkpoint.Problem{}
	w.reader(func(r *checkpoint.Reader) {
		list, err := r.Problems(w.t.Context(), 100)
		if err != nil {
			w.t.Fatal(err)
		}
		for _, x := range list {
			if x.Code == string(code) {
				found[x.Number] = x
			}
		}
	})
	return found
}

// Who has an identity that a record wants is named where the job knows them, and
// the way out is one that leads there.
func TestWhoHasTheIdentity(t *testing.T) {
	two := []*mapping.User{somebody("1", "email:a@example.com"), somebody("2", "email:b@example.com")}
	for name, c := range map[string]struct {
		was, is []*mapping.User
		opt     Options
		says    map[int64]string
		try     string
	}{
		"two swap their addresses": {two, []*mapping.User{somebody("1", "email:b@example.com"), somebody("2", "email:a@example.com")}, Options{},
			map[int64]string{1: "the user of record 2 of the source has this identity",
				2: "the user of record 1 of the source has this identity"}, "use --mirror"},
		"a link moves": {[]*mapping.User{somebody("1", "email:a@example.com", "google:7"), somebody("2", "email:b@example.com")},
			[]*mapping.User{somebody("1", "email:a@example.com"), somebody("2", "email:b@example.com", "google:7")}, Options{},
			map[int64]string{2: "the user of record 1 of the source has this identity"}, "use --mirror"},
		"somebody new gets an address": {two, []*mapping.User{somebody("1", "email:c@example.com"), somebody("2", "email:b@example.com"),
			somebody("3", "email:a@example.com")}, Options{},
			map[int64]string{3: "the user of record 1 of the source has this identity"}, "use --mirror"},
		"of somebody who left": {two, []*mapping.User{somebody("2", "email:b@example.com"), somebody("3", "email:a@example.com")}, Options{},
			map[int64]string{2: "came with a record that is not in the source now"}, "--gone delete"},
		"of a stranger": {two, []*mapping.User{somebody("1", "email:a@example.com", "email:x@example.net"),
			somebody("2", "email:b@example.com")}, Options{},
			map[int64]string{1: "taken"}, "Somebody else in the tenant has it."},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, sandbox.Options{})
			if err := w.tenant.Edit(func(e *sandbox.Edit) error { _, err := e.Add("x@example.net", "A", "Stranger"); return err }); err != nil {
				t.Fatal(err)
			}
			w.run(&people{users: c.was}, Options{})
			if o := w.run(&people{users: c.is}, c.opt); o.err != nil {
				t.Fatal(o.err)
			}
			said := w.taken(mapping.IdentityTaken)
			if len(said) != len(c.says) {
				t.Errorf("said %v", said)
			}
			for n, message := range c.says {
				if !strings.Contains(said[n].Message, message) || !strings.Contains(said[n].Hint, c.try) {
					t.Errorf("record %d: %s (%s), want %s (%s)", n, said[n].Message, said[n].Hint, message, c.try)
				}
			}
		})
	}
	// The way out leads there.
	w := newWorld(t, sandbox.Options{})
	w.run(&people{users: two}, Options{})
	swapped := &people{users: []*mapping.User{somebody("1", "email:b@example.com"), somebody("2", "email:a@example.com")}}
	expect(t, w.run(swapped, Options{}), map[checkpoint.Outcome]int64{checkpoint.Failed: 2})
	expect(t, w.run(swapped, Options{Mirror: true, RetryFailed: true}), map[checkpoint.Outcome]int64{checkpoint.Updated: 2})
	if said := w.taken(mapping.IdentityTaken); len(said) != 0 {
		t.Errorf("it is done, and it still says %v", said)
	}
}

// An address that moved in an exchange is as unverified as any that is added
// later, and that is said, also when the run was cut off behind it.
func TestExchangedAddressIsSaidToBeUnverified(t *testing.T) {
	w := newWorld(t, sandbox.Options{})
	w.run(&people{users: []*mapping.User{somebody("1", "email:a@example.com"), somebody("2", "email:b@example.com")}}, Options{})
	swapped := &people{users: []*mapping.User{somebody("1", "email:b@example.com"), somebody("2", "email:a@example.com")}}
	expect(t, w.run(swapped, Options{Mirror: true}), map[checkpoint.Outcome]int64{checkpoint.Updated: 2})
	if said := w.taken(mapping.VerificationLost); len(said) != 2 {
		t.Errorf("said %v", said)
	}
	if o := w.run(swapped, Options{Mirror: true}); o.total != 0 || len(w.taken(mapping.VerificationLost)) != 2 {
		t.Errorf("a rerun made %v and says %v", o.calls, w.taken(mapping.VerificationLost))
	}
}
