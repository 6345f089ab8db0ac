package importer_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/kinde-migrate/kinde-migrate/importer"
	"github.com/kinde-migrate/kinde-migrate/internal/sandbox"
	"github.com/kinde-migrate/kinde-migrate/kinde"
)

func source(users ...importer.User) importer.Source {
	return func(yield func(importer.User, error) bool) {
		for _, u := range users {
			if !yield(u, nil) {
				return
			}
		}
	}
}

func everything() importer.User {
	return importer.User{
		ID:            "app|1",
		GivenName:     "Ana",
		FamilyName:    "Silva",
		Picture:       "https://example.com/ana.png",
		Suspended:     true,
		ResetPassword: true,
		Identities: []importer.Identity{
			{Type: "email", Value: "ana@example.com", Verified: true},
			{Type: "phone", Value: "+15550100001", Country: "us"},
			{Type: "username", Value: "ana"},
			{Type: "oauth2:google", Value: "1001"},
		},
		Password:   &importer.PasswordHash{Hash: "$2b$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy"},
		Properties: map[string]string{"plan": "gold"},
		Flags:      map[string]string{"beta": "true"},
		Memberships: []importer.Membership{
			{Organization: "org_a", Roles: []string{"admin"}, Permissions: []string{"read:all"}},
			{Organization: "b", Roles: []string{"admin"}},
		},
	}
}

