package rest

import (
	"bytes"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// member is one member of an object, its value as it stands in the answer.
type member struct {
	name  string
	value jsontext.Value
}

// members takes an object apart; nil when it is none.
func members(v jsontext.Value) []member {
	if v.Kind() != '{' {
		return nil
	}
	d := jsontext.NewDecoder(bytes.NewReader(v), jsontext.AllowDuplicateNames(true))
	if _, err := d.ReadToken(); err != nil {
		return nil
	}
	out := []member{}
	for d.PeekKind() == '"' {
		name, err := d.ReadToken()
		if err != nil {
			return nil
		}
		key := name.String()
		value, err := d.ReadValue()
		if err != nil {
			return nil
		}
		out = append(out, member{key, value.Clone()})
	}
	return out
}

// elements takes an array apart.
func elements(v jsontext.Value) []jsontext.Value {
	if v.Kind() != '[' {
		return nil
	}
	d := jsontext.NewDecoder(bytes.NewReader(v), jsontext.AllowDuplicateNames(true))
	if _, err := d.ReadToken(); err != nil {
		return nil
	}
	out := []jsontext.Value{}
	for d.PeekKind() != ']' {
		value, err := d.ReadValue()
		if err != nil {
			return nil
		}
		out = append(out, value.Clone())
	}
	return out
}

func object(parts []member) jsontext.Value {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, m := range parts {
		if i > 0 {
			b.WriteByte(',')
		}
		b.Write(quoted(m.name))
		b.WriteByte(':')
		b.Write(m.value)
	}
	b.WriteByte('}')
	return b.Bytes()
}

func array(values []jsontext.Value) jsontext.Value {
	var b bytes.Buffer
	b.WriteByte('[')
	for i, v := range values {
		if i > 0 {
			b.WriteByte(',')
		}
		b.Write(v)
	}
	b.WriteByte(']')
	return b.Bytes()
}

func quoted(s string) jsontext.Value {
	v, err := jsontext.AppendQuote(nil, s)
	if err != nil {
		v, _ = jsontext.AppendQuote(nil, strings.ToValidUTF8(s, "�"))
	}
	return v
}

// text is a scalar as text; "" for null and for what is no scalar.
func text(v jsontext.Value) string {
	switch v.Kind() {
	case '"':
		s, err := jsontext.AppendUnquote(nil, v)
		if err != nil {
			return ""
		}
		return string(s)
	case '0', 't', 'f':
		return string(v)
	}
	return ""
}

// find returns what a path leads to: names with dots between them, "[*]" for each
// element, "[name=value]" for those elements, "$" for the value itself. A name may
// hold dots where the object has it whole, as "@odata.nextLink".
func find(v jsontext.Value, path string) []jsontext.Value {
	if path == "" || path == "$" {
		return []jsontext.Value{v}
	}
	if selector, rest, ok := bracket(path); ok {
		var out []jsontext.Value
		name, want, selects := strings.Cut(selector, "=")
		for _, e := range elements(v) {
			if !selects || one(e, name) == want {
				out = append(out, find(e, rest)...)
			}
		}
		return out
	}
	parts := members(v)
	for _, m := range parts {
		if m.name == path {
			return []jsontext.Value{m.value}
		}
	}
	name, rest := path, ""
	if i := strings.IndexAny(path, ".["); i >= 0 {
		name, rest = path[:i], strings.TrimPrefix(path[i:], ".")
	}
	for _, m := range parts {
		if m.name == name {
			return find(m.value, rest)
		}
	}
	return nil
}

// bracket cuts the step "[…]" off the beginning of a path.
func bracket(path string) (selector, rest string, ok bool) {
	if !strings.HasPrefix(path, "[") {
		return "", "", false
	}
	selector, rest, ok = strings.Cut(path[1:], "]")
	return selector, strings.TrimPrefix(rest, "."), ok
}

// one is the first text that a path leads to; of several paths, with "|" between
// them, the first that leads to any.
func one(v jsontext.Value, paths string) string {
	for path := range strings.SplitSeq(paths, "|") {
		for _, found := range find(v, path) {
			if t := text(found); t != "" {
				return t
			}
		}
	}
	return ""
}

// every is all texts that a path leads to; an array's elements count each.
func every(v jsontext.Value, path string) []string {
	var out []string
	for _, found := range find(v, path) {
		if found.Kind() == '[' {
			out = append(out, every(found, "[*]")...)
		} else if t := text(found); t != "" {
			out = append(out, t)
		}
	}
	return out
}

// without takes what a path leads to out of a value.
func without(v jsontext.Value, path string) jsontext.Value {
	if _, rest, ok := bracket(path); ok {
		if rest == "" || v.Kind() != '[' {
			return v
		}
		all := elements(v)
		for i, e := range all {
			all[i] = without(e, rest)
		}
		return array(all)
	}
	parts := members(v)
	name, rest := path, ""
	if i := strings.IndexAny(path, ".["); i >= 0 {
		name, rest = path[:i], strings.TrimPrefix(path[i:], ".")
	}
	changed := false
	var kept []member
	for _, m := range parts {
		if m.name == name || name == "*" {
			changed = true
			if rest == "" {
				continue
			}
			m.value = without(m.value, rest)
		}
		kept = append(kept, m)
	}
	if !changed {
		return v
	}
	return object(kept)
}

// with puts a value at a path of names, making the objects on the way.
func with(v jsontext.Value, path string, value jsontext.Value) jsontext.Value {
	name, rest, deeper := strings.Cut(path, ".")
	parts := members(v)
	for i, m := range parts {
		if m.name == name {
			if deeper {
				value = with(m.value, rest, value)
			}
			parts[i].value = value
			return object(parts)
		}
	}
	if deeper {
		value = with(jsontext.Value("{}"), rest, value)
	}
	return object(append(parts, member{name, value}))
}
