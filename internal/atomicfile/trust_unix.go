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

// Trusted refuses a path that leads over a symbolic link lying in a folder that
// everybody can write to, or over another user's link in one that a group can:
// what is written there would land where that link says. What is not there yet
// is no link. It is asked before anything is opened for writing.
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
		if err != nil || info.Mode()&fs.ModeSymlink == 0 {
			continue // opening it will say what is wrong
		}
		folder, err := os.Stat(filepath.Dir(at))
		if err != nil {
			return err
		}
		everybody, group := folder.Mode().Perm()&0o002 != 0, folder.Mode().Perm()&0o020 != 0
		if everybody || group && owner(info) != os.Getuid() {
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
