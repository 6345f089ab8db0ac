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
	l.resumed, l.grown, l.weighed = now, now, now
	l.setPace(now, l.pace)
}

func (l *learner) learn(now time.Time, e *episode) {
	if l.crowd.possible(e.among) {
		l.crowd.refused(e.among)
		if l.phase != ramp {
			return // the cap explains it
		}
	}
	span := max(e.first.Sub(l.resumed), bin).Seconds()
	through := l.history.between(l.resumed, e.first)
	if l.phase == steady && l.surprising(e) {
		// Once is an accident (another client, a hiccup): go on as before. Soon
		// again, and the limit has fallen.
		if l.strikes++; l.strikes >= 1.6 {
			l.fall(now, e, through, span)
		}
		return
	}
	l.strikes = 0

	high, low := (through+1)/span, 0.0
	if n := len(l.episodes); n > 0 {
		last := l.episodes[n-1].at
		low = min(l.history.between(last, e.first)/max(e.first.Sub(last), bin).Seconds(), high)
	}
	l.remember(e)
	if len(l.episodes) == 1 && e.asked > longHold {
		// As from a window: what went through from its begin to the hold's end
		// is about what it lets through.
		l.settle(e, model{rate: l.history.between(l.regime, now) / now.Sub(l.regime).Seconds()})
		return
	}
	known := 0.0
	if l.window == 0 {
		known = l.burst
	}
	m := l.history.explain(l.regime, l.episodes, low, high, known)
	if m.cost > 12 && len(l.episodes) > 1 {
		// These meetings don't go together. The newest ones count.
		l.regime = l.episodes[0].at
		l.episodes = append(l.episodes[:0], l.episodes[1:]...)
		if l.phase == search {
			l.setPace(now, max(low, 0.5*m.rate))
			return
		}
	}
	l.settle(e, m)
}

// remember keeps the last few meetings and moves the regime's begin with them.
func (l *learner) remember(e *episode) {
	l.episodes = append(l.episodes, meeting{at: e.first, asked: e.asked})
	if len(l.episodes) > 4 {
		l.regime = l.episodes[0].at
		l.episodes = append(l.episodes[:0], l.episodes[1:]...)
	}
}

// surprising says that what is believed does not explain the 429.
func (l *learner) surprising(e *episode) bool {
	if l.window > 0 {
		return l.history.between(e.first.Add(-l.window), e.first) < 0.85*l.burst
	}
	debt := make([]float64, 1)
	l.history.debts(l.limit*0.98, l.resumed, []time.Time{e.first}, debt)
	return debt[0] < 0.5*l.burst+1
}

// excess says that more went through lately than the belief allows.
func (l *learner) excess(now time.Time) bool {
	if l.window > 0 {
		return now.Sub(l.resumed) > l.window && l.history.between(now.Add(-l.window), now) > 1.03*l.burst+3
	}
	debt := make([]float64, 1)
	l.history.debts(l.limit, l.resumed, []time.Time{now}, debt)
	return debt[0] > 1.3*l.burst+2+0.02*l.limit
}

// fall takes a lower limit, measured from the end of the last hold.
func (l *learner) fall(now time.Time, e *episode, through, span float64) {
	l.strikes = 0
	limit := 0.0
	if l.window > 0 && e.asked > longHold {
		limit = through / l.window.Seconds()
		l.burst = through
	} else {
		l.window = 0
		limit = max((through-min(l.burst, 0.8*through))/span, through/now.Sub(l.resumed).Seconds())
	}
	l.regime = l.resumed
	l.episodes = append(l.episodes[:0], meeting{at: e.first, asked: e.asked})
	if limit < l.limit {
		l.limit = max(limit, slowest)
		l.creep = 0.01
		l.pace = l.limit * (1 - l.margin)
	}
}

// settle takes a model and goes on to the next phase.
func (l *learner) settle(e *episode, m model) {
	old := l.limit
	l.limit = max(m.rate, slowest)
	switch l.phase {
	case ramp:
		l.phase = search
		l.pace = l.limit
		return
	case search:
		l.phase, l.creep, l.margin = steady, 0.0025, firstMargin
	case steady:
		l.limit = max(l.limit, 0.9*old)
		// The longer the hold, the more rarely it may be provoked: under the
		// limit for 35 times its length, over it for about as long again.
		l.margin = leastMargin
		l.creep = l.margin / (35 * max(e.asked.Seconds(), 0.2))
	}
	l.burst, l.window = m.burst, m.window
	l.pace = l.limit * (1 - l.margin)
}
