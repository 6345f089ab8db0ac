package pace

import "time"

// concurrency finds the tenant's cap on requests in flight.
type concurrency struct {
	most      int  // our own cap
	cap       int  // cap now
	met       bool // a 429 came from a cap, as it seems
	confirmed bool // the same cap was met twice
	binding   bool // slots, not the pace, hold the workers back
	bound     time.Duration
	last      time.Time
	patience  time.Duration // bound for so long, one more is tried
}

const (
	firstCap        = 5
	slotPatience    = 480 * time.Millisecond // for each of the first eight: a rate is to be met before a cap
	rampPatience    = 100 * time.Millisecond
	firstPatience   = time.Second / 2
	patienceOnceMet = 15 * time.Second
	longestPatience = 2 * time.Minute
)

func (c *concurrency) limited() bool { return c.met && c.cap < c.most }

// sent notes a start. wasted says that the pace had more to give than was
// taken: then it is the slots that hold the workers back.
func (c *concurrency) sent(now time.Time, among int, wasted bool) {
	c.binding = among >= c.cap
	if !c.last.IsZero() && c.binding && wasted {
		c.bound += min(now.Sub(c.last), rampPatience)
	}
	c.last = now
}

// lower takes a cap.
func (c *concurrency) lower(n int) {
	c.cap, c.bound, c.met = min(max(n, 1), c.most), 0, true
}

// refused notes a 429 that a cap may have caused.
func (c *concurrency) refused(among int, sure bool) {
	if sure || c.limited() && among >= c.cap {
		c.confirmed = true
		c.patience = min(max(2*c.patience, patienceOnceMet), longestPatience)
	}
	c.lower(among - 1)
}

// grow gives more slots when their lack has held the workers back for long
// enough: quickly as long as no cap was met, since then nothing speaks against
// it; else one more now and then, because caps are raised too.
func (c *concurrency) grow(latency time.Duration, settled bool) {
	patience, step := c.patience, 1
	switch {
	case !c.met && settled:
		patience = max(time.Second, latency) // the slots were enough for the limit
	case !c.met:
		patience, step = max(rampPatience, latency), max(1, min(c.cap/2, 8))
		if c.cap < 8 {
			patience, step = max(patience, slotPatience), 1
		}
		if latency > rampPatience {
			step = max(1, 9*c.cap/10) // each step takes a round trip
		}
	case !c.confirmed:
		step = max(1, c.cap/4)
	}
	if c.bound >= patience && c.cap < c.most {
		c.bound, c.cap = 0, min(c.cap+step, c.most)
	}
}
