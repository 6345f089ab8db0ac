package backup

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"filippo.io/age"

	"github.com/kinde-migrate/kinde-migrate/internal/operation"
	"github.com/kinde-migrate/kinde-migrate/internal/sandbox"
	"github.com/kinde-migrate/kinde-migrate/internal/tenant"
	"github.com/kinde-migrate/kinde-migrate/internal/tenanttest"
	_ "github.com/kinde-migrate/kinde-migrate/internal/testenv"
	"github.com/kinde-migrate/kinde-migrate/kinde"
)

// backup makes one, at a time of its own.
func backedUp(t *testing.T, dir string, c tenant.API, at time.Time, o Options) *Manifest {
	t.Helper()
	repo, err := LockRepository(dir)
	tenanttest.Must(t, err)
	defer repo.Unlock()
	o.Now = func() time.Time { return at }
	o.TempDir = t.TempDir()
	m, err := repo.Backup(t.Context(), c, o)
	tenanttest.Must(t, err)
	return m
}

func verify(t *testing.T, dir string, ids Identities, names ...string) *Verification {
	t.Helper()
	repo, err := OpenRepository(dir)
	tenanttest.Must(t, err)
	v, err := repo.Verify(t.Context(), ids, names...)
	tenanttest.Must(t, err)
	return v
}

var night = time.Date(2026, 3, 1, 2, 0, 0, 0, time.UTC)

func TestBackupHoldsTheTenant(t *testing.T) {
	sb, c := tenanttest.Open(t, tenanttest.Options(40))
	tenanttest.Populate(t, sb, c)
	dir := filepath.Join(t.TempDir(), "backups")
	m := backedUp(t, dir, c, night, Options{Version: "1"})
	if v := verify(t, dir, nil); len(v.Problems) > 0 {
		t.Fatal(v.Problems)
	}
	for kind, want := range map[string]int64{KindUsers: 40, KindMemberships: 50, KindOrganizations: 3, KindRoles: 2, KindPermissions: 2,
		KindFlags: 1, KindConnections: 11} {
		if m.Counts[kind] != want {
			t.Errorf("%d %s, want %d", m.Counts[kind], kind, want)
		}
	}
	if !slices.ContainsFunc(m.NotCopied, func(n NotCopied) bool { return n.What == "passwords" }) ||
		!slices.ContainsFunc(m.NotCopied, func(n NotCopied) bool { return strings.HasPrefix(n.What, "verified") }) {
		t.Errorf("the manifest hides what is missing: %+v", m.NotCopied)
	}
	folder := filepath.Join(dir, m.Name)
	b, err := Open(t.Context(), folder, nil)
	tenanttest.Must(t, err)
	roles, err := ReadList[tenant.RoleRow](b, KindRoles)
	tenanttest.Must(t, err)
	if len(roles[0].Permissions) != 1 || roles[0].Permissions[0] != "read:docs" {
		t.Errorf("%+v", roles)
	}
	if st, err := os.Stat(filepath.Join(folder, ManifestFile)); err != nil || st.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", st.Mode(), err)
	}
}

func TestVerifyFindsEveryFlippedBit(t *testing.T) {
	t.Parallel()
	sb, c := tenanttest.Open(t, tenanttest.Options(12))
	tenanttest.Populate(t, sb, c)
	key, err := age.GenerateX25519Identity()
	tenanttest.Must(t, err)
	recipients, err := ParseRecipients([]string{key.Recipient().String()})
	tenanttest.Must(t, err)
	for _, o := range []Options{{}, {Recipients: recipients}} {
		dir := filepath.Join(t.TempDir(), "b")
		m := backedUp(t, dir, c, night, o)
		folder := filepath.Join(dir, m.Name)
		err := filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			whole, err := os.ReadFile(path)
			tenanttest.Must(t, err)
			for _, at := range []int{0, len(whole) / 3, len(whole) / 2, len(whole) - 1} {
				if len(whole) == 0 {
					continue
				}
				for _, bit := range []byte{1, 32} {
					damaged := bytes.Clone(whole)
					damaged[at] ^= bit
					tenanttest.Must(t, os.WriteFile(path, damaged, 0o600))
					v := verify(t, dir, nil)
					if len(v.Problems) == 0 {
						t.Errorf("bit %d of byte %d of %s", bit, at, d.Name())
					}
					for _, p := range v.Problems {
						if p.File == "" {
							t.Errorf("%s: no file is named: %+v", d.Name(), p)
						}
					}
				}
			}
			tenanttest.Must(t, os.WriteFile(path, whole, 0o600))
			return nil
		})
		tenanttest.Must(t, err)
		if v := verify(t, dir, Identities{key}); len(v.Problems) > 0 || len(v.Unread) > 0 {
			t.Errorf("%+v", v)
		}
	}
}

