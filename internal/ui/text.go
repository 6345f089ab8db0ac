package ui

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Inert returns text that can't steer a terminal: control characters, escape
// sequences and marks that turn the writing direction are replaced. New lines
// and tabs stay.
func Inert(text string) string {
	return strings.Map(func(r rune) rune {
		if steers(r) {
			return utf8.RuneError
		}
		return r
	}, text)
}

// steers tells whether a terminal does something else with it than showing it.
func steers(r rune) bool {
	return unicode.IsControl(r) && r != '\n' && r != '\t' ||
		r >= 0x202A && r <= 0x202E || r >= 0x2066 && r <= 0x2069 || r == 0x200E || r == 0x200F || r == 0x061C
}

// Line is Inert for text that must stay on one line.
func Line(text string) string {
	return Inert(strings.NewReplacer("\r\n", " ", "\n", " ", "\t", " ").Replace(text))
}

// Wrap breaks text into lines of at most width columns, each indented. A word
// longer than a line stays whole.
func Wrap(text string, width, indent int) string {
	room := max(width-indent, 20)
	pad := strings.Repeat(" ", indent)
	var b strings.Builder
	for p, paragraph := range strings.Split(text, "\n") {
		if p > 0 {
			b.WriteByte('\n')
		}
		col := 0
		for i, word := range strings.Fields(paragraph) {
			w := Columns(word)
			switch {
			case i == 0:
				b.WriteString(pad)
			case col+1+w > room:
				b.WriteString("\n" + pad)
				col = 0
			default:
				b.WriteByte(' ')
				col++
			}
			b.WriteString(word)
			col += w
		}
	}
	return b.String()
}

// Clip shortens text to width columns, with an ellipsis where something is missing.
func Clip(text string, width int) string {
	if Columns(text) <= width {
		return text
	}
	if width < 1 {
		return ""
	}
	col := 0
	for i, r := range text {
		w := runeColumns(r)
		if col+w > width-1 {
			return text[:i] + "…"
		}
		col += w
	}
	return text
}

// Columns returns how many columns of a terminal text takes.
func Columns(text string) int {
	n := 0
	for _, r := range text {
		n += runeColumns(r)
	}
	return n
}

func runeColumns(r rune) int {
	switch {
	case unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf):
		return 0
	case r >= 0x1100 && (r <= 0x115F || r >= 0x2E80 && r <= 0xA4CF || r >= 0xAC00 && r <= 0xD7A3 ||
		r >= 0xF900 && r <= 0xFAFF || r >= 0xFE30 && r <= 0xFE6F || r >= 0xFF00 && r <= 0xFF60 || r >= 0x1F300 && r <= 0x1FAFF):
		return 2
	}
	return 1
}
