package importer

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
	"github.com/kinde-migrate/kinde-migrate/internal/engine"
	"github.com/kinde-migrate/kinde-migrate/internal/mapping"
	"github.com/kinde-migrate/kinde-migrate/internal/operation"
	"github.com/kinde-migrate/kinde-migrate/internal/sandbox"
)

// said returns what the checkpoint says of values that were left out, by field.
func (w *world) said() map[string]string {
	fields := map[string]string{}
	w.reader(func(r *checkpoint.Reader) {
		list, err := r.Problems(context.Background(), 100)
		if err != nil {
			w.t.Fatal(err)
		}
		for _, x := range list {
			if x.Code == string(mapping.FieldDropped) && x.Severity == "warning" {
				fields[x.Field] = x.Message
			}
		}
	})
	return fields
}

// The API clears no name and no picture. The old one stays, that is said, and a
// record of which nothing else changed is not called updated.
func TestClearedNameIsSaid(t *testing.T) {
	for _, c := range []struct {
		field string
		clear func(*mapping.User)
	}{
		{"family_name", func(u *mapping.User) { u.FamilyName = "" }},
		{"given_name", func(u *mapping.User) { u.GivenName = "" }},
		{"picture", func(u *mapping.User) { u.Picture = "" }},
		{"flags.beta", func(u *mapping.User) { u.Flags = nil }},
		{"password", func(u *mapping.User) { u.Password = nil }},
	} {
		t.Run(c.field, func(t *testing.T) {
			w := newWorld(t, sandbox.Options{})
			source := func() *people {
				p := invent(4)
				p.users[1].Picture = "https://example.com/ana.png"
				p.users[1].Flags = []mapping.KeyValue{{Key: "beta", Value: "true"}}
				return p
			}
			p := source()
			expect(t, w.run(p, Options{}), map[checkpoint.Outcome]int64{checkpoint.Created: 4})
			c.clear(p.users[1])
			o := w.run(p, Options{Mirror: true})
			expect(t, o, map[checkpoint.Outcome]int64{checkpoint.Unchanged: 4})
			if o.calls[operation.UpdateUser] != 0 {
				t.Errorf("made %v", o.calls)
			}
			for _, mirror := range []bool{false, true} {
				if o := w.run(p, Options{Mirror: mirror}); o.total != 0 {
					t.Errorf("a rerun made %v", o.calls)
				}
				if said := w.said(); len(said) != 1 || said[c.field] == "" {
					t.Errorf("said %v, want %s", said, c.field)
				}
			}
			// Something else changes, too: that is done, and the rest does not match.
			p.users[1].Properties = []mapping.KeyValue{{Key: "city", Value: "Porto"}}
			o = w.run(p, Options{})
			expect(t, o, map[checkpoint.Outcome]int64{checkpoint.Updated: 1, checkpoint.Unchanged: 3})
			if len(w.said()) != 1 || o.Read.Matched != 0 || o.Read.Different != 0 || o.Read.Explained != 4 {
				t.Errorf("said %v, read back %+v", w.said(), o.Read)
			}
			// The source has a value again, and it is the old one.
			p = source()
			p.users[1].Properties = []mapping.KeyValue{{Key: "city", Value: "Faro"}}
			o = w.run(p, Options{})
			expect(t, o, map[checkpoint.Outcome]int64{checkpoint.Updated: 1, checkpoint.Unchanged: 3})
			if len(w.said()) != 0 || o.Read.Matched != 1 {
				t.Errorf("said %v, read back %+v", w.said(), o.Read)
			}
		})
	}
}

// A password that the source does not hold any more stays: people go on to sign in with
// it, and it does not count as one of the source's.
func TestClearedPasswordStaysInTheForecast(t *testing.T) {
	w := newWorld(t, sandbox.Options{})
	p := invent(2) // the first is suspended
	w.run(p, Options{})
	p.users[1].Password = nil
	expect(t, w.run(p, Options{}), map[checkpoint.Outcome]int64{checkpoint.Unchanged: 2})
	w.reader(func(r *checkpoint.Reader) {
		record, _, err := r.RecordByID(t.Context(), 2)
		if err != nil || record.SignIn != "same_password" || set(t, r) != 1 {
			t.Errorf("forecast %q, %d passwords, %v", record.SignIn, set(t, r), err)
		}
	})
}

