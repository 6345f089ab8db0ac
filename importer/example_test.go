package importer_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/kinde-migrate/kinde-migrate/importer"
	"github.com/kinde-migrate/kinde-migrate/internal/sandbox"
	"github.com/kinde-migrate/kinde-migrate/kinde"
)

// tenant is a local one. Yours has a BaseURL and the Credentials of an M2M
// application, and no Transport.
func tenant() kinde.Config {
	t, err := sandbox.Open(sandbox.Options{Definitions: &sandbox.Definitions{
		Organizations: []sandbox.OrganizationDefinition{{Code: "org_a", Name: "Alpha", ExternalID: "a"}},
		Roles:         []sandbox.RoleDefinition{{Key: "admin", Name: "Admin"}}}})
	if err != nil {
		panic(err)
	}
	return kinde.Config{BaseURL: kinde.BaseURL(t.BaseURL()), Transport: sandbox.Transport(t),
		Credentials: kinde.ClientCredentials{ClientID: t.ClientID, ClientSecret: t.ClientSecret}}
}

func folder() string {
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		panic(err)
	}
	return dir
}

// Import users that the program has at hand, such as the rows of a database.
func ExampleImport() {
	dir := folder()
	defer os.RemoveAll(dir)
	users := func(yield func(importer.User, error) bool) {
		for id, email := range []string{"ana@example.com", "bo@example.com"} {
			u := importer.User{ID: fmt.Sprint("app|", id), Identities: []importer.Identity{{Type: "email", Value: email, Verified: true}}}
			if !yield(u, nil) {
				return
			}
		}
	}
	o := importer.Options{Tenant: tenant(), Users: users, Checkpoint: filepath.Join(dir, "users.checkpoint")}
	for range 2 {
		result, err := importer.Import(context.Background(), o)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("%d created, %d unchanged\n", result.Created, result.Unchanged)
	}
	// Output:
	// 2 created, 0 unchanged
	// 0 created, 2 unchanged
}

// Import the export file of a provider.
func ExampleImport_files() {
	dir := folder()
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, "users.csv")
	if err := os.WriteFile(file, []byte("id,email,first_name\n1,ana@example.com,Ana\n2,nobody,Bo\n"), 0o600); err != nil {
		fmt.Println(err)
		return
	}
	result, err := importer.Import(context.Background(), importer.Options{Tenant: tenant(), Checkpoint: file + ".checkpoint",
		Files: importer.Files{Paths: []string{file}}})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(result.Created, "created")
	for _, p := range result.Problems {
		fmt.Println(p.SourceID, p.Code)
	}
	// Output:
	// 1 created
	// 2 EMAIL_INVALID
}
