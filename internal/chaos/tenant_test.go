package chaos

import (
	"bufio"
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/kinde-migrate/kinde-migrate/internal/sandbox"
)

// tenant is a sandbox in a process of its own.
type tenant struct {
	state string
	env   []string
	stop  func()

	organizations map[string]string // codes to external ids, as peek saw them
}

// startTenant runs the sandbox with these faults until the test or stop ends it.
func startTenant(t *testing.T, binary, dir, faults string, flags ...string) *tenant {
	t.Helper()
	faultFile := filepath.Join(dir, "faults.yaml")
	if err := os.WriteFile(faultFile, []byte(faults), 0o600); err != nil {
		t.Fatal(err)
	}
	state := filepath.Join(dir, "tenant")
	args := append([]string{"sandbox", "--quiet", "--listen", "127.0.0.1:0", "--state", state, "--faults", faultFile,
		"--define", filepath.Join(dir, "define.yaml")}, flags...)
	ctx, cancel := context.WithCancel(context.Background())
	cmd := exec.CommandContext(ctx, binary, args...)
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 10 * time.Second
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = io.Discard // how it says goodbye is nobody's concern here
	if err := cmd.Start(); err != nil {
		t.Fatalf("starting the sandbox: %v", err)
	}
	running := &tenant{state: state, env: os.Environ()}
	ended := false
	running.stop = func() {
		if !ended {
			ended = true
			cancel()
			_ = cmd.Wait() // it was interrupted; its state is looked at next
		}
	}
	t.Cleanup(running.stop)
	lines := bufio.NewScanner(out)
	for range 3 {
		if !lines.Scan() {
			t.Fatal("the sandbox did not print its address")
		}
		name, value, _ := strings.Cut(strings.TrimPrefix(lines.Text(), "export "), "=")
		running.env = append(running.env, name+"="+strings.Trim(value, "'"))
	}
	return running
}

// users opens the state of a stopped tenant. The map leads from organization
// codes to external ids.
func (s *tenant) users(t *testing.T) ([]sandbox.User, map[string]string) {
	t.Helper()
	s.stop()
	opened, err := sandbox.Open(sandbox.Options{State: s.state})
	if err != nil {
		t.Fatalf("opening the tenant's state: %v", err)
	}
	defer func() {
		if err := opened.Close(); err != nil {
			t.Error(err)
		}
	}()
	return opened.Snapshot(), externalIDs(t, opened)
}

// peek shows who is in a running tenant.
func (s *tenant) peek(t *testing.T) []sandbox.User {
	t.Helper()
	opened := s.opened(t)
	s.organizations = externalIDs(t, opened)
	return opened.Snapshot()
}

// opened opens a copy of the state of a running tenant.
func (s *tenant) opened(t *testing.T) *sandbox.Tenant {
	t.Helper()
	data, err := os.ReadFile(s.state)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "copy")
	if err := os.WriteFile(file, data, 0o600); err != nil {
		t.Fatal(err)
	}
	opened, err := sandbox.Open(sandbox.Options{State: file})
	if err != nil {
		t.Fatalf("opening a copy of the tenant's state: %v", err)
	}
	t.Cleanup(func() { _ = opened.Close() })
	return opened
}
