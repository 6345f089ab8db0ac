package bulk

import (
	"context"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
	"github.com/kinde-migrate/kinde-migrate/internal/mapping"
	"github.com/kinde-migrate/kinde-migrate/internal/password"
	"github.com/kinde-migrate/kinde-migrate/internal/report"
	"github.com/kinde-migrate/kinde-migrate/internal/sandbox"
)

// Every row of a table is either what the tenant holds afterwards or a problem
// with its own line: none is taken for another one, and none is swallowed.
func TestEveryRowIsAccountedFor(t *testing.T) {
	const one, other = "5f4dcc3b5aa765d61d8327deb882cf99", "098f6bcd4621d373cade4e832627b4f6"
	for name, c := range map[string]struct {
		rows     string // ID stands for the id of the first user
		hashes   bool
		updated  int64
		lines    []int64 // of the rows that are rejected
		password string  // of the first user
	}{
		"rows that name nobody":  {rows: "email,note\n,x\n,y\nana0@example.com,z\n,q\n", updated: 1, lines: []int64{2, 3, 5}},
		"rows that do not parse": {rows: "email\na\"b\na\"b\nana0@example.com\n", updated: 1, lines: []int64{2, 3}},
		"behind an open quote":   {rows: "email\nana0@example.com\n\"x\nana1@example.com\n\nana2@example.com\n", updated: 1, lines: []int64{3, 4, 6}},
		"between two quotes":     {rows: "email\n\"x\nana1@example.com\n\"ana2@example.com\nana0@example.com\n", updated: 1, lines: []int64{2, 3, 4}},
		"a cell of two lines":    {rows: "note,email\n\"x\ny\",ana0@example.com\n", updated: 1},
		"one hash twice": {rows: "email,hash\nana0@example.com," + one + "\nANA0@example.com," + one + "\n",
			hashes: true, updated: 1, password: one},
		"two hashes by one name": {rows: "email,hash\nana0@example.com," + one + "\nANA0@example.com," + other + "\n",
			hashes: true, lines: []int64{2, 3}},
		"two hashes by two names": {rows: "id,hash\nID," + one + "\nana0@example.com," + other + "\n",
			hashes: true, updated: 1, lines: []int64{3}, password: one},
		"an empty cell before a tab": {rows: "email\tsalt\tmethod\thash\nana0@example.com\t\tmd5\t" + one + "\n",
			hashes: true, updated: 1, password: one},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPlace(t, 3, sandbox.Limits{})
			data := []byte(strings.ReplaceAll(c.rows, "ID", p.user(0).ID))
			opt := Options{Verb: SetProperty, Change: Change{Properties: map[string]string{"plan": "gold"}}}
			asks, err := ReadNames(data)
			if c.hashes {
				opt = Options{Verb: SetPassword}
				asks, err = ReadHashes(data, password.Options{Assume: "md5"})
			}
			if err != nil {
				t.Fatal(err)
			}
			_, r := p.do(opt, asks, nil)
			if r.Totals.Updated != c.updated || r.Totals.Rejected != int64(len(c.lines)) || r.Totals.Unchanged != 0 {
				t.Errorf("%+v, %+v", r.Totals, r.Problems)
			}
			var lines []int64
			store, _, err := checkpoint.Open(t.Context(), filepath.Join(p.dir, string(opt.Verb)+".checkpoint"))
			if err != nil {
				t.Fatal(err)
			}
			defer store.Close()
			for problem, err := range store.ProblemsBetween(t.Context(), 0, 100) {
				if err != nil {
					t.Fatal(err)
				}
				lines = append(lines, problem.Line)
			}
			if !slices.Equal(lines, c.lines) {
				t.Errorf("lines %v are rejected, want %v", lines, c.lines)
			}
			have := ""
			if set := p.user(0).Password; set != nil {
				have = set.HashedPassword
			}
			if have != c.password {
				t.Errorf("the password is %q, want %q", have, c.password)
			}
		})
	}
}

// Rows of one user that differ in their connection only are different wishes.
func TestConnectionsOfOneUser(t *testing.T) {
	asks, err := ReadNames([]byte("email,connection_id\nana0@example.com,conn_1\nana0@example.com,conn_2\nana0@example.com,conn_1\n"))
	if err != nil {
		t.Fatal(err)
	}
	keys := map[string]bool{}
	for i := range asks {
		keys[fmt.Sprint(asks[i].key())] = true
	}
	if len(keys) != 2 {
		t.Errorf("%d wishes, want 2", len(keys))
	}
}

// A connection in a row may be written as an id, a strategy or a name, and a row
// whose connection the tenant does not have is rejected: it is not done already.
func TestConnectionsOfRows(t *testing.T) {
	p := newPlace(t, 3, sandbox.Limits{})
	rows := "email,value,connection_id\nana0@example.com,1042,oauth2:google\nana1@example.com,1043,google\nana2@example.com,1044,nowhere\n"
	for _, verb := range []Verb{AddIdentity, RemoveIdentity} {
		for again, want := range []report.Totals{{Updated: 2, Rejected: 1}, {Unchanged: 2, Rejected: 1}} {
			asks, err := ReadNames([]byte(rows))
			if err != nil {
				t.Fatal(err)
			}
			_, r := p.do(Options{Verb: verb, Change: Change{Type: "social"}}, asks, nil)
			got := report.Totals{Updated: r.Totals.Updated, Unchanged: r.Totals.Unchanged, Rejected: r.Totals.Rejected}
			if got != want || r.Problems.ByCode[string(mapping.ConnectionUnknown)] != 1 {
				t.Errorf("%s, run %d: %+v, %v", verb, again, r.Totals, r.Problems.ByCode)
			}
			held := 2
			if verb == RemoveIdentity {
				held = 1
			}
			for i, n := range []int{held, held, 1} {
				if have := p.user(i).Identities; len(have) != n {
					t.Errorf("%s, run %d: user %d has %v", verb, again, i, have)
				}
			}
		}
	}
}

// A user who is no member of the organization that is copied is not called unknown.
func TestCopyOfNoMember(t *testing.T) {
	p := newPlace(t, 2, sandbox.Limits{})
	asks := []Ask{{Email: email(0)}, {Email: "nobody@example.com"}}
	who := func(context.Context) (Who, error) { return Who{Asks: asks}, nil }
	_, r := p.do(Options{Verb: Copy, Who: who, Change: Change{From: "org_b", Organization: "org_a"}}, nil, nil)
	want := map[string]int64{string(UserNotMember): 1, string(UserUnknown): 1}
	if r.Totals.Skipped != 1 || r.Totals.Rejected != 1 || !maps.Equal(r.Problems.ByCode, want) {
		t.Errorf("%+v, %v", r.Totals, r.Problems.ByCode)
	}
}
