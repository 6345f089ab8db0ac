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
