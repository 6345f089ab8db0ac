package report

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
	"github.com/kinde-migrate/kinde-migrate/internal/mapping"
)

// Checkpoint is what a report is made from. checkpoint.Reader and
// checkpoint.Store are ones.
type Checkpoint interface {
	Job(ctx context.Context) (checkpoint.Job, bool, error)
	Tenant(ctx context.Context) (checkpoint.Tenant, bool, error)
	Source(ctx context.Context) (checkpoint.Source, bool, error)
	Runs(ctx context.Context) ([]checkpoint.Run, error)
	Calls(ctx context.Context, run int64) ([]checkpoint.Call, error)
	Buckets(ctx context.Context, run int64) ([]checkpoint.Bucket, error)
	Note(ctx context.Context, name string) ([]byte, error)
	Count(ctx context.Context, where checkpoint.Selection) (int64, error)
	Totals(ctx context.Context) (map[checkpoint.Outcome]int64, error)
	Steps(ctx context.Context) (map[string]checkpoint.StepTotals, error)
	Groups(ctx context.Context, by checkpoint.GroupBy) ([]checkpoint.Group, error)
	PasswordsSet(ctx context.Context) (map[string]int64, error)
	PasswordsByFile(ctx context.Context) (int64, error)
	MFALost(ctx context.Context) (int64, error)
	ProblemCounts(ctx context.Context) (map[string]int64, error)
	FieldCounts(ctx context.Context, code string) (map[string]int64, error)
	Problems(ctx context.Context, limit int) ([]checkpoint.Problem, error)
	Differences(ctx context.Context, limit int) ([]checkpoint.Difference, error)
}

// Fold makes the report of the last run of a job, and checks that it adds up.
// It may be called while the run is still writing.
func Fold(ctx context.Context, c Checkpoint) (*Report, error) {
	job, ok, err := c.Job(ctx)
	if err != nil {
		return nil, fmt.Errorf("reading the job: %w", err)
	}
	r := New(job.Command)
	if !ok {
		return r, nil
	}
	if err := json.Unmarshal([]byte(job.Options), &r.Options); err != nil || r.Options == nil {
		r.Options = map[string]any{}
	}
	for _, part := range []struct {
		name string
		fold func(context.Context, Checkpoint) error
	}{
		{"runs", r.foldRun}, {"source and tenant", r.foldEnds}, {"records", r.foldRecords},
		{"passwords", r.foldPasswords}, {"problems", r.foldProblems}, {"read-back", r.foldReadBack}, {"fields", r.foldAccount},
	} {
		if err := part.fold(ctx, c); err != nil {
			return nil, fmt.Errorf("reading the %s of the checkpoint: %w", part.name, err)
		}
	}
	if job.Source > 1 && r.Source.Filtered == 0 { // what was left out is not gone
		if r.Source.Gone, err = c.Count(ctx, checkpoint.LeftSource); err != nil {
			return nil, fmt.Errorf("counting who is gone from the source: %w", err)
		}
	}
	if job.Source > 1 {
		if r.Source.Standing, err = c.Count(ctx, checkpoint.Standing); err != nil {
			return nil, fmt.Errorf("counting whose records were rejected although they are in the tenant: %w", err)
		}
	}
	if n := r.Totals.Created + r.Totals.Updated; n > 0 {
		r.API.CallsPerUser = round(float64(r.API.Calls) / float64(n))
	}
	return r, r.Check()
}

// foldRun takes the last process that worked on the job: times and API calls are its own.
func (r *Report) foldRun(ctx context.Context, c Checkpoint) error {
	runs, err := c.Runs(ctx)
	if err != nil || len(runs) == 0 {
		return err
	}
	run := runs[len(runs)-1]
	r.RunID, r.Version, r.Resumed = run.Name, run.Version, run.Resumed
	if run.Command != "" {
		r.Command = run.Command
	}
	r.StartedAt, r.FinishedAt = run.Started.UTC(), run.Finished.UTC()
	if run.Finished.IsZero() {
		r.FinishedAt = time.Now().UTC().Truncate(time.Millisecond)
	}
	r.ElapsedSeconds = round(r.FinishedAt.Sub(r.StartedAt).Seconds())
	r.Interrupted = run.End == "interrupted"
	if run.End == "failed" {
		r.Stopped = run.Error
	}
	calls, err := c.Calls(ctx, run.ID)
	if err != nil {
		return err
	}
	for _, call := range calls {
		r.API.Calls += call.Calls
		r.API.Throttled += call.Throttled
		r.API.Retried += call.Retried
		r.API.ByOperation[call.Operation] = Operation{call.Calls, call.Succeeded, call.Failed}
	}
	buckets, err := c.Buckets(ctx, run.ID)
	if err != nil {
		return err
	}
	for _, b := range buckets {
		if b.Limit > 0 {
			r.API.LearnedRate = round(b.Limit)
		}
	}
	if r.ElapsedSeconds > 0 {
		r.API.CallsPerSecond = round(float64(r.API.Calls) / r.ElapsedSeconds)
	}
	return nil
}

func (r *Report) foldEnds(ctx context.Context, c Checkpoint) error {
	s, ok, err := c.Source(ctx)
	if err != nil {
		return err
	}
	if ok {
		for _, f := range s.Files {
			r.Source.Files = append(r.Source.Files, File{Path: f.Path, Bytes: f.Bytes, SHA256: f.SHA256})
		}
		r.Source.Format, r.Source.Preset, r.Source.MappingSHA256 = s.Format, s.Preset, s.MappingSHA256
		if s.Evidence != "" {
			r.Source.Evidence = []string{s.Evidence}
		}
		r.Source.Rows, r.Source.Filtered = s.Rows, s.Filtered
		r.Passwords.Hashes, r.Passwords.Joined, r.Passwords.JoinedNobody = s.Hashes, s.Joined, s.JoinedNobody
	}
	t, ok, err := c.Tenant(ctx)
	if err != nil {
		return err
	}
	if ok {
		r.Target = TargetAt(t.Origin, t.Name, t.Live)
	}
	return nil
}

