package source

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
)

// evidence is what lines of a file say about how it is written.
type evidence struct {
	d    *dialect
	want int // cells of a row

	lines    int
	wrapped  []int // by column: cells in quotes
	open     []int // by column: cells that open with a quote and do not close as RFC 4180 wants
	filled   []int // by column: cells that are not empty
	needed   int   // cells in quotes that need them
	needless int   // cells in quotes that do not
	opened   int   // the sum of open
	stray    int   // those that hold a second quote
	inside   int   // cells without quotes around them that hold some
	joined   int   // rows that are whole only when quotes hold line ends and separators
}

// settle finds how cells are kept apart from what is between them. lines is a run
// of whole lines, rows of which have want cells.
func (d *dialect) settle(text []byte, want int) {
	e := evidence{d: d, want: want, wrapped: make([]int, want), open: make([]int, want), filled: make([]int, want)}
	if bytes.IndexByte(text, '"') >= 0 {
		e.read(text)
	}
	switch {
	case d.doubledBy(text, want):
		d.style = doubled
		return
	case d.enclosedBy(text, want, e.quotes()):
		d.style = enclosed
		return
	}
	if want < 2 {
		return
	}
	if d.strict() {
		if !e.quotes() {
			d.unquoted(text, want)
		}
		return
	}
	if as := *d; bytes.Contains(text, []byte{'\\', d.sep}) {
		as.style, as.sure = escaped, true
		if n := as.misfits(text, want); n == 0 || n < d.misfits(text, want)/2 {
			*d = as
			return
		}
	}
	// psql -A -F, keeps nothing apart, too: a quote in it is one of the text.
	if e.stray > 0 && e.needless+e.needed+e.joined == 0 {
		d.style = raw
		return
	}
	d.wraps = e.wraps()
}

// unquoted tells apart the files in which a backslash takes the meaning of what
// follows from those in which it means itself.
func (d *dialect) unquoted(text []byte, want int) {
	as := *d
	as.style = escaped
	plain, escapes, left := 0, 0, budget(8*len(text))
	for pos := 0; pos < len(text); {
		first := as.lineEnd(text, pos)
		end, _ := as.continued(left.within(text, first), pos, first)
		row := bytes.TrimSuffix(text[pos:end], []byte{'\r'})
		if bytes.IndexByte(row, '\\') >= 0 {
			if bytes.Count(text[pos:first], []byte{d.sep}) != want-1 {
				plain++
			}
			if n, ok := as.count(row); !ok || n != want {
				left.spend(pos, end)
				escapes++
				end = first
			}
			as.sure = as.sure || bytes.Contains(row, []byte(`\\`)) || bytes.Contains(row, []byte(`\N`)) || end > first
		}
		pos = end + 1
	}
	if escapes > 0 && plain <= escapes {
		d.style = raw
		return
	}
	*d = as
}

// enclosedBy tells whether quotes inside quoted cells have backslashes before
// them, and rows are whole only when that is minded.
func (d *dialect) enclosedBy(text []byte, want int, quotes bool) bool {
	if bytes.IndexByte(text, '"') < 0 || bytes.IndexByte(text, '\\') < 0 {
		return false
	}
	as, plain, bare := *d, *d, *d
	as.style, plain.style, bare.style, bare.sure = enclosed, quoted, escaped, true
	decisive := bytes.Contains(text, []byte(`\"`)) || bytes.Contains(text, []byte{'\\', d.eol}) ||
		bytes.Contains(text, []byte{d.sep, '\\', 'N', d.sep}) && bytes.Contains(text, []byte(`\\`))
	if !decisive {
		return false
	}
	bad := as.misfits(text, want)
	if without := bare.misfits(text, want); without < bad || without == bad && !quotes {
		return false // INTO OUTFILE without quotes: those that are there belong to the text
	}
	return bad == 0 || bad < plain.misfits(text, want)/2
}

// doubledBy tells whether rows are whole only when a quote takes the meaning from a
// quote or a line end behind it, as where a quote is MySQL's own escape.
func (d *dialect) doubledBy(text []byte, want int) bool {
	as, plain := *d, *d
	as.style, plain.style, as.columns = doubled, quoted, make([]string, want)
	null := false
	for _, end := range []byte{d.sep, d.eol, '\r'} {
		null = null || bytes.Contains(text, []byte{d.sep, '"', 'N', end})
	}
	if !null && !bytes.Contains(text, []byte{'"', d.eol}) {
		return false
	}
	without := plain.misfits(text, want)
	if without == 0 {
		return false
	}
	with := as.misfits(text, want)
	return with == 0 || null && with < without
}

// misfits counts the rows that are not written as the style wants.
func (d *dialect) misfits(text []byte, want int) int {
	bad, left := 0, budget(8*len(text))
	for pos := 0; pos < len(text); {
		line := d.lineEnd(text, pos)
		part := left.within(text, line)
		if len(bytes.TrimSpace(text[pos:line])) == 0 {
			pos = line + 1
			continue
		}
		end, n, ok := 0, 0, false
		if d.style == escaped {
			end, _ = d.continued(part, pos, line)
			n, ok = d.count(bytes.TrimSuffix(text[pos:end], []byte{'\r'}))
		} else {
			end, n, ok = d.rowEnd(part, pos)
		}
		if !ok || n != want {
			left.spend(pos, end)
			bad, end = bad+1, line
		}
		pos = end + 1
	}
	return bad
}

