package chaos

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestSignals proves that a closed terminal does not end a run, that SIGTERM
// ends it resumable with the command that resumes it, and that the next run
// finishes the job.
func TestSignals(t *testing.T) {
	t.Parallel()
	turn(t)
	if runtime.GOOS == "windows" {
		t.Skip("needs Unix signals")
	}
	binary, dir := program(t), t.TempDir()
	people := population(t, 80)
	write(t, dir, people)
	running := startTenant(t, binary, dir, "rules: []\n", "--latency", "30ms", "--rate-limit", "100", "--burst", "10")

	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	// Without --json: the words for people hold the command that resumes.
	cmd := exec.CommandContext(ctx, binary, importing[:len(importing)-1]...)
	cmd.Dir, cmd.Env = dir, running.env
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	for until := time.Now().Add(time.Minute); time.Now().Before(until); time.Sleep(10 * time.Millisecond) {
		if _, err := os.Stat(filepath.Join(dir, "users.ndjson.checkpoint")); err == nil {
			break // it is up, and has long said which signals it takes
		}
	}
	send := func(s syscall.Signal, after time.Duration) bool {
		select {
		case err := <-ended:
			t.Fatalf("the run ended before %v: %v\n%s", s, err, stderr.String())
			return false
		case <-time.After(after):
			if err := cmd.Process.Signal(s); err != nil {
				t.Fatal(err)
			}
			return true
		}
	}
	send(syscall.SIGHUP, 300*time.Millisecond)
	send(syscall.SIGTERM, 500*time.Millisecond)
	var exit *exec.ExitError
	if err := <-ended; !errors.As(err, &exit) || exit.ExitCode() != 130 {
		t.Fatalf("SIGTERM ended the run with %v, want exit 130\n%s", err, stderr.String())
	}
	if !strings.Contains(stdout.String()+stderr.String(), "kinde-migrate import") {
		t.Errorf("the command that resumes is not shown:\n%s", stderr.String())
	}
	code, output := run(t, binary, dir, running.env, 0, importing...)
	if code != 0 {
		t.Fatalf("the run after it ended with exit %d:\n%s", code, output)
	}
	users, organizations := running.users(t)
	for _, w := range verify(people, users, organizations) {
		t.Error(w)
	}
}
