package backup_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/kinde-migrate/kinde-migrate/internal/backup"
	"github.com/kinde-migrate/kinde-migrate/internal/sandbox"
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

// Back a tenant up, prove the backup, and read it again.
func ExampleRepository_Backup() {
	dir, err := os.MkdirTemp("", "backups-")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	repo, err := backup.LockRepository(dir)
	if err != nil {
		panic(err)
	}
	defer repo.Unlock()
	ctx := context.Background()
	m, err := repo.Backup(ctx, client(), backup.Options{Version: "1.0"})
	if err != nil {
		panic(err)
	}
	v, err := repo.Verify(ctx, nil)
	if err != nil {
		panic(err)
	}
	fmt.Println(m.Counts["users"], "users,", len(v.Problems), "problems")
	b, err := backup.Open(context.Background(), filepath.Join(dir, m.Name), nil)
	if err != nil {
		panic(err)
	}
	n := 0
	for row, err := range b.Users(ctx) {
		if err != nil {
			panic(err)
		}
		if row.Email != "" {
			n++
		}
	}
	fmt.Println(n, "addresses")
	// Output:
	// 3 users, 0 problems
	// 3 addresses
}
