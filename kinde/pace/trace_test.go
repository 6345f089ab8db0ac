package pace

import (
	"fmt"
	"os"
	"testing"
	"time"
)

// traced prints what a controller believes after each hold.
type traced struct {
	*controller
	born time.Time
}

func (p *traced) take(now time.Time) (bool, time.Duration) {
	c := p.controller
	if p.born.IsZero() {
		p.born = now
	}
	e := c.episode
	debt, rate, limit, burst, granted, searching, probing := c.debt, c.rate, c.limit, c.burst, c.granted, c.searching, c.probing
	ok, wait := c.controllerTake(now)
	if e != nil {
		fmt.Printf(
			"%8.2f 429s %d after %.0f asked %.1f at %.1f: debt %.1f search %.2f probe %v  limit %.1f/%.0f -> %.1f/%.0f rate %.1f agreed %d odd %d cap %d\n",
			now.Sub(p.born).Seconds(),
			e.count,
			granted,
			e.asked.Seconds(),
			rate,
			debt,
			searching,
			probing,
			limit,
			burst,
			c.limit,
			c.burst,
			c.rate,
			c.confirmed,
			len(c.unexplained),
			c.inFlight.cap,
		)
	}
	return ok, wait
}

func (c *controller) controllerTake(now time.Time) (bool, time.Duration) { return c.take(now) }

func (p *traced) answered(now time.Time, f *flight, status int) {
	c := p.controller
	limit, searching, probing := c.limit, c.searching > 0, c.probing
	c.answered(now, f, status)
	if limit != c.limit || searching != (c.searching > 0) || probing != c.probing {
		fmt.Printf(
			"%8.2f moves: search %.2f probe %v limit %.1f -> %.1f rate %.1f debt %.1f flow %.1f\n",
			now.Sub(p.born).Seconds(),
			c.searching,
			c.probing,
			limit,
			c.limit,
			c.rate,
			c.debt,
			c.flow,
		)
	}
}

func TestTrace(t *testing.T) {
	which := os.Getenv("KINDE_PACE_TRACE")
	if which == "" {
		t.Skip()
	}
	var total, workers int
	var seed uint64
	fmt.Sscan(os.Getenv("KINDE_PACE_RUN"), &total, &workers, &seed)
	for _, r := range table {
		if r.name == which {
			s := r.simulateWith(func(o Options) policy { return &traced{controller: newController(o)} }, workers, total, seed)
			fmt.Printf("used %.3f throttled %.4f\n", s.clients[0].used(), s.clients[0].share())
		}
	}
}
