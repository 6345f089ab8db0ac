package intake

import (
	"context"
	"errors"
	"iter"
)

// A worker reads so many records at a time, or so many bytes: parsed, a record of
// twenty thousand columns takes fifty times its length.
const (
	readChunk = 64
	readBytes = 256 << 10
)

var errStopped = errors.New("the reader stopped")

// ready builds what reading by position needs and a first pass would have built.
func (in *Intake) ready(ctx context.Context) error {
	if err := in.join(ctx); err != nil {
		return err
	}
	in.readOnce.Do(func() {
		for _, f := range in.files {
			if in.readErr = f.Prepare(ctx); in.readErr != nil {
				return
			}
		}
	})
	return in.readErr
}

// Read is the second pass: it yields the records at these positions in their
// order, each united with its further rows. Records are read ahead and mapped in
// parallel. An error ends the sequence.
func (in *Intake) Read(ctx context.Context, at []Position) iter.Seq2[Item, error] {
	return func(yield func(Item, error) bool) {
		if err := in.ready(ctx); err != nil {
			yield(Item{}, err)
			return
		}
		// The caller's goroutine yields: a loop body may end the goroutine's function.
		ctx, cancel := context.WithCancel(ctx)
		type chunk struct {
			items []Item
			err   error
		}
		out := make(chan chunk)
		done := make(chan error, 1)
		go func() {
			defer close(out)
			done <- pipeline(ctx, in.opts.Workers,
				func(ctx context.Context, emit func([]Position) error) error {
					for rest := at; len(rest) > 0; {
						n := readAtOnce(rest)
						if err := emit(rest[:n]); err != nil {
							return err
						}
						rest = rest[n:]
					}
					return nil
				},
				func(list []Position) (c chunk) {
					for _, p := range list {
						it, err := in.united(ctx, p)
						if err != nil {
							c.err = err
							return c
						}
						c.items = append(c.items, it)
					}
					return c
				},
				func(c chunk) error {
					select {
					case out <- c:
						return c.err
					case <-ctx.Done():
						return ctx.Err()
					}
				})
		}()
		stopped := false
		defer func() {
			cancel()
			for range out {
			}
			if err := <-done; err != nil && !stopped && !errors.Is(err, errStopped) {
				yield(Item{}, err)
			}
		}()
		for c := range out {
			for _, it := range c.items {
				if !yield(it, nil) {
					stopped = true
					return
				}
			}
			if c.err != nil {
				return
			}
		}
	}
}

// readAtOnce is how many of the next records a worker reads.
func readAtOnce(rest []Position) (n int) {
	for bytes := int64(0); n < min(readChunk, len(rest)) && bytes < readBytes; n++ {
		bytes += rest[n].Length
		for i := range rest[n].Rows {
			bytes += rest[n].Rows[i].Length
		}
	}
	return n
}
