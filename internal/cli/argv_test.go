package cli

import (
	"slices"
	"strings"
	"testing"

	urfave "github.com/urfave/cli/v2"
)

// tree is a small command line with every kind of flag.
func tree() *Command {
	var s string
	var b bool
	var l []string
	run := NewVersion(&Env{}).Run
	return &Command{Name: "app", Sub: []*Command{
		{Name: "import", Args: "FILE…", Run: run, Flags: []urfave.Flag{
			BoolFlag(&b, "", "dry-run", ""), BoolFlag(&b, "", "yes", "", "y"), BoolFlag(&b, "", "quiet", "", "q"),
			StringFlag(&s, "", "rate", "auto", ""), ListFlag(&l, "", "passwords", ""),
		}},
		{Name: "backup", Args: "[X]", Run: run, Flags: []urfave.Flag{StringFlag(&s, "", "out", "", "")}, Sub: []*Command{
			{Name: "verify", Args: "DIR", Run: run, Flags: []urfave.Flag{BoolFlag(&b, "", "deep", "")}},
		}},
		{Name: "users", Sub: []*Command{{Name: "suspend", Run: run, Flags: []urfave.Flag{ListFlag(&l, "", "id", "")}}}},
		{Name: "version", Run: run},
	}}
}

func TestParseTakesFlagsAnywhere(t *testing.T) {
	for _, c := range []struct{ line, want string }{
		{"import a.csv --dry-run", "app import --dry-run=true -- a.csv"},
		{"import --dry-run a.csv", "app import --dry-run=true -- a.csv"},
		{"--dry-run import a.csv", "app import --dry-run=true -- a.csv"},
		{"--rate 5 import a.csv", "app import --rate=5 -- a.csv"},
		{"import a.csv b.csv --rate 50", "app import --rate=50 -- a.csv b.csv"},
		{"import --rate=50 -", "app import --rate=50 -- -"},
		{"import a.csv --rate 50 --rate 60", "app import --rate=60 -- a.csv"},
		{"import --passwords a,b --passwords c x", "app import --passwords=a,b --passwords=c -- x"},
		{"import -- --dry-run", "app import -- --dry-run"},
		{"import a.csv -qy", "app import --quiet=true --yes=true -- a.csv"},
		{"import --dry-run=false a.csv", "app import --dry-run=false -- a.csv"},
		{"import --passwords - a.csv", "app import --passwords=- -- a.csv"},
		{"import -rate 5 a", "app import --rate=5 -- a"},
		{"backup verify d --deep", "app backup verify --deep=true -- d"},
		{"backup --out x", "app backup --out=x --"},
		{"backup import", "app backup -- import"},
		{"users suspend --id a --id b", "app users suspend --id=a --id=b --"},
		{"import backup", "app import -- backup"},
	} {
		got, err := Parse(tree(), strings.Fields(c.line))
		if err != nil {
			t.Errorf("%s: %v", c.line, err)
		} else if g := strings.TrimSpace(strings.Join(got.canonical(), " ")); g != c.want {
			t.Errorf("%s:\n got %s\nwant %s", c.line, g, c.want)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	for _, c := range []struct{ line, message, try string }{
		{"imprt a.csv", `unknown command "imprt"`, "did you mean app import?"},
		{"improt a.csv", `unknown command "improt"`, "did you mean app import?"},
		{"users suspnd", `unknown users command "suspnd"`, "did you mean app users suspend?"},
		{"users", "app users needs a command", "see app users --help"},
		{"import a.csv --dryrun", "unknown flag --dryrun for app import", "did you mean --dry-run?"},
		{"import a.csv --dry-rnu=x", "unknown flag --dry-rnu for app import", "did you mean --dry-run?"},
		{"import a.csv --xyzzy", "unknown flag --xyzzy for app import", "see app import --help"},
		{"import a.csv --rate", "flag --rate needs a value", "--rate=VALUE"},
		{"import --rate --dry-run a.csv", "flag --rate needs a value", "--rate=VALUE"},
		{"import --dry-run=maybe a.csv", `flag --dry-run is a switch: it takes no value, or true or false, not "maybe"`, ""},
		{"version now", `app version takes no arguments, but was given "now"`, "see app version --help"},
		{"--deep version", "unknown flag --deep for app version", "see app version --help"},
	} {
		_, err := Parse(tree(), strings.Fields(c.line))
		v := judge(t.Context(), err)
		if v.code != ExitUsage || v.message != c.message || v.try != c.try {
			t.Errorf("%s: code %d, %q, try %q", c.line, v.code, v.message, v.try)
		}
	}
}

func TestPrecedenceOfExitCodes(t *testing.T) {
	order := []Code{ExitInterrupted, ExitCheckpoint, ExitAuth, ExitFailed, ExitUsage, ExitDifferences, ExitRecords, ExitOK}
	for i, a := range order {
		for _, b := range order[i:] {
			if got := Worst(b, a); got != a {
				t.Errorf("of %d and %d the worst is %d, want %d", a, b, got, a)
			}
		}
	}
	if !slices.Equal(order, precedence[:]) {
		t.Error("the precedence changed")
	}
}
