package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kinde-migrate/kinde-migrate/internal/cmd"
)

// TestSampleFolders does what the READMEs of the samples say: it runs each command
// in a copy of its folder and signs the people of the table in. The folder's name
// is the preset that detection must choose.
func TestSampleFolders(t *testing.T) {
	readmes, err := filepath.Glob("samples/*/README.md")
	if err != nil || len(readmes) == 0 {
		t.Fatalf("no samples: %v", err)
	}
	for _, path := range readmes {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		commands, same, not := readSample(string(text))
		if len(commands) == 0 {
			t.Errorf("%s has no command", path)
		}
		folder, err := filepath.Abs(filepath.Dir(path))
		if err != nil {
			t.Fatal(err)
		}
		for _, command := range commands {
			t.Run(filepath.Base(folder)+"/"+command[2], func(t *testing.T) {
				dir := t.TempDir()
				if err := os.CopyFS(dir, os.DirFS(folder)); err != nil {
					t.Fatal(err)
				}
				t.Chdir(dir)
				importSample(t, filepath.Base(folder), command, len(same))
				checkSignIns(t, command[2]+".sandbox.tenant", same, not)
			})
		}
	}
}

// readSample finds the commands of a README, and who signs in with the password
// of all samples and who doesn't.
func readSample(text string) (commands [][]string, same, not []string) {
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\n")
		if rest, ok := strings.CutPrefix(line, "    kinde-migrate "); ok {
			commands = append(commands, strings.Fields(rest))
			continue
		}
		cells := strings.Split(strings.Trim(line, "|"), "|")
		if len(cells) != 2 || !strings.Contains(line, "@") {
			continue
		}
		who, what := strings.TrimSpace(cells[0]), strings.TrimSpace(cells[1])
		if what == "yes" {
			same = append(same, who)
		} else {
			not = append(not, who)
		}
	}
	return commands, same, not
}

func importSample(t *testing.T, preset string, command []string, same int) {
	t.Helper()
	var out, errs bytes.Buffer
	args := append([]string{"kinde-migrate"}, command...)
	args = append(args, "--json", "--quiet")
	if code := cmd.Main(context.Background(), args, strings.NewReader(""), &out, &errs); code != 0 {
		t.Fatalf("exit code %d\n%s\n%s", code, errs.String(), out.String())
	}
	var r struct {
		Source         struct{ Preset string }
		Totals         struct{ Records, Created, Skipped int }
		Reconciliation struct{ Missing, Different, Unexpected int }
		SignIn         struct {
			Same int `json:"same_password"`
		} `json:"sign_in"`
	}
	if err := json.Unmarshal(out.Bytes(), &r); err != nil {
		t.Fatalf("%v\n%s", err, out.String())
	}
	if r.Source.Preset != preset {
		t.Errorf("detection chose %s, want %s", r.Source.Preset, preset)
	}
	if r.Totals.Created == 0 || r.Totals.Created+r.Totals.Skipped != r.Totals.Records {
		t.Errorf("totals %+v\n%s", r.Totals, out.String())
	}
	if x := r.Reconciliation; x.Missing+x.Different+x.Unexpected > 0 {
		t.Errorf("read-back: %+v\n%s", x, out.String())
	}
	if r.SignIn.Same != same {
		t.Errorf("%d people keep their password, the README names %d", r.SignIn.Same, same)
	}
}
