package sandbox

import (
	"net/http"
	"strconv"
	"testing"
	"testing/synctest"
	"time"
)

// run sends requests one after the other, obeying the hint of a 429, for as
// long as virtual time says, and counts the answers.
func (c *client) run(d time.Duration) (passed, refused int) {
	start := time.Now()
	for time.Since(start) < d {
		a, err := c.try("GET", "environment", nil)
		if err != nil {
			c.t.Fatal(err)
		}
		switch a.status {
		case 200:
			passed++
		case 429:
			refused++
			seconds, err := strconv.Atoi(a.header.Get("RateLimit-Reset"))
			if err != nil || seconds < 1 {
				c.t.Fatalf("RateLimit-Reset is %q", a.header.Get("RateLimit-Reset"))
			}
			time.Sleep(time.Duration(seconds) * time.Second)
		default:
			c.t.Fatalf("status %d", a.status)
		}
	}
	return passed, refused
}

func TestThrottling(t *testing.T) {
	for name, test := range map[string]struct {
		limits Limits
		during time.Duration
		passed int
	}{
		"bucket":         {Limits{Rate: 10, Burst: 5}, 10 * time.Second, 50},
		"fixed window":   {Limits{Rate: 20, Window: 5 * time.Second}, 20 * time.Second, 80},
		"sliding window": {Limits{Rate: 20, Window: 5 * time.Second, Sliding: true}, 20 * time.Second, 80},
		"a slower limit": {Limits{Rate: 10, Window: time.Second, Changes: []LimitChange{{Rate: 2, After: 10 * time.Second}}},
			20 * time.Second, 120},
		"the limit lifted": {Limits{Rate: 10, Window: time.Second, Changes: []LimitChange{{Rate: 1000, After: time.Second}}}, 2 * time.Second,
			1010},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := open(t, Options{Limits: test.limits})
				passed, refused := c.run(test.during)
				if passed != test.passed || refused == 0 {
					t.Errorf("%d passed and %d were refused, want %d passed", passed, refused, test.passed)
				}
				s := c.tenant.Stats()
				if s.Throttled != refused || s.DuringHold != 0 || s.Requests != passed+refused || s.ByOperation["getEnvironment"] != passed+refused {
					t.Errorf("the tenant counted otherwise: %+v", s)
				}
			})
		})
	}
}

func TestRequestsDuringHoldAreCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := open(t, Options{Limits: Limits{Rate: 1, Burst: 1}})
		c.do(200, "GET", "environment", nil)
		c.do(429, "GET", "environment", nil)
		c.do(429, "GET", "environment", nil)
		time.Sleep(500 * time.Millisecond)
		c.do(429, "GET", "environment", nil)
		time.Sleep(1100 * time.Millisecond)
		c.do(200, "GET", "environment", nil)
		if s := c.tenant.Stats(); s.DuringHold != 2 {
			t.Errorf("%d requests during a hold, want 2", s.DuringHold)
		}
	})
}

func TestHints(t *testing.T) {
	for hint, header := range map[HintHeader]string{HintReset: "RateLimit-Reset", HintRetryAfter: "Retry-After", HintDate: "Retry-After",
		HintNone: ""} {
		synctest.Test(t, func(t *testing.T) {
			c := open(t, Options{Limits: Limits{Rate: 1, Window: 7 * time.Second, Header: hint}})
			c.do(200, "GET", "environment", nil)
			a := c.do(429, "GET", "environment", nil)
			got := a.header.Get(header)
			if at, err := http.ParseTime(got); err == nil {
				got = time.Until(at).String()
			}
			if want := map[HintHeader]string{HintReset: "7", HintRetryAfter: "7", HintDate: "7s", HintNone: ""}[hint]; got != want {
				t.Errorf("%s: %q, want %q", hint, got, want)
			}
		})
	}
}

func TestInFlight(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := open(t, Options{Latency: time.Second, Limits: Limits{MaxInFlight: 3}})
		statuses := make(chan int, 5)
		for range 5 {
			go func() {
				a, _ := c.try("GET", "environment", nil)
				statuses <- a.status
			}()
		}
		count := map[int]int{}
		for range 5 {
			count[<-statuses]++
		}
		if count[200] != 3 || count[429] != 2 || c.tenant.Stats().MaxInFlight < 4 {
			t.Errorf("%v, %+v", count, c.tenant.Stats())
		}
	})
}
