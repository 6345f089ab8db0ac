package doctor

import (
	"context"
	"iter"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kinde-migrate/kinde-migrate/internal/importer"
	"github.com/kinde-migrate/kinde-migrate/internal/intake"
	"github.com/kinde-migrate/kinde-migrate/internal/mapping"
	"github.com/kinde-migrate/kinde-migrate/internal/openapitest"
	"github.com/kinde-migrate/kinde-migrate/internal/operation"
	"github.com/kinde-migrate/kinde-migrate/internal/sandbox"
	"github.com/kinde-migrate/kinde-migrate/kinde"
)

// people is a source that lives in memory.
type people []*mapping.User

func (people) Source() intake.Source { return intake.Source{} }

func (p people) Scan(_ context.Context, v intake.Visitor) (intake.Summary, error) {
	for n, u := range p {
		if err := v.Add(intake.Item{Position: intake.Position{Number: int64(n + 1)}, User: u, Disposition: intake.Use}); err != nil {
			return intake.Summary{}, err
		}
	}
	return intake.Summary{}, nil
}

func (people) Read(context.Context, []intake.Position) iter.Seq2[intake.Item, error] { return nil }

// everything names one thing of each kind.
var everything = people{{
	SourceID:   "auth0|1",
	Identities: []mapping.Identity{{Type: mapping.Email, Value: "ana@example.com"}},
	Links:      []mapping.Link{{Strategy: "oauth2:gitlab", Subject: "1"}},
	Properties: []mapping.KeyValue{{Key: "plan", Value: "gold"}},
	Flags:      []mapping.KeyValue{{Key: "beta", Value: "true"}, {Key: "seats", Value: "7"}, {Key: "theme", Value: "dark"}},
	Memberships: []mapping.Membership{{Organization: mapping.Organization{ExternalID: "acme", Name: "Acme"},
		Roles: []string{"admin"}, Permissions: []string{"read:all"}}},
}}

