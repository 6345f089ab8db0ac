package checkpoint

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"strings"
)

// Selection says which records to take. Fields that are set must all hold; the
// zero Selection takes every record that the current source holds or that was
// deleted in the current pass: those that the totals count.
type Selection struct {
	Outcomes []Outcome
	Owners   []Owner
	Stage    []Stage
	// Suspended takes only records that want a suspension.
	Suspended bool
	// Differing takes also records of another Pass, if the last read-back found
	// them missing or different.
	Differing bool
	// Properties takes only records that want properties.
	Properties bool
	// Gone takes, instead of the counted records, those that the current source no longer holds.
	Gone bool
	// Pass takes only records that reached their outcome in this pass; 0 is any.
	Pass int
	// Any takes records whether the current source holds them or not.
	Any bool
}

const (
	currentPass   = `(SELECT pass FROM job)`
	currentSource = `(SELECT source FROM job)`
)

// counted holds for the records that the totals count: those of the current
// source, and of those that left it whom this pass deleted or failed to.
const counted = `(seen = ` + currentSource + ` OR outcome IN ('deleted', 'failed') AND pass = ` + currentPass + `)`

func (s Selection) sql() (string, []any) {
	var parts []string
	var args []any
	in := func(column string, values []any) {
		if len(values) > 0 {
			parts = append(parts, column+` IN (`+marks(len(values))+`)`)
			args = append(args, values...)
		}
	}
	switch {
	case s.Any:
	case s.Gone:
		parts = append(parts, `seen < `+currentSource)
	default:
		parts = append(parts, counted)
	}
	if len(s.Outcomes) == 1 && s.Outcomes[0] == Pending {
		parts = append(parts, `outcome = 'pending'`) // literally, so that the partial index serves it
	} else {
		in("outcome", list(s.Outcomes))
	}
	in("owner", list(s.Owners))
	stages := make([]any, len(s.Stage))
	for i, x := range s.Stage {
		stages[i] = int(x)
	}
	in("stage", stages)
	if s.Pass > 0 {
		pass := `pass = ?`
		if s.Differing {
			pass = `(pass = ? OR id IN (SELECT record FROM difference))`
		}
		parts, args = append(parts, pass), append(args, s.Pass)
	}
	if s.Properties {
		parts = append(parts, `want_properties > 0`)
	}
	if s.Suspended {
		parts = append(parts, `want_suspensions > 0`)
	}
	if len(parts) == 0 {
		return "1", nil
	}
	return strings.Join(parts, " AND "), args
}

func list[T ~string](values []T) []any {
	out := make([]any, len(values))
	for i, v := range values {
		out[i] = string(v)
	}
	return out
}

// shown is the class that a record has in the current pass.
const shown = `CASE WHEN outcome IN ('created', 'updated') AND pass < ` + currentPass + ` THEN 'unchanged' ELSE outcome END`

// Totals counts the records by class in the current pass.
func (r *Reader) Totals(ctx context.Context) (map[Outcome]int64, error) {
	totals := make(map[Outcome]int64)
	err := r.each(ctx, `SELECT `+shown+`, count(*) FROM record WHERE `+counted+` GROUP BY 1`, nil, func(rows *sql.Rows) error {
		var outcome string
		var n int64
		if err := rows.Scan(&outcome, &n); err != nil {
			return err
		}
		totals[Outcome(outcome)] += n
		return nil
	})
	return totals, err
}

// ShownOutcome returns the class of a record in the given pass.
func (x *Record) ShownOutcome(pass int) Outcome {
	if (x.Outcome == Created || x.Outcome == Updated) && x.Pass < pass {
		return Unchanged
	}
	return x.Outcome
}

// Group is one line of a breakdown.
type Group struct {
	Value   string
	Outcome Outcome
	Count   int64
}

// GroupBy is a column that records can be grouped by.
type GroupBy string

