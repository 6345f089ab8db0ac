package page

import (
	"fmt"
	"strings"
	"time"
)

// The size of the drawings, in the units of their view boxes.
const (
	chartWidth  = 960.0
	chartHeight = 180.0
	maxPoints   = 480
)

// chart is the throughput over the time of work: pauses between processes are
// cut out and drawn as a gap.
type chart struct {
	Width, Height float64
	Requests      string // polygon points
	Throttled     string
	Limit         string // polyline points
	Ticks         []tick
	Peak          int64
	Gaps          []float64
	Points        int
}

type tick struct {
	X      float64
	Label  string
	Anchor string // of the text: start, middle, end
}

func drawChart(seconds []Second) *chart {
	if len(seconds) < 2 {
		return nil
	}
	points := thin(seconds)
	c := &chart{Width: chartWidth, Height: chartHeight, Points: len(points)}
	peak := 1.0
	for _, p := range points {
		peak = max(peak, p.requests, p.limit)
	}
	c.Peak = int64(peak + 0.5)
	x := func(i int) float64 { return float64(i) / float64(len(points)) * chartWidth }
	y := func(v float64) float64 { return chartHeight - v/peak*(chartHeight-10) }
	var requests, throttled, limit strings.Builder
	fmt.Fprintf(&requests, "0,%.1f", chartHeight)
	fmt.Fprintf(&throttled, "0,%.1f", chartHeight)
	for i, p := range points {
		// A second is a step: a short run has few of them, and slopes would lie.
		fmt.Fprintf(&requests, " %.1f,%.1f %.1f,%.1f", x(i), y(p.requests), x(i+1), y(p.requests))
		fmt.Fprintf(&throttled, " %.1f,%.1f %.1f,%.1f", x(i), y(p.throttled), x(i+1), y(p.throttled))
		if p.limit > 0 {
			fmt.Fprintf(&limit, " %.1f,%.1f %.1f,%.1f", x(i), y(p.limit), x(i+1), y(p.limit))
		}
		if p.gap {
			c.Gaps = append(c.Gaps, x(i))
		}
	}
	fmt.Fprintf(&requests, " %.1f,%.1f", chartWidth, chartHeight)
	fmt.Fprintf(&throttled, " %.1f,%.1f", chartWidth, chartHeight)
	c.Requests, c.Throttled, c.Limit = requests.String(), throttled.String(), strings.TrimSpace(limit.String())
	ticks := min(6, len(points))
	for i := range ticks {
		at := i * (len(points) - 1) / max(1, ticks-1)
		anchor := "middle"
		switch {
		case i == 0:
			anchor = "start"
		case i == ticks-1:
			anchor = "end"
		}
		left := x(at)
		if i == ticks-1 {
			left = chartWidth
		}
		c.Ticks = append(c.Ticks, tick{X: left, Label: points[at].at.UTC().Format("15:04:05"), Anchor: anchor})
	}
	return c
}

// point is one or more seconds, as averages per second.
type point struct {
	at                         time.Time
	requests, throttled, limit float64
	gap                        bool // a pause lies before it
}

const pause = 30 * time.Second

func thin(seconds []Second) []point {
	per := (len(seconds) + maxPoints - 1) / maxPoints
	var points []point
	for start := 0; start < len(seconds); start += per {
		group := seconds[start:min(start+per, len(seconds))]
		p := point{at: group[0].At}
		for _, s := range group {
			p.requests += float64(s.Requests)
			p.throttled += float64(s.Throttled)
			p.limit = max(p.limit, s.Limit)
		}
		p.requests /= float64(len(group))
		p.throttled /= float64(len(group))
		p.gap = start > 0 && group[0].At.Sub(seconds[start-1].At) > pause
		points = append(points, p)
	}
	return points
}

// timeline is the processes that worked on the job, on one axis.
type timeline struct {
	Spans []timelineSpan
}

type timelineSpan struct {
	Span
	Left, Width float64 // percent of the axis
	Ended       string
}

func drawTimeline(spans []Span, now time.Time) *timeline {
	if len(spans) == 0 {
		return nil
	}
	from, to := spans[0].Started, now
	for _, s := range spans {
		if s.Started.Before(from) {
			from = s.Started
		}
		if s.Finished.After(to) {
			to = s.Finished
		}
	}
	length := to.Sub(from).Seconds()
	if length <= 0 {
		length = 1
	}
	t := &timeline{}
	for _, s := range spans {
		end, ended := s.Finished, s.End
		if end.IsZero() {
			end, ended = s.Started, "killed or still running"
		}
		left := s.Started.Sub(from).Seconds() / length * 100
		t.Spans = append(t.Spans, timelineSpan{
			Span: s, Ended: ended, Left: left,
			Width: min(100-left, max(0.4, end.Sub(s.Started).Seconds()/length*100)),
		})
	}
	return t
}
