package restore

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/kinde-migrate/kinde-migrate/internal/backup"
	"github.com/kinde-migrate/kinde-migrate/internal/sandbox"
	"github.com/kinde-migrate/kinde-migrate/internal/tenant"
	"github.com/kinde-migrate/kinde-migrate/internal/tenanttest"
)

func TestSelection(t *testing.T) {
	ana := &tenant.Row{ID: "kp_1", ProvidedID: "old-1", Email: "ana@example.com", Phone: "+12025550141", Username: "Ana",
		Identities:    []tenant.Identity{{Type: "email", Value: "second@example.com"}},
		Organizations: []tenant.Membership{{Code: "org_a"}, {Code: "org_b", ExternalID: "b"}}}
	bare := &tenant.Row{ID: "kp_2"}
	for _, c := range []struct {
		of        Selection
		ana, bare bool
	}{
		{Selection{}, true, true},
		{Selection{Only: []string{"kp_1"}}, true, false},
		{Selection{Only: []string{"old-1"}}, true, false},
		{Selection{Only: []string{"ANA@example.com"}}, true, false},
		{Selection{Only: []string{"+12025550141"}}, true, false},
		{Selection{Only: []string{"ana"}}, true, false},
		{Selection{Only: []string{"Second@example.com"}}, true, false},
		{Selection{Only: []string{"x", "kp_2"}}, false, true},
		{Selection{Only: []string{"x"}}, false, false},
		{Selection{Organization: "org_a"}, true, false},
		{Selection{Organization: "b"}, true, false},
		{Selection{Organization: "org_c"}, false, false},
		{Selection{Organization: "org_a", Only: []string{"kp_2"}}, false, false},
		{Selection{Organization: "org_a", Only: []string{"kp_1"}}, true, false},
	} {
		if a, b := c.of.takes(ana), c.of.takes(bare); a != c.ana || b != c.bare {
			t.Errorf("%+v takes %v and %v, want %v and %v", c.of, a, b, c.ana, c.bare)
		}
		if got, want := c.of.Partial(), len(c.of.Only) > 0 || c.of.Organization != ""; got != want {
			t.Errorf("%+v is partial: %v", c.of, got)
		}
	}
}

// people are users with everything that a restore translates or leaves out.
func people() rows {
	yes, on := true, time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	return rows{backup.KindUsers: {
		tenant.Row{ID: "kp_1", ProvidedID: "twins", Email: "ana@example.com", IsSuspended: true,
			Identities: []tenant.Identity{{Type: "email", Value: "ana@example.com", Verified: &yes},
				{Type: "social", Value: "g1", ConnectionID: "conn_old"}, {Type: "enterprise", Value: "e1", ConnectionID: "conn_gone"}},
			Organizations: []tenant.Membership{{Code: "org_old", Name: "Acme", Roles: []string{"editor"}}, {Code: "org_gone", Name: "Gone"}},
			Properties:    map[string]string{"plan": "gold"},
			MFA:           []tenant.Factor{{ID: "f"}}, Sessions: []tenant.Session{{ID: "s"}}, DetailsOn: &on},
		tenant.Row{ID: "kp_2", ProvidedID: "twins", Email: "bo@example.com", Identities: []tenant.Identity{{Type: "email",
			Value: "bo@example.com"}}},
		tenant.Row{ID: "kp_3", ProvidedID: "own", Phone: "+12025550141",
			Identities: []tenant.Identity{{Type: "phone", Value: "+12025550141"}}},
		tenant.Row{ID: "kp_4", Email: "out@example.com"},
	}}
}

