package intake

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/kinde-migrate/kinde-migrate/internal/mapping"
)

const bcryptHash = "$2b$10$N9qo8uLOickgx2ZMRZoMye7YGr7uUPNV3SZBcYzoSWkkexSvRfk6W"

// TestJoinedRowsAreOnePerson reads tables joined with accounts and memberships,
// one row for each: hash, links and memberships of all rows are kept.
func TestJoinedRowsAreOnePerson(t *testing.T) {
	for _, c := range []struct {
		name, csv              string
		records                int64
		links, roles, problems int
	}{
		{"accounts", "id,name,email,emailVerified,banned,providerId,accountId,password\n" +
			"u1,Ana,ana@example.com,t,f,google,1042,\n" +
			"u1,Ana,ana@example.com,t,f,credential,u1," + bcryptHash + "\n" +
			"u2,Bo,bo@example.com,t,f,github,77,\n" +
			"u1,Ana,ana@example.com,t,f,github,88,\n", 2, 2, 0, 0},
		{"accounts and members", "id,name,email,emailVerified,banned,providerId,accountId,password,organizationId,memberRole\n" +
			"u1,Ana,ana@example.com,t,f,credential,u1," + bcryptHash + ",acme,owner\n" +
			"u1,Ana,ana@example.com,t,f,google,1042,,acme,owner\n" +
			"u1,Ana,ana@example.com,t,f,credential,u1," + bcryptHash + ",umbrella,member\n" +
			"u1,Ana,ana@example.com,t,f,google,1042,,umbrella,member\n", 1, 1, 2, 0},
		{"two hashes", "id,name,email,emailVerified,banned,providerId,accountId,password\n" +
			"u1,Ana,ana@example.com,t,f,credential,u1," + bcryptHash + "\n" +
			"u1,Ana,ana@example.com,t,f,credential,u1," + strings.Replace(bcryptHash, "N9qo", "N9qa", 1) + "\n", 1, 0, 0, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			in, err := Open(context.Background(), Options{Files: []string{write(t, "users.csv", c.csv)}, TempDir: t.TempDir()})
			if err != nil {
				t.Fatal(err)
			}
			defer in.Close()
			v := &collector{}
			sum, err := in.Scan(context.Background(), v)
			if err != nil {
				t.Fatal(err)
			}
			if sum.Records != c.records || sum.Rejected != 0 {
				t.Fatalf("%d records, %d rejected\n%s", sum.Records, sum.Rejected, v.story())
			}
			ana := v.items[1]
			roles := 0
			for _, m := range ana.User.Memberships {
				roles += len(m.Roles)
			}
			unread := 0
			for _, p := range ana.Problems {
				if p.Code == mapping.PasswordUnread {
					unread++
				}
			}
			if ana.User.Password == nil || len(ana.User.Links) != c.links || roles != c.roles || unread != c.problems {
				t.Errorf("password %v, links %v, memberships %v, problems %v", ana.User.Password, ana.User.Links, ana.User.Memberships, ana.Problems)
			}
			if c.problems == 0 && len(sum.Notices) != 0 {
				t.Errorf("nothing is missing, but it says %v", sum.Notices)
			}
		})
	}
}

// TestWaitingListIsNoUsers refuses the waiting list of Kinde's data export.
func TestWaitingListIsNoUsers(t *testing.T) {
	const line = `{"email":"ana@example.com","first_name":"Ana","created_on":"2026-01-02T10:00:00+00:00"}` + "\n"
	_, err := Open(context.Background(), Options{Files: []string{write(t, "access_requests.ndjson", line)}, TempDir: t.TempDir()})
	if err == nil || !strings.Contains(err.Error(), "waiting list") {
		t.Errorf("opened: %v", err)
	}
	// Under another name the shape tells it, beside the users or alone.
	users := `{"id":"kp_0a","email":"bo@example.com","identities":[{"type":"email","identity":"bo@example.com"}],"business_code":"bc1","organizations":["org_1"],"created_on":"2026-01-02T10:00:00+00:00","email_verified":true}` + "\n"
	waiting := `{"email":"ana@example.com","first_name":"Ana","business_code":"bc1","created_on":"2026-01-02T10:00:00+00:00"}` + "\n"
	organization := `{"name":"Acme","business_code":"bc1","organization_code":"org_1","created_on":"2026-01-02T10:00:00+00:00"}` + "\n"
	for name, files := range map[string][]string{
		"beside the users": {write(t, "users.ndjson", users), write(t, "waiting.ndjson", waiting),
			write(t, "organizations.ndjson", organization)},
		"alone": {write(t, "waiting.ndjson", waiting)},
	} {
		in, err := Open(context.Background(), Options{Files: files, TempDir: t.TempDir()})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		v := &collector{}
		sum, err := in.Scan(context.Background(), v)
		in.Close()
		if err != nil || sum.Records-sum.Skipped != int64(len(files)/3) {
			t.Errorf("%s: %d records, %d skipped, %v\n%s", name, sum.Records, sum.Skipped, err, v.story())
		}
	}
}

