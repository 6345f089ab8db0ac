package mapping

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"
)

// mapOne maps one JSON record with a mapping given as YAML.
func mapOne(t *testing.T, yaml, record string) Result {
	t.Helper()
	m, err := Load("test.yaml", []byte(yaml))
	if err != nil {
		t.Fatal(err)
	}
	return m.Map(&Record{Number: 1, Fields: mustJSON(t, record)}, &Env{Now: goldenNow})
}

// TestValues shows what each form of a value gives: it becomes the user's id.
func TestValues(t *testing.T) {
	for _, c := range []struct{ name, spec, record, want string }{
		{"a path", `a.b`, `{"a":{"b":"x"}}`, "x"},
		{"a number keeps its digits", `id`, `{"id":104200000000000000017}`, "104200000000000000017"},
		{"a column with a dot in its name", `a.b`, `{"a.b":"x"}`, "x"},
		{"a quoted name", `'"Given Name"'`, `{"Given Name":"x"}`, "x"},
		{"a quoted name in brackets", `a['x.y']`, `{"a":{"x.y":"v"}}`, "v"},
		{"an index from the end", `a[-1]`, `{"a":["x","y"]}`, "y"},
		{"a filter", `Attributes[Name=email].Value`, `{"Attributes":[{"Name":"sub","Value":"1"},{"Name":"email","Value":"x"}]}`, "x"},
		{"two filters", `a[k=1][l^=ab].v`, `{"a":[{"k":1,"l":"xx","v":"no"},{"k":"1","l":"ABC","v":"x"}]}`, "x"},
		{"a dotted filter", `a[v.status=ok].n`, `{"a":[{"v":{"status":"ok"},"n":"x"}]}`, "x"},
		{"members of an object", `a.*.id`, `{"a":{"p":{"id":"x"}}}`, "x"},
		{"JSON in text", `meta.provider`, `{"meta":"{\"provider\":\"x\"}"}`, "x"},
		{"JSON encoded twice", `meta.p`, `{"meta":"\"{\\\"p\\\":\\\"x\\\"}\""}`, "x"},
		{"JSON with escaped quotes", `meta.p`, `{"meta":"{\\\"p\\\":\\\"x\\\"}"}`, "x"},
		{"an array of one", `attributes.phone`, `{"attributes":{"phone":["x"]}}`, "x"},
		{"MongoDB's wrapper", `_id`, `{"_id":{"$oid":"x"}}`, "x"},
		{"the first of", `[a, b, c]`, `{"a":null,"b":" ","c":"x"}`, "x"},
		{"a null of a dump is nothing", `[a, b, c, d]`, `{"a":"NULL","b":"\\N","c":"None","d":"x"}`, "x"},
		{"a constant", `{value: x}`, `{}`, "x"},
		{"a default", `{path: a, default: x}`, `{"a":""}`, "x"},
		{"a join", `{all: [a, b], join: "-"}`, `{"a":"x","b":"y"}`, "x-y"},
		{"a join with nothing in a choice", `{all: [{first: [a, b]}, c], join: "-"}`, `{"c":"z"}`, "z"},
		{"a join of an array", `{path: 'a[*]', join: ","}`, `{"a":["x","y"]}`, "x,y"},
		{"a group of a match", `{path: a, match: '^([^|]+)\|'}`, `{"a":"google|1"}`, "google"},
		{"unless", `[{path: a, unless: "@"}, b]`, `{"a":"x@y","b":"z"}`, "z"},
		{"a replacement", `{path: a, replace: ['^(\d+)$', 'u-$1']}`, `{"a":"7"}`, "u-7"},
		{"a prefix", `{path: a, strip_prefix: [foo, "custom:"]}`, `{"a":"custom:x"}`, "x"},
		{"a lookup", `{path: a, lookup: {one: x, "*": y}}`, `{"a":"One"}`, "x"},
		{"a lookup's rest", `{path: a, lookup: {one: x, "*": y}}`, `{"a":"two"}`, "y"},
		{"a case", `{path: a, case: lower}`, `{"a":"XY"}`, "xy"},
		{"base64", `{path: a, decode: base64}`, `{"a":"eA"}`, "x"},
		{"an expression", `=lower(a.b) + "!"`, `{"a":{"b":"X"}}`, "x!"},
		{"an expression over what is not there", `=a?.b ?? record.c.d ?? "x"`, `{}`, "x"},
		{"an expression with a path", `=get("a[k=1].v")[0]`, `{"a":[{"k":1,"v":"x"}]}`, "x"},
		{"an expression over a big number", `=id + ""`, `{"id":104200000000000000017}`, "104200000000000000017"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := mapOne(t, "id: "+c.spec+"\nno_identity: skip\n", c.record)
			if r.User.SourceID != c.want || r.Rejected() {
				t.Errorf("got %q (%v), want %q", r.User.SourceID, r.Problems, c.want)
			}
		})
	}
}

