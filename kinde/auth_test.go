package kinde_test

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/kinde-migrate/kinde-migrate/internal/operation"
	"github.com/kinde-migrate/kinde-migrate/kinde"
)

// issuer is a tenant that issues tokens and accepts only the good ones.
type issuer struct {
	mu       sync.Mutex
	issued   int
	lifetime time.Duration
	good     map[string]time.Time // until when
	broken   int                  // token requests that fail with status
	status   int
	forms    []string
}

func newIssuer(lifetime time.Duration) *issuer {
	return &issuer{lifetime: lifetime, good: map[string]time.Time{}}
}

func (i *issuer) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.Body != nil {
		defer req.Body.Close()
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	if req.URL.Path == "/oauth2/token" {
		_ = req.ParseForm()
		i.forms = append(i.forms, req.PostForm.Encode())
		if i.broken > 0 {
			i.broken--
			return reply(i.status, `{"error":"invalid_client","error_description":"s3cret is wrong"}`), nil
		}
		i.issued++
		token := fmt.Sprintf("token-%d", i.issued)
		i.good[token] = time.Now().Add(i.lifetime)
		return reply(200, fmt.Sprintf(`{"access_token":%q,"token_type":"bearer","expires_in":%d}`, token, int(i.lifetime.Seconds()))), nil
	}
	token := strings.TrimPrefix(req.Header.Get("Authorization"), "Bearer ")
	if until, ok := i.good[token]; !ok || !time.Now().Before(until) {
		return reply(401, `{"errors":[{"code":"TOKEN_INVALID","message":"Invalid token"}]}`), nil
	}
	return reply(200, okBody), nil
}

func (i *issuer) revoke() {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.good = map[string]time.Time{}
}

func credentials(t *testing.T, rt http.RoundTripper) kinde.TokenSource {
	t.Helper()
	s, err := kinde.NewClientCredentials(kinde.BaseURL(base), kinde.ClientCredentials{ClientID: "app", ClientSecret: "s3cret", Transport: rt})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func issuerClient(t *testing.T, i *issuer) *kinde.Client {
	s := credentials(t, i)
	return newClient(t, i, func(cfg *kinde.Config) { cfg.Tokens = s })
}

func many(t *testing.T, n int, f func(i int) error) {
	t.Helper()
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			if err := f(i); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
}

func TestOneTokenForAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := newIssuer(time.Hour)
		c := issuerClient(t, i)
		remove := func(n int) error { return c.DeleteUser(background(), fmt.Sprint("kp_", n), false) }
		many(t, 100, remove)
		if i.issued != 1 {
			t.Errorf("%d tokens for 100 workers, want 1", i.issued)
		}
		if want := "audience=https%3A%2F%2Facme.kinde.com%2Fapi&client_id=app&client_secret=s3cret&grant_type=client_credentials"; i.forms[0] != want {
			t.Errorf("asked for a token with\n     %s\nwant %s", i.forms[0], want)
		}
		i.revoke()
		many(t, 100, remove)
		if i.issued != 2 {
			t.Errorf("%d tokens after one revocation, want 2", i.issued)
		}
		// It is renewed before its hour ends, by one worker.
		time.Sleep(59*time.Minute + 30*time.Second)
		many(t, 100, remove)
		if i.issued != 3 {
			t.Errorf("%d tokens close to the end of the second, want 3", i.issued)
		}
	})
}

func TestShortTokens(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := newIssuer(2 * time.Second)
		c := issuerClient(t, i)
		for n := range 40 {
			if err := c.DeleteUser(background(), "kp_1", false); err != nil {
				t.Fatalf("request %d: %v", n, err)
			}
			time.Sleep(300 * time.Millisecond)
		}
	})
}

func TestSecondRefusalEndsTheRun(t *testing.T) {
	for _, status := range []int{401, 403} {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				i := newIssuer(time.Hour)
				var refusals atomic.Int32
				rt := wire(func(req *http.Request) (*http.Response, error) {
					if req.URL.Path == "/oauth2/token" {
						return i.RoundTrip(req)
					}
					refusals.Add(1)
					return reply(status, ""), nil
				})
				s := credentials(t, rt)
				c := newClient(t, rt, func(cfg *kinde.Config) { cfg.Tokens = s })
				many(t, 50, func(int) error {
					err := c.SetUserPassword(background(), "kp_1", kinde.PasswordRequest{HashedPassword: "x"})
					var e *kinde.Error
					if !errors.As(err, &e) || e.Class != kinde.ClassAuth || e.Scope != "update:user_passwords" || e.Status != status {
						return fmt.Errorf("got %v, want ClassAuth naming the scope", err)
					}
					if !strings.Contains(e.Error(), "update:user_passwords") {
						return fmt.Errorf("%q does not name the scope", e.Error())
					}
					return nil
				})
				if i.issued != 2 || refusals.Load() > 100 {
					t.Errorf("%d tokens and %d refusals for 50 workers, want 2 and at most 100", i.issued, refusals.Load())
				}
			})
		})
	}
}

