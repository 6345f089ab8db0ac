package kinde

import (
	"context"
	"math"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// maxHold is the longest hold that a header is believed to mean.
const maxHold = 24 * time.Hour

// HoldFor returns how long an answer asks clients to wait, and whether it says
// so at all. Kinde sends RateLimit-Reset in seconds; others send Retry-After
// in seconds or as a date, or a moment in Unix time. Dates are measured
// against the answer's own Date, so that a wrong clock here does no harm. Of
// several headers the longest wait counts.
// Sources: docs.kinde.com "API rate limits", RFC 9110 §10.2.3, the IETF
// drafts "RateLimit header fields for HTTP".
func HoldFor(h http.Header, now time.Time) (time.Duration, bool) {
	if date, err := http.ParseTime(h.Get("Date")); err == nil {
		now = date
	}
	var longest time.Duration
	var found bool
	for _, name := range []string{"RateLimit-Reset", "X-RateLimit-Reset", "X-Rate-Limit-Reset", "Retry-After"} {
		for _, v := range h.Values(name) {
			if d, ok := parseHold(v, now); ok {
				longest, found = max(longest, d), true
			}
		}
	}
	for _, v := range h.Values("RateLimit") {
		for _, part := range strings.FieldsFunc(v, func(r rune) bool { return r == ';' || r == ',' }) {
			name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
			if name = strings.ToLower(name); name == "reset" || name == "t" {
				if d, ok := parseHold(value, now); ok {
					longest, found = max(longest, d), true
				}
			}
		}
	}
	return longest, found
}

func parseHold(s string, now time.Time) (time.Duration, bool) {
	s, _, _ = strings.Cut(strings.Trim(strings.TrimSpace(s), `"`), ";")
	if s == "" {
		return 0, false
	}
	var d time.Duration
	if n, err := strconv.ParseFloat(strings.TrimSuffix(s, "s"), 64); err == nil {
		switch {
		case math.IsNaN(n) || n < 0:
			return 0, false
		case n > 1e11: // Unix time in milliseconds
			d = time.UnixMilli(int64(min(n, 1e15))).Sub(now)
		case n > 1e9: // Unix time in seconds
			d = time.Unix(int64(n), 0).Sub(now)
		case n > maxHold.Seconds():
			return 0, false
		default:
			d = time.Duration(n * float64(time.Second))
		}
	} else if t, err := http.ParseTime(s); err == nil {
		d = t.Sub(now)
	} else if t := parseTime(s); !t.IsZero() {
		d = t.Sub(now)
	} else {
		return 0, false
	}
	if d > maxHold {
		return 0, false
	}
	return max(d, 0), true
}

// defaultHold is how long a 429 without a header holds.
const defaultHold = time.Second

// openGate limits nothing, but a 429 holds everyone.
type openGate struct {
	mu    sync.Mutex
	until time.Time
}

func (g *openGate) Acquire(ctx context.Context, _ string) (Permit, error) {
	return (*openPermit)(g), g.wait(ctx)
}

func (g *openGate) wait(ctx context.Context) error {
	for {
		g.mu.Lock()
		d := time.Until(g.until)
		g.mu.Unlock()
		if d <= 0 {
			return ctx.Err()
		}
		if err := pause(ctx, d); err != nil {
			return err
		}
	}
}

type openPermit openGate

func (p *openPermit) Held(ctx context.Context) error { return (*openGate)(p).wait(ctx) }

func (p *openPermit) Answered(a Answer) {
	if a.Status != http.StatusTooManyRequests {
		return
	}
	d, ok := HoldFor(a.Header, time.Now())
	if !ok || d <= 0 {
		d = defaultHold
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if until := time.Now().Add(d); until.After(p.until) {
		p.until = until
	}
}

func (p *openPermit) Done() {}

// pause sleeps, or returns ctx's error when ctx ends first.
func pause(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
