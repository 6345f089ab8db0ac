package source

import "bytes"

// style is how a CSV file keeps the separators and line ends of its cells apart
// from its own.
type style uint8

const (
	quoted   style = iota // RFC 4180: cells in quotes, a quote inside is doubled
	enclosed              // MySQL's ENCLOSED BY: cells in quotes, a backslash stands before a quote inside
	doubled               // MySQL's ENCLOSED BY '"' ESCAPED BY '"': a quote stands before a quote or a line end inside, and NULL is "N
	escaped               // COPY, mysql --batch, INTO OUTFILE: no quotes, backslashes before what is special
	raw                   // sqlite3 .mode tabs, psql -A, mysql --raw: nothing is kept apart
)

// Dialects are the names of the dialects that a mapping can name.
var Dialects = []string{"rfc4180", "postgres", "mysql", "mysql-enclosed", "mysql-doubled", "raw"}

// dialect is how a CSV file is written.
type dialect struct {
	sep, eol byte
	columns  []string
	body     int   // offset of the first record
	bodyLine int64 // its line
	skipped  Blank // rows of nothing between the header and it
	header   bool  // the columns stand in the file

	style style
	spare int    // empty cells that rows have behind those of the columns
	wraps []bool // quoted, by column: every cell that is filled stands in quotes
	sure  bool   // escaped: the file holds escapes that nothing else explains
	octal bool   // escaped: PostgreSQL's \101 and \x41 are read
	nul   bool   // escaped: MySQL's \0 is read, whatever follows

	repair   *repair // how rows are mended that do not parse; nil for not at all
	trailing bool    // every row ends with a separator that no column belongs to
}

// CSVHints is what a preset knows about a CSV file.
type CSVHints struct {
	Layouts [][]string // the columns of a file without a header line, in each of the layouts there are
	Comment byte       // starts a comment line before the header; '#' always does
	SkipTo  string     // the header line is the first one with this column
	Dialect string     // one of Dialects; "" is found in the content

	Lazy  bool                           // quotes may stand unescaped inside a cell, line ends too: rows are mended
	Loose []string                       // columns that may hold separators
	Fits  func(column, cell string) bool // whether a cell may stand in a column; nil is always
}

// named sets the dialect that a mapping names.
func (d *dialect) named(name string) {
	switch name {
	case "postgres":
		d.style, d.sure, d.octal = escaped, true, true
	case "mysql":
		d.style, d.sure, d.nul = escaped, true, true
	case "mysql-enclosed":
		d.style = enclosed
	case "mysql-doubled":
		d.style = doubled
	case "raw":
		d.style = raw
	default:
		d.style = quoted
	}
}

// strict tells whether a cell that opens with a quote must be written as RFC 4180
// wants it. Files with commas come from many careless hands; tabs and bars are
// what programs write, some of which quote and some of which do not.
func (d *dialect) strict() bool { return d.sep == '\t' || d.sep == '|' }

// lineEnd returns where the line ends that starts at pos.
func (d *dialect) lineEnd(data []byte, pos int) int {
	if i := bytes.IndexByte(data[pos:], d.eol); i >= 0 {
		return pos + i
	}
	return len(data)
}

// continues tells whether a line of the escaped style goes on in the next one:
// its end has a backslash before it, which has none itself.
func continues(line []byte) bool {
	n := 0
	for n < len(line) && line[len(line)-1-n] == '\\' {
		n++
	}
	return n%2 == 1
}

// count returns how many cells a row has as its style splits it, and whether the
// row is written as that style writes rows.
func (d *dialect) count(row []byte) (cells int, ok bool) {
	switch d.style {
	case raw:
		return 1 + bytes.Count(row, []byte{d.sep}), true
	case escaped:
		if bytes.IndexByte(row, '\\') < 0 {
			return 1 + bytes.Count(row, []byte{d.sep}), true
		}
		cells, ok = 1, true
		for i := 0; i < len(row); i++ {
			switch row[i] {
			case d.sep:
				cells++
			case '\\':
				if i++; i == len(row) || !d.escape(row[i]) {
					ok = false
				}
			}
		}
		return cells, ok
	}
	end, cells, ok := d.rowEnd(row, 0)
	return cells, ok && end == len(row)
}

// escape tells whether a backslash before c is one that dumps write.
func (d *dialect) escape(c byte) bool {
	switch c {
	case '\\', 'N', 'n', 't', 'r', 'b', 'f', 'v', '0', 'Z', '\n', '\r', d.sep:
		return true
	}
	return d.octal && (c == 'x' || c >= '1' && c <= '7') || d.style == enclosed && c == '"'
}

// budget bounds how far rows are searched in vain for their end while a dialect is
// told, beyond their own line: without it a text of opening quotes costs quadratic time.
type budget int

// within returns the part of text in which the row at pos may end.
func (p budget) within(text []byte, line int) []byte {
	return text[:min(len(text), line+1+max(int(p), 0))]
}

// spend counts a search from pos to end that found no row.
func (p *budget) spend(pos, end int) { *p -= budget(end - pos) }

// rowEnd returns where the row with quotes ends that starts at pos, and how many
// cells it has. ok is false when it is not written as its style writes rows.
func (d *dialect) rowEnd(data []byte, pos int) (end, cells int, ok bool) {
	for i := pos; ; {
		cells++
		if d.style == doubled && d.null(data[i:]) {
			i += 2
		} else if i >= len(data) || data[i] != '"' {
			for i < len(data) && data[i] != d.sep && data[i] != d.eol {
				if data[i] == '\\' && d.style == enclosed && i+1 < len(data) {
					i++
				}
				i++
			}
		} else {
			if i, ok = d.cellEnd(data, i+1, cells == len(d.columns)); !ok {
				return i, cells, false
			}
			if i < len(data) && data[i] == '\r' && (i+1 == len(data) || data[i+1] == d.eol) {
				i++
			}
		}
		switch {
		case i >= len(data):
			return len(data), cells, true
		case data[i] == d.eol:
			return i, cells, true
		case data[i] != d.sep:
			return i, cells, false
		}
		i++
	}
}

// null tells whether a cell of the doubled style is NULL.
func (d *dialect) null(data []byte) bool {
	return len(data) > 1 && data[0] == '"' && data[1] == 'N' &&
		(len(data) == 2 || data[2] == d.sep || data[2] == d.eol || data[2] == '\r')
}

// cellEnd returns the place after the quote that closes a cell. last tells whether it
// is the row's last one, where a line end ends the row.
func (d *dialect) cellEnd(data []byte, i int, last bool) (int, bool) {
	for i < len(data) {
		switch c := data[i]; {
		case c == '\\' && d.style == enclosed:
			if i+1 < len(data) && !d.escape(data[i+1]) {
				return i, false
			}
			i++
		case c == '"':
			if i+1 < len(data) && (data[i+1] == '"' && d.style != enclosed || d.style == doubled && !last && data[i+1] == d.eol) {
				i++
				break
			}
			return i + 1, true
		}
		i++
	}
	return len(data), false
}
