package cli

import (
	"context"
	"io"
)

// Main runs the command that args name and returns the exit code.
func Main(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	return Run(ctx, Process{Args: args, Stdin: stdin, Stdout: stdout, Stderr: stderr})
}

// Run runs the command that p names and returns the exit code.
func Run(ctx context.Context, p Process) int { return p.Run(ctx, commands) }

// commands returns the commands in the order in which help lists them.
func commands(e *env) []*command {
	return []*command{
		newImport(e),
		newValidate(e),
		newPlan(e),
		newInspect(e),
		newMapping(e),
		newStatus(e),
		newResume(e),
		newReport(e),
		newReconcile(e),
		newAdoption(e),
		newSandbox(e),
		newExport(e),
		newBackup(e),
		newRestore(e),
		newRollback(e),
		newUsers(e),
		newDoctor(e),
		newCanary(e),
		newConfig(e),
		newInit(e),
		newVersion(e),
		newCompletion(e),
		newMan(e),
	}
}