// read collects what lines with quotes say.
func (e *evidence) read(text []byte) {
	sep, left := []byte{e.d.sep}, budget(8*len(text))
	for pos := 0; pos < len(text); {
		end := e.d.lineEnd(text, pos)
		line := bytes.TrimSuffix(text[pos:end], []byte{'\r'})
		at := pos
		pos = end + 1
		if len(line) == 0 {
			continue
		}
		e.lines++
		as := *e.d
		as.style = quoted
		if bytes.IndexByte(line, '"') >= 0 {
			stop, n, ok := as.rowEnd(left.within(text, end), at)
			if ok && n == e.want && (stop > end && as.spans(text[at:stop], line, n) || stop <= end && bytes.Count(line, sep) != n-1) {
				e.joined++
				pos = stop + 1
				continue
			}
			left.spend(at, stop)
		}
		if bytes.Count(line, sep) == e.want-1 {
			column := 0
			for cell := range bytes.SplitSeq(line, sep) {
				e.cell(column, cell)
				column++
			}
		}
	}
}

// cell judges one cell of a line that has as many as it should.
func (e *evidence) cell(column int, cell []byte) {
	if len(cell) > 0 {
		e.filled[column]++
	}
	if bytes.IndexByte(cell, '"') < 0 {
		return
	}
	if cell[0] != '"' {
		e.inside++
		return
	}
	if end, ok := e.d.cellEnd(cell, 1, true); !ok || end != len(cell) {
		e.opened++
		e.open[column]++
		if bytes.IndexByte(cell[1:], '"') >= 0 {
			e.stray++
		}
		return
	}
	e.wrapped[column]++
	inner := cell[1 : len(cell)-1]
	if len(inner) == 0 || bytes.ContainsAny(inner, `",;`) || inner[0] == ' ' || inner[len(inner)-1] == ' ' {
		e.needed++
	} else {
		e.needless++
	}
}

// wraps tells of each column whether every cell that is filled stands in quotes. A
// cell that opens with one counts: how it ends is what a stray quote puts in doubt.
func (e *evidence) wraps() []bool {
	out := make([]bool, e.want)
	for i := range out {
		n := e.wrapped[i] + e.open[i]
		out[i] = n > 1 && n >= e.filled[i]-1
	}
	return out
}

// quotes tells whether quotes are the file's own, and no part of what cells hold.
func (e *evidence) quotes() bool {
	for column, n := range e.wrapped {
		if n > 1 && n >= e.filled[column]-1 {
			return true // whoever wrote it puts all of this column in quotes
		}
	}
	if e.opened == 0 {
		return e.needed+e.joined > 0
	}
	return e.needed+e.joined > e.opened
}

// sniffCSV finds how a CSV file is written. Where its head holds neither quotes nor
// backslashes, the first of them behind it tell whether they are the file's own.
func (f *File) sniffCSV(whole bool) error {
	d, err := sniffCSV(f.head, whole, f.opts.CSV)
	if err != nil {
		return err
	}
	if !whole && f.opts.CSV.Dialect == "" && d.strict() && d.repair == nil && !bytes.ContainsAny(f.head, "\"\\") {
		text, err := f.firstSpecial(int64(bytes.LastIndexByte(f.head, d.eol)+1), d.eol)
		if err != nil {
			return err
		}
		d.style = quoted
		d.settle(text, len(d.columns))
	}
	f.csv = d
	return nil
}

// firstSpecial returns whole lines from the first on that holds a quote or a backslash.
func (f *File) firstSpecial(from int64, eol byte) ([]byte, error) {
	block := make([]byte, sniffSize)
	for at := from; ; {
		n, err := f.decoded.ReadAt(block, at)
		if err != nil && !errors.Is(err, io.EOF) {
			return nil, fmt.Errorf("reading %s: %w", f.name, err)
		}
		i := bytes.IndexAny(block[:n], "\"\\")
		line := bytes.LastIndexByte(block[:max(i, 0)], eol) + 1
		switch {
		case n == 0 || i < 0 && n < len(block):
			return nil, nil
		case i >= 0 && (line == 0 || n < len(block)):
			return wholeLines(block[line:n], eol, n < len(block)), nil
		case i >= 0:
			at += int64(line) // once more, with the line at the start of the block
		default:
			// The line may have begun in this block.
			next := bytes.LastIndexByte(block[:n], eol) + 1
			if next == 0 {
				next = n
			}
			at += int64(next)
		}
	}
}

// nameless tells whether the cells of a header are values: an address, a hash, a
// date or a long number is no name of a column.
func nameless(columns []string) bool {
	for _, c := range columns {
		if at := strings.IndexByte(c, '@'); at > 0 && strings.Contains(c[at:], ".") || valueLike.MatchString(c) {
			return true
		}
	}
	return false
}

var valueLike = regexp.MustCompile(
	`^(\$2[abxy]?\$|\$argon2|\$P\$|pbkdf2_|\d{4}-\d\d-\d\d([ T]|$)|\+?\d{7,}$|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-)`,
)
