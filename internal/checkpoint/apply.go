package checkpoint

import (
	"fmt"
	"time"
)

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
	_, err := w.exec(
		`INSERT OR REPLACE INTO step (record, kind, key, state, units, digest, code, message, detail, run, at) VALUES (`+marks(11)+`)`,
		s.Record,
		s.Kind,
		s.Key,
		string(s.State),
		s.Units,
		s.Digest.blob(),
		s.Code,
		s.Message,
		s.Detail,
		s.Run,
		s.At.UnixMilli(),
	)
	return err
}

func (c DropSteps) apply(w *writer) error {
	_, err := w.exec(`DELETE FROM step WHERE record = ? AND (? = '' OR kind = ?)`, c.Record, c.Kind, c.Kind)
	return err
}

func (c AddAttempt) apply(w *writer) error {
	a := &c.Attempt
	_, err := w.exec(
		`INSERT INTO attempt (record, run, operation, method, status, class, started_at, latency_ms, try, error) VALUES (`+marks(10)+`)`,
		a.Record,
		a.Run,
		a.Operation,
		a.Method,
		a.Status,
		a.Class,
		a.Started.UnixMilli(),
		a.Latency.Milliseconds(),
		a.Try,
		a.Error,
	)
	return err
}

func (c AddProblems) apply(w *writer) error {
	for _, p := range c {
		_, err := w.exec(
			`INSERT INTO problem (record, applying, file, number, line, source_id, severity, code, field, message, hint) VALUES (`+marks(11)+`)`,
			p.Record,
			p.Applying,
			p.File,
			p.Number,
			p.Line,
			p.SourceID,
			p.Severity,
			p.Code,
			p.Field,
			p.Message,
			p.Hint,
		)
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
	_, err := w.exec(
		`DELETE FROM problem WHERE record IN (SELECT id FROM record WHERE seen < ` + currentSource + ` AND stage = 0 AND kinde_id = '')`,
	)
	return err
}

func (c PutDifferences) apply(w *writer) error {
	if _, err := w.exec(`DELETE FROM difference`); err != nil {
		return err
	}
	return AddDifferences(c).apply(w)
}

// DropDifferences forgets all differences, but those of users of whom the source that
// is read says nothing: they stay true until one does.
type DropDifferences struct{}

func (DropDifferences) apply(w *writer) error {
	_, err := w.exec(`DELETE FROM difference WHERE record NOT IN (SELECT id FROM record
 WHERE file < 0 AND seen = ` + currentSource + ` AND stage = 2 AND outcome IN ('created', 'updated'))`)
	return err
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
	_, err := w.exec(
		`INSERT OR REPLACE INTO job VALUES (1, ?, ?, ?, ?, ?, ?)`,
		j.Command,
		j.Pass,
		j.Source,
		j.Options,
		j.Complete,
		j.Created.UnixMilli(),
	)
	return err
}

func (c SetTenant) apply(w *writer) error {
	t := c.Tenant
	_, err := w.exec(
		`INSERT OR REPLACE INTO tenant VALUES (1, ?, ?, ?, ?, ?, ?)`,
		t.Origin,
		t.Code,
		t.Name,
		t.Live,
		t.Domain,
		t.ClockOffset.Milliseconds(),
	)
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
		if _, err := w.exec(`INSERT INTO source_file VALUES (?, ?, ?, ?, ?)`, f.Index, f.Path, f.Bytes, f.SHA256,
			f.ModTime.UnixNano()); err != nil {
			return err
		}
	}
	return nil
}

