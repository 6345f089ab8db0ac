package checkpoint

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"syscall"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// Reason is why a checkpoint can't be used.
type Reason string

// The reasons. All but NoSpace, ReadOnly, Denied, Missing and Broken are reported as exit 5.
const (
	InUse    Reason = "in use by another run"
	Damaged  Reason = "damaged"
	Newer    Reason = "written by a newer release"
	Foreign  Reason = "not a checkpoint of kinde-migrate"
	Missing  Reason = "not there"
	Gone     Reason = "deleted or replaced while the run was at work"
	NoSpace  Reason = "no space left on the disk"
	ReadOnly Reason = "the disk is read-only"
	Denied   Reason = "this user may not write it"
	Broken   Reason = "could not be read or written"
)

// Error tells why a checkpoint can't be used. Every error of this package that
// is not the caller's context has one in its chain.
type Error struct {
	Reason Reason
	Path   string
	Err    error // the cause, may be nil
}

func (e *Error) Error() string {
	if e.Err == nil {
		return fmt.Sprintf("checkpoint %s: %s", e.Path, e.Reason)
	}
	return fmt.Sprintf("checkpoint %s: %s: %v", e.Path, e.Reason, e.Err)
}

func (e *Error) Unwrap() error { return e.Err }

// ReasonOf returns the reason of an error of this package, or "".
func ReasonOf(err error) Reason {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Reason
	}
	return ""
}

func wrap(path string, err error) error {
	if err == nil {
		return nil
	}
	if _, ok := errors.AsType[*Error](err); ok {
		return err
	}
	reason := classify(err)
	if reason == ReadOnly && denied(path) {
		reason = Denied // SQLite tells only that it can't write
	}
	return &Error{Reason: reason, Path: path, Err: err}
}

// Full tells whether an error means that a disk is full, that of a temporary
// file or report, too.
func Full(err error) bool {
	if e, ok := errors.AsType[*sqlite.Error](err); ok {
		// The file by which connections share their index is allocated with the
		// first of them, and that failure has a code of its own.
		return e.Code()&0xff == sqlite3.SQLITE_FULL || e.Code() == sqlite3.SQLITE_IOERR_SHMSIZE
	}
	return errors.Is(err, syscall.ENOSPC)
}

// denied tells whether it is this user, and not the disk, for whom a file can't be written.
func denied(path string) bool {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err == nil {
		_ = f.Close() // nothing was written
	}
	return errors.Is(err, fs.ErrPermission) && !errors.Is(err, syscall.EROFS)
}

func classify(err error) Reason {
	if Full(err) {
		return NoSpace
	}
	if e, ok := errors.AsType[*sqlite.Error](err); ok {
		switch e.Code() & 0xff {
		case sqlite3.SQLITE_CORRUPT:
			return Damaged
		case sqlite3.SQLITE_NOTADB:
			return Foreign
		case sqlite3.SQLITE_READONLY:
			return ReadOnly
		case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
			return InUse
		case sqlite3.SQLITE_CANTOPEN:
			return Broken
		}
	}
	switch {
	case errors.Is(err, syscall.EROFS):
		return ReadOnly
	case errors.Is(err, fs.ErrPermission):
		return Denied
	case errors.Is(err, fs.ErrNotExist):
		return Missing
	case strings.Contains(err.Error(), "no such table"):
		return Damaged
	}
	return Broken
}
