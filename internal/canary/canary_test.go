package canary

import (
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/kinde-migrate/kinde-migrate/internal/password"
	"github.com/kinde-migrate/kinde-migrate/internal/sandbox"
	"github.com/kinde-migrate/kinde-migrate/kinde"
)

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// cage is a tenant and a client whose answers may be lost.
func cage(t *testing.T) (*sandbox.Tenant, *kinde.Client, *bool) {
	t.Helper()
	tenant, err := sandbox.Open(sandbox.Options{Demo: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { tenant.Close() })
	inner, lose := sandbox.Transport(tenant), new(bool)
	client, err := kinde.New(kinde.Config{BaseURL: kinde.BaseURL(tenant.BaseURL()), Tokens: kinde.StaticToken(tenant.Token()),
		Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
			answer, err := inner.RoundTrip(r)
			if *lose && r.Method == http.MethodPost && err == nil {
				answer.Body.Close()
				return nil, errors.New("the connection is gone")
			}
			return answer, err
		})})
	if err != nil {
		t.Fatal(err)
	}
	return tenant, client, lose
}

func kindsFor(t *testing.T) []Kind {
	t.Helper()
	md5 := password.Recognise(password.Input{Hash: "5f4dcc3b5aa765d61d8327deb882cf99", Method: "md5"}, password.Options{})
	bcrypt := password.Recognise(password.Input{Hash: "$2b$04$abcdefghijklmnopqrstuuVcp.STfzuT0bMrjbDxuV3eTYNADn6Ky"}, password.Options{})
	return []Kind{{Encoding: "bcrypt", Users: 3, Example: bcrypt.Body}, {Encoding: "md5", Users: 1, Example: md5.Body}}
}

func TestCanaries(t *testing.T) {
	tenant, client, lose := cage(t)
	path := filepath.Join(t.TempDir(), "users.canary")
	state, err := Load(path, tenant.BaseURL())
	if err != nil {
		t.Fatal(err)
	}
	const known = "Known-Passw0rd-1"
	*lose = true // every create loses its answer
	if err := Create(t.Context(), client, state, kindsFor(t), "example.com", known); err != nil {
		t.Fatal(err)
	}
	*lose = false
	if tenant.Count() != 2 {
		t.Fatalf("%d users for two kinds of hash", tenant.Count())
	}
	if data, err := os.ReadFile(path); err != nil || len(data) == 0 {
		t.Fatalf("no state: %v", err)
	}

	// A process that takes over knows them, and tells who signed in.
	if state, err = Load(path, tenant.BaseURL()); err != nil || len(state.Alive()) != 2 {
		t.Fatalf("%+v, %v", state, err)
	}
	for _, b := range state.Alive() {
		if s := tenant.SignIn(b.Email, known); !s.SignedIn {
			t.Errorf("%s: %s", b.Encoding, s.Reason)
		}
	}
	told := 0
	if err := Watch(t.Context(), client, state, time.Minute, time.Second, func(*User) { told++ }); err != nil || told != 2 {
		t.Errorf("%d of 2 were seen, %v", told, err)
	}
	if err := Clean(t.Context(), client, state); err != nil || tenant.Count() != 0 {
		t.Errorf("%d users are left, %v", tenant.Count(), err)
	}
	if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the state is left: %v", err)
	}
}

// A create may get no answer because a gateway kept it from the tenant: nobody
// is there, and it is sent again.
func TestCreateThatNeverArrived(t *testing.T) {
	for _, tc := range []struct{ lost, users int }{{1, 2}, {4, 2}, {5, 0}} {
		tenant, err := sandbox.Open(sandbox.Options{Demo: true})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { tenant.Close() })
		inner, lost := sandbox.Transport(tenant), 0
		client, err := kinde.New(kinde.Config{
			BaseURL: kinde.BaseURL(tenant.BaseURL()),
			Tokens:  kinde.StaticToken(tenant.Token()),
			Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
				if r.Method == http.MethodPost && lost < tc.lost {
					lost++
					return &http.Response{
						StatusCode: http.StatusBadGateway,
						Header:     http.Header{"Content-Type": {"text/html"}},
						Body:       io.NopCloser(strings.NewReader("<html>502</html>")),
						Request:    r,
					}, nil
				}
				return inner.RoundTrip(r)
			}),
		})
		if err != nil {
			t.Fatal(err)
		}
		state, err := Load(filepath.Join(t.TempDir(), "users.canary"), tenant.BaseURL())
		if err != nil {
			t.Fatal(err)
		}
		err = Create(t.Context(), client, state, kindsFor(t), "example.com", "Known-Passw0rd-1")
		if (err == nil) != (tc.users > 0) || tenant.Count() != tc.users {
			t.Errorf("%d creates that never arrived: %v, and %d users, want %d", tc.lost, err, tenant.Count(), tc.users)
		}
	}
}

