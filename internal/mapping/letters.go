package mapping

import (
	"strings"
	"unicode"
)

// lower and upper change the case of a text, and never make an ASCII letter of
// another one: Unicode calls U+212A, the Kelvin sign, a capital k, and an
// address that is written with it is not the one that is written with a k.
func lower(s string) string { return strings.Map(apart(unicode.ToLower), s) }

func upper(s string) string { return strings.Map(apart(unicode.ToUpper), s) }

func apart(to func(rune) rune) func(rune) rune {
	return func(r rune) rune {
		if c := to(r); c >= unicode.MaxASCII+1 || r <= unicode.MaxASCII {
			return c
		}
		return r
	}
}
