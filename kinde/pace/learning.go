package pace

import (
	"math"
	"net/http"
	"time"

	"golang.org/x/time/rate"

	"github.com/kinde-migrate/kinde-migrate/kinde"
)

// LearningGate finds the tenant's limit and stays just under it. docs/pacing.md
// tells how.
type LearningGate struct {
	line
	policy *learner
}

var _ kinde.Gate = (*LearningGate)(nil)

// Learning returns a gate that finds out how fast the tenant lets it go.
func Learning(o Options) *LearningGate {
	g := &LearningGate{policy: newLearner(o)}
	g.line.policy, g.line.holdFor = g.policy, o.holdFunc()
	return g
}

// Snapshot says what the gate believes and does now.
func (g *LearningGate) Snapshot() Snapshot {
	g.mu.Lock()
	defer g.mu.Unlock()
	s := g.line.snapshot(time.Now())
	l := g.policy
	s.Limit, s.Shape, s.Rate = l.limit, l.shape(), l.pace*l.share
	s.Window = l.window
	return s
}

// State is what the gate has learnt, for Options.Known of a later run.
func (g *LearningGate) State() State {
	g.mu.Lock()
	defer g.mu.Unlock()
	l := g.policy
	s := State{Limit: l.limit, Burst: l.burst, Margin: l.margin, Shape: l.shape()}
	s.Window = l.window.Seconds()
	if l.crowd.limited() {
		s.MaxInFlight = l.crowd.cap
	}
	return s
}

// phase is what the gate is at.
type phase int

const (
	ramp   phase = iota // nothing known: double until something gives
	search              // one 429 seen: grow more slowly to the second, which gives the limit
	steady              // limit known: just under it, creeping up
)

const (
	defaultStart  = 50.0
	slowest       = 0.2 // requests per second: below that nothing would be learnt any more
	fastest       = 1e6
	firstMargin   = 0.02
	leastMargin   = 0.01
	largestMargin = 0.08

	rampDoubling           = 250 * time.Millisecond
	searchDoubling         = 3 * time.Second
	firstCreep             = 0.001  // growth per second of a first guess
	learntCreep            = 0.0025 // of what an earlier run found
	laterCreep             = 0.0005 // of a limit that was met twice
	boldness               = 1.2    // times the limit, for a probe
	firstPatienceToProbe   = 60 * time.Second
	longestPatienceToProbe = 10 * time.Minute
	unconfirmed            = 15 * time.Second // a limit met once is believed to be no higher for so long
	stalePermit            = 100 * time.Millisecond
)

// learner is the policy of a Learning gate.
type learner struct {
	share   float64
	limiter *rate.Limiter
	history *history
	crowd   crowding
	holds   backOff

	phase  phase
	pace   float64       // requests per second now, before the share
	limit  float64       // believed limit; 0: none met
	burst  float64       // how many may come at once on top; of a window: its count
	window time.Duration // length of the tenant's window; 0: none
	margin float64
	creep  float64 // growth per second in the steady phase, as a part

	known    evidence
	learnt   bool          // the belief is from an earlier run, so far
	spent    int           // how often nothing was left of the limit at the start
	resumed  time.Time     // end of the last hold, or the regime's begin
	grown    time.Time     // last growth of the pace
	starved  time.Time     // last time somebody waited for the pace
	latency  float64       // smoothed, seconds
	wary     bool          // the limit may have fallen
	probing  time.Time     // since when a probe is on; zero: none is
	probed   time.Time     // end of the last one
	patience time.Duration // until the next
	reach    float64       // up to that pace it climbs faster, by this part a second:
	climb    float64
	weighed  time.Time // when it was last asked whether there is more
	raised   int       // how often in a row there was more
	wasted   bool      // at the last leave the pace had more to give
	open     *episode
}

// episode is one meeting with the limit: the 429s of all that were in flight.
type episode struct {
	first time.Time     // start of its earliest 429
	among int           // in flight then
	begin time.Time     // headers of the first one read
	until time.Time     // end of the hold
	asked time.Duration // longest hold that was asked for
	count int
}

