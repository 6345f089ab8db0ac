package pace

import (
	"net/http"
	"time"
)

// backOff finds the length of a hold when the tenant does not give one: a
// second, doubled while nothing else than 429s come, up to half a minute. A
// reset of zero seconds says "soon": a tenth of a second, doubled likewise; and
// so does a shorter one, since whoever returns for a single request is refused
// with the second.
type backOff struct {
	since time.Time // the last hold's begin: requests older than that belong to it
	blank time.Duration
	zero  time.Duration
}

const (
	firstBlankHold   = time.Second
	longestBlankHold = 30 * time.Second
	firstZeroHold    = 100 * time.Millisecond
	longestZeroHold  = 2 * time.Second
)

func (b *backOff) hold(now time.Time, f *flight, asked time.Duration, found bool) time.Duration {
	old := !b.since.IsZero() && f.started.Before(b.since)
	if !old {
		b.since = now
	}
	switch {
	case found:
		return max(asked, grow(&b.zero, old, firstZeroHold, longestZeroHold))
	default:
		return grow(&b.blank, old, firstBlankHold, longestBlankHold)
	}
}

// grow doubles d for a new throttling. One that was in flight when the hold
// began says nothing new, so it does not even lengthen the hold.
func grow(d *time.Duration, old bool, first, longest time.Duration) time.Duration {
	switch {
	case old && *d > 0:
		return 0
	case *d == 0:
		*d = first
	default:
		*d = min(2**d, longest)
	}
	return *d
}

// answered forgets the growth once something that started after the hold went
// through.
func (b *backOff) answered(f *flight, status int) {
	if status > 0 && status != http.StatusTooManyRequests && !f.started.Before(b.since) {
		b.blank, b.zero = 0, 0
	}
}
