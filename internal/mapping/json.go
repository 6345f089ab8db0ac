package mapping

import (
	"errors"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// maxDepth bounds the nesting of JSON that is found inside text.
const maxDepth = 64

var errDepth = errors.New("the JSON is nested too deeply")

// ParseJSON reads one JSON value into a Value. Numbers keep their digits and
// objects their order; of doubled member names the first counts.
func ParseJSON(src string) (Value, error) {
	d := jsontext.NewDecoder(strings.NewReader(src), jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	v, err := readJSON(d, 0)
	if err != nil {
		return Value{}, err
	}
	if _, err := d.ReadToken(); err == nil {
		return Value{}, errors.New("more than one JSON value")
	}
	return v, nil
}

func readJSON(d *jsontext.Decoder, depth int) (Value, error) {
	if depth > maxDepth {
		return Value{}, errDepth
	}
	t, err := d.ReadToken()
	if err != nil {
		return Value{}, err
	}
	switch t.Kind() {
	case 'n':
		return Value{Kind: Null}, nil
	case 't', 'f':
		return Value{Kind: Bool, Text: t.String()}, nil
	case '"':
		return Value{Kind: String, Text: t.String()}, nil
	case '0':
		return Value{Kind: Number, Text: t.String()}, nil
	case '[':
		v := Value{Kind: Array}
		for d.PeekKind() != ']' {
			e, err := readJSON(d, depth+1)
			if err != nil {
				return Value{}, err
			}
			v.Elems = append(v.Elems, e)
		}
		_, err = d.ReadToken()
		return v, err
	default: // '{'
		v := Value{Kind: Object}
		for d.PeekKind() != '}' {
			k, err := d.ReadToken()
			if err != nil {
				return Value{}, err
			}
			name := k.String()
			e, err := readJSON(d, depth+1)
			if err != nil {
				return Value{}, err
			}
			v.Keys = append(v.Keys, name)
			v.Elems = append(v.Elems, e)
		}
		_, err = d.ReadToken()
		return v, err
	}
}

// embedded decodes text that holds a JSON object or array: JSON inside a JSON
// string or a CSV cell, perhaps encoded twice or with its quotes escaped. Other
// values come back as they are.
func embedded(v Value) Value {
	for range 2 {
		if v.Kind != String {
			return v
		}
		s := strings.TrimSpace(v.Text)
		if s == "" || s[0] != '{' && s[0] != '[' && s[0] != '"' {
			return v
		}
		w, err := ParseJSON(s)
		if err != nil && strings.Contains(s, `\"`) {
			w, err = ParseJSON(strings.ReplaceAll(s, `\"`, `"`))
		}
		if err != nil {
			return v
		}
		if w.Kind == String && s[0] != '"' {
			return v
		}
		v = w
	}
	return v
}

// appendJSON writes a value as compact JSON.
func appendJSON(b []byte, v Value) []byte {
	switch v.Kind {
	case Missing, Null:
		return append(b, "null"...)
	case Bool, Number:
		return append(b, v.Text...)
	case String:
		q, err := jsontext.AppendQuote(b, v.Text)
		if err != nil {
			q, _ = jsontext.AppendQuote(b, strings.ToValidUTF8(v.Text, "\uFFFD"))
		}
		return q
	case Array:
		b = append(b, '[')
		for i := range v.Elems {
			if i > 0 {
				b = append(b, ',')
			}
			b = appendJSON(b, v.Elems[i])
		}
		return append(b, ']')
	default:
		b = append(b, '{')
		for i := range v.Elems {
			if i > 0 {
				b = append(b, ',')
			}
			b = appendJSON(b, StringValue(v.Keys[i]))
			b = append(b, ':')
			b = appendJSON(b, v.Elems[i])
		}
		return append(b, '}')
	}
}

// JSON returns a value as compact JSON.
func (v Value) JSON() string { return string(appendJSON(nil, v)) }
