package mapping

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// states finds who is suspended, deleted, or asked for a new password.
func (p *proposal) states() {
	// Whether an address, a number or a second factor is in use says nothing of the person.
	score := func(o *observed, yes bool) int {
		return part(yes && !secondFactor(o.path) && !wordsMail.in(o.words) && !wordsPhone.in(o.words), 10-o.depth())
	}
	if o := p.take("", func(o *observed) int {
		if !o.marks() || wordsVerified.in(o.words) || o.about(wordsPassword) || wordsOther.in(o.words[:len(o.words)-1]) {
			return 0
		}
		return score(o, wordsStopped.in(o.words) || p.called(o, "suspended") && !wordsWorking.in(o.words))
	}); o != nil {
		if o.mostly(likeFlag) {
			p.add("suspended", "check: a lock that ends by itself is not a suspension", "  - %s", yamlPath(o.path))
		} else {
			p.add("suspended", "a date: when it was suspended", "  - {path: %s, set: true}", yamlPath(o.path))
		}
	}
	if o := p.take("", func(o *observed) int {
		return score(o, wordsWorking.in(o.words) && o.mostly(likeFlag) && !wordsVerified.in(o.words))
	}); o != nil {
		p.add("suspended", "suspended where it is false", "  - {path: %s, is: \"false\"}", yamlPath(o.path))
	}
	if o := p.take("", func(o *observed) int {
		return score(o, wordsState.in(o.words) && !o.marks() && len(o.distinct) <= 12 && o.looks[likeSpaced] == 0)
	}); o != nil {
		var stopped []string
		for _, v := range sortedKeys(o.distinct) {
			if w := wordsOf(v); wordsStopped.in(w) || wordsGone.in(w) {
				stopped = append(stopped, quoteYAML(v))
			}
		}
		hash := ""
		if len(stopped) == 0 {
			hash, stopped = "# ", []string{"suspended"}
		}
		p.add("suspended", "seen: "+o.seen(), "  %s- {path: %s, is: [%s]}", hash, yamlPath(o.path), strings.Join(stopped, ", "))
		if hash != "" {
			p.property(o, "its meaning is not known")
		}
	}
	if o := p.take("", func(o *observed) int { return score(o, wordsGone.in(o.words) && o.marks()) }); o != nil {
		p.add("skip", "left out of the import", "  - {when: {path: %s, set: true}, reason: deleted at the source}", yamlPath(o.path))
	}
	if o := p.take("", func(o *observed) int {
		return score(o, o.about(wordsPassword) && wordsRenew.in(o.words) && o.mostly(likeFlag))
	}); o != nil {
		p.add("password_reset", "they are asked for a new password", "password_reset: {path: %s, set: true}", yamlPath(o.path))
	}
}

// secrets leaves out what must never become a property: tokens, second factors,
// further hashes.
func (p *proposal) secrets() {
	mfa := false
	for _, o := range p.places {
		if p.taken[o] {
			continue
		}
		switch {
		case secondFactor(o.path):
			tells := o.list == "" && !mfa
			if tells {
				mfa = true
				p.add("mfa", "had a second factor; Kinde can't take it over", "mfa: {path: %s, set: true}", yamlPath(o.path))
			}
			if tells && o.mostly(likeFlag) {
				p.taken[o] = true
			} else {
				p.leave(o, "second factors can't be taken over")
			}
		case o.looks[likeHash] > 0:
			p.leave(o, "looks like a hash or a password; if it is the right one, put it under password:")
		case o.about(wordsSecret) && !o.marks() && !o.mostly(likeNumber) && !(meant("backup recovery").in(o.words) && o.mostly(likeMail)):
			p.leave(o, "looks like a secret, by its name")
		}
	}
}

// leave drops a place.
func (p *proposal) leave(o *observed, why string) {
	p.taken[o] = true
	p.add("drop", why, "  - %s", yamlPath(o.path))
}

