// Package openapitest checks requests and answers in tests against Kinde's
// OpenAPI description of the Management API. It makes the description
// stricter than its authors wrote it: request bodies may hold only the members
// it names, and a query only the parameters. It is used by tests alone.
//
// The description is not part of this repository. It is read from
// $KINDE_OPENAPI, or from shared/kinde-openapi.yaml beside the repository;
// where it is absent, tests that need it are skipped, unless
// KINDE_REQUIRE_OPENAPI=1 turns that into a failure.
package openapitest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"
)

// Operation is an operation as the description has it.
type Operation struct {
	ID     string
	Method string
	Path   string // with {name} for its parameters
	Scope  string // "" when it names none
}

// Validator knows the description.
type Validator struct {
	router     routers.Router
	operations map[string]Operation
}

// Load returns the validator, or skips the test where the description is
// absent.
func Load(t testing.TB) *Validator {
	t.Helper()
	v, err := load()
	if errors.Is(err, os.ErrNotExist) && os.Getenv("KINDE_REQUIRE_OPENAPI") != "1" {
		t.Skipf("the OpenAPI description of the Management API is not here: %v", err)
	}
	if err != nil {
		t.Fatalf("loading the OpenAPI description: %v", err)
	}
	return v
}

var load = sync.OnceValues(func() (*Validator, error) {
	path, err := locate()
	if err != nil {
		return nil, err
	}
	doc, err := openapi3.NewLoader().LoadFromFile(path)
	if err != nil {
		return nil, err
	}
	// Some of the description's own examples don't fit its schemas.
	ctx := openapi3.WithValidationOptions(
		context.Background(),
		openapi3.DisableExamplesValidation(),
		openapi3.DisableSchemaDefaultsValidation(),
	)
	if err := doc.Validate(ctx); err != nil {
		return nil, fmt.Errorf("the description is not valid: %w", err)
	}
	doc.Servers = nil
	v := &Validator{operations: map[string]Operation{}}
	for path, item := range doc.Paths.Map() {
		item.Servers = nil
		for method, o := range item.Operations() {
			o.Servers = nil
			o.Security = nil
			v.operations[o.OperationID] = Operation{ID: o.OperationID, Method: method, Path: path, Scope: scope(o.Description)}
			if o.RequestBody != nil && o.RequestBody.Value != nil {
				for _, content := range o.RequestBody.Value.Content {
					closeSchema(content.Schema)
				}
			}
		}
	}
	v.router, err = gorillamux.NewRouter(doc)
	return v, err
})

// locate finds the description.
func locate() (string, error) {
	if path := os.Getenv("KINDE_OPENAPI"); path != "" {
		_, err := os.Stat(path)
		return path, err
	}
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			path := filepath.Join(dir, "..", "shared", "kinde-openapi.yaml")
			_, err := os.Stat(path)
			return path, err
		}
		up := filepath.Dir(dir)
		if up == dir {
			return "", fmt.Errorf("no go.mod above the test: %w", os.ErrNotExist)
		}
		dir = up
	}
}

var code = regexp.MustCompile(`<code>([^<]+)</code>`)

func scope(description string) string {
	if m := code.FindStringSubmatch(description); m != nil {
		return strings.TrimSpace(m[1])
	}
	return ""
}

// closeSchema forbids members that the schema of a request doesn't name. An
// object without named members is a free one, such as the properties of a user.
func closeSchema(ref *openapi3.SchemaRef) {
	if ref == nil || ref.Value == nil {
		return
	}
	s := ref.Value
	if len(s.Properties) > 0 && s.AdditionalProperties.Has == nil && s.AdditionalProperties.Schema == nil {
		no := false
		s.AdditionalProperties.Has = &no
	}
	for _, p := range s.Properties {
		closeSchema(p)
	}
	closeSchema(s.Items)
}

// Operations returns the operations of the description by id.
func (v *Validator) Operations() map[string]Operation { return v.operations }

// Transport returns a transport that fails the test when a request or an
// answer doesn't fit the description. Other paths than the API's pass.
func (v *Validator) Transport(t testing.TB, next http.RoundTripper) http.RoundTripper {
	return &transport{t: t, v: v, next: next}
}

type transport struct {
	t    testing.TB
	v    *Validator
	next http.RoundTripper
}

