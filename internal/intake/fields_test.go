package intake_test

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/kinde-migrate/kinde-migrate/internal/intake"
	"github.com/kinde-migrate/kinde-migrate/internal/mapping"
	"github.com/kinde-migrate/kinde-migrate/internal/password"
)

// TestEveryLeafIsAccountedFor reads every sample and every preset's golden input,
// and asserts of each value that is not empty that it is read, left out by a rule
// that says why, or reported as a problem of its record.
func TestEveryLeafIsAccountedFor(t *testing.T) {
	samples, _ := filepath.Glob("../../samples/*")
	goldens, _ := filepath.Glob("../mapping/testdata/presets/*")
	presets := map[string]bool{}
	for _, dir := range append(samples, goldens...) {
		for _, o := range sourcesIn(t, dir) {
			t.Run(filepath.Base(filepath.Dir(dir))+"/"+filepath.Base(dir), func(t *testing.T) { accountFor(t, o, presets) })
		}
	}
	for _, p := range mapping.Presets() {
		if !presets[p.Name] {
			t.Errorf("no sample of %s was read", p.Name)
		}
	}
}

// TestEveryLeafOfRealExportsIsAccountedFor asks the same of what the real software wrote.
func TestEveryLeafOfRealExportsIsAccountedFor(t *testing.T) {
	folders, _ := filepath.Glob("../../testdata/real/*/expected.json")
	if len(folders) == 0 {
		t.Fatal("there are no real exports")
	}
	for _, path := range folders {
		var real struct {
			Exports []struct {
				Files, Args     []string
				Refused, Preset string
			}
		}
		text, err := os.ReadFile(path)
		if err == nil {
			err = json.Unmarshal(text, &real)
		}
		if err != nil {
			t.Fatal(err)
		}
		dir := filepath.Dir(path)
		for _, x := range real.Exports {
			for _, file := range x.Files {
				if x.Refused == "" {
					t.Run(filepath.Base(dir)+"/"+file, func(t *testing.T) { accountFor(t, realOptions(t, dir, file, x.Args), map[string]bool{}) })
				}
			}
		}
	}
}

// realOptions reads the flags of an import.
func realOptions(t *testing.T, dir, file string, args []string) intake.Options {
	t.Helper()
	o := intake.Options{Files: []string{filepath.Join(dir, file)}, Looking: true}
	for i := 0; i+1 < len(args); i += 2 {
		path := filepath.Join(dir, args[i+1])
		switch args[i] {
		case "--identities":
			o.Identities = append(o.Identities, path)
		case "--memberships":
			o.Memberships = append(o.Memberships, path)
		case "--passwords":
			o.Passwords = append(o.Passwords, path)
		case "--from":
			o.Preset = args[i+1]
		case "--mapping":
			o.MappingFile = path
		case "--hash-params":
			text, err := os.ReadFile(path)
			if err == nil {
				o.HashParams, err = password.ParseParams(text)
			}
			if err != nil {
				t.Fatal(err)
			}
		default:
			i-- // a flag without a value, or one that is nothing to the reader
		}
	}
	return o
}

// sourcesIn lists the files of users in a folder, each with its companions.
func sourcesIn(t *testing.T, dir string) []intake.Options {
	t.Helper()
	files, err := os.ReadDir(dir)
	if err != nil {
		return nil // a file: README.md
	}
	var o intake.Options
	var users []string
	for _, f := range files {
		path := filepath.Join(dir, f.Name())
		role, ext, _ := strings.Cut(f.Name(), ".")
		switch {
		case strings.HasPrefix(f.Name(), "hash-params") || strings.HasPrefix(f.Name(), "hash_config"):
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if o.HashParams, err = password.ParseParams(text); err != nil {
				t.Fatal(err)
			}
		case f.IsDir() || role == "want" || ext != "csv" && ext != "json" && ext != "ndjson" && ext != "ldif" && ext != "txt":
		case role == "passwords":
			o.Passwords = []string{path}
		case role == "identities":
			o.Identities = []string{path}
		case role == "memberships":
			o.Memberships = []string{path}
		case role == "organizations":
			o.Organizations = []string{path}
		case ext == "txt" || strings.Contains(dir, "schedule"):
		default:
			users = append(users, path)
		}
	}
	var out []intake.Options
	for _, path := range users {
		one := o
		one.Files = []string{path}
		out = append(out, one)
	}
	return out
}

