package engine

import (
	"cmp"
	"sync"

	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
)

// Subject is a user in work: their row in the checkpoint and the steps that they
// need. A step may change Record.KindeID, Owner and Stage; the engine stores
// them with the step's state.
type Subject struct {
	Record checkpoint.Record
	Steps  []Step
	// Final are done after everything else, what was deferred included, if any
	// of it changed the user.
	Final []Step
	// Before are the states that the checkpoint held when the subject was planned.
	Before map[StepID]checkpoint.Step
	// Problems found while planning; they are stored when the subject begins.
	Problems []checkpoint.Problem
	// Wants replaces the record's wants when the plan wants other things than the mapping did.
	Wants *checkpoint.Wants
	// CreatedNow tells that a run of this pass created the user.
	CreatedNow bool
	// Settled, when set, is the outcome that planning has already found: no step is done.
	Settled checkpoint.Outcome

	mu      sync.Mutex
	open    int // steps that are deferred, and one for the worker
	changed bool
	failed  bool
	left    bool
	class   checkpoint.Outcome
}

// StepID identifies a step of a subject.
type StepID struct{ Kind, Key string }

// DoneBefore tells whether the checkpoint holds the step as done, with this
// digest; a zero digest matches any.
func (s *Subject) DoneBefore(kind, key string, digest checkpoint.Digest) bool {
	b, ok := s.Before[StepID{kind, key}]
	return ok && b.State == checkpoint.Done && (digest.IsZero() || b.Digest == digest)
}

// note folds the result of a step into what the subject will become.
func (s *Subject) note(r Result) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch r.State {
	case checkpoint.Refused, checkpoint.GaveUp:
		s.failed = s.failed || !r.Warning
	case checkpoint.Omitted, checkpoint.Intent, checkpoint.Found:
	default:
		s.changed = s.changed || !r.Nothing
	}
	s.left = s.left || r.Next == Later
	s.class = cmp.Or(r.Outcome, s.class)
}

// takeFinal returns, once, the steps to do at the end.
func (s *Subject) takeFinal() []Step {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.changed || s.left || len(s.Final) == 0 {
		return nil
	}
	final := s.Final
	s.Final, s.open = nil, 1
	return final
}

// outcome is the class of the subject after its last step.
func (s *Subject) outcome() checkpoint.Outcome {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.left:
		return checkpoint.Pending
	case s.failed && (s.class == "" || s.class == checkpoint.Pending):
		return checkpoint.Failed
	case s.class != "":
		return s.class
	case s.CreatedNow:
		return checkpoint.Created
	case s.changed:
		return checkpoint.Updated
	default:
		return checkpoint.Unchanged
	}
}

// Left tells whether a later run has to go on with the subject.
func (s *Subject) Left() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.left
}

// Failed tells whether a step of the subject failed so far.
func (s *Subject) Failed() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.failed
}
