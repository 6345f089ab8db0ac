package importer

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
	"github.com/kinde-migrate/kinde-migrate/internal/sandbox"
)

// A tenant that shows a user only later, and answers the second create with
// "exists", must not make a stranger of the user.
func TestTenantThatShowsUsersLate(t *testing.T) {
	for _, answer := range []string{"created-false", "400", "409"} {
		for _, bare := range []bool{false, true} {
			t.Run(fmt.Sprint(answer, " without provided ids ", bare), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					w := newWorld(t, sandbox.Options{DuplicateAnswer: answer, Quirks: sandbox.Quirks{CreatedFalseWithoutID: bare}}).inMemory()
					defer w.store.Close()
					p := invent(24)
					for run := 1; ; run++ {
						o := w.run(p, Options{}, func(j *Job) {
							j.Target = &lateTenant{Target: j.Target, after: 1500 * time.Millisecond, bare: bare, lost: map[string]bool{}}
						})
						if o.err != nil {
							t.Fatal(o.err)
						}
						if o.Totals[checkpoint.Created] == 24 {
							break
						}
						if run == 3 {
							t.Fatal(o.Totals)
						}
					}
					w.complete(p)
				})
			})
		}
	}
}

// Whoever registered the address meanwhile is not ours and gets nothing.
func TestStrangerWhoCameMeanwhile(t *testing.T) {
	for _, answer := range []string{"created-false", "400", "409"} {
		for _, lose := range []bool{false, true} {
			for _, policy := range []OnExisting{Skip, Fail} {
				t.Run(fmt.Sprint(answer, " lost ", lose, " ", policy), func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) {
						w := newWorld(t, sandbox.Options{DuplicateAnswer: answer}).inMemory()
						defer w.store.Close()
						p := invent(9) // the eighth wants a role, the first is suspended and has everything
						o := w.run(
							p,
							Options{OnExisting: policy},
							func(j *Job) { j.Target = &squatter{Target: j.Target, email: "ana8@example.com", lose: lose} },
						)
						want := map[checkpoint.Outcome]int64{checkpoint.Created: 8, checkpoint.Skipped: 1}
						if policy == Fail {
							want = map[checkpoint.Outcome]int64{checkpoint.Created: 8, checkpoint.Rejected: 1}
						}
						expect(t, o, want)
						u, _ := w.tenant.Find("ana8@example.com")
						roles := 0
						for _, m := range u.Memberships {
							roles += len(m.Roles) + len(m.Permissions)
						}
						if u.ProvidedID != "" || u.Password != nil || len(u.Properties) > 0 || roles > 0 || u.Memberships["org_b"].Roles != nil {
							t.Errorf("the stranger got %+v", u)
						}
						if n := w.problems()["USER_EXISTS"]; n != 1 {
							t.Errorf("%d USER_EXISTS", n)
						}
					})
				})
			}
		}
	}
}

// While suspensions fail, the run says who is open; the next one suspends them
// first, and the gap is told.
func TestSuspensionThatFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(
			t,
			sandbox.Options{Faults: []sandbox.Fault{{Operations: []string{"updateUser"}, Kind: sandbox.FaultStatus, Status: 422, UntilCount: 5}}},
		).inMemory()
		defer w.store.Close()
		p := invent(20) // four are suspended, one is asked for a new password
		told := &listener{}
		o := w.run(p, Options{Progress: told})
		if o.err != nil || o.Open != 4 || o.Totals[checkpoint.Failed] != 5 {
			t.Fatalf("%d open, %v, %v", o.Open, o.Totals, o.err)
		}
		if !strings.Contains(strings.Join(told.notes, "\n"), "4 users blocked who can sign in now") {
			t.Errorf("it said %q", told.notes)
		}
		time.Sleep(time.Minute) // of virtual time
		first := &firstWrite{}
		o = w.run(p, Options{RetryFailed: true}, func(j *Job) { first.Target = j.Target; j.Target = first })
		if o.err != nil || o.Open != 0 || o.Totals[checkpoint.Updated] != 5 || first.operation != "suspend" {
			t.Errorf("first it did %s; %v, %v", first.operation, o.Totals, o.err)
		}
		if o.Read.Longest < time.Minute.Milliseconds() {
			t.Errorf("the longest gap is %d ms", o.Read.Longest)
		}
		w.complete(p)
	})
}
