package mapping

import (
	"fmt"
	"slices"
	"sync"
	"testing"
)

// mapDocument maps a whole JSON document the way a reader does.
func mapDocument(t *testing.T, yaml, doc string) []Result {
	t.Helper()
	m, err := Load("test.yaml", []byte(yaml))
	if err != nil {
		t.Fatal(err)
	}
	v := mustJSON(t, doc)
	var records []Record
	for i, row := range jsonRows(m, v) {
		if m.IsRecord(row) {
			records = append(records, Record{Number: int64(i + 1), Fields: row})
		}
	}
	env := &Env{Now: goldenNow}
	env.Lookup = joinAll(t, m, t.TempDir(), v, records)
	var out []Result
	for i := range records {
		out = append(out, m.Map(&records[i], env))
	}
	return out
}

// TestNestedRecords: users lie inside organizations, their grants beside them.
func TestNestedRecords(t *testing.T) {
	got := mapDocument(t, `
records:
  - {at: 'orgs[*].humanUsers[*]', parent: [orgId, org.name]}
tables:
  userGrants:
    at: [{at: 'orgs[*].userGrants[*]', parent: [orgId]}]
    on: [{row: userId, user: userId}]
id: userId
emails: {value: user.email.email, verified: user.email.isEmailVerified}
memberships:
  - {external_id: $parent.orgId, name: '$parent["org.name"]'}
  - {each: $userGrants, external_id: '@["$parent"].orgId', roles: roleKeys}
`, `{"orgs":[{"orgId":"2180001","org":{"name":"ACME"},
	"userGrants":[{"userId":"2","roleKeys":["admin","editor"]}],
	"humanUsers":[{"userId":"2","user":{"email":{"email":"ana@example.com","isEmailVerified":true}}},{"userId":"3","user":{"email":{"email":"bo@example.org"}}}]}]}`)
	if len(got) != 2 {
		t.Fatalf("got %d records", len(got))
	}
	ms := got[0].User.Memberships
	if len(ms) != 1 || ms[0].Organization != (Organization{ExternalID: "2180001", Name: "ACME"}) ||
		!slices.Equal(ms[0].Roles, []string{"admin", "editor"}) {
		t.Errorf("memberships: %+v", ms)
	}
	if !got[0].User.Identities[0].Verified || got[1].User.Identities[0].Verified {
		t.Error("verified flags are wrong")
	}
}

// TestRowsOfOtherKinds: users, addresses and groups lie in one array.
func TestRowsOfOtherKinds(t *testing.T) {
	got := mapDocument(t, `
records: [{at: '[*]', where: {path: model, is: auth.user}}]
tables:
  addresses:
    at: [{at: '[*]', where: {path: model, is: account.emailaddress}}]
    on: [{row: fields.user, user: pk}]
  groups:
    at: [{at: '[*]', where: {path: model, is: auth.group}}]
    lookup: true
    key: pk
id: pk
emails:
  - fields.email
  - {each: $addresses, value: fields.email, verified: fields.verified, primary: fields.primary}
usernames: [{value: fields.username, keep_as: username}]
memberships: [{roles: {path: fields.groups, table: groups, take: fields.name}}]
`, `[{"model":"auth.group","pk":2,"fields":{"name":"editors"}},
	{"model":"auth.user","pk":1,"fields":{"username":"ana.p+x","email":"ana@example.com","groups":[2]}},
	{"model":"account.emailaddress","pk":9,"fields":{"user":1,"email":"ANA@example.com","verified":true,"primary":true}}]`)
	if len(got) != 1 {
		t.Fatalf("got %d records", len(got))
	}
	u := got[0].User
	if u.SourceID != "1" || len(u.Identities) != 1 || !u.Identities[0].Verified {
		t.Errorf("user: %+v", u)
	}
	if len(u.Memberships) != 1 || !slices.Equal(u.Memberships[0].Roles, []string{"editors"}) {
		t.Errorf("memberships: %+v", u.Memberships)
	}
	if !slices.Contains(u.Properties, KeyValue{"username", "ana.p+x"}) {
		t.Errorf("properties: %+v", u.Properties)
	}
}

// TestObjectsKeyedByProvider: the name of the member says who the provider is.
func TestObjectsKeyedByProvider(t *testing.T) {
	got := mapDocument(t, `
emails: primaryEmail
links: [{each: identities.*, provider: '@key', subject: userId, email: details.email}]
memberships: [{each: orgs.*, external_id: '@key', name: org_name, roles: user_role}]
`, `[{"primaryEmail":"ana@example.com","identities":{"google":{"userId":"1042","details":{"email":"a@example.com"}}},"orgs":{"o-1":{"org_name":"Acme","user_role":"Owner"}}}]`)
	u := got[0].User
	if len(u.Links) != 1 || u.Links[0] != (Link{Strategy: "oauth2:google", Provider: "google", Subject: "1042", Email: "a@example.com"}) {
		t.Errorf("links: %+v", u.Links)
	}
	if len(u.Memberships) != 1 || u.Memberships[0].Organization != (Organization{ExternalID: "o-1", Name: "Acme"}) {
		t.Errorf("memberships: %+v", u.Memberships)
	}
}

