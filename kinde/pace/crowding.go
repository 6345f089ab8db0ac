package pace

import "time"

// crowding finds the tenant's cap on requests in flight.
type crowding struct {
	most      int // our own cap
	cap       int // cap now
	ok        []float64
	confirmed bool // the same cap was met twice
	binding   bool // slots, not the pace, hold the workers back
	bound     time.Duration
	last      time.Time
	patience  time.Duration // bound for so long, one more is tried
}

const (
	firstPatience   = time.Second / 2
	longestPatience = 2 * time.Minute
)

func newCrowding(most int) crowding {
	return crowding{most: most, cap: most, ok: make([]float64, most+1), patience: firstPatience}
}

func (c *crowding) limited() bool { return c.cap < c.most }

func (c *crowding) sent(now time.Time, among int) {
	c.binding = among >= c.cap
	if !c.last.IsZero() && c.binding {
		c.bound += min(now.Sub(c.last), 100*time.Millisecond)
	}
	c.last = now
}

// through counts a request that was accepted with so many in flight.
func (c *crowding) through(among int) { c.ok[min(among, c.most)]++ }

// possible says whether a 429 with so many in flight can come from a cap: not
// when as many went through before.
func (c *crowding) possible(among int) bool {
	if among <= 1 {
		return false
	}
	sum := 0.0
	for _, n := range c.ok[min(among, c.most):] {
		sum += n
	}
	return sum < 3
}

// lower takes a cap.
func (c *crowding) lower(n int) {
	c.cap = min(max(n, 1), c.most)
	c.bound = 0
}

// refused notes a 429 that a cap may have caused.
func (c *crowding) refused(among int) {
	if c.limited() && among >= c.cap {
		c.confirmed = true
		c.patience = min(max(4*c.patience, 4*time.Second), longestPatience)
	}
	c.lower(among - 1)
}

// grow tries one more when the cap has held the workers back for long enough;
// more than one while it was only suspected.
func (c *crowding) grow(time.Time) {
	if !c.limited() || c.bound < c.patience {
		return
	}
	c.bound = 0
	step := 1
	if !c.confirmed {
		step = max(1, c.cap/4)
	}
	c.cap = min(c.cap+step, c.most)
}

// fade lets old successes count less: caps change too.
func (c *crowding) fade() {
	for i := range c.ok {
		c.ok[i] *= 0.7
	}
}
