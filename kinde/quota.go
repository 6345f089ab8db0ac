package kinde

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// RateHeaders are the names under which a service tells its limits. Empty ones
// are the usual: RateLimit-Limit, X-RateLimit-Limit, X-Rate-Limit-Limit and so on.
type RateHeaders struct {
	Limit     string // requests of a window
	Remaining string // of those, how many are left
	Reset     string // when there are more: seconds, or a moment in Unix time
}

// Quota is what an answer tells of the limit.
type Quota struct {
	Limit     float64       // requests of a window; 0: not told
	Window    time.Duration // its length; 0: not told
	Remaining float64       // negative: not told
	Reset     time.Duration // until there are more
}

// HoldFor is as the function, and looks at the header of that name too.
func (n RateHeaders) HoldFor(h http.Header, now time.Time) (time.Duration, bool) {
	d, found := HoldFor(h, now)
	if v := h.Get(n.Reset); n.Reset != "" && v != "" {
		own, ok := HoldFor(http.Header{"Date": h["Date"], "Ratelimit-Reset": {v}}, now)
		return max(d, own), found || ok
	}
	return d, found
}

// Quota takes from an answer's headers what they tell of the limit; false when
// that is nothing.
//
// Sources: the IETF drafts "RateLimit header fields for HTTP", of which 03 has
// RateLimit-Limit, -Remaining and -Reset, 07 the fields RateLimit: limit=100,
// remaining=50, reset=5 and RateLimit-Policy: 100;w=60, and 08 the same as
// "name";r=50;t=5 and "name";q=100;w=60.
func (n RateHeaders) Quota(h http.Header, now time.Time) (Quota, bool) {
	q := Quota{Remaining: -1}
	for _, policy := range strings.Split(h.Get("RateLimit-Policy")+","+firstOf(h, n.Limit, "RateLimit-Limit", "X-RateLimit-Limit",
		"X-Rate-Limit-Limit"), ",") {
		if q.Window == 0 { // of several the first is the one that is near
			q.policy(policy)
		}
	}
	for _, part := range strings.FieldsFunc(h.Get("RateLimit"), func(r rune) bool { return r == ';' || r == ',' }) {
		switch name, value, _ := strings.Cut(strings.TrimSpace(part), "="); name {
		case "limit":
			q.Limit = quantity(value, q.Limit)
		case "remaining", "r":
			q.Remaining = quantity(value, q.Remaining)
		}
	}
	q.Remaining = quantity(firstOf(h, n.Remaining, "RateLimit-Remaining", "X-RateLimit-Remaining", "X-Rate-Limit-Remaining"), q.Remaining)
	q.Reset, _ = n.HoldFor(h, now)
	return q, q.Limit > 0 || q.Remaining >= 0
}

// policy reads 100, 100;w=60 and "name";q=100;w=60.
func (q *Quota) policy(s string) {
	for i, part := range strings.Split(s, ";") {
		name, value, named := strings.Cut(strings.TrimSpace(part), "=")
		switch {
		case i == 0 && !named, name == "limit":
			q.Limit = quantity(name, q.Limit)
		case name == "q":
			q.Limit = quantity(value, q.Limit)
		case name == "w":
			q.Window = time.Duration(quantity(value, 0) * float64(time.Second))
		}
	}
}

// quantity is a number that can be meant.
func quantity(s string, otherwise float64) float64 {
	f, err := strconv.ParseFloat(strings.TrimSpace(s), 64)
	if err != nil || !(f >= 0) || f > 1e9 {
		return otherwise
	}
	return f
}

func firstOf(h http.Header, names ...string) string {
	for _, name := range names {
		if v := h.Get(name); name != "" && v != "" {
			return v
		}
	}
	return ""
}
