package mapping

import (
	"slices"
	"strings"
	"sync"
	"unicode"
)

// run is the work on one record.
type run struct {
	*scope
	m    *Mapping
	u    *User
	out  Result
	work *Workspace

	otherName string // a full name that says more than the two names

	kept    []KeyValue // usernames that Kinde does not take and the mapping keeps
	invalid []int      // problems of identities that were left out

	filled []int32 // for the account of the fields
	lost   []lost
	taken  []taken

	pairSet pairSet
	general Membership // roles and permissions without an organization
}

// runs keeps the work space of finished records.
var runs = sync.Pool{New: func() any { return &run{scope: new(scope)} }}

// release forgets everything about the record.
func (r *run) release() {
	*r.scope = scope{}
	pairs := r.pairSet.list
	clear(pairs)
	clear(r.lost)
	clear(r.taken)
	*r = run{scope: r.scope, invalid: r.invalid[:0], pairSet: pairSet{list: pairs[:0]},
		filled: r.filled[:0], lost: r.lost[:0], taken: r.taken[:0]}
	runs.Put(r)
}

// Map turns a record into a user. env may be nil. It is safe for concurrent use.
// The strings of the result may share memory with the record.
func (m *Mapping) Map(rec *Record, env *Env) Result { return m.MapIn(nil, rec, env) }

// MapIn is Map with its result built in w: it is valid until w.Reset. It may run
// concurrently with other calls that have a Workspace of their own.
func (m *Mapping) MapIn(w *Workspace, rec *Record, env *Env) Result {
	r := runs.Get().(*run)
	defer r.release()
	s := r.scope
	s.root, s.env = m.ks.unquoted(rec.Fields), env
	s.plan = m.ks.plan(rec.Fields.Keys)
	s.items = s.buf[:0]
	r.m, r.u, r.work = m, w.user(), w
	r.out.User = r.u
	if m.filter != nil && !m.filter.test(s) && (s.fail == "" || s.wrong != "") {
		r.out.Filtered, r.out.Fail = true, s.wrong
		return r.out
	}
	r.repaired()
	r.person()
	r.identities()
	r.links()
	r.states()
	r.password()
	r.memberships()
	r.u.Flags = r.pairs(m.flags, "flag")
	r.u.Properties = r.pairs(m.properties, "property")
	r.nickname()
	r.dropped()
	r.doubts()
	r.account()
	r.settle()
	if len(m.notices) > 0 {
		r.out.Marks = r.marks()
	}
	return r.out
}

func (r *run) problem(sev Severity, code Code, field, message, hint string) {
	if r.out.Problems == nil {
		r.out.Problems = r.work.problemList()
	}
	r.out.Problems = append(r.out.Problems, Problem{Severity: sev, Code: code, Field: field, Message: message, Hint: hint})
}

// repaired says of a record that it did not parse as it stands. The reader puts the
// mark behind the record's own members.
func (r *run) repaired() {
	for i := len(r.root.Keys) - 1; i >= 0 && strings.HasPrefix(r.root.Keys[i], "$"); i-- {
		if r.root.Keys[i] == Repaired {
			r.problem(Warning, RecordRepaired, "", "The row's quotes are broken. Its cells were found by what they look like.",
				"Compare the name and the logins of this user with the source.")
		}
	}
}

// person fills id, names and picture.
func (r *run) person() {
	m, u := r.m, r.u
	r.id()
	u.GivenName = r.name(m.given)
	u.FamilyName = r.name(m.family)
	if m.full != nil {
		r.fullName()
	}
	u.Picture = m.picture.text(r.scope)
}

// name takes a name without what no name holds.
func (r *run) name(v *value) string {
	raw := v.text(r.scope)
	clean := cleanName(raw)
	if len(clean) != len(raw) || clean != raw {
		r.changed(v, raw, clean)
	}
	return clean
}

