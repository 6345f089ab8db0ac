package bulk

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"sync/atomic"
	"testing"

	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
	"github.com/kinde-migrate/kinde-migrate/internal/engine"
	"github.com/kinde-migrate/kinde-migrate/internal/openapitest"
	"github.com/kinde-migrate/kinde-migrate/internal/operation"
	"github.com/kinde-migrate/kinde-migrate/internal/password"
	"github.com/kinde-migrate/kinde-migrate/internal/report"
	"github.com/kinde-migrate/kinde-migrate/internal/sandbox"
	_ "github.com/kinde-migrate/kinde-migrate/internal/testenv"
	"github.com/kinde-migrate/kinde-migrate/kinde"
	"github.com/kinde-migrate/kinde-migrate/kinde/pace"
)

// place is a tenant with people, and a folder for the state of jobs.
type place struct {
	t         testing.TB
	tenant    *sandbox.Tenant
	transport http.RoundTripper
	dir       string
	throttles bool
}

func newPlace(t testing.TB, people int, limits sandbox.Limits, quirks ...sandbox.Quirks) *place {
	t.Helper()
	opt := sandbox.Options{Seed: 1, Demo: true, Limits: limits, Definitions: &sandbox.Definitions{
		Properties: []sandbox.PropertyDefinition{{Key: "plan", Name: "Plan"}, {Key: "city", Name: "City"}},
		Flags:      []sandbox.FlagDefinition{{Key: "beta", Name: "Beta", Type: "bool", Default: "false"}},

		Organizations: []sandbox.OrganizationDefinition{{Code: "org_a", Name: "Alpha"}, {Code: "org_b", Name: "Beta"}},
		Roles:         []sandbox.RoleDefinition{{Key: "admin"}, {Key: "member"}},
		APIs:          []sandbox.APIDefinition{{Audience: "https://api.example.com", Scopes: []string{"read:logs", "write:logs"}}},
	}}
	for _, q := range quirks {
		opt.Quirks = q
	}
	tenant, err := sandbox.Open(opt)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { tenant.Close() })
	p := &place{t: t, tenant: tenant, transport: sandbox.Transport(tenant), dir: t.TempDir(), throttles: limits.Rate > 0}
	client := p.client(nil)
	for i := range people {
		_, err := client.CreateUser(
			context.Background(),
			kinde.CreateUserRequest{
				Profile:          &kinde.Profile{GivenName: "Ana", FamilyName: fmt.Sprint(i)},
				ProvidedID:       fmt.Sprintf("source|%d", i),
				OrganizationCode: "org_a",
				Identities:       []kinde.NewIdentity{kinde.EmailIdentity(email(i), true)},
			},
		)
		if err != nil {
			t.Fatal(err)
		}
	}
	return p
}

func email(i int) string { return fmt.Sprintf("ana%d@example.com", i) }

func (p *place) client(recorder *engine.Recorder) *kinde.Client {
	p.t.Helper()
	tokens, err := kinde.NewClientCredentials(
		kinde.BaseURL(p.tenant.BaseURL()),
		kinde.ClientCredentials{ClientID: p.tenant.ClientID, ClientSecret: p.tenant.ClientSecret,
			Transport: sandbox.Transport(p.tenant)},
	)
	if err != nil {
		p.t.Fatal(err)
	}
	cfg := kinde.Config{BaseURL: kinde.BaseURL(p.tenant.BaseURL()), Tokens: tokens, Transport: p.transport}
	if p.throttles {
		cfg.Gate = pace.Learning(pace.Options{Start: 500})
	}
	if recorder != nil {
		cfg.Observe = recorder.Observe
	}
	c, err := kinde.New(cfg)
	if err != nil {
		p.t.Fatal(err)
	}
	return c
}

