package mapping

import (
	"slices"
	"strings"
	"time"
)

// condition is a compiled condition.
type condition interface{ test(*scope) bool }

type conditionFunc func(*scope) bool

func (f conditionFunc) test(s *scope) bool { return f(s) }

// gatedCondition is false where nothing that it asks about is there.
type gatedCondition struct {
	gate int
	need need
	f    func(*scope) bool
}

func (g *gatedCondition) test(s *scope) bool { return s.plan.live[g.gate] && g.f(s) }

// falseWithout makes a condition that is false without the value it asks about.
func (c *compiler) falseWithout(n need, f func(*scope) bool) condition {
	return &gatedCondition{c.ks.gate(n), n, f}
}

var conditionKeys = []string{"any", "all_of", "not", "is", "is_not", "matches", "set", "future", "past"}

// condition compiles a condition: a path that must hold a true value, an
// expression, a list of which one must hold, or a map with a comparison.
func (c *compiler) condition(n *node, what string) (condition, error) {
	asking, deciding := c.asking, c.deciding
	c.asking, c.deciding = true, deciding || !asking && decides(what)
	defer func() { c.asking, c.deciding = asking, deciding }()
	cond, err := c.question(n, what)
	if err == nil && c.deciding && !deciding {
		return decided{cond}, nil
	}
	return cond, err
}

// constants are the conditions that hold for everybody or nobody. What else exports
// write for them may as well be the name of a field.
var constants = []string{"true", "false", "yes", "no", "on", "off"}

func (c *compiler) question(n *node, what string) (condition, error) {
	switch n.kind {
	case nodeScalar:
		if b, known := ParseBool(n.text); known {
			if !slices.Contains(constants, strings.ToLower(n.text)) {
				return nil, n.errorf("%[1]s: %[2]q may be a constant or a field: write true or false, or {path: %[2]s} for the field", what, n.text)
			}
			return conditionFunc(func(*scope) bool { return b }), nil
		}
		v, err := c.value(n, what)
		if err != nil {
			return nil, err
		}
		return c.yes(v), nil
	case nodeList:
		return c.anyOf(n, what)
	case nodeNull:
		return nil, n.errorf("%s: the value is missing", what)
	}
	if err := n.only(what, append(append([]string{}, valueKeys...), conditionKeys...)...); err != nil {
		return nil, err
	}
	return c.comparison(n, what)
}

func (c *compiler) anyOf(n *node, what string) (condition, error) {
	var parts []condition
	for _, item := range n.items() {
		p, err := c.condition(item, what)
		if err != nil {
			return nil, err
		}
		parts = append(parts, p)
	}
	if len(parts) == 1 {
		return parts[0], nil
	}
	var either need
	for _, p := range parts {
		if g, ok := p.(*gatedCondition); ok {
			either = either.or(g.need)
		} else {
			either.any = true
		}
	}
	return c.falseWithout(either, func(s *scope) bool {
		for _, p := range parts {
			if p.test(s) {
				return true
			}
		}
		return false
	}), nil
}

// comparison compiles the map form: every comparison in it must hold.
func (c *compiler) comparison(n *node, what string) (condition, error) {
	var parts []condition
	if any := n.get("any"); any != nil {
		p, err := c.anyOf(any, what)
		if err != nil {
			return nil, err
		}
		parts = append(parts, p)
	}
	if all := n.get("all_of"); all != nil {
		for _, item := range all.items() {
			p, err := c.condition(item, what)
			if err != nil {
				return nil, err
			}
			parts = append(parts, p)
		}
	}
	if not := n.get("not"); not != nil {
		p, err := c.condition(not, what)
		if err != nil {
			return nil, err
		}
		parts = append(parts, conditionFunc(func(s *scope) bool { return !p.test(s) }))
	}
	own, err := c.predicate(n, what)
	if err != nil {
		return nil, err
	}
	if own != nil {
		parts = append(parts, own)
	}
	if len(parts) == 0 {
		return nil, n.errorf("%s: the condition is empty", what)
	}
	return conditionFunc(func(s *scope) bool {
		for _, p := range parts {
			if !p.test(s) {
				return false
			}
		}
		return true
	}), nil
}