// TestStream compares the whole text that an import gets.
func TestStream(t *testing.T) {
	export := filepath.Join(t.TempDir(), "users.ndjson")
	tenanttest.Must(t, os.WriteFile(export, []byte(`
{"id":"kp_1","password":{"hashed_password":"old"}}
{"id":"kp_1","password":{"hashed_password":"$2a$04$x","hashing_algorithm":"bcrypt"}}

{"id":"","password":{"hashed_password":"x"}}
{"id":"kp_2","password":{"hashed_password":null}}
{"id":"kp_3","password":{}}
{"id":"kp_3"}
{"id":"kp_4","password":{"hashed_password":"y"}}
`), 0o600))
	only := Selection{Only: []string{"kp_1", "kp_2", "kp_3"}}
	r := restorationOf(t, laidDown(t, backup.Full, people()), Options{Passwords: export, RequestResets: true, Selection: only})
	r.organizations["org_old"], r.connections["conn_old"] = "org_new", "conn_new"
	stream := r.Source(t.Context())
	text, err := io.ReadAll(stream)
	tenanttest.Must(t, errors.Join(err, stream.Close()))
	want := `{"id":"kp_1","provided_id":"twins","email":"ana@example.com","is_suspended":true,"total_sign_ins":0,` +
		`"identities":[{"type":"email","value":"ana@example.com","is_verified":true},{"type":"social","value":"g1","connection_id":"conn_new"},` +
		`{"type":"enterprise","value":"e1"}],"organizations":[{"code":"org_new","name":"Acme","roles":["editor"]},{"name":"Gone"}],` +
		`"properties":{"plan":"gold"},"password":{"hashed_password":"$2a$04$x","hashing_algorithm":"bcrypt"}}
{"id":"kp_2","email":"bo@example.com","is_suspended":false,"total_sign_ins":0,"identities":[{"type":"email","value":"bo@example.com"}],` +
		`"is_password_reset_requested":true}
{"id":"kp_3","provided_id":"own","phone":"+12025550141","is_suspended":false,"total_sign_ins":0,"identities":[{"type":"phone","value":"+12025550141"}]}
`
	if string(text) != want {
		t.Errorf("the import gets\n%s\nwant\n%s", text, want)
	}
	if r.Users != 3 || r.Unaffiliated != 2 || r.Hashes != 3 || r.Joined != 1 {
		t.Errorf("%d users, %d unaffiliated, %d hashes, %d joined", r.Users, r.Unaffiliated, r.Hashes, r.Joined)
	}
}

