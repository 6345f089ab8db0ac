package cli

import "testing"

// TestShellQuote: a command that is shown can be typed, and shows nothing else.
func TestShellQuote(t *testing.T) {
	for in, want := range map[string]string{
		"users.csv":           "users.csv",
		"":                    "''",
		"o'brien $(rm) é.csv": `'o'\''brien $(rm) é.csv'`,
		"a\x1b[31m'b\\\n.csv": `$'a\x1b[31m\x27b\x5c\x0a.csv'`,
		"\u202egnp.csv":       `$'\xe2\x80\xaegnp.csv'`,
		"-rf":                 "-rf",
	} {
		if got := ShellQuote(in); got != want {
			t.Errorf("%q is quoted %s, want %s", in, got, want)
		}
	}
}
