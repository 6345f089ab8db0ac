package cli

import (
	"context"
	"fmt"
	"io"
	"net/http"

	urfave "github.com/urfave/cli/v2"

	"github.com/kinde-migrate/kinde-migrate/internal/ui"
)

// program is the binary's name.
const program = "kinde-migrate"

// Main runs the command that args name and returns the exit code. ctx comes
// from Signals. The result goes to stdout, all else to stderr.
func Main(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	return Process{Args: args, Stdin: stdin, Stdout: stdout, Stderr: stderr}.Run(ctx)
}

// Process is what a command gets from the system it runs on.
type Process struct {
	Args           []string // the program's name first
	Stdin          io.Reader
	Stdout, Stderr io.Writer
	LookupEnv      func(key string) (string, bool) // nil: the process's environment
	Transport      http.RoundTripper               // nil: the network
}

// Run runs the command that Args name and returns the exit code.
func (p Process) Run(ctx context.Context) int {
	e := &env{io: ui.NewIO(p.Stdin, p.Stdout, p.Stderr), lookup: p.LookupEnv, transport: p.Transport}
	if e.lookup == nil {
		e.lookup = lookupEnv
	}
	e.io.Interrupted = ctx.Done()
	defer e.close()
	root := newRoot(e)

	c, err := parse(root, p.Args[min(1, len(p.Args)):])
	if err == nil && c.help {
		if err := writeHelp(e.io.Out, c, e.io.Width()); err != nil {
			return int(exitFailed)
		}
		return int(exitOK)
	}
	if err == nil {
		err = dispatch(ctx, root, c, p.Stdin, p.Stderr)
	}
	return int(conclude(ctx, e, c, err))
}

// dispatch hands the call to urfave/cli, kept from printing or exiting by itself.
func dispatch(ctx context.Context, root *command, c *call, stdin io.Reader, stderr io.Writer) error {
	app := &urfave.App{
		Name: program, HideHelp: true, HideVersion: true,
		Reader: stdin, Writer: io.Discard, ErrWriter: io.Discard,
		DisableSliceFlagSeparator: true,
		ExitErrHandler:            func(*urfave.Context, error) {},
		OnUsageError: func(_ *urfave.Context, err error, _ bool) error {
			return usagef("see "+c.name()+" --help", "%w", err)
		},
	}
	line := c.canonical()
	for _, s := range root.sub {
		app.Commands = append(app.Commands, s.urfave(line, len(c.path)))
	}
	propagate(app.Commands, app.OnUsageError)
	return app.RunContext(ctx, line)
}

func propagate(cmds []*urfave.Command, f urfave.OnUsageErrorFunc) {
	for _, c := range cmds {
		c.OnUsageError = f
		propagate(c.Subcommands, f)
	}
}

// conclude prints what is left to say about err, once, and returns the exit code.
func conclude(ctx context.Context, e *env, c *call, err error) Code {
	v := judge(ctx, err)
	if v.message == "" {
		return v.code
	}
	message := ui.Inert(v.message)
	fmt.Fprintf(e.io.Err, "%s %s\n", e.io.Bold("Error:"), message)
	if v.try != "" {
		fmt.Fprintf(e.io.Err, "%s %s\n", e.io.Bold("Try:"), ui.Inert(v.try))
	}
	if c.wantsJSON() && (v.code == exitFailed || v.code == exitAuth || v.code == exitCheckpoint) {
		doc := errorDocument{Schema: "kinde-migrate.error/1", Error: errorBody{v.code.name(), message, v.try}}
		// When stdout is broken too, there is nowhere left to say so.
		_ = writeIndented(e.io.Out, doc)
	}
	return v.code
}

// errorDocument is what --json prints on stdout when there is no result.
type errorDocument struct {
	Schema string    `json:"schema"`
	Error  errorBody `json:"error"`
}

type errorBody struct {
	Code    string `json:"code"`
	Message string `json:"message"`
	Try     string `json:"try,omitempty"`
}