func named(t *testing.T, p people) *importer.References {
	t.Helper()
	n, err := importer.ReferencesOf(t.Context(), p)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func look(t *testing.T, opt sandbox.Options, more func(*Options)) (*sandbox.Tenant, Options, *Findings) {
	t.Helper()
	tenant, err := sandbox.Open(opt)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { tenant.Close() })
	v := openapitest.Load(t)
	transport := sandbox.Transport(tenant)
	token := tenant.Token()
	var offset time.Duration
	told := false
	client, err := kinde.New(
		kinde.Config{
			BaseURL:   kinde.BaseURL(tenant.BaseURL()),
			Tokens:    kinde.StaticToken(token),
			Transport: v.Transport(t, transport),
			Observe: func(a kinde.Attempt) {
				if !a.Server.IsZero() {
					told, offset = true, a.Server.Sub(a.Started)
				}
			},
		},
	)
	if err != nil {
		t.Fatal(err)
	}
	o := Options{Tenant: client, Audience: tenant.BaseURL() + "/api", Commands: []string{"import"},
		Token:       func(context.Context) (string, error) { return token, nil },
		ClockOffset: func() (time.Duration, bool) { return offset, told },
		Free:        func() (uint64, string, error) { return 1 << 30, "/data", nil }}
	if more != nil {
		more(&o)
	}
	f, err := Examine(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	return tenant, o, f
}

func (f *Findings) of(check string) Finding {
	i := slices.IndexFunc(f.List, func(x Finding) bool { return x.Check == check })
	if i < 0 {
		return Finding{}
	}
	return f.List[i]
}

func TestHealthyTenant(t *testing.T) {
	_, _, f := look(t, sandbox.Options{Demo: true}, nil)
	for _, check := range []string{"domain", "token", "audience", "scopes", "environment", "webhooks", "disk"} {
		if x := f.of(check); x.Level != Green {
			t.Errorf("%s is %q: %s", check, x.Level, x.Message)
		}
	}
	if f.of("default organization").Level != Yellow {
		t.Error("nobody is told of the default organization")
	}
	if f.Worst() == Red || f.Denied {
		t.Errorf("a healthy tenant is called %s", f.Worst())
	}
}

func TestLiveTenantIsNamed(t *testing.T) {
	_, _, f := look(t, sandbox.Options{Name: "Production", Live: true}, nil)
	if x := f.of("environment"); x.Level != Yellow || !strings.Contains(x.Message, "Production is live") {
		t.Errorf("%+v", x)
	}
}

func TestMissingScopesAreNamedExactly(t *testing.T) {
	granted := []string{"read:environments", "read:users", "create:users", "read:organizations", "read:roles", "read:connections"}
	for _, c := range []struct {
		name   string
		opaque bool
		want   []string
	}{
		{"from the token's claims", false, []string{"update:users", "update:user_passwords"}},
		{"by trying to read", true, []string{"read:permissions", "read:properties"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, _, f := look(t, sandbox.Options{Scopes: granted, Opaque: c.opaque}, nil)
			x := f.of("scopes")
			if x.Level != Red || !f.Denied {
				t.Fatalf("missing scopes are %+v", x)
			}
			for _, s := range c.want {
				if !slices.Contains(x.Scopes, s) || !strings.Contains(x.Message, s) {
					t.Errorf("%s is not named: %s", s, x.Message)
				}
			}
			for _, s := range granted {
				if slices.Contains(x.Scopes, s) {
					t.Errorf("%s is called missing, and it is there", s)
				}
			}
			if c.opaque && !strings.Contains(f.of("write scopes").Message, "create:users") {
				t.Errorf("what can't be tried is not named: %+v", f.of("write scopes"))
			}
		})
	}
}

func TestScopesFollowTheSource(t *testing.T) {
	plain := people{{SourceID: "1", Identities: []mapping.Identity{{Type: mapping.Email, Value: "ana@example.com"}}}}
	_, _, f := look(
		t,
		sandbox.Options{
			Scopes: []string{
				"read:environments",
				"read:users",
				"create:users",
				"update:users",
				"update:user_passwords",
				"read:user_identities",
				"create:user_identities",
			},
		},
		func(o *Options) { o.Source = named(t, plain) },
	)
	if x := f.of("scopes"); x.Level != Green {
		t.Errorf("a source without organizations, roles and properties needs no scopes for them: %s", x.Message)
	}
}

func TestSourceAgainstBareTenantAndMended(t *testing.T) {
	_, o, f := look(t, sandbox.Options{}, func(o *Options) { o.Source = named(t, everything) })
	if f.Worst() != Red {
		t.Errorf("a bare tenant is %s", f.Worst())
	}
	for check, name := range map[string]string{"organizations": "acme", "roles": "admin", "permissions": "read:all", "properties": "plan",
		"flags": "beta", "connections": "oauth2:gitlab"} {
		x := f.of(check)
		if x.Level != Red || !slices.ContainsFunc(x.Missing, func(m Missing) bool { return m.Name == name && m.Records == 1 }) {
			t.Errorf("%s: %s is not named with its records: %+v", check, name, x)
		}
	}
	if f.Fixable() != 7 {
		t.Errorf("%d of 8 can be mended, want all but the connection", f.Fixable())
	}
	for range 2 { // a second time there is nothing to do
		if err := o.Source.CreateMissing(t.Context(), o.Tenant.(*kinde.Client)); err != nil {
			t.Fatal(err)
		}
	}
	after, err := Examine(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if len(after.Lacks) != 1 || after.Lacks[0].Kind != "connection" {
		t.Errorf("left after mending: %+v", after.Lacks)
	}
	for p, err := range o.Tenant.GetProperties(t.Context(), kinde.ContextUser) {
		if err == nil && p.Key == "plan" && !p.IsPrivate {
			t.Error("the property is not private")
		}
	}
	flags, err := o.Tenant.GetEnvironmentFeatureFlags(t.Context())
	if err != nil || len(flags) != 3 {
		t.Errorf("flags %v, %v", flags, err)
	}
}

func TestRefusedToken(t *testing.T) {
	_, _, f := look(t, sandbox.Options{}, func(o *Options) {
		o.Token = func(context.Context) (string, error) {
			return "", &kinde.Error{Operation: operation.Token, Status: 401, Class: kinde.ClassAuth, Message: "The client secret is wrong."}
		}
	})
	if x := f.of("token"); x.Level != Red || !f.Denied || !f.Cut {
		t.Errorf("%+v", f)
	}
}

func TestUnreachableTenant(t *testing.T) {
	_, _, f := look(t, sandbox.Options{}, func(o *Options) {
		o.Token = func(context.Context) (string, error) {
			return "", &kinde.Error{
				Operation: operation.Token,
				Class:     kinde.ClassRetry,
				Message:   "there is no host acme.kinde.example",
				Err:       &net.DNSError{IsNotFound: true},
			}
		}
	})
	x := f.of("domain")
	if x.Level != Red || f.Denied {
		t.Errorf("%+v", f)
	}
	if !strings.HasSuffix(x.Message, " can't be reached: asking for a token: there is no host acme.kinde.example") ||
		!strings.Contains(x.Try, "spelling of the domain") {
		t.Errorf("%q, try %q", x.Message, x.Try)
	}
}

func TestFullDiskAndWrongClock(t *testing.T) {
	_, _, f := look(t, sandbox.Options{}, func(o *Options) {
		o.Free = func() (uint64, string, error) { return 1 << 20, "/data", nil }
		o.ClockOffset = func() (time.Duration, bool) { return -10 * time.Minute, true }
	})
	if x := f.of("disk"); x.Level != Red {
		t.Errorf("a full disk is %+v", x)
	}
	if x := f.of("clock"); x.Level != Red || !strings.Contains(x.Message, "10m0s ahead") {
		t.Errorf("a wrong clock is %+v", x)
	}
}
