package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"sync"
	"syscall"
)

// errSignal is the cause of a context that a signal ended. Whoever returns the
// cause of a context says that it was cancelled.
var errSignal error = signalError{}

type signalError struct{}

func (signalError) Error() string        { return "stopped by a signal" }
func (signalError) Is(target error) bool { return target == context.Canceled }

type hardKey struct{}

// Signals returns a context that ends with the first SIGINT or SIGTERM, which
// asks a command to finish what is in flight; hard(ctx) ends with the second,
// which asks it to stop now. A third ends the process at once: nothing is lost,
// because every intent is durable before its request. SIGHUP is ignored, so
// that a run survives its terminal. stop releases all of it.
func Signals(parent context.Context, stderr io.Writer) (ctx context.Context, stop func()) {
	signal.Ignore(syscall.SIGHUP)
	hardCtx, cancelHard := context.WithCancelCause(parent)
	soft, cancelSoft := context.WithCancelCause(context.WithValue(hardCtx, hardKey{}, hardCtx))

	ch := make(chan os.Signal, 3)
	signal.Notify(ch, os.Interrupt, syscall.SIGTERM)
	quit := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		for n := 1; ; n++ {
			select {
			case <-quit:
				return
			case <-ch:
			}
			switch n {
			case 1:
				fmt.Fprintln(stderr, "\nStopping: finishing what is in flight. Press Ctrl-C again to stop now.")
				cancelSoft(errSignal)
			case 2:
				fmt.Fprintln(stderr, "\nStopping now.")
				cancelHard(errSignal)
			default:
				os.Exit(int(exitInterrupted))
			}
		}
	})
	return soft, func() {
		signal.Stop(ch)
		close(quit)
		wg.Wait()
		cancelSoft(nil)
		cancelHard(nil)
	}
}

// hard returns the context that ends with the second signal. ctx itself ends with the first.
func hard(ctx context.Context) context.Context {
	if h, ok := ctx.Value(hardKey{}).(context.Context); ok {
		return h
	}
	return ctx
}

// interrupted tells whether a signal asked the process to stop.
func interrupted(ctx context.Context) bool {
	return errors.Is(context.Cause(ctx), errSignal)
}
