package engine

import "github.com/kinde-migrate/kinde-migrate/internal/checkpoint"

// Result is how a step ended. The zero Result is a step that was done and changed
// the user.
type Result struct {
	State   checkpoint.StepState // "" is Done
	Problem                      // of a step that was refused, given up or left away
	Detail  string               // JSON, kept with the state
	Next    Next
	// Outcome is the class of the record; "" is decided by the steps.
	Outcome checkpoint.Outcome
	// Also are states of further steps that were done by the way.
	Also []checkpoint.Step
	// Nothing tells that the step found nothing to change.
	Nothing bool
	// Silent keeps the step out of the checkpoint.
	Silent bool
	// Forget drops the states of all earlier steps of the record before this one is stored.
	Forget bool
	// Err ends the run.
	Err error
}

// Problem is what is said of a step. Without a code it is kept with the step alone.
type Problem struct {
	Code    string // of mapping's problem codes
	Message string
	Field   string
	Hint    string
	Warning bool // the record does not fail by it
}

// Next is what becomes of the user's further steps.
type Next string

const (
	Continue Next = ""
	Stop     Next = "stop"  // they make no sense
	Later    Next = "later" // a later run does them, and the record stays pending
	Defer    Next = "defer" // they go on; this one was handed to somebody who calls Engine.Finish
)

// Unchanged is a step that found nothing to change.
func Unchanged() Result { return Result{Nothing: true} }

// Refused is a step that the tenant does not accept.
func Refused(p Problem) Result { return Result{State: checkpoint.Refused, Problem: p} }

// GaveUp is a step that may or may not have happened; the next run tries again.
func GaveUp(p Problem) Result { return Result{State: checkpoint.GaveUp, Problem: p} }

// Omitted is a step that is left away.
func Omitted(p Problem) Result { return Result{State: checkpoint.Omitted, Problem: p} }

// Deferred is a step that somebody else finishes.
func Deferred() Result { return Result{Next: Defer} }

// Fatal ends the run.
func Fatal(err error) Result { return Result{Err: err} }
