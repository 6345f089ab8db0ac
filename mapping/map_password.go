package mapping

import (
	"strconv"
	"strings"
	"time"

	"github.com/kinde-migrate/kinde-migrate/internal/password"
)

// staleAfter is how much later the profile's last password change must be than
// the hash before the hash counts as old: clocks of one event differ a little.
const staleAfter = 2 * time.Second

// password fills the first hash that is one.
func (r *run) password() {
	for i := range r.m.passwords {
		rule := &r.m.passwords[i]
		if !r.plan.live[rule.loop.gate] {
			continue
		}
		if rule.loop.over == nil && rule.loop.where == nil {
			r.tryPassword(rule)
		} else {
			rule.loop.run(r.scope, func() { r.tryPassword(rule) })
		}
		if r.u.Password != nil {
			return
		}
	}
}

func (r *run) tryPassword(rule *passwordRule) {
	if r.u.Password != nil {
		return
	}
	in := password.Input{Hash: secretText(rule.hash, r.scope)}
	for _, p := range rule.params {
		v := embeddedText(p.v.one(r.scope))
		if v == "" {
			continue
		}
		if in.Params == nil {
			in.Params = make(map[string]string, len(rule.params))
		}
		in.Params[p.name] = v
	}
	if in.Hash == "" && in.Params == nil {
		return
	}
	in.Method = rule.method.text(r.scope)
	in.Salt = secretText(rule.salt, r.scope)
	in.SaltEncoding = rule.saltEncoding.text(r.scope)
	in.SaltPosition = strings.ToLower(rule.saltPosition.text(r.scope))
	in.Iterations, _ = strconv.Atoi(rule.iterations.text(r.scope))
	var opt password.Options
	if r.env != nil {
		opt = r.env.Password
	}
	pw := password.Recognise(in, opt)
	if pw == nil {
		return
	}
	r.u.Password = pw
	field := "password"
	switch {
	case rule.hash == nil || rule.hash.source == "":
	case rule.hash.source == "@" && rule.loop.over != nil:
		field = rule.loop.over.source
	default:
		field = rule.hash.source
	}
	switch {
	case pw.Malformed:
		r.problem(Warning, PasswordMalformed, field, sentence(pw.Reason), "The user is created without this password.")
	case pw.Body == nil:
		r.problem(Warning, PasswordUnsupported, field, sentence(pw.Reason), "The user chooses a new password at the first sign-in.")
	}
	r.stale(rule, field)
}

// stale compares when the hash was set with when the profile's password changed.
func (r *run) stale(rule *passwordRule, field string) {
	if rule.setAt == nil || rule.changedAt == nil {
		return
	}
	set, ok1 := ParseTime(rule.setAt.text(r.scope))
	changed, ok2 := ParseTime(rule.changedAt.text(r.scope))
	if !ok1 || !ok2 || changed.Sub(set) <= staleAfter {
		return
	}
	r.u.PasswordStale = true
	r.problem(Warning, PasswordStale, field, "The password was changed after this hash was exported.",
		"Export the hashes again, or accept the old password with --stale-passwords set.")
}

// secretText reads a hash or salt: its spaces may matter, null spellings count as nothing.
func secretText(v *value, s *scope) string {
	if v == nil {
		return ""
	}
	w := v.one(s)
	if w.Kind == String {
		if empty(w) {
			return ""
		}
		return strings.Trim(w.Text, "\r\n")
	}
	return text(w)
}

// embeddedText writes a parameter: text as it is, objects as JSON.
func embeddedText(v Value) string {
	if v.Kind == Object || v.Kind == Array {
		if v.IsEmpty() {
			return ""
		}
		return v.JSON()
	}
	if empty(v) {
		return ""
	}
	return v.Text
}

// sentence ends a reason with a full stop.
func sentence(s string) string {
	if s == "" {
		return "Kinde can't hold this hash."
	}
	if strings.HasSuffix(s, ".") {
		return s
	}
	return s + "."
}