func TestConditions(t *testing.T) {
	for _, c := range []struct {
		spec, record string
		want         bool
	}{
		{`blocked`, `{"blocked":"t"}`, true},
		{`blocked`, `{"blocked":"\\0"}`, false},
		{`blocked`, `{}`, false},
		{`{path: enabled, is: "false"}`, `{"enabled":false}`, true},
		{`{path: enabled, is: "false"}`, `{"enabled":"FALSE"}`, true},
		{`{path: enabled, is: "false"}`, `{}`, false},
		{`{path: enabled, is: "false"}`, `{"enabled":true}`, false},
		{`{path: status, is: [2, suspended]}`, `{"status":2}`, true},
		{`{path: status, is_not: active}`, `{"status":"Active"}`, false},
		{`{path: status, is_not: active}`, `{}`, true},
		{`{path: status, is: ~}`, `{"status":null}`, true},
		{`{path: banned_until, future: true}`, `{"banned_until":"2999-12-31 00:00:00+00"}`, true},
		{`{path: banned_until, future: true}`, `{"banned_until":"2020-12-31 00:00:00+00"}`, false},
		{`{path: banned_until, future: true}`, `{"banned_until":"infinity"}`, true},
		{`{path: at, past: true}`, `{"at":1700000000}`, true},
		{`{path: at, set: true}`, `{"at":"0000-00-00 00:00:00"}`, false},
		{`{path: at, set: true}`, `{"at":"2024-01-01"}`, true},
		{`{path: at, set: false}`, `{}`, true},
		{`{path: name, matches: "^svc-"}`, `{"name":"svc-1"}`, true},
		{`{path: 'roles[*]', is: b}`, `{"roles":["a","b"]}`, true},
		{`[a, b]`, `{"b":true}`, true},
		{`{all_of: [a, b]}`, `{"b":true}`, false},
		{`{not: a, any: [b, c]}`, `{"c":1}`, true},
		{`=future(until) && status != "x"`, `{"until":"2999-01-01"}`, true},
		{`'true'`, `{}`, true},
	} {
		r := mapOne(t, "suspended: "+c.spec+"\nno_identity: skip\n", c.record)
		if r.User.Suspended != c.want {
			t.Errorf("%s on %s: got %v", c.spec, c.record, r.User.Suspended)
		}
	}
}

