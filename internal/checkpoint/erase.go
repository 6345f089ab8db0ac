package checkpoint

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/kinde-migrate/kinde-migrate/internal/atomicfile"
)

// Erasure says who is taken out of a checkpoint for good.
type Erasure struct {
	// Theirs chooses records, of which nothing stays.
	Theirs func(x *Record, aliases []string) bool
	// Text takes names out of a text that stays, and returns it as it was where it holds none.
	Text func(string) string
}

// Erased counts what was taken out.
type Erased struct {
	Records int64 `json:"records"`
	Texts   int64 `json:"texts"` // other rows in whose texts names stood
}

// noteErased remembers that people were erased, so that nobody brings them back unasked.
const noteErased = "erased"

// NoteReconciliation is the name of the note that holds what the last read-back of
// the job counted.
const NoteReconciliation = "reconciliation"

// PeopleErased tells when people were last erased from the checkpoint.
func (r *Reader) PeopleErased(ctx context.Context) (at time.Time, err error) {
	data, err := r.Note(ctx, noteErased)
	if err != nil || data == nil {
		return at, err
	}
	return at, json.Unmarshal(data, &at)
}

// Erase takes people out of the checkpoint at path. Nothing of them stays in the
// file or beside it: what is deleted is overwritten, the journal is emptied, and
// the file is written anew. Cut off at any moment, it is repeated.
func Erase(ctx context.Context, path string, e Erasure) (done Erased, err error) {
	if target, err := filepath.EvalSymlinks(path); err == nil {
		path = target // a link stays, and what it leads to is rewritten
	}
	s, created, err := Open(ctx, path)
	if err != nil {
		return done, err
	}
	if created {
		return done, errors.Join(&Error{Reason: Missing, Path: path}, s.Close(), os.Remove(path), os.Remove(path+".lock"))
	}
	ids, err := s.theirs(ctx, e)
	if err == nil {
		done.Records = int64(len(ids))
		done.Texts, err = s.takeOut(ctx, ids, e.Text, func(*sql.Tx) error { return nil })
	}
	if err != nil {
		return done, errors.Join(wrap(path, err), s.Close())
	}
	return done, s.rewrite(ctx)
}

// CloseErased closes the store and leaves nothing in its file of what was deleted.
func (s *Store) CloseErased(ctx context.Context) error {
	if s.lock == nil {
		return s.Close() // temporary
	}
	return s.rewrite(ctx)
}

// erasingSuffix names the copy that takes a checkpoint's place.
const erasingSuffix = ".erasing"

func (s *Store) theirs(ctx context.Context, e Erasure) (ids []int64, err error) {
	if e.Theirs == nil {
		return nil, nil
	}
	aliases, err := s.Aliases(ctx, 0, math.MaxInt64) // only records that were merged have some
	if err != nil {
		return nil, err
	}
	for x, err := range s.Records(ctx, Selection{Any: true}) {
		if err != nil {
			return nil, err
		}
		if e.Theirs(&x, aliases[x.ID]) {
			ids = append(ids, x.ID)
		}
	}
	return ids, nil
}

// takeOut deletes records with all that belongs to them, and names from the texts of the others.
func (s *Store) takeOut(ctx context.Context, ids []int64, text func(string) string, also func(*sql.Tx) error) (texts int64, err error) {
	if err := errors.Join(s.Flush(ctx), s.SecureDelete(ctx)); err != nil {
		return 0, err
	}
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return 0, err
	}
	defer tx.Rollback()
	if err := also(tx); err != nil {
		return 0, err
	}
	tables, err := tablesOf(ctx, tx)
	if err != nil {
		return 0, err
	}
	for _, t := range tables {
		column := "record"
		if t.name == "record" {
			column = "id"
		} else if !slices.Contains(t.columns, column) || t.name == "name" {
			continue
		}
		if err := chunked(ctx, tx, `DELETE FROM `+t.name+` WHERE `+column+` IN `, ids); err != nil {
			return 0, err
		}
	}
	if text != nil {
		for _, t := range tables {
			n, err := t.takeOut(ctx, tx, text)
			if err != nil {
				return 0, fmt.Errorf("taking names out of the table %s: %w", t.name, err)
			}
			texts += n
		}
	}
	if len(ids) > 0 { // what the last read-back counted is another set of people
		if _, err := tx.ExecContext(ctx, `DELETE FROM note WHERE name = ?`, NoteReconciliation); err != nil {
			return 0, err
		}
	}
	if len(ids) > 0 || texts > 0 {
		at, _ := json.Marshal(time.Now().UTC()) // a time never fails
		if _, err := tx.ExecContext(ctx, `INSERT OR REPLACE INTO note VALUES (?, ?)`, noteErased, string(at)); err != nil {
			return 0, err
		}
	}
	return texts, tx.Commit()
}

