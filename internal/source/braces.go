package source

import "bytes"

// status tells how far the end of an element was found.
type status uint8

const (
	complete status = iota
	incomplete
	mismatched
)

// elementEnd returns where the JSON value that starts at pos ends. It looks only
// at quotes, braces and brackets; what is between them is the parser's business.
func elementEnd(data []byte, pos int) (int, status) {
	if c := data[pos]; c != '{' && c != '[' {
		return scalarEnd(data, pos)
	}
	var kinds [MaxNesting + 1]byte
	depth := 0
	for i := pos; i < len(data); i++ {
		switch c := data[i]; c {
		case '"':
			for i++; ; i++ {
				if i >= len(data) {
					return len(data), incomplete
				}
				d := data[i]
				if d == '"' {
					break
				}
				if d == '\\' {
					i++
				} else if d == '\n' {
					// A string can't hold a bare line end: its closing quote is missing.
					return i, mismatched
				}
			}
		case '{', '[':
			depth++
			if depth <= MaxNesting {
				kinds[depth] = c
			}
		case '}', ']':
			open := byte('{')
			if c == ']' {
				open = '['
			}
			if depth <= MaxNesting && kinds[depth] != open {
				if c == ']' {
					// A bracket that was never opened may be the end of the enclosing array.
					continue
				}
				for depth > 1 && kinds[depth] != '{' {
					depth--
				}
			}
			if depth--; depth <= 0 {
				return i + 1, complete
			}
		}
	}
	return len(data), incomplete
}

// scalarEnd returns where a string, number or word ends.
func scalarEnd(data []byte, pos int) (int, status) {
	if data[pos] != '"' {
		i := bytes.IndexAny(data[pos:], ",]}\n \t\r{[\"")
		if i < 0 {
			return len(data), incomplete
		}
		return pos + max(i, 1), complete
	}
	for i := pos + 1; i < len(data); i++ {
		switch data[i] {
		case '"':
			return i + 1, complete
		case '\\':
			i++
		case '\n':
			return i, mismatched
		}
	}
	return len(data), incomplete
}
