// Package databasetest runs PostgreSQL and MariaDB for tests, on a socket in a
// folder of their own, and ends them with the test. Servers refuse to run as root,
// so root runs them as the user that Debian's packages made for them. A test is
// skipped where they are not installed, unless KINDE_REQUIRE_DATABASES is set.
// Without that, and without KINDE_SWEEP=all, one of the two is drawn.
// It also lets SQLite fail, statement by statement or place by place, and says which
// turns of such a sweep are tried.
//
// It ships in no binary.
package databasetest

import (
	"bytes"
	"math/rand/v2"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"testing"
	"time"
)

// Server is a server that runs until the test ends.
type Server struct {
	Dir    string // its socket lies here
	client []string
	url    func(database string) string
}

// URL is the address of a database.
func (s *Server) URL(database string) string { return s.url(database) }

// Run gives statements to a database.
func (s *Server) Run(t testing.TB, database, statements string) {
	t.Helper()
	c := exec.Command(s.client[0], append(s.client[1:len(s.client):len(s.client)], database)...)
	c.Stdin = bytes.NewReader([]byte(statements))
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", database, err, out)
	}
}

// Load gives the statements of a file to a database.
func (s *Server) Load(t testing.TB, database, file string) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	s.Run(t, database, string(text))
}

// Servers are PostgreSQL and MariaDB by the name of their dialect: both where they are
// required or all of everything is tried, and otherwise one of them that is drawn,
// because it takes a while to make a database folder.
func Servers() map[string]func(testing.TB) *Server {
	both := map[string]func(testing.TB) *Server{"postgres": Postgres, "mariadb": MariaDB}
	if _, step := Drawn(); step > 1 && os.Getenv("KINDE_REQUIRE_DATABASES") == "" {
		delete(both, []string{"postgres", "mariadb"}[rand.N(2)])
	}
	return both
}

// Postgres starts PostgreSQL.
func Postgres(t testing.TB) *Server {
	t.Helper()
	bin := newest("/usr/lib/postgresql/*/bin/postgres")
	if bin == "" {
		skip(t, "PostgreSQL")
	}
	dir := folder(t, "postgres")
	as(
		t,
		"postgres",
		filepath.Join(filepath.Dir(bin), "initdb"),
		"-D",
		dir+"/data",
		"-U",
		"postgres",
		"-A",
		"trust",
		"-E",
		"UTF8",
		"--locale=C.UTF-8",
		"-N",
	)
	serve(t, "postgres", bin, "-D", dir+"/data", "-k", dir, "-c", "listen_addresses=", "-c", "fsync=off")
	s := &Server{Dir: dir, client: []string{"psql", "-q", "-X", "-v", "ON_ERROR_STOP=1", "-h", dir, "-U", "postgres", "-d"},
		url: func(database string) string { return "postgres://postgres@/" + database + "?host=" + dir }}
	await(t, "psql", "-X", "-h", dir, "-U", "postgres", "-d", "postgres", "-c", "select 1")
	return s
}

// MariaDB starts MariaDB.
func MariaDB(t testing.TB) *Server {
	t.Helper()
	if newest("/usr/sbin/mariadbd") == "" {
		skip(t, "MariaDB")
	}
	dir := folder(t, "mysql")
	as(
		t,
		"mysql",
		"mariadb-install-db",
		"--no-defaults",
		"--datadir="+dir+"/data",
		"--auth-root-authentication-method=normal",
		"--skip-test-db",
	)
	serve(t, "mysql", "/usr/sbin/mariadbd", "--no-defaults", "--datadir="+dir+"/data", "--socket="+dir+"/socket", "--skip-networking",
		"--pid-file="+dir+"/pid", "--character-set-server=utf8mb4", "--innodb-flush-log-at-trx-commit=0")
	client := []string{"mariadb", "--no-defaults", "--socket=" + dir + "/socket", "-u", "root", "--default-character-set=utf8mb4"}
	await(t, append(client, "-e", "select 1")...)
	return &Server{Dir: dir, client: client, url: func(database string) string {
		return "mysql://root@localhost/" + database + "?socket=" + dir + "/socket"
	}}
}

func newest(pattern string) string {
	found, _ := filepath.Glob(pattern)
	if len(found) == 0 {
		return ""
	}
	return found[len(found)-1]
}

func skip(t testing.TB, what string) {
	t.Helper()
	if os.Getenv("KINDE_REQUIRE_DATABASES") != "" {
		t.Fatalf("%s is not installed", what)
	}
	t.Skipf("%s is not installed", what)
}

// folder makes a folder that belongs to a user. Its path is short: a socket's may
// have no more than about a hundred bytes.
func folder(t testing.TB, name string) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "db")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if os.Getuid() != 0 {
		return dir
	}
	u, err := user.Lookup(name)
	if err != nil {
		skip(t, "the user "+name)
	}
	uid, _ := strconv.Atoi(u.Uid)
	gid, _ := strconv.Atoi(u.Gid)
	if err := os.Chown(dir, uid, gid); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

// command runs as a user, when we are root.
func command(name string, args ...string) *exec.Cmd {
	if os.Getuid() == 0 {
		args = append([]string{"--reuid=" + name, "--regid=" + name, "--clear-groups"}, args...)
		return exec.Command("setpriv", args...)
	}
	return exec.Command(args[0], args[1:]...)
}

func as(t testing.TB, name string, args ...string) {
	t.Helper()
	c := command(name, args...)
	c.Dir = "/"
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("%v: %v\n%s", args[0], err, out)
	}
}

// serve starts a server, and ends it with the test.
func serve(t testing.TB, name string, args ...string) {
	t.Helper()
	c := command(name, args...)
	c.Dir = "/"
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		// PostgreSQL ends its children at this signal; MariaDB has none.
		end := os.Kill
		if name == "postgres" {
			end = os.Interrupt
		}
		_ = c.Process.Signal(end)
		_ = c.Wait()
	})
}

// await asks until a server answers, for half a minute.
func await(t testing.TB, args ...string) {
	t.Helper()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	var out []byte
	for range 300 {
		var err error
		if out, err = exec.Command(args[0], args[1:]...).CombinedOutput(); err == nil {
			return
		}
		<-tick.C
	}
	t.Fatalf("the server does not answer: %s", out)
}
