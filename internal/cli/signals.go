package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// errSignal is the cause of a context that a signal ended. Whoever returns the
// cause of a context says that it was cancelled.
var errSignal error = signalError{}

type signalError struct{}

func (signalError) Error() string { return "stopped by a signal" }

func (signalError) Is(target error) bool { return target == context.Canceled }

type hardKey struct{}

// defaultGrace is less than what Docker and Kubernetes wait before they kill.
const defaultGrace = 10 * time.Second

// limits is what Signals and the flags of a command share.
type limits struct {
	hard   context.Context
	grace  atomic.Int64
	asking atomic.Bool // a question waits: Ctrl-C answers it, and nothing is in flight
}

// Signals returns a context that ends with the first SIGINT or SIGTERM, which
// asks a command to finish what is in flight; hard(ctx) ends with the second, or
// when most of --grace is over, and asks it to stop now. A third, and the end of
// --grace, end the process at once, whatever it waits for: nothing is lost,
// because every intent is durable before its request. SIGHUP is ignored, so that
// a run survives its terminal. stop releases all of it.
func Signals(parent context.Context, stderr io.Writer) (ctx context.Context, stop func()) {
	signal.Ignore(syscall.SIGHUP)
	hardCtx, cancelHard := context.WithCancelCause(parent)
	l := &limits{hard: hardCtx}
	l.grace.Store(int64(defaultGrace))
	soft, cancelSoft := context.WithCancelCause(context.WithValue(hardCtx, hardKey{}, l))

	ch := make(chan os.Signal, 3)
	signal.Notify(ch, os.Interrupt, syscall.SIGTERM)
	quit := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		var late, over <-chan time.Time
		for n := 0; ; {
			select {
			case <-quit:
				return
			case <-over:
				fmt.Fprintln(stderr, "\nStopped: the time of --grace is over. The same command continues.")
				os.Exit(int(ExitInterrupted))
			case <-late:
				n = max(n, 2)
			case <-ch:
				n++
			}
			switch n {
			case 1:
				grace := time.Duration(l.grace.Load())
				late, over = time.After(grace*4/5), time.After(grace)
				if !l.asking.Load() {
					fmt.Fprintln(stderr, "\nStopping: finishing what is in flight. Press Ctrl-C again to stop now.")
				}
				cancelSoft(errSignal)
			case 2:
				late = nil
				fmt.Fprintln(stderr, "\nStopping now.")
				cancelHard(errSignal)
			default:
				os.Exit(int(ExitInterrupted))
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

// Hard returns the context that ends with the second signal. ctx itself ends with the first.
func Hard(ctx context.Context) context.Context {
	if l, ok := ctx.Value(hardKey{}).(*limits); ok {
		return l.hard
	}
	return ctx
}

// within tells how long the process may take to end after a signal.
func within(ctx context.Context, grace time.Duration) {
	if l, ok := ctx.Value(hardKey{}).(*limits); ok {
		l.grace.Store(int64(grace))
	}
}

// asking returns what hears of questions to the person who may press Ctrl-C.
func asking(ctx context.Context) func(bool) {
	l, ok := ctx.Value(hardKey{}).(*limits)
	if !ok {
		return nil
	}
	return l.asking.Store
}

// Interrupted tells whether a signal asked the process to stop.
func Interrupted(ctx context.Context) bool {
	return errors.Is(context.Cause(ctx), errSignal)
}
