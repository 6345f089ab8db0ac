package pace

import (
	"math"
	"time"
)

// meeting is what is kept of an episode for the fit.
type meeting struct {
	resumed time.Time     // end of the hold before
	at      time.Time     // start of its earliest 429
	asked   time.Duration // the hold that was asked for
}

// penalty is how badly a bucket explains such a hold: it has something again
// after a moment. Whole seconds are often rounded up.
func (m meeting) penalty() float64 {
	switch {
	case m.asked > 2200*time.Millisecond:
		return 6
	case m.asked > longHold:
		return 1
	}
	return 0
}

// model is a limiter that would explain the 429s.
type model struct {
	rate   float64       // requests per second
	burst  float64       // of a bucket: on top of the rate; of a window: its count
	window time.Duration // 0: a bucket
	cost   float64       // how badly it explains them; below 3 is well
}

// usual is the burst that is assumed while only one 429 was seen, since one
// equation does not give two unknowns: 20, but neither less than a tenth nor
// more than four tenths of a second of the rate.
func usual(rate float64) float64 { return min(max(20, 0.1*rate), 0.4*rate) }

// windowLengths are those that people configure.
var windowLengths = []time.Duration{
	time.Second, 2 * time.Second, 5 * time.Second, 10 * time.Second, 15 * time.Second, 20 * time.Second, 30 * time.Second,
	time.Minute, 2 * time.Minute, 4 * time.Minute,
}

// doubt is how much worse a model may explain the 429s and still be possible.
const doubt = 2.5

// inertia is how much worse the limiter believed in may do and still stay.
const inertia = 4

// explain finds the limiter that explains the 429s. The rate of a bucket is
// looked for between low and high.
//
// While searching, of several that explain them about equally well it takes
// the fastest: if that is wrong, the next 429 tells, while too slow a pace
// would go on unnoticed. Once settled on a window (0: on a bucket), another
// limiter must be clearly better: at an even pace every limiter looks alike.
func (h *history) explain(from time.Time, met []meeting, low, high float64, settled bool, window time.Duration) model {
	models := []model{h.fitBucket(from, met, low, high)}
	if len(met) > 1 {
		for _, w := range windowLengths {
			models = append(models, h.fitSliding(from, met, w), h.fitFixed(met, w))
		}
	}
	least := models[0]
	for i, m := range models {
		if settled && m.window == window {
			m.cost = max(m.cost-inertia, 0)
			models[i] = m
		}
		if m.cost < least.cost {
			least = m
		}
	}
	best := least
	for _, m := range models {
		if !settled && m.cost <= least.cost+doubt && m.rate > best.rate && m.rate <= high {
			best = m
		}
	}
	return best
}

// fitBucket: at the true rate the debts are equal at all 429s, and nowhere
// higher.
func (h *history) fitBucket(from time.Time, met []meeting, low, high float64) model {
	const steps = 96
	best := model{rate: high, cost: math.Inf(1)}
	at, debts := make([]time.Time, len(met)), make([]float64, len(met))
	surprise := 0.0
	for i, m := range met {
		at[i] = m.at
		surprise += m.penalty()
	}
	low = min(max(low, high/50), high)
	for i := range steps + 1 {
		r := low * math.Pow(high/low, float64(i)/steps)
		most := h.debts(r, from, at, debts)
		mean, cost := spread(debts, 1.5+0.01*r)
		if over := most - mean - 1.5 - 0.01*r - 0.03*mean; over > 0 {
			cost += square(over / (1.5 + 0.01*r + 0.03*mean))
		}
		unusual := square(math.Log((mean+1)/(usual(r)+1)) / math.Log(4))
		if len(met) > 1 {
			unusual = min(unusual/2, 1.5)
		}
		cost += surprise + unusual
		if cost < best.cost {
			best = model{rate: r, burst: mean, cost: cost}
		}
	}
	return best
}

// fitFixed: the same number goes through between the end of a hold, which is a
// boundary of the window, and the next 429, whose hold reaches to a boundary
// again. What lies before the first hold may have been parts of two windows.
func (h *history) fitFixed(met []meeting, w time.Duration) model {
	met = met[1:]
	counts := make([]float64, len(met))
	cost, penalties := 6.0, 0.0
	for i, m := range met {
		penalties += m.penalty()
		begin := m.resumed
		if earliest := m.at.Add(-w); begin.Before(earliest) {
			begin = earliest
		}
		counts[i] = h.between(begin, m.at)
		cycle := m.at.Add(m.asked).Sub(m.resumed)
		windows := max(1, math.Round(float64(cycle)/float64(w)))
		if off := cycle - w*time.Duration(windows); off.Abs() > 1200*time.Millisecond {
			cost += 10
		}
		if windows > 1 && penalties > 0 {
			cost += 3 // a hold that long would have come in the first of them
		}
		if m.asked > w+longHold/2 {
			cost += 10
		}
	}
	if penalties > 0 {
		cost = max(cost-4, 2)
	}
	n, spreading := spread(counts, 1.5)
	return model{rate: n / w.Seconds(), burst: n, window: w, cost: cost + spreading}
}

// fitSliding: the same number went through in the window before each 429, and
// never more.
func (h *history) fitSliding(from time.Time, met []meeting, w time.Duration) model {
	counts := make([]float64, len(met))
	cost, telling := 6.0, true
	for i, m := range met {
		// Only what was sent faster than the window allows says something: at
		// an even pace the counts are equal whatever the limiter is.
		telling = telling && (m.penalty() > 0 || m.at.Sub(m.resumed) < w+w/5)
		begin := m.at.Add(-w)
		if begin.Before(from) {
			begin = from
		}
		counts[i] = h.between(begin, m.at)
		if m.asked > w+longHold/2 {
			cost += 10
		}
	}
	if telling {
		cost -= 4
	}
	n, spreading := spread(counts, 1.5)
	tolerance := 1.5 + 0.03*n
	cost += spreading
	if over := h.mostIn(from, met[len(met)-1].at, w) - n - tolerance; over > 0 {
		cost += square(over / tolerance)
	}
	return model{rate: n / w.Seconds(), burst: n, window: w, cost: cost}
}

// spread is the mean of the values and by how much they differ from it,
// measured in tolerances.
func spread(values []float64, tolerance float64) (mean, cost float64) {
	for _, v := range values {
		mean += v
	}
	mean /= float64(len(values))
	tolerance += 0.03 * mean
	for _, v := range values {
		cost += square((v - mean) / tolerance)
	}
	return mean, cost
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
