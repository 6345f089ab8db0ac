package reconcile

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
	"github.com/kinde-migrate/kinde-migrate/internal/databasetest"
	"github.com/kinde-migrate/kinde-migrate/internal/importer"
	"github.com/kinde-migrate/kinde-migrate/internal/intake"
	"github.com/kinde-migrate/kinde-migrate/internal/mapping"
	"github.com/kinde-migrate/kinde-migrate/internal/sandbox"
	"github.com/kinde-migrate/kinde-migrate/internal/tenanttest"
)

// damaged is a tenant that is not as its source any more, in every way.
func damaged(t *testing.T) (*world, *people) {
	t.Helper()
	w, p := newWorld(t), invent(12)
	p.bad[3] = mapping.Problem{Severity: mapping.Error, Code: mapping.DuplicateInSource, Message: "same as record 1"}
	w.edit(func(e *sandbox.Edit) error { _, err := e.Add("ana10@example.com", "Somebody", "Else"); return err })
	w.load(p, importer.Options{})
	w.edit(func(e *sandbox.Edit) error {
		_, err := e.Add("stranger@example.org", "Zoe", "Stranger")
		return errors.Join(err, e.Rename("ana1@example.com", "Anna", "Tester"), e.Delete("ana2@example.com"),
			e.RemoveMembership("ana4@example.com", "org_a"), e.RemoveProperty("ana7@example.com", "plan"))
	})
	p.users[6].Identities[0].Verified = false
	p.users[5].Properties = []mapping.KeyValue{{Key: "shoe_size", Value: "44"}}
	return w, p
}

// compared gives everything that a comparison says, in its order.
func compared(t *testing.T, p Source, c Tenant, path string, each func() error) (lines []string, err error) {
	opt := Options{Tenant: c, Source: p, TempDir: t.TempDir(), Deep: 100, Concurrency: 1}
	if path != "" {
		r, err := checkpoint.OpenReader(t.Context(), path)
		if err != nil {
			return nil, err
		}
		defer r.Close()
		opt.Checkpoint = r
	}
	opt.Each = func(f Finding) error {
		text, err := json.Marshal(f)
		lines = append(lines, string(text)+fmt.Sprint(f.beyond))
		return errors.Join(err, each())
	}
	result, err := Run(t.Context(), opt)
	if err != nil {
		return nil, err
	}
	return append(lines, fmt.Sprintf("%+v", *result)), nil
}

func goOn() error { return nil }

// Whatever fails while a source is compared - a statement of the database in which
// both sides wait, one of the checkpoint, a request, or whoever takes what is found -
// the comparison says so, or tells all the same what an undisturbed one tells.
func TestAComparisonIsWholeOrFails(t *testing.T) {
	w, p := damaged(t)
	want, err := compared(t, p, w.client(nil), w.path, goOn)
	if err != nil || len(want) < 13 {
		t.Fatalf("%q, %v", want, err)
	}
	for _, only := range []string{"/data?", "users.checkpoint"} {
		for f := range databasetest.DrawnFaults(t, only) {
			f.Arm()
			got, err := compared(t, p, w.client(nil), w.path, goOn)
			if what := f.Disarm(); what != "" && !databasetest.Refused(err) || what == "" && !slices.Equal(got, want) {
				t.Errorf("%q of %s failed: %v", what, only, err)
			}
		}
	}
	first, step := databasetest.Drawn()
	for _, status := range []int{http.StatusBadRequest, http.StatusNotFound} {
		failed := 0
		for n := int64(first) + 1; ; n += int64(step) {
			c, refuser := tenanttest.Refusing(t, w.tenant, status)
			refuser.Refuse(n)
			got, err := compared(t, p, c, w.path, goOn)
			if err != nil {
				failed++
				if !strings.Contains(err.Error(), "ing ") {
					t.Errorf("request %d is answered %d: it is not said what was being done: %v", n, status, err)
				}
			} else if !slices.Equal(got, want) {
				t.Errorf("request %d is answered %d:\n%q, want\n%q", n, status, got, want)
			}
			if refuser.Count() < n {
				break
			}
		}
		if failed < 8/step {
			t.Errorf("%d comparisons failed: the test shows nothing", failed)
		}
	}
	wrong := errors.New("a full disk")
	for n := first + 1; n < len(want); n += step {
		told := 0
		_, err := compared(t, p, w.client(nil), w.path, func() error {
			if told++; told == n {
				return wrong
			}
			return nil
		})
		if !errors.Is(err, wrong) || told != n {
			t.Errorf("finding %d can't be taken: %v after %d", n, err, told)
		}
	}
	if _, err := compared(t, unreadable{wrong}, w.client(nil), "", goOn); !errors.Is(err, wrong) {
		t.Errorf("a source that can't be read: %v", err)
	}
}

type unreadable struct{ err error }

func (u unreadable) Scan(context.Context, intake.Visitor) (intake.Summary, error) {
	return intake.Summary{}, u.err
}
