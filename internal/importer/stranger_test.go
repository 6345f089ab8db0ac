package importer

import (
	"fmt"
	"strings"
	"testing"

	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
	"github.com/kinde-migrate/kinde-migrate/internal/engine"
	"github.com/kinde-migrate/kinde-migrate/internal/mapping"
	"github.com/kinde-migrate/kinde-migrate/internal/operation"
	"github.com/kinde-migrate/kinde-migrate/internal/password"
	"github.com/kinde-migrate/kinde-migrate/internal/sandbox"
	"github.com/kinde-migrate/kinde-migrate/kinde"
)

// counted makes a source whose ids count from 1, as many systems do.
func counted(company string, n int) *people {
	p := &people{}
	for i := range n {
		p.users = append(p.users, &mapping.User{SourceID: fmt.Sprint(i + 1), GivenName: company, FamilyName: fmt.Sprint("Number ", i+1),
			Identities: []mapping.Identity{{Type: mapping.Email, Value: fmt.Sprintf("p%d@%s.example", i+1, company), Verified: true}},
			Password: &password.Password{
				Encoding: "bcrypt",
				Body:     &password.Body{HashedPassword: "$2b$10$" + strings.Repeat(company[:1], 53), HashingMethod: "bcrypt"},
			}})
	}
	return p
}

// What was wrong with a record is said once, and no more when it is right.
func TestProblemsOfAnEarlierPass(t *testing.T) {
	w := newWorld(t, sandbox.Options{})
	expect(t, w.run(counted("alpha", 3), Options{}), map[checkpoint.Outcome]int64{checkpoint.Created: 3})
	w.path += ".beta"
	expect(t, w.run(counted("beta", 3), Options{}), map[checkpoint.Outcome]int64{checkpoint.Rejected: 3})
	for n := range 2 {
		p := counted("beta", 3)
		p.users[0].GivenName = fmt.Sprint("Renamed ", n)
		expect(t, w.run(p, Options{}), map[checkpoint.Outcome]int64{checkpoint.Rejected: 3})
		if got := w.problems()["IDENTITY_TAKEN"]; got != 3 {
			t.Errorf("%d IDENTITY_TAKEN of 3 records", got)
		}
	}
	for _, u := range w.tenant.Snapshot() {
		if err := w.newClient(engine.NewRecorder()).DeleteUser(t.Context(), u.ID, false); err != nil {
			t.Fatal(err)
		}
	}
	p := counted("beta", 3)
	for _, u := range p.users {
		u.GivenName = "Changed"
	}
	expect(t, w.run(p, Options{}), map[checkpoint.Outcome]int64{checkpoint.Created: 3})
	if got := w.problems(); len(got) != 0 {
		t.Errorf("everyone is there, and it still says %v", got)
	}
}

// Two companies whose ids count from 1 share a tenant. Nobody of the second gets
// an account of the first, whether the tenant is listed or asked, whatever the policy.
func TestIDsThatCollide(t *testing.T) {
	for _, policy := range []OnExisting{Skip, Update, Fail} {
		for _, n := range []int{1, 3, 700} {
			for _, crowd := range []int{0, 2300} {
				if n == 700 && (crowd > 0 || policy == Fail) {
					continue
				}
				t.Run(fmt.Sprintf("%s, %d records among %d", policy, n, crowd), func(t *testing.T) {
					t.Parallel()
					w := newWorld(t, sandbox.Options{SeedUsers: crowd})
					expect(t, w.run(counted("alpha", min(n, 300)), Options{}), map[checkpoint.Outcome]int64{checkpoint.Created: int64(min(n, 300))})
					was := w.visible()
					w.path += ".beta"
					dry := w.dryRun(counted("beta", n), Options{OnExisting: policy, OverwritePasswords: true})
					o := w.run(counted("beta", n), Options{OnExisting: policy, OverwritePasswords: true})
					want := map[checkpoint.Outcome]int64{checkpoint.Rejected: int64(min(n, 300))}
					if n > 300 {
						want[checkpoint.Created] = int64(n - 300)
					}
					expect(t, o, want)
					expect(t, dry, want)
					if got := w.problems()["IDENTITY_TAKEN"]; got != int64(min(n, 300)) {
						t.Errorf("%d IDENTITY_TAKEN", got)
					}
					if n <= 300 {
						w.unchanged(was)
					}
					w.reader(func(r *checkpoint.Reader) {
						problems, err := r.ProblemsOf(t.Context(), 1)
						holder, _ := w.tenant.Find("p1@alpha.example")
						if err != nil || len(problems) != 1 || !strings.Contains(problems[0].Message, holder.ID) ||
							!strings.Contains(problems[0].Hint, "--id-prefix") {
							t.Errorf("%+v, %v", problems, err)
						}
					})
				})
			}
		}
	}
}

