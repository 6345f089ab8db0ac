package reconcile

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"testing"

	"github.com/kinde-migrate/kinde-migrate/internal/importer"
	"github.com/kinde-migrate/kinde-migrate/internal/mapping"
	"github.com/kinde-migrate/kinde-migrate/internal/sandbox"
	_ "github.com/kinde-migrate/kinde-migrate/internal/testenv"
)

// TestDamageBehindTheBackIsFound damages seven users and expects exactly those
// seven, each with its field, with and without a checkpoint.
func TestDamageBehindTheBackIsFound(t *testing.T) {
	n := 2000
	if os.Getenv("KINDE_LONG") != "" {
		n = 10_000
	}
	p := invent(n)
	w := newWorld(t)
	w.load(p, importer.Options{})
	if result, found := w.reconcile(p, w.withCheckpoint); len(found) != 0 || result.Matched != int64(n) {
		t.Fatalf("before the damage: %+v, %v", result, found)
	}
	id := map[string]string{}
	for _, u := range w.tenant.Snapshot() {
		id[u.ProvidedID] = u.ID
	}
	w.edit(func(e *sandbox.Edit) error {
		added, err := e.Add("stranger@example.org", "Zoe", "Stranger")
		id["stranger"] = added
		for _, step := range []func() error{
			func() error { return err },
			func() error { return e.Rename("ana101@example.com", "Anna", "Tester") },
			func() error { return e.Delete("ana202@example.com") },
			func() error { return e.RemoveProperty("ana301@example.com", "plan") },
			func() error { return e.SetSuspended("ana405@example.com", false) },
			func() error { return e.RemoveIdentity("ana503@example.com", "email", "Ana503@example.com") },
			func() error { return e.RemoveMembership("ana604@example.com", "org_a") },
		} {
			if err := step(); err != nil {
				return err
			}
		}
		return nil
	})
	want := map[string]string{
		"auth0|101": "different given_name Ana 101 Anna", "auth0|202": "missing", "auth0|301": "different properties.plan gold ",
		"auth0|405": "different is_suspended true false", "auth0|503": "different email Ana503@example.com ",
		"auth0|604": "different organizations.org_a member ", id["stranger"]: "unexpected",
	}
	for name, change := range map[string]func(*Options){"with a checkpoint": w.withCheckpoint, "without one": nil} {
		t.Run(name, func(t *testing.T) {
			result, found := w.reconcile(p, change)
			got := map[string]string{}
			for _, f := range found {
				who, text := f.SourceID, string(f.Class)
				if f.Class == Unexpected {
					who = f.KindeID
				}
				for _, d := range f.Differences {
					text += fmt.Sprintf(" %s %s %s", d.Field, d.Expected, d.Actual)
				}
				got[who] = text
			}
			if !maps.Equal(got, want) {
				t.Errorf("found %v\nwant %v", got, want)
			}
			if result.Matched != int64(n-6) || result.Missing != 1 || result.Different != 5 || result.Unexpected != 1 || result.Records != int64(n) {
				t.Errorf("counts: %+v", result)
			}
		})
	}
}

func TestWhoIsOlderThanTheRunIsNotUnexpected(t *testing.T) {
	w := newWorld(t)
	w.edit(func(e *sandbox.Edit) error { _, err := e.Add("before@example.org", "Be", "Fore"); return err })
	// The sandbox keeps the clock of the machine, so the older user is made older.
	p := invent(20)
	p.bad[3] = mapping.Problem{Severity: mapping.Error, Code: mapping.DuplicateInSource, Message: "same as record 1"}
	w.load(p, importer.Options{})
	late := func(o *Options) {
		w.withCheckpoint(o)
		o.ClockOffset = 5e9
	}
	result, found := w.reconcile(p, late)
	if result.Older != 1 || result.Unexpected != 0 || result.Explained != 1 || result.Matched != 19 {
		t.Errorf("counts: %+v, %v", result, found)
	}
	if n := slices.IndexFunc(found, func(f Finding) bool { return f.Class == Explained }); n < 0 || found[n].Code != "DUPLICATE_IN_SOURCE" ||
		found[n].Reported != "rejected" {
		t.Errorf("the rejected record is not explained: %v", found)
	}
	if result, _ := w.reconcile(p, nil); result.Unexpected != 1 {
		t.Errorf("without a checkpoint nobody is known to be older: %+v", result)
	}
}

