package backup

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/kinde-migrate/kinde-migrate/internal/tenant"
	"github.com/kinde-migrate/kinde-migrate/internal/tenanttest"
)

func rowsOfUsers(n int) rows {
	files := rows{}
	for i := range n {
		files[KindUsers] = append(files[KindUsers], tenant.Row{ID: fmt.Sprintf("kp_%03d", i), FirstName: strings.Repeat("x", 2000)})
	}
	return files
}

// TestReasons compares for each backup why it is kept, across days, weeks, months and zones.
func TestReasons(t *testing.T) {
	berlin := location(t, "Europe/Berlin")
	times := []string{"2026-03-02T100000Z", "2026-03-01T233000Z", "2026-03-01T220000Z", "2026-02-28T233000Z",
		"2026-02-23T100000Z", "2026-02-22T100000Z", "2026-01-01T100000Z"}
	var list []Entry
	for _, name := range times {
		at, _ := timeOfName(name)
		list = append(list, Entry{Name: name, Time: at})
	}
	for _, c := range []struct {
		p    Retention
		want string
	}{
		{Retention{}, ";;;;;;"},
		{Retention{Last: 2}, "last;last;;;;;"},
		{Retention{Daily: 3}, "daily;daily;;daily;;;"},
		{Retention{Daily: 3, Location: berlin}, "daily;;daily;;daily;;"},
		{Retention{Weekly: 3}, "weekly;weekly;;;;weekly;"},
		{Retention{Monthly: 9}, "monthly;;;monthly;;;monthly"},
		{Retention{Monthly: 9, Location: berlin}, "monthly;;;;monthly;;monthly"},
		{Retention{Last: 1, Daily: 2, Weekly: 1, Monthly: 2}, "last daily weekly monthly;daily;;monthly;;;"},
	} {
		var got []string
		for i, k := range c.p.choose(list) {
			if k.Name != times[i] {
				t.Errorf("%s is called %s", times[i], k.Name)
			}
			got = append(got, strings.Join(k.Reasons, " "))
		}
		if text := strings.Join(got, ";"); text != c.want {
			t.Errorf("%+v: %s, want %s", c.p, text, c.want)
		}
		if got := c.p.None(); got != (c.want == ";;;;;;") {
			t.Errorf("%+v keeps everything: %v", c.p, got)
		}
	}
}