func newLearner(o Options) *learner {
	l := &learner{share: o.Share, pace: o.Start, margin: firstMargin, crowd: newCrowding(o.slots())}
	if !(l.share > 0 && l.share < 1) {
		l.share = 1
	}
	if !(l.pace > 0) {
		l.pace = defaultStart
	}
	if k := o.Known; k != nil {
		if k.MaxInFlight > 0 {
			l.crowd.lower(k.MaxInFlight)
			l.crowd.confirmed, l.crowd.patience = true, patienceOnceMet
		}
		if k.Limit > 0 {
			l.limit, l.burst = k.Limit, max(k.Burst, 0)
			l.margin = min(max(k.Margin, leastMargin), largestMargin)
			l.phase, l.learnt = steady, true
			l.pace = l.justUnder()
			l.window = min(max(time.Duration(k.Window*float64(time.Second)), 0), remembered)
			if l.creep = learntCreep; l.window > 0 {
				l.creep = l.margin / (35 * l.window.Seconds())
			} else if l.burst == 0 {
				l.burst = usual(l.limit)
			}
		}
	}
	l.limiter = rate.NewLimiter(1, 1)
	l.setPace(time.Time{}, l.pace)
	return l
}

func (l *learner) shape() Shape {
	switch {
	case l.window > 0:
		return ShapeWindow
	case l.crowd.limited() && (l.limit == 0 || l.crowd.binding):
		return ShapeConcurrency
	case l.limit > 0:
		return ShapeRate
	case l.phase == ramp && l.history != nil && time.Since(l.known.from) > 5*time.Second:
		return ShapeUnlimited
	}
	return ShapeUnknown
}

// setPace paces from now on. A few hundredths of a second may be caught up:
// what waited for a slot or a late timer is not lost.
func (l *learner) setPace(now time.Time, pace float64) {
	l.pace = min(max(pace, slowest), fastest)
	r := l.pace * l.share
	l.limiter.SetLimitAt(now, rate.Limit(r))
	late := r * 0.025
	if l.phase == steady && l.window == 0 && l.burst < 0.4*r {
		late = max(late, min(0.4*l.burst, 0.06*r)) // a bucket of known size bears it
	}
	if burst := max(1, int(late)); burst != l.limiter.Burst() {
		l.limiter.SetBurstAt(now, burst)
	}
}

// justUnder is the pace to keep to a limit that is believed in.
func (l *learner) justUnder() float64 { return l.limit * (1 - l.margin) }

func (l *learner) slots() int { return l.crowd.cap }

func (l *learner) late(now, granted time.Time) bool { return now.Sub(granted) > stalePermit }

func (l *learner) take(now time.Time) (bool, time.Duration) {
	if l.history == nil {
		l.history = newHistory(now)
		l.known.from, l.resumed, l.grown, l.probed = now, now, now, now
		l.patience = firstPatienceToProbe
	}
	if l.open != nil {
		l.close(now)
	}
	l.wasted = l.limiter.TokensAt(now) >= float64(l.limiter.Burst())
	if l.limiter.AllowN(now, 1) {
		return true, 0
	}
	l.starved = now
	return false, nextToken(l.limiter, now)
}

func (l *learner) sent(now time.Time, f *flight) { l.crowd.sent(now, f.among, l.wasted) }

func (l *learner) hold(now time.Time, f *flight, asked time.Duration, found bool) time.Duration {
	d := l.holds.hold(now, f, asked, found)
	if l.open == nil {
		if f.started.Before(l.resumed) {
			return d // a straggler of the last episode
		}
		l.open = &episode{first: f.started, among: f.among, begin: now, until: now}
	}
	e := l.open
	e.count++
	if f.started.Before(e.first) {
		e.first, e.among = f.started, f.among
	}
	e.asked = max(e.asked, asked)
	if until := now.Add(d); until.After(e.until) {
		e.until = until
	}
	return d
}

func (l *learner) answered(now time.Time, f *flight, status int) {
	l.holds.answered(f, status)
	if status == http.StatusTooManyRequests || status == 0 || l.history == nil {
		return
	}
	l.history.add(f.started)
	seconds := now.Sub(f.started).Seconds()
	if l.latency == 0 {
		l.latency = seconds
	}
	l.latency += (seconds - l.latency) / 16
	if status >= 500 {
		// A tenant in trouble says nothing about its limits.
		l.grown = now
		return
	}
	l.crowd.through(f)
	l.known.answers++
	if l.open == nil && !f.started.Before(l.resumed) {
		l.grow(now)
	}
}

