package spill

import (
	"database/sql"
	"errors"
	"os"
	"testing"
)

func TestADatabaseIsOfOneProcessAndLeavesNothing(t *testing.T) {
	ctx, dir := t.Context(), t.TempDir()
	if _, err := NewDatabase(ctx, dir, "", "CREATE TABEL person(name TEXT)"); err == nil {
		t.Fatal("a database without its tables is of no use")
	}
	db, err := NewDatabase(ctx, dir, "_pragma=journal_mode(WAL)", "CREATE TABLE person(name TEXT)")
	if err != nil {
		t.Fatal(err)
	}
	put := func(name string, then error) error {
		return Transact(ctx, db.DB, func(tx *sql.Tx) error {
			_, err := tx.Exec("INSERT INTO person VALUES(?)", name)
			return errors.Join(err, then)
		})
	}
	gaveUp := errors.New("gave up")
	if err := errors.Join(put("Anabel", nil), put("Anabel", nil)); err != nil {
		t.Fatal(err)
	}
	if err := put("Berta", gaveUp); !errors.Is(err, gaveUp) {
		t.Errorf("a transaction that was given up said %v", err)
	}
	var kept int
	if err := db.QueryRow("SELECT count(*) FROM person").Scan(&kept); err != nil || kept != 2 {
		t.Errorf("%d rows instead of 2, %v", kept, err)
	}
	if where, files := holds(t, dir, "Anabel", "Berta"); len(where) > 0 || files == 0 {
		t.Errorf("of %d files, %v", files, where)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("%v is left, %v", left, err)
	}
}
