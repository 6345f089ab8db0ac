package checkpoint

import (
	"context"
	"database/sql"
	"encoding/json"
)

// Holding is an identity that is in place by what the checkpoint knows.
type Holding struct {
	Record int64
	Kind   string // StepIdentities or StepSocial
	Key    string // that of its step: "email:ana@example.com", "conn_1:subject"
}

// Holdings tells each identity that the job has put in place, by record. What
// became of an identity since the create has a step of its own, which counts. It
// reads all steps.
func (r *Reader) Holdings(ctx context.Context, each func(Holding)) error {
	created := map[string]bool{} // those of the record, without a step of their own so far
	var record int64
	flush := func() {
		for key := range created {
			each(Holding{record, StepIdentities, key})
		}
		clear(created)
	}
	err := r.each(ctx, `SELECT record, kind, key, state, CASE key WHEN '' THEN detail ELSE '' END FROM step
 WHERE kind IN (?, ?) ORDER BY record, kind, key`, []any{StepIdentities, StepSocial}, func(rows *sql.Rows) error {
		var h Holding
		var state, detail string
		if err := rows.Scan(&h.Record, &h.Kind, &h.Key, &state, &detail); err != nil {
			return err
		}
		if h.Record != record {
			flush()
			record = h.Record
		}
		done := state == string(Done)
		switch {
		case h.Key != "":
			delete(created, h.Key)
			if done {
				each(h)
			}
		case done:
			var keys []string
			// A list that can't be read names nothing.
			_ = json.Unmarshal([]byte(detail), &keys)
			for _, key := range keys {
				created[key] = true
			}
		}
		return nil
	})
	flush()
	return err
}

// Linked finds the record whose user has a social identity; ok is false when nobody has.
func (r *Reader) Linked(ctx context.Context, key string) (record Record, ok bool, err error) {
	return r.one(ctx, `id = (SELECT record FROM step WHERE kind = '`+StepSocial+`' AND key = ? AND state = '`+string(Done)+`')`, key)
}
