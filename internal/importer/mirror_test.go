package importer

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
	"github.com/kinde-migrate/kinde-migrate/internal/engine"
	"github.com/kinde-migrate/kinde-migrate/internal/job"
	"github.com/kinde-migrate/kinde-migrate/internal/mapping"
	"github.com/kinde-migrate/kinde-migrate/internal/operation"
	"github.com/kinde-migrate/kinde-migrate/internal/sandbox"
	"github.com/kinde-migrate/kinde-migrate/kinde"
)

func member(code string, roles ...string) []mapping.Membership {
	return []mapping.Membership{{Organization: mapping.Organization{Code: code}, Roles: roles}}
}

func (w *world) roles(email, code string) []string {
	u, _ := w.tenant.Find(email)
	return union(nil, u.Memberships[code].Roles)
}

func TestMirror(t *testing.T) {
	w := newWorld(t, sandbox.Options{})
	p := invent(20)
	p.users[8].Identities = append(p.users[8].Identities, mapping.Identity{Type: mapping.Email, Value: "second@example.com"})
	expect(t, w.run(p, Options{}), map[checkpoint.Outcome]int64{checkpoint.Created: 20})
	p = invent(20)
	p.users[8].Memberships = p.users[8].Memberships[:1]
	p.users[9].Links = nil
	was := w.run(p, Options{})
	expect(t, was, map[checkpoint.Outcome]int64{checkpoint.Unchanged: 20})
	if u, _ := w.tenant.Find("second@example.com"); len(u.Memberships) != 2 {
		t.Errorf("without --mirror %v is left", u.Memberships)
	}
	p.users[8].GivenName, p.users[9].GivenName = "Ana", "Ana"
	expect(
		t,
		w.run(p, Options{Mirror: true, RefreshClaims: true}),
		map[checkpoint.Outcome]int64{checkpoint.Updated: 2, checkpoint.Unchanged: 18},
	)
	w.complete(p)
	if o := w.run(p, Options{Mirror: true, RefreshClaims: true}); o.total != 0 {
		t.Errorf("a rerun made %v", o.calls)
	}
}

func TestMirrorTakesRolesThatTheSourceDropped(t *testing.T) {
	w := newWorld(t, sandbox.Options{})
	membership := func(roles ...string) []mapping.Membership {
		return []mapping.Membership{{Organization: mapping.Organization{Code: "org_b"}, Roles: roles}}
	}
	p := invent(20)
	p.users[3].Memberships = membership("admin")
	w.run(p, Options{})
	p = invent(20)
	p.users[3].Memberships = membership()
	expect(t, w.run(p, Options{Mirror: true}), map[checkpoint.Outcome]int64{checkpoint.Updated: 1, checkpoint.Unchanged: 19})
	if u, _ := w.tenant.Find("ana3@example.com"); len(u.Memberships["org_b"].Roles) != 0 {
		t.Errorf("a demoted user still has %v", u.Memberships["org_b"].Roles)
	}
	if o := w.run(p, Options{Mirror: true}); o.total != 0 {
		t.Errorf("a rerun made %v", o.calls)
	}
}

// A source from which too many are gone was cut: a mirror takes nothing away by
// it, also where the gone themselves are kept. Those who left before are no surprise.
func TestMirrorOfASourceThatWasCut(t *testing.T) {
	w := newWorld(t, sandbox.Options{})
	w.run(invent(50), Options{})
	p := invent(49)
	p.users[3].Memberships = member("org_b")
	var refused *job.RefusedError
	if o := w.run(p, Options{Mirror: true}); !errors.As(o.err, &refused) || refused.Kind != job.SourceIncomplete || o.total != 0 {
		t.Fatalf("2 %% gone: %v after %d requests", o.err, o.total)
	}
	if o := w.run(p, Options{Mirror: true, MaxGone: 2}); o.err != nil || o.Result.GoneKept != 1 {
		t.Fatalf("up to 2 %% gone: %v, %d kept", o.err, o.Result.GoneKept)
	}
	p.users = p.users[:48]
	if o := w.run(p, Options{Mirror: true, MaxGone: 2}); o.err != nil || o.Result.GoneKept != 2 {
		t.Fatalf("another 2 %% gone: %v, %d kept", o.err, o.Result.GoneKept)
	}
	p.users = p.users[:40]
	if o := w.run(p, Options{Mirror: true, MaxGone: 2}); !errors.As(o.err, &refused) || o.total != 0 {
		t.Fatalf("another 16 %% gone: %v after %d requests", o.err, o.total)
	}
}

