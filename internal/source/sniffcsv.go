package source

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

type rowAt struct {
	start, end int
	line       int64
	cells      []string
}

// sniffCSV finds separator, dialect, preamble and header in the head of a file.
func sniffCSV(head []byte, whole bool, hints CSVHints) (dialect, error) {
	d := dialect{sep: ',', eol: '\n', bodyLine: 1}
	if bytes.IndexByte(head, '\n') < 0 && bytes.IndexByte(head, '\r') >= 0 {
		d.eol = '\r'
	}
	if hints.Dialect != "" {
		d.named(hints.Dialect)
	}
	if hints.Lazy {
		d.repair = &repair{} // rows are lines until the columns are known
	}
	rows := d.separator(head, whole, hints)
	if len(rows) == 0 {
		if whole {
			return d, ErrEmpty
		}
		return d, fmt.Errorf("no row ends within the first %d bytes", len(head))
	}
	if hints.Dialect == "" && !hints.Lazy {
		want := usual(rows)
		if n := len(rows[0].cells); n > 1 && hints.SkipTo == "" && headerLike(rows[0].cells) {
			want = n
		}
		if d.settle(wholeLines(head[rows[0].start:], d.eol, whole), want); d.style != quoted {
			rows = firstRows(head, &d, whole, hints.Comment, 60)
		}
	}
	first := headerRow(rows, hints)
	header := rows[first]
	if len(hints.Layouts) > 0 && !looksLikeHeader(header.cells, hints.Layouts[0]) {
		return d, d.headless(head, rows, hints)
	}
	d.header = true
	d.columns = columnNames(header.cells)
	d.spare = max(len(header.cells)-len(d.columns), spare(rows[first+1:], len(d.columns)))
	d.body = len(head)
	if first+1 < len(rows) {
		d.body, d.bodyLine = rows[first+1].start, rows[first+1].line
		d.skipped = d.blankRows(head[min(header.end+1, d.body):d.body], header.line+1+lines(head[header.start:header.end], d.eol))
	} else {
		d.body = min(header.end+1, len(head))
		if d.body < len(head) && head[header.end] == '\r' && head[d.body] == '\n' {
			d.body++
		}
		d.bodyLine = header.line + 1 + lines(head[header.start:header.end], d.eol)
	}
	d.mending(hints)
	return d, nil
}

// blankRows counts the rows of nothing but separators.
func (d *dialect) blankRows(text []byte, line int64) (found Blank) {
	for row := range bytes.SplitSeq(text, []byte{d.eol}) {
		if bytes.IndexByte(row, d.sep) >= 0 && d.blank(row) {
			found.add(line)
		}
		line++
	}
	return found
}

// separator finds what stands between cells: what makes most rows equally long.
func (d *dialect) separator(head []byte, whole bool, hints CSVHints) (rows []rowAt) {
	best := -1
	for _, sep := range []byte{',', ';', '\t', '|'} {
		try := *d
		try.sep = sep
		styles := []style{d.style}
		if hints.Dialect == "" && try.strict() {
			// A stray quote must not swallow the rows by which the separator is told.
			styles = append(styles, raw)
		}
		for _, try.style = range styles {
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
	}
	return rows
}

// wholeLines leaves out a last line that goes on behind the head.
func wholeLines(head []byte, eol byte, whole bool) []byte {
	if i := bytes.LastIndexByte(head, eol); !whole && i >= 0 {
		return head[:i+1]
	}
	return head
}

// headerRow finds the line with the names of the columns.
func headerRow(rows []rowAt, hints CSVHints) int {
	mode := usual(rows)
	for i, r := range rows {
		if hints.SkipTo != "" && contains(r.cells, hints.SkipTo) {
			return i
		}
		if hints.SkipTo == "" && len(r.cells) == mode && (i == 0 || headerLike(r.cells)) {
			return i
		}
	}
	return 0
}

// headless takes the columns from the layout that the rows have. Rows with more
// cells than any layout are refused, unless they are broken ones that can be mended.
func (d *dialect) headless(head []byte, rows []rowAt, hints CSVHints) error {
	d.body, d.bodyLine = rows[0].start, rows[0].line
	cells, most := map[int]int{}, 0
	for _, r := range rows {
		end, n, ok := d.rowEnd(head, r.start)
		if !ok {
			continue
		}
		if head[max(end-1, 0)] == d.sep || bytes.HasSuffix(head[:end], []byte{d.sep, '\r'}) {
			n--
		}
		if cells[n]++; cells[n] > cells[most] {
			most = n
		}
	}
	best, widest := -1, 0
	for _, columns := range hints.Layouts {
		for _, trailing := range []bool{true, false} {
			try := *d
			try.columns, try.trailing, try.spare = columns, trailing, spare(rows, len(columns))
			try.mending(hints)
			fit := 0
			for _, r := range rows {
				cells, err := try.cells(nil, string(head[r.start:r.end]))
				switch {
				case hints.Lazy && try.wellFormed(string(head[r.start:r.end]), cells, err), !hints.Lazy && try.filledCells(cells) == len(columns):
					fit += 2
				case hints.Lazy:
					if _, err := try.mend(string(head[r.start:r.end])); err == nil {
						fit++
					}
				}
			}
			if fit > best {
				best, d.columns, d.trailing, d.spare, d.repair = fit, columns, trailing, try.spare, try.repair
			}
		}
		widest = max(widest, len(columns))
	}
	if most > widest && cells[most]*2 > len(rows) {
		return fmt.Errorf("its rows have %d cells, more than any layout that is known (%s): it comes from a newer program. "+
			"Export JSON instead, or name the columns in a mapping file with csv: {columns: […]}", most, sizes(hints.Layouts))
	}
	return nil
}

func sizes(layouts [][]string) string {
	var out []string
	for _, l := range layouts {
		out = append(out, strconv.Itoa(len(l)))
	}
	return strings.Join(out, ", ")
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
	return slices.ContainsFunc(cells, func(c string) bool { return strings.EqualFold(strings.TrimSpace(c), name) })
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

// spare returns how many cells most rows have beyond those of the columns.
func spare(rows []rowAt, want int) int {
	longer, most := 0, 0
	for _, r := range rows {
		if n := len(r.cells) - want; n > 0 {
			longer, most = longer+1, max(most, n)
		}
	}
	if 2*longer <= len(rows) {
		return 0
	}
	return most
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
