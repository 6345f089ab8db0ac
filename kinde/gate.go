package kinde

import (
	"context"
	"net/http"
	"time"
)

// Gate decides when a request may start. All requests of a process share one
// gate, so that one 429 holds everyone: after Answered with status 429 it must
// not let Acquire or Held return until the hold is over (see HoldFor), since
// the client tries again at once and relies on the gate to wait.
type Gate interface {
	// Acquire waits until the operation (Kinde's operation id) may start. It
	// fails only when ctx ends.
	Acquire(ctx context.Context, operation string) (Permit, error)
}

// Permit is the leave to send one request. Answered is called as soon as the
// headers are read (or the attempt failed), Done when the body is read and the
// connection is free; each exactly once, in this order. A request that is
// never sent, because ctx ended or no token could be had, is Answered with
// that error and without a call of Held.
type Permit interface {
	// Held waits while a hold that began after Acquire is on. It is called at
	// the last moment before the request's bytes are written, and once more
	// when that connection turns out to be dead before anything was written.
	Held(ctx context.Context) error
	Answered(Answer)
	Done()
}

// Answer is what the gate learns from an attempt.
type Answer struct {
	Status  int           // 0 when no answer came
	Header  http.Header   // nil when no answer came
	Latency time.Duration // from the request's first byte; 0 when it wasn't sent
	Err     error         // transport error, nil when an answer came
	Body    []byte        // of a refusal, where the gate has to look at it
}
