package source

import (
	"cmp"
	"strings"

	"github.com/kinde-migrate/kinde-migrate/internal/mapping"
)

// csv turns one row into an object with the header's names. clean tells that the row
// holds no NUL byte.
func (p *Parser) csv(d *dialect, row string, clean bool) (mapping.Value, error) {
	var err error
	mended := false
	clean = clean && d.style == quoted // other styles write a NUL as \0
	p.cells, mended, err = d.split(p.cells[:0], row)
	want := len(d.columns)
	got := d.filledCells(p.cells)
	if d.repair != nil {
		if !d.wellFormed(row, p.cells, err) {
			p.cells, err = d.mend(row)
			mended = err == nil
		} else {
			mended = d.ownQuotes(row, p.cells)
		}
		got = min(want, len(p.cells))
	}
	if err == nil && got != want {
		err = malformed("the row has %d cells, the header has %d", got, want)
	}
	elems := p.take(want)
	for i := range elems {
		elems[i].Kind = mapping.String
		if i >= got {
			continue
		}
		cell := p.cells[i]
		if !clean && strings.IndexByte(cell, 0) >= 0 {
			// A BIT(1) column in a MySQL dump holds the bit itself.
			if cell == "\x00" {
				cell = "0"
			} else if err == nil {
				err = malformed("column %q holds a NUL byte", d.columns[i])
			}
		} else if cell == "\x01" {
			cell = "1"
		} else if len(cell) > 3 && cell[0] == '=' {
			cell = formulaText(cell)
		}
		elems[i].Text = cell
	}
	v := mapping.Value{Kind: mapping.Object, Keys: d.columns, Elems: elems}
	if mended {
		v = withMember(v, mapping.Repaired, mapping.Value{Kind: mapping.Bool, Text: "true"})
	}
	return v, err
}

// formulaText returns the text of ="00042", as spreadsheets write what they must
// not take for a number; other cells as they are.
func formulaText(cell string) string {
	inner, ok := strings.CutPrefix(cell, `="`)
	if inner, ok2 := strings.CutSuffix(inner, `"`); ok && ok2 && strings.IndexByte(strings.ReplaceAll(inner, `""`, ""), '"') < 0 {
		return strings.ReplaceAll(inner, `""`, `"`)
	}
	return cell
}

// cells splits a row.
func (d *dialect) cells(out []string, row string) ([]string, error) {
	out, _, err := d.split(out, row)
	return out, err
}

// split splits a row, and tells whether a quoted cell of it holds quotes that are
// neither doubled nor followed by a separator. They are taken as they stand where
// nothing else can be meant.
func (d *dialect) split(out []string, row string) (cells []string, mended bool, err error) {
	if d.style == escaped && strings.IndexByte(row, '\\') >= 0 {
		out, err = d.escapedCells(out, row)
		return out, false, err
	}
	switch d.style {
	case enclosed:
		out, err = d.enclosedCells(out, row)
		return out, false, err
	case doubled:
		out, err = d.doubledCells(out, row)
		return out, false, err
	}
	if d.style == raw || d.style == escaped || strings.IndexByte(row, '"') < 0 {
		for {
			i := strings.IndexByte(row, d.sep)
			if i < 0 {
				return append(out, row), false, nil
			}
			out = append(out, row[:i])
			row = row[i+1:]
		}
	}
	for {
		if row == "" || row[0] != '"' {
			i := strings.IndexByte(row, d.sep)
			if i < 0 {
				return append(out, row), mended, err
			}
			out = append(out, row[:i])
			row = row[i+1:]
			continue
		}
		cell, rest, stray, more, e := d.quoted(row[1:])
		if stray && err == nil && !d.meant(len(out), cell) {
			err = strayQuote()
		}
		mended = mended || stray
		out = append(out, cell)
		if e != nil || !more {
			return out, mended, cmp.Or(e, err)
		}
		row = rest
	}
}

// meant tells whether the quotes around a cell that holds stray ones are surely the
// file's own and no part of the text: the cell needs them, or its column always has them.
func (d *dialect) meant(column int, cell string) bool {
	return column < len(d.wraps) && d.wraps[column] || strings.IndexByte(cell, d.sep) >= 0 || d.repair != nil || len(d.columns) == 0
}

func strayQuote() error {
	err := malformed("a quote stands inside a quoted cell")
	err.Hint = nameDialect
	return err
}

// quoted reads a cell whose opening quote is already gone. stray tells that quotes
// inside are not doubled, more that a separator, and so another cell, follows.
func (d *dialect) quoted(s string) (cell, rest string, stray, more bool, err error) {
	start := 0
	var buf []byte
	for i := 0; ; {
		j := strings.IndexByte(s[i:], '"')
		if j < 0 {
			return string(append(buf, s[start:]...)), "", stray, false, malformed("a quoted cell has no end")
		}
		i += j
		next := i + 1
		switch {
		case next == len(s), s[next] == d.sep, onlySpace(s[next:], d.sep):
			if buf == nil {
				cell = s[start:i]
			} else {
				cell = string(append(buf, s[start:i]...))
			}
			if k := strings.IndexByte(s[next:], d.sep); k >= 0 {
				return cell, s[next+k+1:], stray, true, nil
			}
			return cell, "", stray, false, nil
		case s[next] == '"':
			buf = append(buf, s[start:next]...)
			start, i = next+1, next+1
		case d.strict(), next > 1 && s[next-2] == '\\' && d.repair == nil:
			return s, "", true, false, strayQuote()
		default:
			i, stray = next, true
		}
	}
}

// onlySpace tells whether nothing but blanks stand before the next separator.
func onlySpace(s string, sep byte) bool {
	for i := range len(s) {
		switch s[i] {
		case ' ', '\r', '\n':
		case '\t':
			if sep == '\t' {
				return true
			}
		default:
			return s[i] == sep && i > 0
		}
	}
	return true
}
