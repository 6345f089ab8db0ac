package intake

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/kinde-migrate/kinde-migrate/internal/mapping"
	"github.com/kinde-migrate/kinde-migrate/internal/source"
)

// FuzzAccounting reads any bytes with any mapping. A refusal is fine; otherwise
// every row of the source is in exactly one class, the sums are those of the
// rows, and a row that is read again is the same.
func FuzzAccounting(f *testing.F) {
	for _, text := range []string{
		"id,email,email_verified\nu1,ana@example.com,true\nu1,ana@example.com,true\n\nu2,ana@example.com,\nu3,\"bo@example.com\nu4\n",
		`{"id":"u1","email":"ana@example.com"}` + "\n" + `{"id":"u1","email":"ana@example.com"` + "\n\n{}\n" + `{"id":1,"phone":"+15550100"}`,
		`{"users":[{"id":"u1","email":"ana@example.com","deleted":true},7,{"id":"u2"}],"groups":[{"id":"g"}]}`,
		"dn: uid=ana,dc=example,dc=com\nuid: ana\nmail: ana@example.com\n\ndn: dc=example,dc=com\nobjectClass: top\n",
		"\xef\xbb\xbfid\tusername\n1\tana\n1\tbo\n2\tANA\n",
	} {
		for _, m := range []string{"", "id: id\nemail: {path: email, verified: email_verified}\nusername: username\n",
			"extends: generic\nfilter: '=id != \"u2\"'\nskip: {when: deleted, reason: deleted}\n",
			"records: users\nid: id\nemail: email\n", "extends: generic\nproperties: {n: '=len(id)'}\n"} {
			f.Add([]byte(text), m, uint8(0))
			f.Add([]byte(text), m, uint8(3))
		}
	}
	f.Fuzz(func(t *testing.T, data []byte, text string, how uint8) {
		dir := t.TempDir()
		o := Options{Files: []string{filepath.Join(dir, "users")}, Preset: "generic", TempDir: dir, Workers: 2}
		put := func(path string, data []byte) string {
			if err := os.WriteFile(path, data, 0o600); err != nil {
				t.Fatal(err)
			}
			return path
		}
		put(o.Files[0], data)
		if text != "" {
			o.Preset, o.MappingFile = "", put(filepath.Join(dir, "mapping.yaml"), []byte(text))
		}
		if how&1 != 0 {
			o.Duplicates = MergeDuplicates
		}
		o.Limit = int64(how >> 1 & 3)
		in, err := Open(t.Context(), o)
		if err != nil {
			return
		}
		defer in.Close()
		c := &collector{}
		sum, err := in.Scan(t.Context(), c)
		if refused := (*RefusedError)(nil); errors.As(err, &refused) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		if rows := usersIn(t, in); rows != int64(len(c.order)) {
			t.Fatalf("%d rows of the source became %d", rows, len(c.order))
		}
		accounted(t, c, sum)
		readAgain(t, in, c)
	})
}

