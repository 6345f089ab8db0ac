package mapping

import (
	"fmt"
	"slices"
	"testing"
)

const columnsMapping = `
id: id
emails: email
tables:
  accounts: {companion: identities, on: [{row: [person, _person], user: id}]}
  teams: {at: ['teams[*]'], lookup: true, key: team_id}
links:
  - {each: $accounts, provider: kind, subject: [sub, subject]}
password: [{each: $passwords, hash: hash, salt: salt}]
properties: [{each: $accounts, key_from: kind, value: score}, {key: team, value: {path: team, table: teams, take: label}}]
drop: ['$accounts[*].token']
ignore: ['$accounts[*].etag', '/realm/clients', '/*/exported']
`

// TestColumnsOfTables tells what becomes of the columns of rows, and which names
// somebody who writes such a file may use.
func TestColumnsOfTables(t *testing.T) {
	m, err := Load("t.yaml", []byte(columnsMapping))
	if err != nil {
		t.Fatal(err)
	}
	got := m.Columns("accounts", []string{"person", "kind", "sub", "score", "token", "etag", "other"})
	want := []RowColumn{
		{Name: "person", Joins: true, Known: true},
		{Name: "kind", Targets: []string{"links provider", "properties key"}, Known: true},
		{Name: "sub", Targets: []string{"links subject"}, Known: true},
		{Name: "score", Targets: []string{"properties"}, Known: true},
		{Name: "token", Known: true},
		{Name: "etag", Known: true},
		{Name: "other"},
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("accounts:\n%+v\nwant\n%+v", got, want)
	}
	if got := m.Columns("teams", []string{"team_id", "label", "x"}); fmt.Sprint(got) !=
		fmt.Sprint([]RowColumn{{"team_id", true, nil, true}, {"label", false, []string{"properties team"}, true}, {Name: "x"}}) {
		t.Errorf("teams: %+v", got)
	}
	for table, want := range map[string][2][]string{
		"accounts": {{"person"}, {"kind", "sub", "subject", "score"}},
		"teams":    {{"team_id"}, {"label"}},
		"passwords": {{"user_id", "id", "_id.$oid", "sub", "uid", "source_id", "provided_id", "email", "email_address", "mail"},
			{"hash", "salt"}},
		"nowhere": {},
	} {
		if keys, values := m.ColumnsFor(table); table != "passwords" && (!slices.Equal(keys, want[0]) || !slices.Equal(values, want[1])) {
			t.Errorf("%s: keys %q, values %q", table, keys, values)
		} else if table == "passwords" && (!slices.Contains(keys, "user_id") || slices.Contains(keys,
			"userId") || !slices.Equal(values, want[1])) {
			t.Errorf("%s: keys %q, values %q", table, keys, values)
		}
	}
}

// TestRowsOfTables cuts a row into what its record gets and what nobody gets.
func TestRowsOfTables(t *testing.T) {
	m, err := Load("t.yaml", []byte("id: id\nlinks: [{each: $accounts, provider: kind, subject: sub}]\n"+
		"tables: {accounts: {companion: identities, keep: [kind, sub], on: [{row: person, user: id}]},\n"+
		"  teams: {at: ['teams[*]'], lookup: true, key: id}}\n"+
		"properties: [{key: team, value: {path: team, table: teams, take: label}}]"))
	if err != nil {
		t.Fatal(err)
	}
	want := map[string][2]string{
		"accounts":  {`{"kind":"google","sub":"7"}`, `{"other":"x"}`},
		"teams":     {`{"kind":"google","other":"x","sub":"7"}`, `{"kind":"google","other":"x","sub":"7"}`},
		"passwords": {`{"kind":"google","other":"x","sub":"7"}`, `{}`},
	}
	for _, table := range m.Tables() {
		row := mustJSON(t, `{"kind":"google","other":"x","sub":"7"}`)
		if got := [2]string{table.Kept(row).JSON(), table.Left(row).JSON()}; want[table.Name][0] != "" && got != want[table.Name] {
			t.Errorf("%s: %q", table.Name, got)
		}
	}
}

