package pace

import "github.com/kinde-migrate/kinde-migrate/kinde"

// Options of a gate. The zero value of each field is sensible.
type Options struct {
	// Rate is the number of requests per second of a Fixed gate.
	Rate float64
	// MaxInFlight bounds the requests between Acquire and Done; 0: 64.
	MaxInFlight int
	// Share is the part of the learnt limit that a Learning gate takes, above 0
	// and at most 1; 0: 1. The rest is left to the live application.
	Share float64
	// Start is the rate in requests per second from which a Learning gate sets
	// out when it knows nothing; 0: 50.
	Start float64
	// Known is what an earlier run learnt, from State; nil: nothing.
	Known *State
	// Headers are the names under which the service tells its limits.
	Headers kinde.RateHeaders
	// Throttled says that an answer means "too many requests" although its status
	// is not 429. Some say so with status 400 and a body.
	Throttled func(kinde.Answer) bool
}

func (o Options) slots() int {
	if o.MaxInFlight > 0 {
		return o.MaxInFlight
	}
	return 64
}
