package mapping

import (
	"slices"
	"strings"
	"testing"

	_ "github.com/kinde-migrate/kinde-migrate/internal/testenv"
)

// TestPaths follows paths through a record: what comes first, and all that comes,
// each with the name under which a wildcard found it.
func TestPaths(t *testing.T) {
	const people = `{"a":{"b":"x"},"list":["p","q","r"],"one":[{"k":"v"}],"text":"{\"in\":{\"deep\":[1,2]}}","null":null,"empty":"",
		"rows":[{"kind":"Mail","n":1,"to":{"x":"u"}},{"kind":"phone","n":2,"to":{"x":"w"}},{"kind":"mailbox","n":3}],"wild":{"g":{"id":1},"h":{"id":2},"i":7},
		"Odd Name":"o","dotted.name":"d","dotted":{"other":1},"solo":{"kind":"mail","n":9},"blank":["","z"],"holes":[{"id":""},{"id":null},{"id":"full"}],"dup":"1","num":5}`
	for _, c := range []struct {
		path, one, each string
		loose           bool
	}{
		{path: "a.b", one: `"x"`, each: `"x"`},
		{path: "$", one: "", each: ""}, // the record itself, checked by its size below
		{path: "a.b.c", one: "null"},
		{path: "a.none", one: "null"},
		{path: "none.b", one: "null"},
		{path: "num.b", one: "null"},
		{path: "null", one: "null", each: "null"},
		{path: "list[0]", one: `"p"`, each: `"p"`},
		{path: "list[2]", one: `"r"`, each: `"r"`},
		{path: "list[3]", one: "null"},
		{path: "list[-1]", one: `"r"`, each: `"r"`},
		{path: "list[-3]", one: `"p"`, each: `"p"`},
		{path: "list[-4]", one: "null"},
		{path: "a[0]", one: "null"},
		{path: "list[*]", one: `"p"`, each: `"p" "q" "r"`},
		{path: "a[*]", one: "null"},
		{path: "blank[*]", one: `"z"`, each: `"" "z"`},
		{path: "holes[*].id", one: `"full"`, each: `"" null "full"`},
		{path: "one.k", one: `"v"`, each: `"v"`},
		{path: "rows.n", one: "null"}, // of several elements none is meant
		{path: "text.in.deep[1]", one: "2", each: "2"},
		{path: "text.in.deep[*]", one: "1", each: "1 2"},
		{path: "text.*.deep", one: "[1,2]", each: "in=[1,2]"},
		{path: "rows[kind=mail].n", one: "1", each: "1"},
		{path: "rows[kind!=mail].n", one: "2", each: "2 3"},
		{path: "rows[kind^=MAIL].n", one: "1", each: "1 3"},
		{path: "rows[kind$=Box].n", one: "3", each: "3"},
		{path: "rows[kind*=AI].n", one: "1", each: "1 3"},
		{path: "rows[kind*=zzz].n", one: "null"},
		{path: "rows[to.x=w].n", one: "2", each: "2"},
		{path: "list[@=q]", one: `"q"`, each: `"q"`},
		{path: "solo[kind=mail].n", one: "9", each: "9"}, // an object that stands for a list of one
		{path: "solo[kind=phone].n", one: "null"},
		{path: "num[kind=mail]", one: "null"},
		{path: "wild.*.id", one: "1", each: "g=1 h=2"},
		{path: "wild.*", one: `{"id":1}`, each: `g={"id":1} h={"id":2} i=7`},
		{path: "list.*", one: "null"},
		{path: "dotted.name", one: `"d"`, each: `"d"`},
		{path: "dotted.other", one: "1", each: "1"},
		{path: "odd_name", one: "null"},
		{path: "odd_name", loose: true, one: `"o"`, each: `"o"`},
		{path: "A.B", one: "null"},
		{path: "A.B", loose: true, one: `"x"`, each: `"x"`},
		{path: "WILD.*.ID", loose: true, one: "1", each: "g=1 h=2"},
		{path: "rows[KIND=mail].N", loose: true, one: "1", each: "1"},
		{path: "rows[KIND=mail].n", one: "null"},
		{path: "@key", one: "null"},
		{path: "^.a.b", one: `"x"`, each: `"x"`}, // at the record there is nothing outside
		{path: "@.a.b", one: `"x"`, each: `"x"`},
		{path: "$.a.b", one: `"x"`, each: `"x"`},
	} {
		p, err := parsePath(c.path)
		if err != nil {
			t.Fatal(err)
		}
		ks := newKeyspace(c.loose)
		a := compileAccess(ks, p, 0)
		s := newScope(ks, mustJSON(t, people), nil)
		if c.path == "$" {
			if v := a.one(s); len(v.Keys) != len(s.root.Keys) {
				t.Errorf("$: %s", v.JSON())
			}
			continue
		}
		var each []string
		a.each(s, func(key string, v Value) bool {
			if key != "" {
				key += "="
			}
			each = append(each, key+v.JSON())
			return true
		})
		if one := a.one(s).JSON(); one != c.one || strings.Join(each, " ") != c.each {
			t.Errorf("%s (loose %v): %s, each %s; want %s, each %s", c.path, c.loose, one, strings.Join(each, " "), c.one, c.each)
		}
		stops := 0
		if goOn := a.each(s, func(string, Value) bool { stops++; return false }); len(each) > 0 && (goOn || stops != 1) {
			t.Errorf("%s: %d values after the first was enough (%v)", c.path, stops, goOn)
		}
	}
}

