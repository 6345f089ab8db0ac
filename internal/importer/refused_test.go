package importer

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
	"github.com/kinde-migrate/kinde-migrate/internal/databasetest"
	"github.com/kinde-migrate/kinde-migrate/internal/engine"
	"github.com/kinde-migrate/kinde-migrate/internal/importfile"
	"github.com/kinde-migrate/kinde-migrate/internal/mapping"
	"github.com/kinde-migrate/kinde-migrate/internal/sandbox"
)

// refuser refuses the request of one place of this package, once. A place is
// known by the lines that led to it.
type refuser struct {
	next  http.RoundTripper
	place string // "": refuses nothing
	mu    sync.Mutex
	seen  map[string]bool
	fired bool
}

const refusedOnce = "refused by the test"

func (x *refuser) RoundTrip(r *http.Request) (*http.Response, error) {
	place := placeOf()
	x.mu.Lock()
	x.seen[place] = true
	refuse := place == x.place && !x.fired
	x.fired = x.fired || refuse
	x.mu.Unlock()
	if !refuse {
		return x.next.RoundTrip(r)
	}
	if r.Body != nil {
		r.Body.Close()
	}
	body := `{"errors":[{"code":"NO","message":"` + refusedOnce + `"}]}`
	return &http.Response{StatusCode: http.StatusBadRequest, Header: http.Header{"Content-Type": {"application/json"}}, Request: r,
		Body: io.NopCloser(strings.NewReader(body)), ContentLength: int64(len(body))}, nil
}

// placeOf names the lines of this package that are at work, but for those of tests.
func placeOf() string {
	var lines []string
	pcs := make([]uintptr, 64)
	for frames := runtime.CallersFrames(pcs[:runtime.Callers(2, pcs)]); ; {
		f, more := frames.Next()
		if strings.Contains(f.Function, "/internal/importer.") && !strings.HasSuffix(f.File, "_test.go") {
			lines = append(lines, fmt.Sprintf("%s:%d", filepath.Base(f.File), f.Line))
		}
		if !more {
			return strings.Join(lines[:min(len(lines), 2)], " < ")
		}
	}
}

// remarks is what the checkpoint says of single records.
func (w *world) remarks() string {
	var lines []string
	w.reader(func(r *checkpoint.Reader) {
		list, err := r.Problems(w.t.Context(), 1000)
		if err != nil {
			w.t.Fatal(err)
		}
		for _, x := range list {
			lines = append(lines, x.Message)
		}
	})
	return strings.Join(lines, "\n")
}

// TestRequestThatIsRefused lets each place that sends a request be refused once.
// That is said, by the run or of the record, and the same command again ends where
// it would have ended.
func TestRequestThatIsRefused(t *testing.T) {
	one := Options{Concurrency: 1, OnExisting: Update, CreateMissing: true, RetryFailed: true}
	mirror, complete := one, one
	mirror.Mirror, mirror.Gone, mirror.MaxGone = true, DeleteGone, 90
	complete.Complete = true
	was := func() *people {
		p := &people{users: []*mapping.User{somebody("1", "email:a@example.com"), somebody("2", "email:b@example.com", "google:7"),
			somebody("3", "email:c@example.com", "phone:+12025550123"), somebody("4", "email:d@example.com", "email:e@example.com")}}
		p.users[0].Suspended, p.users[0].PasswordReset = true, true
		p.users[1].Memberships = member("org_a", "admin", "new")
		p.users[1].Properties = []mapping.KeyValue{{Key: "city", Value: "Porto"}, {Key: "shoe", Value: "42"}}
		p.users[2].Flags = []mapping.KeyValue{{Key: "beta", Value: "true"}}
		p.users[2].Memberships = []mapping.Membership{
			{Organization: mapping.Organization{ExternalID: "n", Name: "New"}, Permissions: []string{"fly"}},
		}
		return p
	}
	is := func() *people {
		p := &people{users: []*mapping.User{somebody("1", "email:b@example.com", "google:7"), somebody("2", "email:a@example.com"),
			somebody("3", "email:c@example.com", "email:e@example.com"), somebody("5", "email:d@example.com")}}
		p.users[1].Memberships = member("org_a", "member")
		return p
	}
	existing := func(w *world) {
		w.inhabit(kindeUser("b@example.com"))
		w.inhabit(kindeUser("c@example.com"))
	}
	done := map[string]bool{}
	for _, c := range []struct {
		name    string
		quirks  sandbox.Quirks
		prepare func(w *world) (act func() outcome)
	}{
		{"import", sandbox.Quirks{CreateWithoutPhones: true}, func(w *world) func() outcome {
			existing(w)
			return func() outcome { return w.run(was(), one) }
		}},
		{"mirror", sandbox.Quirks{}, func(w *world) func() outcome {
			expectDone(w.t, w.run(was(), one))
			return func() outcome { return w.run(is(), mirror) }
		}},
		{"files", sandbox.Quirks{}, func(w *world) func() outcome {
			shards, _ := w.convert(was(), importfile.NDJSON, 0)
			w.load(shards)
			return func() outcome { return w.run(was(), complete) }
		}},
		{"dry run", sandbox.Quirks{}, func(w *world) func() outcome {
			expectDone(w.t, w.run(was(), one))
			return func() outcome { return w.dryRunAgain(is(), mirror) }
		}},
		{"rollback", sandbox.Quirks{}, func(w *world) func() outcome {
			existing(w)
			expectDone(w.t, w.run(was(), one))
			return func() outcome { return w.rollback(RollbackOptions{Definitions: true}) }
		}},
		{"question", sandbox.Quirks{}, func(w *world) func() outcome {
			expectDone(w.t, w.run(was(), one))
			return func() outcome {
				_, err := CollisionsOf(w.t.Context(), is(), w.newClient(engine.NewRecorder()), nil)
				return outcome{err: err}
			}
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			play := func(place string) (seen map[string]bool, after []string) {
				w := newWorld(t, sandbox.Options{Quirks: c.quirks, Seed: 1})
				act := c.prepare(w)
				x := &refuser{place: place, seen: map[string]bool{}}
				w.before = func(next http.RoundTripper) http.RoundTripper { x.next = next; return x }
				o := act()
				if place == "" {
					expectDone(t, o)
				} else {
					said := fmt.Sprint(o.err, o.Left, w.remarks())
					if !x.fired || !strings.Contains(said, refusedOnce) && o.Totals[checkpoint.Failed] == 0 {
						t.Errorf("%s\nrefused %v, and it says %s", place, x.fired, said)
					}
					if o = act(); o.err != nil {
						t.Errorf("%s\nthe next run says %v", place, o.err)
					}
				}
				return x.seen, slices.Sorted(maps.Values(w.visible()))
			}
			seen, want := play("")
			first, step := databasetest.Drawn()
			for n, place := range slices.Sorted(maps.Keys(seen)) {
				if done[place] || n%step != first {
					continue
				}
				done[place] = true
				if _, have := play(place); !slices.Equal(have, want) {
					t.Errorf("%s\nleft %s\nwant %s", place, strings.Join(have, "\n"), strings.Join(want, "\n"))
				}
			}
			t.Logf("%d places", len(done))
		})
	}
}

func expectDone(t testing.TB, o outcome) {
	t.Helper()
	if err := errors.Join(o.err); err != nil || o.Failed > 0 || len(o.Left) > 0 {
		t.Fatalf("%v, %v, left %v", err, o.Totals, o.Left)
	}
}
