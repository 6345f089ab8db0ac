package backup

import (
	"context"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kinde-migrate/kinde-migrate/internal/tenanttest"
)

// harm is something that happens to a folder of two backups, and what is found then.
type harm struct {
	do    func(t *testing.T, dir string, a, b *Manifest)
	found []string // by Verify
	whole string   // by Open of the second backup; "" opens it
}

func edit(t *testing.T, path string, change func(string) string) {
	t.Helper()
	data, err := os.ReadFile(path)
	tenanttest.Must(t, err)
	tenanttest.Must(t, os.WriteFile(path, []byte(change(string(data))), 0o600))
}

// TestEachHarmIsFound compares all that is found, word for word.
func TestEachHarmIsFound(t *testing.T) {
	const a, b = "2026-03-01T020000Z", "2026-03-02T020000Z"
	users := func(dir string) string { return filepath.Join(dir, b, "users.ndjson") }
	for name, h := range map[string]harm{
		"nothing": {do: func(*testing.T, string, *Manifest, *Manifest) {}},
		"an edited line": {func(t *testing.T, dir string, _, _ *Manifest) {
			edit(t, users(dir), func(s string) string { return strings.Replace(s, "bo@", "ba@", 1) })
		}, []string{b + "/users.ndjson: does not match its hash", b + "/users.ndjson line 2: was changed after it was written"},
			"users.ndjson: does not match its hash"},
		"a line more": {func(t *testing.T, dir string, _, _ *Manifest) {
			edit(t, users(dir), func(s string) string { return s + "{}\n" })
		}, []string{b + "/users.ndjson: has 407 bytes, not 404, and does not match its hash", b + "/users.ndjson: has 4 rows, not 3"},
			"users.ndjson: has 407 bytes, not 404, and does not match its hash"},
		"a line that is none": {func(t *testing.T, dir string, _, _ *Manifest) {
			edit(t, users(dir), func(s string) string { return strings.Replace(s, "{", "[", 1) })
		}, []string{b + "/users.ndjson: does not match its hash",
			b + "/users.ndjson line 1: does not parse: invalid character ':' after array element"}, "users.ndjson: does not match its hash"},
		"a field of another release": {func(t *testing.T, dir string, _, _ *Manifest) {
			edit(t, users(dir), func(s string) string { return strings.Replace(s, `"email"`, `"e_mil"`, 1) })
		}, []string{b + "/users.ndjson: does not match its hash", b + `/users.ndjson line 1: does not parse: json: unknown field "e_mil"`},
			"users.ndjson: does not match its hash"},
		"two objects on a line": {func(t *testing.T, dir string, _, _ *Manifest) {
			edit(t, users(dir), func(s string) string { return strings.Replace(s, "}\n", "{}\n", 1) })
		}, []string{b + "/users.ndjson: has 405 bytes, not 404, and does not match its hash",
			b + "/users.ndjson line 1: does not parse: invalid character '{' after object key:value pair"},
			"users.ndjson: has 405 bytes, not 404, and does not match its hash"},
		"a file less": {func(t *testing.T, dir string, _, _ *Manifest) { tenanttest.Must(t, os.Remove(users(dir))) },
			[]string{b + "/users.ndjson: is missing"}, "users.ndjson: is missing"},
		"checksums less": {func(t *testing.T, dir string, _, _ *Manifest) { tenanttest.Must(t, os.Remove(users(dir)+linesEnding)) },
			[]string{b + "/users.ndjson.lines: is missing"}, "users.ndjson.lines: is missing"},
		"checksums edited": {func(t *testing.T, dir string, _, _ *Manifest) {
			edit(t, users(dir)+linesEnding, func(s string) string { return "0" + s[1:] })
		}, []string{b + "/users.ndjson.lines: does not match its hash"}, "users.ndjson.lines: does not match its hash"},
		"a folder for a file": {func(t *testing.T, dir string, _, _ *Manifest) {
			tenanttest.Must(t, errors.Join(os.Remove(users(dir)), os.Mkdir(users(dir), 0o700)))
		}, []string{b + "/users.ndjson: is not a regular file", b + "/users.ndjson: is not a regular file"},
			"users.ndjson: is not a regular file"},
		"a file more": {func(t *testing.T, dir string, _, _ *Manifest) {
			tenanttest.Must(t, os.WriteFile(filepath.Join(dir, b, "notes.txt"), nil, 0o600))
		}, []string{b + "/notes.txt: is not part of the backup"}, ""},
		"no manifest": {func(t *testing.T, dir string, _, _ *Manifest) {
			tenanttest.Must(t, os.Remove(filepath.Join(dir, b, ManifestFile)))
		},
			[]string{b + "/manifest.json: is missing: the backup is not complete"}, "manifest.json: is missing: the backup is not complete"},
		"no hash": {func(t *testing.T, dir string, _, _ *Manifest) {
			tenanttest.Must(t, os.Remove(filepath.Join(dir, b, ManifestSumFile)))
		}, []string{b + "/manifest.sha256: is missing"}, "manifest.sha256: is missing"},
		"a folder for a hash": {func(t *testing.T, dir string, _, _ *Manifest) {
			path := filepath.Join(dir, b, ManifestSumFile)
			tenanttest.Must(t, errors.Join(os.Remove(path), os.Mkdir(path, 0o700)))
		}, []string{b + "/manifest.sha256: is not a regular file"}, "manifest.sha256: is not a regular file"},
		"a folder for a manifest": {func(t *testing.T, dir string, _, _ *Manifest) {
			path := filepath.Join(dir, b, ManifestFile)
			tenanttest.Must(t, errors.Join(os.Remove(path), os.Mkdir(path, 0o700)))
		}, []string{b + "/manifest.json: is not a regular file"}, "manifest.json: is not a regular file"},
		"an edited manifest": {func(t *testing.T, dir string, _, _ *Manifest) {
			edit(t, filepath.Join(dir, b, ManifestFile), func(s string) string { return s + " " })
		}, []string{b + "/manifest.json: does not match its hash in manifest.sha256"},
			"manifest.json: does not match its hash in manifest.sha256"},
		"an unknown version": {func(t *testing.T, dir string, _, m *Manifest) { m.Schema = "x"; remade(t, dir, m) },
			[]string{b + `/manifest.json: has the version "x", which this release doesn't know`},
			`manifest.json: has the version "x", which this release doesn't know`},
		"a file of elsewhere": {func(t *testing.T, dir string, _, m *Manifest) { m.Files[0].Name = "../x"; remade(t, dir, m) },
			[]string{b + `/manifest.json: names the file "../x", which can't be in a backup`},
			`manifest.json: names the file "../x", which can't be in a backup`},
		"another name": {func(t *testing.T, dir string, _, m *Manifest) {
			tenanttest.Must(t, os.Rename(filepath.Join(dir, b), filepath.Join(dir, "2026-03-03T020000Z")))
		}, []string{"2026-03-03T020000Z/manifest.json: belongs to the backup " + b + ": the folder was renamed"},
			"manifest.json: is missing: the backup is not complete"},
		"other rows": {func(t *testing.T, dir string, _, m *Manifest) { m.Files[0].Rows = 4; remade(t, dir, m) },
			[]string{b + "/users.ndjson: has 3 rows, not 4"}, "users.ndjson: has 3 rows, not 4"},
		"other counts": {func(t *testing.T, dir string, _, m *Manifest) { m.Counts[KindUsers] = 4; remade(t, dir, m) },
			[]string{b + "/users.ndjson: has 3 rows, and the manifest counts 4"}, "users.ndjson: has 3 rows, and the manifest counts 4"},
		"counts of no file": {func(t *testing.T, dir string, _, m *Manifest) {
			m.Counts["robots"], m.Counts["none"] = 4, 0
			remade(t, dir, m)
		},
			[]string{b + "/manifest.json: counts 4 robots but names no file with them"},
			"manifest.json: counts 4 robots but names no file with them"},
		"the first gone": {func(t *testing.T, dir string, _, _ *Manifest) {
			tenanttest.Must(t, os.RemoveAll(filepath.Join(dir, a)))
		},
			[]string{b + "/manifest.json: follows the backup " + a + ", which is missing and was not pruned"}, ""},
		"the first pruned": {func(t *testing.T, dir string, m, _ *Manifest) {
			_, hash, err := ReadManifest(filepath.Join(dir, a))
			tenanttest.Must(t, errors.Join(err, (&Repository{dir: dir}).setPruned([]prunedBackup{{Name: a, ManifestSHA256: hash}})))
			tenanttest.Must(t, os.RemoveAll(filepath.Join(dir, a)))
		}, nil, ""},
		"the first remade": {func(t *testing.T, dir string, m, _ *Manifest) { m.Version = "2"; remade(t, dir, m) },
			[]string{b + "/manifest.json: doesn't follow the manifest of " + a + " that is there"}, ""},
		"the first damaged": {func(t *testing.T, dir string, _, _ *Manifest) {
			tenanttest.Must(t, os.Remove(filepath.Join(dir, a, ManifestFile)))
		},
			[]string{a + "/manifest.json: is missing: the backup is not complete"}, ""},
		"no chain": {func(t *testing.T, dir string, _, m *Manifest) { m.Previous = nil; remade(t, dir, m) },
			[]string{b + "/manifest.json: is not chained to the backup before it, " + a}, ""},
		"one between": {func(t *testing.T, dir string, m, _ *Manifest) {
			first := laidDownApart(t, dir, "2026-02-27T020000Z", nil)
			second := laidDownApart(t, dir, "2026-02-28T020000Z", first)
			m.Previous = &Link{Name: first.Name, ManifestSHA256: hashIn(t, dir, first)}
			remade(t, dir, m)
			_ = second
		}, []string{a + "/manifest.json: follows 2026-02-27T020000Z, although 2026-02-28T020000Z is between them",
			b + "/manifest.json: doesn't follow the manifest of " + a + " that is there"}, ""},
		"damaged pruned.json": {func(t *testing.T, dir string, _, _ *Manifest) {
			tenanttest.Must(t, os.WriteFile(filepath.Join(dir, prunedFile), []byte("x"), 0o600))
		}, []string{"pruned.json: does not parse: invalid character 'x' looking for beginning of value"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			first := laidDown(t, dir, night, Full, nil, staff())
			second := laidDown(t, dir, night.AddDate(0, 0, 1), Full, nil, staff())
			h.do(t, dir, first, second)
			v := verify(t, dir, nil)
			var found []string
			for _, p := range v.Problems {
				found = append(found, p.String())
			}
			if !slices.Equal(found, h.found) {
				t.Errorf("found\n%s\nwant\n%s", strings.Join(found, "\n"), strings.Join(h.found, "\n"))
			}
			if _, err := Open(t.Context(), filepath.Join(dir, b), nil); h.whole == "" && err != nil ||
				h.whole != "" && (err == nil || !strings.HasSuffix(err.Error(), string(filepath.Separator)+h.whole)) {
				t.Errorf("opened: %v, want %s", err, h.whole)
			}
		})
	}
}

