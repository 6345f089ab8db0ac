package report

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
	"github.com/kinde-migrate/kinde-migrate/internal/ui"
)

// History is all that a checkpoint knows of one user.
type History struct {
	Record   int64          `json:"record"`
	Line     int64          `json:"line"`
	SourceID string         `json:"source_id"`
	KindeID  string         `json:"kinde_id"`
	Email    string         `json:"email"`
	Phone    string         `json:"phone"`
	Username string         `json:"username"`
	Outcome  string         `json:"outcome"`
	Owner    string         `json:"owner"`
	SignIn   string         `json:"sign_in"`
	Method   string         `json:"hash_method"`
	Problems []StoryProblem `json:"problems"`
	Events   []Event        `json:"events"`
}

// StoryProblem is something found wrong with the user.
type StoryProblem struct {
	Severity string `json:"severity"`
	Code     string `json:"code"`
	Field    string `json:"field"`
	Message  string `json:"message"`
	Hint     string `json:"hint"`
}

// Event is a step's state or a request, at its time.
type Event struct {
	At        time.Time `json:"at"`
	Step      string    `json:"step,omitempty"`
	State     string    `json:"state,omitempty"`
	Operation string    `json:"operation,omitempty"`
	Method    string    `json:"method,omitempty"`
	Status    int       `json:"status,omitempty"`
	Try       int       `json:"try,omitempty"`
	LatencyMS int64     `json:"latency_ms,omitempty"`
	Message   string    `json:"message,omitempty"`
}

// Histories is the part of a checkpoint that tells of one record.
type Histories interface {
	Job(ctx context.Context) (checkpoint.Job, bool, error)
	StepsOf(ctx context.Context, record int64) ([]checkpoint.Step, error)
	AttemptsOf(ctx context.Context, record int64) ([]checkpoint.Attempt, error)
	ProblemsOf(ctx context.Context, record int64) ([]checkpoint.Problem, error)
}

// HistoryOf gathers what is known of a record.
func HistoryOf(ctx context.Context, c Histories, r checkpoint.Record) (History, error) {
	s := History{
		Record:   r.Number,
		Line:     r.Line,
		SourceID: r.SourceID,
		KindeID:  r.KindeID,
		Email:    r.Email,
		Phone:    r.Phone,
		Username: r.Username,
		Owner:    string(r.Owner),
		SignIn:   r.SignIn,
		Method:   r.Method,
		Problems: []StoryProblem{},
		Events:   []Event{},
	}
	job, _, err := c.Job(ctx)
	if err != nil {
		return s, err
	}
	s.Outcome = string(r.ShownOutcome(job.Pass))
	problems, err := c.ProblemsOf(ctx, r.ID)
	if err != nil {
		return s, err
	}
	for _, p := range problems {
		s.Problems = append(s.Problems, StoryProblem{p.Severity, p.Code, p.Field, p.Message, p.Hint})
	}
	attempts, err := c.AttemptsOf(ctx, r.ID)
	if err != nil {
		return s, err
	}
	for _, a := range attempts {
		s.Events = append(
			s.Events,
			Event{
				At:        a.Started.UTC(),
				Operation: a.Operation,
				Method:    a.Method,
				Status:    a.Status,
				Try:       a.Try,
				LatencyMS: a.Latency.Milliseconds(),
				Message:   a.Error,
			},
		)
	}
	steps, err := c.StepsOf(ctx, r.ID)
	if err != nil {
		return s, err
	}
	for _, x := range steps {
		name := x.Kind
		if x.Key != "" {
			name += " " + x.Key
		}
		s.Events = append(s.Events, Event{At: x.At.UTC(), Step: name, State: string(x.State), Message: x.Message})
	}
	slices.SortStableFunc(s.Events, func(a, b Event) int { return a.At.Compare(b.At) })
	return s, nil
}

// WriteText tells the story to a person. Whoever asks for one user by name
// sees their data unmasked.
func (s *History) WriteText(w io.Writer, width, tables int) error {
	t := &text{width: width, tables: tables}
	t.line("%s", ui.Line(cmp.Or(s.Email, s.Phone, s.Username, s.SourceID, s.KindeID, "A user without a name")))
	t.line("")
	t.field("Record", fmt.Sprintf("%d, line %d", s.Record, s.Line))
	for _, x := range [][2]string{
		{"Source id", s.SourceID}, {"Kinde id", s.KindeID}, {"Phone", s.Phone}, {"Username", s.Username},
		{"Outcome", s.Outcome}, {"User", map[string]string{"created": "created by this job",
			"adopted": "created by this job; found again after a lost answer", "existed": "existed before this job"}[s.Owner]},
		{"Sign-in", s.SignIn}, {"Hash", s.Method},
	} {
		if x[1] != "" {
			t.field(x[0], ui.Line(x[1]))
		}
	}
	for _, p := range s.Problems {
		t.line("")
		t.field(p.Severity, ui.Line(fmt.Sprintf("%s %s: %s %s", p.Code, p.Field, p.Message, p.Hint)))
	}
	if len(s.Events) > 0 {
		t.line("")
		table := &ui.Table{Head: []string{"Time", "what", "result", ""}}
		for _, e := range s.Events {
			at := e.At.Local().Format("2006-01-02 15:04:05.000")
			if e.Operation != "" {
				result := fmt.Sprintf("%d in %d ms", e.Status, e.LatencyMS)
				if e.Status == 0 {
					result = "no answer"
				}
				if e.Try > 1 {
					result += fmt.Sprintf(", try %d", e.Try)
				}
				table.Add(at, e.Operation, result, e.Message)
			} else {
				table.Add(at, "step: "+e.Step, e.State, e.Message)
			}
		}
		_ = table.Write(&t.b, t.tables, 0) // a buffer does not fail
	}
	_, err := w.Write(t.b.Bytes())
	return err
}
