package sandbox

import (
	"fmt"
	"slices"

	"github.com/kinde-migrate/kinde-migrate/internal/atomicfile"
)

// StateUsers returns the users that a state file holds. It changes nothing there.
func StateUsers(path string) ([]User, error) {
	f, err := atomicfile.OpenRegular(path)
	if err != nil {
		return nil, fmt.Errorf("opening the sandbox's state: %w", err)
	}
	defer f.Close()
	t := &Tenant{store: newStore()}
	if _, err := t.replay(f, &journal{}); err != nil {
		return nil, fmt.Errorf("reading the sandbox's state %s: %w", path, err)
	}
	return t.Snapshot(), nil
}

// EraseState removes users from a state file that no process uses, and with them
// every line that spoke of them or of anybody who was deleted before.
func EraseState(path string, theirs func(*User) bool) error {
	t, err := Open(Options{State: path, Fsync: true})
	if err != nil {
		return err
	}
	users := slices.DeleteFunc(t.Snapshot(), func(u User) bool { return !theirs(&u) })
	err = t.Edit(func(e *Edit) error {
		for _, u := range users {
			if err := e.Delete(u.ID); err != nil {
				return err
			}
		}
		return nil
	})
	if closeErr := t.Close(); err == nil { // which writes the file anew
		err = closeErr
	}
	return err
}