func open(t *testing.T) (*sandbox.Tenant, kinde.Config) {
	t.Helper()
	s, err := sandbox.Open(sandbox.Options{Definitions: &sandbox.Definitions{
		Organizations: []sandbox.OrganizationDefinition{
			{Code: "org_a", Name: "Alpha", ExternalID: "a"},
			{Code: "org_b", Name: "Beta", ExternalID: "b"},
		},
		Roles:       []sandbox.RoleDefinition{{Key: "admin", Name: "Admin"}},
		Permissions: []sandbox.PermissionDefinition{{Key: "read:all", Name: "Read"}},
		Properties:  []sandbox.PropertyDefinition{{Key: "plan", Name: "Plan"}},
		Flags:       []sandbox.FlagDefinition{{Key: "beta", Name: "Beta", Type: "bool", Default: "false"}},
		Connections: []sandbox.ConnectionDefinition{{Strategy: "oauth2:google", Name: "google"}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s, kinde.Config{BaseURL: kinde.BaseURL(s.BaseURL()), Transport: sandbox.Transport(s),
		Credentials: kinde.ClientCredentials{ClientID: s.ClientID, ClientSecret: s.ClientSecret}}
}

// TestUserArrivesWhole: what a program can say of a user is what the tenant holds.
func TestUserArrivesWhole(t *testing.T) {
	s, tenant := open(t)
	checkpoint := filepath.Join(t.TempDir(), "users.checkpoint")
	var phases []string
	o := importer.Options{
		Tenant:     tenant,
		Users:      source(everything()),
		Checkpoint: checkpoint,
		Progress:   func(p importer.Progress) { phases = append(phases, p.Phase) },
		Confirm: func(_ context.Context, p importer.Plan) error {
			if p.Users != 1 || p.Domain != string(tenant.BaseURL) {
				t.Errorf("the plan is %+v", p)
			}
			return nil
		},
	}
	result, err := importer.Import(t.Context(), o)
	if err != nil || result.Created != 1 || result.ReadBack.Matched != 1 || result.Requests == 0 || len(result.Problems) > 0 {
		t.Fatalf("%+v, %v", result, err)
	}
	if !slices.Contains(phases, "importing") {
		t.Errorf("the phases were %q", phases)
	}
	have := s.Snapshot()[0]
	if have.ProvidedID != "app|1" || have.GivenName != "Ana" || have.FamilyName != "Silva" || have.Picture == "" || !have.Suspended ||
		!have.PasswordResetRequested {
		t.Errorf("the user is %+v", have)
	}
	if len(have.Identities) != 4 || have.Password == nil || have.Properties["plan"] != "gold" || have.Flags["beta"] != "true" {
		t.Errorf("the user is %+v", have)
	}
	if m := have.Memberships["org_a"]; !slices.Equal(m.Roles, []string{"admin"}) || !slices.Equal(m.Permissions, []string{"read:all"}) {
		t.Errorf("the membership is %+v", m)
	}
	if m := have.Memberships["org_b"]; !slices.Equal(m.Roles, []string{"admin"}) {
		t.Errorf("the organization that was named by its external id is %+v", have.Memberships)
	}

	var found []importer.Difference
	changed := everything()
	changed.GivenName = "Anna"
	o.Users, o.Confirm = source(
		changed,
		importer.User{ID: "app|2", Identities: []importer.Identity{{Type: "email", Value: "bo@example.com"}}},
	), nil
	c, err := importer.Reconcile(t.Context(), o, func(d importer.Difference) error { found = append(found, d); return nil })
	if err != nil || c.Different != 1 || c.Missing != 1 || len(found) != 2 || found[0].Field != "given_name" || found[0].Want != "Anna" ||
		found[0].Have != "Ana" {
		t.Errorf("%+v, %+v, %v", c, found, err)
	}

	back, err := importer.Rollback(t.Context(), importer.RollbackOptions{Tenant: tenant, Checkpoint: checkpoint})
	if err != nil || back.Deleted != 1 || len(s.Snapshot()) != 0 {
		t.Errorf("%+v, %v, and %d users stay", back, err, len(s.Snapshot()))
	}
}

// TestSourceThatFails: nothing is written of users that could not all be read.
func TestSourceThatFails(t *testing.T) {
	s, tenant := open(t)
	broken := errors.New("the database went away")
	users := func(yield func(importer.User, error) bool) {
		if yield(everything(), nil) {
			yield(importer.User{}, broken)
		}
	}
	_, err := importer.Import(
		t.Context(),
		importer.Options{Tenant: tenant, Users: users, Checkpoint: filepath.Join(t.TempDir(), "users.checkpoint")},
	)
	if !errors.Is(err, broken) || len(s.Snapshot()) != 0 {
		t.Errorf("%v, and %d users are there", err, len(s.Snapshot()))
	}
}

// TestInterruptedImportGoesOn: the end of a context is an orderly one.
func TestInterruptedImportGoesOn(t *testing.T) {
	s, tenant := open(t)
	ctx, cancel := context.WithCancel(t.Context())
	tenant.Observe = func(a kinde.Attempt) {
		if a.Operation == "createUser" {
			cancel()
		}
	}
	var users []importer.User
	for _, name := range []string{"ana", "bo", "cy", "di"} {
		users = append(users, importer.User{ID: name, Identities: []importer.Identity{{Type: "email", Value: name + "@example.com"}}})
	}
	o := importer.Options{Tenant: tenant, Users: source(users...), Checkpoint: filepath.Join(t.TempDir(), "users.checkpoint")}
	if _, err := importer.Import(ctx, o); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	result, err := importer.Import(t.Context(), o)
	if err != nil || result.Created != 4 || !result.Resumed || len(s.Snapshot()) != 4 {
		t.Errorf("%+v, %v, and %d users are there", result, err, len(s.Snapshot()))
	}
}

func TestRefused(t *testing.T) {
	_, tenant := open(t)
	dir := t.TempDir()
	file := filepath.Join(dir, "empty.json")
	if err := os.WriteFile(file, []byte(`[{"a":1}]`), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, o := range map[string]importer.Options{
		"no users":      {Tenant: tenant, Checkpoint: filepath.Join(dir, "a.checkpoint")},
		"no checkpoint": {Tenant: tenant, Users: source()},
		"no policy":     {Tenant: tenant, Users: source(), Checkpoint: filepath.Join(dir, "b.checkpoint"), OnExisting: "overwrite"},
		"both": {Tenant: tenant, Users: source(), Files: importer.Files{Paths: []string{file}},
			Checkpoint: filepath.Join(dir, "c.checkpoint")},
	} {
		if _, err := importer.Import(t.Context(), o); !isRefused(err) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func isRefused(err error) bool {
	refused, ok := errors.AsType[*importer.RefusedError](err)
	return ok && refused.Message != "" && refused.Try != ""
}
