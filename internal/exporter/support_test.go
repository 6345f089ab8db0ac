package exporter

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/kinde-migrate/kinde-migrate/internal/sandbox"
	"github.com/kinde-migrate/kinde-migrate/kinde"
)

const origin = "http://sandbox.localhost"

// open returns a tenant in memory and a client of it.
func open(t *testing.T, o sandbox.Options) (*sandbox.Tenant, *kinde.Client) {
	t.Helper()
	return openWith(t, o, nil)
}

// openWith puts a handler before the tenant.
func openWith(t *testing.T, o sandbox.Options, before func(*sandbox.Tenant, *http.Request)) (*sandbox.Tenant, *kinde.Client) {
	t.Helper()
	o.BaseURL = origin
	o.Demo = true
	tenant, err := sandbox.Open(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { tenant.Close() })
	return tenant, clientOf(t, tenant, before)
}

func clientOf(t *testing.T, tenant *sandbox.Tenant, before func(*sandbox.Tenant, *http.Request)) *kinde.Client {
	t.Helper()
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if before != nil {
			before(tenant, r)
		}
		tenant.ServeHTTP(w, r)
	})
	c, err := kinde.New(kinde.Config{BaseURL: kinde.BaseURL(origin), Tokens: kinde.StaticToken(tenant.Token()), Transport: sandbox.Transport(handler), MaxWait: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// furniture is a tenant with everything that a backup holds.
func furniture(users int) sandbox.Options {
	return sandbox.Options{Seed: 7, SeedUsers: users, Definitions: &sandbox.Definitions{
		Organizations: []sandbox.OrganizationDefinition{{Code: "org_acme", Name: "Acme", ExternalID: "acme"}, {Code: "org_beta", Name: "Beta"}},
		Permissions:   []sandbox.PermissionDefinition{{Key: "read:docs", Name: "Read"}, {Key: "write:docs", Name: "Write"}},
		Roles:         []sandbox.RoleDefinition{{Key: "editor", Name: "Editor", Permissions: []string{"read:docs"}}, {Key: "viewer", Name: "Viewer"}},
		Properties:    []sandbox.PropertyDefinition{{Key: "plan", Name: "Plan", Category: "General"}, {Key: "note", Name: "Note", Category: "General", Private: true}},
		Flags:         []sandbox.FlagDefinition{{Key: "beta", Name: "Beta"}},
		Connections:   []sandbox.ConnectionDefinition{{ID: "conn_okta", Name: "Okta", Strategy: "saml:okta"}},
	}}
}

// populate gives some users what the seed does not.
func populate(t *testing.T, tenant *sandbox.Tenant, c *kinde.Client) []sandbox.User {
	t.Helper()
	ctx := t.Context()
	people := tenant.Snapshot()
	for i, u := range people {
		if i%3 == 0 {
			must(t, c.UpdateUserProperties(ctx, u.ID, map[string]string{"plan": fmt.Sprint("p", i%4), "note": "=1+1"}))
		}
		if i%4 == 0 {
			_, err := c.AddOrganizationUsers(ctx, "org_acme", []kinde.NewMember{{ID: u.ID, Roles: []string{"editor"}, Permissions: []string{"write:docs"}}})
			must(t, err)
		}
		if i%5 == 0 {
			_, err := c.CreateUserIdentity(ctx, u.ID, kinde.CreateUserIdentityRequest{Type: "social", Value: fmt.Sprint("g-", i), ConnectionID: tenant.Connection("oauth2:google")})
			must(t, err)
		}
		if i%6 == 0 {
			_, err := c.CreateUserIdentity(ctx, u.ID, kinde.CreateUserIdentityRequest{Type: "phone", Value: fmt.Sprintf("+1555010%04d", i), PhoneCountryID: "us"})
			must(t, err)
		}
	}
	return tenant.Snapshot()
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
