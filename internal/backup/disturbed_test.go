package backup

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/kinde-migrate/kinde-migrate/internal/databasetest"
	"github.com/kinde-migrate/kinde-migrate/internal/sandbox"
	"github.com/kinde-migrate/kinde-migrate/internal/tenant"
	"github.com/kinde-migrate/kinde-migrate/internal/tenanttest"
)

// TestDisturbedBackups lets each request be refused. There is an error and nothing is left, or the
// backup is the same as an undisturbed one.
func TestDisturbedBackups(t *testing.T) {
	sb, admin := tenanttest.Open(t, tenanttest.Options(6))
	tenanttest.Populate(t, sb, admin)
	first, step := databasetest.Drawn()
	for _, detail := range []Detail{Fast, Full} {
		at := night
		c, refuser := tenanttest.Refusing(t, sb, http.StatusBadRequest)
		dir := t.TempDir()
		repo := locked(t, dir)
		o := Options{Detail: detail, TempDir: t.TempDir(), Concurrency: 1, Now: func() time.Time { return at }, Version: "1.2"}
		m, err := repo.Backup(t.Context(), c, o)
		tenanttest.Must(t, err)
		want := withoutManifest(everything(t, filepath.Join(dir, m.Name)))
		at = night.Add(time.Hour)
		failed, requests := 0, int(refuser.Count())
		for n := first + 1; n <= requests; n += step {
			refuser.Refuse(int64(n))
			dir := t.TempDir()
			repo := locked(t, dir)
			m, err := repo.Backup(t.Context(), c, o)
			switch {
			case err == nil && detail == Fast:
				if got := withoutManifest(everything(t, filepath.Join(dir, m.Name))); got != want {
					t.Errorf("%s, request %d: the backup holds\n%s\nwant\n%s", detail, n, got, want)
				}
			case err == nil:
				if v := verify(t, dir, nil); len(v.Problems) > 0 || !maps.Equal(m.Counts, verify(t, dir, nil).Counts) {
					t.Errorf("%s, request %d: %+v", detail, n, v.Problems)
				}
			default:
				failed++
				if left, _ := os.ReadDir(dir); !strings.Contains(err.Error(), "Not today.") || strings.HasPrefix(err.Error(), "Get") || len(left) > 1 {
					t.Errorf("%s, request %d: %v, left are %v", detail, n, err, left)
				}
			}
		}
		if failed < requests/2/step {
			t.Errorf("%s: only %d of %d refusals ended the backup", detail, failed, requests)
		}
		if detail == Fast {
			refuser.Refuse(1)
			if _, err := repo.Backup(t.Context(), c, o); err == nil || !strings.HasPrefix(err.Error(), "asking the tenant who it is: ") {
				t.Error(err)
			}
		}
	}
}

// withoutManifest leaves out what tells when a backup was made.
func withoutManifest(text string) string {
	var out []string
	for part := range strings.SplitSeq(text, "== ") {
		if !strings.HasPrefix(part, "manifest") {
			out = append(out, part)
		}
	}
	return strings.Join(out, "== ")
}

