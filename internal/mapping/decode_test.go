package mapping

import (
	"strings"
	"testing"
)

// TestDecoders shows what each way of decoding makes of a text; "out" is a value
// that falls out.
func TestDecoders(t *testing.T) {
	for _, c := range []struct{ how, text, want string }{
		{"php", `N;`, `null`},
		{"php", `b:1;`, `true`},
		{"php", `b:0;`, `false`},
		{"php", `b:2;`, `out`},
		{"php", `b:1`, `out`},
		{"php", `i:-7;`, `-7`},
		{"php", `i:x;`, `out`},
		{"php", `i:7`, `out`},
		{"php", `d:1.5;`, `1.5`},
		{"php", `s:5:"caf` + "\u00e9" + `";`, `"café"`}, // lengths count bytes
		{"php", `s:4:"caf` + "\u00e9" + `";`, `out`},
		{"php", `s:0:"";`, `""`},
		{"php", `s:3:"a"b";`, `"a\"b"`},
		{"php", `s:-1:"";`, `out`},
		{"php", `s:x:"";`, `out`},
		{"php", `s:x:;`, `out`},
		{"php", `s:1:a;`, `out`},
		{"php", `s:1:"a"`, `out`},
		{"php", `s:9:"a";`, `out`},
		{"php", `s:9223372036854775807:"a";`, `out`},
		{"php", `a:2:{i:0;s:1:"x";s:1:"k";a:0:{}}`, `{"0":"x","k":{}}`},
		{"php", `a:1:{i:0;s:1:"x";`, `out`},
		{"php", `a:2:{i:0;s:1:"x";}`, `out`},
		{"php", `a:1:{i:0;i:x;}`, `out`},
		{"php", `a:1:{i:x;i:0;}`, `out`},
		{"php", `a:-1:{}`, `out`},
		{"php", `a:x:{}`, `out`},
		{"php", `a:99:{}`, `out`},
		{"php", `a:0:}`, `out`},
		{"php", `a:1:{i:0;O:1:"x":0:{}}`, `out`},
		{"php", `O:8:"stdClass":0:{}`, `out`},
		{"php", `i:7;i`, `out`},
		{"php", `x`, `out`},
		{"php", `sx`, `out`},
		{"php", ``, `out`},
		{"php", strings.Repeat(`a:1:{i:0;`, maxDepth) + `i:1;` + strings.Repeat(`}`, maxDepth), strings.Repeat(`{"0":`,
			maxDepth) + `1` + strings.Repeat(`}`, maxDepth)},
		{"php", strings.Repeat(`a:1:{i:0;`, maxDepth+1) + `i:1;` + strings.Repeat(`}`, maxDepth+1), `out`},
		{"php_keys", `a:3:{s:5:"admin";b:1;s:6:"editor";b:0;s:4:"shop";i:1;}`, `["admin","shop"]`},
		{"php_keys", `a:0:{}`, `[]`},
		{"php_keys", `i:1;`, `out`},
		{"php_keys", `a:1:{`, `out`},
		{"json", `{"a":[1]}`, `{"a":[1]}`},
		{"json", `plain`, `"plain"`},
		{"base64", `eHk=`, `"xy"`},
		{"base64", `%%`, `out`},
		{"hex", `7879`, `"xy"`},
		{"hex", `7`, `out`},
		{"lines", "a\r\n b \n\nc", `["a","b","c"]`},
		{"lines", "a", `"a"`},
		{"dn", `CN=Ops, OU=Groups`, `"cn=ops,ou=groups"`},
		{"dn", `Nobody`, `"nobody"`},
		{"cn", `CN=Ops, OU=Groups`, `"Ops"`},
		{"cn", `OU=Groups`, `out`},
		{"container", `CN=Ops, OU=Groups, DC=Example`, `"ou=groups,dc=example"`},
		{"container", `nobody`, `out`},
	} {
		v, ok := decoders[c.how].value(nil, StringValue(c.text))
		got := v.JSON()
		if !ok {
			got = "out"
		}
		if got != c.want {
			t.Errorf("%s of %.60q: %s, want %s", c.how, c.text, got, c.want)
		}
		if quick := decoders[c.how].quick; quick != nil {
			text, known := quick(c.text)
			if want := strings.Trim(strings.TrimPrefix(c.want, "out"), `"`); text != want || !known {
				t.Errorf("%s of %q, quickly: %q %v, want %q", c.how, c.text, text, known, want)
			}
		}
	}
	if v, ok := decoders["hex"].value(nil, StringValue(" ")); ok {
		t.Errorf("a blank became %s", v.JSON())
	}
}

// TestSplitting cuts texts and nothing else.
func TestSplitting(t *testing.T) {
	e := split(",|")
	for _, c := range []struct {
		in    Value
		want  string
		quick bool // the bytes alone tell that there is nothing to cut
	}{
		{StringValue("a"), `"a"`, true},
		{StringValue(""), `""`, true},
		{StringValue("a b"), `"a b"`, true},
		{StringValue("a,b| c"), `["a","b","c"]`, false},
		{StringValue(",a,,"), `["a"]`, false},
		{StringValue(","), `[]`, false},
		{StringValue(`["a","b,c"]`), `["a","b,c"]`, false},
		{StringValue("[a"), `"[a"`, false},
		{Value{Kind: Number, Text: "1"}, `1`, true},
		{Value{Kind: Number, Text: "1,5"}, `1,5`, false},
	} {
		v, ok := e.value(nil, c.in)
		text, known := e.quick(c.in.Text)
		if v.JSON() != c.want || !ok || known != c.quick || text != c.in.Text {
			t.Errorf("%s: %s %v, quickly %q %v", c.in.JSON(), v.JSON(), ok, text, known)
		}
	}
}
