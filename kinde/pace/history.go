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

// begin is the time of the oldest that is known.
func (h *history) begin() time.Time { return h.origin.Add(time.Duration(h.oldest()) * bin) }

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

// first is when the first of those between started, or until.
func (h *history) first(from, until time.Time) time.Time {
	for n, last := max(h.number(from), h.oldest()), min(h.number(until), h.newest+1); n < last; n++ {
		if h.counts[n%int64(len(h.counts))] > 0 {
			return h.origin.Add(time.Duration(n) * bin)
		}
	}
	return until
}

// levels is how full a bucket was at some times.
type levels struct {
	empty   []float64 // if it was empty at the begin
	balance []float64 // what came less what drained, without a floor
	most    float64   // highest level before the last of the times, if it was empty
	peak    float64   // highest balance
}

// at is the level at the i-th time, if it was as given at the begin.
func (v levels) at(i int, begin float64) float64 { return max(v.empty[i], begin+v.balance[i]) }

// highest is the highest level, if it was as given at the begin.
func (v levels) highest(begin float64) float64 { return max(v.most, begin+v.peak) }

// debts lets a bucket that drains at the rate (per second) run over the
// history from that time on, up to each of the times, which must ascend.
//
// A tenant's token bucket of burst B lets through as long as this level is
// below B. So, at the true rate, the level is B whenever a 429 comes, and
// never higher.
func (h *history) debts(rate float64, from time.Time, at ...time.Time) levels {
	v := levels{empty: make([]float64, len(at)), balance: make([]float64, len(at))}
	drained := rate * bin.Seconds()
	level, balance := 0.0, 0.0
	n := max(h.number(from), h.oldest())
	in := int(n % int64(len(h.counts)))
	for i, t := range at {
		for last := min(h.number(t), h.newest+1); n < last; n++ {
			came := float64(h.counts[in])
			if in++; in == len(h.counts) {
				in = 0
			}
			if level -= drained; level < 0 {
				level = 0
			}
			level += came
			balance += came - drained
			if level > v.most {
				v.most = level
			}
			if balance > v.peak {
				v.peak = balance
			}
		}
		v.empty[i], v.balance[i] = level, balance
	}
	return v
}