// The columns to group by.
const (
	ByProvider   GroupBy = "provider"
	ByMethod     GroupBy = "method"
	ByConnection GroupBy = "connection"
	BySignIn     GroupBy = "sign_in"
)

// Groups counts the records by a column and class.
func (r *Reader) Groups(ctx context.Context, by GroupBy) (groups []Group, err error) {
	err = r.each(ctx, `SELECT `+string(by)+`, `+shown+`, count(*) FROM record WHERE `+counted+` GROUP BY 1, 2 ORDER BY 1, 2`, nil, func(rows *sql.Rows) error {
		var g Group
		if err := rows.Scan(&g.Value, &g.Outcome, &g.Count); err != nil {
			return err
		}
		groups = append(groups, g)
		return nil
	})
	return groups, err
}

// Organizations counts membership steps by organization code and state.
func (r *Reader) Organizations(ctx context.Context) (map[string]StepTotals, error) {
	totals := make(map[string]StepTotals)
	err := r.each(ctx, `SELECT key, state, count(*) FROM step WHERE kind = 'memberships' GROUP BY 1, 2`, nil, func(rows *sql.Rows) error {
		var key, state string
		var n int64
		if err := rows.Scan(&key, &state, &n); err != nil {
			return err
		}
		t := totals[key]
		t.Wanted += n
		switch StepState(state) {
		case Done:
			t.Done += n
		case Refused, GaveUp:
			t.Failed += n
		}
		totals[key] = t
		return nil
	})
	return totals, err
}

// PasswordsSet counts the passwords that were set, by the encoding of the source's hash.
func (r *Reader) PasswordsSet(ctx context.Context) (map[string]int64, error) {
	return r.counts(ctx, `SELECT record.method, count(*) FROM step JOIN record ON record.id = step.record
 WHERE step.kind = 'passwords' AND step.state = 'done' AND `+counted+` GROUP BY 1`)
}

// MFALost counts the users in the tenant whose second factor stayed behind.
func (r *Reader) MFALost(ctx context.Context) (n int64, err error) {
	err = r.db.QueryRowContext(ctx, `SELECT count(*) FROM record WHERE mfa_lost = 1 AND outcome NOT IN ('rejected', 'skipped', 'deleted') AND `+counted).Scan(&n)
	return n, wrap(r.path, err)
}

// ProblemCounts counts all problems by code.
func (r *Reader) ProblemCounts(ctx context.Context) (map[string]int64, error) {
	return r.counts(ctx, `SELECT code, count(*) FROM problem GROUP BY code`)
}

// FieldCounts counts the problems of a code by the field that they are about.
func (r *Reader) FieldCounts(ctx context.Context, code string) (map[string]int64, error) {
	return r.counts(ctx, `SELECT field, count(*) FROM problem WHERE code = ? GROUP BY field`, code)
}

func (r *Reader) counts(ctx context.Context, query string, args ...any) (map[string]int64, error) {
	counts := make(map[string]int64)
	err := r.each(ctx, query, args, func(rows *sql.Rows) error {
		var name string
		var n int64
		if err := rows.Scan(&name, &n); err != nil {
			return err
		}
		counts[name] = n
		return nil
	})
	return counts, err
}

// Problems returns the first problems in the order of the source, at most limit
// of each severity and code, so that many of one kind never hide another.
func (r *Reader) Problems(ctx context.Context, limit int) (problems []Problem, err error) {
	type kind struct{ severity, code string }
	var kinds []kind
	err = r.each(ctx, `SELECT DISTINCT severity, code FROM problem ORDER BY severity, code`, nil, func(rows *sql.Rows) error {
		var k kind
		if err := rows.Scan(&k.severity, &k.code); err != nil {
			return err
		}
		kinds = append(kinds, k)
		return nil
	})
	if err != nil {
		return nil, err
	}
	for _, k := range kinds {
		some, err := r.problems(ctx, `severity = ? AND code = ? ORDER BY file, number, id LIMIT ?`, k.severity, k.code, limit)
		if err != nil {
			return nil, err
		}
		problems = append(problems, some...)
	}
	return problems, nil
}

