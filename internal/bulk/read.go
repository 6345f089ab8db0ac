package bulk

import (
	"context"

	"github.com/kinde-migrate/kinde-migrate/internal/engine"
	"github.com/kinde-migrate/kinde-migrate/kinde"
)

// reading is the step of a verb that reads.
type reading struct {
	r      *run
	listed kinde.User
}

// Info says that nothing is kept of it.
func (x *reading) Info() engine.Info { return engine.Info{Kind: stepRead} }

// Do reads the user.
func (x *reading) Do(ctx context.Context, s *engine.Subject) engine.Result {
	shown, err := x.read(ctx, s.Record.KindeID)
	if err != nil {
		return outcomeOf(ctx, err)
	}
	x.r.mu.Lock()
	x.r.shown[s.Record.ID] = shown
	x.r.mu.Unlock()
	return engine.Result{Nothing: true, Silent: true}
}

func (x *reading) read(ctx context.Context, id string) (out Shown, err error) {
	t := x.r.Target
	out.User = x.listed
	switch x.r.opt.Verb {
	case Get:
		if out.User, err = t.GetUserData(ctx, id, kinde.ExpandOrganizations, kinde.ExpandIdentities); err != nil {
			return out, err
		}
		for i, err := range t.GetUserIdentities(ctx, id) {
			if err != nil {
				return out, err
			}
			out.Identities = append(out.Identities, i)
		}
		for p, err := range t.GetUserPropertyValues(ctx, id) {
			if err != nil {
				return out, err
			}
			out.Properties = append(out.Properties, p)
		}
	case Sessions:
		out.Sessions, out.More, err = t.GetUserSessions(ctx, id)
	case MFA:
		out.Factors, err = t.GetUsersMFA(ctx, id)
	}
	return out, err
}
