package mapping

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// TestDetectionRules judges samples by a mapping's own rules: how sure it is, and why.
func TestDetectionRules(t *testing.T) {
	array := func(records ...string) Value { return mustJSON(t, "["+strings.Join(records, ",")+"]") }
	ndjson := func(records ...string) Sample { return Sample{Format: "ndjson", Head: array(records...)} }
	doc := func(s string) Sample { return Sample{Format: "json", Head: mustJSON(t, s)} }
	many := func(n int, r string) (out []string) {
		for range n {
			out = append(out, r)
		}
		return out
	}
	for _, c := range []struct {
		name, yaml string
		sample     Sample
		want       string
	}{
		{"all keys", "detect: [{keys: [a, b.c]}]", ndjson(`{"a":1}`, `{"b":{"c":2}}`), "80 the fields a, b.c in 2 sampled records"},
		{"a key is missing", "detect: [{keys: [a, b]}]", ndjson(`{"a":1}`), "0 "},
		{"a flattened key", "detect: [{keys: [a.b]}]", ndjson(`{"a.b":1}`), "80 the fields a.b in 1 sampled records"},
		{"a flattened key, loosely", "keys: loose\ndetect: [{keys: [a.b]}]", ndjson(`{"A.B":1}`), "80 the fields a.b in 1 sampled records"},
		{"a key in other letters", "detect: [{keys: [a]}]", ndjson(`{"A":1}`), "0 "},
		{"none of them", "detect: [{keys: [a], none: [b, c]}]", ndjson(`{"a":1}`, `{"a":1,"c":1}`), "0 "},
		{"none is there", "detect: [{keys: [a], none: [b]}]", ndjson(`{"a":1}`), "80 the fields a in 1 sampled records"},
		{"some of any", "detect: [{keys: [a], any: [b, c, d], weight: 50}]", ndjson(`{"a":1,"b":1,"d":1}`), "56 the fields a, b, d in 1 sampled records"},
		{"no one of any", "detect: [{keys: [a], any: [b]}]", ndjson(`{"a":1}`), "0 "},
		{"at most a hundred", "detect: [{any: [a], weight: 95}]", ndjson(`{"a":1}`), "100 the fields a in 1 sampled records"},
		{"six names", "detect: [{keys: [a, b, c, d, e, f]}]", ndjson(`{"a":1,"b":1,"c":1,"d":1,"e":1,"f":1}`),
			"80 the fields a, b, c, d, e, f in 1 sampled records"},
		{"more names", "detect: [{keys: [a, b, c, d, e, f, g]}]", ndjson(`{"a":1,"b":1,"c":1,"d":1,"e":1,"f":1,"g":1}`),
			"80 the fields a, b, c, d, e, f, … in 1 sampled records"},
		{"its own words", "detect: [{keys: [a], says: it is so}]", ndjson(`{"a":1}`), "80 it is so"},
		{"the best rule", "detect: [{keys: [a], weight: 30, says: one}, {keys: [a], weight: 60, says: two}, {keys: [a], weight: 60, says: three}]",
			ndjson(`{"a":1}`), "60 two"},
		{"shapes", "detect: [{match: {a: '^x'}}]", ndjson(`{"a":"x1"}`, `{"b":1}`), "80 the values have the right shape in 2 sampled records"},
		{"nine of ten", "detect: [{match: {a: '^x'}, says: s}]", ndjson(append(many(9, `{"a":"x"}`), `{"a":"y"}`)...), "80 s"},
		{"eight of nine", "detect: [{match: {a: '^x'}, says: s}]", ndjson(append(many(8, `{"a":"x"}`), `{"a":"y"}`)...), "0 "},
		{"no value", "detect: [{match: {a: '^'}}]", ndjson(`{"a":""}`, `{"a":null}`), "0 "},
		{"all values of a path", "detect: [{match: {'a[*]': '^x'}}]", ndjson(`{"a":["x","y"]}`), "0 "},
		{"no records", "detect: [{none: [a]}]", ndjson(), "0 "},
		{"the format", "detect: [{keys: [a], format: [csv, ndjson]}]", ndjson(`{"a":1}`), "80 the fields a in 1 sampled records"},
		{"another format", "detect: [{keys: [a], format: [csv, json]}]", ndjson(`{"a":1}`), "0 "},
		{"its place", "records: ['x[*]', 'users[*]']\ndetect: [{keys: [a]}]", doc(`{"users":[{"a":1},{"b":1}]}`), "80 the fields a in 2 sampled records"},
		{"its place decides", "records: ['users[*]']\ndetect: [{keys: [b]}]", doc(`{"users":[{"a":1}],"b":1}`), "0 "},
		{"one user", "records: ['users[*]']\ndetect: [{keys: [a]}]", doc(`{"a":1}`), "80 the fields a in 1 sampled records"},
		{"one user of NDJSON", "records: ['users[*]']\ndetect: [{keys: [users]}]", Sample{Format: "ndjson", Head: mustJSON(t, `{"users":[{"a":1}]}`)},
			"80 the fields users in 1 sampled records"},
		{"an array", "detect: [{keys: [a]}]", doc(`[{"a":1},5]`), "80 the fields a in 1 sampled records"},
		{"pages", "records: ['users[*]']\ndetect: [{keys: [a]}]", doc(`[{"users":[{"a":1}]},{"users":[{"a":2},{"b":2}]},7]`),
			"80 the fields a in 3 sampled records"},
		{"pages of the second place", "records: ['x[*]', 'users[*]']\ndetect: [{keys: [a]}]", doc(`[{"users":[{"a":1}]}]`), "80 the fields a in 1 sampled records"},
		{"pages of NDJSON", "records: ['users[*]']\ndetect: [{keys: [a]}]", ndjson(`{"users":[{"a":1}]}`), "0 "},
		{"members of a map", "records: ['users.*']\ndetect: [{keys: [a]}]", doc(`{"users":{"x":{"a":1},"y":5}}`), "80 the fields a in 1 sampled records"},
		{"text is no place", "records: ['users[*]']\ndetect: [{keys: [a]}]", doc(`{"users":"[{\"a\":1}]"}`), "0 "},
		{"those of a kind", "records: [{at: 'rows[*]', where: {path: k, is: u}}]\ndetect: [{keys: [a]}]", doc(`{"rows":[{"k":"u","a":1},{"k":"g","a":1}]}`),
			"80 the fields a in 1 sampled records"},
		{"of a parent", "records: [{at: 'rows[*]', where: {path: $parent.k, is: u}, parent: [k]}]\ndetect: [{keys: [a]}]", doc(`{"k":"x","rows":[{"a":1}]}`),
			"80 the fields a in 1 sampled records"},
		{"rows of a kind", "records: [{at: '[*]', where: {path: k, is: u}}]\ndetect: [{keys: [a]}]", ndjson(`{"k":"u","a":1}`, `{"k":"g","a":1}`),
			"80 the fields a in 1 sampled records"},
		{"rows of other kinds alone", "records: [{at: '[*]', where: {path: k, is: u}}]\ndetect: [{keys: [k]}]", ndjson(`{"k":"g"}`, `{"k":"h"}`),
			"80 the fields k in 2 sampled records"},
		{"the first of many", "detect: [{keys: [a]}]", ndjson(append(many(maxSampled, `{"a":1}`), `{"b":1}`)...),
			"80 the fields a in 200 sampled records"},
		{"after the first of many", "detect: [{keys: [b]}]", ndjson(append(many(maxSampled, `{"a":1}`), `{"b":1}`)...), "0 "},
		{"the first of many, at its place", "records: ['u[*]']\ndetect: [{keys: [a]}]", doc(`{"u":[` + strings.Join(many(maxSampled+9, `{"a":1}`), ",") + `]}`),
			"80 the fields a in 200 sampled records"},
		{"any list, generically", "generic: true\ndetect: [{keys: [a]}]", doc(`{"meta":{"n":[1]},"in":{"deep":[{"a":1}]}}`), "80 the fields a in 2 sampled records"},
		{"the outermost list", "generic: true\ndetect: [{keys: [b]}]", doc(`{"x":{"deep":[{"a":1}]},"b":[{"b":1}]}`),
			"80 the fields b in 2 sampled records"},
		{"too deep a list", "generic: true\ndetect: [{keys: [a]}]", doc(`{"1":{"2":{"3":{"4":[{"a":1}]}}}}`),
			"80 the fields a in 2 sampled records"},
		{"too deep a list by one", "generic: true\ndetect: [{keys: [a]}]", doc(`{"1":{"2":{"3":{"4":{"5":[{"a":1}]}}}}}`), "0 "},
		{"an empty list before it", "generic: true\ndetect: [{keys: [a]}]", doc(`{"e":[],"n":[5],"u":[{"a":1}]}`),
			"80 the fields a in 2 sampled records"},
		{"no header", "csv: {columns: [[id, mail], [id, mail, x, y]]}\ndetect: [{columns: [2, 3, 4], match: {mail: '@'}, says: s}]",
			Sample{Format: "csv", Rows: [][]string{{"1", "a@b"}, {"2", "c@d", ""}, {"3", "e@f", "", ""}}}, "80 s"},
		{"no header, a quarter fits", "csv: {columns: [id, mail]}\ndetect: [{columns: [2], keys: [mail]}]",
			Sample{Format: "csv", Rows: [][]string{{"1", "a@b"}, {"1"}, {"1"}, {"1"}}}, "80 the fields mail in 1 sampled records"},
		{"no header, less fits", "csv: {columns: [id, mail]}\ndetect: [{columns: [2], keys: [mail]}]",
			Sample{Format: "csv", Rows: [][]string{{"1", "a@b"}, {"1"}, {"1"}, {"1"}, {"1"}}}, "0 "},
		{"no header, another count", "csv: {columns: [id, mail]}\ndetect: [{columns: [5], keys: [mail]}]",
			Sample{Format: "csv", Rows: [][]string{{"1", "a@b"}}}, "0 "},
	} {
		m, err := Load("t.yaml", []byte("id: id\n"+c.yaml))
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		sure, why := m.fits(c.sample)
		if got := fmt.Sprintf("%d %s", sure, why); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

// TestTies asks when specific presets claim a file alike; a generic one never does.
func TestTies(t *testing.T) {
	a, b, low, generic := Match{Preset: "a", Confidence: 90}, Match{Preset: "b", Confidence: 90}, Match{Preset: "c", Confidence: 80},
		Match{Preset: "g", Confidence: 90, Generic: true}
	ordered := slices.SortedStableFunc(slices.Values([]Match{generic, low, a, b}), ranked)
	if !reflect.DeepEqual(ordered, []Match{a, b, low, generic}) {
		t.Error("the order is not: specific before generic, the surer first, else as they come")
	}
	for _, c := range []struct {
		matches []Match
		want    int
	}{
		{nil, 0}, {[]Match{a}, 0}, {[]Match{a, b}, 2}, {[]Match{a, b, low}, 2}, {[]Match{a, low}, 0}, {[]Match{a, generic}, 0},
		{[]Match{a, b, generic}, 2},
		{[]Match{generic}, 0},
	} {
		if got := Tied(c.matches); len(got) != c.want {
			t.Errorf("%+v: %+v", c.matches, got)
		}
	}
}
