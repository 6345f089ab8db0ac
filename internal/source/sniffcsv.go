package source

import (
	"bytes"
	"fmt"
	"strings"
)

// dialect is how a CSV file is written.
type dialect struct {
	sep, eol byte
	columns  []string
	body     int   // offset of the first record
	bodyLine int64 // its line
	lazy     bool  // quotes may stand unescaped, line ends too
	loose    int   // column that takes surplus separators, -1 for none
	trailing bool  // every row ends with a separator that no column belongs to
}

// CSVHints is what a preset knows about a CSV file.
type CSVHints struct {
	Columns []string // of a file without a header line
	Comment byte     // starts a comment line before the header; '#' always does
	Lazy    bool     // quotes may stand unescaped inside a cell
	SkipTo  string   // the header line is the first one with this column
}

// looseNames are columns that people fill in: the one that may hold separators.
var looseNames = []string{"displayName", "display_name", "name"}

type rowAt struct {
	start, end int
	line       int64
	cells      []string
}

// sniffCSV finds separator, preamble and header in the head of a file.
func sniffCSV(head []byte, whole bool, hints CSVHints) (dialect, error) {
	d := dialect{sep: ',', eol: '\n', loose: -1, lazy: hints.Lazy, bodyLine: 1}
	if bytes.IndexByte(head, '\n') < 0 && bytes.IndexByte(head, '\r') >= 0 {
		d.eol = '\r'
	}
	best := -1
	var rows []rowAt
	for _, sep := range []byte{',', ';', '\t', '|'} {
		try := d
		try.sep = sep
		r := firstRows(head, &try, whole, hints.Comment, 60)
		score := 0
		mode := usual(r)
		for _, row := range r {
			if len(row.cells) == mode && mode > 1 {
				score += 10 + min(mode, 9)
			}
		}
		if score > best {
			best, rows, d.sep = score, r, sep
		}
	}
	if len(rows) == 0 {
		if whole {
			return d, ErrEmpty
		}
		return d, fmt.Errorf("no row ends within the first %d bytes", len(head))
	}
	first := 0
	mode := usual(rows)
	for i, r := range rows {
		if hints.SkipTo != "" && contains(r.cells, hints.SkipTo) {
			first = i
			break
		}
		if hints.SkipTo == "" && len(r.cells) == mode && (i == 0 || headerLike(r.cells)) {
			first = i
			break
		}
	}
	header := rows[first]
	if n := len(hints.Columns); n > 0 && !looksLikeHeader(header.cells, hints.Columns) {
		d.columns = hints.Columns
		d.body, d.bodyLine = rows[0].start, rows[0].line
		d.trailing = endsWithSeparator(rows, n)
		for i, c := range d.columns {
			for _, l := range looseNames {
				if d.loose < 0 && strings.EqualFold(c, l) {
					d.loose = i
				}
			}
		}
		return d, nil
	}
	d.columns = columnNames(header.cells)
	d.body = len(head)
	if first+1 < len(rows) {
		d.body, d.bodyLine = rows[first+1].start, rows[first+1].line
	} else {
		d.body = min(header.end+1, len(head))
		if d.body < len(head) && head[header.end] == '\r' && head[d.body] == '\n' {
			d.body++
		}
		d.bodyLine = header.line + 1 + lines(head[header.start:header.end], d.eol)
	}
	return d, nil
}

// endsWithSeparator tells whether rows of n columns end with a separator that no
// column belongs to. Rows whose quotes are broken have some other number of cells
// and say nothing about it.
func endsWithSeparator(rows []rowAt, n int) bool {
	with, without := 0, 0
	for _, r := range rows {
		switch {
		case len(r.cells) == n:
			without++
		case len(r.cells) == n+1 && r.cells[n] == "":
			with++
		}
	}
	return with > without
}

// columnNames makes the cells of a header line usable as names: no blanks
// around them, none empty, none twice.
func columnNames(cells []string) []string {
	for len(cells) > 1 && strings.TrimSpace(cells[len(cells)-1]) == "" {
		cells = cells[:len(cells)-1]
	}
	out := make([]string, len(cells))
	seen := map[string]int{}
	for i, c := range cells {
		c = strings.Clone(strings.TrimSpace(c))
		if c == "" {
			c = fmt.Sprintf("column %d", i+1)
		}
		if seen[c]++; seen[c] > 1 {
			c = fmt.Sprintf("%s %d", c, seen[c])
		}
		out[i] = c
	}
	return out
}

func looksLikeHeader(cells, names []string) bool {
	hits := 0
	for _, n := range names {
		if n != "" && contains(cells, n) {
			hits++
		}
	}
	return hits >= 2
}

// headerLike tells whether cells can be names of columns: after a preamble only
// such a row is taken for the header, and no data that happens to be longer.
func headerLike(cells []string) bool {
	for _, c := range cells {
		c = strings.TrimSpace(c)
		if c == "" || strings.ContainsAny(c, "@{") || c[0] >= '0' && c[0] <= '9' {
			return false
		}
	}
	return true
}

func contains(cells []string, name string) bool {
	for _, c := range cells {
		if strings.EqualFold(strings.TrimSpace(c), name) {
			return true
		}
	}
	return false
}

// usual returns how many cells most rows of the second half have: the first
// half may be preamble. Of equally frequent numbers the larger wins.
func usual(rows []rowAt) int {
	count := map[int]int{}
	for _, r := range rows[len(rows)/2:] {
		count[len(r.cells)]++
	}
	best := 0
	for n, c := range count {
		if c > count[best] || c == count[best] && n > best {
			best = n
		}
	}
	return best
}

// firstRows splits up to n rows. Comment lines at the start are left out.
func firstRows(head []byte, d *dialect, whole bool, comment byte, n int) []rowAt {
	var rows []rowAt
	sp := &csvSplitter{d: d, line: 1, most: n}
	for at, found := 0, false; len(rows) < n; found = true {
		b := &Batch{Data: head[at:]}
		consumed := sp.split(b, whole, false)
		if !found && len(b.Spans) == 0 && !whole {
			// One row may be longer than the head: its first line still tells the header.
			if i := bytes.IndexByte(b.Data[consumed:], d.eol); i > 0 {
				b.Spans = append(b.Spans, Span{Start: consumed, End: consumed + i, Line: 1})
			}
		}
		if len(b.Spans) == 0 {
			break
		}
		for _, s := range b.Spans {
			text := string(b.Data[s.Start:s.End])
			if len(rows) == 0 && text != "" && (text[0] == '#' || comment != 0 && text[0] == comment) {
				continue
			}
			cells, _ := d.cells(nil, text)
			if len(rows) == n {
				break
			}
			rows = append(rows, rowAt{at + s.Start, at + s.End, s.Line, cells})
		}
		at += consumed
	}
	return rows
}
