package kinde_test

import (
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"

	"github.com/kinde-migrate/kinde-migrate/internal/operation"
	"github.com/kinde-migrate/kinde-migrate/kinde"
)

type step = func(*http.Request) (*http.Response, error)

func TestErrorBodies(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, body    string
		code, message string
	}{
		{"list", `{"errors":[{"code":"EMAIL_INVALID","message":"The email is invalid"}]}`, "EMAIL_INVALID", "The email is invalid"},
		{"two", `{"errors":[{"code":"A","message":"one"},{"code":"B","message":"two"}]}`, "A", "one; two"},
		{"object", `{"errors":{"code":"ROUTE_NOT_ALLOWED","message":"No such route"}}`, "ROUTE_NOT_ALLOWED", "No such route"},
		{"texts", `{"errors":["one","two"]}`, "", "one; two"},
		{"text", `{"errors":"plain"}`, "", "plain"},
		{"fields", `{"errors":{"email":["is invalid"],"phone":"is too short"}}`, "", "email: is invalid; phone: is too short"},
		{"error", `{"error":"bad thing"}`, "", "bad thing"},
		{"oauth", `{"error":"invalid_request","error_description":"Missing audience"}`, "invalid_request", "Missing audience"},
		{"flat", `{"code":"X1","message":"flat one"}`, "X1", "flat one"},
		{"number code", `{"code":42,"message":"numbered"}`, "42", "numbered"},
		{"nulls", `{"errors":null,"message":null}`, "", "bad request"},
		{"empty", ``, "", "bad request"},
		{"html", "<html><head><title>400 Bad\nRequest</title></head><body>nginx</body></html>", "", "400 Bad Request"},
		{"html without title", "<html><body>nginx</body></html>", "", "bad request"},
		{"plain text", "upstream said\x00 no\r\n", "", "upstream said no"},
		{"long", `{"message":"` + strings.Repeat("é", 1000) + `"}`, "", strings.Repeat("é", 200) + "…"},
		{"deep", strings.Repeat(`{"errors":[`, 50) + strings.Repeat(`]}`, 50), "", "bad request"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := newClient(t, newScript(says(400, tt.body)))
			_, err := c.CreateUser(background(), ana())
			e := kindeError(t, err)
			if e.Code != tt.code || e.Message != tt.message {
				t.Errorf("code %q, message %q; want %q, %q", e.Code, e.Message, tt.code, tt.message)
			}
			if e.Class != kinde.ClassFinal || e.Status != 400 || e.Operation != operation.CreateUser {
				t.Errorf("error %+v", e)
			}
		})
	}
}

func TestErrorNeverHoldsTheToken(t *testing.T) {
	t.Parallel()
	c := newClient(t, newScript(says(400, `{"message":"Bearer very-secret is wrong"}`)), func(cfg *kinde.Config) {
		cfg.Tokens = kinde.StaticToken("very-secret")
	})
	err := c.DeleteUser(background(), "kp_1", false)
	if strings.Contains(err.Error(), "very-secret") {
		t.Errorf("the error shows the token: %v", err)
	}
}

var refused = &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}

