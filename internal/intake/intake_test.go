package intake

import (
	"compress/gzip"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/kinde-migrate/kinde-migrate/internal/mapping"
	_ "github.com/kinde-migrate/kinde-migrate/internal/testenv"
)

// kept returns a copy of an item that outlives the visitor's call.
func kept(it Item) Item {
	it.Keys, it.Problems = slices.Clone(it.Keys), slices.Clone(it.Problems)
	if it.User != nil {
		u := *it.User
		u.Identities, u.Links, u.Memberships = slices.Clone(u.Identities), slices.Clone(u.Links), slices.Clone(u.Memberships)
		for i := range u.Memberships {
			m := &u.Memberships[i]
			m.Roles, m.Permissions = slices.Clone(m.Roles), slices.Clone(m.Permissions)
		}
		u.Properties, u.Flags, u.Dropped = slices.Clone(u.Properties), slices.Clone(u.Flags), slices.Clone(u.Dropped)
		it.User = &u
	}
	return it
}

// collector keeps what a visitor ends up with.
type collector struct {
	items map[int64]Item
	order []int64
}

func (c *collector) Add(it Item) error {
	if c.items == nil {
		c.items = map[int64]Item{}
	}
	c.items[it.Number] = kept(it)
	c.order = append(c.order, it.Number)
	return nil
}

func (c *collector) Replace(old, now Item) error {
	if c.items[old.Number].Disposition != old.Disposition {
		return fmt.Errorf("row %d was %v, not %v", old.Number, c.items[old.Number].Disposition, old.Disposition)
	}
	c.items[now.Number] = now
	return nil
}

func (c *collector) story() string {
	var b strings.Builder
	for _, n := range c.order {
		it := c.items[n]
		fmt.Fprintf(&b, "%d@%d %s", n, it.Line, it.Disposition)
		if it.Head != 0 {
			fmt.Fprintf(&b, "->%d", it.Head)
		}
		for _, p := range it.Problems {
			if p.Severity == mapping.Error {
				fmt.Fprintf(&b, " %s", p.Code)
			}
		}
		if it.User != nil && it.Disposition == Use {
			fmt.Fprintf(&b, " o%d", len(it.User.Memberships))
		}
		b.WriteByte('\n')
	}
	return b.String()
}

func write(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func scan(t *testing.T, o Options) (*Intake, *collector, Summary) {
	t.Helper()
	in, err := Open(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := in.Close(); err != nil {
			t.Error(err)
		}
	})
	c := &collector{}
	sum, err := in.Scan(context.Background(), c)
	if err != nil {
		t.Fatal(err)
	}
	return in, c, sum
}

