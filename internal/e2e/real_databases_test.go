package e2e

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/kinde-migrate/kinde-migrate/internal/cmd"
	"github.com/kinde-migrate/kinde-migrate/internal/databasetest"
)

// realDatabases are dumps of databases that the real software made, with the people
// of testdata/real/NAME/expected.json in them. As names the export of that folder
// which can hold what the tables can.
var realDatabases = []struct {
	name, as string
	flags    []string
}{
	{"django", "tables.json", nil},
	{"devise", "tables.json", nil},
	{"better-auth", "database.json", nil},
	{"supabase", "", nil},
	{"wordpress", "tables.json", nil},
	{"laravel", "tables.json", nil},
}

// TestRealDatabases fetches from PostgreSQL and MariaDB what real software wrote,
// imports the folder, and asks of each person what TestRealExports asks.
func TestRealDatabases(t *testing.T) {
	dumps, err := filepath.Abs("testdata/databases")
	if err != nil {
		t.Fatal(err)
	}
	people, err := filepath.Abs("testdata/real")
	if err != nil {
		t.Fatal(err)
	}
	for dialect, start := range databasetest.Servers() {
		t.Run(dialect, func(t *testing.T) {
			server := start(t)
			for _, db := range realDatabases {
				dump := filepath.Join(dumps, db.name+"."+dialect+".sql")
				if _, err := os.Stat(dump); err != nil {
					continue
				}
				t.Run(db.name, func(t *testing.T) {
					database := strings.ReplaceAll(db.name, "-", "_")
					server.Run(t, map[string]string{"postgres": "postgres", "mariadb": "mysql"}[dialect], "create database "+database+";")
					server.Load(t, database, dump)
					real, export := expectedOf(t, people, dumps, db.name, db.as)
					folder := filepath.Join(t.TempDir(), db.name)
					if err := os.Mkdir(folder, 0o700); err != nil {
						t.Fatal(err)
					}
					t.Chdir(folder)
					t.Setenv("DATABASE_URL", server.URL(database))
					line := append([]string{"fetch", db.name, "--db-url-env", "DATABASE_URL", "--out", "users", "--quiet"}, db.flags...)
					var out, errs bytes.Buffer
					if code := cmd.Main(t.Context(), append([]string{"kinde-migrate"}, line...), strings.NewReader(""), &out, &errs); code != 0 {
						t.Fatalf("exit code %d\n%s%s", code, out.String(), errs.String())
					}
					noTokens(t, "users/users.ndjson")
					for _, f := range importReal(t, folder, "users", real, export, map[string]bool{}) {
						t.Error(f)
					}
				})
			}
		})
	}
}

// expectedOf reads who is in a database, and how an export of the same tables comes out.
func expectedOf(t *testing.T, people, dumps, name, as string) (real realExports, export realExport) {
	t.Helper()
	path := filepath.Join(people, name, "expected.json")
	if as == "" {
		path = filepath.Join(dumps, name+".json")
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &real); err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(real.Exports, func(e realExport) bool { return slices.Contains(e.Files, as) })
	if as == "" {
		return real, export
	}
	if i < 0 {
		t.Fatalf("%s has no export %s", name, as)
	}
	export = real.Exports[i]
	export.Says, export.Known = "", ""
	return real, export
}

// noTokens looks for what opens an account by itself, by the names of its columns.
func noTokens(t *testing.T, path string) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, word := range []string{"recovery_token", "confirm-1", "access_token", "accessToken", "reset_password_token", "session_tokens",
		"user_activation_key", "remember_token", "SECRETOFNOBODY"} {
		if strings.Contains(string(text), word) {
			t.Errorf("%s holds %s", path, word)
		}
	}
}
