package mapping

import (
	"slices"
	"strings"
)

// pairs computes properties or flags, sorted by key. A later entry wins over an
// earlier one, but nothing that users edit themselves replaces what they can't edit.
func (r *run) pairs(rules []pairRule, what string) []KeyValue {
	p := &r.pairSet
	p.run, p.what, p.list = r, what, p.list[:0]
	if what == "property" {
		for _, kv := range r.kept {
			p.list = append(p.list, pairEntry{KeyValue: kv, name: kv.Key, field: kv.Key, source: StringValue(kv.Value)})
		}
	}
	for i := range rules {
		if r.plan.live[rules[i].loop.gate] {
			p.each(&rules[i])
		}
	}
	if len(p.list) == 0 {
		return nil
	}
	out := r.work.pairList(len(p.list))
	for _, e := range p.list {
		out = append(out, e.KeyValue)
	}
	slices.SortFunc(out, func(a, b KeyValue) int { return strings.Compare(a.Key, b.Key) })
	return out
}

// each applies a rule to the record, or to each of its items.
func (p *pairSet) each(rule *pairRule) {
	if rule.loop.over == nil {
		if rule.loop.where == nil || rule.loop.where.test(p.scope) {
			p.rule(rule)
		}
		return
	}
	p.eachItem(rule)
}

func (p *pairSet) eachItem(rule *pairRule) {
	rule.loop.run(p.scope, func() { p.rule(rule) })
}

type pairSet struct {
	*run
	what string
	list []pairEntry
}

type pairEntry struct {
	KeyValue
	name     string // the key as the source or the mapping spells it
	field    string // where the value stands
	source   Value
	editable bool
}

func (p *pairSet) rule(r *pairRule) {
	switch {
	case r.rest:
		for _, at := range p.plan.unread {
			p.member(r, p.plan.keys[at], p.root.Elems[at])
		}
	case r.from != nil:
		v := embedded(r.from.one(p.scope))
		if v.Kind == Object {
			for i, k := range v.Keys {
				p.member(r, k, v.Elems[i])
			}
		} else if !nothing(v) {
			p.leave(r.from.source, v, "Its members would become properties, but it has none.", readWith(r.from.source))
		}
		if r.flatAt != "" {
			p.flattened(r)
		}
	case r.keyFrom != nil:
		key := r.keyFrom.text(p.scope)
		if key != "" {
			p.member(r, key, r.v.one(p.scope))
		}
	default:
		p.put(r, r.prefix+r.key, r.v.source, r.v.one(p.scope))
	}
}

// flattened takes the columns "name.member" of a CSV file for members of "name".
func (p *pairSet) flattened(r *pairRule) {
	if !p.plan.dotted {
		return
	}
	for i, k := range p.plan.keys {
		head, rest, ok := strings.Cut(k, ".")
		if ok && rest != "" && foldEqual(head, r.flatAt) {
			p.member(r, rest, p.root.Elems[i])
		}
	}
}

func (p *pairSet) member(r *pairRule, name string, v Value) {
	top := r.rest || r.from != nil && r.from.source == "$"
	// Names of the record itself that begin with a dollar are the reader's.
	if top && strings.HasPrefix(name, "$") || !r.wants(name) {
		return
	}
	field := name
	switch {
	case !top && r.from != nil && r.from.source != "":
		field = r.from.source + "." + name
	case r.v != nil && r.v.source != "":
		field = r.v.source
	}
	if name == "" {
		p.put(r, "", field, v)
		return
	}
	key := name
	if to, ok := r.rename[name]; ok {
		if to == "" {
			return
		}
		key = to
	} else if r.replace != nil {
		key = r.replace(name)
	}
	p.put(r, r.prefix+key, field, v)
}

// put adds a value. Of two values that have one key because Kinde's keys have fewer
// letters than the source's, the first stays and the other is named.
func (p *pairSet) put(r *pairRule, name, field string, v Value) {
	if empty(v) {
		return
	}
	e := pairEntry{KeyValue{pairKey(name), r.write(v)}, name, field, v, r.editable}
	if r.lists == "first" && v.Kind == Array {
		p.notFirst(field, v, e.Value)
	}
	if e.Value == "" {
		return
	}
	if e.Key == "" {
		p.leave(field, v, "A "+p.what+" needs a name, but this value has none.", "")
		return
	}
	for i := range p.list {
		have := &p.list[i]
		if have.Key != e.Key {
			continue
		}
		loser := &e
		if have.name == e.name && (!e.editable || have.editable) {
			*have, e = e, *have
		}
		if loser.Value != have.Value {
			p.leave(loser.field, loser.source, "Another value has the key "+e.Key+", and this name becomes the same key.",
				"Give one of them another key with rename or key in the mapping.")
		}
		return
	}
	p.list = append(p.list, e)
}

// write turns a value into the text of a property.
func (r *pairRule) write(v Value) string {
	if v.Kind != Array || r.lists == "" || r.lists == "json" {
		return propertyText(v)
	}
	if r.lists != "join" {
		return text(v)
	}
	var parts []string
	for _, e := range v.Elems {
		if e.Kind == Object || e.Kind == Array {
			return propertyText(v)
		}
		if t := text(e); t != "" {
			parts = append(parts, t)
		}
	}
	return strings.Join(parts, ",")
}

// notFirst names the elements of a list of which the first is taken.
func (p *pairSet) notFirst(field string, list Value, first string) {
	rest := Value{Kind: Array}
	for i := range list.Elems {
		if e := &list.Elems[i]; says(e) && (e.Kind == Array || e.Kind == Object || text(*e) != first) {
			rest.Elems = append(rest.Elems, *e)
		}
	}
	if len(rest.Elems) == 0 {
		return
	}
	message := "Only the first of its values is used."
	if first == "" {
		message = "None of its values is a text."
	}
	p.leave(field, rest, message, "Keep them all with lists: json.")
}

// pairKey writes a source's name as a key: what no key holds becomes an underscore.
func pairKey(s string) string {
	s = strings.TrimSpace(s)
	for i := 0; i < len(s); i++ {
		if !keyByte(s[i]) {
			return strings.Map(func(r rune) rune {
				if r < 0x80 && keyByte(byte(r)) {
					return r
				}
				return '_'
			}, s)
		}
	}
	return s
}

func keyByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '-' || c == '.' || c == ':'
}