func TestTokenEndpointFailures(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := newIssuer(time.Hour)
		i.broken, i.status = 3, 503
		// Even a create may wait for a token: it certainly wasn't sent.
		_, err := issuerClient(t, i).CreateUser(background(), ana())
		if kinde.ClassOf(err) != kinde.ClassInDoubt { // okBody holds no id
			t.Errorf("after three 503s: %v", err)
		}
		if i.issued != 1 {
			t.Errorf("%d tokens, want 1", i.issued)
		}

		i = newIssuer(time.Hour)
		i.broken, i.status = 100, 401
		began := time.Now()
		err = issuerClient(t, i).DeleteUser(background(), "kp_1", false)
		e := kindeError(t, err)
		if e.Class != kinde.ClassAuth || e.Operation != operation.Token || time.Since(began) > time.Second || len(i.forms) != 1 {
			t.Errorf("wrong credentials: %v after %s and %d requests", err, time.Since(began), len(i.forms))
		}
		if strings.Contains(err.Error(), "s3cret") {
			t.Errorf("the error shows the secret: %v", err)
		}
	})
}

func TestTokenWaitersShareAFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var asked atomic.Int32
		rt := wire(func(req *http.Request) (*http.Response, error) {
			asked.Add(1)
			time.Sleep(time.Second)
			return reply(401, `{"error":"invalid_client"}`), nil
		})
		s := credentials(t, rt)
		many(t, 100, func(int) error {
			if _, err := s.Token(background()); kinde.ClassOf(err) != kinde.ClassAuth {
				return fmt.Errorf("Token: %v", err)
			}
			return nil
		})
		if asked.Load() != 1 {
			t.Errorf("%d token requests for 100 who waited, want 1", asked.Load())
		}
	})
}

func TestTokenLeaderGivesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var asked atomic.Int32
		i := newIssuer(time.Hour)
		rt := wire(func(req *http.Request) (*http.Response, error) {
			if asked.Add(1) == 1 {
				return hangs(req)
			}
			return i.RoundTrip(req)
		})
		s := credentials(t, rt)
		ctx, cancel := context.WithCancel(background())
		var wg sync.WaitGroup
		wg.Go(func() {
			if _, err := s.Token(ctx); !errors.Is(err, context.Canceled) {
				t.Errorf("the leader got %v", err)
			}
		})
		synctest.Wait()
		wg.Go(func() {
			if token, err := s.Token(background()); err != nil || token != "token-1" {
				t.Errorf("the one who waited got %q, %v", token, err)
			}
		})
		synctest.Wait()
		cancel()
		wg.Wait()
	})
}

// TestTokenThatEndedByOurClock: where the clock of this machine is ahead, a token
// looks as if it had ended. It is used until the tenant refuses it, and not fetched
// anew for each request.
func TestTokenThatEndedByOurClock(t *testing.T) {
	asked := filepath.Join(t.TempDir(), "asked")
	claims := base64.RawURLEncoding.EncodeToString([]byte(`{"exp":1000000000}`))
	s := kinde.NewTokenCommand("echo >> '" + asked + "'; echo a." + claims + ".c")
	for range 5 {
		if token, err := s.Token(background()); err != nil || token != "a."+claims+".c" {
			t.Fatalf("%q, %v", token, err)
		}
	}
	if times, err := os.ReadFile(asked); err != nil || len(times) != 1 {
		t.Errorf("the command ran %d times, %v", len(times), err)
	}
}

func TestTokenCommand(t *testing.T) {
	t.Parallel()
	s := kinde.NewTokenCommand("echo '  abc.def  '; echo more")
	if token, err := s.Token(background()); err != nil || token != "abc.def" {
		t.Errorf("Token = %q, %v", token, err)
	}
	for _, command := range []string{"echo", "echo two words", "echo half-a-secret; exit 3"} {
		_, err := kinde.NewTokenCommand(command).Token(background())
		if kinde.ClassOf(err) != kinde.ClassAuth || strings.Contains(err.Error(), "half-a-secret") {
			t.Errorf("%q: %v", command, err)
		}
	}
}
