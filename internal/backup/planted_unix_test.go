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
