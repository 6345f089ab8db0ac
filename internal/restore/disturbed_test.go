package restore

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kinde-migrate/kinde-migrate/internal/backup"
	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
	"github.com/kinde-migrate/kinde-migrate/internal/importer"
	"github.com/kinde-migrate/kinde-migrate/internal/sandbox"
	"github.com/kinde-migrate/kinde-migrate/internal/tenant"
	"github.com/kinde-migrate/kinde-migrate/internal/tenanttest"
	"github.com/kinde-migrate/kinde-migrate/kinde"
)

// shown is what a tenant shows of its definitions.
func shown(t *testing.T, c *kinde.Client) string {
	t.Helper()
	reading, err := tenant.Read(t.Context(), c, tenant.ReadOptions{TempDir: t.TempDir()})
	tenanttest.Must(t, err)
	defer reading.Close(true)
	d, err := reading.Lists(t.Context(), true)
	tenanttest.Must(t, err)
	for i := range d.Organizations {
		d.Organizations[i].CreatedOn = nil
	}
	return numbered([]string{fmt.Sprintf("%+v", *d)})
}

// TestDefineDisturbed lets each request fail once, in two ways. It is said what could not be
// done, and the next run, which knows what the first one made, ends where an undisturbed one does.
func TestDefineDisturbed(t *testing.T) {
	b := laidDown(t, backup.Full, company())
	_, c, w := target(t, sandbox.Definitions{})
	all, err := restorationOf(t, b, Options{}).Define(t.Context(), c, DefineOptions{Create: true})
	tenanttest.Must(t, err)
	requests := w.count
	want := shown(t, c)
	refusedHandle := 0
	for n := 1; n <= requests; n++ {
		for _, cancelled := range []bool{false, true} {
			_, c, w := target(t, sandbox.Definitions{})
			store, err := checkpoint.OpenMemory(t.Context())
			tenanttest.Must(t, err)
			inventory, err := importer.InventoryOf(t.Context(), store)
			tenanttest.Must(t, err)
			ctx, cancel := context.WithCancel(t.Context())
			asked, created := "", ""
			w.disturb = func(k int, r *http.Request) (*http.Response, error) {
				if k != n {
					return nil, nil
				}
				asked, created = r.Method+" "+r.URL.Path, creation(t, r)
				if cancelled {
					cancel()
					return nil, context.Canceled
				}
				return tenanttest.Refused(r, http.StatusBadRequest), nil
			}
			d, err := restorationOf(t, b, Options{}).Define(ctx, c, DefineOptions{Create: true, Inventory: inventory})
			cancel()
			said := strings.Join(d.Failed, "\n")
			switch {
			case strings.Contains(said, "the handle acme of the organization Acme: the tenant refused it"):
				refusedHandle++
				continue // for good: the tenant has taken the organization without it
			case cancelled && !errors.Is(err, context.Canceled), !cancelled && err == nil && !strings.Contains(said, "Not today."):
				t.Errorf("nothing is said of %s, cancelled %v: %v, %q", asked, cancelled, err, d.Failed)
			case err != nil && !strings.Contains(err.Error(), "ing the ") && !strings.Contains(err.Error(), "ing the categor"):
				t.Errorf("%s: it isn't said what was being done: %v", asked, err)
			}
			if created != "" && countOf(d.Created, created) >= countOf(all.Created, created) {
				t.Errorf("after %s failed, cancelled %v, %s is among %q", asked, cancelled, created, d.Created)
			}
			w.disturb = nil
			d, err = restorationOf(t, b, Options{}).Define(t.Context(), c, DefineOptions{Create: true, Inventory: inventory})
			tenanttest.Must(t, err)
			if got := shown(t, c); got != want {
				t.Errorf("after %s failed, cancelled %v, the next run leaves\n%s\nwant\n%s", asked, cancelled, got, want)
			}
			if len(d.Failed) != 2 || len(d.Kept) > 0 {
				t.Errorf("after %s failed, cancelled %v: %+v", asked, cancelled, d)
			}
			store.Close()
		}
	}
	if refusedHandle != 1 {
		t.Errorf("a refused handle was said of %d times", refusedHandle)
	}
}

