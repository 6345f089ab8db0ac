package pace

import "time"

// crowding finds the tenant's cap on requests in flight.
type crowding struct {
	most      int       // our own cap
	cap       int       // cap now
	ok        []float64 // what went through, by how many were in flight
	recent    []passed  // not yet in ok
	met       bool      // a 429 came from a cap, as it seems
	confirmed bool      // the same cap was met twice
	binding   bool      // slots, not the pace, hold the workers back
	bound     time.Duration
	last      time.Time
	patience  time.Duration // bound for so long, one more is tried
}

const (
	firstCap        = 4
	rampPatience    = 100 * time.Millisecond
	slotPatience    = 450 * time.Millisecond // for each of the first eight: a rate is to be met before a cap
	firstPatience   = time.Second / 2
	patienceOnceMet = 15 * time.Second
	longestPatience = 2 * time.Minute
)

func newCrowding(most int) crowding {
	return crowding{most: most, cap: min(most, firstCap), ok: make([]float64, most+1), patience: firstPatience}
}

func (c *crowding) limited() bool { return c.met && c.cap < c.most }

// sent notes a start. wasted says that the pace had more to give than was
// taken: then it is the slots that hold the workers back.
func (c *crowding) sent(now time.Time, among int, wasted bool) {
	c.binding = among >= c.cap
	if !c.last.IsZero() && c.binding && wasted {
		c.bound += min(now.Sub(c.last), rampPatience)
	}
	c.last = now
}

// passed is a request that was accepted.
type passed struct {
	started time.Time
	among   int
}

// recently is how many accepted requests wait before they count. A 429 is
// noticed late: what started after the refused one says nothing against a cap,
// because the refused one was among those in flight only for us.
const recently = 256

// through counts a request that was accepted.
func (c *crowding) through(f *flight) {
	if len(c.recent) == recently {
		c.count(recently / 2)
	}
	c.recent = append(c.recent, passed{f.started, f.among})
}

func (c *crowding) count(n int) {
	for _, p := range c.recent[:n] {
		c.ok[min(p.among, c.most)]++
	}
	c.recent = append(c.recent[:0], c.recent[n:]...)
}

// possible says whether an episode can come from a cap: not when as many were
// in flight before and went through.
func (c *crowding) possible(e *episode) bool {
	if e.among <= 1 {
		return false
	}
	before := c.recent[:0]
	for _, p := range c.recent {
		if p.started.Before(e.first) {
			before = append(before, p)
		}
	}
	c.recent = before
	c.count(len(before))
	sum := 0.0
	for _, n := range c.ok[min(e.among, c.most):] {
		sum += n
	}
	return sum < 3
}

// lower takes a cap.
func (c *crowding) lower(n int) {
	c.cap = min(max(n, 1), c.most)
	c.bound, c.met = 0, true
}

// enough takes back the slots that were given after the rate's limit was met
// with so many in flight, and before that was known.
func (c *crowding) enough(among int) {
	if !c.met {
		c.cap = min(c.cap, max(among, firstCap))
	}
	c.bound = 0
}

// refused notes a 429 that a cap may have caused.
func (c *crowding) refused(among int, sure bool) {
	if sure || c.limited() && among >= c.cap {
		c.confirmed = true
		c.patience = min(max(2*c.patience, patienceOnceMet), longestPatience)
	}
	c.lower(among - 1)
}

// grow gives more slots when their lack has held the workers back for long
// enough: quickly as long as no cap was met, since then nothing speaks against
// it; else one more now and then, because caps are raised too.
func (c *crowding) grow(latency time.Duration, settled bool) {
	if c.cap == c.most {
		return
	}
	patience, step := c.patience, 1
	switch {
	case !c.met && settled:
		patience = max(time.Second, latency) // the slots were enough for the limit
	case !c.met:
		patience, step = max(rampPatience, latency), max(1, c.cap/2)
		if c.cap < 8 {
			patience, step = max(patience, slotPatience), 1
		}
		if latency > rampPatience {
			step = c.cap // each step takes a round trip
		}
	case !c.confirmed:
		step = max(1, c.cap/4)
	}
	if c.bound < patience {
		return
	}
	c.bound = 0
	c.cap = min(c.cap+step, c.most)
}

// fade lets old successes count less: caps change too.
func (c *crowding) fade() {
	for i := range c.ok {
		c.ok[i] *= 0.7
	}
}
