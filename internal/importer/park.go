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

// parkStep gives somebody an address that stands in for their last identity. A
// record's is always the same one, so that it is found again after a crash.
func parkStep(p *planner, record int64) *identityStep {
	address := fmt.Sprintf("moving-%x%s", p.digest(checkpoint.StepParked, record), parkedAt)
	return &identityStep{p: p, kind: checkpoint.StepParked, key: "email:" + address, units: 1,
		request: kinde.CreateUserIdentityRequest{Type: kinde.IdentityEmail, Value: address}}
}

// addUnpark takes a parked address away again. It belongs to the record's own
// steps, since they may be what puts an identity in place, and whatever ended the
// exchange early must not leave the address behind. One that may or may not have
// been added is looked for too.
func (p *planner) addUnpark(s *engine.Subject) {
	for id, was := range s.Before {
		if id.Kind == checkpoint.StepParked && was.State != checkpoint.Omitted {
			s.Steps = append(s.Steps, &unparkStep{removeStep{p: p, id: id}})
		}
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
