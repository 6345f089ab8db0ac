package source

import (
	"bytes"
	"regexp"
	"strings"
)

// splitter finds records. split appends to b.Spans those that lie wholly in
// b.Data, and returns how many bytes are done with. last tells that no more
// bytes follow; full that the record at the start of b.Data is over the limit, so
// that the splitter must get past it.
type splitter interface {
	split(b *Batch, last, full bool) (consumed int)
}

// lookahead bounds how many bytes may be searched in vain for the ends of quoted
// cells and of JSON elements; without it a file of opening quotes costs quadratic time.
const lookahead = 256 << 20

// csvSplitter finds the ends of rows.
type csvSplitter struct {
	d      *dialect
	line   int64
	wasted int
	skip   bool // within a line that is over the limit
	most   int  // rows that are wanted at once; 0 is all

	blank Blank
	gap   Blank // empty lines since the last row: those at the end of a file are no rows
}

// Blank counts the rows of a CSV file that hold nothing.
type Blank struct {
	Rows  int64
	Lines []int64 // of the first of them
}

// maxBlank is how many blank rows are named by their lines.
const maxBlank = 5

func (b *Blank) add(line int64) {
	if b.Rows++; len(b.Lines) < maxBlank {
		b.Lines = append(b.Lines, line)
	}
}

func (b *Blank) take(more *Blank) {
	for _, line := range more.Lines {
		b.add(line)
	}
	b.Rows += more.Rows - int64(len(more.Lines))
	*more = Blank{}
}

// Blank returns the rows of nothing that the last Scan that came to the end passed over.
func (f *File) Blank() Blank { return f.blank }

func (s *csvSplitter) split(b *Batch, last, full bool) int {
	data, pos := b.Data, 0
	for pos < len(data) && (s.most == 0 || len(b.Spans) < s.most) {
		end := bytes.IndexByte(data[pos:], s.d.eol)
		if end < 0 {
			if s.skip {
				return len(data)
			}
			if full && pos == 0 {
				s.skip = true
				b.Spans = append(b.Spans, Span{Start: 0, End: 0, Line: s.line, Broken: tooLong("row")})
				return len(data)
			}
			if !last {
				return pos
			}
			end = len(data)
		} else {
			end += pos
		}
		if s.skip {
			s.skip = false
			s.line++
			pos = end + 1
			continue
		}
		broken := ""
		more := int64(0)
		switch {
		case s.d.style == raw || s.d.style == escaped:
			stop, whole := s.d.continued(data, pos, end)
			short := false
			if whole && !s.d.sure {
				short, whole = s.d.cutShort(data, pos, stop)
			}
			if !whole && !last && !full {
				return pos
			}
			if short {
				broken = "the line after it is no row, so a cell of this one may hold a line end: this kind of output does not keep them apart"
			}
			more = lines(data[pos:stop], s.d.eol)
			end = stop
		case s.d.repair != nil:
			end, more = s.repaired(data, pos, end)
		case bytes.IndexByte(data[pos:end], '"') >= 0 || s.d.style == enclosed && bytes.IndexByte(data[pos:end], '\\') >= 0:
			stop, ok, open := s.quotedEnd(data, pos, end)
			if open && !last && !full && s.wasted < lookahead {
				return pos
			}
			if open {
				s.wasted += len(data) - pos
			}
			switch {
			case !ok:
				broken = "a quoted cell has no end"
			case stop > end && !s.d.spans(data[pos:stop], data[pos:end], len(s.d.columns)):
				broken = "a quoted cell has no end in this row: up to the next quote, other rows would be swallowed"
			default:
				more = lines(data[pos:stop], s.d.eol)
				end = stop
			}
		}
		trimmed := end
		if trimmed > pos && data[trimmed-1] == '\r' {
			trimmed--
		}
		switch {
		case !s.d.blank(data[pos:trimmed]):
			b.Spans = append(b.Spans, Span{Start: pos, End: trimmed, Line: s.line, Broken: broken})
			if s.gap.Rows > 0 {
				s.blank.take(&s.gap)
			}
		case bytes.IndexByte(data[pos:trimmed], s.d.sep) >= 0:
			s.blank.add(s.line)
		case data[pos] != '(' && data[pos] != '\\':
			s.gap.add(s.line)
		}
		s.line += 1 + more
		pos = min(end+1, len(data))
	}
	return pos
}

