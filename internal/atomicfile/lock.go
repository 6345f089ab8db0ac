package atomicfile

import (
	"errors"

	"github.com/gofrs/flock"
)

// Lock takes the lock file at path for this process, and makes it when it is not
// there. held is false where another process has it. What may be planted there, or
// would never open, is refused first.
func Lock(path string) (lock *flock.Flock, held bool, err error) {
	if err := errors.Join(Trusted(path), Regular(path)); err != nil {
		return nil, false, err
	}
	lock = flock.New(path, flock.SetPermissions(0o600))
	held, err = lock.TryLock()
	return lock, held, err
}
