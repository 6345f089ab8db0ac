package ui

import (
	"bytes"
	"io"
	"unicode/utf8"
)

// guard writes to a terminal what can't steer it. Callers make text inert where they
// lay it out; what one of them forgets, a name or a path, stops here. Colours pass.
type guard struct{ to io.Writer }

func (g *guard) Write(p []byte) (int, error) {
	if !bytes.ContainsFunc(p, steers) {
		return g.to.Write(p)
	}
	var out []byte
	for rest := p; len(rest) > 0; {
		if n := colour(rest); n > 0 {
			out, rest = append(out, rest[:n]...), rest[n:]
			continue
		}
		r, n := utf8.DecodeRune(rest)
		if r == utf8.RuneError || !steers(r) {
			out = append(out, rest[:n]...) // half a letter, the other half of which comes with the next call
		} else {
			out = append(out, "\uFFFD"...)
		}
		rest = rest[n:]
	}
	if _, err := g.to.Write(out); err != nil {
		return 0, err
	}
	return len(p), nil
}

// colour returns the length of the sequence at the beginning of p that chooses a
// colour or a weight, 0 when there is none.
func colour(p []byte) int {
	rest, ok := bytes.CutPrefix(p, []byte("\x1b["))
	if !ok {
		return 0
	}
	end := bytes.IndexFunc(rest, func(r rune) bool { return r != ';' && (r < '0' || r > '9') })
	if end < 0 || rest[end] != 'm' {
		return 0
	}
	return len("\x1b[") + end + 1
}