// TestClasses says for one failure, followed by success, how often a request
// is sent and what the caller gets: for createUser, which must not be
// repeated, and for SetUserPassword, which may be.
func TestClasses(t *testing.T) {
	tests := []struct {
		name             string
		step             step
		create           kinde.Class
		createTries      int
		password         kinde.Class
		passwordRequests int
	}{
		{"400", says(400, ""), kinde.ClassFinal, 1, kinde.ClassFinal, 1},
		{"400 not found", says(400, `{"errors":[{"code":"USER_NOT_FOUND","message":"x"}]}`), kinde.ClassFinal, 1, kinde.ClassNotFound, 1},
		{"409", says(409, ""), kinde.ClassFinal, 1, kinde.ClassFinal, 1},
		{"422", says(422, ""), kinde.ClassFinal, 1, kinde.ClassFinal, 1},
		{"408", says(408, ""), kinde.ClassInDoubt, 1, kinde.ClassNone, 2},
		{"429", says(429, "", "RateLimit-Reset", "2"), kinde.ClassNone, 2, kinde.ClassNone, 2},
		{"429 without header", says(429, ""), kinde.ClassNone, 2, kinde.ClassNone, 2},
		{"500", says(500, ""), kinde.ClassInDoubt, 1, kinde.ClassNone, 2},
		{"502 html", says(502, "<html><h1>502 Bad Gateway</h1></html>"), kinde.ClassInDoubt, 1, kinde.ClassNone, 2},
		{"503", says(503, "", "Retry-After", "3"), kinde.ClassInDoubt, 1, kinde.ClassNone, 2},
		{"reset", fails(&net.OpError{Op: "read", Err: syscall.ECONNRESET}), kinde.ClassInDoubt, 1, kinde.ClassNone, 2},
		{"closed", fails(io.EOF), kinde.ClassInDoubt, 1, kinde.ClassNone, 2},
		{"hang", hangs, kinde.ClassInDoubt, 1, kinde.ClassNone, 2},
		{"refused", fails(refused), kinde.ClassNone, 2, kinde.ClassNone, 2},
		{"dns", fails(&net.OpError{Op: "dial", Err: &net.DNSError{Err: "no such host"}}), kinde.ClassNone, 2, kinde.ClassNone, 2},
		{"cut success", func(*http.Request) (*http.Response, error) { return cut(200, `{"id":"kp_1","created":true}`), nil },
			kinde.ClassInDoubt, 1, kinde.ClassNone, 2},
		{"cut refusal", func(*http.Request) (*http.Response, error) {
			return cut(400, `{"errors":[{"code":"USER_NOT_FOUND","message":"x"}]}`), nil
		}, kinde.ClassInDoubt, 1, kinde.ClassNone, 2},
		{"html success", says(200, "<html>sign in</html>"), kinde.ClassInDoubt, 1, kinde.ClassNone, 2},
		{"empty success", says(200, ""), kinde.ClassInDoubt, 1, kinde.ClassNone, 1},
		{"no id", says(200, `{"message":"OK"}`), kinde.ClassInDoubt, 1, kinde.ClassNone, 1},
		{"created false", says(200, `{"created":false}`), kinde.ClassFinal, 1, kinde.ClassNone, 1},
		{"nulls", says(201, `{"id":"kp_1","created":null,"identities":null}`), kinde.ClassNone, 1, kinde.ClassNone, 1},
		{"redirect elsewhere", says(307, "", "Location", "https://evil.example.com/api/v1/user"), kinde.ClassFinal, 1, kinde.ClassFinal, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newScript(tt.step, says(200, `{"id":"kp_1","created":true}`))
				_, err := newClient(t, s).CreateUser(background(), ana())
				if got := kinde.ClassOf(err); got != tt.create || s.count() != tt.createTries {
					t.Errorf("createUser: class %v after %d requests, want %v after %d (%v)", got, s.count(), tt.create, tt.createTries, err)
				}
				s = newScript(tt.step, says(200, okBody))
				err = newClient(t, s).SetUserPassword(background(), "kp_1", kinde.PasswordRequest{HashedPassword: "x"})
				if got := kinde.ClassOf(err); got != tt.password || s.count() != tt.passwordRequests {
					t.Errorf("SetUserPassword: class %v after %d requests, want %v after %d (%v)", got, s.count(), tt.password, tt.passwordRequests, err)
				}
			})
		})
	}
}

func TestCreatedFalse(t *testing.T) {
	t.Parallel()
	c := newClient(t, newScript(says(200, `{"id":"kp_9","created":false}`)))
	got, err := c.CreateUser(background(), ana())
	if !errors.Is(err, kinde.ErrExists) || got.ID != "kp_9" {
		t.Errorf("CreateUser = %+v, %v", got, err)
	}
}

func TestRepeatedAfterALostAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		// The first DELETE worked, its answer was lost: the refusal of the second is success.
		gone := says(404, `{"errors":{"code":"IDENTITY_NOT_FOUND","message":"x"}}`)
		s := newScript(fails(io.EOF), gone)
		if err := newClient(t, s).DeleteIdentity(background(), "identity_1"); err != nil {
			t.Errorf("DeleteIdentity after a lost answer: %v", err)
		}
		s = newScript(fails(refused), gone)
		if err := newClient(t, s).DeleteIdentity(background(), "identity_1"); kinde.ClassOf(err) != kinde.ClassNotFound {
			t.Errorf("DeleteIdentity of none: %v", err)
		}
		// Of a user a look-up has to agree, which is the caller's.
		s = newScript(fails(io.EOF), gone)
		if err := newClient(t, s).DeleteUser(background(), "kp_1", false); kinde.ClassOf(err) != kinde.ClassNotFound {
			t.Errorf("DeleteUser after a lost answer: %v", err)
		}
		s = newScript(says(502, ""), says(400, `{"errors":[{"code":"ROLE_ALREADY_ASSIGNED","message":"x"}]}`))
		if err := newClient(t, s).CreateOrganizationUserRole(background(), "org_1", "kp_1", "role_1"); err != nil {
			t.Errorf("CreateOrganizationUserRole after a lost answer: %v", err)
		}
	})
}

