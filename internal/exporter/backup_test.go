package exporter

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
	"github.com/kinde-migrate/kinde-migrate/kinde"
)

// backup makes one, at a time of its own.
func backup(t *testing.T, dir string, c Tenant, at time.Time, o BackupOptions) *Manifest {
	t.Helper()
	repo, err := LockRepository(dir)
	must(t, err)
	defer repo.Unlock()
	o.Now = func() time.Time { return at }
	o.TempDir = t.TempDir()
	m, err := repo.Backup(t.Context(), c, o)
	must(t, err)
	return m
}

func verify(t *testing.T, dir string, ids Identities, names ...string) *Verification {
	t.Helper()
	repo, err := OpenRepository(dir)
	must(t, err)
	v, err := repo.Verify(t.Context(), ids, names...)
	must(t, err)
	return v
}

var night = time.Date(2026, 3, 1, 2, 0, 0, 0, time.UTC)

func TestBackupHoldsTheTenant(t *testing.T) {
	tenant, c := open(t, furniture(40))
	populate(t, tenant, c)
	dir := filepath.Join(t.TempDir(), "backups")
	m := backup(t, dir, c, night, BackupOptions{Version: "1"})
	if v := verify(t, dir, nil); len(v.Problems) > 0 {
		t.Fatal(v.Problems)
	}
	for kind, want := range map[string]int64{kindUsers: 40, kindMemberships: 50, kindOrganizations: 3, kindRoles: 2, kindPermissions: 2, kindFlags: 1, kindConnections: 11} {
		if m.Counts[kind] != want {
			t.Errorf("%d %s, want %d", m.Counts[kind], kind, want)
		}
	}
	if !slices.ContainsFunc(m.NotCopied, func(n NotCopied) bool { return n.What == "passwords" }) ||
		!slices.ContainsFunc(m.NotCopied, func(n NotCopied) bool { return strings.HasPrefix(n.What, "verified") }) {
		t.Errorf("the manifest hides what is missing: %+v", m.NotCopied)
	}
	folder := filepath.Join(dir, m.Name)
	b, err := OpenBackup(t.Context(), folder, nil)
	must(t, err)
	roles, err := ReadList[RoleRow](b, kindRoles)
	must(t, err)
	if len(roles[0].Permissions) != 1 || roles[0].Permissions[0] != "read:docs" {
		t.Errorf("%+v", roles)
	}
	if st, err := os.Stat(filepath.Join(folder, ManifestFile)); err != nil || st.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", st.Mode(), err)
	}
}

func TestVerifyFindsEveryFlippedBit(t *testing.T) {
	t.Parallel()
	tenant, c := open(t, furniture(12))
	populate(t, tenant, c)
	key, err := age.GenerateX25519Identity()
	must(t, err)
	recipients, err := ParseRecipients([]string{key.Recipient().String()})
	must(t, err)
	for _, o := range []BackupOptions{{}, {Recipients: recipients}} {
		dir := filepath.Join(t.TempDir(), "b")
		m := backup(t, dir, c, night, o)
		folder := filepath.Join(dir, m.Name)
		err := filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			whole, err := os.ReadFile(path)
			must(t, err)
			for _, at := range []int{0, len(whole) / 3, len(whole) / 2, len(whole) - 1} {
				if len(whole) == 0 {
					continue
				}
				for _, bit := range []byte{1, 32} {
					damaged := bytes.Clone(whole)
					damaged[at] ^= bit
					must(t, os.WriteFile(path, damaged, 0o600))
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
			must(t, os.WriteFile(path, whole, 0o600))
			return nil
		})
		must(t, err)
		if v := verify(t, dir, Identities{key}); len(v.Problems) > 0 || len(v.Unread) > 0 {
			t.Errorf("%+v", v)
		}
	}
}

func TestVerifyNamesTheLine(t *testing.T) {
	_, c := open(t, furniture(30))
	dir := t.TempDir()
	m := backup(t, dir, c, night, BackupOptions{})
	path := filepath.Join(dir, m.Name, "users.ndjson")
	data, err := os.ReadFile(path)
	must(t, err)
	list := strings.SplitAfter(string(data), "\n")
	list[16] = strings.Replace(list[16], "@example.com", "@exbmple.com", 1) // still parses
	must(t, os.WriteFile(path, []byte(strings.Join(list, "")), 0o600))
	v := verify(t, dir, nil)
	if !slices.ContainsFunc(v.Problems, func(d Damage) bool { return d.File == "users.ndjson" && d.Line == 17 && d.Backup == m.Name }) {
		t.Errorf("%+v", v.Problems)
	}
}

