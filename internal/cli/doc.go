// Package cli is the command line: it turns arguments, environment and
// configuration into Options, runs a command with them, and turns what comes
// back into text, JSON and an exit code.
//
// It is the only package that knows urfave/cli, that decides an exit code, and
// that talks to a person. It holds no migration logic: that is in importer,
// exporter, mapping and kinde.
//
// # How to add a command
//
// Write one file named after the command. It holds
//
//   - an Options struct with what the command needs, shared groups
//     (targetOptions, sourceOptions, paceOptions, outputOptions …) embedded;
//   - a constructor newThing(e *env) *command: the flags bound to the Options,
//     one line of usage, real examples, the exit codes;
//   - a function runThing(ctx, e, o) error.
//
// Then add the constructor to the list in registry.go. A command that talks to
// a tenant calls connect, which resolves the target and announces it; one that
// writes calls confirmWrite first. Errors are returned, never printed: usagef,
// authf and their kin in exit.go carry the exit code and the advice. A command
// that ran to its end but must not exit 0 returns finished(code).
package cli
