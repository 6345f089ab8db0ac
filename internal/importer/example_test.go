package importer_test

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"

	"github.com/kinde-migrate/kinde-migrate/internal/importer"
	"github.com/kinde-migrate/kinde-migrate/internal/sandbox"
	"github.com/kinde-migrate/kinde-migrate/kinde/pace"
)

// An import of two people. The tenant is a local one; yours needs a domain and
// the credentials of an M2M application, and no transport.
func ExampleImport() {
	tenant, domain, transport, err := localTenant()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer tenant.Close()
	folder, err := os.MkdirTemp("", "example")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(folder)
	file := filepath.Join(folder, "users.csv")
	if err := os.WriteFile(file, []byte("id,email,first_name\n1,ana@example.com,Ana\n2,bo@example.com,Bo\n"), 0o600); err != nil {
		fmt.Println(err)
		return
	}

	config := importer.Config{
		Files:  []string{file},
		Domain: domain, ClientID: tenant.ClientID, ClientSecret: tenant.ClientSecret,
		Gate:      pace.Learning(pace.Options{}),
		Transport: transport,
		Options:   importer.Options{CreateMissing: true},
	}
	for range 2 {
		result, err := importer.Import(context.Background(), config)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("created %d, unchanged %d, nothing to do %v\n", result.Totals[importer.Created], result.Totals[importer.Unchanged], result.Nothing)
	}
	// Output:
	// created 2, unchanged 0, nothing to do false
	// created 0, unchanged 2, nothing to do true
}

func localTenant() (*sandbox.Tenant, string, http.RoundTripper, error) {
	tenant, err := sandbox.Open(sandbox.Options{})
	if err != nil {
		return nil, "", nil, err
	}
	return tenant, tenant.BaseURL(), sandbox.Transport(tenant), nil
}
