package intake

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/kinde-migrate/kinde-migrate/internal/mapping"
)

// TestWhatStandsAroundTheRecords asks what becomes of a document's other members, of
// rows that are not users, and of rows that hold nothing: each is counted and named.
func TestWhatStandsAroundTheRecords(t *testing.T) {
	const (
		ana    = `{"id":"u1","email":"ana@example.com","name":"Ana Lind"}`
		djuser = `{"model":"auth.user","pk":1,"fields":{"password":"!x","username":"ana","first_name":"A","last_name":"L","email":"ana@example.com","is_active":true,"is_staff":false,"is_superuser":false}}`
	)
	for name, c := range map[string]struct {
		text    string
		options Options
		fields  []string // path, how often, fate
		notices []string // kind, what, how many
	}{
		"lists, objects and values": {text: `{"tenant":"acme","users":[` + ana + `],"groups":[{"id":1,"m":[1,2]},{"id":2}],"settings":{"a":1},"plan":"pro","empty":[],"none":null,"off":false,"nil":{}}`,
			fields: []string{"/groups 2 not_read", "/plan 1 not_read", "/settings 1 not_read", "/tenant 1 not_read"}},
		"deeper": {text: `{"data":{"users":[` + ana + `],"teams":["a","b","c"]},"meta":{"total":1}}`, options: Options{Preset: "generic"},
			fields: []string{"/data/teams 3 not_read", "/meta 1 ignored"}},
		"a long list": {text: `{"users":[` + ana + `],"teams":[` + strings.Repeat(`{"t":"a,b","n":[1,2]},`, 9999) + `{}]}`,
			fields: []string{"/teams 10000 not_read"}},
		"listed under ignore": {text: `{"users":[` + ana + `],"groups":[1]}`,
			options: Options{MappingFile: write(t, "m.yaml", "extends: generic\nadd:\n  ignore: {kept elsewhere: [/groups]}\n")},
			fields:  []string{"/groups 1 ignored"}},
		"a page of several": {text: `{"total":250,"users":[` + ana + `]}`, fields: []string{"/total 1 ignored"},
			notices: []string{"missing records 249"}},
		"the only page": {text: `{"total":1,"next":null,"limit":100,"users":[` + ana + `]}`,
			fields: []string{"/limit 1 ignored", "/total 1 ignored"}},
		"a page that follows": {text: `{"users":[` + ana + `],"nextPageToken":"x"}`, fields: []string{"/nextPageToken 1 ignored"},
			notices: []string{"missing records 0"}},
		"links of pages": {text: `{"_links":{"self":{"href":"a"},"next":{"href":"b"}},"users":[` + ana + `]}`,
			fields: []string{"/_links 1 ignored"}, notices: []string{"missing records 0"}},
		"links of one page": {text: `{"_links":{"self":{"href":"a"}},"users":[` + ana + `]}`, fields: []string{"/_links 1 ignored"}},
		"rows of other models": {text: `[` + djuser + `,{"model":"auth.permission","pk":1,"fields":{"name":"x"}},{"model":"auth.permission","pk":2,"fields":{"name":"y"}},` +
			`{"model":"crm.town","pk":1,"fields":{"name":"x"}},{"model":"crm.profile","pk":1,"fields":{"user":1,"phone":"+12015550100"}}]`,
			notices: []string{"missing links 1", "unread crm.profile 1", "passed rows that are not users 3"}},
		"entries of a directory": {text: "dn: dc=example,dc=com\nobjectClass: top\nobjectClass: domain\ndc: example\n\ndn: cn=printer,dc=example,dc=com\nobjectClass: device\ncn: printer\n\n" +
			"dn: uid=ana,dc=example,dc=com\nobjectClass: inetOrgPerson\nuid: ana\nmail: ana@example.com\nsn: Lind\ncn: Ana Lind\n",
			notices: []string{"missing passwords 1", "missing operational attributes 1", "passed rows that are not users 2"}},
		"blank rows": {text: "id,email,given_name\n,,\n1,ana@example.com,Ana\n\n , ,\n2,bo@example.com,Bo\n\n\n",
			notices: []string{"passed blank rows 3"}},
		"the end of a query": {text: "id\temail\tgiven_name\n1\tana@example.com\tAna\n(1 row)\n\n"},
	} {
		t.Run(name, func(t *testing.T) {
			o := c.options
			o.Files = []string{write(t, "users", c.text)}
			o.Looking = true
			_, _, sum := scan(t, o)
			var fields, notices []string
			for _, f := range sum.Fields {
				if strings.HasPrefix(f.Path, "/") {
					fields = append(fields, fmt.Sprintf("%s %d %s", f.Path, f.Filled, f.Fate))
				}
			}
			for _, n := range sum.Notices {
				notices = append(notices, fmt.Sprintf("%s %s %d", n.Kind, n.What, n.Records))
			}
			if !slices.Equal(fields, c.fields) {
				t.Errorf("fields: %q, want %q", fields, c.fields)
			}
			if !slices.Equal(notices, c.notices) {
				t.Errorf("notices: %q, want %q", notices, c.notices)
			}
		})
	}
}

