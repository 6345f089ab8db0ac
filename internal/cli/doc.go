// Package cli is the frame of the command line: what a command and its flags
// are, help, completion and manual pages, exit codes, signals, configuration,
// the connection to a tenant and what is asked before it is written to.
//
// It is the only package that knows urfave/cli and that decides an exit code.
// It imports no command: they live in families under internal/cmd, and are put
// together there.
//
// # How to add a command
//
// Write one file in the package of its family, named after the command. It holds
//
//   - an options struct with what the command needs, shared groups
//     (TargetOptions, PaceOptions, OutputOptions, input.Options) embedded;
//   - a constructor NewThing(e *cli.Env) *cli.Command: the flags bound to the
//     options, one line of usage, real examples, the exit codes;
//   - a function runThing(ctx, e, o, in) error.
//
// Then add the constructor to the list in internal/cmd/cmd.go. A command that
// talks to a tenant calls Connect, or ConnectSharing when it can wait; one that
// writes calls Confirm on the connection first. Errors are returned, never
// printed: Usagef, Failf and Checkpointf carry the exit code and the advice. A
// command that ran to its end but must not exit 0 returns Finished(code).
package cli
