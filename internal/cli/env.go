package cli

import (
	"net/http"
	"os"

	"github.com/kinde-migrate/kinde-migrate/internal/ui"
	"github.com/kinde-migrate/kinde-migrate/kinde"
)

// env is what commands share: the streams and the environment. A test replaces both.
type env struct {
	io      *ui.IO
	lookup  func(key string) (string, bool)
	closers []func() error

	transport http.RoundTripper // nil: the network
}

// network returns how requests travel.
func (e *env) network(caFile string) (http.RoundTripper, error) {
	if e.transport != nil {
		return e.transport, nil
	}
	return kinde.NewTransport(kinde.TransportOptions{CAFile: caFile})
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
