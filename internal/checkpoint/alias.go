package checkpoint

import (
	"context"
	"database/sql"
)

// PutAliases replaces the further source ids of a record: those of the records
// that were merged into it.
type PutAliases struct {
	Record int64
	IDs    []string
}

func (c PutAliases) apply(w *writer) error {
	if err := w.aliases(); err != nil {
		return err
	}
	if _, err := w.exec(`DELETE FROM alias WHERE record = ?`, c.Record); err != nil {
		return err
	}
	for _, id := range c.IDs {
		if _, err := w.exec(`INSERT OR IGNORE INTO alias (record, source_id) VALUES (?, ?)`, c.Record, id); err != nil {
			return err
		}
	}
	return nil
}

// aliases makes the table, which a checkpoint of an earlier release does not have.
func (w *writer) aliases() error {
	_, err := w.exec(
		`CREATE TABLE IF NOT EXISTS alias (record INTEGER NOT NULL, source_id TEXT NOT NULL, PRIMARY KEY (record, source_id)) WITHOUT ROWID`,
	)
	return err
}

// Aliases returns the further source ids of the records from..to, by record.
func (r *Reader) Aliases(ctx context.Context, from, to int64) (map[int64][]string, error) {
	aliases := make(map[int64][]string)
	var there int
	if err := r.db.QueryRowContext(ctx,
		`SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = 'alias'`).Scan(&there); err != nil ||
		there == 0 {
		return aliases, wrap(r.path, err)
	}
	err := r.each(
		ctx,
		`SELECT record, source_id FROM alias WHERE record BETWEEN ? AND ? ORDER BY record, source_id`,
		[]any{from, to},
		func(rows *sql.Rows) error {
			var record int64
			var id string
			err := rows.Scan(&record, &id)
			aliases[record] = append(aliases[record], id)
			return err
		},
	)
	return aliases, err
}
