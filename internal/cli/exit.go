package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
	"github.com/kinde-migrate/kinde-migrate/internal/ui"
)

// Code is an exit code of the process.
type Code int

// The exit codes. Each command's help lists those that it can end with.
const (
	ExitOK          Code = 0   // all that was asked was done
	ExitFailed      Code = 1   // could not run
	ExitUsage       Code = 2   // usage, configuration or mapping wrong; nothing was sent
	ExitRecords     Code = 3   // some records were rejected or failed
	ExitAuth        Code = 4   // the target refused the credentials
	ExitCheckpoint  Code = 5   // the checkpoint can't be used
	ExitDifferences Code = 6   // something is unexplained
	ExitInterrupted Code = 130 // stopped by a signal
)

// precedence orders the codes for when several apply: the first wins.
var precedence = [...]Code{
	ExitInterrupted, ExitCheckpoint, ExitAuth, ExitFailed, ExitUsage, ExitDifferences, ExitRecords, ExitOK,
}

// Worst returns the code that stands first in the precedence.
func Worst(codes ...Code) Code {
	for _, p := range precedence {
		for _, c := range codes {
			if c == p {
				return p
			}
		}
	}
	return ExitOK
}

// meaning says in help what a code stands for.
func (c Code) meaning() string {
	switch c {
	case ExitOK:
		return "everything was done (there may be warnings)"
	case ExitFailed:
		return "could not run: a file, the disk or the network failed"
	case ExitUsage:
		return "usage, configuration or mapping file wrong, or a confirmation is missing; nothing was sent"
	case ExitRecords:
		return "ran to the end; some records were rejected or failed"
	case ExitAuth:
		return "the target refused the credentials, or a scope is missing"
	case ExitCheckpoint:
		return "the checkpoint is in use, damaged, or belongs to another source, tenant or sandbox"
	case ExitDifferences:
		return "something was found that nothing explains"
	case ExitInterrupted:
		return "stopped by Ctrl-C or SIGTERM; the same command resumes"
	}
	return ""
}

// Name is the stable word for a code in the JSON error document.
func (c Code) Name() string {
	switch c {
	case ExitOK:
		return "ok"
	case ExitUsage:
		return "usage"
	case ExitRecords:
		return "records"
	case ExitAuth:
		return "unauthorized"
	case ExitCheckpoint:
		return "checkpoint"
	case ExitDifferences:
		return "differences"
	case ExitInterrupted:
		return "interrupted"
	default:
		return "failed"
	}
}

// Failure is an error with its exit code and what to do about it.
type Failure struct {
	code Code
	err  error
	try  string
}

func (f *Failure) Error() string { return f.err.Error() }

func (f *Failure) Unwrap() error { return f.err }

// Usagef is a mistake in how the command was called or configured: exit 2.
func Usagef(try, format string, args ...any) error {
	return &Failure{ExitUsage, fmt.Errorf(format, args...), try}
}

// Failf is anything that kept the command from running: exit 1.
func Failf(try, format string, args ...any) error {
	return &Failure{ExitFailed, fmt.Errorf(format, args...), try}
}

// Deniedf is something that the credentials don't allow: exit 4.
func Deniedf(try, format string, args ...any) error {
	return &Failure{ExitAuth, fmt.Errorf(format, args...), try}
}

// Checkpointf is a checkpoint that can't be used: exit 5.
func Checkpointf(try, format string, args ...any) error {
	return &Failure{ExitCheckpoint, fmt.Errorf(format, args...), try}
}

// ending is the result of a command that ran and said everything itself; only
// the exit code is left.
type ending struct{ code Code }

func (e *ending) Error() string { return fmt.Sprintf("exit %d", int(e.code)) }

// Finished returns an error that ends the process with the worst of the codes
// and prints nothing more; nil when that is 0.
func Finished(codes ...Code) error {
	if c := Worst(codes...); c != ExitOK {
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
		return verdict{code: ExitOK}
	}
	var end *ending
	if errors.As(err, &end) {
		return verdict{code: end.code}
	}
	if errors.Is(err, ui.ErrUnanswered) {
		return verdict{ExitInterrupted, "stopped at the question; nothing was written", ""}
	}
	if Interrupted(ctx) && errors.Is(err, context.Canceled) {
		return verdict{ExitInterrupted, "stopped", "run the same command again to continue"}
	}
	v := verdict{code: ExitFailed, message: plainly(err)}
	var f *Failure
	if errors.As(err, &f) {
		v.code, v.try = f.code, f.try
	} else if code, try, ok := Advice(err); ok {
		v.code, v.try = code, try
	}
	if v.try == "" && errors.Is(err, fs.ErrPermission) && (v.code == ExitFailed || v.code == ExitCheckpoint) {
		v.try = "run it as a user who can write there, or choose another place with --checkpoint, --report or --out"
	}
	if checkpoint.Full(err) {
		v.code, v.try = ExitFailed, roomAdvice
		if !strings.Contains(v.message, string(checkpoint.NoSpace)) {
			v.message += ": " + string(checkpoint.NoSpace)
		}
	}
	if dir := os.TempDir(); v.code != ExitOK && underMissing(err, dir) {
		v.code, v.try = ExitFailed, "create the folder for temporary files, "+dir+", or set TMPDIR to one that exists"
	}
	return v
}

// plainly says what went wrong with a file without the system call, and names the
// file once.
func plainly(err error) string {
	text := err.Error()
	path, ok := errors.AsType[*fs.PathError](err)
	if !ok || strings.Contains(path.Op, " ") {
		return text // the operation is in words already
	}
	before, after, found := strings.Cut(text, path.Error())
	if !found {
		return text
	}
	why := path.Err.Error()
	if !strings.Contains(before, path.Path) {
		why = path.Path + ": " + why
	}
	return before + why + after
}

const roomAdvice = "free some disk space, also for temporary files (TMPDIR), then run the same command again: it continues where it stopped"

// underMissing tells whether an error is about a path below a folder that is not there.
func underMissing(err error, dir string) bool {
	var path *fs.PathError
	if !errors.As(err, &path) || path.Path != dir && !strings.HasPrefix(path.Path, dir+string(os.PathSeparator)) {
		return false
	}
	info, err := os.Stat(dir)
	return err != nil || !info.IsDir()
}