// TestPathsOfItems follows paths from an item that each goes over: outward, to its
// key, and to the record.
func TestPathsOfItems(t *testing.T) {
	r := mapOne(t, `
id: id
no_identity: skip
properties:
  - {each: orgs.*, key_from: '@key', value: [name, '^.region', '$.id']}
  - {each: 'teams[*]', key_from: {all: [name, '$.id'], join: '-'}, value: '@.role'}
  - {each: plain, key_from: '@', value: '@'}
  - {each: {path: odd, split: ','}, key_from: {all: [{value: s}, '@'], join: '-'}, value: '@'}
  - {each: gone, key: gone, value: name}
`, `{"id":"u","region":"eu","orgs":{"a":{"name":"A"},"b":{"x":1},"c":{},"d":null},"teams":[{"name":"t","role":"r"},{"name":"s","role":""},{"role":"q"}],
	"plain":["k","l"],"odd":"y,z","gone":[]}`)
	var got []string
	for _, p := range r.User.Properties {
		got = append(got, p.Key+"="+p.Value)
	}
	if want := []string{"a=A", "b=eu", "k=k", "l=l", "s-y=y", "s-z=z", "t-u=r", "u=q"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestShieldedCells takes the quote off each cell of a row in which every text cell
// has one, and off none where a name may begin with it.
func TestShieldedCells(t *testing.T) {
	quoted := newKeyspace(false)
	quoted.quoted = true
	for _, c := range []struct {
		ks   *keyspace
		row  Value
		want string
	}{
		{quoted, textMembers("a", "'x", "b", "'y"), `{"a":"x","b":"y"}`},
		{quoted, textMembers("a", "'x", "b", "", "c", "7", "d", "true", "e", "-1", "f", "{}", "g", "[]", "h", "null"),
			`{"a":"x","b":"","c":"7","d":"true","e":"-1","f":"{}","g":"[]","h":"null"}`},
		{quoted, textMembers("a", "'x", "b", "Yan"), `{"a":"'x","b":"Yan"}`},
		{quoted, textMembers("a", "'x", "b", "nil"), `{"a":"'x","b":"nil"}`},
		{quoted, textMembers("a", "1", "b", ""), `{"a":"1","b":""}`},
		{quoted, textMembers("a", "''x"), `{"a":"'x"}`},
		{quoted, textMembers("$t", "y", "a", "'x"), `{"$t":"y","a":"x"}`},
		{quoted, Value{Kind: Object, Keys: []string{"$t", "a"}, Elems: []Value{{Kind: Array}, StringValue("'x")}}, `{"$t":[],"a":"x"}`},
		{quoted, Value{Kind: Object, Keys: []string{"n", "a"}, Elems: []Value{{Kind: Number, Text: "1"}, StringValue("'x")}}, `{"n":1,"a":"'x"}`},
		{newKeyspace(false), textMembers("a", "'x"), `{"a":"'x"}`},
	} {
		before := c.row.JSON()
		if got := c.ks.unquoted(c.row).JSON(); got != c.want {
			t.Errorf("%s became %s, want %s", before, got, c.want)
		}
		if c.row.JSON() != before {
			t.Errorf("%s was changed itself", before)
		}
	}
}

// TestPlansOfNames resolves names of records to members: exactly, else folded when
// that is allowed; of two spellings the first counts.
func TestPlansOfNames(t *testing.T) {
	for _, c := range []struct {
		loose        bool
		keys         []string
		at           []int32 // of the slots id and Given Name
		unread       []int32
		dotted, live bool
	}{
		{false, []string{"id", "x"}, []int32{0, -1}, []int32{1}, false, true},
		{false, []string{"ID", "id", "id"}, []int32{1, -1}, []int32{0}, false, true},
		{false, []string{"given_name"}, []int32{-1, -1}, []int32{0}, false, false},
		{true, []string{"given_name", "Given Name", "givenname"}, []int32{-1, 1}, nil, false, true},
		{true, []string{"GIVEN-NAME", "givenname", "Id"}, []int32{2, 0}, nil, false, true},
		{false, []string{"id.sub", "x.id", "sub.x.y", "$t", ""}, []int32{-1, -1}, []int32{1}, true, false},
		{false, []string{"x_1", "X_2", "y_1"}, []int32{-1, -1}, []int32{2}, false, false},
		{false, nil, []int32{-1, -1}, nil, false, false},
	} {
		ks := newKeyspace(c.loose)
		slots := []int{ks.slot("id"), ks.slot("Given Name"), ks.slot("id")}
		if slots[0] != 0 || slots[1] != 1 || slots[2] != 0 {
			t.Fatalf("slots %v", slots)
		}
		ks.markRead("id")
		ks.markRead("Given Name")
		ks.markRead("sub.x")
		ks.markGlob("X_*")
		gate := ks.gate(need{slots: []int{0, 1}})
		for range 2 { // the second time it is remembered
			p := ks.plan(c.keys)
			if !slices.Equal(p.keys, c.keys) || !slices.Equal(p.at, c.at) || !slices.Equal(p.unread, c.unread) || p.dotted != c.dotted ||
				p.live[gate] != c.live {
				t.Errorf("%q: %+v", c.keys, p)
			}
			if other := ks.plan([]string{"other"}); other.live[gate] || ks.plan(slices.Clone(c.keys)) != p {
				t.Errorf("%q: the plan is not remembered", c.keys)
			}
		}
	}
}
