package pace

import (
	"context"
	"sync"
	"time"
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
	// hold is how long this 429 keeps everyone waiting.
	hold(now time.Time, f *flight, asked time.Duration, found bool) time.Duration
}

// flight is one request from its start to its answer.
type flight struct {
	granted time.Time
	started time.Time // zero until Held let it go
	among   int       // requests in flight at its start, itself included
}

// waiter is somebody in the line.
type waiter struct {
	prev, next *waiter
	in         *queue // nil once granted or gone
	ready      chan struct{}
}

// queue is a list of waiters, first come first served.
type queue struct{ head, tail *waiter }

func (q *queue) push(w *waiter) {
	w.in, w.prev, w.next = q, q.tail, nil
	if q.tail == nil {
		q.head = w
	} else {
		q.tail.next = w
	}
	q.tail = w
}

func (q *queue) remove(w *waiter) {
	if w.prev == nil {
		q.head = w.next
	} else {
		w.prev.next = w.next
	}
	if w.next == nil {
		q.tail = w.prev
	} else {
		w.next.prev = w.prev
	}
	w.in, w.prev, w.next = nil, nil, nil
}

// line is the one queue in front of the tenant: who waits, who is in flight,
// and until when everybody is held. Nobody has a goroutine of their own: one
// timer wakes the head of the line.
type line struct {
	holdFor HoldFunc

	mu     sync.Mutex
	policy policy
	again  queue // already have a slot, were caught by a hold; they go first
	fresh  queue
	taken  int       // slots between Acquire and Done
	flying int       // between Held and Done
	held   time.Time // no start before

	timer *time.Timer
	at    time.Time // when the timer rings; zero when it is not set

	answers   uint64
	throttles uint64
}

// enter waits for a slot and a leave.
func (l *line) enter(ctx context.Context) (time.Time, error) {
	if err := ctx.Err(); err != nil {
		return time.Time{}, err
	}
	l.mu.Lock()
	now := time.Now()
	if l.again.head == nil && l.fresh.head == nil && l.taken < l.policy.slots() && !now.Before(l.held) {
		if ok, _ := l.policy.take(now); ok {
			l.taken++
			l.mu.Unlock()
			return now, nil
		}
	}
	w := &waiter{ready: make(chan struct{})}
	l.fresh.push(w)
	l.pump(now)
	l.mu.Unlock()
	if err := l.wait(ctx, w); err != nil {
		return time.Time{}, err
	}
	return time.Now(), nil
}

// reenter waits for a new leave; the slot is kept.
func (l *line) reenter(ctx context.Context, now time.Time) error {
	w := &waiter{ready: make(chan struct{})}
	l.again.push(w)
	l.pump(now)
	l.mu.Unlock()
	err := l.wait(ctx, w)
	l.mu.Lock()
	return err
}

// wait waits to be let in. When ctx ends in the same moment as the leave comes,
// the leave counts.
func (l *line) wait(ctx context.Context, w *waiter) error {
	select {
	case <-w.ready:
		return nil
	case <-ctx.Done():
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if w.in == nil {
		return nil // let in just now; the caller notices ctx at its next step
	}
	w.in.remove(w)
	l.pump(time.Now())
	return ctx.Err()
}

// pump lets in whoever may go and sets the timer for the next.
func (l *line) pump(now time.Time) {
	for {
		q := &l.again
		if q.head == nil {
			q = &l.fresh
			if q.head == nil || l.taken >= l.policy.slots() {
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
		w := q.head
		q.remove(w)
		close(w.ready)
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