// predicate compiles the comparisons of one value; nil when the map names no value.
func (c *compiler) predicate(n *node, what string) (condition, error) {
	named := false
	for _, k := range []string{"path", "first", "all", "value", "expr"} {
		named = named || n.get(k) != nil
	}
	if !named && !c.itemDefault {
		for _, k := range conditionKeys[3:] {
			if v := n.get(k); v != nil {
				return nil, v.errorf("%s: %s needs a path or an expression beside it", what, k)
			}
		}
		return nil, nil
	}
	if !named {
		asks := false
		for _, k := range conditionKeys[3:] {
			asks = asks || n.get(k) != nil
		}
		if !asks {
			return nil, nil
		}
	}
	v, err := c.valueMap(n, what)
	if err != nil {
		return nil, err
	}
	tests, err := n.tests()
	if err != nil {
		return nil, err
	}
	if len(tests) == 0 {
		return c.yes(v), nil
	}
	all := func(s *scope) bool {
		for _, t := range tests {
			if !t(s, v) {
				return false
			}
		}
		return true
	}
	if c.deciding && (n.get("past") != nil || n.get("future") != nil) {
		all = dated(v, all)
	}
	return c.falseWithout(n.needOf(v), all), nil
}

// needOf returns what must be there for the comparisons of n to hold: nothing
// when one of them asks for what is not there.
func (n *node) needOf(v *value) need {
	out := v.need
	if is := n.get("is"); is != nil {
		list, _ := is.texts("is")
		out.any = out.any || is.kind == nodeNull || contains(list, "")
		return out
	}
	if n.get("matches") != nil {
		return out
	}
	for _, k := range []string{"set", "future", "past"} {
		if want, err := n.flag(k); err == nil && want {
			return out
		}
	}
	out.any = true
	return out
}

// truth tells whether the value is true in any spelling.
func (v *value) truth(s *scope) bool {
	if v.quick != nil {
		if t, known := v.quick(s); known {
			b, _ := ParseBool(t)
			return b
		}
	}
	return truth(v.one(s))
}

// several tells whether the value is a list of more than one.
func (v *value) several(s *scope) bool {
	if v.quick != nil {
		if _, known := v.quick(s); known {
			return false
		}
	}
	w := v.one(s)
	return w.Kind == Array && len(w.Elems) > 1
}

// isSet tells whether the value stands for something that happened.
func (v *value) isSet(s *scope) bool {
	if v.quick != nil {
		if t, known := v.quick(s); known {
			return isSetText(t)
		}
	}
	return isSet(v.one(s))
}

type valueTest func(*scope, *value) bool

func (n *node) tests() ([]valueTest, error) {
	var tests []valueTest
	for _, key := range []string{"is", "is_not"} {
		list, err := n.get(key).texts(key)
		if err != nil {
			return nil, err
		}
		if n.get(key) == nil {
			continue
		}
		if n.get(key).kind == nodeNull {
			list = []string{""}
		}
		want := key == "is"
		tests = append(tests, func(s *scope, v *value) bool { return v.among(s, list) == want })
	}
	re, err := n.pattern("matches")
	if err != nil {
		return nil, err
	}
	if re != nil {
		tests = append(tests, func(s *scope, v *value) bool { return v.matches(s, re) })
	}
	for _, key := range []string{"set", "future", "past"} {
		if n.get(key) == nil {
			continue
		}
		want, err := n.flag(key)
		if err != nil {
			return nil, err
		}
		if key == "set" {
			tests = append(tests, func(s *scope, v *value) bool { return v.isSet(s) == want })
			continue
		}
		f := map[string]func(*scope, Value) bool{
			"future": func(s *scope, w Value) bool { return inFuture(s, w) },
			"past": func(s *scope, w Value) bool {
				_, ok := ParseTime(text(w))
				return ok && !inFuture(s, w)
			},
		}[key]
		tests = append(tests, func(s *scope, v *value) bool { return f(s, v.one(s)) == want })
	}
	return tests, nil
}

// among tells whether any value is one of the texts, ignoring case. "" stands for no value.
func (v *value) among(s *scope, list []string) bool {
	some, hit := false, false
	v.each(s, func(_ string, w Value) bool {
		t := text(w)
		if t == "" {
			return true
		}
		some = true
		for _, l := range list {
			if strings.EqualFold(l, t) {
				hit = true
				return false
			}
			lb, known := ParseBool(l)
			if tb, also := ParseBool(t); known && also && lb == tb && (w.Kind == Bool || len(l) > 1) {
				hit = true
				return false
			}
		}
		return true
	})
	if hit || some {
		return hit
	}
	for _, l := range list {
		if l == "" {
			return true
		}
	}
	return false
}

func (v *value) matches(s *scope, re *pattern) bool {
	hit := false
	v.each(s, func(_ string, w Value) bool {
		t := text(w)
		hit = t != "" && re.MatchString(t)
		return !hit
	})
	return hit
}

func inFuture(s *scope, v Value) bool {
	t, ok := ParseTime(text(v))
	return ok && t.After(s.clock())
}

// clock returns the time against which bans are compared.
func (s *scope) clock() time.Time {
	if s.env != nil && !s.env.Now.IsZero() {
		return s.env.Now
	}
	if s.now.IsZero() {
		s.now = time.Now()
	}
	return s.now
}
