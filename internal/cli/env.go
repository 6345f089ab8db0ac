package cli

import (
	"os"

	"github.com/kinde-migrate/kinde-migrate/internal/ui"
)

// env is what commands share: the streams and the environment. A test replaces both.
type env struct {
	io      *ui.IO
	lookup  func(key string) (string, bool)
	closers []func() error
}

func lookupEnv(key string) (string, bool) { return os.LookupEnv(key) }

// getenv returns the variable, "" when it is not set.
func (e *env) getenv(key string) string {
	v, _ := e.lookup(key)
	return v
}

// onClose runs f when the command has ended, last one first.
func (e *env) onClose(f func() error) { e.closers = append(e.closers, f) }

func (e *env) close() {
	for i := len(e.closers) - 1; i >= 0; i-- {
		_ = e.closers[i]()
	}
	e.closers = nil
}