// table is one of the tables, by what its rows are found by.
type table struct {
	name    string
	columns []string
	key     []string // the columns of its primary key
}

func tablesOf(ctx context.Context, tx *sql.Tx) (tables []table, err error) {
	rows, err := tx.QueryContext(
		ctx,
		`SELECT m.name, c.name, c.pk FROM sqlite_schema m, pragma_table_info(m.name) c WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%' ORDER BY m.name, c.cid`,
	)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var name, column string
		var pk int
		if err := rows.Scan(&name, &column, &pk); err != nil {
			return nil, err
		}
		if len(tables) == 0 || tables[len(tables)-1].name != name {
			tables = append(tables, table{name: name})
		}
		t := &tables[len(tables)-1]
		t.columns = append(t.columns, column)
		if pk > 0 {
			t.key = append(t.key, column)
		}
	}
	for i := range tables {
		if t := &tables[i]; len(t.key) == 0 {
			t.key = []string{"rowid"}
		}
	}
	return tables, rows.Err()
}

// change is a row of a table whose texts hold names.
type change struct{ key, values []any }

func (t *table) takeOut(ctx context.Context, tx *sql.Tx, text func(string) string) (n int64, err error) {
	changes, err := t.changes(ctx, tx, text)
	if err != nil {
		return 0, err
	}
	where := strings.Join(t.key, " = ? AND ") + " = ?"
	update := `UPDATE OR REPLACE ` + t.name + ` SET ` + strings.Join(t.columns, " = ?, ") + ` = ? WHERE ` + where
	for _, c := range changes {
		query, args := update, append(c.values, c.key...)
		if t.name == "difference" { // of nobody's record: it is about a user of the tenant
			query, args = `DELETE FROM difference WHERE `+where, c.key
		}
		if _, err := tx.ExecContext(ctx, query, args...); err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

func (t *table) changes(ctx context.Context, tx *sql.Tx, text func(string) string) (out []change, err error) {
	rows, err := tx.QueryContext(ctx, `SELECT `+strings.Join(slices.Concat(t.key, t.columns), ", ")+` FROM `+t.name)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	values := make([]any, len(t.key)+len(t.columns))
	into := make([]any, len(values))
	for i := range values {
		into[i] = &values[i]
	}
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return nil, err
		}
		changed := false
		c := change{key: slices.Clone(values[:len(t.key)]), values: slices.Clone(values[len(t.key):])}
		for i, v := range c.values {
			s, ok := v.(string)
			if !ok {
				continue
			}
			if now := text(s); now != s {
				c.values[i], changed = now, true
			}
		}
		if changed {
			out = append(out, c)
		}
	}
	return out, rows.Err()
}

// Anonymised says what becomes of a job whose people are erased: their records
// stay, for the report, without anything that says whose they are.
type Anonymised struct {
	Records []int64
	Text    func(string) string
	// Notes replaces notes; nil deletes one.
	Notes map[string][]byte
}

