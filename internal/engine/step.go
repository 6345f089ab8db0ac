package engine

import (
	"context"

	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
)

// Step is one thing to do for one subject. It names itself by kind and key;
// together with the record they are the primary key of its state.
type Step interface {
	// Info describes the step. It must not change.
	Info() Info
	// Do does it. A Result without a State counts as done.
	Do(ctx context.Context, s *Subject) Result
}

// Settler is a Step that can find out whether it happened, after an intent
// without an outcome. done false means that it certainly did not happen and
// may be done now.
type Settler interface {
	Settle(ctx context.Context, s *Subject, intent checkpoint.Step) (result Result, done bool)
}

// Intender is a Step that keeps something, as JSON, with its intent.
type Intender interface{ Intent(s *Subject) string }

// Info describes a step.
type Info struct {
	Kind   string // a checkpoint.Step… constant or a verb's name
	Key    string
	Units  int               // how many things it covers; 0 counts as 1
	Digest checkpoint.Digest // of what is asked
	Once   bool              // repeating it may do harm: intent first, Settle afterwards
	Urgent bool              // done even when draining: a suspension right after a create
}

// Result is how a step ended.
type Result struct {
	State   checkpoint.StepState // "" is Done
	Code    string               // problem code, of a refused or given up step
	Message string
	Field   string
	Hint    string
	Detail  string // JSON, kept with the state
	Warning bool   // a problem that does not make the record fail

	// Stop ends the subject: later steps make no sense.
	Stop bool
	// Outcome is the class of the record when Stop is set; "" is decided by the steps.
	Outcome checkpoint.Outcome
	// Deferred tells that the step was handed to somebody who calls Engine.Finish later.
	Deferred bool
	// Also are states of further steps that were done by the way.
	Also []checkpoint.Step
	// Changed tells that a step which is not Done changed the user all the same.
	Changed bool
	// Nothing tells that the step found nothing to change.
	Nothing bool
	// Silent keeps the step out of the checkpoint.
	Silent bool
	// Leave keeps the subject pending: the step will be done by a later run.
	Leave bool
	// Forget drops the states of all earlier steps of the record before this one is stored.
	Forget bool
	// Fatal ends the run.
	Fatal error
}
