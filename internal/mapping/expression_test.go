package mapping

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// TestExpressionValues gives expressions what a record holds, and takes back what they give.
func TestExpressionValues(t *testing.T) {
	for _, c := range []struct{ src, given, back string }{
		{`"x"`, `string x`, `"x"`},
		{`true`, `bool true`, `true`},
		{`false`, `bool false`, `false`},
		{`7`, `int 7`, `7`},
		{`9007199254740992`, `int 9007199254740992`, `9007199254740992`},
		{`9007199254740993`, `string 9007199254740993`, `"9007199254740993"`},
		{`-9007199254740992`, `int -9007199254740992`, `-9007199254740992`},
		{`-9007199254740993`, `string -9007199254740993`, `"-9007199254740993"`},
		{`99999999999999999999`, `string 99999999999999999999`, `"99999999999999999999"`},
		{`1.50`, `float64 1.5`, `1.5`},
		{`1e3`, `float64 1000`, `1000`},
		{`2E1`, `float64 20`, `20`},
		{`1e999`, `string 1e999`, `"1e999"`},
		{`null`, `<nil> <nil>`, `null`},
		{`[1,"a",null]`, `[]interface {} [1 a <nil>]`, `[1,"a",null]`},
		{`{"b":1,"a":2,"b":3}`, `map[string]interface {} map[a:2 b:1]`, `{"a":2,"b":1}`},
	} {
		given := toAny(mustJSON(t, c.src))
		if got := fmt.Sprintf("%T %v", given, given); got != c.given {
			t.Errorf("%s: %s, want %s", c.src, got, c.given)
		}
		if got := fromAny(given).JSON(); got != c.back {
			t.Errorf("%s came back as %s, want %s", c.src, got, c.back)
		}
	}
	for _, c := range []struct{ expr, want string }{
		{`a == nil`, "true"},
		{`truthy(yes) and not truthy(no)`, "true"},
		{`is_set(day) and not is_set(zero) and not is_set(a)`, "true"},
		{`text(wrap)`, "w"},
		{`json(doc).k`, "v"},
		{`lower(name) + upper(name) + upper(n)`, "anaANA7"},
		{`time(day).Year()`, "2024"},
		{`time(day)`, "2024-01-12T09:00:00Z"},
		{`time(name) == nil`, "true"},
		{`is_email(mail) and not is_email(name)`, "true"},
		{`future(later) and not future(day)`, "true"},
		{`n / 2`, "3.5"},
		{`[n, name][1]`, "Ana"},
		{`split(list, ",")[1]`, "q"},
		{`{"$x": "inner"}`, "inner"},
		{`get("list")`, "p,q"},
		{`len(get("rows[*].k"))`, "2"},
		{`get("rows[*].none") == []`, "true"},
		{`record["odd name"]`, "o"},
		{`record.wrap["$oid"]`, "w"},
		{`a.b.c ?? "none"`, "none"},
		{`rows[1]["k"]`, "2"},
		{`len(map(rows, .k))`, "2"},
		{`item + key`, "ik"},
	} {
		r := mapOne(t, "id: '="+c.expr+"'\nno_identity: skip\n", `{"yes":"t","no":"0","day":"2024-01-12T09:00:00Z","zero":"0000-00-00","wrap":{"$oid":"w"},
			"doc":"{\"k\":\"v\"}","name":"Ana","n":7,"mail":"ana@example.com","later":"2999-01-01","list":"p,q","rows":[{"k":1},{"k":2}],"odd name":"o","item":"i","key":"k"}`)
		if r.User.SourceID != c.want {
			t.Errorf("%s: %q %v, want %q", c.expr, r.User.SourceID, r.Problems, c.want)
		}
	}
	r := mapOne(t, "id: id\nno_identity: skip\nproperties: [{each: 'rows[*]', key_from: '=item.k', value: '=item.v + key + record.id + id'}, {each: 'm.*', key_from: '=key', value: '=item'}]",
		`{"id":"u","rows":[{"k":"a","v":"1"}],"m":{"b":"2"}}`)
	if got := fmt.Sprint(r.User.Properties); got != "[{a 1uu} {b 2}]" {
		t.Errorf("in each: %s %v", got, r.Problems)
	}
}

// TestExpressionsThatFail says why, and whose fault it is.
func TestExpressionsThatFail(t *testing.T) {
	m, err := Load("t.yaml", []byte("id: '=name.first + 1'\nno_identity: skip\n"))
	if err != nil {
		t.Fatal(err)
	}
	if m.Faulty() || m.TakeFault() != "" {
		t.Error("a fault before any record")
	}
	r := m.Map(&Record{Number: 1, Fields: mustJSON(t, `{"name":{"first":"Ana"}}`)}, nil)
	const why = "he expression for id can't be computed: invalid operation: string at character 12"
	var messages []string
	for _, p := range r.Problems {
		messages = append(messages, fmt.Sprintf("%s %s %s: %s", p.Severity, p.Code, p.Field, p.Message))
	}
	if want := []string{"error RECORD_MALFORMED : T" + why + "."}; !slices.Equal(messages, want) || r.Fail != "t"+why {
		t.Errorf("%q, fail %q", messages, r.Fail)
	}
	m.Map(&Record{Number: 2, Fields: mustJSON(t, `{"name":{"first":1}}`)}, nil)
	if !m.Faulty() || m.TakeFault() != "t"+why || m.Faulty() {
		t.Error("the fault of the expression is not kept until it is taken")
	}
	for _, c := range []struct{ yaml, want string }{
		{`id: =get(a)`, "id: get takes a path in quotes"},
		{`id: =get("a[")`, `id: path "a[", character 3: a bracket is not closed`},
		{`id: =$env["a"]`, "id: write record instead of $env"},
		{`id: =get("@key")`, "id: @key is the name under which each found an item"},
	} {
		if _, err := Load("t.yaml", []byte(c.yaml)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", c.yaml, err)
		}
	}
}

// A condition on rows that can't be computed says why for the row at hand; a place
// without a condition has nothing to say.
func TestConditionsOfRowsThatFail(t *testing.T) {
	m, err := Load("t.yaml", []byte("records: [{at: '[*]', where: '=a.b + 1 == 2'}, 'other[*]']\nid: id\n"))
	if err != nil {
		t.Fatal(err)
	}
	conditional, plain := m.Records()[0], m.Records()[1]
	for _, c := range []struct{ row, want string }{
		{`{"a":{"b":1}}`, ""},
		{`{"a":{"b":"x"}}`, "the expression for records can't be computed: invalid operation: string at character 5"},
	} {
		row := mustJSON(t, c.row)
		if got := m.RecordFault(row); got != c.want {
			t.Errorf("%s: %q, want %q", c.row, got, c.want)
		}
		if got := conditional.Fault(row); got != c.want {
			t.Errorf("%s at its place: %q, want %q", c.row, got, c.want)
		}
		if got := plain.Fault(row); got != "" {
			t.Errorf("%s without a condition: %q", c.row, got)
		}
	}
	m, err = Load("t.yaml", []byte("id: id\n"))
	if err != nil {
		t.Fatal(err)
	}
	if got := m.RecordFault(mustJSON(t, `{"a":1}`)); got != "" {
		t.Errorf("without conditions: %q", got)
	}
}