// TestNoticesCountPersons counts a person with several rows once, with what all of them bring.
func TestNoticesCountPersons(t *testing.T) {
	mapping := write(t, "m.yaml", "extends: better-auth\nnotices:\n  - {missing: passwords, among: true, says: Ask for them.}\n")
	users := write(t, "users.csv", "id,name,email,emailVerified,banned,providerId,accountId,password\n"+
		"u1,Ana,ana@example.com,t,f,google,1042,\nu1,Ana,ana@example.com,t,f,credential,u1,"+bcryptHash+"\nu2,Bo,bo@example.com,t,f,github,77,\n")
	in, err := Open(context.Background(), Options{Files: []string{users}, MappingFile: mapping, TempDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	sum, err := in.Scan(context.Background(), &collector{})
	if err != nil || len(sum.Notices) != 1 || sum.Notices[0].Records != 1 || sum.Notices[0].Of != 2 {
		t.Errorf("%v %+v, want 1 of 2", err, sum.Notices)
	}
}

// TestADumpThatBeginsWithOtherRows recognises Django's dumpdata behind its permissions.
func TestADumpThatBeginsWithOtherRows(t *testing.T) {
	for name, user := range map[string]string{
		"auth.user":    `{"model":"auth.user","pk":7,"fields":{"username":"ana","email":"ana@example.com","password":"!","is_active":true}}`,
		"crm.customer": `{"model":"crm.customer","pk":7,"fields":{"email":"ana@example.com","password":"pbkdf2_sha256$20000$seasalt$oBSd886ysm3AqYun62DOdin8YcfbU1z9cksZSuLP9r0="}}`,
	} {
		rows := strings.Repeat(
			`{"model":"auth.permission","pk":1,"fields":{"name":"Can add log entry","content_type":1,"codename":"add_logentry"}},`,
			300,
		)
		in, err := Open(context.Background(), Options{Files: []string{write(t, "dump.json", "["+rows+user+"]")}, TempDir: t.TempDir()})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		sum, err := in.Scan(context.Background(), &collector{})
		if err != nil || in.Source().Preset != "django" || sum.Records != 1 || sum.Rejected != 0 {
			t.Errorf("%s: %v, preset %s, %+v", name, err, in.Source().Preset, sum)
		}
		in.Close()
	}
}

// A record with more rows than one may have is rejected with all of them. They
// are kept by where they begin and end: there may be as many as the file has.
func TestTooManyRowsAreKeptTogether(t *testing.T) {
	const rows = maxRows + 2000
	var b strings.Builder
	b.WriteString("id,email,organization\n")
	for n := range rows {
		if n == rows/2 {
			b.WriteString("u2,bo@example.com,o\n")
		}
		fmt.Fprintf(&b, "u1,ana@example.com,o%d\n", n)
	}
	text := b.String()
	path := write(t, "users.csv", text)
	in, c, sum := scan(t, Options{Files: []string{path}, Preset: "generic"})
	defer in.Close()
	if sum.Records != 2 || sum.Rejected != 1 || sum.Rows != rows+1 {
		t.Fatalf("%d rows, %d records, %d rejected", sum.Rows, sum.Records, sum.Rejected)
	}
	it := c.items[1]
	if it.Disposition != Reject || len(it.Rows) != 2 {
		t.Fatalf("%v with %d pieces", it.Disposition, len(it.Rows))
	}
	whole := text[it.Offset:it.Offset+it.Length] + "\n"
	for _, p := range it.Rows {
		whole += text[p.Offset:p.Offset+p.Length] + "\n"
	}
	if want := strings.Replace(strings.TrimPrefix(text, "id,email,organization\n"), "u2,bo@example.com,o\n", "", 1); whole != want {
		t.Errorf("%d bytes are handed back of %d", len(whole), len(want))
	}
}
