package e2e

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestWithoutPermission runs as a user who may not read the source, not write into
// the folder, or not write the checkpoint: each is said as what it is.
func TestWithoutPermission(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir, err := os.MkdirTemp("", "permission") // one that others may enter, unlike the test's own
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	binary := filepath.Join(dir, "kinde-migrate")
	if err := os.Link(self, binary); err != nil {
		text, err := os.ReadFile(self)
		if err == nil {
			err = os.WriteFile(binary, text, 0o755)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	const source = "id,email\n1,ana@example.com\n"
	for _, p := range []struct {
		path, text string
		mode       os.FileMode
	}{
		{"closed/hidden.csv", source, 0}, {"closed/users.csv", source, 0o644}, {"open/users.csv", source, 0o644},
		{"open/mine.checkpoint", "", 0o400},
	} {
		path := filepath.Join(dir, filepath.FromSlash(p.path))
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(p.text), 0o600),
			os.Chmod(path, p.mode)); err != nil {
			t.Fatal(err)
		}
	}
	for path, mode := range map[string]os.FileMode{".": 0o755, "closed": 0o555, "open": 0o777} {
		if err := os.Chmod(filepath.Join(dir, path), mode); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() { _ = os.Chmod(filepath.Join(dir, "closed"), 0o755) })
	nobody := &syscall.SysProcAttr{}
	if os.Geteuid() == 0 {
		nobody.Credential = &syscall.Credential{Uid: 65534, Gid: 65534} // root may do everything
	}
	for name, c := range map[string]struct{ line, says, try string }{
		"source": {"inspect closed/hidden.csv", "permission denied", "let this user read the file"},
		"folder": {"import closed/users.csv --sandbox", "closed", "a folder that you can write to"},
		"report": {"validate closed/users.csv", "closed", "choose another place"},
		"checkpoint": {"import open/users.csv --sandbox --checkpoint open/mine.checkpoint", "may not write",
			"let this user write to the checkpoint"},
	} {
		t.Run(name, func(t *testing.T) {
			run := exec.Command(binary, strings.Fields(c.line)...)
			run.Dir, run.SysProcAttr = dir, nobody
			run.Env = []string{"HOME=" + dir, "TMPDIR=" + filepath.Join(dir, "open"), "PATH=" + os.Getenv("PATH")}
			var errs bytes.Buffer
			run.Stderr = &errs
			err := run.Run()
			if run.ProcessState.ExitCode() != 1 || !strings.Contains(errs.String(), c.says) || !strings.Contains(errs.String(), c.try) ||
				strings.Contains(errs.String(), "disk") {
				t.Errorf("%v: %s", err, errs.String())
			}
		})
	}
}
