package importer

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"strings"

	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
	"github.com/kinde-migrate/kinde-migrate/internal/compare"
	"github.com/kinde-migrate/kinde-migrate/internal/engine"
	"github.com/kinde-migrate/kinde-migrate/internal/mapping"
)

// A delta adds. What the source has dropped stays in the tenant, and a step
// "dropped" notes that it does. A mirror takes it away, and finds the records by
// that note, whether the source has changed since or not. It takes only what the
// job itself put in place: what else the tenant shows may be somebody's work there.

// stepRemove takes one thing away; its key names the step that put it there.
const stepRemove = "remove"

// mirror appends the removal of what the source dropped, or notes that it stays.
func (p *planner) mirror(s *engine.Subject, w *wanted) {
	dropped := p.dropped(s, w)
	if p.opt.Mirror {
		for _, id := range dropped {
			s.Steps = append(s.Steps, &removeStep{p: p, id: id})
		}
		dropped = nil
	}
	stays := p.say(s, w, dropped)
	id := engine.StepID{Kind: checkpoint.StepDropped}
	switch was, noted := s.Before[id]; {
	case stays:
		s.Steps = append(s.Steps, &notedStep{info: infoOf(id), result: engine.Omitted(engine.Problem{Message: droppedStays})})
	case noted && was.State == checkpoint.Omitted:
		s.Steps = append(s.Steps, &notedStep{info: infoOf(id), result: engine.Unchanged()})
	}
}

const droppedStays = "what the source dropped stays in the tenant without --mirror"

// takeOrName is the step for an identity that a create brought and the source has
// dropped since: it is removed, or said to stay.
func (p *planner) takeOrName(id engine.StepID) engine.Step {
	if p.opt.Mirror {
		return &removeStep{p: p, id: id}
	}
	return &notedStep{info: infoOf(engine.StepID{Kind: checkpoint.StepDropped}), result: engine.Omitted(engine.Problem{
		Warning: true, Code: string(mapping.FieldDropped), Field: "dropped", Message: keptDropped + "the identity " + id.Key, Hint: mirrorHint,
	})}
}

// say names what the source dropped and the tenant keeps without --mirror: what
// nobody took away is otherwise taken for gone.
func (p *planner) say(s *engine.Subject, w *wanted, dropped []engine.StepID) (stays bool) {
	if p.opt.Mirror {
		return false
	}
	for _, key := range p.clearedProperties(s, w) {
		p.warn(
			s,
			"properties."+key,
			"the source has no value any more; the tenant keeps the old one without --mirror",
			mirrorHint,
		)
		stays = true
	}
	var names []string
	for _, id := range dropped {
		name := map[string]string{checkpoint.StepMemberships: "the membership in ", checkpoint.StepIdentities: "the identity ",
			checkpoint.StepSocial: "the social identity "}[id.Kind] + id.Key
		if unanswered(s, id) {
			name = "perhaps " + name
		}
		names = append(names, name)
	}
	for _, m := range w.members {
		if had := p.droppedFrom(s, m); !had.bare() {
			names = append(names, strings.Join(union(had.roles, had.permissions), " and ")+" in "+m.code)
		}
	}
	if len(names) > 0 {
		p.warn(
			s,
			"dropped",
			keptDropped+strings.Join(names, ", "),
			mirrorHint,
		)
	}
	return stays || len(names) > 0
}

const keptDropped = "the source dropped it, and the tenant keeps it without --mirror: "

const mirrorHint = "Use --mirror to take it away in the tenant, too."

