package mapping

import (
	"reflect"
	"slices"
	"strings"
	"testing"
)

// TestFetchOfVariants reads a section for one of its variants: the variant lies over
// what all have, member by member, and sources are found by either name.
func TestFetchOfVariants(t *testing.T) {
	m, err := Load("t.yaml", []byte(`
id: id
fetch:
  base: https://a
  says: the new one
  headers: {x: "1", y: "2"}
  lists: {users: {writes: users, get: /users, key: id, page: {kind: number, first: 1}}}
  variants:
    old: {base: https://b, headers: {y: "3"}, lists: {users: {page: {first: 0}}, extra: {get: /extra}}}
`))
	if err != nil {
		t.Fatal(err)
	}
	users := FetchList{Name: "users", Writes: "users", Get: "/users", Key: "id", Page: FetchPage{Kind: "number", First: 1}}
	want := &Fetch{Source: "t", Says: "the new one", Base: "https://a", Headers: map[string]string{"x": "1",
		"y": "2"}, Lists: []FetchList{users}}
	if got, err := m.Fetch("t"); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%+v %v\nwant %+v", got, err, want)
	}
	users.Page.First = 0
	want = &Fetch{Source: "old", Says: "the new one", Base: "https://b", Headers: map[string]string{"x": "1", "y": "3"},
		Lists: []FetchList{users, {Name: "extra", Get: "/extra"}}}
	if got, err := m.Fetch("old"); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%+v %v\nwant %+v", got, err, want)
	}
	for _, none := range []string{"id: id\n", "id: id\nfetch: ~\n"} {
		m, err := Load("t.yaml", []byte(none))
		if err != nil {
			t.Fatal(err)
		}
		if f, err := m.Fetch("t"); f != nil || err != nil {
			t.Errorf("%q: %+v %v", none, f, err)
		}
	}
}

// TestFetchSources finds each name that is offered, under the preset that reads it.
func TestFetchSources(t *testing.T) {
	names := FetchSources()
	if !slices.IsSorted(names) || len(slices.Compact(slices.Clone(names))) != len(names) || len(names) < 10 {
		t.Errorf("the sources: %q", names)
	}
	variants := 0
	for _, name := range names {
		f, preset, err := FetchSource(name)
		if err != nil || f.Source != name || f.Base == "" {
			t.Errorf("%s: %+v %v", name, f, err)
			continue
		}
		if name != preset {
			variants++
		}
		if m, err := Preset(preset); err != nil || m.fetch == nil || name != preset && m.fetch.get("variants").get(name) == nil {
			t.Errorf("%s is not of the preset %s", name, preset)
		}
	}
	if variants == 0 {
		t.Error("no source is a variant")
	}
	if f, preset, err := FetchSource("nowhere"); f != nil || preset != "" || err == nil ||
		err.Error() != `no preset reads "nowhere" from its API` {
		t.Errorf("%+v %q %v", f, preset, err)
	}
}

// TestFetchThatCantRun refuses lists that could not be read.
func TestFetchThatCantRun(t *testing.T) {
	const list = "id: id\nfetch: {base: https://a, lists: {users: {get: /users}, l: {"
	for _, c := range []struct{ yaml, want string }{
		{list + "for: users, per_user: true, job: {create: /jobs}}}}", ""},
		{list + "post: /l, page: {kind: last}}}}", ""},
		{list + "get: /l, for: l}}}", `list l: no list before it is named "l"`},
		{list + "for: users}}}", "list l: it needs get, post or job"},
		{list + "get: /l, for: users, writes: users}}}", "list l: users need a key"},
		{list + "get: /l, per_user: true}}}", "list l: per_user is only for lists that are read for each user"},
		{"id: id\nfetch: {base: https://a}", "fetch needs a base and lists"},
		{"id: id\nfetch: {lists: {l: {get: /l}}}", "fetch needs a base and lists"},
	} {
		_, err := Load("t.yaml", []byte(c.yaml))
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", c.yaml, err)
		}
	}
}

// TestForeignSections hands a section on as it stands, with numbers and truths as such.
func TestForeignSections(t *testing.T) {
	m, err := Load("t.yaml", []byte("id: id\nsql: {tables: [{name: users, limit: 5}, {name: x}], \"on\": true, text: \"5\", ratio: 1.5, none: ~, word: yes, hex: 0x1F}\n"))
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"tables":[{"name":"users","limit":5},{"name":"x"}],"on":true,"text":"5","ratio":1.5,"none":null,"word":"yes","hex":"0x1F"}`
	if len(m.foreign) != 1 || m.foreign[0].name != "sql" || string(m.foreign[0].json) != want {
		t.Errorf("%s", m.foreign)
	}
	var all map[string]any
	if there, err := m.Section("sql", &all); !there || err != nil || len(all) != 7 {
		t.Errorf("%v %v %v", there, err, all)
	}
	if there, err := m.Section("fetch", &all); there || err != nil {
		t.Errorf("fetch: %v %v", there, err)
	}
	var some struct{ Tables []any }
	if there, err := m.Section("sql", &some); !there || err == nil || err.Error() != `the section sql of the mapping t: json: unknown field "on"` {
		t.Errorf("%v %v", there, err)
	}
}

// TestIDPrefixes puts a prefix before ids, the run's before the mapping's.
func TestIDPrefixes(t *testing.T) {
	for _, c := range []struct {
		yaml, id string
		env      *Env
		want     string
	}{
		{"", "7", nil, "7"},
		{"id_prefix: old\n", "7", nil, "old|7"},
		{"id_prefix: old\n", "7", &Env{}, "old|7"},
		{"id_prefix: old\n", "7", &Env{IDPrefix: "new"}, "new|7"},
		{"", "7", &Env{IDPrefix: "new"}, "new|7"},
		{"id_prefix: old\n", "", nil, ""},
	} {
		m, err := Load("t.yaml", []byte("id: id\nno_identity: skip\n"+c.yaml))
		if err != nil {
			t.Fatal(err)
		}
		if got := m.Map(&Record{Fields: textMembers("id", c.id)}, c.env).User.SourceID; got != c.want {
			t.Errorf("%q, %+v: %q, want %q", c.yaml, c.env, got, c.want)
		}
		if (m.IDPrefix() == "old") != (c.yaml != "") {
			t.Errorf("%q: the prefix is %q", c.yaml, m.IDPrefix())
		}
	}
	const short, signs = "has at most 40 characters", "has letters, digits, dots, hyphens and underscores only"
	for prefix, want := range map[string]string{
		"": "", "azAZ09-_.": "", strings.Repeat("x", 40): "", strings.Repeat("x", 41): short,
		"a|b": signs, "a b": signs, "é": signs, "a/": signs, "a:": signs, "a@": signs, "a[": signs, "a`": signs, "a{": signs, "a,": signs,
	} {
		got := ""
		if err := CheckIDPrefix(prefix); err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%q: %q, want %q", prefix, got, want)
		}
	}
}