// TestPrune compares all that a pruning says, and what it leaves.
func TestPrune(t *testing.T) {
	dir := t.TempDir()
	var names []string
	size, hash := map[string]int64{}, map[string]string{}
	for day := range 6 {
		m := laidDown(t, dir, night.AddDate(0, 0, day), Fast, nil, staff())
		names = append(names, m.Name)
		hash[m.Name] = hashIn(t, dir, m)
		for _, f := range m.Files {
			size[m.Name] += f.Bytes
		}
	}
	edit(t, filepath.Join(dir, names[4], "users.ndjson"), func(s string) string { return strings.Replace(s, "bo@", "ba@", 1) })
	tenanttest.Must(t, os.Remove(filepath.Join(dir, names[3], "users.ndjson")))
	repo := locked(t, dir)
	if p, err := repo.Prune(t.Context(), Retention{}, false, night); p != nil || err == nil ||
		err.Error() != "pruning: there is no --keep-… flag" {
		t.Errorf("%+v, %v", p, err)
	}
	keep := []Kept{{names[5], []string{"last", "monthly"}}, {names[2], []string{"last"}}}
	want := Pruning{Keep: keep, Remove: []string{names[1], names[0]}, Removed: []string{}, Ignored: []string{names[3], names[4]},
		Damaged: []string{names[4]}, Bytes: size[names[0]] + size[names[1]]}
	before := everything(t, dir)
	policy := Retention{Last: 2, Monthly: 1}
	p, err := repo.Prune(t.Context(), policy, true, night)
	if err != nil || !reflect.DeepEqual(*p, want) || everything(t, dir) != before {
		t.Errorf("a dry run: %s, %v, want %s", asText(t, p), err, asText(t, want))
	}
	for n := range 6 {
		if p, err := repo.Prune(&counting{context.Background(), n}, policy, false, night); p != nil || !errors.Is(err,
			context.Canceled) || everything(t, dir) != before {
			t.Errorf("ended at the %d. look: %+v, %v", n, p, err)
		}
	}
	tenanttest.Must(t, os.Mkdir(filepath.Join(dir, "."+names[0]+".x.tmp"), 0o700)) // left by a run that was cut off
	tenanttest.Must(t, os.Mkdir(filepath.Join(dir, ".x.tmp"), 0o700))              // not ours
	want.Removed = []string{names[0], names[1]}
	p, err = repo.Prune(t.Context(), policy, false, night.In(location(t, "Europe/Berlin")))
	if err != nil || !reflect.DeepEqual(*p, want) {
		t.Errorf("%s, %v, want %s", asText(t, p), err, asText(t, want))
	}
	left, err := filepath.Glob(filepath.Join(dir, "*"))
	tenanttest.Must(t, err)
	for i := range left {
		left[i] = filepath.Base(left[i])
	}
	if want := []string{".lock", ".x.tmp", names[2], names[3], names[4], names[5], "pruned.json",
		"retention.json"}; !slices.Equal(left, want) {
		t.Errorf("left are %v, want %v", left, want)
	}
	gone, err := repo.pruned()
	if want := []prunedBackup{{names[0], hash[names[0]], nil, night}, {names[1], hash[names[1]], &Link{names[0], hash[names[0]]},
		night}}; err != nil ||
		!reflect.DeepEqual(gone, want) {
		t.Errorf("%s, %v, want %s", asText(t, gone), err, asText(t, want))
	}
	// Nothing goes: no file of those that stay is read, and pruned.json stays.
	p, err = repo.Prune(t.Context(), policy, false, night)
	want = Pruning{Keep: []Kept{keep[0], keep[1]}, Remove: []string{}, Removed: []string{}, Ignored: []string{names[4], names[3]}}
	if err != nil || len(p.Removed) != 0 || len(p.Remove) != 0 {
		t.Errorf("again: %s, %v", asText(t, p), err)
	}
	if p, err := locked(t, t.TempDir()).Prune(t.Context(), policy, false, night); err != nil ||
		!reflect.DeepEqual(*p, Pruning{Keep: []Kept{}, Remove: []string{}, Removed: []string{}, Ignored: []string{}}) {
		t.Errorf("an empty folder: %+v, %v", p, err)
	}
}

// TestFilesThatCannotBeKept end a pruning before anything is removed.
func TestFilesThatCannotBeKept(t *testing.T) {
	for place, want := range map[string]string{prunedFile: "reading which backups were removed: ", retentionFile: ""} {
		dir := t.TempDir()
		for day := range 2 {
			laidDown(t, dir, night.AddDate(0, 0, day), Fast, nil, rows{})
		}
		tenanttest.Must(t, os.Mkdir(filepath.Join(dir, place), 0o700))
		repo := locked(t, dir)
		p, err := repo.Prune(t.Context(), Retention{Last: 1}, false, night)
		if err == nil || !strings.Contains(err.Error(), want) || len(p.Removed) > 0 {
			t.Errorf("%s: %+v, %v", place, p, err)
		}
		if list, err := repo.List(); err != nil || len(list) != 2 {
			t.Errorf("%s: %+v, %v", place, list, err)
		}
	}
	dir := t.TempDir()
	for day := range 2 {
		laidDown(t, dir, night.AddDate(0, 0, day), Fast, nil, rows{})
	}
	tenanttest.Must(t, os.WriteFile(filepath.Join(dir, prunedFile), []byte("x"), 0o600))
	if _, err := locked(t, dir).Prune(t.Context(), Retention{Last: 1}, false, night); !isDamage(err, prunedFile) {
		t.Error(err)
	}
}