// do runs a job and returns its report. drain, when not nil, is looked at by the job.
func (p *place) do(opt Options, asks []Ask, drain <-chan struct{}) (Result, *report.Report) {
	p.t.Helper()
	ctx := context.Background()
	store, _, err := checkpoint.Open(ctx, filepath.Join(p.dir, string(opt.Verb)+".checkpoint"))
	if opt.DryRun || opt.Verb.Reads() {
		store.Close()
		store, err = checkpoint.OpenTemporary(ctx, p.dir)
	}
	if err != nil {
		p.t.Fatal(err)
	}
	defer store.Close()
	recorder := engine.NewRecorder()
	if opt.Verb != Copy {
		opt.Who = func(context.Context) (Who, error) { return Who{Asks: slices.Clone(asks)}, nil }
	} else {
		opt.Remote = true
	}
	result, err := Run(ctx, Job{Target: p.client(recorder), Checkpoint: store, Recorder: recorder, Drain: drain}, opt)
	if err != nil {
		p.t.Fatalf("%s: %v", opt.Verb, err)
	}
	r, err := report.Fold(ctx, store)
	if err != nil {
		p.t.Fatal(err)
	}
	return result, r
}

func (p *place) everyone(n int) (asks []Ask) {
	for i := range n {
		asks = append(asks, Ask{Line: int64(i + 1), Email: email(i)})
	}
	return asks
}

func (p *place) user(i int) sandbox.User {
	p.t.Helper()
	u, ok := p.tenant.Find(email(i))
	if !ok {
		p.t.Fatalf("%s is not in the tenant", email(i))
	}
	return u
}

func hash(t testing.TB) *password.Password {
	t.Helper()
	p := password.Recognise(password.Input{Hash: "5f4dcc3b5aa765d61d8327deb882cf99", Method: "md5"}, password.Options{})
	if p == nil || p.Body == nil {
		t.Fatal("no hash")
	}
	return p
}

// logs is a scope of an API, in an organization where everybody is a member.
var logs = Change{Organization: "org_a", API: "https://api.example.com", Scopes: []string{"read:logs"}}

// TestEveryOperationIsCalled does each verb to one user, with every request and
// answer held against the vendor's description, and looks for the operation in
// the report. createUser is the only operation on users that no verb calls.
func TestEveryOperationIsCalled(t *testing.T) {
	v := openapitest.Load(t)
	p := newPlace(t, 2, sandbox.Limits{})
	p.transport = v.Transport(t, p.transport)
	one := []Ask{{Email: email(0)}}
	withHash := []Ask{{Email: email(0), Password: hash(t)}}
	called := map[string]bool{operation.CreateUser: true}
	for _, c := range []struct {
		verb   Verb
		change Change
		asks   []Ask
		want   []string
	}{
		{List, Change{}, one, []string{operation.GetUsers}},
		{Get, Change{}, one, []string{operation.GetUserData, operation.GetUserIdentities, operation.GetUserPropertyValues}},
		{Update, Change{Profile: map[string]string{"given_name": "Zoë"}}, one, []string{operation.UpdateUser}},
		{SetProperty, Change{Properties: map[string]string{"plan": "gold"}}, one, []string{operation.UpdateUserProperty}},
		{SetProperty, Change{Properties: map[string]string{"plan": "silver", "city": "Lisboa"}}, one, []string{operation.UpdateUserProperties}},
		{SetFlag, Change{Flags: map[string]string{"beta": "true"}}, one, []string{operation.UpdateUserFeatureFlagOverride}},
		{SetPassword, Change{}, withHash, []string{operation.SetUserPassword}},
		{AddIdentity, Change{Type: "email", Value: "ana@example.org"}, one, []string{operation.CreateUserIdentity}},
		{RemoveIdentity, Change{Type: "email", Value: "ana@example.org"}, one, []string{operation.GetUserIdentities, operation.DeleteIdentity}},
		{Copy, Change{From: "org_a", Organization: "org_b"}, nil, []string{operation.AddOrganizationUsers}},
		{Invite, Change{Organization: "org_b", SendEmail: true}, []Ask{{Email: "bo@example.com"}},
			[]string{operation.GetOrganizationInvites, operation.CreateOrganizationInvite}},
		{AddScope, logs, one, []string{operation.GetAPIs, operation.AddOrganizationUserAPIScope}},
		{RemoveScope, logs, one, []string{operation.DeleteOrganizationUserAPIScope}},
		{Sessions, Change{}, one, []string{operation.GetUserSessions}},
		{RevokeSessions, Change{}, one, []string{operation.DeleteUserSessions}},
		{MFA, Change{}, one, []string{operation.GetUsersMFA}},
		{ResetMFA, Change{Factor: "factor_1"}, one, []string{operation.ResetUsersMFA}},
		{ResetMFA, Change{}, one, []string{operation.ResetUsersMFAAll}},
		{RequestPasswordReset, Change{}, one, []string{operation.UpdateUser}},
		{RefreshClaims, Change{}, one, []string{operation.RefreshUserClaims}},
		{Suspend, Change{}, one, []string{operation.UpdateUser}},
		{Unsuspend, Change{}, one, []string{operation.UpdateUser}},
		{Delete, Change{Everywhere: true}, one, []string{operation.DeleteUser}},
	} {
		_, r := p.do(Options{Verb: c.verb, Change: c.change}, c.asks, nil)
		if r.Command != "users "+string(c.verb) {
			t.Errorf("the report of %s is of %q", c.verb, r.Command)
		}
		for _, op := range c.want {
			called[op] = true
			if r.API.ByOperation[op].Calls != 1 {
				t.Errorf("%s: the report shows %d calls of %s, want 1: %v", c.verb, r.API.ByOperation[op].Calls, op, r.API.ByOperation)
			}
		}
	}
	if len(called) != 25 {
		t.Errorf("%d of the 25 operations were called: %v", len(called), called)
	}
	if _, there := p.tenant.Find(email(0)); there {
		t.Error("the user was not deleted")
	}
}

