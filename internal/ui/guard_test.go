package ui

import (
	"bytes"
	"testing"
)

// TestNothingSteersTheTerminal: what a caller forgot to make inert does not move the
// cursor, set a title or turn the writing direction; colours and letters pass.
func TestNothingSteersTheTerminal(t *testing.T) {
	for in, want := range map[string]string{
		"Ana 田中 é\n\tdone\n":           "Ana 田中 é\n\tdone\n",
		"\x1b[1mError:\x1b[0m gone":    "\x1b[1mError:\x1b[0m gone",
		"\x1b[31;1mred":                "\x1b[31;1mred",
		"a\x1b[2Jb":                    "a\ufffd[2Jb",
		"a\x1b]0;title\x07b":           "a\ufffd]0;title\ufffdb",
		"\u202egnp.exe \u2066x\u200f":  "\ufffdgnp.exe \ufffdx\ufffd",
		"overwritten\rOK":              "overwritten\ufffdOK",
		"\x1b[":                        "\ufffd[",
		"\x1b":                         "\ufffd",
		"c1 \u009b2J \x7f":             "c1 \ufffd2J \ufffd",
		"half of é \xc3":               "half of é \xc3",
		"half of é \xc3 and \x1b[5n\n": "half of é \xc3 and \ufffd[5n\n",
	} {
		var b bytes.Buffer
		if n, err := (&guard{&b}).Write([]byte(in)); n != len(in) || err != nil || b.String() != want {
			t.Errorf("%q became %q (%d, %v), want %q", in, b.String(), n, err, want)
		}
	}
}
