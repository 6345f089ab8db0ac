package e2e

import (
	"bytes"
	"errors"
	"fmt"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"github.com/kinde-migrate/kinde-migrate/internal/sandbox"
)

// terminal opens a pseudo-terminal.
func terminal(t *testing.T) (master, slave *os.File) {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Skipf("there are no pseudo-terminals: %v", err)
	}
	t.Cleanup(func() { master.Close() })
	var number, unlock int32
	for _, call := range []struct {
		request uintptr
		value   *int32
	}{{syscall.TIOCSPTLCK, &unlock}, {syscall.TIOCGPTN, &number}} {
		if _, _, code := syscall.Syscall(syscall.SYS_IOCTL, master.Fd(), call.request, uintptr(unsafe.Pointer(call.value))); code != 0 {
			t.Skipf("there are no pseudo-terminals: %v", code)
		}
	}
	slave, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Skipf("there are no pseudo-terminals: %v", err)
	}
	t.Cleanup(func() { slave.Close() })
	return master, slave
}

// TestCtrlCAtAQuestion: one Ctrl-C at a question ends the command, and nothing
// was written.
func TestCtrlCAtAQuestion(t *testing.T) {
	server := httptest.NewUnstartedServer(nil)
	tenant, err := sandbox.Open(
		sandbox.Options{BaseURL: "http://" + server.Listener.Addr().String(), Seed: 1, SeedUsers: 3, Live: true, Demo: true},
	)
	if err != nil {
		t.Fatal(err)
	}
	defer tenant.Close()
	server.Config.Handler = tenant
	server.Start()
	defer server.Close()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	binary := filepath.Join(dir, "kinde-migrate")
	if err := os.Symlink(self, binary); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "users.csv"), []byte("email,id\nana@example.com,1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ line, question string }{
		"import":       {"import users.csv --grace 1h", "? [y/N]"},
		"users":        {"users delete --filter true --grace 1h", "? [y/N]"},
		"guide":        {"guide --grace 1h", "Export file with the users:"},
		"guide's file": {"guide users.csv --grace 1h", "Domain of the tenant"},
	} {
		args, question := strings.Fields(c.line), c.question
		t.Run(name, func(t *testing.T) {
			master, slave := terminal(t)
			c := exec.CommandContext(t.Context(), binary, args...)
			c.Dir, c.Stdin, c.Stdout, c.Stderr = dir, slave, slave, slave
			c.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
			c.Env = append(
				os.Environ(),
				"KINDE_DOMAIN="+tenant.BaseURL(),
				"KINDE_MANAGEMENT_CLIENT_ID="+tenant.ClientID,
				"KINDE_MANAGEMENT_CLIENT_SECRET="+tenant.ClientSecret,
			)
			if err := c.Start(); err != nil {
				t.Fatal(err)
			}
			slave.Close()
			hang := time.AfterFunc(time.Minute, func() { _ = c.Process.Kill() })
			defer hang.Stop()
			var shown bytes.Buffer
			buffer, asked := make([]byte, 4096), false
			for {
				n, err := master.Read(buffer)
				shown.Write(buffer[:n])
				if !asked && bytes.Contains(shown.Bytes(), []byte(question)) {
					asked = true
					if _, err := master.Write([]byte{3}); err != nil {
						t.Fatal(err)
					}
				}
				if err != nil {
					break
				}
			}
			var exit *exec.ExitError
			if err := c.Wait(); !errors.As(err, &exit) || exit.ExitCode() != 130 || !asked {
				t.Errorf("asked %v, %v:\n%s", asked, err, shown.String())
			}
			if said := shown.String(); !strings.Contains(said, "stopped at the question; nothing was written") ||
				strings.Contains(said, "Stopping:") ||
				strings.Contains(said, "Reports") ||
				strings.Count(said, "Looking") > strings.Count(said[:strings.Index(said, question)], "Looking") {
				t.Errorf("it does not end at once:\n%s", said)
			}
			if tenant.Count() != 3 {
				t.Errorf("%d users", tenant.Count())
			}
		})
	}
}
