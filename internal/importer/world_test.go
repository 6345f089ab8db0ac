package importer

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"maps"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
	"github.com/kinde-migrate/kinde-migrate/internal/engine"
	"github.com/kinde-migrate/kinde-migrate/internal/intake"
	"github.com/kinde-migrate/kinde-migrate/internal/mapping"
	"github.com/kinde-migrate/kinde-migrate/internal/password"
	"github.com/kinde-migrate/kinde-migrate/internal/sandbox"
	"github.com/kinde-migrate/kinde-migrate/kinde"
)

// people is a source that lives in memory.
type people struct {
	users  []*mapping.User
	bad    map[int]mapping.Problem // 0-based: rows that are rejected
	left   map[int]bool            // 0-based: rows that the source leaves out
	preset string
	// replaced are items that the source corrects after the last, as they were and as they are.
	replaced [][2]intake.Item
}

func (p *people) Source() intake.Source {
	return intake.Source{Files: []intake.SourceFile{{Path: "memory", Role: "users"}}, Preset: cmp.Or(p.preset, "generic"), MappingSHA256: "m"}
}

func (p *people) item(n int) intake.Item {
	u := p.users[n]
	i := intake.Item{Position: intake.Position{Number: int64(n + 1), Line: int64(n + 2), Offset: int64(n)}, User: u, Disposition: intake.Use}
	switch {
	case u.SourceID != "":
		i.Key = intake.Key{Kind: intake.KeyID, Value: u.SourceID}
	case len(u.Identities) > 0:
		i.Key = intake.Key{Kind: intake.KeyEmail, Value: strings.ToLower(u.Identities[0].Value)}
	default:
		i.Key = intake.Key{Kind: intake.KeyContent, Value: fmt.Sprint(n)}
	}
	if problem, ok := p.bad[n]; ok {
		i.Disposition, i.Problems = intake.Reject, []mapping.Problem{problem}
	}
	if p.left[n] {
		i.Disposition = intake.Skip
	}
	return i
}

func (p *people) Scan(_ context.Context, v intake.Visitor) (intake.Summary, error) {
	for n := range p.users {
		if err := v.Add(p.item(n)); err != nil {
			return intake.Summary{}, err
		}
	}
	for _, x := range p.replaced {
		if err := v.Replace(x[0], x[1]); err != nil {
			return intake.Summary{}, err
		}
	}
	return intake.Summary{Rows: int64(len(p.users)), Records: int64(len(p.users))}, nil
}

func (p *people) Read(_ context.Context, at []intake.Position) iter.Seq2[intake.Item, error] {
	return func(yield func(intake.Item, error) bool) {
		for _, x := range at {
			item := p.item(int(x.Number - 1))
			for _, r := range p.replaced {
				if r[1].Number == x.Number {
					item = r[1]
				}
			}
			if !yield(item, nil) {
				return
			}
		}
	}
}

// world is a tenant, a client before it, and a checkpoint.
type world struct {
	t      testing.TB
	tenant *sandbox.Tenant
	path   string // of the checkpoint; "" is in memory
	store  *checkpoint.Store
	client kinde.Config
	// before stands between the client and the tenant, such as a gateway.
	before func(http.RoundTripper) http.RoundTripper
}

func newWorld(t testing.TB, opt sandbox.Options) *world {
	t.Helper()
	if opt.Definitions == nil {
		opt.Definitions = &sandbox.Definitions{
			Organizations: []sandbox.OrganizationDefinition{{Code: "org_a", Name: "Alpha", ExternalID: "a"}, {Code: "org_b", Name: "Beta"}},
			Roles:         []sandbox.RoleDefinition{{Key: "admin", Name: "Admin"}, {Key: "member", Name: "Member"}},
			Permissions:   []sandbox.PermissionDefinition{{Key: "read:all", Name: "Read"}},
			Properties:    []sandbox.PropertyDefinition{{Key: "plan", Name: "Plan"}, {Key: "city", Name: "City"}},
			Flags:         []sandbox.FlagDefinition{{Key: "beta", Name: "Beta", Type: "bool", Default: "false"}},
			Connections:   []sandbox.ConnectionDefinition{{Strategy: "oauth2:google", Name: "google"}},
		}
	}
	tenant, err := sandbox.Open(opt)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { tenant.Close() })
	w := &world{t: t, tenant: tenant, path: filepath.Join(t.TempDir(), "users.checkpoint")}
	return w
}

// inMemory makes the world fit for virtual time: no files.
func (w *world) inMemory() *world {
	w.path = ""
	store, err := checkpoint.OpenMemory(context.Background())
	if err != nil {
		w.t.Fatal(err)
	}
	w.store = store
	return w
}

