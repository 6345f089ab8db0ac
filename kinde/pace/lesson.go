package pace

import (
	"slices"
	"time"
)

// close draws the lesson from an episode, once its hold is over.
func (l *learner) close(now time.Time) {
	e := l.open
	l.open = nil
	l.history.advance(now)
	l.learn(now, e)
	l.refusals = e.count
	l.crowd.fade()
	l.resumed, l.grown, l.weighed = now, now, now
	l.setPace(now, l.pace)
}

func (l *learner) learn(now time.Time, e *episode) {
	if l.crowd.possible(e) {
		// A rate refuses most of what follows, a cap only who is one too many.
		sure := float64(e.count) <= 1+l.history.between(e.first, e.until)/4
		l.crowd.refused(e.among, sure)
		if l.phase != ramp {
			return // the cap explains it
		}
		if sure {
			recent := e.first.Add(-300 * time.Millisecond)
			l.phase, l.pace = search, min(l.pace, max(0.75*l.history.between(recent, e.first)/0.3, defaultStart))
			return
		}
	}
	if l.phase == ramp {
		l.crowd.enough(e.among)
	}
	span := max(e.first.Sub(l.resumed), bin).Seconds()
	through := l.history.between(l.resumed, e.first)
	if l.phase == steady && l.surprising(e) && !l.explained(e, through, span) {
		// Once is an accident (another client, a hiccup): go on as before. Soon
		// again, and the limit has fallen.
		if e.count > 1 {
			l.strikes++
		} else {
			l.strikes += 0.75 // a limit seldom refuses only one
		}
		if span < 2 && through >= 0.8*l.burst && (e.count > 1 || l.refusals > 1) {
			// Twice in short succession, and several at a time: no accident.
			l.strikes = max(l.strikes, falling)
		}
		switch {
		case l.strikes < falling:
		case l.window == 0 && through < 0.8*l.burst:
			// Too few went through to empty the bucket. Either these are accidents,
			// or it has become smaller.
			l.strikes = 0.5
			if l.odd++; l.odd >= 3 {
				l.odd, l.burst = 0, l.burst/2
			}
		default:
			l.fall(now, e, through, span)
		}
		return
	}
	l.strikes, l.raised, l.odd, l.trusted = 0, 0, 0, 0
	low, high := l.bounds(e, through, span)
	l.remember(e)
	if len(l.episodes) == 1 && e.asked > longHold {
		// As from a window: what went through from its begin to the hold's end
		// is about what it lets through.
		l.settle(e, model{rate: l.history.between(l.regime, now) / now.Sub(l.regime).Seconds()})
		return
	}
	m := l.history.explain(l.regime, l.episodes, low, high, l.phase == steady && len(l.episodes) > 2, l.window)
	if m.cost > 12 && len(l.episodes) > 1 {
		// These meetings don't go together. The newest ones count.
		l.regime = l.episodes[0].at
		l.episodes = append(l.episodes[:0], l.episodes[1:]...)
		if l.phase == search {
			l.pace = max(low, 0.5*m.rate)
			return
		}
	}
	l.settle(e, m)
}

// bounds says between which rates the limit lies: above what went through since
// the 429 before, below the pace that emptied the bucket.
func (l *learner) bounds(e *episode, through, span float64) (low, high float64) {
	high = max((through+1)/span, 1.02*l.pace*l.share)
	if n := len(l.episodes); n > 0 {
		last := l.episodes[n-1].at
		low = l.history.between(last, e.first) / max(e.first.Sub(last), bin).Seconds()
	}
	return min(low, high), high
}

// explained says that, although the belief does not explain the 429, a better
// one explains it together with those before: the belief was not quite right.
func (l *learner) explained(e *episode, through, span float64) bool {
	if len(l.episodes) == 0 {
		return false
	}
	low, high := l.bounds(e, through, span)
	met := append(slices.Clone(l.episodes), l.meeting(e))
	if e.asked > 2*time.Second {
		return l.history.explain(l.regime, met, low, high, false, 0).cost < 3
	}
	if e.count > 2 {
		// All that were in flight were refused, as by a window.
		if m := l.history.explain(l.regime, met, low, high, false, 0); m.window > 0 && m.cost < 8 && m.rate > 0.7*l.limit {
			return true
		}
	}
	// Only a bucket: at an even pace a window always seems to explain it.
	m := l.history.fitBucket(l.regime, met, low, high)
	least := 0.85
	if len(l.episodes) == 1 {
		least = 0.6 // the belief is a guess so far
		if e.count > 1 {
			least = 0.3
		}
	}
	return m.cost < 3 && m.rate > least*l.limit
}

func (l *learner) meeting(e *episode) meeting {
	return meeting{resumed: l.resumed, at: e.first, asked: e.asked}
}

// remember keeps the last few meetings and moves the regime's begin with them.
func (l *learner) remember(e *episode) {
	l.episodes = append(l.episodes, l.meeting(e))
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
	from := now.Add(-time.Minute)
	if from.Before(l.regime) {
		from = l.regime
	}
	debt := make([]float64, 1)
	l.history.debts(l.limit, from, []time.Time{now}, debt)
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
		if l.window > 0 {
			l.window, l.burst = 0, usual(l.limit)
		}
		burst := l.burst
		if span < 2 && l.trusted > 0 {
			burst = l.trusted // the last meeting was the fall already, and misunderstood
		}
		limit = max((through-min(burst, through))/span, through/now.Sub(l.resumed).Seconds())
	}
	l.regime = l.resumed
	l.episodes = append(l.episodes[:0], l.meeting(e))
	limit = max(limit, l.limit/4) // two accidents in a row happen too
	if limit < l.limit {
		l.limit = max(limit, slowest)
		l.creep = fallenCreep
		l.pace = l.limit * (1 - l.margin)
	}
}

// settle takes a model and goes on to the next phase.
func (l *learner) settle(e *episode, m model) {
	old := l.limit
	// What went through, holds included, is the least that any limiter allows.
	through := l.history.between(l.resumed, e.until) / max(e.until.Sub(l.resumed), time.Second).Seconds()
	l.limit = max(m.rate, 0.97*through, slowest)
	span := e.first.Sub(l.resumed)
	if len(l.episodes) == 1 && l.phase != steady {
		l.burst, l.window = m.burst, 0
		if e.asked > longHold {
			l.phase, l.pace = search, l.limit
			return
		}
		// Whatever the burst, the limit is not far from this guess. To provoke
		// another 429 at once would cost more than to creep up.
		l.phase, l.creep, l.margin = steady, firstCreep, firstMargin
		l.pace = l.limit * (1 - l.margin)
		return
	}
	switch l.phase {
	case ramp, search:
		l.phase, l.creep, l.margin = steady, laterCreep, leastMargin
	case steady:
		if m.window == 0 {
			l.limit = max(l.limit, 0.8*old)
		}
		// The longer the hold, the more rarely it may be provoked: under the
		// limit for 35 times its length, over it for about as long again.
		hold := max(e.asked.Seconds(), 0.2)
		if span.Seconds() < 8*hold {
			l.margin = min(1.4*l.margin, largestMargin)
		} else {
			l.margin = max(0.9*l.margin, leastMargin)
		}
		l.creep = l.margin / (35 * hold)
	}
	l.trusted = l.burst
	l.burst, l.window = m.burst, m.window
	l.pace = l.limit * (1 - l.margin)
}
