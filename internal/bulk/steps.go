package bulk

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
	"github.com/kinde-migrate/kinde-migrate/internal/compare"
	"github.com/kinde-migrate/kinde-migrate/internal/engine"
	"github.com/kinde-migrate/kinde-migrate/internal/mapping"
	"github.com/kinde-migrate/kinde-migrate/internal/operation"
	"github.com/kinde-migrate/kinde-migrate/kinde"
)

// action is a step of a verb. Its intent is durable before it is done, so that
// a killed run knows whom it was at.
type action struct {
	r    *run
	info engine.Info
	op   string // what it calls, for a dry run
	// already tells, when it can be known without a request, that it is so. An
	// action that is so already and has no intent is not made at all.
	already bool
	// do does it. nothing tells that it found nothing to change.
	do func(ctx context.Context, id string) (nothing bool, err error)
	// look finds out whether it is so, where that takes a request; nil: doing it again does no harm.
	look  func(ctx context.Context, id string) (bool, error)
	first bool               // do itself looks first
	done  checkpoint.Outcome // of the user when it succeeds; "" is updated
}

func (a *action) Info() engine.Info { return a.info }

// Do does it.
func (a *action) Do(ctx context.Context, s *engine.Subject) engine.Result {
	if a.r.opt.DryRun {
		return a.r.pretend(ctx, a, s)
	}
	nothing, err := a.attempt(ctx, s.Record.KindeID)
	// What an earlier process of this pass began, and is so now, is its doing.
	_, begun := s.Before[engine.StepID{Kind: a.info.Kind, Key: a.info.Key}]
	if err != nil && s.Record.KindeID != "" {
		tried, _ := errors.AsType[*kinde.Error](err)
		var gone bool
		if gone, err = kinde.Gone(ctx, a.r.Target, s.Record.KindeID, err); gone && (a.done == "" || !begun && tried.Tries == 1) {
			if err := a.r.Checkpoint.Post(ctx, checkpoint.SetWants{ID: s.Record.ID}); err != nil {
				return engine.Result{Err: err}
			}
			return engine.Result{
				State:   checkpoint.Omitted,
				Problem: engine.Problem{Message: "the user is gone"},
				Nothing: true,
				Outcome: checkpoint.Unchanged,
				Next:    engine.Stop,
			}
		}
	}
	result := outcomeOf(ctx, err)
	if result.State == "" && result.Err == nil {
		result.Nothing = nothing && !begun
		if a.done != "" {
			result.Outcome, result.Next = a.done, engine.Stop
		}
	}
	return result
}

// attempts is how often an action is made whose request got no answer and, as a
// look shows, did not happen.
const attempts = 4

// attempt does it, and looks where no answer came.
func (a *action) attempt(ctx context.Context, id string) (nothing bool, err error) {
	for n := range attempts {
		nothing, err = a.do(ctx, id)
		// A request without an answer may have come late, so that the next one is refused.
		late := n > 0 && kinde.ClassOf(err) == kinde.ClassFinal
		if a.look == nil || kinde.ClassOf(err) != kinde.ClassInDoubt && !late {
			return nothing, err
		}
		yes, lookErr := a.look(ctx, id)
		switch {
		case lookErr == nil && yes:
			return false, nil
		case lookErr != nil || late:
			return false, err
		}
	}
	return false, err
}

// Settle finds out whether an action whose intent is known did happen.
func (a *action) Settle(ctx context.Context, s *engine.Subject, _ checkpoint.Step) (engine.Result, bool) {
	if a.already {
		return engine.Result{}, true
	}
	if a.look == nil || a.r.opt.DryRun {
		return engine.Result{}, false
	}
	yes, err := a.look(ctx, s.Record.KindeID)
	if err != nil {
		if kinde.ClassOf(err) == kinde.ClassNotFound {
			return engine.Result{}, false
		}
		return outcomeOf(ctx, err), true
	}
	return engine.Result{}, yes
}

// pretend counts what a dry run would do.
func (r *run) pretend(ctx context.Context, a *action, s *engine.Subject) engine.Result {
	if a.first {
		yes, err := a.look(ctx, s.Record.KindeID)
		if err != nil {
			return outcomeOf(ctx, err)
		}
		if yes {
			return engine.Unchanged()
		}
	}
	r.mu.Lock()
	r.planned[a.op]++
	r.mu.Unlock()
	if a.done != "" {
		return engine.Result{Outcome: a.done, Next: engine.Stop}
	}
	return engine.Result{}
}

// outcomeOf turns the answer of the tenant into the result of a step.
func outcomeOf(ctx context.Context, err error) engine.Result {
	if errors.Is(err, errLastIdentity) {
		p := lastIdentity("")
		return engine.Refused(engine.Problem{Code: string(p.Code), Message: p.Message, Hint: p.Hint})
	}
	return engine.Answered(ctx, err,
		engine.Problem{Code: string(mapping.APIRejected), Hint: "Correct what the tenant complains about, then run the command again."},
		engine.Problem{Code: string(mapping.APIFailed), Hint: "The next run tries again."})
}

