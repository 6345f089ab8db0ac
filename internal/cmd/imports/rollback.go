package imports

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
	"github.com/kinde-migrate/kinde-migrate/internal/cli"
	"github.com/kinde-migrate/kinde-migrate/internal/cli/importjob"
	"github.com/kinde-migrate/kinde-migrate/internal/cli/input"
	"github.com/kinde-migrate/kinde-migrate/internal/cli/reports"
	"github.com/kinde-migrate/kinde-migrate/internal/engine"
	"github.com/kinde-migrate/kinde-migrate/internal/importer"
	"github.com/kinde-migrate/kinde-migrate/internal/job"
	"github.com/kinde-migrate/kinde-migrate/internal/report"
	"github.com/kinde-migrate/kinde-migrate/internal/ui"
)

type rollbackOptions struct {
	target cli.TargetOptions
	pace   cli.PaceOptions
	output cli.OutputOptions

	checkpoint, report          string
	dryRun, showValues          bool
	force, definitions, profile bool
}

func NewRollback(e *cli.Env) *cli.Command {
	o := &rollbackOptions{}
	return &cli.Command{
		Name:  "rollback",
		Short: "Undo an import: delete the users it created, restore the users it changed",
		Long: "Deletes the users that the import created, unless they have signed in since, and gives users that existed before their former state back as far as " +
			"the API shows it: names, picture, suspension, identities, properties, memberships and provided id. It lists what it can't restore. " +
			"Users that the import didn't change are not touched. Whatever stops it, the same command continues where it stopped.",
		Examples: []cli.Example{
			{What: "What would be deleted?", Line: "kinde-migrate rollback --checkpoint users.ndjson.checkpoint --dry-run"},
			{What: "Undo the import", Line: "kinde-migrate rollback --checkpoint users.ndjson.checkpoint"},
			{
				What: "Also delete the organizations, roles and properties that it created",
				Line: "kinde-migrate rollback --checkpoint users.ndjson.checkpoint --definitions",
			},
			{What: "Also delete users who have signed in since", Line: "kinde-migrate rollback --checkpoint users.ndjson.checkpoint --force"},
			{What: "A rehearsal", Line: "kinde-migrate rollback --checkpoint users.ndjson.sandbox.checkpoint --sandbox"},
		},
		Exits: []cli.Code{cli.ExitOK, cli.ExitFailed, cli.ExitUsage, cli.ExitRecords, cli.ExitAuth, cli.ExitCheckpoint, cli.ExitInterrupted},
		Flags: cli.FlagsOf([]cli.Flag{
			cli.BoolFlag(&o.dryRun, cli.CatPolicy, "dry-run", "say what would happen; write nothing"),
			cli.BoolFlag(
				&o.force,
				cli.CatPolicy,
				"force",
				"also delete users who have signed in since, and users who were recognised only by their names and the time",
			),
			cli.BoolFlag(
				&o.definitions,
				cli.CatPolicy,
				"definitions",
				"also delete the organizations, roles, permissions and properties that the import created",
			),
			cli.DeleteProfileFlag(&o.profile, cli.CatPolicy),
			cli.StringFlag(&o.checkpoint, cli.CatState, "checkpoint", "", "checkpoint `FILE` of the import"),
			cli.StringFlag(&o.report, cli.CatState, "report", "", "`DIR` for the reports; default <checkpoint>.rollback.report"),
			reports.ShowValuesFlag(&o.showValues),
		}, append(o.target.Flags(), o.target.SandboxFlag()), o.pace.Flags("50% on a live environment"),
			append(o.output.Flags(), o.output.YesFlag())),
		Run: func(ctx context.Context, in *cli.Invocation) error { return runRollback(ctx, e, o, in) },
	}
}

func runRollback(ctx context.Context, e *cli.Env, o *rollbackOptions, in *cli.Invocation) error {
	if len(in.Args) > 0 {
		return cli.Usagef(
			"choose the import with --checkpoint "+cli.ShellQuote(in.Args[0]),
			"rollback takes no arguments: %s",
			strings.Join(in.Args, " "),
		)
	}
	if o.report == "" {
		o.report = o.checkpoint + ".rollback.report"
		if o.dryRun {
			o.report = o.checkpoint + ".rollback.dry-run.report"
		}
	}
	store, resumeAs, err := o.openStore(cli.Hard(ctx), e, in)
	if err != nil {
		return err
	}
	recorder := engine.NewRecorder()
	conn, tenant, err := cli.ConnectSharing(cli.Hard(ctx), e, cli.ConnectOptions{Target: &o.target, Pace: &o.pace, Output: &o.output, In: in,
		SandboxState: cli.SandboxState(o.checkpoint), Known: cli.KnownRate(cli.Hard(ctx), o.checkpoint), Observe: recorder.Observe})
	if err != nil {
		return err
	}
	progress := e.IO.NewProgress(o.output.Quiet)
	defer progress.Finish()
	result, runErr := importer.Rollback(cli.Hard(ctx), importer.Job{
		Target:     tenant,
		Checkpoint: store,
		Recorder:   recorder,
		Pace:       conn,
		Drain:      ctx.Done(),
		Confirm: func(ctx context.Context, plan importer.Plan) error {
			progress.Finish()
			return conn.Confirm(ctx, plan.Environment, o.dryRun, "Undo what was done to "+ui.Count(plan.Pending, "user"))
		},
	}, importer.Options{RunID: cli.NewRunID(time.Now()), Version: cli.Version(), DryRun: o.dryRun, AwaitDelivery: true,
		Concurrency: o.pace.Concurrency,
		Progress:    &cli.JobProgress{Show: progress}},
		importer.RollbackOptions{Force: o.force, Definitions: o.definitions, Profile: o.profile})
	progress.Finish()
	return o.conclude(context.WithoutCancel(ctx), e, in, rollbackEnd{result, runErr, store, resumeAs})
}

