package imports

import (
	"errors"
	"os"

	"github.com/kinde-migrate/kinde-migrate/internal/cli"
	"github.com/kinde-migrate/kinde-migrate/internal/cli/input"
)

// startOver removes what the last rehearsal left.
func (o *importOptions) startOver(files []string) error {
	if !o.fresh {
		return nil
	}
	if !o.Target.Sandbox {
		return cli.Usagef("name another file with --checkpoint for a new import", "--fresh deletes a rehearsal, and works only with --sandbox")
	}
	state := input.Beside(files, ".sandbox.tenant")
	for _, file := range []string{o.Checkpoint, state} {
		if cli.AtWork(file) {
			return cli.Checkpointf("wait until the other run has finished", "%s is in use by another run", file)
		}
	}
	for _, file := range []string{o.Checkpoint, o.Checkpoint + "-wal", o.Checkpoint + "-shm", state} {
		if err := os.Remove(file); err != nil && !errors.Is(err, os.ErrNotExist) {
			return cli.Failf("", "deleting the last rehearsal: %w", err)
		}
	}
	return nil
}