func laidDownApart(t *testing.T, dir, name string, before *Manifest) *Manifest {
	t.Helper()
	apart := t.TempDir()
	at, _ := timeOfName(name)
	m := laidDown(t, apart, at, Full, nil, rows{})
	tenanttest.Must(t, os.Rename(filepath.Join(apart, name), filepath.Join(dir, name)))
	if before != nil {
		m.Previous = &Link{Name: before.Name, ManifestSHA256: hashIn(t, dir, before)}
		remade(t, dir, m)
	}
	return m
}

func hashIn(t *testing.T, dir string, m *Manifest) string {
	t.Helper()
	_, hash, err := ReadManifest(filepath.Join(dir, m.Name))
	tenanttest.Must(t, err)
	return hash
}

// TestVerification compares what is counted of whole backups, of all and of one.
func TestVerification(t *testing.T) {
	dir, list := threeNights(t)
	names := []string{list[0].Name, list[1].Name, list[2].Name, list[3].Name}
	var bytes, rows int64
	var files int
	for _, m := range list {
		for _, f := range m.Files {
			files++
			bytes += f.Bytes
			if f.Kind != kindLines && !m.Encrypted {
				rows += f.Rows
			}
		}
	}
	var unread []string
	for _, f := range list[1].Files {
		unread = append(unread, names[1]+"/"+f.Name)
	}
	want := &Verification{Backups: names, Files: files, Rows: rows, Bytes: bytes, Unread: unread, Problems: []Damage{}, Counts: list[3].Counts}
	if v := verify(t, dir, nil); !reflect.DeepEqual(v, want) {
		t.Errorf("%s\nwant %s", asText(t, v), asText(t, want))
	}
	one := verify(t, dir, nil, names[2])
	if !slices.Equal(one.Backups, names[2:3]) || one.Files != len(list[2].Files) || one.Rows != 10 || !maps.Equal(one.Counts, list[2].Counts) {
		t.Errorf("%s", asText(t, one))
	}
	repo := &Repository{dir: dir}
	if _, err := repo.Verify(t.Context(), nil, "2020-01-01T000000Z"); err == nil ||
		err.Error() != "verifying: there is no backup 2020-01-01T000000Z in "+dir {
		t.Error(err)
	}
	for n := range 200 {
		_, err := repo.Verify(&counting{context.Background(), n}, nil, names[0])
		if !errors.Is(err, context.Canceled) && n < 20 {
			t.Errorf("not ended at the %d. look: %v", n, err)
		}
	}
	if _, err := (&Repository{dir: filepath.Join(dir, "none")}).Verify(t.Context(), nil); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
	// No more than maxDamages problems are named for a file, but all rows are counted.
	many := laidDown(t, dir, night.AddDate(0, 0, 9), Fast, nil, rowsOfUsers(50))
	edit(t, filepath.Join(dir, many.Name, "users.ndjson"), func(s string) string { return strings.ReplaceAll(s, "kp_", "kq_") })
	if v := verify(t, dir, nil, many.Name); len(v.Problems) != maxDamages+1 || v.Rows != 50 {
		t.Errorf("%d problems, %d rows", len(v.Problems), v.Rows)
	}
}

