package mapping

import (
	"fmt"
	"testing"
)

// TestRoundedNumbers tells numbers that a spreadsheet has written.
func TestRoundedNumbers(t *testing.T) {
	for _, tt := range []struct {
		in   string
		want string
	}{
		{"", "false"},
		{"1E5", "false"},
		{"1E+5", "true"},
		{"1E+", "false"},
		{"1.0420E+20", "true"},
		{"1,0420E+20", "true"},
		{"1.0420e+20", "true"},
		{"1.0420E20", "true"},
		{"1E20", "false"},
		{"9E+20", "true"},
		{"12E+20", "false"},
		{"12E20", "false"},
		{"1.2.3E+20", "false"},
		{"xE+20", "false"},
		{"-1E+20", "false"},
		{"1E+1234", "false"},
		{"1E+123", "true"},
		{"1E+12x", "false"},
		{"1.5E", "false"},
		{"E+20", "false"},
		{":E+20", "false"},
		{"/E+20", "false"},
		{"0.1E+2", "true"},
		{"1x5E+20", "false"},
		{"1.x5E+20", "false"},
		{"12345", "false"},
	} {
		got := func(in string) string { return fmt.Sprint(isRounded(in)) }(tt.in)
		if got != tt.want {
			t.Errorf("%v: got %q, want %q", tt.in, got, tt.want)
		}
	}
}

// TestBooleans reads each spelling of yes and no.
func TestBooleans(t *testing.T) {
	for _, tt := range []struct {
		in   string
		want string
	}{
		{"true", "true true"},
		{"false", "false true"},
		{"TRUE", "true true"},
		{" T ", "true true"},
		{"yes", "true true"},
		{"Y", "true true"},
		{"1", "true true"},
		{"on", "true true"},
		{`\1`, "true true"},
		{"\x01", "true true"},
		{"b'1'", "true true"},
		{"1.0", "true true"},
		{"False", "false true"},
		{"f", "false true"},
		{"no", "false true"},
		{"N", "false true"},
		{"0", "false true"},
		{"off", "false true"},
		{`\0`, "false true"},
		{"\x00", "false true"},
		{"b'0'", "false true"},
		{"0.0", "false true"},
		{"", "false false"},
		{"2", "false false"},
		{"maybe", "false false"},
		{"    true", "true true"},
		{"     true", "false false"},
	} {
		got := func(in string) string { v, known := ParseBool(in); return fmt.Sprint(v, known) }(tt.in)
		if got != tt.want {
			t.Errorf("%v: got %q, want %q", tt.in, got, tt.want)
		}
	}
}

