package cli

import (
	"testing"
)

func TestRoffHidesRequests(t *testing.T) {
	for in, want := range map[string]string{".so /etc/passwd": `\&.so /etc/passwd`, "'x": `\(aqx`, `a\b`: `a\eb`, "--x": `\-\-x`} {
		if got := roff(in); got != want {
			t.Errorf("roff(%q) is %q, want %q", in, got, want)
		}
	}
}
