package pace

import (
	"math"
	"slices"
	"time"
)

// What a tenant's 429s say is weighed as likelihoods: every explanation pays,
// for each 429, twice the negative logarithm of how likely it would come after
// just that many requests. The cheapest explanation is believed.
//
//   - A limiter that refuses where the tenant refused pays for how far it is off.
//   - An accident (another client, a hiccup) may come at any time; it costs the
//     more the fewer there have been.
//   - A limit that fell in between costs much once, and explains the 429s since.

const (
	kept       = 6        // meetings that are remembered
	rareChange = 200000.0 // requests between two changes of a limit, about
	bonus      = 20.0     // what an explanation can get back, at most
)

// evidence is what is known of the tenant's answers since the limits are what
// they are.
type evidence struct {
	from     time.Time // begin of the regime: a full bucket, or the first of met if anchored
	anchored bool      // the regime begins with the first meeting: the limit was met there
	met      []meeting
	settled  int     // meetings that were explained since the limits are what they are
	answers  float64 // accepted requests, for the frequency of accidents
	past     float64 // accidents that are no longer in met
}

// begin starts a regime.
func (v *evidence) begin(at time.Time) {
	v.dismiss(len(v.met))
	v.from, v.anchored, v.settled = at, false, 0
}

// add remembers a meeting. Of too many, an accident goes, or the oldest.
func (v *evidence) add(m meeting) {
	if len(v.met) == kept {
		first := v.first()
		if v.met[first].accident {
			v.past++
			v.met = slices.Delete(v.met, first, first+1)
		} else {
			v.anchor(1)
		}
	}
	v.met = append(v.met, m)
}

// forget drops the meetings of which the history knows nothing any more.
func (v *evidence) forget(h *history) {
	for {
		first := v.first()
		if first >= len(v.met)-1 || !v.met[first].at.Before(h.begin()) {
			return
		}
		v.anchor(first)
	}
}

// anchor lets the regime begin with a meeting.
func (v *evidence) anchor(n int) {
	v.dismiss(n)
	v.from, v.anchored = v.met[0].at, true
	v.met[0].accident = false
}

func (v *evidence) dismiss(n int) {
	for _, m := range v.met[:n] {
		if m.accident {
			v.past++
		}
	}
	v.met = slices.Delete(v.met, 0, n)
}

// constraints are the meetings that a model has to explain.
func (v *evidence) constraints() []meeting {
	if v.anchored {
		return v.met[1:]
	}
	return v.met
}

// first is the index of the first constraint.
func (v *evidence) first() int { return len(v.met) - len(v.constraints()) }

// accident is what an accident costs, from how often they came so far.
func (v *evidence) accident() float64 {
	n := v.past
	for _, m := range v.met {
		if m.accident {
			n++
		}
	}
	return -2 * math.Log((n+0.05)/(v.answers+5000))
}

// finding is what the meetings are best explained by.
type finding struct {
	model
	since int  // the limit changed just before this meeting, its first; -1: it didn't
	last  bool // the newest meeting is explained, not an accident
}

// weigh finds the best explanation. believed is the model so far (rate 0: none);
// inherited says that none of the meetings led to it.
func (v *evidence) weigh(h *history, believed model, inherited bool) finding {
	v.forget(h)
	settled := believed.rate > 0 && v.settled > 2
	accident := v.accident()
	same := span{from: v.from, anchored: v.anchored, inherited: inherited, met: v.constraints()}
	best := finding{model: same.explain(h, believed, settled, accident), since: -1}
	before := 0.0
	for s := range len(v.met) - 1 {
		if s > 0 && !(v.anchored && s == 1) {
			before += v.met[s-1].cost
		}
		if believed.rate == 0 || s == 0 && !inherited || before+2*math.Log(rareChange)-bonus > best.cost {
			continue
		}
		changed := span{from: v.met[s].at, anchored: true, changed: true, met: v.met[s+1:]}
		m := changed.explain(h, believed, true, accident)
		m.cost += before + 2*math.Log(rareChange)
		if m.cost < best.cost && m.rate < believed.rate {
			best = finding{model: m, since: s}
		}
	}
	v.note(best)
	if best.last = !v.met[len(v.met)-1].accident; best.last {
		v.settled++
	}
	return best
}

// span is a stretch of time with constant limits.
type span struct {
	from      time.Time
	anchored  bool // at its begin the limit was met
	changed   bool // the limit is another one than before
	inherited bool // what is believed was learnt before
	met       []meeting
}

// note writes down which meetings the finding takes for accidents.
func (v *evidence) note(f finding) {
	first := len(v.met) - len(f.costs)
	for i, c := range f.costs {
		v.met[first+i].accident, v.met[first+i].cost = c.accident, c.cost
	}
}
