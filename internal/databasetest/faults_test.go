package databasetest

import (
	"database/sql"
	"path/filepath"
	"testing"
)

// Each statement fails once, those that end a transaction too, and nothing of a
// transaction that failed stays.
func TestFaults(t *testing.T) {
	var failed []string
	for f := range Faults(t, "faults.db") {
		db, err := sql.Open("sqlite", filepath.Join(t.TempDir(), "faults.db"))
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		if _, err := db.Exec(`CREATE TABLE person(name TEXT)`); err != nil {
			t.Fatal(err)
		}
		f.Arm()
		err = func() error {
			tx, err := db.Begin()
			if err != nil {
				return err
			}
			defer tx.Rollback()
			for range 2 {
				if _, err := tx.Exec(`INSERT INTO person VALUES('Ana')`); err != nil {
					return err
				}
			}
			return tx.Commit()
		}()
		what, want := f.Disarm(), 0
		if what == "" {
			want = 2
		} else {
			failed = append(failed, what)
		}
		var kept int
		if e := db.QueryRow(`SELECT count(*) FROM person`).Scan(&kept); e != nil || kept != want || (err == nil) != (what == "") {
			t.Errorf("%q: %v, and %d rows are kept: %v", what, err, kept, e)
		}
	}
	if len(failed) != 4 {
		t.Errorf("%q failed", failed)
	}
}
