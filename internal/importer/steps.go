package importer

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
	"github.com/kinde-migrate/kinde-migrate/internal/compare"
	"github.com/kinde-migrate/kinde-migrate/internal/engine"
	"github.com/kinde-migrate/kinde-migrate/internal/mapping"
	"github.com/kinde-migrate/kinde-migrate/kinde"
)

// callStep is a step that can be repeated: one request whose answer says it all.
type callStep struct {
	info engine.Info
	stop bool // when it fails, nothing after it is done
	do   func(ctx context.Context, id string) error
	also func() []checkpoint.Step
	// detail is kept with the state: what must be known to take it back. With
	// it, p keeps it before the request is made.
	detail string
	p      *planner
	keeps  string // a detail that need not be durable before the request
}

func (c *callStep) Info() engine.Info { return c.info }

func (c *callStep) Do(ctx context.Context, s *engine.Subject) engine.Result {
	detail := c.detail
	if detail != "" {
		var err error
		if detail, err = c.p.remember(ctx, s, c.info, detail); err != nil {
			return engine.Fatal(err)
		}
	}
	r := outcomeOf(ctx, c.do(ctx, s.Record.KindeID))
	if r.Detail = detail; detail == "" && r.State != checkpoint.Refused {
		r.Detail = c.keeps
	}
	if r.State == "" && c.also != nil {
		r.Also = c.also()
	}
	if r.State != "" && c.stop {
		r.Next, r.Field = engine.Stop, "is_suspended"
		r.Message = "the user could not be suspended, so it can sign in: " + r.Message
	}
	return r
}

// outcomeOf turns the answer of the tenant into the result of a step.
func outcomeOf(ctx context.Context, err error) engine.Result {
	if errors.Is(err, errLastIdentity) {
		return engine.Result{
			State:   checkpoint.Omitted,
			Problem: engine.Problem{Warning: true, Code: string(mapping.FieldDropped), Field: "identities", Message: err.Error()},
			Silent:  true,
		}
	}
	hint := "Mend the record or the tenant, then run again with --retry-failed."
	if e := asKinde(err); e != nil && e.Class == kinde.ClassNotFound && strings.HasPrefix(e.Code, "USER_") {
		hint = "If the user was deleted in the tenant, reconcile --fix creates it again."
	}
	return engine.Answered(ctx, err,
		engine.Problem{Code: string(mapping.APIRejected), Hint: hint},
		engine.Problem{Code: string(mapping.APIFailed), Hint: "The next run tries again."})
}

// endedBy is a request that failed, and without which the rest makes no sense.
func endedBy(ctx context.Context, err error) engine.Result {
	r := outcomeOf(ctx, err)
	r.Next = engine.Stop
	return r
}

// existing is what is known of a user that is in the tenant.
type existing struct {
	shown *kinde.User // nil: only the checkpoint knows them
	ours  bool
}

// knownFrom is what the checkpoint knows of a user that an earlier run met.
func (p *planner) knownFrom(s *engine.Subject) *existing {
	return &existing{ours: s.Record.Owner == checkpoint.Made || s.Record.Owner == checkpoint.Adopted}
}

// addSteps appends the steps after the create, in the order of the contract.
// known is nil for a user that is to be created.
func (p *planner) addSteps(s *engine.Subject, w *wanted, known *existing) {
	p.addState(s, w, known)
	if known != nil {
		p.addProfile(s, w, known)
		p.addIdentities(s, w, known)
	}
	p.addLinks(s, w, known)
	p.addProperties(s, w, known)
	p.addPassword(s, w, known)
	p.addFlags(s, w)
	p.addMembers(s, w, known)
	if known != nil {
		p.mirror(s, w)
		p.addUnpark(s)
	}
	if known != nil && !s.CreatedNow && p.opt.RefreshClaims {
		p.addClaims(s)
	}
	p.dropUnwanted(s, w)
}

