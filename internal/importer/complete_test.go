package importer

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
	"github.com/kinde-migrate/kinde-migrate/internal/mapping"
	"github.com/kinde-migrate/kinde-migrate/internal/operation"
	"github.com/kinde-migrate/kinde-migrate/internal/sandbox"
	"github.com/kinde-migrate/kinde-migrate/kinde"
)

func withPhones(n int) *people {
	p := counted("alpha", n)
	for i, u := range p.users {
		u.Suspended = i == 0
		u.Identities = append(
			u.Identities,
			mapping.Identity{Type: mapping.Phone, Value: fmt.Sprintf("+1555010%04d", i), CountryID: "us", Verified: i == 1},
		)
	}
	return p
}

// What createUser says of a single identity is believed: one that it left out is
// added by the way for later ones, whether anything is read back or not.
func TestIdentityThatTheCreateLeftOut(t *testing.T) {
	for _, blind := range []bool{false, true} {
		w := newWorld(t, sandbox.Options{Quirks: sandbox.Quirks{CreateWithoutPhones: true}})
		p := withPhones(4)
		expect(t, w.run(p, Options{NoReconcile: blind}), map[checkpoint.Outcome]int64{checkpoint.Created: 4})
		w.complete(p)
		if n := w.problems()["VERIFICATION_LOST"]; n != 1 {
			t.Errorf("%d VERIFICATION_LOST", n)
		}
		if again := w.run(p, Options{NoReconcile: blind}); again.err != nil || again.total != 0 {
			t.Errorf("a rerun made %v, %v", again.calls, again.err)
		}
	}
}

// phoneless refuses to add what its create left out.
type phoneless struct{ Target }

func (phoneless) CreateUserIdentity(context.Context, string, kinde.CreateUserIdentityRequest) (string, error) {
	return "", &kinde.Error{Operation: operation.CreateUserIdentity, Class: kinde.ClassFinal, Status: 400, Message: "no phone numbers here"}
}

func TestIdentityThatNobodyTakes(t *testing.T) {
	w := newWorld(t, sandbox.Options{Quirks: sandbox.Quirks{CreateWithoutPhones: true}})
	o := w.run(withPhones(3), Options{NoReconcile: true}, func(j *Job) { j.Target = phoneless{j.Target} })
	expect(t, o, map[checkpoint.Outcome]int64{checkpoint.Failed: 3})
	if n := w.problems()["API_REJECTED"]; n != 3 {
		t.Errorf("%d API_REJECTED", n)
	}
	expect(t, w.run(withPhones(3), Options{RetryFailed: true}), map[checkpoint.Outcome]int64{checkpoint.Updated: 3})
	w.complete(withPhones(3))
}

// An adopted user is looked at, too: nobody heard what its create took.
func TestIdentityOfAnAdoptedUser(t *testing.T) {
	w := newWorld(t, sandbox.Options{Quirks: sandbox.Quirks{CreateWithoutPhones: true},
		Faults: []sandbox.Fault{{Operations: []string{"createUser"}, Kind: sandbox.FaultResetAfter, Every: 2}}})
	p := withPhones(6)
	expect(t, w.run(p, Options{NoReconcile: true}), map[checkpoint.Outcome]int64{checkpoint.Created: 6})
	w.complete(p)
}

// grumpy says of every create that the user exists. Nobody has the addresses.
type grumpy struct {
	Target
	with error
}

func (x grumpy) CreateUser(context.Context, kinde.CreateUserRequest) (kinde.CreateUserResult, error) {
	return kinde.CreateUserResult{}, x.with
}

func TestCreateRefusedThoughNobodyExists(t *testing.T) {
	for name, refusal := range map[string]error{
		"409":    &kinde.Error{Operation: operation.CreateUser, Class: kinde.ClassFinal, Status: 409, Message: "conflict"},
		"exists": &kinde.Error{Operation: operation.CreateUser, Class: kinde.ClassFinal, Status: 400, Message: "the user exists already"},
		"created false": &kinde.Error{Operation: operation.CreateUser, Class: kinde.ClassFinal, Status: 200,
			Message: "the tenant says that the user exists"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, sandbox.Options{})
			o := w.run(counted("alpha", 2), Options{}, func(j *Job) { j.Target = grumpy{j.Target, refusal} })
			expect(t, o, map[checkpoint.Outcome]int64{checkpoint.Failed: 2})
			if n := w.problems()["API_REJECTED"]; n != 2 {
				t.Errorf("%v", w.problems())
			}
			expect(t, w.run(counted("alpha", 2), Options{RetryFailed: true}), map[checkpoint.Outcome]int64{checkpoint.Created: 2})
		})
	}
}

// A tenant may refuse a second user with an id, and show it in no list.
func TestIDThatTheTenantRefuses(t *testing.T) {
	w := newWorld(t, sandbox.Options{Quirks: sandbox.Quirks{UniqueProvidedID: true}})
	expect(t, w.run(counted("alpha", 2), Options{}), map[checkpoint.Outcome]int64{checkpoint.Created: 2})
	w.path += ".beta"
	o := w.run(counted("beta", 3), Options{}, func(j *Job) {
		j.Target = &lateTenant{Target: j.Target, bare: true, lost: map[string]bool{"1": true, "2": true, "3": true}}
	})
	expect(t, o, map[checkpoint.Outcome]int64{checkpoint.Created: 1, checkpoint.Failed: 2})
	if n := w.problems()["IDENTITY_TAKEN"]; n != 2 {
		t.Errorf("%v", w.problems())
	}
	emails := []string{}
	for _, u := range w.tenant.Snapshot() {
		emails = append(emails, u.Identities[0].Value)
	}
	if slices.Sort(emails); !slices.Equal(emails, []string{"p1@alpha.example", "p2@alpha.example", "p3@beta.example"}) {
		t.Errorf("%v", emails)
	}
}
