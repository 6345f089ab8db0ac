package database

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/kinde-migrate/kinde-migrate/internal/databasetest"
	"github.com/kinde-migrate/kinde-migrate/internal/fetch"
)

// people is a spec for the tables of these tests.
var people = &Spec{
	Users: Users{Table: []string{"people"}, Key: "id", Since: "changed"},
	Join: []Join{
		{Into: "links", From: "{links}", On: "person", Columns: []string{"provider", "subject"}},
		{Into: "roles", From: "{holds} h JOIN {roles} r ON r.id = h.role", On: "h.person", Columns: []string{"r.name"}, Shape: Values},
		{Into: "notes", From: "{notes}", On: "person", Columns: []string{"name", "value"}, Shape: Lists},
	},
}

// tables makes n people with ids whose order in the database is not that of their
// bytes: some begin with capital letters.
func tables(n int) string {
	var b strings.Builder
	b.WriteString(`CREATE TABLE people (id varchar(40) PRIMARY KEY, email varchar(100), changed timestamp);
		CREATE TABLE links (person varchar(40), provider varchar(20), subject varchar(40));
		CREATE TABLE roles (id int PRIMARY KEY, name varchar(20));
		CREATE TABLE holds (person varchar(40), role int);
		CREATE TABLE notes (person varchar(40), name varchar(20), value varchar(20));
		INSERT INTO roles VALUES (1, 'editor'), (2, 'admin');
`)
	for i := range n {
		id := person(i)
		fmt.Fprintf(&b, "INSERT INTO people VALUES ('%s', '%s@example.com', '2026-01-%02d 00:00:00');\n", id, id, 1+i%28)
		fmt.Fprintf(&b, "INSERT INTO links VALUES ('%s', 'google', '1000000000000000%03d');\n", id, i)
		fmt.Fprintf(&b, "INSERT INTO holds VALUES ('%s', 1), ('%s', 2);\n", id, id)
		fmt.Fprintf(&b, "INSERT INTO notes VALUES ('%s', 'plan', 'a'), ('%s', 'team', 'b'), ('%s', 'plan', 'c');\n", id, id, id)
	}
	b.WriteString("INSERT INTO links VALUES ('nobody', 'google', '1'), (NULL, 'google', '2');\n")
	return b.String()
}

func person(i int) string {
	return fmt.Sprintf("%c-%03d", "aBcDe"[i%5], i)
}

func sourceOf(t *testing.T, url string, spec *Spec) *Source {
	t.Helper()
	a, err := ParseAddress(url)
	if err != nil {
		t.Fatal(err)
	}
	return &Source{Address: a, Name: "people", Preset: "generic", Spec: spec, Timeout: time.Minute, PageRows: 3}
}

// read runs one process' share of a fetch.
func read(s *Source, dir string) (*fetch.Manifest, error) {
	f, err := fetch.Open(dir, s.About(), false)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if err := s.Read(context.Background(), f, func(fetch.Progress) {}); err != nil {
		return nil, err
	}
	return f.Finish("test")
}

func users(t *testing.T, dir string) []string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, fetch.UsersFile))
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
}

var errKilled = errors.New("killed")

// TestServers runs PostgreSQL and MariaDB once, and everything on both.
func TestServers(t *testing.T) {
	for dialect, start := range databasetest.Servers() {
		t.Run(dialect, func(t *testing.T) {
			t.Parallel()
			server := start(t)
			for name, run := range map[string]func(*testing.T, *databasetest.Server, string){
				"OneMoment": seesOneMoment, "WhoCame": seesWhoCame, "OnlyWhatChanged": onlyWhatChanged, "Denied": denied, "Types": types,
			} {
				t.Run(name, func(t *testing.T) {
					database := "app_" + strings.ToLower(name)
					server.Run(t, map[string]string{"postgres": "postgres", "mariadb": "mysql"}[dialect], "CREATE DATABASE "+database+";")
					run(t, server, database)
				})
			}
		})
	}
}

