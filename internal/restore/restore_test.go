package restore

import (
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kinde-migrate/kinde-migrate/internal/backup"
	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
	"github.com/kinde-migrate/kinde-migrate/internal/engine"
	"github.com/kinde-migrate/kinde-migrate/internal/importer"
	"github.com/kinde-migrate/kinde-migrate/internal/intake"
	"github.com/kinde-migrate/kinde-migrate/internal/openapitest"
	"github.com/kinde-migrate/kinde-migrate/internal/sandbox"
	"github.com/kinde-migrate/kinde-migrate/internal/source"
	"github.com/kinde-migrate/kinde-migrate/internal/tenant"
	"github.com/kinde-migrate/kinde-migrate/internal/tenanttest"
	_ "github.com/kinde-migrate/kinde-migrate/internal/testenv"
	"github.com/kinde-migrate/kinde-migrate/kinde"
)

var restoreNight = time.Date(2026, 3, 1, 2, 0, 0, 0, time.UTC)

// backedUp makes a backup, at a time of its own.
func backedUp(t *testing.T, dir string, c tenant.API, at time.Time, o backup.Options) *backup.Manifest {
	t.Helper()
	repo, err := backup.LockRepository(dir)
	tenanttest.Must(t, err)
	defer repo.Unlock()
	o.Now = func() time.Time { return at }
	o.TempDir = t.TempDir()
	m, err := repo.Backup(t.Context(), c, o)
	tenanttest.Must(t, err)
	return m
}

// brought brings a backup into a tenant, as the command does.
func brought(t *testing.T, folder string, sb *sandbox.Tenant, o Options) (*Restoration, *kinde.Client) {
	t.Helper()
	return broughtThrough(t, folder, sb.Token(), sandbox.Transport(sb), o)
}

func broughtThrough(t *testing.T, folder, token string, transport http.RoundTripper, o Options) (*Restoration, *kinde.Client) {
	t.Helper()
	ctx := t.Context()
	b, err := backup.Open(t.Context(), folder, nil)
	tenanttest.Must(t, err)
	o.TempDir = t.TempDir()
	r, err := New(ctx, b, o)
	tenanttest.Must(t, err)
	t.Cleanup(func() { r.Close() })
	recorder := engine.NewRecorder()
	c, err := kinde.New(
		kinde.Config{
			BaseURL:   kinde.BaseURL(tenanttest.Origin),
			Tokens:    kinde.StaticToken(token),
			Transport: transport,
			Observe:   recorder.Observe,
		},
	)
	tenanttest.Must(t, err)
	_, err = r.Define(ctx, c, DefineOptions{Create: true})
	tenanttest.Must(t, err)
	stream := r.Source(ctx)
	defer stream.Close()
	rows, err := intake.Open(
		ctx,
		intake.Options{Files: []string{"-"}, Stdin: stream, Format: source.NDJSON, Preset: "kinde-migrate", TempDir: t.TempDir()},
	)
	tenanttest.Must(t, err)
	defer rows.Close()
	store, err := checkpoint.OpenMemory(ctx)
	tenanttest.Must(t, err)
	defer store.Close()
	res, err := importer.Run(
		ctx,
		importer.Job{Source: rows, Target: c, Checkpoint: store, Recorder: recorder},
		importer.Options{Command: "restore", Enterprise: true},
	)
	tenanttest.Must(t, err)
	if n := res.Totals[checkpoint.Rejected] + res.Totals[checkpoint.Failed]; n > 0 {
		t.Fatalf("%d users were not restored: %+v", n, res)
	}
	return r, c
}

// another is an empty tenant of the same company: other ids throughout.
func another(t *testing.T, connections ...sandbox.ConnectionDefinition) *sandbox.Tenant {
	t.Helper()
	sb, err := sandbox.Open(
		sandbox.Options{BaseURL: tenanttest.Origin, Seed: 99, Demo: true, Definitions: &sandbox.Definitions{Connections: connections}},
	)
	tenanttest.Must(t, err)
	t.Cleanup(func() { sb.Close() })
	return sb
}

