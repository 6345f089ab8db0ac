package pace

import (
	"math"
	"time"
)

// throttled takes what the 429s of a hold say.
func (c *controller) throttled(now time.Time, e *episode) {
	if c.limit == 0 && c.granted < 3 {
		// Somebody else had used up the limit: that says nothing of what it is.
		c.rate, c.since = max(c.rate/2, 1), now
		return
	}
	s := stretch{from: c.resumed, until: e.first, gap: c.gap, granted: c.granted, overflow: math.Inf(1)}
	if n := c.grants.between(e.first, e.known); e.count >= 3 && n >= 3 {
		s.overflow = n / e.known.Sub(e.first).Seconds()
	}
	hold := e.until.Sub(e.first).Seconds()
	if c.limit > 0 && c.granted < 3 && c.window == 0 && !c.train.on {
		c.refusedAtOnce()
		return
	}
	c.empty = 0
	if e.among > 1 && c.grants.among(e.among, e.first) < 3 {
		// A rate refuses most of what follows, a cap only who is one too many.
		sure := float64(e.count) <= 1+c.grants.between(e.first, e.until)/2
		c.inFlight.refused(e.among, sure)
		if c.limit > 0 {
			return // the cap explains it
		}
		if sure {
			recent := e.first.Add(-300 * time.Millisecond)
			c.rate = min(c.rate, max(0.75*c.grants.between(recent, e.first)/0.3, defaultStart))
			c.since = now
			return
		}
	}
	if c.granted > 0 && e.asked <= longHold && (c.train.on || e.first.Before(c.train.ended)) {
		c.train.on = false
		c.trainRefused(s, hold)
		return
	}
	switch {
	case c.limit == 0:
		c.first(s, e)
	case c.window > time.Second || e.asked > longHold && !c.notWindow:
		c.windowed(s, e)
	default:
		c.next429(s, hold)
	}
	c.longest = max(c.longest, hold)
}

// refusedAtOnce takes a hold after which next to nothing went through. It was
// too short, and goes on; or the limiter bears no burst; or the limit is
// nothing like what is believed.
func (c *controller) refusedAtOnce() {
	c.empty++
	c.rate = min(c.rate, c.limit*(1-margin))
	c.probing, c.searching = false, 0
	if c.empty%3 == 0 {
		c.believe(c.limit/2, 1)
	}
}

// first takes the first 429, which gives one equation for rate and burst.
func (c *controller) first(s stretch, e *episode) {
	low, high := slowest, 1000*s.granted
	for high > 1.001*low {
		r := math.Sqrt(low * high)
		if c.grants.rate(s, usual(r)) > r {
			low = r
		} else {
			high = r
		}
	}
	if e.asked > longHold {
		c.believeWindow(s, e)
		if e.asked > 5*time.Second {
			// If it is a window it is new now, and a higher rate costs nothing.
			c.bucket, c.rate, c.searching = low, low, 0.1
		}
		return
	}
	c.believe(low, usual(low))
	c.weigh(c.implications(s), 0.05)
	c.train.on = c.burst >= 4 && c.share == 1
	// So many slots were enough for the limit: the train needs no more, which might
	// meet a cap as well.
	c.inFlight.bound = 0
	for c.inFlight.cap > firstCap && c.grants.among(c.inFlight.cap, e.first) < 3 {
		c.inFlight.cap--
	}
}

// implications is what each of the models says of the limit.
func (c *controller) implications(s stretch) []float64 {
	second := c.grants.between(s.until.Add(-time.Second), s.until)
	if second < 15 {
		second = 0 // too few to count
	}
	return append(c.grants.rates(s, bursts), second)
}

// implied is the limit if what is believed of the limiter is right but for its
// rate.
func (c *controller) implied(s stretch) float64 {
	if c.window > 0 {
		return c.count(s) / c.window.Seconds() / c.share
	}
	return c.grants.rate(s, c.burst) / c.share
}

