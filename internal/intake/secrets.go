package intake

import (
	"fmt"
	"maps"
	"slices"

	"github.com/kinde-migrate/kinde-migrate/internal/mapping"
	"github.com/kinde-migrate/kinde-migrate/internal/password"
)

// rowSecrets knows the rows of tables in which what looks like a password stands
// that nothing reads, where no record takes it along.
type rowSecrets struct {
	rows map[string]int64             // by the place that holds it
	at   map[string]map[string]string // the place, by table and key of the row
}

func (r *rowSecrets) add(table string, keys, places []string) {
	if len(places) == 0 {
		return
	}
	if r.rows == nil {
		r.rows, r.at = map[string]int64{}, map[string]map[string]string{}
	}
	for _, at := range places {
		r.rows[at]++
	}
	if r.at[table] == nil {
		r.at[table] = map[string]string{}
	}
	for _, k := range keys {
		r.at[table][k] = places[0]
	}
}

// of answers mapping.Env.Secret.
func (r *rowSecrets) of(table, key string) string { return r.at[table][key] }

func (r *rowSecrets) notices() []mapping.Notice {
	var out []mapping.Notice
	for _, at := range slices.Sorted(maps.Keys(r.rows)) {
		out = append(out, mapping.Notice{Kind: "unread", What: at, Records: r.rows[at],
			Message: fmt.Sprintf("%s of %s looks like it holds passwords, but is not read.", rows(r.rows[at]), at),
			Try:     "If they belong to people, join the table with tables: in a mapping file and read it with password:, or give it with --passwords."})
	}
	return out
}

func rows(n int64) string {
	if n == 1 {
		return "1 row"
	}
	return fmt.Sprintf("%d rows", n)
}

// holdsHash tells whether what looks like the hash of a password stands somewhere in a value.
func holdsHash(v mapping.Value) bool {
	return password.LooksHashed(v.Text) || slices.ContainsFunc(v.Elems, holdsHash)
}
