package importer

import (
	"testing"

	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
	"github.com/kinde-migrate/kinde-migrate/internal/engine"
	"github.com/kinde-migrate/kinde-migrate/internal/mapping"
	"github.com/kinde-migrate/kinde-migrate/internal/operation"
	"github.com/kinde-migrate/kinde-migrate/internal/sandbox"
	"github.com/kinde-migrate/kinde-migrate/kinde"
)

// sums asserts that at the end of a run everything wanted is done or failed.
func (w *world) sums() map[string]checkpoint.StepTotals {
	w.t.Helper()
	var steps map[string]checkpoint.StepTotals
	w.reader(func(r *checkpoint.Reader) {
		var err error
		if steps, err = r.Steps(w.t.Context()); err != nil {
			w.t.Fatal(err)
		}
	})
	for name, s := range steps {
		if s.Wanted != s.Done+s.Failed {
			w.t.Errorf("%s: %d wanted, %d done, %d failed", name, s.Wanted, s.Done, s.Failed)
		}
	}
	return steps
}

func (w *world) record(email string) (found checkpoint.Record) {
	w.t.Helper()
	w.reader(func(r *checkpoint.Reader) {
		records, err := r.Find(w.t.Context(), email)
		if err != nil || len(records) != 1 {
			w.t.Fatal(records, err)
		}
		found = records[0]
	})
	return found
}

func TestStepsAddUp(t *testing.T) {
	for _, overwrite := range []bool{false, true} {
		w := newWorld(t, sandbox.Options{})
		client := w.newClient(engine.NewRecorder())
		p := invent(120)
		// Somebody who has half of it already, suspension and social login included.
		have := p.users[90]
		have.PasswordReset = true
		id := w.inhabit(kinde.CreateUserRequest{Identities: []kinde.NewIdentity{kinde.EmailIdentity(have.Identities[0].Value, true)}})
		yes := true
		if err := client.UpdateUser(t.Context(), id, kinde.UpdateUserRequest{IsSuspended: &yes}); err != nil {
			t.Fatal(err)
		}
		if _, err := client.AddOrganizationUsers(t.Context(), "org_a", []kinde.NewMember{{ID: id, Roles: []string{"member"}}}); err != nil {
			t.Fatal(err)
		}
		have.Memberships = member("org_a", "member")
		if o := w.run(p, Options{OnExisting: Update, OverwritePasswords: overwrite}); o.err != nil {
			t.Fatal(o.err)
		}
		steps := w.sums()
		if n := steps[checkpoint.StepPassword]; overwrite != (n.Done == 120) {
			t.Errorf("overwriting %v: passwords %+v", overwrite, n)
		}
		// A phone number for one of ours and for the one who was there.
		p.users[1].Identities = append(p.users[1].Identities, mapping.Identity{Type: mapping.Phone, Value: "+15550109991", CountryID: "us"})
		have.Identities = append(have.Identities, mapping.Identity{Type: mapping.Phone, Value: "+15550109992", CountryID: "us"})
		expect(
			t,
			w.run(p, Options{OnExisting: Update, OverwritePasswords: overwrite}),
			map[checkpoint.Outcome]int64{checkpoint.Updated: 2, checkpoint.Unchanged: 118},
		)
		w.sums()
	}
}

// A user who could not be created has nothing that was wanted for them.
func TestStepsOfAFailedCreate(t *testing.T) {
	w := newWorld(t, sandbox.Options{})
	p := invent(9)
	p.users[8].Identities[0].Value = "not an address"
	o := w.run(p, Options{})
	expect(t, o, map[checkpoint.Outcome]int64{checkpoint.Created: 8, checkpoint.Failed: 1})
	if n := w.sums()[checkpoint.StepMemberships]; n.Failed != 2 {
		t.Errorf("memberships %+v", n)
	}
}

// Nothing to do for a user who has it all is no update.
func TestExistingUserWhoHasItAll(t *testing.T) {
	w := newWorld(t, sandbox.Options{})
	p := invent(2)
	p.users[1].Memberships = append(member("org_a", "member"), member("org_b")...)
	id := w.inhabit(kinde.CreateUserRequest{ProvidedID: "auth0|1", Profile: &kinde.Profile{GivenName: "Ana 1", FamilyName: "Tester"},
		Identities: []kinde.NewIdentity{kinde.EmailIdentity("ana1@example.com", true)}})
	client := w.newClient(engine.NewRecorder())
	for code, roles := range map[string][]string{"org_a": {"admin", "member"}, "org_b": nil} {
		if _, err := client.AddOrganizationUsers(t.Context(), code, []kinde.NewMember{{ID: id, Roles: roles}}); err != nil {
			t.Fatal(err)
		}
	}
	o := w.run(p, Options{OnExisting: Update})
	expect(t, o, map[checkpoint.Outcome]int64{checkpoint.Created: 1, checkpoint.Unchanged: 1})
	if n := o.calls[operation.UpdateOrganizationUsers]; n > 1 {
		t.Errorf("%d updates of members who have their roles", n)
	}
	w.sums()
}

