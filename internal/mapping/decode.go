package mapping

import (
	"strconv"
	"strings"
)

// decodeAndSplit compiles "decode" and "split": they turn one text into others,
// before anything else is done to them.
func (c *compiler) decodeAndSplit(n *node, v *value, what string) (*value, error) {
	if d := n.get("decode"); d != nil {
		names, err := d.texts("decode")
		if err != nil {
			return nil, err
		}
		for _, name := range names {
			f, ok := decoders[name]
			if !ok {
				return nil, d.errorf("decode takes %s, not %q", strings.Join(sortedKeys(decoders), ", "), name)
			}
			if fallible[name] && sectionOf(what) != "password" {
				f = f.named(v, "This can't be decoded as "+name+", and is not used.")
			}
			v = edited(v, []edit{f})
		}
	}
	if sp := n.get("split"); sp != nil {
		chars, err := sp.scalar("split")
		if err != nil {
			return nil, err
		}
		if chars == "" {
			return nil, sp.errorf("split takes the characters that separate the values")
		}
		v = edited(v, []edit{split(chars)})
	}
	return v, nil
}

// split cuts text at any of the characters. Nearly all cells hold one value: they
// are told by their bytes.
func split(chars string) edit {
	var separates [256]bool
	for i := range len(chars) {
		separates[chars[i]] = true
	}
	separates['['] = true
	single := func(t string) bool {
		for i := range len(t) {
			if separates[t[i]] {
				return false
			}
		}
		return true
	}
	return edit{
		quick: func(t string) (string, bool) { return t, single(t) },
		value: func(_ *scope, w Value) (Value, bool) {
			if w.Kind != String || single(w.Text) {
				return w, true
			}
			return splitText(w.Text, chars), true
		},
	}
}

// splitText cuts a text at any of the characters. Text that holds a list as a
// program writes it is read as one.
func splitText(t, chars string) Value {
	if v := written(strings.TrimSpace(t)); v.Kind != Missing {
		return v
	}
	if !strings.ContainsAny(t, chars) {
		return StringValue(t)
	}
	out := Value{Kind: Array}
	for _, part := range strings.FieldsFunc(t, func(r rune) bool { return strings.ContainsRune(chars, r) }) {
		if part = strings.TrimSpace(part); part != "" {
			out.Elems = append(out.Elems, StringValue(part))
		}
	}
	return out
}

var decoders = map[string]edit{
	"json":      {value: func(_ *scope, v Value) (Value, bool) { return embedded(v), true }},
	"base64":    onText(decodeBase64),
	"hex":       onText(decodeHex),
	"lines":     {value: func(_ *scope, v Value) (Value, bool) { return splitText(text(v), "\r\n"), true }},
	"php":       {value: func(_ *scope, v Value) (Value, bool) { return parsePHP(text(v)) }},
	"php_keys":  {value: func(_ *scope, v Value) (Value, bool) { return phpKeys(text(v)) }},
	"dn":        onText(canonicalDN),
	"cn":        onText(commonName),
	"container": onText(container),
}

// fallible are the decoders that every value should pass; the others choose.
var fallible = map[string]bool{"base64": true, "hex": true, "php": true, "php_keys": true}

// named is an edit that names what falls out.
func (e edit) named(of *value, message string) edit {
	out := edit{value: func(s *scope, v Value) (Value, bool) {
		w, ok := e.value(s, v)
		if !ok && text(v) != "" {
			s.unsure(unclear{of.at(s), v, message, "Correct the value in the source, or decode in the mapping."})
		}
		return w, ok
	}}
	if e.quick != nil {
		out.quick = func(t string) (string, bool) {
			w, known := e.quick(t)
			return w, known && w != ""
		}
	}
	return out
}

// phpKeys returns the keys of a serialised PHP array whose value is true: the way
// WordPress stores roles.
func phpKeys(s string) (Value, bool) {
	v, ok := parsePHP(s)
	if !ok || v.Kind != Object {
		return Value{}, false
	}
	out := Value{Kind: Array}
	for i, k := range v.Keys {
		if truth(v.Elems[i]) {
			out.Elems = append(out.Elems, StringValue(k))
		}
	}
	return out, true
}

// parsePHP reads PHP's serialize format: null, booleans, numbers, strings and
// arrays. Lengths count bytes. Objects are refused.
func parsePHP(s string) (Value, bool) {
	p := phpReader{s: s}
	v, ok := p.value(0)
	return v, ok && p.pos == len(s)
}

type phpReader struct {
	s   string
	pos int
}

func (p *phpReader) until(c byte) (string, bool) {
	i := strings.IndexByte(p.s[p.pos:], c)
	if i < 0 {
		return "", false
	}
	t := p.s[p.pos : p.pos+i]
	p.pos += i + 1
	return t, true
}

func (p *phpReader) expect(t string) bool {
	if !strings.HasPrefix(p.s[p.pos:], t) {
		return false
	}
	p.pos += len(t)
	return true
}

func (p *phpReader) value(depth int) (Value, bool) {
	if depth > maxDepth || p.pos+2 > len(p.s) {
		return Value{}, false
	}
	kind := p.s[p.pos]
	if kind == 'N' {
		return Value{Kind: Null}, p.expect("N;")
	}
	p.pos++
	if !p.expect(":") {
		return Value{}, false
	}
	switch kind {
	case 'b':
		t, ok := p.until(';')
		if t == "1" {
			return Value{Kind: Bool, Text: "true"}, ok
		}
		return Value{Kind: Bool, Text: "false"}, ok && t == "0"
	case 'i', 'd':
		t, ok := p.until(';')
		if _, err := strconv.ParseFloat(t, 64); err != nil {
			return Value{}, false
		}
		return Value{Kind: Number, Text: t}, ok
	case 's':
		t, ok := p.str()
		return StringValue(t), ok && p.expect(";")
	case 'a':
		return p.array(depth)
	}
	return Value{}, false
}

// str reads length:"bytes".
func (p *phpReader) str() (string, bool) {
	t, ok := p.until(':')
	n, err := strconv.Atoi(t)
	if !ok || err != nil || n < 0 || !p.expect(`"`) || p.pos+n+1 > len(p.s) || p.pos+n < p.pos {
		return "", false
	}
	t = p.s[p.pos : p.pos+n]
	p.pos += n
	return t, p.expect(`"`)
}

func (p *phpReader) array(depth int) (Value, bool) {
	t, ok := p.until(':')
	n, err := strconv.Atoi(t)
	if !ok || err != nil || n < 0 || n > len(p.s) || !p.expect("{") {
		return Value{}, false
	}
	v := Value{Kind: Object}
	for range n {
		k, ok := p.value(depth + 1)
		if !ok {
			return Value{}, false
		}
		e, ok := p.value(depth + 1)
		if !ok {
			return Value{}, false
		}
		v.Keys = append(v.Keys, k.Text)
		v.Elems = append(v.Elems, e)
	}
	return v, p.expect("}")
}