// addState suspends and asks for a new password, in one request, right after
// the create and by the same worker: until then a blocked user could sign in.
func (p *planner) addState(s *engine.Subject, w *wanted, known *existing) {
	suspendDigest := p.digest(checkpoint.StepSuspension, w.suspended)
	id := engine.StepID{Kind: checkpoint.StepSuspension}
	before, had := s.Before[id]
	had = had && before.State != checkpoint.Found
	suspend := w.suspended && !(had && before.State == checkpoint.Done && before.Digest == suspendDigest)
	// A suspension is lifted only when the source changed its mind about one that we
	// made, or may have made. A lift that failed is one still.
	made := had && before.Digest == p.digest(checkpoint.StepSuspension, true) &&
		(before.State == checkpoint.Done || before.State == checkpoint.GaveUp)
	lift := !w.suspended && (made || had && before.Digest == suspendDigest && before.State != checkpoint.Done)
	if known != nil && known.shown != nil && !had {
		suspend = w.suspended && !known.shown.IsSuspended
		if w.suspended && !suspend {
			s.Steps = append(s.Steps, found(s, id))
		}
	}
	resetDigest := p.digest(checkpoint.StepReset, w.reset)
	reset := w.reset && !s.DoneBefore(checkpoint.StepReset, "", resetDigest)
	if !suspend && !lift && !reset {
		return
	}
	var request kinde.UpdateUserRequest
	info := engine.Info{Kind: checkpoint.StepReset, Digest: resetDigest, Urgent: true}
	var also func() []checkpoint.Step
	if suspend || lift {
		request.IsSuspended = &w.suspended
		info = engine.Info{Kind: checkpoint.StepSuspension, Digest: suspendDigest, Urgent: true}
		if reset {
			also = func() []checkpoint.Step {
				return []checkpoint.Step{{Kind: checkpoint.StepReset, State: checkpoint.Done, Units: 1, Digest: resetDigest}}
			}
		}
	}
	if reset {
		yes := true
		request.IsPasswordResetRequested = &yes
	}
	target := p.target
	var detail string
	if known != nil && known.shown != nil {
		detail = beforeImage(map[string]any{"is_suspended": known.shown.IsSuspended})
	}
	if created, ok := s.Before[engine.StepID{Kind: checkpoint.StepCreate}]; ok && known != nil && known.ours {
		p.settle.created(s.Record.ID, created.At, suspend)
	}
	settle, now := p.settle, p.opt.Now
	s.Steps = append(s.Steps, &callStep{info: info, also: also, stop: suspend, detail: detail, p: p,
		do: func(ctx context.Context, id string) error {
			err := target.UpdateUser(ctx, id, request)
			if err == nil {
				settle.closed(s.Record.ID, now())
			}
			return err
		}})
}

type profileAsked struct{ GivenName, FamilyName, Picture, ProvidedID string }

func profileOf(w *wanted) profileAsked {
	return profileAsked{w.user.GivenName, w.user.FamilyName, w.user.Picture, w.user.SourceID}
}

// addProfile mends the names, the picture and the provided id of a user that is there.
func (p *planner) addProfile(s *engine.Subject, w *wanted, known *existing) {
	cleared := clearedProfile(s, w, known.shown)
	p.sayKept(s, slices.Concat(cleared, clearedFlags(s, w), clearedPassword(s, w)))
	digest := p.digest(checkpoint.StepUpdate, profileOf(w))
	if s.DoneBefore(checkpoint.StepUpdate, "", digest) {
		return
	}
	info := engine.Info{Kind: checkpoint.StepUpdate, Digest: digest}
	set := slices.Concat(fieldsSet(s, checkpoint.StepUpdate), sortedKeys(profileFields(w)))
	detail := withSet(s.Before[engine.StepID{Kind: checkpoint.StepUpdate}].Detail, set)
	if known.shown == nil && len(cleared) > 0 {
		s.Steps = append(s.Steps, &profileStep{p: p, info: info, w: w, detail: detail})
		return
	}
	r, replaced := profileChange(w, known.shown)
	if len(replaced) == 0 {
		return
	}
	target := p.target
	step := &callStep{
		info:  info,
		p:     p,
		keeps: detail,
		do:    func(ctx context.Context, id string) error { return target.UpdateUser(ctx, id, r) },
	}
	if known.shown != nil {
		step.detail = withSet(
			beforeImage(replaced),
			slices.Concat(
				cleared,
				slices.DeleteFunc(sortedKeys(replaced), func(field string) bool { return field == "provided_id" }),
			),
		)
	}
	s.Steps = append(s.Steps, step)
}

// identityList is the detail of the identities step: which ones are in place.
func identityList(identities []mapping.Identity) string { return keyList(addressesOf(identities)) }

// keyList is what is kept with a step that put these addresses in place.
func keyList(keys []string) string {
	list := slices.Sorted(slices.Values(keys))
	data, _ := json.Marshal(list)
	return string(data)
}