// dropped lists the memberships and identities that the job put in place and
// the source no longer names, in a fixed order.
func (p *planner) dropped(s *engine.Subject, w *wanted) (gone []engine.StepID) {
	wanted := map[engine.StepID]bool{}
	for _, m := range w.members {
		wanted[engine.StepID{Kind: checkpoint.StepMemberships, Key: m.code}] = true
	}
	for _, l := range w.links {
		wanted[engine.StepID{Kind: checkpoint.StepSocial, Key: l.key()}] = true
	}
	for _, i := range w.identities {
		wanted[identityID(string(i.Type), i.Value)] = true
	}
	add := func(id engine.StepID) {
		if !wanted[id] && !p.removed(s, id) {
			gone = append(gone, id)
		}
	}
	for id, b := range s.Before {
		if b.State != checkpoint.Done && !unanswered(s, id) {
			continue
		}
		switch id.Kind {
		case checkpoint.StepMemberships:
			// Of somebody who was a member before us only the roles are ours.
			if had := givenIn(s, id.Key); had.member == nil || !*had.member || !had.bare() {
				add(id)
			}
		case checkpoint.StepSocial:
			add(id)
		case checkpoint.StepIdentities:
			if id.Key != "" {
				add(id)
				continue
			}
			for _, key := range keysIn(b) {
				add(engine.StepID{Kind: checkpoint.StepIdentities, Key: key})
			}
		case stepAsked:
			for _, key := range keysIn(b) {
				add(engine.StepID{Kind: checkpoint.StepIdentities, Key: key})
			}
		}
	}
	slices.SortFunc(gone, func(a, b engine.StepID) int { return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Key, b.Key)) })
	return slices.Compact(gone)
}

// keysIn reads what keyList wrote; a list that can't be read names nothing.
func keysIn(b checkpoint.Step) (list []string) {
	_ = json.Unmarshal([]byte(b.Detail), &list)
	return list
}

// unanswered tells whether the job asked for an identity or a membership of a user of
// its own and got no answer, so that it may be in place as well.
func unanswered(s *engine.Subject, id engine.StepID) bool {
	ours := s.Record.Owner == checkpoint.Made || s.Record.Owner == checkpoint.Adopted
	if asked := s.Before[engine.StepID{Kind: stepAsked}]; id.Kind == checkpoint.StepIdentities && asked.State == checkpoint.Done &&
		slices.Contains(keysIn(asked), id.Key) {
		return ours
	}
	thing := id.Kind == checkpoint.StepSocial || id.Kind == checkpoint.StepIdentities || id.Kind == checkpoint.StepMemberships
	return ours && thing && id.Key != "" && s.Before[id].State == checkpoint.GaveUp
}

// identityID names the step of one e-mail address, phone number or username.
func identityID(kind, value string) engine.StepID {
	return engine.StepID{Kind: checkpoint.StepIdentities, Key: kind + ":" + compare.Fold(kind, value)}
}

// removed tells whether a mirror has taken the thing away.
func (p *planner) removed(s *engine.Subject, id engine.StepID) bool {
	b, ok := s.Before[id]
	return ok && b.State == checkpoint.Omitted
}

// removeStep takes away an identity or a membership. What is gone already is
// removed. What put it there counts as done until it is.
type removeStep struct {
	p  *planner
	id engine.StepID
}

func (c *removeStep) Info() engine.Info { return infoOf(removalOf(c.id)) }

// removalOf names the removal of what a step put in place.
func removalOf(id engine.StepID) engine.StepID {
	return engine.StepID{Kind: stepRemove, Key: id.Kind + " " + id.Key}
}

func (c *removeStep) Do(ctx context.Context, s *engine.Subject) engine.Result {
	if c.id.Kind != checkpoint.StepMemberships && s.Failed() {
		// Perhaps what was to replace it is not in place. The record is tried again.
		return engine.Result{Nothing: true, Silent: true}
	}
	r := c.take(ctx, s)
	if r.State == "" {
		r.Also[0].Message = "the source dropped it"
	}
	return r
}

// take takes the thing away, and tells that it is left out from now on.
func (c *removeStep) take(ctx context.Context, s *engine.Subject) engine.Result {
	remove := func(ctx context.Context, id string) error { return takeIdentity(ctx, c.p.target, id, c.id.Key) }
	if c.id.Kind == checkpoint.StepMemberships {
		remove = func(ctx context.Context, id string) error {
			if had := givenIn(s, c.id.Key); had.member != nil && *had.member {
				return takeRoles(ctx, c.p.target, c.id.Key, id, had.wantedMember)
			}
			return leave(ctx, c.p.target, c.id.Key, id)
		}
	}
	r := outcomeOf(ctx, unlessGone(c.p.target, remove)(ctx, s.Record.KindeID))
	if r.State == "" {
		r.Also = []checkpoint.Step{{Kind: c.id.Kind, Key: c.id.Key, State: checkpoint.Omitted, Units: 1}}
	}
	return r
}
