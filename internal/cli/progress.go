package cli

import (
	"strings"

	"github.com/kinde-migrate/kinde-migrate/internal/job"
	"github.com/kinde-migrate/kinde-migrate/internal/ui"
)

// JobProgress shows how far a job is.
type JobProgress struct {
	Show  ui.Progress
	stage string
}

// Phase begins a phase. It is shown by the Update that follows, which also knows
// how much of it an earlier run has done.
func (p *JobProgress) Phase(name string, _ int64) {
	p.stage = strings.ToUpper(name[:min(1, len(name))]) + name[min(1, len(name)):]
}

// Update shows a state.
func (p *JobProgress) Update(s job.State) {
	st := ui.Status{
		Stage:     p.stage,
		Done:      s.Done,
		Total:     s.Total,
		Failed:    s.Counts["failed"] + s.Counts["rejected"],
		PerSecond: s.Rate,
		Limit:     s.Limit,
	}
	if s.Held {
		st.Note = "the tenant asked to wait"
	}
	p.Show.Update(st)
}

// Note shows a line that stays.
func (p *JobProgress) Note(message string) { p.Show.Note(message) }
