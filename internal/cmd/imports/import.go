// Package imports holds the commands that bring users into a tenant, look at an
// export before that, and take an import back.
package imports

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
	"github.com/kinde-migrate/kinde-migrate/internal/cli"
	"github.com/kinde-migrate/kinde-migrate/internal/cli/importjob"
	"github.com/kinde-migrate/kinde-migrate/internal/cli/input"
	"github.com/kinde-migrate/kinde-migrate/internal/cli/reports"
	"github.com/kinde-migrate/kinde-migrate/internal/engine"
	"github.com/kinde-migrate/kinde-migrate/internal/importer"
	"github.com/kinde-migrate/kinde-migrate/internal/intake"
	"github.com/kinde-migrate/kinde-migrate/internal/job"
	"github.com/kinde-migrate/kinde-migrate/internal/report"
	"github.com/kinde-migrate/kinde-migrate/internal/ui"
)

type importOptions struct {
	importjob.Options
	fresh bool
}

func NewImport(e *cli.Env) *cli.Command {
	o := &importOptions{}
	return &cli.Command{
		Name:  "import",
		Args:  "FILE…",
		Short: "Import the users of an export into a tenant",
		Long: "Reads one or more export files, detects which provider they come from, and creates their users with every identity, password hash, property, " +
			"membership and role that Kinde can hold. Whatever stops it, the same command continues where it stopped; with nothing left to do it makes no request. " +
			"At the end it reads back what it touched. With --sandbox it runs on a tenant inside this process, and creates there what the source names.",
		Examples: []cli.Example{
			{What: "Rehearse on a tenant inside this process", Line: "kinde-migrate import --sandbox users.ndjson"},
			{What: "What would happen in the real tenant?", Line: "kinde-migrate import users.ndjson --dry-run"},
			{
				What: "An Auth0 export with its hashes in a second file",
				Line: "kinde-migrate import users.ndjson --passwords hashes.ndjson --create-missing",
			},
			{
				What: "Prove first that a known password matches its hash",
				Line: "kinde-migrate import users.csv --verify-password ana@example.com=ana-password.txt",
			},
			{What: "A pilot of 50 people of every kind", Line: "kinde-migrate import users.ndjson --sample 50"},
			{
				What: "A newer export on the same checkpoint: only what changed",
				Line: "kinde-migrate import users-new.ndjson --checkpoint users.ndjson.checkpoint",
			},
			{What: "At most 20 requests a second, and no questions", Line: "kinde-migrate import users.csv --rate 20 --yes"},
		},
		Exits: []cli.Code{
			cli.ExitOK,
			cli.ExitFailed,
			cli.ExitUsage,
			cli.ExitRecords,
			cli.ExitAuth,
			cli.ExitCheckpoint,
			cli.ExitDifferences,
			cli.ExitInterrupted,
		},
		Flags: cli.FlagsOf(
			o.Source.Flags(),
			o.policyFlags(),
			o.Source.PolicyFlags(),
			o.Source.SelectionFlags(),
			o.stateFlags(),
			append(
				o.Target.Flags(),
				o.Target.SandboxFlag(),
			),
			o.Pace.Flags("100%"),
			append(o.Output.Flags(), o.Output.YesFlag(), reports.DashboardFlag(&o.Dashboard)),
		),
		Run: func(ctx context.Context, in *cli.Invocation) error { return runImport(ctx, e, o, in) },
	}
}

func (o *importOptions) policyFlags() []cli.Flag {
	return []cli.Flag{
		cli.BoolFlag(&o.DryRun, cli.CatPolicy, "dry-run", "say what would happen; write nothing"),
		cli.BoolFlag(
			&o.Complete,
			cli.CatPolicy,
			"complete",
			"find the users that the dashboard imported from the files of convert, and add what these files could not hold",
		),
		cli.ChoiceFlag(cli.StringFlag(&o.OnExisting, cli.CatPolicy, "on-existing", "skip",
			"users that this checkpoint did not create: `POLICY` skip, update or fail"), importjob.OnExisting),
		cli.BoolFlag(&o.OverwritePasswords, cli.CatPolicy, "overwrite-passwords", "also set the password of users that existed before"),
		cli.BoolFlag(
			&o.CreateMissing,
			cli.CatPolicy,
			"create-missing",
			"create property definitions (private), organizations, roles and permissions that the tenant lacks",
		),
		cli.BoolFlag(
			&o.RefreshClaims,
			cli.CatPolicy,
			"refresh-claims",
			"refresh the claims of existing users whose roles, flags or properties changed",
		),
		cli.BoolFlag(&o.NoReconcile, cli.CatPolicy, "no-reconcile", "skip the read-back of what this run touched"),
		cli.BoolFlag(&o.RetryFailed, cli.CatPolicy, "retry-failed", "also try again what the API refused"),
		cli.StringFlag(&o.MaxErrors, cli.CatPolicy, "max-errors", "", "stop, to be resumed, after `N` or N% failed records"),
		cli.BoolFlag(&o.Strict, cli.CatPolicy, "strict", "stop before the first write if the source names something that the tenant lacks"),
		cli.BoolFlag(
			&o.Mirror,
			cli.CatPolicy,
			"mirror",
			"also remove identities, memberships and roles that the job added and the source dropped",
		),
		cli.ChoiceFlag(cli.StringFlag(&o.Gone, cli.CatPolicy, "gone", "keep",
			"users that are missing from a newer source: `POLICY` keep, suspend or delete"), importjob.Gone),
		cli.StringFlag(&o.MaxGone, cli.CatPolicy, "max-gone", "1%", "refuse if more than `P%` of the users are gone"),
		cli.BoolFlag(&o.AcceptChanges, cli.CatPolicy, "accept-changes", "accept options that differ from the last run"),
		cli.BoolFlag(
			&o.fresh,
			cli.CatPolicy,
			"fresh",
			"with --sandbox: delete the last rehearsal, its tenant and its checkpoint, and start over",
		),
		cli.BoolFlag(&o.NewSource, cli.CatPolicy, "new-source", "accept another source on this checkpoint"),
	}
}

