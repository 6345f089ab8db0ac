package pace

import (
	"math"
	"slices"
	"time"
)

// usual is the burst that is assumed while only one 429 was seen, since one
// equation does not give two unknowns: 20, but neither less than a tenth nor
// more than four tenths of a second of the rate.
func usual(rate float64) float64 { return min(max(20, 0.1*rate), 0.4*rate) }

// fitBucket: at the true rate the debts are equal at all 429s, and nowhere
// higher.
func (h *history) fitBucket(s span, believed model, settled bool, accident float64) model {
	const coarse, fine, width = 48, 8, 50
	high := s.fastest()
	f := &bucketFit{h: h, span: s, believed: believed, accident: accident}
	for _, m := range s.met {
		f.at429 = append(f.at429, m.at)
	}
	best := model{misfit: math.Inf(1)}
	consider := func(r float64) {
		if m := f.at(r); r <= high && m.misfit < best.misfit {
			best = m
		}
	}
	step := math.Pow(width, 1.0/coarse)
	for i := range coarse + 1 {
		consider(high / math.Pow(step, float64(i)))
	}
	// The longer the time, the more exact the rate has to be: too exact for a grid.
	for i := range s.met {
		consider(f.solve(i, high/width, high))
	}
	for range 3 {
		from := best.rate / step
		step = math.Pow(step, 1.0/fine)
		for i := range 2*fine + 1 {
			consider(from * math.Pow(step, float64(i)))
		}
	}
	if len(s.met) == 2 && !s.changed && !settled && s.free(best) {
		least := best.misfit
		for r := best.rate * 1.01; r <= high; r *= 1.01 {
			if m := f.at(r); m.misfit < least+doubt {
				best = m
			}
		}
	}
	return best
}

// bucketFit is the workspace of fitBucket.
type bucketFit struct {
	h        *history
	span     span
	believed model
	accident float64
	at429    []time.Time
}

// at tries a rate, with each burst that one of the meetings suggests.
func (f *bucketFit) at(r float64) model {
	levels := f.h.debts(r, f.span.from, f.at429...)
	best := model{misfit: math.Inf(1)}
	bursts := levels.empty
	if f.span.anchored {
		begin := f.expected(r)
		bursts = []float64{begin}
		for i := range f.at429 {
			bursts = append(bursts, levels.at(i, begin))
		}
	}
	if slices.Max(bursts) <= 0 {
		bursts = []float64{f.expected(r)} // nothing went through that would tell
	}
	for _, b := range bursts {
		if b > 0 {
			if m := f.try(r, b, levels); m.misfit < best.misfit {
				best = m
			}
		}
	}
	return best
}

// solve finds the rate at which the expected burst is used up at the i-th
// meeting.
func (f *bucketFit) solve(i int, low, high float64) float64 {
	for high > 1.0001*low {
		r := (low + high) / 2
		burst, begin := f.expected(r), 0.0
		if f.span.anchored {
			begin = burst
		}
		if f.h.debts(r, f.span.from, f.at429[:i+1]...).at(i, begin) > burst {
			low = r
		} else {
			high = r
		}
	}
	return low
}

// expected is the burst that would be no surprise.
func (f *bucketFit) expected(r float64) float64 {
	if f.believed.rate > 0 && f.believed.window == 0 {
		return max(f.believed.burst, 1)
	}
	return usual(r)
}

// try tells what a bucket of that rate and burst costs.
func (f *bucketFit) try(r, burst float64, levels levels) model {
	begin := 0.0
	if f.span.anchored {
		begin = burst // there the limit was met
	}
	m := model{rate: r, burst: burst, costs: make([]explanation, len(f.span.met))}
	tolerance := 1.5 + 0.01*r + 0.03*burst
	for i, met := range f.span.met {
		off := (levels.at(i, begin) - burst) / tolerance
		usually := met.exactly(r)
		if fastest := met.fastest(); r > fastest {
			off = max(math.Abs(off), 30*(r/fastest-1))
		}
		if len(f.span.met) > 1 {
			usually += met.together(r)
		}
		c := explanation{cost: off*off + usually + met.penalty()}
		if f.span.changed && i == 0 {
			// The first after a change can always be explained by some rate; so
			// what counts is that it came soon.
			g := met.through + 1
			usually = 0
			c.cost = off*off + 2*math.Log(3*g*max(g-f.expected(r), g/4)/f.expected(r)) + met.penalty() + square(math.Log2(2*r/f.believed.rate))
		}
		m.charge(i, c, usually, met.accidental(f.accident))
	}
	m.exceed(levels.highest(begin)-burst, tolerance)
	if f.span.inherited {
		m.add(min(square(math.Log(r/f.believed.rate)/0.03), 12))
	}
	m.add(f.unusual(r, burst))
	return m
}

// unusual is what a burst costs that is not expected.
func (f *bucketFit) unusual(r, burst float64) float64 {
	from := func(usually float64) float64 { return math.Log((burst + 1) / (usually + 1)) }
	switch {
	case f.span.changed && f.believed.window == 0:
		return min(square(from(f.believed.burst)/math.Log(1.25)), 6)
	case len(f.span.met) == 1:
		return square(from(f.expected(r)) / math.Log(4))
	}
	cost := square(from(usual(r)) / math.Log(4))
	if huge := burst / (5 * r); huge > 1 {
		cost += square(3 * math.Log(huge)) // it would take long to show at all
	}
	return cost
}
