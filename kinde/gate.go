package kinde

import (
	"context"
	"net/http"
	"time"
)

// Gate decides when a request may start. All requests of a process share one
// gate, so that one 429 holds everyone.
type Gate interface {
	// Acquire waits until the operation (Kinde's operation id) may start. It
	// fails only when ctx ends.
	Acquire(ctx context.Context, operation string) (Permit, error)
}

// Permit is the leave to send one request. Answered is called as soon as the
// headers are read (or the attempt failed), Done when the body is read and the
// connection is free; each exactly once, in this order.
type Permit interface {
	// Held waits while a hold that began after Acquire is on. It is called at
	// the last moment before the request's bytes are written.
	Held(ctx context.Context) error
	Answered(Answer)
	Done()
}

// Answer is what the gate learns from an attempt.
type Answer struct {
	Status  int         // 0 when no answer came
	Header  http.Header // nil when no answer came
	Latency time.Duration
	Err     error // transport error, nil when an answer came
}
