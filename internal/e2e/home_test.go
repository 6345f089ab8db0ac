package e2e

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"github.com/kinde-migrate/kinde-migrate/internal/sandbox"
)

// atHome runs the rest of a test in dir, with its own configuration and with a sandbox
// behind what wrap makes of it, to which KINDE_* points.
func atHome(t *testing.T, dir string, wrap func(*sandbox.Tenant) http.Handler) *sandbox.Tenant {
	t.Helper()
	server := httptest.NewUnstartedServer(nil)
	base := "http://" + server.Listener.Addr().String()
	tenant, err := sandbox.Open(sandbox.Options{Seed: 1, Demo: true, BaseURL: base})
	if err != nil {
		t.Fatal(err)
	}
	server.Config.Handler = wrap(tenant)
	server.Start()
	t.Cleanup(func() {
		server.Close()
		tenant.Close()
	})
	config := filepath.Join(dir, "config")
	if err := brisk(config); err != nil {
		t.Fatal(err)
	}
	t.Setenv("KINDE_DOMAIN", base)
	t.Setenv("KINDE_MANAGEMENT_CLIENT_ID", tenant.ClientID)
	t.Setenv("KINDE_MANAGEMENT_CLIENT_SECRET", tenant.ClientSecret)
	t.Setenv("HOME", dir)
	t.Setenv("XDG_CONFIG_HOME", config)
	t.Chdir(dir)
	return tenant
}

// bare is a tenant with nothing before it.
func bare(tenant *sandbox.Tenant) http.Handler { return tenant }

// brisk sets a rate for the commands of a test: its few requests would else spend most
// of their time on learning a limit that the sandbox doesn't have. What learns limits is
// tested in kinde/pace, and with the whole program in internal/chaos and bench.
func brisk(config string) error {
	dir := filepath.Join(config, program)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, program+".yaml"), []byte("rate: 1000\n"), 0o600)
}
