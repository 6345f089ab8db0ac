package mapping

import (
	"fmt"
	"strings"
	"testing"
)

// TestParsedPaths reads a path, or says what is wrong with it.
func TestParsedPaths(t *testing.T) {
	for _, tt := range []struct {
		in   string
		want string
	}{
		{"", "the path is empty"},
		{" ", "the path is empty"},
		{"a", "0 [{0 a 0 [] 0 }] false"},
		{" a ", "0 [{0 a 0 [] 0 }] false"},
		{"a.b", "0 [{0 a 0 [] 0 } {0 b 0 [] 0 }] false"},
		{"a.b.c", "0 [{0 a 0 [] 0 } {0 b 0 [] 0 } {0 c 0 [] 0 }] false"},
		{"a..b", `path "a..b", character 3: a name is missing`},
		{"a.", `path "a.", character 3: a name is missing`},
		{".a", `path ".a", character 1: a name is missing`},
		{"@", "0 [] false"},
		{"@.a", "0 [{0 a 0 [] 0 }] false"},
		{"@key", "3 [] false"},
		{"@keys", `path "@keys", character 2: expected a dot or a bracket`},
		{"@a", `path "@a", character 2: expected a dot or a bracket`},
		{"^", "2 [] false"},
		{"^.a", "2 [{0 a 0 [] 0 }] false"},
		{"^a", `path "^a", character 2: expected a dot or a bracket`},
		{"$", "1 [] false"},
		{"$.a", "1 [{0 a 0 [] 0 }] false"},
		{"$[0]", "1 [{1  0 [] 0 }] false"},
		{"$passwords", "1 [{0 $passwords 0 [] 0 }] false"},
		{"$passwords[*].hash", "1 [{0 $passwords 0 [] 0 } {2  0 [] 0 } {0 hash 0 [] 0 }] true"},
		{"$]", `path "$]", character 2: a closing bracket without an opening one`},
		{"[0]", "0 [{1  0 [] 0 }] false"},
		{"[0].a", "0 [{1  0 [] 0 } {0 a 0 [] 0 }] false"},
		{"a[0]", "0 [{0 a 0 [] 0 } {1  0 [] 0 }] false"},
		{"a[-1]", "0 [{0 a 0 [] 0 } {1  -1 [] 0 }] false"},
		{"a[ 2 ]", "0 [{0 a 0 [] 0 } {1  2 [] 0 }] false"},
		{"a[*]", "0 [{0 a 0 [] 0 } {2  0 [] 0 }] true"},
		{"a[*].b", "0 [{0 a 0 [] 0 } {2  0 [] 0 } {0 b 0 [] 0 }] true"},
		{"a.*", "0 [{0 a 0 [] 0 } {3  0 [] 0 }] true"},
		{"a.*.b", "0 [{0 a 0 [] 0 } {3  0 [] 0 } {0 b 0 [] 0 }] true"},
		{"*", "0 [{3  0 [] 0 }] true"},
		{"a['b.c']", "0 [{0 a 0 [] 0 } {0 b.c 0 [] 0 }] false"},
		{"a[\"b\"]", "0 [{0 a 0 [] 0 } {0 b 0 [] 0 }] false"},
		{"a['b''c']", "0 [{0 a 0 [] 0 } {0 b'c 0 [] 0 }] false"},
		{"a['b'", `path "a['b'", character 6: expected a closing bracket`},
		{"a['b'x]", `path "a['b'x]", character 6: expected a closing bracket`},
		{"a['b", `path "a['b", character 3: a quote is not closed`},
		{"a[", `path "a[", character 3: a bracket is not closed`},
		{"a[1", `path "a[1", character 3: a bracket is not closed`},
		{"a[]", `path "a[]", character 3: expected a number, *, a quoted name or a filter such as [type=email]`},
		{"a]", `path "a]", character 2: a closing bracket without an opening one`},
		{"a[x]", `path "a[x]", character 3: expected a number, *, a quoted name or a filter such as [type=email]`},
		{"a[=x]", `path "a[=x]", character 3: expected a number, *, a quoted name or a filter such as [type=email]`},
		{"a[t=x]", "0 [{0 a 0 [] 0 } {4  0 [t] 0 x}] true"},
		{"a[t!=x]", "0 [{0 a 0 [] 0 } {4  0 [t] 1 x}] true"},
		{"a[t^=x]", "0 [{0 a 0 [] 0 } {4  0 [t] 2 x}] true"},
		{"a[t$=x]", "0 [{0 a 0 [] 0 } {4  0 [t] 3 x}] true"},
		{"a[t*=x]", "0 [{0 a 0 [] 0 } {4  0 [t] 4 x}] true"},
		{"a[ t = 'x y' ].v", "0 [{0 a 0 [] 0 } {4  0 [t] 0 x y} {0 v 0 [] 0 }] true"},
		{"a[t='x]", "0 [{0 a 0 [] 0 } {4  0 [t] 0 'x}] true"},
		{"a[t='']", "0 [{0 a 0 [] 0 } {4  0 [t] 0 }] true"},
		{"a[t=']", "0 [{0 a 0 [] 0 } {4  0 [t] 0 '}] true"},
		{"a[t=\"x']", `0 [{0 a 0 [] 0 } {4  0 [t] 0 "x'}] true`},
		{"a[t.u=x]", "0 [{0 a 0 [] 0 } {4  0 [t u] 0 x}] true"},
		{"a[t=x!=y]", "0 [{0 a 0 [] 0 } {4  0 [t] 0 x!=y}] true"},
		{"a[t=]", "0 [{0 a 0 [] 0 } {4  0 [t] 0 }] true"},
		{"'a.b'", "0 [{0 a.b 0 [] 0 }] false"},
		{"\"a\".b", "0 [{0 a 0 [] 0 } {0 b 0 [] 0 }] false"},
		{"'a", `path "'a", character 1: a quote is not closed`},
		{"a[0]b", `path "a[0]b", character 5: expected a dot or a bracket`},
		{"a 'b", "0 [{0 a 'b 0 [] 0 }] false"},
		{"''", "0 [{0  0 [] 0 }] false"},
		{
			strings.Repeat("a", 1000),
			"0 [{0 aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa 0 [] 0 }] false",
		},
		{strings.Repeat("a", 1001), "the path is longer than 1000 characters"},
	} {
		got := func(in string) string {
			p, err := parsePath(in)
			if err != nil {
				return err.Error()
			}
			return fmt.Sprintf("%d %v %v", p.from, p.steps, p.multiple())
		}(tt.in)
		if got != tt.want {
			t.Errorf("%v: got %q, want %q", tt.in, got, tt.want)
		}
	}
}

