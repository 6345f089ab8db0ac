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

	color bool
	width int
}

// NewIO finds out what the streams can do. Colour is used on a terminal unless
// NO_COLOR is set or TERM is dumb.
func NewIO(in io.Reader, out, errw io.Writer) *IO {
	s := &IO{In: in, Out: out, Err: errw, InTTY: isTerminal(in), OutTTY: isTerminal(out), ErrTTY: isTerminal(errw)}
	s.color = s.ErrTTY && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
	s.width = terminalWidth(out, errw)
	return s
}

// DisableColor turns colours off, whatever the terminal can do.
func (s *IO) DisableColor() { s.color = false }

// Color tells whether colours may be used on stderr.
func (s *IO) Color() bool { return s.color }

// Width returns the columns of the terminal, 80 when there is none.
func (s *IO) Width() int { return s.width }

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
				return min(w, 120)
			}
		}
	}
	if w, err := strconv.Atoi(os.Getenv("COLUMNS")); err == nil && w > 20 {
		return min(w, 120)
	}
	return 80
}
