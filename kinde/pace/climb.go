package pace

import (
	"math"
	"time"
)

const (
	increase = 3.0  // requests per second, by which the climb goes over the limit
	margin   = 0.02 // of the limit, which stays unused

	// Holds until the climb is at the limit, so that a 429 costs little of what it ends.
	firstPeriod  = 7.0  // of a limit met once
	laterPeriod  = 20.0 // of one that was confirmed
	windowPeriod = 60.0 // of a window's, since its count is exact

	searchBegin    = 0.05 // growth per second of a search
	searchMost     = 0.25 // to which it rises
	searchDoubling = 3.0  // in such steps, seconds
	afterProbe     = 0.10 // where it begins if a probe went through

	firstRetry = 6.0 // holds until a limit that was lowered is tried again
	soonRetry  = 3.0 // and if an accident ended that
)

// climb is how the rate moves between two 429s: first a ramp; then a cubic
// climb that is flat at the limit; a search where the limit is known to be
// higher; and a probe of a limit that was believed in before.
type climb struct {
	flow      float64 // seconds since the limit was set, without holds
	longest   float64 // longest hold since then, seconds
	period    float64 // holds until the climb is at the limit
	confirmed int     // 429s since that confirmed the limit
	searching float64 // growth per second of a search; 0: none is on
	top       float64 // what the limit was before it was lowered; 0: it wasn't
	probing   bool    // of top
	ever      float64 // seconds of flow altogether
	probeAt   float64 // of those
	probeWait float64 // until the next one, in holds
}

// grow moves the rate by what the time since the last growth allows, if the
// rate is what held the workers back.
func (c *controller) grow(now time.Time) {
	// At a slow rate answers come seldom, and each counts for its time.
	spacing := time.Duration(1.5 / (c.rate * c.share) * float64(time.Second))
	passed := min(now.Sub(c.grown), max(250*time.Millisecond, min(spacing, 5*time.Second))).Seconds()
	c.grown = now
	c.inFlight.grow(time.Duration(c.latency*float64(time.Second)), c.limit > 0 && c.searching == 0)
	if passed <= 0 {
		return
	}
	// While both are looked for, the rate runs ahead of what the slots can do,
	// so that it is the lack of slots that shows.
	ahead := c.limit == 0 && c.inFlight.cap < c.inFlight.most && c.rate*c.latency < 2*float64(c.inFlight.cap)
	if !ahead && now.Sub(c.starved) > 100*time.Millisecond+time.Duration(2/c.rate*float64(time.Second)) {
		return
	}
	if c.limit == 0 {
		c.setRate(now, c.rate*c.ramp(now, passed))
		return
	}
	c.flow += passed
	c.ever += passed
	next := c.next(now, passed)
	if c.share < 1 {
		c.ceiling = max(c.ceiling, c.limit) // a share never shows whether there is more
		next = min(next, c.ceiling)
	}
	c.setRate(now, next)
}

// ramp is the growth of the rate while no limit was met. It begins gently: the
// less the rate is over the limit when the first 429 comes, the better that
// tells the limit.
func (c *controller) ramp(now time.Time, passed float64) float64 {
	doubling := max(0.25, 0.6-0.4*now.Sub(c.since).Seconds(), 8*c.latency)
	return math.Exp2(passed / doubling)
}

// next is the rate to go on at when a limit is believed in.
func (c *controller) next(now time.Time, passed float64) float64 {
	more := c.disproved(now)
	switch {
	case more && c.bucket > 0:
		c.notAWindow()
	case more && c.probing:
		c.believe((1-margin)*c.top, c.burst)
		c.top, c.searching = 0, afterProbe
		return c.limit
	case c.probing:
		return c.rate
	case c.searching > 0:
		c.searching = min(c.searching*math.Exp2(passed/searchDoubling), searchMost)
		return c.rate * (1 + c.searching*passed)
	case more:
		c.searching = searchBegin
		return c.rate
	case c.top > 1.05*c.limit && c.ever > c.probeAt && c.window == 0 && c.share == 1 && c.longest < longHold.Seconds():
		// If the limit is right the next 429 comes soon, and if it isn't, nothing
		// else shows it as quickly.
		c.probing = true
		return max((1-margin)*c.top, c.rate)
	}
	// As TCP CUBIC: slowly near the limit, ever faster away from it. Over it the
	// increase is the same whatever the limit, so that of two jobs on one tenant
	// the smaller gains on the other.
	x := min(c.flow/(c.period*max(c.longest, 0.2))-1, 3)
	if x < 0 {
		return c.limit * (1 + margin*x*x*x)
	}
	return c.limit + min(increase, 0.2*c.limit)*x*x*x
}

// disproved says that more went through than the limit allows.
func (c *controller) disproved(now time.Time) bool {
	if c.window == 0 {
		return c.debt > 1.3*c.burst+2+0.05*c.limit
	}
	return c.grants.between(later(now.Add(-c.window), c.resumed), now) > 1.05*c.burst+5
}

// probeLater sets when the old limit is tried.
func (c *controller) probeLater(wait, hold float64) { c.probeAt = c.ever + wait*max(hold, 0.2) }

// believe sets the limit.
func (c *controller) believe(limit, burst float64) {
	c.limit, c.burst = min(max(limit, slowest), fastest), max(burst, 1)
	c.rate = c.limit * (1 - margin)
	c.flow, c.longest, c.searching, c.debt, c.probing = 0, 0, 0, 0, false
	c.unexplained = nil
	c.period = firstPeriod
	if c.confirmed > 0 {
		c.period = laterPeriod
		if c.window > 0 {
			c.period = windowPeriod
		}
	}
}

func later(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}
