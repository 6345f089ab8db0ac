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

// password fills the first hash that is one. Of several that one rule finds, the
// rows of a second file above all, the newer one counts.
func (r *run) password() {
	for i := range r.m.passwords {
		rule := &r.m.passwords[i]
		if !r.plan.live[rule.loop.gate] {
			continue
		}
		var best foundHash
		if rule.loop.over == nil && rule.loop.where == nil {
			best = r.hash(rule)
		} else {
			rule.loop.run(r.scope, func() { best = best.or(r.hash(rule)) })
		}
		if best.pw != nil {
			r.take(&best)
			return
		}
	}
}

// foundHash is a hash of the user and what tells how old it is.
type foundHash struct {
	pw           *password.Password
	field        string
	set, changed time.Time // of the hash, and of the profile's password; zero: not known
	tied         bool      // there is another one of the same time
	undated      bool      // there is another one, and one of them has no time
}

// or returns the newer of two hashes.
func (h foundHash) or(x foundHash) foundHash {
	switch {
	case x.pw == nil:
		return h
	case h.pw == nil:
		return x
	case h.pw.Same(x.pw):
		if h.set.IsZero() || x.set.After(h.set) {
			h.set = x.set
		}
		return h
	case !h.set.IsZero() && !x.set.IsZero() && !h.set.Equal(x.set):
		if x.set.After(h.set) {
			x.undated = h.undated
			return x
		}
		return h
	case h.pw.Malformed != x.pw.Malformed:
		if h.pw.Malformed {
			return x
		}
		return h
	}
	h.tied, h.undated = true, h.undated || h.set.IsZero() || x.set.IsZero()
	return h
}

// take gives the user a hash, and says what is wrong with it.
func (r *run) take(h *foundHash) {
	if h.tied || h.undated {
		h.pw = h.pw.Undecided()
	}
	r.u.Password = h.pw
	switch {
	case h.pw.Malformed:
		r.problem(Warning, PasswordMalformed, h.field, sentence(h.pw.Reason), "The user is created without this password.")
	case h.pw.Body == nil:
		r.problem(Warning, PasswordUnsupported, h.field, sentence(h.pw.Reason), "The user chooses a new password at the first sign-in.")
	}
	if h.set.IsZero() || h.changed.IsZero() || h.changed.Sub(h.set) <= staleAfter {
		return
	}
	r.u.PasswordStale = true
	r.problem(Warning, PasswordStale, h.field, "The password was changed after this hash was exported.",
		"Export the hashes again, or accept the old password with --stale-passwords set.")
}

// hash reads what a rule finds at this place.
func (r *run) hash(rule *passwordRule) (h foundHash) {
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
		return h
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
	if h.pw = password.Recognise(in, opt); h.pw == nil {
		return h
	}
	h.field = "password"
	switch {
	case rule.hash == nil || rule.hash.source == "":
	case rule.hash.source == "@" && rule.loop.over != nil:
		h.field = rule.loop.over.source
	default:
		h.field = rule.hash.at(r.scope)
	}
	h.set, h.changed = r.date(rule.setAt), r.date(rule.changedAt)
	return h
}

// date reads when something happened; zero when nobody says so. What is no date is named:
// without it an old hash passes for a new one.
func (r *run) date(v *value) time.Time {
	if v == nil {
		return time.Time{}
	}
	t, ok := ParseTime(v.text(r.scope))
	if !ok {
		r.doubtDate(v)
	}
	return t
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
