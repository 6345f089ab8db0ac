package pace

import (
	"math"
	"time"
)

const (
	trainLength = 0.75            // of the assumed burst
	trainRate   = 3.0             // times the limit
	trainTime   = time.Second / 2 // at most
)

// train is a packet train: some requests close together after the first hold, when
// a bucket is full again. It shows whether the bucket bears the assumed burst.
type train struct {
	on    bool
	ended time.Time
	rest  time.Time // until then the bucket regains what the train took
	guess float64   // limit that was believed before it was refused
}

// resting ends a train that is long enough, and says how long nothing may start then.
func (c *controller) resting(now time.Time) time.Duration {
	if c.train.on {
		passed := now.Sub(c.resumed)
		ahead := c.grants.between(c.resumed, now) - c.limit*passed.Seconds()
		if ahead < trainLength*c.burst && passed < trainTime {
			return 0
		}
		c.train = train{ended: now, rest: now.Add(time.Duration(ahead / c.limit * float64(time.Second)))}
		c.setRate(now, c.limit*(1-margin))
	}
	return c.train.rest.Sub(now)
}

// trainRefused takes a 429 of a train: the bucket bears less. The first 429 gave
// one equation for its rate and its burst, and this is the other.
func (c *controller) trainRefused(s stretch, hold float64) {
	fits := -1
	for i, r := range c.grants.rates(s, bursts) {
		if i == 0 || bursts[i] < s.granted {
			r += 1 / s.seconds() // a request more or less
		}
		if bursts[i] <= c.burst && r >= c.models.rates[i] {
			fits = i
		}
	}
	if fits < 0 {
		c.accident(s)
		return
	}
	for i, b := range bursts {
		c.errors[i] = square(off(b, bursts[fits]) / math.Log(math.Sqrt2))
	}
	c.train.guess = c.limit
	c.believe(max(c.limit, c.models.rates[fits]), bursts[fits])
	c.longest = max(c.longest, hold)
}

// guessed goes back to what was believed before the train was refused, if that
// explains the next 429 better: then an accident refused the train.
func (c *controller) guessed(s stretch) bool {
	g := c.train.guess
	c.train.guess = 0
	if g == 0 || off(c.grants.rate(s, usual(g)), g) > off(c.implied(s), c.limit) {
		return false
	}
	c.seen = 0
	c.weigh(c.models.rates, 0)
	c.believe(g, usual(g))
	return true
}

// off is how far apart two rates are.
func off(a, b float64) float64 { return math.Abs(math.Log(a / b)) }