func TestEncryptedBackup(t *testing.T) {
	tenant, c := open(t, furniture(20))
	populate(t, tenant, c)
	key, err := age.GenerateX25519Identity()
	must(t, err)
	other, err := age.GenerateX25519Identity()
	must(t, err)
	file := filepath.Join(t.TempDir(), "recipients")
	must(t, os.WriteFile(file, []byte("# two of us\n"+key.Recipient().String()+"\n"+other.Recipient().String()+"\n"), 0o600))
	recipients, err := ParseRecipients([]string{file})
	must(t, err)
	dir := t.TempDir()
	m := backup(t, dir, c, night, BackupOptions{Recipients: recipients})
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
	must(t, err)
	if v := verify(t, dir, nil); len(v.Problems) > 0 || len(v.Unread) == 0 {
		t.Errorf("without an identity: %+v", v)
	}
	if _, err := OpenBackup(t.Context(), filepath.Join(dir, m.Name), nil); !errors.Is(err, ErrNeedsIdentity) {
		t.Error(err)
	}
	b, err := OpenBackup(t.Context(), filepath.Join(dir, m.Name), Identities{other})
	must(t, err)
	n := 0
	for row, err := range b.Users(t.Context()) {
		must(t, err)
		if row.Email != "" {
			n++
		}
	}
	if n != 20 {
		t.Errorf("%d users", n)
	}
	stranger, err := age.GenerateX25519Identity()
	must(t, err)
	b.Identities = Identities{stranger}
	for _, err := range b.Users(t.Context()) {
		if !errors.Is(err, ErrWrongIdentity) {
			t.Error(err)
		}
	}
}

func TestFullBackupCarriesOverWhatDidNotChange(t *testing.T) {
	tenant, c := open(t, furniture(50))
	people := populate(t, tenant, c)
	must(t, tenant.Edit(func(e *sandbox.Edit) error { _, err := e.AddFactor(people[3].ID, "mfa:sms", "+15550100"); return err }))
	dir := t.TempDir()
	first := backup(t, dir, c, night, BackupOptions{Detail: Full})
	must(t, tenant.Edit(func(e *sandbox.Edit) error { return e.SetSuspended(people[7].ID, true) }))
	_, err := c.CreateUserIdentity(t.Context(), people[8].ID, kinde.CreateUserIdentityRequest{Type: "email", Value: "second@example.com"})
	must(t, err)
	tenant.ResetStats()
	second := backup(t, dir, c, night.AddDate(0, 0, 1), BackupOptions{Detail: Full})
	unverified := int64(0)
	for _, u := range people {
		if slices.ContainsFunc(u.Identities, func(i sandbox.Identity) bool { return (i.Type == "email" || i.Type == "phone") && !i.Verified }) {
			unverified++
		}
	}
	if first.CarriedOver != 0 || second.CarriedOver == 0 || second.CarriedOver+unverified > 50 || int64(tenant.Stats().ByOperation[operation.GetUserIdentities]) != 50-second.CarriedOver {
		t.Errorf("carried over %d, %d unverified, %v", second.CarriedOver, unverified, tenant.Stats().ByOperation)
	}
	a, err := OpenBackup(t.Context(), filepath.Join(dir, first.Name), nil)
	must(t, err)
	b, err := OpenBackup(t.Context(), filepath.Join(dir, second.Name), nil)
	must(t, err)
	d, err := Compare(t.Context(), a, b, DiffOptions{SignIns: true})
	must(t, err)
	if d.Totals["changed"] != 2 || d.Totals["came"]+d.Totals["went"] != 0 {
		t.Errorf("%+v", d)
	}
	later := backup(t, dir, c, night.AddDate(0, 0, 40), BackupOptions{Detail: Full})
	if later.CarriedOver != 0 {
		t.Errorf("after 40 days %d are still carried over", later.CarriedOver)
	}
}

