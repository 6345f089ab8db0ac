package mapping

import (
	"strings"
	"time"
)

// scope is what a compiled path or expression looks at: the record and the items
// that "each" goes over.
type scope struct {
	root    Value
	plan    *plan
	env     *Env
	now     time.Time
	items   []frame
	buf     [4]frame
	fail    string // why an expression could not be computed
	unclear []unclear
	secrets []string // where looked-up rows hold passwords that nothing reads
	wrong   string   // the same, where the expression is wrong and not the record too much for it
}

// frame is one item, and the name or number under which it was found.
type frame struct {
	v   Value
	key string
}

func (s *scope) push(f frame) { s.items = append(s.items, f) }
func (s *scope) pop()         { s.items = s.items[:len(s.items)-1] }

func newScope(ks *keyspace, root Value, env *Env) *scope {
	root = ks.unquoted(root)
	s := &scope{root: root, plan: ks.plan(root.Keys), env: env}
	s.items = s.buf[:0]
	return s
}

// accessor is a compiled path.
type accessor struct {
	from  origin
	depth int // how many "each" surround it: 0 reads the record itself
	slot  int // number of the first name in the record, -1 when the path does not start so
	flat  int // slot of the whole path as one column name, "user_metadata.plan"; -1
	loose bool
	rest  []step
	multi bool
}

// compileAccess prepares a path.
func compileAccess(ks *keyspace, p *path, depth int) *accessor {
	a := &accessor{from: p.from, depth: depth, slot: -1, flat: -1, loose: ks.loose, rest: p.steps, multi: p.multiple()}
	atRecord := p.from == fromRecord || p.from == fromItem && depth == 0 || p.from == fromOuter && depth <= 1
	if p.from == fromKey || !atRecord || len(p.steps) == 0 || p.steps[0].kind != stepKey {
		return a
	}
	a.slot = ks.slot(p.steps[0].key)
	a.rest = p.steps[1:]
	if len(a.rest) > 0 {
		names := []string{p.steps[0].key}
		for _, st := range a.rest {
			if st.kind != stepKey {
				return a
			}
			names = append(names, st.key)
		}
		a.flat = ks.slot(strings.Join(names, "."))
	}
	return a
}

// need returns the members without which the path leads nowhere.
func (a *accessor) need() need {
	switch {
	case a.slot < 0:
		return need{any: true}
	case a.flat < 0:
		return need{slots: []int{a.slot}}
	}
	return need{slots: []int{a.slot, a.flat}}
}

// start returns the value from which rest leads on.
func (a *accessor) start(s *scope) Value {
	if a.slot >= 0 {
		if at := s.plan.at[a.slot]; at >= 0 {
			return s.root.Elems[at]
		}
		return Value{}
	}
	switch a.from {
	case fromRecord:
		return s.root
	case fromKey:
		if n := len(s.items); n > 0 {
			return StringValue(s.items[n-1].key)
		}
		return Value{}
	case fromOuter:
		if n := len(s.items); n > 1 {
			return s.items[n-2].v
		}
		return s.root
	default:
		if n := len(s.items); n > 0 {
			return s.items[n-1].v
		}
		return s.root
	}
}

// one returns the first value that the path leads to and that is not empty.
func (a *accessor) one(s *scope) Value {
	v := a.start(s)
	if len(a.rest) == 0 {
		return v
	}
	if a.multi {
		var found Value
		walk(v, a.rest, "", a.loose, func(_ string, w Value) bool {
			found = w
			return empty(w)
		})
		return found
	}
	for i := range a.rest {
		v = down(v, &a.rest[i], a.loose)
		if v.Kind == Missing {
			break
		}
	}
	if v.Kind == Missing && a.flat >= 0 {
		if at := s.plan.at[a.flat]; at >= 0 {
			return s.root.Elems[at]
		}
	}
	return v
}

// plain tells that the path is a member of the record itself, and leads no further.
func (a *accessor) plain() bool { return a.slot >= 0 && len(a.rest) == 0 }

