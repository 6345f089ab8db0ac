package pace

import (
	"net/http"
	"time"

	"golang.org/x/time/rate"

	"github.com/kinde-migrate/kinde-migrate/kinde"
)

// LearningGate finds the tenant's limit and stays just under it. docs/pacing.md
// tells how.
type LearningGate struct {
	line
	policy *controller
}

// Learning returns a gate that finds out how fast the tenant lets it go.
func Learning(o Options) *LearningGate {
	c := newController(o)
	return &LearningGate{line: line{policy: c, headers: o.Headers, throttled: o.Throttled}, policy: c}
}

// Snapshot says what the gate believes and does now.
func (g *LearningGate) Snapshot() Snapshot {
	g.mu.Lock()
	defer g.mu.Unlock()
	s := g.line.snapshot(time.Now())
	s.Limit, s.Rate = g.policy.limit, g.policy.rate*g.policy.share
	return s
}

// State is what the gate has learnt, for Options.Known of a later run.
func (g *LearningGate) State() State {
	g.mu.Lock()
	defer g.mu.Unlock()
	c := g.policy
	s := State{Limit: c.limit, Burst: c.burst, Window: c.window.Seconds()}
	if c.inFlight.limited() {
		s.MaxInFlight = c.inFlight.cap
	}
	return s
}

const (
	defaultStart = 50.0
	slowest      = 0.2 // requests per second: below that nothing would be learnt any more
	fastest      = 1e6
	stalePermit  = 100 * time.Millisecond
	longHold     = 1500 * time.Millisecond // longer: a bucket would have a request again sooner
)

// controller is the policy of a Learning gate. While it knows no limit it
// doubles its rate; from the first 429 on it believes in a limit, stays a
// little under it and climbs over it now and then (climb.go). What a 429 says
// of the limit is in throttled.go.
type controller struct {
	share    float64
	limiter  *rate.Limiter
	grants   *grants
	inFlight concurrency

	rate      float64       // requests per second now, before the share
	limit     float64       // believed limit; 0: none met
	burst     float64       // how many may come at once on top; of a window: its count
	window    time.Duration // length of the tenant's window; 0: none
	sliding   bool          // the window slides
	notWindow bool          // long holds say nothing of a window
	bucket    float64       // the limit if that window isn't one, until that is known
	ceiling   float64       // with a share: the limit is believed to be no higher

	advertised float64   // limit that the tenant tells; 0: it doesn't
	spare      float64   // requests a second that it says are left
	spareUntil time.Time // as long as that holds

	since   time.Time // begin of the ramp
	resumed time.Time // end of the last hold
	gap     time.Duration
	granted float64   // since resumed
	debt    float64   // of a bucket of that limit, since resumed
	paid    time.Time // when debt was counted
	grown   time.Time // last growth of the rate
	starved time.Time // last time somebody waited for the rate
	wasted  bool      // at the last leave the rate had more to give
	latency float64   // smoothed, seconds
	episode *episode

	train train
	climb
	models
	unexplained []float64 // what 429s in a row imply that the limit does not explain
	empty       int       // holds in a row after which next to nothing went through
}

// episode is all 429s of requests that started before the hold they cause.
type episode struct {
	first time.Time     // start of the earliest
	known time.Time     // when its answer came
	among int           // in flight then
	until time.Time     // end of the hold
	asked time.Duration // longest hold that was asked for
	count int
}

func newController(o Options) *controller {
	most := o.slots()
	c := &controller{share: o.Share, rate: o.Start, inFlight: concurrency{most: most, cap: min(most, firstCap), patience: firstPatience}}
	if !(c.share > 0 && c.share < 1) {
		c.share = 1
	}
	if !(c.rate > 0) {
		c.rate = defaultStart
	}
	c.limiter = rate.NewLimiter(1, 1)
	if k := o.Known; k != nil {
		if k.MaxInFlight > 0 {
			c.inFlight.lower(k.MaxInFlight)
			c.inFlight.confirmed, c.inFlight.patience = true, patienceOnceMet
		}
		if k.Limit > 0 {
			c.limit, c.burst = k.Limit, max(k.Burst, 0)
			c.window = min(max(time.Duration(k.Window*float64(time.Second)), 0), remembered)
			if c.burst == 0 {
				c.burst = usual(c.limit)
			}
			c.confirmed = 1
			c.believe(c.limit, c.burst)
			c.longest = 1 // as usual, until one is seen
		}
	}
	c.setRate(time.Time{}, c.rate)
	return c
}