// TestManifest compares the whole manifest, and what a backup says that it does not hold.
func TestManifest(t *testing.T) {
	sb, c := tenanttest.Open(t, tenanttest.Options(4))
	tenanttest.Populate(t, sb, c)
	environment, err := c.GetEnvironment(t.Context())
	tenanttest.Must(t, err)
	dir := t.TempDir()
	at := night
	var mu sync.Mutex
	tick := func() time.Time {
		mu.Lock()
		defer mu.Unlock()
		at = at.Add(time.Second)
		return at.In(location(t, "Europe/Berlin"))
	}
	repo := locked(t, dir)
	_, to := key(t)
	for i, c2 := range []struct {
		o         Options
		detail    Detail
		encrypted bool
	}{{Options{}, Fast, false}, {Options{Detail: Full, Recipients: to, Version: "2"}, Full, true}, {Options{Detail: Fast}, Fast, false}} {
		before, err := repo.Latest()
		tenanttest.Must(t, err)
		at = night.AddDate(0, 0, i)
		o := c2.o
		o.TempDir, o.Now = t.TempDir(), tick
		m, err := repo.Backup(t.Context(), c, o)
		tenanttest.Must(t, err)
		got, _, err := ReadManifest(filepath.Join(dir, m.Name))
		tenanttest.Must(t, err)
		if asText(t, got) != asText(t, m) {
			t.Errorf("returned is %s, written %s", asText(t, m), asText(t, got))
		}
		want := Manifest{Schema: "kinde-migrate.backup/1", Name: NameAt(m.StartedAt), Version: o.Version, StartedAt: m.StartedAt,
			FinishedAt: at.UTC(),
			Detail:     c2.detail, Encrypted: c2.encrypted, Tenant: TenantRef{tenanttest.Origin, environment.Name,
				environment.Code, environment.IsLive},
			Counts: map[string]int64{KindUsers: 4, KindMemberships: 5, KindOrganizations: 3, KindRoles: 2, KindPermissions: 2, KindProperties: 2,
				KindCategories: 2, KindConnections: 11, KindFlags: 1}, Files: m.Files, NotCopied: notCopied(c2.detail, false)}
		if before != nil {
			want.Previous = &Link{before.Name, before.hash}
		}
		if asText(t, m) != asText(t, &want) || m.StartedAt.Location() != time.UTC || m.StartedAt.Before(night.AddDate(0, 0, i)) {
			t.Errorf("%s\nwant\n%s", asText(t, m), asText(t, &want))
		}
		files := 18
		if c2.encrypted {
			files = 9
		}
		if len(m.Files) != files {
			t.Errorf("%d files, want %d", len(m.Files), files)
		}
	}
	what := func(list []NotCopied) (out []string) {
		for _, n := range list {
			out = append(out, n.What)
		}
		return out
	}
	always := what(notCopied(Full, false))
	if len(always) != 7 || !slices.Equal(what(notCopied(Full, true)), append(slices.Clone(always), "permissions given to members directly")) ||
		!slices.Equal(what(notCopied(Fast, false)), append(slices.Clone(always), "verified states of identities", "second factors and sessions",
			"states, properties and feature flags of organizations")) {
		t.Errorf("%q", always)
	}
	if got := PartsOf(Fast); got != (tenant.Parts{Identities: true, Organizations: true, Roles: true, Properties: true, Permissions: true}) {
		t.Errorf("%+v", got)
	}
	if got := PartsOf(Full); got != (tenant.Parts{Identities: true, Organizations: true, Roles: true, Properties: true, Permissions: true,
		Verified: true, MFA: true, Sessions: true}) {
		t.Errorf("%+v", got)
	}
}

// TestABackupThatIsThereIsNotReplaced, nor is one made beside files that are no backup's.
func TestABackupThatIsThereIsNotReplaced(t *testing.T) {
	_, c := tenanttest.Open(t, tenanttest.Options(1))
	dir := t.TempDir()
	repo := locked(t, dir)
	o := Options{TempDir: t.TempDir(), Now: func() time.Time { return night }}
	final := filepath.Join(dir, NameAt(night))
	tenanttest.Must(t, os.WriteFile(final, nil, 0o600)) // it is damaged, and so is not the newest
	if _, err := repo.Backup(t.Context(), c, o); err == nil || err.Error() != "making the backup: "+final+" is there already" {
		t.Error(err)
	}
	tenanttest.Must(t, os.Remove(final))
	if m, err := repo.Backup(t.Context(), c, Options{TempDir: t.TempDir()}); err != nil || time.Since(m.StartedAt).Abs() > time.Minute {
		t.Errorf("without a clock: %+v, %v", m, err)
	}
}

