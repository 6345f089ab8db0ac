package pace

import (
	"math"
	"time"
)

// meeting is one meeting with the limit: the first 429 of an episode.
type meeting struct {
	resumed  time.Time     // end of the hold before
	at       time.Time     // start of its earliest 429
	asked    time.Duration // the hold that was asked for; 0: none was
	held     time.Duration // how long it was
	through  float64       // accepted since resumed
	pace     float64       // requests per second shortly before
	refused  int           // 429s of those in flight
	slipped  float64       // of which went through after it
	accident bool          // nothing else explains it
	cost     float64       // of its explanation
}

// fastest is the highest rate that a limiter can have that refuses then: no
// more than what came.
func (m meeting) fastest() float64 {
	seconds := max(m.at.Sub(m.resumed), bin).Seconds()
	return max((m.through+1)/seconds, 1.02*m.pace)
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

// together is how badly a bucket of that rate explains that so many in flight
// were refused: it lets through what it regains meanwhile.
func (m meeting) together(rate float64) float64 {
	if m.refused < 2 || !(m.pace > 0) {
		return 0
	}
	refuses := max(1-rate/m.pace, 0.05)
	return min(-2*float64(m.refused-1)*math.Log(refuses), 8)
}

// contrary is how many went through after the first that was refused, more than
// can have overtaken it: no window lets them.
func (m meeting) contrary() float64 { return max(m.slipped-2-float64(m.refused)/2, 0) }

// accidental is what the meeting costs as an accident, which seldom befalls several.
func (m meeting) accidental(accident float64) float64 {
	return accident + min(3*float64(m.refused-1), 9)
}

// exactly is what a limiter pays even if it explains the 429 well: the nearer
// the pace is to its rate, the less it tells when the 429 comes.
func (m meeting) exactly(rate float64) float64 {
	const tolerance = 3
	return 2 * math.Log(2.5*tolerance*m.pace/max(m.pace-rate, 0.02*m.pace))
}

// endsAfter says whether the tenant asked for a hold until then, as seconds
// rounded upwards or not at all.
func (m meeting) endsAfter(rest time.Duration) bool {
	const late = 50 * time.Millisecond // for the way there and back
	return rest < m.asked+late && rest > m.asked-time.Second-late
}