// A property that the source cleared stays and is said, until a mirror clears it.
func TestClearedProperty(t *testing.T) {
	for name, rest := range map[string][]mapping.KeyValue{"one of two": {{Key: "plan", Value: "gold"}}, "all": nil} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, sandbox.Options{})
			p := invent(8) // ana0 and ana7 have a city and a plan
			expect(t, w.run(p, Options{}), map[checkpoint.Outcome]int64{checkpoint.Created: 8})
			p.users[7].Properties = rest
			expect(t, w.run(p, Options{}), map[checkpoint.Outcome]int64{checkpoint.Unchanged: 8})
			if said := w.said(); len(said) != 2-len(rest) || !strings.Contains(said["properties.city"], "without --mirror") {
				t.Errorf("said %v", said)
			}
			if o := w.run(p, Options{}); o.total != 0 || len(w.said()) != 2-len(rest) {
				t.Errorf("a rerun made %v and said %v", o.calls, w.said())
			}
			if u, _ := w.tenant.Find("ana7@example.com"); u.Properties["city"] != "Lisboa" {
				t.Errorf("without --mirror: %v", u.Properties)
			}
			o := w.run(p, Options{Mirror: true})
			expect(t, o, map[checkpoint.Outcome]int64{checkpoint.Updated: 1, checkpoint.Unchanged: 7})
			if o.Read.Matched != 1 || len(w.said()) != 0 {
				t.Errorf("read back %+v, said %v", o.Read, w.said())
			}
			if u, _ := w.tenant.Find("ana7@example.com"); u.Properties["city"] != "" || len(rest) > 0 && u.Properties["plan"] != "gold" {
				t.Errorf("with --mirror: %v", u.Properties)
			}
			if o := w.run(p, Options{Mirror: true}); o.total != 0 {
				t.Errorf("a rerun made %v", o.calls)
			}
			p.users[7].GivenName = "Eva"
			if w.run(p, Options{}); len(w.said()) != 0 {
				t.Errorf("what is cleared is said to stay: %v", w.said())
			}
		})
	}
}

// What somebody had before us is theirs: a mirror does not clear it, and a
// rollback brings back what we replaced, also after the source has cleared it.
func TestClearedValuesOfSomebodyWhoExisted(t *testing.T) {
	w := newWorld(t, sandbox.Options{})
	id := strangers(w, true)
	if err := w.newClient(engine.NewRecorder()).UpdateUserProperties(t.Context(), id,
		map[string]string{"plan": "gold", "city": "Evora"}); err != nil {
		t.Fatal(err)
	}
	p := invent(4)
	p.users[2].Properties = []mapping.KeyValue{{Key: "plan", Value: "gold"}, {Key: "city", Value: "Porto"}}
	expect(t, w.run(p, Options{OnExisting: Update}), map[checkpoint.Outcome]int64{checkpoint.Created: 3, checkpoint.Updated: 1})
	p.users[2].Properties, p.users[2].GivenName = nil, ""
	expect(
		t,
		w.run(p, Options{OnExisting: Update, Mirror: true}),
		map[checkpoint.Outcome]int64{checkpoint.Updated: 1, checkpoint.Unchanged: 3},
	)
	if u, _ := w.tenant.Find(id); u.Properties["plan"] != "gold" || u.Properties["city"] != "" {
		t.Errorf("the mirror left %v", u.Properties)
	}
	if said := w.said(); len(said) != 1 || said["given_name"] == "" {
		t.Errorf("said %v", said)
	}
	if o := w.rollback(RollbackOptions{}); o.err != nil {
		t.Fatal(o.err)
	}
	if u, _ := w.tenant.Find(id); u.GivenName != "Somebody" || u.Properties["city"] != "Evora" || u.Properties["plan"] != "gold" {
		t.Errorf("the rollback left %q, %v", u.GivenName, u.Properties)
	}
}

// Memberships, roles and identities that stay are named, in one warning a record.
func TestDroppedThingsAreSaid(t *testing.T) {
	w := newWorld(t, sandbox.Options{})
	p := invent(10)
	p.users[8].Identities = append(p.users[8].Identities, mapping.Identity{Type: mapping.Email, Value: "second@example.com"})
	w.run(p, Options{})
	p = invent(10)
	p.users[8].Memberships = member("org_b", "member")
	expect(t, w.run(p, Options{}), map[checkpoint.Outcome]int64{checkpoint.Unchanged: 10})
	said := w.said()["dropped"]
	for _, what := range []string{"membership in org_a", "admin and read:all in org_b", "second@example.com"} {
		if !strings.Contains(said, what) {
			t.Errorf("%q does not name %s", said, what)
		}
	}
	expect(t, w.run(p, Options{Mirror: true}), map[checkpoint.Outcome]int64{checkpoint.Updated: 1, checkpoint.Unchanged: 9})
	if said := w.said(); len(said) != 0 {
		t.Errorf("after a mirror: %v", said)
	}
}

