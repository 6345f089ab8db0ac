package checkpoint

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

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
	folder, err := os.MkdirTemp(dir, "kinde-migrate-")
	if err != nil {
		return nil, wrap(dir, err)
	}
	file := filepath.Join(folder, "checkpoint")
	s, err := func() (*Store, error) {
		if _, err := db.ExecContext(ctx, `VACUUM INTO ?`, file); err != nil {
			return nil, wrap(path, fmt.Errorf("copying it: %w", err))
		}
		return open(ctx, file, "_pragma=journal_mode(WAL)&_pragma=synchronous(OFF)")
	}()
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(folder))
	}
	s.remove = folder
	return s, nil
}