// setRate paces from now on. What waited for a slot may leave at once as far as
// a bucket bears it.
func (c *controller) setRate(now time.Time, r float64) {
	c.rate = min(max(r, slowest), fastest)
	r = c.rate * c.share
	if now.Before(c.spareUntil) {
		r = max(min(r, c.spare), slowest)
	}
	c.limiter.SetLimitAt(now, rate.Limit(r))
	at := 1.0
	if c.limit > 0 && c.window == 0 {
		at = min(0.06*r, 0.4*c.burst)
	}
	if burst := max(1, int(at)); burst != c.limiter.Burst() {
		c.limiter.SetBurstAt(now, burst)
	}
}

func (c *controller) slots() int { return c.inFlight.cap }

func (c *controller) late(now, granted time.Time) bool { return now.Sub(granted) > stalePermit }

func (c *controller) take(now time.Time) (bool, time.Duration) {
	if c.grants == nil {
		c.grants = &grants{origin: now}
		c.since, c.resumed, c.grown, c.paid = now, now, now, now
		c.gap = remembered // nothing came before
	}
	if c.episode != nil {
		c.resume(now)
	}
	if wait := c.resting(now); wait > 0 {
		return false, wait
	}
	if c.full(now) {
		c.starved = now
		return false, 20 * time.Millisecond
	}
	c.wasted = !c.train.on && c.limiter.TokensAt(now) >= float64(c.limiter.Burst())
	if c.limiter.AllowN(now, 1) {
		return true, 0
	}
	c.starved = now
	return false, nextToken(c.limiter, now)
}

func (c *controller) sent(now time.Time, f *flight) {
	c.inFlight.sent(now, f.among, c.wasted)
	c.grants.add(now, f.among)
}

func (c *controller) refused(f *flight, now, until time.Time, asked time.Duration) {
	c.grants.refuse(f.started)
	if c.episode == nil {
		if f.started.Before(c.resumed) {
			return // a straggler of the last episode
		}
		c.episode = &episode{first: f.started, known: now, among: f.among}
	}
	e := c.episode
	e.count++
	if f.started.Before(e.first) {
		e.first, e.among = f.started, f.among
	}
	e.asked, e.until = max(e.asked, asked), later(e.until, until)
}

func (c *controller) answered(now time.Time, f *flight, status int) {
	if status == http.StatusTooManyRequests || status == 0 {
		return
	}
	seconds := now.Sub(f.started).Seconds()
	if c.latency == 0 {
		c.latency = seconds
	}
	c.latency += (seconds - c.latency) / 16
	if !f.started.Before(c.resumed) && (c.episode == nil || f.started.Before(c.episode.first)) {
		c.granted++
		c.drain(f.started)
		c.debt++
	}
	if status >= 500 {
		// A tenant in trouble says nothing about its limits.
		c.grown = now
		return
	}
	if c.episode == nil && !f.started.Before(c.resumed) && !c.train.on {
		c.grow(now)
	}
}

// drain lets the virtual bucket drain until then.
func (c *controller) drain(at time.Time) {
	if passed := at.Sub(c.paid).Seconds(); passed > 0 {
		c.debt = max(c.debt-c.limit*passed, 0)
		c.paid = at
	}
}

// resume goes on after a hold, with what its 429s said.
func (c *controller) resume(now time.Time) {
	e := c.episode
	c.episode = nil
	c.drain(e.first)
	c.throttled(now, e)
	c.resumed, c.gap, c.grown, c.granted = now, now.Sub(e.first), now, 0
	c.debt, c.paid = max(c.burst-c.limit*c.gap.Seconds(), 0), now
	c.setRate(now, c.rate)
	c.limiter.AllowN(now, c.limiter.Burst()-1) // what was saved up in the hold is gone
	if c.train.on = c.train.on && c.debt < 0.2*c.burst; c.train.on {
		c.setRate(now, trainRate*c.limit)
	}
}

// told takes the limit from the tenant itself. What one is told is believed
// until it is disproved.
func (c *controller) told(now time.Time, q kinde.Quota) {
	if q.Window == 0 && q.Limit > 0 && q.Reset >= 2*time.Second && q.Remaining >= q.Limit-float64(c.inFlight.most)-1 {
		q.Window = q.Reset // it has just begun
	}
	if r := q.Limit / q.Window.Seconds(); q.Limit > 0 && q.Window > 0 && q.Window <= remembered &&
		r != c.advertised && (c.advertised == 0 || q.Window == c.window) {
		c.advertised, c.confirmed, c.window, c.sliding = r, 1, q.Window, false
		c.believe(r, q.Limit)
		c.longest = 1
		c.setRate(now, c.rate)
	}
	if q.Remaining >= 0 && q.Reset >= 2*time.Second {
		c.spare, c.spareUntil = max(q.Remaining, 1)/q.Reset.Seconds(), now.Add(q.Reset)
		c.setRate(now, c.rate)
	}
}
