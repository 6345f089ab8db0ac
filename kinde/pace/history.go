package pace

import (
	"time"
)

// bin is the resolution of the history: finer than latencies vary.
const bin = 10 * time.Millisecond

// remembered is how far the history goes back.
const remembered = 5 * time.Minute

// history counts what went through, by the time of its start.
type history struct {
	origin time.Time
	counts []uint16 // a ring of bins
	newest int64    // number of the newest bin that was cleared
}

func newHistory(origin time.Time) *history {
	return &history{origin: origin, counts: make([]uint16, remembered/bin)}
}

func (h *history) number(t time.Time) int64 {
	return max(int64(t.Sub(h.origin)/bin), 0)
}

func (h *history) oldest() int64 { return max(h.newest-int64(len(h.counts))+1, 0) }

// advance clears the bins up to that of t.
func (h *history) advance(t time.Time) {
	n := h.number(t)
	if n-h.newest >= int64(len(h.counts)) {
		clear(h.counts)
		h.newest = n
	}
	for h.newest < n {
		h.newest++
		h.counts[h.newest%int64(len(h.counts))] = 0
	}
}

// add counts one that started at t and went through.
func (h *history) add(t time.Time) {
	h.advance(t)
	if n := h.number(t); n >= h.oldest() {
		h.counts[n%int64(len(h.counts))]++
	}
}

// between is how many started from the one time until before the other.
func (h *history) between(from, until time.Time) float64 {
	sum := 0
	for n, last := max(h.number(from), h.oldest()), min(h.number(until), h.newest+1); n < last; n++ {
		sum += int(h.counts[n%int64(len(h.counts))])
	}
	return float64(sum)
}

// debts lets a bucket that drains at the rate (per second) run over the
// history from that time on. It writes to out how full it was at each of the
// times, which must ascend, and returns the highest level before the last one.
//
// A tenant's token bucket of burst B lets through as long as this level is
// below B. So, at the true rate, the level is B whenever a 429 comes, and
// never higher.
func (h *history) debts(rate float64, from time.Time, at []time.Time, out []float64) float64 {
	drained := rate * bin.Seconds()
	level, most := 0.0, 0.0
	n := max(h.number(from), h.oldest())
	for i, t := range at {
		for last := min(h.number(t), h.newest+1); n < last; n++ {
			level = max(level-drained, 0) + float64(h.counts[n%int64(len(h.counts))])
			most = max(most, level)
		}
		out[i] = level
	}
	return most
}
