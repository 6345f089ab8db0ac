package importer

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
	"github.com/kinde-migrate/kinde-migrate/internal/mapping"
	"github.com/kinde-migrate/kinde-migrate/internal/operation"
	"github.com/kinde-migrate/kinde-migrate/internal/sandbox"
)

func british(n int) mapping.Identity {
	return mapping.Identity{Type: mapping.Phone, Value: fmt.Sprintf("+447700900%03d", n), CountryID: "gb"}
}

// A tenant may take the phone of somebody who is there in national form only,
// and show it so. It is the same number all the same: nothing adds it again,
// the read-back finds it, and a mirror and a rollback take it away.
func TestPhoneInNationalForm(t *testing.T) {
	for name, quirks := range map[string]sandbox.Quirks{"E.164": {}, "national": {NationalPhones: true}} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, sandbox.Options{Quirks: quirks})
			id := strangers(w, true) // ana2, who was there before
			p := invent(5)
			p.users[2].Identities[0].Verified = true
			p.users[2].Identities = append(p.users[2].Identities, british(102))
			expect(t, w.run(p, Options{OnExisting: Update}), map[checkpoint.Outcome]int64{checkpoint.Created: 4, checkpoint.Updated: 1})
			p.users[3].Identities = append(p.users[3].Identities, british(103))
			o := w.run(p, Options{OnExisting: Update})
			expect(t, o, map[checkpoint.Outcome]int64{checkpoint.Updated: 1, checkpoint.Unchanged: 4})
			if o.Read.Different+o.Read.Missing > 0 {
				t.Errorf("read back: %+v", o.Read)
			}
			for n := range 2 {
				if _, ok := w.tenant.Find(fmt.Sprintf("+447700900%d", 102+n)); !ok {
					t.Errorf("ana%d has no phone", 2+n)
				}
			}
			if o := w.run(p, Options{OnExisting: Update}); o.total != 0 {
				t.Errorf("a rerun made %v", o.calls)
			}
			path := w.path
			w.path += ".second"
			if o := w.run(p, Options{OnExisting: Update}); o.calls[operation.CreateUserIdentity] != 0 {
				t.Errorf("another job adds what is there: %v", o.calls)
			}
			w.path = path

			p.users[3].Identities = p.users[3].Identities[:1]
			expect(
				t,
				w.run(p, Options{OnExisting: Update, Mirror: true}),
				map[checkpoint.Outcome]int64{checkpoint.Updated: 1, checkpoint.Unchanged: 4},
			)
			if _, ok := w.tenant.Find("+447700900103"); ok {
				t.Error("the mirror left the phone")
			}
			if o := w.rollback(RollbackOptions{}); o.err != nil {
				t.Fatal(o.err)
			}
			if u, _ := w.tenant.Find(id); len(u.Identities) != 1 {
				t.Errorf("the rollback left %v", u.Identities)
			}
		})
	}
}

// TestPhoneIsTriedOnceInNationalForm: one more request, and none where the
// refusal says that somebody has the number, which in another form might be
// taken for a free one.
func TestPhoneIsTriedOnceInNationalForm(t *testing.T) {
	for name, c := range map[string]struct {
		refusal string // of every added identity; "" is the tenant's own
		lost    bool   // the answer to the national form never arrives
		adds    int64
		want    checkpoint.Outcome
		code    string
	}{
		"refused in both forms": {`{"errors":[{"code":"INVALID_PHONE","message":"no"}]}`, false, 2, checkpoint.Failed, "API_REJECTED"},
		"somebody has it": {`{"errors":[{"code":"IDENTITY_ALREADY_EXISTS","message":"no"}]}`, false, 1, checkpoint.Failed,
			"IDENTITY_TAKEN"},
		"the answer is lost":     {"", true, 2, checkpoint.Updated, ""},
		"taken in national form": {"", false, 2, checkpoint.Updated, ""},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, sandbox.Options{Quirks: sandbox.Quirks{NationalPhones: true}})
			p := invent(3)
			w.run(p, Options{})
			p.users[1].Identities = append(p.users[1].Identities, british(101))
			w.before = func(tenant http.RoundTripper) http.RoundTripper {
				return roundTripper(func(r *http.Request) (*http.Response, error) {
					if r.Method != http.MethodPost || !strings.HasSuffix(r.URL.Path, "/identities") {
						return tenant.RoundTrip(r)
					}
					if c.refusal != "" {
						return &http.Response{StatusCode: http.StatusBadRequest, Header: http.Header{"Content-Type": {"application/json"}}, Request: r,
							Body: io.NopCloser(strings.NewReader(c.refusal))}, nil
					}
					answer, err := tenant.RoundTrip(r)
					if c.lost && err == nil && answer.StatusCode < 300 {
						answer.Body.Close()
						return nil, errors.New("the connection is gone")
					}
					return answer, err
				})
			}
			o := w.run(p, Options{})
			expect(t, o, map[checkpoint.Outcome]int64{checkpoint.Unchanged: 2, c.want: 1})
			if n := o.calls[operation.CreateUserIdentity]; n != c.adds {
				t.Errorf("%d requests to add it, want %d", n, c.adds)
			}
			if c.code != "" && w.problems()[c.code] != 1 {
				t.Errorf("problems: %v", w.problems())
			}
		})
	}
}