// TestVerifyMember: a file of a backup is proven by the manifest beside it; other files pass.
func TestVerifyMember(t *testing.T) {
	dir := t.TempDir()
	m := laidDown(t, dir, night, Full, nil, staff())
	folder := filepath.Join(dir, m.Name)
	tenanttest.Must(t, os.WriteFile(filepath.Join(folder, "mine.csv"), nil, 0o600))
	tenanttest.Must(t, os.WriteFile(filepath.Join(dir, "mine.csv"), nil, 0o600))
	for _, path := range []string{filepath.Join(folder, "users.ndjson"), filepath.Join(folder, "mine.csv"), filepath.Join(dir, "mine.csv"),
		filepath.Join(dir, "none", "users.ndjson")} {
		if err := VerifyMember(t.Context(), path); err != nil {
			t.Errorf("%s: %v", path, err)
		}
	}
	users := filepath.Join(folder, "users.ndjson")
	if err := VerifyMember(&counting{context.Background(), 0}, users); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	edit(t, users, func(s string) string { return strings.Replace(s, "bo@", "ba@", 1) })
	if err := VerifyMember(t.Context(), users); err == nil || err.Error() != users+": does not match its hash" {
		t.Error(err)
	}
	renamed := filepath.Join(dir, "renamed") // it is a backup by the hash of its manifest
	tenanttest.Must(t, os.Rename(folder, renamed))
	if err := VerifyMember(t.Context(), filepath.Join(renamed, "users.ndjson")); !isDamage(err, "users.ndjson") {
		t.Error(err)
	}
	tenanttest.Must(t, os.Remove(filepath.Join(renamed, ManifestFile)))
	if err := VerifyMember(t.Context(), filepath.Join(renamed, "users.ndjson")); !isDamage(err, ManifestFile) {
		t.Error(err)
	}
	tenanttest.Must(t, os.Remove(filepath.Join(renamed, ManifestSumFile)))
	if err := VerifyMember(t.Context(), filepath.Join(renamed, "users.ndjson")); err != nil {
		t.Errorf("no backup: %v", err)
	}
	tenanttest.Must(t, os.Rename(renamed, folder)) // it is one by its name
	if err := VerifyMember(t.Context(), users); !isDamage(err, ManifestFile) {
		t.Error(err)
	}
}