func TestUsersThatExistedAreExplained(t *testing.T) {
	w := newWorld(t)
	p := invent(10)
	w.edit(func(e *sandbox.Edit) error { _, err := e.Add("ana4@example.com", "Somebody", "Else"); return err })
	w.load(p, importer.Options{})
	result, found := w.reconcile(p, w.withCheckpoint)
	if result.Explained != 1 || unexplained(result) != 0 || len(found) != 1 || found[0].Code != "USER_EXISTS" {
		t.Errorf("counts: %+v, %v", result, found)
	}
	if result, _ = w.reconcile(p, nil); result.Different != 1 {
		t.Errorf("without the checkpoint he is different: %+v", result)
	}
}

func TestDeepComparesVerifiedStates(t *testing.T) {
	w := newWorld(t)
	p := invent(40)
	w.load(p, importer.Options{})
	p.users[6].Identities[0].Verified = false // the tenant calls it verified
	p.users[7].Identities[0].Verified = true  // the tenant does not
	result, found := w.reconcile(p, func(o *Options) { o.Deep = 100 })
	if result.DeepChecked != 40 || result.DeepOf != 40 || len(found) != 2 {
		t.Fatalf("counts: %+v, %v", result, found)
	}
	for _, f := range found {
		if len(f.Differences) != 1 || f.Differences[0].Field != "email.verified" {
			t.Errorf("differences: %v", f.Differences)
		}
	}
	if result, _ := w.reconcile(p, func(o *Options) { o.Deep = 10 }); result.DeepChecked != 4 {
		t.Errorf("a sample of 10 %% asked for %d of %d", result.DeepChecked, result.DeepOf)
	}
}

func TestRolesAreCompared(t *testing.T) {
	w := newWorld(t)
	p := invent(30)
	w.load(p, importer.Options{})
	w.edit(func(e *sandbox.Edit) error { return e.SetRoles("ana8@example.com", "org_b", "member") })
	_, found := w.reconcile(p, w.withCheckpoint)
	if len(found) != 1 || found[0].Differences[0].Field != "roles.org_b" || found[0].Differences[0].Expected != "admin,member" ||
		found[0].Differences[0].Actual != "member" {
		t.Errorf("found %v", found)
	}
}

// Who keeps in the tenant what the source has dropped or cleared since matches
// nothing: the checkpoint explains it, until it is different.
func TestWhatTheSourceClearedIsExplained(t *testing.T) {
	for name, change := range map[string]func(*mapping.User){
		"a name":       func(u *mapping.User) { u.FamilyName = "" },
		"a property":   func(u *mapping.User) { u.Properties = u.Properties[:1] },
		"a membership": func(u *mapping.User) { u.Memberships = nil },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			p := invent(10)
			p.users[0].Suspended = false
			w.load(p, importer.Options{})
			change(p.users[0])
			w.load(p, importer.Options{})
			result, found := w.reconcile(p, w.withCheckpoint)
			if result.Matched != 9 || result.Explained != 1 || len(found) != 1 || found[0].Reported != "kept" || found[0].Code != "FIELD_DROPPED" ||
				found[0].Reason == "" {
				t.Errorf("counts: %+v, %+v", result, found)
			}
			w.edit(func(e *sandbox.Edit) error { return e.Rename("ana0@example.com", "Zoe", "Other") })
			if result, _ := w.reconcile(p, w.withCheckpoint); result.Different != 1 || result.Explained != 0 {
				t.Errorf("somebody else's change: %+v", result)
			}
		})
	}
}
