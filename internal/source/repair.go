package source

import (
	"slices"
	"strings"
)

// repair is what is known about rows of an exporter that does not quote as RFC
// 4180 wants it: which cells may hold separators, and what the others look like.
type repair struct {
	loose []bool // by column
	fits  func(column, cell string) bool
}

// maxSurplus bounds how many separators too many a row may have that is mended.
const maxSurplus = 12

// mending notes how broken rows of the file are mended.
func (d *dialect) mending(hints CSVHints) {
	if !hints.Lazy {
		return
	}
	d.repair = &repair{loose: make([]bool, len(d.columns)), fits: hints.Fits}
	for i, c := range d.columns {
		d.repair.loose[i] = slices.Contains(hints.Loose, c)
	}
}

// wellFormed tells whether a row stands as it should: every cell is closed, there
// are neither too few nor too many, and each looks like its column.
func (d *dialect) wellFormed(row string, cells []string, err error) bool {
	want := len(d.columns)
	n := len(cells)
	switch {
	case d.trailing:
		n--
	case d.header:
		n = d.filledCells(cells)
	}
	if err != nil || n != want || d.trailing && cells[want] != "" {
		return false
	}
	if d.repair.fits != nil {
		for i, c := range d.columns {
			if !d.repair.fits(c, cells[i]) {
				return false
			}
		}
	}
	if strings.IndexByte(row, '"') < 0 && strings.IndexByte(row, d.eol) < 0 {
		return true
	}
	end, _, ok := d.rowEnd([]byte(row), 0)
	return ok && end == len(row)
}

// ownQuotes gives quotes back to the cells that they belong to, and tells whether
// there were any: an exporter that quotes only cells with separators, and no quotes
// inside them, writes a name in quotes as it stands. Where another program quoted
// the file's first column too, its quotes are the file's.
func (d *dialect) ownQuotes(row string, cells []string) (found bool) {
	if strings.HasPrefix(row, `"`) {
		return false
	}
	for i := range d.columns {
		if !strings.HasPrefix(row, `"`) {
			_, row, _ = strings.Cut(row, string(d.sep))
			continue
		}
		if strings.Contains(cells[i], `"`) {
			return found // the length of what stands in the row is not known
		}
		row = strings.TrimPrefix(row[min(len(row), len(cells[i])+2):], string(d.sep))
		if d.repair.loose[i] && cells[i] != "" && !strings.ContainsAny(cells[i], "\r\n"+string(d.sep)) {
			cells[i], found = `"`+cells[i]+`"`, true
		}
	}
	return found
}

// repaired returns the end of a row that may hold line ends, and how many. A row
// that is written well ends where its quotes say; others go on as long as the
// lines behind them make them whole.
func (s *csvSplitter) repaired(data []byte, pos, end int) (int, int64) {
	d := s.d
	if len(d.columns) == 0 {
		return end, 0
	}
	if stop, n, ok := d.rowEnd(data[:min(len(data), pos+64<<10)], pos); ok && (n == len(d.columns) || n == len(d.columns)+1) {
		return stop, lines(data[pos:stop], d.eol)
	}
	stop := end
	for more := int64(0); more <= 5; more++ {
		if _, err := d.mend(string(data[pos:stop])); err == nil {
			return stop, more
		}
		if stop+1 >= len(data) {
			break
		}
		stop = d.lineEnd(data, stop+1)
	}
	return end, 0
}

// mend splits a row whose quotes are broken: its cells are found by what they look
// like. It fails unless there is exactly one way to do so.
func (d *dialect) mend(row string) ([]string, error) {
	m := mender{d: d, sep: string(d.sep), parts: make([]string, len(d.columns))}
	row = strings.TrimSuffix(row, "\r")
	tail := ""
	if i := strings.LastIndex(row, m.sep+`"{`); i >= 0 {
		// A JSON object in quotes is the last cell that is filled.
		end := len(strings.TrimRight(row, m.sep))
		if end-i < 5 || row[end-2:end] != `}"` {
			return nil, errBroken
		}
		tail, m.object = row[end:], object(row[i+2:end-1])
		row = row[:i]
		m.behind = len(tail)
	}
	m.tokens = strings.Split(row, m.sep)
	if m.object != "" {
		m.tokens = append(m.tokens, m.object)
		m.tokens = append(m.tokens, make([]string, m.behind)...)
	}
	if last := len(m.tokens) - 1; d.trailing && m.tokens[last] == "" {
		m.tokens = m.tokens[:last]
	}
	switch n := len(m.tokens) - len(d.columns); {
	case n < 0:
		return nil, malformed("the row has %d cells, and should have %d", len(m.tokens), len(d.columns))
	case n > maxSurplus:
		return nil, errBroken
	}
	if m.place(0, 0); m.ways != 1 {
		return nil, errBroken
	}
	return m.found, nil
}

var errBroken = malformed("its quotes are broken or its cells are not what they should be, and it can't be mended with certainty")

// object reads the inside of a JSON object in quotes. A quote in it is doubled,
// unless a backslash stands before it.
func object(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		b.WriteByte(s[i])
		switch {
		case s[i] == '\\' && i+1 < len(s):
			i++
			b.WriteByte(s[i])
		case s[i] == '"' && i+1 < len(s) && s[i+1] == '"':
			i++
		}
	}
	return b.String()
}

// mender tries the ways in which the parts of a row can be its cells.
type mender struct {
	d      *dialect
	sep    string
	tokens []string
	object string
	behind int

	parts []string
	found []string
	ways  int
	steps int
}

// place gives the tokens from at on to the columns from column on.
func (m *mender) place(column, at int) {
	if m.steps++; m.ways > 1 || m.steps > 10_000 {
		m.ways = max(m.ways, 2) // too many to be certain
		return
	}
	left := len(m.d.columns) - column
	if left == 0 {
		if at == len(m.tokens) {
			if m.ways++; m.ways == 1 {
				m.found = slices.Clone(m.parts)
			}
		}
		return
	}
	surplus := len(m.tokens) - at - left
	if surplus < 0 {
		return
	}
	if !m.d.repair.loose[column] {
		surplus = 0
	}
	for n := 1; n <= surplus+1; n++ {
		cell, ok := m.cell(column, m.tokens[at:at+n])
		if !ok {
			continue
		}
		m.parts[column] = cell
		m.place(column+1, at+n)
	}
}

// cell joins tokens, and tells whether they can be this column's cell.
func (m *mender) cell(column int, tokens []string) (string, bool) {
	cell := strings.Join(tokens, m.sep)
	r := m.d.repair
	fits := r.fits == nil || r.fits(m.d.columns[column], cell)
	if !r.loose[column] {
		return cell, fits
	}
	if len(cell) < 2 || cell[0] != '"' || cell[len(cell)-1] != '"' {
		// A cell is put in quotes because of the separators in it.
		return cell, fits && len(tokens) == 1
	}
	inner := cell[1 : len(cell)-1]
	if len(tokens) == 1 && !strings.ContainsAny(inner, "\"\r\n") {
		return cell, fits // it needs none: they are the text's own
	}
	if plain := strings.ReplaceAll(inner, `""`, ""); strings.IndexByte(plain, '"') < 0 {
		return strings.ReplaceAll(inner, `""`, `"`), fits
	}
	if len(tokens) == 1 {
		return cell, fits
	}
	return inner, fits
}
