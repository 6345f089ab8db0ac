package checkpoint

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/kinde-migrate/kinde-migrate/internal/spill"
)

// OpenFor opens the checkpoint that a run works on: the one at path, which is made
// where there is none, or for a dry run a temporary copy of it.
func OpenFor(ctx context.Context, path string, dryRun bool) (*Store, error) {
	if dryRun {
		return OpenCopy(ctx, path, "")
	}
	s, _, err := Open(ctx, path)
	return s, err
}

// OpenCopy returns a temporary checkpoint that begins as a copy of the one at
// path, for a dry run that must know what earlier runs did. Without a file
// there it begins empty. The original is only read, and may be in use.
func OpenCopy(ctx context.Context, path, dir string) (*Store, error) {
	original, err := OpenReader(ctx, path)
	if ReasonOf(err) == Missing {
		return OpenTemporary(ctx, dir)
	}
	if err != nil {
		return nil, err
	}
	if err := original.Close(); err != nil {
		return nil, err
	}
	// A reader's connection is not allowed to write, not even a copy.
	db, err := sql.Open("sqlite", dsn(path, "_pragma=busy_timeout(10000)"))
	if err != nil {
		return nil, wrap(path, err)
	}
	defer db.Close()
	folder, err := spill.NewFolder(dir)
	if err != nil {
		return nil, err
	}
	if _, err := db.ExecContext(ctx, `VACUUM INTO ?`, folder.Database(temporaryName, "")); err != nil {
		return nil, errors.Join(wrap(path, fmt.Errorf("copying it: %w", err)), folder.Close())
	}
	s, err := openIn(ctx, folder)
	if err != nil {
		return nil, errors.Join(err, folder.Close())
	}
	return s, nil
}
