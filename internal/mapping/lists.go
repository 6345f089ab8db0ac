package mapping

import (
	"regexp"
	"strconv"
	"strings"
)

// written reads a text that holds a list as a program writes it: JSON, also an
// object of names that are true or false, PHP's serialize, an array of PostgreSQL,
// a list of Python. Missing is none of these.
func written(t string) Value {
	switch {
	case strings.HasPrefix(t, "["):
		if v := embedded(StringValue(t)); v.Kind == Array {
			return v
		}
		if pythonList.MatchString(t) {
			return embedded(StringValue(strings.ReplaceAll(t, "'", `"`)))
		}
	case strings.HasPrefix(t, "{"):
		if v := embedded(StringValue(t)); v.Kind == Object {
			return trueNames(v)
		}
		return postgresArray(t)
	case strings.HasPrefix(t, "a:"):
		v, ok := parsePHP(t)
		if !ok {
			return Value{}
		}
		for i, k := range v.Keys {
			if k != strconv.Itoa(i) {
				return trueNames(v)
			}
		}
		return Value{Kind: Array, Elems: v.Elems}
	}
	return Value{}
}

var pythonList = regexp.MustCompile(`^\[\s*'[^'"\\]*'(\s*,\s*'[^'"\\]*')*\s*\]$`)

// trueNames returns those names of an object of true and false that are true;
// Missing when it is another object.
func trueNames(v Value) Value {
	out := Value{Kind: Array}
	for i, k := range v.Keys {
		switch _, known := ParseBool(text(v.Elems[i])); {
		case !known:
			return Value{}
		case truth(v.Elems[i]):
			out.Elems = append(out.Elems, StringValue(k))
		}
	}
	return out
}

// postgresArray reads {a,"b c",NULL}; Missing when it is none.
func postgresArray(t string) Value {
	if len(t) < 2 || t[len(t)-1] != '}' {
		return Value{}
	}
	out := Value{Kind: Array}
	var item strings.Builder
	open, quoted := false, false
	end := func() {
		if s := item.String(); quoted || s != "" && !strings.EqualFold(s, "NULL") {
			out.Elems = append(out.Elems, StringValue(s))
		}
		item.Reset()
		quoted = false
	}
	for i := 1; i < len(t)-1; i++ {
		switch c := t[i]; {
		case c == '\\' && i+1 < len(t)-1:
			i++
			item.WriteByte(t[i])
		case c == '"':
			open, quoted = !open, true
		case c == ',' && !open:
			end()
		case (c == '{' || c == '}') && !open:
			return Value{}
		default:
			item.WriteByte(c)
		}
	}
	if end(); open {
		return Value{}
	}
	return out
}
