package cli

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/kinde-migrate/kinde-migrate/internal/engine"
	"github.com/kinde-migrate/kinde-migrate/internal/exporter"
	"github.com/kinde-migrate/kinde-migrate/internal/importer"
	"github.com/kinde-migrate/kinde-migrate/internal/intake"
	"github.com/kinde-migrate/kinde-migrate/internal/job"
	"github.com/kinde-migrate/kinde-migrate/internal/report"
	"github.com/kinde-migrate/kinde-migrate/internal/source"
	"github.com/kinde-migrate/kinde-migrate/internal/ui"
)

type restoreOptions struct {
	job        importOptions // what a restore shares with an import: state, reports, target, pace, output
	identities []string
	only       []string
	passwords  string
	resets     bool
	keepOut    bool
	refused    bool // the tenant refused something about a definition
}

// presetOfBackups reads what exports and backups hold.
const presetOfBackups = "kinde-migrate"

func newRestore(e *env) *command {
	o := &restoreOptions{}
	j := &o.job
	return &command{
		name:  "restore",
		args:  "DIR/TIME",
		short: "Bring a backup into a tenant",
		long: "Creates what the tenant lacks (organizations, permissions, roles, properties, feature flags), then the users with identities, properties and memberships, " +
			"through the same engine as import: checkpoint, read-back and report included. Whatever stops it, the same command goes on. " +
			"The tenant may be another one: organizations are found by code, external id or name, connections by strategy and name. " +
			"Passwords are not in Kinde's API, so no backup holds them: --passwords takes them from Kinde's own encrypted export, --request-resets asks for new ones.",
		examples: []example{
			{"What would happen?", "kinde-migrate restore backups/2026-03-01T020000Z --dry-run"},
			{"Into an empty tenant, encrypted backup", "kinde-migrate restore backups/2026-03-01T020000Z --identity key.txt"},
			{"With the passwords of Kinde's own export", "kinde-migrate restore backups/2026-03-01T020000Z --passwords users.ndjson"},
			{"One person who was deleted by mistake", "kinde-migrate restore backups/2026-03-01T020000Z --only ana@example.com"},
			{"Rehearse on a tenant inside this process", "kinde-migrate restore backups/2026-03-01T020000Z --sandbox"},
		},
		exits: []Code{exitOK, exitFailed, exitUsage, exitRecords, exitAuth, exitCheckpoint, exitDifferences, exitInterrupted},
		flags: flagsOf([]urfaveFlag{
			identityFlag(&o.identities),
			listFlag(&o.only, catSelection, "only", "restore this person: `EMAIL`, id, phone number or username; repeatable"),
			strFlag(&j.source.organization, catSelection, "organization", "", "restore the members of the organization with this `CODE` or external id in the backup"),
			strFlag(&o.passwords, catSource, "passwords", "", "users.ndjson of Kinde's own export, decrypted: `FILE` with the password hashes"),
			boolFlag(&o.resets, catPolicy, "request-resets", "ask everyone without a password for a new one at the next sign-in"),
			boolFlag(&j.createMissing, catPolicy, "create-missing", "create what the tenant lacks; this is the default"),
			boolFlag(&o.keepOut, catPolicy, "no-create-missing", "create no definitions: users who need them are rejected"),
			boolFlag(&j.dryRun, catPolicy, "dry-run", "say what would happen; write nothing"),
			strFlag(&j.onExisting, catPolicy, "on-existing", "skip", "a user that this checkpoint did not create: `POLICY` skip, update or fail"),
			strFlag(&j.source.unsupportedPasswords, catPolicy, "unsupported-passwords", "reset", "a hash that Kinde can't hold: `POLICY` reset, skip or reject"),
			boolFlag(&j.noReconcile, catPolicy, "no-reconcile", "skip the read-back of what this run touched"),
			boolFlag(&j.retryFailed, catPolicy, "retry-failed", "try again what the API refused, too"),
			strFlag(&j.maxErrors, catPolicy, "max-errors", "", "stop, to be resumed, after `N` or N% failed records"),
			boolFlag(&j.acceptChanges, catPolicy, "accept-changes", "other options than last time are meant"),
			boolFlag(&j.newSource, catPolicy, "new-source", "another backup on this checkpoint is meant"),
			strFlag(&j.checkpoint, catState, "checkpoint", "", "`FILE` that keeps the state of the job; DIR/TIME.checkpoint unless given"),
			strFlag(&j.report, catState, "report", "", "`DIR` for the reports; <checkpoint>.report unless given"),
			showValuesFlag(&j.showValues),
		}, append(j.target.flags(), j.target.sandboxFlag()), j.pace.flags("50%"), append(j.output.flags(), j.output.yesFlag(), dashboardFlag(&j.dashboard))),
		run: func(ctx context.Context, in *invocation) error { return runRestore(ctx, e, o, in) },
	}
}

