package checkpoint

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"time"
)

// Reader answers questions about a job. Its methods may be called from many
// goroutines, also while a run is writing.
type Reader struct {
	db   *sql.DB
	path string
	key  []byte
}

// OpenReader opens an existing checkpoint for reading, without its lock: a run
// may be under way. Errors are *Error.
func OpenReader(ctx context.Context, path string) (*Reader, error) {
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return nil, &Error{Reason: Missing, Path: path}
	}
	if err := regular(path); err != nil {
		return nil, err
	}
	db, err := sql.Open("sqlite", dsn(path, "mode=ro&_pragma=busy_timeout(10000)&_pragma=query_only(1)"+readerCache))
	if err != nil {
		return nil, wrap(path, err)
	}
	r := &Reader{db: db, path: path}
	var app, version int
	if err := db.QueryRowContext(ctx, `PRAGMA application_id`).Scan(&app); err != nil {
		return nil, errors.Join(wrap(path, err), db.Close())
	}
	if err := db.QueryRowContext(ctx, `PRAGMA user_version`).Scan(&version); err != nil {
		return nil, errors.Join(wrap(path, err), db.Close())
	}
	switch {
	case app != applicationID:
		err = &Error{Reason: Foreign, Path: path}
	case version > schemaVersion:
		err = &Error{Reason: Newer, Path: path, Err: fmt.Errorf("its tables are version %d, this release knows %d", version, schemaVersion)}
	default:
		err = wrap(path, db.QueryRowContext(ctx, `SELECT value FROM meta WHERE key = 'digest_key'`).Scan(&r.key))
	}
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return r, nil
}

// Close closes a Reader of OpenReader. A Store is closed by its own Close.
func (r *Reader) Close() error { return wrap(r.path, r.db.Close()) }

// Path returns where the checkpoint lies.
func (r *Reader) Path() string { return r.path }

// Keyed returns a truncated digest of a secret that tells nothing without this checkpoint.
func (r *Reader) Keyed(secret string) Digest { return keyed(r.key, secret) }

// Job returns what the checkpoint is about; ok is false in a new one.
func (r *Reader) Job(ctx context.Context) (j Job, ok bool, err error) {
	var at sql.NullInt64
	err = r.db.QueryRowContext(ctx, `SELECT command, pass, source, options, complete, created_at FROM job`).
		Scan(&j.Command, &j.Pass, &j.Source, &j.Options, &j.Complete, &at)
	j.Created = fromMillis(at)
	return r.found(j, err)
}

func (r *Reader) found(j Job, err error) (Job, bool, error) {
	if errors.Is(err, sql.ErrNoRows) {
		return Job{}, false, nil
	}
	return j, err == nil, wrap(r.path, err)
}

// Tenant returns the tenant; ok is false as long as none was met.
func (r *Reader) Tenant(ctx context.Context) (t Tenant, ok bool, err error) {
	var offset int64
	err = r.db.QueryRowContext(ctx, `SELECT origin, code, name, live, domain, clock_offset_ms FROM tenant`).
		Scan(&t.Origin, &t.Code, &t.Name, &t.Live, &t.Domain, &offset)
	if errors.Is(err, sql.ErrNoRows) {
		return Tenant{}, false, nil
	}
	t.ClockOffset = time.Duration(offset) * time.Millisecond
	return t, err == nil, wrap(r.path, err)
}

