package mapping

import (
	"slices"
	"strings"
)

// mixedList is a list of addresses and numbers.
type mixedList struct {
	kind  *observed // tells which of them an element is
	kinds []string  // that are taken
	used  []*observed
}

// emails finds the address that people sign in with, and lists of addresses.
func (p *proposal) emails() {
	score := func(o *observed) int {
		if !o.mostly(likeMail) || userEditable(o.path) {
			return 0
		}
		n := 20 + part(wordsMail.in(o.words), 10) + part(p.called(o, "emails"), 5) + 8*o.records/p.records + part(o.unique(), 4) - 2*o.depth()
		return max(n-part(wordsOther.in(o.words) || wordsOther.in(o.around), 25), 1)
	}
	if p.mail = p.take("", score); p.mail != nil {
		note := p.filled(p.mail)
		if wordsOther.in(p.mail.words) {
			note += "; check that people sign in with it"
		}
		p.add("emails", note, "  - value: %s", yamlPath(p.mail.path))
		p.verified("emails", p.mail, likeMail)
	}
	p.identityLists("emails", wordsMail, likeMail)
	for _, o := range p.free("") {
		if o.mostly(likeMail) && !wordsUsername.in(o.words) {
			p.property(o, "a further address; move it to emails: if people sign in with it")
		}
	}
}

func (p *proposal) phones() {
	plain := p.take("", func(o *observed) int {
		named := wordsPhone.in(o.words) && !meant("fax verified confirmed extension ext").in(o.words)
		if o.share(likePhone) < 0.5 || !named && !o.mostly(likePlus) {
			return 0
		}
		return 10 + part(named, 10) + 8*o.records/p.records + part(o.mostly(likePlus), 5) - 2*o.depth()
	})
	if plain != nil {
		p.add("phones", p.filled(plain), "  - value: %s", yamlPath(plain.path))
		p.verified("phones", plain, likePhone)
		p.region(plain)
	}
	p.identityLists("phones", wordsPhone, likePhone)
	for _, list := range p.lists {
		m := p.mixed[list]
		if m == nil {
			continue
		}
		for _, o := range m.used {
			p.taken[o] = true
		}
		for _, kind := range sortedKeys(m.kind.distinct) {
			if !slices.Contains(m.kinds, kind) && plainYAML.MatchString(kind) {
				p.add("drop", "neither an address nor a number", "  - %s", yamlPath(list+"["+m.kind.within+"="+kind+"]"))
			}
		}
		p.rest(list)
	}
}

// region says which country numbers without a calling code belong to.
func (p *proposal) region(o *observed) {
	if o.looks[likePlus] == o.looks[likePhone] {
		return
	}
	country := p.pick("", func(c *observed) int { return part(c.mostly(likeCountry) && c.about(wordsCountry), 1) })
	if country != nil {
		p.add("phones", "for numbers without a calling code", "    region: %s", yamlPath(country.path))
		return
	}
	p.add("phones", "some numbers have no calling code: which country are they from?", "    # region: {value: GB}")
}

// verified finds what says that an address or a number was confirmed.
func (p *proposal) verified(section string, of *observed, shape looksLike) {
	mine, theirs := wordsMail, wordsPhone
	if shape == likePhone {
		mine, theirs = theirs, mine
	}
	o := p.take(of.list, func(o *observed) int {
		states := wordsVerified.in(o.words) && !o.marks() && len(o.distinct) <= 6 && o.stateOf(wordsVerified) != ""
		if !wordsVerified.in(o.words) && !p.called(o, section+" verified") || !o.marks() && !states || theirs.in(o.words) {
			return 0
		}
		if shape == likePhone && !mine.in(o.words) && of.list == "" && !of.sameObject(o) {
			return 0
		}
		return 10 + part(mine.in(o.words), 10) + part(of.sameObject(o), 5)
	})
	if o == nil {
		p.add(section, "nothing in the file says so; true applies to everybody", "    # verified: true")
		return
	}
	at := yamlPath(o.path)
	if of.list != "" {
		at = yamlPath(o.within)
	}
	switch {
	case o.mostly(likeFlag):
		p.add(section, "check: it must mean that the person confirmed it", "    verified: %s", at)
	case o.mostly(likeDate):
		p.add(section, "a date: when it was confirmed", "    verified: {path: %s, set: true}", at)
	default:
		p.add(section, "seen: "+o.seen(), "    verified: {path: %s, is: %s}", at, quoteYAML(o.stateOf(wordsVerified)))
	}
}

