package importer

import (
	"context"

	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
	"github.com/kinde-migrate/kinde-migrate/internal/engine"
)

// notedStep sends nothing. It keeps a state that planning has found.
type notedStep struct {
	info   engine.Info
	result engine.Result
}

func (c *notedStep) Info() engine.Info { return c.info }

func (c *notedStep) Do(context.Context, *engine.Subject) engine.Result { return c.result }

func infoOf(id engine.StepID) engine.Info { return engine.Info{Kind: id.Kind, Key: id.Key} }

// found notes that something wanted is there. It was before us, and no rollback
// and no mirror takes it away; unless an earlier run was about to put it there.
func found(s *engine.Subject, id engine.StepID) engine.Step {
	step := &notedStep{info: infoOf(id), result: engine.Result{State: checkpoint.Found}}
	if was := s.Before[id].State; was == checkpoint.Intent || was == checkpoint.GaveUp {
		step.result.State = checkpoint.Done
	}
	return step
}

// dropUnwanted lays those failures aside that concern what the source no longer wants,
// and forgets what was found of it.
func (p *planner) dropUnwanted(s *engine.Subject, w *wanted) {
	if len(s.Before) == 0 {
		return
	}
	wanted := map[engine.StepID]bool{}
	for _, step := range s.Steps {
		info := step.Info()
		wanted[engine.StepID{Kind: info.Kind, Key: info.Key}] = true
	}
	// These are settled by the way, together with a suspension or a membership.
	wanted[engine.StepID{Kind: checkpoint.StepReset}] = w.reset
	for _, m := range w.members {
		wanted[engine.StepID{Kind: checkpoint.StepRoles, Key: m.code}] = len(m.roles) > 0
		wanted[engine.StepID{Kind: checkpoint.StepPermissions, Key: m.code}] = len(m.permissions) > 0
		wanted[removedRoles(m.code)] = p.opt.Mirror && !p.droppedFrom(s, m).bare()
	}
	for id, was := range s.Before {
		open := was.State == checkpoint.Refused || was.State == checkpoint.GaveUp || was.State == checkpoint.Found
		if open && dependsOnSource(id.Kind) && !wanted[id] && !wanted[removalOf(id)] && !unanswered(s, id) {
			s.Steps = append(
				s.Steps,
				&notedStep{info: infoOf(id), result: engine.Omitted(engine.Problem{Message: "the source no longer asks for it"})},
			)
		}
	}
}

// dependsOnSource tells whether a kind of step is planned from what the source wants.
func dependsOnSource(kind string) bool {
	switch kind {
	case checkpoint.StepUpdate, checkpoint.StepSuspension, checkpoint.StepReset, checkpoint.StepIdentities, checkpoint.StepSocial,
		checkpoint.StepProperties, checkpoint.StepPassword, checkpoint.StepFlags, checkpoint.StepMemberships, checkpoint.StepRoles,
		checkpoint.StepPermissions, stepRemove:
		return true
	}
	return false
}
