package cli

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"

	urfave "github.com/urfave/cli/v2"

	"github.com/kinde-migrate/kinde-migrate/internal/ui"
)

// program is the binary's name.
const Program = "kinde-migrate"

// Process is what a command gets from the system it runs on.
type Process struct {
	Args           []string // the program's name first
	Stdin          io.Reader
	Stdout, Stderr io.Writer
	LookupEnv      func(key string) (string, bool) // nil: the process's environment
	Transport      http.RoundTripper               // nil: the network
}

// Run runs the command that Args name, one of the tree, and returns the exit
// code. ctx comes from Signals. The result goes to Stdout, all else to Stderr.
func (p Process) Run(ctx context.Context, tree func(*Env) []*Command) int {
	e := &Env{IO: ui.NewIO(p.Stdin, p.Stdout, p.Stderr), lookup: p.LookupEnv, transport: p.Transport, tree: tree}
	e.called = calledAs(p.Args)
	if e.lookup == nil {
		e.lookup = os.LookupEnv
	}
	e.IO.Interrupted, e.IO.Asking = ctx.Done(), asking(ctx)
	defer e.close()

	c, err := Parse(e.root(), p.Args[min(1, len(p.Args)):])
	if err == nil && c.help {
		if err := writeHelp(e.IO.Out, c, e.IO.Width()); err != nil {
			return int(ExitFailed)
		}
		return int(ExitOK)
	}
	if err == nil {
		err = e.dispatch(ctx, c)
	}
	return int(conclude(ctx, e, c, err))
}

// dispatch hands the call to urfave/cli, kept from printing or exiting by itself.
func (e *Env) dispatch(ctx context.Context, c *call) error {
	app := &urfave.App{
		Name: Program, HideHelp: true, HideVersion: true,
		Reader: e.IO.In, Writer: io.Discard, ErrWriter: io.Discard,
		DisableSliceFlagSeparator: true,
		ExitErrHandler:            func(*urfave.Context, error) {},
		OnUsageError: func(_ *urfave.Context, err error, _ bool) error {
			return c.badValue(err)
		},
	}
	line := c.canonical() // as it was typed
	if err := e.applyOptions(c); err != nil {
		return err
	}
	for _, said := range c.said {
		fmt.Fprintf(e.IO.Err, "Note: %s\n", said)
	}
	for _, s := range c.path[0].Sub {
		app.Commands = append(app.Commands, s.urfave(e, line, len(c.path)))
	}
	propagate(app.Commands, app.OnUsageError)
	return app.RunContext(ctx, c.canonical())
}

// Rerun runs another command line, without the program's name, in this process.
func (e *Env) Rerun(ctx context.Context, args []string) error {
	c, err := Parse(e.root(), args)
	if err != nil {
		return err
	}
	return e.dispatch(ctx, c)
}

func propagate(cmds []*urfave.Command, f urfave.OnUsageErrorFunc) {
	for _, c := range cmds {
		c.OnUsageError = f
		propagate(c.Subcommands, f)
	}
}

// conclude prints what is left to say about err, once, and returns the exit code.
func conclude(ctx context.Context, e *Env, c *call, err error) Code {
	v := judge(ctx, err)
	if v.message == "" {
		return v.code
	}
	v.try = cmp.Or(DomainAdvice(e.origin, err), v.try)
	message := ui.Inert(v.message)
	fmt.Fprintf(e.IO.Err, "%s %s\n", e.IO.Bold("Error:"), message)
	if v.try != "" {
		fmt.Fprintf(e.IO.Err, "%s %s\n", e.IO.Bold("Try:"), ui.Inert(v.try))
	}
	if c.wantsJSON() && (v.code == ExitFailed || v.code == ExitAuth || v.code == ExitCheckpoint) {
		doc := errorDocument{Schema: "kinde-migrate.error/1", Error: ErrorBody{v.code.Name(), message, v.try}}
		// When stdout is broken too, there is nowhere left to say so.
		_ = e.WriteJSON(doc)
	}
	return v.code
}

// errorDocument is what --json prints on stdout when there is no result.
type errorDocument struct {
	Schema string    `json:"schema"`
	Error  ErrorBody `json:"error"`
}

type ErrorBody struct {
	Code    string `json:"code"`
	Message string `json:"message"`
	Try     string `json:"try,omitempty"`
}