// memberships finds organizations, roles and permissions.
func (p *proposal) memberships() {
	// What users can edit gives no access: it is kept for the properties.
	var edited []*observed
	for _, o := range p.places {
		if !p.taken[o] && userEditable(o.path) {
			p.taken[o], edited = true, append(edited, o)
		}
	}
	defer func() {
		for _, o := range edited {
			p.taken[o] = false
		}
	}()
	name := func(o *observed) bool { return !o.marks() && !o.mostly(likeURL) && !o.mostly(likeMail) }
	for _, list := range p.lists {
		about := wordsOf(list[strings.LastIndexAny(list, ".*")+1:])
		inner := p.pick(list, func(o *observed) int { return part(o.about(wordsOrg) && name(o), 1) })
		if !wordsOrg.in(about) && !wordsCompany.in(about) && (inner == nil || wordsRoles.in(about)) {
			continue
		}
		p.organizations(list, name)
	}
	roles, rolesNote := p.entitlements(wordsRoles, "roles")
	rights, rightsNote := p.entitlements(wordsRights, "permissions")
	one := func(score func(o *observed) int) *observed { return p.take("", score) }
	id := one(func(o *observed) int {
		return part(
			o.about(wordsOrg) && name(o) && (wordsID.in(o.words) || slices.Equal(o.words, o.words[:1]) || wordsRef.in(o.words)) &&
				!wordsName.in(o.words),
			10-o.depth(),
		)
	})
	title := one(func(o *observed) int {
		return part(o.about(wordsOrg) && name(o) && wordsName.in(o.words), 10-o.depth())
	})
	company := ""
	if id == nil && title == nil {
		id = one(func(o *observed) int {
			return part(
				wordsCompany.in(o.words) && name(o) && (len(o.words) == 1 || wordsID.in(o.words)) && (len(o.distinct) < o.values || p.records < 3),
				10-o.depth(),
			)
		})
		company = "check: each value becomes an organization; "
	}
	var lines []proposedLine
	put := func(note, format string, args ...any) {
		lines = append(lines, proposedLine{fmt.Sprintf(format, args...), note})
	}
	switch {
	case id != nil:
		put(company+p.filled(id), "external_id: %s", yamlPath(id.path))
	case title == nil && len(p.parent) > 0:
		put("from the object around the records", "external_id: %s", yamlPath(parentPath(p.parent[0])))
		if len(p.parent) > 1 && p.parent[1] != "@key" {
			put("", "name: %s", yamlPath(parentPath(p.parent[1])))
		}
	}
	if title != nil {
		put(p.filled(title), "name: %s", yamlPath(title.path))
	}
	everywhere := when(len(lines) == 0, "; in each of the person's organizations, else in the default one")
	if roles != "" {
		put(rolesNote+everywhere, "roles: %s", roles)
	}
	if rights != "" {
		put(rightsNote+everywhere, "permissions: %s", rights)
	}
	for i, l := range lines {
		p.add("memberships", l.note, "  %s %s", when(i == 0, "-")+when(i > 0, " "), l.text)
	}
}

// parentPath leads to a member of the objects around a record.
func parentPath(name string) string {
	if plainYAML.MatchString(name) && !strings.Contains(name, ".") {
		return "$parent." + name
	}
	return `$parent["` + strings.ReplaceAll(name, `"`, `""`) + `"]`
}

// organizations maps a list of the organizations of a person.
func (p *proposal) organizations(list string, name func(o *observed) bool) {
	inside := func(m meaning, but meaning) *observed {
		return p.take(list, func(o *observed) int {
			return part(m.in(o.words) && !but.in(o.words) && name(o), 10-strings.Count(o.within, "."))
		})
	}
	if o := p.take(list, func(o *observed) int { return part(o.within == "@", 1) }); o != nil {
		p.add("memberships", p.filled(o), "  - external_id: %s", yamlPath(list))
		return
	}
	roles, rights := inside(wordsRoles, nil), inside(wordsRights, nil)
	id := inside(slices.Concat(wordsID, wordsRef), nil)
	title := inside(slices.Concat(wordsName, wordsOrg), nil)
	if id == nil && title == nil {
		return
	}
	p.add("memberships", "", "  - each: %s", yamlPath(list))
	for _, m := range []struct {
		key string
		o   *observed
	}{{"external_id", id}, {"name", title}, {"roles", roles}, {"permissions", rights}} {
		if m.o != nil {
			note := p.filled(m.o)
			if m.key == "roles" || m.key == "permissions" {
				note = "seen: " + m.o.seen()
			}
			p.add("memberships", note, "    %s: %s", m.key, yamlPath(strings.TrimSuffix(m.o.within, "[*]")))
		}
	}
	p.rest(list)
}

