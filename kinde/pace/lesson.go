package pace

import (
	"time"
)

// close draws the lesson from an episode, once its hold is over.
func (l *learner) close(now time.Time) {
	e := l.open
	l.open = nil
	l.history.advance(now)
	l.learn(now, e)
	l.crowd.fade()
	l.resumed, l.grown = now, now
	// What the bucket of our own limiter collected during the hold is not ours.
	l.setPace(now, l.pace)
}

func (l *learner) learn(now time.Time, e *episode) {
	span := e.first.Sub(l.resumed)
	seconds := max(span, bin).Seconds()
	through := l.history.between(l.resumed, e.first)
	cycle := now.Sub(l.resumed)
	whole := l.history.between(l.resumed, now)

	crowded := l.crowd.possible(e.among)
	if crowded {
		l.crowd.refused(e.among)
	}
	if e.asked > longHold {
		if limit, ok := l.window.meet(cycle, whole); ok {
			l.settle(now, e, limit, whole)
			return
		}
	}
	if crowded && l.crowd.confirmed {
		return // the cap explains it
	}

	upper := (through + 1) / seconds
	if l.phase == steady || l.phase == regain {
		if l.surprising(e, span, through) {
			if crowded {
				return
			}
			if !l.struck {
				// Once is an accident (another client, a hiccup): go on as before.
				l.struck = true
				return
			}
			l.fall(now, e, through, seconds, cycle)
			return
		}
	}
	l.struck = false
	lower := 0.0
	high := upper
	if len(l.episodes) > 0 {
		lower = whole / max(e.first.Sub(l.episodes[len(l.episodes)-1]), bin).Seconds()
	}
	l.remember(e)
	burst := 0.0
	if len(l.episodes) == 1 || l.phase == steady {
		burst = l.burst
	}
	limit, size := l.history.fit(l.regime, l.episodes, min(lower, high), high, burst)
	l.burst = size
	l.settle(now, e, limit, whole)
}

// remember keeps the last few episodes and moves the regime's begin with them.
func (l *learner) remember(e *episode) {
	l.episodes = append(l.episodes, e.first)
	if len(l.episodes) > 4 {
		l.regime = l.episodes[0]
		l.episodes = append(l.episodes[:0], l.episodes[1:]...)
	}
}

// surprising says that the limit believed so far does not explain the 429.
func (l *learner) surprising(e *episode, span time.Duration, through float64) bool {
	if l.limit == 0 {
		return false
	}
	debt := make([]float64, 1)
	l.history.debts(l.limit*0.98, l.resumed, []time.Time{e.first}, debt)
	if debt[0] >= 0.5*l.burst+1 && l.pace > 0.9*l.limit {
		return false
	}
	return l.pace <= 1.01*l.limit
}

// fall takes a lower limit after two surprises close together.
func (l *learner) fall(now time.Time, e *episode, through, seconds float64, cycle time.Duration) {
	if seconds > 4 && through > 60+2*l.burst {
		return // far apart: two accidents
	}
	burst := min(l.burst, through*0.8)
	lower := through / cycle.Seconds()
	limit := max((through-burst)/seconds, lower)
	l.before = max(l.limit, l.before)
	l.regime, l.episodes = l.resumed, append(l.episodes[:0], e.first)
	l.struck = false
	l.window = windowing{}
	if limit >= l.limit {
		return
	}
	l.limit = limit
	l.phase = regain
	l.setPace(now, limit*(1-l.margin))
}

// settle takes a limit and goes on to the next phase.
func (l *learner) settle(now time.Time, e *episode, limit, whole float64) {
	l.limit = max(limit, slowest)
	switch l.phase {
	case ramp:
		l.phase = search
		l.setPace(now, l.limit)
		return
	case search, regain:
		l.phase, l.creep, l.margin = steady, 0.0025, firstMargin
		l.before = 0
	case steady:
		// The longer the hold, the more rarely it may be provoked: under the
		// limit for 35 times its length, over it for about as long again.
		if whole > 0 {
			l.margin = leastMargin
			l.creep = l.margin / (35 * max(e.asked.Seconds(), 1))
		}
	}
	l.setPace(now, l.limit*(1-l.margin))
}