// changed says of a name that it is not written as in the source. Blanks around it
// are nobody's loss.
func (r *run) changed(v *value, raw, clean string) {
	if strings.Trim(raw, " ") == clean {
		return
	}
	r.leave(v.at(r.scope), StringValue(raw), "Tabs and line breaks in the name become spaces; control characters are removed.",
		"Correct the name in the source if it is wrong.")
}

// fullName fills what is missing of the names. Kinde has no third field for a name that
// says something else than the two.
func (r *run) fullName() {
	u := r.u
	raw := r.m.full.text(r.scope)
	full := cleanName(raw)
	switch {
	case full == "":
	case u.GivenName == "" && u.FamilyName == "":
		r.changed(r.m.full, raw, full)
		if u.GivenName, u.FamilyName = splitName(full, r.m.nameSplit); u.GivenName == "" {
			r.otherName = raw
		}
	default:
		if u.GivenName == "" || u.FamilyName == "" {
			u.GivenName, u.FamilyName = completed(u.GivenName, u.FamilyName, full)
		}
		if !saysName(full, u.GivenName, u.FamilyName) {
			r.otherName = raw
		}
	}
}

// saysName tells that a full name has no word that the two names lack.
func saysName(full, given, family string) bool {
	if len(full) == len(given)+1+len(family) && full[:len(given)] == given && full[len(given)+1:] == family {
		return true
	}
	known := nameWords(given + " " + family)
	for _, w := range nameWords(full) {
		i := slices.IndexFunc(known, func(k string) bool { return strings.EqualFold(k, w) })
		if i < 0 {
			return false
		}
		known = slices.Delete(known, i, i+1)
	}
	return true
}

func nameWords(name string) []string {
	return strings.FieldsFunc(name, func(r rune) bool { return r == ',' || unicode.IsSpace(r) })
}

// nickname names a full name that is lost, unless somebody signs in with it: a
// username is no name of a person.
func (r *run) nickname() {
	if r.otherName == "" {
		return
	}
	for i := range r.u.Identities {
		if lower(r.u.Identities[i].Value) == lower(strings.TrimSpace(r.otherName)) {
			return
		}
	}
	path := r.m.full.at(r.scope)
	message := "Not used, because the given name and the family name are used."
	if r.u.GivenName == "" && r.u.FamilyName == "" {
		message = "Not used as a name, because it holds an @, as an e-mail address does."
	}
	r.leave(path, StringValue(r.otherName), message, readWith(path))
}

// id fills the source's id. One that is no single value, or that a spreadsheet has
// rounded, is no id.
func (r *run) id() {
	if r.m.id == nil {
		return
	}
	id := r.m.id.text(r.scope)
	switch {
	case r.m.id.several(r.scope):
		r.problem(Error, RecordMalformed, r.m.id.at(r.scope), "The id is a list: this is not one person's record, but a column of many.",
			"Export the table by rows (pandas: to_json(orient=\"records\")).")
	case id == "":
		if v := r.m.id.one(r.scope); v.Kind == Object && !v.IsEmpty() {
			r.problem(Error, RecordMalformed, r.m.id.at(r.scope), "The id is an object, not a text or a number.",
				"Say in the mapping which member holds the id: id: "+r.m.id.at(r.scope)+".NAME")
		}
	case isRounded(id):
		r.problem(Error, RecordMalformed, r.m.id.at(r.scope), "A spreadsheet has rounded the id, so the real id is lost.",
			"Export the file again and don't open it in a spreadsheet program, or import the column there as text.")
	default:
		r.u.SourceID = r.prefixed(id)
	}
}

// completed fills the half of a name that is missing from a full name that holds
// the other half.
func completed(given, family, full string) (string, string) {
	if rest, ok := strings.CutSuffix(full, " "+family); ok && given == "" {
		given = strings.TrimSpace(rest)
	} else if rest, ok := strings.CutPrefix(full, given+" "); ok && family == "" {
		family = strings.TrimSpace(rest)
	}
	return given, family
}

