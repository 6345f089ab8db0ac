//go:build unix

package backup

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/kinde-migrate/kinde-migrate/internal/tenanttest"
)

// TestPlantedBetweenBackups: a pipe, a link to elsewhere, or a second name of a file
// from elsewhere lies in the place of a backup or of a file of one. Nothing waits for
// it, follows it, or harms what lies elsewhere, and each command says what it found.
func TestPlantedBetweenBackups(t *testing.T) {
	_, c := tenanttest.Open(t, tenanttest.Options(3))
	start := t.TempDir()
	var names []string
	for day := range 3 {
		names = append(names, backedUp(t, start, c, night.AddDate(0, 0, day), Options{}).Name)
	}
	pipe := func(path, _ string) error { return syscall.Mkfifo(path, 0o600) }
	link := func(path, elsewhere string) error { return os.Symlink(elsewhere, path) }
	for _, x := range []struct {
		name, place string
		whole       bool // no part of the backup is damaged by it
		plant       func(path, elsewhere string) error
	}{
		{"a pipe for a backup", names[0], false, pipe},
		{"a link for a backup", names[0], false, link},
		{"a pipe for a manifest", names[0] + "/" + ManifestFile, false, pipe},
		{"a pipe for a hash", names[0] + "/" + ManifestSumFile, false, pipe},
		{"a pipe for users", names[0] + "/users.ndjson", false, pipe},
		{"a pipe for checksums", names[0] + "/users.ndjson" + linesEnding, false, pipe},
		{"a link for users", names[0] + "/users.ndjson", true, link},
		{"a link for a manifest", names[0] + "/" + ManifestFile, true, link},
		{"a second name of users", names[0] + "/users.ndjson", true, func(path, elsewhere string) error { return os.Link(elsewhere, path) }},
		{"a link beside the files", names[0] + "/more", true, func(path,
			elsewhere string) error {
			return os.Symlink(filepath.Dir(elsewhere), path)
		}},
		{"a link for what a pruning left", "." + names[0] + ".pruned.tmp", true,
			func(path, elsewhere string) error { return os.Symlink(filepath.Dir(elsewhere), path) }},
	} {
		t.Run(x.name, func(t *testing.T) {
			dir, away := filepath.Join(t.TempDir(), "backups"), t.TempDir()
			tenanttest.Must(t, os.CopyFS(dir, os.DirFS(start)))
			tenanttest.Must(t, os.CopyFS(away, os.DirFS(start)))
			path := filepath.Join(dir, x.place)
			tenanttest.Must(t, os.RemoveAll(path))
			tenanttest.Must(t, x.plant(path, filepath.Join(away, x.place)))
			before := countFiles(t, away)

			repo, err := LockRepository(dir)
			tenanttest.Must(t, err)
			defer repo.Unlock()
			list, err := repo.List()
			tenanttest.Must(t, err)
			if len(list) != 3 || (list[0].Problem == "") != x.whole {
				t.Errorf("listed: %+v", list)
			}
			if v := verify(t, dir, nil); !x.whole && len(v.Problems) == 0 {
				t.Error("verified as if it were whole")
			}
			p, err := repo.Prune(t.Context(), Retention{Last: 1}, false, night)
			if left := strings.HasSuffix(x.place, ".tmp"); left != (err != nil) {
				t.Fatal(err)
			} else if left {
				return
			}
			if gone := len(p.Removed) == 2; gone != x.whole || !gone && (len(p.Ignored) != 1 || p.Ignored[0] != names[0]) {
				t.Errorf("pruned: %+v", p)
			}
			if after := countFiles(t, away); after != before {
				t.Errorf("%d files elsewhere were %d", after, before)
			}
		})
	}
	for _, place := range []string{lockFile, prunedFile} {
		t.Run("a pipe for "+place, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "backups")
			tenanttest.Must(t, os.CopyFS(dir, os.DirFS(start)))
			_ = os.Remove(filepath.Join(dir, place)) // it need not be there
			tenanttest.Must(t, pipe(filepath.Join(dir, place), ""))
			repo, err := LockRepository(dir)
			if place == lockFile {
				if err == nil {
					t.Error("the pipe was taken for a lock")
				}
				return
			}
			tenanttest.Must(t, err)
			defer repo.Unlock()
			if p, err := repo.Prune(t.Context(), Retention{Last: 1}, false, night); err == nil {
				t.Errorf("pruned: %+v", p)
			}
		})
	}
}

func countFiles(t *testing.T, dir string) (n int) {
	t.Helper()
	tenanttest.Must(t, filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			n++
		}
		return err
	}))
	return n
}

// TestALinkInACircle can't be read, and is neither missing nor damage: each file says what was being done.
func TestALinkInACircle(t *testing.T) {
	start := t.TempDir()
	name := laidDown(t, start, night, Full, nil, staff()).Name
	for place, want := range map[string]map[string]string{
		name + "/" + ManifestFile: {"list": "reading a manifest: ", "verify": "reading a manifest: ", "open": "reading a manifest: "},
		name + "/" + ManifestSumFile: {"list": "reading a manifest's hash: ", "verify": "reading a manifest's hash: ",
			"open": "reading a manifest's hash: "},
		name + "/users.ndjson":               {"list": "users.ndjson is missing", "verify": "verifying: ", "open": "verifying: "},
		name + "/users.ndjson" + linesEnding: {"list": "users.ndjson.lines is missing", "verify": "verifying: ", "open": "verifying: "},
		prunedFile:                           {"verify": "reading which backups were removed: "},
		retentionFile:                        {"retention": "reading how long backups are kept: "},
		StatusFile:                           {"status": "reading the status: "},
	} {
		dir := filepath.Join(t.TempDir(), "backups")
		tenanttest.Must(t, os.CopyFS(dir, os.DirFS(start)))
		path := filepath.Join(dir, place)
		_ = os.Remove(path)
		tenanttest.Must(t, os.Symlink(filepath.Base(path), path))
		repo := &Repository{dir: dir}
		list, err := repo.List()
		tenanttest.Must(t, err)
		got := map[string]string{"list": list[0].Problem}
		for what, err := range map[string]error{"verify": errorOf(repo.Verify(t.Context(), nil)),
			"open": errorOf(Open(t.Context(), filepath.Join(dir, name), nil)), "retention": errorOf(repo.LastRetention()),
			"status": errorOf(ReadStatus(filepath.Join(dir, StatusFile)))} {
			if err != nil {
				got[what] = err.Error()
			}
		}
		for what, text := range got {
			if prefix := want[what]; (prefix == "") != (text == "") || !strings.HasPrefix(text, prefix) {
				t.Errorf("%s: %s says %q, want %q", place, what, text, prefix)
			}
		}
		for what := range want {
			if got[what] == "" {
				t.Errorf("%s: %s says nothing", place, what)
			}
		}
	}
}