func (c PutRun) apply(w *writer) error {
	r := c.Run
	if r.ID == 0 {
		result, err := w.exec(
			`INSERT INTO run (name, pass, command, version, resumed, started_at, finished_at, end, exit, error) VALUES (`+marks(10)+`)`,
			r.Name,
			r.Pass,
			r.Command,
			r.Version,
			r.Resumed,
			millis(r.Started),
			millis(r.Finished),
			r.End,
			r.Exit,
			r.Error,
		)
		if err != nil {
			return err
		}
		r.ID, err = result.LastInsertId()
		return err
	}
	_, err := w.exec(
		`UPDATE run SET name = ?, pass = ?, command = ?, version = ?, resumed = ?, started_at = ?, finished_at = ?, end = ?, exit = ?, error = ? WHERE id = ?`,
		r.Name,
		r.Pass,
		r.Command,
		r.Version,
		r.Resumed,
		millis(r.Started),
		millis(r.Finished),
		r.End,
		r.Exit,
		r.Error,
		r.ID,
	)
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

// Reopen makes records pending again, if the source holds them: failed ones with a step that was given up
// and those that a rollback deleted; with Refused also those with a step that
// the API refused, and those that were rejected for what the tenant had or
// lacked; with Dropped those whose users still have what the source dropped.
type Reopen struct{ Refused, Dropped bool }

// readable holds for records that can be read from the source as it is.
const readable = `seen = ` + currentSource + ` AND file >= 0`

func (c Reopen) apply(w *writer) error {
	states := `'gave_up'`
	if c.Refused {
		states = `'gave_up', 'refused'`
		// What was rejected for what the tenant had, it may have changed since.
		if _, err := w.exec(`UPDATE record SET outcome = 'pending' WHERE outcome = 'rejected' AND ` + readable + `
 AND EXISTS (SELECT 1 FROM problem WHERE problem.record = record.id AND applying = 1 AND severity = 'error')`); err != nil {
			return err
		}
		// What is wrong with them now will be said anew.
		if _, err := w.exec(`DELETE FROM problem WHERE applying = 1 AND record IN (SELECT id FROM record WHERE outcome = 'pending' AND stage = 0)`); err != nil {
			return err
		}
	}
	if c.Dropped {
		if _, err := w.exec(`UPDATE record SET outcome = 'pending' WHERE outcome IN ('created', 'updated', 'unchanged', 'failed') AND ` + readable + `
 AND id IN (SELECT record FROM step WHERE kind = '` + StepDropped + `' AND state = '` + string(Omitted) + `')`); err != nil {
			return err
		}
	}
	// What a rollback deleted and the source still holds is wanted again.
	if _, err := w.exec(`UPDATE record SET outcome = 'pending', stage = 0 WHERE outcome = 'deleted' AND ` + readable); err != nil {
		return err
	}
	_, err := w.exec(`UPDATE record SET outcome = 'pending' WHERE outcome = 'failed' AND ` + readable + `
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
	if err := w.aliases(); err != nil {
		return err
	}
	if _, err := w.exec(`DELETE FROM alias WHERE record IN (`+it+` AND stage = 0)`, c.Number); err != nil {
		return err
	}
	_, err := w.exec(`DELETE FROM record WHERE id IN (`+it+`) AND stage = 0`, c.Number)
	return err
}

// Forget drops all records and what belongs to them: a first pass that was cut
// begins anew.
type Forget struct{}

func (Forget) apply(w *writer) error {
	if err := w.aliases(); err != nil {
		return err
	}
	for _, table := range []string{"record", "step", "problem", "alias"} {
		if _, err := w.exec(`DELETE FROM ` + table); err != nil {
			return err
		}
	}
	w.nextID = 1
	return nil
}

// ForgetVersion takes back a version of the source that was refused, or that was
// not read to its end: its new records go, and it never held the others.
type ForgetVersion struct{ Source int }

func (c ForgetVersion) apply(w *writer) error {
	const news = `seen = ?1 AND stage = 0
 AND id > (SELECT json_extract(json, '$.v' || ?1) FROM note WHERE name = '` + noteVersions + `')`
	if err := w.aliases(); err != nil {
		return err
	}
	for _, query := range []string{
		`DELETE FROM problem WHERE record IN (SELECT id FROM record WHERE ` + news + `)`,
		`DELETE FROM alias WHERE record IN (SELECT id FROM record WHERE ` + news + `)`,
		`DELETE FROM record WHERE ` + news,
		`UPDATE record SET seen = ?1 - 1 WHERE seen = ?1`,
	} {
		if _, err := w.exec(query, c.Source); err != nil {
			return err
		}
	}
	return nil
}

// KeepSeen makes a version of the source hold the records of the one before it,
// too: it was a correction of some of them. Where they lie the version does not say.
type KeepSeen struct{ Source int }

func (c KeepSeen) apply(w *writer) error {
	for _, query := range []string{
		`UPDATE problem SET file = ?2, number = 0, line = 0 WHERE record IN (SELECT id FROM record WHERE seen = ?1 - 1)`,
		`UPDATE record SET seen = ?1, file = ?2, number = 0, line = 0 WHERE seen = ?1 - 1`,
	} {
		if _, err := w.exec(query, c.Source, Elsewhere); err != nil {
			return err
		}
	}
	return nil
}
