package mapping

import "strings"

// ScopedRole is a role and the place of the source in which it is held: its
// platform, one of its applications, its organizations. Roles of different
// places are different roles, even where their names are the same.
type ScopedRole struct{ Key, Scope string }

// organizationScope is the place of roles whose rule names none in a mapping
// that has others: they are held in an organization, as all roles of Kinde are.
const organizationScope = "organization"

// scopedRoles returns the keys of a rule's roles. Where the rule names their
// place, the key is "place:name" until roles: translates it: the admin of a
// platform and the admin of an organization never become one without a word.
func (r *run) scopedRoles(rule *membershipRule) []string {
	if !r.m.scoped {
		return r.names(rule.roles, r.m.roles)
	}
	place, plain := organizationScope, true
	if rule.scope != nil {
		if t := rule.scope.text(r.scope); t != "" {
			place, plain = t, rule.plain
		}
	}
	list := rule.roles.listed(r.scope, r.work)
	out := list[:0]
	for _, name := range list {
		key, ok := r.m.roleKey(place, name, plain)
		if !ok {
			continue
		}
		out = append(out, key)
		r.out.Roles = append(r.out.Roles, ScopedRole{key, place})
	}
	return out
}

// roleKey translates a role by its place, else by its name alone where the name
// is written plain, else by the entry for all others.
func (m *Mapping) roleKey(place, name string, plain bool) (string, bool) {
	full := place + ":" + name
	if to, listed := lookName(m.roles, full); listed {
		return to, to != ""
	}
	if to, listed := lookName(m.roles, place+":*"); listed {
		if to == "@" {
			to = full
		}
		return to, to != ""
	}
	if plain {
		return translate(m.roles, name)
	}
	if to, listed := m.roles["*"]; listed && to != "@" {
		return to, to != ""
	}
	return strings.TrimSpace(full), true
}