func (o *importOptions) stateFlags() []cli.Flag {
	return []cli.Flag{
		cli.StringFlag(&o.Checkpoint, cli.CatState, "checkpoint", "", "`FILE` that keeps the state of the job; default <first file>.checkpoint"),
		cli.StringFlag(&o.Report, cli.CatState, "report", "", "`DIR` for the reports; default <checkpoint>.report"),
		cli.StringFlag(&o.KeepDropped, cli.CatState, "keep-dropped", "", "write what Kinde can't hold to `FILE` (NDJSON)"),
		reports.ShowValuesFlag(&o.ShowValues),
	}
}

func runImport(ctx context.Context, e *cli.Env, o *importOptions, in *cli.Invocation) (err error) {
	o.Paths(in.Args)
	if err := o.Settings(e, in); err != nil {
		return err
	}
	reading, err := o.Source.Reading(e, in.Args)
	if err != nil {
		return err
	}
	options, err := o.Importer(in.Args)
	if err != nil {
		return err
	}
	if err := o.converted(); err != nil {
		return err
	}
	checks, err := o.Source.Checks()
	if err != nil {
		return err
	}
	if err := o.startOver(in.Args); err != nil {
		return err
	}
	recorder := engine.NewRecorder()
	conn, err := cli.Connect(e, cli.ConnectOptions{
		Target: &o.Target, Pace: &o.Pace, Output: &o.Output, In: in,
		SandboxState: input.Beside(in.Args, ".sandbox.tenant"), Known: cli.KnownRate(cli.Hard(ctx), o.Checkpoint), Observe: recorder.Observe,
	})
	if err != nil {
		return err
	}
	if err := checks.Ask(ctx, e.IO); err != nil {
		return err
	}
	source, err := input.Open(ctx, e, reading)
	if err != nil {
		return err
	}
	store, err := o.OpenStore(cli.Hard(ctx), e, in, conn)
	if err != nil {
		return err
	}
	if err := reports.ServeDashboard(ctx, e, o.Dashboard, store.Reader, o.ShowValues); err != nil {
		return err
	}
	progress := e.IO.NewProgress(o.Output.Quiet)
	defer progress.Finish()
	kept, err := newKeeper(o.KeepDropped)
	if err != nil {
		return err
	}
	defer kept.abort()
	options.Progress = &cli.JobProgress{Show: progress}
	result, runErr := importer.Run(cli.Hard(ctx), importer.Job{
		Source:     &importjob.Source{Intake: source, Checks: checks, Watch: kept.watch},
		Target:     conn.Client,
		Checkpoint: store,
		Recorder:   recorder,
		Pace:       conn,
		Drain:      ctx.Done(),
		Confirm:    o.confirmer(e, conn, in, source, progress),
	}, options)
	progress.Finish()
	if err := kept.commit(); err != nil {
		return errors.Join(runErr, err)
	}
	return o.conclude(
		ctx,
		e,
		in,
		importjob.End{Result: result, Err: runErr, Source: source, Store: store, Conn: conn, Proved: checks.Proved()},
	)
}

// converted refuses to complete what was never converted.
func (o *importOptions) converted() error {
	if !o.Complete {
		return nil
	}
	if _, err := os.Stat(o.Checkpoint); errors.Is(err, fs.ErrNotExist) {
		return cli.Usagef(
			"write the files first with kinde-migrate convert, or pass its checkpoint with --checkpoint",
			"there is no conversion to complete: %s does not exist",
			o.Checkpoint,
		)
	}
	return nil
}

// conclude writes the reports and decides how the command ends.
func (o *importOptions) conclude(ctx context.Context, e *cli.Env, in *cli.Invocation, end importjob.End) error {
	ctx = context.WithoutCancel(ctx)
	if errors.Is(end.Err, ui.ErrUnanswered) {
		return end.Err
	}
	if end.Result.Interrupted && errors.Is(end.Err, context.Canceled) {
		end.Err = nil
	}
	if end.Err != nil {
		if _, ok := errors.AsType[*job.RefusedError](end.Err); ok || checkpoint.ReasonOf(end.Err) != "" {
			return end.Err
		}
		if _, err := o.Save(ctx, end); err != nil {
			return errors.Join(end.Err, err)
		}
		return end.Err
	}
	r, err := o.Save(ctx, end)
	if err != nil {
		return err
	}
	guide := report.Guide{Folder: o.Report, Holds: reports.HoldsSource(r), Next: o.next(ctx, in, r, end)}
	return reports.Show(e, &o.Output, r, guide, importjob.ExitCode(r, end.Result))
}

// confirmer returns what is asked and said before the first write.
func (o *importOptions) confirmer(
	e *cli.Env, conn *cli.Connection, in *cli.Invocation, source *intake.Intake, progress ui.Progress,
) func(context.Context, importer.Plan) error {
	return func(ctx context.Context, plan importer.Plan) error {
		progress.Finish()
		if !o.Output.Quiet {
			// What can't be shown must not stop an import.
			_ = report.WriteNotices(e.IO.Err, e.IO.Width(), source.Notices())
			importjob.WriteUnknown(e, plan.Unknown)
		}
		what := fmt.Sprintf("Import %s of %s", ui.Count(plan.Pending, "record"), strings.Join(in.Args, ", "))
		return conn.Confirm(ctx, plan.Environment, o.DryRun, what)
	}
}
