package mapping

import (
	"regexp"
	"regexp/syntax"
	"strings"
)

// pattern is a regular expression that is asked only about texts which hold the
// literal that every match must hold: most texts that don't match are told by
// looking for it, at a hundredth of the cost.
type pattern struct {
	*regexp.Regexp
	literal string // "" when there is none
	plain   bool   // the expression is the literal and nothing else
}

func compilePattern(text string) (*pattern, error) {
	re, err := regexp.Compile(text)
	if err != nil {
		return nil, err
	}
	tree, err := syntax.Parse(text, syntax.Perl)
	if err != nil {
		return nil, err
	}
	p := &pattern{Regexp: re, literal: required(tree)}
	p.plain = p.literal != "" && tree.Op == syntax.OpLiteral
	return p, nil
}

// required returns the longest text that every match of an expression holds, "" for none.
func required(re *syntax.Regexp) string {
	switch re.Op {
	case syntax.OpLiteral:
		if re.Flags&syntax.FoldCase == 0 {
			return string(re.Rune)
		}
	case syntax.OpCapture, syntax.OpPlus:
		return required(re.Sub[0])
	case syntax.OpRepeat:
		if re.Min > 0 {
			return required(re.Sub[0])
		}
	case syntax.OpConcat:
		longest := ""
		for _, sub := range re.Sub {
			if l := required(sub); len(l) > len(longest) {
				longest = l
			}
		}
		return longest
	}
	return ""
}

// MatchString tells whether a text holds a match.
func (p *pattern) MatchString(t string) bool {
	if p.literal != "" && !strings.Contains(t, p.literal) {
		return false
	}
	return p.plain || p.Regexp.MatchString(t)
}

// first returns the first capture of the first match, or else the whole text.
func (p *pattern) first(t string) (string, bool) {
	if p.literal != "" && !strings.Contains(t, p.literal) {
		return "", false
	}
	if p.plain {
		return t, true
	}
	m := p.Regexp.FindStringSubmatchIndex(t)
	switch {
	case m == nil:
		return "", false
	case len(m) <= 2:
		return t, true
	case m[2] < 0:
		return "", true
	}
	return t[m[2]:m[3]], true
}
