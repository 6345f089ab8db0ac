package checkpoint

import (
	"context"
	"database/sql"
)

// Definition is something that the job created in the tenant for its users to refer to.
type Definition struct {
	Kind string // organization, role, permission, property, feature flag, category
	Name string
	ID   string // "" as long as the tenant's answer is not known
}

// PutDefinition keeps a definition, in place of one of its name whose id was not known.
type PutDefinition Definition

func (c PutDefinition) apply(w *writer) error {
	if _, err := w.exec(`DELETE FROM definition WHERE kind = ? AND name = ? AND id = ''`, c.Kind, c.Name); err != nil {
		return err
	}
	_, err := w.exec(`INSERT OR IGNORE INTO definition (kind, name, id) VALUES (?, ?, ?)`, c.Kind, c.Name, c.ID)
	return err
}

// DropDefinition forgets a definition.
type DropDefinition Definition

func (c DropDefinition) apply(w *writer) error {
	_, err := w.exec(`DELETE FROM definition WHERE kind = ? AND name = ? AND id = ?`, c.Kind, c.Name, c.ID)
	return err
}

// Definitions returns what the job created, in that order.
func (r *Reader) Definitions(ctx context.Context) (out []Definition, err error) {
	err = r.each(ctx, `SELECT kind, name, id FROM definition ORDER BY rowid`, nil, func(rows *sql.Rows) error {
		var d Definition
		err := rows.Scan(&d.Kind, &d.Name, &d.ID)
		out = append(out, d)
		return err
	})
	return out, err
}
