// Package pace owns the gates that decide when a request to the tenant may
// start: [Fixed] for a rate that somebody chose, [Learning] for a rate that has
// to be found out, [None] for targets that need no gate at all.
//
// All requests of a process go through one gate, so that one 429 holds
// everyone. The package never sends, retries or reads a request, and never
// looks at the wall clock except to understand a date in a header: what it
// measures, it measures with the monotonic clock.
package pace
