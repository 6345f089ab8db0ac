package checkpoint

import (
	"context"
	"database/sql"
	"errors"
	"slices"
)

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
	err = r.each(
		ctx,
		`SELECT record, run, operation, method, status, class, started_at, latency_ms, try, error FROM attempt WHERE record = ? AND record <> 0 ORDER BY id`,
		[]any{record},
		func(rows *sql.Rows) error {
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
		},
	)
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
		err := r.each(
			ctx,
			`SELECT `+recordColumns+` FROM record WHERE kinde_id <> '' AND kinde_id IN (`+marks(len(chunk))+`) ORDER BY id`,
			args,
			func(rows *sql.Rows) error {
				record, err := scanRecord(rows)
				if was, ok := found[record.KindeID]; !ok || was.Owner == Existed || was.Owner == NoOwner {
					found[record.KindeID] = record
				}
				return err
			},
		)
		if err != nil {
			return nil, err
		}
	}
	return found, nil
}

// RolesSet counts, by organization code, the members whose roles were set by runs from first on.
func (r *Reader) RolesSet(ctx context.Context, first int64) (map[string]int64, error) {
	counts := make(map[string]int64)
	err := r.each(
		ctx,
		`SELECT key, count(*) FROM step WHERE kind = 'roles' AND state = 'done' AND run >= ? GROUP BY key`,
		[]any{first},
		func(rows *sql.Rows) error {
			var key string
			var n int64
			if err := rows.Scan(&key, &n); err != nil {
				return err
			}
			counts[key] = n
			return nil
		},
	)
	return counts, err
}

// RolesOf yields the records whose roles in an organization were set by runs from first on.
func (r *Reader) RolesOf(ctx context.Context, code string, first int64) ([]int64, error) {
	var ids []int64
	err := r.each(
		ctx,
		`SELECT record FROM step WHERE kind = 'roles' AND state = 'done' AND run >= ? AND key = ? ORDER BY record`,
		[]any{first, code},
		func(rows *sql.Rows) error {
			var id int64
			err := rows.Scan(&id)
			ids = append(ids, id)
			return err
		},
	)
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
