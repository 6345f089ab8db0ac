package mapping

import "strings"

// value is a compiled value specification: where a value comes from and what is
// done to it.
type value struct {
	// one returns the first value that is not empty, arrays as they are.
	one func(*scope) Value
	// each visits all values until yield returns false; arrays are taken apart.
	each func(s *scope, yield func(key string, v Value) bool) bool
	// single tells that each yields what one returns, or the elements when that is an array.
	single bool
	// quick returns the text of the value in the common case that it is a plain
	// one; known is false when one must be asked. It may be nil.
	quick  func(*scope) (t string, known bool)
	slot   int                 // one more than the number of the record's member that it is; 0 when it is none
	source string              // the path as written, for messages; "" for constants
	from   func(*scope) *value // of alternatives: the one that is taken
	need   need                // which members must be there for the value to give anything
}

// need is the members of a record of which one must be there; any tells that
// the value may give something without them, dotted that a flattened name will do.
type need struct {
	slots       []int
	any, dotted bool
}

func (n need) or(m need) need {
	return need{append(n.slots[:len(n.slots):len(n.slots)], m.slots...), n.any || m.any, n.dotted || m.dotted}
}

func (v *value) needs() need {
	if v == nil {
		return need{}
	}
	return v.need
}

// at returns the path that gives the value in this record, for messages.
func (v *value) at(s *scope) string {
	for v.from != nil {
		v = v.from(s)
	}
	return v.source
}

func (v *value) text(s *scope) string {
	if v == nil {
		return ""
	}
	if v.quick != nil {
		if t, known := v.quick(s); known {
			return t
		}
	}
	return text(v.one(s))
}

// texts returns all values as texts, without the empty ones.
func (v *value) texts(s *scope) []string {
	if v == nil {
		return nil
	}
	if v.single {
		return textsOf(v.one(s))
	}
	var out []string
	v.each(s, func(_ string, w Value) bool {
		if t := text(w); t != "" {
			out = append(out, t)
		}
		return true
	})
	return out
}

// listed is texts with its list taken from w.
func (v *value) listed(s *scope, w *Workspace) []string {
	if v == nil {
		return nil
	}
	if v.quick != nil {
		if t, known := v.quick(s); known {
			if t == "" {
				return nil
			}
			return append(w.textList(1), t)
		}
	}
	return v.texts(s)
}

// textsOf returns a value, or the elements of an array, as texts.
func textsOf(v Value) []string {
	if v.Kind != Array {
		if t := text(v); t != "" {
			return []string{t}
		}
		return nil
	}
	var out []string
	for i := range v.Elems {
		if t := text(v.Elems[i]); t != "" {
			out = append(out, t)
		}
	}
	return out
}

var valueKeys = []string{
	"path", "first", "all", "value", "expr", "decode", "split", "strip_prefix", "match", "unless",
	"replace", "case", "lookup", "table", "take", "default", "join",
}

// value compiles a value specification. what names it in errors and in the list of reads.
func (c *compiler) value(n *node, what string) (*value, error) {
	switch n.kind {
	case nodeNull:
		return nil, n.errorf("%s: the value is missing", what)
	case nodeScalar:
		if strings.HasPrefix(n.text, "=") {
			return c.expression(n, strings.TrimSpace(n.text[1:]), what)
		}
		return c.pathValue(n, n.text, what)
	case nodeList:
		return c.firstOf(n, what)
	}
	if err := n.only(what, append(append([]string{}, valueKeys...), c.extraKeys...)...); err != nil {
		return nil, err
	}
	return c.valueMap(n, what)
}

