//go:build unix

package fetch

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/kinde-migrate/kinde-migrate/internal/atomicfile"
)

// TestPlantedInTheFolder: a pipe, or a link to elsewhere, lies where a fetch keeps a file
// of its own. Nothing waits for it, and nothing elsewhere is written to.
func TestPlantedInTheFolder(t *testing.T) {
	for _, name := range []string{lockFile, journalFile, ManifestFile, UsersFile} {
		for _, again := range []bool{false, true} {
			dir := filepath.Join(t.TempDir(), "fetched")
			f := opened(t, dir)
			check(t, f.User([]byte(`{"id":1}`)))
			check(t, f.Commit(Page{List: "users", Rows: 1}))
			check(t, f.Close())
			path := filepath.Join(dir, name)
			if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
				t.Fatal(err)
			}
			check(t, syscall.Mkfifo(path, 0o600))
			f, err := Open(dir, django, again)
			switch {
			case err == nil:
				check(t, f.Close())
			case name == lockFile && !errors.Is(err, atomicfile.ErrNotRegular):
				t.Errorf("a pipe for %s: %v", name, err)
			}
			if name == lockFile && err == nil {
				t.Error("a pipe was locked")
			}
		}
	}
	open := filepath.Join(t.TempDir(), "open")
	check(t, os.Mkdir(open, 0o700))
	check(t, os.Chmod(open, 0o777))
	away := filepath.Join(t.TempDir(), "away")
	check(t, os.Symlink(away, filepath.Join(open, lockFile)))
	if _, err := Open(open, django, false); !errors.Is(err, atomicfile.ErrPlanted) {
		t.Errorf("a planted link for the lock: %v", err)
	}
	if _, err := os.Lstat(away); err == nil {
		t.Error("the planted link was followed")
	}
}
