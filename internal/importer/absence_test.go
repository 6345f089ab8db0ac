package importer

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
	"github.com/kinde-migrate/kinde-migrate/internal/mapping"
	"github.com/kinde-migrate/kinde-migrate/internal/sandbox"
	_ "github.com/kinde-migrate/kinde-migrate/internal/testenv"
)

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// answers makes a gateway that answers some requests itself.
func answers(status int, body string, which func(*http.Request) bool) func(http.RoundTripper) http.RoundTripper {
	return func(next http.RoundTripper) http.RoundTripper {
		return roundTripper(func(r *http.Request) (*http.Response, error) {
			if !which(r) {
				return next.RoundTrip(r)
			}
			if r.Body != nil {
				r.Body.Close()
			}
			return &http.Response{StatusCode: status, Header: http.Header{"Content-Type": {"text/html"}}, Request: r,
				Body: io.NopCloser(strings.NewReader(body)), ContentLength: int64(len(body))}, nil
		})
	}
}

func ofUsers(r *http.Request) bool { return strings.HasPrefix(r.URL.Path, "/api/v1/user") }
func deletes(r *http.Request) bool { return r.Method == http.MethodDelete }

const gatewayPage = "<html><title>404 Not Found</title></html>"

// notFounds are answers that look like "not there" and prove nothing while the
// user is there.
var notFounds = []struct {
	name   string
	before func(http.RoundTripper) http.RoundTripper
}{
	{"a gateway's page", answers(404, gatewayPage, deletes)},
	{
		"a gateway's page for users",
		answers(404, gatewayPage, func(r *http.Request) bool { return deletes(r) || r.URL.Path == "/api/v1/user" }),
	},
	{"nothing", answers(404, "", deletes)},
	{"other JSON", answers(404, `{"message":"no Route matched with those values"}`, deletes)},
	{"410", answers(410, "", deletes)},
	{"the API's words, but a look-up finds the user", answers(404, `{"errors":{"code":"USER_NOT_FOUND","message":"x"}}`, deletes)},
	{"400, but a look-up finds the user", answers(400, `{"errors":[{"code":"USER_INVALID","message":"x"}]}`, deletes)},
}

// TestRollbackBehindAGateway: whom something says is not there is not forgotten,
// and the next rollback deletes them.
func TestRollbackBehindAGateway(t *testing.T) {
	for _, tt := range notFounds {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, sandbox.Options{}).inMemory()
				defer w.store.Close()
				w.run(invent(6), Options{})
				w.before = tt.before
				o := w.rollback(RollbackOptions{})
				if o.err == nil && o.Totals[checkpoint.Deleted] != 0 || w.tenant.Count() != 6 {
					t.Fatalf("%d users are there; the rollback says %v, %v", w.tenant.Count(), o.Totals, o.err)
				}
				if o.err == nil && o.Failed == 0 {
					t.Error("the rollback says that it is done")
				}
				w.before = nil
				if o := w.rollback(RollbackOptions{}); o.err != nil || o.Failed != 0 || w.tenant.Count() != 0 {
					t.Errorf("the next rollback leaves %d: %v", w.tenant.Count(), o.err)
				}
			})
		})
	}
}

func TestGoneBehindAGateway(t *testing.T) {
	for _, tt := range notFounds {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, sandbox.Options{}).inMemory()
				defer w.store.Close()
				w.run(invent(30), Options{})
				p := invent(29)
				w.before = tt.before
				o := w.run(p, Options{Gone: DeleteGone, MaxGone: 10})
				if o.Totals[checkpoint.Deleted] != 0 || w.tenant.Count() != 30 {
					t.Fatalf("%d users are there; the import says %v, %v", w.tenant.Count(), o.Totals, o.err)
				}
				w.before = nil
				if o := w.run(p, Options{Gone: DeleteGone, MaxGone: 10}); o.err != nil || o.Totals[checkpoint.Deleted] != 1 || w.tenant.Count() != 29 {
					t.Errorf("the next run leaves %d: %v %v", w.tenant.Count(), o.Totals, o.err)
				}
			})
		})
	}
}

// TestMirrorBehindAGateway: a membership and an identity that are still there
// are no removals.
func TestMirrorBehindAGateway(t *testing.T) {
	for _, tt := range []struct{ name, body string }{
		{"a gateway's page", gatewayPage},
		{"the API's words", `{"errors":{"code":"IDENTITY_NOT_FOUND","message":"x"}}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, sandbox.Options{}).inMemory()
				defer w.store.Close()
				p := invent(12)
				p.users[8].Identities = append(p.users[8].Identities, mapping.Identity{Type: mapping.Email, Value: "second@example.com"})
				w.run(p, Options{})
				p = invent(12)
				p.users[8].Memberships = p.users[8].Memberships[:1]
				w.before = answers(404, tt.body, deletes)
				if o := w.run(p, Options{Mirror: true}); o.err == nil && o.Totals[checkpoint.Failed] == 0 {
					t.Errorf("a mirror that removed nothing says %v", o.Totals)
				}
				w.before = nil
				if o := w.run(p, Options{Mirror: true, RetryFailed: true}); o.err != nil || o.Totals[checkpoint.Failed] != 0 {
					t.Errorf("the next one: %v, %v", o.Totals, o.err)
				}
				if _, there := w.tenant.Find("second@example.com"); there {
					t.Error("the identity that the source dropped is still there")
				}
			})
		})
	}
}

// TestGatewayEverywhere: a run that reaches no API does nothing and says so.
func TestGatewayEverywhere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, sandbox.Options{}).inMemory()
		defer w.store.Close()
		w.run(invent(3), Options{})
		w.before = answers(404, gatewayPage, func(r *http.Request) bool { return strings.HasPrefix(r.URL.Path, "/api/") })
		if o := w.rollback(RollbackOptions{}); o.err == nil {
			t.Error("a rollback that reached nobody is done")
		}
		w.before = answers(404, gatewayPage, ofUsers)
		if o := w.rollback(RollbackOptions{}); o.err == nil || w.tenant.Count() != 3 {
			t.Errorf("a rollback that saw nobody is done: %v", o.err)
		}
	})
}

// TestDefinitionsBehindAGateway: an answer without a word is no deletion, as long
// as the list shows the definition.
func TestDefinitionsBehindAGateway(t *testing.T) {
	for name, before := range map[string]func(http.RoundTripper) http.RoundTripper{
		"200 and nothing": answers(200, "", func(r *http.Request) bool { return deletes(r) && strings.HasPrefix(r.URL.Path, "/api/v1/roles/") }),
		"the API's words": answers(404, `{"errors":{"code":"ROLE_NOT_FOUND","message":"x"}}`,
			func(r *http.Request) bool { return deletes(r) && strings.HasPrefix(r.URL.Path, "/api/v1/roles/") }),
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, sandbox.Options{}).inMemory()
			defer w.store.Close()
			p := invent(2)
			p.users[1].Memberships = []mapping.Membership{{Organization: mapping.Organization{Code: "org_a"}, Roles: []string{"new"}}}
			w.run(p, Options{CreateMissing: true})
			w.before = before
			if o := w.rollback(RollbackOptions{Definitions: true}); o.err != nil || len(o.Left) != 1 {
				t.Errorf("left %v, %v", o.Left, o.err)
			}
			w.before = nil
			if o := w.rollback(RollbackOptions{Definitions: true}); o.err != nil || len(o.Left) != 0 {
				t.Errorf("the next rollback left %v, %v", o.Left, o.err)
			}
		})
	}
}