func TestRefusesToSendNonsense(t *testing.T) {
	t.Parallel()
	s := newScript(says(200, okBody))
	c := newClient(t, s)
	for name, err := range map[string]error{
		"empty user":      c.ResetUsersMFAAll(background(), ""),
		"empty id":        c.DeleteUser(background(), "", false),
		"dots":            c.DeleteUserSessions(background(), ".."),
		"empty factor":    c.ResetUsersMFA(background(), "kp_1", ""),
		"no organization": func() error { _, err := c.GetOrganization(background(), ""); return err }(),
		"broken text":     c.UpdateUserProperties(background(), "kp_1", map[string]string{"k": "\xff"}),
	} {
		if kinde.ClassOf(err) != kinde.ClassFinal {
			t.Errorf("%s: %v", name, err)
		}
	}
	if s.count() != 0 {
		t.Errorf("%d requests were sent: %v", s.count(), s.seen)
	}
}

func TestRedirects(t *testing.T) {
	t.Parallel()
	s := newScript(says(302, "", "Location", "/api/v1/environment?moved=1"), says(200, `{"environment":{"name":"Here"}}`))
	e, err := newClient(t, s).GetEnvironment(background())
	if err != nil || e.Name != "Here" || s.seen[1] != "GET /api/v1/environment?moved=1" {
		t.Errorf("on the same host: %+v, %v, %v", e, err, s.seen)
	}
	for _, to := range []string{"https://evil.example.com/", "http://acme.kinde.com/api/v1/environment", "https://acme.kinde.com:8443/",
		"//evil.example.com", "::", ""} {
		s := newScript(says(302, "", "Location", to))
		if _, err := newClient(t, s).GetEnvironment(background()); kinde.ClassOf(err) != kinde.ClassFinal || s.count() != 1 {
			t.Errorf("to %q: %v after %d requests", to, err, s.count())
		}
	}
	s = newScript(says(302, "", "Location", "/api/v1/environment"))
	if _, err := newClient(t, s).GetEnvironment(background()); kinde.ClassOf(err) != kinde.ClassFinal || s.count() > 5 {
		t.Errorf("a circle: %v after %d requests", err, s.count())
	}
	s = newScript(says(302, "", "Location", "/elsewhere"))
	if _, err := newClient(t, s).CreateUser(background(), ana()); kinde.ClassOf(err) != kinde.ClassFinal || s.count() != 1 {
		t.Errorf("a write: %v after %d requests", err, s.count())
	}
}

func TestClassOf(t *testing.T) {
	t.Parallel()
	if kinde.ClassOf(nil) != kinde.ClassNone || kinde.ClassOf(errors.New("x")) != kinde.ClassFinal {
		t.Error("ClassOf of nil and of a foreign error")
	}
	if kinde.ClassInDoubt.String() != "in doubt" || kinde.Class(99).String() != "class 99" {
		t.Error("names of classes")
	}
}

// TestErrorsAreImpersonal prints no address and no number that the tenant repeats.
func TestErrorsAreImpersonal(t *testing.T) {
	for message, want := range map[string]string{
		"ana.b+c@example.com is taken":                   "[address] is taken",
		`the e-mail "ana@example.com", or +15550100123.`: `the e-mail "[address]", or [number].`,
		"sent to <ana@example.com>.":                     "sent to <[address]>.",
		"email=ana%40example.com&page_size=1":            "email=[address]&page_size=1",
		"call +44 7700 900123 or ask ANA@EXAMPLE.ORG.":   "call [number] or ask [address].",
		"too many requests: 50 of 50, try at 20:00:01":   "too many requests: 50 of 50, try at 20:00:01",
		"502 Bad Gateway":                                "502 Bad Gateway",
	} {
		e := &kinde.Error{Operation: operation.CreateUser, Status: 429, Class: kinde.ClassThrottled, Message: message}
		if got := e.Error(); got != "createUser: 429 "+want {
			t.Errorf("%q becomes %q, want %q", message, got, want)
		}
		if e.Message != message {
			t.Errorf("the message itself is %q", e.Message)
		}
	}
}
