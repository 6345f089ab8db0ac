package cli

import "testing"

// TestCommandsAreWrittenAsTheyWereTyped: what is told to be run next can be pasted.
func TestCommandsAreWrittenAsTheyWereTyped(t *testing.T) {
	for path, want := range map[string]string{
		"kinde-migrate":                                      "kinde-migrate",
		"/usr/local/bin/kinde-migrate":                       "kinde-migrate",
		"./kinde-migrate":                                    "./kinde-migrate",
		"/tmp/go-build3518/b001/exe/kinde-migrate":           "go run .",
		"/var/folders/x/T/go-build99/b001/exe/kinde-migrate": "go run .",
	} {
		if got := calledAs([]string{path}); got != want {
			t.Errorf("%s: %q, not %q", path, got, want)
		}
	}
}
