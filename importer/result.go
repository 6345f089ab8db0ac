package importer

import (
	"context"
	"errors"

	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
	"github.com/kinde-migrate/kinde-migrate/internal/importer"
	"github.com/kinde-migrate/kinde-migrate/internal/intake"
	"github.com/kinde-migrate/kinde-migrate/internal/job"
	"github.com/kinde-migrate/kinde-migrate/internal/report"
)

// Result is what the checkpoint knows of the whole source after a run. Records
// is the sum of the eight classes that follow it; a user is in exactly one.
type Result struct {
	Records, Created, Updated, Unchanged, Skipped, Rejected, Failed, Pending, Deleted int64

	Resumed  bool  // an earlier run was gone on with
	Stopped  bool  // by MaxErrors
	Requests int64 // that this run made

	// ReadBack is how the tenant compared, afterwards, with what was wanted.
	ReadBack Comparison
	Missing  []Missing // names that the tenant lacks
	Problems []Problem // the first thousand, errors first
}

// Problem is something wrong with one user.
type Problem struct {
	Record, Line int64
	SourceID     string
	Error        bool   // the user was kept out; otherwise a value was left out
	Code         string // "EMAIL_INVALID", as the reports name it
	Field        string
	Message      string
	Hint         string
}

// A RefusedError tells that nothing was written, because of what was asked for.
type RefusedError struct {
	Message string
	Try     string // what to do
}

func (e *RefusedError) Error() string { return e.Message }

// refused makes the refusals of the inner packages those of this one.
func refused(err error) error {
	if e, ok := errors.AsType[*job.RefusedError](err); ok {
		return &RefusedError{e.Message, e.Try}
	}
	if e, ok := errors.AsType[*intake.RefusedError](err); ok {
		return &RefusedError{e.Message, e.Try}
	}
	return err
}

// conclude gathers what the checkpoint knows after a run.
func conclude(ctx context.Context, store *checkpoint.Store, ended importer.Result, err error) (Result, error) {
	if ended.Interrupted {
		err = context.Cause(ctx)
	}
	r, foldErr := report.Fold(context.WithoutCancel(ctx), store)
	if foldErr != nil {
		return Result{}, errors.Join(refused(err), foldErr)
	}
	t, c := r.Totals, r.Reconciliation
	out := Result{t.Records, t.Created, t.Updated, t.Unchanged, t.Skipped, t.Rejected, t.Failed, t.Pending, t.Deleted,
		ended.Resumed, ended.TooMany, r.API.Calls,
		Comparison{Matched: c.Matched, Missing: c.Missing, Different: c.Different, Explained: c.Explained, Unexpected: c.Unexpected},
		missing(ended.Unknown), nil}
	for _, p := range r.Problems.Items {
		out.Problems = append(out.Problems, Problem{p.Record, p.Line, p.SourceID, p.Severity == "error", p.Code, p.Field, p.Message, p.Hint})
	}
	return out, refused(err)
}
