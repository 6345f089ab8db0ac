// Command kinde-migrate moves a company's users from any identity provider into
// Kinde, proves that everyone arrived, and backs the tenant up.
package main

import (
	"context"
	"os"

	"github.com/kinde-migrate/kinde-migrate/internal/cli"
	"github.com/kinde-migrate/kinde-migrate/internal/cmd"
)

func main() {
	cli.BoundMemory()
	ctx, stop := cli.Signals(context.Background(), os.Stderr)
	code := cmd.Main(ctx, os.Args, os.Stdin, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}
