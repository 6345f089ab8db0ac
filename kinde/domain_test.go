package kinde_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/kinde-migrate/kinde-migrate/kinde"
)

func TestParseBaseURL(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]string{
		"acme.kinde.com":             "https://acme.kinde.com",
		" https://Acme.Kinde.com/ ":  "https://acme.kinde.com",
		"acme.kinde.com.":            "https://acme.kinde.com",
		"https://acme.kinde.com:443": "https://acme.kinde.com",
		"auth.example.com:8443":      "https://auth.example.com:8443",
		"http://127.0.0.1:8080":      "http://127.0.0.1:8080",
		"http://localhost:8080/":     "http://localhost:8080",
		"http://[::1]:8080":          "http://[::1]:8080",
		"HTTPS://acme.kinde.com":     "https://acme.kinde.com",
		"localhost:8080":             "https://localhost:8080",
	} {
		u, err := kinde.ParseBaseURL(given)
		if err != nil || string(u) != want {
			t.Errorf("%q: %v, %v, want %s", given, u, err, want)
		}
	}
	for _, given := range []string{"", "  ", "http://acme.kinde.com", "http://10.0.0.1", "http://127.0.0.1.example.com",
		"ftp://acme.kinde.com",
		"https://user:pw@acme.kinde.com", "acme.kinde.com/api", "acme.kinde.com?x=1", "https://", "://x", "acme kinde.com", "https://a,b",
		"acme.kinde.com#x"} {
		if u, err := kinde.ParseBaseURL(given); err == nil {
			t.Errorf("%q was taken for %v", given, u)
		}
	}
}

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func TestHoldFor(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		headers []string
		want    time.Duration
		ok      bool
	}{
		{"none", nil, 0, false},
		{"seconds", []string{"RateLimit-Reset", "7"}, 7 * time.Second, true},
		{"zero", []string{"RateLimit-Reset", "0"}, 0, true},
		{"fraction", []string{"RateLimit-Reset", " 0.25 "}, 250 * time.Millisecond, true},
		{"epoch", []string{"RateLimit-Reset", "1772366410"}, 10 * time.Second, true},
		{"epoch in milliseconds", []string{"X-RateLimit-Reset", "1772366410500"}, 10500 * time.Millisecond, true},
		{"epoch in the past", []string{"RateLimit-Reset", "1700000000"}, 0, true},
		{"retry after", []string{"Retry-After", "3"}, 3 * time.Second, true},
		{"retry date", []string{"Retry-After", "Sun, 01 Mar 2026 12:00:30 GMT"}, 30 * time.Second, true},
		{
			"retry date by the server's clock",
			[]string{"Retry-After", "Sun, 01 Mar 2026 15:00:30 GMT", "Date", "Sun, 01 Mar 2026 15:00:00 GMT"},
			30 * time.Second,
			true,
		},
		{"iso date", []string{"Retry-After", "2026-03-01T12:00:05Z"}, 5 * time.Second, true},
		{"longest counts", []string{"Retry-After", "3", "RateLimit-Reset", "9"}, 9 * time.Second, true},
		{"structured", []string{"RateLimit", `limit=100, remaining=0, reset=4`}, 4 * time.Second, true},
		{"structured by policy", []string{"RateLimit", `"default";r=0;t=6`}, 6 * time.Second, true},
		{"nonsense", []string{"RateLimit-Reset", "soon", "Retry-After", "-4"}, 0, false},
		{"absurd", []string{"Retry-After", "99999999"}, 0, false},
		{"not a number", []string{"Retry-After", "NaN"}, 0, false},
		{"infinite", []string{"Retry-After", "Inf"}, 0, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h := http.Header{}
			for i := 0; i+1 < len(tt.headers); i += 2 {
				h.Set(tt.headers[i], tt.headers[i+1])
			}
			if d, ok := kinde.HoldFor(h, noon); d != tt.want || ok != tt.ok {
				t.Errorf("%s, %v; want %s, %v", d, ok, tt.want, tt.ok)
			}
		})
	}
}
