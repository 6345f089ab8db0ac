package cli

import (
	"context"
	"os"
	"strings"

	"github.com/gofrs/flock"

	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
)

// OpenCheckpoint opens a checkpoint for reading.
func OpenCheckpoint(ctx context.Context, path string) (*checkpoint.Reader, error) {
	if path == "" {
		return nil, Usagef("--checkpoint users.ndjson.checkpoint", "no checkpoint is given")
	}
	r, err := checkpoint.OpenReader(ctx, path)
	if checkpoint.ReasonOf(err) == checkpoint.Missing {
		return nil, Usagef(Program+" status lists the checkpoints of a folder", "there is no checkpoint %s", path)
	}
	return r, err
}

// Owns refuses a checkpoint of another tenant, and of a sandbox whose state is
// not the one of then. It sends nothing.
func (c *Connection) Owns(ctx context.Context, r *checkpoint.Reader) error {
	if err := c.SameTenant(ctx, r); err != nil || c.Sandbox == nil {
		return err
	}
	t, ok, err := r.Tenant(ctx)
	if err != nil {
		return err
	}
	if ok && t.Code != "" && t.Code != c.Sandbox.Environment() {
		return Checkpointf(
			"choose another file with --checkpoint, or restore the sandbox's state",
			"the checkpoint belongs to another sandbox, whose state is gone",
		)
	}
	return nil
}

// SameTenant refuses a checkpoint of another tenant.
func (c *Connection) SameTenant(ctx context.Context, r *checkpoint.Reader) error {
	t, ok, err := r.Tenant(ctx)
	if err != nil {
		return err
	}
	if ok && t.Origin != c.Origin {
		return Checkpointf(
			"choose that tenant, or the checkpoint of this one",
			"the checkpoint belongs to the tenant %s, this is %s",
			t.Origin,
			c.Origin,
		)
	}
	return nil
}

// KnownRate reads what an earlier run learnt of the tenant's limit. Whatever is
// wrong with the checkpoint is told when it is opened for writing.
func KnownRate(ctx context.Context, path string) []byte {
	r, err := checkpoint.OpenReader(ctx, path)
	if err != nil {
		return nil
	}
	defer r.Close()
	state, err := r.Rate(ctx)
	if err != nil {
		return nil
	}
	return state
}

// Unfinished tells whether a job has something left to do, and nobody is at it.
func Unfinished(ctx context.Context, r *checkpoint.Reader) (bool, error) {
	job, ok, err := r.Job(ctx)
	if err != nil || !ok {
		return false, err
	}
	left, err := r.Some(ctx, checkpoint.Selection{Outcomes: []checkpoint.Outcome{checkpoint.Pending}})
	return (left || !job.Complete) && !AtWork(r.Path()), err
}

// AtWork tells whether a run holds the checkpoint's lock.
func AtWork(path string) bool {
	if info, err := os.Stat(path + ".lock"); err != nil || !info.Mode().IsRegular() {
		return false
	}
	lock := flock.New(path + ".lock")
	ok, err := lock.TryRLock()
	if err != nil {
		return false
	}
	if ok {
		_ = lock.Close()
	}
	return !ok
}

// SandboxState returns where the tenant lies that --sandbox uses for a checkpoint.
func SandboxState(path string) string {
	return strings.TrimSuffix(path, ".checkpoint") + ".tenant"
}