// TestMistakesArePointedAt checks that a mistake names its place and what is wrong.
func TestMistakesArePointedAt(t *testing.T) {
	for _, c := range []struct {
		yaml, want   string
		line, column int
	}{
		{"id: id\nemials: email\n", `did you mean "emails"`, 2, 1},
		{"id: a[\n", "a bracket is not closed", 1, 5},
		{"id: ['a[']\n", "a bracket is not closed", 1, 6},
		{"id: [a, 'b[']\n", "a bracket is not closed", 1, 9},
		{"id: {first: [a, 'b[']}\n", "a bracket is not closed", 1, 17},
		{"id: {all: [a, 'b[']}\n", "a bracket is not closed", 1, 15},
		{"id:\n  path: a\n  matches: x\n", `no key "matches"`, 3, 3},
		{"id: =1 +\n", "unexpected token", 1, 5},
		{"emails:\n  - value: a\n    verfied: b\n", `did you mean "verified"`, 3, 5},
		{"extends: auht0\n", "no preset", 1, 10},
		{"suspended: {path: a, matches: '('}\n", "matches: ", 1, 31},
		{"id: a\nid: b\n", "already defined", 2, 1},
		{"id: &x a\n", "anchors", 1, 5},
		{"properties: [{from: $}]\n", "needs only", 1, 21},
		{"tables: {x: {at: [a]}}\n", "on is missing", 1, 13},
		{"tables: {a b: {at: [a], on: [{row: u, user: id}]}}\n", "a table's name is one word", 1, 15},
		{"tables: {a.b: {at: [a], on: [{row: u, user: id}]}}\n", "a table's name is one word", 1, 15},
		{"tables: {'': {at: [a], on: [{row: u, user: id}]}}\n", "a table's name is one word", 1, 14},
		{"memberships: [{roles: user_metadata.role}]\n", "edit themselves", 1, 23},
	} {
		_, err := Load("my.yaml", []byte(c.yaml))
		var fe *FileError
		if !errors.As(err, &fe) {
			t.Errorf("%q: got %v, want a FileError", c.yaml, err)
			continue
		}
		if !strings.Contains(fe.Message, c.want) || fe.Line != c.line || fe.Column != c.column || !strings.Contains(fe.Error(), "^") {
			t.Errorf("%q: got %d:%d %v", c.yaml, fe.Line, fe.Column, fe)
		}
	}
}

// TestUserEditableGivesNoAccess tries to make roles, permissions, organizations
// and flags out of what users edit themselves.
func TestUserEditableGivesNoAccess(t *testing.T) {
	refused := []string{
		"memberships: [{roles: user_metadata.roles}]",
		"user_editable: [traits.custom]\nmemberships: [{roles: 'traits.*.roles'}]",
		"memberships: [{roles: '\"user_metadata.roles\"'}]",
		"memberships: [{permissions: {path: 'raw_user_meta_data.p', split: ','}}]",
		"memberships: [{external_id: unsafe_metadata.org}]",
		"memberships: [{each: 'user_metadata.orgs', roles: role}]",
		"memberships: [{each: orgs, where: $.user_metadata.vip, roles: role}]",
		"memberships: [{roles: =user_metadata.roles}]",
		"memberships: [{roles: '=record[\"user_metadata\"][\"roles\"]'}]",
		"memberships: [{roles: '=record[\"user_\" + \"metadata\"]'}]",
		"memberships: [{roles: '=get(\"user_metadata.roles\")'}]",
		"memberships: [{roles: '=get(\"user_\" + \"metadata\")'}]",
		"memberships: [{roles: '=$env[\"user_metadata\"]'}]",
		"memberships: [{roles: '=let m = user_metadata; m.roles'}]",
		"keys: loose\nmemberships: [{roles: UserMetadata.roles}]",
		"memberships: [{roles: '$.*.roles'}]",
		"memberships: [{roles: '$'}]",
		"flags: {beta: user_metadata.beta}",
		"flags: [{from: user_metadata}]",
		"flags: [{from: '@rest'}]",
		"flags: [{from: $, only: ['user_*']}]",
		"flags: [{each: $identities, key_from: k, value: identity_data.user_metadata.x}]",
		"user_editable: [traits]\nmemberships: [{roles: traits.role}]",
		"user_editable: [profile.custom]\nmemberships: [{roles: profile}]",
		"user_editable: ['Attributes[*]']\nmemberships: [{roles: 'Attributes[Name=role].Value'}]",
		"extends: auth0\nuser_editable: []\nmemberships: [{roles: user_metadata.roles}]",
		"user_editable: [meta]\nflags: [{from: $, only: ['m*']}]",
	}
	for _, y := range refused {
		_, err := Load("my.yaml", []byte(y))
		if err == nil {
			t.Errorf("accepted: %s", y)
		}
	}
	for _, y := range []string{
		"memberships: [{roles: app_metadata.roles}]",
		"properties: [{from: user_metadata, prefix: user_}]",
		"user_editable: [traits]\nproperties: {x: traits.x}",
		"flags: [{from: $, only: ['feature_*']}]",
	} {
		if _, err := Load("my.yaml", []byte(y)); err != nil {
			t.Errorf("refused: %s: %v", y, err)
		}
	}
}

