package mapping

import (
	"fmt"
	"strings"
)

// ScopedRole is a role and the place of the source in which it is held: its
// platform, one of its applications, its organizations. Roles of different
// places are different roles, even where their names are the same.
type ScopedRole struct {
	Key, Scope string
	Bare       bool // the key is the role's name: nobody gave it one for this place
}

// RoleScope says what becomes of roles that several applications of a source
// give under one name.
type RoleScope string

// The scopes of roles.
const (
	AskRoleScope RoleScope = ""     // a question that only the operator can answer
	ByApp        RoleScope = "app"  // the keys are "application:name"
	ByName       RoleScope = "none" // one name is one role, wherever it is held
)

// RoleScopes are the scopes that can be chosen.
var RoleScopes = []string{string(ByApp), string(ByName)}

// RolesAsked is what a notice of kind Question asks about: roles of one name in
// several places, which would become one role unasked.
const RolesAsked = "roles"

// organizationScope is the place of roles whose rule names none in a mapping
// that has others: they are held in an organization, as all roles of Kinde are.
const organizationScope = "organization"

// roleScope is what was chosen.
func (r *run) roleScope() RoleScope {
	if r.env != nil && r.env.RoleScope != AskRoleScope {
		return r.env.RoleScope
	}
	return r.m.roleScope
}

// scopedRoles returns the keys of a rule's roles. Where the rule names their
// place, the key is "place:name" until roles: translates it: the admin of a
// platform and the admin of an organization never become one without a word.
func (r *run) scopedRoles(rule *membershipRule) []string {
	if !r.m.scoped {
		return r.names(rule.roles, r.m.roles)
	}
	place, bare := organizationScope, true
	if rule.scope != nil {
		if t := rule.scope.text(r.scope); t != "" {
			place, bare = t, rule.plain && r.roleScope() != ByApp
		}
	}
	list := rule.roles.listed(r.scope, r.work)
	out := list[:0]
	for _, name := range list {
		role, ok := r.m.roleKey(place, name, bare)
		if !ok {
			continue
		}
		role.Bare = role.Bare && r.roleScope() != ByName
		out = append(out, role.Key)
		r.out.Roles = append(r.out.Roles, role)
	}
	return out
}

// roleKey translates a role by its place, else by its name alone where the name
// is written bare, else by the entry for all others.
func (m *Mapping) roleKey(place, name string, bare bool) (ScopedRole, bool) {
	role := ScopedRole{Key: place + ":" + name, Scope: place}
	if to, listed := lookName(m.roles, role.Key); listed {
		role.Key = to
		return role, to != ""
	}
	if to, listed := lookName(m.roles, place+":*"); listed {
		if to != "@" {
			role.Key = to
		}
		return role, to != ""
	}
	if bare {
		var ok bool
		role.Key, ok = translate(m.roles, name)
		role.Bare = true
		return role, ok
	}
	if to, listed := m.roles["*"]; listed && to != "@" {
		role.Key = to
		return role, to != ""
	}
	role.Key = strings.TrimSpace(role.Key)
	return role, true
}

// heldIn counts the records that hold a role in one place.
type heldIn struct {
	records int64
	bare    bool
}

// roleTally counts who holds which role where: by key and place.
type roleTally map[string]map[string]heldIn

// maxScopedRoles bounds what is remembered of roles whose names are data.
const maxScopedRoles = 10_000

func (t roleTally) count(r ScopedRole, n int64) {
	by := t[r.Key]
	if by == nil {
		if len(t) >= maxScopedRoles {
			return
		}
		by = map[string]heldIn{}
		t[strings.Clone(r.Key)] = by
	}
	in, known := by[r.Scope]
	if !known && len(by) >= maxScopedRoles {
		return
	}
	in.records += n
	in.bare = r.Bare
	by[strings.Clone(r.Scope)] = in
}

// notices says which roles of several places become one, and asks whether they
// may where nobody has said so: a place that was given a key is an answer.
func (t roleTally) notices() []Notice {
	var out []Notice
	asked := Notice{Kind: Question, What: RolesAsked,
		Try: "Use --role-scope app: the keys become APP:ROLE. Or --role-scope none: they are one role. Or give each a key in a mapping file: " +
			`roles: {"APP:ROLE": KEY}.`}
	var questions []string
	for _, key := range sortedKeys(t) {
		by := t[key]
		var places []string
		var total, bare int64
		for _, scope := range sortedKeys(by) {
			in := by[scope]
			if in.records <= 0 {
				continue
			}
			places = append(places, fmt.Sprintf("%s, %s", scope, countRecords(in.records)))
			total += in.records
			if in.bare {
				bare++
			}
		}
		switch {
		case len(places) < 2:
		case bare > 1:
			questions = append(questions, fmt.Sprintf("%q (%s)", key, strings.Join(places, "; ")))
			asked.Records += total
		default:
			out = append(out, Notice{Kind: "united", What: "role " + key, Records: total, Of: total,
				Message: fmt.Sprintf("Roles from different places become one role %q: %s.", key, strings.Join(places, "; ")),
				Try:     `To give each its own key, use roles: {"PLACE:NAME": KEY} in the mapping.`})
		}
	}
	if len(questions) > 0 {
		asked.Of = asked.Records
		asked.Message = "Roles of one name are held in several applications, and in Kinde they would be one role: " + firstOf(questions, 5) + "."
		out = append(out, asked)
	}
	return out
}

// firstOf lists the first of many, and how many more there are.
func firstOf(list []string, n int) string {
	if more := len(list) - n; more > 0 {
		return fmt.Sprintf("%s and %d more", strings.Join(list[:n], ", "), more)
	}
	return strings.Join(list, ", ")
}
