package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"

	"github.com/kinde-migrate/kinde-migrate/internal/ui"
	"github.com/kinde-migrate/kinde-migrate/kinde"
)

// Env is what commands share: the streams and the environment. A test replaces both.
type Env struct {
	IO      *ui.IO
	lookup  func(key string) (string, bool)
	closers []func() error
	origin  string                // of the tenant that was connected to, "" before
	called  string                // how the program was called
	tree    func(*Env) []*Command // all commands, bound to fresh options

	transport http.RoundTripper // nil: the network
	options   *optionsFile      // what --options names; nil without
}

// Network returns how requests travel.
func (e *Env) Network(caFile string) (http.RoundTripper, error) {
	if e.transport != nil {
		return e.transport, nil
	}
	return kinde.NewTransport(kinde.TransportOptions{CAFile: caFile})
}

// getenv returns the variable, "" when it is not set.
func (e *Env) getenv(key string) string {
	v, _ := e.lookup(key)
	return v
}

// Variable returns a variable of the environment that the operator named.
func (e *Env) Variable(key string) (string, bool) { return e.lookup(key) }

// HasTenant tells whether the environment or the options file names a tenant.
func (e *Env) HasTenant() bool {
	return e.getenv("KINDE_DOMAIN") != "" || e.options != nil && (e.options.profile != "" || e.options.settings.Domain != "")
}

// OnClose runs f when the command has ended, last one first.
func (e *Env) OnClose(f func() error) { e.closers = append(e.closers, f) }

// root returns the tree of commands.
func (e *Env) root() *Command {
	return &Command{
		Name:  Program,
		Short: "Move users from any identity provider into Kinde, and prove that everyone arrived.",
		Sub:   append(e.tree(e), newComplete(e)),
	}
}

// WriteJSON writes the one JSON document of a command to stdout.
func (e *Env) WriteJSON(v any) error {
	enc := json.NewEncoder(e.IO.Out)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}

func (e *Env) close() {
	for i := len(e.closers) - 1; i >= 0; i-- {
		_ = e.closers[i]()
	}
	e.closers = nil
}

// Next writes the command that comes next, after a sentence that says why.
func (e *Env) Next(w io.Writer, why, command string) error {
	_, err := fmt.Fprintf(w, "\n%s\n  %s\n", ui.Wrap(why, e.IO.Width(), 0), command)
	return err
}
