package source

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/kinde-migrate/kinde-migrate/internal/mapping"
)

// headArray is how many elements of an array the head of a document keeps.
const headArray = 25

// json parses one JSON value that fills all of s.
func (p *Parser) json(s string) (mapping.Value, error) {
	p.s, p.pos, p.count = s, 0, 0
	p.stack, p.keys = p.stack[:0], p.keys[:0]
	v, err := p.value(0)
	if err != nil {
		return v, err
	}
	if p.space(); p.pos < len(s) && !p.head {
		return v, p.fail("text follows the record")
	}
	return v, nil
}

func (p *Parser) fail(what string) error {
	line := 1 + strings.Count(p.s[:min(p.pos, len(p.s))], "\n")
	if line > 1 {
		return malformed("%s, in line %d of the record", what, line)
	}
	return malformed("%s, at byte %d of the record", what, p.pos+1)
}

func (p *Parser) space() {
	for p.pos < len(p.s) {
		switch p.s[p.pos] {
		case ' ', '\t', '\n', '\r':
			p.pos++
		default:
			return
		}
	}
}

func (p *Parser) value(depth int) (mapping.Value, error) {
	if p.count++; p.count > MaxValues && !p.head {
		return mapping.Value{}, p.fail(fmt.Sprintf("the record holds more than %d values", MaxValues))
	}
	p.space()
	if p.pos >= len(p.s) {
		return mapping.Value{}, p.fail("the record ends too early")
	}
	switch c := p.s[p.pos]; {
	case c == '{':
		if depth >= MaxNesting {
			return mapping.Value{}, p.fail("the record is nested too deeply")
		}
		return p.object(depth + 1)
	case c == '[':
		if depth >= MaxNesting {
			return mapping.Value{}, p.fail("the record is nested too deeply")
		}
		return p.array(depth + 1)
	case c == '"':
		t, err := p.str()
		return mapping.Value{Kind: mapping.String, Text: t}, err
	case c == '-' || c >= '0' && c <= '9':
		return p.number()
	}
	for _, w := range [...]struct {
		word string
		kind mapping.Kind
	}{{"true", mapping.Bool}, {"false", mapping.Bool}, {"null", mapping.Null}} {
		if strings.HasPrefix(p.s[p.pos:], w.word) {
			p.pos += len(w.word)
			if w.kind == mapping.Null {
				return mapping.Value{Kind: mapping.Null}, nil
			}
			return mapping.Value{Kind: mapping.Bool, Text: w.word}, nil
		}
	}
	return mapping.Value{}, p.fail("this is not JSON")
}

func (p *Parser) object(depth int) (mapping.Value, error) {
	p.pos++
	keyBase, elemBase := len(p.keys), len(p.stack)
	var err error
	for first := true; ; first = false {
		p.space()
		if p.pos < len(p.s) && p.s[p.pos] == '}' && (first || p.head) {
			p.pos++
			break
		}
		if p.pos >= len(p.s) || p.s[p.pos] != '"' {
			err = p.fail("a member's name is missing")
			break
		}
		var key string
		if key, err = p.str(); err != nil {
			break
		}
		p.space()
		if p.pos >= len(p.s) || p.s[p.pos] != ':' {
			err = p.fail("a colon is missing")
			break
		}
		p.pos++
		var v mapping.Value
		v, err = p.value(depth)
		if err == nil || p.head && v.Kind != mapping.Missing {
			p.keys = append(p.keys, key)
			p.stack = append(p.stack, v)
		}
		if err != nil {
			break
		}
		p.space()
		if p.pos < len(p.s) && p.s[p.pos] == ',' {
			p.pos++
			continue
		}
		if p.pos < len(p.s) && p.s[p.pos] == '}' {
			p.pos++
			break
		}
		err = p.fail("a comma or a closing brace is missing")
		break
	}
	keys, dup := p.shape(p.keys[keyBase:])
	if dup && err == nil {
		err = p.fail("an object has two members of one name")
	}
	elems := p.take(len(p.stack) - elemBase)
	copy(elems, p.stack[elemBase:])
	p.keys, p.stack = p.keys[:keyBase], p.stack[:elemBase]
	return mapping.Value{Kind: mapping.Object, Keys: keys, Elems: elems}, err
}

func (p *Parser) array(depth int) (mapping.Value, error) {
	p.pos++
	base := len(p.stack)
	var err error
	for first := true; ; first = false {
		p.space()
		if p.pos < len(p.s) && p.s[p.pos] == ']' && (first || p.head) {
			p.pos++
			break
		}
		var v mapping.Value
		v, err = p.value(depth)
		if (err == nil || p.head && v.Kind != mapping.Missing) && (!p.head || len(p.stack)-base < headArray) {
			p.stack = append(p.stack, v)
		}
		if err != nil {
			break
		}
		p.space()
		if p.pos < len(p.s) && p.s[p.pos] == ',' {
			p.pos++
			continue
		}
		if p.pos < len(p.s) && p.s[p.pos] == ']' {
			p.pos++
			break
		}
		err = p.fail("a comma or a closing bracket is missing")
		break
	}
	elems := p.take(len(p.stack) - base)
	copy(elems, p.stack[base:])
	p.stack = p.stack[:base]
	return mapping.Value{Kind: mapping.Array, Elems: elems}, err
}