// seesOneMoment: people that come, change and go between its queries
// neither tear it nor are in it, and a fetch that ended after each of its pages
// goes on to the same end.
func seesOneMoment(t *testing.T, server *databasetest.Server, database string) {
	const n = 17
	server.Run(t, database, tables(n))
	whole := sourceOf(t, server.URL(database), people)
	dir := filepath.Join(t.TempDir(), "whole")
	pages := 0
	whole.afterPage = func() error {
		pages++
		server.Run(t, database, fmt.Sprintf(`INSERT INTO people VALUES ('zz-%d', 'new', NULL); INSERT INTO links VALUES ('zz-%d', 'google', '9');
			UPDATE links SET subject = 'torn' WHERE person = '%s';`, pages, pages, person(n-1)))
		return nil
	}
	m, err := read(whole, dir)
	if err != nil {
		t.Fatal(err)
	}
	if m.State != fetch.Complete || m.Lists[0].Rows != n || m.Lists[1].Rows != n+1 || m.Lists[1].JoinedNobody != 1 || pages != 7 {
		t.Errorf("%d pages: %+v", pages, m)
	}
	got := users(t, dir)
	if len(got) != n || strings.Contains(strings.Join(got, ""), "torn") {
		t.Errorf("%d users: %s", len(got), got)
	}
	for _, line := range got {
		if !strings.Contains(line, `"links":[{"provider":"google","subject":"1000000000000000`) || !strings.Contains(line, `"plan":["a","c"]`) ||
			!strings.Contains(line, `"editor"`) || !strings.Contains(line, `"admin"`) {
			t.Errorf("a record lacks what belongs to it: %s", line)
		}
	}

	server.Run(t, database, "DELETE FROM people WHERE email = 'new'; DELETE FROM links WHERE person LIKE 'zz%';")
	for kill := 1; kill < pages; kill++ {
		killed := filepath.Join(t.TempDir(), "killed")
		s, at := sourceOf(t, server.URL(database), people), 0
		s.afterPage = func() error {
			if at++; at == kill {
				return errKilled
			}
			return nil
		}
		if _, err := read(s, killed); !errors.Is(err, errKilled) {
			t.Fatal(err)
		}
		s.afterPage = nil
		m, err := read(s, killed)
		if err != nil || m.State != fetch.Complete || m.Starts != 2 || m.Lists[0].Rows != n {
			t.Fatalf("killed after page %d: %v, %+v", kill, err, m)
		}
		if again := users(t, killed); len(again) != n || ids(again) != ids(got) {
			t.Fatalf("killed after page %d: %s", kill, ids(again))
		}
	}
}

// ids are the ids of users in their order.
func ids(lines []string) string {
	var b strings.Builder
	for _, l := range lines {
		id, _, _ := strings.Cut(strings.TrimPrefix(l, `{"id":"`), `"`)
		b.WriteString(id + " ")
	}
	return b.String()
}

// seesWhoCame: when people came or went before the place
// where a killed process stopped, they are read again.
func seesWhoCame(t *testing.T, server *databasetest.Server, database string) {
	server.Run(t, database, tables(10))
	dir := filepath.Join(t.TempDir(), "x")
	s, at := sourceOf(t, server.URL(database), people), 0
	s.afterPage = func() error {
		if at++; at == 2 {
			return errKilled
		}
		return nil
	}
	if _, err := read(s, dir); !errors.Is(err, errKilled) {
		t.Fatal(err)
	}
	server.Run(
		t,
		database,
		fmt.Sprintf("DELETE FROM people WHERE id = '%s'; INSERT INTO people VALUES ('a-000b', 'new@example.com', NULL);", person(0)),
	)
	s.afterPage = nil
	m, err := read(s, dir)
	if err != nil || m.State != fetch.Complete {
		t.Fatalf("%v: %+v", err, m)
	}
	if got := ids(users(t, dir)); strings.Count(got, " ") != 10 || !strings.Contains(got, "a-000b") || strings.Contains(got, person(0)+" ") {
		t.Errorf("read %s", got)
	}
}

// onlyWhatChanged reads a part, and says so.
func onlyWhatChanged(t *testing.T, server *databasetest.Server, database string) {
	server.Run(t, database, tables(17))
	s := sourceOf(t, server.URL(database), people)
	s.Options.Since = "2026-01-15T00:00:00Z"
	dir := filepath.Join(t.TempDir(), "x")
	m, err := read(s, dir)
	if err != nil || !m.Partial || m.State != fetch.Complete || m.Lists[0].Rows != 4 { // a day more, for the column has no zone
		t.Errorf("%v: %+v", err, m)
	}
}

