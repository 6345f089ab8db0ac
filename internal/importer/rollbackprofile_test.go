package importer

import (
	"bytes"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
	"github.com/kinde-migrate/kinde-migrate/internal/mapping"
	"github.com/kinde-migrate/kinde-migrate/internal/sandbox"
)

// deafToEmpty is a tenant that ignores empty values of a profile.
type deafToEmpty struct{ next http.RoundTripper }

func (d *deafToEmpty) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Method == http.MethodPatch && r.URL.Path == "/api/v1/user" {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		for _, field := range []string{"given_name", "family_name", "picture", "provided_id"} {
			body = bytes.ReplaceAll(body, []byte(`"`+field+`":""`), []byte(`"ignored":""`))
		}
		r = r.Clone(r.Context())
		r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	}
	return d.next.RoundTrip(r)
}

// TestRollbackSaysWhatItCannotEmpty: a value that was empty before the import and
// that the API does not empty is not said to be as it was.
func TestRollbackSaysWhatItCannotEmpty(t *testing.T) {
	for name, deaf := range map[string]bool{"an API that empties": false, "an API that does not": true} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, sandbox.Options{})
			w.inhabit(kindeUser("zoe@example.com"))
			u := somebody("1", "email:zoe@example.com")
			u.FamilyName = "Imported"
			expect(t, w.run(&people{users: []*mapping.User{u}}, Options{OnExisting: Update}), map[checkpoint.Outcome]int64{checkpoint.Updated: 1})
			if deaf {
				w.before = func(next http.RoundTripper) http.RoundTripper { return &deafToEmpty{next} }
			}
			for run, o := range map[string]outcome{"dry": w.rollbackDry(), "": w.rollback(RollbackOptions{})} {
				if o.err != nil || o.Failed > 0 {
					t.Fatalf("%s %v %v", run, o.err, o.Totals)
				}
			}
			store, _, err := checkpoint.Open(t.Context(), w.path)
			if err != nil {
				t.Fatal(err)
			}
			defer store.Close()
			problems, err := store.ProblemsOf(t.Context(), 1)
			if err != nil {
				t.Fatal(err)
			}
			said := ""
			for _, p := range problems {
				if strings.Contains(p.Message, "does not empty it") {
					said += p.Field
				}
			}
			if want := map[bool]string{true: "family_name, provided_id"}[deaf]; said != want {
				t.Errorf("said of %q, want %q; problems %+v", said, want, problems)
			}
			if s := w.tenant.Snapshot()[0]; (s.FamilyName == "Imported") != deaf {
				t.Errorf("the tenant has %+v", s)
			}
		})
	}
}
