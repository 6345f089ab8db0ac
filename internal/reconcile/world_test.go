package reconcile

import (
	"context"
	"fmt"
	"iter"
	"path/filepath"
	"testing"

	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
	"github.com/kinde-migrate/kinde-migrate/internal/engine"
	"github.com/kinde-migrate/kinde-migrate/internal/importer"
	"github.com/kinde-migrate/kinde-migrate/internal/intake"
	"github.com/kinde-migrate/kinde-migrate/internal/mapping"
	"github.com/kinde-migrate/kinde-migrate/internal/sandbox"
	"github.com/kinde-migrate/kinde-migrate/kinde"
)

// people is a source that lives in memory.
type people struct {
	users []*mapping.User
	bad   map[int]mapping.Problem
	left  map[int]bool // whom the source leaves out
}

func (p *people) Source() intake.Source {
	return intake.Source{Files: []intake.SourceFile{{Path: "memory", Role: "users"}}, Preset: "generic", MappingSHA256: "m"}
}

func (p *people) item(n int) intake.Item {
	u := p.users[n]
	i := intake.Item{Position: intake.Position{Number: int64(n + 1), Line: int64(n + 2), Offset: int64(n)}, User: u, Disposition: intake.Use,
		Key: intake.Key{Kind: intake.KeyID, Value: u.SourceID}}
	if u.SourceID == "" {
		i.Key = intake.Key{Kind: intake.KeyEmail, Value: u.Identities[0].Value}
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
	return intake.Summary{Rows: int64(len(p.users)), Records: int64(len(p.users))}, nil
}

func (p *people) Read(_ context.Context, at []intake.Position) iter.Seq2[intake.Item, error] {
	return func(yield func(intake.Item, error) bool) {
		for _, x := range at {
			if !yield(p.item(int(x.Number-1)), nil) {
				return
			}
		}
	}
}

// invent makes n people. Everyone has something of each kind now and then.
func invent(n int) *people {
	p := &people{bad: map[int]mapping.Problem{}}
	for i := range n {
		u := &mapping.User{SourceID: fmt.Sprintf("auth0|%d", i), GivenName: fmt.Sprintf("Ana %d", i), FamilyName: "Tester",
			Identities: []mapping.Identity{{Type: mapping.Email, Value: fmt.Sprintf("Ana%d@example.com", i), Verified: i%2 == 0}}}
		u.Suspended = i%5 == 0
		if i%7 == 0 {
			u.Properties = []mapping.KeyValue{{Key: "city", Value: "Lisboa"}, {Key: "plan", Value: "gold"}}
		}
		if i%4 == 0 {
			u.Memberships = []mapping.Membership{{Organization: mapping.Organization{Code: "org_a"}, Roles: []string{"member"}}}
		}
		if i%8 == 0 {
			u.Memberships = append(
				u.Memberships,
				mapping.Membership{Organization: mapping.Organization{ExternalID: "b"}, Roles: []string{"admin", "member"}},
			)
		}
		if i%9 == 0 {
			u.Links = []mapping.Link{{Strategy: "oauth2:google", Subject: fmt.Sprintf("10%020d", i)}}
		}
		if i%11 == 0 {
			u.Identities = append(u.Identities, mapping.Identity{Type: mapping.Username, Value: fmt.Sprintf("ana_%d", i)})
		}
		p.users = append(p.users, u)
	}
	return p
}

type world struct {
	t      testing.TB
	tenant *sandbox.Tenant
	path   string
}

func newWorld(t testing.TB) *world {
	t.Helper()
	tenant, err := sandbox.Open(sandbox.Options{Definitions: &sandbox.Definitions{
		Organizations: []sandbox.OrganizationDefinition{{Code: "org_a", Name: "Alpha"}, {Code: "org_b", Name: "Beta", ExternalID: "b"}},
		Roles:         []sandbox.RoleDefinition{{Key: "admin", Name: "Admin"}, {Key: "member", Name: "Member"}},
		Properties:    []sandbox.PropertyDefinition{{Key: "plan", Name: "Plan"}, {Key: "city", Name: "City"}},
		Connections:   []sandbox.ConnectionDefinition{{Strategy: "oauth2:google", Name: "google"}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { tenant.Close() })
	return &world{t, tenant, filepath.Join(t.TempDir(), "users.checkpoint")}
}

func (w *world) client(observe func(kinde.Attempt)) *kinde.Client {
	w.t.Helper()
	transport := sandbox.Transport(w.tenant)
	tokens, err := kinde.NewClientCredentials(
		kinde.BaseURL(w.tenant.BaseURL()),
		kinde.ClientCredentials{ClientID: w.tenant.ClientID, ClientSecret: w.tenant.ClientSecret, Transport: transport},
	)
	if err != nil {
		w.t.Fatal(err)
	}
	c, err := kinde.New(kinde.Config{BaseURL: kinde.BaseURL(w.tenant.BaseURL()), Transport: transport, Tokens: tokens, Observe: observe})
	if err != nil {
		w.t.Fatal(err)
	}
	return c
}

func (w *world) load(p *people, opt importer.Options) {
	w.t.Helper()
	store, _, err := checkpoint.Open(w.t.Context(), w.path)
	if err != nil {
		w.t.Fatal(err)
	}
	defer store.Close()
	recorder := engine.NewRecorder()
	opt.NoReconcile = true
	result, err := importer.Run(
		w.t.Context(),
		importer.Job{Source: p, Target: w.client(recorder.Observe), Checkpoint: store, Recorder: recorder},
		opt,
	)
	if err != nil {
		w.t.Fatal(err)
	}
	if n := result.Totals[checkpoint.Failed]; n > 0 {
		w.t.Fatalf("%d records failed", n)
	}
}

func (w *world) edit(f func(*sandbox.Edit) error) {
	w.t.Helper()
	if err := w.tenant.Edit(f); err != nil {
		w.t.Fatal(err)
	}
}

// reconcile returns what is not a match.
func (w *world) reconcile(p *people, change func(*Options)) (*Result, []Finding) {
	w.t.Helper()
	opt := Options{Tenant: w.client(nil), Source: p, TempDir: w.t.TempDir()}
	var found []Finding
	opt.Each = func(f Finding) error {
		if f.Class != Match {
			found = append(found, f)
		}
		return nil
	}
	if change != nil {
		change(&opt)
	}
	result, err := Run(w.t.Context(), opt)
	if err != nil {
		w.t.Fatal(err)
	}
	return result, found
}

func (w *world) withCheckpoint(o *Options) {
	r, err := checkpoint.OpenReader(w.t.Context(), w.path)
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { r.Close() })
	o.Checkpoint = r
}

// unexplained counts what nothing explains.
func unexplained(r *Result) int64 { return r.Missing + r.Different + r.Unexpected }