// TestPages asks of every way in which interfaces page whether a source that is
// one page of several is refused, taken where that is meant, and whether one with
// its last page is taken.
func TestPages(t *testing.T) {
	user := func(n int) string { return fmt.Sprintf(`{"id":"u%d","email":"p%d@example.com"}`, n, n) }
	for _, c := range []struct{ name, more, last string }{
		{"a token", `"nextPageToken":"x"`, `"nextPageToken":""`},
		{"Google's and AWS's", `"NextToken":"x"`, `"NextToken":null`},
		{"a flag", `"has_more":true`, `"has_more":false`},
		{"OData", `"@odata.nextLink":"https://graph.example.com/?$skiptoken=x"`, `"@odata.context":"x"`},
		{"a cursor", `"next_cursor":"x"`, `"next_cursor":null`},
		{"a cursor in an object", `"response_metadata":{"next_cursor":"x"}`, `"response_metadata":{"next_cursor":""}`},
		{"an address in an object", `"page":{"size":1,"next":"https://example.com/?page=2"}`, `"page":{"size":1,"next":null}`},
		{"what follows in an object", `"list_metadata":{"before":null,"after":"u1"}`, `"list_metadata":{"before":"u1","after":null}`},
		{"a flag in an object", `"meta":{"pagination":{"has_next_page":true}}`, `"meta":{"pagination":{"has_next_page":false}}`},
		{"GraphQL", `"pageInfo":{"hasNextPage":true,"endCursor":"x"}`, `"pageInfo":{"hasNextPage":false,"endCursor":"x"}`},
		{"links", `"links":{"first":"a","next":"b"}`, `"links":{"first":"a","next":null}`},
		{"HAL", `"_links":{"self":{"href":"a"},"next":{"href":"b"}}`, `"_links":{"self":{"href":"a"}}`},
		{"the number of the next page", `"next_page":2`, `"next_page":null`},
		{"a last page that this is not", `"last":false`, `"last":true`},
		{"a total", `"total":7`, `"total":2`},
		{"a total of text", `"totalResults":"7"`, `"totalResults":"2"`},
		{"a total in an object", `"page":{"size":1,"totalElements":7}`, `"page":{"size":1,"totalElements":2}`},
	} {
		page := func(n int, about string) string { return "{" + about + `,"users":[` + user(n) + "]}" }
		behind := func(n int, about string) string { return `{"users":[` + user(n) + "]," + about + "}" }
		one, two := page(1, c.more), behind(2, c.last)
		for name, whole := range map[string]bool{one: false, behind(1, c.more): false, one + "\n" + one: false,
			"[" + one + "," + one + "]":  false,
			two + "\n" + page(1, c.last): true, "[" + page(1, c.last) + ",\n" + two + "]": true} {
			for _, incomplete := range []bool{false, true} {
				err := scanned(t, Options{Files: []string{write(t, "users.json", name)}, Preset: "generic", Incomplete: incomplete})
				if refused := err != nil; refused == (whole || incomplete) {
					t.Errorf("%s, accepted %v: %v\n%s", c.name, incomplete, err, name)
				}
			}
		}
		if strings.HasPrefix(c.name, "a total") {
			continue
		}
		for name, source := range map[string][]string{"one file": {one + "\n" + two}, "an array": {"[" + one + ",\n" + two + "]"},
			"two files": {one, two}} {
			var files []string
			for i, text := range source {
				files = append(files, write(t, fmt.Sprint(i), text))
			}
			if err := scanned(t, Options{Files: files, Preset: "generic"}); err != nil {
				t.Errorf("%s, all pages in %s: %v", c.name, name, err)
			}
		}
		companion := write(t, "members.json", `{"memberships":[{"user":"u1","organization":"o1"}],`+c.more+"}")
		if err := scanned(t, Options{Files: []string{write(t, "u.json", "["+user(1)+"]")}, Preset: "generic",
			Memberships: []string{companion}}); err == nil {
			t.Errorf("%s: a page of memberships passes", c.name)
		}
	}
}

