package spill

import (
	"bytes"
	"database/sql"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gofrs/flock"
	_ "modernc.org/sqlite"
)

// holds tells where below a folder one of the marks lies in clear.
func holds(t *testing.T, dir string, marks ...string) (where []string, files int) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if len(data) > 0 {
			files++
		}
		for _, m := range marks {
			if bytes.Contains(data, []byte(m)) {
				where = append(where, filepath.Base(path)+" holds "+m)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return where, files
}

// A database is written and read by several connections, sorted on disk, changed
// and grown; every size of page and every journal is read back as it was written.
func TestDatabasesAreReadBackAndNotReadable(t *testing.T) {
	for _, size := range []int{512, 4096, 65536} {
		for _, journal := range []string{"WAL", "DELETE", "OFF"} {
			t.Run(fmt.Sprintf("%s, pages of %d", journal, size), func(t *testing.T) {
				dir := t.TempDir()
				f, err := NewFolder(dir)
				if err != nil {
					t.Fatal(err)
				}
				defer f.Close()
				open := func() *sql.DB {
					db, err := sql.Open(
						"sqlite",
						f.Database(
							"a b",
							fmt.Sprintf(
								"_pragma=page_size(%d)&_pragma=journal_mode(%s)&_pragma=cache_size(20)&_pragma=busy_timeout(10000)&_pragma=temp_store(FILE)",
								size,
								journal,
							),
						),
					)
					if err != nil {
						t.Fatal(err)
					}
					db.SetMaxOpenConns(1)
					return db
				}
				db := open()
				must := func(query string, args ...any) {
					t.Helper()
					if _, err := db.Exec(query, args...); err != nil {
						t.Fatalf("%s: %v", query, err)
					}
				}
				must(`CREATE TABLE person(id INTEGER PRIMARY KEY, email TEXT, name TEXT)`)
				tx, err := db.Begin()
				if err != nil {
					t.Fatal(err)
				}
				for n := range 1000 {
					if _, err := tx.Exec(`INSERT INTO person VALUES(?, ?, ?)`, n, fmt.Sprintf("u%d@example.com", (n*7919)%1000),
						strings.Repeat("Anabel ", n%40)); err != nil {
						t.Fatal(err)
					}
				}
				if err := tx.Commit(); err != nil {
					t.Fatal(err)
				}
				must(`CREATE INDEX by_email ON person(email)`)
				must(`UPDATE person SET name = name || 'Berta' WHERE id % 3 = 0`)
				must(`DELETE FROM person WHERE id % 5 = 0`)
				if journal == "WAL" {
					other := open()
					var wait sync.WaitGroup
					wait.Go(func() {
						for range 50 {
							var n int
							if err := other.QueryRow(`SELECT count(*) FROM person`).Scan(&n); err != nil || n != 800 {
								t.Errorf("%d, %v", n, err)
								return
							}
						}
					})
					for n := range 50 {
						must(`UPDATE person SET name = ? WHERE id = ?`, strings.Repeat("x", n), n+1)
					}
					wait.Wait()
					if err := other.Close(); err != nil {
						t.Fatal(err)
					}
				}
				where, files := holds(t, dir, "example.com", "Anabel", "Berta", "CREATE TABLE", "SQLite format")
				if len(where) > 0 || files == 0 {
					t.Errorf("%d files: %v", files, where)
				}
				if err := db.Close(); err != nil {
					t.Fatal(err)
				}
				db = open() // the key outlives the connection
				defer db.Close()
				var check string
				var people, distinct int
				if err := db.QueryRow(`PRAGMA integrity_check`).Scan(&check); err != nil || check != "ok" {
					t.Errorf("%q, %v", check, err)
				}
				if err := db.QueryRow(`SELECT count(*), count(DISTINCT email) FROM person INDEXED BY by_email WHERE email >= ''`).Scan(&people,
					&distinct); err != nil ||
					people != 800 ||
					distinct != 800 {
					t.Errorf("%d people, %d addresses, %v", people, distinct, err)
				}
			})
		}
	}
}

// A copy that SQLite makes of a database is as unreadable as what is written to it.
func TestACopyIsEncryptedToo(t *testing.T) {
	dir := t.TempDir()
	f, err := NewFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	plain, err := sql.Open("sqlite", filepath.Join(t.TempDir(), "plain"))
	if err != nil {
		t.Fatal(err)
	}
	defer plain.Close()
	if _, err := plain.Exec(`CREATE TABLE person(email TEXT); INSERT INTO person VALUES('ana@example.com')`); err != nil {
		t.Fatal(err)
	}
	if _, err := plain.Exec(`VACUUM INTO ?`, f.Database("copy", "")); err != nil {
		t.Fatal(err)
	}
	if where, files := holds(t, dir, "ana@example.com"); len(where) > 0 || files == 0 {
		t.Errorf("%d files: %v", files, where)
	}
	db, err := sql.Open("sqlite", f.Database("copy", ""))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var email string
	if err := db.QueryRow(`SELECT email FROM person`).Scan(&email); err != nil || email != "ana@example.com" {
		t.Errorf("%q, %v", email, err)
	}
}

// What a killed process left is removed by the next one; what is somebody else's,
// or in use, stays.
func TestFoldersOfDeadProcessesAreRemoved(t *testing.T) {
	dir := t.TempDir()
	live, err := NewFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer live.Close()
	dead, err := NewFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dead.path, "stage"), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := dead.lock.Close(); err != nil { // as the system does when a process dies
		t.Fatal(err)
	}
	mkdir := func(name string, files ...string) string {
		path := filepath.Join(dir, name)
		if err := os.Mkdir(path, 0o700); err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			if err := os.WriteFile(filepath.Join(path, f), []byte("x"), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		return path
	}
	young, old, foreign, other := mkdir(
		"kinde-migrate-1",
	), mkdir(
		"kinde-migrate-2",
	), mkdir(
		"kinde-migrate-3",
		"notes",
	), mkdir(
		"elsewhere",
		"lock",
		"notes",
	)
	open := mkdir("kinde-migrate-5", "lock", "notes")
	if err := os.Chmod(open, 0o777); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{old, foreign} {
		if err := os.Chtimes(path, time.Time{}, time.Now().Add(-48*time.Hour)); err != nil {
			t.Fatal(err)
		}
	}
	link := filepath.Join(dir, "kinde-migrate-4")
	if err := os.Symlink(other, link); err != nil {
		t.Skip(err)
	}
	next, err := NewFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer next.Close()
	for path, stays := range map[string]bool{live.path: true, dead.path: false, young: true, old: false, foreign: true,
		filepath.Join(other, "notes"): true, link: true, open: anyMode != true, next.path: true} {
		if _, err := os.Lstat(path); (err == nil) != stays {
			t.Errorf("%s: stays should be %v, %v", filepath.Base(path), stays, err)
		}
	}
	if ok, err := flock.New(live.lock.Path()).TryLock(); ok || err != nil {
		t.Errorf("the lock of a live folder could be taken: %v, %v", ok, err)
	}
}
