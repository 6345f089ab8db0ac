package pace

import (
	"container/list"
	"context"
	"sync"
	"time"

	"github.com/kinde-migrate/kinde-migrate/kinde"
)

// policy is what tells a fixed gate from a learning one. It is called with the
// line's lock held and must not block.
type policy interface {
	// take takes leave for one start now. When there is none it says after how
	// long to ask again.
	take(now time.Time) (ok bool, wait time.Duration)
	// slots is how many requests may be between Acquire and Done.
	slots() int
	// late says that a permit granted at that time has become too old to start
	// now without a new leave (a token was fetched meanwhile, say).
	late(now, granted time.Time) bool
	// sent, answered: what became of a start.
	sent(now time.Time, f *flight)
	answered(now time.Time, f *flight, status int)
	// told is what the tenant says of its limit.
	told(now time.Time, q kinde.Quota)
	// refused is a 429 that asked for so long a hold, and keeps everyone waiting
	// until then.
	refused(f *flight, now, until time.Time, asked time.Duration)
}

// flight is one request from its start to its answer.
type flight struct {
	granted time.Time
	started time.Time // zero until Held let it go
	among   int       // requests in flight at its start, itself included
}

// line is the one queue in front of the tenant: who waits, who is in flight,
// and until when everybody is held. Nobody has a goroutine of their own: one
// timer wakes the head of the line.
type line struct {
	headers   kinde.RateHeaders
	throttled func(kinde.Answer) bool // beside those with status 429; may be nil

	mu     sync.Mutex
	policy policy
	again  list.List // of channels that are closed when it is their turn: already have a slot, were caught by a hold; they go first
	fresh  list.List
	taken  int       // slots between Acquire and Done
	flying int       // between Held and Done
	held   time.Time // no start before
	holds  backOff

	timer *time.Timer
	at    time.Time // when the timer rings; zero when it is not set
}

// wait waits in a queue. It is called with the lock, and lets go of it
// meanwhile. When ctx ends in the same moment as the leave comes, the leave
// counts.
func (l *line) wait(ctx context.Context, q *list.List, now time.Time) error {
	ready := make(chan struct{})
	e := q.PushBack(ready)
	l.pump(now)
	l.mu.Unlock()
	select {
	case <-ready:
	case <-ctx.Done():
	}
	l.mu.Lock()
	select {
	case <-ready:
		return nil // the caller notices ctx at its next step
	default:
	}
	q.Remove(e)
	l.pump(time.Now())
	return ctx.Err()
}

// pump lets in whoever may go and sets the timer for the next.
func (l *line) pump(now time.Time) {
	for {
		q := &l.again
		if q.Len() == 0 {
			q = &l.fresh
			if q.Len() == 0 || l.taken >= l.policy.slots() {
				return
			}
		}
		if now.Before(l.held) {
			l.ring(now, l.held)
			return
		}
		ok, wait := l.policy.take(now)
		if !ok {
			l.ring(now, now.Add(wait))
			return
		}
		if q == &l.fresh {
			l.taken++
		}
		close(q.Remove(q.Front()).(chan struct{}))
	}
}

// ring sets the timer, unless it rings earlier anyway.
func (l *line) ring(now, at time.Time) {
	if !l.at.IsZero() && !at.Before(l.at) {
		return
	}
	l.at = at
	wait := max(at.Sub(now), 0)
	if l.timer == nil {
		l.timer = time.AfterFunc(wait, l.rang)
		return
	}
	l.timer.Reset(wait)
}

func (l *line) rang() {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	if l.at.IsZero() || now.Before(l.at) {
		return // an earlier setting of the same timer; the later one still rings
	}
	l.at = time.Time{}
	l.pump(now)
}
