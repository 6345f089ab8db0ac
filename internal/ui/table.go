package ui

import (
	"fmt"
	"io"
	"strings"
)

// Table is rows under headings, made to fit a width.
type Table struct {
	Head  []string
	Rows  [][]string
	Right []bool // columns of numbers, aligned to the right
}

// Add appends a row; its cells are made inert.
func (t *Table) Add(cells ...string) {
	row := make([]string, len(cells))
	for i, c := range cells {
		row[i] = Line(c)
	}
	t.Rows = append(t.Rows, row)
}

// Write prints the table in at most width columns, indented. Where it would be
// wider, the widest columns are clipped first.
func (t *Table) Write(w io.Writer, width, indent int) error {
	widths := t.widths()
	room := width - indent - 2*(len(widths)-1)
	for total(widths) > room {
		widest := 0
		for i := range widths {
			if widths[i] > widths[widest] {
				widest = i
			}
		}
		if widths[widest] <= 8 {
			break
		}
		widths[widest]--
	}
	rows := t.Rows
	if len(t.Head) > 0 {
		rows = append([][]string{t.Head}, rows...)
	}
	for _, row := range rows {
		var b strings.Builder
		b.WriteString(strings.Repeat(" ", indent))
		for i, cell := range row {
			cell = Clip(cell, widths[i])
			gap := strings.Repeat(" ", widths[i]-Columns(cell))
			if i > 0 {
				b.WriteString("  ")
			}
			if i < len(t.Right) && t.Right[i] {
				b.WriteString(gap + cell)
			} else {
				b.WriteString(cell + gap)
			}
		}
		if _, err := fmt.Fprintln(w, strings.TrimRight(b.String(), " ")); err != nil {
			return err
		}
	}
	return nil
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
