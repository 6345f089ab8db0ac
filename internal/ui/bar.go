package ui

import (
	"bytes"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"
)

// screen is stderr as a terminal. Its last line belongs to one of three: a bar
// that is drawn again and again, a message that stays, or a question, during
// which nothing else is shown.
type screen struct {
	mu     sync.Mutex
	out    io.Writer
	drawn  bool // a bar stands on the last line
	asking bool
	over   bool         // nobody waits for progress any more
	held   bytes.Buffer // messages that came while a question waited
}

// clearLine goes to the beginning of the line and wipes it.
const clearLine = "\r\x1b[K"

// Write shows a message that stays, in place of the bar.
func (s *screen) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.asking {
		return s.held.Write(p)
	}
	if err := s.clear(); err != nil {
		return 0, err
	}
	return s.out.Write(p)
}

func (s *screen) clear() error {
	if !s.drawn {
		return nil
	}
	s.drawn = false
	_, err := io.WriteString(s.out, clearLine)
	return err
}

// draw puts text on the last line, in place of what was drawn there before.
func (s *screen) draw(text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.asking || s.over {
		return
	}
	s.drawn = true
	_, _ = io.WriteString(s.out, clearLine+text) // nobody looks at a bar that can't be shown
}

// wipe takes the bar away.
func (s *screen) wipe() {
	s.mu.Lock()
	defer s.mu.Unlock()
	_ = s.clear()
}

// ask shows a question. Until answered is called, nothing else is shown.
func (s *screen) ask(question string) (answered func(), err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.clear(); err != nil {
		return nil, err
	}
	s.asking = true
	_, err = io.WriteString(s.out, question)
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.asking = false
		_, _ = s.held.WriteTo(s.out)
	}, err
}

// leave keeps the line of a question that was not answered, and ends all drawing.
func (s *screen) leave() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.over = true
	_, _ = io.WriteString(s.out, "\n")
}

// bar is progress on a terminal: one line, drawn again and again.
type bar struct {
	mu     sync.Mutex
	screen *screen
	width  func() int
	now    func() time.Time
	every  time.Duration
	last   time.Time
	stage  string
	eta    eta
}

func (b *bar) Update(st Status) {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := b.now()
	left := b.eta.left(st, now)
	if now.Sub(b.last) < b.every && st.Stage == b.stage {
		return
	}
	b.last, b.stage = now, st.Stage
	b.screen.draw(barLine(st, left, b.width()-1)) // a full line would wrap
}

// barLine writes the figures of a run into width columns. What is drawn comes
// last: it is the first to go.
func barLine(st Status, left time.Duration, width int) string {
	head := Clip(st.Stage, width) + "  "
	text := head + fitting(st, left, max(width-Columns(head), 0))
	if st.Total <= 0 {
		return strings.TrimRight(text, " ")
	}
	drawn := picture(st.Done, st.Total, max(10, min(width/7, 24)))
	if Columns(text)+2+Columns(drawn) > width {
		return strings.TrimRight(text, " ")
	}
	return text + "  " + drawn
}

// picture draws how much is done as a percentage and a bar of so many columns.
func picture(done, total int64, columns int) string {
	p := progressbar.NewOptions64(
		total,
		progressbar.OptionSetWriter(io.Discard),
		progressbar.OptionSetWidth(columns),
		progressbar.OptionSetRenderBlankState(true),
		progressbar.OptionSetElapsedTime(false),
		progressbar.OptionSetPredictTime(false),
		progressbar.OptionSetTheme(progressbar.Theme{Saucer: "█", SaucerPadding: "░"}),
	)
	if err := p.Set64(max(0, min(done, total))); err != nil {
		return "" // nobody misses a picture that can't be drawn
	}
	return strings.TrimSpace(p.String())
}

func (b *bar) Note(line string) { _, _ = io.WriteString(b.screen, Line(line)+"\n") }

func (b *bar) Finish() { b.screen.wipe() }