// steps returns what the verb has to do for a user; none when it is so already.
func (r *run) steps(s *engine.Subject, a *Ask, u kinde.User) []engine.Step {
	var actions []*action
	add := func(x *action) { actions = append(actions, x) }
	t, c := r.Target, &r.opt.Change
	switch r.opt.Verb {
	case List, Get, Sessions, MFA:
		return []engine.Step{&reading{r: r, listed: u}}
	case Suspend, Unsuspend:
		want := r.opt.Verb == Suspend
		add(&action{op: operation.UpdateUser, info: engine.Info{Kind: checkpoint.StepSuspension}, already: u.IsSuspended == want,
			do: func(ctx context.Context, id string) (bool, error) {
				return false, t.UpdateUser(ctx, id, kinde.UpdateUserRequest{IsSuspended: &want})
			}})
	case Update:
		request, differs := profileChange(c.Profile, &u)
		add(&action{op: operation.UpdateUser, info: engine.Info{Kind: checkpoint.StepUpdate}, already: !differs,
			do: func(ctx context.Context, id string) (bool, error) { return false, t.UpdateUser(ctx, id, request) }})
	case RequestPasswordReset:
		add(r.resetRequest())
	case Delete, Forget:
		add(&action{op: operation.DeleteUser, info: engine.Info{Kind: checkpoint.StepDelete}, done: checkpoint.Deleted,
			do: func(ctx context.Context, id string) (bool, error) { return false, t.DeleteUser(ctx, id, c.Everywhere) }})
	case SetPassword:
		b := a.Password.Body
		request := kinde.PasswordRequest{
			HashedPassword: b.HashedPassword,
			HashingMethod:  b.HashingMethod,
			Salt:           b.Salt,
			SaltPosition:   b.SaltPosition,
			Iterations:     b.Iterations,
			Variant:        b.Variant,
			SignerKey:      b.SignerKey,
			SaltSeparator:  b.SaltSeparator,
			Rounds:         b.Rounds,
			MemCost:        b.MemCost,
			Temporary:      b.Temporary,
		}
		add(&action{op: operation.SetUserPassword, info: engine.Info{Kind: checkpoint.StepPassword},
			do: func(ctx context.Context, id string) (bool, error) { return false, t.SetUserPassword(ctx, id, request) }})
	case SetProperty:
		add(r.setProperties())
	case SetFlag:
		for _, key := range slices.Sorted(maps.Keys(c.Flags)) {
			add(&action{op: operation.UpdateUserFeatureFlagOverride, info: engine.Info{Kind: checkpoint.StepFlags, Key: key},
				do: func(ctx context.Context, id string) (bool, error) {
					return false, t.UpdateUserFeatureFlagOverride(ctx, id, key, c.Flags[key])
				}})
		}
	case AddIdentity:
		add(r.addIdentity(a, u))
	case RemoveIdentity:
		actions = r.removal(s, a, &u)
	case AddScope, RemoveScope:
		actions = r.scopeActions()
	case Copy:
		return r.copying.steps(s, u.ID)
	case Invite:
		return r.invitation(s, &u)
	case RevokeSessions:
		add(&action{op: operation.DeleteUserSessions, info: engine.Info{Kind: stepSessions},
			do: func(ctx context.Context, id string) (bool, error) { return false, t.DeleteUserSessions(ctx, id) }})
	case ResetMFA:
		add(r.resetMFA())
	case RefreshClaims:
		add(&action{op: operation.RefreshUserClaims, info: engine.Info{Kind: checkpoint.StepClaims},
			do: func(ctx context.Context, id string) (bool, error) { return false, t.RefreshUserClaims(ctx, id) }})
	}
	return r.kept(s, actions...)
}

// kept are the actions that are to be made: what is so already, and was not
// meant by an earlier process, is left away.
func (r *run) kept(s *engine.Subject, actions ...*action) (steps []engine.Step) {
	for _, x := range actions {
		x.r = r
		x.info.Once = true
		if _, meant := s.Before[engine.StepID{Kind: x.info.Kind, Key: x.info.Key}]; !x.already || meant {
			steps = append(steps, x)
		}
	}
	return steps
}

// profileChange returns the fields that differ from what the listing shows.
func profileChange(want map[string]string, u *kinde.User) (request kinde.UpdateUserRequest, differs bool) {
	for _, f := range []struct {
		name string
		have string
		to   **string
	}{
		{"given_name", u.FirstName, &request.GivenName}, {"family_name", u.LastName, &request.FamilyName},
		{"picture", u.Picture, &request.Picture}, {"provided_id", u.ProvidedID, &request.ProvidedID},
	} {
		if v, ok := want[f.name]; ok && v != f.have {
			*f.to, differs = &v, true
		}
	}
	return request, differs
}

// longest is the length of a value up to which it travels in an address.
const longest = 1000

