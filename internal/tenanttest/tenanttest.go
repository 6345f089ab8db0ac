// Package tenanttest gives tests a sandbox with everything that a backup holds, and
// clients of it. It ships in no binary.
package tenanttest

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/kinde-migrate/kinde-migrate/internal/sandbox"
	"github.com/kinde-migrate/kinde-migrate/internal/tenant"
	"github.com/kinde-migrate/kinde-migrate/kinde"
)

const Origin = "http://sandbox.localhost"

// Open returns a tenant in memory and a client of it.
func Open(t *testing.T, o sandbox.Options) (*sandbox.Tenant, *kinde.Client) {
	t.Helper()
	return OpenWith(t, o, nil)
}

// OpenWith puts a handler before the tenant.
func OpenWith(t *testing.T, o sandbox.Options, before func(*sandbox.Tenant, *http.Request)) (*sandbox.Tenant, *kinde.Client) {
	t.Helper()
	o.BaseURL = Origin
	o.Demo = true
	sb, err := sandbox.Open(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { sb.Close() })
	return sb, ClientOf(t, sb, before)
}

func ClientOf(t *testing.T, sb *sandbox.Tenant, before func(*sandbox.Tenant, *http.Request)) *kinde.Client {
	t.Helper()
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if before != nil {
			before(sb, r)
		}
		sb.ServeHTTP(w, r)
	})
	c, err := kinde.New(
		kinde.Config{
			BaseURL:   kinde.BaseURL(Origin),
			Tokens:    kinde.StaticToken(sb.Token()),
			Transport: sandbox.Transport(handler),
			MaxWait:   time.Minute,
		},
	)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// Options is a tenant with everything that a backup holds.
func Options(users int) sandbox.Options {
	return sandbox.Options{Seed: 7, SeedUsers: users, Definitions: &sandbox.Definitions{
		Organizations: []sandbox.OrganizationDefinition{{Code: "org_acme", Name: "Acme", ExternalID: "acme"}, {Code: "org_beta", Name: "Beta"}},
		Permissions:   []sandbox.PermissionDefinition{{Key: "read:docs", Name: "Read"}, {Key: "write:docs", Name: "Write"}},
		Roles: []sandbox.RoleDefinition{
			{Key: "editor", Name: "Editor", Permissions: []string{"read:docs"}},
			{Key: "viewer", Name: "Viewer"},
		},
		Properties: []sandbox.PropertyDefinition{
			{Key: "plan", Name: "Plan", Category: "General"},
			{Key: "note", Name: "Note", Category: "General", Private: true},
		},
		Flags:       []sandbox.FlagDefinition{{Key: "beta", Name: "Beta"}},
		Connections: []sandbox.ConnectionDefinition{{ID: "conn_okta", Name: "Okta", Strategy: "saml:okta"}},
	}}
}

// Populate gives some users what the seed does not.
func Populate(t *testing.T, sb *sandbox.Tenant, c *kinde.Client) []sandbox.User {
	t.Helper()
	ctx := t.Context()
	people := sb.Snapshot()
	for i, u := range people {
		if i%3 == 0 {
			Must(t, c.UpdateUserProperties(ctx, u.ID, map[string]string{"plan": fmt.Sprint("p", i%4), "note": "=1+1"}))
		}
		if i%4 == 0 {
			_, err := c.AddOrganizationUsers(
				ctx,
				"org_acme",
				[]kinde.NewMember{{ID: u.ID, Roles: []string{"editor"}, Permissions: []string{"write:docs"}}},
			)
			Must(t, err)
		}
		if i%5 == 0 {
			_, err := c.CreateUserIdentity(
				ctx,
				u.ID,
				kinde.CreateUserIdentityRequest{Type: "social", Value: fmt.Sprint("g-", i), ConnectionID: sb.Connection("oauth2:google")},
			)
			Must(t, err)
		}
		if i%6 == 0 {
			_, err := c.CreateUserIdentity(
				ctx,
				u.ID,
				kinde.CreateUserIdentityRequest{Type: "phone", Value: fmt.Sprintf("+1555010%04d", i), PhoneCountryID: "us"},
			)
			Must(t, err)
		}
	}
	return sb.Snapshot()
}

func Must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// Rows reads the tenant with these parts, as tenant.ParseParts names them.
func Rows(t *testing.T, c tenant.API, names ...string) (rows []tenant.Row) {
	t.Helper()
	parts, err := tenant.ParseParts(names)
	Must(t, err)
	reading, err := tenant.Read(t.Context(), c, tenant.ReadOptions{Parts: parts, TempDir: t.TempDir()})
	Must(t, err)
	for row, err := range reading.Rows(t.Context()) {
		Must(t, err)
		rows = append(rows, *row)
	}
	Must(t, reading.Close(true))
	return rows
}
