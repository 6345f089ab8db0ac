package source

import (
	"strings"

	"github.com/kinde-migrate/kinde-migrate/mapping"
)

// csv turns one row into an object with the header's names.
func (p *Parser) csv(d *dialect, row string) (mapping.Value, error) {
	var err error
	p.cells, err = d.cells(p.cells[:0], row)
	if d.lazy && len(p.cells) != len(d.columns) {
		if cells, ok := d.recover(row); ok {
			p.cells, err = cells, nil
		}
	}
	want := len(d.columns)
	got := len(p.cells)
	for got > want && strings.TrimSpace(p.cells[got-1]) == "" {
		got--
	}
	// A missing trailing cell is tolerated only where the exporter leaves out an empty last column.
	if err == nil && (got > want || got < want && !(d.lazy && got == want-1)) {
		err = malformed("the row has %d cells, the header has %d", got, want)
	}
	elems := p.take(want)
	for i := range elems {
		elems[i].Kind = mapping.String
		if i >= got {
			continue
		}
		cell := p.cells[i]
		if strings.IndexByte(cell, 0) >= 0 {
			// A BIT(1) column in a MySQL dump holds the bit itself.
			if cell == "\x00" {
				cell = "0"
			} else if err == nil {
				err = malformed("column %q holds a NUL byte", d.columns[i])
			}
		} else if cell == "\x01" {
			cell = "1"
		}
		elems[i].Text = cell
	}
	return mapping.Value{Kind: mapping.Object, Keys: d.columns, Elems: elems}, err
}

// cells splits a row. Quotes inside a quoted cell that are neither doubled nor
// followed by a separator are taken as they stand.
func (d *dialect) cells(out []string, row string) ([]string, error) {
	if strings.IndexByte(row, '"') < 0 {
		for {
			i := strings.IndexByte(row, d.sep)
			if i < 0 {
				return append(out, row), nil
			}
			out = append(out, row[:i])
			row = row[i+1:]
		}
	}
	for {
		if row == "" || row[0] != '"' {
			i := strings.IndexByte(row, d.sep)
			if i < 0 {
				return append(out, row), nil
			}
			out = append(out, row[:i])
			row = row[i+1:]
			continue
		}
		cell, rest, more, err := d.quoted(row[1:])
		out = append(out, cell)
		if err != nil || !more {
			return out, err
		}
		row = rest
	}
}

// quoted reads a cell whose opening quote is already gone. more tells that a
// separator, and so another cell, follows.
func (d *dialect) quoted(s string) (cell, rest string, more bool, err error) {
	start := 0
	var buf []byte
	for i := 0; ; {
		j := strings.IndexByte(s[i:], '"')
		if j < 0 {
			return string(append(buf, s[start:]...)), "", false, malformed("a quoted cell has no end")
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
				return cell, s[next+k+1:], true, nil
			}
			return cell, "", false, nil
		case s[next] == '"':
			buf = append(buf, s[start:next]...)
			start, i = next+1, next+1
		default:
			i = next
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

// recover splits a row of an exporter that does not double quotes: the columns
// before the loose one are counted from the left, those behind it from the
// right, where only the last filled cell can be a quoted JSON object.
func (d *dialect) recover(row string) ([]string, bool) {
	if d.loose < 0 {
		return nil, false
	}
	sep := string(d.sep)
	tail, last, behind := row, "", 0
	if i := strings.LastIndex(row, sep+`"{`); i >= 0 {
		end := strings.TrimRight(row[i+1:], sep)
		if len(end) < 3 || end[len(end)-1] != '"' {
			return nil, false
		}
		last = strings.ReplaceAll(end[1:len(end)-1], `""`, `"`)
		behind = len(row) - (i + 1) - len(end)
		tail = row[:i+1] + row[i+1+len(end):]
	}
	parts := strings.Split(tail, sep)
	want := len(d.columns)
	if d.trailing && parts[len(parts)-1] == "" {
		parts = parts[:len(parts)-1]
		behind = max(behind-1, 0)
	}
	right := want - d.loose - 1
	if len(parts) < want {
		return nil, false
	}
	cells := make([]string, 0, want)
	cells = append(cells, parts[:d.loose]...)
	middle := strings.Join(parts[d.loose:len(parts)-right], sep)
	if len(middle) >= 2 && middle[0] == '"' && middle[len(middle)-1] == '"' {
		middle = middle[1 : len(middle)-1]
	}
	cells = append(cells, middle)
	cells = append(cells, parts[len(parts)-right:]...)
	if last != "" {
		at := want - 1 - behind
		if at <= d.loose || cells[at] != "" {
			return nil, false
		}
		cells[at] = last
	}
	return cells, true
}
