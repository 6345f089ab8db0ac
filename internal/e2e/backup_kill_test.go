package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"net/http/httptest"

	"github.com/kinde-migrate/kinde-migrate/internal/backup"
	"github.com/kinde-migrate/kinde-migrate/internal/sandbox"
)

// TestKilledBackup kills backups at many instants. The one before stays as it
// was, nothing that looks complete is left, and the next one clears up.
func TestKilledBackup(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("processes are not killed alike there")
	}
	binary := filepath.Join(t.TempDir(), "kinde-migrate")
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	// The test binary is the program when it is called by this name.
	if err := os.Symlink(self, binary); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewUnstartedServer(nil)
	tenant, err := sandbox.Open(
		sandbox.Options{
			BaseURL:   "http://" + server.Listener.Addr().String(),
			Seed:      1,
			SeedUsers: 1500,
			Demo:      true,
			Latency:   5 * time.Millisecond,
		},
	)
	if err != nil {
		t.Fatal(err)
	}
	defer tenant.Close()
	server.Config.Handler = tenant
	server.Start()
	defer server.Close()
	dir := filepath.Join(t.TempDir(), "backups")
	command := func() *exec.Cmd {
		c := exec.Command(binary, "backup", "--out", dir, "--plaintext", "--quiet", "--rate", "1000")
		c.Env = append(
			os.Environ(),
			"KINDE_DOMAIN="+tenant.BaseURL(),
			"KINDE_MANAGEMENT_CLIENT_ID="+tenant.ClientID,
			"KINDE_MANAGEMENT_CLIENT_SECRET="+tenant.ClientSecret,
			"TMPDIR="+t.TempDir(),
		)
		return c
	}
	begun := time.Now()
	if out, err := command().CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	took := time.Since(begun)
	for n := range 4 {
		c := command()
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		timer := time.AfterFunc(took*time.Duration(n+1)/5, func() { _ = c.Process.Kill() })
		_ = c.Wait()
		timer.Stop()
	}
	repo, err := backup.OpenRepository(dir)
	if err != nil {
		t.Fatal(err)
	}
	check := func() *backup.Verification {
		t.Helper()
		v, err := repo.Verify(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		if len(v.Problems) > 0 {
			t.Error(v.Problems)
		}
		return v
	}
	before := len(check().Backups)
	if before == 0 || before == 9 {
		t.Errorf("%d of 9 backups are there", before)
	}
	if out, err := command().CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if after := len(check().Backups); after != before+1 {
		t.Errorf("%d backups, want %d", after, before+1)
	}
	left, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range left {
		if strings.HasSuffix(d.Name(), ".tmp") {
			t.Errorf("%s is left", d.Name())
		}
	}
}