// TestSearchesThatWereCut refuses what ldapsearch says is a part, in its own words.
func TestSearchesThatWereCut(t *testing.T) {
	const ana = "dn: uid=ana,dc=example\nobjectClass: inetOrgPerson\nuid: ana\nmail: ana@example.com\nentryUUID: 1\n\n# search result\nsearch: 2\n"
	for name, c := range map[string]struct{ text, want string }{
		"all":          {ana + "result: 0 Success\n\n# numResponses: 2\n# numEntries: 1\n", ""},
		"a size limit": {ana + "result: 4 Size limit exceeded\n", "size limit exceeded"},
		"a time limit": {ana + "result: 3 Time limit exceeded\n", "time limit exceeded"},
		"the first page": {ana + "result: 0 Success\ncontrol: 1.2.840.113556.1.4.319 false MA0=\npagedresults: cookie=ewAAAA==\n",
			"another page"},
		"the last page":   {ana + "result: 0 Success\npagedresults: cookie=ewAAAA==\n\n# search result\nsearch: 3\nresult: 0 Success\npagedresults: cookie=\n", ""},
		"without a word":  {ana + "result: 11\n", "result 11"},
		"an entry called": {"dn: cn=search\nobjectClass: person\nsearch: x\nresult: 4\nuid: s\nmail: s@example.com\nentryUUID: 2\n", ""},
	} {
		err := scanned(t, Options{Files: []string{write(t, "search.ldif", c.text)}})
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}

func scanned(t *testing.T, o Options) error {
	t.Helper()
	o.TempDir = t.TempDir()
	in, err := Open(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	_, err = in.Scan(context.Background(), &counted{})
	return err
}

// TestColumnsOfTables accounts for the columns of rows that no record takes along.
func TestColumnsOfTables(t *testing.T) {
	users := write(
		t,
		"users.json",
		`{"users":[{"id":"u1","email":"ana@example.com","role_id":7}],"roles":[{"id":7,"key":"editor","color":"red","more":{"a":1}},{"id":8,"key":"x","color":""},{"key":"nobody"}]}`,
	)
	m := write(t, "m.yaml", `
records: ['users[*]']
id: id
emails: [email]
tables:
  roles: {at: ['roles[*]'], lookup: true, key: id}
memberships:
  - {organization: {value: acme}, roles: {path: role_id, table: roles, take: key}}
`)
	organizations := write(t, "organizations.csv", "external_id,name,vat\nacme,Acme,42\n")
	_, _, sum := scan(t, Options{Files: []string{users}, MappingFile: m, Organizations: []string{organizations}})
	got := map[string]string{}
	for _, f := range sum.Fields {
		if strings.HasPrefix(f.Path, "$") {
			got[f.Path] = fmt.Sprintf("%d %s", f.Filled, f.Fate)
		}
	}
	for path, want := range map[string]string{
		"$roles[*].id": "2 used", "$roles[*].key": "3 used", "$roles[*].color": "1 not_read", "$roles[*].more.a": "1 not_read",
		"$organizations[*].external_id": "1 used", "$organizations[*].name": "1 used", "$organizations[*].vat": "1 not_read",
	} {
		if got[path] != want {
			t.Errorf("%s: %q, want %q", path, got[path], want)
		}
	}
	if n := slices.IndexFunc(sum.Companions, func(c CompanionCount) bool { return c.Role == "roles" && c.Malformed == 1 }); n < 0 {
		t.Errorf("the role without an id is not counted: %+v", sum.Companions)
	}
}

// TestPasswordsInRowsThatNothingReads names a hash wherever it stands: in a row that
// is asked by key, in a list, an object or rows of another kind beside the users.
func TestPasswordsInRowsThatNothingReads(t *testing.T) {
	const hash = `"$2b$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy"`
	const user = `{"id":"u1","email":"ana@example.com","profile_id":7}`
	lookup := write(
		t,
		"m.yaml",
		"records: ['users[*]']\nid: id\nemails: [email]\ngiven_name: {path: profile_id, table: profiles, take: first}\n"+
			"tables:\n  profiles: {at: ['profiles[*]'], lookup: true, key: id}\n",
	)
	kept := write(t, "k.yaml", "records: ['users[*]']\nid: id\nemails: [email]\ngiven_name: '$profiles[0].first'\n"+
		"tables:\n  profiles: {at: ['profiles[*]'], on: [{row: user_id, user: id}], keep: [first]}\n")
	for name, c := range map[string]struct {
		text    string
		options Options
		problem string // the field of PASSWORD_UNREAD
		notice  string // what it speaks of
	}{
		"a row that is asked": {`{"users":[` + user + `],"profiles":[{"id":7,"first":"Ana","login":{"secret":` + hash + `}}]}`,
			Options{MappingFile: lookup},
			"$profiles[*].login.secret", "$profiles[*].login.secret"},
		"a row that nobody asks": {`{"users":[` + user + `],"profiles":[{"id":8,"first":"Ana","pw":` + hash + `}]}`,
			Options{MappingFile: lookup}, "", "$profiles[*].pw"},
		"what is not kept": {`{"users":[` + user + `],"profiles":[{"user_id":"u1","first":"Ana","password_hash":"0123456789abcdef0123456789abcdef"}]}`, Options{MappingFile: kept}, "", "$profiles[*].password_hash"},
		"a list": {`{"users":[` + user + `],"logins":[{"owner":"u1","secret":` + hash + `}]}`, Options{Preset: "generic"}, "",
			"logins"},
		"a list of sessions": {`{"users":[` + user + `],"user_sessions":[{"owner":"u1","secret":` + hash + `}]}`,
			Options{Preset: "generic"}, "", "user_sessions"},
		"an object": {`{"users":[` + user + `],"hashes":{"ana@example.com":` + hash + `}}`, Options{Preset: "generic"}, "",
			"hashes"},
		"settings that a preset ignores": {`{"realm":"r","users":[{"id":"k1","username":"ana","enabled":true,"emailVerified":true,"email":"ana@example.com","requiredActions":[]}],"stored":[{"h":` + hash + `}]}`,
			Options{}, "", "stored"},
		"rows of another kind": {`[{"model":"auth.user","pk":1,"fields":{"password":"!x","username":"ana","first_name":"A","last_name":"L","email":"ana@example.com","is_active":true,"is_staff":false,"is_superuser":false}},` +
			`{"model":"legacy.login","pk":1,"fields":{"name":"ana","hash":` + hash + `}}]`, Options{}, "", "legacy.login"},
		"an entry of another kind": {"dn: uid=ana,dc=example\nobjectClass: inetOrgPerson\nuid: ana\nmail: ana@example.com\nentryUUID: 1\n\n" +
			"dn: cn=store\nobjectClass: applicationProcess\nuserPassword: {SSHA512}0123456789abcdef0123456789abcdef\n", Options{}, "",
			"applicationProcess"},
	} {
		o := c.options
		o.Files = []string{write(t, "users", c.text)}
		_, rows, sum := scan(t, o)
		found := ""
		for _, r := range rows.items {
			for _, p := range r.Problems {
				if p.Code == mapping.PasswordUnread {
					found = p.Field
				}
			}
		}
		if found != c.problem {
			t.Errorf("%s: the record speaks of %q, want %q", name, found, c.problem)
		}
		if !slices.ContainsFunc(sum.Notices, func(n mapping.Notice) bool { return n.Kind == "unread" && n.What == c.notice }) {
			t.Errorf("%s: nothing is said of %s: %+v", name, c.notice, sum.Notices)
		}
	}
}