// ProblemsOf returns the problems of one record.
func (r *Reader) ProblemsOf(ctx context.Context, record int64) ([]Problem, error) {
	return r.problems(ctx, `record = ? ORDER BY id`, record)
}

func (r *Reader) problems(ctx context.Context, where string, args ...any) (problems []Problem, err error) {
	const left = `EXISTS (SELECT 1 FROM record WHERE record.id = problem.record AND seen < ` + currentSource + `)`
	err = r.each(ctx, `SELECT record, applying, file, number, line, source_id, severity, code, field, message, hint, `+left+` FROM problem WHERE `+where, args, func(rows *sql.Rows) error {
		var p Problem
		var left bool
		if err := rows.Scan(&p.Record, &p.Applying, &p.File, &p.Number, &p.Line, &p.SourceID, &p.Severity, &p.Code, &p.Field, &p.Message, &p.Hint, &left); err != nil {
			return err
		}
		if left {
			p.Number, p.Line = 0, 0 // another's record stands there now
		}
		problems = append(problems, p)
		return nil
	})
	return problems, err
}

// Differences returns the first differences that the last read-back found.
func (r *Reader) Differences(ctx context.Context, limit int) (differences []Difference, err error) {
	err = r.each(ctx, `SELECT record, source_id, kinde_id, kind, field, expected, actual FROM difference ORDER BY id LIMIT ?`, []any{limit}, func(rows *sql.Rows) error {
		var d Difference
		if err := rows.Scan(&d.Record, &d.SourceID, &d.KindeID, &d.Kind, &d.Field, &d.Expected, &d.Actual); err != nil {
			return err
		}
		differences = append(differences, d)
		return nil
	})
	return differences, err
}

