package importer

import (
	"context"
	"fmt"
	"time"

	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
	"github.com/kinde-migrate/kinde-migrate/internal/compare"
	"github.com/kinde-migrate/kinde-migrate/internal/engine"
	"github.com/kinde-migrate/kinde-migrate/kinde"
	"github.com/kinde-migrate/kinde-migrate/mapping"
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
			return engine.Result{Fatal: err}
		}
	}
	for try := 1; ; try++ {
		_, err := c.p.target.CreateUserIdentity(ctx, s.Record.KindeID, c.request)
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
		case class == kinde.ClassFinal:
			return c.refused(ctx, err)
		case try == createTries:
			return engine.Result{State: checkpoint.GaveUp, Code: string(mapping.APIFailed), Field: c.request.Type,
				Message: fmt.Sprintf("no answer to %d requests; the last: %v", try, err), Hint: "The next run tries again."}
		}
		if err := pause(ctx, try); err != nil {
			return engine.Result{Fatal: err}
		}
	}
}

// refused tells an identity that somebody else has from other refusals.
func (c *identityStep) refused(ctx context.Context, err error) engine.Result {
	r := outcomeOf(ctx, err)
	if e := asKinde(err); e != nil && saysTaken(e) {
		r.Code, r.Field = string(mapping.IdentityTaken), c.request.Type
		r.Hint = "Somebody else in the tenant has it."
	}
	return r
}

func (c *identityStep) has(ctx context.Context, id string) (bool, error) {
	for i, err := range c.p.target.GetUserIdentities(ctx, id) {
		if err != nil {
			return false, err
		}
		kind := i.Kind()
		same := kind == c.request.Type || (kind == kinde.IdentitySocial || kind == kinde.IdentityEnterprise) && c.request.ConnectionID != ""
		if !same || c.request.ConnectionID != "" && i.ConnectionID != "" && i.ConnectionID != c.request.ConnectionID {
			continue
		}
		for _, value := range []string{i.Name, i.Email} {
			if value != "" && compare.Fold(c.request.Type, value) == compare.Fold(c.request.Type, c.request.Value) {
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
		return engine.Result{State: checkpoint.LeftAway, Silent: true, Warning: true, Code: string(mapping.PasswordStale), Field: "password",
			Message: "the password changed at the source, but the user has signed in here since", Hint: "Use --overwrite-passwords to set it anyway."}
	}
	return outcomeOf(ctx, c.target.SetUserPassword(ctx, s.Record.KindeID, c.body))
}
