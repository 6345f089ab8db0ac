package pace

import (
	"fmt"
	"math"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/kinde-migrate/kinde-migrate/kinde"
)

// announced is a window that each answer tells of.
func announced(n int, length time.Duration, form string) (*tenant, *window) {
	w := &window{n: n, length: length, aligned: 0}
	return &tenant{limits: []limiter{w}, latency: milliseconds(1, 60), rng: rng(1), tells: func(now time.Duration) http.Header {
		left, reset := w.n-w.count, int(math.Ceil((w.begin + w.length - now).Seconds()))
		h := http.Header{}
		set := func(name, format string, args ...any) { h.Set(name, fmt.Sprintf(format, args...)) }
		switch form {
		case "RateLimit", "X-RateLimit", "X-Rate-Limit", "Own":
			set(form+"-Limit", "%d", w.n)
			set(form+"-Remaining", "%d", left)
			set(form+"-Reset", "%d", reset)
		case "with a window":
			set("RateLimit-Limit", "%d, %d;w=%.0f", w.n, w.n, length.Seconds())
			set("RateLimit-Remaining", "%d", left)
			set("RateLimit-Reset", "%d", reset)
		case "fields of draft 07":
			set("RateLimit", "limit=%d, remaining=%d, reset=%d", w.n, left, reset)
			set("RateLimit-Policy", "%d;w=%.0f", w.n, length.Seconds())
		case "fields of draft 08":
			set("RateLimit", `"default";r=%d;t=%d`, left, reset)
			set("RateLimit-Policy", `"default";q=%d;w=%.0f`, w.n, length.Seconds())
		case "what remains":
			set("RateLimit-Remaining", "%d", left)
			set("RateLimit-Reset", "%d", reset)
		}
		return h
	}}, w
}

// A limit that the tenant tells is used without one 429, in whatever form.
func TestToldLimit(t *testing.T) {
	for _, form := range []string{"RateLimit", "X-RateLimit", "X-Rate-Limit", "Own", "with a window", "fields of draft 07",
		"fields of draft 08", "what remains"} {
		t.Run(form, func(t *testing.T) {
			ten, _ := announced(600, 10*time.Second, form)
			c := newController(Options{MaxInFlight: 16})
			job := &client{policy: c, workers: 16, total: 3000}
			if form == "Own" {
				job.headers = kinde.RateHeaders{Limit: "Own-Limit", Remaining: "Own-Remaining", Reset: "Own-Reset"}
			}
			(&simulation{tenant: ten, clients: []*client{job}}).run()
			if job.throttled > 0 || job.used() < 0.92 {
				t.Errorf("%d throttled, used %.3f", job.throttled, job.used())
			}
			if form != "what remains" && math.Abs(c.limit-60) > 2 {
				t.Errorf("believes %.1f a second, was told 60", c.limit)
			}
		})
	}
}

// What is told is followed when it changes, too.
func TestToldLimitChanges(t *testing.T) {
	for _, to := range []int{150, 1200} {
		ten, w := announced(600, 10*time.Second, "fields of draft 08")
		tells := ten.tells
		ten.tells = func(now time.Duration) http.Header {
			if now > 20*time.Second {
				w.n = to
			}
			return tells(now)
		}
		c, job := runWith(ten, Options{}, 16, 3000)
		if want := float64(to) / 10; math.Abs(c.limit-want) > 0.05*want {
			t.Errorf("believes %.1f a second, was told %.0f", c.limit, want)
		}
		if job.share() > 0.01 {
			t.Errorf("to %d: %d throttled", to, job.throttled)
		}
	}
}

// What is told and isn't so is found out: a limit that is lower by 429s, one that
// is higher by what goes through.
func TestToldLimitIsWrong(t *testing.T) {
	for _, real := range []float64{40, 90} {
		ten := &tenant{limits: buckets(real, 20)(), latency: milliseconds(1, 60), rng: rng(1), tells: func(time.Duration) http.Header {
			return http.Header{"Ratelimit-Policy": {"600;w=10"}}
		}}
		c, job := runWith(ten, Options{}, 16, 20000)
		if math.Abs(c.limit-real) > 0.12*real || job.share() > 0.01 {
			t.Errorf("believes %.1f a second of %.0f, %.2f %% throttled", c.limit, real, 100*job.share())
		}
	}
}

// An answer that Throttled recognises holds everyone as a 429 does, and another
// with the same status holds nobody.
func TestThrottledUnderAnotherStatus(t *testing.T) {
	o := Options{Rate: 100, MaxInFlight: 4, Throttled: func(a kinde.Answer) bool {
		return a.Status == http.StatusBadRequest && string(a.Body) == "TooManyRequestsException"
	}}
	for name, gate := range map[string]kinde.Gate{"learning": Learning(o), "fixed": Fixed(o)} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				for _, answer := range []struct {
					status int
					body   string
					waits  time.Duration
				}{
					{400, "InvalidParameterException", 0},
					{429, "", 3 * time.Second},
					{400, "TooManyRequestsException", 3 * time.Second},
				} {
					p, err := gate.Acquire(t.Context(), "listUsers")
					if err != nil {
						t.Fatal(err)
					}
					if err := p.Held(t.Context()); err != nil {
						t.Fatal(err)
					}
					begin := time.Now()
					p.Answered(kinde.Answer{Status: answer.status, Header: http.Header{"Retry-After": {"3"}}, Body: []byte(answer.body)})
					p.Done()
					if p, err = gate.Acquire(t.Context(), "listUsers"); err != nil {
						t.Fatal(err)
					}
					p.Done()
					if waited := time.Since(begin); waited < answer.waits || waited > answer.waits+time.Second {
						t.Errorf("%d %s: the next started after %v, want %v", answer.status, answer.body, waited, answer.waits)
					}
				}
			})
		})
	}
}