// openBackup finds the backup that the argument names; a folder of backups means its newest.
func (o *restoreOptions) openBackup(ctx context.Context, e *env, in *invocation) (*exporter.Backup, error) {
	if len(in.args) != 1 {
		return nil, usagef("kinde-migrate restore backups/2026-03-01T020000Z", "restore takes one backup")
	}
	ids, err := exporter.ReadIdentities(o.identities)
	if err != nil {
		return nil, usagef("", "%w", err)
	}
	repo, name, err := repositoryAt(in.args[0])
	if err != nil {
		return nil, err
	}
	folder := filepath.Clean(in.args[0])
	if name == "" {
		newest, err := repo.Latest()
		if err != nil {
			return nil, backupError(err)
		}
		if newest == nil {
			return nil, usagef("name the folder that backup --out wrote to", "there is no backup in %s", in.args[0])
		}
		folder = filepath.Join(folder, newest.Name)
		if !o.job.output.quiet {
			fmt.Fprintf(e.io.Err, "The newest backup is %s.\n", newest.Name)
		}
	}
	b, err := exporter.OpenBackup(ctx, folder, ids)
	if err != nil {
		return nil, backupError(err)
	}
	return b, nil
}

func runRestore(ctx context.Context, e *env, o *restoreOptions, in *invocation) error {
	if o.keepOut && o.job.createMissing {
		return usagef("", "give --create-missing or --no-create-missing, not both")
	}
	b, err := o.openBackup(ctx, e, in)
	if err != nil {
		return err
	}
	j := &o.job
	selection := exporter.Selection{Only: o.only, Organization: j.source.organization}
	j.source.organization = "" // of the backup, not of the tenant
	j.source.duplicates, j.source.stalePasswords, j.gone, j.maxGone, j.source.enterprise = "reject", "set", "keep", "1%", true
	j.createMissing = !o.keepOut
	j.paths([]string{b.Folder})
	options, err := j.importer([]string{b.Folder})
	if err != nil {
		return err
	}
	options.Command, options.Partial, options.CreateMissing = "restore", selection.Partial(), j.createMissing

	recorder := engine.NewRecorder()
	conn, err := connect(e, connectOptions{target: &j.target, pace: &j.pace, output: &j.output, in: in, share: liveShare,
		sandboxState: b.Folder + ".sandbox.tenant", known: knownRate(hard(ctx), j.checkpoint), observe: recorder.Observe})
	if err != nil {
		return err
	}
	r, err := exporter.NewRestoration(ctx, b, exporter.RestoreOptions{Selection: selection, Passwords: o.passwords, RequestResets: o.resets})
	if err != nil {
		return backupError(err)
	}
	e.onClose(r.Close)
	if r.Users == 0 && selection.Partial() {
		return usagef("kinde-migrate backup list tells how many users a backup holds", "nobody in the backup is selected")
	}
	store, err := j.openStore(hard(ctx), e, in, conn)
	if err != nil {
		return err
	}
	if err := o.begin(ctx, e, conn, b, r); err != nil {
		return err
	}
	inventory, err := importer.InventoryOf(hard(ctx), store)
	if err != nil {
		return err
	}
	defined, err := r.Define(hard(ctx), conn.client, exporter.DefineOptions{Create: j.createMissing, DryRun: j.dryRun, Inventory: inventory})
	o.tellDefined(e, defined)
	if err != nil {
		return fmt.Errorf("restoring the definitions: %w", err)
	}
	if err := serveDashboard(ctx, e, j.dashboard, store.Reader, j.showValues); err != nil {
		return err
	}
	progress := e.io.NewProgress(j.output.quiet)
	defer progress.Finish()
	options.Progress = &importProgress{show: progress}
	stream := r.Source(ctx)
	e.onClose(stream.Close)
	rows, err := openIntake(ctx, e, intake.Options{Files: []string{"-"}, Stdin: stream, Format: source.NDJSON, Preset: presetOfBackups, Duplicates: intake.RejectDuplicates, MayBeEmpty: true})
	if err != nil {
		return err
	}
	checks, err := j.source.checks()
	if err != nil {
		return err
	}
	result, runErr := importer.Run(hard(ctx), importer.Job{
		Source: &checkedSource{Intake: rows, drain: ctx, checks: checks},
		Target: conn.client, Checkpoint: store, Recorder: recorder, Pace: paceOf(conn), Drain: ctx.Done(),
		Confirm: func(_ context.Context, plan importer.Plan) error {
			progress.Finish()
			if !j.output.quiet {
				writeUnknown(e, plan.Unknown)
			}
			return nil
		},
	}, options)
	progress.Finish()
	return o.conclude(ctx, e, in, importEnd{result: result, err: runErr, source: rows, store: store, conn: conn})
}

