package engine

import (
	"context"

	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
	"github.com/kinde-migrate/kinde-migrate/kinde"
)

// Answered turns the answer of the tenant to a request into the result of its
// step. refused is what is said when the tenant said no, failed when nobody knows
// whether it happened; both lack the message, which is the answer's. Credentials
// that are not accepted, a tenant that can't be reached, a checkpoint that fails and
// a run that was stopped end the run.
func Answered(ctx context.Context, err error, refused, failed Problem) Result {
	class := kinde.ClassOf(err)
	if checkpoint.ReasonOf(err) != "" {
		return Fatal(err)
	}
	switch class {
	case kinde.ClassNone:
		return Result{}
	case kinde.ClassAuth, kinde.ClassUnreachable, kinde.ClassStopped:
		return Fatal(err)
	}
	if ctx.Err() != nil {
		return Fatal(context.Cause(ctx))
	}
	state, p := checkpoint.GaveUp, failed
	if class == kinde.ClassFinal || class == kinde.ClassNotFound {
		state, p = checkpoint.Refused, refused
	}
	p.Message = err.Error()
	return Result{State: state, Problem: p}
}