// TestThePolicyIsRemembered, and written only when it is another one.
func TestThePolicyIsRemembered(t *testing.T) {
	repo := locked(t, t.TempDir())
	if p, err := repo.LastRetention(); err != nil || p != (Retention{}) {
		t.Errorf("%+v, %v", p, err)
	}
	path := filepath.Join(repo.dir, retentionFile)
	for _, p := range []Retention{{Last: 1}, {Daily: 2}, {Weekly: 3}, {Monthly: 4, Location: location(t, "Europe/Berlin")}} {
		tenanttest.Must(t, repo.remember(p))
		if got, err := repo.LastRetention(); err != nil || !reflect.DeepEqual(got, p) {
			t.Errorf("%+v, %v, want %+v", got, err, p)
		}
		long := time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)
		tenanttest.Must(t, os.Chtimes(path, long, long))
		tenanttest.Must(t, repo.remember(p))
		if st, err := os.Stat(path); err != nil || !st.ModTime().Equal(long) {
			t.Errorf("%+v was written again", p)
		}
	}
	for text, want := range map[string]string{"x": path + ": does not parse: invalid character 'x' looking for beginning of value",
		`{"timezone":"Nowhere/At_all"}`: "unknown time zone Nowhere/At_all"} {
		tenanttest.Must(t, os.WriteFile(path, []byte(text), 0o600))
		if _, err := repo.LastRetention(); err == nil || err.Error() != want {
			t.Errorf("%s: %v", text, err)
		}
	}
	tenanttest.Must(t, errors.Join(os.Remove(path), os.Mkdir(path, 0o700)))
	if _, err := repo.LastRetention(); err == nil || !strings.HasPrefix(err.Error(), "reading how long backups are kept: ") {
		t.Error(err)
	}
}

// TestLeaves: the day on which each backup goes is the day on which choose removes it.
func TestLeaves(t *testing.T) {
	now := time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)
	entry := func(day int, problem string) Entry {
		at := now.AddDate(0, 0, -day)
		return Entry{Name: NameAt(at), Time: at, Problem: problem}
	}
	list := []Entry{entry(40, ""), entry(3, ""), entry(2, "damaged"), entry(1, ""), entry(0, "")}
	day := func(n int) time.Time { return now.AddDate(0, 0, n) }
	for _, c := range []struct {
		p    Retention
		want map[string]time.Time
	}{
		{Retention{}, map[string]time.Time{}},
		{Retention{Last: 2}, map[string]time.Time{list[0].Name: day(0), list[1].Name: day(0), list[3].Name: day(1), list[4].Name: day(2)}},
		{Retention{Daily: 3}, map[string]time.Time{list[0].Name: day(0), list[1].Name: day(1), list[3].Name: day(2), list[4].Name: day(3)}},
		// 23 January is the last of its month until March's and April's are there, and so on.
		{Retention{Last: 1, Monthly: 2}, map[string]time.Time{list[0].Name: day(28), list[1].Name: day(0), list[3].Name: day(0),
			list[4].Name: day(1)}},
		{Retention{Monthly: 5000}, map[string]time.Time{list[1].Name: day(0), list[3].Name: day(0), list[4].Name: day(1)}},
	} {
		if got := c.p.Leaves(list, now); !maps.EqualFunc(got, c.want, time.Time.Equal) {
			t.Errorf("%+v: %v, want %v", c.p, got, c.want)
		}
	}
}

// TestTheNextSecondIsWaitedFor only when the newest backup has the name that a new one would get.
func TestTheNextSecondIsWaitedFor(t *testing.T) {
	dir := t.TempDir()
	m := laidDown(t, dir, night, Fast, nil, rows{})
	repo := &Repository{dir: dir}
	for at, want := range map[time.Duration]time.Duration{0: time.Second, 300 * time.Millisecond: 700 * time.Millisecond, time.Second: 0,
		-time.Nanosecond: 0, -time.Hour: 0, time.Hour: 0} {
		synctest.Test(t, func(t *testing.T) {
			begun := time.Now()
			tenanttest.Must(t, repo.nextSecond(t.Context(), func() time.Time { return m.StartedAt.Add(at) }))
			if got := time.Since(begun); got != want {
				t.Errorf("%v after the newest %v are waited for, want %v", at, got, want)
			}
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			if err := repo.nextSecond(ctx, func() time.Time { return m.StartedAt }); !errors.Is(err, context.Canceled) {
				t.Errorf("waited on: %v", err)
			}
		})
	}
}

