package kinde_test

import (
	"net/http"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/kinde-migrate/kinde-migrate/kinde"
)

// FuzzAnswers feeds the decoders and the reader of complaints with anything.
func FuzzAnswers(f *testing.F) {
	for _, seed := range []string{"", "{}", "[]", "null", `{"users":[{"id":1}],"next_token":{}}`, `{"errors":{"a":[[]]}}`,
		`{"users":{"id":"x"},"has_more":"no"}`, "<h1>502", "\xef\xbb\xbf{}", `{"users":[{"properties":[{"key":{}}]}]}`} {
		f.Add([]byte(seed), uint16(200))
		f.Add([]byte(seed), uint16(400))
	}
	f.Fuzz(func(t *testing.T, body []byte, status uint16) {
		status = 400 + status%100
		c := newClient(t, newScript(says(int(status), string(body))), func(cfg *kinde.Config) { cfg.MaxTries = 1 })
		if status != 401 && status != 403 && status != 429 && status != 408 && status != 425 {
			err := c.DeleteUser(background(), "kp_1", false)
			if err == nil || strings.ContainsFunc(err.Error(), unicode.IsControl) {
				t.Errorf("%d %q: %q", status, body, err)
			}
		}
		c = newClient(t, newScript(says(200, string(body)), says(400, "")), func(cfg *kinde.Config) { cfg.MaxTries = 1 })
		for range c.GetUsers(background(), kinde.GetUsersRequest{}) {
		}
	})
}

func FuzzHoldFor(f *testing.F) {
	for _, seed := range []string{"", "1", "1e309", "-0", "Sun, 01 Mar 2026 12:00:30 GMT", `"a";t=1`, "1772366410", "0x10", "9s"} {
		f.Add(seed, seed)
	}
	f.Fuzz(func(t *testing.T, reset, structured string) {
		h := http.Header{"Ratelimit-Reset": {reset}, "Ratelimit": {structured}, "Retry-After": {reset}}
		d, ok := kinde.HoldFor(h, noon)
		if d < 0 || d > 24*time.Hour || !ok && d != 0 {
			t.Errorf("%q: %s, %v", reset, d, ok)
		}
	})
}

func FuzzParseBaseURL(f *testing.F) {
	for _, seed := range []string{"acme.kinde.com", "http://[::1%25lo]:1", "https://a@b", "http://localhost", "a:b"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		u, err := kinde.ParseBaseURL(s)
		if err != nil {
			return
		}
		again, err := kinde.ParseBaseURL(string(u))
		if err != nil || again != u {
			t.Errorf("%q: %v, then %v, %v", s, u, again, err)
		}
	})
}
