package checkpoint

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"runtime"
	"strings"
	"time"
)

var errClosed = errors.New("it is closed")

// writer holds the connection and the prepared statements of the writer goroutine.
type writer struct {
	db       *sql.DB
	key      []byte // of keyed digests
	tx       *sql.Tx
	prepared map[string]*sql.Stmt // by their text, for all transactions
	inTx     map[string]*sql.Stmt // those of the transaction, which end with it
	nextID   int64
}

func newWriter(ctx context.Context, db *sql.DB, path string) (*writer, error) {
	w := &writer{db: db, prepared: map[string]*sql.Stmt{}}
	if err := db.QueryRowContext(ctx, `SELECT value FROM meta WHERE key = 'digest_key'`).Scan(&w.key); err != nil {
		return nil, &Error{Reason: Damaged, Path: path, Err: err}
	}
	if err := db.QueryRowContext(ctx, `SELECT coalesce(max(id), 0) + 1 FROM record`).Scan(&w.nextID); err != nil {
		return nil, err
	}
	return w, nil
}

// begin prepares what the last transaction needed, so that it serves all that follow.
// It can't be done sooner: the pool has one connection, which a transaction holds.
func (w *writer) begin() (err error) {
	for query := range w.inTx {
		if w.prepared[query] != nil {
			continue
		}
		if w.prepared[query], err = w.db.Prepare(query); err != nil {
			delete(w.prepared, query)
			return fmt.Errorf("preparing %q: %w", query, err)
		}
	}
	w.tx, err = w.db.Begin()
	w.inTx = map[string]*sql.Stmt{}
	return err
}

func (w *writer) commit() error { return w.tx.Commit() }

func (w *writer) rollback() {
	if w.tx != nil {
		// The failure that led here is what the caller hears about.
		_ = w.tx.Rollback()
	}
}

func (w *writer) close() {
	for _, s := range w.prepared {
		_ = s.Close()
	}
}

// exec runs a statement that is prepared once.
func (w *writer) exec(query string, args ...any) (sql.Result, error) {
	stmt, err := w.statement(query)
	if err != nil {
		return nil, err
	}
	return stmt.Exec(args...)
}

func (w *writer) query(query string, args ...any) (*sql.Rows, error) {
	stmt, err := w.statement(query)
	if err != nil {
		return nil, err
	}
	return stmt.Query(args...)
}

func (w *writer) statement(query string) (s *sql.Stmt, err error) {
	if s = w.inTx[query]; s != nil {
		return s, nil
	}
	if known := w.prepared[query]; known != nil {
		s = w.tx.Stmt(known)
	} else if s, err = w.tx.Prepare(query); err != nil {
		return nil, fmt.Errorf("preparing %q: %w", query, err)
	}
	w.inTx[query] = s
	return s, nil
}

// keyed is a digest that tells nothing without the checkpoint's key.
func keyed(key []byte, text string) (d Digest) {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(text))
	copy(d[:], h.Sum(nil))
	return d
}

func (d Digest) blob() any {
	if d.IsZero() {
		return nil
	}
	return d[:]
}

func millis(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UnixMilli()
}

func fromMillis(ms sql.NullInt64) time.Time {
	if !ms.Valid {
		return time.Time{}
	}
	return time.UnixMilli(ms.Int64).UTC()
}

func escapePath(path string) string {
	if runtime.GOOS == "windows" {
		path = strings.ReplaceAll(path, `\`, `/`)
	}
	return (&url.URL{Path: path}).EscapedPath()
}

const recordColumns = `id, file, number, line, offset, length, key, source_id, email, phone, username, name,
 kinde_id, owner, outcome, pass, seen, stage, provider, method, connection, sign_in, mfa_lost,
 want_identities, want_social, want_suspensions, want_resets, want_properties, want_passwords, want_flags,
 want_memberships, want_roles, want_permissions, mapped, more_rows`

// recordColumnCount is the number of names in recordColumns.
const recordColumnCount = 35

var (
	insertRecord = `INSERT OR REPLACE INTO record (` + recordColumns + `) VALUES (` + marks(recordColumnCount) + `)`
	insertMany   = `INSERT OR REPLACE INTO record (` + recordColumns + `) VALUES ` +
		strings.Repeat(`(`+marks(recordColumnCount)+`),`, manyRecords-1) + `(` + marks(recordColumnCount) + `)`
)

// manyRecords is how many records one INSERT takes: the fewer calls into SQLite, the faster the load.
const manyRecords = 20

func marks(n int) string { return strings.Repeat("?,", n-1) + "?" }

func (r *Record) values(to []any) []any {
	w := &r.Want
	return append(to, r.ID, r.File, r.Number, r.Line, r.Offset, r.Length, r.Key[:], r.SourceID, r.Email, r.Phone, r.Username, r.Name,
		r.KindeID, string(r.Owner), string(r.Outcome), r.Pass, r.Seen, int(r.Stage), r.Provider, r.Method, r.Connection, r.SignIn, r.MFALost,
		w.Identities, w.Social, w.Suspensions, w.Resets, w.Properties, w.Passwords, w.Flags,
		w.Memberships, w.Roles, w.Permissions, r.Mapped.blob(), packRows(r.Rows))
}

// packRows keeps the further rows of a record as JSON: [[file,number,line,offset,length],…].
func packRows(rows []Row) any {
	if len(rows) == 0 {
		return nil
	}
	packed := make([][5]int64, len(rows))
	for i, r := range rows {
		packed[i] = [5]int64{int64(r.File), r.Number, r.Line, r.Offset, r.Length}
	}
	text, _ := json.Marshal(packed) // numbers never fail
	return string(text)
}

func unpackRows(text sql.NullString) ([]Row, error) {
	if !text.Valid {
		return nil, nil
	}
	var packed [][5]int64
	if err := json.Unmarshal([]byte(text.String), &packed); err != nil {
		return nil, fmt.Errorf("reading the further rows of a record: %w", err)
	}
	rows := make([]Row, len(packed))
	for i, p := range packed {
		rows[i] = Row{int(p[0]), p[1], p[2], p[3], p[4]}
	}
	return rows, nil
}
