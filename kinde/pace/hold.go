package pace

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// HoldFunc reads from a 429's headers how long nobody may start; false when
// they do not say.
type HoldFunc func(h http.Header, now time.Time) (time.Duration, bool)

// longestHold bounds what a header can ask for: a reset that lies further away
// is a time stamp or a mistake.
const longestHold = time.Hour

// holdFromHeaders understands RateLimit-Reset (seconds, or a Unix time as some
// gateways send) and Retry-After (seconds or a date). The longer one counts.
func holdFromHeaders(h http.Header, now time.Time) (time.Duration, bool) {
	var longest time.Duration
	found := false
	take := func(d time.Duration) {
		found = true
		longest = max(longest, min(max(d, 0), longestHold))
	}
	for _, name := range []string{"RateLimit-Reset", "X-RateLimit-Reset", "Retry-After"} {
		value := strings.TrimSpace(h.Get(name))
		if value == "" {
			continue
		}
		if n, err := strconv.ParseFloat(value, 64); err == nil {
			switch {
			case n != n || n < 0:
			case n > 1e9:
				take(time.UnixMilli(int64(min(n, 1e12) * 1000)).Sub(now))
			default:
				take(time.Duration(n * float64(time.Second)))
			}
			continue
		}
		if at, err := http.ParseTime(value); err == nil {
			take(at.Sub(now))
		}
	}
	return longest, found
}
