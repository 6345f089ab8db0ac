// Package cmd puts the families of commands together into the program.
//
// Each family is a package below it, which no other family imports: imports
// brings users into a tenant, fetch reads them from where they are, check tells whether they arrived, backup takes
// them out and brings them back, users changes them, setup prepares tenant and
// machine, mapping writes mapping files.
package cmd

import (
	"context"
	"io"
	"os"

	"github.com/kinde-migrate/kinde-migrate/internal/cli"
	"github.com/kinde-migrate/kinde-migrate/internal/cmd/backup"
	"github.com/kinde-migrate/kinde-migrate/internal/cmd/check"
	"github.com/kinde-migrate/kinde-migrate/internal/cmd/fetch"
	"github.com/kinde-migrate/kinde-migrate/internal/cmd/imports"
	"github.com/kinde-migrate/kinde-migrate/internal/cmd/mapping"
	"github.com/kinde-migrate/kinde-migrate/internal/cmd/setup"
	"github.com/kinde-migrate/kinde-migrate/internal/cmd/users"
)

// Process runs the command that the process was started for and returns the exit code.
func Process() int {
	cli.BoundMemory()
	ctx, stop := cli.Signals(context.Background(), os.Stderr)
	defer stop()
	return Main(ctx, os.Args, os.Stdin, os.Stdout, os.Stderr)
}

// Main runs the command that args name and returns the exit code.
func Main(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	return Run(ctx, cli.Process{Args: args, Stdin: stdin, Stdout: stdout, Stderr: stderr})
}

// Run runs the command that p names and returns the exit code.
func Run(ctx context.Context, p cli.Process) int { return p.Run(ctx, commands) }

// commands returns the commands in the order in which help lists them.
func commands(e *cli.Env) []*cli.Command {
	return cli.WithOptions([]*cli.Command{
		fetch.New(e),
		imports.NewGuide(e),
		imports.NewImport(e),
		imports.NewValidate(e),
		imports.NewPlan(e),
		imports.NewConvert(e),
		imports.NewDecrypt(e),
		imports.NewInspect(e),
		mapping.New(e),
		check.NewStatus(e),
		imports.NewResume(e),
		check.NewReport(e),
		check.NewReconcile(e),
		check.NewAdoption(e),
		setup.NewSandbox(e),
		backup.NewExport(e),
		backup.NewBackup(e),
		backup.NewRestore(e),
		backup.NewWatch(e),
		imports.NewRollback(e),
		users.New(e),
		setup.NewDoctor(e),
		setup.NewCanary(e),
		setup.NewConfig(e),
		setup.NewInit(e),
		cli.NewVersion(e),
		cli.NewCompletion(e),
		cli.NewMan(e),
	})
}