// TestTruthOfValues says which values are a yes, a thing that happened, nothing at all, and what they are as a text.
func TestTruthOfValues(t *testing.T) {
	for _, tt := range []struct {
		in   string
		want string
	}{
		{`null`, `truth false, set false, nothing true, empty true, says false, text "", property ""`},
		{`true`, `truth true, set true, nothing false, empty false, says true, text "true", property "true"`},
		{`false`, `truth false, set false, nothing true, empty false, says false, text "false", property "false"`},
		{`1`, `truth true, set true, nothing false, empty false, says true, text "1", property "1"`},
		{`0`, `truth false, set false, nothing false, empty false, says true, text "0", property "0"`},
		{`2`, `truth false, set true, nothing false, empty false, says true, text "2", property "2"`},
		{`""`, `truth false, set false, nothing true, empty true, says false, text "", property ""`},
		{`" "`, `truth false, set false, nothing true, empty true, says false, text "", property ""`},
		{`"yes"`, `truth true, set true, nothing false, empty false, says true, text "yes", property "yes"`},
		{`"no"`, `truth false, set false, nothing false, empty false, says true, text "no", property "no"`},
		{`"x"`, `truth false, set true, nothing false, empty false, says true, text "x", property "x"`},
		{`"NULL"`, `truth false, set false, nothing true, empty true, says false, text "", property ""`},
		{`" NULL "`, `truth false, set false, nothing true, empty true, says false, text "", property ""`},
		{`"null"`, `truth false, set true, nothing false, empty false, says true, text "null", property "null"`},
		{`"\\N"`, `truth false, set false, nothing true, empty true, says false, text "", property ""`},
		{`"None"`, `truth false, set false, nothing true, empty true, says false, text "", property ""`},
		{`"<null>"`, `truth false, set false, nothing true, empty true, says false, text "", property ""`},
		{`"(null)"`, `truth false, set false, nothing true, empty true, says false, text "", property ""`},
		{`"[NULL]"`, `truth false, set false, nothing true, empty true, says false, text "", property ""`},
		{`"[NULLL]"`, `truth false, set true, nothing false, empty false, says true, text "[NULLL]", property "[NULLL]"`},
		{`"N"`, `truth false, set false, nothing false, empty false, says true, text "N", property "N"`},
		{`"[]"`, `truth false, set false, nothing true, empty false, says false, text "[]", property "[]"`},
		{`"{}"`, `truth false, set false, nothing true, empty false, says false, text "{}", property "{}"`},
		{`"[1]"`, `truth false, set true, nothing false, empty false, says true, text "[1]", property "[1]"`},
		{`" x "`, `truth false, set true, nothing false, empty false, says true, text "x", property "x"`},
		{`"\u00a0x\u00a0"`, `truth false, set true, nothing false, empty false, says true, text "x", property "x"`},
		{`"x\u00a0"`, `truth false, set true, nothing false, empty false, says true, text "x", property "x"`},
		{
			`"0000-00-00 00:00:00"`,
			`truth false, set false, nothing false, empty false, says true, text "0000-00-00 00:00:00", property "0000-00-00 00:00:00"`,
		},
		{
			`"0001-01-01T00:00:00Z"`,
			`truth false, set false, nothing false, empty false, says true, text "0001-01-01T00:00:00Z", property "0001-01-01T00:00:00Z"`,
		},
		{`"2024-01-01"`, `truth false, set true, nothing false, empty false, says true, text "2024-01-01", property "2024-01-01"`},
		{`[]`, `truth false, set false, nothing true, empty true, says false, text "", property "[]"`},
		{`[true]`, `truth true, set true, nothing false, empty false, says true, text "true", property "[true]"`},
		{`[false]`, `truth false, set false, nothing false, empty false, says false, text "false", property "[false]"`},
		{`[true,true]`, `truth false, set true, nothing false, empty false, says true, text "true", property "[true,true]"`},
		{`["", "a", "b"]`, `truth false, set true, nothing false, empty false, says true, text "a", property "[\"\",\"a\",\"b\"]"`},
		{`[null]`, `truth false, set true, nothing false, empty false, says false, text "", property "[null]"`},
		{`[""]`, `truth false, set true, nothing false, empty false, says false, text "", property "[\"\"]"`},
		{`{}`, `truth false, set false, nothing true, empty true, says false, text "", property "{}"`},
		{`{"a":1}`, `truth false, set true, nothing false, empty false, says true, text "", property "{\"a\":1}"`},
		{`{"a":null}`, `truth false, set true, nothing false, empty false, says false, text "", property "{\"a\":null}"`},
		{`{"$oid":"x"}`, `truth false, set true, nothing false, empty false, says true, text "x", property "x"`},
		{
			`{"$oid":"x","b":1}`,
			`truth false, set true, nothing false, empty false, says true, text "", property "{\"$oid\":\"x\",\"b\":1}"`,
		},
		{`{"oid":"x"}`, `truth false, set true, nothing false, empty false, says true, text "", property "{\"oid\":\"x\"}"`},
		{
			`{"$date":"0000-00-00"}`,
			`truth false, set false, nothing false, empty false, says true, text "0000-00-00", property "0000-00-00"`,
		},
	} {
		got := func(in string) string {
			v := jsonValue(in)
			return fmt.Sprintf("truth %v, set %v, nothing %v, empty %v, says %v, text %q, property %q", truth(v), isSet(v), nothing(v), empty(v), says(&v), text(v), propertyText(v))
		}(tt.in)
		if got != tt.want {
			t.Errorf("%v: got %q, want %q", tt.in, got, tt.want)
		}
	}
}

// TestSetTexts says which texts stand for something that happened.
func TestSetTexts(t *testing.T) {
	for _, tt := range []struct {
		in   string
		want string
	}{
		{"", "false"},
		{"[]", "false"},
		{"{}", "false"},
		{"false", "false"},
		{"0", "false"},
		{"true", "true"},
		{"x", "true"},
		{"0000-00-00", "false"},
		{"0001-01-01", "false"},
		{"2001-01-01", "true"},
	} {
		got := func(in string) string { return fmt.Sprint(isSetText(in)) }(tt.in)
		if got != tt.want {
			t.Errorf("%v: got %q, want %q", tt.in, got, tt.want)
		}
	}
}

