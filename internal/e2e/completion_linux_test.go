package e2e

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
	"unsafe"
)

// TestTabInEachShell loads the script of each shell that this machine has, and
// presses Tab in it: flags' values, presets, profiles and checkpoints come with
// their meaning.
func TestTabInEachShell(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.Symlink(self, filepath.Join(dir, "kinde-migrate")); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"users.csv": "id,email\n1,ana@example.com\n",
		"config/kinde-migrate/kinde-migrate.yaml": "profiles:\n  staging: {domain: staging.example.com}\n  live: {domain: live.example.com}\n",
	} {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	env := append(
		os.Environ(),
		"PATH="+dir+":"+os.Getenv("PATH"),
		"XDG_CONFIG_HOME="+filepath.Join(dir, "config"),
		"HOME="+dir,
		"TERM=xterm",
		"PS1=> ",
		"LC_ALL=C.UTF-8",
	)
	rehearse := exec.CommandContext(t.Context(), filepath.Join(dir, "kinde-migrate"), "import", "--sandbox", "users.csv")
	rehearse.Dir, rehearse.Env = dir, env
	if out, err := rehearse.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	tabs := []struct{ typed, want string }{
		{"kinde-migrate import --on-existing ", "update them from the source"},
		{"kinde-migrate import --from a", "Auth0"},
		{"kinde-migrate import --profile ", "staging.example.com"},
		{"kinde-migrate mapping show f", "Firebase Authentication"},
		{"kinde-migrate report --checkpoint u", "users.csv.sandbox.checkpoint"},
		{"kinde-migrate mapping ", "List the presets"},
	}
	for _, shell := range []struct {
		name string
		args []string
		load string
	}{
		{"bash", []string{"--norc", "--noprofile", "-i"}, "source <(kinde-migrate completion bash)"},
		{"zsh", []string{"-f", "-i"}, "source <(kinde-migrate completion zsh)"},
		{"fish", []string{"--no-config", "-i"}, "kinde-migrate completion fish | source"},
		{"pwsh", []string{"-NoProfile", "-NoLogo"}, "kinde-migrate completion powershell | Out-String | Invoke-Expression"},
	} {
		t.Run(shell.name, func(t *testing.T) {
			path, err := exec.LookPath(shell.name)
			if err != nil {
				t.Skipf("%s is not on this machine", shell.name)
			}
			press := shellOnTerminal(t, dir, env, append([]string{path}, shell.args...), shell.load)
			for _, tab := range tabs {
				if shown, ok := press(tab.typed, tab.want); !ok {
					t.Fatalf("%q, then Tab: %q is missing in\n%s", tab.typed, tab.want, shown)
				}
			}
		})
	}
}

// shellOnTerminal starts a shell on a terminal and loads a script. The function
// that it returns types, presses Tab twice, and waits for what should be shown.
func shellOnTerminal(t *testing.T, dir string, env, shell []string, load string) func(typed, want string) (string, bool) {
	master, slave := terminal(t)
	size := [4]uint16{40, 100}
	if _, _, code := syscall.Syscall(syscall.SYS_IOCTL, master.Fd(), syscall.TIOCSWINSZ, uintptr(unsafe.Pointer(&size))); code != 0 {
		t.Fatal(code)
	}
	c := exec.CommandContext(t.Context(), shell[0], shell[1:]...)
	c.Dir, c.Env, c.Stdin, c.Stdout, c.Stderr = dir, env, slave, slave, slave
	c.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	slave.Close()
	hang := time.AfterFunc(60*time.Second, func() { _ = c.Process.Kill() })
	t.Cleanup(func() {
		hang.Stop()
		_ = c.Process.Kill()
		_ = c.Wait()
	})
	var shown bytes.Buffer
	buffer := make([]byte, 4096)
	until := func(want string) (string, bool) {
		for {
			if strings.Contains(shown.String(), want) {
				return shown.String(), true
			}
			n, err := master.Read(buffer)
			shown.Write(buffer[:n])
			if err != nil {
				return shown.String(), false
			}
		}
	}
	fmt.Fprintf(master, "%s; echo lo''aded\n", load)
	if text, ok := until("loaded"); !ok {
		t.Fatalf("the script does not load:\n%s", text)
	}
	return func(typed, want string) (string, bool) {
		shown.Reset()
		fmt.Fprintf(master, "\x15%s\t\t", typed) // Ctrl-U wipes the line first
		return until(want)
	}
}