func TestVerifyNamesTheLine(t *testing.T) {
	_, c := tenanttest.Open(t, tenanttest.Options(30))
	dir := t.TempDir()
	m := backedUp(t, dir, c, night, Options{})
	path := filepath.Join(dir, m.Name, "users.ndjson")
	data, err := os.ReadFile(path)
	tenanttest.Must(t, err)
	list := strings.SplitAfter(string(data), "\n")
	list[16] = strings.Replace(list[16], "@example.com", "@exbmple.com", 1) // still parses
	tenanttest.Must(t, os.WriteFile(path, []byte(strings.Join(list, "")), 0o600))
	v := verify(t, dir, nil)
	if !slices.ContainsFunc(v.Problems, func(d Damage) bool { return d.File == "users.ndjson" && d.Line == 17 && d.Backup == m.Name }) {
		t.Errorf("%+v", v.Problems)
	}
}

func TestEncryptedBackup(t *testing.T) {
	sb, c := tenanttest.Open(t, tenanttest.Options(20))
	tenanttest.Populate(t, sb, c)
	key, err := age.GenerateX25519Identity()
	tenanttest.Must(t, err)
	other, err := age.GenerateX25519Identity()
	tenanttest.Must(t, err)
	file := filepath.Join(t.TempDir(), "recipients")
	tenanttest.Must(t, os.WriteFile(file, []byte("# two of us\n"+key.Recipient().String()+"\n"+other.Recipient().String()+"\n"), 0o600))
	recipients, err := ParseRecipients([]string{file})
	tenanttest.Must(t, err)
	dir := t.TempDir()
	m := backedUp(t, dir, c, night, Options{Recipients: recipients})
	err = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		if bytes.Contains(data, []byte("@example.com")) {
			t.Errorf("%s is readable", path)
		}
		return err
	})
	tenanttest.Must(t, err)
	if v := verify(t, dir, nil); len(v.Problems) > 0 || len(v.Unread) == 0 {
		t.Errorf("without an identity: %+v", v)
	}
	if _, err := Open(t.Context(), filepath.Join(dir, m.Name), nil); !errors.Is(err, ErrNeedsIdentity) {
		t.Error(err)
	}
	b, err := Open(t.Context(), filepath.Join(dir, m.Name), Identities{other})
	tenanttest.Must(t, err)
	n := 0
	for row, err := range b.Users(t.Context()) {
		tenanttest.Must(t, err)
		if row.Email != "" {
			n++
		}
	}
	if n != 20 {
		t.Errorf("%d users", n)
	}
	stranger, err := age.GenerateX25519Identity()
	tenanttest.Must(t, err)
	b.Identities = Identities{stranger}
	for _, err := range b.Users(t.Context()) {
		if !errors.Is(err, ErrWrongIdentity) {
			t.Error(err)
		}
	}
}

func TestFullBackupCarriesOverWhatDidNotChange(t *testing.T) {
	sb, c := tenanttest.Open(t, tenanttest.Options(50))
	people := tenanttest.Populate(t, sb, c)
	tenanttest.Must(t, sb.Edit(func(e *sandbox.Edit) error { _, err := e.AddFactor(people[3].ID, "mfa:sms", "+15550100"); return err }))
	dir := t.TempDir()
	first := backedUp(t, dir, c, night, Options{Detail: Full})
	tenanttest.Must(t, sb.Edit(func(e *sandbox.Edit) error { return e.SetSuspended(people[7].ID, true) }))
	_, err := c.CreateUserIdentity(t.Context(), people[8].ID, kinde.CreateUserIdentityRequest{Type: "email", Value: "second@example.com"})
	tenanttest.Must(t, err)
	sb.ResetStats()
	second := backedUp(t, dir, c, night.AddDate(0, 0, 1), Options{Detail: Full})
	unverified := int64(0)
	for _, u := range people {
		if slices.ContainsFunc(u.Identities, func(i sandbox.Identity) bool { return (i.Type == "email" || i.Type == "phone") && !i.Verified }) {
			unverified++
		}
	}
	if first.CarriedOver != 0 || second.CarriedOver == 0 || second.CarriedOver+unverified > 50 ||
		int64(sb.Stats().ByOperation[operation.GetUserIdentities]) != 50-second.CarriedOver {
		t.Errorf("carried over %d, %d unverified, %v", second.CarriedOver, unverified, sb.Stats().ByOperation)
	}
	a, err := Open(t.Context(), filepath.Join(dir, first.Name), nil)
	tenanttest.Must(t, err)
	b, err := Open(t.Context(), filepath.Join(dir, second.Name), nil)
	tenanttest.Must(t, err)
	d, err := Compare(t.Context(), a, b, DiffOptions{SignIns: true})
	tenanttest.Must(t, err)
	if d.Totals["changed"] != 2 || d.Totals["came"]+d.Totals["went"] != 0 {
		t.Errorf("%+v", d)
	}
	later := backedUp(t, dir, c, night.AddDate(0, 0, 40), Options{Detail: Full})
	if later.CarriedOver != 0 {
		t.Errorf("after 40 days %d are still carried over", later.CarriedOver)
	}
}