// TestDecodedTexts reads base64 and hex as exports write them.
func TestDecodedTexts(t *testing.T) {
	for _, tt := range []struct {
		in   string
		want string
	}{
		{"YQ==", `"a" true "" false`},
		{"YQ", `"a" true "" false`},
		{"++//", `"\xfb\xef\xff" true "" false`},
		{"--__", `"\xfb\xef\xff" true "" false`},
		{"+-", `"" false "" false`},
		{"*", `"" false "" false`},
		{"6162", `"\xeb^\xb6" true "ab" true`},
		{`\x6162`, `"" false "ab" true`},
		{"616", `"\xeb^" true "a" false`},
		{"xx", `"\xc7" true "" false`},
	} {
		got := func(in string) string {
			a, ok := decodeBase64(in)
			b, ok2 := decodeHex(in)
			return fmt.Sprintf("%q %v %q %v", a, ok, b, ok2)
		}(tt.in)
		if got != tt.want {
			t.Errorf("%v: got %q, want %q", tt.in, got, tt.want)
		}
	}
}

// TestCleanNames takes out of names what no name holds.
func TestCleanNames(t *testing.T) {
	for _, tt := range []struct {
		in   string
		want string
	}{
		{" Ana ", "Ana"},
		{"Ana\tMaría", "Ana María"},
		{"Ana\r\nMaría", "Ana  María"},
		{"A\x00n\x1fa", "Ana"},
		{"A\x7fna", "Ana"},
		{"A\u0080\u009fna", "Ana"},
		{"A\u00a0na", "A\u00a0na"},
		{"A\ufeffna\ufffd", "Ana"},
		{"A\xffna", "Ana"},
		{"Änne", "Änne"},
		{"\tAna\t", "Ana"},
		{"Ana\u00a0", "Ana"},
		{"A~na", "A~na"},
	} {
		got := func(in string) string { return cleanName(in) }(tt.in)
		if got != tt.want {
			t.Errorf("%v: got %q, want %q", tt.in, got, tt.want)
		}
	}
}

// TestLetterCase changes case and never makes an ASCII letter of another one.
func TestLetterCase(t *testing.T) {
	for _, tt := range []struct {
		in   string
		want string
	}{
		{"aZ", "az AZ"},
		{"äÖ", "äö ÄÖ"},
		{"\u212a", "K K"},
		{"\u0130", "İ İ"},
		{"\u0131", "ı ı"},
		{"\u017f", "ſ ſ"},
		{"\u0080\u007f", "\u0080\u007f \u0080\u007f"},
	} {
		got := func(in string) string { return lower(in) + " " + upper(in) }(tt.in)
		if got != tt.want {
			t.Errorf("%v: got %q, want %q", tt.in, got, tt.want)
		}
	}
}

// TestWrittenLists reads a list that a text holds.
func TestWrittenLists(t *testing.T) {
	for _, tt := range []struct {
		in   string
		want string
	}{
		{`["a","b"]`, `["a","b"]`},
		{`["a"`, "none"},
		{`['a', 'b']`, `["a","b"]`},
		{`[ 'a' ]`, `["a"]`},
		{`['a","b']`, "none"},
		{`['a''b']`, "none"},
		{`[a]`, "none"},
		{`{"a":true,"b":false,"c":1}`, `["a","c"]`},
		{`{"a":true,"b":"x"}`, "none"},
		{`{}`, "[]"},
		{`{a,b}`, `["a","b"]`},
		{`{a,"b c",NULL,null,"NULL",""}`, `["a","b c","NULL",""]`},
		{`{a,,b}`, `["a","b"]`},
		{`{NULL,a}`, `["a"]`},
		{`{"a,b",c}`, `["a,b","c"]`},
		{`{"a\"b","c\\d"}`, `["a\"b","c\\d"]`},
		{`{a\,b,c}`, `["a,b","c"]`},
		{`{a\}`, `["a\\"]`},
		{`{"a}`, "none"},
		{`{a{b}}`, "none"},
		{`{"{a}"}`, `["{a}"]`},
		{`{a`, "none"},
		{`{`, "none"},
		{`a:2:{i:0;s:1:"x";i:1;s:1:"y";}`, `["x","y"]`},
		{`a:2:{s:5:"admin";b:1;s:4:"user";b:0;}`, `["admin"]`},
		{`a:2:{i:0;s:1:"x";i:2;s:1:"y";}`, "none"},
		{`a:1:{s:5:"admin";s:1:"x";}`, "none"},
		{`a:0:{}`, "[]"},
		{`a:1:{i:0;`, "none"},
		{`a:1:{i:0;i:1;`, "none"},
		{`a:0:{}x`, "none"},
		{`x`, "none"},
		{``, "none"},
	} {
		got := func(in string) string {
			v := written(in)
			if v.Kind == Missing {
				return "none"
			}
			return v.JSON()
		}(tt.in)
		if got != tt.want {
			t.Errorf("%v: got %q, want %q", tt.in, got, tt.want)
		}
	}
}