func TestDuplicatesAndFurtherRows(t *testing.T) {
	text := `id,email,first_name,username,external_organization_id
1,ana@example.com,Ana,,acme
2,bo@example.org,Bo,bo_li,acme
1,ana@example.com,Ana,,beta
3,ANA@example.com,Other,,acme
3,ANA@example.com,Other,,beta
2,bo@example.org,Robert,bo_li,beta
4,not an address,No,,acme
4,cy@example.net,Cy,bo_x,acme
5,dee@example.net,Dee
6,eve@example.net,Eve,BO_LI,acme
`
	in, c, sum := scan(t, Options{Files: []string{write(t, "u.txt", text)}, Preset: "kinde"})
	want := `1@2 use o2
2@3 use o1
3@4 part->1
4@5 reject->1 DUPLICATE_IN_SOURCE
5@6 part->4
6@7 reject->2 DUPLICATE_IN_SOURCE
7@8 reject EMAIL_INVALID
8@9 use o1
9@10 reject RECORD_MALFORMED
10@11 reject->2 DUPLICATE_IN_SOURCE
`
	if got := c.story(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if sum.Rows != 10 || sum.Records != 8 || sum.Rejected != 5 {
		t.Errorf("sums: %+v", sum)
	}
	var read []string
	for it, err := range in.Read(context.Background(), []Position{c.items[8].Position, c.items[1].Position}) {
		if err != nil {
			t.Fatal(err)
		}
		read = append(read, fmt.Sprintf("%d %s o%d", it.Number, it.User.GivenName, len(it.User.Memberships)))
	}
	if got := strings.Join(read, ", "); got != "8 Cy o1, 1 Ana o2" {
		t.Errorf("read again: %s", got)
	}
	raw, err := in.ReadRaw(context.Background(), 0, c.items[9].Offset, c.items[9].Length)
	if err != nil || string(raw) != "5,dee@example.net,Dee" {
		t.Errorf("raw %q %v", raw, err)
	}
}

func TestAuth0WithHashes(t *testing.T) {
	users := `{"user_id":"auth0|a1","email":"ana@example.com","email_verified":true,"name":"Ana","identities":[{"connection":"Username-Password-Authentication","provider":"auth0","user_id":"a1","isSocial":false}]}
not json
{"user_id":"google-oauth2|1042","email":"ana@example.com","email_verified":true,"identities":[{"connection":"google-oauth2","provider":"google-oauth2","user_id":"1042","isSocial":true}]}
{"user_id":"auth0|b2","email":"bo@example.org","email_verified":false,"identities":[{"connection":"Username-Password-Authentication","provider":"auth0","user_id":"b2","isSocial":false}]}
`
	hashes := `{"_id":{"$oid":"a1"},"email":"ana@example.com","passwordHash":"$2b$10$abcdefghijklmnopqrstuuJ3zT7ZqkqvZQkmGkGvqkqvZQkmGkGvq","connection":"Username-Password-Authentication"}
{"_id":{"$oid":"zz"},"email":"nobody@example.com","passwordHash":"$2b$10$abcdefghijklmnopqrstuuJ3zT7ZqkqvZQkmGkGvqkqvZQkmGkGvq","connection":"Username-Password-Authentication"}
`
	var packed strings.Builder
	z := gzip.NewWriter(&packed)
	z.Write([]byte(users))
	z.Close()
	o := Options{Files: []string{write(t, "users.json", packed.String())}, Passwords: []string{write(t, "hashes", hashes)}}
	in, c, sum := scan(t, o)
	if in.Source().Preset != "auth0" {
		t.Fatalf("preset %q, evidence %q", in.Source().Preset, in.Source().Evidence)
	}
	want := "1@1 use o0\n2@2 reject RECORD_MALFORMED\n3@3 reject->1 DUPLICATE_IN_SOURCE\n4@4 use o0\n"
	if got := c.story(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if p := sum.Passwords; p.Rows != 2 || p.Joined != 1 || p.JoinedNobody != 1 || p.UsersWithout != 2 {
		t.Errorf("passwords: %+v", p)
	}
	if u := c.items[1].User; u.Password == nil {
		t.Error("the hash did not join")
	}
	o.Duplicates = MergeDuplicates
	_, c, sum = scan(t, o)
	want = "1@1 use o0\n2@2 reject RECORD_MALFORMED\n3@3 part->1\n4@4 use o0\n"
	if got := c.story(); got != want {
		t.Errorf("merged\n%s\nwant\n%s", got, want)
	}
	u := c.items[1].User
	if sum.Merged != 1 || len(u.Links) != 1 || len(u.OtherIDs) != 1 || u.OtherIDs[0] != "google-oauth2|1042" {
		t.Errorf("merged %d: %+v", sum.Merged, u)
	}
}

func TestPartOfTheSource(t *testing.T) {
	var b strings.Builder
	b.WriteString("id,email,first_name\n")
	for i := range 5000 {
		fmt.Fprintf(&b, "u%d,p%d@example.com,P%d\n", i, i, i)
	}
	file := write(t, "users.csv", b.String())
	for _, c := range []struct {
		name string
		o    Options
		want int64
	}{
		{"all", Options{}, 5000},
		{"limit", Options{Limit: 7}, 7},
		{"sample", Options{Sample: 20, Seed: 3}, 20},
		{"only", Options{Only: write(t, "only", "u3\nP4@example.com\n\nnobody\n")}, 2},
		{"filter", Options{Filter: `first_name == "P17" or user.SourceID == "u18"`}, 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.o.Files, c.o.Preset = []string{file}, "generic"
			_, _, sum := scan(t, c.o)
			if sum.Records != c.want || sum.Filtered != 5000-c.want {
				t.Errorf("%d records, %d filtered", sum.Records, sum.Filtered)
			}
		})
	}
}

func TestStdin(t *testing.T) {
	in, c, _ := scan(t, Options{Files: []string{"-"}, Stdin: strings.NewReader("email,name\nana@example.com,Ana\n"), Preset: "generic"})
	if len(c.items) != 1 || in.Source().Files[0].SHA256 == "" {
		t.Errorf("%d items, %+v", len(c.items), in.Source().Files)
	}
}
