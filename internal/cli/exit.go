package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
)

// Code is an exit code of the process.
type Code int

// The exit codes. Each command's help lists those that it can end with.
const (
	exitOK          Code = 0   // all that was asked was done
	exitFailed      Code = 1   // could not run
	exitUsage       Code = 2   // usage, configuration or mapping wrong; nothing was sent
	exitRecords     Code = 3   // some records were rejected or failed
	exitAuth        Code = 4   // the target refused the credentials
	exitCheckpoint  Code = 5   // the checkpoint can't be used
	exitDifferences Code = 6   // something is unexplained
	exitInterrupted Code = 130 // stopped by a signal
)

// precedence orders the codes for when several apply: the first wins.
var precedence = [...]Code{
	exitInterrupted, exitCheckpoint, exitAuth, exitFailed, exitUsage, exitDifferences, exitRecords, exitOK,
}

// worst returns the code that stands first in the precedence.
func worst(codes ...Code) Code {
	for _, p := range precedence {
		for _, c := range codes {
			if c == p {
				return p
			}
		}
	}
	return exitOK
}

// meaning says in help what a code stands for.
func (c Code) meaning() string {
	switch c {
	case exitOK:
		return "all that was asked was done (warnings included)"
	case exitFailed:
		return "could not run: a file, the disk or the network failed"
	case exitUsage:
		return "usage, configuration or mapping file wrong, or a confirmation is missing; nothing was sent"
	case exitRecords:
		return "ran to the end; some records were rejected or failed"
	case exitAuth:
		return "the target refused the credentials, or a scope is missing"
	case exitCheckpoint:
		return "the checkpoint is in use, damaged, or belongs to another source, tenant or sandbox"
	case exitDifferences:
		return "something was found that nothing explains"
	case exitInterrupted:
		return "stopped by Ctrl-C or SIGTERM; the same command resumes"
	}
	return ""
}

// name is the stable word for a code in the JSON error document.
func (c Code) name() string {
	switch c {
	case exitOK:
		return "ok"
	case exitUsage:
		return "usage"
	case exitRecords:
		return "records"
	case exitAuth:
		return "unauthorized"
	case exitCheckpoint:
		return "checkpoint"
	case exitDifferences:
		return "differences"
	case exitInterrupted:
		return "interrupted"
	default:
		return "failed"
	}
}

// failure is an error with its exit code and what to do about it.
type failure struct {
	code Code
	err  error
	try  string
}

func (f *failure) Error() string { return f.err.Error() }
func (f *failure) Unwrap() error { return f.err }

// usagef is a mistake in how the command was called or configured: exit 2.
func usagef(try, format string, args ...any) error {
	return &failure{exitUsage, fmt.Errorf(format, args...), try}
}

// failf is anything that kept the command from running: exit 1.
func failf(try, format string, args ...any) error {
	return &failure{exitFailed, fmt.Errorf(format, args...), try}
}

// checkpointf is a checkpoint that can't be used: exit 5.
func checkpointf(try, format string, args ...any) error {
	return &failure{exitCheckpoint, fmt.Errorf(format, args...), try}
}

// ending is the result of a command that ran and said everything itself; only
// the exit code is left.
type ending struct{ code Code }

func (e *ending) Error() string { return fmt.Sprintf("exit %d", int(e.code)) }

// finished returns an error that ends the process with the worst of the codes
// and prints nothing more; nil when that is 0.
func finished(codes ...Code) error {
	if c := worst(codes...); c != exitOK {
		return &ending{c}
	}
	return nil
}

// verdict is what an error means for the process: its code, and what is left to print.
type verdict struct {
	code    Code
	message string // "" when the command has said everything
	try     string
}

// judge turns any error into a verdict. It is the one place where kinds of
// errors become exit codes.
func judge(ctx context.Context, err error) verdict {
	if err == nil {
		return verdict{code: exitOK}
	}
	var end *ending
	if errors.As(err, &end) {
		return verdict{code: end.code}
	}
	if interrupted(ctx) && errors.Is(err, context.Canceled) {
		return verdict{exitInterrupted, "stopped", "run the same command again to go on"}
	}
	v := verdict{code: exitFailed, message: err.Error()}
	var f *failure
	if errors.As(err, &f) {
		v.code, v.try = f.code, f.try
	} else if code, try, ok := foreign(err); ok {
		v.code, v.try = code, try
	}
	if checkpoint.Full(err) {
		v.code, v.try = exitFailed, roomAdvice
		if !strings.Contains(v.message, string(checkpoint.NoSpace)) {
			v.message += ": " + string(checkpoint.NoSpace)
		}
	}
	if dir := os.TempDir(); v.code != exitOK && underMissing(err, dir) {
		v.code, v.try = exitFailed, "make the folder for temporary files, "+dir+", or set TMPDIR to one that is there"
	}
	return v
}

const roomAdvice = "make room on the disk, also for temporary files (TMPDIR), then run the same command: it goes on where this one stopped"

// underMissing tells whether an error is about a path below a folder that is not there.
func underMissing(err error, dir string) bool {
	var path *fs.PathError
	if !errors.As(err, &path) || path.Path != dir && !strings.HasPrefix(path.Path, dir+string(os.PathSeparator)) {
		return false
	}
	info, err := os.Stat(dir)
	return err != nil || !info.IsDir()
}
