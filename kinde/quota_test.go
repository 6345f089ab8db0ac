package kinde_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/kinde-migrate/kinde-migrate/kinde"
)

func TestQuota(t *testing.T) {
	noon := time.Date(2030, 6, 1, 12, 0, 0, 0, time.UTC)
	for _, tt := range []struct {
		name  string
		names kinde.RateHeaders
		lines []string // name, value, name, value
		want  kinde.Quota
		none  bool
	}{
		{name: "nothing", lines: []string{"Content-Type", "application/json"}, want: kinde.Quota{Remaining: -1}, none: true},
		{name: "a hold alone", lines: []string{"RateLimit-Reset", "3"}, want: kinde.Quota{Remaining: -1, Reset: 3 * time.Second}, none: true},
		{name: "draft 03", lines: []string{"RateLimit-Limit", "100", "RateLimit-Remaining", "60", "RateLimit-Reset", "5"},
			want: kinde.Quota{Limit: 100, Remaining: 60, Reset: 5 * time.Second}},
		{name: "draft 03, with windows", lines: []string{"RateLimit-Limit", "100, 100;w=10, 1000;w=3600", "RateLimit-Remaining", "0"},
			want: kinde.Quota{Limit: 100, Window: 10 * time.Second}},
		{name: "draft 07", lines: []string{"RateLimit", "limit=100, remaining=50, reset=5", "RateLimit-Policy", "100;w=60"},
			want: kinde.Quota{Limit: 100, Window: time.Minute, Remaining: 50, Reset: 5 * time.Second}},
		{name: "draft 08", lines: []string{"RateLimit", `"burst";r=50;t=5`, "RateLimit-Policy", `"burst";q=100;w=60,"daily";q=5000;w=86400`},
			want: kinde.Quota{Limit: 100, Window: time.Minute, Remaining: 50, Reset: 5 * time.Second}},
		{name: "X-RateLimit and Unix time", lines: []string{"X-RateLimit-Limit", "40", "X-RateLimit-Remaining", "39", "X-RateLimit-Reset",
			"1906545602"}, want: kinde.Quota{Limit: 40, Remaining: 39, Reset: 2 * time.Second}},
		{name: "X-Rate-Limit", lines: []string{"X-Rate-Limit-Limit", "600", "X-Rate-Limit-Remaining", "0", "X-Rate-Limit-Reset", "7"},
			want: kinde.Quota{Limit: 600, Reset: 7 * time.Second}},
		{name: "names of one's own", names: kinde.RateHeaders{Limit: "My-Limit", Remaining: "My-Left", Reset: "My-Wait"},
			lines: []string{"My-Limit", "10", "My-Left", "3", "My-Wait", "4"}, want: kinde.Quota{Limit: 10, Remaining: 3, Reset: 4 * time.Second}},
		{name: "nonsense", lines: []string{"RateLimit-Limit", "many", "RateLimit-Remaining", "-4", "RateLimit", ";=;r=", "RateLimit-Policy",
			"w;q=NaN;w=-1"}, want: kinde.Quota{Remaining: -1}, none: true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := http.Header{}
			for i := 0; i < len(tt.lines); i += 2 {
				h.Set(tt.lines[i], tt.lines[i+1])
			}
			if got, ok := tt.names.Quota(h, noon); got != tt.want || ok == tt.none {
				t.Errorf("%+v, %v; want %+v, %v", got, ok, tt.want, !tt.none)
			}
		})
	}
}
