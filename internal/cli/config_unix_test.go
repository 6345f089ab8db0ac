//go:build unix

package cli

import (
	"errors"
	"syscall"
	"testing"

	"github.com/kinde-migrate/kinde-migrate/internal/atomicfile"
)

// TestAPipeIsNoConfiguration: one that lies in the working directory, where nobody
// asked for it, is not waited for.
func TestAPipeIsNoConfiguration(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := syscall.Mkfifo(configName, 0o600); err != nil {
		t.Skip(err)
	}
	e := &Env{lookup: func(string) (string, bool) { return "", false }}
	if _, err := e.loadConfig(""); !errors.Is(err, atomicfile.ErrNotRegular) {
		t.Errorf("it was taken for a configuration: %v", err)
	}
}
