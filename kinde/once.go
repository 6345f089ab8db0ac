package kinde

import "context"

// onceTries is how often Once makes its call.
const onceTries = 5

// Once makes a call that must not be repeated blindly. When its answer is lost,
// happened tells whether the tenant acted on it; only if not, it is made again. The
// error is that of happened, or of the last call.
func Once(ctx context.Context, call func() error, happened func() (bool, error)) error {
	var err error
	for range onceTries {
		if err = call(); ClassOf(err) != ClassInDoubt {
			return err
		}
		if yes, failed := happened(); failed != nil || yes {
			return failed
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
	}
	return err
}
