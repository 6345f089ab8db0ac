package pace

import (
	"context"

	"golang.org/x/sync/semaphore"

	"github.com/kinde-migrate/kinde-migrate/kinde"
)

// None returns a gate that is always open, for targets in memory.
func None() kinde.Gate { return open{} }

type open struct{}

func (open) Acquire(ctx context.Context, _ string) (kinde.Permit, error) { return open{}, ctx.Err() }
func (open) Held(ctx context.Context) error                              { return ctx.Err() }
func (open) Answered(kinde.Answer)                                       {}
func (open) Done()                                                       {}

// WithCap returns gate with at most n requests between Acquire and Done.
// n must be above zero.
func WithCap(gate kinde.Gate, n int) kinde.Gate {
	return &capped{gate: gate, slots: semaphore.NewWeighted(int64(max(n, 1)))}
}

type capped struct {
	gate  kinde.Gate
	slots *semaphore.Weighted // first come, first served
}

func (c *capped) Acquire(ctx context.Context, operation string) (kinde.Permit, error) {
	if err := c.slots.Acquire(ctx, 1); err != nil {
		return nil, err
	}
	p, err := c.gate.Acquire(ctx, operation)
	if err != nil {
		c.slots.Release(1)
		return nil, err
	}
	return &cappedPermit{Permit: p, slots: c.slots}, nil
}

type cappedPermit struct {
	kinde.Permit
	slots *semaphore.Weighted
}

func (p *cappedPermit) Done() {
	p.Permit.Done()
	p.slots.Release(1)
}
