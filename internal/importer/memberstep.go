package importer

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"

	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
	"github.com/kinde-migrate/kinde-migrate/internal/engine"
	"github.com/kinde-migrate/kinde-migrate/kinde"
)

// memberStep hands a membership to the queues.
type memberStep struct {
	p      *planner
	want   wantedMember
	joined bool // the user is a member already; only roles and permissions are to be set
	look   bool // the user may have been given something by others: what is there is read and kept
	keep   bool // the user was there before us: what is replaced must be durable before it is
	unsure bool // an earlier pass failed here: whether the user is a member must be asked
}

func (m *memberStep) Info() engine.Info {
	return engine.Info{Kind: checkpoint.StepMemberships, Key: m.want.code, Digest: m.digest()}
}

func (m *memberStep) digest() checkpoint.Digest {
	return m.p.digest(checkpoint.StepMemberships, []any{m.want.roles, m.want.permissions})
}

func (m *memberStep) Do(ctx context.Context, s *engine.Subject) engine.Result {
	x := &membership{subject: s, id: s.Record.KindeID, want: m.want, steps: []engine.Info{m.Info()}}
	if n := len(m.want.roles); n > 0 {
		x.steps = append(x.steps, engine.Info{Kind: checkpoint.StepRoles, Key: m.want.code, Units: n, Digest: m.digest()})
	}
	if n := len(m.want.permissions); n > 0 {
		x.steps = append(x.steps, engine.Info{Kind: checkpoint.StepPermissions, Key: m.want.code, Units: n, Digest: m.digest()})
	}
	has, err := m.standing(ctx, x)
	if err != nil {
		return outcomeOf(ctx, err)
	}
	given, added, dropped := givenIn(s, m.want.code), m.want.without(has), wantedMember{}
	if m.p.opt.Mirror {
		dropped = m.p.droppedFrom(s, m.want)
	}
	member := m.joined
	if given.member != nil {
		member = *given.member
	}
	x.detail = imageOf(m.keep, member, given.without(dropped).with(added))
	if m.keep {
		image, err := m.p.remember(ctx, s, m.Info(), x.detail)
		if err != nil {
			return engine.Fatal(err)
		}
		if !m.p.opt.Mirror {
			x.detail = image
		}
	}
	took := false
	if m.joined && !dropped.bare() {
		r := outcomeOf(ctx, takeRoles(ctx, m.p.target, m.want.code, x.id, dropped))
		if r.State != "" {
			// The membership stands as it did; only the removal failed.
			r.Silent = true
			r.Also = []checkpoint.Step{
				{
					Kind:    stepRemove,
					Key:     removedRoles(m.want.code).Key,
					State:   r.State,
					Units:   1,
					Code:    r.Code,
					Message: r.Message,
				},
			}
		}
		if r.State != "" || r.Err != nil {
			return r
		}
		has, took = has.without(dropped), true
	}
	if m.joined && added.bare() {
		return x.with(engine.Result{Nothing: !took})
	}
	// The bulk operation sets the roles of a member, so those that are there are sent along.
	x.want = m.want.with(has)
	m.p.engine.Hold(s)
	full, key := m.p.bulk.add(x, m.joined)
	if full != nil {
		if err := m.p.bulk.write(ctx, key, full); err != nil {
			return engine.Fatal(err)
		}
	}
	return engine.Deferred()
}

// standing finds out whether the user is a member, and what they have in the
// organization, as far as others may have given it.
func (m *memberStep) standing(ctx context.Context, x *membership) (has wantedMember, err error) {
	if m.unsure {
		inside, _, err := m.p.bulk.divide(ctx, m.want.code, []*membership{x})
		if err != nil {
			return has, err
		}
		m.joined = len(inside) > 0
	}
	if !m.joined || !m.look {
		return has, nil
	}
	has, err = m.p.present(ctx, m.want, x.id)
	if kinde.ClassOf(err) == kinde.ClassNotFound {
		inside, _, look := m.p.bulk.divide(ctx, m.want.code, []*membership{x})
		if look != nil || len(inside) > 0 {
			return has, cmp.Or(look, err)
		}
		m.joined = false
		return wantedMember{}, nil
	}
	return has, err
}