// TestUserMetadataDoesNotReplaceAdminMetadata: one key from two sides keeps the admin's value.
func TestUserMetadataDoesNotReplaceAdminMetadata(t *testing.T) {
	for _, order := range []string{"[{from: app_metadata}, {from: user_metadata}]", "[{from: user_metadata}, {from: app_metadata}]"} {
		r := mapOne(
			t,
			"emails: email\nproperties: "+order,
			`{"email":"a@example.com","app_metadata":{"plan":"free"},"user_metadata":{"plan":"gold"}}`,
		)
		if len(r.User.Properties) != 1 || r.User.Properties[0].Value != "free" {
			t.Errorf("%s: got %v", order, r.User.Properties)
		}
	}
}

func TestExtending(t *testing.T) {
	r := mapOne(t, `
extends: auth0
connections: {google-oauth2: conn_1, github: ~}
roles: {admin: administrator, "*": ~}
add:
  properties: {tier: app_metadata.billing.tier}
  memberships:
    - {organization: {value: org_main}, roles: app_metadata.roles}
`, `{"user_id":"google-oauth2|1","email":"a@example.com","app_metadata":{"billing":{"tier":"gold"},"roles":["admin","x"]},
	"identities":[{"provider":"google-oauth2","user_id":"1"},{"provider":"github","user_id":"2"}]}`)
	u := r.User
	if len(u.Links) != 1 || u.Links[0].Connection != "conn_1" {
		t.Errorf("links: %+v", u.Links)
	}
	if len(u.Memberships) != 1 || u.Memberships[0].Organization.Code != "org_main" ||
		!slices.Equal(u.Memberships[0].Roles, []string{"administrator"}) {
		t.Errorf("memberships: %+v", u.Memberships)
	}
	if !slices.Contains(u.Properties, KeyValue{"tier", "gold"}) {
		t.Errorf("properties: %+v", u.Properties)
	}
}

// TestLayers lays a file over the one that it extends.
func TestLayers(t *testing.T) {
	files := map[string]string{
		"base": "name: base\ntitle: B\nid: a\nroles: {a: x, b: y}\nuser_editable: [m]\nproperties: {p: q}\nphones: ~\ndetect: [{keys: [a]}]",
		"loop": "extends: loop", "broken": "id: [", "deep": "extends: broken",
	}
	for _, c := range []struct{ over, section, want string }{
		{"extends: base", "roles", "{a: x, b: y}"},
		{"extends: base\nroles: {b: z, c: w}", "roles", "{a: x, b: z, c: w}"},
		{"extends: base\nroles: ~", "roles", "~"},
		{"extends: base\nid: b", "id", "b"},
		{"extends: base\nuser_editable: [n]", "user_editable", "[m, n]"},
		{"extends: base\nproperties: {r: s}", "properties", "{r: s}"},
		{"extends: base\nadd: {properties: {r: s}}", "properties", "{p: q, r: s}"},
		{"extends: base\nadd: {properties: [{from: t}]}", "properties", "[{key: p, value: q}, {from: t}]"},
		{"extends: base\nadd: {skip: [u]}", "skip", "[u]"},
		{"extends: base\nadd: {phones: [u]}", "phones", "[u]"},
		{"extends: base\nadd: {nope: x}", "id", `f.yaml:2:7: add has no key "nope"`},
		{"extends: base", "title", "nothing"}, {"extends: base", "name", "nothing"}, {"extends: base", "detect", "nothing"},
		{"extends: nobody", "id", `f.yaml:1:10: there is no preset "nobody"`},
		{"extends: loop", "id", "loop.yaml:1:10: the chain of extends is too long"},
		{"extends: deep", "id", "broken.yaml:1:5: sequence end token ']' not found"},
	} {
		s, err := loadSections("f.yaml", []byte(c.over), func(name string) ([]byte, bool) { src, ok := files[name]; return []byte(src), ok }, 0)
		got := ""
		if err != nil {
			got, _, _ = strings.Cut(err.Error(), "\n")
		} else {
			got = s.get(c.section).written()
		}
		if got != c.want {
			t.Errorf("%q: %s is %s, want %s", c.over, c.section, got, c.want)
		}
	}
}

