package tenant_test

import (
	"errors"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kinde-migrate/kinde-migrate/internal/databasetest"
	"github.com/kinde-migrate/kinde-migrate/internal/tenant"
	"github.com/kinde-migrate/kinde-migrate/internal/tenanttest"
)

// everything reads all that there is of a tenant: a line for each user and each list.
func everything(t *testing.T, c tenant.API, resume string) (lines []string, err error) {
	parts, err := tenant.ParseParts(tenant.PartNames)
	tenanttest.Must(t, err)
	now := func() time.Time { return time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC) }
	reading, err := tenant.Read(t.Context(), c, tenant.ReadOptions{Parts: parts, Resume: resume, TempDir: t.TempDir(), Concurrency: 1,
		Now: now})
	if err != nil {
		return nil, err
	}
	written := false
	defer func() { err = errors.Join(err, reading.Close(written)) }()
	keep := func(v any) {
		line, err := tenant.Marshal(v)
		tenanttest.Must(t, err)
		lines = append(lines, string(line))
	}
	for row, err := range reading.Rows(t.Context()) {
		if err != nil {
			return nil, err
		}
		keep(row)
	}
	lists, err := reading.Lists(t.Context(), true)
	if err != nil {
		return nil, err
	}
	n, err := reading.Count(t.Context())
	if err != nil {
		return nil, err
	}
	keep(lists)
	keep(n)
	written = true
	return lines, nil
}

// Whatever request is refused while a tenant is read, and whatever is said not to be
// there although it is: the reading fails, or is whole all the same; and the run
// that takes it up ends where an undisturbed one ends.
func TestAReadingIsWholeOrFails(t *testing.T) {
	sb, client := tenanttest.Open(t, tenanttest.Options(7))
	tenanttest.Populate(t, sb, client)
	want, err := everything(t, client, "")
	tenanttest.Must(t, err)
	if len(want) != 9 {
		t.Fatalf("%d lines", len(want))
	}
	first, step := databasetest.Drawn()
	for _, status := range []int{http.StatusBadRequest, http.StatusNotFound} {
		failed := 0
		for n := int64(first) + 1; ; n += int64(step) {
			c, refuser := tenanttest.Refusing(t, sb, status)
			refuser.Refuse(n)
			resume := filepath.Join(t.TempDir(), "partial")
			got, err := everything(t, c, resume)
			if err != nil {
				failed++
				if !strings.Contains(err.Error(), "ing ") { // reading …, listing …, asking …
					t.Errorf("request %d is answered %d: it is not said what was being done: %v", n, status, err)
				}
				got, err = everything(t, client, resume)
			}
			if err != nil || !slices.Equal(got, want) {
				t.Errorf("request %d is answered %d: %v\n%q, want\n%q", n, status, err, got, want)
			}
			if refuser.Count() < n {
				break
			}
		}
		if failed < 20/step {
			t.Errorf("%d readings failed: the test shows nothing", failed)
		}
	}
}

// Whichever statement of the database fails in which a reading waits, the reading
// fails, and the run that takes it up ends where an undisturbed one ends.
func TestAReadingThatCannotBeKeptFails(t *testing.T) {
	sb, client := tenanttest.Open(t, tenanttest.Options(4))
	tenanttest.Populate(t, sb, client)
	want, err := everything(t, client, "")
	tenanttest.Must(t, err)
	for f := range databasetest.DrawnFaults(t, "/partial") {
		resume := filepath.Join(t.TempDir(), "partial")
		f.Arm()
		got, err := everything(t, client, resume)
		what := f.Disarm()
		if (what != "") != (err != nil) {
			t.Errorf("%q failed: %v", what, err)
		}
		if err != nil {
			got, err = everything(t, client, resume)
		}
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("after %q failed: %v\n%q, want\n%q", what, err, got, want)
		}
	}
}
