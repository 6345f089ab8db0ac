package pace

import (
	"math"
	"time"
)

// windowLengths are those that people configure, in seconds, ascending.
var windowLengths = []time.Duration{1, 2, 5, 10, 15, 20, 30, 60, 120}

// believeWindow takes a long hold for the rest of a window, which ends with the
// hold, within a second. Of the usual lengths it has the one that allows most:
// if that is too much, the next 429 tells better.
func (c *controller) believeWindow(s stretch, e *episode) {
	best, begin := 0.0, s.from
	c.window, c.burst = remembered, 1 // if nothing is remembered
	for _, seconds := range windowLengths {
		w := seconds * time.Second
		if w+time.Second < e.asked && w < remembered {
			continue
		}
		from := s.until.Add(e.asked - w - time.Second/2)
		n := c.grants.between(later(from, s.from), e.until) // some overtook the refused one
		if r := n / w.Seconds(); r > best {
			best, begin, c.window, c.burst = r, from, w, n
		}
	}
	c.believe(c.burst/c.window.Seconds(), c.burst)
	if begin.After(s.from) {
		c.rate, c.searching = c.limit, 0.1 // the count is a guess
	}
}

// notAWindow gives the window up: more goes through than it would let.
func (c *controller) notAWindow() {
	c.window, c.sliding, c.notWindow = 0, false, true
	c.believe(c.bucket, usual(c.bucket))
	c.bucket = 0
}

// count is how many the window had let through when the 429 came.
func (c *controller) count(s stretch) float64 {
	from := s.until.Add(-c.window)
	if !c.sliding {
		from = later(from, s.from)
	}
	return c.grants.between(from, s.until)
}

// windowed takes a 429 where a window is believed in, or a long hold.
func (c *controller) windowed(s stretch, e *episode) {
	c.bucket = 0
	slid := c.grants.between(s.until.Add(-c.window), s.until)
	switch n := c.count(s); {
	case c.window == 0:
		c.believeWindow(s, e)
	case n > 0.9*c.burst:
		c.confirmed++
		c.believe(n/c.window.Seconds(), n)
	case math.Abs(slid/c.burst-1) < 0.03:
		c.sliding = true
		c.confirmed++
		c.believe(slid/c.window.Seconds(), slid)
	case c.confirmed == 0:
		c.believeWindow(s, e)
	default:
		c.accident(s)
	}
}

// full says that a window that slides has no room now.
func (c *controller) full(now time.Time) bool {
	return c.sliding && c.window > time.Second && c.grants.between(now.Add(-c.window), now) >= 0.985*c.burst
}
