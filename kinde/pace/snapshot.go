package pace

import "time"

// Snapshot is how a gate stands at a moment.
type Snapshot struct {
	Limit       float64       // believed limit of the tenant, requests per second; 0: none known
	Rate        float64       // pace now, requests per second
	InFlight    int           // between Acquire and Done
	MaxInFlight int           // cap on those now
	HeldFor     time.Duration // rest of the hold; 0: none
}

func (l *line) snapshot(now time.Time) Snapshot {
	return Snapshot{InFlight: l.taken, MaxInFlight: l.policy.slots(), HeldFor: max(l.held.Sub(now), 0)}
}

// State is what a Learning gate has learnt, for the checkpoint: plain JSON, no times.
type State struct {
	Limit       float64 `json:"limit"`                   // requests per second; 0: none met
	Burst       float64 `json:"burst,omitempty"`         // requests that may come at once on top; of a window: its count
	Window      float64 `json:"window,omitempty"`        // seconds; 0: no window seen
	MaxInFlight int     `json:"max_in_flight,omitempty"` // the tenant's cap; 0: none met
}