// A scope that is missing for what an organization has ends the run, and is no refusal.
func TestWhatAnOrganizationHasIsForbidden(t *testing.T) {
	for path, want := range map[string]string{
		"/feature_flags/limit": "restoring the feature flag limit of the organization Acme: ",
		"/properties":          "restoring the properties of the organization Acme: ",
	} {
		_, c, w := target(t, sandbox.Definitions{})
		w.disturb = func(_ int, r *http.Request) (*http.Response, error) {
			if r.Method == http.MethodPatch && strings.HasSuffix(r.URL.Path, path) {
				return tenanttest.Refused(r, http.StatusForbidden), nil
			}
			return nil, nil
		}
		_, err := restorationOf(t, laidDown(t, backup.Full, company()), Options{}).Define(t.Context(), c, DefineOptions{Create: true})
		if err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: %v", path, err)
		}
	}
}

// creation names what a request is to create, as a restoration does; "" for any other.
func creation(t *testing.T, r *http.Request) string {
	t.Helper()
	what := map[string]string{"permissions": "permission", "roles": "role", "properties": "property", "feature_flags": "feature flag",
		"organization": "organization"}[strings.TrimPrefix(r.URL.Path, "/api/v1/")]
	if r.Method != http.MethodPost || what == "" {
		return ""
	}
	var named struct{ Key, Name string }
	tenanttest.Must(t, json.NewDecoder(r.Body).Decode(&named))
	if what == "organization" {
		return what + " " + named.Name
	}
	return what + " " + named.Key
}

func countOf(list []string, x string) (n int) {
	for _, y := range list {
		if x == y {
			n++
		}
	}
	return n
}

// TestDamagedFilesEndARestoration, whichever it is, and are named.
func TestDamagedFilesEndARestoration(t *testing.T) {
	_, c, _ := target(t, furnished)
	for _, kind := range []string{backup.KindUsers, backup.KindOrganizations, backup.KindPermissions, backup.KindRoles, backup.KindProperties,
		backup.KindCategories, backup.KindFlags, backup.KindConnections} {
		files := company()
		b := laidDown(t, backup.Full, files)
		r := restorationOf(t, b, Options{})
		tenanttest.Must(t, os.WriteFile(filepath.Join(b.Folder, kind+".ndjson"), []byte("no JSON\n"), 0o600))
		damaged := func(what string, err error) {
			t.Helper()
			if d, ok := errors.AsType[*backup.DamagedError](err); !ok || filepath.Base(d.File) != kind+".ndjson" || d.Line != 1 {
				t.Errorf("%s with damaged %s: %v", what, kind, err)
			}
		}
		if kind != backup.KindUsers {
			_, err := r.Define(t.Context(), c, DefineOptions{Create: true})
			damaged("defining", err)
			continue
		}
		_, err := New(t.Context(), b, Options{})
		damaged("looking through", err)
		stream := r.Source(t.Context())
		_, err = io.ReadAll(stream)
		damaged("reading", errors.Join(err, stream.Close()))
		_, err = r.Prove(t.Context(), c, t.TempDir())
		damaged("proving", err)
	}
}

// TestAHandleThatTheBackupLacks is no loss: the tenant may have given the organization
// one when an earlier run created it. One that the backup holds is missed.
func TestAHandleThatTheBackupLacks(t *testing.T) {
	for handle, want := range map[string]int{"": 0, "theirs": 0, "acme": 1} {
		b := laidDown(t, backup.Full, rows{backup.KindOrganizations: {tenant.OrganizationRow{Code: "org_a", Name: "Acme", Handle: handle}}})
		_, c, _ := target(t, sandbox.Definitions{Organizations: []sandbox.OrganizationDefinition{
			{Code: "org_there", Name: "Acme", Handle: "theirs"}}})
		store, err := checkpoint.OpenMemory(t.Context())
		tenanttest.Must(t, err)
		defer store.Close()
		inventory, err := importer.InventoryOf(t.Context(), store)
		tenanttest.Must(t, err)
		tenanttest.Must(t, inventory.Put(t.Context(), "organization", "org_there", "Acme"))
		d, err := restorationOf(t, b, Options{}).Define(t.Context(), c, DefineOptions{Create: true, Inventory: inventory})
		tenanttest.Must(t, err)
		if len(d.Failed) != want || len(d.Kept) > 0 || len(d.Created) > 0 {
			t.Errorf("with the handle %q: %+v", handle, d)
		}
	}
}