// Source returns the source of the current pass; ok is false before the first scan ended.
func (r *Reader) Source(ctx context.Context) (s Source, ok bool, err error) {
	err = r.db.QueryRowContext(
		ctx,
		`SELECT format, preset, evidence, mapping_sha256, inputs, rows, filtered, hashes, joined, joined_nobody, header FROM source`,
	).
		Scan(
			&s.Format,
			&s.Preset,
			&s.Evidence,
			&s.MappingSHA256,
			&s.Inputs,
			&s.Rows,
			&s.Filtered,
			&s.Hashes,
			&s.Joined,
			&s.JoinedNobody,
			&s.Header,
		)
	if errors.Is(err, sql.ErrNoRows) {
		return Source{}, false, nil
	}
	if err != nil {
		return Source{}, false, wrap(r.path, err)
	}
	err = r.each(ctx, `SELECT file, path, bytes, sha256, mtime FROM source_file ORDER BY file`, nil, func(rows *sql.Rows) error {
		var f SourceFile
		var mtime int64
		if err := rows.Scan(&f.Index, &f.Path, &f.Bytes, &f.SHA256, &mtime); err != nil {
			return err
		}
		f.ModTime = time.Unix(0, mtime).UTC()
		s.Files = append(s.Files, f)
		return nil
	})
	return s, err == nil, err
}

// Runs returns the processes that worked on the job, oldest first.
func (r *Reader) Runs(ctx context.Context) (runs []Run, err error) {
	err = r.each(
		ctx,
		`SELECT id, name, pass, command, version, resumed, started_at, finished_at, end, exit, error FROM run ORDER BY id`,
		nil,
		func(rows *sql.Rows) error {
			var x Run
			var started, finished sql.NullInt64
			if err := rows.Scan(&x.ID, &x.Name, &x.Pass, &x.Command, &x.Version, &x.Resumed, &started, &finished, &x.End, &x.Exit,
				&x.Error); err != nil {
				return err
			}
			x.Started, x.Finished = fromMillis(started), fromMillis(finished)
			runs = append(runs, x)
			return nil
		},
	)
	return runs, err
}

// Calls returns the counts of requests by operation of one run, or (0) of all, by operation.
func (r *Reader) Calls(ctx context.Context, run int64) (calls []Call, err error) {
	err = r.each(ctx, `SELECT operation, sum(calls), sum(succeeded), sum(failed), sum(throttled), sum(retried) FROM call
 WHERE ? = 0 OR run = ? GROUP BY operation ORDER BY operation`, []any{run, run}, func(rows *sql.Rows) error {
		c := Call{Run: run}
		if err := rows.Scan(&c.Operation, &c.Calls, &c.Succeeded, &c.Failed, &c.Throttled, &c.Retried); err != nil {
			return err
		}
		calls = append(calls, c)
		return nil
	})
	return calls, err
}

// Buckets returns the seconds of one run, or (0) of all, oldest first.
func (r *Reader) Buckets(ctx context.Context, run int64) (buckets []Bucket, err error) {
	err = r.each(ctx, `SELECT run, second, requests, throttled, users, believed_limit, in_flight FROM bucket
 WHERE ? = 0 OR run = ? ORDER BY second, run`, []any{run, run}, func(rows *sql.Rows) error {
		var b Bucket
		if err := rows.Scan(&b.Run, &b.Second, &b.Requests, &b.Throttled, &b.Users, &b.Limit, &b.InFlight); err != nil {
			return err
		}
		buckets = append(buckets, b)
		return nil
	})
	return buckets, err
}

// Worked returns how many users the runs from first on have worked on.
func (r *Reader) Worked(ctx context.Context, first int64) (users int64, err error) {
	err = r.each(ctx, `SELECT coalesce(sum(users), 0) FROM bucket WHERE run >= ?`, []any{first}, func(rows *sql.Rows) error {
		return rows.Scan(&users)
	})
	return users, err
}

// Rate returns the learnt state of the gate, JSON, or nil.
func (r *Reader) Rate(ctx context.Context) ([]byte, error) {
	return r.text(ctx, `SELECT state FROM rate`)
}

// Note returns a named JSON document, or nil.
func (r *Reader) Note(ctx context.Context, name string) ([]byte, error) {
	return r.text(ctx, `SELECT json FROM note WHERE name = ?`, name)
}

