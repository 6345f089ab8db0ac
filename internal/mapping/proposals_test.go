package mapping

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
)

// TestProposals compares what init makes of each small file of testdata/proposals with
// the mapping that stands behind it there, line by line.
func TestProposals(t *testing.T) {
	generic, err := Preset("generic")
	if err != nil {
		t.Fatal(err)
	}
	archives, err := filepath.Glob("testdata/proposals/*.txtar")
	if err != nil || len(archives) == 0 {
		t.Fatalf("there are no files to look at: %v", err)
	}
	for _, path := range archives {
		a, err := txtar.ParseFile(path)
		if err != nil {
			t.Fatal(err)
		}
		var out []txtar.File
		for _, f := range a.Files {
			name, ext, _ := strings.Cut(f.Name, ".")
			if ext == "yaml" {
				continue
			}
			dir := t.TempDir()
			if err := os.WriteFile(filepath.Join(dir, "input."+ext), f.Data, 0o600); err != nil {
				t.Fatal(err)
			}
			sample, _, _ := readInput(t, generic, dir, "input")
			have, err := propositionFor(sample, generic)
			if err != nil {
				have = []byte(err.Error() + "\n")
			} else {
				asProposed(t, sample, have)
			}
			out = append(out, f, txtar.File{Name: name + ".yaml", Data: have})
			at := slices.IndexFunc(a.Files, func(f txtar.File) bool { return f.Name == name+".yaml" })
			if !*update && (at < 0 || string(have) != string(a.Files[at].Data)) {
				t.Errorf("%s, %s; got:\n%s", path, name, have)
			}
		}
		if *update {
			a.Files = out
			if err := os.WriteFile(path, txtar.Format(a), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
}
