package intake

import (
	"context"

	"golang.org/x/sync/errgroup"
)

// pipeline runs work on several goroutines and hands the results to deliver in
// the order in which produce made the tasks. At most twice as many tasks as
// workers are under way. It returns when every goroutine has ended.
func pipeline[T, R any](
	ctx context.Context,
	workers int,
	produce func(context.Context, func(T) error) error,
	work func(T) R,
	deliver func(R) error,
) error {
	type task struct {
		in  T
		out chan R
	}
	g, ctx := errgroup.WithContext(ctx)
	todo := make(chan task)
	order := make(chan chan R, 2*workers)
	g.Go(func() error {
		defer close(todo)
		defer close(order)
		return produce(ctx, func(in T) error {
			t := task{in, make(chan R, 1)}
			select {
			case order <- t.out:
			case <-ctx.Done():
				return ctx.Err()
			}
			select {
			case todo <- t:
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		})
	})
	for range workers {
		g.Go(func() error {
			for t := range todo {
				t.out <- work(t.in)
			}
			return nil
		})
	}
	g.Go(func() error {
		for out := range order {
			select {
			case r := <-out:
				if err := deliver(r); err != nil {
					return err
				}
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		return nil
	})
	return g.Wait()
}
