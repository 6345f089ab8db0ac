package ui

import (
	"fmt"
	"io"
	"slices"
	"strings"
)

// Table is rows under headings, made to fit a width.
type Table struct {
	Head  []string
	Rows  [][]string
	Right []bool // columns of numbers, aligned to the right
	// Spare names the headings of columns that a narrow terminal can do without,
	// the first to go first.
	Spare []string
}

// Add appends a row; its cells are made inert.
func (t *Table) Add(cells ...string) {
	row := make([]string, len(cells))
	for i, c := range cells {
		row[i] = Line(c)
	}
	t.Rows = append(t.Rows, row)
}

// Write prints the table in at most width columns, indented; 0 is any width. Where
// it would be wider, its longest texts are wrapped, then the spare columns are
// left out. Nothing is cut.
func (t *Table) Write(w io.Writer, width, indent int) error {
	shown, widths := t.fit(width - indent)
	if width <= 0 {
		shown, widths = t.whole()
	}
	rows := t.Rows
	if len(t.Head) > 0 {
		rows = append([][]string{t.Head}, rows...)
	}
	for _, row := range rows {
		cells, height := make([][]string, len(shown)), 1
		for i, column := range shown {
			if column < len(row) {
				cells[i] = pieces(row[column], widths[i])
			}
			height = max(height, len(cells[i]))
		}
		for line := range height {
			if _, err := fmt.Fprintln(w, t.line(cells, line, shown, widths, indent)); err != nil {
				return err
			}
		}
	}
	return nil
}

// line puts one line of a row's cells together.
func (t *Table) line(cells [][]string, line int, shown, widths []int, indent int) string {
	var b strings.Builder
	b.WriteString(strings.Repeat(" ", indent))
	for i, column := range shown {
		cell := ""
		if line < len(cells[i]) {
			cell = cells[i][line]
		}
		gap := strings.Repeat(" ", max(widths[i]-Columns(cell), 0))
		if i > 0 {
			b.WriteString("  ")
		}
		if column < len(t.Right) && t.Right[column] {
			b.WriteString(gap + cell)
		} else {
			b.WriteString(cell + gap)
		}
	}
	return strings.TrimRight(b.String(), " ")
}

// leastColumn is how narrow a column of texts may become before a spare one goes.
const leastColumn = 14

// fit chooses the columns that are shown and their widths.
func (t *Table) fit(room int) (shown, widths []int) {
	shown, widths = t.whole()
	spare := t.Spare
	for {
		narrow := slices.Clone(widths)
		if t.squeeze(shown, narrow, room, leastColumn) {
			return shown, narrow
		}
		if len(spare) == 0 {
			t.squeeze(shown, narrow, room, 6)
			return shown, narrow
		}
		if i := slices.IndexFunc(shown, func(c int) bool { return c < len(t.Head) && t.Head[c] == spare[0] }); i >= 0 {
			shown, widths = slices.Delete(shown, i, i+1), slices.Delete(widths, i, i+1)
		}
		spare = spare[1:]
	}
}

// squeeze takes from the widest columns of texts until all fit; none becomes
// narrower than least, and numbers keep their width.
func (t *Table) squeeze(shown, widths []int, room, least int) bool {
	for total(widths)+2*(len(widths)-1) > room {
		widest := -1
		for i := range widths {
			if shown[i] < len(t.Right) && t.Right[shown[i]] || widths[i] <= least {
				continue
			}
			if widest < 0 || widths[i] > widths[widest] {
				widest = i
			}
		}
		if widest < 0 {
			return false
		}
		widths[widest]--
	}
	return true
}

// whole returns all columns at the width of their longest cell.
func (t *Table) whole() (shown, widths []int) {
	widths = t.widths()
	for i := range widths {
		shown = append(shown, i)
	}
	return shown, widths
}

// pieces breaks a cell into lines of at most width columns, between words where it can.
func pieces(cell string, width int) []string {
	if Columns(cell) <= width {
		return []string{cell}
	}
	var lines []string
	rest := cell
	for Columns(rest) > width {
		end, space, col := len(rest), 0, 0
		for i, r := range rest {
			if col += runeColumns(r); col > width && i > 0 {
				end = i
				break
			}
			if r == ' ' {
				space = i
			}
		}
		if space > 0 && end < len(rest) && rest[end] != ' ' {
			end = space
		}
		lines = append(lines, strings.TrimRight(rest[:end], " "))
		rest = strings.TrimLeft(rest[end:], " ")
	}
	if rest != "" {
		lines = append(lines, rest)
	}
	return lines
}

func (t *Table) widths() []int {
	n := len(t.Head)
	for _, r := range t.Rows {
		n = max(n, len(r))
	}
	widths := make([]int, n)
	for i, h := range t.Head {
		widths[i] = Columns(h)
	}
	for _, r := range t.Rows {
		for i, c := range r {
			widths[i] = max(widths[i], Columns(c))
		}
	}
	return widths
}

func total(n []int) int {
	sum := 0
	for _, x := range n {
		sum += x
	}
	return sum
}

// Number writes n with a separator between thousands.
func Number[T ~int | ~int64](n T) string {
	s := fmt.Sprint(int64(n))
	sign := ""
	if strings.HasPrefix(s, "-") {
		sign, s = "-", s[1:]
	}
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return sign + s
}

// Bar draws a share of width columns in block characters.
func Bar(part, whole int64, width int) string {
	if whole <= 0 || part <= 0 {
		return ""
	}
	eighths := int(float64(part) / float64(whole) * float64(width) * 8)
	eighths = max(1, min(eighths, width*8))
	bar := strings.Repeat("█", eighths/8)
	if rest := eighths % 8; rest > 0 {
		bar += string([]rune("▏▎▍▌▋▊▉")[rest-1])
	}
	return bar
}

// Count writes a number with its noun: "1 record", "2,000 records".
func Count[T ~int | ~int64](n T, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return Number(n) + " " + noun + "s"
}
