package pace

import (
	"slices"
	"sort"
	"time"
)

// remembered is how long a request that went through is.
const remembered = 2 * time.Minute

// grants are the requests that were started and not refused, by the time of
// their start.
type grants struct {
	origin time.Time
	all    []grant // ascending
}

type grant struct {
	at    time.Duration // since origin
	among int           // in flight then, itself included
}

// index is that of the first that started then or later.
func (g *grants) index(at time.Time) int {
	d := at.Sub(g.origin)
	return sort.Search(len(g.all), func(i int) bool { return g.all[i].at >= d })
}

func (g *grants) add(at time.Time, among int) {
	d := at.Sub(g.origin)
	if n := len(g.all); n > 0 {
		d = max(d, g.all[n-1].at)
	}
	g.all = append(g.all, grant{d, among})
	if old := g.index(at.Add(-remembered)); old > 1000 && old > len(g.all)/2 {
		g.all = append(g.all[:0], g.all[old:]...)
	}
}

// refuse takes one back.
func (g *grants) refuse(at time.Time) {
	if i := g.index(at); i < len(g.all) && g.all[i].at == at.Sub(g.origin) {
		g.all = slices.Delete(g.all, i, i+1)
	}
}

// between is how many started from the one time until before the other.
func (g *grants) between(from, until time.Time) float64 {
	return float64(max(g.index(until)-g.index(from), 0))
}

// among is how many of the last thousand before then were among so many in
// flight.
func (g *grants) among(n int, before time.Time) (count int) {
	last := g.index(before)
	for _, x := range g.all[max(last-1000, 0):last] {
		if x.among >= n {
			count++
		}
	}
	return count
}

// stretch is the time between two holds: what went through in it, and the 429
// that ended it.
type stretch struct {
	from, until time.Time
	gap         time.Duration // the hold before it
	granted     float64
	overflow    float64 // requests a second that went through while others were refused; infinite: too few to tell
}

func (s stretch) seconds() float64 { return max(s.until.Sub(s.from), time.Millisecond).Seconds() }

// rates is, for each burst, the rate of the bucket that is empty for the first
// time when the 429 comes, by the formula in docs/pacing.md. The refused one
// counts by half.
func (g *grants) rates(s stretch, bursts []float64) []float64 {
	rates := make([]float64, len(bursts))
	for i := range rates {
		rates[i] = s.granted / (s.seconds() + s.gap.Seconds())
	}
	n, last := 0.5, g.index(s.until)
	for k := last - 1; k >= g.index(s.from); k-- {
		n++
		t := max(s.until.Sub(g.origin)-g.all[k].at, time.Millisecond).Seconds()
		for i, b := range bursts {
			if n <= b {
				break // bursts ascend
			}
			rates[i] = max(rates[i], (n-b)/t)
		}
	}
	return rates
}

func (g *grants) rate(s stretch, burst float64) float64 { return g.rates(s, []float64{burst})[0] }
