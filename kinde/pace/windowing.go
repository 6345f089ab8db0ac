package pace

import (
	"math"
	"time"
)

// windowing recognises a tenant that counts in windows: the same number goes
// through between the ends of two holds, and the holds reach to a boundary.
type windowing struct {
	known  bool
	length time.Duration
	count  float64

	meets int           // long holds in a row
	cycle time.Duration // the last one: end of hold to end of hold
	sum   float64       // what went through in it
}

// roundLengths are the windows that people configure.
var roundLengths = []time.Duration{
	time.Second, 2 * time.Second, 5 * time.Second, 10 * time.Second, 15 * time.Second, 20 * time.Second, 30 * time.Second,
	time.Minute, 2 * time.Minute, 5 * time.Minute, 10 * time.Minute, 15 * time.Minute, 30 * time.Minute, time.Hour,
}

// round takes the nearest usual length, since the ends of holds are known to
// the second at best.
func round(d time.Duration) time.Duration {
	best, off := d, time.Second
	for _, l := range roundLengths {
		if o := (l - d).Abs(); o < off {
			best, off = l, o
		}
	}
	return best
}

func (w *windowing) learn(length time.Duration, count float64) {
	w.known, w.length, w.count = true, length, count
}

// meet takes one cycle that ended in a long hold, and says at what rate the
// window lets through, if it looks like one.
func (w *windowing) meet(cycle time.Duration, sum float64) (float64, bool) {
	w.meets++
	before, same := w.sum, math.Abs(w.sum-sum) <= 0.15*max(w.sum, sum)+2
	w.sum, w.cycle = sum, cycle
	switch {
	case w.known && cycle < w.length+w.length/2:
		w.count = sum
		return sum / w.length.Seconds(), true
	case w.meets == 1 || same:
		length := cycle
		if w.meets > 1 && before > 0 {
			length = round(cycle)
			w.learn(length, sum)
		}
		return sum / length.Seconds(), true
	}
	w.known = false
	return 0, false
}
