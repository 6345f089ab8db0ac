package importer

import (
	"context"
	"sync"
)

// shared is a value that is fetched once, by the first who needs it. Others wait
// for that fetch or for the end of their own context, never for a lock: a fetch
// is a request, and a request may back off for as long as an outage lasts.
// The zero value holds nothing yet.
type shared[V any] struct {
	mu      sync.Mutex
	fetched bool
	value   V
	flight  chan struct{} // closed when the fetch under way ends; nil: none
	failure error         // of the last fetch, for those who waited for it
}

// get returns the value. A fetch that failed is tried again by the next who asks;
// one that ended with its own caller's context is taken over by one who waits.
func (x *shared[V]) get(ctx context.Context, fetch func(context.Context) (V, error)) (V, error) {
	for {
		x.mu.Lock()
		if x.fetched {
			defer x.mu.Unlock()
			return x.value, nil
		}
		flight := x.flight
		if flight == nil {
			x.flight = make(chan struct{})
			x.mu.Unlock()
			return x.fetch(ctx, fetch)
		}
		x.mu.Unlock()
		var none V
		select {
		case <-flight:
		case <-ctx.Done():
			return none, context.Cause(ctx)
		}
		x.mu.Lock()
		err := x.failure
		x.mu.Unlock()
		if err != nil {
			return none, err
		}
	}
}

// fetch fetches on behalf of everyone who waits.
func (x *shared[V]) fetch(ctx context.Context, fetch func(context.Context) (V, error)) (V, error) {
	value, err := fetch(ctx)
	x.mu.Lock()
	defer x.mu.Unlock()
	close(x.flight)
	x.flight, x.failure = nil, nil
	switch {
	case err == nil:
		x.value, x.fetched = value, true
	case ctx.Err() == nil:
		x.failure = err
	}
	return value, err
}

// known returns the value if it was fetched already.
func (x *shared[V]) known() (value V, ok bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.value, x.fetched
}
