package reconcile

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"

	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
	"github.com/kinde-migrate/kinde-migrate/internal/compare"
	"github.com/kinde-migrate/kinde-migrate/internal/importer"
	"github.com/kinde-migrate/kinde-migrate/internal/intake"
	"github.com/kinde-migrate/kinde-migrate/internal/mapping"
	"github.com/kinde-migrate/kinde-migrate/internal/password"
)

// state says what the source itself makes of a record.
type state int

const (
	wanted   state = iota // should be in the tenant
	rejected              // can't be there; code and reason say why
	skipped               // is deliberately left out
)

// recorder is the visitor that keeps the records of the source.
type recorder struct {
	ctx      context.Context
	stage    *stage
	names    *importer.Names
	progress func(string, int64, int64)
	buffer   []kept
	records  int64
}

type kept struct {
	at           intake.Position
	state        state
	key          string
	code, reason string
	user         []byte
}

const pageOf = 500

// Add keeps a record.
func (v *recorder) Add(i intake.Item) error {
	if i.Disposition == intake.Filtered || i.Disposition == intake.PartOf {
		return nil
	}
	if i.Disposition == intake.Use {
		v.names.Add(i.User, 1)
	}
	k, err := keep(&i)
	if err != nil {
		return err
	}
	v.records++
	v.buffer = append(v.buffer, k)
	if len(v.buffer) < pageOf {
		return nil
	}
	return v.flush()
}

// Replace corrects a record that a later row changed.
func (v *recorder) Replace(old, now intake.Item) error {
	if err := v.flush(); err != nil {
		return err
	}
	if old.Disposition == intake.Use {
		v.names.Add(old.User, -1)
	}
	if now.Disposition == intake.Use {
		v.names.Add(now.User, 1)
	}
	if _, err := v.stage.ExecContext(v.ctx, `DELETE FROM record WHERE number = ?`, old.Number); err != nil {
		return fmt.Errorf("keeping the source: %w", err)
	}
	if now.Disposition == intake.PartOf || now.Disposition == intake.Filtered {
		v.records--
		return nil
	}
	k, err := keep(&now)
	if err != nil {
		return err
	}
	v.buffer = append(v.buffer, k)
	return nil
}

// keep takes of a row what the comparison needs. A password stays behind: that
// there is one decides how a user signs in, what it is does not matter here.
func keep(i *intake.Item) (kept, error) {
	k := kept{at: i.Position, key: i.Key.Kind.String() + "\x00" + i.Key.Value}
	switch i.Disposition {
	case intake.Skip:
		k.state, k.reason = skipped, i.Reason
		if k.reason == "" {
			k.reason = "left out by the source or the mapping"
		}
	case intake.Reject:
		k.state, k.code, k.reason = rejected, string(mapping.RecordMalformed), "the record can't be used"
		for _, p := range i.Problems {
			if p.Severity == mapping.Error {
				k.code, k.reason = string(p.Code), p.Message
				break
			}
		}
	}
	if i.User == nil {
		return k, nil
	}
	u := *i.User
	u.Dropped = nil
	if u.Password != nil {
		stub := password.Password{Encoding: u.Password.Encoding, Reason: u.Password.Reason}
		if u.Password.Body != nil {
			stub.Body = &password.Body{}
		}
		u.Password = &stub
	}
	var err error
	if k.user, err = json.Marshal(&u); err != nil {
		return k, fmt.Errorf("keeping record %d: %w", i.Number, err)
	}
	return k, nil
}

