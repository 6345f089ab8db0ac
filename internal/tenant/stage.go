package tenant

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/gofrs/flock"

	"github.com/kinde-migrate/kinde-migrate/internal/atomicfile"
	"github.com/kinde-migrate/kinde-migrate/internal/spill"
	"github.com/kinde-migrate/kinde-migrate/kinde"
)

// stage is where what was read of a tenant waits until it is complete: a
// private database, so that memory does not grow with the tenant. It holds
// personal data; nobody else can read a temporary one.
type stage struct {
	db        *sql.DB
	path      string          // "" for a temporary one
	temporary *spill.Database // db, when it is a temporary one; nil for a file that a later run may take up
	lock      *flock.Flock    // nil for a temporary one
}

// ErrExporting says that another process writes the same file.
var ErrExporting = errors.New("another export is writing this file")

const stageTables = `
CREATE TABLE IF NOT EXISTS meta(key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS user(seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, found BLOB, listed BLOB, detail BLOB);
CREATE TABLE IF NOT EXISTS member(user TEXT NOT NULL, org TEXT NOT NULL, claimed INTEGER NOT NULL DEFAULT 0, shown INTEGER NOT NULL DEFAULT 0,
  roles TEXT NOT NULL DEFAULT '', permissions TEXT NOT NULL DEFAULT '', PRIMARY KEY(user, org)) WITHOUT ROWID;`

const stagePragmas = "_pragma=journal_mode(WAL)&_pragma=synchronous(NORMAL)&_pragma=cache_size(-32000)&_pragma=busy_timeout(5000)&_pragma=temp_store(MEMORY)"

// openStage opens the file at path, or a temporary one when path is "".
func openStage(ctx context.Context, path, tempDir string) (*stage, error) {
	if path == "" {
		db, err := spill.NewDatabase(ctx, tempDir, stagePragmas, stageTables)
		if err != nil {
			return nil, err
		}
		return &stage{db: db.DB, temporary: db}, nil
	}
	l, held, err := atomicfile.Lock(path + ".lock")
	if err != nil {
		return nil, fmt.Errorf("locking %s: %w", path, err)
	}
	if !held {
		return nil, ErrExporting
	}
	s := &stage{path: path, lock: l}
	f, err := atomicfile.Open(path, os.O_CREATE|os.O_RDWR)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("creating the temporary file for the export: %w", err), s.close(false))
	}
	if err := f.Close(); err != nil {
		return nil, errors.Join(err, s.close(false))
	}
	if s.db, err = sql.Open("sqlite", "file:"+strings.ReplaceAll(url.PathEscape(path), "%2F", "/")+"?"+stagePragmas); err != nil {
		return nil, errors.Join(fmt.Errorf("opening %s: %w", s.path, err), s.close(false))
	}
	s.db.SetMaxOpenConns(1)
	if _, err = s.db.ExecContext(ctx, stageTables); err != nil {
		return nil, errors.Join(fmt.Errorf("preparing %s: %w", s.path, err), s.close(false))
	}
	return s, nil
}

// close ends the use of the file and removes it, unless a later run is to take it up.
func (s *stage) close(keep bool) (err error) {
	if s.temporary != nil {
		return s.temporary.Close()
	}
	if s.lock != nil {
		defer func() {
			_ = os.Remove(s.lock.Path()) // Windows keeps a file that is open; it is empty
			err = errors.Join(err, s.lock.Unlock())
		}()
	}
	if s.db != nil {
		err = s.db.Close()
	}
	if !keep {
		for _, suffix := range []string{"", "-wal", "-shm"} {
			if e := os.Remove(s.path + suffix); e != nil && !errors.Is(e, fs.ErrNotExist) {
				err = errors.Join(err, e)
			}
		}
	}
	return err
}

func (s *stage) tx(ctx context.Context, f func(*sql.Tx) error) error {
	if err := spill.Transact(ctx, s.db, f); err != nil {
		return fmt.Errorf("keeping what was read: %w", err)
	}
	return nil
}

func (s *stage) meta(ctx context.Context, key string) (string, error) {
	var v string
	err := s.db.QueryRowContext(ctx, "SELECT value FROM meta WHERE key = ?", key).Scan(&v)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return "", fmt.Errorf("reading what was kept: %w", err)
	}
	return v, nil
}

func setMeta(ctx context.Context, tx *sql.Tx, key, value string) error {
	_, err := tx.ExecContext(ctx, "INSERT INTO meta(key, value) VALUES(?, ?) ON CONFLICT DO UPDATE SET value = excluded.value", key, value)
	return err
}

func (s *stage) setMeta(ctx context.Context, key, value string) error {
	return s.tx(ctx, func(tx *sql.Tx) error { return setMeta(ctx, tx, key, value) })
}

// pack turns a value into what the database holds, unpack turns it back.
func pack(v any) ([]byte, error) { return json.Marshal(v) }

func unpack(data []byte, v any) error {
	if err := json.Unmarshal(data, v); err != nil {
		return fmt.Errorf("reading what was kept: %w", err)
	}
	return nil
}