// TestHashesThatCannotBeRead end a restoration, and no hash is shown.
func TestHashesThatCannotBeRead(t *testing.T) {
	b := laidDown(t, backup.Full, people())
	dir := t.TempDir()
	read := func(text string) error {
		path := filepath.Join(dir, "export")
		tenanttest.Must(t, os.WriteFile(path, []byte(text), 0o600))
		_, err := New(t.Context(), b, Options{Passwords: path, TempDir: dir})
		return err
	}
	const want = "reading the file with passwords: line 2 is not a JSON object: the file has to be users.ndjson from Kinde's export, decrypted"
	if err := read("\nsecret-hash\n"); err == nil || err.Error() != want {
		t.Errorf("%v", err)
	}
	if err := read(strings.Repeat("x", 64<<20+1)); err == nil ||
		err.Error() != "reading the file with passwords: bufio.Scanner: token too long" {
		t.Errorf("a line without an end: %v", err)
	}
	_, err := New(t.Context(), b, Options{Passwords: filepath.Join(dir, "none"), TempDir: dir})
	if !errors.Is(err, os.ErrNotExist) || !strings.HasPrefix(err.Error(), "opening the file with passwords: ") {
		t.Error(err)
	}
	tenanttest.Must(t, os.WriteFile(filepath.Join(dir, "good"), []byte(`{"id":"kp_1","password":{"hashed_password":"x"}}`), 0o600))
	if _, err = New(t.Context(), b, Options{Passwords: filepath.Join(dir, "good"), TempDir: filepath.Join(dir, "none")}); err == nil ||
		!strings.HasPrefix(err.Error(), "keeping the passwords: ") {
		t.Error(err)
	}
	for name, c := range map[string]struct {
		harm func(*hashes) error
		want string
	}{
		"closed": {func(h *hashes) error { return h.Close() }, "looking up a password: "},
		"no JSON": {func(h *hashes) error { _, err := h.Exec("UPDATE hash SET password = 'x'"); return err },
			"looking up a password: invalid character"},
	} {
		r := restorationOf(t, b, Options{Passwords: filepath.Join(dir, "good")})
		tenanttest.Must(t, c.harm(r.hashes))
		stream := r.Source(t.Context())
		text, err := io.ReadAll(stream)
		if err == nil || !strings.HasPrefix(err.Error(), c.want) || len(text) > 0 {
			t.Errorf("%s: %q, %v", name, text, err)
		}
		tenanttest.Must(t, stream.Close())
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := New(ctx, b, Options{Passwords: filepath.Join(dir, "good"), TempDir: dir}); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 2 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// TestARestorationStops when its context ends, and its reader may stop before.
func TestARestorationStops(t *testing.T) {
	many := rows{}
	for range 3000 {
		many[backup.KindUsers] = append(many[backup.KindUsers], tenant.Row{ID: "kp_1", FirstName: strings.Repeat("x", 100)})
	}
	b := laidDown(t, backup.Fast, many)
	ctx, cancel := context.WithCancel(t.Context())
	r := restorationOf(t, b, Options{})
	stream := r.Source(ctx)
	_, err := stream.Read(make([]byte, 10))
	tenanttest.Must(t, err)
	cancel()
	if _, err := io.ReadAll(stream); !errors.Is(err, context.Canceled) {
		t.Errorf("read on: %v", err)
	}
	tenanttest.Must(t, stream.Close())
	if _, err := New(ctx, b, Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("looked on: %v", err)
	}
	stream = r.Source(t.Context())
	tenanttest.Must(t, stream.Close()) // ends the goroutine
	if err := r.stream(t.Context(), failing{}); !errors.Is(err, os.ErrClosed) {
		t.Errorf("written on: %v", err)
	}
	one := restorationOf(t, laidDown(t, backup.Fast, people()), Options{})
	if err := one.stream(t.Context(), failing{}); !errors.Is(err, os.ErrClosed) {
		t.Errorf("the last of it: %v", err)
	}
}

type failing struct{}

func (failing) Write([]byte) (int, error) { return 0, os.ErrClosed }

// TestDigest: what a restore brings back is compared, in the tenant's ids, and nothing else.
func TestDigest(t *testing.T) {
	yes, no := true, false
	on := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	base := func() tenant.Row {
		return tenant.Row{ID: "kp_1", FirstName: "Ana", LastName: "P", Picture: "p", Email: "a@example.com", Username: "ana",
			Identities: []tenant.Identity{{Type: "email", Value: "a@example.com", Verified: &yes}, {Type: "phone",
				Value: "+12025550141", Verified: &no},
				{Type: "social", Value: "g", ConnectionID: "conn_old"}, {Type: "social", Value: "g", ConnectionID: "conn_2"}},
			Organizations: []tenant.Membership{{Code: "org_old", Roles: []string{"b", "a"}, Permissions: []string{"y", "x"}},
				{Code: "org_2", Roles: []string{}}}}
	}
	restored := func() tenant.Row {
		r := base()
		r.Identities[2].ConnectionID, r.Identities[3].ConnectionID = "conn_new", "conn_3"
		r.Organizations[0].Code, r.Organizations[1].Code = "org_new", "org_3"
		return r
	}
	for name, c := range map[string]struct {
		change     func(*tenant.Row)
		same, fast bool // in a full backup, in a fast one
	}{
		"nothing": {func(*tenant.Row) {}, true, true},
		"what does not count": {func(r *tenant.Row) {
			r.ID, r.ProvidedID, r.Phone, r.TotalSignIns, r.CreatedOn = "kp_9", "1", "x", 9, &on
		}, true, true},
		"first name":          {func(r *tenant.Row) { r.FirstName = "" }, false, false},
		"last name":           {func(r *tenant.Row) { r.LastName = "" }, false, false},
		"picture":             {func(r *tenant.Row) { r.Picture = "" }, false, false},
		"suspended":           {func(r *tenant.Row) { r.IsSuspended = true }, false, false},
		"e-mail":              {func(r *tenant.Row) { r.Email = "" }, false, false},
		"username":            {func(r *tenant.Row) { r.Username = "" }, false, false},
		"a property":          {func(r *tenant.Row) { r.Properties = map[string]string{"a": "b"} }, false, false},
		"no property":         {func(r *tenant.Row) { r.Properties = map[string]string{} }, true, true},
		"an empty property":   {func(r *tenant.Row) { r.Properties = map[string]string{"a": ""} }, true, true},
		"an identity less":    {func(r *tenant.Row) { r.Identities = r.Identities[1:] }, false, false},
		"an identity's kind":  {func(r *tenant.Row) { r.Identities[0].Type = "username" }, false, false},
		"an identity's value": {func(r *tenant.Row) { r.Identities[1].Value = "+12025550142" }, false, false},
		"a connection":        {func(r *tenant.Row) { r.Identities[2].ConnectionID = "conn_old" }, false, false},
		"the order":           {func(r *tenant.Row) { r.Identities[2], r.Identities[3] = r.Identities[3], r.Identities[2] }, true, true},
		"e-mail not verified": {func(r *tenant.Row) { r.Identities[0].Verified = &no }, false, true},
		"phone verified":      {func(r *tenant.Row) { r.Identities[1].Verified = &yes }, false, true},
		"social verified":     {func(r *tenant.Row) { r.Identities[2].Verified = &yes }, true, true},
		"not read":            {func(r *tenant.Row) { r.Identities[0].Verified = nil }, false, true},
		"an organization":     {func(r *tenant.Row) { r.Organizations[0].Code = "org_old" }, false, false},
		"roles in order": {func(r *tenant.Row) {
			r.Organizations[0].Roles, r.Organizations[0].Permissions = []string{"a", "b"}, []string{"x", "y"}
		}, true, true},
		"a role less":       {func(r *tenant.Row) { r.Organizations[0].Roles = []string{"a"} }, false, false},
		"a permission less": {func(r *tenant.Row) { r.Organizations[0].Permissions = []string{"x"} }, false, false},
		"no roles":          {func(r *tenant.Row) { r.Organizations[1].Roles, r.Organizations[1].Permissions = nil, []string{} }, true, true},
		"organizations turned": {func(r *tenant.Row) {
			r.Organizations[0], r.Organizations[1] = r.Organizations[1], r.Organizations[0]
		}, true, true},
	} {
		for _, detail := range []backup.Detail{backup.Full, backup.Fast} {
			r := &Restoration{backup: &backup.Backup{Manifest: &backup.Manifest{Detail: detail}},
				organizations: map[string]string{"org_old": "org_new", "org_2": "org_3"},
				connections:   map[string]string{"conn_old": "conn_new", "conn_2": "conn_3"}}
			old, now := base(), restored()
			c.change(&now)
			a, errA := r.digest(&old, false)
			b, errB := r.digest(&now, true)
			tenanttest.Must(t, errors.Join(errA, errB))
			if want := map[backup.Detail]bool{backup.Full: c.same, backup.Fast: c.fast}[detail]; (a == b) != want {
				t.Errorf("%s, %s: the same is %v", name, detail, a == b)
			}
		}
	}
}

// TestProof compares all that is found, with the words for it.
func TestProof(t *testing.T) {
	sb, c, w := target(t, sandbox.Definitions{})
	tenanttest.Must(t, sb.Edit(func(e *sandbox.Edit) error {
		for _, u := range []struct{ email, id string }{{"same@example.com", "same"}, {"other@example.com", "other"}, {"none@example.com", ""},
			{"extra@example.com", "extra"}, {"twin1@example.com", "twins"}, {"twin2@example.com", "twins"}, {"byid@example.com", "kp_b2"}} {
			if _, err := e.Add(u.email, "A", "B"); err != nil {
				return err
			}
			if err := e.SetProvidedID(u.email, u.id); err != nil {
				return err
			}
		}
		return nil
	}))
	row := func(id, provided, email string) tenant.Row {
		return tenant.Row{ID: id, ProvidedID: provided, FirstName: "A", LastName: "B", Email: email,
			Identities:    []tenant.Identity{{Type: "email", Value: email}},
			Organizations: []tenant.Membership{{Code: "org_old"}}}
	}
	r := restorationOf(t, laidDown(t, backup.Fast, rows{backup.KindUsers: {row("kp_b1", "same", "same@example.com"),
		row("kp_b2", "", "byid@example.com"), row("kp_b3", "other", "changed@example.com"), row("kp_b4", "gone", "gone@example.com"),
		row("kp_b5", "twins", "twin1@example.com"), row("kp_b6", "none of ours", "left@example.com")}}),
		Options{Selection: Selection{Only: []string{"kp_b1", "kp_b2", "kp_b3", "kp_b4", "kp_b5"}}})
	r.organizations["org_old"] = sb.DefaultOrganization()
	p, err := r.Prove(t.Context(), c, t.TempDir())
	tenanttest.Must(t, err)
	want := `{"matched":3,"missing":1,"different":1,"extra":3,"examples":["none@example.com is in the tenant, but not in the backup",` +
		`"twin2@example.com is in the tenant, but not in the backup","changed@example.com (kp_b3) is not the same","gone@example.com (kp_b4) is missing",` +
		`"extra is in the tenant, but not in the backup"]}`
	if data, err := tenant.Marshal(p); err != nil || string(bytes.TrimSpace(data)) != want || p.Whole() {
		t.Errorf("%s, %v\nwant %s", data, err, want)
	}
	for range 30 {
		p.example("x")
	}
	if len(p.Examples) != 20 {
		t.Errorf("%d examples", len(p.Examples))
	}
	for _, part := range []Proof{{Missing: 1}, {Different: 1}, {Extra: 1}, {Matched: 1}} {
		if part.Whole() != (part.Matched == 1) {
			t.Errorf("%+v is whole: %v", part, part.Whole())
		}
	}
	w.count, w.disturb = 0, func(int, *http.Request) (*http.Response, error) { return nil, os.ErrClosed }
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := r.Prove(ctx, c, t.TempDir()); !errors.Is(err, context.Canceled) || !strings.HasPrefix(err.Error(),
		"reading what was restored: ") {
		t.Errorf("%v", err)
	}
}