// What the tenant holds as password of somebody who was there, nobody knows.
func TestSignInOfExistingUsers(t *testing.T) {
	for _, c := range []struct {
		name      string
		overwrite bool
		suspended bool
		want      string
	}{
		{"left alone", false, false, "code"},
		{"overwritten", true, false, "same_password"},
		{"suspended in the tenant", false, true, "suspended"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, sandbox.Options{})
			id := strangers(w, true)
			if c.suspended {
				if err := w.newClient(engine.NewRecorder()).UpdateUser(t.Context(), id,
					kinde.UpdateUserRequest{IsSuspended: &c.suspended}); err != nil {
					t.Fatal(err)
				}
			}
			expect(
				t,
				w.run(invent(4), Options{OnExisting: Update, OverwritePasswords: c.overwrite}),
				map[checkpoint.Outcome]int64{checkpoint.Created: 3, checkpoint.Updated: 1},
			)
			if got := w.record("ana2@example.com").SignIn; got != c.want {
				t.Errorf("%q, want %q", got, c.want)
			}
			if got := w.record("ana1@example.com").SignIn; got != "same_password" {
				t.Errorf("of one of ours: %q", got)
			}
		})
	}
}

// Somebody who came with a social login alone gets an address that the source adds.
func TestAddressForASocialUser(t *testing.T) {
	w := newWorld(t, sandbox.Options{})
	p := invent(3)
	p.users[1].Identities, p.users[1].Links, p.users[1].Password = nil, []mapping.Link{{Strategy: "oauth2:google", Subject: "104"}}, nil
	expect(t, w.run(p, Options{}), map[checkpoint.Outcome]int64{checkpoint.Created: 3})
	p.users[1].Identities = []mapping.Identity{{Type: mapping.Email, Value: "late@example.com"}}
	expect(t, w.run(p, Options{}), map[checkpoint.Outcome]int64{checkpoint.Updated: 1, checkpoint.Unchanged: 2})
	w.complete(p)
	w.sums()
}

// Claims that could not be refreshed are refreshed by the next run.
func TestClaimsAreTriedAgain(t *testing.T) {
	w := newWorld(t, sandbox.Options{})
	p := invent(3)
	w.run(p, Options{})
	p.users[1].Memberships = member("org_b", "admin")
	o := w.run(p, Options{RefreshClaims: true}, func(j *Job) { j.Target = stale{j.Target} })
	expect(t, o, map[checkpoint.Outcome]int64{checkpoint.Failed: 1, checkpoint.Unchanged: 2})
	w.run(p, Options{RefreshClaims: true})
	if u, _ := w.tenant.Find("ana1@example.com"); u.ClaimsRefreshed != 1 {
		t.Errorf("%+v", u)
	}
}

// A step that failed for something which the source has dropped since is no failure any more.
func TestFailureThatTheSourceDropped(t *testing.T) {
	w := newWorld(t, sandbox.Options{})
	w.inhabit(kinde.CreateUserRequest{Identities: []kinde.NewIdentity{kinde.PhoneIdentity("+15550109993", "us", true)}})
	p := invent(4)
	expect(t, w.run(p, Options{}), map[checkpoint.Outcome]int64{checkpoint.Created: 4})
	taken := mapping.Identity{Type: mapping.Phone, Value: "+15550109993", CountryID: "us"}
	p.users[1].Identities = append(p.users[1].Identities, taken)
	expect(t, w.run(p, Options{}), map[checkpoint.Outcome]int64{checkpoint.Failed: 1, checkpoint.Unchanged: 3})
	if n := w.sums()[checkpoint.StepIdentities]; n.Failed != 1 {
		t.Errorf("identities %+v", n)
	}
	p.users[1].Identities[1].Value = "+15550109994"
	expect(t, w.run(p, Options{}), map[checkpoint.Outcome]int64{checkpoint.Updated: 1, checkpoint.Unchanged: 3})
	if n := w.sums()[checkpoint.StepIdentities]; n.Failed != 0 || n.Done != n.Wanted {
		t.Errorf("identities %+v", n)
	}
}