func TestDiff(t *testing.T) {
	tenant, c := open(t, furniture(10))
	people := tenant.Snapshot()
	dir := t.TempDir()
	a := backup(t, dir, c, night, BackupOptions{})
	must(t, tenant.Edit(func(e *sandbox.Edit) error {
		_, err := e.Add("new@example.com", "New", "One")
		return errors.Join(err, e.Delete(people[0].ID), e.Rename(people[1].ID, "Other", "Name"), e.SetProperty(people[2].ID, "plan", "gold"))
	}))
	_, err := c.CreateRole(t.Context(), kinde.CreateRoleRequest{Key: "owner", Name: "Owner"})
	must(t, err)
	b := backup(t, dir, c, night.Add(time.Hour), BackupOptions{MaxShrink: 100})
	x, err := OpenBackup(t.Context(), filepath.Join(dir, a.Name), nil)
	must(t, err)
	y, err := OpenBackup(t.Context(), filepath.Join(dir, b.Name), nil)
	must(t, err)
	d, err := Compare(t.Context(), x, y, DiffOptions{})
	must(t, err)
	for total, want := range map[string]int64{"came": 1, "went": 1, "changed": 2, "same": 7, "definitions": 1} {
		if d.Totals[total] != want {
			t.Errorf("%s: %d, want %d: %+v", total, d.Totals[total], want, d.Items)
		}
	}
	same, err := Compare(t.Context(), y, y, DiffOptions{})
	must(t, err)
	if !same.None() {
		t.Errorf("%+v", same)
	}
}

func TestShrunkBackupStopsPruning(t *testing.T) {
	t.Parallel()
	tenant, c := open(t, furniture(40))
	people := tenant.Snapshot()
	dir := t.TempDir()
	backup(t, dir, c, night, BackupOptions{})
	must(t, tenant.Edit(func(e *sandbox.Edit) error {
		var err error
		for _, u := range people[:10] {
			err = errors.Join(err, e.Delete(u.ID))
		}
		return err
	}))
	prune := func(at time.Time) *Pruning {
		repo, err := LockRepository(dir)
		must(t, err)
		defer repo.Unlock()
		p, err := repo.Prune(t.Context(), Retention{Last: 1}, false, at)
		must(t, err)
		return p
	}
	for day := 1; day <= 2; day++ { // the second small one is compared with the good one, too
		m := backup(t, dir, c, night.AddDate(0, 0, day), BackupOptions{})
		if m.Shrunk == nil || m.Shrunk.Before != 40 || m.Shrunk.After != 30 {
			t.Fatalf("day %d: %+v", day, m.Shrunk)
		}
		if p := prune(m.StartedAt); p.Stopped == "" || len(p.Removed) > 0 {
			t.Errorf("day %d: %+v", day, p)
		}
	}
	m := backup(t, dir, c, night.AddDate(0, 0, 3), BackupOptions{MaxShrink: 30})
	if p := prune(m.StartedAt); p.Stopped != "" || len(p.Removed) != 3 {
		t.Errorf("accepted: %+v", p)
	}
	if v := verify(t, dir, nil); len(v.Problems) > 0 {
		t.Errorf("the chain: %+v", v.Problems)
	}
}

func TestPruneKeepsTheOnlyGoodOne(t *testing.T) {
	_, c := open(t, furniture(5))
	dir := t.TempDir()
	backup(t, dir, c, night, BackupOptions{})
	newest := backup(t, dir, c, night.AddDate(0, 0, 1), BackupOptions{})
	path := filepath.Join(dir, newest.Name, "users.ndjson")
	data, err := os.ReadFile(path)
	must(t, err)
	data[10] ^= 1
	must(t, os.WriteFile(path, data, 0o600))
	repo, err := LockRepository(dir)
	must(t, err)
	defer repo.Unlock()
	p, err := repo.Prune(t.Context(), Retention{Last: 1}, false, night)
	must(t, err)
	if !slices.Equal(p.Damaged, []string{newest.Name}) || len(p.Removed) > 0 {
		t.Errorf("%+v", p)
	}
}

