package backup

import (
	"bytes"
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

// forgetAna takes the lines about Ana out, and her address out of other lines.
func forgetAna(kind string, line []byte) ([]byte, bool) {
	if AboutUsers(kind) && bytes.Contains(line, []byte(`"kp_1"`)) {
		return nil, false
	}
	return bytes.ReplaceAll(line, []byte("ana@example.com"), []byte("[erased]")), true
}

// threeNights are two plain backups and an encrypted one between them.
func threeNights(t *testing.T) (dir string, list []*Manifest) {
	t.Helper()
	dir = t.TempDir()
	_, to := key(t)
	for day, to := range []Recipients{nil, to, nil, nil} {
		list = append(list, laidDown(t, dir, night.AddDate(0, 0, day), Full, to, staff()))
	}
	return dir, list
}

func TestErase(t *testing.T) {
	dir, list := threeNights(t)
	encrypted := everything(t, filepath.Join(dir, list[1].Name))
	at := time.Date(2026, 5, 1, 1, 2, 3, 4, time.FixedZone("", 3600))
	note := ErasedNote{At: time.Date(2026, 5, 1, 0, 2, 3, 0, time.UTC), People: 7, Rows: 2, Texts: 1}
	repo := locked(t, dir)
	got, err := repo.Erase(t.Context(), Erasure{At: at, People: 7, Line: forgetAna, Only: []string{list[0].Name, list[1].Name, list[2].Name}})
	tenanttest.Must(t, err)
	if want := map[string]ErasedNote{list[0].Name: note, list[2].Name: note}; !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, want %+v", got, want)
	}
	tenanttest.Must(t, repo.Unlock())
	if v := verify(t, dir, nil); len(v.Problems) > 0 {
		t.Fatalf("the chain is broken: %+v", v.Problems)
	}
	for i, m := range list {
		now, _, err := ReadManifest(filepath.Join(dir, m.Name))
		tenanttest.Must(t, err)
		users, members, erased := int64(3), int64(2), i == 0 || i == 2
		if erased {
			users, members = 2, 1
		}
		if now.Counts[KindUsers] != users || now.Counts[KindMemberships] != members || now.Counts[KindRoles] != 1 ||
			len(now.Files) != len(m.Files) ||
			(len(now.Erased) == 1) != erased || erased && now.Erased[0] != note {
			t.Errorf("%s: %s", m.Name, asText(t, now))
		}
		text := everything(t, filepath.Join(dir, m.Name))
		if !m.Encrypted && strings.Contains(text, "ana@example.com") == erased {
			t.Errorf("%s: who was erased is there: %v", m.Name, !erased)
		}
		if erased && (!strings.Contains(text, "Editor of [erased]") || !strings.Contains(text, "cy@example.com")) {
			t.Errorf("%s: %s", m.Name, text)
		}
	}
	if now := everything(t, filepath.Join(dir, list[1].Name)); now == encrypted || !strings.Contains(now, "age-encryption") {
		t.Error("the encrypted backup's manifest has to follow the one before it")
	}
	if left, _ := filepath.Glob(filepath.Join(dir, ".eras*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
	// Nobody is left to be taken out of these: nothing changes, no note is added.
	before := everything(t, dir)
	got, err = locked(t, dir).Erase(t.Context(), Erasure{At: at, People: 7, Line: forgetAna, Only: []string{list[0].Name}})
	note.Rows, note.Texts = 0, 0
	if want := map[string]ErasedNote{list[0].Name: note}; err != nil || !reflect.DeepEqual(got, want) || everything(t, dir) != before {
		t.Errorf("again: %+v, %v", got, err)
	}
}

func TestErasingEverywhere(t *testing.T) {
	dir, list := threeNights(t)
	repo := locked(t, dir)
	got, err := repo.Erase(t.Context(), Erasure{At: night, Line: forgetAna})
	if names := slices.Sorted(maps.Keys(got)); err != nil || !slices.Equal(names, []string{list[0].Name, list[2].Name, list[3].Name}) {
		t.Errorf("%v, %v", names, err)
	}
	seen := map[string]int{}
	tenanttest.Must(t, repo.EachLine(t.Context(), nil, func(backup, kind string, line []byte) {
		seen[backup]++
		if bytes.Contains(line, []byte("ana@example.com")) {
			t.Errorf("%s, %s: %s", backup, kind, line)
		}
	}))
	if want := map[string]int{list[0].Name: 8, list[2].Name: 8, list[3].Name: 8}; !maps.Equal(seen, want) {
		t.Errorf("lines %v, want %v", seen, want)
	}
	clear(seen)
	tenanttest.Must(t, repo.EachLine(t.Context(), []string{list[2].Name}, func(_, kind string, _ []byte) { seen[kind]++ }))
	if want := map[string]int{KindUsers: 2, KindMemberships: 1, KindOrganizations: 1, KindRoles: 1, KindProperties: 2,
		KindConnections: 1}; !maps.Equal(seen, want) {
		t.Errorf("kinds %v, want %v", seen, want)
	}
}

// TestErasureCutOff: wherever an erasure ends, the folder is as it was, or as it has to be, once
// it is opened for writing again.
func TestErasureCutOff(t *testing.T) {
	dir := t.TempDir()
	list := []*Manifest{laidDown(t, dir, night, Full, nil, staff()), laidDown(t, dir, night.AddDate(0, 0, 1), Full, nil, rows{})}
	before := everything(t, dir)
	for n := 0; ; n++ {
		repo := locked(t, dir)
		_, err := repo.Erase(&counting{context.Background(), n}, Erasure{At: night, Line: forgetAna})
		tenanttest.Must(t, repo.Unlock())
		if err == nil {
			if n < 20 {
				t.Errorf("it looked only %d times whether it has to end", n)
			}
			break
		}
		if !errors.Is(err, context.Canceled) || !strings.HasPrefix(err.Error(), "erasing in the backup ") || everything(t, dir) != before {
			t.Fatalf("ended at the %d. look: %v", n, err)
		}
		if left, _ := filepath.Glob(filepath.Join(dir, ".eras*")); len(left) > 0 {
			t.Errorf("left behind: %v", left)
		}
	}
	after := everything(t, dir)
	// The same erasure, complete but not put in place, after each number of files.
	for cut := 0; cut < 45; cut += 4 {
		dir := laidDownAgain(t, before)
		tenanttest.Must(t, os.Mkdir(filepath.Join(dir, erasedDir), 0o700))
		moved := 0
		for _, m := range list {
			tenanttest.Must(t, os.Mkdir(filepath.Join(dir, erasedDir, m.Name), 0o700))
			files := filesOf(after, m.Name)
			for _, name := range slices.SortedFunc(maps.Keys(files), func(x, y string) int { return rankOf(x) - rankOf(y) }) {
				folder := filepath.Join(dir, erasedDir, m.Name)
				if moved++; moved <= cut {
					folder = filepath.Join(dir, m.Name)
				}
				tenanttest.Must(t, os.WriteFile(filepath.Join(folder, name), []byte(files[name]), 0o600))
			}
		}
		tenanttest.Must(t, locked(t, dir).Unlock())
		if got := everything(t, dir); got != after {
			t.Errorf("cut off after %d files:\n%s\nwant\n%s", cut, got, after)
		}
		if _, err := os.Stat(filepath.Join(dir, erasedDir)); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("left behind: %v", err)
		}
	}
}

// laidDownAgain writes what everything has shown.
func laidDownAgain(t *testing.T, text string) string {
	t.Helper()
	dir := t.TempDir()
	for part := range strings.SplitSeq(text, "== ") {
		name, data, _ := strings.Cut(part, "\n")
		if name == "" {
			continue
		}
		tenanttest.Must(t, os.MkdirAll(filepath.Join(dir, filepath.Dir(name)), 0o700))
		tenanttest.Must(t, os.WriteFile(filepath.Join(dir, name), []byte(data), 0o600))
	}
	return dir
}

func filesOf(text, folder string) map[string]string {
	out := map[string]string{}
	for part := range strings.SplitSeq(text, "== ") {
		name, data, _ := strings.Cut(part, "\n")
		if rest, ok := strings.CutPrefix(name, folder+"/"); ok {
			out[rest] = data
		}
	}
	return out
}

// TestDamagedBackupsAreNotErasedIn: a manifest made anew would call them good.
func TestDamagedBackupsAreNotErasedIn(t *testing.T) {
	start := t.TempDir()
	laidDown(t, start, night, Full, nil, staff())
	second := laidDown(t, start, night.AddDate(0, 0, 1), Full, nil, staff())
	for _, file := range []string{"users.ndjson", "users.ndjson.lines", "roles.ndjson", ManifestFile, ManifestSumFile} {
		for _, gone := range []bool{false, true} {
			dir := t.TempDir()
			tenanttest.Must(t, os.CopyFS(dir, os.DirFS(start)))
			path := filepath.Join(dir, second.Name, file)
			data, err := os.ReadFile(path)
			tenanttest.Must(t, err)
			tenanttest.Must(t, os.Remove(path))
			if !gone {
				tenanttest.Must(t, os.WriteFile(path, data[1:], 0o600))
			}
			before := everything(t, dir)
			want := file
			if file == ManifestSumFile && !gone {
				want = ManifestFile
			}
			_, err = locked(t, dir).Erase(t.Context(), Erasure{At: night, Line: forgetAna})
			if !isDamage(err, want) || everything(t, dir) != before {
				t.Errorf("%s, gone %v: %v", file, gone, err)
			}
			if _, err := os.Stat(filepath.Join(dir, erasingDir)); !errors.Is(err, os.ErrNotExist) {
				t.Errorf("left behind: %v", err)
			}
			if strings.HasPrefix(file, "manifest") {
				if err := locked(t, t.TempDir()).EachLine(t.Context(), nil, nil); err != nil {
					t.Error(err)
				}
				repo := &Repository{dir: dir}
				if err := repo.EachLine(t.Context(), nil, func(string, string, []byte) {}); !isDamage(err, want) {
					t.Errorf("read on without %s: %v", file, err)
				}
			}
		}
	}
	dir := start
	if err := (&Repository{dir: dir}).EachLine(&counting{context.Background(), 3}, nil, func(string, string,
		[]byte) {
	}); !errors.Is(err, context.Canceled) {
		t.Errorf("read on: %v", err)
	}
	for _, err := range []error{
		(&Repository{dir: filepath.Join(dir, "none")}).EachLine(t.Context(), nil, nil),
		errorOf((&Repository{dir: filepath.Join(dir, "none")}).Erase(t.Context(), Erasure{})),
	} {
		if !errors.Is(err, os.ErrNotExist) || !strings.HasPrefix(err.Error(), "listing the backups: ") {
			t.Error(err)
		}
	}
}

func errorOf[T any](_ T, err error) error { return err }
