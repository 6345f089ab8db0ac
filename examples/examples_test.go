package examples_test

import (
	"context"
	"database/sql"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/kinde-migrate/kinde-migrate/internal/sandbox"

	_ "modernc.org/sqlite"
)

// TestProgramsOutsideTheModule builds the examples in a module of their own, as
// anybody would who builds on this one, and runs them against a local tenant.
func TestProgramsOutsideTheModule(t *testing.T) {
	programs := build(t)
	tenant, err := sandbox.Listen(t.Context(), sandbox.ListenOptions{Address: "127.0.0.1:0", Tenant: sandbox.Options{Demo: true}})
	if err != nil {
		t.Fatal(err)
	}
	defer tenant.Close()
	dir := t.TempDir()
	run := func(program string, args ...string) string {
		t.Helper()
		c := exec.CommandContext(t.Context(), filepath.Join(programs, program), args...)
		c.Dir = dir
		c.Env = append(
			os.Environ(),
			"KINDE_DOMAIN="+tenant.URL,
			"KINDE_MANAGEMENT_CLIENT_ID="+tenant.Tenant.ClientID,
			"KINDE_MANAGEMENT_CLIENT_SECRET="+tenant.Tenant.ClientSecret,
		)
		out, err := c.CombinedOutput()
		if err != nil {
			t.Fatalf("%s: %v\n%s", program, err, out)
		}
		return string(out)
	}
	says := func(want, out string) {
		t.Helper()
		if !strings.Contains(out, want) {
			t.Errorf("%q is said, want %q in it", out, want)
		}
	}

	app := filepath.Join(dir, "app.db")
	fill(t, app)
	says("3 created, 0 unchanged, 1 rejected, 0 failed\n", run("database", app))
	says("0 created, 3 unchanged, 1 rejected, 0 failed\n4: NO_IDENTITY", run("database", app))
	says("3 users and 1 organizations are in", run("backup", "backups"))

	says("created zoe@example.com\n4 users\n", run("client", "zoe@example.com"))
	says("zoe@example.com is there already\n4 users\n", run("client", "zoe@example.com"))
	says("1 changes since the backup before", run("backup", "backups"))
}

// build compiles the examples outside the module and returns their folder.
func build(t *testing.T) string {
	t.Helper()
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	read := func(name string) string {
		data, err := os.ReadFile(filepath.Join(root, name))
		if err != nil {
			t.Fatal(err)
		}
		return string(data)
	}
	dir := t.TempDir()
	write := func(name, text string) {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	const module = "github.com/kinde-migrate/kinde-migrate"
	needs := strings.Join(regexp.MustCompile(`(?ms)^require \(.*?^\)`).FindAllString(read("go.mod"), -1), "\n")
	write("go.mod", "module example.com/outside\n\ngo 1.26.0\n\nrequire "+module+" v0.0.0\nreplace "+module+" => "+root+"\n"+needs+"\n")
	write("go.sum", read("go.sum"))
	for _, name := range []string{"database", "backup", "client"} {
		write(name+"/main.go", read("examples/"+name+"/main.go"))
	}
	c := exec.CommandContext(t.Context(), "go", "build", "-mod=mod", "-o", "bin/", "./...")
	c.Dir = dir
	c.Env = append(os.Environ(), "GOPROXY=off", "GOWORK=off")
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("building outside the module: %v\n%s", err, out)
	}
	return filepath.Join(dir, "bin")
}

// fill makes a program's database of four users, the last of whom nobody can reach.
func fill(t *testing.T, path string) {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	_, err = db.ExecContext(context.Background(), `CREATE TABLE users (id TEXT, email TEXT, confirmed BOOLEAN, name TEXT, password TEXT);
		INSERT INTO users VALUES
			('1', 'ana@example.com', true, 'Ana', '$2b$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy'),
			('2', 'bo@example.com', false, 'Bo', '$2b$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy'),
			('3', 'cy@example.com', true, 'Cy', '$2b$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy'),
			('4', '', false, 'Di', '$2b$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy')`)
	if err != nil {
		t.Fatal(err)
	}
}