func TestDiff(t *testing.T) {
	sb, c := tenanttest.Open(t, tenanttest.Options(10))
	people := sb.Snapshot()
	dir := t.TempDir()
	a := backedUp(t, dir, c, night, Options{})
	tenanttest.Must(t, sb.Edit(func(e *sandbox.Edit) error {
		_, err := e.Add("new@example.com", "New", "One")
		return errors.Join(err, e.Delete(people[0].ID), e.Rename(people[1].ID, "Other", "Name"), e.SetProperty(people[2].ID, "plan", "gold"))
	}))
	_, err := c.CreateRole(t.Context(), kinde.CreateRoleRequest{Key: "owner", Name: "Owner"})
	tenanttest.Must(t, err)
	b := backedUp(t, dir, c, night.Add(time.Hour), Options{MaxShrink: 100})
	x, err := Open(t.Context(), filepath.Join(dir, a.Name), nil)
	tenanttest.Must(t, err)
	y, err := Open(t.Context(), filepath.Join(dir, b.Name), nil)
	tenanttest.Must(t, err)
	d, err := Compare(t.Context(), x, y, DiffOptions{})
	tenanttest.Must(t, err)
	for total, want := range map[string]int64{"came": 1, "went": 1, "changed": 2, "same": 7, "definitions": 1} {
		if d.Totals[total] != want {
			t.Errorf("%s: %d, want %d: %+v", total, d.Totals[total], want, d.Items)
		}
	}
	same, err := Compare(t.Context(), y, y, DiffOptions{})
	tenanttest.Must(t, err)
	if !same.None() {
		t.Errorf("%+v", same)
	}
}

func TestShrunkBackupStopsPruning(t *testing.T) {
	t.Parallel()
	sb, c := tenanttest.Open(t, tenanttest.Options(40))
	people := sb.Snapshot()
	dir := t.TempDir()
	backedUp(t, dir, c, night, Options{})
	tenanttest.Must(t, sb.Edit(func(e *sandbox.Edit) error {
		var err error
		for _, u := range people[:10] {
			err = errors.Join(err, e.Delete(u.ID))
		}
		return err
	}))
	prune := func(at time.Time) *Pruning {
		repo, err := LockRepository(dir)
		tenanttest.Must(t, err)
		defer repo.Unlock()
		p, err := repo.Prune(t.Context(), Retention{Last: 1}, false, at)
		tenanttest.Must(t, err)
		return p
	}
	for day := 1; day <= 2; day++ { // the second small one is compared with the good one, too
		m := backedUp(t, dir, c, night.AddDate(0, 0, day), Options{})
		if m.Shrunk == nil || m.Shrunk.Before != 40 || m.Shrunk.After != 30 {
			t.Fatalf("day %d: %+v", day, m.Shrunk)
		}
		if p := prune(m.StartedAt); p.Stopped == "" || len(p.Removed) > 0 {
			t.Errorf("day %d: %+v", day, p)
		}
	}
	m := backedUp(t, dir, c, night.AddDate(0, 0, 3), Options{MaxShrink: 30})
	if p := prune(m.StartedAt); p.Stopped != "" || len(p.Removed) != 3 {
		t.Errorf("accepted: %+v", p)
	}
	if v := verify(t, dir, nil); len(v.Problems) > 0 {
		t.Errorf("the chain: %+v", v.Problems)
	}
}

func TestPruneKeepsTheOnlyGoodOne(t *testing.T) {
	_, c := tenanttest.Open(t, tenanttest.Options(5))
	dir := t.TempDir()
	backedUp(t, dir, c, night, Options{})
	newest := backedUp(t, dir, c, night.AddDate(0, 0, 1), Options{})
	path := filepath.Join(dir, newest.Name, "users.ndjson")
	data, err := os.ReadFile(path)
	tenanttest.Must(t, err)
	data[10] ^= 1
	tenanttest.Must(t, os.WriteFile(path, data, 0o600))
	repo, err := LockRepository(dir)
	tenanttest.Must(t, err)
	defer repo.Unlock()
	p, err := repo.Prune(t.Context(), Retention{Last: 1}, false, night)
	tenanttest.Must(t, err)
	if !slices.Equal(p.Damaged, []string{newest.Name}) || len(p.Removed) > 0 {
		t.Errorf("%+v", p)
	}
}

