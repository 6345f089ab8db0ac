package pace

import (
	"math"
	"time"

	"golang.org/x/time/rate"

	"github.com/kinde-migrate/kinde-migrate/kinde"
)

// FixedGate lets at most the given number of requests start in any second.
type FixedGate struct {
	line
	rate float64
}

// Fixed returns a gate for the rate that somebody chose. No window of one
// second holds more than Rate starts; between 97 and 99 % of a whole number are
// used under load. A Rate that is not above zero counts as one per second.
func Fixed(o Options) *FixedGate {
	n := o.Rate
	if !(n > 0) || math.IsInf(n, 0) {
		n = 1
	}
	n = min(n, 1e6) // a machine can't tell
	// Two per cent stay unused, because what leaves here evenly arrives there
	// less evenly. A burst of one keeps the spacing even after an idle time.
	// At high rates the timer is coarser than the spacing, so what fell due in a
	// fiftieth of a second may leave together; the count of starts keeps it under N.
	p := &fixedPolicy{
		limiter: rate.NewLimiter(rate.Limit(0.98*n), max(1, int(n/50))),
		cap:     o.slots(),
		span:    time.Second + 15*time.Millisecond,
		starts:  make([]time.Time, max(int(n), 1)),
	}
	if n < 1 {
		p.span = time.Duration(float64(time.Second) / n)
	}
	return &FixedGate{line: line{policy: p, headers: o.Headers, throttled: o.Throttled}, rate: n}
}

// Snapshot says how the gate stands.
func (g *FixedGate) Snapshot() Snapshot {
	g.mu.Lock()
	defer g.mu.Unlock()
	s := g.line.snapshot(time.Now())
	s.Limit, s.Rate = g.rate, g.rate
	return s
}

type fixedPolicy struct {
	limiter *rate.Limiter
	cap     int
	span    time.Duration
	starts  []time.Time // the last starts, a ring as long as the rate
	at      int
	due     time.Time // when the next leave falls due, as far as somebody waits for it
}

func (p *fixedPolicy) slots() int { return p.cap }

func (p *fixedPolicy) take(now time.Time) (bool, time.Duration) {
	if wait := p.full(now); wait > 0 {
		return false, wait
	}
	at := now
	if late := now.Sub(p.due); late > 0 && late <= latest {
		at = p.due
	}
	if p.limiter.AllowN(at, 1) {
		p.due = at.Add(nextToken(p.limiter, at))
		return true, 0
	}
	wait := nextToken(p.limiter, at)
	p.due = at.Add(wait)
	return false, p.due.Sub(now)
}

// latest is by how much a timer may ring late without the delay being lost:
// the leave counts from when it fell due. What is caught up never makes more
// than the rate in a second: the starts are counted.
const latest = 50 * time.Millisecond

// full says for how long the last second has no room. The limiter sees to the
// even spacing of leaves; this counts real starts, of which several may come
// together when their permits were kept waiting after Acquire.
func (p *fixedPolicy) full(now time.Time) time.Duration {
	oldest := p.starts[p.at]
	if oldest.IsZero() {
		return 0
	}
	return p.span - now.Sub(oldest)
}

func (p *fixedPolicy) late(now, _ time.Time) bool { return p.full(now) > 0 }

func (p *fixedPolicy) sent(now time.Time, _ *flight) {
	p.starts[p.at] = now
	p.at = (p.at + 1) % len(p.starts)
}

func (p *fixedPolicy) answered(time.Time, *flight, int)                   {}
func (p *fixedPolicy) told(time.Time, kinde.Quota)                        {}
func (p *fixedPolicy) refused(_ *flight, _, _ time.Time, _ time.Duration) {}

// nextToken is how long until the limiter has a whole token.
func nextToken(l *rate.Limiter, now time.Time) time.Duration {
	missing := 1 - l.TokensAt(now)
	wait := time.Duration(math.Ceil(missing / float64(l.Limit()) * float64(time.Second)))
	return max(wait, time.Microsecond)
}