// grow raises the pace by what the time since the last growth allows, if the
// pace is what held the workers back.
func (l *learner) grow(now time.Time) {
	// At a slow pace answers come seldom, and each counts for its time.
	spacing := time.Duration(1.5 / (l.pace * l.share) * float64(time.Second))
	passed := min(now.Sub(l.grown), max(rampDoubling, min(spacing, 5*time.Second))).Seconds()
	l.grown = now
	l.crowd.grow(time.Duration(l.latency*float64(time.Second)), l.phase == steady && l.raised == 0)
	if passed <= 0 {
		return
	}
	// While both are looked for, the pace runs ahead of what the slots can do,
	// so that it is the lack of slots that shows.
	ahead := l.phase == ramp && l.crowd.cap < l.crowd.most && l.pace*l.latency < 2*float64(l.crowd.cap)
	if !ahead && now.Sub(l.starved) > 100*time.Millisecond+time.Duration(2/l.pace*float64(time.Second)) {
		return
	}
	next := l.pace
	switch l.phase {
	case ramp:
		next *= math.Exp2(passed / max(rampDoubling.Seconds(), 2*l.latency))
	case search:
		doubling := searchDoubling
		if l.limit > 0 && next > 1.6*l.limit {
			doubling = 6 * searchDoubling // far above what went through
		}
		next *= math.Exp2(passed / max(doubling.Seconds(), 4*l.latency))
	case steady:
		if l.share < 1 && next >= l.limit {
			return // our share never shows whether there is more
		}
		if now.Sub(l.weighed) >= time.Second && l.probing.IsZero() {
			l.weighed = now
			if l.raise(now); l.phase != steady {
				return
			}
		}
		if l.wary {
			if now.Sub(l.resumed) < 1500*time.Millisecond {
				return
			}
			l.wary = false
			next = max(next, l.justUnder())
		}
		if l.goesOver(now) {
			return
		}
		creep := l.creep
		if l.pace < l.reach {
			creep = max(creep, l.climb)
		}
		if long := now.Sub(l.resumed) - unconfirmed; long > 0 && l.known.settled < 2 && !l.learnt {
			creep = max(creep, 0.002*long.Seconds())
		}
		next *= 1 + creep*passed
	}
	l.setPace(now, next)
}

// goesOver goes well over the limit from time to time. If it is right, the next
// 429 comes at once, as one would have later; if it is much too low, nothing
// else would ever show it. It says whether it goes on.
func (l *learner) goesOver(now time.Time) bool {
	if l.window > 0 || l.share < 1 {
		return false
	}
	if l.probing.IsZero() {
		if now.Sub(l.probed) < l.patience {
			return false
		}
		l.probing = now
		l.setPace(now, boldness*l.limit)
		return true
	}
	enough, tried := 0.3+2*(l.burst+2)/((boldness-1)*l.limit), now.Sub(l.probing).Seconds()
	if tried < min(enough, 30) {
		return true
	}
	over := l.history.between(l.probing, now) > (boldness+1)/2*l.limit*tried
	l.probing, l.probed, l.patience = time.Time{}, now, firstPatienceToProbe
	if over {
		l.forget(now)
	} else {
		l.setPace(now, l.justUnder()) // something else was slower
	}
	return true
}

// raise believes in more when more went through than the belief allows, and
// climbs the faster the more often that happens without a 429.
func (l *learner) raise(now time.Time) {
	if !l.excess(now) {
		return
	}
	l.limit *= 1.01
	if l.window > 0 {
		l.burst *= 1.01
	}
	if l.limit < l.reach {
		return // as was to be expected
	}
	l.raised++
	l.creep = min(max(l.creep, 0.005*math.Exp2(float64(l.raised))), 0.2)
	if l.raised == 6 {
		l.forget(now) // that is another limit than the one met before
	}
}

// forget begins a new regime with what went through since the last hold.
func (l *learner) forget(now time.Time) {
	from := l.resumed
	if recent := now.Add(-10 * time.Second); from.Before(recent) {
		from = recent
	}
	l.known.begin(from)
	l.resumed, l.learnt = from, false
	l.raised, l.reach = 0, 0
	l.probing, l.probed = time.Time{}, now
	if l.window > 0 {
		l.window, l.burst = 0, usual(l.limit)
	}
	l.phase = search
}