func (v *recorder) flush() error {
	if len(v.buffer) == 0 {
		return nil
	}
	err := v.stage.batch(v.ctx, func(tx *sql.Tx) error {
		put, err := tx.PrepareContext(
			v.ctx,
			`INSERT INTO record(number, line, file, offset, length, state, key, code, reason, user) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		)
		if err != nil {
			return err
		}
		defer put.Close()
		for _, k := range v.buffer {
			if _, err := put.ExecContext(v.ctx, k.at.Number, k.at.Line, k.at.File, k.at.Offset, k.at.Length, int(k.state), k.key, k.code, k.reason,
				k.user); err != nil {
				return err
			}
		}
		return nil
	})
	v.progress("Reading the source", v.records, 0)
	v.buffer = v.buffer[:0]
	return err
}

// Checkpoint is what is asked of a job's checkpoint. A *checkpoint.Reader is one.
type Checkpoint interface {
	Keyed(text string) checkpoint.Digest
	RecordsByKey(ctx context.Context, keys []checkpoint.Digest) (map[checkpoint.Digest]checkpoint.Record, error)
	RecordsByKindeID(ctx context.Context, ids []string) (map[string]checkpoint.Record, error)
	Keeping(ctx context.Context) (map[int64]bool, error)
	ProblemsOf(ctx context.Context, record int64) ([]checkpoint.Problem, error)
	Runs(ctx context.Context) ([]checkpoint.Run, error)
}

// index gives the records what the checkpoint knows of them, and the keys by
// which their users are found.
func (r *reconciler) index(ctx context.Context) error {
	var keeping map[int64]bool
	if r.opt.Checkpoint != nil {
		var err error
		if keeping, err = r.opt.Checkpoint.Keeping(ctx); err != nil {
			return fmt.Errorf("asking the checkpoint what the source dropped: %w", err)
		}
	}
	var alike importer.Likeness
	for after := int64(0); ; {
		type row struct {
			number     int64
			state      state
			key        string
			user       []byte
			kinde      string
			known, out bool
			outcome    string
			code, why  string
			lost       bool
		}
		var page []row
		err := r.stage.each(ctx, func(rows *sql.Rows) error {
			var x row
			err := rows.Scan(&x.number, &x.state, &x.key, &x.user)
			page = append(page, x)
			return err
		}, `SELECT number, state, key, user FROM record WHERE number > ? ORDER BY number LIMIT ?`, after, pageOf)
		if err != nil {
			return err
		}
		if len(page) == 0 {
			return alike.Refused()
		}
		after = page[len(page)-1].number
		if c := r.opt.Checkpoint; c != nil {
			digests := make([]checkpoint.Digest, 0, len(page))
			for i := range page {
				if page[i].state == wanted {
					digests = append(digests, c.Keyed(page[i].key))
				}
			}
			known, err := c.RecordsByKey(ctx, digests)
			if err != nil {
				return fmt.Errorf("asking the checkpoint for records: %w", err)
			}
			for i := range page {
				x := &page[i]
				k, ok := known[c.Keyed(x.key)]
				if !ok || x.state != wanted {
					continue
				}
				if ofAnother(&k) {
					k.Outcome = ""
				}
				x.known, x.kinde, x.outcome = true, k.KindeID, string(k.Outcome)
				var u mapping.User
				if err := json.Unmarshal(x.user, &u); err != nil {
					return err
				}
				alike.Add(&u, &k)
				switch k.Outcome {
				case checkpoint.Skipped, checkpoint.Rejected, checkpoint.Failed, checkpoint.Deleted:
					x.out = true
				}
				problems, err := r.told(ctx, &k)
				if err != nil {
					return err
				}
				for _, p := range problems {
					x.lost = x.lost || p.Code == string(mapping.VerificationLost)
					if x.code == "" || p.Severity == "error" {
						x.code, x.why = p.Code, p.Message
					}
				}
				if x.out && x.why == "" {
					x.why = "the import left it " + x.outcome
				}
				if !x.out && keeping[k.ID] {
					x.outcome, x.code, x.why = keeps, string(mapping.FieldDropped), "the tenant keeps what the source dropped or cleared"
				}
			}
		}
		err = r.stage.batch(ctx, func(tx *sql.Tx) error {
			put, err := tx.PrepareContext(ctx, `INSERT INTO record_key(rank, key, record) VALUES(?, ?, ?)`)
			if err != nil {
				return err
			}
			defer put.Close()
			note, err := tx.PrepareContext(ctx, `UPDATE record SET kinde = ?, outcome = ?, lost = ?, code = ?, reason = ? WHERE number = ?`)
			if err != nil {
				return err
			}
			defer note.Close()
			for i := range page {
				x := &page[i]
				if x.known {
					if !x.out && x.outcome != keeps {
						x.code, x.why = "", ""
					}
					if _, err := note.ExecContext(ctx, x.kinde, x.outcome, x.lost, x.code, x.why, x.number); err != nil {
						return err
					}
				}
				if x.user == nil {
					continue
				}
				var u mapping.User
				if err := json.Unmarshal(x.user, &u); err != nil {
					return err
				}
				behind := rank(0)
				if x.state != wanted || x.out {
					behind = asExplained
				}
				keys := keysOf(x.kinde, u.SourceID, identitiesOf(&u))
				if _, err := tx.ExecContext(ctx, `UPDATE record SET addressed = ? WHERE number = ?`, addressed(keys), x.number); err != nil {
					return err
				}
				for _, k := range keys {
					if _, err := put.ExecContext(ctx, int(k.rank+behind), k.key, x.number); err != nil {
						return err
					}
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
}

// ofAnother tells whether a record was rejected or left out for what another version of
// the source said: such a row has no digest. What this version wants is to be there.
func ofAnother(k *checkpoint.Record) bool {
	return (k.Outcome == checkpoint.Rejected || k.Outcome == checkpoint.Skipped) && k.Mapped.IsZero()
}

// told returns the problems of a record, where they can matter.
func (r *reconciler) told(ctx context.Context, k *checkpoint.Record) ([]checkpoint.Problem, error) {
	switch k.Outcome {
	case checkpoint.Created, checkpoint.Unchanged, checkpoint.Pending:
		if k.Owner != checkpoint.Existed {
			return nil, nil // whom createUser made has every verified state
		}
	}
	problems, err := r.opt.Checkpoint.ProblemsOf(ctx, k.ID)
	if err != nil {
		return nil, fmt.Errorf("asking the checkpoint for problems: %w", err)
	}
	return problems, nil
}

func identitiesOf(u *mapping.User) []compare.Identity {
	list := make([]compare.Identity, len(u.Identities))
	for i, x := range u.Identities {
		list[i] = compare.Identity{Kind: string(x.Type), Value: x.Value}
	}
	return list
}
