package mapping

import (
	"fmt"
	"slices"
	"strings"
)

// Row is one line of a before/after comparison.
type Row struct {
	Source string // path in the record; "" when the target has no source
	Value  string // as it stands; secrets are masked
	Target string // "emails", "properties tier"; "dropped", "ignored" or "not read" when it becomes nothing
	Mapped string // what it became, or why nothing; "" for what only decides, such as a condition
}

// Comparison shows a record before and after.
type Comparison struct {
	Record, Line int64
	Rows         []Row
	Skip         string
	Problems     []Problem
}

// Check maps records and shows each before and after, side by side: every value of
// the record, and nothing of it cut.
func Check(m *Mapping, records []Record, env *Env) []Comparison {
	out := make([]Comparison, 0, len(records))
	for i := range records {
		out = append(out, check(m, &records[i], env))
	}
	return out
}

func check(m *Mapping, rec *Record, env *Env) Comparison {
	res := m.Map(rec, env)
	c := Comparison{Record: rec.Number, Line: rec.Line, Skip: res.Skip, Problems: res.Problems}
	became := res.User.texts()
	shown := map[string]bool{"full_name": true, "provider": true} // made of what stands in other rows
	for _, l := range m.leaves(m.ks.unquoted(rec.Fields)) {
		row := Row{Source: l.path, Value: cleanName(l.text)}
		targets := m.targets(l.steps)
		if secretLeaf(l.steps, targets) {
			row.Value = "(hidden)"
		}
		var values []string
		for _, t := range targets {
			section, _, _ := strings.Cut(t, " ")
			shown[section] = true
			for _, v := range became[section] {
				values = append(values, v.of(t, l))
			}
		}
		row.Target = strings.Join(targets, ", ")
		row.Mapped = cleanName(strings.Join(compact(values), ", "))
		switch {
		case row.Target == "" && l.at != nil && l.at.Fate == NotRead:
			row.Target, row.Mapped = "not read", l.why(res.Problems)
		case l.dropped(res.User.Dropped):
			row.Target, row.Mapped = "dropped", l.why(res.Problems)
		case row.Target == "" && l.at != nil && l.at.Fate == LeftBehind:
			row.Target, row.Mapped = "dropped", l.at.Becomes
		case row.Target == "" && l.at != nil && l.at.Fate == Used:
			row.Target = l.at.Becomes
		case row.Target == "" && l.at != nil && l.at.Fate == Ignored:
			row.Target, row.Mapped = "ignored", l.at.Becomes
		case row.Target == "":
			row.Target = "not looked into" // below what is read as a whole
		}
		c.Rows = append(c.Rows, row)
	}
	for _, section := range sortedKeys(became) {
		if shown[section] {
			continue
		}
		for _, v := range became[section] {
			c.Rows = append(c.Rows, Row{Target: section, Mapped: cleanName(v.text)})
		}
	}
	return c
}

// leaf is a value without members, and the way to it.
type leaf struct {
	path  string
	steps []string
	text  string
	at    *place // nil below what is looked into
}

// why returns what was said of a leaf that becomes nothing.
func (l *leaf) why(problems []Problem) string {
	for i := range problems {
		if l.within(problems[i].Field) {
			return problems[i].Message
		}
	}
	return ""
}

// leaves lists the values of a record that are not empty.
func (m *Mapping) leaves(v Value) []leaf {
	var out []leaf
	var walk func(p *place, v Value, l leaf, depth int)
	walk = func(p *place, v Value, l leaf, depth int) {
		if p != nil && depth >= maxNested {
			p = nil
		}
		if p != nil && len(p.cursors) > 0 {
			v = embedded(v)
		}
		switch v.Kind {
		case Object:
			if p != nil && len(p.tests) > 0 {
				p = p.passed(p.way(&v, 0, 0, m.ks.loose))
			}
			var to []*place
			if p != nil {
				to = p.members(v.Keys)
			}
			for i, k := range v.Keys {
				next := leaf{path: joinPath(l.path, k), steps: append(l.steps[:len(l.steps):len(l.steps)], k)}
				if to != nil {
					next.at = to[i]
				}
				walk(next.at, v.Elems[i], next, depth+1)
			}
		case Array:
			for i := range v.Elems {
				e := &v.Elems[i]
				next := leaf{path: fmt.Sprintf("%s[%d]", l.path, i), steps: append(l.steps[:len(l.steps):len(l.steps)], "*")}
				if p != nil {
					next.at = p.elementOf(e, i, len(v.Elems), m.ks.loose)
				}
				walk(next.at, *e, next, depth+1)
			}
		default:
			if !empty(v) {
				l.text = v.Text
				out = append(out, l)
			}
		}
	}
	walk(m.account.start(), v, leaf{}, 0)
	return out
}

// targets returns what reads a leaf, or something around it.
func (m *Mapping) targets(steps []string) []string {
	var out []string
	for i := range m.reads {
		r := &m.reads[i]
		if r.loop || r.target == "drop" || r.target == "join" || !m.covers(r.steps, steps) {
			continue
		}
		if !slices.Contains(out, r.target) {
			out = append(out, r.target)
		}
	}
	return out
}