func (x *transport) RoundTrip(req *http.Request) (*http.Response, error) {
	if !strings.HasPrefix(req.URL.Path, "/api/") {
		return x.next.RoundTrip(req)
	}
	body, err := drain(req.Body)
	if err != nil {
		return nil, err
	}
	sent := req.Clone(req.Context())
	if req.Body != nil {
		sent.Body = io.NopCloser(bytes.NewReader(body))
	}
	input, err := x.v.Request(req, body)
	if err != nil {
		x.t.Errorf("%s %s: the request does not fit: %v", req.Method, req.URL.Path, err)
		return x.next.RoundTrip(sent)
	}
	resp, err := x.next.RoundTrip(sent)
	if err != nil {
		return nil, err
	}
	answer, readErr := drain(resp.Body)
	if readErr != nil {
		resp.Body = io.NopCloser(io.MultiReader(bytes.NewReader(answer), failing{readErr}))
		return resp, nil
	}
	resp.Body = io.NopCloser(bytes.NewReader(answer))
	if resp.Header.Get("Content-Encoding") == "" {
		if err := x.v.Response(input, resp.StatusCode, resp.Header, answer); err != nil {
			x.t.Errorf("%s %s: the answer does not fit: %v\n%s", req.Method, req.URL.Path, err, answer)
		}
	}
	return resp, nil
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

// Handler returns a handler that fails the test when a request or an answer
// of next doesn't fit the description. Other paths than the API's pass.
func (v *Validator) Handler(t testing.TB, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if !strings.HasPrefix(req.URL.Path, "/api/") {
			next.ServeHTTP(w, req)
			return
		}
		body, err := drain(req.Body)
		if err != nil {
			t.Errorf("%s %s: reading the request: %v", req.Method, req.URL.Path, err)
			return
		}
		input, bad := v.Request(req, body)
		if bad != nil {
			t.Errorf("%s %s: the request does not fit: %v", req.Method, req.URL.Path, bad)
		}
		req.Body = io.NopCloser(bytes.NewReader(body))
		rec := httptest.NewRecorder()
		next.ServeHTTP(rec, req)
		if bad == nil && rec.Header().Get("Content-Encoding") == "" {
			if err := v.Response(input, rec.Code, rec.Header(), rec.Body.Bytes()); err != nil {
				t.Errorf("%s %s: the answer does not fit: %v\n%s", req.Method, req.URL.Path, err, rec.Body)
			}
		}
		for name, values := range rec.Header() {
			w.Header()[name] = values
		}
		w.WriteHeader(rec.Code)
		_, _ = w.Write(rec.Body.Bytes())
	})
}

// Request checks a request with this body. The result is needed for Response.
func (v *Validator) Request(req *http.Request, body []byte) (*openapi3filter.RequestValidationInput, error) {
	copied := req.Clone(context.Background())
	copied.Body = io.NopCloser(bytes.NewReader(body))
	copied.ContentLength = int64(len(body))
	if len(body) == 0 {
		copied.Body = http.NoBody
	}
	route, params, err := v.router.FindRoute(copied)
	if err != nil {
		return nil, err
	}
	for name, value := range params {
		if plain, err := url.PathUnescape(value); err == nil {
			params[name] = plain
		}
	}
	input := &openapi3filter.RequestValidationInput{
		Request: copied, PathParams: params, Route: route,
		Options: &openapi3filter.Options{
			AuthenticationFunc:                openapi3filter.NoopAuthenticationFunc,
			RejectWhenRequestBodyNotSpecified: true,
			SkipSettingDefaults:               true,
			MultiError:                        true,
		},
	}
	if err := queryNames(route.Operation, copied.URL.Query()); err != nil {
		return nil, err
	}
	if !strings.HasPrefix(req.Header.Get("Authorization"), "Bearer ") {
		return nil, errors.New("it carries no bearer token")
	}
	return input, openapi3filter.ValidateRequest(context.Background(), input)
}

func queryNames(o *openapi3.Operation, q url.Values) error {
	for name, values := range q {
		base, _, _ := strings.Cut(name, "[")
		if o.Parameters.GetByInAndName(openapi3.ParameterInQuery, base) == nil {
			return fmt.Errorf("the operation %s has no query parameter %q", o.OperationID, name)
		}
		if len(values) > 1 && base == name {
			return fmt.Errorf("the query parameter %q stands there %d times", name, len(values))
		}
	}
	return nil
}

// Response checks an answer. Failures that the description doesn't list for
// the operation, such as a 500 from a proxy, may look as they like.
func (v *Validator) Response(input *openapi3filter.RequestValidationInput, status int, header http.Header, body []byte) error {
	if status >= 400 && input.Route.Operation.Responses.Status(status) == nil {
		return nil
	}
	out := &openapi3filter.ResponseValidationInput{
		RequestValidationInput: input, Status: status, Header: header,
		Options: &openapi3filter.Options{IncludeResponseStatus: true, MultiError: true},
	}
	return openapi3filter.ValidateResponse(context.Background(), out.SetBodyBytes(body))
}

func drain(r io.ReadCloser) ([]byte, error) {
	if r == nil {
		return nil, nil
	}
	defer r.Close()
	return io.ReadAll(r)
}