// TestUnchanged: what the lists show decides whether details are asked for again.
func TestUnchanged(t *testing.T) {
	yes, no := true, false
	on, early, late := night, night.Add(-time.Hour), night.Add(time.Hour)
	at := night.AddDate(0, 0, 1)
	row := func() *tenant.Row {
		return &tenant.Row{ID: "kp_1", Email: "a@example.com", Phone: "+12025550141", Username: "a", TotalSignIns: 3,
			LastSignedIn: &early, CreatedOn: &early,
			DetailsOn: &on, Identities: []tenant.Identity{{Type: "email", Value: "a@example.com", Verified: &yes}, {Type: "phone",
				Value: "+12025550141", Verified: &yes},
				{Type: "social", Value: "g", ConnectionID: "c1", Verified: &no}}}
	}
	berlin := early.In(location(t, "Europe/Berlin"))
	long := night.Add(-carried("kp_1")).AddDate(0, 0, 1)
	for name, c := range map[string]struct {
		old, now func(*tenant.Row)
		want     bool
	}{
		"nothing":              {nil, nil, true},
		"the same in a zone":   {nil, func(r *tenant.Row) { r.LastSignedIn, r.CreatedOn = &berlin, &berlin }, true},
		"never read":           {func(r *tenant.Row) { r.DetailsOn = nil }, nil, false},
		"read long ago":        {func(r *tenant.Row) { r.DetailsOn = &long }, nil, false},
		"read later":           {func(r *tenant.Row) { x := at.Add(1); r.DetailsOn = &x }, nil, false},
		"a sign-in":            {nil, func(r *tenant.Row) { r.TotalSignIns++ }, false},
		"the time of it":       {nil, func(r *tenant.Row) { r.LastSignedIn = &late }, false},
		"no time of it":        {nil, func(r *tenant.Row) { r.LastSignedIn = nil }, false},
		"no time before":       {func(r *tenant.Row) { r.LastSignedIn = nil }, nil, false},
		"no time at all":       {func(r *tenant.Row) { r.LastSignedIn = nil }, func(r *tenant.Row) { r.LastSignedIn = nil }, true},
		"created anew":         {nil, func(r *tenant.Row) { r.CreatedOn = &late }, false},
		"another address":      {nil, func(r *tenant.Row) { r.Email = "b@example.com" }, false},
		"another phone":        {nil, func(r *tenant.Row) { r.Phone = "" }, false},
		"another name":         {nil, func(r *tenant.Row) { r.Username = "b" }, false},
		"suspended":            {nil, func(r *tenant.Row) { r.IsSuspended = true }, false},
		"an identity less":     {nil, func(r *tenant.Row) { r.Identities = r.Identities[:2] }, false},
		"another identity":     {nil, func(r *tenant.Row) { r.Identities[2].Value = "h" }, false},
		"another kind":         {nil, func(r *tenant.Row) { r.Identities[2].Type = "username" }, false},
		"another connection":   {nil, func(r *tenant.Row) { r.Identities[2].ConnectionID = "c2" }, false},
		"a hidden connection":  {nil, func(r *tenant.Row) { r.Identities[2].ConnectionID = "" }, true},
		"not read before":      {func(r *tenant.Row) { r.Identities[2].Verified = nil }, nil, false},
		"an unverified e-mail": {func(r *tenant.Row) { r.Identities[0].Verified = &no }, nil, false},
		"an unverified phone":  {func(r *tenant.Row) { r.Identities[1].Verified = &no }, nil, false},
		"in another order":     {nil, func(r *tenant.Row) { slices.Reverse(r.Identities) }, true},
	} {
		old, now := row(), row()
		now.DetailsOn = nil
		if c.old != nil {
			c.old(old)
		}
		if c.now != nil {
			c.now(now)
		}
		if got := unchanged(old, now, at); got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
	edge := row()
	if unchanged(edge, row(), on.Add(carried("kp_1"))) || !unchanged(edge, row(), on.Add(carried("kp_1")-1)) || !unchanged(edge, row(), on) {
		t.Error("the bounds of the age are others")
	}
	seen := map[time.Duration]bool{}
	for i := range 200 {
		seen[carried(fmt.Sprint("kp_", i))] = true
	}
	if days := slices.Sorted(maps.Keys(seen)); len(days) != 10 || days[0] != 20*24*time.Hour || days[9] != 29*24*time.Hour {
		t.Errorf("carried over for %v", days)
	}
}

// TestCarrier walks beside: each user gets their own details, whoever came or went between.
func TestCarrier(t *testing.T) {
	yes, no, on, over := true, false, night, night.Add(-time.Hour)
	row := func(id string, change ...func(*tenant.Row)) tenant.Row {
		r := tenant.Row{ID: id, DetailsOn: &on, Identities: []tenant.Identity{{Type: "social", Value: "g", ConnectionID: "c",
			Verified: &yes, Primary: &no}, {Type: "oauth", Value: "x", Verified: &no}},
			MFA: []tenant.Factor{{ID: id}}, Sessions: []tenant.Session{{ID: "over", ExpiresOn: &over}, {ID: "for ever"}}, SessionsCut: true}
		for _, f := range change {
			f(&r)
		}
		return r
	}
	dir := t.TempDir()
	m := laidDown(t, dir, night, Full, nil, rows{KindUsers: {row("kp_1"), row("kp_3"), row("kp_4"), row("kp_5",
		func(r *tenant.Row) { r.Email = "old@example.com" })}})
	folder := filepath.Join(dir, m.Name)
	c := newCarrier(folder, m, nil, night.Add(time.Minute))
	defer c.close()
	want := tenant.Details{ReadOn: on, MFA: []tenant.Factor{{ID: "kp_4"}}, Sessions: []tenant.Session{{ID: "for ever"}}, Cut: true,
		Identities: []tenant.Confirmation{{Type: "social", Value: "g", ConnectionID: "c", Verified: true}, {Type: "oauth", Value: "x"}}}
	for _, x := range []struct {
		id      string
		carried bool
	}{{"kp_0", false}, {"kp_2", false}, {"kp_4", true}, {"kp_5", false}, {"kp_9", false}, {"kp_99", false}} {
		now := row(x.id)
		d, err := c.DetailsOf(t.Context(), &now)
		if err != nil || (d != nil) != x.carried || d != nil && !reflect.DeepEqual(*d, want) {
			t.Errorf("%s: %+v, %v, want %+v", x.id, d, err, want)
		}
	}
	if c.count != 1 {
		t.Errorf("%d were carried over", c.count)
	}
	// A backup that can't be read on has nothing more to give.
	edit(t, filepath.Join(folder, "users.ndjson"), func(s string) string { return strings.Replace(s, `{"id":"kp_4"`, "x", 1) })
	c = newCarrier(folder, m, nil, night.Add(time.Minute))
	defer c.close()
	first := row("kp_1")
	if d, err := c.DetailsOf(t.Context(), &first); err != nil || d == nil {
		t.Errorf("%+v, %v", d, err)
	}
	for _, id := range []string{"kp_4", "kp_5"} {
		now := row(id)
		if d, err := c.DetailsOf(t.Context(), &now); err != nil || d != nil {
			t.Errorf("%s: %+v, %v", id, d, err)
		}
	}
}

// TestWhatIsCarriedOver: only a full backup's details, only of one that can be opened and is whole.
func TestWhatIsCarriedOver(t *testing.T) {
	sb, c := tenanttest.Open(t, tenanttest.Options(5))
	tenanttest.Must(t, sb.Edit(func(e *sandbox.Edit) error { return e.SetSuspended("person1@example.com", true) }))
	k, to := key(t)
	for name, x := range map[string]struct {
		first, second Options
		want          bool
	}{
		"full":          {Options{Detail: Full}, Options{Detail: Full}, true},
		"after fast":    {Options{}, Options{Detail: Full}, false},
		"fast":          {Options{Detail: Full}, Options{}, false},
		"opened":        {Options{Detail: Full, Recipients: to}, Options{Detail: Full, Identities: Identities{k}}, true},
		"can't be read": {Options{Detail: Full, Recipients: to}, Options{Detail: Full}, false},
	} {
		dir := t.TempDir()
		backedUp(t, dir, c, night, x.first)
		m := backedUp(t, dir, c, night.AddDate(0, 0, 1), x.second)
		if (m.CarriedOver > 0) != x.want || m.NotCarried != "" {
			t.Errorf("%s: %d are carried over, %q", name, m.CarriedOver, m.NotCarried)
		}
	}
}

// TestPartsThatCannotBeWritten: a failure at any place is told once, with the file that was written.
func TestPartsThatCannotBeWritten(t *testing.T) {
	_, to := key(t)
	long := []tenant.Row{{ID: "kp_1", FirstName: strings.Repeat("x", 200<<10)}, {ID: "kp_2"}}
	for _, to := range []Recipients{nil, to} {
		for _, list := range [][]tenant.Row{long, long[1:]} {
			for _, which := range []string{"stored", "lines"} {
				folder := t.TempDir()
				a := &archive{folder: folder, recipients: to, counts: map[string]int64{}}
				p, err := a.create(KindUsers)
				tenanttest.Must(t, err)
				switch {
				case which == "stored":
					p.stored.file.Abort()
				case p.lines != nil:
					p.lines.file.Abort()
				default:
					continue
				}
				for _, row := range list {
					if err = p.put(row); err != nil {
						break
					}
				}
				if err == nil {
					err = p.done()
				}
				if err == nil || !strings.HasPrefix(err.Error(), "writing users") || len(a.counts) > 0 && which == "stored" {
					t.Errorf("%s: %v", which, err)
				}
				p.abort()
				if left, err := os.ReadDir(folder); err != nil || which == "stored" && len(left) > 0 {
					t.Errorf("left behind: %v, %v", left, err)
				}
			}
		}
	}
	a := &archive{folder: filepath.Join(t.TempDir(), "none"), counts: map[string]int64{}}
	if err := writeAll(a, KindUsers, long); !errors.Is(err, os.ErrNotExist) || !strings.HasPrefix(err.Error(), "writing the backup: ") {
		t.Error(err)
	}
	a.folder = t.TempDir()
	if err := writeAll(a, "odd", []any{func() {}}); err == nil || !strings.HasPrefix(err.Error(), "writing odd: ") {
		t.Error(err)
	}
	if left, err := os.ReadDir(a.folder); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
	for _, place := range []string{"users.ndjson", "users.ndjson.lines"} { // something lies in the way
		a := &archive{folder: t.TempDir(), counts: map[string]int64{}}
		tenanttest.Must(t, os.Mkdir(filepath.Join(a.folder, place), 0o700))
		if err := writeAll(a, KindUsers, long); err == nil || len(a.files) > 1 {
			t.Errorf("%s: %v, %+v", place, err, a.files)
		}
		if left, err := os.ReadDir(a.folder); err != nil || len(left) > 2 {
			t.Errorf("left behind: %v, %v", left, err)
		}
	}
	all := &tenant.Lists{Organizations: []tenant.OrganizationRow{{}}, Flags: []tenant.FlagRow{{}}}
	a.folder = filepath.Join(a.folder, "none")
	if err := writeLists(a, all); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
}

func TestKeysOfBackups(t *testing.T) {
	k, _ := key(t)
	other, _ := key(t)
	dir := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		tenanttest.Must(t, os.WriteFile(path, []byte(text), 0o600))
		return path
	}
	list, err := ParseRecipients([]string{" " + k.Recipient().String() + "\n", file("r", "# us\n"+other.Recipient().String()+"\n")})
	if err != nil || len(list) != 2 || asText(t, list) == "" {
		t.Errorf("%v, %v", list, err)
	}
	for value, want := range map[string]string{"age1x": "reading the recipient age1x: ", filepath.Join(dir,
		"none"): "reading a file of recipients: ",
		file("bad", "x"): "reading the recipient " + filepath.Join(dir, "bad") + ": "} {
		if _, err := ParseRecipients([]string{value}); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: %v", value, err)
		}
	}
	keys, err := ReadIdentities([]string{file("a", k.String()+"\n"), file("b", "# mine\n"+other.String()+"\n"+k.String()+"\n")})
	if err != nil || len(keys) != 3 {
		t.Errorf("%d keys, %v", len(keys), err)
	}
	if _, err := ReadIdentities([]string{file("c", "AGE-SECRET-KEY-1SECRET")}); err == nil ||
		err.Error() != "the file "+filepath.Join(dir, "c")+" holds no age identities" {
		t.Error(err)
	}
	if _, err := ReadIdentities([]string{filepath.Join(dir, "none")}); !errors.Is(err, os.ErrNotExist) ||
		!strings.HasPrefix(err.Error(), "reading a file of identities: ") {
		t.Error(err)
	}
	_, err = ReadIdentities([]string{k.String()})
	if _, e := ParseRecipients([]string{strings.ToLower(k.String())}); err == nil || e == nil ||
		strings.Contains(strings.ToUpper(err.Error()+e.Error()), "AGE-SECRET") {
		t.Errorf("a secret key in the place of a path: %v; %v", err, e)
	}
	if keys, err := ReadIdentities(nil); keys != nil || err != nil {
		t.Errorf("%v, %v", keys, err)
	}
}
