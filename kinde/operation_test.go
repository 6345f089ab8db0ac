package kinde_test

import (
	"fmt"
	"iter"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/kinde-migrate/kinde-migrate/internal/openapitest"
	"github.com/kinde-migrate/kinde-migrate/internal/operation"
	"github.com/kinde-migrate/kinde-migrate/kinde"
)

func all[T any](seq iter.Seq2[T, error]) ([]T, error) {
	var out []T
	for item, err := range seq {
		if err != nil {
			return out, err
		}
		out = append(out, item)
	}
	return out, nil
}

func TestOperations(t *testing.T) {
	covered := map[string]bool{}
	for _, tt := range operationTests {
		covered[tt.op] = true
		t.Run(tt.op, func(t *testing.T) {
			tt.run(t, func(t testing.TB, rt http.RoundTripper) http.RoundTripper { return rt })
		})
	}
	for _, op := range operation.All() {
		if !covered[op] {
			t.Errorf("no test calls %s", op)
		}
	}
}

func TestOperationsFitTheDescription(t *testing.T) {
	v := openapitest.Load(t)
	for _, tt := range operationTests {
		t.Run(tt.op, func(t *testing.T) { tt.run(t, v.Transport) })
	}
}

func (tt operationTest) run(t *testing.T, wrap func(testing.TB, http.RoundTripper) http.RoundTripper) {
	status := tt.status
	if status == 0 {
		status = 200
	}
	pages := 0
	answer := wire(func(req *http.Request) (*http.Response, error) {
		pages++
		if got := req.Method + " " + req.URL.RequestURI(); got != tt.target {
			t.Errorf("requested\n     %s\nwant %s", got, tt.target)
		}
		if got := bodyOf(t, req); got != tt.sent {
			t.Errorf("sent\n     %s\nwant %s", got, tt.sent)
		}
		if (tt.sent != "") != (req.Header.Get("Content-Type") == "application/json") {
			t.Errorf("Content-Type = %q", req.Header.Get("Content-Type"))
		}
		return reply(status, tt.answer), nil
	})
	var seen kinde.Attempt
	c := newClient(t, wrap(t, answer), func(cfg *kinde.Config) { cfg.Observe = func(a kinde.Attempt) { seen = a } })
	got, err := tt.call(kinde.WithSubject(background(), "record 7"), c)
	if err != nil {
		t.Fatal(err)
	}
	if s := fmt.Sprint(got); s != tt.want {
		t.Errorf("returned\n     %s\nwant %s", s, tt.want)
	}
	if pages != 1 {
		t.Errorf("%d requests, want 1", pages)
	}
	if seen.Operation != tt.op || seen.Status != status || seen.Class != kinde.ClassNone || seen.Subject != "record 7" || !seen.Sent ||
		seen.Try != 1 {
		t.Errorf("observed %+v", seen)
	}
}

func TestTableAgainstTheDescription(t *testing.T) {
	described := openapitest.Load(t).Operations()
	parameter := regexp.MustCompile(`\{[^}]+\}`)
	for _, tt := range operationTests {
		d, ok := described[tt.op]
		if !ok {
			t.Errorf("%s is not in the description", tt.op)
			continue
		}
		if got := operation.Scopes(tt.op); !slices.Equal(got, []string{d.Scope}) {
			t.Errorf("%s needs the scope %v, the description says %s", tt.op, got, d.Scope)
		}
		method, path, _ := strings.Cut(tt.target, " ")
		path, _, _ = strings.Cut(path, "?")
		want := regexp.MustCompile("^" + parameter.ReplaceAllString(d.Path, "[^/]+") + "$")
		if method != d.Method || !want.MatchString(path) {
			t.Errorf("%s is %s %s, the description says %s %s", tt.op, method, path, d.Method, d.Path)
		}
	}
}
