package source

import "strings"

// nameDialect says what to do about a cell that the dialect does not explain.
const nameDialect = "Say in a mapping file how the file is written: csv: {dialect: NAME}, where NAME is rfc4180, postgres, mysql, mysql-enclosed, mysql-doubled or raw."

// escapedCells splits a row in which a backslash takes the meaning from what follows.
func (d *dialect) escapedCells(out []string, row string) ([]string, error) {
	var err error
	for start, i := 0, 0; ; i++ {
		if i < len(row) && row[i] == '\\' {
			i++
			continue
		}
		if i < len(row) && row[i] != d.sep {
			continue
		}
		end := min(i, len(row))
		cell, e := d.unescape(row[start:end])
		if err == nil {
			err = e
		}
		out = append(out, cell)
		if i >= len(row) {
			return out, err
		}
		start = i + 1
	}
}

// unescape reads a cell with backslashes. A cell that is \N stays so: it is NULL.
func (d *dialect) unescape(s string) (string, error) {
	at := strings.IndexByte(s, '\\')
	if at < 0 || s == `\N` {
		return s, nil
	}
	out := make([]byte, 0, len(s))
	for i := at; i < len(s); {
		out = append(out, s[:i]...)
		c, n, why := d.meaning(s[i+1:])
		if why != "" {
			err := malformed("%s", why)
			err.Hint = nameDialect
			return s, err
		}
		out = append(out, c)
		s = s[i+1+n:]
		if i = strings.IndexByte(s, '\\'); i < 0 {
			break
		}
	}
	return string(append(out, s...)), nil
}

// meaning returns what the text after a backslash stands for and how long it is,
// or why that can't be told.
func (d *dialect) meaning(s string) (c byte, n int, why string) {
	if s == "" {
		return 0, 0, "a cell ends in a backslash that stands for nothing"
	}
	switch s[0] {
	case 'n':
		return '\n', 1, ""
	case 't':
		return '\t', 1, ""
	case 'r':
		return '\r', 1, ""
	case 'b', 'f', 'v':
		if !d.sure && d.style == escaped {
			return 0, 0, "a backslash stands before a letter, and nothing tells whether it belongs to the text"
		}
		return "\b\f\v"[strings.IndexByte("bfv", s[0])], 1, ""
	case 'Z':
		return 0x1a, 1, ""
	case '0':
		octal := len(s) > 1 && s[1] >= '0' && s[1] <= '7'
		switch {
		case !octal || d.nul || d.style == enclosed:
			return 0, 1, ""
		case !d.octal:
			return 0, 0, "a backslash stands before digits, which PostgreSQL and MySQL read differently"
		}
	case '\\', '"', '\n', '\r', d.sep:
		return s[0], 1, ""
	}
	if d.octal {
		if c, n := number(s); n > 0 {
			return c, n, ""
		}
	}
	return 0, 0, "a backslash stands before a character that dumps write without one"
}

// number reads PostgreSQL's \101 and \x41.
func number(s string) (c byte, n int) {
	if s[0] == 'x' {
		for n = 1; n < len(s) && n < 3; n++ {
			switch h := s[n]; {
			case h >= '0' && h <= '9':
				c = c<<4 | (h - '0')
			case h|0x20 >= 'a' && h|0x20 <= 'f':
				c = c<<4 | ((h | 0x20) - 'a' + 10)
			default:
				return c, n * min(n-1, 1)
			}
		}
		return c, n * min(n-1, 1)
	}
	for n < len(s) && n < 3 && s[n] >= '0' && s[n] <= '7' {
		c = c<<3 | (s[n] - '0')
		n++
	}
	return c, n
}

// doubledCells splits a row of the doubled style.
func (d *dialect) doubledCells(out []string, row string) ([]string, error) {
	for i := 0; ; i++ {
		start := i
		switch {
		case d.null([]byte(row[i:])):
			out, i = append(out, `\N`), i+2
		case i < len(row) && row[i] == '"':
			end, ok := d.cellEnd([]byte(row), i+1, len(out)+1 == len(d.columns))
			if !ok || end < len(row) && row[end] != d.sep {
				err := malformed("a quoted cell has no end")
				err.Hint = nameDialect
				return append(out, row[start:]), err
			}
			inner := strings.ReplaceAll(row[i+1:end-1], `""`, "\x00")
			inner = strings.ReplaceAll(inner, "\""+string(d.eol), string(d.eol))
			out, i = append(out, strings.ReplaceAll(inner, "\x00", `"`)), end
		default:
			for i < len(row) && row[i] != d.sep {
				i++
			}
			out = append(out, row[start:i])
		}
		if i >= len(row) {
			return out, nil
		}
	}
}

// enclosedCells splits a row whose cells may stand in quotes, with backslashes
// before what is special.
func (d *dialect) enclosedCells(out []string, row string) ([]string, error) {
	var first error
	for i := 0; ; i++ {
		start, inner := i, ""
		if i < len(row) && row[i] == '"' {
			start++
			end, ok := d.cellEnd([]byte(row), start, false)
			if !ok || end < len(row) && row[end] != d.sep {
				err := malformed("a quoted cell has no end")
				err.Hint = nameDialect
				return append(out, row[start:]), err
			}
			i, inner = end, row[start:end-1]
		} else {
			for i < len(row) && row[i] != d.sep {
				if row[i] == '\\' {
					i++
				}
				i++
			}
			i = min(i, len(row))
			inner = row[start:i]
		}
		cell, err := d.unescape(inner)
		if first == nil {
			first = err
		}
		if out = append(out, cell); i >= len(row) {
			return out, first
		}
	}
}