// The last property that anybody had is cleared, too, although the source names
// no property any more and so the tenant's are not asked for.
func TestLastPropertyOfASourceIsCleared(t *testing.T) {
	w := newWorld(t, sandbox.Options{})
	p := &people{users: []*mapping.User{somebody("1", "email:a@example.com"), somebody("2", "email:b@example.com")}}
	p.users[0].Properties = []mapping.KeyValue{{Key: "city", Value: "Porto"}}
	expect(t, w.run(p, Options{}), map[checkpoint.Outcome]int64{checkpoint.Created: 2})
	p.users[0].Properties = nil
	expect(t, w.run(p, Options{Mirror: true}), map[checkpoint.Outcome]int64{checkpoint.Updated: 1, checkpoint.Unchanged: 1})
	if u, _ := w.tenant.Find("a@example.com"); u.Properties["city"] != "" {
		t.Errorf("the city is still %q", u.Properties["city"])
	}
}

// Two people who were in the source together are two people, whatever address
// one of them has when the other has left.
func TestAddressOfSomebodyWhoLeftMakesNobodyThem(t *testing.T) {
	w := newWorld(t, sandbox.Options{})
	p := &people{
		users: []*mapping.User{somebody("1", "email:a@example.com"), somebody("2", "email:b@example.com"), somebody("3", "email:c@example.com")},
		bad:   map[int]mapping.Problem{1: {Severity: mapping.Error, Code: mapping.EmailInvalid}},
	}
	expect(t, w.run(p, Options{}), map[checkpoint.Outcome]int64{checkpoint.Created: 2, checkpoint.Rejected: 1})
	next := &people{users: []*mapping.User{somebody("2", "email:a@example.com"), somebody("3", "email:c@example.com")}}
	expect(t, w.run(next, Options{}), map[checkpoint.Outcome]int64{checkpoint.Rejected: 1, checkpoint.Unchanged: 1})
	if u, _ := w.tenant.Find("a@example.com"); u.ProvidedID != "1" || u.GivenName != "Person 1" {
		t.Errorf("the account of 1 is %+v", u)
	}
}

// Somebody has emptied the name in Kinde that the source cleared: then nothing
// stays, and nothing is said.
func TestClearedNameThatTheTenantCleared(t *testing.T) {
	for _, emptied := range []bool{false, true} {
		w := newWorld(t, sandbox.Options{})
		id := strangers(w, true)
		p := invent(4)
		expect(t, w.run(p, Options{OnExisting: Update}), map[checkpoint.Outcome]int64{checkpoint.Created: 3, checkpoint.Updated: 1})
		if emptied {
			if err := w.tenant.Edit(func(e *sandbox.Edit) error { return e.Rename(id, "", "Tester") }); err != nil {
				t.Fatal(err)
			}
		}
		p.users[2].GivenName = ""
		expect(t, w.run(p, Options{OnExisting: Update}), map[checkpoint.Outcome]int64{checkpoint.Unchanged: 4})
		if said := w.said(); (said["given_name"] == "") != emptied || len(said) > 1 {
			t.Errorf("emptied in Kinde %v: said %v", emptied, said)
		}
	}
}

// A mirror that could not clear a property clears it when it is tried again: that the
// job set it is not forgotten before it is known to be gone.
func TestClearThatFailedIsTriedAgain(t *testing.T) {
	for _, status := range []int{410, 500} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t, sandbox.Options{Faults: []sandbox.Fault{
				{
					Operations: []string{operation.UpdateUserProperties},
					Kind:       sandbox.FaultStatus,
					Status:     status,
					After:      time.Hour,
					Until:      48 * time.Hour,
				}}})
			p := invent(3)
			p.users[1].Properties = []mapping.KeyValue{{Key: "city", Value: "Porto"}}
			expect(t, w.run(p, Options{}), map[checkpoint.Outcome]int64{checkpoint.Created: 3})
			time.Sleep(time.Hour)
			p.users[1].Properties, p.users[1].GivenName = nil, "Pia"
			expect(t, w.run(p, Options{Mirror: true}), map[checkpoint.Outcome]int64{checkpoint.Failed: 1, checkpoint.Unchanged: 2})
			time.Sleep(48 * time.Hour)
			if o := w.run(p, Options{Mirror: true, RetryFailed: true}); o.err != nil {
				t.Fatal(o.err)
			}
			if u, _ := w.tenant.Find(p.users[1].Identities[0].Value); u.Properties["city"] != "" {
				t.Errorf("%d: the tenant keeps %q", status, u.Properties)
			}
		})
	}
}
