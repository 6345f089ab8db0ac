package pace

import (
	"context"
	"net/http"
	"time"

	"github.com/kinde-migrate/kinde-migrate/kinde"
)

// Acquire waits in the line for a slot and a leave to start.
func (l *line) Acquire(ctx context.Context, _ string) (kinde.Permit, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.wait(ctx, &l.fresh, time.Now()); err != nil {
		return nil, err
	}
	return &permit{line: l, flight: flight{granted: time.Now()}}, nil
}

// permit is one slot of a line. One goroutine uses it, so its own state needs
// no lock beyond the line's.
type permit struct {
	line     *line
	flight   flight
	answered bool
	done     bool
}

// Held waits while a hold that began after Acquire is on.
func (p *permit) Held(ctx context.Context) error {
	l := p.line
	l.mu.Lock()
	defer l.mu.Unlock()
	if !p.flight.started.IsZero() {
		// Its connection was dead: it starts once more, and waits like any other.
		l.flying--
		p.flight.started = time.Time{}
	}
	for {
		now := time.Now()
		if !now.Before(l.held) && !l.policy.late(now, p.flight.granted) {
			p.start(now)
			return nil
		}
		if err := l.wait(ctx, &l.again, now); err != nil {
			return err
		}
		// Between the leave and this moment another 429 may have come: the
		// loop looks again, under the lock that sets holds.
		p.flight.granted = time.Now()
	}
}

func (p *permit) start(now time.Time) {
	l := p.line
	l.flying++
	p.flight.started, p.flight.among = now, l.flying
	l.policy.sent(now, &p.flight)
}

// Answered tells the gate what came back. A 429 holds everyone from here on.
func (p *permit) Answered(a kinde.Answer) {
	l := p.line
	l.mu.Lock()
	defer l.mu.Unlock()
	if p.answered || p.done {
		return
	}
	p.answered = true
	now := time.Now()
	if p.flight.started.IsZero() {
		if a.Status == 0 {
			return // never left
		}
		p.start(p.flight.granted)
	}
	status := a.Status
	if l.throttled != nil && l.throttled(a) {
		status = http.StatusTooManyRequests
	}
	if q, ok := l.headers.Quota(a.Header, now); ok {
		l.policy.told(now, q)
	}
	if status == http.StatusTooManyRequests {
		asked, found := l.headers.HoldFor(a.Header, now)
		until := now.Add(l.holds.hold(now, &p.flight, asked, found))
		l.held = later(l.held, until)
		l.policy.refused(&p.flight, now, until, asked)
	}
	l.holds.answered(&p.flight, status)
	l.policy.answered(now, &p.flight, status)
	l.pump(now)
}

// Done frees the slot.
func (p *permit) Done() {
	l := p.line
	l.mu.Lock()
	defer l.mu.Unlock()
	if p.done {
		return
	}
	p.done = true
	l.taken--
	if !p.flight.started.IsZero() {
		l.flying--
	}
	l.pump(time.Now())
}

// None returns a gate that is always open, for targets in memory.
func None() kinde.Gate { return open{} }

type open struct{}

func (open) Acquire(ctx context.Context, _ string) (kinde.Permit, error) { return open{}, ctx.Err() }
func (open) Held(ctx context.Context) error                              { return ctx.Err() }
func (open) Answered(kinde.Answer)                                       {}
func (open) Done()                                                       {}
