package fetch_test

import (
	"bytes"
	"database/sql"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/crypto/bcrypt"

	"github.com/kinde-migrate/kinde-migrate/internal/cmd"
	"github.com/kinde-migrate/kinde-migrate/internal/fetch"

	_ "modernc.org/sqlite"
)

// run runs a command line in the current folder.
func run(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	code = cmd.Main(t.Context(), append([]string{"kinde-migrate"}, args...), strings.NewReader(""), &out, &errs)
	return code, out.String(), errs.String()
}

func mustRun(t *testing.T, args ...string) string {
	t.Helper()
	code, out, errs := run(t, args...)
	if code != 0 {
		t.Fatalf("%v ended with %d\n%s%s", args, code, out, errs)
	}
	return out
}

// litefile makes a file of SQLite, and puts its address into DATABASE_URL.
func litefile(t *testing.T, statements ...string) *sql.DB {
	t.Helper()
	t.Chdir(t.TempDir())
	path := filepath.Join(t.TempDir(), "app.db")
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	for _, s := range statements {
		if _, err := db.Exec(s); err != nil {
			t.Fatalf("%s: %v", s, err)
		}
	}
	t.Setenv("DATABASE_URL", "sqlite:"+path)
	return db
}

// hashOf is a password as bcrypt keeps it.
func hashOf(t *testing.T, password string) string {
	t.Helper()
	h, err := bcrypt.GenerateFromPassword([]byte(password), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	return string(h)
}

// report is what the tests read of report.json.
type report struct {
	Totals  struct{ Records, Created, Rejected, Failed int64 }
	SignIn  map[string]int64 `json:"sign_in"`
	Steps   map[string]struct{ Wanted, Done, Failed int64 }
	Problem struct {
		ByCode map[string]int64 `json:"by_code"`
	} `json:"problems"`
}

// imported imports a folder into a sandbox.
func imported(t *testing.T, dir string, flags ...string) report {
	t.Helper()
	var r report
	out := mustRun(t, append([]string{"import", dir, "--sandbox", "--json", "--yes"}, flags...)...)
	if err := json.Unmarshal([]byte(out), &r); err != nil {
		t.Fatal(err)
	}
	return r
}

func manifest(t *testing.T, dir string) *fetch.Manifest {
	t.Helper()
	m, err := fetch.ReadManifest(dir)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// django is Django's schema with a user model of the project's own, as
// makemigrations names its tables and columns.
var django = []string{
	`CREATE TABLE "crm_customer" ("id" integer PRIMARY KEY, "password" varchar(128) NOT NULL, "last_login" datetime NULL, "is_superuser" bool NOT NULL,
		"username" varchar(150) NOT NULL, "email" varchar(254) NOT NULL, "is_active" bool NOT NULL, "date_joined" datetime NOT NULL)`,
	`CREATE TABLE "auth_group" ("id" integer PRIMARY KEY, "name" varchar(150) NOT NULL)`,
	`CREATE TABLE "crm_customer_groups" ("id" integer PRIMARY KEY, "customer_id" integer NOT NULL, "group_id" integer NOT NULL)`,
	`CREATE TABLE "account_emailaddress" ("id" integer PRIMARY KEY, "email" varchar(254) NOT NULL, "verified" bool NOT NULL, "primary" bool NOT NULL, "user_id" integer NOT NULL)`,
	`CREATE TABLE "socialaccount_socialaccount" ("id" integer PRIMARY KEY, "provider" varchar(30) NOT NULL, "uid" varchar(191) NOT NULL, "extra_data" text NOT NULL, "user_id" integer NOT NULL)`,
	`INSERT INTO auth_group VALUES (1, 'editors')`,
	`INSERT INTO crm_customer VALUES (7, 'bcrypt$HASH', NULL, 0, 'ana', 'ana@example.com', 1, '2026-01-02 03:04:05.678901'),
		(8, '!unusable', NULL, 0, 'bo', 'bo@example.com', 1, '2026-01-02 03:04:05'), (9, '', NULL, 0, 'cy', 'cy@example.com', 0, '2026-01-02 03:04:05')`,
	`INSERT INTO crm_customer_groups VALUES (1, 7, 1), (2, 99, 1)`,
	`INSERT INTO account_emailaddress VALUES (1, 'ana@example.com', 1, 1, 7)`,
	`INSERT INTO socialaccount_socialaccount VALUES (1, 'google', '112233445566778899001', '{"access_token": "ya29.secret"}', 8)`,
}

// TestAFetchBecomesASource: the folder brings preset, roles, links and hashes.
func TestAFetchBecomesASource(t *testing.T) {
	statements := append([]string{}, django...)
	statements[6] = strings.Replace(statements[6], "HASH", hashOf(t, "correct horse"), 1)
	litefile(t, statements...)
	out := mustRun(t, "fetch", "django", "--db-url-env", "DATABASE_URL", "--out", "users")
	for _, want := range []string{"users", "3", "1 of groups belong to nobody",
		"Rehearse the import with: kinde-migrate import users --sandbox"} {
		if !strings.Contains(out, want) {
			t.Errorf("the answer lacks %q:\n%s", want, out)
		}
	}
	data, err := os.ReadFile("users/users.ndjson")
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(data), "ya29") {
		t.Error("a provider's token was read")
	}
	if m := manifest(t, "users"); m.State != fetch.Complete || m.About.Preset != "django" {
		t.Errorf("%+v", m)
	}
	r := imported(t, "users/")
	if r.Totals.Created != 3 || r.SignIn["same_password"] != 1 || r.SignIn["social"] != 1 || r.SignIn["suspended"] != 1 ||
		r.Steps["roles"].Done != 1 {
		t.Errorf("%+v", r)
	}
	if _, err := os.Stat("users.sandbox.checkpoint"); err != nil {
		t.Errorf("the state lies elsewhere: %v", err)
	}
	for _, line := range [][]string{{"inspect", "users"}, {"validate", "users"}, {"reconcile", "users", "--sandbox"}} {
		if code, out, errs := run(t, line...); code != 0 {
			t.Errorf("%v ended with %d: %s%s", line, code, out, errs)
		}
	}
}

// TestWhatAFetchRefuses names the mistake, and what to do.
func TestWhatAFetchRefuses(t *testing.T) {
	litefile(t, `CREATE TABLE person (id INTEGER PRIMARY KEY, email TEXT)`, `INSERT INTO person VALUES (1, 'ana@example.com')`)
	t.Setenv("PG", "postgres://ana:p%40ss-word@127.0.0.1:1/app")
	t.Setenv("TORN", "postgres://ana:p/a#ss-word@127.0.0.1:1/app")
	generic := []string{"fetch", "generic", "--db-url-env", "DATABASE_URL", "--out", "users"}
	for _, c := range []struct {
		line []string
		code int
		says []string
	}{
		{[]string{"fetch", "--out", "users"}, 2, []string{"one source"}},
		{[]string{"fetch", "generic", "--db-url-env", "DATABASE_URL", "--out", "-"}, 2, []string{"stdout"}},
		{[]string{"fetch", "djangoo", "--db-url-env", "DATABASE_URL", "--out", "users"}, 2, []string{"django"}},
		{[]string{"fetch", "django", "--db-url-env", "postgres://ana:secret@db/app", "--out", "users"}, 2, []string{"name of a variable"}},
		{[]string{"fetch", "django", "--db-url-env", "NONE", "--out", "users"}, 2, []string{"NONE is not set"}},
		{[]string{"fetch", "django", "--db-url-env", "DATABASE_URL", "--out", "users"}, 2, []string{"auth_user", "--table auth_user=NAME"}},
		{[]string{"fetch", "django", "--db-url-env", "PG", "--out", "users"}, 1, []string{"postgres://127.0.0.1:1/app"}},
		{[]string{"fetch", "django", "--db-url-env", "TORN", "--out", "users"}, 2, []string{"%2F"}},
		{append(generic, "--sql", "people=SELECT 1"), 2, []string{"--sql", "people"}},
		{append(generic, "--sql", "users=SELECT id, email FROM person", "--sql", "memberships=SELECT id FROM person"), 2,
			[]string{"column id", "organization"}},
		{append(generic, "--sql", "users=SELECT id, id FROM person"), 1, []string{"two columns are called id"}},
		{append(generic, "--sql", "users=DELETE FROM person"), 1, []string{"reading users"}},
	} {
		os.RemoveAll("users")
		code, out, errs := run(t, c.line...)
		for _, want := range c.says {
			if code != c.code || !strings.Contains(errs, want) {
				t.Errorf("%v ended with %d, want %d and %q\n%s%s", c.line, code, c.code, want, out, errs)
			}
		}
		if strings.Contains(out+errs, "ss-word") || strings.Contains(out+errs, "secret@") {
			t.Errorf("%v shows a password: %s%s", c.line, out, errs)
		}
	}
}

// TestAnIncompleteFolderIsNoSource unless that is accepted; and nobody is gone from it.
func TestAnIncompleteFolderIsNoSource(t *testing.T) {
	t.Chdir(t.TempDir())
	about := fetch.About{Source: "generic", Kind: "database", From: "sqlite:app.db", Preset: "generic"}
	f, err := fetch.Open("users", about, false)
	if err != nil {
		t.Fatal(err)
	}
	refused := func(want string, code int, flags ...string) {
		t.Helper()
		got, _, errs := run(t, append([]string{"import", "users", "--sandbox", "--yes"}, flags...)...)
		if got != code || !strings.Contains(errs, want) {
			t.Errorf("ended with %d: %s", got, errs)
		}
	}
	refused("has not finished", 2)
	for _, err := range []error{
		f.User([]byte(`{"id":1,"email":"ana@example.com","password_hash":"` + hashOf(t, "x") + `"}`)),
		f.Counted("users", 2, fetch.Exact), f.Commit(fetch.Page{List: "users", Rows: 1, Done: true}),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	if _, err := f.Finish("test"); err != nil {
		t.Fatal(err)
	}
	f.Close()
	refused("the source has 2, 1 were read", 2)
	refused("needs a complete source", 2, "--accept-incomplete", "--gone", "suspend")
	refused("can't be read together", 2, "users", "--accept-incomplete")
	if r := imported(t, "users", "--accept-incomplete"); r.Totals.Created != 1 {
		t.Errorf("%+v", r)
	}
	if err := os.WriteFile("users/users.ndjson", []byte("{}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	refused("was changed since it was fetched", 2, "--accept-incomplete")
}

// fromZitadel is the folder of a fetch from an API that gives no hashes.
func fromZitadel(t *testing.T) {
	t.Helper()
	t.Chdir(t.TempDir())
	f, err := fetch.Open(
		"users",
		fetch.About{Source: "zitadel", Kind: "provider", From: "https://acme.zitadel.cloud", Preset: "zitadel"},
		false,
	)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for _, err := range []error{
		f.Unavailable("the provider's API", "password hashes: only the export has them"),
		f.User([]byte(`{"userId":"1","state":"USER_STATE_ACTIVE","human":{"profile":{"givenName":"Ana"},"email":{"email":"ana@example.com","isVerified":true}}}`)),
		f.Commit(fetch.Page{List: "users", Rows: 1, Done: true}),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	if _, err := f.Finish("test"); err != nil {
		t.Fatal(err)
	}
}

// TestWhatASourceDoesNotGiveIsSaid wherever its folder is looked at.
func TestWhatASourceDoesNotGiveIsSaid(t *testing.T) {
	fromZitadel(t)
	for _, line := range [][]string{{"inspect", "users"}, {"inspect", "users", "--json"}, {"validate", "users"},
		{"import", "users", "--sandbox", "--json"}} {
		if out := mustRun(t, line...); !strings.Contains(out, "password hashes: only the export has them") {
			t.Errorf("%v does not say it:\n%s", line, out)
		}
	}
}

// TestHashesOfAnExportJoinUsersOfTheAPI: what Zitadel's API and its export each lack.
func TestHashesOfAnExportJoinUsersOfTheAPI(t *testing.T) {
	fromZitadel(t)
	export := `{"orgs":[{"orgId":"9","humanUsers":[{"userId":"1","user":{"userName":"ana","profile":{"firstName":"Ana"},"email":{"email":"ana@example.com"},
		"hashedPassword":{"value":"` + hashOf(
		t,
		"correct horse",
	) + `"}}}]}]}`
	if err := os.WriteFile("export.json", []byte(export), 0o600); err != nil {
		t.Fatal(err)
	}
	if r := imported(t, "users", "--passwords", "export.json"); r.SignIn["same_password"] != 1 || r.Problem.ByCode["FIELD_DROPPED"] != 0 {
		t.Errorf("%+v", r)
	}
}

func usersOf(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("users/users.ndjson")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