// spoken finds the values of records that the fields and problems speak of.
type spoken struct {
	records []spokenRecord
}

type spokenRecord struct {
	number   int64
	leaves   map[string]string // path without numbers and names of elements -> the first value
	problems []string
}

func (s *spoken) Add(it intake.Item) error {
	r := spokenRecord{number: it.Number, leaves: map[string]string{}}
	if it.User != nil { // a row that can't be read is an error as a whole
		leavesOf(it.Record.Fields, "", r.leaves)
	}
	for _, p := range it.Problems {
		r.problems = append(r.problems, plainPath(strings.Clone(p.Field)))
	}
	s.records = append(s.records, r)
	return nil
}

func (s *spoken) Replace(_, _ intake.Item) error { return nil }

func leavesOf(v mapping.Value, path string, out map[string]string) {
	switch v.Kind {
	case mapping.Object:
		for i, k := range v.Keys {
			if k == "$parent" {
				continue
			}
			next := strings.Clone(k)
			if path != "" {
				next = path + "." + next
			}
			leavesOf(v.Elems[i], next, out)
		}
	case mapping.Array:
		for i := range v.Elems {
			leavesOf(v.Elems[i], path, out)
		}
	default:
		if text := strings.TrimSpace(v.Text); !saysNothing[text] && out[path] == "" {
			out[path] = strings.Clone(text)
		}
	}
}

var saysNothing = map[string]bool{
	"":       true,
	"NULL":   true,
	`\N`:     true,
	"None":   true,
	"<null>": true,
	"(null)": true,
	"[NULL]": true,
	"{}":     true,
	"[]":     true,
}

var brackets = regexp.MustCompile(`\[[^\]]*\]|"`)

// plainPath takes the brackets and quotes out of a path.
func plainPath(path string) string { return brackets.ReplaceAllString(path, "") }

func accountFor(t *testing.T, o intake.Options, presets map[string]bool) {
	o.Looking = true
	in, err := intake.Open(context.Background(), o)
	if err != nil && strings.Contains(err.Error(), "no preset fits") && strings.Contains(o.Files[0], "samples") {
		t.Skip("a companion by another name")
	}
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	presets[in.Source().Preset] = true
	seen := &spoken{}
	sum, err := in.Scan(context.Background(), seen)
	if err != nil {
		t.Fatal(err)
	}
	if len(seen.records) == 0 || len(sum.Fields) == 0 {
		t.Fatalf("%d records with %d fields", len(seen.records), len(sum.Fields))
	}
	fates := map[string]mapping.Fate{}
	for _, f := range sum.Fields {
		if f.Fate == mapping.Ignored && f.Becomes == "" {
			t.Errorf("%s is ignored without a reason", f.Path)
		}
		path := plainPath(f.Path)
		if fates[path] == "" || fates[path] == mapping.NotRead {
			fates[path] = f.Fate
		}
	}
	for _, r := range seen.records {
		for path, value := range r.leaves {
			fate, ok := fateOf(fates, path, value)
			switch {
			case !ok:
				t.Errorf("record %d: nothing speaks of %s", r.number, path)
			case fate == mapping.NotRead && value != "false" && !named(r.problems, path):
				t.Errorf("record %d: %s is not read, and no problem names it: %q", r.number, path, r.problems)
			}
		}
	}
}

// fateOf finds the fate of a path: its own, that of a place whose members are
// data, or those of what is embedded in its text.
func fateOf(fates map[string]mapping.Fate, path, value string) (mapping.Fate, bool) {
	if f, ok := fates[path]; ok {
		return f, true
	}
	var inside mapping.Fate
	for have, f := range fates {
		if matchesPath(strings.Split(have, "."), strings.Split(path, ".")) {
			return f, true
		}
		if strings.HasPrefix(have, path+".") && strings.ContainsAny(value[:1], `{["`) && (inside == "" || inside == mapping.NotRead) {
			inside = f
		}
	}
	return inside, inside != ""
}

func matchesPath(have, path []string) bool {
	if len(have) != len(path) {
		return false
	}
	for i := range have {
		if have[i] != "*" && have[i] != path[i] {
			return false
		}
	}
	return true
}

func named(problems []string, path string) bool {
	for _, p := range problems {
		if p != "" && (p == path || strings.HasPrefix(path, p+".") || strings.HasPrefix(p, path+".") || strings.Contains(p, ".*")) {
			return true
		}
	}
	return false
}