// TestFoldedNames writes a name as loose matching sees it.
func TestFoldedNames(t *testing.T) {
	for _, tt := range []struct {
		in   string
		want string
	}{
		{"", `"" true false false`},
		{"abc", `"abc" true false false`},
		{"ABC", `"abc" true false false`},
		{"AZ", `"az" true false false`},
		{"a_b-c d", `"abcd" true false false`},
		{"a\tb", `"ab" true false false`},
		{"a\u00a0b", `"ab" true false false`},
		{"Ä_b", `"äb" true false false`},
		{"É", `"é" true false false`},
		{"[a]", `"[a]" true false false`},
		{"@", `"@" true false false`},
		{"a~", `"a~" true false false`},
	} {
		got := func(in string) string {
			f := foldKey(in)
			return fmt.Sprintf("%q %v %v %v", f, foldEqual(in, f), foldEqual(in, f+"x"), foldEqual(in+"x", f))
		}(tt.in)
		if got != tt.want {
			t.Errorf("%v: got %q, want %q", tt.in, got, tt.want)
		}
	}
}

// TestPatterns matches as the regular expression does.
func TestPatterns(t *testing.T) {
	for _, tt := range []struct {
		p    string
		in   string
		want string
	}{
		{"abc", "xabcx", `literal "abc" plain true, match true, first "xabcx" true`},
		{"abc", "xabx", `literal "abc" plain true, match false, first "" false`},
		{"a(b+)c", "xabbc", `literal "a" plain false, match true, first "bb" true`},
		{"a(b+)c", "xac", `literal "a" plain false, match false, first "" false`},
		{"(abc)+", "abcabc", `literal "abc" plain false, match true, first "abc" true`},
		{"(abc)+", "ab", `literal "abc" plain false, match false, first "" false`},
		{"(?:abc){2}", "abcabc", `literal "abc" plain false, match true, first "abcabc" true`},
		{"(?:abc){2}", "abc", `literal "abc" plain false, match false, first "" false`},
		{"(?:abc){0,2}", "x", `literal "" plain false, match true, first "x" true`},
		{"(?i)abc", "xABC", `literal "" plain false, match true, first "xABC" true`},
		{"a|b", "b", `literal "" plain false, match true, first "b" true`},
		{"^ab.*cde$", "abcde", `literal "cde" plain false, match true, first "abcde" true`},
		{"^ab.*cde$", "ab", `literal "cde" plain false, match false, first "" false`},
		{"^(a)?b", "b", `literal "b" plain false, match true, first "" true`},
		{"^[a-z]+$", "abc", `literal "" plain false, match true, first "abc" true`},
		{"^[a-z]+$", "ABC", `literal "" plain false, match false, first "" false`},
		{"x*", "", `literal "" plain false, match true, first "" true`},
		{"(", "", "error parsing regexp: missing closing ): `(`"},
	} {
		got := func(p, in string) string {
			q, err := compilePattern(p)
			if err != nil {
				return err.Error()
			}
			a, ok := q.first(in)
			return fmt.Sprintf("literal %q plain %v, match %v, first %q %v", q.literal, q.plain, q.MatchString(in), a, ok)
		}(tt.p, tt.in)
		if got != tt.want {
			t.Errorf("%v %v: got %q, want %q", tt.p, tt.in, got, tt.want)
		}
	}
}
