package importer

import (
	"context"
	"fmt"
	"testing"

	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
	"github.com/kinde-migrate/kinde-migrate/internal/engine"
	"github.com/kinde-migrate/kinde-migrate/internal/mapping"
	"github.com/kinde-migrate/kinde-migrate/internal/sandbox"
	"github.com/kinde-migrate/kinde-migrate/kinde"
)

// inhabit creates a user behind the importer's back.
func (w *world) inhabit(request kinde.CreateUserRequest) string {
	w.t.Helper()
	answer, err := w.newClient(engine.NewRecorder()).CreateUser(context.Background(), request)
	if err != nil {
		w.t.Fatal(answer, err)
	}
	return answer.ID
}

func (w *world) problems() map[string]int64 {
	var counts map[string]int64
	w.reader(func(r *checkpoint.Reader) {
		var err error
		if counts, err = r.ProblemCounts(context.Background()); err != nil {
			w.t.Fatal(err)
		}
	})
	return counts
}

func strangers(w *world, verified bool) string {
	return w.inhabit(
		kinde.CreateUserRequest{
			Profile:    &kinde.Profile{GivenName: "Somebody"},
			Identities: []kinde.NewIdentity{kinde.EmailIdentity("ANA2@example.com", verified)},
		},
	)
}

func TestExistingUsers(t *testing.T) {
	for _, c := range []struct {
		policy   OnExisting
		verified bool
		want     map[checkpoint.Outcome]int64
		name     string
	}{
		{Skip, true, map[checkpoint.Outcome]int64{checkpoint.Created: 9, checkpoint.Skipped: 1}, "Somebody"},
		{Fail, true, map[checkpoint.Outcome]int64{checkpoint.Created: 9, checkpoint.Rejected: 1}, "Somebody"},
		{Update, false, map[checkpoint.Outcome]int64{checkpoint.Created: 9, checkpoint.Skipped: 1}, "Somebody"},
		{Update, true, map[checkpoint.Outcome]int64{checkpoint.Created: 9, checkpoint.Updated: 1}, "Ana 2"},
	} {
		for _, crowd := range []int{0, 1200} { // the second is too many to look at everyone
			t.Run(fmt.Sprintf("%s verified %v among %d", c.policy, c.verified, crowd), func(t *testing.T) {
				w := newWorld(t, sandbox.Options{SeedUsers: crowd})
				id := strangers(w, c.verified)
				o := w.run(invent(10), Options{OnExisting: c.policy})
				expect(t, o, c.want)
				if u, _ := w.tenant.Find(id); u.GivenName != c.name || u.Password != nil {
					t.Errorf("the user who was there is %+v", u)
				}
				if n := w.problems()["USER_EXISTS"]; n != 1 && c.policy != Update {
					t.Errorf("%d USER_EXISTS", n)
				}
				if n := w.problems()["PASSWORD_UNREAD"]; n != c.want[checkpoint.Updated] {
					t.Errorf("%d passwords are said to be left out", n)
				}
				again := w.run(invent(10), Options{OnExisting: c.policy})
				if again.err != nil || again.total != 0 {
					t.Errorf("a rerun made %v, %v", again.calls, again.err)
				}
			})
		}
	}
}

// Whom one run updated, a later one with another policy leaves alone, and says so.
func TestExistingUserAfterAnotherPolicy(t *testing.T) {
	for policy, want := range map[OnExisting]checkpoint.Outcome{Skip: checkpoint.Skipped, Fail: checkpoint.Rejected} {
		t.Run(string(policy), func(t *testing.T) {
			w := newWorld(t, sandbox.Options{})
			id := strangers(w, true)
			w.run(invent(3), Options{OnExisting: Update})
			newer := invent(3)
			newer.users[2].GivenName = "Newer"
			o := w.run(newer, Options{OnExisting: policy, AcceptChanges: true})
			expect(t, o, map[checkpoint.Outcome]int64{checkpoint.Unchanged: 2, want: 1})
			if u, _ := w.tenant.Find(id); u.GivenName != "Ana 2" {
				t.Errorf("the user is called %s", u.GivenName)
			}
			if n := w.problems()["USER_EXISTS"]; n != 1 {
				t.Errorf("%d USER_EXISTS", n)
			}
		})
	}
}

func TestRecordThatHitsTwoUsers(t *testing.T) {
	w := newWorld(t, sandbox.Options{})
	p := invent(3)
	p.users[1].Identities = append(p.users[1].Identities, mapping.Identity{Type: mapping.Username, Value: "ana"})
	w.inhabit(kinde.CreateUserRequest{Identities: []kinde.NewIdentity{kinde.EmailIdentity("ana1@example.com", true)}})
	w.inhabit(kinde.CreateUserRequest{Identities: []kinde.NewIdentity{kinde.UsernameIdentity("ana")}})
	o := w.run(p, Options{OnExisting: Update})
	expect(t, o, map[checkpoint.Outcome]int64{checkpoint.Created: 2, checkpoint.Rejected: 1})
	if n := w.problems()["IDENTITY_TAKEN"]; n != 1 {
		t.Errorf("%d IDENTITY_TAKEN", n)
	}
}

func TestUnknownNames(t *testing.T) {
	p := invent(4)
	p.users[0].Memberships = []mapping.Membership{
		{Organization: mapping.Organization{ExternalID: "ext-9", Name: "Nine"}, Roles: []string{"owner"}, Permissions: []string{"fly"}},
	}
	p.users[1].Properties = []mapping.KeyValue{{Key: "shoe", Value: "42"}}
	p.users[2].Flags = []mapping.KeyValue{{Key: "dark", Value: "true"}}
	p.users[3].Links = []mapping.Link{{Strategy: "oauth2:github", Subject: "1"}}

	w := newWorld(t, sandbox.Options{})
	o := w.run(p, Options{})
	expect(t, o, map[checkpoint.Outcome]int64{checkpoint.Created: 3, checkpoint.Rejected: 1})
	if len(o.Unknown) != 6 {
		t.Errorf("unknown: %+v", o.Unknown)
	}
	counts := w.problems()
	for _, code := range []mapping.Code{mapping.OrganizationUnknown, mapping.PropertyUndefined, mapping.FlagUnknown,
		mapping.ConnectionUnknown} {
		if counts[string(code)] != 1 {
			t.Errorf("%s: %d", code, counts[string(code)])
		}
	}

	w = newWorld(t, sandbox.Options{})
	if o := w.run(p, Options{Strict: true}); o.err == nil || w.tenant.Count() != 0 {
		t.Errorf("strict: %v, %d users", o.err, w.tenant.Count())
	}

	w = newWorld(t, sandbox.Options{})
	o = w.run(p, Options{CreateMissing: true})
	expect(t, o, map[checkpoint.Outcome]int64{checkpoint.Created: 4})
	u, _ := w.tenant.Find("ana0@example.com")
	roles := 0
	for _, m := range u.Memberships {
		roles += len(m.Roles) + len(m.Permissions)
	}
	if roles != 2 {
		t.Errorf("memberships %v", u.Memberships)
	}
}
