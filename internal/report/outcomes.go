package report

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"iter"
	"strings"

	"github.com/gocarina/gocsv"

	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
)

// Outcome is one row of outcomes.csv.
type Outcome struct {
	Record      int64  `csv:"record"`
	Line        int64  `csv:"line"`
	SourceID    cell   `csv:"source_id"`
	KindeID     cell   `csv:"kinde_id"`
	Email       cell   `csv:"email"`
	Outcome     string `csv:"outcome"`
	SignIn      string `csv:"sign_in"`
	ProblemCode string `csv:"problem_code"`
	Problem     cell   `csv:"problem"`
}

// cell is text from the data. A spreadsheet runs a cell that begins like a
// formula, so such a cell gets a leading apostrophe, which shows it as text.
type cell string

// MarshalCSV writes the cell so that nothing in it runs.
func (c cell) MarshalCSV() (string, error) { return Inert(string(c)), nil }

// Inert returns text that a spreadsheet shows instead of running. A phone
// number, or any number with a sign, is not a formula and stays as it is.
func Inert(text string) string {
	if text == "" || !strings.ContainsRune("=+-@\t\r\n", rune(text[0])) || isNumber(text) {
		return text
	}
	return "'" + text
}

func isNumber(text string) bool {
	if text[0] != '+' && text[0] != '-' || len(text) == 1 {
		return false
	}
	for i, r := range text[1:] {
		switch {
		case r >= '0' && r <= '9':
		case strings.ContainsRune(" ().", r) && i > 0, r == '(' && i == 0:
		default:
			return false
		}
	}
	return true
}

// WriteOutcomes writes the table of outcomes, header included.
func WriteOutcomes(w io.Writer, rows iter.Seq2[Outcome, error]) error {
	if err := gocsv.Marshal([]Outcome{}, w); err != nil {
		return fmt.Errorf("writing the outcomes: %w", err)
	}
	out := bufio.NewWriterSize(w, 1<<16)
	var line []byte
	for row, err := range rows {
		if err != nil {
			return err
		}
		line = appendRow(line[:0], &row)
		if _, err := out.Write(line); err != nil {
			return fmt.Errorf("writing the outcomes: %w", err)
		}
	}
	return out.Flush()
}

// Records is the part of a checkpoint that lists records and their problems.
type Records interface {
	Job(ctx context.Context) (checkpoint.Job, bool, error)
	Records(ctx context.Context, where checkpoint.Selection) iter.Seq2[checkpoint.Record, error]
	Outlines(ctx context.Context, where checkpoint.Selection) iter.Seq2[checkpoint.Record, error]
	ProblemsBetween(ctx context.Context, from, to int64) iter.Seq2[checkpoint.Problem, error]
}

// Outcomes lists what became of each record, in the order of the source.
func Outcomes(ctx context.Context, c Records) iter.Seq2[Outcome, error] {
	return outcomes(ctx, c, checkpoint.Selection{})
}

// Gone lists the users who are gone from the source, and stay in the tenant.
func Gone(ctx context.Context, c Records) iter.Seq2[Outcome, error] {
	return outcomes(ctx, c, checkpoint.LeftSource)
}

func outcomes(ctx context.Context, c Records, of checkpoint.Selection) iter.Seq2[Outcome, error] {
	return func(yield func(Outcome, error) bool) {
		job, _, err := c.Job(ctx)
		if err != nil {
			yield(Outcome{}, err)
			return
		}
		const page = 1000
		batch := make([]checkpoint.Record, 0, page)
		flush := func() bool {
			if len(batch) == 0 {
				return true
			}
			worst, err := worstProblems(ctx, c, batch[0].ID, batch[len(batch)-1].ID)
			if err != nil {
				return yield(Outcome{}, err)
			}
			for i := range batch {
				if batch[i].Seen < job.Source {
					batch[i].Number, batch[i].Line = 0, 0 // left the source: another's record stands there now
				}
				if !yield(outcomeOf(&batch[i], job.Pass, worst[batch[i].ID]), nil) {
					return false
				}
			}
			batch = batch[:0]
			return true
		}
		for record, err := range c.Outlines(ctx, of) {
			if err != nil {
				yield(Outcome{}, err)
				return
			}
			if batch = append(batch, record); len(batch) == page && !flush() {
				return
			}
		}
		flush()
	}
}

// worstProblems finds, for each record of a range, the problem that decided its outcome.
func worstProblems(ctx context.Context, c Records, from, to int64) (map[int64]checkpoint.Problem, error) {
	worst := map[int64]checkpoint.Problem{}
	for p, err := range c.ProblemsBetween(ctx, from, to) {
		if err != nil {
			return nil, err
		}
		if old, ok := worst[p.Record]; !ok || old.Severity != "error" && p.Severity == "error" {
			worst[p.Record] = p
		}
	}
	return worst, nil
}

func outcomeOf(r *checkpoint.Record, pass int, p checkpoint.Problem) Outcome {
	return Outcome{
		Record: r.Number, Line: r.Line, SourceID: cell(r.SourceID), KindeID: cell(r.KindeID), Email: cell(r.Email),
		Outcome: string(r.ShownOutcome(pass)), SignIn: signIn(r), ProblemCode: p.Code, Problem: cell(about(p.Code, p.Field, p.Message)),
	}
}

// signIn is how the user will sign in; of whom the import leaves alone it can't tell.
func signIn(r *checkpoint.Record) string {
	if leftAlone(r.Outcome) {
		return ""
	}
	return r.SignIn
}

// leftAlone tells whether a record of this class has no part in what an import does.
func leftAlone(o checkpoint.Outcome) bool {
	return o == checkpoint.Rejected || o == checkpoint.Skipped || o == checkpoint.Deleted
}