// Whatever a delta without a mirror left in place, the next one with it takes
// away, although the source has not changed since.
func TestMirrorSwitchedOnLater(t *testing.T) {
	w := newWorld(t, sandbox.Options{})
	p := invent(20)
	p.users[3].Memberships = member("org_b", "admin", "member")
	p.users[6].Memberships = member("org_b", "admin")
	p.users[7].Identities = append(p.users[7].Identities, mapping.Identity{Type: mapping.Email, Value: "second@example.com"})
	expect(t, w.run(p, Options{}), map[checkpoint.Outcome]int64{checkpoint.Created: 20})

	p = invent(20)
	p.users[3].Memberships = member("org_b", "member")
	p.users[6].Memberships = member("org_b")
	p.users[8].Memberships = p.users[8].Memberships[:1]
	p.users[9].Links = nil
	w.run(p, Options{})
	expect(t, w.run(p, Options{}), map[checkpoint.Outcome]int64{checkpoint.Unchanged: 20})

	planned := w.dryRunAgain(p, Options{Mirror: true})
	expect(t, planned, map[checkpoint.Outcome]int64{checkpoint.Updated: 5, checkpoint.Unchanged: 15})
	o := w.run(p, Options{Mirror: true})
	for _, op := range []string{operation.DeleteOrganizationUserRole, operation.RemoveOrganizationUser, operation.DeleteIdentity} {
		if n := o.calls[op]; n == 0 || planned.Planned[op] != n {
			t.Errorf("%s: planned %d, made %d", op, planned.Planned[op], n)
		}
	}
	expect(t, o, map[checkpoint.Outcome]int64{checkpoint.Updated: 5, checkpoint.Unchanged: 15})
	w.complete(p)
	if o := w.run(p, Options{Mirror: true}); o.total != 0 {
		t.Errorf("a rerun made %v", o.calls)
	}
}

// What a source no longer says is no order to take it away, roles like everything else.
func TestDeltaAddsRolesAndTakesNone(t *testing.T) {
	w := newWorld(t, sandbox.Options{})
	p := invent(20)
	p.users[3].Memberships = member("org_b", "admin")
	expect(t, w.run(p, Options{}), map[checkpoint.Outcome]int64{checkpoint.Created: 20})
	p = invent(20)
	p.users[3].Memberships = member("org_b", "member")
	o := w.run(p, Options{})
	expect(t, o, map[checkpoint.Outcome]int64{checkpoint.Updated: 1, checkpoint.Unchanged: 19})
	if !o.Read.Performed || o.Read.Different+o.Read.Missing > 0 {
		t.Errorf("read back: %+v", o.Read)
	}
	if got := w.roles("ana3@example.com", "org_b"); !slices.Equal(got, []string{"admin", "member"}) {
		t.Errorf("without --mirror the roles are %v", got)
	}
	expect(t, w.run(p, Options{Mirror: true}), map[checkpoint.Outcome]int64{checkpoint.Updated: 1, checkpoint.Unchanged: 19})
	if got := w.roles("ana3@example.com", "org_b"); !slices.Equal(got, []string{"member"}) {
		t.Errorf("with --mirror the roles are %v", got)
	}
}

// A mirror takes what the job gave. Roles and memberships that somebody else
// gave in the tenant stay.
func TestMirrorLeavesTheWorkOfOthers(t *testing.T) {
	w := newWorld(t, sandbox.Options{})
	id := strangers(w, true)
	client := w.newClient(engine.NewRecorder())
	if _, err := client.AddOrganizationUsers(t.Context(), "org_a", []kinde.NewMember{{ID: id, Roles: []string{"member"}}}); err != nil {
		t.Fatal(err)
	}
	blocked := true
	if err := client.UpdateUser(t.Context(), id, kinde.UpdateUserRequest{IsSuspended: &blocked}); err != nil {
		t.Fatal(err)
	}
	p := invent(5)
	p.users[2].Memberships = append(member("org_a", "admin"), member("org_b", "member")...)
	p.users[3].Memberships = member("org_b", "admin")
	w.run(p, Options{OnExisting: Update, Mirror: true})
	ours, _ := w.tenant.Find("ana3@example.com")
	if _, err := client.UpdateOrganizationUsers(t.Context(), "org_b",
		[]kinde.MemberChange{{ID: ours.ID, Roles: []string{"admin", "member"}}}); err != nil {
		t.Fatal(err)
	}

	p = invent(5)
	p.users[3].Memberships = member("org_b")
	o := w.run(p, Options{OnExisting: Update, Mirror: true})
	expect(t, o, map[checkpoint.Outcome]int64{checkpoint.Updated: 2, checkpoint.Unchanged: 3})
	u, _ := w.tenant.Find("ana2@example.com")
	if _, still := u.Memberships["org_b"]; still || !u.Suspended || !slices.Equal(u.Memberships["org_a"].Roles, []string{"member"}) {
		t.Errorf("the user who was there before has %v", u.Memberships)
	}
	if got := w.roles("ana3@example.com", "org_b"); !slices.Equal(got, []string{"member"}) {
		t.Errorf("the roles are %v", got)
	}
}