func (r *Reader) text(ctx context.Context, query string, args ...any) ([]byte, error) {
	var text string
	err := r.db.QueryRowContext(ctx, query, args...).Scan(&text)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	return []byte(text), wrap(r.path, err)
}

// each runs a query and hands every row to scan. The connection is given back
// before it returns, so scan must not write.
func (r *Reader) each(ctx context.Context, query string, args []any, scan func(*sql.Rows) error) error {
	rows, err := r.db.QueryContext(ctx, query, args...)
	if err != nil {
		return wrap(r.path, err)
	}
	defer rows.Close()
	for rows.Next() {
		if err := scan(rows); err != nil {
			return wrap(r.path, err)
		}
	}
	return wrap(r.path, rows.Err())
}

// pageOf is how many rows a listing fetches at once. Between pages it holds no
// connection, so whoever ranges over it may write.
const pageOf = 1000

// Records returns the records that the selection takes, in the order of their
// row ids, which is the order of the source in which they were first seen.
func (r *Reader) Records(ctx context.Context, where Selection) iter.Seq2[Record, error] {
	return r.list(ctx, where, recordColumns, scanRecord)
}

// Outlines is Records with nothing but what a list of outcomes shows: ID, Number,
// Line, SourceID, KindeID, Email, Outcome, Pass, SignIn and Seen. It takes a third of the time.
func (r *Reader) Outlines(ctx context.Context, where Selection) iter.Seq2[Record, error] {
	return r.list(
		ctx,
		where,
		`id, number, line, source_id, kinde_id, email, outcome, pass, sign_in, seen`,
		func(row scannable) (x Record, err error) {
			err = row.Scan(&x.ID, &x.Number, &x.Line, &x.SourceID, &x.KindeID, &x.Email, &x.Outcome, &x.Pass, &x.SignIn, &x.Seen)
			return x, err
		},
	)
}

type scannable interface{ Scan(...any) error }

func (r *Reader) list(ctx context.Context, where Selection, columns string, scan func(scannable) (Record, error)) iter.Seq2[Record, error] {
	condition, args := where.sql()
	query := fmt.Sprintf(`SELECT %s FROM record WHERE id > ? AND %s ORDER BY id LIMIT %d`, columns, condition, pageOf)
	return func(yield func(Record, error) bool) {
		var after int64
		var page []Record
		for {
			page = page[:0]
			err := r.each(ctx, query, append([]any{after}, args...), func(rows *sql.Rows) error {
				record, err := scan(rows)
				page = append(page, record)
				return err
			})
			if err != nil {
				yield(Record{}, err)
				return
			}
			for i := range page {
				if !yield(page[i], nil) {
					return
				}
			}
			if len(page) < pageOf {
				return
			}
			after = page[len(page)-1].ID
		}
	}
}

func scanRecord(rows scannable) (x Record, err error) {
	var key, mapped []byte
	var owner, outcome string
	var stage int
	var more sql.NullString
	w := &x.Want
	err = rows.Scan(&x.ID, &x.File, &x.Number, &x.Line, &x.Offset, &x.Length, &key, &x.SourceID, &x.Email, &x.Phone, &x.Username, &x.Name,
		&x.KindeID, &owner, &outcome, &x.Pass, &x.Seen, &stage, &x.Provider, &x.Method, &x.Connection, &x.SignIn, &x.MFALost,
		&w.Identities, &w.Social, &w.Suspensions, &w.Resets, &w.Properties, &w.Passwords, &w.Flags,
		&w.Memberships, &w.Roles, &w.Permissions, &mapped, &more)
	if err != nil {
		return x, err
	}
	copy(x.Key[:], key)
	copy(x.Mapped[:], mapped)
	x.Owner, x.Outcome, x.Stage = Owner(owner), Outcome(outcome), Stage(stage)
	x.Rows, err = unpackRows(more)
	return x, err
}

func millisecondsOf(n int64) time.Duration { return time.Duration(n) * time.Millisecond }
