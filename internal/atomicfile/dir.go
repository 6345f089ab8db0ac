package atomicfile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// CreateDir makes a temporary folder beside final, for CommitDir. The caller
// removes it (os.RemoveAll) when it gives up.
func CreateDir(final string) (string, error) {
	if err := Trusted(final); err != nil {
		return "", fmt.Errorf("creating the folder %s: %w", final, err)
	}
	tmp, err := os.MkdirTemp(filepath.Dir(filepath.Clean(final)), tempPattern(final))
	if err != nil {
		return "", fmt.Errorf("creating the folder %s: %w", final, ofTheFile(final, err))
	}
	return tmp, nil
}

// RemoveDir takes a folder away: to everybody else it is there whole or not at
// all, because it is renamed to going, beside it, before it is emptied.
func RemoveDir(dir, going string) error {
	if err := os.Rename(dir, going); err != nil {
		return err
	}
	return os.RemoveAll(going)
}

// CommitDir moves the folder tmp to final, which appears whole or not at all:
// every file and folder in it is synced first. Both must lie on one file system.
// It fails with fs.ErrExist when final exists already, and leaves tmp in place.
func CommitDir(tmp, final string) error {
	if err := commitDir(tmp, final); err != nil {
		return fmt.Errorf("finishing the folder %s: %w", final, err)
	}
	return nil
}

func commitDir(tmp, final string) error {
	// A rename would silently replace an empty folder.
	if _, err := os.Lstat(final); err == nil {
		return fs.ErrExist
	} else if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := syncTree(tmp); err != nil {
		return err
	}
	if err := os.Rename(tmp, final); err != nil {
		return err
	}
	return syncDir(filepath.Dir(filepath.Clean(final)))
}

func syncTree(root string) error {
	return filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir():
			return syncDir(path)
		case entry.Type().IsRegular():
			return syncFile(path)
		default:
			return nil
		}
	})
}

// syncFile opens for writing, because Windows flushes no file that is open for
// reading only.
func syncFile(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	err = f.Sync()
	return errors.Join(err, f.Close())
}

// Place puts a file that another package wrote and closed, such as a database, in
// its place in the same folder.
func Place(written, path string) error {
	if err := os.Rename(written, path); err != nil {
		return fmt.Errorf("putting %s in place: %w", path, err)
	}
	return nil
}