func (r *run) setProperties() *action {
	t, want := r.Target, r.opt.Change.Properties
	so := func(ctx context.Context, id string) (bool, error) {
		missing := len(want)
		for v, err := range t.GetUserPropertyValues(ctx, id) {
			if err != nil {
				return false, err
			}
			if w, ok := want[v.Key]; ok && w == v.Value {
				missing--
			}
		}
		return missing <= 0, nil
	}
	one, value := "", ""
	for one, value = range want {
	}
	op := operation.UpdateUserProperties
	if len(want) == 1 && len(value) <= longest && value != "" {
		op = operation.UpdateUserProperty
	}
	return &action{op: op, info: engine.Info{Kind: checkpoint.StepProperties, Units: len(want)}, look: so, first: true,
		do: func(ctx context.Context, id string) (bool, error) {
			if yes, err := so(ctx, id); err != nil || yes {
				return yes, err
			}
			if op == operation.UpdateUserProperty {
				return false, t.UpdateUserProperty(ctx, id, one, value)
			}
			return false, t.UpdateUserProperties(ctx, id, want)
		}}
}

func (r *run) addIdentity(a *Ask, u kinde.User) *action {
	t, c := r.Target, &r.opt.Change
	request := kinde.CreateUserIdentityRequest{Type: c.Type, Value: c.Value, ConnectionID: c.Connection}
	if a.Value != "" {
		request.Value = a.Value
	}
	if a.Connection != "" {
		request.ConnectionID = a.Connection
	}
	if c.Type == kinde.IdentityPhone {
		if p, err := mapping.ParsePhone(request.Value, "", true); err == nil {
			request.Value, request.PhoneCountryID = p.E164, strings.ToLower(p.Country)
		}
	}
	same := func(kind, value, connection string) bool {
		return kind == request.Type && compare.Same(kind, request.Value, value) &&
			(request.ConnectionID == "" || connection == "" || connection == request.ConnectionID)
	}
	already := slices.ContainsFunc(
		u.Identities,
		func(i kinde.UserIdentity) bool { return same(i.Kind(), i.Identity, i.ConnectionID) },
	)
	kind := checkpoint.StepIdentities
	if c.Type == kinde.IdentitySocial || c.Type == kinde.IdentityEnterprise {
		kind = checkpoint.StepSocial
	}
	has := func(ctx context.Context, id string) (bool, error) {
		for i, err := range t.GetUserIdentities(ctx, id) {
			if err != nil {
				return false, err
			}
			if same(i.Kind(), i.Name, i.ConnectionID) || i.Email != "" && same(i.Kind(), i.Email, i.ConnectionID) {
				return true, nil
			}
		}
		return false, nil
	}
	return &action{
		op:      operation.CreateUserIdentity,
		info:    engine.Info{Kind: kind, Key: request.Value},
		already: already,
		look:    has,
		do: func(ctx context.Context, id string) (bool, error) {
			_, err := t.CreateUserIdentity(ctx, id, request)
			if national := nationally(request, err); national.Value != "" {
				if yes, err := has(ctx, id); err != nil || yes {
					return yes, err
				}
				if _, again := t.CreateUserIdentity(ctx, id, national); again != nil {
					err = fmt.Errorf("%w; with its country's calling code: %v", again, err)
				} else {
					err = nil
				}
			}
			if err != nil {
				err = fmt.Errorf("adding the %s identity: %w", request.Type, err)
			}
			return false, err
		},
	}
}

// nationally is the request for a phone number that was refused in E.164 in its
// national form, which some tenants want here; without a value there is none to
// make. A number that somebody has stays refused: in another form it might be
// taken for another one.
func nationally(r kinde.CreateUserIdentityRequest, refusal error) kinde.CreateUserIdentityRequest {
	e, _ := errors.AsType[*kinde.Error](refusal)
	if r.PhoneCountryID == "" || e == nil || e.Class != kinde.ClassFinal || errors.Is(e, kinde.ErrExists) {
		return kinde.CreateUserIdentityRequest{}
	}
	r.Value = compare.National(r.Value)
	return r
}

func (r *run) resetMFA() *action {
	t, factor := r.Target, r.opt.Change.Factor
	if factor == "" {
		return &action{op: operation.ResetUsersMFAAll, info: engine.Info{Kind: stepMFA},
			do: func(ctx context.Context, id string) (bool, error) { return false, t.ResetUsersMFAAll(ctx, id) }}
	}
	return &action{op: operation.ResetUsersMFA, info: engine.Info{Kind: stepMFA, Key: factor},
		do: func(ctx context.Context, id string) (bool, error) {
			err := t.ResetUsersMFA(ctx, id, factor)
			if kinde.ClassOf(err) != kinde.ClassNotFound {
				return false, err
			}
			factors, look := t.GetUsersMFA(ctx, id)
			if look != nil || slices.ContainsFunc(factors, func(f kinde.MFAFactor) bool { return f.ID == factor }) {
				return false, cmp.Or(look, err)
			}
			return true, nil // the user does not have it, or not any more
		}}
}
