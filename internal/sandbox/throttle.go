package sandbox

import (
	"errors"
	"math"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// Limits is how the tenant throttles. The zero value does not.
type Limits struct {
	Rate  float64 // requests per second; with Window, requests per window
	Burst int     // bucket size without a window; Rate rounded up by default
	// Window makes Rate the number of requests of a window instead of a
	// bucket's refill: fixed windows counted from the start, or sliding ones.
	Window      time.Duration
	Sliding     bool
	MaxInFlight int           // more requests at once answer 429 too
	Changes     []LimitChange // later rates, in order of time
	Header      HintHeader
}

// LimitChange gives another rate some time after the start; 0 lifts the limit.
type LimitChange struct {
	Rate  float64
	After time.Duration
}

// HintHeader is how a 429 says when to come back.
type HintHeader string

// The hints; the empty one is RateLimit-Reset in whole seconds, rounded up.
const (
	HintReset      HintHeader = "ratelimit-reset"
	HintRetryAfter HintHeader = "retry-after"
	HintDate       HintHeader = "retry-after-date"
	HintNone       HintHeader = "none"
)

type throttle struct {
	inFlight atomic.Int64

	mu      sync.Mutex
	limits  Limits
	start   time.Time
	tokens  float64
	filled  time.Time
	window  int64
	used    float64
	sliding []time.Time
}

func newThrottle(l Limits, now time.Time) (*throttle, error) {
	if l.Rate < 0 || l.Burst < 0 || l.MaxInFlight < 0 || l.Window < 0 {
		return nil, errors.New("a limit of the sandbox is negative")
	}
	switch l.Header {
	case "":
		l.Header = HintReset
	case HintReset, HintRetryAfter, HintDate, HintNone:
	default:
		return nil, errors.New("the header of a 429 is none of ratelimit-reset, retry-after, retry-after-date, none")
	}
	if l.Burst == 0 {
		l.Burst = max(1, int(math.Ceil(l.Rate)))
	}
	return &throttle{limits: l, start: now, filled: now, tokens: float64(l.Burst), window: -1}, nil
}

func (t *throttle) enter() int { return int(t.inFlight.Add(1)) }
func (t *throttle) leave()     { t.inFlight.Add(-1) }

// allow takes one request's worth, or tells how long until there is one.
func (t *throttle) allow(now time.Time, inFlight int) (wait time.Duration, ok bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if most := t.limits.MaxInFlight; most > 0 && inFlight > most {
		return time.Second, false
	}
	rate := t.rate(now)
	switch {
	case rate == 0:
		return 0, true
	case t.limits.Window == 0:
		return t.bucket(now, rate)
	case t.limits.Sliding:
		return t.slide(now, rate)
	default:
		return t.fixed(now, rate)
	}
}

func (t *throttle) rate(now time.Time) float64 {
	rate := t.limits.Rate
	for _, c := range t.limits.Changes {
		if now.Sub(t.start) >= c.After {
			rate = c.Rate
		}
	}
	return rate
}

func (t *throttle) bucket(now time.Time, rate float64) (time.Duration, bool) {
	t.tokens = min(float64(t.limits.Burst), t.tokens+now.Sub(t.filled).Seconds()*rate)
	t.filled = now
	if t.tokens >= 1-1e-9 {
		t.tokens--
		return 0, true
	}
	return time.Duration((1 - t.tokens) / rate * float64(time.Second)), false
}

func (t *throttle) fixed(now time.Time, rate float64) (time.Duration, bool) {
	since := now.Sub(t.start)
	if n := int64(since / t.limits.Window); n != t.window {
		t.window, t.used = n, 0
	}
	if t.used < rate {
		t.used++
		return 0, true
	}
	return t.limits.Window - since%t.limits.Window, false
}

func (t *throttle) slide(now time.Time, rate float64) (time.Duration, bool) {
	for len(t.sliding) > 0 && now.Sub(t.sliding[0]) >= t.limits.Window {
		t.sliding = t.sliding[1:]
	}
	if float64(len(t.sliding)) < rate {
		t.sliding = append(t.sliding, now)
		return 0, true
	}
	return t.sliding[len(t.sliding)-max(1, int(rate))].Add(t.limits.Window).Sub(now), false
}

// announce sets the hint and tells until when nothing should come.
func (t *throttle) announce(h http.Header, wait time.Duration, until time.Time) time.Time {
	seconds := max(1, int64(math.Ceil(wait.Seconds())))
	switch t.limits.Header {
	case HintReset:
		h.Set("RateLimit-Reset", strconv.FormatInt(seconds, 10))
	case HintRetryAfter:
		h.Set("Retry-After", strconv.FormatInt(seconds, 10))
	case HintDate:
		// The date has whole seconds: the next one that is not too early.
		at := until.Add(time.Second - 1).Truncate(time.Second)
		h.Set("Retry-After", at.UTC().Format(http.TimeFormat))
		return at
	case HintNone:
		return time.Time{}
	}
	return until.Add(time.Duration(seconds)*time.Second - wait)
}

// SetRate changes the limit at once, in requests per second or per window.
func (t *Tenant) SetRate(rate float64) {
	t.limits.mu.Lock()
	defer t.limits.mu.Unlock()
	t.limits.limits.Rate, t.limits.limits.Changes = rate, nil
}
