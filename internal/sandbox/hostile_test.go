package sandbox

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
)

func TestManyAtOnce(t *testing.T) {
	c := open(t, Options{SeedUsers: 20})
	var workers sync.WaitGroup
	created := make(chan string, 400)
	for w := range 8 {
		workers.Go(func() {
			for n := range 50 {
				// Each address is wanted by two workers.
				a, err := c.try("POST", "user", object{"identities": list{emailIdentity(fmt.Sprintf("p%d-%d@example.com", w/2, n))}})
				if err != nil || a.status != 200 {
					t.Errorf("%d %v", a.status, err)
					return
				}
				if a.at("created") == true {
					id := a.at("id").(string)
					created <- id
					c.try("PATCH", "user?id="+id, object{"is_suspended": true})
					c.try("POST", "organizations/"+c.tenant.DefaultOrganization()+"/users", object{"users": list{object{"id": id}}})
				}
				c.try("GET", "users?page_size=20&expand=identities,organizations", nil)
				c.try("GET", "search/users?query=p1&expand=properties", nil)
			}
		})
	}
	workers.Wait()
	if len(created) != 200 || c.tenant.Count() != 220 {
		t.Errorf("%d were created, %d are there", len(created), c.tenant.Count())
	}
}

func TestUnknownAnswers404(t *testing.T) {
	c := open(t, Options{Quirks: Quirks{UnknownAnswers404: true}})
	c.do(404, "GET", "user?id=kp_none", nil)
	c.do(404, "GET", "organization?code=org_none", nil)
}

func TestSlowRateSlides(t *testing.T) {
	c := open(t, Options{Limits: Limits{Rate: 0.5, Window: 1 << 40, Sliding: true}})
	c.do(200, "GET", "environment", nil)
	c.do(429, "GET", "environment", nil)
}

// FuzzRequest sends whatever it likes: the tenant answers, and never breaks.
func FuzzRequest(f *testing.F) {
	for _, r := range routes() {
		f.Add(
			r.method,
			apiPrefix+strings.ReplaceAll(strings.Join(r.segments, "/"), "*", "kp_x"),
			`{"users":[{"id":null}],"identities":[{}],"properties":{"a":1}}`,
		)
	}
	f.Add("GET", "/api/v1/users?page_size=-1&next_token=%00&expand=,&sort=_", "")
	f.Add("POST", "/sandbox/sign-in", `{"identity":"+"}`)
	f.Fuzz(func(t *testing.T, method, target, body string) {
		c := open(t, Options{Demo: true, SeedUsers: 2})
		req, err := http.NewRequest(method, testBase+target, strings.NewReader(body))
		if err != nil {
			return
		}
		req.Header.Set("Authorization", "Bearer "+c.token)
		req.URL.Host, req.URL.Scheme, req.Host = "sandbox.test", "http", "sandbox.test"
		resp, err := c.http.Transport.RoundTrip(req)
		if err != nil || resp.StatusCode >= 500 || resp.StatusCode < 200 {
			t.Errorf("%s %q %q: %v %v", method, target, body, resp, err)
		}
	})
}
