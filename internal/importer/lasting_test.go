package importer

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
	"github.com/kinde-migrate/kinde-migrate/internal/operation"
	"github.com/kinde-migrate/kinde-migrate/internal/sandbox"
	"github.com/kinde-migrate/kinde-migrate/kinde"
)

// A password that the tenant never takes is given up after a number of tries while
// the tenant is well otherwise: each such record has failed and says how often it was tried, the
// others are done, and the run neither waits for ever nor speaks of no time. The
// next run does what is missing.
func TestAPasswordCallThatAlwaysFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, sandbox.Options{}).inMemory()
		defer w.store.Close()
		w.client = kinde.Config{Timeout: 10 * time.Second, MaxWait: time.Hour}
		broken := true
		w.before = func(next http.RoundTripper) http.RoundTripper {
			return roundTripper(func(r *http.Request) (*http.Response, error) {
				if broken && r.Method == http.MethodPut && strings.HasSuffix(r.URL.Path, "/password") {
					return &http.Response{StatusCode: 500, Header: http.Header{}, Body: io.NopCloser(strings.NewReader("oops")), Request: r}, nil
				}
				return next.RoundTrip(r)
			})
		}
		p := invent(40)
		for i, u := range p.users {
			if i%2 == 1 {
				u.Password = nil
			}
		}
		told := &listener{}
		began := time.Now()
		o := w.run(p, Options{Concurrency: 6, Progress: told})
		expect(t, o, map[checkpoint.Outcome]int64{checkpoint.Created: 20, checkpoint.Failed: 20})
		if spent := time.Since(began); spent > 6*time.Hour {
			t.Errorf("it took %s", spent)
		}
		problems, tries := 0, int64(0)
		for r, err := range w.store.Records(t.Context(), checkpoint.Selection{}) {
			if err != nil {
				t.Fatal(err)
			}
			if r.Outcome != checkpoint.Failed {
				continue
			}
			list, err := w.store.ProblemsOf(t.Context(), r.ID)
			if err != nil {
				t.Fatal(err)
			}
			for _, x := range list {
				if x.Code == "API_FAILED" {
					problems++
					var n int64
					if _, err := fmt.Sscanf(x.Message, "SetUserPassword: 500 oops (gave up after %d tries)", &n); err != nil || n < 12 || n > 100 {
						t.Errorf("record %d says %q", r.Number, x.Message)
					}
					tries += n
				}
			}
		}
		if made := o.calls[operation.SetUserPassword]; problems != 20 || tries != made {
			t.Errorf("%d problems of 20 records, which speak of %d of %d tries", problems, tries, made)
		}
		for _, n := range told.notes {
			if strings.Contains(n, "for 0s") {
				t.Errorf("it says %q", n)
			}
		}
		broken = false
		expect(t, w.run(p, Options{Concurrency: 6}), map[checkpoint.Outcome]int64{checkpoint.Unchanged: 20, checkpoint.Updated: 20})
		w.complete(p)
	})
}

// A tenant that answers nothing is told of once it has been silent for a second.
func TestNobodyIsSilentForNoTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(
			t,
			sandbox.Options{
				Faults:  []sandbox.Fault{{Kind: sandbox.FaultStatus, Status: 503, After: time.Second, Until: 30 * time.Second}},
				Latency: 50 * time.Millisecond,
			},
		).inMemory()
		defer w.store.Close()
		w.client = kinde.Config{Timeout: 10 * time.Second, MaxWait: time.Hour}
		p := invent(120)
		told := &listener{}
		expect(t, w.run(p, Options{Concurrency: 2, Progress: told}), map[checkpoint.Outcome]int64{checkpoint.Created: 120})
		said := 0
		for _, n := range told.notes {
			if strings.Contains(n, "has not answered") {
				said++
			}
			if strings.Contains(n, "for 0s") {
				t.Errorf("it says %q", n)
			}
		}
		if said == 0 {
			t.Errorf("nobody was told: %q", told.notes)
		}
	})
}