// Holders tells for keys of one kind of step which record of ours has it in
// place. It reads all steps.
func (r *Reader) Holders(ctx context.Context, kind string, keys []string) (map[string]int64, error) {
	holders := map[string]int64{}
	for some := range slices.Chunk(keys, 500) {
		args := []any{kind}
		for _, k := range some {
			args = append(args, k)
		}
		err := r.each(ctx, `SELECT key, record FROM step WHERE kind = ? AND state = 'done' AND key IN (`+marks(len(some))+`)`, args, func(rows *sql.Rows) error {
			var key string
			var record int64
			err := rows.Scan(&key, &record)
			holders[key] = record
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return holders, nil
}

// Keeping lists the records whose users keep in the tenant what the source has
// dropped or cleared.
func (r *Reader) Keeping(ctx context.Context) (map[int64]bool, error) {
	keeping := map[int64]bool{}
	err := r.each(ctx, `SELECT DISTINCT record FROM step WHERE kind IN (?, ?) AND state = ?`, []any{StepDropped, StepKept, string(Omitted)}, func(rows *sql.Rows) error {
		var id int64
		err := rows.Scan(&id)
		keeping[id] = true
		return err
	})
	return keeping, err
}

// Differing counts the records of the current source that are in the tenant, or
// were, and that the last read-back found missing or different, by kind.
func (r *Reader) Differing(ctx context.Context) (map[string]int64, error) {
	return r.counts(ctx, `SELECT kind, count(DISTINCT record) FROM difference WHERE record IN
 (SELECT id FROM record WHERE seen = `+currentSource+` AND stage = 2 AND outcome IN ('created', 'updated')) GROUP BY 1`)
}

// RecordByID, RecordByKey and RecordByKindeID find one record; ok is false when there is none.
func (r *Reader) RecordByID(ctx context.Context, id int64) (Record, bool, error) {
	return r.one(ctx, `id = ?`, id)
}

// RecordByKey finds the record with this key.
func (r *Reader) RecordByKey(ctx context.Context, key Digest) (Record, bool, error) {
	return r.one(ctx, `key = ?`, key[:])
}

// RecordByKindeID finds the record whose user has this id in the tenant.
func (r *Reader) RecordByKindeID(ctx context.Context, id string) (Record, bool, error) {
	return r.one(ctx, `kinde_id = ? AND kinde_id <> ''`, id)
}

func (r *Reader) one(ctx context.Context, where string, arg any) (Record, bool, error) {
	record, err := scanRecord(r.db.QueryRowContext(ctx, `SELECT `+recordColumns+` FROM record WHERE `+where+` LIMIT 1`, arg))
	if errors.Is(err, sql.ErrNoRows) {
		return Record{}, false, nil
	}
	return record, err == nil, wrap(r.path, err)
}

// Find returns the records that a person may mean by a source id, a Kinde id,
// an e-mail address, a phone number or a username. It reads the whole table.
func (r *Reader) Find(ctx context.Context, identity string) (records []Record, err error) {
	err = r.each(ctx, `SELECT `+recordColumns+` FROM record WHERE source_id = ?1 OR kinde_id = ?1 OR email = ?1 COLLATE NOCASE
 OR phone = ?1 OR username = ?1 COLLATE NOCASE ORDER BY id LIMIT 100`, []any{identity}, func(rows *sql.Rows) error {
		record, err := scanRecord(rows)
		records = append(records, record)
		return err
	})
	return records, err
}

// StepsOf returns the steps of one record that have a state.
func (r *Reader) StepsOf(ctx context.Context, record int64) (steps []Step, err error) {
	err = r.each(ctx, stepColumns+`WHERE record = ? ORDER BY at, kind, key`, []any{record}, func(rows *sql.Rows) error {
		s, err := scanStep(rows)
		steps = append(steps, s)
		return err
	})
	return steps, err
}

const stepColumns = `SELECT record, kind, key, state, units, digest, code, message, detail, run, at FROM step `

func scanStep(rows *sql.Rows) (s Step, err error) {
	var digest []byte
	var state string
	var at sql.NullInt64
	err = rows.Scan(&s.Record, &s.Kind, &s.Key, &state, &s.Units, &digest, &s.Code, &s.Message, &s.Detail, &s.Run, &at)
	copy(s.Digest[:], digest)
	s.State, s.At = StepState(state), fromMillis(at)
	return s, err
}

// AttemptsOf returns the requests that were made for one record.
func (r *Reader) AttemptsOf(ctx context.Context, record int64) (attempts []Attempt, err error) {
	err = r.each(ctx, `SELECT record, run, operation, method, status, class, started_at, latency_ms, try, error FROM attempt WHERE record = ? AND record <> 0 ORDER BY id`, []any{record}, func(rows *sql.Rows) error {
		var a Attempt
		var started sql.NullInt64
		var latency int64
		if err := rows.Scan(&a.Record, &a.Run, &a.Operation, &a.Method, &a.Status, &a.Class, &started, &latency, &a.Try, &a.Error); err != nil {
			return err
		}
		a.Started = fromMillis(started)
		a.Latency = millisecondsOf(latency)
		attempts = append(attempts, a)
		return nil
	})
	return attempts, err
}

// RecordsByNumber finds the records of the current source with these numbers.
func (r *Reader) RecordsByNumber(ctx context.Context, numbers []int64) (map[int64]Record, error) {
	found := make(map[int64]Record, len(numbers))
	for chunk := range slices.Chunk(numbers, 250) {
		args := make([]any, len(chunk))
		for i := range chunk {
			args[i] = chunk[i]
		}
		query := `SELECT ` + recordColumns + ` FROM record WHERE seen = ` + currentSource + ` AND number IN (` + marks(len(chunk)) + `)`
		err := r.each(ctx, query, args, func(rows *sql.Rows) error {
			record, err := scanRecord(rows)
			found[record.Number] = record
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return found, nil
}

// RecordsByKey finds the records with these keys.
func (r *Reader) RecordsByKey(ctx context.Context, keys []Digest) (map[Digest]Record, error) {
	found := make(map[Digest]Record, len(keys))
	for chunk := range slices.Chunk(keys, 250) {
		args := make([]any, len(chunk))
		for i := range chunk {
			args[i] = chunk[i][:]
		}
		err := r.each(ctx, `SELECT `+recordColumns+` FROM record WHERE key IN (`+marks(len(chunk))+`)`, args, func(rows *sql.Rows) error {
			record, err := scanRecord(rows)
			// A rejected duplicate has the key of the record that counts.
			if was, ok := found[record.Key]; !ok || record.Stage > was.Stage || record.Stage == was.Stage && record.ID < was.ID {
				found[record.Key] = record
			}
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return found, nil
}

// RecordsByKindeID finds the records whose users have these ids, by id.
func (r *Reader) RecordsByKindeID(ctx context.Context, ids []string) (map[string]Record, error) {
	found := make(map[string]Record, len(ids))
	for chunk := range slices.Chunk(ids, 250) {
		args := make([]any, len(chunk))
		for i := range chunk {
			args[i] = chunk[i]
		}
		err := r.each(ctx, `SELECT `+recordColumns+` FROM record WHERE kinde_id <> '' AND kinde_id IN (`+marks(len(chunk))+`) ORDER BY id`, args, func(rows *sql.Rows) error {
			record, err := scanRecord(rows)
			if was, ok := found[record.KindeID]; !ok || was.Owner == Existed || was.Owner == NoOwner {
				found[record.KindeID] = record
			}
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return found, nil
}

// RolesSet counts, by organization code, the members whose roles were set by runs from first on.
func (r *Reader) RolesSet(ctx context.Context, first int64) (map[string]int64, error) {
	counts := make(map[string]int64)
	err := r.each(ctx, `SELECT key, count(*) FROM step WHERE kind = 'roles' AND state = 'done' AND run >= ? GROUP BY key`, []any{first}, func(rows *sql.Rows) error {
		var key string
		var n int64
		if err := rows.Scan(&key, &n); err != nil {
			return err
		}
		counts[key] = n
		return nil
	})
	return counts, err
}

// RolesOf yields the records whose roles in an organization were set by runs from first on.
func (r *Reader) RolesOf(ctx context.Context, code string, first int64) ([]int64, error) {
	var ids []int64
	err := r.each(ctx, `SELECT record FROM step WHERE kind = 'roles' AND state = 'done' AND run >= ? AND key = ? ORDER BY record`, []any{first, code}, func(rows *sql.Rows) error {
		var id int64
		err := rows.Scan(&id)
		ids = append(ids, id)
		return err
	})
	return ids, err
}

// StepsOfMany returns the steps of several records that have a state, by record.
func (r *Reader) StepsOfMany(ctx context.Context, records []int64) (map[int64][]Step, error) {
	steps := make(map[int64][]Step, len(records))
	for chunk := range slices.Chunk(records, 250) {
		args := make([]any, len(chunk))
		for i := range chunk {
			args[i] = chunk[i]
		}
		err := r.each(ctx, stepColumns+`WHERE record IN (`+marks(len(chunk))+`)`, args, func(rows *sql.Rows) error {
			s, err := scanStep(rows)
			steps[s.Record] = append(steps[s.Record], s)
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return steps, nil
}

// Some tells whether the selection takes any record.
func (r *Reader) Some(ctx context.Context, where Selection) (bool, error) {
	condition, args := where.sql()
	var n int64
	err := r.db.QueryRowContext(ctx, `SELECT count(*) FROM (SELECT 1 FROM record WHERE `+condition+` LIMIT 1)`, args...).Scan(&n)
	return n > 0, wrap(r.path, err)
}

// Count counts the records that the selection takes.
func (r *Reader) Count(ctx context.Context, where Selection) (n int64, err error) {
	condition, args := where.sql()
	err = r.db.QueryRowContext(ctx, `SELECT count(*) FROM record WHERE `+condition, args...).Scan(&n)
	return n, wrap(r.path, err)
}
