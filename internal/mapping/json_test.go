package mapping

import (
	"strings"
	"testing"
)

// TestJSONValues reads JSON as it stands: digits, order and the first of doubled names.
func TestJSONValues(t *testing.T) {
	nested := func(n int) string { return strings.Repeat("[", n) + "1" + strings.Repeat("]", n) }
	for _, c := range []struct{ src, want string }{
		{` {"b":1.50,"a":[true,false,null,"x\u0001\ud83d\ude00"],"b":2} `, `{"b":1.50,"a":[true,false,null,"x\u0001😀"],"b":2}`},
		{`12345678901234567890.10`, `12345678901234567890.10`},
		{`[]`, `[]`},
		{`{}`, `{}`},
		{nested(maxDepth), nested(maxDepth)},
		{nested(maxDepth + 1), "the JSON is nested too deeply"},
		{strings.Repeat(`{"a":`, maxDepth+1) + "1" + strings.Repeat("}", maxDepth+1), "the JSON is nested too deeply"},
		{`1 2`, "more than one JSON value"},
		{`{"a":1`, "error"},
		{`{"a"`, "error"},
		{`{1:2}`, "error"},
		{`[1`, "error"},
		{`[1}`, "error"},
		{`{"a":1]`, "error"},
		{``, "error"},
	} {
		v, err := ParseJSON(c.src)
		got := v.JSON()
		if err != nil {
			got = err.Error()
			if c.want == "error" {
				got = "error"
			}
			if v.Kind != Missing {
				t.Errorf("%.40s: a value beside the error", c.src)
			}
		}
		if got != c.want {
			t.Errorf("%.40s: %s, want %s", c.src, got, c.want)
		}
	}
	if got := StringValue("a\xffb").JSON(); got != "\"a\ufffdb\"" {
		t.Errorf("invalid UTF-8: %s", got)
	}
}

// TestEmbeddedJSON finds documents inside of texts, and leaves other texts alone.
func TestEmbeddedJSON(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{`{"a":1}`, `{"a":1}`},
		{` [1] `, `[1]`},
		{`"{\"a\":1}"`, `{"a":1}`},
		{`"\"x\""`, `"x"`},
		{`{\"a\":1}`, `{"a":1}`},
		{`[\"a\"]`, `["a"]`},
		{`"x"`, `"x"`},
		{`{a`, `"{a"`},
		{`{\"a`, `"{\\\"a"`},
		{`1`, `"1"`},
		{`true`, `"true"`},
		{` `, `" "`},
		{``, `""`},
	} {
		if got := embedded(StringValue(c.text)).JSON(); got != c.want {
			t.Errorf("%s: %s, want %s", c.text, got, c.want)
		}
	}
	if v := (Value{Kind: Number, Text: "[1]"}); embedded(v).Kind != Number {
		t.Error("a number was read as JSON")
	}
}