// covers tells whether a path leads to a leaf, or to something that holds it.
func (m *Mapping) covers(path, leaf []string) bool {
	j := 0
	for _, p := range path {
		if j >= len(leaf) {
			return false
		}
		if p == "*" || p == ".*" {
			j++
			continue
		}
		// A path may step through an array of one element without saying so.
		for j < len(leaf) && leaf[j] == "*" {
			j++
		}
		if j >= len(leaf) || !(leaf[j] == p || m.ks.loose && foldKey(leaf[j]) == foldKey(p) || matchesAny([]string{p}, leaf[j])) {
			return false
		}
		j++
	}
	return len(path) > 0
}

func secretLeaf(steps, targets []string) bool {
	for _, t := range targets {
		if t == "password" || strings.HasPrefix(t, "password ") && t != "password method" {
			return true
		}
	}
	for _, s := range steps {
		f := foldKey(s)
		for _, word := range []string{"password", "passwd", "hash", "salt", "secret", "token", "otp", "recoverycode", "backupcode",
			"privatekey"} {
			if strings.Contains(f, word) && !strings.HasSuffix(f, "enabled") && !strings.HasSuffix(f, "at") && !strings.HasSuffix(f, "date") {
				return true
			}
		}
	}
	return false
}

// dropped tells whether the value of a leaf is among what was dropped.
func (l *leaf) dropped(all []Dropped) bool {
	return slices.ContainsFunc(all, func(d Dropped) bool { return l.within(d.Field) && holds(d.Value, l.text) })
}

// within tells whether a field that a problem names is the leaf's, or holds it.
func (l *leaf) within(field string) bool {
	path, field := foldKey(l.path), foldKey(field)
	switch {
	case field == "":
		return false
	case l.at == nil: // below what is looked into
		return path == field || strings.HasPrefix(path, field+".") || strings.HasPrefix(path, field+"[")
	}
	return path == field || foldKey(l.at.Path) == field || foldKey(l.at.top.Path) == field
}

// holds tells whether a value is a text, or has it somewhere inside.
func holds(v Value, text string) bool {
	if v = embedded(v); v.Kind == Array || v.Kind == Object {
		return slices.ContainsFunc(v.Elems, func(e Value) bool { return holds(e, text) })
	}
	return strings.TrimSpace(v.Text) == strings.TrimSpace(text)
}

// outcome is one thing that a user became.
type outcome struct {
	key  string // of a property or flag
	text string
}

// of returns the text when it belongs to the target, else "".
func (o outcome) of(target string, l leaf) string {
	_, key, keyed := strings.Cut(target, " ")
	switch {
	case target == "password hash":
		return o.text
	case o.key == "" && keyed && !strings.Contains(strings.ToLower(o.text), strings.ToLower(l.text)):
		return "" // of several memberships or links only those that the value went into
	case o.key == "":
		return o.text
	case keyed && key != o.key:
		return ""
	case !keyed && !keptAs(o.key, l.steps[len(l.steps)-1]):
		return ""
	}
	return o.key + "=" + o.text
}

// keptAs tells whether a key is a member's name, or its name behind a prefix.
func keptAs(key, name string) bool {
	key, name = strings.ToLower(key), strings.ToLower(pairKey(name))
	before, ok := strings.CutSuffix(key, name)
	return ok && (before == "" || strings.ContainsAny(before[len(before)-1:], "_-.:"))
}

// texts lists what a user became, by section of the mapping.
func (u *User) texts() map[string][]outcome {
	out := map[string][]outcome{}
	add := func(section, text string) {
		if text != "" {
			out[section] = append(out[section], outcome{text: text})
		}
	}
	add("id", u.SourceID)
	add("given_name", u.GivenName)
	add("family_name", u.FamilyName)
	add("full_name", strings.TrimSpace(u.GivenName+" "+u.FamilyName))
	add("picture", u.Picture)
	add("provider", u.Provider)
	for _, i := range u.Identities {
		state := ""
		if i.Type != Username {
			state = map[bool]string{true: " (verified)", false: " (not verified)"}[i.Verified]
		}
		add(string(i.Type)+"s", i.Value+state)
	}
	for _, l := range u.Links {
		strategy := l.Strategy
		if strategy == "" {
			strategy = l.Provider
		}
		add("links", strategy+" "+l.Subject)
	}
	if u.Suspended {
		add("suspended", "suspended")
	}
	if u.PasswordReset {
		add("password_reset", "asked for a new password")
	}
	if u.MFA {
		add("mfa", "had a second factor")
	}
	if u.Password != nil {
		state := ""
		if u.Password.Body == nil {
			state = " (can't be kept)"
		}
		add("password", u.Password.Encoding+state)
	}
	for _, p := range u.Properties {
		out["properties"] = append(out["properties"], outcome{p.Key, p.Value})
	}
	for _, p := range u.Flags {
		out["flags"] = append(out["flags"], outcome{p.Key, p.Value})
	}
	for _, m := range u.Memberships {
		add("memberships", m.text())
	}
	return out
}

// text names an organization with what the user may do in it.
func (m *Membership) text() string {
	name := m.Organization.Code
	for _, n := range []string{m.Organization.ExternalID, m.Organization.Name, "the default organization"} {
		if name == "" {
			name = n
		}
	}
	if len(m.Roles) > 0 {
		name += " as " + strings.Join(m.Roles, "+")
	}
	if len(m.Permissions) > 0 {
		name += " may " + strings.Join(m.Permissions, "+")
	}
	return name
}

func compact(list []string) []string {
	var out []string
	for _, s := range list {
		if s != "" && !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}