// denied: a permission that is missing, by a check and by a fetch.
func denied(t *testing.T, server *databasetest.Server, database string) {
	server.Run(t, database, tables(3))
	url := strings.Replace(server.URL(database), "postgres@", "reader:s3cret-word@", 1)
	if strings.HasPrefix(url, "postgres") {
		server.Run(t, database, "CREATE USER reader; GRANT SELECT ON people, holds, roles, notes TO reader;")
	} else {
		url = strings.Replace(url, "root@", "reader:s3cret-word@", 1)
		server.Run(t, database, "CREATE USER reader@localhost IDENTIFIED BY 's3cret-word'; GRANT SELECT ON app_denied.people TO reader@localhost; "+
			"GRANT SELECT ON app_denied.holds TO reader@localhost; GRANT SELECT ON app_denied.roles TO reader@localhost; GRANT SELECT ON app_denied.notes TO reader@localhost; "+
			"GRANT SELECT (provider) ON app_denied.links TO reader@localhost;")
	}
	s := sourceOf(t, url, people)
	_, err := read(s, filepath.Join(t.TempDir(), "x"))
	refused, ok := errors.AsType[*fetch.DeniedError](err)
	if strings.HasPrefix(url, "mysql") {
		// MariaDB shows only the columns that may be read.
		if err != nil && strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%v", err)
		}
		return
	}
	if !ok || !strings.Contains(refused.Needs, "GRANT SELECT ON links TO reader") || strings.Contains(err.Error(), "s3cret") {
		t.Errorf("%v", err)
	}
	probes, err := s.Check(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range probes {
		if p.Denied != (p.List == "links") || p.Found == (p.List == "links") {
			t.Errorf("%+v", p)
		}
	}
}

// types: each comes with its digits, and as what it is.
func types(t *testing.T, server *databasetest.Server, database string) {
	columns, want := `id bigint PRIMARY KEY, active boolean, meta jsonb, at timestamptz, local timestamp, raw bytea, uid uuid, tags text[], price numeric(12,4), kind char(6), none text`,
		`{"id":1,"active":true,"meta":{"sub": 12345678901234567890},"at":"infinity","local":"2026-01-02T03:04:05.678","raw":"\\x00ff","uid":"00000000-0000-4000-8000-000000000001",`+
			`"tags":["a b", "c"],"price":1.5000,"kind":"x     ","none":null}`
	row := `1, true, '{"sub": 12345678901234567890}', 'infinity', '2026-01-02 03:04:05.678', '\x00ff', '00000000-0000-4000-8000-000000000001', '{"a b",c}', 1.5, 'x', NULL`
	if strings.HasPrefix(server.URL(database), "mysql") {
		columns = "id bigint unsigned PRIMARY KEY, active bit(1), flag tinyint(1), level tinyint, meta json, at datetime, guid binary(16), raw varbinary(9), word varbinary(9), price decimal(12,4), none text"
		row = `18446744073709551615, b'1', 0, 5, '{"sub": 12345678901234567890}', '0000-00-00 00:00:00', unhex('00000000000040008000000000000001'), x'00ff', 'word', 1.5, NULL`
		want = `{"id":18446744073709551615,"active":true,"flag":false,"level":5,"meta":{"sub":12345678901234567890},"at":"0000-00-00 00:00:00","guid":"\\x00000000000040008000000000000001",` +
			`"raw":"\\x00ff","word":"word","price":1.5000,"none":null}`
		server.Run(t, database, "SET GLOBAL sql_mode = '';")
	}
	server.Run(t, database, "CREATE TABLE people ("+columns+"); INSERT INTO people VALUES ("+row+");")
	s := sourceOf(t, server.URL(database), &Spec{Users: Users{Table: []string{"people"}, Key: "id", JSON: []string{"meta"}}})
	dir := filepath.Join(t.TempDir(), "x")
	if _, err := read(s, dir); err != nil {
		t.Fatal(err)
	}
	if got := users(t, dir)[0]; strings.ReplaceAll(
		got,
		`": `,
		`":`,
	) != strings.ReplaceAll(
		strings.ReplaceAll(want, `": `, `":`),
		`", "`,
		`","`,
	) {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}
