package engine

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
	"github.com/kinde-migrate/kinde-migrate/kinde"
)

// What the tenant answers decides between done, refused for good, tried again by
// the next run, and the end of this one; a run that is being stopped says nothing
// about the record.
func TestAnswered(t *testing.T) {
	refused, failed := Problem{Code: "NO", Hint: "mend it"}, Problem{Code: "MAYBE", Hint: "again"}
	of := func(class kinde.Class) error { return &kinde.Error{Class: class, Operation: "updateUser"} }
	plain := errors.New("a body that can't be built")
	for _, c := range []struct {
		name    string
		err     error
		stopped bool
		state   checkpoint.StepState
		code    string
		ends    bool
	}{
		{name: "accepted"},
		{name: "accepted while the run is stopped", stopped: true},
		{name: "refused", err: of(kinde.ClassFinal), state: checkpoint.Refused, code: "NO"},
		{name: "nobody there", err: of(kinde.ClassNotFound), state: checkpoint.Refused, code: "NO"},
		{name: "never sent", err: plain, state: checkpoint.Refused, code: "NO"},
		{name: "given up", err: of(kinde.ClassRetry), state: checkpoint.GaveUp, code: "MAYBE"},
		{name: "refused while the run is stopped", err: of(kinde.ClassFinal), stopped: true, ends: true},
		{name: "given up while the run is stopped", err: of(kinde.ClassRetry), stopped: true, ends: true},
		{name: "credentials", err: of(kinde.ClassAuth), ends: true},
		{name: "no tenant", err: of(kinde.ClassUnreachable), ends: true},
		{name: "a checkpoint that fails", err: fmt.Errorf("asking: %w", &checkpoint.Error{Reason: checkpoint.NoSpace}), ends: true},
		{name: "stopped", err: of(kinde.ClassStopped), ends: true},
	} {
		t.Run(c.name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			if c.stopped {
				cancel()
			}
			r := Answered(ctx, c.err, refused, failed)
			if r.State != c.state || r.Code != c.code || (r.Err != nil) != c.ends {
				t.Fatalf("got state %q, code %q, error %v", r.State, r.Code, r.Err)
			}
			if c.code != "" && (r.Message != c.err.Error() || r.Hint == "") {
				t.Errorf("message %q, hint %q", r.Message, r.Hint)
			}
		})
	}
}