func TestVerifyFindsABrokenChain(t *testing.T) {
	_, c := tenanttest.Open(t, tenanttest.Options(5))
	dir := t.TempDir()
	var names []string
	for day := range 3 {
		names = append(names, backedUp(t, dir, c, night.AddDate(0, 0, day), Options{}).Name)
	}
	tenanttest.Must(t, os.RemoveAll(filepath.Join(dir, names[1])))
	v := verify(t, dir, nil)
	if len(v.Problems) != 1 || v.Problems[0].Backup != names[2] || !strings.Contains(v.Problems[0].What, names[1]) {
		t.Errorf("%+v", v.Problems)
	}
}

func TestFolderOfAnotherTenantIsRefused(t *testing.T) {
	_, c := tenanttest.Open(t, tenanttest.Options(2))
	dir := t.TempDir()
	backedUp(t, dir, c, night, Options{})
	repo, err := LockRepository(dir)
	tenanttest.Must(t, err)
	defer repo.Unlock()
	_, err = repo.Backup(t.Context(), elsewhere{c}, Options{})
	if _, ok := errors.AsType[*OtherTenantError](err); !ok {
		t.Error(err)
	}
	if _, err := LockRepository(dir); !errors.Is(err, ErrBusy) {
		t.Errorf("two at once: %v", err)
	}
}

type elsewhere struct{ tenant.API }

func (elsewhere) BaseURL() string { return "https://other.example.com" }

func TestFailedBackupLeavesNothing(t *testing.T) {
	sb, c := tenanttest.OpenWith(t, tenanttest.Options(30), nil)
	dir := t.TempDir()
	ctx, cancel := context.WithCancel(t.Context())
	repo, err := LockRepository(dir)
	tenanttest.Must(t, err)
	defer repo.Unlock()
	_, err = repo.Backup(ctx, c, Options{Progress: func(tenant.Progress) { cancel() }})
	if !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "*-*")); len(left) > 0 {
		t.Errorf("%v", left)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, ".*tmp")); len(left) > 0 {
		t.Errorf("%v", left)
	}
	_ = sb
}

// TestNobodyIsLeftOutBehindAGateway: what something before the API answers leaves
// nobody out of a backup; nor do the API's own words alone.
func TestNobodyIsLeftOutBehindAGateway(t *testing.T) {
	sb, c := tenanttest.Open(t, tenanttest.Options(12))
	people := tenanttest.Populate(t, sb, c)
	identities := "/api/v1/users/" + people[5].ID + "/identities"
	for name, tt := range map[string]struct {
		path, body string
	}{
		"a gateway's page": {identities, "<html><title>404 Not Found</title></html>"},
		"nothing":          {identities, ""},
		"the API's words":  {identities, `{"errors":{"code":"USER_NOT_FOUND","message":"x"}}`},
		"an organization's properties": {"/api/v1/organizations/org_acme/properties",
			`{"errors":{"code":"ORGANIZATION_NOT_FOUND","message":"x"}}`},
	} {
		t.Run(name, func(t *testing.T) {
			next := sandbox.Transport(sb)
			through := roundTripper(func(r *http.Request) (*http.Response, error) {
				if r.URL.Path != tt.path {
					return next.RoundTrip(r)
				}
				return &http.Response{StatusCode: 404, Header: http.Header{}, Request: r, Body: io.NopCloser(strings.NewReader(tt.body))}, nil
			})
			c, err := kinde.New(kinde.Config{BaseURL: kinde.BaseURL(tenanttest.Origin), Tokens: kinde.StaticToken(sb.Token()), Transport: through})
			tenanttest.Must(t, err)
			repo, err := LockRepository(t.TempDir())
			tenanttest.Must(t, err)
			defer repo.Unlock()
			if m, err := repo.Backup(t.Context(), c, Options{Detail: Full, TempDir: t.TempDir()}); err == nil {
				t.Errorf("the backup is made: %v", m.Counts)
			}
		})
	}
}

// TestWhoIsDeletedMeanwhileIsLeftOut is what the tenant's "not found" is for.
func TestWhoIsDeletedMeanwhileIsLeftOut(t *testing.T) {
	sb, admin := tenanttest.Open(t, tenanttest.Options(12))
	people := tenanttest.Populate(t, sb, admin)
	c := tenanttest.ClientOf(t, sb, func(_ *sandbox.Tenant, r *http.Request) {
		if r.URL.Path == "/api/v1/users/"+people[5].ID+"/identities" {
			_ = admin.DeleteUser(context.Background(), people[5].ID, false)
		}
	})
	if m := backedUp(t, t.TempDir(), c, night, Options{Detail: Full}); m.Counts[KindUsers] != 11 {
		t.Errorf("%+v", m.Counts)
	}
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