func TestTheChainGoesOn(t *testing.T) {
	dir := t.TempDir()
	m := laidDown(t, dir, night, Fast, nil, rows{})
	repo := &Repository{dir: dir}
	next := func(change func(*Manifest)) (*Manifest, *Manifest, error) {
		x := &Manifest{Name: NameAt(night.Add(time.Second)), Tenant: m.Tenant}
		change(x)
		before, err := repo.link(x)
		return x, before, err
	}
	x, before, err := next(func(*Manifest) {})
	if err != nil || before.Name != m.Name || *x.Previous != (Link{m.Name, hashIn(t, dir, m)}) {
		t.Errorf("%+v, %+v, %v", x, before, err)
	}
	for want, change := range map[string]func(*Manifest){
		dir + " holds backups of https://acme.example.com, not of https://b.example.com":                 func(x *Manifest) { x.Tenant.Domain = "https://b.example.com" },
		dir + " holds backups of https://acme.example.com, not of https://acme.example.com":              func(x *Manifest) { x.Tenant.Code = "org_x" },
		"making the backup: the newest one, 2026-03-01T020000Z, is not older than now: check the clock":  func(x *Manifest) { x.Name = m.Name },
		"making the backup: the newest one, 2026-03-01T020000Z, is not older than now: check the clock ": func(x *Manifest) { x.Name = NameAt(night.Add(-time.Second)) },
	} {
		if x, before, err := next(change); err == nil || err.Error() != strings.TrimSpace(want) || before != nil || x.Previous != nil {
			t.Errorf("%v, want %s", err, want)
		}
	}
}

func TestShrunk(t *testing.T) {
	dir := t.TempDir()
	repo := &Repository{dir: dir}
	lay := func(day int, counts map[string]int64, shrunk *Shrink) string {
		m := laidDown(t, dir, night.AddDate(0, 0, day), Fast, nil, rows{})
		m.Counts, m.Shrunk = counts, shrunk
		remade(t, dir, m)
		return m.Name
	}
	counts := func(users, members, orgs int64) map[string]int64 {
		return map[string]int64{KindUsers: users, KindMemberships: members, KindOrganizations: orgs}
	}
	if s := repo.shrunk(&Manifest{Counts: counts(0, 0, 0)}, 0); s != nil {
		t.Errorf("the first: %+v", s)
	}
	lay(0, counts(1, 1, 1), nil)
	good := lay(1, counts(100, 200, 0), nil)
	lay(2, counts(1, 1, 0), &Shrink{})
	for _, c := range []struct {
		counts  map[string]int64
		allowed float64
		want    *Shrink
	}{
		{counts(100, 200, 0), 0, nil}, {counts(101, 300, 5), 0, nil}, {counts(95, 190, 0), 0, nil},
		{counts(94, 200, 0), 0, &Shrink{good, KindUsers, 100, 94, 6, 5}}, {counts(94, 200, 0), 6, nil},
		{counts(100, 180, 0), 0, &Shrink{good, KindMemberships, 200, 180, 10, 5}}, {counts(0, 0, 0), 100, nil},
		{counts(99, 200, 0), 0.5, &Shrink{good, KindUsers, 100, 99, 1, 0.5}},
	} {
		if got := repo.shrunk(&Manifest{Counts: c.counts}, c.allowed); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%v, %v allowed: %+v, want %+v", c.counts, c.allowed, got, c.want)
		}
	}
	s := &Shrink{"X", KindUsers, 100, 94, 6, 5}
	if got := s.String(); got != "users fell from 100 to 94 since X: 6.0 % less; at most 5.0 % are allowed" {
		t.Error(got)
	}
	if p, err := locked(t, dir).Prune(t.Context(), Retention{Last: 1}, false, night); err != nil || !strings.HasPrefix(p.Stopped,
		"the newest backup, ") ||
		len(p.Keep)+len(p.Remove) > 0 {
		t.Errorf("%+v, %v", p, err)
	}
}