// What could not be done to a member's roles is tried again, and what somebody
// else gave is there afterwards all the same.
func TestRolesAreTriedAgain(t *testing.T) {
	for name, c := range map[string]struct {
		roles  []string
		mirror bool
		want   []string
	}{
		"taken away": {nil, true, []string{"guest"}},
		"added":      {[]string{"admin", "member"}, false, []string{"admin", "guest", "member"}},
		"exchanged":  {[]string{"member"}, true, []string{"guest", "member"}},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(
				t,
				sandbox.Options{
					Definitions: &sandbox.Definitions{
						Organizations: []sandbox.OrganizationDefinition{{Code: "org_a", Name: "Alpha"}, {Code: "org_b", Name: "Beta"}},
						Roles:         []sandbox.RoleDefinition{{Key: "admin"}, {Key: "member"}, {Key: "guest"}},
					},
				},
			)
			p := &people{users: invent(4).users[1:4]}
			p.users[2].Memberships = member("org_b", "admin")
			w.run(p, Options{})
			u, _ := w.tenant.Find("ana3@example.com")
			if _, err := w.newClient(engine.NewRecorder()).UpdateOrganizationUsers(t.Context(), "org_b",
				[]kinde.MemberChange{{ID: u.ID, Roles: []string{"admin", "guest"}}}); err != nil {
				t.Fatal(err)
			}
			p.users[2].Memberships = member("org_b", c.roles...)
			o := w.run(p, Options{Mirror: c.mirror}, func(j *Job) { j.Target = stubborn{j.Target} })
			expect(t, o, map[checkpoint.Outcome]int64{checkpoint.Failed: 1, checkpoint.Unchanged: 2})
			expect(t, w.run(p, Options{Mirror: c.mirror}), map[checkpoint.Outcome]int64{checkpoint.Updated: 1, checkpoint.Unchanged: 2})
			if got := w.roles("ana3@example.com", "org_b"); !slices.Equal(got, c.want) {
				t.Errorf("the roles are %v, want %v", got, c.want)
			}
			if o := w.run(p, Options{Mirror: c.mirror}); o.total != 0 {
				t.Errorf("a rerun made %v", o.calls)
			}
			w.sums()
		})
	}
}

// A removal that failed is tried again.
func TestMirrorTriesAgain(t *testing.T) {
	w := newWorld(t, sandbox.Options{})
	p := invent(20)
	p.users[3].Memberships = append(member("org_a"), member("org_b")...)
	w.run(p, Options{})
	p = invent(20)
	p.users[3].Memberships = member("org_a")
	o := w.run(p, Options{Mirror: true}, func(j *Job) { j.Target = stubborn{j.Target} })
	expect(t, o, map[checkpoint.Outcome]int64{checkpoint.Failed: 1, checkpoint.Unchanged: 19})
	expect(t, w.run(p, Options{Mirror: true}), map[checkpoint.Outcome]int64{checkpoint.Updated: 1, checkpoint.Unchanged: 19})
	w.complete(p)
	if u, _ := w.tenant.Find("ana3@example.com"); len(u.Memberships) != 1 {
		t.Errorf("memberships %v", u.Memberships)
	}
}

// What a mirror took away is gone: no later run looks for it, or says that it stays.
func TestMirrorForgetsWhatItTook(t *testing.T) {
	w := newWorld(t, sandbox.Options{})
	p := &people{users: []*mapping.User{somebody("1", "email:a@example.com", "email:b@example.com"), somebody("2", "email:c@example.com")}}
	expect(t, w.run(p, Options{}), map[checkpoint.Outcome]int64{checkpoint.Created: 2})
	p.users[0] = somebody("1", "email:a@example.com")
	expect(t, w.run(p, Options{Mirror: true}), map[checkpoint.Outcome]int64{checkpoint.Updated: 1, checkpoint.Unchanged: 1})
	for n, mirror := range []bool{true, false} {
		p.users[0] = renamed(somebody("1", "email:a@example.com"), fmt.Sprint("Renamed ", n))
		o := w.run(p, Options{Mirror: mirror, NoReconcile: true})
		expect(t, o, map[checkpoint.Outcome]int64{checkpoint.Updated: 1, checkpoint.Unchanged: 1})
		if said := w.said(); len(said) != 0 || o.calls[operation.GetUserIdentities] != 0 {
			t.Errorf("mirror %v: said %v, made %v", mirror, said, o.calls)
		}
	}
}
