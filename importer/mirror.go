package importer

import (
	"context"
	"encoding/json"

	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
	"github.com/kinde-migrate/kinde-migrate/internal/compare"
	"github.com/kinde-migrate/kinde-migrate/internal/engine"
)

// mirror appends the removal of identities and memberships that the source
// dropped. Only what the job itself put in place is removed: what else the
// tenant shows may be somebody's work there.
func (p *planner) mirror(s *engine.Subject, w *wanted) {
	wanted := map[engine.StepID]bool{}
	for _, m := range w.members {
		wanted[engine.StepID{Kind: checkpoint.StepMemberships, Key: m.code}] = true
	}
	for _, l := range w.links {
		wanted[engine.StepID{Kind: checkpoint.StepSocial, Key: l.key()}] = true
	}
	for _, i := range w.identities {
		wanted[engine.StepID{Kind: "identity", Key: string(i.Type) + ":" + compare.Fold(string(i.Type), i.Value)}] = true
	}
	var inPlace []engine.StepID
	for id, b := range s.Before {
		switch {
		case b.State != checkpoint.Done:
		case id.Kind == checkpoint.StepMemberships, id.Kind == checkpoint.StepSocial, id.Kind == "identity":
			inPlace = append(inPlace, id)
		case id.Kind == checkpoint.StepIdentities:
			var list []string
			// A list that can't be read names nothing to remove.
			_ = json.Unmarshal([]byte(b.Detail), &list)
			for _, key := range list {
				inPlace = append(inPlace, engine.StepID{Kind: "identity", Key: key})
			}
		}
	}
	for _, id := range inPlace {
		if !wanted[id] && !p.removed(s, id.Kind, id.Key) {
			s.Steps = append(s.Steps, &removeStep{p: p, id: id})
		}
	}
}

// removed tells whether a mirror has taken the thing away.
func (p *planner) removed(s *engine.Subject, kind, key string) bool {
	b, ok := s.Before[engine.StepID{Kind: kind, Key: key}]
	return ok && b.State == checkpoint.LeftAway
}

// removeStep takes away an identity or a membership. What is gone already is removed.
type removeStep struct {
	p  *planner
	id engine.StepID
}

func (c *removeStep) Info() engine.Info { return engine.Info{Kind: c.id.Kind, Key: c.id.Key} }

func (c *removeStep) Do(ctx context.Context, s *engine.Subject) engine.Result {
	remove := func(ctx context.Context, id string) error { return takeIdentity(ctx, c.p.target, id, c.id.Key) }
	if c.id.Kind == checkpoint.StepMemberships {
		remove = func(ctx context.Context, id string) error {
			return c.p.target.RemoveOrganizationUser(ctx, c.id.Key, id)
		}
	}
	r := outcomeOf(ctx, gentle(remove)(ctx, s.Record.KindeID))
	if r.State == "" {
		r.State, r.Message, r.Changed = checkpoint.LeftAway, "the source dropped it", true
	}
	return r
}