type outcome struct {
	Result
	calls map[string]int64
	total int64
	err   error
}

func (w *world) run(p *people, opt Options, also ...func(*Job)) outcome {
	w.t.Helper()
	return w.runWith(w.t.Context(), p, opt, also...)
}

func (w *world) runWith(ctx context.Context, p *people, opt Options, also ...func(*Job)) outcome {
	w.t.Helper()
	store := w.store
	if store == nil {
		var err error
		store, _, err = checkpoint.Open(context.Background(), w.path)
		if err != nil {
			w.t.Fatal(err)
		}
		defer store.Close()
	}
	recorder := engine.NewRecorder()
	client := w.newClient(recorder)
	job := Job{Source: p, Target: client, Checkpoint: store, Recorder: recorder}
	for _, f := range also {
		f(&job)
	}
	result, err := Run(ctx, job, opt)
	o := outcome{Result: result, calls: map[string]int64{}, err: err}
	for _, c := range recorder.Calls() {
		o.calls[c.Operation] = c.Calls
		o.total += c.Calls
	}
	return o
}

func (w *world) newClient(recorder *engine.Recorder) *kinde.Client {
	cfg := w.client
	cfg.BaseURL = kinde.BaseURL(w.tenant.BaseURL())
	cfg.Transport = sandbox.Transport(w.tenant)
	if w.before != nil {
		cfg.Transport = w.before(cfg.Transport)
	}
	tokens, err := kinde.NewClientCredentials(
		cfg.BaseURL,
		kinde.ClientCredentials{ClientID: w.tenant.ClientID, ClientSecret: w.tenant.ClientSecret, Transport: sandbox.Transport(w.tenant)},
	)
	if err != nil {
		w.t.Fatal(err)
	}
	cfg.Tokens = tokens
	cfg.Observe = recorder.Observe
	client, err := kinde.New(cfg)
	if err != nil {
		w.t.Fatal(err)
	}
	return client
}

// reader looks at the checkpoint after a run.
func (w *world) reader(f func(r *checkpoint.Reader)) {
	w.t.Helper()
	if w.store != nil {
		f(w.store.Reader)
		return
	}
	r, err := checkpoint.OpenReader(context.Background(), w.path)
	if err != nil {
		w.t.Fatal(err)
	}
	defer r.Close()
	f(r)
}

// complete asserts that the tenant holds exactly the users of the source, each
// once and with everything.
func (w *world) complete(p *people) {
	w.t.Helper()
	byID := map[string]sandbox.User{}
	for _, u := range w.tenant.Snapshot() {
		if was, twice := byID[u.ProvidedID]; twice {
			w.t.Errorf("%s is there twice: %s and %s", u.ProvidedID, was.ID, u.ID)
		}
		byID[u.ProvidedID] = u
	}
	wanted := 0
	for n, want := range p.users {
		if _, bad := p.bad[n]; bad {
			continue
		}
		wanted++
		have, ok := byID[want.SourceID]
		if !ok {
			w.t.Errorf("%s is missing", want.SourceID)
			continue
		}
		w.same(want, have)
	}
	if len(byID) != wanted {
		w.t.Errorf("%d users are there, want %d", len(byID), wanted)
	}
}

func (w *world) same(want *mapping.User, have sandbox.User) {
	w.t.Helper()
	check := func(what string, want, have any) {
		w.t.Helper()
		if fmt.Sprint(want) != fmt.Sprint(have) {
			w.t.Errorf("%s of %s is %v, want %v", what, have, have, want)
		}
	}
	check("given name", want.GivenName, have.GivenName)
	check("suspension", want.Suspended, have.Suspended)
	if want.Password != nil && want.Password.Body != nil && have.Password == nil {
		w.t.Errorf("%s has no password", want.SourceID)
	}
	check("reset", want.PasswordReset, have.PasswordResetRequested)
	properties := map[string]string{}
	for _, kv := range want.Properties {
		properties[kv.Key] = kv.Value
	}
	check("properties", properties, have.Properties)
	flags := map[string]string{}
	for _, kv := range want.Flags {
		flags[kv.Key] = kv.Value
	}
	check("flags", flags, have.Flags)
	if n := len(want.Identities) + len(want.Links); n != len(have.Identities) {
		w.t.Errorf("%s has %d identities, want %d: %v", want.SourceID, len(have.Identities), n, have.Identities)
	}
	for _, m := range want.Memberships {
		place, ok := have.Memberships[m.Organization.Code]
		if !ok {
			w.t.Errorf("%s is no member of %s: %v", want.SourceID, m.Organization.Code, slices.Sorted(maps.Keys(have.Memberships)))
			continue
		}
		check("roles", union(nil, m.Roles), union(nil, place.Roles))
		check("permissions", union(nil, m.Permissions), union(nil, place.Permissions))
	}
}

