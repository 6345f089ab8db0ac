// Command embed shows a program that carries an import inside itself, through
// the public packages alone: it imports the files that it is given into the
// tenant that KINDE_* names, and says what became of them.
//
//	go run ./examples/embed users.csv
//
// Run it again after an interruption: it goes on where it stopped.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"

	"github.com/kinde-migrate/kinde-migrate/internal/importer"
	"github.com/kinde-migrate/kinde-migrate/kinde/pace"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:], os.Getenv, os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "Error:", err)
		os.Exit(1)
	}
}

// errUnfinished is what a program may want to do something about: the import
// ran, but not everyone is in.
var errUnfinished = errors.New("some users are not in the tenant")

func run(ctx context.Context, files []string, getenv func(string) string, out io.Writer) error {
	// An interruption ends the import in an orderly way: what is in flight is
	// finished and committed. So the context of the import itself lives on.
	result, err := importer.Import(context.WithoutCancel(ctx), importer.Config{
		Files:        files,
		Domain:       getenv("KINDE_DOMAIN"),
		ClientID:     getenv("KINDE_MANAGEMENT_CLIENT_ID"),
		ClientSecret: getenv("KINDE_MANAGEMENT_CLIENT_SECRET"),
		Gate:         pace.Learning(pace.Options{}),
		Options:      importer.Options{CreateMissing: true},
		Drain:        ctx.Done(),
	})
	if err != nil {
		return fmt.Errorf("importing: %w", err)
	}
	for _, class := range []importer.Outcome{
		importer.Created, importer.Updated, importer.Unchanged, importer.Skipped,
		importer.Rejected, importer.Failed, importer.Pending,
	} {
		if n := result.Totals[class]; n > 0 {
			fmt.Fprintf(out, "%8d  %s\n", n, class)
		}
	}
	if result.Totals[importer.Rejected]+result.Totals[importer.Failed]+result.Totals[importer.Pending] > 0 {
		return errUnfinished
	}
	return nil
}
