package reconcile

import (
	"maps"
	"slices"
	"testing"

	"github.com/kinde-migrate/kinde-migrate/internal/backup"
	"github.com/kinde-migrate/kinde-migrate/internal/importer"
	"github.com/kinde-migrate/kinde-migrate/internal/mapping"
	"github.com/kinde-migrate/kinde-migrate/internal/sandbox"
)

func (w *world) watch(p *people, rules []backup.Rule, change func(*Options)) *backup.Drift {
	w.t.Helper()
	opt := Options{Tenant: w.client(nil), Source: p, TempDir: w.t.TempDir()}
	if change != nil {
		change(&opt)
	}
	d, err := Watch(w.t.Context(), opt, "users.ndjson", rules)
	if err != nil {
		w.t.Fatal(err)
	}
	return d
}

// What happens behind the back of a migrated tenant is told in the words of a
// drift, with and without the checkpoint of the import; right after it, nothing is.
func TestWatchOfASource(t *testing.T) {
	p := invent(700)
	p.bad[3] = mapping.Problem{Severity: mapping.Error, Code: mapping.DuplicateInSource, Message: "same as record 1"}
	w := newWorld(t)
	w.load(p, importer.Options{})
	for name, change := range map[string]func(*Options){"with a checkpoint": w.withCheckpoint, "without one": nil} {
		d := w.watch(p, nil, change)
		if len(d.Totals) != 0 || d.Source.Records != 700 || d.Source.Users != 699 ||
			!maps.Equal(d.Source.Explained, map[string]int64{"rejected": 1}) {
			t.Fatalf("%s, before: %v %+v", name, d.Totals, d.Source)
		}
	}
	w.edit(func(e *sandbox.Edit) error {
		_, err := e.Add("stranger@example.org", "Zoe", "Stranger")
		for _, step := range []func() error{
			func() error { return err },
			func() error { return e.Rename("ana101@example.com", "Anna", "Tester") },
			func() error { return e.Delete("ana202@example.com") },
			func() error { return e.SetProperty("ana302@example.com", "plan", "silver") }, // the source has none
			func() error { return e.SetProperty("ana301@example.com", "plan", "silver") },
			func() error { return e.SetSuspended("ana405@example.com", false) },
			func() error { return e.SetSuspended("ana406@example.com", true) },
			func() error { return e.RemoveIdentity("ana503@example.com", "email", "Ana503@example.com") },
			func() error { return e.RemoveMembership("ana604@example.com", "org_a") },
			func() error { return e.SetRoles("ana4@example.com", "org_a", "admin") },
		} {
			if err := step(); err != nil {
				return err
			}
		}
		return nil
	})
	var rules []backup.Rule
	for _, text := range []string{"role:admin added", "user removed", "identity added", "suspension removed"} {
		r, err := backup.ParseRule(text)
		if err != nil {
			t.Fatal(err)
		}
		rules = append(rules, r)
	}
	want := map[string]int64{
		"user added":           1,
		"user removed":         1,
		"profile changed":      2,
		"suspension added":     1,
		"suspension removed":   1,
		"identity removed":     1,
		"organization removed": 1,
		"role removed":         2,
		"role added":           1,
	}
	for name, change := range map[string]func(*Options){"with a checkpoint": w.withCheckpoint, "without one": nil} {
		t.Run(name, func(t *testing.T) {
			d := w.watch(p, rules, change)
			if !maps.Equal(d.Totals, want) {
				t.Errorf("%v\nwant %v", d.Totals, want)
			}
			if e := d.Events[0]; e.Thing != "role" || e.Key != "admin" || e.Change != "added" || e.In != "org_a" || e.SourceID != "auth0|4" ||
				e.UserID == "" {
				t.Errorf("a new administrator comes first: %+v", e)
			}
			slices.Sort(d.Alerts)
			if alerts := []string{"role:admin added", "suspension removed", "user removed"}; !slices.Equal(d.Alerts, alerts) {
				t.Errorf("alerts %v, want %v", d.Alerts, alerts)
			}
			if gone := d.Events[slices.IndexFunc(d.Events, func(e backup.Event) bool {
				return e.Thing == "user" &&
					e.Change == "removed"
			})]; gone.Text(
				false,
			) != "user removed: auth0|202" {
				t.Errorf("somebody of the source: %q", gone.Text(false))
			}
		})
	}
}

// A verified state that the source has and the tenant lost shows only when everybody is asked for.
func TestWatchOfASourceSeesVerifiedStates(t *testing.T) {
	p := invent(20)
	w := newWorld(t)
	w.load(p, importer.Options{})
	p.users[1].Identities[0].Verified = true // the tenant was told that it is not
	if d := w.watch(p, nil, nil); len(d.Totals) != 0 {
		t.Errorf("not asked for: %v", d.Totals)
	}
	if d := w.watch(p, nil, func(o *Options) { o.Deep = 100 }); !maps.Equal(d.Totals, map[string]int64{"verified removed": 1}) {
		t.Errorf("asked for: %v", d.Totals)
	}
}

// A definition that went takes roles and properties from everybody, which is said.
func TestWatchOfASourceTellsOfDefinitions(t *testing.T) {
	p := invent(20)
	w := newWorld(t)
	w.load(p, importer.Options{})
	p.users[7].Properties = append(p.users[7].Properties, mapping.KeyValue{Key: "shoe_size", Value: "44"})
	d := w.watch(p, nil, nil)
	if !maps.Equal(d.Totals, map[string]int64{"definition removed": 1}) || d.Events[0].Key != "properties.shoe_size" ||
		len(d.Source.LeftOut) != 1 {
		t.Errorf("%v %v %v", d.Totals, d.Events, d.Source.LeftOut)
	}
}
