package ui

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"
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
		return &bar{screen: s.screen, width: s.columns, now: time.Now, every: 120 * time.Millisecond}
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

// figures are what is known of a run at one moment, in the order in which they
// are read. On a line that is too short the last of least goes first.
func figures(st Status, left time.Duration) (texts []string, least []int) {
	add := func(rank int, text string) { texts, least = append(texts, text), append(least, rank) }
	switch {
	case st.Bytes && st.Total > 0:
		add(0, fmt.Sprintf("%s of %s", Size(st.Done), Size(st.Total)))
	case st.Bytes:
		add(0, Size(st.Done))
	case st.Total > 0:
		add(0, fmt.Sprintf("%s of %s", Number(st.Done), Number(st.Total)))
	case st.Done > 0:
		add(0, Number(st.Done))
	}
	if st.Failed > 0 {
		add(2, Number(st.Failed)+" failed")
	}
	if st.PerSecond > 0 {
		add(1, fmt.Sprintf("%.0f requests/s", st.PerSecond))
	}
	if st.Limit > 0 {
		add(4, fmt.Sprintf("limit about %.0f", st.Limit))
	}
	if left > 0 {
		add(1, Duration(left)+" left")
	}
	if st.Hold > 0 {
		add(3, "asked to wait "+Duration(st.Hold))
	}
	if st.Note != "" {
		add(3, st.Note)
	}
	return texts, least
}

// fitting joins the figures that fit into width columns.
func fitting(st Status, left time.Duration, width int) string {
	texts, least := figures(st, left)
	for {
		text := Line(strings.Join(texts, ", "))
		if Columns(text) <= width || len(texts) <= 1 {
			return Clip(text, width)
		}
		last := 0
		for i := range least {
			if least[i] >= least[last] {
				last = i
			}
		}
		texts, least = slices.Delete(texts, last, last+1), slices.Delete(least, last, last+1)
	}
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
	if f, _ := figures(st, left); len(f) > 0 {
		text += ": " + strings.Join(f, ", ")
	}
	fmt.Fprintln(l.out, Line(text))
}

func (l *lines) Note(line string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	fmt.Fprintln(l.out, Line(line))
}

func (l *lines) Finish() {}

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
