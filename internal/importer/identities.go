package importer

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
	"github.com/kinde-migrate/kinde-migrate/internal/compare"
	"github.com/kinde-migrate/kinde-migrate/internal/engine"
	"github.com/kinde-migrate/kinde-migrate/internal/mapping"
	"github.com/kinde-migrate/kinde-migrate/kinde"
)

// identityStep adds one identity to a user that is there. It can't be repeated
// blindly: after a lost answer, or a refusal that may mean "exists", the
// identities of the user show whether it is in place.
type identityStep struct {
	p       *planner
	kind    string
	key     string
	units   int
	request kinde.CreateUserIdentityRequest
}

func (c *identityStep) Info() engine.Info {
	return engine.Info{Kind: c.kind, Key: c.key, Units: c.units, Digest: c.p.digest(c.kind, c.key)}
}

func (c *identityStep) Do(ctx context.Context, s *engine.Subject) engine.Result {
	if s.Record.Owner == checkpoint.Existed {
		if _, err := c.p.remember(ctx, s, c.Info(), ""); err != nil {
			return engine.Fatal(err)
		}
	}
	if was, asked := c.p.refused[claimed{s.Record.ID, stepOf(c)}]; asked {
		return was
	}
	request := c.request
	var first error // the refusal of a phone number in E.164
	for try := 1; ; try++ {
		_, err := c.p.target.CreateUserIdentity(ctx, s.Record.KindeID, request)
		class := kinde.ClassOf(err)
		if class != kinde.ClassInDoubt && class != kinde.ClassFinal {
			return outcomeOf(ctx, err)
		}
		has, lookErr := c.has(ctx, s.Record.KindeID)
		switch {
		case lookErr != nil:
			return outcomeOf(ctx, lookErr)
		case has:
			return engine.Result{}
		case class == kinde.ClassFinal && first == nil && nationally(&request, err):
			first = err
			continue
		case class == kinde.ClassFinal && first != nil:
			return c.refused(ctx, s, fmt.Errorf("%w; with its country's calling code: %v", err, first))
		case class == kinde.ClassFinal:
			return c.refused(ctx, s, err)
		case try == createTries:
			return engine.GaveUp(engine.Problem{
				Code:    string(mapping.APIFailed),
				Field:   c.request.Type,
				Message: fmt.Sprintf("no answer to %d requests; the last: %v", try, err),
				Hint:    "The next run tries again.",
			})
		}
		if err := pause(ctx, try); err != nil {
			return engine.Fatal(err)
		}
	}
}

// nationally gives a phone number that was refused in E.164 its national form,
// which some tenants want here. A number that somebody has stays refused: in
// another form it might be taken for another one.
func nationally(r *kinde.CreateUserIdentityRequest, refusal error) bool {
	e := asKinde(refusal)
	national := ""
	if r.Type == kinde.IdentityPhone && r.PhoneCountryID != "" && e != nil && !errors.Is(refusal, kinde.ErrExists) {
		national = compare.National(r.Value)
	}
	if national == "" {
		return false
	}
	r.Value = national
	return true
}

// refused tells an identity that somebody else has from other refusals, and who
// that is where the job knows them.
func (c *identityStep) refused(ctx context.Context, s *engine.Subject, err error) engine.Result {
	r := outcomeOf(ctx, err)
	if e := asKinde(err); e == nil || !errors.Is(err, kinde.ErrExists) {
		return r
	}
	r.Code, r.Field, r.Hint = string(mapping.IdentityTaken), c.request.Type, "Somebody else in the tenant has it."
	holder, known, err := c.holder(ctx)
	if err != nil {
		return outcomeOf(ctx, err)
	}
	if known && holder.ID != s.Record.ID {
		message, hint := c.p.heldBy(&holder)
		r.Message, r.Hint = message+": "+r.Message, hint
		if c.p.cutOff {
			// It may have been about to be passed on.
			r.State, r.Hint = checkpoint.GaveUp, "The next run tries again: this one got no answer while identities were exchanged."
		}
	}
	return r
}

// holder finds the record of ours whose user has the identity.
func (c *identityStep) holder(ctx context.Context) (r checkpoint.Record, known bool, err error) {
	if c.kind == checkpoint.StepSocial {
		return c.p.store.Linked(ctx, c.key)
	}
	users, err := c.p.settle.byIdentities(
		ctx,
		[]mapping.Identity{{Type: mapping.IdentityType(c.request.Type), Value: c.request.Value}},
	)
	for _, u := range users {
		if r, known, err = c.p.store.RecordByKindeID(ctx, u.ID); known || err != nil {
			return r, known, err
		}
	}
	return r, false, err
}

// heldBy says that the user of a record of ours has an identity that another
// record wants, and what helps.
func (p *planner) heldBy(holder *checkpoint.Record) (message, hint string) {
	switch {
	case holder.Seen < p.source:
		return fmt.Sprintf("user %s has this identity, and came with a record that is not in the source now", holder.KindeID),
			"Use --gone delete if that person has left, and --retry-failed."
	case p.opt.Mirror:
		return fmt.Sprintf(
			"the user of record %d of the source has this identity",
			holder.Number,
		), "Correct one of the two records, or take it away in Kinde."
	}
	return fmt.Sprintf("the user of record %d of the source has this identity", holder.Number),
		"If it went from one to the other at the source, use --mirror, which takes it away where it was, and --retry-failed."
}

func (c *identityStep) has(ctx context.Context, id string) (bool, error) {
	for i, err := range c.p.target.GetUserIdentities(ctx, id) {
		if err != nil {
			return false, err
		}
		kind := i.Kind()
		same := kind == c.request.Type ||
			(kind == kinde.IdentitySocial || kind == kinde.IdentityEnterprise) && c.request.ConnectionID != ""
		if !same || c.request.ConnectionID != "" && i.ConnectionID != "" && i.ConnectionID != c.request.ConnectionID {
			continue
		}
		for _, value := range []string{i.Name, i.Email} {
			if value != "" && compare.Same(c.request.Type, c.request.Value, value) {
				return true, nil
			}
		}
	}
	return false, nil
}

// changedPasswordStep sets a password that changed at the source after we set
// the earlier one, unless the user has signed in since: then they may have
// changed it here, and the API shows no other sign of that.
type changedPasswordStep struct {
	info   engine.Info
	target Target
	body   kinde.PasswordRequest
	since  time.Time
}

func (c *changedPasswordStep) Info() engine.Info { return c.info }

func (c *changedPasswordStep) Do(ctx context.Context, s *engine.Subject) engine.Result {
	user, err := c.target.GetUserData(ctx, s.Record.KindeID)
	if err != nil {
		return outcomeOf(ctx, err)
	}
	if user.TotalSignIns > 0 || user.LastSignedIn.After(c.since) {
		return engine.Result{
			State: checkpoint.Omitted,
			Problem: engine.Problem{
				Warning: true,
				Code:    string(mapping.PasswordStale),
				Field:   "password",
				Message: "the password changed at the source, but the user has signed in here since",
				Hint:    "Use --overwrite-passwords to set it anyway.",
			},
			Silent: true,
		}
	}
	return outcomeOf(ctx, c.target.SetUserPassword(ctx, s.Record.KindeID, c.body))
}
