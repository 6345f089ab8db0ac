package ui

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"
)

// Status is what a run knows of itself at one moment.
type Status struct {
	Stage     string // "Reading", "Importing", "Checking"
	Done      int64  // records (or bytes) of Total
	Total     int64  // 0 when unknown
	Bytes     bool   // Done and Total count bytes
	Failed    int64
	PerSecond float64       // requests, over the last seconds
	Limit     float64       // requests a second that the tenant is believed to allow; 0 when unknown
	Hold      time.Duration // how long the tenant still asks us to wait
	Note      string        // "the tenant does not answer; trying again in 20 s"
}

// Progress shows how a run goes. Update may be called often and from anywhere.
type Progress interface {
	Update(Status)
	Note(line string) // a line that stays
	Finish()
}

// NewProgress draws a bar on a terminal, prints a line every few seconds where
// there is none, and shows nothing when quiet.
func (s *IO) NewProgress(quiet bool) Progress {
	switch {
	case quiet:
		return silent{}
	case s.ErrTTY:
		return &bar{out: s.Err, width: s.width, color: s.color, now: time.Now, every: 120 * time.Millisecond}
	default:
		return &lines{out: s.Err, now: time.Now, every: 5 * time.Second}
	}
}

type silent struct{}

func (silent) Update(Status) {}
func (silent) Note(string)   {}
func (silent) Finish()       {}

// eta follows one stage and estimates its end from the pace since its start.
type eta struct {
	stage string
	since time.Time
	from  int64
}

func (e *eta) left(st Status, now time.Time) time.Duration {
	if st.Stage != e.stage {
		*e = eta{st.Stage, now, st.Done}
		return 0
	}
	moved, spent := st.Done-e.from, now.Sub(e.since)
	if st.Total <= st.Done || moved <= 0 || spent < 2*time.Second {
		return 0
	}
	return time.Duration(float64(spent) / float64(moved) * float64(st.Total-st.Done))
}

// figures writes what stands right of the bar, or on the status line.
func figures(st Status, left time.Duration) string {
	var parts []string
	switch {
	case st.Bytes && st.Total > 0:
		parts = append(parts, fmt.Sprintf("%s of %s", Size(st.Done), Size(st.Total)))
	case st.Bytes:
		parts = append(parts, Size(st.Done))
	case st.Total > 0:
		parts = append(parts, fmt.Sprintf("%s of %s", Number(st.Done), Number(st.Total)))
	case st.Done > 0:
		parts = append(parts, Number(st.Done))
	}
	if st.Failed > 0 {
		parts = append(parts, Number(st.Failed)+" failed")
	}
	if st.PerSecond > 0 {
		parts = append(parts, fmt.Sprintf("%.0f requests/s", st.PerSecond))
	}
	if st.Limit > 0 {
		parts = append(parts, fmt.Sprintf("limit about %.0f", st.Limit))
	}
	if st.Hold > 0 {
		parts = append(parts, "asked to wait "+Duration(st.Hold))
	}
	if left > 0 {
		parts = append(parts, Duration(left)+" left")
	}
	if st.Note != "" {
		parts = append(parts, st.Note)
	}
	return strings.Join(parts, ", ")
}

// lines is progress without a terminal: a line every few seconds.
type lines struct {
	mu    sync.Mutex
	out   io.Writer
	now   func() time.Time
	every time.Duration
	last  time.Time
	eta   eta
}

func (l *lines) Update(st Status) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	left := l.eta.left(st, now)
	if l.last.IsZero() {
		l.last = now
	}
	if now.Sub(l.last) < l.every {
		return
	}
	l.last = now
	text := st.Stage
	if f := figures(st, left); f != "" {
		text += ": " + f
	}
	fmt.Fprintln(l.out, Line(text))
}

func (l *lines) Note(line string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	fmt.Fprintln(l.out, Line(line))
}

func (l *lines) Finish() {}

// bar is progress on a terminal.
type bar struct {
	mu    sync.Mutex
	out   io.Writer
	width int
	color bool
	now   func() time.Time
	every time.Duration
	last  time.Time
	eta   eta
	pb    *progressbar.ProgressBar
	stage string
	total int64
}

func (b *bar) Update(st Status) {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := b.now()
	left := b.eta.left(st, now)
	if now.Sub(b.last) < b.every && st.Stage == b.stage {
		return
	}
	b.last = now
	if b.pb == nil || st.Stage != b.stage || st.Total != b.total {
		b.clear()
		b.start(st)
	}
	room := b.width - len(b.stage) - b.barWidth() - 14
	_ = b.pb.Set64(min(st.Done, max(st.Total, 1)))
	b.pb.Describe(b.stage + "  " + Clip(Line(figures(st, left)), max(room, 10)))
}

func (b *bar) barWidth() int { return max(8, min(24, b.width/5)) }

func (b *bar) start(st Status) {
	b.stage, b.total = st.Stage, st.Total
	total := st.Total
	if total <= 0 {
		total = -1
	}
	b.pb = progressbar.NewOptions64(total,
		progressbar.OptionSetWriter(b.out),
		progressbar.OptionSetWidth(b.barWidth()),
		progressbar.OptionSetElapsedTime(false),
		progressbar.OptionSetPredictTime(false),
		progressbar.OptionEnableColorCodes(false),
		progressbar.OptionThrottle(0),
		progressbar.OptionSpinnerType(14),
		// Without this the library draws on from a goroutine that nothing ends.
		progressbar.OptionSetSpinnerChangeInterval(0),
		progressbar.OptionSetTheme(progressbar.Theme{Saucer: "█", SaucerPadding: "░", BarStart: "", BarEnd: ""}),
	)
}

func (b *bar) clear() {
	if b.pb != nil {
		_ = b.pb.Clear()
		b.pb = nil
	}
}

func (b *bar) Note(line string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.clear()
	fmt.Fprintln(b.out, Line(line))
}

func (b *bar) Finish() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.clear()
	b.stage = ""
}

// Date writes a moment to the minute, "never" for none.
func Date(t time.Time) string {
	if t.IsZero() {
		return "never"
	}
	return t.UTC().Format("2006-01-02 15:04")
}

// Duration writes a time span as people say it: "8 s", "3 min 20 s", "2 h 05 min".
func Duration(d time.Duration) string {
	switch {
	case d < 0:
		return "0 s"
	case d < time.Second:
		return fmt.Sprintf("%d ms", d.Milliseconds())
	case d < 10*time.Second:
		return fmt.Sprintf("%.1f s", d.Seconds())
	case d < time.Minute:
		return fmt.Sprintf("%d s", int(d.Seconds()+0.5))
	case d < time.Hour:
		return fmt.Sprintf("%d min %02d s", int(d.Minutes()), int(d.Seconds())%60)
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h %02d min", int(d.Hours()), int(d.Minutes())%60)
	default:
		return fmt.Sprintf("%.1f days", d.Hours()/24)
	}
}

// Size writes bytes in the unit that fits.
func Size(n int64) string {
	switch {
	case n < 1<<10:
		return fmt.Sprintf("%d B", n)
	case n < 1<<20:
		return fmt.Sprintf("%.1f KiB", float64(n)/(1<<10))
	case n < 1<<30:
		return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20))
	default:
		return fmt.Sprintf("%.2f GiB", float64(n)/(1<<30))
	}
}