func TestRestoreIntoAnotherTenant(t *testing.T) {
	t.Parallel()
	sb, c := tenanttest.Open(t, tenanttest.Options(60))
	tenanttest.Populate(t, sb, c)
	boss := sb.Snapshot()[59]
	tenanttest.Must(t, sb.Edit(func(e *sandbox.Edit) error {
		return errors.Join(
			e.SetProvidedID("person7@example.com", "twins"),
			e.SetProvidedID("person8@example.com", "twins"),
			e.SetProvidedID("person9@example.com", ""),
		)
	}))
	_, err := c.CreateUserIdentity(
		t.Context(),
		boss.ID,
		kinde.CreateUserIdentityRequest{Type: "enterprise", Value: "boss@corp.example.org", ConnectionID: "conn_okta"},
	)
	tenanttest.Must(t, err)
	for _, detail := range []backup.Detail{backup.Fast, backup.Full} {
		dir := t.TempDir()
		m := backedUp(t, dir, c, restoreNight, backup.Options{Detail: detail})
		target := another(t, sandbox.ConnectionDefinition{ID: "conn_other", Name: "Okta", Strategy: "saml:okta"})
		r, there := brought(t, filepath.Join(dir, m.Name), target, Options{})
		p, err := r.Prove(t.Context(), there, t.TempDir())
		tenanttest.Must(t, err)
		if !p.Whole() || p.Matched != 60 {
			t.Errorf("%s: %+v", detail, p)
		}
		if !slices.ContainsFunc(target.Snapshot(), func(u sandbox.User) bool {
			return slices.ContainsFunc(u.Identities, func(i sandbox.Identity) bool { return i.Type == "enterprise" && i.Connection == "conn_other" })
		}) {
			t.Error("the enterprise identity did not find its connection")
		}
		for _, old := range sb.Snapshot() {
			if old.ID == boss.ID {
				continue // his enterprise identity excludes all others; Prove has compared him
			}
			now, ok := target.Find(old.Email)
			if !ok {
				t.Errorf("%s is not there", old.Email)
				continue
			}
			for _, i := range now.Identities {
				was := slices.ContainsFunc(old.Identities, func(o sandbox.Identity) bool { return o.Value == i.Value && o.Verified })
				if i.Verified && !was && (i.Type == "email" || i.Type == "phone") ||
					detail == backup.Full && !i.Verified && was && (i.Type == "email" || i.Type == "phone") {
					t.Errorf("%s: %s is verified: %v; it was: %v", detail, i.Value, i.Verified, was)
				}
			}
		}
		var roles []string
		for x, err := range there.GetRoles(t.Context()) {
			tenanttest.Must(t, err)
			if x.Key == "editor" {
				for p, err := range there.GetRolePermissions(t.Context(), x.ID) {
					tenanttest.Must(t, err)
					roles = append(roles, p.Key)
				}
			}
		}
		if !slices.Equal(roles, []string{"read:docs"}) {
			t.Errorf("the role editor grants %v", roles)
		}
	}
}

func TestProveFindsWhatIsWrong(t *testing.T) {
	sb, c := tenanttest.Open(t, tenanttest.Options(20))
	tenanttest.Populate(t, sb, c)
	dir := t.TempDir()
	m := backedUp(t, dir, c, restoreNight, backup.Options{})
	target := another(t)
	r, there := brought(t, filepath.Join(dir, m.Name), target, Options{})
	acme := orgNamed(t, target, "Acme")
	tenanttest.Must(t, target.Edit(func(e *sandbox.Edit) error {
		_, err := e.Add("stranger@example.com", "A", "B")
		return errors.Join(
			err,
			e.Delete("person3@example.com"),
			e.SetProperty("person1@example.com", "plan", "other"),
			e.RemoveMembership("person5@example.com", acme),
		)
	}))
	p, err := r.Prove(t.Context(), there, t.TempDir())
	tenanttest.Must(t, err)
	if p.Missing != 1 || p.Different != 2 || p.Extra != 1 || p.Matched != 17 {
		t.Errorf("%+v", p)
	}
}

func orgNamed(t *testing.T, sb *sandbox.Tenant, name string) string {
	t.Helper()
	for o, err := range tenanttest.ClientOf(t, sb, nil).GetOrganizations(t.Context(), kinde.ListRequest{}) {
		tenanttest.Must(t, err)
		if o.Name == name {
			return o.Code
		}
	}
	t.Fatalf("there is no organization %s", name)
	return ""
}

