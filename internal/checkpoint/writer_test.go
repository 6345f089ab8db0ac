package checkpoint

import (
	"testing"
)

// A statement is prepared once for all transactions but the first, and serves each of
// them anew, after one that failed as well.
func TestStatementsArePreparedOnce(t *testing.T) {
	s := memory(t)
	w, err := newWriter(t.Context(), s.db, s.path)
	must(t, err)
	defer w.close()
	const insert, count = `INSERT INTO meta (key, value) VALUES (?, 1)`, `SELECT count(*) FROM meta WHERE key LIKE 'x%'`
	for i, x := range []struct {
		key  string
		undo bool
		want int
	}{{"xa", false, 1}, {"xb", false, 2}, {"xc", true, 3}, {"xc", false, 3}} {
		must(t, w.begin())
		_, err := w.exec(insert, x.key)
		must(t, err)
		rows, err := w.query(count)
		must(t, err)
		n := 0
		for rows.Next() {
			must(t, rows.Scan(&n))
		}
		must(t, rows.Close())
		if n != x.want {
			t.Errorf("transaction %d sees %d rows, want %d", i, n, x.want)
		}
		if x.undo {
			w.rollback()
		} else {
			must(t, w.commit())
		}
		if want := min(i, 1) * 2; len(w.prepared) != want {
			t.Errorf("after transaction %d %d statements are prepared, want %d", i, len(w.prepared), want)
		}
	}
}