// writing lists each verb that writes, what it changes, and how one sees it.
var writing = []struct {
	verb   Verb
	change Change
	so     func(sandbox.User) bool
	again  string // the class of everybody when it is done a second time
}{
	{
		Update,
		Change{Profile: map[string]string{"family_name": "Silva"}},
		func(u sandbox.User) bool { return u.FamilyName == "Silva" },
		"unchanged",
	},
	{Suspend, Change{}, func(u sandbox.User) bool { return u.Suspended }, "unchanged"},
	{Unsuspend, Change{}, func(u sandbox.User) bool { return !u.Suspended }, "unchanged"},
	{RequestPasswordReset, Change{}, func(u sandbox.User) bool { return u.PasswordResetRequested }, "updated"},
	{SetPassword, Change{}, func(u sandbox.User) bool { return u.Password != nil }, "updated"},
	{
		SetProperty,
		Change{Properties: map[string]string{"plan": "gold"}},
		func(u sandbox.User) bool { return u.Properties["plan"] == "gold" },
		"unchanged",
	},
	{SetFlag, Change{Flags: map[string]string{"beta": "true"}}, func(u sandbox.User) bool { return u.Flags["beta"] == "true" }, "updated"},
	{AddIdentity, Change{Type: "username"}, func(u sandbox.User) bool { return len(u.Identities) == 2 }, "unchanged"},
	{RemoveIdentity, Change{Type: "username"}, func(u sandbox.User) bool { return len(u.Identities) == 1 }, "unchanged"},
	{Invite, Change{Organization: "org_b"}, func(sandbox.User) bool { return true }, "unchanged"},
	{AddScope, logs, func(u sandbox.User) bool { return slices.Equal(u.Memberships["org_a"].Scopes, []string{"read:logs"}) }, "updated"},
	{RemoveScope, logs, func(u sandbox.User) bool { return len(u.Memberships["org_a"].Scopes) == 0 }, "unchanged"},
	{RevokeSessions, Change{}, func(sandbox.User) bool { return true }, "updated"},
	{ResetMFA, Change{}, func(sandbox.User) bool { return true }, "updated"},
	{RefreshClaims, Change{}, func(u sandbox.User) bool { return u.ClaimsRefreshed > 0 }, "updated"},
	{Delete, Change{}, nil, "unchanged"},
}

