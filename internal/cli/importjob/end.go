package importjob

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/kinde-migrate/kinde-migrate/internal/atomicfile"
	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
	"github.com/kinde-migrate/kinde-migrate/internal/cli"
	"github.com/kinde-migrate/kinde-migrate/internal/cli/reports"
	"github.com/kinde-migrate/kinde-migrate/internal/importer"
	"github.com/kinde-migrate/kinde-migrate/internal/intake"
	"github.com/kinde-migrate/kinde-migrate/internal/report"
)

// OpenStore opens the checkpoint, or a temporary one for a dry run.
func (o *Options) OpenStore(ctx context.Context, e *cli.Env, in *cli.Invocation, conn *cli.Connection) (*checkpoint.Store, error) {
	if err := cli.PlaceOf("the report folder", o.Report, atomicfile.CheckFolder); err != nil {
		return nil, err
	}
	store, err := checkpoint.OpenFor(ctx, o.Checkpoint, o.DryRun)
	if err != nil {
		return nil, err
	}
	e.OnClose(store.Close)
	if err := conn.Owns(ctx, store.Reader); err != nil || o.DryRun {
		return store, err
	}
	line, err := in.Save("checkpoint")
	if err != nil {
		return nil, fmt.Errorf("keeping the command line: %w", err)
	}
	whole, err := o.wholeCommand(ctx, store.Reader, in.Args)
	if err != nil {
		return nil, fmt.Errorf("keeping the command line of the whole source: %w", err)
	}
	return store, store.Commit(ctx, checkpoint.SetNote{Name: NoteWhole, JSON: whole}, checkpoint.SetNote{Name: cli.NoteCommand, JSON: line})
}

// NoteWhole is the checkpoint's note that holds the command line of the source that
// corrections came after; it is empty where none did.
const NoteWhole = "command of the whole source"

// wholeCommand is what that note is to say when these files are imported.
func (o *Options) wholeCommand(ctx context.Context, job *checkpoint.Reader, files []string) ([]byte, error) {
	if !IsCorrection(files, o.Checkpoint) {
		return nil, nil
	}
	whole, err := job.Note(ctx, NoteWhole)
	if err != nil || len(whole) > 0 {
		return whole, err
	}
	was, err := job.Note(ctx, cli.NoteCommand)
	if err != nil {
		return nil, err
	}
	if saved, ok := cli.Saved(was); !ok || saved.Line[0] != "import" || IsCorrection(saved.Files(), o.Checkpoint) {
		return nil, nil
	}
	return was, nil
}

// End is what is left when the importer has returned.
type End struct {
	Result importer.Result
	Err    error
	Source *intake.Intake
	Store  *checkpoint.Store
	Conn   *cli.Connection
	Proved int64 // known passwords that opened their hash
}

// ExitCode turns how a run ended into exit codes, the worst of which counts.
func ExitCode(r *report.Report, result importer.Result) cli.Code {
	codes := []cli.Code{cli.ExitOK}
	if result.Interrupted {
		codes = append(codes, cli.ExitInterrupted)
	}
	if r.Totals.Rejected+r.Totals.Failed > 0 || result.TooMany {
		codes = append(codes, cli.ExitRecords)
	}
	if c := r.Reconciliation; c.Performed && c.Missing+c.Different+c.Unexpected > 0 {
		codes = append(codes, cli.ExitDifferences)
	}
	return cli.Worst(codes...)
}

// Save folds the checkpoint into the report folder.
func (o *Options) Save(ctx context.Context, end End) (*report.Report, error) {
	r, err := report.Fold(ctx, end.Store)
	if err != nil {
		return nil, err
	}
	r.Passwords.Proved = end.Proved
	r.DryRun, r.Source.Notices = o.DryRun, slices.Concat(end.Source.Notices(), r.Source.Notices)
	r.Interrupted = r.Interrupted || end.Result.Interrupted
	if end.Result.TooMany {
		r.Stopped = "more records failed than --max-errors allows"
	}
	maps.Copy(r.Options, o.Source.Pinned())
	if o.DryRun {
		r.PlanExactly(end.Result.Planned)
	}
	if err := reports.Save(ctx, o.Report, r, end.Store.Reader, end.Source, o.ShowValues); err != nil || o.DryRun {
		return r, err
	}
	return r, end.Store.Delivered(ctx)
}