func TestRestoreOnePerson(t *testing.T) {
	sb, c := tenanttest.Open(t, tenanttest.Options(20))
	tenanttest.Populate(t, sb, c)
	dir := t.TempDir()
	m := backedUp(t, dir, c, restoreNight, backup.Options{})
	folder := filepath.Join(dir, m.Name)
	target := another(t)
	brought(t, folder, target, Options{Selection: Selection{Only: []string{"PERSON2@example.com"}}})
	if target.Count() != 1 {
		t.Errorf("%d users", target.Count())
	}
	for x, err := range tenanttest.ClientOf(t, target, nil).GetRoles(t.Context()) {
		tenanttest.Must(t, err)
		t.Errorf("the role %s was created for nobody", x.Key)
	}
	target = another(t)
	brought(t, folder, target, Options{Selection: Selection{Organization: "acme"}})
	if target.Count() != 5 {
		t.Errorf("%d users of acme", target.Count())
	}
}

func TestRestoreTakesPasswordsFromTheVendorsExport(t *testing.T) {
	sb, c := tenanttest.Open(t, tenanttest.Options(3))
	people := sb.Snapshot()
	dir := t.TempDir()
	m := backedUp(t, dir, c, restoreNight, backup.Options{})
	export := filepath.Join(t.TempDir(), "users.ndjson")
	lines := `{"id":"` + people[0].ID + `","email":"person1@example.com","password":{"hashing_config":{},"hashed_password":"$2a$04$` + bcryptRest + `","hashing_algorithm":"bcrypt"}}
{"id":"` + people[1].ID + `","email":"person2@example.com"}
{"id":"kp_ffffffffffffffffffffffffffffffff","password":{"hashed_password":"x","hashing_algorithm":"md5"}}
`
	tenanttest.Must(t, os.WriteFile(export, []byte(lines), 0o600))
	target := another(t)
	r, _ := brought(t, filepath.Join(dir, m.Name), target, Options{Passwords: export, RequestResets: true})
	if r.Hashes != 2 || r.Joined == 0 {
		t.Errorf("%d hashes, %d joined", r.Hashes, r.Joined)
	}
	if s := target.SignIn("person1@example.com", "correct horse"); !s.SignedIn {
		t.Errorf("%+v", s)
	}
	for who, want := range map[string]bool{"person1@example.com": false, "person2@example.com": true, "person3@example.com": true} {
		if u, _ := target.Find(who); u.PasswordResetRequested != want {
			t.Errorf("%s is asked for a new password: %v", who, u.PasswordResetRequested)
		}
	}
	tenanttest.Must(t, os.WriteFile(export, []byte("PK\x03\x04 secret-hash"), 0o600))
	b, err := backup.Open(t.Context(), filepath.Join(dir, m.Name), nil)
	tenanttest.Must(t, err)
	if _, err := New(t.Context(), b, Options{Passwords: export, TempDir: t.TempDir()}); err == nil || strings.Contains(err.Error(), "secret") {
		t.Error(err)
	}
}

func TestRestoreTwiceCreatesNothingTwice(t *testing.T) {
	sb, c := tenanttest.Open(t, tenanttest.Options(8))
	tenanttest.Populate(t, sb, c)
	dir := t.TempDir()
	m := backedUp(t, dir, c, restoreNight.Add(time.Minute), backup.Options{})
	target := another(t)
	r, there := brought(t, filepath.Join(dir, m.Name), target, Options{})
	d, err := r.Define(t.Context(), there, DefineOptions{Create: true})
	tenanttest.Must(t, err)
	if len(d.Created)+len(d.Lacking) > 0 {
		t.Errorf("%+v", d)
	}
}

