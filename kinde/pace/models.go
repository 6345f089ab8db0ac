package pace

import (
	"math"
	"slices"
)

// usual is the burst that is assumed as long as only one 429 was seen, since
// one equation does not give two unknowns: 20, but neither less than a tenth
// nor more than a fifth of a second of the rate.
func usual(rate float64) float64 { return min(max(20, 0.1*rate), 0.2*rate) }

// models are the limiters that the tenant may have: buckets of many bursts,
// and a window of a second. Each says after each 429 what the rate must be. The
// one that says the same every time is right.
type models struct {
	rates  []float64 // of each, by the last 429
	errors []float64 // how much it said something else, lately
	seen   int       // 429s that were weighed
}

// bursts of the buckets, ascending by about a quarter.
var bursts = func() (b []float64) {
	for x := 1.0; x < 1300; x *= math.Cbrt(2) {
		b = append(b, math.Round(x))
	}
	return slices.Compact(b)
}()

const (
	fade  = 0.7  // how much an older error counts
	taxed = 0.5  // what a window of a second is believed less
	worst = 20.0 // one error at most
)

// weigh takes a 429 that the limiter caused, with the rates that each model
// implies. tolerance is how exact they can be.
func (m *models) weigh(rates []float64, tolerance float64) {
	if m.seen == 0 {
		m.errors = make([]float64, len(rates))
		for i, b := range bursts {
			m.errors[i] = square(math.Log(b/usual(rates[i])) / math.Log(4))
		}
		m.errors[len(bursts)] = taxed
	} else {
		for i, r := range rates {
			e := square(math.Log(r/m.rates[i]) / tolerance)
			if !(e < worst) { // nor a number
				e = worst
			}
			m.errors[i] = fade*m.errors[i] + e
		}
	}
	m.rates = rates
	m.seen++
}

// agree says that with one of the models this 429 and the one before imply the
// same rate, not below least.
func (m *models) agree(rates []float64, least float64) bool {
	for i, r := range rates {
		if r > least && off(r, m.rates[i]) < 0.1 {
			return true
		}
	}
	return false
}

// best is the model to believe.
func (m *models) best() int {
	return slices.Index(m.errors, slices.Min(m.errors))
}

func square(x float64) float64 { return x * x }
