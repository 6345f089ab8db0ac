package atomicfile

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// Open opens a file that grows in place (a log, a journal), for its owner only.
// A link of ours is followed; one that appears between the look and the opening
// is not, where the platform can tell (O_NOFOLLOW).
func Open(path string, flag int) (*os.File, error) {
	if err := Trusted(path); err != nil {
		return nil, err
	}
	target, err := filepath.EvalSymlinks(path)
	if errors.Is(err, fs.ErrNotExist) {
		target = path
		if to, e := os.Readlink(path); e == nil { // a link of ours to what is not there yet
			if target = to; !filepath.IsAbs(to) {
				target = filepath.Join(filepath.Dir(path), to)
			}
		}
	} else if err != nil {
		return nil, err
	}
	return openResolved(target, flag)
}

// openResolved opens a path whose last element is no link.
func openResolved(path string, flag int) (*os.File, error) {
	return os.OpenFile(path, flag|noFollow, 0o600)
}

// ErrNotRegular says that something else lies where a file of ours should be: it
// may never open and never end (a FIFO, a device).
var ErrNotRegular = errors.New("it is not a regular file")

// Regular refuses a path where something else than a regular file lies. It is asked
// before a library opens the path, a lock for example. What is not there is no harm.
func Regular(path string) error {
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		return &fs.PathError{Op: "open", Path: path, Err: ErrNotRegular}
	}
	return nil
}

// OpenRegular opens for reading what we wrote once, or what lies where we look
// unasked. It never waits.
func OpenRegular(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|noWait, 0)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = &fs.PathError{Op: "open", Path: path, Err: ErrNotRegular}
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// ReadRegular reads such a file.
func ReadRegular(path string) ([]byte, error) {
	f, err := OpenRegular(path)
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(f)
	return data, errors.Join(err, f.Close())
}

// SHA256 returns the digest of what a regular file holds, in hex.
func SHA256(path string) (string, error) {
	f, err := OpenRegular(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}