func (c *compiler) firstOf(n *node, what string) (*value, error) {
	if len(n.list) == 0 {
		return nil, n.errorf("%s: the list is empty", what)
	}
	if len(n.list) == 1 {
		alone, err := c.values(n, what)
		if err != nil {
			return nil, err
		}
		return alone[0], nil
	}
	group := c.ks.group()
	alts, err := c.alternatives(n, group, what)
	if err != nil {
		return nil, err
	}
	out := &value{single: true, source: alts[0].source}
	c.ks.alternatives(group, alts)
	for _, a := range alts {
		out.single = out.single && a.single
		out.need = out.need.or(a.need)
	}
	out.quick = func(s *scope) (string, bool) {
		switch at := s.plan.alone[group]; {
		case at >= 0:
			return plainMember(&s.root.Elems[at])
		case at == nowhere:
			return "", true
		}
		for _, i := range s.plan.groups[group] {
			if alts[i].quick == nil {
				return "", false
			}
			if t, known := alts[i].quick(s); t != "" || !known {
				return t, known
			}
		}
		return "", true
	}
	out.one = func(s *scope) Value {
		first := len(s.unclear)
		for _, i := range s.plan.groups[group] {
			before := len(s.unclear)
			if v := alts[i].one(s); !empty(v) {
				s.settled(first, before)
				return v
			}
		}
		return Value{}
	}
	out.from = func(s *scope) *value {
		for _, i := range s.plan.groups[group] {
			if !empty(alts[i].one(s)) {
				return alts[i]
			}
		}
		return alts[0]
	}
	out.each = func(s *scope, yield func(string, Value) bool) bool {
		first := len(s.unclear)
		for _, i := range s.plan.groups[group] {
			found, goOn, before := false, true, len(s.unclear)
			alts[i].each(s, func(k string, v Value) bool {
				if empty(v) {
					return true
				}
				found = true
				goOn = yield(k, v)
				return goOn
			})
			if found {
				s.settled(first, before)
				return goOn
			}
		}
		return true
	}
	return out, nil
}

// alternatives compiles the values of a group, of which the first that is filled wins.
func (c *compiler) alternatives(n *node, group int, what string) ([]*value, error) {
	outer := c.choices
	defer func() { c.choices = outer }()
	alts, err := c.each(n, what, func(i int) { c.choices = append(outer[:len(outer):len(outer)], choice{group, i}) })
	if len(c.over) == 0 && c.m != nil {
		c.m.account.groups[group] = alts
	}
	return alts, err
}

func (c *compiler) values(n *node, what string) ([]*value, error) {
	return c.each(n, what, func(int) {})
}

