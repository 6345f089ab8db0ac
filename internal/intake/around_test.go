package intake

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// TestWhatStandsAroundTheRecords asks what becomes of a document's other members, of
// rows that are no users, and of rows that hold nothing: each is counted and named.
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
		"a long list": {text: `{"users":[` + ana + `],"teams":[` + strings.Repeat(`{"t":"a,b","n":[1,2]},`, 9999) + `{}]}`, fields: []string{"/teams 10000 not_read"}},
		"listed under ignore": {text: `{"users":[` + ana + `],"groups":[1]}`, options: Options{MappingFile: write(t, "m.yaml", "extends: generic\nadd:\n  ignore: {kept elsewhere: [/groups]}\n")},
			fields: []string{"/groups 1 ignored"}},
		"a page of several":   {text: `{"total":250,"users":[` + ana + `]}`, fields: []string{"/total 1 ignored"}, notices: []string{"missing records 249"}},
		"the only page":       {text: `{"total":1,"next":null,"limit":100,"users":[` + ana + `]}`, fields: []string{"/limit 1 ignored", "/total 1 ignored"}},
		"a page that follows": {text: `{"users":[` + ana + `],"nextPageToken":"x"}`, fields: []string{"/nextPageToken 1 ignored"}, notices: []string{"missing records 0"}},
		"links of pages":      {text: `{"_links":{"self":{"href":"a"},"next":{"href":"b"}},"users":[` + ana + `]}`, fields: []string{"/_links 1 ignored"}, notices: []string{"missing records 0"}},
		"links of one page":   {text: `{"_links":{"self":{"href":"a"}},"users":[` + ana + `]}`, fields: []string{"/_links 1 ignored"}},
		"rows of other models": {text: `[` + djuser + `,{"model":"auth.permission","pk":1,"fields":{"name":"x"}},{"model":"auth.permission","pk":2,"fields":{"name":"y"}},` +
			`{"model":"crm.town","pk":1,"fields":{"name":"x"}},{"model":"crm.profile","pk":1,"fields":{"user":1,"phone":"+12015550100"}}]`,
			notices: []string{"missing links 1", "unread crm.profile 1", "passed rows that are no users 3"}},
		"entries of a directory": {text: "dn: dc=example,dc=com\nobjectClass: top\nobjectClass: domain\ndc: example\n\ndn: cn=printer,dc=example,dc=com\nobjectClass: device\ncn: printer\n\n" +
			"dn: uid=ana,dc=example,dc=com\nobjectClass: inetOrgPerson\nuid: ana\nmail: ana@example.com\nsn: Lind\ncn: Ana Lind\n",
			notices: []string{"missing passwords 1", "missing operational attributes 1", "passed rows that are no users 2"}},
		"blank rows": {text: "id,email,given_name\n,,\n1,ana@example.com,Ana\n\n , ,\n2,bo@example.com,Bo\n\n\n",
			notices: []string{"passed blank rows 3"}},
		"the end of a query": {text: "id\temail\tgiven_name\n1\tana@example.com\tAna\n(1 row)\n\n"},
	} {
		t.Run(name, func(t *testing.T) {
			o := c.options
			o.Files = []string{write(t, "users", c.text)}
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

// TestPagesInSeveralFiles says nothing of pages that are all there.
func TestPagesInSeveralFiles(t *testing.T) {
	one := write(t, "1.json", `{"total":2,"next_page":"x","users":[{"id":"u1","email":"ana@example.com"}]}`)
	two := write(t, "2.json", `{"total":2,"next_page":null,"users":[{"id":"u2","email":"bo@example.com"}]}`)
	if _, _, sum := scan(t, Options{Files: []string{one, two}}); len(sum.Notices) > 0 {
		t.Errorf("%+v", sum.Notices)
	}
}

// TestColumnsOfTables accounts for the columns of rows that no record takes along.
func TestColumnsOfTables(t *testing.T) {
	users := write(t, "users.json", `{"users":[{"id":"u1","email":"ana@example.com","role_id":7}],"roles":[{"id":7,"key":"editor","color":"red","more":{"a":1}},{"id":8,"key":"x","color":""},{"key":"nobody"}]}`)
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
