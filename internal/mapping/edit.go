package mapping

import (
	"regexp"
	"slices"
	"strings"
)

// edit changes one value; ok is false when the value falls out.
type edit struct {
	value func(s *scope, v Value) (w Value, ok bool)
	// quick is the same on plain text, "" when it falls out; known is false when
	// value must be asked. It may be nil.
	quick func(t string) (w string, known bool)
}

// transform compiles what is done to each value, in the order of the language.
func (c *compiler) transform(n *node, v *value, what string) (*value, error) {
	var edits []edit
	v, err := c.decodeAndSplit(n, v, what)
	if err != nil {
		return nil, err
	}
	if p := n.get("strip_prefix"); p != nil {
		prefixes, err := p.texts("strip_prefix")
		if err != nil {
			return nil, err
		}
		edits = append(edits, onText(func(t string) (string, bool) {
			for _, p := range prefixes {
				if rest, ok := strings.CutPrefix(t, p); ok {
					return rest, true
				}
			}
			return t, true
		}))
	}
	re, err := n.pattern("match")
	if err != nil {
		return nil, err
	}
	if re != nil {
		edits = append(edits, onText(re.first))
	}
	not, err := n.pattern("unless")
	if err != nil {
		return nil, err
	}
	if not != nil {
		edits = append(edits, onText(func(t string) (string, bool) { return t, !not.MatchString(t) }))
	}
	rewrite, err := n.rewrite("replace")
	if err != nil {
		return nil, err
	}
	if rewrite != nil {
		edits = append(edits, onText(func(t string) (string, bool) { return rewrite(t), true }))
	}
	more, err := c.lookups(n, v, what)
	if err != nil {
		return nil, err
	}
	edits = append(edits, more...)
	if len(edits) == 0 {
		return v, nil
	}
	return edited(v, edits), nil
}

func onText(f func(string) (string, bool)) edit {
	return edit{quick: func(t string) (string, bool) {
		if t, ok := f(t); ok {
			return t, true
		}
		return "", true
	}, value: func(_ *scope, v Value) (Value, bool) {
		t := text(v)
		if t == "" {
			return Value{}, false
		}
		t, ok := f(t)
		return StringValue(t), ok
	}}
}

func edited(v *value, edits []edit) *value {
	out := &value{source: v.source, from: v.from, single: v.single, need: v.need}
	if !v.single {
		out.each = func(s *scope, yield func(string, Value) bool) bool {
			return v.each(s, func(k string, w Value) bool {
				w, ok := applyEdits(s, edits, w)
				return !ok || spread(k, w, yield)
			})
		}
		out.one = firstOfEach(out.each)
		return out
	}
	out.one = func(s *scope) Value {
		w := v.one(s)
		if w.Kind == Array {
			return editedArray(s, edits, w)
		}
		w, ok := applyEdits(s, edits, w)
		if !ok {
			return Value{}
		}
		return w
	}
	out.each = func(s *scope, yield func(string, Value) bool) bool {
		w := out.one(s)
		return w.Kind == Missing || spread("", w, yield)
	}
	if v.quick != nil && !slices.ContainsFunc(edits, func(e edit) bool { return e.quick == nil }) {
		out.quick = func(s *scope) (string, bool) {
			t, known := v.quick(s)
			for i := range edits {
				if t == "" || !known {
					return t, known
				}
				t, known = edits[i].quick(t)
				t = plainText(t)
			}
			return t, known
		}
	}
	return out
}

func applyEdits(s *scope, edits []edit, w Value) (Value, bool) {
	for _, e := range edits {
		var ok bool
		if w, ok = e.value(s, w); !ok {
			return Value{}, false
		}
	}
	return w, true
}

// editedArray edits the elements of an array, and puts arrays that come of it in their place.
func editedArray(s *scope, edits []edit, v Value) Value {
	out := Value{Kind: Array}
	for _, e := range v.Elems {
		w, ok := applyEdits(s, edits, e)
		switch {
		case !ok:
		case w.Kind == Array:
			out.Elems = append(out.Elems, w.Elems...)
		default:
			out.Elems = append(out.Elems, w)
		}
	}
	if len(out.Elems) == 0 {
		return Value{}
	}
	return out
}

// pattern compiles a regular expression member; nil when it is not there.
func (n *node) pattern(key string) (*pattern, error) {
	v := n.get(key)
	if v == nil {
		return nil, nil
	}
	t, err := v.scalar(key)
	if err != nil {
		return nil, err
	}
	re, err := compilePattern(t)
	if err != nil {
		return nil, v.errorf("%s: %v", key, err)
	}
	return re, nil
}

// regexp compiles a regular expression as it stands.
func (n *node) regexp(what string) (*regexp.Regexp, error) {
	t, err := n.scalar(what)
	if err != nil {
		return nil, err
	}
	re, err := regexp.Compile(t)
	if err != nil {
		return nil, n.errorf("%s: %v", what, err)
	}
	return re, nil
}

// rewrite compiles a pair [pattern, replacement]; nil when it is not there.
func (n *node) rewrite(key string) (func(string) string, error) {
	v := n.get(key)
	if v == nil {
		return nil, nil
	}
	pair, err := v.texts(key)
	if err != nil {
		return nil, err
	}
	if len(pair) != 2 {
		return nil, v.errorf("%s takes [pattern, replacement]", key)
	}
	re, err := regexp.Compile(pair[0])
	if err != nil {
		return nil, v.errorf("%s: %v", key, err)
	}
	return func(t string) string { return re.ReplaceAllString(t, pair[1]) }, nil
}
