package databasetest

import (
	"database/sql"
	"path/filepath"
	"testing"

	_ "modernc.org/sqlite"
)

// What is watched fails once, at the place and the time that were asked for, and
// nothing is counted that is elsewhere, before or after.
func TestPlaces(t *testing.T) {
	dir := t.TempDir()
	places := Watch(t, filepath.Join(dir, "in"))
	open := func(name string) *sql.DB {
		db, err := sql.Open("sqlite", "file:"+filepath.Join(dir, name)+"?_pragma=journal_mode(MEMORY)")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { db.Close() })
		return db
	}
	watched, other := open("in side.db"), open("other.db")
	ask := func(db *sql.DB) error {
		var one int
		return db.QueryRow(`SELECT 1`).Scan(&one)
	}
	if err := ask(watched); err != nil {
		t.Fatal(err)
	}
	const here = "" // tests are no places
	for n, c := range []struct {
		nth, fails int
		seen       int
	}{{0, 0, 3}, {2, 2, 2}, {4, 0, 3}} {
		places.Begin(here, c.nth)
		failed := 0
		for i := 1; i <= 3; i++ {
			if err := ask(watched); Refused(err) {
				failed = i
			} else if err != nil {
				t.Fatal(err)
			}
			if err := ask(other); err != nil {
				t.Fatal(err)
			}
		}
		seen, fired := places.End()
		if failed != c.fails || fired != (c.fails > 0) || seen[here] != c.seen || len(seen) != 1 {
			t.Errorf("%d: number %d failed, %v, seen %v", n, failed, fired, seen)
		}
		if err := ask(watched); err != nil {
			t.Error(err)
		}
	}
}