// A delta that reads no list of everyone still knows which ids others carry.
func TestIDsThatCollideInADelta(t *testing.T) {
	w := newWorld(t, sandbox.Options{SeedUsers: 2300})
	expect(t, w.run(counted("alpha", 40), Options{}), map[checkpoint.Outcome]int64{checkpoint.Created: 40})
	// Others come after them, too, so that no first page shows them all.
	if err := w.tenant.Edit(func(e *sandbox.Edit) error {
		for n := range 1200 {
			if _, err := e.Add(fmt.Sprintf("late%d@example.net", n), "Late", ""); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	w.path += ".beta"
	beta := counted("beta", 40)
	for _, u := range beta.users {
		u.SourceID = "b" + u.SourceID
	}
	expect(t, w.run(beta, Options{}), map[checkpoint.Outcome]int64{checkpoint.Created: 40})
	again := counted("beta", 41)
	copy(again.users, beta.users)
	o := w.run(again, Options{}) // id 41 is free
	expect(t, o, map[checkpoint.Outcome]int64{checkpoint.Created: 1, checkpoint.Unchanged: 40})
	if o.calls[operation.GetUsers] > 3 {
		t.Errorf("a delta of one read the tenant again: %v", o.calls)
	}
	again.users = append(again.users, counted("beta", 40).users...) // ids 1 to 40 are not
	for _, u := range again.users[41:] {
		u.Identities[0].Value = "new." + u.Identities[0].Value
	}
	expect(t, w.run(again, Options{}), map[checkpoint.Outcome]int64{checkpoint.Rejected: 40, checkpoint.Unchanged: 41})
}

// Where one side has no address there is nothing to tell two people apart by:
// the user exists, and nobody is updated on the strength of an id.
func TestIDWithoutAddresses(t *testing.T) {
	for _, policy := range []OnExisting{Skip, Update} {
		w := newWorld(t, sandbox.Options{})
		w.inhabit(kinde.CreateUserRequest{ProvidedID: "1", Profile: &kinde.Profile{GivenName: "Somebody"}})
		was := w.visible()
		expect(
			t,
			w.run(counted("beta", 1), Options{OnExisting: policy, OverwritePasswords: true}),
			map[checkpoint.Outcome]int64{checkpoint.Skipped: 1},
		)
		w.unchanged(was)
	}
}

// Whom the checkpoint knows by their Kinde id may change every address.
func TestChangedAddressOfWhoIsKnown(t *testing.T) {
	w := newWorld(t, sandbox.Options{})
	p := counted("alpha", 5)
	expect(t, w.run(p, Options{}), map[checkpoint.Outcome]int64{checkpoint.Created: 5})
	p.users[2].Identities = []mapping.Identity{{Type: mapping.Email, Value: "new@alpha.example"}}
	expect(t, w.run(p, Options{}), map[checkpoint.Outcome]int64{checkpoint.Updated: 1, checkpoint.Unchanged: 4})
	if w.tenant.Count() != 5 {
		t.Errorf("%d users", w.tenant.Count())
	}

	// The same for somebody who was there before, and was skipped.
	w = newWorld(t, sandbox.Options{})
	id := w.inhabit(kinde.CreateUserRequest{Identities: []kinde.NewIdentity{kinde.EmailIdentity("p2@alpha.example", true)}})
	p = counted("alpha", 2)
	expect(t, w.run(p, Options{}), map[checkpoint.Outcome]int64{checkpoint.Created: 1, checkpoint.Skipped: 1})
	p.users[1].Identities = []mapping.Identity{{Type: mapping.Email, Value: "new@alpha.example"}}
	expect(t, w.run(p, Options{}), map[checkpoint.Outcome]int64{checkpoint.Unchanged: 1, checkpoint.Skipped: 1})
	if u, _ := w.tenant.Find(id); w.tenant.Count() != 2 || u.ID != id {
		t.Errorf("%d users, %+v", w.tenant.Count(), u)
	}
}

// A source whose ids others have is imported without a prefix, and then with one,
// as the message says: on the same checkpoint, and nobody is there twice.
func TestPrefixAfterACollision(t *testing.T) {
	w := newWorld(t, sandbox.Options{Quirks: sandbox.Quirks{UniqueProvidedID: true}})
	expect(t, w.run(counted("alpha", 2), Options{}), map[checkpoint.Outcome]int64{checkpoint.Created: 2})
	was := w.visible()
	alpha := w.path
	w.path += ".beta"
	expect(t, w.run(counted("beta", 3), Options{}), map[checkpoint.Outcome]int64{checkpoint.Created: 1, checkpoint.Rejected: 2})
	prefixed := func(n int) *people {
		p := counted("beta", n)
		for _, u := range p.users {
			u.SourceID = "beta|" + u.SourceID
		}
		return p
	}
	opt := Options{Pinned: map[string]string{"id-prefix": "beta"}, AcceptChanges: true}
	expect(t, w.run(prefixed(3), opt), map[checkpoint.Outcome]int64{checkpoint.Created: 2, checkpoint.Updated: 1})
	if got := w.problems(); len(got) != 0 {
		t.Errorf("everyone is there, and it says %v", got)
	}
	for n, id := range []string{"beta|1", "beta|2", "beta|3"} {
		if u, _ := w.tenant.Find(fmt.Sprintf("p%d@beta.example", n+1)); u.ProvidedID != id {
			t.Errorf("the id of record %d is %q", n+1, u.ProvidedID)
		}
	}
	if o := w.run(prefixed(3), opt); o.total != 0 {
		t.Errorf("a rerun made %v", o.calls)
	}
	now := w.visible()
	for id, shown := range was {
		if now[id] != shown {
			t.Errorf("%s was %s, is %s", id, shown, now[id])
		}
	}
	if o := w.rollback(RollbackOptions{}); o.err != nil {
		t.Fatal(o.err)
	}
	w.unchanged(was)

	// Also where all were rejected, and where somebody's name changed meanwhile.
	for _, n := range []int{2, 3} {
		w.path = fmt.Sprint(alpha, ".", n)
		if o := w.run(counted("beta", n), Options{}); o.err != nil || o.Totals[checkpoint.Rejected] != 2 {
			t.Fatal(o.Totals, o.err)
		}
		p := prefixed(n)
		p.users[n-1].GivenName = "Renamed"
		if o := w.run(p, opt); o.err != nil || o.Totals[checkpoint.Created] != 2 || o.Totals[checkpoint.Rejected] != 0 {
			t.Errorf("%d records: %v, %v", n, o.Totals, o.err)
		}
		if o := w.rollback(RollbackOptions{}); o.err != nil {
			t.Fatal(o.err)
		}
		w.unchanged(was)
	}

	// On the checkpoint of the others it takes nobody for one of them.
	w.path = alpha
	if o := w.run(prefixed(3), opt); o.err == nil || w.tenant.Count() != 2 {
		t.Errorf("%v, %d users", o.Totals, w.tenant.Count())
	}
	w.unchanged(was)
}

// What was wrong with a record that has left the source, and never had a user, is
// no problem of the source of today.
func TestProblemsOfWhoLeft(t *testing.T) {
	w := newWorld(t, sandbox.Options{})
	expect(t, w.run(counted("alpha", 1), Options{}), map[checkpoint.Outcome]int64{checkpoint.Created: 1})
	w.path += ".beta"
	expect(t, w.run(counted("beta", 3), Options{}), map[checkpoint.Outcome]int64{checkpoint.Created: 2, checkpoint.Rejected: 1})
	p := counted("beta", 3)
	p.users = p.users[1:]
	expect(t, w.run(p, Options{}), map[checkpoint.Outcome]int64{checkpoint.Unchanged: 2})
	if got := w.problems(); len(got) != 0 {
		t.Errorf("everyone is there, and it says %v", got)
	}
}

// Doctor's look at the ids agrees with what an import does.
func TestCollisionsOf(t *testing.T) {
	for _, crowd := range []int{0, 2300} {
		w := newWorld(t, sandbox.Options{SeedUsers: crowd})
		expect(t, w.run(counted("alpha", 2), Options{}), map[checkpoint.Outcome]int64{checkpoint.Created: 2})
		client := w.newClient(engine.NewRecorder())
		c, err := CollisionsOf(t.Context(), counted("beta", 3), client, nil)
		holder, _ := w.tenant.Find("p1@alpha.example")
		if err != nil || c != (Collisions{IDs: 3, Taken: 2, Users: int64(crowd + 2), All: true, SourceID: "1", KindeID: holder.ID}) {
			t.Errorf("%+v, %v", c, err)
		}
		moved := counted("alpha", 2)
		moved.users[0].Identities[0].Value = "new@alpha.example"
		if c, err := CollisionsOf(t.Context(), moved, client, nil); err != nil || c.Taken != 1 {
			t.Errorf("%+v, %v", c, err)
		}
		w.reader(func(r *checkpoint.Reader) {
			if c, err := CollisionsOf(t.Context(), moved, client, r); err != nil || c.Taken != 0 {
				t.Errorf("who is known by the checkpoint: %+v, %v", c, err)
			}
		})
	}
}