func (r *Report) foldRecords(ctx context.Context, c Checkpoint) error {
	totals, err := c.Totals(ctx)
	if err != nil {
		return err
	}
	t := &r.Totals
	for outcome, n := range totals {
		t.Records += n
		if class := t.class(outcome); class != nil {
			*class += n
		}
	}
	steps, err := c.Steps(ctx)
	if err != nil {
		return err
	}
	for _, name := range StepNames {
		s := steps[name]
		r.Steps[name] = Step{Wanted: s.Wanted, Done: s.Done, Failed: s.Failed}
	}
	r.Passwords.ResetRequested = steps[checkpoint.StepReset].Done
	groups, err := c.Groups(ctx, checkpoint.BySignIn)
	if err != nil {
		return err
	}
	for _, g := range groups {
		if !leftAlone(g.Outcome) {
			r.SignIn.Count(g.Value, g.Count)
		}
	}
	r.SignIn.MFALost, err = c.MFALost(ctx)
	return err
}

// class returns the counter of an outcome.
func (t *Totals) class(o checkpoint.Outcome) *int64 {
	switch o {
	case checkpoint.Created:
		return &t.Created
	case checkpoint.Updated:
		return &t.Updated
	case checkpoint.Unchanged:
		return &t.Unchanged
	case checkpoint.Skipped:
		return &t.Skipped
	case checkpoint.Rejected:
		return &t.Rejected
	case checkpoint.Failed:
		return &t.Failed
	case checkpoint.Pending:
		return &t.Pending
	case checkpoint.Deleted:
		return &t.Deleted
	}
	return nil
}

func (r *Report) foldPasswords(ctx context.Context, c Checkpoint) error {
	set, err := c.PasswordsSet(ctx)
	if err != nil {
		return err
	}
	for method, n := range set {
		r.Passwords.ByMethod[method] += n
		r.Passwords.Set += n
	}
	r.Passwords.ByFile, err = c.PasswordsByFile(ctx)
	return err
}

func (r *Report) foldProblems(ctx context.Context, c Checkpoint) error {
	byCode, err := c.ProblemCounts(ctx)
	if err != nil {
		return err
	}
	var all int64
	for code, n := range byCode {
		r.Problems.ByCode[code] = n
		all += n
	}
	r.Passwords.Unsupported = byCode["PASSWORD_UNSUPPORTED"]
	r.Passwords.Stale = byCode["PASSWORD_STALE"]
	if byCode[string(mapping.IdentityTaken)] > 0 {
		taken, err := c.FieldCounts(ctx, string(mapping.IdentityTaken))
		if err != nil {
			return err
		}
		r.asksWhoseIDs(taken["id"])
	}
	items, err := c.Problems(ctx, MaxItems)
	if err != nil {
		return err
	}
	list := newListing()
	for _, p := range items {
		item := Problem{
			Record:   p.Number,
			Line:     p.Line,
			SourceID: p.SourceID,
			Severity: p.Severity,
			Code:     p.Code,
			Field:    p.Field,
			Message:  p.Message,
			Hint:     p.Hint,
		}
		if p.File >= 0 && p.File < len(r.Source.Files) && p.Number > 0 {
			item.File = r.Source.Files[p.File].Path
		}
		list.add(item)
	}
	r.Problems.Items, r.Problems.Truncated = list.list()
	r.Problems.Truncated = all > int64(len(r.Problems.Items))
	return nil
}

func (r *Report) foldReadBack(ctx context.Context, c Checkpoint) error {
	note, err := c.Note(ctx, checkpoint.NoteReconciliation)
	if err != nil || note == nil {
		return err
	}
	var found checkpoint.Reconciliation
	if err := json.Unmarshal(note, &found); err != nil {
		return fmt.Errorf("decoding the result of the read-back: %w", err)
	}
	differences, err := c.Differences(ctx, MaxItems+1)
	if err != nil {
		return err
	}
	to := &r.Reconciliation
	if sum := found.Matched + found.Missing + found.Different + found.Explained; found.Run != r.RunID && sum != r.Totals.Records {
		// It read back an earlier version of the source: the run of this one was cut
		// off before its own, or has not come to it.
		to.NotVerifiable = append(to.NotVerifiable, found.NotVerifiable...)
		return nil
	}
	to.Fresh, to.At = found.Performed && found.Run != "" && found.Run == r.RunID, found.At
	to.Performed, to.Matched, to.Missing, to.Different = found.Performed, found.Matched, found.Missing, found.Different
	to.Explained, to.Unexpected = found.Explained, found.Unexpected
	to.CheckedFields = append(to.CheckedFields, found.CheckedFields...)
	to.NotVerifiable = append(to.NotVerifiable, found.NotVerifiable...)
	r.LongestOpenMS = found.Longest
	for i, d := range differences {
		if i == MaxItems {
			to.Truncated = true
			break
		}
		to.Differences = append(to.Differences, Difference{d.SourceID, d.KindeID, d.Kind, d.Field, d.Expected, d.Actual})
	}
	return nil
}

// round keeps three digits after the point.
func round(x float64) float64 {
	if x < 0 {
		return 0
	}
	return float64(int64(x*1000+0.5)) / 1000
}
