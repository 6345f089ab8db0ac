package pace

import (
	"net/http"
	"time"
)

// backOff finds the length of a hold when the tenant does not give one: a
// second, doubled while nothing else than 429s come, up to half a minute. A reset
// of less than a tenth of a second says "soon": that, doubled likewise.
type backOff struct {
	since time.Time     // the last hold's begin: requests older than that belong to it
	last  time.Duration // least length of that hold; 0: something went through since
}

func (b *backOff) hold(now time.Time, f *flight, asked time.Duration, found bool) time.Duration {
	first, longest := time.Second, 30*time.Second
	if found {
		first, longest = time.Second/10, 2*time.Second
	}
	old := f.started.Before(b.since)
	if !old {
		b.since = now
	}
	switch {
	case old && b.last > 0:
		return asked // it was in flight when the hold began, and says nothing new
	case b.last == 0:
		b.last = first
	default:
		b.last = min(2*b.last, longest)
	}
	return max(asked, b.last)
}

// answered forgets the growth once something that started after the hold went through.
func (b *backOff) answered(f *flight, status int) {
	if status > 0 && status != http.StatusTooManyRequests && !f.started.Before(b.since) {
		b.last = 0
	}
}
