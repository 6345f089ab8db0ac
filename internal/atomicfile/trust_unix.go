//go:build !windows

package atomicfile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// ErrPlanted says that the way to a file leads over a link that somebody else
// may have put there.
var ErrPlanted = errors.New("a symbolic link in a folder that others can write to may be somebody else's")

// ErrTheirs says that a file or a folder is another user's, who may have laid it
// there to read what is written.
var ErrTheirs = errors.New("it is another user's, in a folder that everybody can write to")

// Trusted refuses a path that leads over a symbolic link lying in a folder that
// everybody can write to, or over another user's link in one that a group can:
// what is written there would land where that link says. Nor does it pass another
// user's file or folder that lies where everybody can write; root, who may work for
// that user, is refused only their file. What is not there yet is nobody's. It is
// asked before anything is opened for writing.
func Trusted(path string) error {
	if path == "" {
		return nil
	}
	abs, err := filepath.Abs(path)
	if err != nil {
		return err
	}
	for at := abs; at != filepath.Dir(at); at = filepath.Dir(at) {
		info, err := os.Lstat(at)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			continue // opening it will say what is wrong
		}
		link, uid := info.Mode()&fs.ModeSymlink != 0, owner(info)
		theirs := uid != os.Getuid() && uid != 0 && (os.Getuid() != 0 || info.Mode().IsRegular())
		if !link && !theirs {
			continue
		}
		folder, err := os.Stat(filepath.Dir(at))
		if err != nil {
			return err
		}
		everybody, group := folder.Mode().Perm()&0o002 != 0, folder.Mode().Perm()&0o020 != 0
		if theirs && everybody && !link {
			return &fs.PathError{Op: "writing to", Path: at, Err: ErrTheirs}
		}
		if link && (everybody || group && uid != os.Getuid()) {
			return &fs.PathError{Op: "writing to", Path: at, Err: fmt.Errorf("it is not followed: %w", ErrPlanted)}
		}
	}
	return nil
}

// Shared tells whether others than its owner can write to a folder, or its
// owner is another user.
func Shared(folder string) bool {
	info, err := os.Stat(folder)
	if err != nil {
		return false
	}
	uid := owner(info)
	return info.Mode().Perm()&0o022 != 0 || uid != os.Getuid() && uid != 0
}

func owner(info fs.FileInfo) int {
	if st, ok := info.Sys().(*syscall.Stat_t); ok {
		return int(st.Uid)
	}
	return -1
}
