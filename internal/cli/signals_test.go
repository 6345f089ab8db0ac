package cli

import (
	"context"
	"fmt"
	"testing"
)

// TestStoppedBySignal takes the cause of a context that a signal ended for what
// it is: an interruption, which the same command resumes.
func TestStoppedBySignal(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errSignal)
	if v := judge(ctx, fmt.Errorf("creating a user: %w", context.Cause(ctx))); v.code != ExitInterrupted || v.try == "" {
		t.Errorf("%+v", v)
	}
}
