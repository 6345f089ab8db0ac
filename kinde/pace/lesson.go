package pace

import (
	"math"
	"time"
)

// close draws the lesson from an episode, once its hold is over.
func (l *learner) close(now time.Time) {
	e := l.open
	l.open = nil
	l.history.advance(now)
	if !l.probing.IsZero() {
		l.pace = min(l.pace, l.justUnder())
		l.probing, l.probed, l.patience = time.Time{}, now, min(2*l.patience, longestPatienceToProbe)
	}
	if l.phase == ramp || l.history.between(l.resumed, e.first) > 0 {
		l.learn(now, e)
	} // else the hold before was too short: it goes on
	l.crowd.fade()
	l.resumed, l.grown, l.weighed = now, now, now
	l.setPace(now, l.pace)
}

func (l *learner) learn(now time.Time, e *episode) {
	if l.phase == ramp && l.history.between(l.known.from, e.first) < 3 && l.spent < 2 {
		// Somebody else had used up the limit: that says nothing of what it is.
		l.spent++
		l.known.begin(now)
		l.pace = max(l.pace/2, 1)
		return
	}
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
	if l.phase == ramp && e.asked > longHold {
		// As from a window: what went through from its begin to the hold's end
		// is about what it lets through.
		l.remember(e)
		l.limit = max(l.history.between(l.known.from, now)/now.Sub(l.known.from).Seconds(), slowest)
		l.phase, l.pace = search, l.limit
		return
	}
	l.remember(e)
	l.wary = false
	believed := model{rate: l.limit, burst: l.burst, window: l.window}
	if l.phase != steady {
		believed = model{}
	}
	if l.learnt && len(l.known.met) == 1 && !l.expected(e) {
		// What an earlier run found out is not given up for a single 429.
		l.known.met[0].accident, l.known.met[0].cost = true, l.known.accident()
		l.lookOut()
		return
	}
	found := l.known.weigh(l.history, believed, l.learnt)
	l.learnt = l.learnt && found.since < 0 && len(l.known.met) < 3
	switch {
	case l.phase != steady:
		l.found(found)
	case found.since >= 0:
		l.known.anchor(found.since)
		l.known.settled = 1
		l.fall(e, found)
	case found.last:
		doubted := !l.expected(e)
		l.adjust(e, found)
		if doubted {
			l.lookOut()
		}
	case l.known.accident() > 2*math.Log(rareChange)-8:
		l.lookOut() // as long as accidents are no commoner than falls
	}
}

// lookOut goes on more slowly for a moment: a 429 came that was not expected. Once
// is an accident. Soon again, and the limit has fallen; then the slower pace tells
// better how far.
func (l *learner) lookOut() {
	if l.window == 0 {
		l.wary, l.pace = true, min(l.pace, 0.75*l.limit)
	}
}

// lately is how far back a pace is measured.
const lately = 200 * time.Millisecond

// remember keeps a meeting.
func (l *learner) remember(e *episode) {
	length := max(e.first.Sub(l.resumed), bin)
	through := l.history.between(l.resumed, e.first)
	recent := min(length, max(lately, time.Duration(30/max(through, 1)*float64(length))))
	l.known.add(meeting{
		resumed: l.resumed, at: e.first, asked: e.asked, held: e.until.Sub(e.begin), refused: e.count, through: through,
		slipped: l.history.between(e.first.Add(bin), e.until),
		pace:    max(l.history.between(e.first.Add(-recent), e.first)/recent.Seconds(), 1),
	})
}

// expected says that what was believed explains the 429.
func (l *learner) expected(e *episode) bool {
	if l.window > 0 {
		return l.history.between(e.first.Add(-l.window), e.first) >= 0.85*l.burst
	}
	return l.history.debts(l.limit*0.98, l.resumed, e.first).empty[0] >= 0.5*l.burst+1
}

// excess says that more went through lately than the belief allows.
func (l *learner) excess(now time.Time) bool {
	if l.window > 0 {
		return now.Sub(l.resumed) > l.window && l.history.between(now.Add(-l.window), now) > 1.03*l.burst+3
	}
	from := now.Add(-time.Minute)
	if from.Before(l.known.from) {
		from = l.known.from
	}
	return l.history.debts(l.limit, from, now).empty[0] > 1.3*l.burst+2+0.02*l.limit
}

// believe takes a model.
func (l *learner) believe(m model) {
	l.limit, l.burst, l.window = max(m.rate, slowest), m.burst, m.window
}

// found takes the first model. Whatever the burst, the limit is not far from it.
// To provoke another 429 at once would cost more than to creep up.
func (l *learner) found(f finding) {
	l.believe(f.model)
	l.creep, l.margin = laterCreep, leastMargin
	if l.known.settled < 2 {
		l.creep, l.margin = firstCreep, firstMargin
	}
	l.phase = steady
	l.pace = l.justUnder()
}

// fall takes a lower limit, which is as sure as the time since allows.
func (l *learner) fall(e *episode, f finding) {
	l.believe(f.model)
	span := max(e.first.Sub(l.resumed), bin).Seconds()
	unsure := min(max(1.5/(span*l.limit), leastMargin), 0.2)
	l.reach, l.climb = l.limit*(1+1.5*unsure), unsure/8
	l.creep, l.margin, l.raised = laterCreep, leastMargin, 0
	l.pace = l.justUnder()
}

// adjust corrects a belief that was about right.
func (l *learner) adjust(e *episode, f finding) {
	l.believe(f.model)
	// The longer the hold, the more rarely it may be provoked: under the
	// limit for 35 times its length, over it for about as long again.
	hold := max(e.until.Sub(e.begin).Seconds(), 0.2)
	if e.first.Sub(l.resumed).Seconds() < 8*hold {
		l.margin = min(1.4*l.margin, largestMargin)
	} else {
		l.margin = max(0.9*l.margin, leastMargin)
	}
	l.creep, l.raised, l.reach = l.margin/(35*hold), 0, 0
	l.pace = l.justUnder()
}