// addIdentities adds e-mails, phones and a username to a user that is there.
// They come unverified: only createUser can mark an identity verified.
func (p *planner) addIdentities(s *engine.Subject, w *wanted, known *existing) {
	brought := map[string]bool{}
	before, had := s.Before[engine.StepID{Kind: checkpoint.StepIdentities}]
	for _, x := range keysIn(before) { // of a list that can't be read what exists is refused as existing
		brought[x] = true
	}
	var shown []compare.Identity
	if known.shown != nil {
		shown = shownIdentities(known.shown)
	}
	if _, made := s.Before[engine.StepID{Kind: checkpoint.StepUpdate}]; !had && !made && known.shown == nil && known.ours {
		// An adopted or created user whose row was lost: createUser took them all.
		if n := len(w.identities); n > 0 {
			s.Steps = append(s.Steps, &notedStep{info: engine.Info{Kind: checkpoint.StepIdentities, Units: n},
				result: engine.Result{Nothing: true, Detail: identityList(w.identities)}})
		}
		return
	}
	for _, i := range w.identities {
		id := identityID(string(i.Type), i.Value)
		// What became of it since createUser took it has a row of its own.
		if own, has := s.Before[id]; has && own.State == checkpoint.Done || !has && brought[id.Key] {
			if i.Verified && own.State == checkpoint.Done && own.Run >= p.first {
				p.sayUnverified(s, i) // an exchange, or a run that was cut off, has added it
			}
			continue
		}
		if slices.ContainsFunc(shown, func(x compare.Identity) bool {
			return x.Kind == string(i.Type) && compare.Same(x.Kind, i.Value, x.Value)
		}) {
			s.Steps = append(s.Steps, found(s, id))
			continue
		}
		request := kinde.CreateUserIdentityRequest{Type: string(i.Type), Value: i.Value, PhoneCountryID: i.CountryID}
		s.Steps = append(s.Steps, &identityStep{p: p, kind: id.Kind, key: id.Key, request: request, units: 1})
		if i.Verified {
			p.sayUnverified(s, i)
		}
	}
}

func (p *planner) sayUnverified(s *engine.Subject, i mapping.Identity) {
	s.Problems = append(
		s.Problems,
		problemRows(
			&s.Record,
			[]mapping.Problem{{Severity: mapping.Warning, Code: mapping.VerificationLost, Field: string(i.Type),
				Message: "an identity that is added later can't be marked verified"}},
			true,
		)...)
}

func shownIdentities(u *kinde.User) (list []compare.Identity) {
	for _, i := range u.Identities {
		list = append(list, compare.Identity{Kind: i.Kind(), Value: i.Identity, Connection: i.ConnectionID})
	}
	// A list that was not expanded still shows the primary ones.
	for _, x := range []compare.Identity{{Kind: "email", Value: u.Email}, {Kind: "phone", Value: u.Phone},
		{Kind: "username", Value: u.Username}} {
		if x.Value != "" && !slices.ContainsFunc(list, func(i compare.Identity) bool {
			return i.Kind == x.Kind && compare.Fold(i.Kind, i.Value) == compare.Fold(x.Kind, x.Value)
		}) {
			list = append(list, x)
		}
	}
	return list
}

func (p *planner) addLinks(s *engine.Subject, w *wanted, known *existing) {
	for _, l := range w.links {
		if s.DoneBefore(checkpoint.StepSocial, l.key(), checkpoint.Digest{}) {
			continue
		}
		if known != nil && known.shown != nil && slices.ContainsFunc(known.shown.Identities, func(i kinde.UserIdentity) bool {
			return i.Identity == l.value && (i.ConnectionID == "" || i.ConnectionID == l.connection)
		}) {
			s.Steps = append(s.Steps, found(s, engine.StepID{Kind: checkpoint.StepSocial, Key: l.key()}))
			continue
		}
		s.Steps = append(s.Steps, &identityStep{p: p, kind: checkpoint.StepSocial, key: l.key(), units: 1,
			request: kinde.CreateUserIdentityRequest{Type: l.kind, Value: l.value, ConnectionID: l.connection}})
	}
}

func (p *planner) addProperties(s *engine.Subject, w *wanted, known *existing) {
	cleared := p.clearedProperties(s, w)
	digest := p.digest(checkpoint.StepProperties, w.properties)
	properties := maps.Clone(w.properties)
	if p.opt.Mirror && len(cleared) > 0 {
		if properties == nil {
			properties = map[string]string{}
		}
		for _, key := range cleared {
			properties[key] = ""
		}
	} else if len(w.properties) == 0 || s.DoneBefore(checkpoint.StepProperties, "", digest) {
		return
	}
	s.Steps = append(
		s.Steps,
		&propertiesStep{
			p:          p,
			info:       engine.Info{Kind: checkpoint.StepProperties, Units: max(len(w.properties), 1), Digest: digest},
			target:     p.target,
			properties: properties,
			foreign:    known != nil && !known.ours,
			look:       known != nil && !known.ours || len(cleared) > 0,
		},
	)
}