// invent makes n people who want everything now and then.
func invent(n int) *people {
	p := &people{bad: map[int]mapping.Problem{}}
	for i := range n {
		u := &mapping.User{SourceID: fmt.Sprintf("auth0|%d", i), GivenName: fmt.Sprintf("Ana %d", i), FamilyName: "Tester",
			Identities: []mapping.Identity{{Type: mapping.Email, Value: fmt.Sprintf("ana%d@example.com", i), Verified: i%2 == 0}},
			Password: &password.Password{
				Encoding: "bcrypt",
				Body:     &password.Body{HashedPassword: "$2b$10$" + strings.Repeat("a", 53), HashingMethod: "bcrypt"},
			}}
		if i%5 == 0 {
			u.Suspended = true
		}
		if i%7 == 0 {
			u.Properties = []mapping.KeyValue{{Key: "city", Value: "Lisboa"}, {Key: "plan", Value: "gold"}}
		}
		if i%4 == 0 {
			u.Memberships = []mapping.Membership{{Organization: mapping.Organization{Code: "org_a"}, Roles: []string{"member"}}}
		}
		if i%8 == 0 {
			u.Memberships = append(
				u.Memberships,
				mapping.Membership{
					Organization: mapping.Organization{Code: "org_b"},
					Roles:        []string{"admin", "member"},
					Permissions:  []string{"read:all"},
				},
			)
		}
		if i%9 == 0 {
			u.Links = []mapping.Link{{Strategy: "oauth2:google", Subject: fmt.Sprintf("10%020d", i)}}
		}
		if i%11 == 0 {
			u.Identities = append(u.Identities, mapping.Identity{Type: mapping.Phone, Value: fmt.Sprintf("+1555010%04d", i), CountryID: "us"})
		}
		if i%13 == 0 {
			u.Flags = []mapping.KeyValue{{Key: "beta", Value: "true"}}
		}
		if i%17 == 0 {
			u.PasswordReset = true
		}
		p.users = append(p.users, u)
	}
	return p
}

func expect(t testing.TB, o outcome, want map[checkpoint.Outcome]int64) {
	t.Helper()
	if o.err != nil {
		t.Fatal(o.err)
	}
	if !maps.Equal(o.Totals, want) {
		t.Errorf("totals %v, want %v", o.Totals, want)
	}
}

func kindeUser(email string) kinde.CreateUserRequest {
	return kinde.CreateUserRequest{
		Profile:    &kinde.Profile{GivenName: "Zoe"},
		Identities: []kinde.NewIdentity{kinde.EmailIdentity(email, true)},
	}
}

func (w *world) rollback(back RollbackOptions) outcome {
	w.t.Helper()
	store := w.store
	if store == nil {
		var err error
		if store, _, err = checkpoint.Open(context.Background(), w.path); err != nil {
			w.t.Fatal(err)
		}
		defer store.Close()
	}
	recorder := engine.NewRecorder()
	result, err := Rollback(w.t.Context(), Job{Target: w.newClient(recorder), Checkpoint: store, Recorder: recorder}, Options{}, back)
	return outcome{Result: result, total: recorder.Total(), err: err}
}

func (w *world) dryRun(p *people, opt Options) outcome {
	w.t.Helper()
	store, err := checkpoint.OpenTemporary(context.Background(), w.t.TempDir())
	return w.rehearse(store, err, p, opt)
}

func (w *world) rehearse(store *checkpoint.Store, err error, p *people, opt Options) outcome {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
	defer store.Close()
	opt.DryRun = true
	recorder := engine.NewRecorder()
	result, err := Run(w.t.Context(), Job{Source: p, Target: w.newClient(recorder), Checkpoint: store, Recorder: recorder}, opt)
	return outcome{Result: result, err: err}
}

func (w *world) rollbackDry() outcome {
	w.t.Helper()
	store, err := checkpoint.OpenCopy(context.Background(), w.path, w.t.TempDir())
	if err != nil {
		w.t.Fatal(err)
	}
	defer store.Close()
	recorder := engine.NewRecorder()
	result, err := Rollback(
		w.t.Context(),
		Job{Target: w.newClient(recorder), Checkpoint: store, Recorder: recorder},
		Options{DryRun: true},
		RollbackOptions{},
	)
	return outcome{Result: result, err: err}
}

// dryRunAgain rehearses on what the checkpoint knows.
func (w *world) dryRunAgain(p *people, opt Options) outcome {
	w.t.Helper()
	store, err := checkpoint.OpenCopy(context.Background(), w.path, w.t.TempDir())
	return w.rehearse(store, err, p, opt)
}
