package kinde_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/kinde-migrate/kinde-migrate/kinde"
)

const base = "https://acme.kinde.com"

// wire is a tenant without sockets: a function from requests to answers.
type wire func(*http.Request) (*http.Response, error)

func (f wire) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.Body != nil {
		defer req.Body.Close()
	}
	if err := req.Context().Err(); err != nil {
		return nil, err
	}
	return f(req)
}

// reply is a canned answer. Headers come in pairs.
func reply(status int, body string, headers ...string) *http.Response {
	h := http.Header{}
	if strings.HasPrefix(body, "{") || strings.HasPrefix(body, "[") {
		h.Set("Content-Type", "application/json")
	}
	for i := 0; i+1 < len(headers); i += 2 {
		h.Set(headers[i], headers[i+1])
	}
	return &http.Response{
		StatusCode: status, Status: fmt.Sprint(status), Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: h, Body: io.NopCloser(strings.NewReader(body)), ContentLength: int64(len(body)),
	}
}

// cut is an answer whose connection breaks in the middle of the body.
func cut(status int, body string) *http.Response {
	r := reply(status, body)
	r.Body = io.NopCloser(io.MultiReader(strings.NewReader(body[:len(body)/2]), broken{}))
	return r
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

// script answers with each step in turn, and with the last one from then on.
type script struct {
	mu    sync.Mutex
	steps []func(*http.Request) (*http.Response, error)
	seen  []string // "METHOD path?query"
	times []time.Time
}

func says(status int, body string, headers ...string) func(*http.Request) (*http.Response, error) {
	return func(*http.Request) (*http.Response, error) { return reply(status, body, headers...), nil }
}

func fails(err error) func(*http.Request) (*http.Response, error) {
	return func(*http.Request) (*http.Response, error) { return nil, err }
}

func hangs(req *http.Request) (*http.Response, error) {
	<-req.Context().Done()
	return nil, req.Context().Err()
}

func newScript(steps ...func(*http.Request) (*http.Response, error)) *script {
	return &script{steps: steps}
}

func (s *script) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.Body != nil {
		_, _ = io.Copy(io.Discard, req.Body)
		defer req.Body.Close()
	}
	s.mu.Lock()
	n := len(s.seen)
	s.seen = append(s.seen, req.Method+" "+req.URL.RequestURI())
	s.times = append(s.times, time.Now())
	step := s.steps[min(n, len(s.steps)-1)]
	s.mu.Unlock()
	return step(req)
}

func (s *script) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.seen)
}

func newClient(t testing.TB, transport http.RoundTripper, change ...func(*kinde.Config)) *kinde.Client {
	t.Helper()
	cfg := kinde.Config{BaseURL: kinde.BaseURL(base), Tokens: kinde.StaticToken("tok"), Transport: transport}
	for _, f := range change {
		f(&cfg)
	}
	c, err := kinde.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func ana() kinde.CreateUserRequest {
	return kinde.CreateUserRequest{
		Profile:    &kinde.Profile{GivenName: "Ana", FamilyName: "Lovelace"},
		ProvidedID: "auth0|1",
		Identities: []kinde.NewIdentity{kinde.EmailIdentity("ana@example.com", true)},
	}
}

func kindeError(t *testing.T, err error) *kinde.Error {
	t.Helper()
	var e *kinde.Error
	if !errors.As(err, &e) {
		t.Fatalf("error is %T (%v), want *kinde.Error", err, err)
	}
	return e
}

func bodyOf(t testing.TB, req *http.Request) string {
	t.Helper()
	if req.Body == nil {
		return ""
	}
	var b bytes.Buffer
	if _, err := b.ReadFrom(req.Body); err != nil {
		t.Errorf("reading the request: %v", err)
	}
	return b.String()
}

func background() context.Context { return context.Background() }
