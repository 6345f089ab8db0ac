package importer

import (
	"context"
	"fmt"

	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
	"github.com/kinde-migrate/kinde-migrate/internal/engine"
	"github.com/kinde-migrate/kinde-migrate/internal/mapping"
	"github.com/kinde-migrate/kinde-migrate/kinde"
)

// parkedAt is a domain that never exists (RFC 6761), so that nobody is ever
// written to at a parked address.
const parkedAt = "@parked.invalid"

// parking names the step of the address that stands in for a record's own. It is
// always the same one, so that it is found again after a crash.
func parking(p *planner, record int64) engine.StepID {
	return engine.StepID{
		Kind: checkpoint.StepParked,
		Key:  fmt.Sprintf("email:moving-%x%s", p.digest(checkpoint.StepParked, record), parkedAt),
	}
}

// parkStep gives somebody an address that stands in for their last identity.
func parkStep(p *planner, record int64) *identityStep {
	id := parking(p, record)
	return &identityStep{p: p, kind: id.Kind, key: id.Key, units: 1,
		request: kinde.CreateUserIdentityRequest{Type: kinde.IdentityEmail, Value: id.Key[len("email:"):]}}
}

// addUnpark takes a parked address away again. It belongs to the record's own
// steps, since they may be what puts an identity in place, and whatever ended the
// exchange early must not leave the address behind. One that may or may not have
// been added is looked for too.
func (p *planner) addUnpark(s *engine.Subject) {
	id := parking(p, s.Record.ID)
	if was, had := s.Before[id]; had && was.State != checkpoint.Omitted {
		s.Steps = append(s.Steps, &unparkStep{removeStep{p: p, id: id}})
	}
}

// unparkStep takes the parked address away once there is another identity.
type unparkStep struct{ removeStep }

func (c *unparkStep) Do(ctx context.Context, s *engine.Subject) engine.Result {
	r := c.take(ctx, s)
	if r.State != checkpoint.Omitted {
		return r
	}
	return engine.Refused(engine.Problem{
		Code:  string(mapping.IdentityTaken),
		Field: "identities",
		Message: "the user can't sign in: the tenant took none of the new identities, " +
			"and the old one belongs to somebody else now",
		Hint: "Correct the record or add an identity in Kinde, then run again with --retry-failed.",
	})
}
