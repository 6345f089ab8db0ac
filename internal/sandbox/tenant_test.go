package sandbox

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

const testBase = "http://sandbox.test"

// client speaks to a tenant as a migration does, without sockets.
type client struct {
	t      testing.TB
	tenant *Tenant
	http   *http.Client
	token  string
}

func open(t testing.TB, opt Options) *client {
	t.Helper()
	if opt.BaseURL == "" {
		opt.BaseURL = testBase
	}
	if opt.Seed == 0 {
		opt.Seed = 1
	}
	tenant, err := Open(opt)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { tenant.Close() })
	return &client{t, tenant, &http.Client{Transport: Transport(tenant)}, tenant.Token()}
}

type answer struct {
	t      testing.TB
	status int
	header http.Header
	raw    []byte
}

func (a answer) into(v any) {
	a.t.Helper()
	if err := json.Unmarshal(a.raw, v); err != nil {
		a.t.Fatalf("%v in %s", err, a.raw)
	}
}

// at walks the answer's JSON by keys and positions.
func (a answer) at(path ...any) any {
	a.t.Helper()
	var v any
	a.into(&v)
	for _, step := range path {
		switch s := step.(type) {
		case string:
			m, _ := v.(map[string]any)
			v = m[s]
		case int:
			l, _ := v.([]any)
			if s >= len(l) {
				return nil
			}
			v = l[s]
		}
	}
	return v
}

func (c *client) try(method, path string, body any) (answer, error) {
	var in io.Reader
	switch b := body.(type) {
	case nil:
	case string:
		in = strings.NewReader(b)
	default:
		raw, err := json.Marshal(b)
		if err != nil {
			c.t.Fatal(err)
		}
		in = bytes.NewReader(raw)
	}
	if strings.HasPrefix(path, "/") {
		path = c.tenant.BaseURL() + path
	} else {
		path = c.tenant.BaseURL() + apiPrefix + path
	}
	req, err := http.NewRequest(method, path, in)
	if err != nil {
		c.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+c.token)
	req.Header.Set("Content-Type", "application/json")
	resp, err := c.http.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	return answer{c.t, resp.StatusCode, resp.Header, raw}, err
}

func (c *client) do(status int, method, path string, body any) answer {
	c.t.Helper()
	a, err := c.try(method, path, body)
	if err != nil {
		c.t.Fatalf("%s %s: %v", method, path, err)
	}
	if a.status != status {
		c.t.Fatalf("%s %s: status %d, want %d: %s", method, path, a.status, status, a.raw)
	}
	return a
}

type (
	object = map[string]any
	list   = []any
)

func emailIdentity(value string) object {
	return object{"type": "email", "is_verified": true, "details": object{"email": value}}
}

func (c *client) user(email string) string {
	c.t.Helper()
	a := c.do(
		200,
		"POST",
		"user",
		object{"profile": object{"given_name": "Ana", "family_name": "Silva"}, "identities": list{emailIdentity(email)}},
	)
	if a.at("created") != true {
		c.t.Fatalf("%s was not created: %s", email, a.raw)
	}
	return a.at("id").(string)
}

func q(s string) string { return url.QueryEscape(s) }

func TestCreateShowListDelete(t *testing.T) {
	c := open(t, Options{})
	a := c.do(200, "POST", "user", object{
		"profile": object{"given_name": "Chloé", "family_name": "Nguyễn", "picture": "https://example.com/c.png"}, "provided_id": "auth0|1",
		"identities": list{
			emailIdentity(
				"Chloe@Example.com",
			), object{"type": "phone", "is_verified": true, "details": object{"phone": "+15550100123", "phone_country_id": "us"}},
			object{"type": "username", "details": object{"username": "Chloe_N"}},
		},
	})
	id := a.at("id").(string)
	if !strings.HasPrefix(id, "kp_") || a.at("created") != true || a.at("identities", 2, "result", "created") != true {
		t.Fatalf("%s", a.raw)
	}
	shown := c.do(200, "GET", "user?id="+id, nil)
	if shown.at("preferred_email") != "Chloe@Example.com" || shown.at("provided_id") != "auth0|1" || shown.at("first_name") != "Chloé" {
		t.Fatalf("%s", shown.raw)
	}
	for _, filter := range []string{"email=chloe@example.com,x@example.com", "phone=" + q("+15550100123"), "username=chloe_n",
		"user_id=" + id} {
		l := c.do(200, "GET", "users?expand=identities,organizations&"+filter, nil)
		if l.at("users", 0, "id") != id || l.at("users", 0, "phone") != "+15550100123" || l.at("users", 1) != nil {
			t.Errorf("%s: %s", filter, l.raw)
		}
		if _, has := l.at("users", 0, "identities", 0).(object)["connection_id"]; !has {
			t.Errorf("GET /users shows no connection: %s", l.raw)
		}
	}
	c.do(200, "DELETE", "user?id="+id, nil)
	c.do(400, "GET", "user?id="+id, nil)
	c.user("chloe@example.com")
}