// begin says what a backup can't bring back, and asks before anything is written.
func (o *restoreOptions) begin(ctx context.Context, e *env, conn *connection, b *exporter.Backup, r *exporter.Restoration) error {
	j := &o.job
	if !j.output.quiet {
		said := "Passwords are not in Kinde's API, so this backup holds none: users sign in with a code, a social identity or a new password. " +
			"--request-resets asks for new passwords; --passwords takes the hashes from Kinde's own encrypted export."
		switch {
		case o.passwords != "":
			said = fmt.Sprintf("Passwords are not in Kinde's API, so this backup holds none; %s hashes come from %s.", ui.Number(r.Hashes), filepath.Base(o.passwords))
		case o.resets:
			said = "Passwords are not in Kinde's API, so this backup holds none: users with an e-mail address are asked for a new one."
		}
		if b.Manifest.Detail == exporter.Fast {
			said += " It was made without --detail full, so e-mail addresses and phone numbers are restored as not verified."
		}
		fmt.Fprintln(e.io.Err, ui.Wrap(said, e.io.Width(), 0))
	}
	environment, err := conn.client.GetEnvironment(ctx)
	if err != nil {
		return fmt.Errorf("asking the tenant who it is: %w", err)
	}
	return conn.confirm(ctx, environment, j.dryRun, fmt.Sprintf("Restore %s users of %s", ui.Number(r.Users), b.Manifest.Name))
}

func (o *restoreOptions) tellDefined(e *env, d *exporter.Defined) {
	if d == nil {
		return
	}
	o.refused = len(d.Failed) > 0
	for _, what := range d.Failed {
		fmt.Fprintln(e.io.Err, ui.Wrap("Not restored: "+strings.TrimSuffix(ui.Line(what), ".")+".", e.io.Width(), 0))
	}
	if o.job.output.quiet {
		return
	}
	if len(d.Kept) > 0 {
		fmt.Fprintln(e.io.Err, ui.Wrap("These organizations were there and keep their state, properties and feature flags: "+ui.Line(strings.Join(d.Kept, ", "))+".", e.io.Width(), 0))
	}
	for _, list := range []struct {
		what  string
		names []string
	}{{"Created first", d.Created}, {"The tenant lacks", d.Lacking}} {
		if len(list.names) == 0 {
			continue
		}
		what := list.what
		if o.job.dryRun && list.what == "Created first" {
			what = "Would be created first"
		}
		names := list.names
		if len(names) > 20 {
			names = append(names[:20:20], fmt.Sprintf("and %d more", len(list.names)-20))
		}
		fmt.Fprintln(e.io.Err, ui.Wrap(what+": "+strings.Join(names, ", ")+".", e.io.Width(), 0))
	}
}

// conclude writes the reports and decides how the command ends.
func (o *restoreOptions) conclude(ctx context.Context, e *env, in *invocation, end importEnd) error {
	ctx = context.WithoutCancel(ctx)
	if end.result.Interrupted && errors.Is(end.err, context.Canceled) {
		end.err = nil
	}
	if _, ok := errors.AsType[*job.RefusedError](end.err); ok {
		return end.err
	}
	r, err := o.job.save(ctx, end)
	if err != nil || end.err != nil {
		return errors.Join(end.err, err)
	}
	codes := []Code{endCode(r, end.result)}
	if o.refused {
		codes = append(codes, exitRecords)
	}
	var next []string
	again := in.rebuilt("restore", "")
	switch {
	case r.Interrupted, r.Stopped != "":
		next = []string{"Go on where it stopped:\n" + again}
	case o.job.dryRun:
		next = []string{"Do it:\n" + in.rebuilt("restore", "", "dry-run", "report")}
	}
	return showReport(e, &o.job.output, r, report.Guide{Folder: o.job.report, Holds: holdsSource(r), Next: next}, codes...)
}