// quotedEnd returns where the row ends that starts at pos and whose first line
// ends at end. ok is false when a quoted cell runs on into other rows; open tells
// that data ends within a quoted cell.
func (s *csvSplitter) quotedEnd(data []byte, pos, end int) (stop int, ok, open bool) {
	limit := len(data)
	if s.wasted >= lookahead {
		limit = min(limit, pos+64<<10)
	}
	if s.d.style == enclosed || s.d.style == doubled {
		stop, _, ok = s.d.rowEnd(data[:limit], pos)
		return stop, ok, stop >= limit
	}
	for i := pos; ; {
		if data[i] != '"' {
			j := bytes.IndexByte(data[i:end], s.d.sep)
			if j < 0 {
				return end, true, false
			}
			if i += j + 1; i >= end {
				return end, true, false
			}
			continue
		}
		crossed := false
		for i++; ; {
			j := bytes.IndexByte(data[i:limit], '"')
			if j < 0 {
				return end, false, true
			}
			i += j + 1
			if !crossed && i > end {
				crossed = true
			}
			if i < limit && data[i] == '"' {
				i++
				continue
			}
			if i >= len(data) || data[i] == s.d.sep || data[i] == s.d.eol || data[i] == '\r' ||
				onlySpace(string(data[i:min(len(data), i+16)]), s.d.sep) {
				break
			}
			if crossed {
				// A quote in the middle of a cell that began lines ago: that one was never closed.
				return end, false, false
			}
		}
		if i > end {
			j := bytes.IndexByte(data[i:], s.d.eol)
			if j < 0 {
				end = len(data)
			} else {
				end = i + j
			}
		}
		j := bytes.IndexByte(data[i:end], s.d.sep)
		if j < 0 {
			return end, true, i >= len(data)
		}
		if i += j + 1; i >= end {
			return end, true, false
		}
	}
}

// blank tells whether a line is no record: white space, separators and nothing
// else, or what ends the output of a database client.
func (d *dialect) blank(line []byte) bool {
	for i, c := range line {
		switch {
		case c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\f' || c == '\v' || c == d.sep:
		case i == 0 && c == '(' && (d.strict() || d.style == raw):
			return footer.Match(line)
		case i == 0 && c == '\\' && d.style == escaped:
			return string(line) == `\.`
		default:
			return false
		}
	}
	return true
}

// footer is the last line of psql's output.
var footer = regexp.MustCompile(`^\(\d+ rows?\)\s*$`)

// continued returns where a row of the escaped style ends: a backslash before the
// end of a line makes it a part of a cell.
func (d *dialect) continued(data []byte, pos, end int) (stop int, whole bool) {
	for d.style == escaped && continues(data[pos:end]) {
		if end+1 >= len(data) {
			return min(end, len(data)), end < len(data)
		}
		end = d.lineEnd(data, end+1)
	}
	return end, true
}

// cutShort tells whether a row that looks whole is followed by what must be the
// rest of it: lines with too few cells that are no row together either. whole is
// false when more bytes are needed to tell.
func (d *dialect) cutShort(data []byte, pos, end int) (short, whole bool) {
	want, sep := len(d.columns), []byte{d.sep}
	if want < 2 || bytes.Count(data[pos:end], sep) != want-1 {
		return false, true
	}
	few, cells := 0, 1
	for at := end + 1; ; {
		if at >= len(data) {
			return few == 1 || few > 1 && cells != want, false
		}
		stop := d.lineEnd(data, at)
		line := data[at:stop]
		n := bytes.Count(line, sep)
		switch {
		case d.blank(bytes.TrimSuffix(line, []byte{'\r'})):
		case n >= want-1:
			return few == 1 || few > 1 && cells != want, true
		default:
			few, cells = few+1, cells+n
		}
		if few > maxCut {
			return true, true
		}
		at = stop + 1
	}
}

// maxCut bounds how many lines are looked at to find out where a row ends.
const maxCut = 50

// spans tells whether a row with line ends inside its quotes is one row: it has as
// many cells as the header, and its lines are not rows themselves.
func (d *dialect) spans(row, first []byte, want int) bool {
	if want < 2 {
		return true
	}
	cells, err := d.cells(nil, string(bytes.TrimSuffix(row, []byte{'\r'})))
	if err != nil || d.filledCells(cells) != want {
		return false
	}
	sep := []byte{d.sep}
	one, two := bytes.Split(first, sep), bytes.Split(row[bytes.LastIndexByte(row, d.eol)+1:], sep)
	if len(one) != want || len(two) != want {
		return true
	}
	for i := range one {
		if at := bytes.IndexByte(one[i], '@'); at > 0 && bytes.IndexByte(two[i], '@') > 0 {
			return false
		}
	}
	return len(one[0]) == 0 || !bytes.Equal(outline(one[0]), outline(two[0]))
}

// outline writes a text with 9 for digits and a for runs of other signs.
func outline(cell []byte) []byte {
	out := make([]byte, 0, len(cell))
	for _, c := range cell {
		switch {
		case c >= '0' && c <= '9':
			c = '9'
		case c > ' ' && c != '-':
			c = 'a'
		}
		if len(out) == 0 || out[len(out)-1] != c {
			out = append(out, c)
		}
	}
	return out
}

// filledCells returns how many cells a row has without the empty ones that rows of
// the file have behind those of the columns. A row that is longer than the others
// holds a separator too many somewhere, though its last cell may well be empty.
func (d *dialect) filledCells(cells []string) int {
	n, want := len(cells), len(d.columns)
	if n > want+d.spare {
		return n
	}
	for n > want && strings.TrimSpace(cells[n-1]) == "" {
		n--
	}
	return n
}