// usersIn counts the rows that stand where users do, apart from the pass.
func usersIn(t *testing.T, in *Intake) (n int64) {
	t.Helper()
	for _, f := range in.files {
		err := f.Scan(context.Background(), func(b *source.Batch) error {
			for i, s := range b.Spans {
				v, bad := b.Parse(i, source.NewParser())
				if site := &f.sites[s.Site]; site.users && (bad != nil || in.isUser(site, v)) {
					n++
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return n
}

// accounted compares the sums with the rows, and each row with its class.
func accounted(t *testing.T, c *collector, sum Summary) {
	t.Helper()
	var got Summary
	for i, number := range c.order {
		it := c.items[number]
		if number != int64(i+1) {
			t.Fatalf("row %d came as number %d", i+1, number)
		}
		failed := false
		for _, p := range it.Problems {
			failed = failed || p.Severity == mapping.Error
		}
		if it.Disposition == Filtered {
			got.Filtered++
			continue
		}
		got.Rows++
		switch it.Disposition {
		case Use:
			if failed || it.User == nil || len(it.Keys) == 0 {
				t.Errorf("row %d is used: failed %v, %d keys, %v", number, failed, len(it.Keys), it.Problems)
			}
		case Reject:
			got.Rejected++
			if !failed {
				t.Errorf("row %d is rejected without an error", number)
			}
		case Skip:
			got.Skipped++
			if it.Reason == "" {
				t.Errorf("row %d is skipped without a reason", number)
			}
		case PartOf:
			head, ok := c.items[it.Head]
			if !ok || it.Head == number || head.Disposition == PartOf || head.Disposition == Filtered {
				t.Errorf("row %d is part of row %d, which is %v", number, it.Head, head.Disposition)
			}
			if it.Merged {
				got.Merged++
			}
			continue
		default:
			t.Errorf("row %d is in no class", number)
		}
		got.Records++
	}
	type sums struct{ rows, records, filtered, rejected, skipped int64 }
	a, b := sums{
		got.Rows,
		got.Records,
		got.Filtered,
		got.Rejected,
		got.Skipped,
	}, sums{
		sum.Rows,
		sum.Records,
		sum.Filtered,
		sum.Rejected,
		sum.Skipped,
	}
	if a != b {
		t.Errorf("the rows sum to %+v, the summary says %+v (merged %d and %d)", a, b, got.Merged, sum.Merged)
	}
}

// readAgain reads each record by its position, as the second pass does.
func readAgain(t *testing.T, in *Intake, c *collector) {
	t.Helper()
	var at []Position
	for _, number := range c.order {
		if it := c.items[number]; it.Disposition == Use {
			at = append(at, it.Position)
		}
	}
	n := 0
	for it, err := range in.Read(t.Context(), at) {
		if err != nil {
			t.Fatal(err)
		}
		if first := c.items[it.Number]; n >= len(at) || it.Number != at[n].Number || it.Key != first.Key {
			t.Fatalf("row %d with key %v was read again as row %d with key %v", at[n].Number, first.Key, it.Number, it.Key)
		}
		n++
	}
	if n != len(at) {
		t.Errorf("%d of %d records were read again", n, len(at))
	}
}

// FuzzCompanions reads any bytes as a companion file of each role. It is refused,
// or each of its rows that could be read joined somebody or nobody, and the users
// are as many as without it.
func FuzzCompanions(f *testing.F) {
	const users = "id,email,email_verified\nu1,ana@example.com,true\nu2,bo@example.com,true\nu3,cy@example.com,true\n"
	for _, text := range []string{"user,organization,roles\nu1,acme,admin\nu9,acme,\n\nu2\n", "external_id,name\nacme,Acme\n,\n",
		"id,hash,method\nu1,5f4dcc3b5aa765d61d8327deb882cf99,md5\nu2,,\n",
		`{"user":"u1","organization":"acme","roles":["admin"]}` + "\n{}\n[1]\n", "user_id,provider,subject\nu1,google,1042\n",
		"email;passwordHash\nana@example.com;$2b$10$x\n\"\n"} {
		for role := range uint8(4) {
			f.Add([]byte(text), role)
		}
	}
	f.Fuzz(func(t *testing.T, data []byte, role uint8) {
		dir := t.TempDir()
		o := Options{Files: []string{filepath.Join(dir, "users.csv")}, Preset: "generic", TempDir: dir, Workers: 2}
		companion := filepath.Join(dir, "companion")
		for path, data := range map[string][]byte{o.Files[0]: []byte(users), companion: data} {
			if err := os.WriteFile(path, data, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		switch role % 4 {
		case 0:
			o.Passwords = []string{companion}
		case 1:
			o.Memberships = []string{companion}
		case 2:
			o.Organizations = []string{companion}
		default:
			o.Identities = []string{companion}
		}
		in, err := Open(t.Context(), o)
		if err != nil {
			return
		}
		defer in.Close()
		c := &collector{}
		sum, err := in.Scan(t.Context(), c)
		if refused := (*RefusedError)(nil); errors.As(err, &refused) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		if sum.Records != 3 || len(c.order) != 3 {
			t.Errorf("%d records and %d rows of 3 users", sum.Records, len(c.order))
		}
		for _, n := range sum.Companions {
			if n.Rows != n.Joined+n.JoinedNobody || n.Malformed < 0 {
				t.Errorf("%+v", n)
			}
		}
		accounted(t, c, sum)
	})
}
