package openapitest_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/kinde-migrate/kinde-migrate/internal/openapitest"
)

func TestRequest(t *testing.T) {
	v := openapitest.Load(t)
	tests := []struct {
		name, method, target, body string
		want                       string // part of the complaint, "" for none
	}{
		{"good create", "POST", "/api/v1/user", `{"identities":[{"type":"email","is_verified":true,"details":{"email":"ana@example.com"}}]}`, ""},
		{"unknown member", "POST", "/api/v1/user", `{"given_name":"Ana"}`, "given_name"},
		{"unknown inner member", "POST", "/api/v1/user", `{"profile":{"first_name":"Ana"}}`, "first_name"},
		{"wrong enum", "POST", "/api/v1/user", `{"identities":[{"type":"social"}]}`, "enum"},
		{"free object", "PATCH", "/api/v1/users/kp_1/properties", `{"properties":{"anything":"goes"}}`, ""},
		{"missing member", "PATCH", "/api/v1/users/kp_1/properties", `{}`, "properties"},
		{"unknown query", "GET", "/api/v1/users?limit=5", "", "limit"},
		{"good query", "GET", "/api/v1/users?email=a%40example.com%2Cb%40example.com&page_size=500", "", ""},
		{"wrong query type", "GET", "/api/v1/users?page_size=many", "", "page_size"},
		{"missing id", "DELETE", "/api/v1/user", "", "id"},
		{"unknown path", "GET", "/api/v1/nothing", "", "no matching operation"},
		{"escaped path", "GET", "/api/v1/users/kp%2F1/properties", "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			req := httptest.NewRequest(tt.method, tt.target, strings.NewReader(tt.body))
			req.Header.Set("Authorization", "Bearer x")
			if tt.body != "" {
				req.Header.Set("Content-Type", "application/json")
			}
			_, err := v.Request(req, []byte(tt.body))
			switch {
			case tt.want == "" && err != nil:
				t.Errorf("complains: %v", err)
			case tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)):
				t.Errorf("complaint %v, want one about %q", err, tt.want)
			}
		})
	}
}

func TestHandlerChecksAnswers(t *testing.T) {
	v := openapitest.Load(t)
	for _, tt := range []struct {
		name, body string
		status     int
		fits       bool
	}{
		{"good", `{"id":"kp_1","created":true}`, 200, true},
		{"wrong type", `{"id":7}`, 200, false},
		{"undocumented success", `{"id":"kp_1"}`, 201, false},
		{"proxy failure", `<html>`, 502, true},
		{"documented failure", `{"errors":[{"code":"X","message":"y"}]}`, 400, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			spy := &recorder{TB: t}
			h := v.Handler(spy, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Type", "application/json")
				w.WriteHeader(tt.status)
				fmt.Fprint(w, tt.body)
			}))
			req := httptest.NewRequest("POST", "/api/v1/user", strings.NewReader(`{}`))
			req.Header.Set("Authorization", "Bearer x")
			req.Header.Set("Content-Type", "application/json")
			h.ServeHTTP(httptest.NewRecorder(), req)
			if (spy.errors == 0) != tt.fits {
				t.Errorf("%d complaints, want fits=%v", spy.errors, tt.fits)
			}
		})
	}
}

type recorder struct {
	testing.TB
	errors int
}

func (r *recorder) Errorf(string, ...any) { r.errors++ }