// The two views of a user.
const (
	viewFound  = "found"
	viewListed = "listed"
)

// putPage keeps a page of a listing and where it goes on. The later view of a user replaces the earlier.
func (s *stage) putPage(ctx context.Context, view string, users []kinde.User, next string, last bool) error {
	return s.tx(ctx, func(tx *sql.Tx) error {
		put, err := tx.PrepareContext(ctx, "INSERT INTO user(id, "+view+") VALUES(?, ?) ON CONFLICT(id) DO UPDATE SET "+view+" = excluded."+view)
		if err != nil {
			return err
		}
		defer put.Close()
		claim, err := tx.PrepareContext(ctx, "INSERT INTO member(user, org, claimed) VALUES(?, ?, 1) ON CONFLICT DO UPDATE SET claimed = 1")
		if err != nil {
			return err
		}
		defer claim.Close()
		linked := false
		for i := range users {
			if err := s.putView(ctx, put, claim, &users[i]); err != nil {
				return err
			}
			linked = linked || hasLink(&users[i])
		}
		if linked {
			if err := setMeta(ctx, tx, "linked", "yes"); err != nil {
				return err
			}
		}
		if err := setMeta(ctx, tx, view+".after", next); err != nil || !last {
			return err
		}
		return setMeta(ctx, tx, view+".done", "yes")
	})
}

// hasLink tells whether an identity of the user belongs to a connection.
func hasLink(u *kinde.User) bool {
	return slices.ContainsFunc(u.Identities, func(i kinde.UserIdentity) bool { return i.ConnectionID != "" })
}

func (s *stage) putView(ctx context.Context, put, claim *sql.Stmt, u *kinde.User) error {
	if u.ID == "" {
		return nil // nothing to know it by; the other view has an id, or the user can't be read at all
	}
	data, err := pack(u)
	if err != nil {
		return err
	}
	if _, err := put.ExecContext(ctx, u.ID, data); err != nil {
		return err
	}
	for _, org := range u.Organizations {
		if _, err := claim.ExecContext(ctx, u.ID, org); err != nil {
			return err
		}
	}
	return nil
}

// replace keeps a user that was read by itself: both views and the organizations are as they are now.
func (s *stage) replace(ctx context.Context, u *kinde.User) error {
	return s.tx(ctx, func(tx *sql.Tx) error {
		data, err := pack(u)
		if err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, `INSERT INTO user(id, found, listed) VALUES(?1, ?2, ?2)
			ON CONFLICT(id) DO UPDATE SET found = ?2, listed = ?2`, u.ID, data); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, "UPDATE member SET claimed = 0 WHERE user = ?", u.ID); err != nil {
			return err
		}
		for _, org := range u.Organizations {
			if _, err := tx.ExecContext(ctx, `INSERT INTO member(user, org, claimed) VALUES(?, ?, 1) ON CONFLICT DO UPDATE SET claimed = 1`, u.ID,
				org); err != nil {
				return err
			}
		}
		if hasLink(u) {
			if err := setMeta(ctx, tx, "linked", "yes"); err != nil {
				return err
			}
		}
		_, err = tx.ExecContext(ctx, "DELETE FROM member WHERE user = ? AND claimed = 0", u.ID)
		return err
	})
}

// remove forgets a user who is gone from the tenant.
func (s *stage) remove(ctx context.Context, id string) error {
	return s.tx(ctx, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, "DELETE FROM user WHERE id = ?", id); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, "DELETE FROM member WHERE user = ?", id)
		return err
	})
}

func (s *stage) count(ctx context.Context, query string, args ...any) (int64, error) {
	var n int64
	err := s.db.QueryRowContext(ctx, query, args...).Scan(&n)
	if err != nil {
		err = fmt.Errorf("counting what was read: %w", err)
	}
	return n, err
}

// ids returns a batch of ids that a query selects; it has to order by id and take (after, limit).
func (s *stage) ids(ctx context.Context, query, after string, limit int) ([]string, error) {
	rows, err := s.db.QueryContext(ctx, query, after, limit)
	if err != nil {
		return nil, fmt.Errorf("looking through what was read: %w", err)
	}
	defer rows.Close()
	var out []string
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			return nil, err
		}
		out = append(out, id)
	}
	return out, rows.Err()
}

// maxResume is how old a partial reading may be: a page read yesterday says
// little about today.
const maxResume = 24 * time.Hour

// resumable prepares a stage for a run with these parts, and tells whether it
// goes on where an earlier one stopped.
func (s *stage) resumable(ctx context.Context, origin string, p Parts, now time.Time) (bool, error) {
	key := "begun " + origin + " " + p.String()
	begun, err := s.meta(ctx, key)
	if err != nil {
		return false, err
	}
	at, parseErr := time.Parse(time.RFC3339, begun)
	if parseErr == nil && now.Sub(at) < maxResume && !now.Before(at) {
		return true, nil
	}
	return false, s.tx(ctx, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, "DELETE FROM meta; DELETE FROM user; DELETE FROM member"); err != nil {
			return err
		}
		return setMeta(ctx, tx, key, now.UTC().Format(time.RFC3339))
	})
}
