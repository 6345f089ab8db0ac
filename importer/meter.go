package importer

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
	"github.com/kinde-migrate/kinde-migrate/internal/engine"
	"github.com/kinde-migrate/kinde-migrate/kinde"
)

// Pace is what is shown and remembered of a gate.
type Pace interface {
	// Believed returns what the gate believes the tenant allows, in requests
	// per second (0: unknown), how many requests are in flight, and how long
	// everyone is still held back.
	Believed() (limit float64, inFlight int, held time.Duration)
	// Learnt returns what to remember for the next run, JSON, or nil.
	Learnt() json.RawMessage
}

// meter measures a run, tells the progress and keeps counts in the checkpoint.
type meter struct {
	store    *checkpoint.Store
	recorder *engine.Recorder
	pace     Pace
	progress Progress
	now      func() time.Time
	start    time.Time
	run      int64

	mu     sync.Mutex
	total  int64
	done   int64
	users  int64
	counts map[checkpoint.Outcome]int64
	notes  []string
	phases []phase
	since  time.Time // when the phase began
}

type phase struct {
	name  string
	total int64
}

func newMeter(j *Job, opt *Options) *meter {
	m := &meter{store: j.Checkpoint, recorder: j.Recorder, pace: j.Pace, progress: opt.Progress, now: opt.Now, start: opt.Now(),
		counts: map[checkpoint.Outcome]int64{}}
	m.recorder.OnPause(func(a kinde.Attempt) {
		if a.Silent > 0 {
			m.note(fmt.Sprintf("the tenant has not answered for %s; trying again in %s", a.Silent.Round(time.Second), a.Wait.Round(time.Second)))
		}
	})
	return m
}

// begin starts a phase of the work.
func (m *meter) begin(name string, total int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.total, m.done, m.users, m.since = total, 0, 0, m.now()
	m.phases = append(m.phases, phase{name, total})
}

func (m *meter) note(text string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.notes) < 100 {
		m.notes = append(m.notes, text)
	}
}

func (m *meter) scanned(n int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.done += n
}

// worked counts a user whose own steps are done. His memberships may still wait
// for company: the bar must not stand still until they are written.
func (m *meter) worked() {
	m.recorder.User(m.now())
	m.mu.Lock()
	defer m.mu.Unlock()
	m.done++
	m.users++
}

func (m *meter) settled(outcome checkpoint.Outcome) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.counts[outcome]++
}

// tick tells how far the run is and keeps the counts.
func (m *meter) tick(ctx context.Context) error {
	now := m.now()
	var limit float64
	var inFlight int
	var held time.Duration
	if m.pace != nil {
		limit, inFlight, held = m.pace.Believed()
		m.recorder.Sample(now, limit, inFlight)
		if learnt := m.pace.Learnt(); learnt != nil {
			if err := m.store.Post(ctx, checkpoint.SetRate{State: learnt}); err != nil {
				return err
			}
		}
	}
	m.tell(now, limit, held)
	if m.run == 0 {
		return nil
	}
	return m.recorder.Flush(ctx, m.store, m.run)
}

func (m *meter) tell(now time.Time, limit float64, held time.Duration) {
	if m.progress == nil {
		return
	}
	m.mu.Lock()
	phases, notes := m.phases, m.notes
	m.phases, m.notes = nil, nil
	state := State{Done: m.done, Total: m.total, Counts: make(map[checkpoint.Outcome]int64, len(m.counts)), Limit: limit, Held: held > 0,
		Rate: m.recorder.Rate(now), Elapsed: now.Sub(m.start)}
	for k, v := range m.counts {
		state.Counts[k] = v
	}
	if spent := now.Sub(m.since).Seconds(); spent > 0 {
		state.Users = float64(m.users) / spent
	}
	m.mu.Unlock()
	for _, p := range phases {
		m.progress.Phase(p.name, p.total)
	}
	for _, n := range notes {
		m.progress.Note(n)
	}
	m.progress.Update(state)
}

// tickEvery is how often the progress is told and the counts are kept.
const tickEvery = 500 * time.Millisecond

// run ticks until stop is closed.
func (m *meter) loop(ctx context.Context, stop <-chan struct{}) error {
	ticker := time.NewTicker(tickEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			if err := m.tick(ctx); err != nil {
				return err
			}
		case <-stop:
			return nil
		case <-ctx.Done():
			return nil
		}
	}
}
