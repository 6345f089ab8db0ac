package intake_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/kinde-migrate/kinde-migrate/internal/intake"
	"github.com/kinde-migrate/kinde-migrate/internal/mapping"
)

const threeUsers = "id,email\nu1,ana@example.com\nu2,bo@example.com\nu3,cy@example.com\n"

// scanWith reads three users with one companion file and returns what was seen.
func scanWith(t *testing.T, role, name, content string) (intake.Summary, []mapping.Problem, error) {
	t.Helper()
	dir := t.TempDir()
	users, second := filepath.Join(dir, "users.csv"), filepath.Join(dir, name)
	for path, text := range map[string]string{users: threeUsers, second: content} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	o := intake.Options{Files: []string{users}, Preset: "generic"}
	switch role {
	case "memberships":
		o.Memberships = []string{second}
	case "identities":
		o.Identities = []string{second}
	case "organizations":
		o.Organizations = []string{second}
	default:
		o.Passwords = []string{second}
	}
	in, err := intake.Open(context.Background(), o)
	if err != nil {
		return intake.Summary{}, nil, err
	}
	defer in.Close()
	seen := &problemVisitor{}
	sum, err := in.Scan(context.Background(), seen)
	return sum, seen.problems, err
}

type problemVisitor struct{ problems []mapping.Problem }

func (v *problemVisitor) Add(it intake.Item) error {
	for _, p := range it.Problems {
		p.Field, p.Message = strings.Clone(p.Field), strings.Clone(p.Message)
		v.problems = append(v.problems, p)
	}
	return nil
}

func (v *problemVisitor) Replace(_, _ intake.Item) error { return nil }

// TestCompanionsThatSayNothing refuses companions that would be passed over.
func TestCompanionsThatSayNothing(t *testing.T) {
	for _, c := range []struct{ role, name, content, says string }{
		{"memberships", "m.csv", "user,organisation,roles\nu1,o1,admin\n", "organisation"},
		{"memberships", "m.csv", "user,organization,rolle\nu1,o1,admin\n", "rolle"},
		{"memberships", "m.csv", "who,where,what\nu1,o1,admin\n", "who, where, what"},
		{"memberships", "m.csv", "user,organization,roles\nu8,o1,admin\nu9,o1,admin\n", "none of its 2 rows joins a user"},
		{"memberships", "m.csv", "user,organization,roles\n,o1,admin\n", "none of its 1 rows can be read or names a user"},
		{"memberships", "m.ndjson", `{"person":"u1","team":"o1"}` + "\n", "person, team"},
		{"passwords", "p.csv", "id,secret_word\nu1,x\n", "secret_word"},
		{"passwords", "p.csv", "id,password_hash\nu9,$2b$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy\n", "joins a user"},
		{"identities", "i.csv", "user_id,foo\nu1,x\n", "foo"},
	} {
		_, _, err := scanWith(t, c.role, c.name, c.content)
		if refused := (*intake.RefusedError)(nil); !errors.As(err, &refused) || !strings.Contains(err.Error(), c.says) || refused.Try == "" {
			t.Errorf("%s %q: %v", c.role, c.content, err)
		}
	}
}

// TestCompanionRowsAreCounted counts and names the rows that don't parse or join nobody.
func TestCompanionRowsAreCounted(t *testing.T) {
	for _, c := range []struct {
		role, name, content string
		want                intake.JoinCounts
		nobody, broken      []int64
	}{
		{"memberships", "m.csv", "user,organization,roles\nu1,o1,admin\nu9,o1,x\n,o1,y\nu2,o2,z\nghost@example.com,o2,z\n",
			intake.JoinCounts{Rows: 4, Joined: 2, JoinedNobody: 2, Malformed: 1, UsersWithout: 1}, []int64{2, 5}, []int64{3}},
		{"memberships", "m.ndjson", `{"user":"u1","organization":"o1"}` + "\n{oops\n" + `{"user":"u9","organization":"o1"}` + "\n",
			intake.JoinCounts{Rows: 2, Joined: 1, JoinedNobody: 1, Malformed: 1, UsersWithout: 2}, []int64{3}, []int64{2}},
		{"identities", "i.csv", "user_id,provider,subject\nu1,google,1\nu7,google,2\n",
			intake.JoinCounts{Rows: 2, Joined: 1, JoinedNobody: 1, UsersWithout: 2}, []int64{2}, nil},
	} {
		sum, _, err := scanWith(t, c.role, c.name, c.content)
		if err != nil {
			t.Errorf("%s: %v", c.role, err)
			continue
		}
		got := sum.Companions[0]
		if got.JoinCounts != c.want || !slices.Equal(got.Nobody, c.nobody) || !slices.Equal(got.Broken, c.broken) || sum.Joins[c.role] != c.want {
			t.Errorf("%s: %+v, want %+v, nobody %v, broken %v", c.role, got, c.want, c.nobody, c.broken)
		}
	}
}

// TestOrganizationsGiveNames reads names of organizations from their own file, and counts its rows.
func TestOrganizationsGiveNames(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	in, err := intake.Open(context.Background(), intake.Options{Preset: "generic", Files: []string{write("users.csv", threeUsers)},
		Memberships:   []string{write("m.csv", "user,organization,roles\nu1,o1,admin\n")},
		Organizations: []string{write("o.csv", "external_id,name\no1,Acme\no7,Beta\n,Gamma\n")}})
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	name := ""
	sum, err := in.Scan(context.Background(), visitor(func(it intake.Item) {
		for _, m := range it.User.Memberships {
			name = strings.Clone(m.Organization.Name)
		}
	}))
	if err != nil || name != "Acme" {
		t.Fatalf("%q, %v", name, err)
	}
	if got := sum.Joins["organizations"]; got != (intake.JoinCounts{Rows: 2, Joined: 1, JoinedNobody: 1, Malformed: 1}) {
		t.Errorf("%+v", got)
	}
}

type visitor func(intake.Item)

func (v visitor) Add(it intake.Item) error       { v(it); return nil }
func (v visitor) Replace(_, _ intake.Item) error { return nil }

// TestPasswordsInACompanionThatReadsNone names hashes in a file that is read for something else.
func TestPasswordsInACompanionThatReadsNone(t *testing.T) {
	const hash = "$2b$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy"
	_, problems, err := scanWith(t, "memberships", "m.csv", "user,organization,password_hash\nu1,o1,"+hash+"\nu2,o1,\n")
	if err != nil {
		t.Fatal(err)
	}
	unread := 0
	for _, p := range problems {
		if strings.Contains(p.Message, hash) {
			t.Errorf("the hash is shown: %s", p.Message)
		}
		if p.Code == mapping.PasswordUnread && p.Field == "$memberships[*].password_hash" {
			unread++
		}
	}
	if unread != 1 {
		t.Errorf("%d of PASSWORD_UNREAD: %+v", unread, problems)
	}
}
