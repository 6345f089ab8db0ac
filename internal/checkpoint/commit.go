package checkpoint

import (
	"context"
	"time"
)

// request is what a caller hands to the writer goroutine.
type request struct {
	changes []Change
	durable chan error // nil: nobody waits
}

const (
	// gatherFor is how long changes that nobody waits for may wait for company.
	gatherFor = 25 * time.Millisecond
	// gatherAtMost bounds a transaction, in requests.
	gatherAtMost = 2000
)

// Commit writes the changes and returns when they are durable, together with
// everything that was posted before. It fails for good once a write has failed.
func (s *Store) Commit(ctx context.Context, changes ...Change) error {
	durable := make(chan error, 1)
	if err := s.send(ctx, request{changes, durable}); err != nil {
		return err
	}
	select {
	case err := <-durable:
		return err
	case <-s.done:
		// The writer may have answered just before it ended.
		select {
		case err := <-durable:
			return err
		default:
			return s.ended()
		}
	}
}

// Flush returns when everything that was posted before is durable and can be read.
func (s *Store) Flush(ctx context.Context) error { return s.Commit(ctx) }

// Post queues changes. They are written in the order of the calls, and are
// durable when a later Commit returns, or soon.
func (s *Store) Post(ctx context.Context, changes ...Change) error {
	return s.send(ctx, request{changes: changes})
}

func (s *Store) send(ctx context.Context, r request) error {
	select {
	case <-s.done:
		return s.ended()
	default:
	}
	select {
	case s.requests <- r:
		return nil
	case <-s.done:
		return s.ended()
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (s *Store) ended() error {
	if err := s.failure(); err != nil {
		return err
	}
	return &Error{Reason: Broken, Path: s.path, Err: errClosed}
}

// write is the only goroutine that changes the database.
func (s *Store) write(w *writer) {
	defer close(s.done)
	defer w.close()
	for {
		var first request
		select {
		case first = <-s.requests:
		case <-s.closed:
			s.drain(w)
			return
		}
		if err := s.batch(w, first); err != nil {
			s.mu.Lock()
			s.failed = err
			s.mu.Unlock()
			return
		}
	}
}

// drain writes what was sent before Close.
func (s *Store) drain(w *writer) {
	for {
		select {
		case r := <-s.requests:
			if err := s.batch(w, r); err != nil {
				s.mu.Lock()
				s.failed = err
				s.mu.Unlock()
				return
			}
		default:
			return
		}
	}
}

// batch commits the first request and what has come by then.
func (s *Store) batch(w *writer, first request) error {
	var waiting []chan error
	err := w.begin()
	apply := func(r request) {
		if r.durable != nil {
			waiting = append(waiting, r.durable)
		}
		for _, c := range r.changes {
			if err == nil {
				err = c.apply(w)
			}
		}
	}
	apply(first)
	var late <-chan time.Time
gather:
	for n := 1; n < gatherAtMost && err == nil; n++ {
		select {
		case r := <-s.requests:
			apply(r)
			continue
		default:
		}
		if len(waiting) > 0 || s.path == ":memory:" {
			break // in memory a question waits for the transaction, so it is kept short
		}
		if late == nil {
			timer := time.NewTimer(gatherFor)
			defer timer.Stop()
			late = timer.C
		}
		select {
		case r := <-s.requests:
			apply(r)
		case <-late:
			break gather
		case <-s.closed:
			break gather
		}
	}
	if err == nil {
		if err = w.commit(); err == nil {
			err = s.there()
		}
	} else {
		w.rollback()
	}
	err = wrap(s.path, err)
	for _, c := range waiting {
		c <- err
	}
	return err
}
