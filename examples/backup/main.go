// Command backup makes a backup of a tenant from inside a program, proves it,
// and says what changed since the one before. The tenant is the one that
// KINDE_* names.
//
//	go run ./examples/backup backups
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"

	"github.com/kinde-migrate/kinde-migrate/exporter"
	"github.com/kinde-migrate/kinde-migrate/kinde"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1])
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "Error:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, dir string) error {
	base, err := kinde.ParseBaseURL(os.Getenv("KINDE_DOMAIN"))
	if err != nil {
		return err
	}
	before, err := filepath.Glob(filepath.Join(dir, "*", "manifest.json")) // in the order of time
	if err != nil {
		return err
	}
	made, err := exporter.Backup(ctx, dir, exporter.BackupOptions{
		Tenant: kinde.Config{BaseURL: base, Credentials: kinde.ClientCredentials{
			ClientID: os.Getenv("KINDE_MANAGEMENT_CLIENT_ID"), ClientSecret: os.Getenv("KINDE_MANAGEMENT_CLIENT_SECRET")}},
		Keep: exporter.Keep{Last: 7, Weekly: 8},
	})
	if err != nil {
		return err
	}
	damage, err := exporter.Verify(ctx, made.Folder)
	if err != nil {
		return err
	}
	if len(damage) > 0 {
		return errors.New("the backup is not as it was written: " + damage[0].What)
	}
	fmt.Printf("%d users and %d organizations are in %s\n", made.Counts["users"], made.Counts["organizations"], filepath.Base(made.Folder))
	if len(before) == 0 {
		return nil
	}
	_, changes, err := exporter.Diff(ctx, filepath.Dir(before[len(before)-1]), made.Folder)
	fmt.Printf("%d changes since the backup before\n", changes)
	return err
}
