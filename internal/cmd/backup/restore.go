package backup

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/kinde-migrate/kinde-migrate/internal/backup"
	"github.com/kinde-migrate/kinde-migrate/internal/cli"
	"github.com/kinde-migrate/kinde-migrate/internal/cli/importjob"
	"github.com/kinde-migrate/kinde-migrate/internal/cli/input"
	"github.com/kinde-migrate/kinde-migrate/internal/cli/reports"
	"github.com/kinde-migrate/kinde-migrate/internal/engine"
	"github.com/kinde-migrate/kinde-migrate/internal/importer"
	"github.com/kinde-migrate/kinde-migrate/internal/intake"
	"github.com/kinde-migrate/kinde-migrate/internal/job"
	"github.com/kinde-migrate/kinde-migrate/internal/mapping"
	"github.com/kinde-migrate/kinde-migrate/internal/report"
	"github.com/kinde-migrate/kinde-migrate/internal/restore"
	"github.com/kinde-migrate/kinde-migrate/internal/source"
	"github.com/kinde-migrate/kinde-migrate/internal/ui"
)

type restoreOptions struct {
	job        importjob.Options // what a restore shares with an import: state, reports, target, pace, output
	identities []string
	only       []string
	passwords  string
	resets     bool
	keepOut    bool
	refused    bool // the tenant refused something about a definition
}

// presetOfBackups reads what exports and backups hold.
const presetOfBackups = "kinde-migrate"