func TestVerifyFindsABrokenChain(t *testing.T) {
	_, c := open(t, furniture(5))
	dir := t.TempDir()
	var names []string
	for day := range 3 {
		names = append(names, backup(t, dir, c, night.AddDate(0, 0, day), BackupOptions{}).Name)
	}
	must(t, os.RemoveAll(filepath.Join(dir, names[1])))
	v := verify(t, dir, nil)
	if len(v.Problems) != 1 || v.Problems[0].Backup != names[2] || !strings.Contains(v.Problems[0].What, names[1]) {
		t.Errorf("%+v", v.Problems)
	}
}

func TestFolderOfAnotherTenantIsRefused(t *testing.T) {
	_, c := open(t, furniture(2))
	dir := t.TempDir()
	backup(t, dir, c, night, BackupOptions{})
	repo, err := LockRepository(dir)
	must(t, err)
	defer repo.Unlock()
	_, err = repo.Backup(t.Context(), elsewhere{c}, BackupOptions{})
	if _, ok := errors.AsType[*OtherTenantError](err); !ok {
		t.Error(err)
	}
	if _, err := LockRepository(dir); !errors.Is(err, ErrBusy) {
		t.Errorf("two at once: %v", err)
	}
}

type elsewhere struct{ Tenant }

func (elsewhere) BaseURL() string { return "https://other.example.com" }

func TestFailedBackupLeavesNothing(t *testing.T) {
	tenant, c := openWith(t, furniture(30), nil)
	dir := t.TempDir()
	ctx, cancel := context.WithCancel(t.Context())
	repo, err := LockRepository(dir)
	must(t, err)
	defer repo.Unlock()
	_, err = repo.Backup(ctx, c, BackupOptions{Progress: func(Progress) { cancel() }})
	if !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "*-*")); len(left) > 0 {
		t.Errorf("%v", left)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, ".*tmp")); len(left) > 0 {
		t.Errorf("%v", left)
	}
	_ = tenant
}

// TestNobodyIsLeftOutBehindAGateway: what something before the API answers leaves
// nobody out of a backup; nor do the API's own words alone.
func TestNobodyIsLeftOutBehindAGateway(t *testing.T) {
	tenant, c := open(t, furniture(12))
	people := populate(t, tenant, c)
	identities := "/api/v1/users/" + people[5].ID + "/identities"
	for name, tt := range map[string]struct {
		path, body string
	}{
		"a gateway's page":             {identities, "<html><title>404 Not Found</title></html>"},
		"nothing":                      {identities, ""},
		"the API's words":              {identities, `{"errors":{"code":"USER_NOT_FOUND","message":"x"}}`},
		"an organization's properties": {"/api/v1/organizations/org_acme/properties", `{"errors":{"code":"ORGANIZATION_NOT_FOUND","message":"x"}}`},
	} {
		t.Run(name, func(t *testing.T) {
			next := sandbox.Transport(tenant)
			through := roundTripper(func(r *http.Request) (*http.Response, error) {
				if r.URL.Path != tt.path {
					return next.RoundTrip(r)
				}
				return &http.Response{StatusCode: 404, Header: http.Header{}, Request: r, Body: io.NopCloser(strings.NewReader(tt.body))}, nil
			})
			c, err := kinde.New(kinde.Config{BaseURL: kinde.BaseURL(origin), Tokens: kinde.StaticToken(tenant.Token()), Transport: through})
			must(t, err)
			repo, err := LockRepository(t.TempDir())
			must(t, err)
			defer repo.Unlock()
			if m, err := repo.Backup(t.Context(), c, BackupOptions{Detail: Full, TempDir: t.TempDir()}); err == nil {
				t.Errorf("the backup is made: %v", m.Counts)
			}
		})
	}
}

// TestWhoIsDeletedMeanwhileIsLeftOut is what the tenant's "not found" is for.
func TestWhoIsDeletedMeanwhileIsLeftOut(t *testing.T) {
	tenant, admin := open(t, furniture(12))
	people := populate(t, tenant, admin)
	c := clientOf(t, tenant, func(_ *sandbox.Tenant, r *http.Request) {
		if r.URL.Path == "/api/v1/users/"+people[5].ID+"/identities" {
			_ = admin.DeleteUser(context.Background(), people[5].ID, false)
		}
	})
	if m := backup(t, t.TempDir(), c, night, BackupOptions{Detail: Full}); m.Counts[kindUsers] != 11 {
		t.Errorf("%+v", m.Counts)
	}
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