// TestEachVerbOnMany does each writing verb to many users of a throttling
// tenant, stops in the middle, goes on, and does it again.
func TestEachVerbOnMany(t *testing.T) {
	people, limits := 300, sandbox.Limits{}
	if os.Getenv("KINDE_LONG") != "" {
		people, limits = 10_000, sandbox.Limits{Rate: 1000, Burst: 100}
	}
	p := newPlace(t, people, limits)
	for _, w := range writing {
		t.Run(string(w.verb), func(t *testing.T) {
			p.t = t
			asks := p.everyone(people)
			for i := range asks {
				asks[i].Password = hash(t)
				if w.verb == AddIdentity {
					asks[i].Value = fmt.Sprintf("ana_%d", i)
				}
			}
			drain := make(chan struct{})
			var sent atomic.Int64
			inner := p.transport
			p.transport = roundTripper(func(r *http.Request) (*http.Response, error) {
				if sent.Add(1) == int64(people/2) {
					close(drain)
				}
				return inner.RoundTrip(r)
			})
			result, first := p.do(Options{Verb: w.verb, Change: w.change}, asks, drain)
			p.transport = inner
			if !result.Interrupted || first.Totals.Pending == 0 {
				t.Fatalf("the first run was not stopped in the middle: %+v", first.Totals)
			}
			p.tenant.ResetStats()
			result, second := p.do(Options{Verb: w.verb, Change: w.change}, asks, nil)
			if !result.Resumed || !second.Resumed {
				t.Error("the second run does not say that it went on")
			}
			want := report.Totals{Records: int64(people), Updated: int64(people)}
			if w.verb == Delete {
				want = report.Totals{Records: int64(people), Deleted: int64(people)}
			}
			if second.Totals != want {
				t.Fatalf("totals after both runs: %+v", second.Totals)
			}
			if n := second.API.ByOperation[opOf(w.verb)].Succeeded; n != first.Totals.Pending {
				t.Errorf("the second run wrote %d times, and %d were left to do", n, first.Totals.Pending)
			}
			for i := range people {
				if w.so != nil && !w.so(p.user(i)) {
					t.Fatalf("it was not done to %s", email(i))
				}
			}
			if w.verb == Delete && p.tenant.Count() != 0 {
				t.Errorf("%d users are left", p.tenant.Count())
			}
			_, third := p.do(Options{Verb: w.verb, Change: w.change}, asks, nil)
			got := third.Totals.Unchanged
			if w.again == "updated" {
				got = third.Totals.Updated
			}
			if got != int64(people) {
				t.Errorf("done again, %d of %d are %s: %+v", got, people, w.again, third.Totals)
			}
		})
	}
}

func opOf(v Verb) string {
	return map[Verb]string{Update: operation.UpdateUser, Suspend: operation.UpdateUser, Unsuspend: operation.UpdateUser,
		RequestPasswordReset: operation.UpdateUser,
		SetPassword:          operation.SetUserPassword, SetProperty: operation.UpdateUserProperty,
		SetFlag: operation.UpdateUserFeatureFlagOverride, AddIdentity: operation.CreateUserIdentity,
		RevokeSessions: operation.DeleteUserSessions, ResetMFA: operation.ResetUsersMFAAll, RefreshClaims: operation.RefreshUserClaims,
		Delete:         operation.DeleteUser,
		RemoveIdentity: operation.DeleteIdentity, Invite: operation.CreateOrganizationInvite, AddScope: operation.AddOrganizationUserAPIScope,
		RemoveScope: operation.DeleteOrganizationUserAPIScope}[v]
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