// propertiesStep sets all properties at once; one without a value is cleared. Of
// a user that is not ours it reads them first: what is there already is not
// written, and what is replaced is remembered. It does so, too, where the source
// has cleared some, because nothing else may have changed.
type propertiesStep struct {
	p          *planner
	info       engine.Info
	target     Target
	properties map[string]string
	foreign    bool // the user is not ours
	look       bool
}

func (c *propertiesStep) Info() engine.Info { return c.info }

func (c *propertiesStep) Do(ctx context.Context, s *engine.Subject) engine.Result {
	send, replaced := c.properties, map[string]any{}
	if c.look {
		have := map[string]string{}
		for v, err := range c.target.GetUserPropertyValues(ctx, s.Record.KindeID) {
			if err != nil {
				return outcomeOf(ctx, err)
			}
			have[v.Key] = v.Value
		}
		send = map[string]string{}
		for k, v := range c.properties {
			if have[k] != v {
				send[k], replaced[k] = v, have[k]
			}
		}
	}
	// What is set from now on: what was, and what is sent, but for what is cleared.
	set := slices.DeleteFunc(slices.Concat(fieldsSet(s, checkpoint.StepProperties), sortedKeys(send)), func(key string) bool {
		v, wanted := c.properties[key]
		return wanted && v == ""
	})
	detail := s.Before[engine.StepID{Kind: checkpoint.StepProperties}].Detail
	if len(send) == 0 {
		return engine.Result{Nothing: true, Detail: withSet(detail, set)}
	}
	if c.foreign {
		var err error
		if detail, err = c.p.remember(ctx, s, c.info, withSet(beforeImage(map[string]any{"properties": replaced}),
			sortedKeys(send))); err != nil {
			return engine.Fatal(err)
		}
	}
	r := outcomeOf(ctx, c.target.UpdateUserProperties(ctx, s.Record.KindeID, send))
	switch {
	case r.State == "" && r.Err == nil:
		detail = withSet(detail, set)
	case r.State != checkpoint.Refused: // they may be set, and what was to be cleared may still be there
		detail = withSet(detail, union(fieldsSet(s, checkpoint.StepProperties), set))
	}
	r.Detail = detail
	return r
}

func (p *planner) addPassword(s *engine.Subject, w *wanted, known *existing) {
	if w.password == nil {
		return
	}
	digest := p.digest(checkpoint.StepPassword, w.password)
	before, had := s.Before[engine.StepID{Kind: checkpoint.StepPassword}]
	if had && before.State == checkpoint.Done && before.Digest == digest {
		return
	}
	target, body := p.target, *w.password
	info := engine.Info{Kind: checkpoint.StepPassword, Digest: digest}
	if had && before.State == checkpoint.Done && !p.opt.OverwritePasswords {
		s.Steps = append(s.Steps, &changedPasswordStep{info: info, target: target, body: body, since: before.At})
		return
	}
	s.Steps = append(
		s.Steps,
		&callStep{info: info, do: func(ctx context.Context, id string) error { return target.SetUserPassword(ctx, id, body) }},
	)
}

func (p *planner) addFlags(s *engine.Subject, w *wanted) {
	for _, f := range w.flags {
		digest := p.digest(checkpoint.StepFlags, f)
		if s.DoneBefore(checkpoint.StepFlags, f.Key, digest) {
			continue
		}
		target := p.target
		s.Steps = append(s.Steps, &callStep{info: engine.Info{Kind: checkpoint.StepFlags, Key: f.Key, Digest: digest},
			do: func(ctx context.Context, id string) error {
				return target.UpdateUserFeatureFlagOverride(ctx, id, f.Key, f.Value)
			}})
	}
}

// addClaims makes changes show in the tokens of a user that existed.
func (p *planner) addClaims(s *engine.Subject) {
	target := p.target
	refresh := &callStep{info: engine.Info{Kind: checkpoint.StepClaims},
		do: func(ctx context.Context, id string) error { return target.RefreshUserClaims(ctx, id) }}
	visible := slices.ContainsFunc(s.Steps, func(x engine.Step) bool {
		switch x.Info().Kind {
		case checkpoint.StepFlags, checkpoint.StepProperties, checkpoint.StepMemberships, stepRemove:
			return true
		}
		return false
	})
	switch was := s.Before[engine.StepID{Kind: checkpoint.StepClaims}]; {
	case visible:
		// Last of all: memberships are written in bulk, later than the user's own steps.
		s.Final = append(s.Final, refresh)
	case was.State == checkpoint.GaveUp || was.State == checkpoint.Refused:
		s.Steps = append(s.Steps, refresh) // an earlier run has changed what they should show
	}
}

// sortedKeys lists the keys of a map in order.
func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
