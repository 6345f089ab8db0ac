package pace

import "time"

// Shape names what kind of limiter a gate believes to stand before.
type Shape string

// The shapes. Unlimited: no limit was met. Several limiters at once are named
// by the one that binds.
const (
	ShapeFixed       Shape = "fixed"
	ShapeUnknown     Shape = "unknown"
	ShapeUnlimited   Shape = "unlimited"
	ShapeRate        Shape = "rate"
	ShapeWindow      Shape = "window"
	ShapeConcurrency Shape = "concurrency"
)

// Snapshot is how a gate stands at a moment.
type Snapshot struct {
	Limit       float64       // believed limit of the tenant, requests per second; 0: none known
	Rate        float64       // pace now, requests per second; 0: not paced
	Shape       Shape         // kind of limiter
	Window      time.Duration // length of the tenant's window, when it has one
	InFlight    int           // between Acquire and Done
	MaxInFlight int           // cap on those now
	HeldFor     time.Duration // rest of the hold; 0: none
	Answers     uint64        // answers seen by this gate
	Throttled   uint64        // of which 429
}

func (l *line) snapshot(now time.Time) Snapshot {
	return Snapshot{
		InFlight:    l.taken,
		MaxInFlight: l.policy.slots(),
		HeldFor:     max(l.held.Sub(now), 0),
		Answers:     l.answers,
		Throttled:   l.throttles,
	}
}
