package pace

import (
	"context"

	"github.com/kinde-migrate/kinde-migrate/kinde"
)

// None returns a gate that is always open, for targets in memory.
func None() kinde.Gate { return open{} }

type open struct{}

func (open) Acquire(ctx context.Context, _ string) (kinde.Permit, error) { return open{}, ctx.Err() }
func (open) Held(ctx context.Context) error                              { return ctx.Err() }
func (open) Answered(kinde.Answer)                                       {}
func (open) Done()                                                       {}
