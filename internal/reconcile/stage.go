package reconcile

import (
	"context"
	"database/sql"
	"fmt"
	"slices"

	"github.com/kinde-migrate/kinde-migrate/internal/compare"
	"github.com/kinde-migrate/kinde-migrate/internal/spill"
)

// stage is the database in which both sides wait for each other. It holds
// personal data, no hashes; only this process can read it, and close removes it.
type stage struct{ *spill.Database }

const tables = `
CREATE TABLE record(number INTEGER PRIMARY KEY, line INTEGER NOT NULL, file INTEGER NOT NULL, offset INTEGER NOT NULL, length INTEGER NOT NULL,
  state INTEGER NOT NULL, key TEXT NOT NULL, code TEXT NOT NULL, reason TEXT NOT NULL, user BLOB,
  kinde TEXT NOT NULL DEFAULT '', outcome TEXT NOT NULL DEFAULT '', lost INTEGER NOT NULL DEFAULT 0,
  addressed INTEGER NOT NULL DEFAULT 0, mate INTEGER);
CREATE TABLE have(seq INTEGER PRIMARY KEY, id TEXT NOT NULL, created INTEGER NOT NULL, user BLOB NOT NULL,
  addressed INTEGER NOT NULL, mate INTEGER);
CREATE TABLE record_key(rank INTEGER NOT NULL, key TEXT NOT NULL, record INTEGER NOT NULL);
CREATE TABLE have_key(rank INTEGER NOT NULL, key TEXT NOT NULL, seq INTEGER NOT NULL);`

func openStage(ctx context.Context, tempDir string) (*stage, error) {
	// The file is thrown away whatever happens, so it needs no journal on disk.
	db, err := spill.NewDatabase(ctx, tempDir, "_pragma=journal_mode(OFF)&_pragma=synchronous(OFF)&_pragma=cache_size(-48000)", tables)
	if err != nil {
		return nil, fmt.Errorf("making room for the comparison: %w", err)
	}
	return &stage{db}, nil
}

// batch runs f in one transaction.
func (s *stage) batch(ctx context.Context, f func(*sql.Tx) error) error {
	if err := spill.Transact(ctx, s.DB, f); err != nil {
		return fmt.Errorf("keeping what was read: %w", err)
	}
	return nil
}

// each hands every row of a query to scan, and gives the connection back.
func (s *stage) each(ctx context.Context, scan func(*sql.Rows) error, query string, args ...any) error {
	rows, err := s.QueryContext(ctx, query, args...)
	if err != nil {
		return fmt.Errorf("reading what was kept: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		if err := scan(rows); err != nil {
			return fmt.Errorf("reading what was kept: %w", err)
		}
	}
	return rows.Err()
}

// rank is by what a record and a user are matched; the lowest wins.
type rank int

const (
	byKindeID rank = iota
	byProvidedID
	byEmail
	byPhone
	byUsername
	// A record that is explained claims its user last: only so that he is not unexpected.
	asExplained rank = 10
)

// ranks in the order in which they are tried. An id is unique in one source,
// not in the world: it comes last.
var ranks = []rank{byKindeID, byEmail, byPhone, byUsername, byProvidedID,
	asExplained + byKindeID, asExplained + byEmail, asExplained + byPhone, asExplained + byUsername, asExplained + byProvidedID}

// keysOf lists by what a user is found. Identities are folded as the
// comparison folds them.
func keysOf(id, provided string, identities []compare.Identity) (keys []foundBy) {
	add := func(r rank, value string) {
		if value != "" {
			keys = append(keys, foundBy{r, value})
		}
	}
	add(byKindeID, id)
	add(byProvidedID, provided)
	for _, i := range identities {
		switch i.Kind {
		case "email":
			add(byEmail, compare.Fold(i.Kind, i.Value))
		case "phone":
			add(byPhone, compare.Fold(i.Kind, i.Value))
		case "username":
			add(byUsername, compare.Fold(i.Kind, i.Value))
		}
	}
	return keys
}

type foundBy struct {
	rank rank
	key  string
}

// addressed tells whether there is an e-mail address, a phone number or a
// username among the keys. Two that have one each and share none are two people,
// whatever id they have.
func addressed(keys []foundBy) bool {
	return slices.ContainsFunc(keys, func(k foundBy) bool { return k.rank != byKindeID && k.rank != byProvidedID })
}

// carrier returns who carries the provided id and has an address.
func (s *stage) carrier(ctx context.Context, provided string) (id string, err error) {
	err = s.each(
		ctx,
		func(rows *sql.Rows) error { return rows.Scan(&id) },
		`SELECT h.id FROM have_key k JOIN have h ON h.seq = k.seq WHERE k.rank = ? AND k.key = ? AND h.addressed LIMIT 1`,
		int(byProvidedID),
		provided,
	)
	return id, err
}

// match pairs records with users, each at most once, by the surest key first.
func (s *stage) match(ctx context.Context) error {
	if _, err := s.ExecContext(ctx, `CREATE INDEX have_found ON have_key(rank, key, seq)`); err != nil {
		return fmt.Errorf("sorting the users of the tenant: %w", err)
	}
	const page = 2000
	for _, r := range ranks {
		also := ""
		if r%asExplained == byProvidedID {
			also = ` AND NOT (SELECT addressed FROM record WHERE number = k.record) * (SELECT addressed FROM have WHERE seq = h.seq)`
		}
		type pair struct{ row, record, seq int64 }
		for after := (pair{}); ; { // a page may end between two users of one key
			var pairs []pair
			err := s.each(ctx, func(rows *sql.Rows) error {
				var p pair
				err := rows.Scan(&p.row, &p.record, &p.seq)
				pairs = append(pairs, p)
				return err
			}, `SELECT k.rowid, k.record, h.seq FROM record_key k CROSS JOIN have_key h ON h.rank = ? AND h.key = k.key
 WHERE k.rank = ? AND k.rowid >= ? AND (k.rowid > ? OR h.seq > ?)`+also+` ORDER BY k.rowid, h.seq LIMIT ?`,
				int(r%asExplained), int(r), after.row, after.row, after.seq, page)
			if err != nil {
				return err
			}
			err = s.batch(ctx, func(tx *sql.Tx) error {
				record, err := tx.PrepareContext(
					ctx,
					`UPDATE record SET mate = ?1 WHERE number = ?2 AND mate IS NULL AND (SELECT mate FROM have WHERE seq = ?1) IS NULL`,
				)
				if err != nil {
					return err
				}
				defer record.Close()
				have, err := tx.PrepareContext(ctx, `UPDATE have SET mate = ? WHERE seq = ?`)
				if err != nil {
					return err
				}
				defer have.Close()
				for _, p := range pairs {
					done, err := record.ExecContext(ctx, p.seq, p.record)
					if err != nil {
						return err
					}
					if n, err := done.RowsAffected(); err != nil || n == 0 {
						if err != nil {
							return err
						}
						continue
					}
					if _, err := have.ExecContext(ctx, p.record, p.seq); err != nil {
						return err
					}
				}
				return nil
			})
			if err != nil {
				return err
			}
			if len(pairs) < page {
				break
			}
			after = pairs[len(pairs)-1]
		}
	}
	return nil
}
