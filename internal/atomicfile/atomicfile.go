// Package atomicfile is the only way in which this program writes a file that
// others will read: the bytes go to a temporary file beside the destination,
// are synced, and the file is renamed into place. A reader sees the old content
// or the new one, never a part of it, also after a crash or a full disk. Files
// and folders are private to the user (0600, 0700).
//
// It never writes in place: databases and append-only journals are written by
// the packages that own them.
package atomicfile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// WriteFile replaces the file at path with data.
// A full disk surfaces as the system's own error (syscall.ENOSPC) inside the
// returned one, and leaves the old file as it was.
func WriteFile(path string, data []byte) error {
	f, err := Create(path)
	if err != nil {
		return err
	}
	if _, err := f.Write(data); err != nil {
		f.Abort()
		return err
	}
	return f.Commit()
}

// File is a file that does not exist at its destination before Commit.
// It is not safe for use by several goroutines at once.
type File struct {
	path string // of the destination, symbolic links resolved
	temp *os.File
	err  error // the first failed write; Commit refuses after it
	done bool
}

// Create starts a file that will stand at path after Commit. A symbolic link at
// path is followed, so that the file that it names is replaced and the link
// stays, unless it may be planted (Trusted). A folder, a device or a pipe at path is refused.
func Create(path string) (*File, error) {
	target, err := destination(path)
	if err != nil {
		return nil, fmt.Errorf("creating %s: %w", path, err)
	}
	temp, err := os.CreateTemp(filepath.Dir(target), tempPattern(target))
	if err != nil {
		return nil, fmt.Errorf("creating %s: %w", path, ofTheFile(path, err))
	}
	return &File{path: target, temp: temp}, nil
}

// ofTheFile is an error of a temporary file as one of the file that it becomes.
func ofTheFile(path string, err error) error {
	if temporary, ok := errors.AsType[*fs.PathError](err); ok {
		return &fs.PathError{Op: temporary.Op, Path: path, Err: temporary.Err}
	}
	return err
}

// CheckFile tells whether a file can stand at path: nothing is there, or a
// regular file. Opening a pipe to find out could take for ever.
func CheckFile(path string) error {
	_, err := destination(path)
	return err
}

// CheckFolder tells whether path can be a folder: nothing is there, or a folder.
func CheckFolder(path string) error {
	info, err := os.Stat(path)
	if err == nil && !info.IsDir() {
		return errors.New("it is not a folder")
	}
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// destination follows links and refuses what a rename would destroy.
func destination(path string) (string, error) {
	if path == "" {
		return "", errors.New("the file name is empty")
	}
	if err := Trusted(path); err != nil {
		return "", err
	}
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return path, nil
	case err != nil:
		return "", err
	case info.IsDir():
		return "", errors.New("it is a folder")
	case !info.Mode().IsRegular():
		return "", errors.New("it is not a regular file")
	}
	return filepath.EvalSymlinks(path)
}

// tempPattern names the temporary file or folder of path. The name is hidden,
// tells whom it belongs to, and stays below the 255 bytes of most file systems.
func tempPattern(path string) string {
	base := filepath.Base(path)
	if len(base) > 200 {
		base = base[:200]
	}
	return "." + base + ".*.tmp"
}

// Name returns the path of the destination.
func (f *File) Name() string { return f.path }

// Write adds p to the file. After an error nothing more is written and Commit
// returns the same error.
func (f *File) Write(p []byte) (int, error) {
	if f.done {
		return 0, fmt.Errorf("writing %s: %w", f.path, fs.ErrClosed)
	}
	if f.err != nil {
		return 0, f.err
	}
	n, err := f.temp.Write(p)
	if err != nil {
		f.err = fmt.Errorf("writing %s: %w", f.path, err)
	}
	return n, f.err
}

// ReadAt reads what was written so far.
func (f *File) ReadAt(p []byte, off int64) (int, error) { return f.temp.ReadAt(p, off) }

// Commit syncs the file and moves it to its destination. When it fails, the
// temporary file is gone and the destination is as it was. A second call, or one
// after Abort, is an error.
func (f *File) Commit() error {
	if f.done {
		return fmt.Errorf("finishing %s: %w", f.path, fs.ErrClosed)
	}
	if f.err != nil {
		f.Abort()
		return f.err
	}
	f.done = true
	if err := f.place(); err != nil {
		os.Remove(f.temp.Name())
		return fmt.Errorf("finishing %s: %w", f.path, err)
	}
	if err := syncDir(filepath.Dir(f.path)); err != nil {
		return fmt.Errorf("finishing %s: syncing its folder: %w", f.path, err)
	}
	return nil
}

func (f *File) place() error {
	if err := f.temp.Sync(); err != nil {
		f.temp.Close()
		return err
	}
	// Some file systems report a full disk only here.
	if err := f.temp.Close(); err != nil {
		return err
	}
	return os.Rename(f.temp.Name(), f.path)
}

// Abort throws the file away and leaves the destination as it was. After Commit
// it does nothing, so it may be deferred.
func (f *File) Abort() {
	if f.done {
		return
	}
	f.done = true
	f.temp.Close()
	os.Remove(f.temp.Name())
}
