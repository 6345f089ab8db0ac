package chaos

import (
	"bufio"
	"database/sql"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	_ "modernc.org/sqlite"
)

// Each person of the database has a login, so that a kill may fall into either list.
const peopleInDatabase = 20000

// database is a source that is read from where it is.
func (x *stage) database() {
	x.sources()
	path := filepath.Join(x.dir, "people.sqlite")
	db, err := sql.Open("sqlite", "file:"+path)
	if err != nil {
		x.Fatal(err)
	}
	defer db.Close()
	_, err = db.Exec(fmt.Sprintf(`CREATE TABLE person (id INTEGER PRIMARY KEY, email TEXT NOT NULL);
CREATE TABLE login (person INTEGER NOT NULL, provider TEXT NOT NULL, subject TEXT NOT NULL);
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d)
INSERT INTO person SELECT i, 'person' || i || '@example.com' FROM n;
INSERT INTO login SELECT id, 'google', '10' || id FROM person`, peopleInDatabase))
	if err != nil {
		x.Fatal(err)
	}
	// The scene is played in copies of the folder, and one address serves them all.
	x.write("address", "sqlite:"+path+"\n")
}

// fetchedAll looks for each person and each login, once.
func (x *stage) fetchedAll() {
	for file, field := range map[string]string{"users.ndjson": "id", "identities.ndjson": "user_id"} {
		f, err := os.Open(filepath.Join(x.dir, "fetched", file))
		if err != nil {
			x.Fatal(err)
		}
		defer f.Close()
		seen := map[string]int{}
		for lines := bufio.NewScanner(f); lines.Scan(); {
			var row map[string]any
			if err := json.Unmarshal(lines.Bytes(), &row); err != nil {
				x.Fatalf("%s: %v", file, err)
			}
			seen[fmt.Sprint(row[field])]++
		}
		for i := 1; i <= peopleInDatabase; i++ {
			if n := seen[fmt.Sprint(i)]; n != 1 {
				x.Errorf("%s has %d rows of %d", file, n, i)
				break
			}
		}
		if len(seen) != peopleInDatabase {
			x.Errorf("%s tells of %d people", file, len(seen))
		}
	}
	var manifest struct{ State string }
	data, err := os.ReadFile(filepath.Join(x.dir, "fetched", "fetch.json"))
	if err == nil {
		err = json.Unmarshal(data, &manifest)
	}
	if err != nil || manifest.State != "complete" {
		x.Errorf("the fetch is %q: %v", manifest.State, err)
	}
}
