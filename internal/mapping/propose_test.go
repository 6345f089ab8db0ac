package mapping

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kinde-migrate/kinde-migrate/internal/password"
)

// TestInitOfUnknownFiles: what init makes of files that no preset knows, line by line.
// A person's name is told by letters of any script, marks, and what joins them.
func TestNameShape(t *testing.T) {
	for value, want := range map[string]bool{
		"": false, "A": true, "Ana": true, "Ana Maria Silva": true, "O'Neill": true, "Jean-Luc": true, "J. R. R.": true, "D’Arcy": true,
		"Ångström": true, "e\u0301": true, "李": true, " Ana": false, "-a": false, "\u0301a": false, "Ana1": false, "Ana_B": false,
		"a@example.com": false, "Ana\n": false, "a\xffb": false, strings.Repeat("a", 61): true, strings.Repeat("a", 62): false,
	} {
		if got := nameShape(value); got != want {
			t.Errorf("%q: %v", value, got)
		}
	}
}

func TestInitOfUnknownFiles(t *testing.T) {
	dirs, _ := filepath.Glob("testdata/init/*")
	if len(dirs) == 0 {
		t.Fatal("there are no files to look at")
	}
	for _, dir := range dirs {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			generic, err := Preset("generic")
			if err != nil {
				t.Fatal(err)
			}
			sample, _, _ := readInput(t, generic, dir, "input")
			have, err := Init(sample, "")
			if err != nil {
				t.Fatal(err)
			}
			asProposed(t, sample, have)
			want := filepath.Join(dir, "want.yaml")
			if *update {
				if err := os.WriteFile(want, have, 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			expected, err := os.ReadFile(want)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(have, expected) {
				t.Errorf("%s differs; got:\n%s", want, have)
			}
		})
	}
}

// TestProposalsLeaveNothing takes the samples of all presets for files that nobody
// knows: the proposal is a mapping, each value is used or left behind by name, and
// none that looks like a hash or a secret is kept as a property.
func TestProposalsLeaveNothing(t *testing.T) {
	generic, err := Preset("generic")
	if err != nil {
		t.Fatal(err)
	}
	dirs, _ := filepath.Glob("testdata/presets/*")
	proposed := 0
	for _, dir := range dirs {
		m, err := Preset(presetOf(filepath.Base(dir)))
		if err != nil {
			t.Fatal(err)
		}
		sample, _, _ := readInput(t, m, dir, "input")
		text, err := propositionFor(sample, generic)
		if err != nil || len(m.CSV().Layouts) > 0 && sample.Format == "csv" {
			continue // nobody is in it, or nothing names its columns
		}
		proposed++
		t.Run(filepath.Base(dir), func(t *testing.T) { asProposed(t, sample, text) })
	}
	if proposed < 100 {
		t.Errorf("only %d of %d samples were looked at", proposed, len(dirs))
	}
}

// asProposed maps the sample as the proposal says.
func asProposed(t *testing.T, s Sample, text []byte) {
	t.Helper()
	m, err := Load("init.yaml", text)
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	for i, v := range findRecords(s).list {
		r := m.Map(&Record{Number: int64(i + 1), Fields: v}, nil)
		for _, p := range r.Problems {
			if p.Message == notRead || p.Code == PasswordUnread {
				t.Errorf("record %d: %s %s: %s\n%s", i+1, p.Code, p.Field, p.Message, text)
			}
		}
		for _, kv := range r.User.Properties {
			if password.LooksHashed(kv.Value) || strings.Contains(kv.Value, "$2b$") {
				t.Errorf("record %d: the property %s holds a hash\n%s", i+1, kv.Key, text)
			}
		}
		if t.Failed() {
			return
		}
	}
}
