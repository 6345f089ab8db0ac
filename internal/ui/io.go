// Package ui is how the tool speaks to a person: streams, colours, tables,
// progress and prompts, and the logger. It decides only how things look; what
// is said is its callers' business. It never writes to stdout by itself.
package ui

import (
	"io"
	"os"
	"strconv"

	"golang.org/x/term"
)

// IO is the process's streams and what they can do.
type IO struct {
	In  io.Reader
	Out io.Writer
	Err io.Writer

	InTTY  bool // a person can answer
	OutTTY bool
	ErrTTY bool // a progress bar may be drawn

	// Interrupted, once closed, ends a question that nobody has answered yet.
	Interrupted <-chan struct{}

	// Asking, unless nil, hears when a question begins and when it ends.
	Asking func(bool)

	color  bool
	screen *screen // nil where stderr is no terminal
	sized  []any   // streams whose width counts
}

// NewIO finds out what the streams can do. Colour is used on a terminal unless
// NO_COLOR is set or TERM is dumb.
func NewIO(in io.Reader, out, errw io.Writer) *IO {
	s := &IO{In: in, Out: out, Err: errw, InTTY: isTerminal(in), OutTTY: isTerminal(out), ErrTTY: isTerminal(errw)}
	s.color = s.ErrTTY && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
	s.sized = []any{out, errw}
	if s.ErrTTY {
		s.screen = &screen{out: errw}
		s.Err = &guard{s.screen}
	}
	if s.OutTTY {
		s.Out = &guard{out}
	}
	return s
}

// DisableColor turns colours off, whatever the terminal can do.
func (s *IO) DisableColor() { s.color = false }

// Color tells whether colours may be used on stderr.
func (s *IO) Color() bool { return s.color }

// Width returns the columns that prose is written for: those of the terminal, at
// most 120; 80 when there is none.
func (s *IO) Width() int { return min(s.columns(), 120) }

// TableWidth returns the columns that a table on w, one of the two outputs, may
// take: those of the terminal, and any number (0) where there is none, so that
// another program reads all of it.
func (s *IO) TableWidth(w io.Writer) int {
	if w == s.Out && s.OutTTY || w == s.Err && s.ErrTTY {
		return s.columns()
	}
	return 0
}

// columns asks the terminal again, since its window may have changed.
func (s *IO) columns() int { return terminalWidth(s.sized...) }

// Bold marks text on stderr, when it is a terminal with colours.
func (s *IO) Bold(text string) string {
	if !s.color {
		return text
	}
	return "\x1b[1m" + text + "\x1b[0m"
}

func isTerminal(stream any) bool {
	f, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

func terminalWidth(streams ...any) int {
	for _, s := range streams {
		if f, ok := s.(*os.File); ok {
			if w, _, err := term.GetSize(int(f.Fd())); err == nil && w > 20 {
				return w
			}
		}
	}
	if w, err := strconv.Atoi(os.Getenv("COLUMNS")); err == nil && w > 20 {
		return w
	}
	return 80
}