func NewRestore(e *cli.Env) *cli.Command {
	o := &restoreOptions{}
	j := &o.job
	return &cli.Command{
		Name:  "restore",
		Args:  "DIR/TIME",
		Short: "Restore a backup into a tenant",
		Long: "Creates what the tenant lacks (organizations, permissions, roles, properties, feature flags), then the users with identities, properties and memberships, " +
			"in the same way as import, with checkpoint, read-back and report. Whatever stops it, the same command continues. " +
			"It may be a different tenant: organizations are found by code, external id or name, connections by strategy and name. " +
			"Passwords are not in Kinde's API, so no backup holds them: --passwords takes them from Kinde's own encrypted export, --request-resets asks for new ones.",
		Examples: []cli.Example{
			{What: "What would happen?", Line: "kinde-migrate restore backups/2026-03-01T020000Z --dry-run"},
			{What: "Into an empty tenant, encrypted backup", Line: "kinde-migrate restore backups/2026-03-01T020000Z --identity key.txt"},
			{What: "With the passwords from Kinde's own export", Line: "kinde-migrate restore backups/2026-03-01T020000Z --passwords users.ndjson"},
			{What: "One person who was deleted by mistake", Line: "kinde-migrate restore backups/2026-03-01T020000Z --only ana@example.com"},
			{What: "Rehearse on a tenant inside this process", Line: "kinde-migrate restore backups/2026-03-01T020000Z --sandbox"},
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
		Flags: cli.FlagsOf([]cli.Flag{
			identityFlag(&o.identities),
			cli.ListFlag(&o.only, cli.CatSelection, "only", "restore this person: `EMAIL`, id, phone number or username; repeatable"),
			cli.StringFlag(
				&j.Source.Organization,
				cli.CatSelection,
				"organization",
				"",
				"restore the members of the organization with this `CODE` or external id in the backup",
			),
			cli.StringFlag(
				&o.passwords,
				cli.CatSource,
				"passwords",
				"",
				"`FILE` users.ndjson from Kinde's own export, decrypted, with the password hashes",
			),
			cli.StringFlag(
				&j.Source.IDPrefix,
				cli.CatSource,
				"id-prefix",
				"",
				"ids become `NAME`|id, for a tenant where other people have the backup's ids",
			),
			j.Source.ErasureListFlag(),
			cli.BoolFlag(&o.resets, cli.CatPolicy, "request-resets", "ask everyone without a password for a new one at the next sign-in"),
			cli.BoolFlag(&j.CreateMissing, cli.CatPolicy, "create-missing", "create what the tenant lacks; this is the default"),
			cli.BoolFlag(&o.keepOut, cli.CatPolicy, "no-create-missing", "create no definitions: users who need them are rejected"),
			cli.BoolFlag(&j.DryRun, cli.CatPolicy, "dry-run", "say what would happen; write nothing"),
			cli.ChoiceFlag(cli.StringFlag(&j.OnExisting, cli.CatPolicy, "on-existing", "skip",
				"users that this checkpoint did not create: `POLICY` skip, update or fail"), importjob.OnExisting),
			cli.StringFlag(
				&j.Source.UnsupportedPasswords,
				cli.CatPolicy,
				"unsupported-passwords",
				"reset",
				"a hash that Kinde can't hold: `POLICY` reset, skip or reject",
			),
			cli.BoolFlag(&j.NoReconcile, cli.CatPolicy, "no-reconcile", "skip the read-back of what this run touched"),
			cli.BoolFlag(&j.RetryFailed, cli.CatPolicy, "retry-failed", "also try again what the API refused"),
			cli.StringFlag(&j.MaxErrors, cli.CatPolicy, "max-errors", "", "stop, to be resumed, after `N` or N% failed records"),
			cli.BoolFlag(&j.AcceptChanges, cli.CatPolicy, "accept-changes", "accept options that differ from the last run"),
			cli.BoolFlag(&j.NewSource, cli.CatPolicy, "new-source", "accept another backup on this checkpoint"),
			cli.StringFlag(&j.Checkpoint, cli.CatState, "checkpoint", "", "`FILE` that keeps the state of the job; default DIR/TIME.checkpoint"),
			cli.StringFlag(&j.Report, cli.CatState, "report", "", "`DIR` for the reports; default <checkpoint>.report"),
			reports.ShowValuesFlag(&j.ShowValues),
		}, append(j.Target.Flags(), j.Target.SandboxFlag()), j.Pace.Flags("50%"),
			append(j.Output.Flags(), j.Output.YesFlag(), reports.DashboardFlag(&j.Dashboard))),
		Run: func(ctx context.Context, in *cli.Invocation) error { return runRestore(ctx, e, o, in) },
	}
}

// openBackup finds the backup that the argument names; a folder of backups means its newest.
func (o *restoreOptions) openBackup(ctx context.Context, e *cli.Env, in *cli.Invocation) (*backup.Backup, error) {
	if len(in.Args) != 1 {
		return nil, cli.Usagef("kinde-migrate restore backups/2026-03-01T020000Z", "restore takes one backup")
	}
	ids, err := backup.ReadIdentities(o.identities)
	if err != nil {
		return nil, cli.Usagef("", "%w", err)
	}
	repo, name, err := repositoryAt(in.Args[0])
	if err != nil {
		return nil, err
	}
	folder := filepath.Clean(in.Args[0])
	if name == "" {
		newest, err := repo.Latest()
		if err != nil {
			return nil, backupError(err)
		}
		if newest == nil {
			return nil, cli.Usagef("use the folder that backup --out wrote to", "there is no backup in %s", in.Args[0])
		}
		folder = filepath.Join(folder, newest.Name)
		if !o.job.Output.Quiet {
			fmt.Fprintf(e.IO.Err, "The newest backup is %s.\n", newest.Name)
		}
	}
	b, err := backup.Open(ctx, folder, ids)
	if err != nil {
		return nil, backupError(err)
	}
	return b, nil
}

func runRestore(ctx context.Context, e *cli.Env, o *restoreOptions, in *cli.Invocation) error {
	if o.keepOut && o.job.CreateMissing {
		return cli.Usagef("", "give --create-missing or --no-create-missing, not both")
	}
	j := &o.job
	if err := j.Settings(e, in); err != nil {
		return err
	}
	if err := mapping.CheckIDPrefix(j.Source.IDPrefix); err != nil {
		return cli.Usagef("--id-prefix forum", "--id-prefix %w", err)
	}
	b, err := o.openBackup(ctx, e, in)
	if err != nil {
		return err
	}
	erased, err := j.Source.Erased()
	if err != nil {
		return err
	}
	selection := restore.Selection{Only: o.only, Organization: j.Source.Organization}
	j.Source.Organization = "" // of the backup, not of the tenant
	j.Source.Duplicates, j.Source.StalePasswords, j.Gone, j.MaxGone, j.Source.Enterprise = "reject", "set", "keep", "1%", true
	j.CreateMissing = !o.keepOut
	j.Paths([]string{b.Folder})
	options, err := j.Importer([]string{b.Folder})
	if err != nil {
		return err
	}
	options.Command, options.Partial, options.CreateMissing = "restore", selection.Partial(), j.CreateMissing

	recorder := engine.NewRecorder()
	conn, err := cli.Connect(e, cli.ConnectOptions{Target: &j.Target, Pace: &j.Pace, Output: &j.Output, In: in, Share: cli.LiveShare,
		SandboxState: b.Folder + ".sandbox.tenant", Known: cli.KnownRate(cli.Hard(ctx), j.Checkpoint), Observe: recorder.Observe})
	if err != nil {
		return err
	}
	r, err := restore.New(ctx, b, restore.Options{Selection: selection, Passwords: o.passwords, RequestResets: o.resets})
	if err != nil {
		return backupError(err)
	}
	e.OnClose(r.Close)
	if r.Users == 0 && selection.Partial() {
		return cli.Usagef(
			"kinde-migrate backup list shows how many users a backup holds",
			"nobody in the backup matches --only or --organization",
		)
	}
	store, err := j.OpenStore(cli.Hard(ctx), e, in, conn)
	if err != nil {
		return err
	}
	if err := o.begin(ctx, e, conn, b, r); err != nil {
		return err
	}
	inventory, err := importer.InventoryOf(cli.Hard(ctx), store)
	if err != nil {
		return err
	}
	defined, err := r.Define(
		cli.Hard(ctx),
		conn.Client,
		restore.DefineOptions{Create: j.CreateMissing, DryRun: j.DryRun, Inventory: inventory},
	)
	o.tellDefined(e, defined, r.Unaffiliated)
	if err != nil {
		return fmt.Errorf("restoring the definitions: %w", err)
	}
	if err := reports.ServeDashboard(ctx, e, j.Dashboard, store.Reader, j.ShowValues); err != nil {
		return err
	}
	progress := e.IO.NewProgress(j.Output.Quiet)
	defer progress.Finish()
	options.Progress = &cli.JobProgress{Show: progress}
	stream := r.Source(ctx)
	e.OnClose(stream.Close)
	rows, err := input.Open(ctx, e, intake.Options{Files: []string{"-"}, Stdin: stream, Format: source.NDJSON, Preset: presetOfBackups,
		IDPrefix: j.Source.IDPrefix, Duplicates: intake.RejectDuplicates, Erased: erased, MayBeEmpty: true})
	if err != nil {
		return err
	}
	checks, err := j.Source.Checks()
	if err != nil {
		return err
	}
	result, runErr := importer.Run(cli.Hard(ctx), importer.Job{
		Source: &importjob.Source{Intake: rows, Checks: checks},
		Target: conn.Client, Checkpoint: store, Recorder: recorder, Pace: conn, Drain: ctx.Done(),
		Confirm: func(_ context.Context, plan importer.Plan) error {
			progress.Finish()
			if !j.Output.Quiet {
				importjob.WriteUnknown(e, plan.Unknown)
			}
			return nil
		},
	}, options)
	progress.Finish()
	return o.conclude(ctx, e, in, importjob.End{Result: result, Err: runErr, Source: rows, Store: store, Conn: conn})
}

// begin says what a backup can't bring back, and asks before anything is written.
func (o *restoreOptions) begin(ctx context.Context, e *cli.Env, conn *cli.Connection, b *backup.Backup, r *restore.Restoration) error {
	j := &o.job
	if !j.Output.Quiet {
		said := "Passwords are not in Kinde's API, so this backup holds none: users sign in with a code, a social identity or a new password. " +
			"--request-resets asks for new passwords; --passwords takes the hashes from Kinde's own encrypted export."
		switch {
		case o.passwords != "":
			said = fmt.Sprintf(
				"Passwords are not in Kinde's API, so this backup holds none; %s hashes come from %s.",
				ui.Number(r.Hashes),
				filepath.Base(o.passwords),
			)
		case o.resets:
			said = "Passwords are not in Kinde's API, so this backup holds none: users with an e-mail address are asked for a new one."
		}
		if b.Manifest.Detail == backup.Fast {
			said += " It was made without --detail full, so e-mail addresses and phone numbers will not be verified."
		}
		fmt.Fprintln(e.IO.Err, ui.Wrap(said, e.IO.Width(), 0))
	}
	environment, err := conn.Client.GetEnvironment(ctx)
	if err != nil {
		return fmt.Errorf("asking the tenant who it is: %w", err)
	}
	return conn.Confirm(ctx, environment, j.DryRun, fmt.Sprintf("Restore %s of %s", ui.Count(r.Users, "user"), b.Manifest.Name))
}

func (o *restoreOptions) tellDefined(e *cli.Env, d *restore.Defined, unaffiliated int64) {
	if d == nil {
		return
	}
	o.refused = len(d.Failed) > 0
	for _, what := range d.Failed {
		fmt.Fprintln(e.IO.Err, ui.Wrap("Not restored: "+strings.TrimSuffix(ui.Line(what), ".")+".", e.IO.Width(), 0))
	}
	if d.Default != "" {
		are := "are"
		if unaffiliated == 1 {
			are = "is"
		}
		said := fmt.Sprintf("%s to restore %s in no organization. Kinde puts those that it creates into the default organization, %s.",
			ui.Count(unaffiliated, "user"), are, ui.Line(d.Default))
		fmt.Fprintln(e.IO.Err, ui.Wrap(said, e.IO.Width(), 0))
	}
	if o.job.Output.Quiet {
		return
	}
	if len(d.Kept) > 0 {
		fmt.Fprintln(
			e.IO.Err,
			ui.Wrap(
				"These organizations exist already and keep their state, properties and feature flags: "+ui.Line(strings.Join(d.Kept, ", "))+".",
				e.IO.Width(),
				0,
			),
		)
	}
	for _, list := range []struct {
		what  string
		names []string
	}{{"Created first", d.Created}, {"The tenant lacks", d.Lacking}} {
		if len(list.names) == 0 {
			continue
		}
		what := list.what
		if o.job.DryRun && list.what == "Created first" {
			what = "Would be created first"
		}
		names := list.names
		if len(names) > 20 {
			names = append(names[:20:20], fmt.Sprintf("and %d more", len(list.names)-20))
		}
		fmt.Fprintln(e.IO.Err, ui.Wrap(what+": "+strings.Join(names, ", ")+".", e.IO.Width(), 0))
	}
}

// conclude writes the reports and decides how the command ends.
func (o *restoreOptions) conclude(ctx context.Context, e *cli.Env, in *cli.Invocation, end importjob.End) error {
	ctx = context.WithoutCancel(ctx)
	if errors.Is(end.Err, ui.ErrUnanswered) {
		return end.Err
	}
	if end.Result.Interrupted && errors.Is(end.Err, context.Canceled) {
		end.Err = nil
	}
	if _, ok := errors.AsType[*job.RefusedError](end.Err); ok {
		return end.Err
	}
	r, err := o.job.Save(ctx, end)
	if err != nil || end.Err != nil {
		return errors.Join(end.Err, err)
	}
	codes := []cli.Code{importjob.ExitCode(r, end.Result)}
	if o.refused {
		codes = append(codes, cli.ExitRecords)
	}
	var next []string
	again := in.Rebuilt("restore", "")
	switch {
	case r.Interrupted, r.Stopped != "":
		next = []string{"Continue where it stopped:\n" + again}
	case o.job.AsksForPrefix(r):
		next = []string{o.job.WithPrefix("restore", in)}
	case o.job.DryRun:
		next = []string{"Do it:\n" + in.Rebuilt("restore", "", "dry-run", "report")}
	}
	return reports.Show(e, &o.job.Output, r, report.Guide{Folder: o.job.Report, Holds: reports.HoldsSource(r), Next: next}, codes...)
}
