package mapping

import (
	"strings"
	"testing"
)

// TestEdits does several things to values, and leaves out what falls out.
func TestEdits(t *testing.T) {
	for _, c := range []struct{ spec, record, want string }{
		{`{path: a, strip_prefix: [x-, y-], match: '^(\w+)', unless: '^no', replace: [b, B], case: upper}`, `{"a":"y-ab-c"}`, "AB"},
		{`{path: a, strip_prefix: [x-, y-]}`, `{"a":"z-1"}`, "z-1"},
		{`{path: a, strip_prefix: [x-, x-y-]}`, `{"a":"x-y-1"}`, "y-1"},
		{`{path: a, unless: '^no'}`, `{"a":"nobody"}`, ""},
		{`{path: a, match: '(\d+)'}`, `{"a":"id 17 of 20"}`, "17"},
		{`{path: a, match: '\d+'}`, `{"a":"id 17 of 20"}`, "id 17 of 20"},
		{`{path: a, match: '(x)?\d+'}`, `{"a":"none"}`, ""},
		{`{path: a, case: upper}`, `{"a":7}`, "7"},
		{`{path: a, case: upper, join: "+"}`, `{"a":["x","","y"]}`, "X+Y"},
		{`{path: a, unless: '^x', join: "+"}`, `{"a":["x","y"]}`, "y"},
		{`{path: a, unless: '^x', default: d}`, `{"a":["x","xy"]}`, "d"},
		{`{path: a, split: ",", case: upper, join: "+"}`, `{"a":["x,y","z"]}`, "X+Y+Z"},
		{`{path: 'a[*]', split: ",", join: "+"}`, `{"a":["x,y","z"]}`, "x+y+z"},
		{`{path: 'a[*].b', unless: '^x', join: "+"}`, `{"a":[{"b":"x"},{"b":"y"},{"c":1}]}`, "y"},
		{`{path: 'a[*].b', match: '^z'}`, `{"a":[{"b":"x"},{"b":"zy"}]}`, "zy"},
		{`{path: a, replace: ['^.*$', '']}`, `{"a":"x"}`, ""},
		{`[{path: a, replace: ['^x$', ' NULL ']}, b]`, `{"a":"x","b":"y"}`, "y"},
		{`{path: a, decode: hex, case: upper}`, `{"a":"6162"}`, "AB"},
		{`{path: a, decode: [base64, hex]}`, `{"a":"NjE2Mg=="}`, "ab"},
	} {
		r := mapOne(t, "id: "+c.spec+"\nno_identity: skip\n", c.record)
		if r.User.SourceID != c.want {
			t.Errorf("%s of %s: %q, want %q", c.spec, c.record, r.User.SourceID, c.want)
		}
		// A condition goes the long way where it compares.
		is := "~"
		if c.want != "" {
			is = "'" + c.want + "'"
		}
		if strings.HasPrefix(c.spec, "{") {
			cond := strings.TrimSuffix(c.spec, "}") + ", is: " + is + "}"
			if r := mapOne(t, "id: id\nsuspended: "+cond+"\nno_identity: skip\n", c.record); !r.User.Suspended {
				t.Errorf("%s of %s is false", cond, c.record)
			}
		}
	}
}
