package mapping

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// TestComparisons asks each comparison about values of every sort; x is a yes.
func TestComparisons(t *testing.T) {
	records := []string{
		`{}`, `{"a":""}`, `{"a":"x"}`, `{"a":true}`, `{"a":0}`, `{"a":["x","y"]}`, `{"a":[]}`, `{"a":"2020-01-01"}`,
		`{"a":"2999-01-01"}`, `{"a":"NULL"}`,
	}
	for spec, want := range map[string]string{
		`a`:                                           "...x......",
		`{path: a}`:                                   "...x......",
		`{path: a, is: x}`:                            "..x..x....",
		`{path: a, is: X}`:                            "..x..x....",
		`{path: a, is: [y, q]}`:                       "...x.x....",
		`{path: a, is: ~}`:                            "xx....x..x",
		`{path: a, is: [~, x]}`:                       "xxx..xx..x",
		`{path: a, is: ["", x]}`:                      "xxx..xx..x",
		`{path: a, is: []}`:                           "..........",
		`{path: a, is: "yes"}`:                        "...x.x....",
		`{path: a, is: "no"}`:                         "....x.....",
		`{path: a, is: "1"}`:                          "...x......",
		`{path: a, is: "0"}`:                          "....x.....",
		`{path: a, is_not: x}`:                        "xx.xx.xxxx",
		`{path: a, is_not: ~}`:                        "..xxxx.xx.",
		`{path: a, matches: "^x"}`:                    "..x..x....",
		`{path: a, matches: "y"}`:                     ".....x....",
		`{path: a, matches: "^"}`:                     "..xxxx.xx.",
		`{path: a, set: true}`:                        "..xx.x.xx.",
		`{path: a, set: false}`:                       "xx..x.x..x",
		`{path: a, future: true}`:                     "........x.",
		`{path: a, future: false}`:                    "xxxxxxxx.x",
		`{path: a, past: true}`:                       ".......x..",
		`{path: a, past: false}`:                      "xxxxxxx.xx",
		`{path: a, set: true, is_not: x}`:             "...x...xx.",
		`{path: a, matches: "1", past: true}`:         ".......x..",
		`{not: {path: a, is: x}}`:                     "xx.xx.xxxx",
		`{any: [{path: a, is: x}, {path: a, is: ~}]}`: "xxx..xx..x",
		`{any: [a, {path: a, past: true}]}`:           "...x...x..",
		`{any: [b, {not: b}]}`:                        "xxxxxxxxxx",
		`{any: [b]}`:                                  "..........",
		`{all_of: [{path: a, set: true}, {path: a, is_not: x}]}`:  "...x...xx.",
		`{all_of: [{path: a, set: true}], not: {path: a, is: x}}`: "...x...xx.",
		`{any: [{path: a, is: x}, a], not: {path: a, is: y}}`:     "..x.......",
		`[a, {path: a, is: x}]`:                                   "..xx.x....",
		`["true", b]`:                                             "xxxxxxxxxx",
		`'false'`:                                                 "..........",
		`'yes'`:                                                   "xxxxxxxxxx",
		`{first: [b, a], is: x}`:                                  "..x..x....",
		`{value: x, is: x}`:                                       "xxxxxxxxxx",
		`{expr: 'a == "x"'}`:                                      "..x.......",
		`{path: a, default: x, is: x}`:                            "xxx..xx..x",
		`{any: [{path: 'b[*]', is: q}, {path: 'a[*]', is_not: x}]}`: "xxxxx.xxxx",
	} {
		m, err := Load("t.yaml", []byte("id: id\nno_identity: skip\nfilter: "+spec))
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		for _, r := range records {
			sign := "x"
			if m.Map(&Record{Number: 1, Fields: mustJSON(t, r)}, &Env{Now: goldenNow}).Filtered {
				sign = "."
			}
			got += sign
		}
		if got != want {
			t.Errorf("%s: %s, want %s", spec, got, want)
		}
	}
}