// TestRowFields counts what a row holds that no record takes along, and names a
// password in it.
func TestRowFields(t *testing.T) {
	m, err := Load("t.yaml", []byte(columnsMapping))
	if err != nil {
		t.Fatal(err)
	}
	filled, secrets := m.RowFields("accounts", mustJSON(t, `{"person":"1","kind":"","sub":null,"other":[{"a":1},{"a":2}],
		"old_password":"$2a$10$N9qo8uLOickgx2ZMRZoMye7YGr7uUPNV3SZBcYzoSWkkexSvRfk6W","token":"x"}`))
	var paths []string
	for _, f := range m.Fields() {
		if slices.Contains(filled, f.ID) {
			paths = append(paths, f.Path)
		}
	}
	slices.Sort(paths)
	if want := []string{"$accounts[*].old_password", "$accounts[*].other[*].a", "$accounts[*].person",
		"$accounts[*].token"}; !slices.Equal(paths, want) {
		t.Errorf("filled %q", paths)
	}
	if !slices.Equal(secrets, []string{"$accounts[*].old_password"}) {
		t.Errorf("secrets %q", secrets)
	}
	if filled, secrets := m.RowFields("accounts", mustJSON(t, `{"person":"1"}`)); len(filled) != 1 || secrets != nil {
		t.Errorf("a row without a secret: %v %q", filled, secrets)
	}
}

// TestBesideTheRecords tells frames and what a mapping lists from what nobody reads.
func TestBesideTheRecords(t *testing.T) {
	m, err := Load("t.yaml", []byte(columnsMapping))
	if err != nil {
		t.Fatal(err)
	}
	const frame, unread = "ignored: how the records are paged and framed", "not_read: not read: it is beside the users"
	for path, want := range map[string]string{
		"/realm/clients":   "ignored: listed under ignore",
		"/Realm/Clients":   "ignored: listed under ignore",
		"/data/exported":   "ignored: listed under ignore",
		"/exported":        unread,
		"/realm/clients/x": unread,
		"/total":           frame, "/data/Total_Count": frame, "/next-page-token": frame, "/@odata.nextLink": frame,
		"/_links": frame, "/meta": frame,
		"/hasMore": frame, "/totals": unread, "/users": frame, "/members": unread, "/linked": unread, "/mytotal": unread,
		"/*/type": frame, "/*/name": frame, "/*/database": frame, "/*/version": frame, "/*/comment": frame,
		"/type": unread, "/name": unread, "/x/*/name": unread, "/*/names": unread, "/version": unread,
	} {
		if fate, why := m.Beside(path); string(fate)+": "+why != want {
			t.Errorf("%s: %s: %s, want %s", path, fate, why, want)
		}
	}
}

// TestJoins tells by which keys rows and records meet.
func TestJoins(t *testing.T) {
	m, err := Load("t.yaml", []byte(`
id: id
emails: email
tables:
  a: {at: ['a[*]'], on: [{row: [uid, 'more[*]'], user: [id, old]}, {row: mail, user: email, fold: true}]}
  l: {at: ['l[*]'], lookup: true, key: lid}
  e: {at: ['e[*]'], on: [{row: uid, user: '=id / 1'}]}
`))
	if err != nil {
		t.Fatal(err)
	}
	table := map[string]*Table{}
	for i := range m.Tables() {
		table[m.Tables()[i].Name] = &m.Tables()[i]
	}
	for _, c := range []struct{ table, row, want string }{
		{"a", `{"uid":7,"mail":"Ana@Example.com"}`, "[0:7 1:ana@example.com]"},
		{"a", `{"more":["x","","y"]}`, "[0:x 0:y]"},
		{"a", `{"uid":" ","mail":null}`, "[]"},
		{"l", `{"lid":"Seven"}`, "[Seven]"},
	} {
		if got := fmt.Sprint(table[c.table].RowKeys(mustJSON(t, c.row))); got != c.want {
			t.Errorf("row %s of %s: %s, want %s", c.row, c.table, got, c.want)
		}
	}
	for _, c := range []struct{ table, record, want string }{
		{"a", `{"id":7,"old":8,"email":["Ana@Example.com","ana@example.com","bo@example.com"]}`, "[[0:7] [1:ana@example.com 1:bo@example.com]]"},
		{"a", `{"email":"ana@example.com"}`, "[[1:ana@example.com]]"},
		{"a", `{"x":1}`, "[]"},
		{"l", `{"id":7}`, "[]"},
	} {
		rec := Record{Fields: mustJSON(t, c.record)}
		if got := fmt.Sprint(table[c.table].UserKeys(&rec)); got != c.want {
			t.Errorf("record %s for %s: %s, want %s", c.record, c.table, got, c.want)
		}
		if why := table[c.table].UserFault(&rec); why != "" {
			t.Errorf("record %s for %s: %s", c.record, c.table, why)
		}
	}
	rec := Record{Fields: mustJSON(t, `{"id":{}}`)}
	if got := table["e"].UserFault(&rec); got != "the expression for join can't be computed: invalid operation: map at character 4" {
		t.Errorf("fault: %q", got)
	}
	if (&Table{}).UserKeys(&rec) != nil || (&Table{}).UserFault(&rec) != "" {
		t.Error("a table without keys joins")
	}
}
