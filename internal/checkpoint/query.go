package checkpoint

import (
	"context"
	"database/sql"
	"errors"
	"iter"
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
	// Elsewhere takes only records that can't be read from the source as it is.
	Elsewhere bool
}

// LeftSource takes the users of ours that the current source no longer holds.
var LeftSource = Selection{Gone: true, Owners: []Owner{Made, Adopted}, Stage: []Stage{Present},
	Outcomes: []Outcome{Created, Updated, Unchanged, Skipped, Rejected, Failed, Pending}}

// Standing takes the users of ours whose records the current source holds, and were
// rejected or left out: they stay as an earlier source had them.
var Standing = Selection{Owners: []Owner{Made, Adopted}, Stage: []Stage{Present}, Outcomes: []Outcome{Skipped, Rejected}}

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
	if s.Elsewhere {
		parts = append(parts, `file < 0`)
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
	err = r.each(
		ctx,
		`SELECT `+string(by)+`, `+shown+`, count(*) FROM record WHERE `+counted+` GROUP BY 1, 2 ORDER BY 1, 2`,
		nil,
		func(rows *sql.Rows) error {
			var g Group
			if err := rows.Scan(&g.Value, &g.Outcome, &g.Count); err != nil {
				return err
			}
			groups = append(groups, g)
			return nil
		},
	)
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

// PasswordsSet counts the passwords that were set and that the source still has, by the
// encoding of the source's hash.
func (r *Reader) PasswordsSet(ctx context.Context) (map[string]int64, error) {
	return r.counts(ctx, `SELECT record.method, count(*) FROM step JOIN record ON record.id = step.record
 WHERE step.kind = 'passwords' AND step.state = 'done' AND want_passwords > 0 AND `+counted+` GROUP BY 1`)
}

// PasswordsByFile counts those of them that a file of the dashboard's import held, as
// their message says: the tenant gave no answer to them.
func (r *Reader) PasswordsByFile(ctx context.Context) (n int64, err error) {
	err = r.db.QueryRowContext(ctx, `SELECT count(*) FROM step JOIN record ON record.id = step.record
 WHERE step.kind = 'passwords' AND step.state = 'done' AND step.message <> '' AND want_passwords > 0 AND `+counted).Scan(&n)
	return n, wrap(r.path, err)
}

// MFALost counts the users in the tenant whose second factor stayed behind.
func (r *Reader) MFALost(ctx context.Context) (n int64, err error) {
	err = r.db.QueryRowContext(
		ctx,
		`SELECT count(*) FROM record WHERE mfa_lost = 1 AND outcome NOT IN ('rejected', 'skipped', 'deleted') AND `+counted,
	).Scan(
		&n,
	)
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

// Differences returns the first differences that the last read-back found.
func (r *Reader) Differences(ctx context.Context, limit int) (differences []Difference, err error) {
	err = r.each(
		ctx,
		`SELECT record, source_id, kinde_id, kind, field, expected, actual FROM difference ORDER BY id LIMIT ?`,
		[]any{limit},
		func(rows *sql.Rows) error {
			var d Difference
			if err := rows.Scan(&d.Record, &d.SourceID, &d.KindeID, &d.Kind, &d.Field, &d.Expected, &d.Actual); err != nil {
				return err
			}
			differences = append(differences, d)
			return nil
		},
	)
	return differences, err
}

// Different is a record that did not match the tenant when somebody looked last.
type Different struct {
	Record  int64
	Missing bool // its user was not there
}

// Different yields the records that did not match, however many they are.
func (r *Reader) Different(ctx context.Context) iter.Seq2[Different, error] {
	return func(yield func(Different, error) bool) {
		err := r.each(ctx, `SELECT record, max(kind = 'missing') FROM difference WHERE record > 0 GROUP BY 1`, nil, func(rows *sql.Rows) error {
			var d Different
			if err := rows.Scan(&d.Record, &d.Missing); err != nil {
				return err
			}
			if !yield(d, nil) {
				return errEnough
			}
			return nil
		})
		if err != nil && !errors.Is(err, errEnough) {
			yield(Different{}, err)
		}
	}
}

// Keeping lists the records whose users keep in the tenant what the source has
// dropped or cleared.
func (r *Reader) Keeping(ctx context.Context) (map[int64]bool, error) {
	keeping := map[int64]bool{}
	err := r.each(
		ctx,
		`SELECT DISTINCT record FROM step WHERE kind IN (?, ?) AND state = ?`,
		[]any{StepDropped, StepKept, string(Omitted)},
		func(rows *sql.Rows) error {
			var id int64
			err := rows.Scan(&id)
			keeping[id] = true
			return err
		},
	)
	return keeping, err
}

// Differing counts the records of the current source that are in the tenant, or
// were, and that the last read-back found missing or different, by kind.
func (r *Reader) Differing(ctx context.Context) (map[string]int64, error) {
	return r.counts(ctx, `SELECT kind, count(DISTINCT record) FROM difference WHERE record IN
 (SELECT id FROM record WHERE seen = `+currentSource+` AND stage = 2 AND outcome IN ('created', 'updated')) GROUP BY 1`)
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