func TestCleanSparesPeople(t *testing.T) {
	tenant, client, _ := cage(t)
	made, err := client.CreateUser(
		t.Context(),
		kinde.CreateUserRequest{ProvidedID: "auth0|1", Identities: []kinde.NewIdentity{kinde.EmailIdentity("ana@example.com", true)}},
	)
	if err != nil {
		t.Fatal(err)
	}
	state, err := Load(filepath.Join(t.TempDir(), "x.canary"), tenant.BaseURL())
	if err != nil {
		t.Fatal(err)
	}
	state.Users = []*User{{Encoding: "md5", Email: "ana@example.com", KindeID: made.ID}, {Encoding: "bcrypt", Email: "ana@example.com"}}
	if err := Clean(t.Context(), client, state); err == nil {
		t.Error("nobody is told that the state names a person")
	}
	if tenant.Count() != 1 {
		t.Error("a person was deleted")
	}
}

// Somebody else's canary, of a rehearsal at the same time, is not ours to delete.
func TestCleanSparesOtherCanaries(t *testing.T) {
	tenant, client, _ := cage(t)
	made, err := client.CreateUser(
		t.Context(),
		kinde.CreateUserRequest{
			ProvidedID: marker + "md5-theirs",
			Identities: []kinde.NewIdentity{kinde.EmailIdentity("canary@example.com", true)},
		},
	)
	if err != nil {
		t.Fatal(err)
	}
	state, err := Load(filepath.Join(t.TempDir(), "x.canary"), tenant.BaseURL())
	if err != nil {
		t.Fatal(err)
	}
	state.Users = []*User{{Encoding: "md5", Email: "canary@example.com", ProvidedID: marker + "md5-ours", KindeID: made.ID}}
	if err := Clean(t.Context(), client, state); err == nil || tenant.Count() != 1 {
		t.Errorf("%v, %d users", err, tenant.Count())
	}
}

func TestStateOfAnotherTenant(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.canary")
	state, _ := Load(path, "https://a.kinde.com")
	state.Users = []*User{{Encoding: "md5"}}
	if err := state.save(); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(path, "https://b.kinde.com"); !errors.Is(err, ErrForeign) {
		t.Errorf("the state of another tenant is taken: %v", err)
	}
}

func TestWatchEndsWithItsContext(t *testing.T) {
	_, client, _ := cage(t)
	state, _ := Load(filepath.Join(t.TempDir(), "x.canary"), "https://a.kinde.com")
	state.Users = []*User{{Encoding: "md5", KindeID: "kp_1"}}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := Watch(ctx, client, state, time.Hour, time.Hour, func(*User) {}); err == nil {
		t.Error("it went on")
	}
}

// TestCleanBehindAGateway: a canary that something says is not there is not
// forgotten while it is.
func TestCleanBehindAGateway(t *testing.T) {
	for name, body := range map[string]string{"a gateway's page": "<html>404</html>",
		"the API's words": `{"errors":{"code":"USER_NOT_FOUND","message":"x"}}`} {
		t.Run(name, func(t *testing.T) {
			tenant, client, _ := cage(t)
			state, err := Load(filepath.Join(t.TempDir(), "x.canary"), tenant.BaseURL())
			if err != nil {
				t.Fatal(err)
			}
			if err := Create(t.Context(), client, state, kindsFor(t), "example.com", "Known-Passw0rd-1"); err != nil {
				t.Fatal(err)
			}
			inner := sandbox.Transport(tenant)
			gateway, err := kinde.New(kinde.Config{BaseURL: kinde.BaseURL(tenant.BaseURL()), Tokens: kinde.StaticToken(tenant.Token()),
				Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
					if r.Method != http.MethodDelete {
						return inner.RoundTrip(r)
					}
					return &http.Response{StatusCode: 404, Header: http.Header{}, Request: r, Body: io.NopCloser(strings.NewReader(body))}, nil
				})})
			if err != nil {
				t.Fatal(err)
			}
			if err := Clean(t.Context(), gateway, state); err == nil || len(state.Alive()) != 2 {
				t.Errorf("%d are remembered, %v", len(state.Alive()), err)
			}
			if err := Clean(t.Context(), client, state); err != nil || tenant.Count() != 0 {
				t.Errorf("%d are left, %v", tenant.Count(), err)
			}
		})
	}
}