// splitName cuts a full name in two. What looks like an e-mail address is no name.
func splitName(name, how string) (given, family string) {
	if strings.Contains(name, "@") {
		return "", ""
	}
	i := -1
	switch how {
	case "first":
		i = strings.IndexAny(name, " \u00a0")
	case "last":
		i = strings.LastIndexAny(name, " \u00a0")
	}
	if i < 0 {
		return name, ""
	}
	return strings.TrimSpace(name[:i]), strings.Trim(name[i:], " \u00a0")
}

// states fills suspended, reset, MFA and the reasons for leaving a record out.
func (r *run) states() {
	m, u := r.m, r.u
	u.Suspended = m.suspended != nil && m.suspended.test(r.scope)
	u.PasswordReset = m.reset != nil && m.reset.test(r.scope)
	u.MFA = m.mfa != nil && m.mfa.test(r.scope)
	for i := range m.skip {
		if m.skip[i].when.test(r.scope) {
			r.out.Skip = m.skip[i].reason
			return
		}
	}
}

// settle decides whether the record can be used.
func (r *run) settle() {
	u := r.u
	if r.out.Fail = r.wrong; r.fail != "" {
		r.problem(Error, RecordMalformed, "", capital(r.fail)+".", "Correct the expression in the mapping, or the record.")
	}
	switch {
	case len(u.Identities) > 0 || len(u.Links) > 0:
	case r.out.Skip != "":
	case r.m.noIdentity == "skip" && len(r.invalid) == 0:
		r.out.Skip = "has nothing to sign in with"
	case len(r.invalid) > 0:
		p := &r.out.Problems[r.invalid[0]]
		p.Severity = Error
		p.Hint = "Without it there is nothing to sign in with. Correct the value in the source."
	default:
		r.problem(Error, NoIdentity, "", "The record has no e-mail address, phone number, username or social login.",
			"Say in the mapping where they are, or leave out such records with no_identity: skip.")
	}
	if r.m.provider != nil {
		u.Provider = r.m.provider.text(r.scope)
	}
	if u.Provider == "" {
		u.Provider = r.guessProvider()
	}
}

func (r *run) guessProvider() string {
	u := r.u
	switch {
	case u.Password != nil:
		return "password"
	case len(u.Links) > 0:
		return u.Links[0].Provider
	case len(u.Identities) > 0:
		return string(u.Identities[0].Type)
	}
	return ""
}

// dropped lists what the source holds and Kinde can't.
func (r *run) dropped() {
	for i := range r.m.drops {
		d := &r.m.drops[i]
		if !r.plan.live[d.gate] {
			continue
		}
		if d.v.single {
			v := d.v.one(r.scope)
			if !nothing(v) {
				r.leave(d.label, v, d.message, d.hint)
			}
			continue
		}
		var all Value
		n := 0
		d.v.each(r.scope, func(_ string, v Value) bool {
			if nothing(v) {
				return true
			}
			if n++; n == 1 {
				all = v
				return true
			}
			if n == 2 {
				all = Value{Kind: Array, Elems: []Value{all}}
			}
			all.Elems = append(all.Elems, v)
			return true
		})
		if n > 0 {
			r.leave(d.label, all, d.message, d.hint)
		}
	}
}

// nothing tells whether losing a value loses nothing.
func nothing(v Value) bool {
	return empty(v) || v.Kind == Bool && v.Text == "false" || v.Kind == String && (v.Text == "[]" || v.Text == "{}")
}

// leave leaves a value out and says why.
func (r *run) leave(field string, v Value, message, hint string) {
	if r.u.Dropped == nil {
		r.u.Dropped = r.work.dropList()
	}
	r.u.Dropped = append(r.u.Dropped, Dropped{Field: field, Value: v})
	r.problem(Warning, FieldDropped, field, message, hint)
}