// bare tells whether a membership comes without roles and permissions.
func (m wantedMember) bare() bool { return len(m.roles)+len(m.permissions) == 0 }

// without is what a membership holds beyond another one.
func (m wantedMember) without(o wantedMember) wantedMember {
	return wantedMember{m.code, without(m.roles, o.roles), without(m.permissions, o.permissions)}
}

// with is a membership together with what another one holds.
func (m wantedMember) with(o wantedMember) wantedMember {
	return wantedMember{m.code, union(m.roles, o.roles), union(m.permissions, o.permissions)}
}

// given is what the job has put into an organization for a user so far.
type given struct {
	wantedMember
	member *bool // whether the user was a member before us; nil: nothing is known
}

func givenIn(s *engine.Subject, code string) given {
	var was before
	// A detail that can't be read names nothing.
	_ = json.Unmarshal([]byte(s.Before[engine.StepID{Kind: checkpoint.StepMemberships, Key: code}].Detail), &was)
	return given{wantedMember{code, was.Before.AddedRoles, was.Before.AddedPermissions}, was.Before.Member}
}

// imageOf is what is kept of a membership: what the job gave, and of a user
// who was there before us whether they were a member.
func imageOf(keep, member bool, gave wantedMember) string {
	image := map[string]any{}
	if keep {
		image["member"] = member
	}
	if len(gave.roles) > 0 {
		image["added_roles"] = gave.roles
	}
	if len(gave.permissions) > 0 {
		image["added_permissions"] = gave.permissions
	}
	if len(image) == 0 {
		return ""
	}
	return beforeImage(image)
}

// removedRoles names the removal of roles from a member who stays.
func removedRoles(code string) engine.StepID {
	return removalOf(engine.StepID{Kind: checkpoint.StepRoles, Key: code})
}

// droppedFrom is what the job has given to a member and the source no longer says.
func (p *planner) droppedFrom(s *engine.Subject, want wantedMember) wantedMember {
	return givenIn(s, want.code).without(want)
}

// present reads the roles and direct permissions that a member has.
func (p *planner) present(ctx context.Context, want wantedMember, id string) (has wantedMember, err error) {
	has.roles, err = p.rosters.roles(ctx, p.target, want.code, id)
	if err != nil {
		return has, err
	}
	if len(want.permissions) == 0 {
		return has, nil
	}
	for x, err := range p.target.GetOrganizationUserPermissions(ctx, want.code, id) {
		if err != nil {
			return has, err
		}
		if len(x.Roles) == 0 {
			has.permissions = append(has.permissions, x.Key)
		}
	}
	return has, nil
}

func without(of, these []string) []string {
	return slices.DeleteFunc(slices.Clone(of), func(s string) bool { return slices.Contains(these, s) })
}

// addMembers appends the memberships that are not in place.
func (p *planner) addMembers(s *engine.Subject, w *wanted, known *existing) {
	for i, m := range w.members {
		step := &memberStep{p: p, want: m}
		if s.DoneBefore(checkpoint.StepMemberships, m.code, step.digest()) && !(p.opt.Mirror && !p.droppedFrom(s, m).bare()) {
			continue
		}
		b, had := s.Before[engine.StepID{Kind: checkpoint.StepMemberships, Key: m.code}]
		switch {
		case known == nil, known.ours && !had && s.CreatedNow:
			step.joined = i == 0 // createUser put the user into the first one
		case known.shown != nil:
			step.joined = slices.Contains(known.shown.Organizations, m.code)
			step.look, step.keep = true, true
		default:
			step.joined = had && b.State == checkpoint.Done
			step.unsure = had && !step.joined && !s.CreatedNow
			step.look, step.keep = true, !known.ours
		}
		s.Steps = append(s.Steps, step)
	}
}
