package mapping

import (
	"fmt"
	"strconv"
	"strings"
)

// stepKind is one way of going from a value to others.
type stepKind uint8

const (
	stepKey     stepKind = iota // the member of this name
	stepIndex                   // one element of an array; negative counts from the end
	stepEach                    // [*]: each element of an array
	stepMembers                 // .*: each member of an object
	stepFilter                  // [name=value]: elements whose member compares so
	stepSpread                  // of an "each": the elements of an array, or what is no array itself
)

// filterOp compares a member with a text, ignoring case.
type filterOp uint8

const (
	opEqual filterOp = iota
	opNotEqual
	opPrefix
	opSuffix
	opContains
)

var filterOps = []struct {
	text string
	op   filterOp
}{{"!=", opNotEqual}, {"^=", opPrefix}, {"$=", opSuffix}, {"*=", opContains}, {"=", opEqual}}

type step struct {
	kind  stepKind
	key   string
	index int
	name  []string // filter: the member, dotted
	op    filterOp
	text  string
}

// origin is where a path starts.
type origin uint8

const (
	fromItem   origin = iota // the current item: the record, or what "each" goes over
	fromRecord               // "$": the record
	fromOuter                // "^": the item outside the current one
	fromKey                  // "@key": the name or number under which the item was found
)

// path is a parsed path. See docs/mapping.md for its grammar.
type path struct {
	text  string
	from  origin
	steps []step
}

// multiple tells whether the path can lead to more than one value.
func (p *path) multiple() bool {
	for i := range p.steps {
		switch p.steps[i].kind {
		case stepEach, stepMembers, stepFilter:
			return true
		}
	}
	return false
}

// maxPath bounds the length of a path, in bytes.
const maxPath = 1000

// parsePath parses a path. Its errors name the byte where it went wrong.
func parsePath(text string) (*path, error) {
	if len(text) > maxPath {
		return nil, fmt.Errorf("the path is longer than %d characters", maxPath)
	}
	p := &path{text: text}
	s := &pathScanner{text: text}
	switch {
	case strings.TrimSpace(text) == "":
		return nil, fmt.Errorf("the path is empty")
	case text == "@key":
		p.from = fromKey
		return p, nil
	case text[0] == '@' || text[0] == '^':
		if text[0] == '^' {
			p.from = fromOuter
		}
		s.pos = 1
	case text[0] == '$':
		p.from = fromRecord
		if len(text) > 1 && text[1] != '.' && text[1] != '[' {
			// "$passwords" is a reserved member: its name holds the dollar.
			if err := s.name(p); err != nil {
				return nil, err
			}
		} else {
			s.pos = 1
		}
	case text[0] == '[':
	default:
		if err := s.name(p); err != nil {
			return nil, err
		}
	}
	for s.pos < len(text) {
		switch text[s.pos] {
		case '.':
			s.pos++
			if err := s.name(p); err != nil {
				return nil, err
			}
		case '[':
			if err := s.bracket(p); err != nil {
				return nil, err
			}
		default:
			return nil, s.errorf("expected a dot or a bracket")
		}
	}
	return p, nil
}

type pathScanner struct {
	text string
	pos  int
}

func (s *pathScanner) errorf(format string, args ...any) error {
	return fmt.Errorf("path %q, character %d: %s", s.text, s.pos+1, fmt.Sprintf(format, args...))
}

// name reads a member name: up to the next dot or bracket, or quoted.
func (s *pathScanner) name(p *path) error {
	if s.pos < len(s.text) && (s.text[s.pos] == '"' || s.text[s.pos] == '\'') {
		key, err := s.quoted()
		if err != nil {
			return err
		}
		p.steps = append(p.steps, step{kind: stepKey, key: key})
		return nil
	}
	start := s.pos
	for s.pos < len(s.text) && s.text[s.pos] != '.' && s.text[s.pos] != '[' {
		if s.text[s.pos] == ']' {
			return s.errorf("a closing bracket without an opening one")
		}
		s.pos++
	}
	key := strings.TrimSpace(s.text[start:s.pos])
	switch key {
	case "":
		return s.errorf("a name is missing")
	case "*":
		p.steps = append(p.steps, step{kind: stepMembers})
	default:
		p.steps = append(p.steps, step{kind: stepKey, key: key})
	}
	return nil
}

// quoted reads a quoted name. A doubled quote stands for one.
func (s *pathScanner) quoted() (string, error) {
	q := s.text[s.pos]
	var b strings.Builder
	for i := s.pos + 1; i < len(s.text); i++ {
		if s.text[i] != q {
			b.WriteByte(s.text[i])
			continue
		}
		if i+1 < len(s.text) && s.text[i+1] == q {
			b.WriteByte(q)
			i++
			continue
		}
		s.pos = i + 1
		return b.String(), nil
	}
	return "", s.errorf("a quote is not closed")
}

func (s *pathScanner) bracket(p *path) error {
	s.pos++
	if s.pos < len(s.text) && (s.text[s.pos] == '"' || s.text[s.pos] == '\'') {
		key, err := s.quoted()
		if err != nil {
			return err
		}
		if s.pos < len(s.text) && s.text[s.pos] == ']' {
			s.pos++
			p.steps = append(p.steps, step{kind: stepKey, key: key})
			return nil
		}
		return s.errorf("expected a closing bracket")
	}
	end := strings.IndexByte(s.text[s.pos:], ']')
	if end < 0 {
		return s.errorf("a bracket is not closed")
	}
	inner := strings.TrimSpace(s.text[s.pos : s.pos+end])
	if inner == "*" {
		p.steps = append(p.steps, step{kind: stepEach})
	} else if n, err := strconv.Atoi(inner); err == nil {
		p.steps = append(p.steps, step{kind: stepIndex, index: n})
	} else {
		st, ok := parseFilter(inner)
		if !ok {
			return s.errorf("expected a number, *, a quoted name or a filter such as [type=email]")
		}
		p.steps = append(p.steps, st)
	}
	s.pos += end + 1
	return nil
}

func parseFilter(inner string) (step, bool) {
	at, found := len(inner), filterOps[0]
	for _, o := range filterOps {
		if i := strings.Index(inner, o.text); i >= 0 && i < at {
			at, found = i, o
		}
	}
	if at == len(inner) || strings.TrimSpace(inner[:at]) == "" {
		return step{}, false
	}
	text := strings.TrimSpace(inner[at+len(found.text):])
	if n := len(text); n >= 2 && (text[0] == '"' || text[0] == '\'') && text[n-1] == text[0] {
		text = text[1 : n-1]
	}
	name := strings.Split(strings.TrimSpace(inner[:at]), ".")
	return step{kind: stepFilter, name: name, op: found.op, text: text}, true
}

// foldKey writes a name as loose matching sees it: lower case without white
// space, underscores and hyphens.
func foldKey(s string) string {
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c >= 'A' && c <= 'Z' || c == '_' || c == '-' || c <= ' ' || c >= 0x80 {
			return strings.Map(func(r rune) rune {
				if r == '_' || r == '-' || r <= ' ' || r == 0xA0 {
					return -1
				}
				return r
			}, strings.ToLower(s))
		}
	}
	return s
}

// foldEqual compares a name with a folded one without allocating for ASCII.
func foldEqual(s, folded string) bool {
	j := 0
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c >= 0x80 {
			return foldKey(s) == folded
		}
		if c == '_' || c == '-' || c <= ' ' {
			continue
		}
		if c >= 'A' && c <= 'Z' {
			c += 'a' - 'A'
		}
		if j >= len(folded) || folded[j] != c {
			return false
		}
		j++
	}
	return j == len(folded)
}