// entitlements finds roles or permissions: a text, several in one text, a list of
// texts, or a list of objects that have a name.
func (p *proposal) entitlements(named meaning, what string) (value, note string) {
	words := func(o *observed) bool { return !o.marks() && !o.mostly(likeMail) && !o.mostly(likeURL) }
	if o := p.take("", func(o *observed) int {
		return part(named.in(o.words) && words(o) && !wordsOrg.in(o.words), 10-o.depth())
	}); o != nil {
		note = "seen: " + o.seen()
		if slices.ContainsFunc(sortedKeys(o.distinct), func(v string) bool { return strings.ContainsAny(v, ",;|") }) {
			return fmt.Sprintf("{path: %s, split: \",;|\"}", yamlPath(o.path)), note
		}
		return yamlPath(o.path), note
	}
	for _, list := range p.lists {
		o := p.pick(list, func(o *observed) int {
			mine := o.within == "@" && named.in(wordsOf(lastName(list))) || o.within != "@" && o.about(named) && !o.about(wordsOrg)
			return part(
				mine && words(o),
				10+part(o.within == "@", 5)+part(slices.Contains(o.words, "key") || slices.Contains(o.words, "slug"), 2)+part(wordsName.in(o.words), 1),
			)
		})
		if o == nil {
			continue
		}
		p.taken[o] = true
		p.rest(list)
		return yamlPath(strings.TrimSuffix(o.path, "[*]")), "seen: " + o.seen()
	}
	return "", ""
}

// properties keeps the rest. An array is kept whole, unless something in it must not be.
func (p *proposal) properties() {
	for _, o := range p.free("") {
		note := ""
		if wordsCreated.in(o.words) && o.mostly(likeDate) {
			note = "Kinde's own date is the day of the import"
		}
		p.property(o, note)
	}
	for _, list := range p.lists {
		free, all := p.free(list), 0
		for _, o := range p.places {
			all += part(o.list == list, 1)
		}
		switch {
		case len(free) == 0:
		case len(free) == all && !slices.ContainsFunc(free, func(o *observed) bool { return secretLeaf(strings.Split(o.path, "."), nil) }):
			p.add("properties", "", "  - {key: %s, value: %s}", yamlPath(p.key(lastName(list), list)), yamlPath(list))
			for _, o := range free {
				p.taken[o] = true
			}
		default:
			for _, o := range free {
				p.leave(o, "in a list that is used for something else, or must not be kept")
			}
		}
	}
}

// property keeps a place as a property.
func (p *proposal) property(o *observed, note string) {
	p.taken[o] = true
	if note == "" {
		note = p.filled(o)
	} else {
		note = p.filled(o) + "; " + note
	}
	p.add("properties", note, "  - {key: %s, value: %s}", yamlPath(p.key(o.name, o.path)), yamlPath(o.path))
}

// key returns a key that no other property has.
func (p *proposal) key(name, path string) string {
	snake := strings.Join(wordsOf(name), "_")
	if k := pairKey(snake); k != "" && strings.Trim(k, "_") != "" && !p.keys[k] {
		p.keys[k] = true
		return k
	}
	base := cmp.Or(pairKey(strings.Join(wordsOf(path), "_")), "field")
	k := base
	for i := 2; p.keys[k]; i++ {
		k = fmt.Sprintf("%s_%d", base, i)
	}
	p.keys[k] = true
	return k
}
