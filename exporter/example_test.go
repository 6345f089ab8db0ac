package exporter_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/kinde-migrate/kinde-migrate/exporter"
	"github.com/kinde-migrate/kinde-migrate/internal/sandbox"
	"github.com/kinde-migrate/kinde-migrate/kinde"
)

// tenant is a local one with users. Yours has a BaseURL and the Credentials of
// an M2M application, and no Transport.
func tenant(users int) kinde.Config {
	t, err := sandbox.Open(sandbox.Options{BaseURL: "http://sandbox.localhost", SeedUsers: users, Seed: 1})
	if err != nil {
		panic(err)
	}
	return kinde.Config{BaseURL: kinde.BaseURL(t.BaseURL()), Transport: sandbox.Transport(t),
		Credentials: kinde.ClientCredentials{ClientID: t.ClientID, ClientSecret: t.ClientSecret}}
}

// Export some users for a spreadsheet.
func ExampleExport() {
	_, err := exporter.Export(context.Background(), os.Stdout, exporter.Options{Tenant: tenant(3), With: []string{"identities"}, Format: "csv",
		Filter: `email matches "person[12]@"`, Fields: []string{"email", "provided_id", "is_suspended"}})
	if err != nil {
		fmt.Println(err)
	}
	// Unordered output:
	// email,provided_id,is_suspended
	// person1@example.com,seed-1,false
	// person2@example.com,seed-2,false
}

// Back a tenant up, prove the backup, and restore it into an empty tenant.
func ExampleBackup() {
	dir, err := os.MkdirTemp("", "backups")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	ctx := context.Background()
	made, err := exporter.Backup(ctx, dir, exporter.BackupOptions{Tenant: tenant(3)})
	if err != nil {
		fmt.Println(err)
		return
	}
	damage, err := exporter.Verify(ctx, made.Folder)
	fmt.Println(made.Counts["users"], "users,", len(damage), "damaged", err)
	restored, err := exporter.Restore(
		ctx,
		made.Folder,
		exporter.RestoreOptions{Tenant: tenant(0), Checkpoint: filepath.Join(dir, "restore.checkpoint")},
	)
	fmt.Println(restored.Users["created"], "created", err)
	// Output:
	// 3 users, 0 damaged <nil>
	// 3 created <nil>
}
