package bulk

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/kinde-migrate/kinde-migrate/internal/operation"
	"github.com/kinde-migrate/kinde-migrate/internal/report"
	"github.com/kinde-migrate/kinde-migrate/internal/sandbox"
	"github.com/kinde-migrate/kinde-migrate/kinde"
)

// roles gives members of an organization roles.
func (p *place) roles(code string, of func(i int) []string, people int) {
	p.t.Helper()
	for i := range people {
		change := []kinde.MemberChange{{ID: p.user(i).ID, Roles: of(i)}}
		if _, err := p.client(nil).UpdateOrganizationUsers(context.Background(), code, change); err != nil {
			p.t.Fatal(err)
		}
	}
}

// TestCopyKeepsAndAddsRoles copies members to an organization in which some are
// already: nobody loses a role, and the requests carry a hundred each.
func TestCopyKeepsAndAddsRoles(t *testing.T) {
	const people = 250
	v := Options{Verb: Copy, Change: Change{From: "org_a", Organization: "org_b"}}
	p := newPlace(t, people, sandbox.Limits{})
	p.roles("org_a", func(int) []string { return []string{"member"} }, people)
	p.roles("org_b", func(i int) []string { return [][]string{{"admin"}, {"member", "admin"}}[i%2] }, 20)
	dry := v
	dry.DryRun = true
	planned, _ := p.do(dry, nil, nil)
	if p.tenant.Organization("Beta"); len(p.user(100).Memberships) != 1 {
		t.Fatal("the dry run wrote")
	}
	_, r := p.do(v, nil, nil)
	if want := (report.Totals{Records: people, Updated: people - 10, Unchanged: 10}); r.Totals != want {
		t.Errorf("%+v, want %+v", r.Totals, want)
	}
	for op, n := range map[string]int64{operation.AddOrganizationUsers: 3, operation.UpdateOrganizationUsers: 1} {
		if got := r.API.ByOperation[op].Calls; got != n || planned.Planned[op] != n {
			t.Errorf("%d calls of %s, planned %d, want %d", got, op, planned.Planned[op], n)
		}
	}
	for i := range people {
		want := []string{"member"}
		if i < 20 {
			want = []string{"admin", "member"}
		}
		got := slices.Sorted(slices.Values(p.user(i).Memberships["org_b"].Roles))
		if !slices.Equal(got, want) {
			t.Fatalf("%s has %v, want %v", email(i), got, want)
		}
	}
	if _, r := p.do(v, nil, nil); r.Totals.Unchanged != people {
		t.Errorf("a second time: %+v", r.Totals)
	}
}

// TestCopyInDoubt loses the answers of bulk requests, those that acted and those
// that did not, and ends a run at once: in the end everybody is in, as our doing.
func TestCopyInDoubt(t *testing.T) {
	const people = 250
	for _, acts := range []bool{true, false} {
		for _, cut := range []bool{true, false} {
			t.Run(fmt.Sprintf("acts %v, cut %v", acts, cut), func(t *testing.T) {
				p := newPlace(t, people, sandbox.Limits{})
				p.roles("org_a", func(int) []string { return []string{"member"} }, people)
				opt := Options{Verb: Copy, Change: Change{From: "org_a", Organization: "org_b"}}
				ctx, cancel := context.WithCancel(context.Background())
				defer cancel()
				inner := p.transport
				var lost atomic.Int64
				p.transport = roundTripper(func(r *http.Request) (*http.Response, error) {
					if r.Method != http.MethodPost || !strings.HasSuffix(r.URL.Path, "/users") || lost.Add(1) > 2 {
						return inner.RoundTrip(r)
					}
					if acts {
						if answer, err := inner.RoundTrip(r); err == nil {
							answer.Body.Close()
						}
					}
					if cut {
						cancel()
					}
					return nil, errors.New("the connection is gone")
				})
				if cut {
					opt.Remote = true
					p.cut(ctx, opt, nil)
				}
				_, r := p.do(opt, nil, nil)
				if want := (report.Totals{Records: people, Updated: people}); r.Totals != want {
					t.Errorf("%+v %v", r.Totals, r.Problems.ByCode)
				}
				for i := range people {
					if got := p.user(i).Memberships["org_b"].Roles; !slices.Equal(got, []string{"member"}) {
						t.Fatalf("%s has %v", email(i), got)
					}
				}
			})
		}
	}
}