func (c *compiler) each(n *node, what string, before func(i int)) ([]*value, error) {
	var out []*value
	keys := c.extraKeys
	c.extraKeys = nil
	defer func() { c.extraKeys = keys }()
	for i, item := range n.items() {
		before(i)
		v, err := c.value(item, what)
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, nil
}

// pathValue compiles a path, and remembers that the mapping reads it.
func (c *compiler) pathValue(n *node, pathText, what string) (*value, error) {
	p, err := parsePath(pathText)
	if err != nil {
		return nil, n.errorf("%s: %v", what, err)
	}
	if err := c.read(n, p, what); err != nil {
		return nil, err
	}
	a := compileAccess(c.ks, p, len(c.base))
	slot := 0
	if a.plain() {
		slot = a.slot + 1
	}
	return &value{
		one:    a.one,
		quick:  a.quick(),
		slot:   slot,
		single: !a.multi,
		source: pathText,
		need:   a.need(),
		each: func(s *scope, yield func(string, Value) bool) bool {
			return a.each(s, func(k string, v Value) bool { return spread(k, v, yield) })
		},
	}, nil
}

// spread takes an array apart.
func spread(key string, v Value, yield func(string, Value) bool) bool {
	if v.Kind != Array {
		return yield(key, v)
	}
	for i := range v.Elems {
		if !yield(key, v.Elems[i]) {
			return false
		}
	}
	return true
}

// valueMap compiles the long form of a value specification.
func (c *compiler) valueMap(n *node, what string) (*value, error) {
	extra, joining := c.extraKeys, c.joining
	c.extraKeys, c.joining = nil, c.joining || n.get("join") != nil
	defer func() { c.extraKeys, c.joining = extra, joining }()
	v, err := c.valueSource(n, what)
	if err != nil {
		return nil, err
	}
	if v, err = c.transform(n, v, what); err != nil {
		return nil, err
	}
	if d := n.get("default"); d != nil {
		t, err := d.scalar("default")
		if err != nil {
			return nil, err
		}
		v = withDefault(v, StringValue(t))
	}
	if sep := n.get("join"); sep != nil {
		t, err := sep.scalar("join")
		if err != nil {
			return nil, err
		}
		v = joined(v, t)
	}
	return v, nil
}

func (c *compiler) valueSource(n *node, what string) (*value, error) {
	var v *value
	count := 0
	for _, key := range []string{"path", "first", "all", "value", "expr"} {
		src := n.get(key)
		if src == nil {
			continue
		}
		count++
		var err error
		switch key {
		case "path", "first":
			if src.kind == nodeList {
				v, err = c.firstOf(src, what)
			} else {
				v, err = c.value(src, what)
			}
		case "all":
			var parts []*value
			if parts, err = c.values(src, what); err == nil {
				v = allOf(parts)
			}
		case "value":
			var t string
			if t, err = src.scalar("value"); err == nil {
				v = constant(StringValue(t))
			}
		case "expr":
			var t string
			if t, err = src.scalar("expr"); err == nil {
				v, err = c.expression(src, t, what)
			}
		}
		if err != nil {
			return nil, err
		}
	}
	if count == 0 && c.itemDefault {
		return c.pathValue(n, "@", what)
	}
	if count != 1 {
		return nil, n.errorf("%s takes one of path, first, all, value and expr", what)
	}
	return v, nil
}

func constant(v Value) *value {
	return &value{
		one:    func(*scope) Value { return v },
		each:   func(_ *scope, yield func(string, Value) bool) bool { return yield("", v) },
		single: true,
		need:   need{any: true},
	}
}

func allOf(parts []*value) *value {
	out := &value{}
	for _, p := range parts {
		out.need = out.need.or(p.need)
	}
	out.each = func(s *scope, yield func(string, Value) bool) bool {
		for _, p := range parts {
			if !p.each(s, yield) {
				return false
			}
		}
		return true
	}
	out.one = firstOfEach(out.each)
	if len(parts) > 0 {
		out.source = parts[0].source
	}
	return out
}

func firstOfEach(each func(*scope, func(string, Value) bool) bool) func(*scope) Value {
	return func(s *scope) Value {
		var found Value
		each(s, func(_ string, v Value) bool {
			found = v
			return empty(v)
		})
		return found
	}
}

func withDefault(v *value, d Value) *value {
	out := *v
	out.need.any = true
	out.quick, out.slot = nil, 0
	out.one = func(s *scope) Value {
		if w := v.one(s); !empty(w) {
			return w
		}
		return d
	}
	out.each = func(s *scope, yield func(string, Value) bool) bool {
		found, goOn := false, true
		v.each(s, func(k string, w Value) bool {
			if empty(w) {
				return true
			}
			found = true
			goOn = yield(k, w)
			return goOn
		})
		if found {
			return goOn
		}
		return yield("", d)
	}
	return &out
}

func joined(v *value, sep string) *value {
	out := &value{single: true, source: v.source, from: v.from, need: v.need}
	out.one = func(s *scope) Value {
		var parts []string
		v.each(s, func(_ string, w Value) bool {
			if t := text(w); t != "" {
				parts = append(parts, t)
			}
			return true
		})
		if len(parts) == 0 {
			return Value{}
		}
		return StringValue(strings.Join(parts, sep))
	}
	out.each = func(s *scope, yield func(string, Value) bool) bool {
		w := out.one(s)
		return w.Kind == Missing || yield("", w)
	}
	return out
}