// shape returns a slice with these keys that all objects of the same shape
// share, and tells whether a key stands twice.
func (p *Parser) shape(keys []string) (shared []string, dup bool) {
	if len(keys) == 0 {
		return nil, false
	}
	h := uint64(len(keys))
	for _, k := range keys {
		h = h*1099511628211 ^ uint64(len(k))
		if len(k) > 0 {
			h = h*31 ^ uint64(k[0])<<16 ^ uint64(k[len(k)-1])<<8 ^ uint64(k[len(k)/2])
		}
	}
	if known, ok := p.shapes[h]; ok && slices.Equal(known, keys) {
		return known, false
	}
	shared = make([]string, len(keys))
	for i, k := range keys {
		shared[i] = strings.Clone(k)
	}
	if repeated(shared) {
		return shared, true
	}
	// Objects used as maps have a new shape each time: they must not fill memory.
	if len(p.shapes) < 4096 {
		p.shapes[h] = shared
	}
	return shared, false
}

func repeated(keys []string) bool {
	if len(keys) <= 12 {
		for i := range keys {
			for j := range i {
				if keys[i] == keys[j] {
					return true
				}
			}
		}
		return false
	}
	seen := make(map[string]struct{}, len(keys))
	for _, k := range keys {
		if _, ok := seen[k]; ok {
			return true
		}
		seen[k] = struct{}{}
	}
	return false
}

func (p *Parser) number() (mapping.Value, error) {
	start := p.pos
	digits := func() bool {
		from := p.pos
		for p.pos < len(p.s) && p.s[p.pos] >= '0' && p.s[p.pos] <= '9' {
			p.pos++
		}
		return p.pos > from
	}
	if p.s[p.pos] == '-' {
		p.pos++
	}
	zero := p.pos < len(p.s) && p.s[p.pos] == '0'
	from := p.pos
	ok := digits() && !(zero && p.pos-from > 1)
	if ok && p.pos < len(p.s) && p.s[p.pos] == '.' {
		p.pos++
		ok = digits()
	}
	if ok && p.pos < len(p.s) && p.s[p.pos]|0x20 == 'e' {
		p.pos++
		if p.pos < len(p.s) && (p.s[p.pos] == '+' || p.s[p.pos] == '-') {
			p.pos++
		}
		ok = digits()
	}
	if !ok {
		return mapping.Value{}, p.fail("a number is malformed")
	}
	return mapping.Value{Kind: mapping.Number, Text: p.s[start:p.pos]}, nil
}

// str reads a string; without escapes it shares memory with the text.
func (p *Parser) str() (string, error) {
	p.pos++
	start := p.pos
	s := p.s
	for i := start; i < len(s); i++ {
		switch c := s[i]; {
		case c == '"':
			p.pos = i + 1
			return s[start:i], nil
		case c == '\\':
			p.pos = i
			return p.escaped(start)
		case c < 0x20:
			p.pos = i
			return "", p.fail("a string holds a control character or has no end")
		}
	}
	p.pos = len(s)
	return "", p.fail("a string has no end")
}

func (p *Parser) escaped(start int) (string, error) {
	s := p.s
	out := make([]byte, 0, p.pos-start+32)
	out = append(out, s[start:p.pos]...)
	for p.pos < len(s) {
		c := s[p.pos]
		switch {
		case c == '"':
			p.pos++
			return string(out), nil
		case c < 0x20:
			return "", p.fail("a string holds a control character or has no end")
		case c != '\\':
			out = append(out, c)
			p.pos++
			continue
		}
		if p.pos+1 >= len(s) {
			break
		}
		e := s[p.pos+1]
		p.pos += 2
		if i := strings.IndexByte(`"\/bfnrt`, e); i >= 0 {
			out = append(out, "\"\\/\b\f\n\r\t"[i])
			continue
		}
		if e != 'u' {
			return "", p.fail("a string holds an unknown escape")
		}
		r, ok := p.hex4()
		if ok && utf16.IsSurrogate(r) {
			if !strings.HasPrefix(s[p.pos:], `\u`) {
				return "", p.fail("a string holds half of a surrogate pair")
			}
			p.pos += 2
			var low rune
			low, ok = p.hex4()
			if r = utf16.DecodeRune(r, low); ok && r == utf8.RuneError {
				return "", p.fail("a string holds half of a surrogate pair")
			}
		}
		switch {
		case !ok:
			return "", p.fail("a string holds a broken escape")
		case r == 0:
			return "", p.fail("a string holds a NUL character")
		}
		out = utf8.AppendRune(out, r)
	}
	return "", p.fail("a string has no end")
}

func (p *Parser) hex4() (rune, bool) {
	if p.pos+4 > len(p.s) {
		return 0, false
	}
	var r rune
	for _, c := range []byte(p.s[p.pos : p.pos+4]) {
		switch {
		case c >= '0' && c <= '9':
			r = r<<4 | rune(c-'0')
		case c|0x20 >= 'a' && c|0x20 <= 'f':
			r = r<<4 | rune(c|0x20-'a'+10)
		default:
			return 0, false
		}
	}
	p.pos += 4
	return r, true
}
