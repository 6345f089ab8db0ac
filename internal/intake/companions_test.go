package intake

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/kinde-migrate/kinde-migrate/mapping"
)

// persons tells of every record in order: id, links, memberships with their roles.
func persons(c *collector) string {
	var b strings.Builder
	for _, n := range c.order {
		it := c.items[n]
		if it.Disposition != Use {
			continue
		}
		fmt.Fprintf(&b, "%s:", it.User.SourceID)
		for _, l := range it.User.Links {
			fmt.Fprintf(&b, " %s=%s", l.Provider, l.Subject)
		}
		for _, m := range it.User.Memberships {
			fmt.Fprintf(&b, " %s%s%s%v", m.Organization.Code, m.Organization.ExternalID, m.Organization.Name, m.Roles)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

func TestCompanions(t *testing.T) {
	users := write(t, "users.csv", "id,email\nu1,ana@example.com\nu2,bo@example.com\n")
	identities := write(t, "identities.csv", "user_id,provider,provider_account_id\nu2,google,1042\nu2,github,77\nu9,google,5\n")
	memberships := write(t, "memberships.csv", "user,organization,roles\nana@example.com,acme,admin;editor\nu2,acme,viewer\nu2,beta,\n,beta,x\n")
	_, c, sum := scan(t, Options{Files: []string{users}, Preset: "generic", Identities: []string{identities}, Memberships: []string{memberships}})
	want := "u1: acme[admin editor]\nu2: google=1042 github=77 acme[viewer] beta[]\n"
	if got := persons(c); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	if j := sum.Joins["identities"]; j.Rows != 3 || j.Joined != 2 || j.JoinedNobody != 1 || j.UsersWithout != 1 {
		t.Errorf("identities %+v", j)
	}
	if j := sum.Joins["memberships"]; j.Rows != 3 || j.Joined != 3 || j.Malformed != 1 {
		t.Errorf("memberships %+v", j)
	}
}

func TestSideTablesOfTheSameDocument(t *testing.T) {
	file := write(t, "dump.json", `{"AspNetUserRoles":[{"UserId":"1","RoleId":"r1"},{"UserId":"2","RoleId":"r1"},{"UserId":"1","RoleId":"r2"}],
 "AspNetUsers":[{"Id":"1","UserName":"ana","Email":"ana@example.com","EmailConfirmed":true,"PasswordHash":null,"SecurityStamp":"s"},
 {"Id":"2","UserName":"bo","Email":"bo@example.com","EmailConfirmed":true,"PasswordHash":null,"SecurityStamp":"s"}],
 "AspNetUserLogins":[{"UserId":"2","LoginProvider":"Google","ProviderKey":"1042"}],
 "AspNetRoles":[{"Id":"r1","Name":"Reader"},{"Id":"r2","Name":"Writer"}]}`)
	_, c, sum := scan(t, Options{Files: []string{file}})
	if sum.Records != 2 {
		t.Errorf("%d records", sum.Records)
	}
	got := persons(c)
	for _, want := range []string{"1: [Reader Writer]\n", "2: Google=1042 [Reader]\n"} {
		if !strings.Contains(strings.ToLower(got), strings.ToLower(want)) {
			t.Errorf("got\n%swant %s", got, want)
		}
	}
}

// TestReadWithoutAScan reads by position what a checkpoint of another process
// knows, where a record needs members of the objects around it.
func TestReadWithoutAScan(t *testing.T) {
	file := write(t, "export.json", `{"orgs":[{"orgId":"21","humanUsers":[
{"userId":"1","user":{"userName":"ana","profile":{"firstName":"Ana"},"email":{"email":"ana@example.com"}}}]},
{"orgId":"22","humanUsers":[
{"userId":"2","user":{"userName":"bo","profile":{"firstName":"Bo"},"email":{"email":"bo@example.com"}}}]}]}`)
	_, c, _ := scan(t, Options{Files: []string{file}, Preset: "zitadel"})
	var at []Position
	for _, n := range slices.Backward(c.order) {
		at = append(at, c.items[n].Position)
	}
	in, err := Open(context.Background(), Options{Files: []string{file}, Preset: "zitadel"})
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	i := 0
	for it, err := range in.Read(context.Background(), at) {
		if err != nil {
			t.Fatal(err)
		}
		want := c.items[at[i].Number]
		if it.User.SourceID != want.User.SourceID || len(want.User.Memberships) == 0 ||
			fmt.Sprint(it.User.Memberships) != fmt.Sprint(want.User.Memberships) {
			t.Errorf("record %d: %+v, want %+v", at[i].Number, it.User, want.User)
		}
		i++
	}
	if i != 2 {
		t.Errorf("%d records", i)
	}
}

func TestDetectionTies(t *testing.T) {
	file := write(t, "users.csv", "wide,narrow\n1,2\n")
	if _, err := Open(context.Background(), Options{Files: []string{file}}); err == nil || !strings.Contains(err.Error(), "--from") {
		t.Errorf("a file that fits nothing: %v", err)
	}
	// What is sure is said with its evidence; nothing specific leaves the generic preset.
	in, _, _ := scan(t, Options{Files: []string{write(t, "plain.csv", "id,email\n1,ana@example.com\n")}})
	if s := in.Source(); s.Preset != "generic" || len(s.Evidence) == 0 {
		t.Errorf("%q %v", s.Preset, s.Evidence)
	}
	in, _, sum := scan(t, Options{Files: []string{write(t, "none.json", "[]")}})
	if in.Source().Preset != "generic" || sum.Rows != 0 {
		t.Errorf("an empty array: %q, %+v", in.Source().Preset, sum)
	}
}

func TestOnlyReadsQuotedCells(t *testing.T) {
	users := write(t, "users.csv", "id,email\nu1,ana@example.com\n\"Doe, Jo\",jo@example.com\nu3,cy@example.com\n")
	for name, c := range map[string]struct {
		list string
		want string
	}{
		"column":   {"name,ID\n\"Pérez, Ana\",u1\n\"Doe, Jo\",\"Doe, Jo\"\n", "u1 Doe, Jo"},
		"list":     {"\ufeff# who\n\nCY@example.com\nDoe, Jo\n", "Doe, Jo u3"},
		"unclosed": {"id\nu3\n", "u3"},
	} {
		t.Run(name, func(t *testing.T) {
			_, got, _ := scan(t, Options{Files: []string{users}, Preset: "generic", Only: write(t, "only.csv", c.list)})
			var ids []string
			for _, n := range got.order {
				if it := got.items[n]; it.Disposition == Use {
					ids = append(ids, it.User.SourceID)
				}
			}
			if strings.Join(ids, " ") != c.want {
				t.Errorf("got %q, want %q", ids, c.want)
			}
		})
	}
}

func TestOtherCharacterSetsAreNamed(t *testing.T) {
	_, c, _ := scan(t, Options{Files: []string{write(t, "users.csv", "id,email,name\nu1,ana@example.com,Jos\xe9\nu2,bo@example.com,Bo\n")}})
	if p := c.items[1].Problems; len(p) != 1 || p[0].Code != mapping.RecordMalformed || !strings.Contains(p[0].Hint, "WINDOWS-1252") {
		t.Errorf("%+v", p)
	}
	if c.items[2].Disposition != Use {
		t.Error("the run did not go on")
	}
}

// TestManyFurtherRows is a file of nothing but users with two rows each, more
// than are sorted in memory, with a few real duplicates among them.
func TestManyFurtherRows(t *testing.T) {
	const n = 30000
	var b strings.Builder
	b.WriteString("id,email,first_name,external_organization_id\n")
	for i := range n {
		fmt.Fprintf(&b, "u%d,p%d@example.com,Given,acme\n", i, i)
	}
	for i := range n {
		name := "Given"
		if i%1000 == 0 {
			name = "Other" // no further row: it disagrees
		}
		fmt.Fprintf(&b, "u%d,p%d@example.com,%s,beta\n", i, i, name)
	}
	_, c, sum := scan(t, Options{Files: []string{write(t, "users.csv", b.String())}, Preset: "kinde"})
	if sum.Rows != 2*n || sum.Records != n+n/1000 || sum.Rejected != n/1000 {
		t.Errorf("%+v", sum)
	}
	for i := int64(1); i <= n; i++ {
		it, twin := c.items[i], c.items[i+n]
		if (i-1)%1000 == 0 {
			if len(it.User.Memberships) != 1 || twin.Disposition != Reject || twin.Head != i {
				t.Fatalf("row %d: %+v, %v of %d", i, it.User.Memberships, twin.Disposition, twin.Head)
			}
			continue
		}
		if len(it.User.Memberships) != 2 || twin.Disposition != PartOf || twin.Head != i || len(it.Rows) != 1 {
			t.Fatalf("row %d: %+v, %v of %d", i, it.User.Memberships, twin.Disposition, twin.Head)
		}
	}
}

// TestSortsBeyondMemory adds more entries than are kept in memory.
func TestSortsBeyondMemory(t *testing.T) {
	s, err := newSorter(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}()
	const n = 3 * smallSource
	for i := range uint64(n) {
		if err := s.add(&entry{hash: i * 0x9e3779b97f4a7c15, row: i, a: i + 1, b: i + 2}); err != nil {
			t.Fatal(err)
		}
	}
	seen, last := 0, uint64(0)
	err = s.each(func(all []entry) error {
		for _, e := range all {
			if e.hash < last || e.hash != e.row*0x9e3779b97f4a7c15 || e.a != e.row+1 || e.b != e.row+2 {
				return errors.New("out of order or damaged")
			}
			last = e.hash
			seen++
		}
		return nil
	})
	if err != nil || seen != n {
		t.Error(seen, err)
	}
}