// Anonymise takes people out of the store that is at work, all at once.
func (s *Store) Anonymise(ctx context.Context, a Anonymised) error {
	_, err := s.takeOut(ctx, nil, a.Text, func(tx *sql.Tx) error {
		for _, query := range []string{
			`UPDATE record SET source_id = '', email = '', phone = '', username = '', name = '', kinde_id = '', key = randomblob(16) WHERE id IN `,
			`UPDATE step SET message = '', detail = '', digest = NULL WHERE record IN `,
			`UPDATE attempt SET error = '' WHERE record IN `,
			`UPDATE problem SET source_id = '' WHERE record IN `,
		} {
			if err := chunked(ctx, tx, query, a.Records); err != nil {
				return err
			}
		}
		for name, json := range a.Notes {
			query, args := `DELETE FROM note WHERE name = ?`, []any{name}
			if json != nil {
				query, args = `INSERT OR REPLACE INTO note VALUES (?, ?)`, []any{name, string(json)}
			}
			if _, err := tx.ExecContext(ctx, query, args...); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return wrap(s.path, fmt.Errorf("taking the erased out: %w", err))
	}
	return nil
}

// chunked runs a query that ends where a list of ids begins.
func chunked(ctx context.Context, tx *sql.Tx, query string, ids []int64) error {
	for chunk := range slices.Chunk(ids, 500) {
		args := make([]any, len(chunk))
		for i := range chunk {
			args[i] = chunk[i]
		}
		if _, err := tx.ExecContext(ctx, query+`(`+marks(len(chunk))+`)`, args...); err != nil {
			return err
		}
	}
	return nil
}

// SecureDelete has SQLite overwrite what is deleted from now on.
func (s *Store) SecureDelete(ctx context.Context) error {
	_, err := s.db.ExecContext(ctx, `PRAGMA secure_delete = ON`)
	return wrap(s.path, err)
}

// rewrite closes the store, after it put a copy without free pages in its place.
func (s *Store) rewrite(ctx context.Context) (err error) {
	path, copied := s.path, s.path+erasingSuffix
	lock := s.lock
	s.lock = nil
	defer func() { err = wrap(path, errors.Join(err, lock.Close())) }()
	if err = s.empty(ctx, copied); err != nil {
		return errors.Join(err, s.Close())
	}
	if err = s.Close(); err != nil {
		return err
	}
	if err = atomicfile.Place(copied, path); err != nil {
		return err
	}
	for _, suffix := range []string{"-wal", "-shm"} {
		if e := os.Remove(path + suffix); e != nil && !errors.Is(e, fs.ErrNotExist) {
			err = errors.Join(err, e)
		}
	}
	return err
}

// empty moves the journal into the file and writes the file's content to another.
func (s *Store) empty(ctx context.Context, copied string) error {
	var busy, pages, moved int
	if err := s.db.QueryRowContext(ctx, `PRAGMA wal_checkpoint(TRUNCATE)`).Scan(&busy, &pages, &moved); err != nil {
		return err
	}
	if busy != 0 {
		return errors.New("somebody reads it, so that its journal can't be emptied: end that, and repeat the command")
	}
	if err := os.Remove(copied); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	// The file is made with its mode before SQLite opens it: it holds personal data.
	f, err := atomicfile.Open(copied, os.O_CREATE|os.O_EXCL|os.O_WRONLY)
	if err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	_, err = s.db.ExecContext(ctx, `VACUUM INTO ?`, copied)
	return err
}

// EachText hands every text in every table of the checkpoint at path to see.
func EachText(ctx context.Context, path string, see func(string) error) (err error) {
	r, err := OpenReader(ctx, path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	tx, err := r.db.BeginTx(ctx, nil)
	if err != nil {
		return wrap(path, err)
	}
	defer tx.Rollback()
	tables, err := tablesOf(ctx, tx)
	if err != nil {
		return wrap(path, err)
	}
	var bad error
	for i := range tables {
		_, err := tables[i].changes(ctx, tx, func(s string) string {
			if bad == nil {
				bad = see(s)
			}
			return s
		})
		if err := errors.Join(err, bad); err != nil {
			return wrap(path, err)
		}
	}
	return nil
}
