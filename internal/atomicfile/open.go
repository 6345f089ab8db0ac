package atomicfile

import (
	"errors"
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
