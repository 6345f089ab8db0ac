package pace

import (
	"math"
	"time"
)

// windowLengths are those that people configure.
var windowLengths = []time.Duration{
	time.Second, 2 * time.Second, 5 * time.Second, 10 * time.Second, 15 * time.Second, 20 * time.Second, 30 * time.Second,
	time.Minute, 2 * time.Minute, 4 * time.Minute,
}

// fitFixed: the same number goes through between the end of a hold, which is a
// boundary of the window, and the next 429, whose hold reaches to a boundary
// again. What lies before the first hold may have been parts of two windows.
func (h *history) fitFixed(s span, w time.Duration, accident float64) model {
	met := s.met
	skip := 0
	if !s.anchored && len(met) > 1 {
		skip = 1
	}
	counts := make([]float64, len(met))
	extra := make([]float64, len(met))
	cost, penalties := float64(aWindow), 0.0
	for i, m := range met {
		penalties += m.penalty()
		length := m.at.Sub(m.resumed)
		if length > 3*w {
			// At a pace just over the limit the last one is full at its end.
			counts[i] = h.between(m.at.Add(-w), m.at)
			extra[i] = 4 // which would be said of any window
			continue
		}
		counts[i] = h.between(m.at.Add(-(length % w)), m.at)
		if !m.endsAfter(w - length%w) {
			extra[i] += 10
		}
		if length > w && penalties > 0 {
			extra[i] += 3 // a hold that long would have come in the first of them
		}
	}
	if penalties > 0 {
		cost = max(cost-4, 2)
	}
	if skip > 0 && h.between(s.from, s.from.Add(min(w, met[0].at.Sub(s.from)))) > 1.03*counts[skip]+1.5 {
		cost += aPhase // not from the first request on
	}
	m := h.counted(s, counts, extra, skip, w, cost, accident)
	m.exceed(h.mostIn(s.from, met[len(met)-1].at, w)-2*m.burst, m.tolerance()) // not even in parts of two windows
	return m
}

// fitAligned: windows that begin at multiples of their length, wherever the
// holds end. The same number went through from their begin to each 429, and
// never more.
func (h *history) fitAligned(s span, w time.Duration, accident float64) model {
	const phases = 50
	met := s.met
	counts, extra := make([]float64, len(met)), make([]float64, len(met))
	best := model{cost: math.Inf(1), misfit: math.Inf(1)}
	weight, sum := 0.0, 0.0
	for phase := range phases {
		shift := w * time.Duration(phase) / phases
		for i, m := range met {
			into := (m.at.Sub(h.origin) + shift) % w
			counts[i], extra[i] = h.between(m.at.Add(-into), m.at), 0
			if !m.endsAfter(w - into) {
				extra[i] = 10
			}
		}
		m := h.counted(s, counts, extra, 0, w, aWindow+aPhase, accident)
		if m.misfit > best.misfit+2*doubt {
			continue
		}
		begin := s.from
		if known := h.begin(); begin.Before(known) {
			begin = known
		}
		begin = begin.Add(-(begin.Sub(h.origin) + shift) % w)
		for t := begin; t.Before(met[len(met)-1].at); t = t.Add(w) {
			m.exceed(h.between(t, t.Add(w))-m.burst, m.tolerance())
		}
		// Several phases may do as well: the mean of them.
		share := math.Exp(-m.misfit)
		weight, sum = weight+share, sum+share*m.burst
		if m.misfit < best.misfit {
			best = m
		}
	}
	if weight > 0 {
		best.burst = sum / weight
		best.rate = best.burst / w.Seconds()
	}
	return best
}

// fitSliding: the same number went through in the window before each 429, and
// never more.
func (h *history) fitSliding(s span, w time.Duration, accident float64) model {
	met := s.met
	counts, extra := make([]float64, len(met)), make([]float64, len(met))
	telling := true
	for i, m := range met {
		// Only what was sent faster than the window allows says something: at
		// an even pace the counts are equal whatever the limiter is.
		telling = telling && (m.penalty() > 0 || m.at.Sub(m.resumed) < w+w/5)
		begin := m.at.Add(-w)
		if !s.anchored && begin.Before(s.from) {
			begin = s.from
		}
		counts[i] = h.between(begin, m.at)
		if !m.endsAfter(h.first(begin, m.at).Add(w).Sub(m.at)) {
			extra[i] = 10
		}
	}
	cost := float64(aWindow)
	if telling {
		cost -= 4
	}
	m := h.counted(s, counts, extra, 0, w, cost, accident)
	m.exceed(h.mostIn(s.from, met[len(met)-1].at, w)-m.burst, m.tolerance())
	return m
}

// tolerance is how far the count of a window may be off.
func (m *model) tolerance() float64 { return 1.5 + 0.03*m.burst }

// counted is the window that lets the same number through each time.
func (h *history) counted(s span, counts, extra []float64, skip int, w time.Duration, cost, accident float64) model {
	best := model{cost: math.Inf(1), misfit: math.Inf(1)}
	met := s.met
	for _, n := range counts[skip:] {
		m := model{window: w, burst: n, cost: cost, misfit: cost, costs: make([]explanation, len(met))}
		tolerance := m.tolerance()
		sum, explained := 0.0, 0.0
		for i := range met {
			usually := met[i].exactly(n / w.Seconds())
			off := (counts[i] - n) / tolerance
			c := explanation{cost: off*off + usually + extra[i] + min(2*met[i].contrary(), 8)}
			if i < skip {
				c.cost = usually
			}
			if s.changed && i == 0 {
				usually = 0
				c.cost = 2*math.Log(3*max(n, 1)) + extra[i]
			}
			if m.charge(i, c, usually, met[i].accidental(accident)) && i >= skip {
				sum, explained = sum+counts[i], explained+1
			}
		}
		if explained > 0 {
			n = sum / explained
		}
		m.burst, m.rate = n, n/w.Seconds()
		if m.misfit < best.misfit {
			best = m
		}
	}
	return best
}

// mostIn is the highest count in any window of that length.
func (h *history) mostIn(from, until time.Time, w time.Duration) float64 {
	first, last := max(h.number(from), h.oldest()), min(h.number(until), h.newest+1)
	length, size := int64(w/bin), int64(len(h.counts))
	sum, most := 0, 0
	for n := first; n < last; n++ {
		sum += int(h.counts[n%size])
		if n-length >= first {
			sum -= int(h.counts[(n-length)%size])
		}
		most = max(most, sum)
	}
	return float64(most)
}

func square(x float64) float64 { return x * x }
