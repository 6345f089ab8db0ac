package backup

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kinde-migrate/kinde-migrate/internal/tenanttest"
)

// TestDamagedBackupsAreNotBelieved: what was cut or edited since it was written
// is noticed before anything is done with it.
func TestDamagedBackupsAreNotBelieved(t *testing.T) {
	edit := func(path string, change func([]byte) []byte) {
		t.Helper()
		data, err := os.ReadFile(path)
		tenanttest.Must(t, err)
		tenanttest.Must(t, os.WriteFile(path, change(data), 0o600))
	}
	harms := map[string]func(folder string){
		"users cut": func(folder string) {
			edit(filepath.Join(folder, "users.ndjson"), func(b []byte) []byte { return b[:len(b)/2] })
		},
		"a line less": func(folder string) {
			edit(filepath.Join(folder, "users.ndjson"), func(b []byte) []byte { return b[bytes.IndexByte(b, '\n')+1:] })
		},
		"an address edited": func(folder string) {
			edit(filepath.Join(folder, "users.ndjson"), func(b []byte) []byte { return bytes.Replace(b, []byte("@example"), []byte("@exampIe"), 1) })
		},
		"roles edited": func(folder string) {
			edit(filepath.Join(folder, "roles.ndjson"), func(b []byte) []byte { return bytes.Replace(b, []byte("viewer"), []byte("editor"), 1) })
		},
		"a file gone": func(folder string) { tenanttest.Must(t, os.Remove(filepath.Join(folder, "memberships.ndjson"))) },
		"the manifest edited": func(folder string) {
			edit(
				filepath.Join(folder, ManifestFile),
				func(b []byte) []byte { return bytes.Replace(b, []byte(`"users": 20`), []byte(`"users": 19`), 1) },
			)
		},
	}
	for name, harm := range harms {
		t.Run(name, func(t *testing.T) {
			sb, c := tenanttest.Open(t, tenanttest.Options(20))
			tenanttest.Populate(t, sb, c)
			dir := t.TempDir()
			first := backedUp(t, dir, c, night, Options{Detail: Full})
			second := backedUp(t, dir, c, night.AddDate(0, 0, 1), Options{Detail: Full})
			harm(filepath.Join(dir, second.Name))

			var damaged *DamagedError
			if _, err := Open(t.Context(), filepath.Join(dir, second.Name), nil); !errors.As(err, &damaged) {
				t.Errorf("it was opened: %v", err)
			}
			if _, err := Open(t.Context(), filepath.Join(dir, first.Name), nil); err != nil {
				t.Errorf("the good one was not: %v", err)
			}
			if strings.HasPrefix(name, "users") || name == "the manifest edited" {
				if err := VerifyMember(t.Context(), filepath.Join(dir, second.Name, "users.ndjson")); !errors.As(err, &damaged) {
					t.Errorf("its users were read: %v", err)
				}
			}
			// The good one is not removed in favour of the broken one.
			repo, err := LockRepository(dir)
			tenanttest.Must(t, err)
			p, err := repo.Prune(t.Context(), Retention{Last: 1}, false, night.AddDate(0, 0, 2))
			tenanttest.Must(t, errors.Join(err, repo.Unlock()))
			if len(p.Removed) > 0 {
				t.Errorf("%v was removed", p.Removed)
			}
			if _, err := Open(t.Context(), filepath.Join(dir, first.Name), nil); err != nil {
				t.Errorf("the good one is gone: %v", err)
			}
			// Nothing of the broken one gets into the next.
			third := backedUp(t, dir, c, night.AddDate(0, 0, 3), Options{Detail: Full})
			harmed := strings.HasPrefix(name, "users") || name == "a line less" || name == "an address edited"
			if harmed && third.Previous.Name == second.Name && (third.CarriedOver != 0 || third.NotCarried == "") {
				t.Errorf("%d users were carried over from a damaged backup, %q", third.CarriedOver, third.NotCarried)
			}
		})
	}
}