// written is a node in YAML's short form, its members in the order of their names.
func (n *node) written() string {
	if n == nil {
		return "nothing"
	}
	var parts []string
	switch n.kind {
	case nodeScalar:
		return n.text
	case nodeList:
		for _, e := range n.list {
			parts = append(parts, e.written())
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case nodeMap:
		for i, k := range n.keys {
			parts = append(parts, k.text+": "+n.vals[i].written())
		}
		slices.Sort(parts)
		return "{" + strings.Join(parts, ", ") + "}"
	}
	return "~"
}

func TestSHA256IgnoresCommentsOnly(t *testing.T) {
	sum := func(y string) string {
		t.Helper()
		m, err := Load("a.yaml", []byte(y))
		if err != nil {
			t.Fatal(err)
		}
		return m.SHA256()
	}
	a := sum("id: a\nemails: [b]\n")
	if a != sum("# comment\nemails:\n  - b\nid: a\n") {
		t.Error("a comment or the order changes the digest")
	}
	if a == sum("id: a\nemails: [c]\n") || a == sum("id: a\n") {
		t.Error("a change in meaning does not change the digest")
	}
	if sum("extends: auth0") == sum("extends: kinde") {
		t.Error("what is extended does not count")
	}
}

func TestSeverities(t *testing.T) {
	const y = "emails: email\nphones: phone\nusernames: {value: username, keep_as: old_username}\nlinks: [{provider: provider, subject: sub}]\n"
	for _, c := range []struct{ record, want string }{
		{`{}`, "error NO_IDENTITY"},
		{`{"email":"nobody"}`, "error EMAIL_INVALID"},
		{`{"email":"nobody","phone":"12"}`, "error EMAIL_INVALID,warning PHONE_INVALID"},
		{`{"email":"nobody","phone":"+61491570156"}`, "warning EMAIL_INVALID"},
		{`{"email":"nobody","provider":"google","sub":"1"}`, "warning EMAIL_INVALID"},
		{`{"username":"a b"}`, "error USERNAME_INVALID"},
		{`{"email":"a@example.com","username":"a b"}`, "warning USERNAME_INVALID"},
		{`{"provider":"google","sub":"1"}`, ""},
		{`{"email":"a@example.com","extra":1}`, "warning FIELD_DROPPED"},
	} {
		r := mapOne(t, y, c.record)
		var got []string
		for _, p := range r.Problems {
			got = append(got, string(p.Severity)+" "+string(p.Code))
		}
		if strings.Join(got, ",") != c.want {
			t.Errorf("%s: got %v, want %s", c.record, got, c.want)
		}
	}
	if r := mapOne(t, y, `{"email":"a@example.com","username":"a b"}`); !slices.Contains(r.User.Properties, KeyValue{"old_username", "a b"}) {
		t.Errorf("keep_as: %v", r.User.Properties)
	}
}

func TestRowsOfOneUser(t *testing.T) {
	m, err := Preset("kinde")
	if err != nil {
		t.Fatal(err)
	}
	row := func(org, role, name string) *User {
		r := m.Map(&Record{Fields: Value{Kind: Object, Keys: []string{"email", "id", "first_name", "external_organization_id", "roles"},
			Elems: []Value{StringValue("a@example.com"), StringValue("1"), StringValue(name), StringValue(org), StringValue(role)}}}, nil)
		return r.User
	}
	a, b := row("x", "r1", "Ana"), row("y", "r2,r3", "Ana")
	AddMemberships(a, b)
	AddMemberships(a, row("x", "r4", "Ana"))
	if len(a.Memberships) != 2 || !slices.Equal(a.Memberships[0].Roles, []string{"r1", "r4"}) ||
		!slices.Equal(a.Memberships[1].Roles, []string{"r2", "r3"}) {
		t.Errorf("memberships: %+v", a.Memberships)
	}
}

// TestSecretsStayOutOfProblems: a column with a hash is named, never quoted.
func TestSecretsStayOutOfProblems(t *testing.T) {
	const hash = "$2a$10$tooshortS3cret"
	r := mapOne(t, "emails: email\npassword: pw", `{"email":"a@example.com","pw":"`+hash+`"}`)
	for _, p := range r.Problems {
		if strings.Contains(p.Message+p.Hint+p.Field, "S3cret") {
			t.Errorf("a problem quotes the hash: %+v", p)
		}
	}
	m, _ := Load("x", []byte("emails: email\npassword: pw"))
	for _, c := range Check(m, []Record{{Number: 1, Fields: mustJSON(t, `{"email":"a@example.com","pw":"`+hash+`"}`)}}, nil) {
		for _, row := range c.Rows {
			if strings.Contains(row.Value+row.Mapped, "S3cret") {
				t.Errorf("the comparison shows the hash: %+v", row)
			}
		}
	}
}

func TestLookupTable(t *testing.T) {
	m, err := Load("x.yaml", []byte(`
emails: email
tables:
  groups: {at: ['groups[*]'], lookup: true, key: id}
memberships: [{roles: {path: role_ids, table: groups, take: name}}]
`))
	if err != nil {
		t.Fatal(err)
	}
	env := &Env{Lookup: func(table, key string) (Value, bool) {
		if table == "groups" && key == "7" {
			return mustJSON(t, `{"id":7,"name":"editor"}`), true
		}
		return Value{}, false
	}}
	r := m.Map(&Record{Fields: mustJSON(t, `{"email":"a@example.com","role_ids":[7,8]}`)}, env)
	if len(r.User.Memberships) != 1 || !slices.Equal(r.User.Memberships[0].Roles, []string{"editor"}) {
		t.Errorf("memberships: %+v", r.User.Memberships)
	}
}

// TestInitLoads: what init writes is a mapping file, also with every suggestion taken.
func TestInitLoads(t *testing.T) {
	for _, dir := range []string{"auth0", "kinde", "generic", "generic-json", "kinde-export"} {
		m, err := Preset(presetOf(dir))
		if err != nil {
			t.Fatal(err)
		}
		s, _, _ := readInput(t, m, "testdata/presets/"+dir, "input")
		b, err := Init(s, "")
		if err != nil {
			t.Fatal(err)
		}
		got, err := Load("init.yaml", b)
		if err != nil {
			t.Errorf("%s: %v\n%s", dir, err, b)
		} else if base := got.Base(); base != m.Name() && !(base == "" && m.generic) {
			t.Errorf("%s: extends %s", dir, base)
		}
	}
}

func TestParseTime(t *testing.T) {
	want := time.Date(2024, 1, 12, 9, 0, 0, 0, time.UTC)
	for _, s := range []string{
		"2024-01-12T09:00:00Z", "2024-01-12T09:00:00.000Z", "2024-01-12 09:00:00", "2024-01-12 09:00:00.000000+00", "2024-01-12 10:00:00+01",
		"2024-01-12 09:00:00.000 +0000", "2024-01-12 09:00:00 UTC", "2024-01-12T09:00:00.0000000 +00:00", "2024-01-12T09:00",
		"1705050000", "1705050000000", "1705050000000000", "1705050000.0", "12-JAN-24 09.00.00.000000000 AM", "20240112090000Z",
		"20240112090000.0Z",
		"133495236000000000", "Fri, 12 Jan 2024 09:00:00 GMT", "Fri Jan 12 2024 09:00:00 GMT+0000 (Coordinated Universal Time)",
		"Jan 12, 2024, 9:00:00 AM",
	} {
		if got, ok := ParseTime(s); !ok || !got.Equal(want) {
			t.Errorf("%q: got %v %v", s, got, ok)
		}
	}
	for _, s := range []string{"", "0", "0000-00-00 00:00:00", "soon", "2024-13-01", "2024-02-31", "12/01/2024", "1e400", "NaN"} {
		if got, ok := ParseTime(s); ok {
			t.Errorf("%q: got %v, want no date", s, got)
		}
	}
}

func TestCheckEmail(t *testing.T) {
	for _, s := range []string{"ana@example.com", " ana@example.com ", "a.b+c@sub.example.co.uk", "o'neil@example.com",
		"пример@пример.рф",
		"x@xn--e1afmkfd.xn--p1ai", "josé@example.com", "a@1.example"} {
		if _, err := CheckEmail(s); err != nil {
			t.Errorf("%q: %v", s, err)
		}
	}
	for _, s := range []string{"", "ana", "@example.com", "ana@", "ana@@example.com", "a b@example.com", "ana@example", ".a@example.com",
		"a..b@example.com",
		"ana@example.com\x00", "ana@exa mple.com", "ana@-x.com", "ana@1.2.3.4", "Ana <ana@example.com>", "a@b.c;d@e.f", "ana@example..com",
		"a\u200b@example.com",
		strings.Repeat("a", 65) + "@example.com"} {
		if _, err := CheckEmail(s); err == nil {
			t.Errorf("%q was accepted", s)
		}
	}
}

func TestParsePhone(t *testing.T) {
	for _, c := range []struct {
		in, region string
		plus       bool
		e164, id   string
	}{
		{"+61491570156", "", false, "+61491570156", "au"},
		{"+34 600 000 001", "", false, "+34600000001", "es"},
		{"+34.600000001", "", false, "+34600000001", "es"},
		{"0044 7700 900123", "", false, "+447700900123", "gb"},
		{"+44 (0)7700 900123", "", false, "+447700900123", "gb"},
		{"07700 900123", "GB", false, "+447700900123", "gb"},
		{"61491570156", "", true, "+61491570156", "au"},
		{"+61491570156", "", true, "+61491570156", "au"},
		{"+1 (256) 555-0100", "", false, "+12565550100", "us"},
		{"+1 604 555 0100", "", false, "+16045550100", "ca"},
		{"tel:+1-242-555-0100", "", false, "+12425550100", "bs"},
		{"+7 701 555 0100", "", false, "+77015550100", "kz"},
	} {
		p, err := ParsePhone(c.in, c.region, c.plus)
		if err != nil || p.E164 != c.e164 || p.Country != c.id {
			t.Errorf("%q: got %+v, %v", c.in, p, err)
		}
	}
	for _, s := range []string{"", "555", "0491570156", "+999123456789", "+1555", "+6149157015612345", "call me", "+61491570156x12", "+",
		"++61491570156"} {
		if p, err := ParsePhone(s, "", false); err == nil {
			t.Errorf("%q: got %+v", s, p)
		}
	}
}

func TestAnExportNamedAsMappingIsNotShown(t *testing.T) {
	for _, text := range []string{
		"{\"id\":\"1\",\"email\":\"secret.person@example.com\",\"password\":\"$2a$10$x\"}\n{\"id\":\"2\",\"email\":\"secret.person@example.com\n",
		"{\"email\":\"secret.person@example.com\"}\n",
		"dn: uid=x\nmail: secret.person@example.com\n: broken\n",
		"id,email\n1,secret.person@example.com: x: y\n",
	} {
		_, err := Load("users.ndjson", []byte(text))
		if err == nil || strings.Contains(err.Error(), "secret.person") {
			t.Errorf("%q: %v", text, err)
		}
	}
	_, err := Load("mine.yaml", []byte("extends: auth0\nemails: {valeu: email}\n"))
	if err == nil || !strings.Contains(err.Error(), "valeu: email") {
		t.Errorf("a mistake in a mapping is not shown: %v", err)
	}
}

// No text becomes a k by its case alone: it may be part of an address.
func TestCaseMakesNoASCIILetter(t *testing.T) {
	for in, want := range map[string]string{"\u212Aim@EXAMPLE.com": "\u212Aim@example.com", "ANA@M\u0130KE.example": "ana@m\u0130ke.example",
		"ÄNNE": "änne"} {
		if got := lower(in); got != want {
			t.Errorf("lower(%q) is %q, want %q", in, got, want)
		}
	}
	for in, want := range map[string]string{"\u017Fam": "\u017FAM", "d\u0131l": "D\u0131L", "änne": "ÄNNE"} {
		if got := upper(in); got != want {
			t.Errorf("upper(%q) is %q, want %q", in, got, want)
		}
	}
}
