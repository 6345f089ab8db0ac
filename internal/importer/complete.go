package importer

import (
	"context"
	"fmt"
	"slices"

	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
	"github.com/kinde-migrate/kinde-migrate/internal/engine"
	"github.com/kinde-migrate/kinde-migrate/internal/mapping"
	"github.com/kinde-migrate/kinde-migrate/kinde"
)

// stepAsked keeps the addresses that creates of a user asked for, done until
// somebody has looked which of them the user has.
const stepAsked = "asked"

// completeStep looks which identities a user that was just created has, and puts
// a step behind itself for each that the create left out, and for each that a
// create brought which asked for what the source said then.
type completeStep struct {
	p    *planner
	w    *wanted
	sent []string // addresses that creates of earlier runs asked for
}

// lookLater puts that look behind what is urgent: a suspension comes first.
func (c *createStep) lookLater(s *engine.Subject) {
	at := slices.Index(s.Steps, engine.Step(c)) + 1
	for at < len(s.Steps) && s.Steps[at].Info().Urgent {
		at++
	}
	s.Steps = slices.Insert(s.Steps, at, engine.Step(&completeStep{c.p, c.w, c.owner().sent}))
}

func (c *completeStep) Info() engine.Info {
	return engine.Info{Kind: checkpoint.StepIdentities, Units: len(c.w.identities)}
}

func (c *completeStep) Do(ctx context.Context, s *engine.Subject) engine.Result {
	has := map[string]bool{}
	for i, err := range c.p.target.GetUserIdentities(ctx, s.Record.KindeID) {
		if err != nil {
			r := outcomeOf(ctx, err)
			r.Message = "which identities the create took is not known: " + r.Message
			return r
		}
		for _, value := range []string{i.Name, i.Email} {
			has[identityID(i.Kind(), value).Key] = true
		}
	}
	var there []string
	var missing []engine.Step
	lost := ""
	for _, i := range c.w.identities {
		id := identityID(string(i.Type), i.Value)
		if has[id.Key] {
			there = append(there, id.Key)
			continue
		}
		missing = append(missing, &identityStep{p: c.p, kind: id.Kind, key: id.Key, units: 1,
			request: kinde.CreateUserIdentityRequest{Type: string(i.Type), Value: i.Value, PhoneCountryID: i.CountryID}})
		if i.Verified {
			lost = string(i.Type)
		}
	}
	for _, key := range c.sent {
		if has[key] && !slices.Contains(there, key) { // the source has dropped it since
			there = append(there, key)
			s.Steps = append(s.Steps, c.p.takeOrName(engine.StepID{Kind: checkpoint.StepIdentities, Key: key}))
		}
	}
	r := engine.Result{Detail: keyList(there), Also: []checkpoint.Step{{Kind: stepAsked, State: checkpoint.Omitted, Units: 1}}}
	if len(missing) == 0 {
		return r
	}
	r.Also = append(r.Also, checkpoint.Step{Kind: checkpoint.StepIdentities, State: checkpoint.Done, Units: len(there), Detail: r.Detail})
	r.Silent = true // its own row would count them all
	if lost != "" {
		r.Warning, r.Code, r.Field = true, string(mapping.VerificationLost), lost
		r.Message = fmt.Sprintf(
			"createUser left out %d of the identities; an identity that is added later can't be marked verified",
			len(missing),
		)
	}
	at := slices.Index(s.Steps, engine.Step(c)) + 1
	s.Steps = slices.Insert(s.Steps, at, missing...)
	return r
}