// openStore opens the checkpoint of the import, or a copy for a dry run. From
// here on, and until the rollback is done, resume goes on with the rollback;
// afterwards again with the import, whose command line is returned.
func (o *rollbackOptions) openStore(ctx context.Context, e *cli.Env, in *cli.Invocation) (*checkpoint.Store, []byte, error) {
	there, err := cli.OpenCheckpoint(ctx, o.checkpoint)
	if err != nil {
		return nil, nil, err
	}
	if err := there.Close(); err != nil {
		return nil, nil, err
	}
	store, err := checkpoint.OpenFor(ctx, o.checkpoint, o.dryRun)
	if err != nil {
		return nil, nil, err
	}
	e.OnClose(store.Close)
	if o.dryRun {
		return store, nil, nil
	}
	before, err := store.Note(ctx, noteImported)
	if err == nil && len(before) == 0 {
		if before, err = store.Note(ctx, cli.NoteCommand); err == nil && len(before) > 0 {
			err = store.Commit(ctx, checkpoint.SetNote{Name: noteImported, JSON: before})
		}
	}
	if err != nil {
		return nil, nil, fmt.Errorf("keeping the command line of the import: %w", err)
	}
	line, err := in.Save("checkpoint")
	if err != nil {
		return nil, nil, fmt.Errorf("keeping the command line: %w", err)
	}
	return store, before, store.Commit(ctx, checkpoint.SetNote{Name: cli.NoteCommand, JSON: line})
}

// noteImported is the checkpoint's note that holds the command line of the
// import while a rollback of it is under way.
const noteImported = "command of the import"

// rollbackEnd is what is left when the importer has returned.
type rollbackEnd struct {
	result   importer.Result
	err      error
	store    *checkpoint.Store
	resumeAs []byte // command line of the import
}

// conclude writes the reports and decides how the command ends.
func (o *rollbackOptions) conclude(ctx context.Context, e *cli.Env, in *cli.Invocation, end rollbackEnd) error {
	if errors.Is(end.err, ui.ErrUnanswered) {
		return end.err
	}
	if end.result.Interrupted && errors.Is(end.err, context.Canceled) {
		end.err = nil
	}
	if _, refused := errors.AsType[*job.RefusedError](end.err); refused || checkpoint.ReasonOf(end.err) != "" {
		return end.err
	}
	r, err := report.Fold(ctx, end.store)
	if err != nil {
		return errors.Join(end.err, err)
	}
	r.DryRun, r.Interrupted = o.dryRun, r.Interrupted || end.result.Interrupted
	if o.dryRun {
		r.PlanExactly(end.result.Planned)
	}
	err = errors.Join(end.err, reports.Save(ctx, o.report, r, end.store.Reader, nil, o.showValues))
	if err != nil {
		return err
	}
	if !o.dryRun && !end.result.Interrupted {
		if err := o.over(ctx, end); err != nil {
			return err
		}
	}
	codes := []cli.Code{cli.ExitOK}
	if end.result.Interrupted {
		codes = append(codes, cli.ExitInterrupted)
	}
	if end.result.Failed > 0 || len(end.result.Left) > 0 {
		codes = append(codes, cli.ExitRecords)
	}
	for _, what := range end.result.Left {
		fmt.Fprintln(e.IO.Err, ui.Wrap("Still there: "+strings.TrimSuffix(ui.Line(what), ".")+".", e.IO.Width(), 0))
	}
	var next []string
	switch {
	case r.Interrupted, r.Stopped != "":
		next = []string{"Continue where it stopped:\n" + in.Rebuilt("rollback", "")}
	case o.dryRun:
		next = []string{"Next, do it:\n" + in.Rebuilt("rollback", "", "dry-run", "report")}
	case end.result.Failed > 0 || len(end.result.Left) > 0:
		next = []string{"Try again what failed:\n" + in.Rebuilt("rollback", "")}
	default:
		whole, err := end.store.Note(ctx, importjob.NoteWhole)
		if err != nil {
			return err
		}
		again, first := o.imported(end.resumeAs, in), o.imported(whole, in)
		switch {
		case again != "" && first != "":
			next = []string{"Next, when you have found the cause, import the whole source again:\n" + first, "Then what was corrected:\n" + again}
		case again != "":
			next = []string{"Next, when you have found the cause, import again:\n" + again}
		}
	}
	return reports.Show(e, &o.output, r, report.Guide{Folder: o.report, Next: next}, codes...)
}

// imported is the command of the import that was taken back, "" when it is not known.
func (o *rollbackOptions) imported(note []byte, in *cli.Invocation) string {
	saved, ok := cli.Saved(note)
	if !ok {
		return ""
	}
	again := in.Called() + " " + saved.Typed()
	if saved.Line[0] == "import" && !o.target.Sandbox && input.Beside(saved.Files(), ".checkpoint") != o.checkpoint {
		again += " --checkpoint " + cli.ShellQuote(o.checkpoint)
	}
	return again
}

// over ends the rollback in the checkpoint: resume means the import again.
func (o *rollbackOptions) over(ctx context.Context, end rollbackEnd) error {
	if err := end.store.Delivered(ctx); err != nil {
		return err
	}
	if len(end.resumeAs) == 0 {
		return nil
	}
	return end.store.Commit(ctx, checkpoint.SetNote{Name: cli.NoteCommand, JSON: end.resumeAs}, checkpoint.SetNote{Name: noteImported})
}
