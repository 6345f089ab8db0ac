package job

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

// Progress is told how the work goes. Its methods are called from one
// goroutine, a few times a second, and must not block.
type Progress interface {
	// Phase begins a phase: "reading", "looking up", "importing", "memberships", "reading back", …
	// total is in records, 0 when unknown.
	Phase(name string, total int64)
	Update(State)
	// Note is something to tell the user at once: a wait, a tenant that is down.
	Note(message string)
}

// State is how far a run has come.
type State struct {
	Done    int64 // records settled in this phase
	Total   int64 // records of this phase; 0 unknown
	Counts  map[checkpoint.Outcome]int64
	Rate    float64 // requests per second, lately
	Limit   float64 // what the gate believes the tenant allows per second; 0 unknown
	Users   float64 // users per second, lately
	Held    bool    // a throttled tenant makes everyone wait
	Elapsed time.Duration
}

// Meter counts what a run does and tells the progress of it.
type Meter struct {
	recorder *engine.Recorder
	progress Progress
	now      func() time.Time
	start    time.Time

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

func newMeter(c *Config) *Meter {
	m := &Meter{recorder: c.Recorder, progress: c.Progress, now: c.Now, start: c.Now(), counts: map[checkpoint.Outcome]int64{}}
	m.recorder.OnPause(func(a kinde.Attempt) {
		if a.Silent >= time.Second {
			m.Note(fmt.Sprintf("the tenant has not answered for %s; trying again in %s", a.Silent.Round(time.Second), a.Wait.Round(time.Second)))
		}
	})
	return m
}

// Begin starts a phase of the work.
func (m *Meter) Begin(name string, total int64) { m.GoOn(name, 0, total) }

// GoOn starts a phase of which an earlier run has done a part.
func (m *Meter) GoOn(name string, done, total int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.total, m.done, m.users, m.since = total, done, 0, m.now()
	m.phases = append(m.phases, phase{name, total})
}

// Note tells something at once.
func (m *Meter) Note(text string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.notes) < 100 {
		m.notes = append(m.notes, text)
	}
}

// Scanned counts records that were read.
func (m *Meter) Scanned(n int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.done += n
}

// worked counts a user whose own steps are done. Their memberships may still wait
// for company: the bar must not stand still until they are written.
func (m *Meter) worked() {
	m.recorder.User(m.now())
	m.mu.Lock()
	defer m.mu.Unlock()
	m.done++
	m.users++
}

func (m *Meter) settled(outcome checkpoint.Outcome) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.counts[outcome]++
}

// tick tells how far the run is and keeps the counts.
func (r *Run) tick(ctx context.Context) error {
	now := r.cfg.Now()
	var limit float64
	var held time.Duration
	if pace := r.cfg.Pace; pace != nil {
		var inFlight int
		limit, inFlight, held = pace.Believed()
		r.cfg.Recorder.Sample(now, limit, inFlight)
		if learnt := pace.Learnt(); learnt != nil {
			if err := r.cfg.Store.Post(ctx, checkpoint.SetRate{State: learnt}); err != nil {
				return err
			}
		}
	}
	r.Meter.tell(now, limit, held)
	return r.cfg.Recorder.Flush(ctx, r.cfg.Store, r.Result.Run.ID)
}

func (m *Meter) tell(now time.Time, limit float64, held time.Duration) {
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

// ticks ticks until stop is closed.
func (r *Run) ticks(ctx context.Context, stop <-chan struct{}) error {
	ticker := time.NewTicker(tickEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			if err := r.tick(ctx); err != nil {
				return err
			}
		case <-stop:
			return nil
		case <-ctx.Done():
			return nil
		}
	}
}