// TestHeadlessCSV: a file without a header is recognised by the number and shape of its cells.
func TestHeadlessCSV(t *testing.T) {
	m, err := Load("x.yaml", []byte(`
csv: {columns: [uid, email, verified]}
detect: [{format: csv, columns: [3, 4], match: {email: '@', verified: '^(true|false)$'}, says: three cells}]
id: uid
`))
	if err != nil {
		t.Fatal(err)
	}
	rows := [][]string{{"u1", "ana@example.com", "true", ""}, {"u2", "", "false", ""}}
	if c, why := m.fits(Sample{Format: "csv", Rows: rows}); c == 0 || why != "three cells" {
		t.Errorf("got %d %q", c, why)
	}
	odd := []string{"a", "b"}
	if c, _ := m.fits(Sample{Format: "csv", Rows: append(rows, odd)}); c == 0 {
		t.Error("one badly quoted row among good ones spoils the file")
	}
	if c, _ := m.fits(Sample{Format: "csv", Rows: append(rows, odd, odd, odd, odd, odd, odd, odd)}); c != 0 {
		t.Error("rows of two cells fit")
	}
}

// TestJoinKeys: the second pair counts only when the first finds nothing, and never meets it.
func TestJoinKeys(t *testing.T) {
	m, err := Load("x.yaml", []byte("id: id\nemails: email\n"))
	if err != nil {
		t.Fatal(err)
	}
	for i := range m.Tables() {
		tab := &m.Tables()[i]
		if tab.Companion != "passwords" {
			continue
		}
		groups := tab.UserKeys(&Record{Fields: mustJSON(t, `{"id":"1","email":"Ana@Example.com"}`)})
		if len(groups) != 2 {
			t.Fatalf("groups: %v", groups)
		}
		byMail := tab.RowKeys(mustJSON(t, `{"Email":"ana@example.com","hash":"x"}`))
		byID := tab.RowKeys(mustJSON(t, `{"User ID":1,"hash":"x"}`))
		if !slices.Equal(byID, groups[0]) || !slices.Equal(byMail, groups[1]) {
			t.Errorf("keys %v and %v, groups %v", byID, byMail, groups)
		}
		return
	}
	t.Error("there is no table for --passwords")
}

// TestDetectionPrefersTheSpecific: an Auth0 file also fits the generic preset.
func TestDetectionPrefersTheSpecific(t *testing.T) {
	m, _ := Preset("auth0")
	s, _, _ := readInput(t, m, "testdata/presets/auth0", "input")
	got := Detect(s)
	if len(got) < 2 || got[0].Preset != "auth0" || !got[len(got)-1].Generic || got[0].Evidence == "" || Tied(got) != nil {
		t.Errorf("got %+v", got)
	}
	two := []Match{{Preset: "a", Confidence: 90}, {Preset: "b", Confidence: 90}, {Preset: "c", Confidence: 80}}
	if len(Tied(two)) != 2 {
		t.Error("a tie is not told")
	}
}

// TestMapConcurrently maps records with different members from several goroutines.
func TestMapConcurrently(t *testing.T) {
	m, err := Preset("generic")
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for g := range 4 {
		wg.Go(func() {
			for i := range 200 {
				v := Value{Kind: Object, Keys: []string{"id", "email", fmt.Sprintf("extra%d", (g+i)%7)},
					Elems: []Value{{Kind: Number, Text: fmt.Sprint(i)}, StringValue(fmt.Sprintf("u%d@example.com", i)), StringValue("x")}}
				r := m.Map(&Record{Number: int64(i), Fields: v}, nil)
				if r.User.SourceID != fmt.Sprint(i) || r.User.Identities[0].Value != fmt.Sprintf("u%d@example.com", i) || len(r.User.Dropped) != 1 {
					t.Errorf("record %d became %+v", i, r.User)
				}
			}
		})
	}
	wg.Wait()
}

// TestDetectionOfUnknownEnvelopes: what no preset knows still fits the generic one.
func TestDetectionOfUnknownEnvelopes(t *testing.T) {
	for _, doc := range []string{`{"meta":{"page":1},"export":{"staff":[{"email":"ana@example.com","id":1}]}}`,
		`{"email":"ana@example.com","uid":"1"}`} {
		got := Detect(Sample{Format: "json", Head: mustJSON(t, doc)})
		if len(got) == 0 || !got[len(got)-1].Generic {
			t.Errorf("%s: got %+v", doc, got)
		}
	}
}
