package pace

import "time"

// model is a limiter that would explain the 429s.
type model struct {
	rate   float64       // requests per second
	burst  float64       // of a bucket: on top of the rate; of a window: its count
	window time.Duration // 0: a bucket
	cost   float64       // how badly it explains them
	costs  []explanation // of each
	misfit float64       // cost without what every model pays
}

// explanation is what one meeting costs.
type explanation struct {
	cost     float64
	accident bool
}

const (
	longHold = 1500 * time.Millisecond // longer: rounding alone does not explain it
	doubt    = 2.5                     // how much worse a model may be and still be possible
	inertia  = 4                       // how much worse the limiter believed in may be and still stay
	aWindow  = 6                       // what a window costs: they are rarer than buckets
	aPhase   = 3                       // and one with boundaries of its own
)

// explain finds the limiter that explains the meetings of a span.
//
// While searching, of several that explain them about equally well it takes
// the fastest: if that is wrong, the next 429 tells, while too slow a pace
// would go on unnoticed. Once settled, another kind of limiter must be clearly
// better: at an even pace every limiter looks alike.
func (s span) explain(h *history, believed model, settled bool, accident float64) model {
	bucket := h.fitBucket(s, believed, settled, accident)
	models := []model{bucket}
	if believed.window > 0 || len(s.met) > 1 && (bucket.misfit > 2 || s.windowed() || s.free(bucket)) {
		for _, w := range windowLengths {
			if s.changed && w != believed.window {
				continue
			}
			models = append(models, h.fitSliding(s, w, accident), h.fitFixed(s, w, accident), h.fitAligned(s, w, accident))
		}
	}
	least := models[0]
	for i, m := range models {
		if settled && m.window == believed.window {
			m.add(-inertia)
			models[i] = m
		}
		if m.misfit < least.misfit {
			least = m
		}
	}
	best := least
	slack := float64(doubt)
	if s.free(least) {
		slack *= 3
	}
	for _, m := range models {
		if !settled && !s.changed && m.misfit <= least.misfit+slack && m.rate > best.rate && m.rate <= s.fastest() {
			best = m
		}
	}
	return best
}

// charge notes what a meeting costs: as an accident, if that is cheaper.
func (m *model) charge(i int, c explanation, usually, accident float64) bool {
	if c.cost > accident {
		m.costs[i] = explanation{cost: accident, accident: true}
		m.misfit += max(accident-usually, 5)
	} else {
		m.costs[i] = c
		m.misfit += c.cost - usually
	}
	m.cost += m.costs[i].cost
	return !m.costs[i].accident
}

// free says that a 429 costs nothing: the hold does not fill that bucket. Nor
// does it cost anything then to try whether there is more.
func (s span) free(m model) bool {
	return m.window == 0 && m.burst >= 0.55*m.rate*s.met[len(s.met)-1].held.Seconds()
}

// add adds to what a model costs.
func (m *model) add(cost float64) { m.cost, m.misfit = m.cost+cost, m.misfit+cost }

// exceed charges for what went through that the limiter would have refused.
func (m *model) exceed(over, tolerance float64) {
	if over > tolerance {
		m.add(square((over - tolerance) / tolerance))
	}
}

// windowed says that the 429s look like those of a window: all that were in
// flight were refused, or the hold is long.
func (s span) windowed() bool {
	several := 0
	for _, m := range s.met {
		if m.asked > 2*time.Second {
			return true
		}
		if m.refused > 2 && m.contrary() == 0 {
			several++
		}
	}
	return several > 1
}

// fastest is above every rate that the meetings allow.
func (s span) fastest() float64 {
	fastest := 0.0
	for _, m := range s.met {
		fastest = max(fastest, m.fastest())
	}
	return fastest
}
