package checkpoint

import (
	"context"
	"iter"
)

// Name is something of the tenant that records of the source refer to: a role, a
// permission, a property or a flag by its key, an organization or a connection by
// any of the three.
type Name struct {
	Kind          string
	ID, Key, Name string
	Records       int64 // how many refer to it
}

// SetNames replaces the names of the source. They are read before Commit returns.
type SetNames struct{ Names iter.Seq[Name] }

func (c SetNames) apply(w *writer) error {
	if _, err := w.exec(`DELETE FROM name`); err != nil {
		return err
	}
	for n := range c.Names {
		if _, err := w.exec(`INSERT INTO name (kind, id, key, name, records) VALUES (?, ?, ?, ?, ?)`, n.Kind, n.ID, n.Key, n.Name,
			n.Records); err != nil {
			return err
		}
	}
	return nil
}

// Names returns the names of the source. Whoever ranges over them must not write.
func (r *Reader) Names(ctx context.Context) iter.Seq2[Name, error] {
	return func(yield func(Name, error) bool) {
		rows, err := r.db.QueryContext(ctx, `SELECT kind, id, key, name, records FROM name`)
		if err != nil {
			yield(Name{}, wrap(r.path, err))
			return
		}
		defer rows.Close()
		for rows.Next() {
			var n Name
			err := rows.Scan(&n.Kind, &n.ID, &n.Key, &n.Name, &n.Records)
			if !yield(n, wrap(r.path, err)) || err != nil {
				return
			}
		}
		if err := rows.Err(); err != nil {
			yield(Name{}, wrap(r.path, err))
		}
	}
}