// TestList looks at what is there at a glance.
func TestList(t *testing.T) {
	dir := t.TempDir()
	var names []string
	var list []*Manifest
	for day := range 5 {
		list = append(list, laidDown(t, dir, night.AddDate(0, 0, day), Full, nil, staff()))
		names = append(names, list[day].Name)
	}
	size := int64(0)
	for _, f := range list[0].Files {
		size += f.Bytes
	}
	tenanttest.Must(t, os.Mkdir(filepath.Join(dir, "elsewhere"), 0o700))
	tenanttest.Must(t, os.Remove(filepath.Join(dir, names[1], "users.ndjson")))
	edit(t, filepath.Join(dir, names[2], "users.ndjson"), func(s string) string { return s + "\n" })
	tenanttest.Must(t, os.Remove(filepath.Join(dir, names[3], ManifestFile)))
	path := filepath.Join(dir, names[4], "users.ndjson")
	tenanttest.Must(t, errors.Join(os.Remove(path), os.Mkdir(path, 0o700)))
	repo := &Repository{dir: dir}
	got, err := repo.List()
	tenanttest.Must(t, err)
	problems := []string{"", "users.ndjson is missing", "users.ndjson has 405 bytes, not 404",
		filepath.Join(dir, names[3], ManifestFile) + ": is missing: the backup is not complete", "users.ndjson is not a regular file"}
	if len(got) != 5 {
		t.Fatalf("%+v", got)
	}
	for i, e := range got {
		if e.Name != names[i] || e.Problem != problems[i] || e.Folder != repo.FolderOf(names[i]) || !e.Time.Equal(night.AddDate(0, 0, i)) ||
			(e.Manifest == nil) != (i == 3) || e.Good() != (i == 0) {
			t.Errorf("%d: %+v", i, e)
		}
	}
	if got[0].Bytes != size || got[1].Bytes >= size || got[1].Bytes == 0 || repo.Dir() != dir {
		t.Errorf("%d and %d bytes, want %d", got[0].Bytes, got[1].Bytes, size)
	}
	if e, err := repo.Latest(); err != nil || e.Name != names[0] {
		t.Errorf("%+v, %v", e, err)
	}
	tenanttest.Must(t, os.RemoveAll(filepath.Join(dir, names[0])))
	if e, err := repo.Latest(); err != nil || e != nil {
		t.Errorf("%+v, %v", e, err)
	}
	file := filepath.Join(dir, "file")
	tenanttest.Must(t, os.WriteFile(file, nil, 0o600))
	for path, want := range map[string]string{file: "opening the folder of backups: " + file + " is a file",
		filepath.Join(dir, "none"): "opening the folder of backups: stat " + filepath.Join(dir, "none") + ": no such file or directory"} {
		if _, err := OpenRepository(path); err == nil || err.Error() != want {
			t.Errorf("%v, want %s", err, want)
		}
	}
	if _, err := LockRepository(filepath.Join(file, "x")); err == nil || !strings.HasPrefix(err.Error(), "making the folder of backups: ") {
		t.Error(err)
	}
	none := &Repository{dir: filepath.Join(dir, "none")}
	for _, err := range []error{errorOf(none.List()), errorOf(none.Latest()), errorOf(none.link(&Manifest{})),
		none.nextSecond(t.Context(), time.Now),
		errorOf(none.Prune(t.Context(), Retention{Last: 1}, false, night))} {
		if !errors.Is(err, os.ErrNotExist) || !strings.HasPrefix(err.Error(), "listing the backups: ") {
			t.Error(err)
		}
	}
	if err := none.sweep(); !errors.Is(err, os.ErrNotExist) || !strings.HasPrefix(err.Error(), "cleaning up: ") {
		t.Error(err)
	}
	if none.Unlock() != nil || !IsBackupName(names[0]) || IsBackupName("elsewhere") {
		t.Error("a folder without a lock, or a name")
	}
}