// next429 takes a later 429 of a bucket, or of a window of a second.
func (c *controller) next429(s stretch, hold float64) {
	full := c.debt >= 0.5*(c.burst-1)+min(1, c.limit/50)
	if c.window > 0 {
		full = c.count(s) >= 0.9*c.burst
		if c.count(s) < c.burst-1 && c.seen > 0 {
			c.errors[len(bursts)] += 5 // it was not full: it is no window
			full = true
		}
	}
	switch {
	case c.guessed(s):
	case c.probing:
		c.failed(s, full, hold)
	case full && (c.rate > c.limit || c.window > 0) || c.searching > 0:
		c.refit(s, full)
	case c.confirmed == 0 && c.seen < 2 && len(c.unexplained) == 0 && c.implied(s) < 0.95*c.limit && c.agree(c.implications(s), 0.6*c.limit):
		c.refit(s, full) // the first gave one equation, this one the other
	default:
		c.accident(s)
	}
}

// failed ends a probe.
func (c *controller) failed(s stretch, full bool, hold float64) {
	c.probing = false
	if !full {
		c.probeLater(soonRetry, hold)
		c.accident(s)
		return
	}
	c.believe(max(c.limit, c.implied(s)), c.burst)
	c.probeLater(c.probeWait, hold)
	if c.probeWait *= 2; c.probeWait > 2*firstRetry || c.top > 1.5*c.limit {
		c.top = 0 // it was tried twice, or once where that costs many 429s
	}
}

// refit takes a 429 that the limiter caused.
func (c *controller) refit(s stretch, full bool) {
	tolerance := 0.05
	if c.confirmed > 0 {
		tolerance = 0.01 + 2/s.granted
	}
	c.weigh(c.implications(s), tolerance)
	best := c.best()
	least := 0.6
	if c.confirmed > 0 {
		least = 0.9 // what was confirmed is not given up for one 429
	}
	r := max(c.models.rates[best], least*c.limit)
	if full && off(r, c.limit) < 0.05 {
		c.confirmed++
		c.top = 0 // the higher one need not be tried
	} else {
		c.confirmed = 0
	}
	c.window, c.burst = time.Second, r
	if best < len(bursts) {
		c.window, c.burst = 0, bursts[best]
	}
	c.believe(r, c.burst)
}

// accident takes a 429 that the limit does not explain. One changes nothing but
// the rate of the moment, and how far it has climbed over the limit. Of two in a
// row, the higher limit that they imply is believed.
func (c *controller) accident(s stretch) {
	hold := max(c.longest, 0.2)
	c.flow = max(min(c.flow, c.period*hold), c.flow-hold)
	c.rate = min(c.rate, c.limit*(1-margin))
	c.unexplained = append(c.unexplained, min(c.implied(s), s.overflow/c.share))
	n := len(c.unexplained)
	if n < 2 {
		return
	}
	a, b := c.unexplained[n-2], c.unexplained[n-1]
	r := max(a, b)
	c.confirmed, c.period = 0, min(c.period, firstPeriod)
	switch {
	case r > 0.985*c.limit:
	case r < 0.9*c.limit && off(a, b) < 0.2:
		c.fall(s, r)
	default:
		c.lower(max(r, 0.9*c.limit))
	}
}

// lower believes in a somewhat lower limit. The higher one is tried again.
func (c *controller) lower(r float64) {
	if c.top == 0 {
		c.top, c.probeWait = c.limit, firstRetry
		c.probeLater(firstRetry, c.longest)
	}
	c.limit, c.rate = r, r*(1-margin)
	c.unexplained = c.unexplained[len(c.unexplained)-1:]
}

// fall believes in a much lower limit.
func (c *controller) fall(s stretch, r float64) {
	old, hold := max(c.top, c.limit), max(c.longest, 0.2)
	c.confirmed, c.window = 0, 0
	c.believe(r, c.burst)
	c.period, c.flow = 3, 3*hold // from the limit on, and soon over it
	c.models.rates = c.implications(s)
	c.top, c.probeWait = old, firstRetry
	c.probeLater(firstRetry, hold)
}
