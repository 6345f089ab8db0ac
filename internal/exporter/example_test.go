package exporter_test

import (
	"context"
	"os"

	"github.com/kinde-migrate/kinde-migrate/internal/exporter"
	"github.com/kinde-migrate/kinde-migrate/internal/sandbox"
	"github.com/kinde-migrate/kinde-migrate/internal/tenant"
	_ "github.com/kinde-migrate/kinde-migrate/internal/testenv"
	"github.com/kinde-migrate/kinde-migrate/kinde"
)

// client returns a client of a tenant in memory with three users. A program
// would use kinde.NewClientCredentials and the address of its own tenant.
func client() *kinde.Client {
	t, err := sandbox.Open(sandbox.Options{BaseURL: "http://sandbox.localhost", SeedUsers: 3, Seed: 1})
	if err != nil {
		panic(err)
	}
	c, err := kinde.New(
		kinde.Config{BaseURL: kinde.BaseURL(t.BaseURL()), Tokens: kinde.StaticToken(t.Token()), Transport: sandbox.Transport(t)},
	)
	if err != nil {
		panic(err)
	}
	return c
}

// Export the users of one domain for a spreadsheet.
func ExampleWrite() {
	parts, _ := tenant.ParseParts([]string{"identities", "properties"})
	filter, err := exporter.ParseFilter(`email matches "person[12]@"`)
	if err != nil {
		panic(err)
	}
	_, err = exporter.Write(context.Background(), client(), os.Stdout, exporter.Options{
		ReadOptions: tenant.ReadOptions{Parts: parts}, Format: exporter.CSV, Filter: filter,
		Fields: []string{"email", "provided_id", "is_suspended"},
	})
	if err != nil {
		panic(err)
	}
	// Unordered output:
	// email,provided_id,is_suspended
	// person1@example.com,seed-1,false
	// person2@example.com,seed-2,false
}