// TestConditionsOfItems ask about the item where they name no path.
func TestConditionsOfItems(t *testing.T) {
	for _, c := range []struct{ where, want string }{
		{`{is: b}`, "[{b b}]"},
		{`{is_not: b}`, "[{a a} {c c}]"},
		{`{matches: '[bc]'}`, "[{b b} {c c}]"},
		{`{any: [{is: a}, {is: c}]}`, "[{a a} {c c}]"},
		{`{not: {is: a}}`, "[{b b} {c c}]"},
		{`{path: '^.never'}`, "[]"},
		{`{path: '^.always'}`, "[{a a} {b b} {c c}]"},
	} {
		r := mapOne(t, "id: id\nno_identity: skip\nproperties: [{each: list, where: "+c.where+", key_from: '@', value: '@'}]",
			`{"id":"u","always":true,"list":["a","b","","c"]}`)
		if got := fmt.Sprint(r.User.Properties); got != c.want {
			t.Errorf("%s: %s, want %s", c.where, got, c.want)
		}
	}
	for _, c := range []struct{ spec, always, never string }{
		{`[{where: yes_, key: k, value: v}]`, "[{k 1}]", "[]"},
		{`[{where: {not: yes_}, key: k, value: v}]`, "[]", "[{k 1}]"},
	} {
		for record, want := range map[string]string{`{"id":"u","yes_":true,"v":"1"}`: c.always, `{"id":"u","v":"1"}`: c.never} {
			if got := fmt.Sprint(mapOne(t, "id: id\nno_identity: skip\nproperties: "+c.spec, record).User.Properties); got != want {
				t.Errorf("%s of %s: %s, want %s", c.spec, record, got, want)
			}
		}
	}
}

// TestTheClockOfConditions is the environment's, else now: the same for all of a record.
func TestTheClockOfConditions(t *testing.T) {
	m, err := Load("t.yaml", []byte("id: id\nno_identity: skip\nfilter: {path: at, future: true}"))
	if err != nil {
		t.Fatal(err)
	}
	at := func(d time.Time) *Record {
		return &Record{Fields: textMembers("id", "u", "at", d.Format(time.RFC3339Nano))}
	}
	for _, env := range []*Env{nil, {}} {
		if m.Map(at(time.Now().Add(time.Hour)), env).Filtered || !m.Map(at(time.Now().Add(-time.Second)), env).Filtered {
			t.Errorf("%+v: it is not now", env)
		}
	}
	if env := (&Env{Now: goldenNow}); m.Map(at(goldenNow.Add(time.Second)), env).Filtered || !m.Map(at(goldenNow), env).Filtered {
		t.Error("it is not the time that was set")
	}
	s := &scope{}
	if first := s.clock(); first.IsZero() || !s.clock().Equal(first) {
		t.Error("the time changes within a record")
	}
}

// What may be a constant or the name of a field is neither before the mapping says which.
func TestConstantOrField(t *testing.T) {
	for word, want := range map[string]string{"true": "true", "False": "false", "yes": "true", "off": "false", "locked": "true",
		"{path: t}": "true", "[{path: t}]": "true", "t": "", "F": "", "y": "", "n": "", "1": "", "0": "", "1.0": "", "[t]": "", "{not: t}": ""} {
		m, err := Load("t.yaml", []byte("id: id\nno_identity: skip\nsuspended: "+word))
		if want == "" {
			if err == nil || !strings.Contains(err.Error(), "may be a constant or a field: write true or false, or {path:") {
				t.Errorf("suspended: %s: %v", word, err)
			}
			continue
		}
		if err != nil {
			t.Errorf("suspended: %s: %v", word, err)
			continue
		}
		u := m.Map(&Record{Fields: textMembers("id", "u", "t", "yes", "locked", "1")}, nil).User
		if got := fmt.Sprint(u.Suspended); got != want {
			t.Errorf("suspended: %s: %s, want %s", word, got, want)
		}
	}
}

// A region that the numbering plan does not know is refused where the mapping names it.
func TestUnknownRegion(t *testing.T) {
	for spec, refused := range map[string]bool{
		"default_region: gb": false, "default_region: uk": true, "default_region: Germany": true, "default_region: XX": true,
		"phones: [{value: tel, region: {value: GB}}]": false, "phones: [{value: tel, region: {value: england}}]": true,
		"phones: [{value: tel, region: country}]": false,
	} {
		_, err := Load("t.yaml", []byte("id: id\nno_identity: skip\n"+spec))
		if (err != nil) != refused || err != nil && !strings.Contains(err.Error(), "not the code of a country, two letters such as GB") {
			t.Errorf("%s: %v", spec, err)
		}
	}
}
