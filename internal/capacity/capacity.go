// Package capacity owns what a migration costs and takes: from the requests of
// each operation to the time at a rate and the rate for a window. It only
// calculates; it reads no file and talks to nobody.
package capacity

import (
	"math"
	"time"
)

// Range is a number of requests of which only the bounds are known.
type Range struct {
	Min int64 `json:"min"`
	Max int64 `json:"max"`
}

// Need is what a migration needs. Times are in seconds, rates in requests per second.
type Need struct {
	Schema       string           `json:"schema"`
	Users        int64            `json:"users"`
	Operations   map[string]Range `json:"requests_by_operation"`
	Requests     Range            `json:"requests"`
	PerUser      float64          `json:"requests_per_user"` // at most
	Rate         float64          `json:"rate"`
	RateFrom     string           `json:"rate_from"` // given, learnt or assumed
	Seconds      Range            `json:"seconds"`
	Window       float64          `json:"window_seconds,omitempty"`
	RateToFit    float64          `json:"rate_to_fit,omitempty"`
	Fits         *bool            `json:"fits,omitempty"`
	UsersThatFit int64            `json:"users_that_fit,omitempty"` // of the window, at the rate
	Ways         []Way            `json:"ways,omitempty"`
}

// Used is the part of a tenant's limit that a run uses, holds and the search
// for the limit included. docs/benchmarks.md shows the measurements.
const Used = 0.95

// Of computes the need. rate is what the tenant allows; a learnt or assumed one
// is used to Used, a given one is kept to the full. window is the time that there is; 0: none.
func Of(operations map[string]Range, users int64, rate float64, from string, window time.Duration) Need {
	n := Need{Schema: "kinde-migrate.plan/1", Users: users, Operations: operations, Rate: rate, RateFrom: from, Window: window.Seconds()}
	for _, r := range operations {
		n.Requests.Min += r.Min
		n.Requests.Max += r.Max
	}
	if users > 0 {
		n.PerUser = math.Round(1000*float64(n.Requests.Max)/float64(users)) / 1000
	}
	effective := rate * Used
	if from == Given {
		effective = rate * paced
	}
	n.Seconds = Range{seconds(n.Requests.Min, effective), seconds(n.Requests.Max, effective)}
	if window <= 0 {
		return n
	}
	part := Used
	if from == Given {
		part = paced
	}
	n.RateToFit = math.Ceil(10*float64(n.Requests.Max)/(window.Seconds()*part)) / 10
	fits := float64(n.Seconds.Max) <= window.Seconds()
	n.Fits = &fits
	n.UsersThatFit = users
	if !fits && n.PerUser > 0 {
		n.UsersThatFit = int64(window.Seconds() * effective / n.PerUser)
	}
	return n
}

// Where a rate comes from.
const (
	Given   = "given"
	Learnt  = "learnt"
	Assumed = "assumed"
)

// paced is what the gate for a chosen rate makes of it: what leaves evenly
// arrives less evenly, so two per cent stay unused.
const paced = 0.98

func seconds(requests int64, rate float64) int64 {
	if rate <= 0 {
		return 0
	}
	return int64(math.Ceil(float64(requests) / rate))
}
