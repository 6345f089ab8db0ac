// Command database imports the users of a program's own database, row by row,
// without a file between: here a SQLite file with a table users. The tenant is
// the one that KINDE_* names.
//
//	go run ./examples/database app.db
//
// Run it again after an interruption: it goes on where it stopped.
package main

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"os/signal"

	"github.com/kinde-migrate/kinde-migrate/importer"
	"github.com/kinde-migrate/kinde-migrate/kinde"

	_ "modernc.org/sqlite"
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

func run(ctx context.Context, path string) error {
	base, err := kinde.ParseBaseURL(os.Getenv("KINDE_DOMAIN"))
	if err != nil {
		return err
	}
	db, err := sql.Open("sqlite", path)
	if err != nil {
		return err
	}
	defer db.Close()
	result, err := importer.Import(ctx, importer.Options{
		Tenant: kinde.Config{BaseURL: base, Credentials: kinde.ClientCredentials{
			ClientID: os.Getenv("KINDE_MANAGEMENT_CLIENT_ID"), ClientSecret: os.Getenv("KINDE_MANAGEMENT_CLIENT_SECRET")}},
		Users:      users(ctx, db),
		Checkpoint: path + ".checkpoint",
	})
	fmt.Printf("%d created, %d unchanged, %d rejected, %d failed\n", result.Created, result.Unchanged, result.Rejected, result.Failed)
	for _, p := range result.Problems {
		fmt.Printf("%s: %s %s\n", p.SourceID, p.Code, p.Message)
	}
	return err
}

// users yields the rows, always in the same order.
func users(ctx context.Context, db *sql.DB) importer.Source {
	return func(yield func(importer.User, error) bool) {
		rows, err := db.QueryContext(ctx, `SELECT id, email, confirmed, name, password FROM users ORDER BY id`)
		if err != nil {
			yield(importer.User{}, err)
			return
		}
		defer rows.Close()
		for rows.Next() {
			var u importer.User
			email, hash := importer.Identity{Type: "email"}, importer.PasswordHash{}
			if err := rows.Scan(&u.ID, &email.Value, &email.Verified, &u.GivenName, &hash.Hash); err != nil {
				yield(u, err)
				return
			}
			u.Identities, u.Password = []importer.Identity{email}, &hash
			if !yield(u, nil) {
				return
			}
		}
		if err := rows.Err(); err != nil {
			yield(importer.User{}, err)
		}
	}
}