// quick returns how to get the text of a member of the record itself; nil for
// paths that lead further.
func (a *accessor) quick() func(*scope) (string, bool) {
	if !a.plain() {
		return nil
	}
	slot := a.slot
	return func(s *scope) (string, bool) {
		at := s.plan.at[slot]
		if at < 0 {
			return "", true
		}
		return plainMember(&s.root.Elems[at])
	}
}

// plainMember returns the text of a value; known is false when it may have several.
func plainMember(v *Value) (t string, known bool) {
	switch v.Kind {
	case String:
		return plainText(v.Text), true
	case Number, Bool:
		return v.Text, true
	case Array, Object:
		return "", false
	}
	return "", true
}

// each calls yield with every value that the path leads to, until it returns false.
func (a *accessor) each(s *scope, yield func(key string, v Value) bool) bool {
	if !a.multi {
		v := a.one(s)
		return v.Kind == Missing || yield("", v)
	}
	return walk(a.start(s), a.rest, "", a.loose, yield)
}

// down follows a step that leads to one value. Stepping into text that holds
// JSON decodes it.
func down(v Value, st *step, loose bool) Value {
	if v.Kind == String {
		v = embedded(v)
	}
	if st.kind == stepIndex {
		i := st.index
		if i < 0 {
			i += len(v.Elems)
		}
		if v.Kind != Array || i < 0 || i >= len(v.Elems) {
			return Value{}
		}
		return v.Elems[i]
	}
	if v.Kind == Array && len(v.Elems) == 1 {
		v = v.Elems[0]
	}
	return member(v, st.key, loose)
}

// member finds a member by name, and failing that, when loose, by folded name.
func member(v Value, key string, loose bool) Value {
	if v.Kind != Object {
		return Value{}
	}
	for i, k := range v.Keys {
		if k == key {
			return v.Elems[i]
		}
	}
	if loose {
		folded := foldKey(key)
		for i, k := range v.Keys {
			if foldEqual(k, folded) {
				return v.Elems[i]
			}
		}
	}
	return Value{}
}

// walk visits every value that steps lead to. key is the name of the last
// member that a wildcard went through.
func walk(v Value, steps []step, key string, loose bool, yield func(string, Value) bool) bool {
	if len(steps) == 0 {
		return v.Kind == Missing || yield(key, v)
	}
	if v.Kind == Missing {
		return true
	}
	st := &steps[0]
	if st.kind == stepKey || st.kind == stepIndex {
		return walk(down(v, st, loose), steps[1:], key, loose, yield)
	}
	if v.Kind == String {
		v = embedded(v)
	}
	switch {
	case st.kind == stepMembers && v.Kind == Object:
		for i := range v.Elems {
			if !walk(v.Elems[i], steps[1:], v.Keys[i], loose, yield) {
				return false
			}
		}
	case st.kind == stepEach && v.Kind == Array:
		for i := range v.Elems {
			if !walk(v.Elems[i], steps[1:], key, loose, yield) {
				return false
			}
		}
	case st.kind == stepFilter && v.Kind == Array:
		for i := range v.Elems {
			if st.passes(v.Elems[i], loose) && !walk(v.Elems[i], steps[1:], key, loose, yield) {
				return false
			}
		}
	case st.kind == stepFilter && v.Kind == Object:
		if st.passes(v, loose) {
			return walk(v, steps[1:], key, loose, yield)
		}
	}
	return true
}

// passes tells whether an element meets a filter.
func (st *step) passes(v Value, loose bool) bool {
	for _, n := range st.name {
		if n != "@" {
			v = member(embedded(v), n, loose)
		}
	}
	s := text(v)
	switch st.op {
	case opEqual:
		return strings.EqualFold(s, st.text)
	case opNotEqual:
		return !strings.EqualFold(s, st.text)
	}
	s, want := strings.ToLower(s), strings.ToLower(st.text)
	switch st.op {
	case opPrefix:
		return strings.HasPrefix(s, want)
	case opSuffix:
		return strings.HasSuffix(s, want)
	default:
		return strings.Contains(s, want)
	}
}