// TestBackupAndRestoreFitTheDescription holds each request and each answer of a
// full backup and its restoration against the vendor's description.
func TestBackupAndRestoreFitTheDescription(t *testing.T) {
	v := openapitest.Load(t)
	furnished := tenanttest.Options(30)
	furnished.Definitions.Properties = append(
		furnished.Definitions.Properties,
		sandbox.PropertyDefinition{Key: "vat", Name: "VAT", Context: "org", Category: "Firm"},
	)
	sb, c := tenanttest.Open(t, furnished)
	tenanttest.Populate(t, sb, c)
	yes := true
	tenanttest.Must(t, c.UpdateOrganization(t.Context(), "org_beta", kinde.UpdateOrganizationRequest{IsSuspended: &yes}))
	tenanttest.Must(t, c.UpdateOrganizationProperties(t.Context(), "org_acme", map[string]string{"vat": "PT1"}))
	tenanttest.Must(t, c.UpdateOrganizationFeatureFlagOverride(t.Context(), "org_acme", "beta", "true"))
	client := func(of *sandbox.Tenant) *kinde.Client {
		c, err := kinde.New(
			kinde.Config{
				BaseURL:   kinde.BaseURL(tenanttest.Origin),
				Tokens:    kinde.StaticToken(of.Token()),
				Transport: v.Transport(t, sandbox.Transport(of)),
			},
		)
		tenanttest.Must(t, err)
		return c
	}
	dir := t.TempDir()
	first := backedUp(t, dir, client(sb), restoreNight, backup.Options{Detail: backup.Full})
	target := another(t, sandbox.ConnectionDefinition{ID: "conn_okta", Name: "Okta", Strategy: "saml:okta"})
	_, there := broughtThrough(t, filepath.Join(dir, first.Name), target.Token(), v.Transport(t, sandbox.Transport(target)), Options{})
	second := backedUp(t, t.TempDir(), there, restoreNight, backup.Options{Detail: backup.Full})
	for _, kind := range []string{backup.KindUsers, backup.KindMemberships, backup.KindOrganizations, backup.KindRoles,
		backup.KindPermissions, backup.KindProperties, backup.KindFlags} {
		if first.Counts[kind] != second.Counts[kind] {
			t.Errorf("%s: %d were backed up, %d are there", kind, first.Counts[kind], second.Counts[kind])
		}
	}
}

// TestRestoreBringsOrganizationsBack as they were: suspended, with their
// properties and feature flags.
func TestRestoreBringsOrganizationsBack(t *testing.T) {
	furnished := tenanttest.Options(8)
	furnished.Definitions.Properties = append(
		furnished.Definitions.Properties,
		sandbox.PropertyDefinition{Key: "vat", Name: "VAT", Context: "org", Category: "Firm"},
	)
	sb, c := tenanttest.Open(t, furnished)
	tenanttest.Populate(t, sb, c)
	ctx, yes := t.Context(), true
	tenanttest.Must(
		t,
		c.UpdateOrganization(ctx, "org_acme", kinde.UpdateOrganizationRequest{IsSuspended: &yes, IsAutoMembershipEnabled: &yes}),
	)
	tenanttest.Must(t, c.UpdateOrganizationProperties(ctx, "org_acme", map[string]string{"vat": "PT1"}))
	tenanttest.Must(t, c.UpdateOrganizationFeatureFlagOverride(ctx, "org_acme", "beta", "true"))
	dir := t.TempDir()
	m := backedUp(t, dir, c, restoreNight, backup.Options{Detail: backup.Full})
	target := another(t)
	r, there := brought(t, filepath.Join(dir, m.Name), target, Options{})
	code := r.organizations["org_acme"]
	o, err := there.GetOrganization(ctx, code)
	tenanttest.Must(t, err)
	if !o.IsSuspended || !o.IsAutoMembershipEnabled {
		t.Errorf("%+v", o)
	}
	values := map[string]string{}
	for v, err := range there.GetOrganizationPropertyValues(ctx, code) {
		tenanttest.Must(t, err)
		values[v.Key] = v.Value
	}
	flags, err := there.GetOrganizationFeatureFlags(ctx, code)
	tenanttest.Must(t, err)
	if values["vat"] != "PT1" || flags["beta"].Value != "true" {
		t.Errorf("properties %v, flags %v", values, flags)
	}
	// Of the next run it is no organization that it made: it keeps what it has.
	no := false
	tenanttest.Must(t, there.UpdateOrganization(ctx, code, kinde.UpdateOrganizationRequest{IsSuspended: &no}))
	d, err := r.Define(ctx, there, DefineOptions{Create: true})
	tenanttest.Must(t, err)
	if o, err := there.GetOrganization(ctx, code); err != nil || o.IsSuspended || !slices.Contains(d.Kept, "Acme") {
		t.Errorf("%+v, %+v, %v", o, d, err)
	}
}

// bcryptRest is the rest of a hash of "correct horse".
const bcryptRest = "FeXGhDUVxkxd6RTAIN1GFep4j/iT0LB2h5iOjpEQ8DMzBIFEJfSn2"
