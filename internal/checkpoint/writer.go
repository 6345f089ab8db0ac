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
	prepared map[string]*sql.Stmt
	inTx     map[string]*sql.Stmt
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

func (w *writer) begin() (err error) {
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

func (w *writer) statement(query string) (*sql.Stmt, error) {
	if s := w.inTx[query]; s != nil {
		return s, nil
	}
	s := w.prepared[query]
	if s == nil {
		// Prepared inside the transaction, because the pool has one connection
		// and the transaction holds it.
		var err error
		if s, err = w.tx.Prepare(query); err != nil {
			return nil, fmt.Errorf("preparing %q: %w", query, err)
		}
		w.inTx[query] = s
		return s, nil
	}
	s = w.tx.Stmt(s)
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

func (c PutRecords) apply(w *writer) error {
	for _, r := range c {
		if r.ID == 0 {
			r.ID = w.nextID
		}
		w.nextID = max(w.nextID, r.ID+1)
	}
	args := make([]any, 0, manyRecords*recordColumnCount)
	for len(c) >= manyRecords {
		args = args[:0]
		for _, r := range c[:manyRecords] {
			args = r.values(args)
		}
		if _, err := w.exec(insertMany, args...); err != nil {
			return fmt.Errorf("storing records: %w", err)
		}
		c = c[manyRecords:]
	}
	for _, r := range c {
		if _, err := w.exec(insertRecord, r.values(args[:0])...); err != nil {
			return fmt.Errorf("storing record %d: %w", r.Number, err)
		}
	}
	return nil
}

func (c SetRecord) apply(w *writer) error {
	_, err := w.exec(insertRecord, c.Record.values(nil)...)
	return err
}

func (c SetProgress) apply(w *writer) error {
	_, err := w.exec(`UPDATE record SET kinde_id = ?, owner = ?, outcome = ?, pass = ?, stage = ?,
 sign_in = CASE WHEN ? = '' THEN sign_in ELSE ? END WHERE id = ?`,
		c.KindeID, string(c.Owner), string(c.Outcome), c.Pass, int(c.Stage), c.SignIn, c.SignIn, c.ID)
	return err
}

func (c PutStep) apply(w *writer) error {
	s := &c.Step
	_, err := w.exec(`INSERT OR REPLACE INTO step (record, kind, key, state, units, digest, code, message, detail, run, at) VALUES (`+marks(11)+`)`,
		s.Record, s.Kind, s.Key, string(s.State), s.Units, s.Digest.blob(), s.Code, s.Message, s.Detail, s.Run, s.At.UnixMilli())
	return err
}

func (c DropSteps) apply(w *writer) error {
	_, err := w.exec(`DELETE FROM step WHERE record = ? AND (? = '' OR kind = ?)`, c.Record, c.Kind, c.Kind)
	return err
}

func (c AddAttempt) apply(w *writer) error {
	a := &c.Attempt
	_, err := w.exec(`INSERT INTO attempt (record, run, operation, method, status, class, started_at, latency_ms, try, error) VALUES (`+marks(10)+`)`,
		a.Record, a.Run, a.Operation, a.Method, a.Status, a.Class, a.Started.UnixMilli(), a.Latency.Milliseconds(), a.Try, a.Error)
	return err
}

func (c AddProblems) apply(w *writer) error {
	for _, p := range c {
		_, err := w.exec(`INSERT INTO problem (record, applying, file, number, line, source_id, severity, code, field, message, hint) VALUES (`+marks(11)+`)`,
			p.Record, p.Applying, p.File, p.Number, p.Line, p.SourceID, p.Severity, p.Code, p.Field, p.Message, p.Hint)
		if err != nil {
			return err
		}
	}
	return nil
}

func (c DropProblems) apply(w *writer) error {
	query, args := `DELETE FROM problem WHERE applying = ?`, []any{c.Applying}
	if c.Record != 0 {
		query, args = `DELETE FROM problem WHERE applying = ? AND record = ?`, []any{c.Applying, c.Record}
	}
	_, err := w.exec(query, args...)
	return err
}

func (DropLeftProblems) apply(w *writer) error {
	_, err := w.exec(`DELETE FROM problem WHERE record IN (SELECT id FROM record WHERE seen < ` + currentSource + ` AND stage = 0 AND kinde_id = '')`)
	return err
}

func (c PutDifferences) apply(w *writer) error {
	if _, err := w.exec(`DELETE FROM difference`); err != nil {
		return err
	}
	return AddDifferences(c).apply(w)
}

// AddDifferences appends differences.
type AddDifferences []Difference

func (c AddDifferences) apply(w *writer) error {
	for _, d := range c {
		if _, err := w.exec(`INSERT INTO difference (record, source_id, kinde_id, kind, field, expected, actual) VALUES (`+marks(7)+`)`,
			d.Record, d.SourceID, d.KindeID, d.Kind, d.Field, d.Expected, d.Actual); err != nil {
			return err
		}
	}
	return nil
}

func (c SetJob) apply(w *writer) error {
	j := c.Job
	_, err := w.exec(`INSERT OR REPLACE INTO job VALUES (1, ?, ?, ?, ?, ?, ?)`, j.Command, j.Pass, j.Source, j.Options, j.Complete, j.Created.UnixMilli())
	return err
}

func (c SetTenant) apply(w *writer) error {
	t := c.Tenant
	_, err := w.exec(`INSERT OR REPLACE INTO tenant VALUES (1, ?, ?, ?, ?, ?, ?)`, t.Origin, t.Code, t.Name, t.Live, t.Domain, t.ClockOffset.Milliseconds())
	return err
}

func (c SetSource) apply(w *writer) error {
	s := c.Source
	_, err := w.exec(`INSERT OR REPLACE INTO source VALUES (1, `+marks(11)+`)`, s.Format, s.Preset, s.Evidence, s.MappingSHA256, s.Inputs,
		s.Rows, s.Filtered, s.Hashes, s.Joined, s.JoinedNobody, s.Header)
	if err != nil {
		return err
	}
	if _, err := w.exec(`DELETE FROM source_file`); err != nil {
		return err
	}
	for _, f := range s.Files {
		// Nanoseconds: a file rewritten within a millisecond must not look unchanged.
		if _, err := w.exec(`INSERT INTO source_file VALUES (?, ?, ?, ?, ?)`, f.Index, f.Path, f.Bytes, f.SHA256, f.ModTime.UnixNano()); err != nil {
			return err
		}
	}
	return nil
}

func (c PutRun) apply(w *writer) error {
	r := c.Run
	if r.ID == 0 {
		result, err := w.exec(`INSERT INTO run (name, pass, command, version, resumed, started_at, finished_at, end, exit, error) VALUES (`+marks(10)+`)`,
			r.Name, r.Pass, r.Command, r.Version, r.Resumed, millis(r.Started), millis(r.Finished), r.End, r.Exit, r.Error)
		if err != nil {
			return err
		}
		r.ID, err = result.LastInsertId()
		return err
	}
	_, err := w.exec(`UPDATE run SET name = ?, pass = ?, command = ?, version = ?, resumed = ?, started_at = ?, finished_at = ?, end = ?, exit = ?, error = ? WHERE id = ?`,
		r.Name, r.Pass, r.Command, r.Version, r.Resumed, millis(r.Started), millis(r.Finished), r.End, r.Exit, r.Error, r.ID)
	return err
}

func (c PutCalls) apply(w *writer) error {
	for _, x := range c {
		if _, err := w.exec(`INSERT OR REPLACE INTO call VALUES (`+marks(7)+`)`,
			x.Run, x.Operation, x.Calls, x.Succeeded, x.Failed, x.Throttled, x.Retried); err != nil {
			return err
		}
	}
	return nil
}

func (c PutBuckets) apply(w *writer) error {
	for _, b := range c {
		if _, err := w.exec(`INSERT OR REPLACE INTO bucket VALUES (`+marks(7)+`)`,
			b.Run, b.Second, b.Requests, b.Throttled, b.Users, b.Limit, b.InFlight); err != nil {
			return err
		}
	}
	return nil
}

func (c SetRate) apply(w *writer) error {
	_, err := w.exec(`INSERT OR REPLACE INTO rate VALUES (1, ?, ?)`, string(c.State), time.Now().UnixMilli())
	return err
}

func (c SetNote) apply(w *writer) error {
	_, err := w.exec(`INSERT OR REPLACE INTO note VALUES (?, ?)`, c.Name, string(c.JSON))
	return err
}

// IndexKeys makes the index that looking records up by their key needs.
type IndexKeys struct{}

func (IndexKeys) apply(w *writer) error {
	_, err := w.exec(keyIndex)
	return err
}

// Reopen makes records pending again: failed ones with a step that was given up
// and those that a rollback deleted; with Refused also those with a step that
// the API refused, and those that were rejected for what the tenant had or
// lacked; with Dropped those whose users still have what the source dropped.
type Reopen struct{ Refused, Dropped bool }

func (c Reopen) apply(w *writer) error {
	states := `'gave_up'`
	if c.Refused {
		states = `'gave_up', 'refused'`
		// What was rejected for what the tenant had, it may have changed since.
		if _, err := w.exec(`UPDATE record SET outcome = 'pending' WHERE outcome = 'rejected' AND seen = ` + currentSource + `
 AND EXISTS (SELECT 1 FROM problem WHERE problem.record = record.id AND applying = 1 AND severity = 'error')`); err != nil {
			return err
		}
		// What is wrong with them now will be said anew.
		if _, err := w.exec(`DELETE FROM problem WHERE applying = 1 AND record IN (SELECT id FROM record WHERE outcome = 'pending' AND stage = 0)`); err != nil {
			return err
		}
	}
	if c.Dropped {
		if _, err := w.exec(`UPDATE record SET outcome = 'pending' WHERE outcome IN ('created', 'updated', 'unchanged', 'failed') AND seen = ` + currentSource + `
 AND id IN (SELECT record FROM step WHERE kind = '` + StepDropped + `' AND state = '` + string(Omitted) + `')`); err != nil {
			return err
		}
	}
	// What a rollback deleted and the source still holds is wanted again.
	if _, err := w.exec(`UPDATE record SET outcome = 'pending', stage = 0 WHERE outcome = 'deleted' AND seen = ` + currentSource); err != nil {
		return err
	}
	_, err := w.exec(`UPDATE record SET outcome = 'pending' WHERE outcome = 'failed' AND seen = ` + currentSource + `
 AND EXISTS (SELECT 1 FROM step WHERE step.record = record.id AND step.state IN (` + states + `))`)
	return err
}

// SetWants replaces what the source wants for a record.
type SetWants struct {
	ID   int64
	Want Wants
}

func (c SetWants) apply(w *writer) error {
	x := c.Want
	_, err := w.exec(`UPDATE record SET want_identities = ?, want_social = ?, want_suspensions = ?, want_resets = ?, want_properties = ?,
 want_passwords = ?, want_flags = ?, want_memberships = ?, want_roles = ?, want_permissions = ? WHERE id = ?`,
		x.Identities, x.Social, x.Suspensions, x.Resets, x.Properties, x.Passwords, x.Flags, x.Memberships, x.Roles, x.Permissions, c.ID)
	return err
}

// Remove takes out the record that the current source holds under this number,
// and what was wrong with it: the row is part of another record.
type Remove struct{ Number int64 }

func (c Remove) apply(w *writer) error {
	const it = `SELECT id FROM record WHERE number = ? AND seen = ` + currentSource
	if _, err := w.exec(`DELETE FROM problem WHERE applying = 0 AND record IN (`+it+`)`, c.Number); err != nil {
		return err
	}
	_, err := w.exec(`DELETE FROM record WHERE id IN (`+it+`) AND stage = 0`, c.Number)
	return err
}

// Forget drops all records and what belongs to them: a first pass that was cut
// begins anew.
type Forget struct{}

func (Forget) apply(w *writer) error {
	for _, table := range []string{"record", "step", "problem"} {
		if _, err := w.exec(`DELETE FROM ` + table); err != nil {
			return err
		}
	}
	w.nextID = 1
	return nil
}

// ForgetVersion takes back a version of the source that was refused: its new
// records go, and it never held the others.
type ForgetVersion struct{ Source int }

func (c ForgetVersion) apply(w *writer) error {
	if _, err := w.exec(`DELETE FROM record WHERE seen = ? AND stage = 0`, c.Source); err != nil {
		return err
	}
	_, err := w.exec(`UPDATE record SET seen = ? WHERE seen = ?`, c.Source-1, c.Source)
	return err
}

// KeepSeen makes the current source hold the records of the version before it,
// too: it was a correction of some of them.
type KeepSeen struct{ From, To int }

func (c KeepSeen) apply(w *writer) error {
	_, err := w.exec(`UPDATE record SET seen = ? WHERE seen = ?`, c.To, c.From)
	return err
}
