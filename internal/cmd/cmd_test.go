package cmd

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/kinde-migrate/kinde-migrate/internal/cli"
	_ "github.com/kinde-migrate/kinde-migrate/internal/testenv"
)

func TestEveryCommandIsDocumented(t *testing.T) {
	root := &cli.Command{Name: cli.Program, Sub: commands(&cli.Env{})}
	var walk func(c *cli.Command, path string)
	walk = func(c *cli.Command, path string) {
		if c.Run != nil {
			if len(c.Examples) == 0 || len(c.Exits) == 0 || c.Short == "" {
				t.Errorf("%s lacks examples, exit codes or a line of help", path)
			}
			for _, x := range c.Examples {
				if !strings.HasPrefix(x.Line, cli.Program+" ") {
					continue
				}
				line := strings.TrimPrefix(strings.Split(x.Line, "|")[0], cli.Program+" ")
				line, _, _ = strings.Cut(line, " > ")
				if got, err := cli.Parse(root, shellWords(line)); err != nil {
					t.Errorf("the example %q of %s is wrong: %v", x.Line, path, err)
				} else if got.Command().Name == "" {
					t.Errorf("the example %q of %s names no command", x.Line, path)
				}
			}
		}
		names := map[string]bool{}
		for _, f := range c.Flags {
			for _, n := range f.Names() {
				if names[n] {
					t.Errorf("%s has two flags %s", path, n)
				}
				names[n] = true
			}
		}
		for _, s := range c.Sub {
			walk(s, path+" "+s.Name)
		}
	}
	walk(root, cli.Program)
}

// shellWords splits like a shell, as far as the examples need it.
func shellWords(line string) []string {
	var out []string
	for i, part := range strings.Split(line, "'") {
		if i%2 == 1 {
			out = append(out, part)
		} else {
			out = append(out, strings.Fields(part)...)
		}
	}
	return out
}

// output runs a command that must succeed and returns what it printed.
func output(t *testing.T, args ...string) string {
	t.Helper()
	var out, errs bytes.Buffer
	if code := Main(t.Context(), append([]string{cli.Program}, args...), strings.NewReader(""), &out, &errs); code != 0 {
		t.Fatalf("%s ended with %d: %s", strings.Join(args, " "), code, errs.String())
	}
	return out.String()
}

// TestDemandsOnTheSourceAreMet: a command that takes --verify-password stops where the
// password doesn't match, and one that would ignore it does not take it.
func TestDemandsOnTheSourceAreMet(t *testing.T) {
	t.Chdir(t.TempDir())
	t.Setenv("XDG_CONFIG_HOME", t.TempDir())
	for name, text := range map[string]string{
		"users.csv": "id,email,password_hash,hashing_method\n3,zoe@example.com,47b543589ca4e8fdf7d0362fb74aded7,md5\n",
		"wrong.txt": "Kite-and-Anchor-43\n",
	} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	more := map[string][]string{"import": {"--sandbox"}, "convert": {"--to", "kinde-csv"}}
	taken := 0
	for _, c := range commands(&cli.Env{}) {
		if !slices.ContainsFunc(c.Flags, func(f cli.Flag) bool { return f.Names()[0] == "from" }) {
			continue // reads no source
		}
		takes := slices.ContainsFunc(c.Flags, func(f cli.Flag) bool { return f.Names()[0] == "verify-password" })
		for flag, want := range map[string]string{"--verify-password=zoe@example.com=wrong.txt": "does not open the mapped hash",
			"--require-passwords=101%": "is not a percentage"} {
			if !takes {
				want = "unknown flag"
			}
			var out, errs bytes.Buffer
			args := append([]string{cli.Program, c.Name, "users.csv", flag}, more[c.Name]...)
			if code := Main(t.Context(), args, strings.NewReader(""), &out, &errs); code != int(cli.ExitUsage) ||
				!strings.Contains(errs.String(), want) {
				t.Errorf("%s: exit %d, want 2 and %q:\n%s", strings.Join(args, " "), code, want, errs.String())
			}
		}
		if takes {
			taken++
		}
	}
	if taken < 3 {
		t.Errorf("%d commands take --verify-password: import, validate and convert do", taken)
	}
}

// TestManPages writes the pages of all commands and has groff read them where it is installed.
func TestManPages(t *testing.T) {
	dir := t.TempDir()
	output(t, "man", dir)
	text, err := os.ReadFile(filepath.Join(dir, "kinde-migrate-import.1"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{".SH SYNOPSIS", `\-\-dry\-run`, ".SH EXAMPLES", ".SH EXIT STATUS"} {
		if !strings.Contains(string(text), want) {
			t.Errorf("the page of import lacks %s", want)
		}
	}
	pages, err := filepath.Glob(filepath.Join(dir, "*.1"))
	if err != nil || len(pages) < len(commands(&cli.Env{})) {
		t.Fatalf("%d pages for %d commands: %v", len(pages), len(commands(&cli.Env{})), err)
	}
	groff, err := exec.LookPath("groff")
	if err != nil {
		return
	}
	out, err := exec.Command(groff, append([]string{"-man", "-Tutf8", "-ww", "-z"}, pages...)...).CombinedOutput()
	if err != nil || len(out) > 0 {
		t.Errorf("groff complains: %v\n%.2000s", err, out)
	}
}

// TestCompletionScripts has each shell that is installed read its script.
func TestCompletionScripts(t *testing.T) {
	for _, shell := range []string{"bash", "zsh", "fish", "powershell"} {
		text := output(t, "completion", shell)
		if !strings.Contains(text, "kinde-migrate") {
			t.Errorf("the script for %s completes something else", shell)
		}
		path, err := exec.LookPath(shell)
		if err != nil || shell == "powershell" {
			continue
		}
		script := filepath.Join(t.TempDir(), "script")
		if err := os.WriteFile(script, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if out, err := exec.Command(path, "-n", script).CombinedOutput(); err != nil {
			t.Errorf("%s can't read its script: %v\n%s", shell, err, out)
		}
	}
}
