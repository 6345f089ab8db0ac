package report

import "testing"

func TestAcceptedSpeaksOfAnswersAlone(t *testing.T) {
	for _, c := range []struct {
		name           string
		wanted, byFile int64
		want           string
	}{
		{"none", 0, 0, ""},
		{"by the API", 3, 0, "3 of 3 password hashes accepted."},
		{"some by file", 3, 2, "1 of 1 password hashes accepted. The dashboard's import was given 2 more hashes, to which there is no answer."},
		{"all by file", 2, 2, "0 of 0 password hashes accepted. The dashboard's import was given 2 more hashes, to which there is no answer."},
	} {
		r := &Report{Steps: map[string]Step{"passwords": {Wanted: c.wanted, Done: c.wanted}}}
		r.Passwords.ByFile = c.byFile
		if got := r.Accepted(); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}