// TestInvite writes to whom an invitation adds something: each once, so many a
// run, whoever is a member not at all.
func TestInvite(t *testing.T) {
	p := newPlace(t, 3, sandbox.Limits{})
	asks := []Ask{
		{Email: "new1@example.com"},
		{Email: email(0)},
		{Email: "NEW1@example.com"},
		{Email: "new2@example.com"},
		{Email: email(1)},
		{Any: "nobody"},
	}
	opt := Options{Verb: Invite, Change: Change{Organization: "org_b", Roles: []string{"member"}, SendEmail: true}, AtMost: 3}
	_, r := p.do(opt, asks, nil)
	if r.Totals.Updated != 3 || r.Totals.Pending != 1 || r.Totals.Rejected != 1 {
		t.Errorf("first run: %+v", r.Totals)
	}
	result, r := p.do(opt, asks, nil)
	if r.Totals.Updated != 4 || r.Totals.Pending != 0 || !result.Resumed {
		t.Errorf("second run: %+v", r.Totals)
	}
	want := []string{email(0), email(1), "new1@example.com", "new2@example.com"}
	if got := slices.Sorted(slices.Values(p.tenant.Invites("org_b"))); !slices.Equal(got, want) {
		t.Errorf("invited are %v", got)
	}
	opt.Change.Organization, opt.AtMost, opt.AcceptChanges = "org_a", 0, true
	if _, r := p.do(opt, p.everyone(3), nil); r.Totals.Unchanged != 3 || r.Problems.ByCode[string(UserMember)] != 3 {
		t.Errorf("members: %+v %v", r.Totals, r.Problems.ByCode)
	}
	opt.Change.OrReset = true
	if _, r := p.do(opt, p.everyone(3), nil); r.Totals.Updated != 3 || !p.user(2).PasswordResetRequested {
		t.Errorf("members are to choose a new password: %+v", r.Totals)
	}
}

// TestLastIdentityStays removes identities of a type, and leaves nobody without a way in.
func TestLastIdentityStays(t *testing.T) {
	p := newPlace(t, 2, sandbox.Limits{})
	if _, err := p.client(nil).CreateUserIdentity(t.Context(), p.user(0).ID,
		kinde.CreateUserIdentityRequest{Type: kinde.IdentityUsername, Value: "ana_0"}); err != nil {
		t.Fatal(err)
	}
	opt := Options{Verb: RemoveIdentity, Change: Change{Type: "email"}}
	ids := []Ask{{ID: p.user(0).ID}, {ID: p.user(1).ID}}
	for range 2 { // a dry run says the same
		opt.DryRun = !opt.DryRun
		_, r := p.do(opt, ids, nil)
		if r.Totals.Updated != 1 || r.Totals.Rejected != 1 || r.Problems.ByCode[string(IdentityLast)] != 1 {
			t.Errorf("%+v %v", r.Totals, r.Problems.ByCode)
		}
	}
	if u, ok := p.tenant.Find("ana_0"); !ok || len(u.Identities) != 1 || len(p.user(1).Identities) != 1 {
		t.Errorf("%+v", u.Identities)
	}
}

// TestRowsTogetherLeaveAnIdentity removes all identities of a user by several rows: the
// last row is rejected, and one that repeats another changes nothing.
func TestRowsTogetherLeaveAnIdentity(t *testing.T) {
	p := newPlace(t, 3, sandbox.Limits{})
	var asks []Ask
	for i := range 3 {
		u := p.user(i)
		if _, err := p.client(nil).CreateUserIdentity(t.Context(), u.ID,
			kinde.CreateUserIdentityRequest{Type: kinde.IdentityEmail, Value: "second-" + email(i)}); err != nil {
			t.Fatal(err)
		}
		asks = append(asks, Ask{ID: u.ID, Value: email(i)}, Ask{ID: u.ID, Value: "SECOND-" + email(i)}, Ask{Email: email(i), Value: email(i)})
	}
	opt := Options{Verb: RemoveIdentity, Change: Change{Type: "email"}}
	for range 2 { // a dry run says the same
		opt.DryRun = !opt.DryRun
		_, r := p.do(opt, asks, nil)
		if r.Totals.Updated != 3 || r.Totals.Rejected != 3 || r.Totals.Unchanged != 3 || r.Problems.ByCode[string(IdentityLast)] != 3 {
			t.Errorf("%+v %v", r.Totals, r.Problems.ByCode)
		}
	}
	for _, u := range p.tenant.Snapshot() {
		if len(u.Identities) != 1 {
			t.Errorf("%s has %+v", u.ID, u.Identities)
		}
	}
}

// TestIdentityThatBecameTheLast: who lost the others since they were looked up keeps this one.
func TestIdentityThatBecameTheLast(t *testing.T) {
	p := newPlace(t, 1, sandbox.Limits{})
	r := &run{Job: &Job{Target: p.client(nil)}, opt: &Options{}}
	step := r.removeIdentity(kinde.UserIdentity{Type: "email", Identity: email(0)}, false)
	_, err := step.do(t.Context(), p.user(0).ID)
	if result := outcomeOf(t.Context(), err); result.Code != string(IdentityLast) || len(p.user(0).Identities) != 1 {
		t.Errorf("%v %+v", err, result)
	}
}