// sameObject tells whether two places are members of one object.
func (o *observed) sameObject(other *observed) bool {
	return o.parent == other.parent && o.parent != ""
}

// stateOf returns the value, of few, that has a meaning; "" when none has.
func (o *observed) stateOf(m meaning) string {
	for _, v := range sortedKeys(o.distinct) {
		if m.in(wordsOf(v)) && !slices.Contains(wordsOf(v), "not") {
			return v
		}
	}
	return ""
}

// seen lists the values of a place that holds the names of states.
func (o *observed) seen() string {
	names := sortedKeys(o.distinct)
	if len(names) > 8 {
		names = append(names[:8], "…")
	}
	for i, n := range names {
		names[i] = comment(n)
	}
	return strings.Join(names, ", ")
}

// identityLists finds arrays of addresses or numbers.
func (p *proposal) identityLists(section string, named meaning, shape looksLike) {
	for _, list := range p.lists {
		value := p.pick(list, func(o *observed) int {
			if strings.Contains(o.within, "[*]") || wordsOther.in(o.around) || !o.mostly(shape) && o.share(shape) < 0.3 ||
				shape == likePhone && o.mostly(likeNumber) && !o.about(named) {
				return 0
			}
			return 1 + part(named.in(o.words), 2)
		})
		if value == nil || wordsOrg.in(wordsOf(list)) || wordsLinks.in(wordsOf(list)) {
			continue
		}
		each := list
		kind := p.pick(list, func(o *observed) int {
			return part(wordsKindOf.in(o.words) && len(o.distinct) <= 10 && o.stateOf(named) != "", 1)
		})
		switch {
		case value.mostly(shape):
		case kind == nil:
			continue // of mixed kinds, and nothing tells them apart
		default:
			each += "[" + kind.within + "=" + kind.stateOf(named) + "]"
		}
		mixed := !value.mostly(shape)
		p.taken[value] = true
		if value.within == "@" {
			p.add(section, p.filled(value), "  - each: %s", yamlPath(each))
			continue
		}
		p.add(section, p.filled(value), "  - each: %s", yamlPath(each))
		p.add(section, "", "    value: %s", yamlPath(value.within))
		p.verified(section, value, shape)
		if o := p.take(list, func(o *observed) int { return part(wordsPrimary.in(o.words) && o.mostly(likeFlag), 1) }); o != nil {
			p.add(section, "", "    primary: %s", yamlPath(o.within))
		}
		if !mixed {
			p.rest(list)
			continue
		}
		// Addresses and numbers lie in one list: what was taken of it serves both.
		m := p.mixed[list]
		if m == nil {
			m = &mixedList{kind: kind, used: []*observed{kind}}
			p.mixed[list] = m
		}
		m.kinds = append(m.kinds, kind.stateOf(named))
		for _, o := range p.places {
			if o.list == list && p.taken[o] {
				m.used = append(m.used, o)
				delete(p.taken, o)
			}
		}
	}
}

// rest leaves the other members of a list's elements to drop, where they say
// nothing that has a place.
func (p *proposal) rest(list string) {
	for _, o := range p.free(list) {
		if o.suspect == byValue && o.looks[likeHash] == 0 {
			p.taken[o] = true
			p.add("drop", "Kinde keeps nothing else of "+comment(list), "  - %s", yamlPath(o.path))
		}
	}
}
