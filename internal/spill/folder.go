package spill

import (
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/gofrs/flock"
)

// Folder is a private temporary folder for databases that only this process can
// read. Its lock tells other processes that it is in use: one whose process was
// killed is removed by the next run that makes a folder in the same place.
type Folder struct {
	path string
	lock *flock.Flock
}

// folderPrefix and lockName tell a folder of ours from everybody else's.
const (
	folderPrefix = "kinde-migrate-"
	lockName     = "lock"
)

// NewFolder makes an empty folder in dir, "" for the system's place.
func NewFolder(dir string) (*Folder, error) {
	if err := register(); err != nil {
		return nil, err
	}
	if dir == "" {
		dir = os.TempDir()
	}
	sweep(dir)
	// Another process may look at the folder before it is locked, and take it for a dead one's.
	for range 10 {
		path, err := os.MkdirTemp(dir, folderPrefix)
		if err != nil {
			return nil, fmt.Errorf("making a temporary folder: %w", err)
		}
		f := &Folder{path: path, lock: flock.New(filepath.Join(path, lockName), flock.SetPermissions(0o600))}
		ok, err := f.lock.TryLock()
		if err == nil && ok {
			if _, err = os.Lstat(f.lock.Path()); err == nil {
				return f, nil
			}
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, errors.Join(fmt.Errorf("locking the temporary folder %s: %w", path, err), f.Close())
		}
		if err := f.Close(); err != nil {
			return nil, err
		}
	}
	return nil, fmt.Errorf("making a temporary folder in %s: other processes remove it again and again", dir)
}

// Path returns where the folder is.
func (f *Folder) Path() string { return f.path }

// Database returns by what database/sql opens (driver "sqlite") the database
// with this name, encrypted. Every connection to it has to be opened by this name.
func (f *Folder) Database(name, pragmas string) string {
	path := filepath.ToSlash(filepath.Join(f.path, name))
	return "file:" + strings.ReplaceAll(url.PathEscape(path), "%2F", "/") + "?vfs=" + vfsName + "&" + pragmas
}

// Close removes the folder. Its databases have to be closed before.
func (f *Folder) Close() error {
	// Windows removes nothing that is open.
	return errors.Join(f.lock.Close(), os.RemoveAll(f.path))
}

// sweep removes what processes that were killed have left in dir. What it can't
// remove stays for the next time.
func sweep(dir string) {
	left, err := filepath.Glob(filepath.Join(escapeGlob(dir), folderPrefix+"*"))
	if err != nil {
		return
	}
	for _, path := range left {
		info, err := os.Lstat(path)
		if err != nil || !ours(info) {
			continue
		}
		switch {
		case info.IsDir():
			sweepFolder(path, info)
		case info.Mode().IsRegular() && strings.HasSuffix(path, fileSuffix):
			// Where one has a name while it is used, nobody can remove it.
			_ = os.Remove(path)
		}
	}
}

// unlocked is how old a folder without a lock has to be: its process may be about
// to make it.
const unlocked = time.Hour

func sweepFolder(path string, info os.FileInfo) {
	if info.Mode().Perm()&0o077 != 0 && !anyMode {
		return // MkdirTemp makes none that others may write to
	}
	name := filepath.Join(path, lockName)
	if there, err := os.Lstat(name); err != nil || !there.Mode().IsRegular() {
		if errors.Is(err, fs.ErrNotExist) && time.Since(info.ModTime()) > unlocked && empty(path) {
			_ = os.Remove(path)
		}
		return
	}
	lock := flock.New(name)
	if ok, err := lock.TryLock(); err != nil || !ok {
		return
	}
	if anyMode {
		_ = lock.Close() // Windows removes nothing that is open
		_ = os.RemoveAll(path)
		return
	}
	_ = os.RemoveAll(path)
	_ = lock.Close()
}

func empty(path string) bool {
	entries, err := os.ReadDir(path)
	return err == nil && len(entries) == 0
}

// escapeGlob takes the meaning from what filepath.Glob would expand.
func escapeGlob(path string) string {
	if os.PathSeparator == '\\' {
		return path // there a backslash separates, and nothing escapes
	}
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(path)
}
