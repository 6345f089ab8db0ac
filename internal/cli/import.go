package cli

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/kinde-migrate/kinde-migrate/internal/atomicfile"
	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
	"github.com/kinde-migrate/kinde-migrate/internal/engine"
	"github.com/kinde-migrate/kinde-migrate/internal/importer"
	"github.com/kinde-migrate/kinde-migrate/internal/intake"
	"github.com/kinde-migrate/kinde-migrate/internal/job"
	"github.com/kinde-migrate/kinde-migrate/internal/report"
)

type importOptions struct {
	source sourceOptions
	target targetOptions
	pace   paceOptions
	output outputOptions

	checkpoint, report, keepDropped, onExisting, maxErrors, gone, maxGone string
	dryRun, overwritePasswords, createMissing, refreshClaims, noReconcile bool
	retryFailed, strict, mirror, acceptChanges, newSource, showValues     bool
	dashboard                                                             string
}

func newImport(e *env) *command {
	o := &importOptions{}
	return &command{
		name:  "import",
		args:  "FILE…",
		short: "Bring the users of an export into a tenant",
		long: "Reads one or more export files, finds out which provider they come from, and creates their users with every identity, password hash, property, " +
			"membership and role that Kinde can hold. Whatever stops it, the same command goes on where it stopped; with nothing left to do it makes no request. " +
			"At the end it reads back what it touched. With --sandbox it runs on a tenant inside this process, and what the source names is created there.",
		examples: []example{
			{"Rehearse on a tenant inside this process", "kinde-migrate import --sandbox users.ndjson"},
			{"What would happen in the real one?", "kinde-migrate import users.ndjson --dry-run"},
			{"An Auth0 export with its hashes in a second file", "kinde-migrate import users.ndjson --passwords hashes.ndjson --create-missing"},
			{"Prove first that a known password opens its hash", "kinde-migrate import users.csv --verify-password ana@example.com=ana-password.txt"},
			{"A pilot of 50 people of every kind", "kinde-migrate import users.ndjson --sample 50"},
			{"A newer export on the same checkpoint: only what changed", "kinde-migrate import users-new.ndjson --checkpoint users.ndjson.checkpoint"},
			{"At most 20 requests a second, and no questions", "kinde-migrate import users.csv --rate 20 --yes"},
		},
		exits: []Code{exitOK, exitFailed, exitUsage, exitRecords, exitAuth, exitCheckpoint, exitDifferences, exitInterrupted},
		flags: flagsOf(o.source.flags(), o.policyFlags(), o.source.policyFlags(), o.source.selectionFlags(), o.stateFlags(),
			append(o.target.flags(), o.target.sandboxFlag()), o.pace.flags("100%"), append(o.output.flags(), o.output.yesFlag(), dashboardFlag(&o.dashboard))),
		run: func(ctx context.Context, in *invocation) error { return runImport(ctx, e, o, in) },
	}
}

func (o *importOptions) policyFlags() []urfaveFlag {
	return []urfaveFlag{
		boolFlag(&o.dryRun, catPolicy, "dry-run", "say what would happen; write nothing"),
		strFlag(&o.onExisting, catPolicy, "on-existing", "skip", "a user that this checkpoint did not create: `POLICY` skip, update or fail"),
		boolFlag(&o.overwritePasswords, catPolicy, "overwrite-passwords", "also set the password of users that existed"),
		boolFlag(&o.createMissing, catPolicy, "create-missing", "create property definitions (private), organizations, roles and permissions that the tenant lacks"),
		boolFlag(&o.refreshClaims, catPolicy, "refresh-claims", "refresh the claims of existing users whose roles, flags or properties changed"),
		boolFlag(&o.noReconcile, catPolicy, "no-reconcile", "skip the read-back of what this run touched"),
		boolFlag(&o.retryFailed, catPolicy, "retry-failed", "try again what the API refused, too"),
		strFlag(&o.maxErrors, catPolicy, "max-errors", "", "stop, to be resumed, after `N` or N% failed records"),
		boolFlag(&o.strict, catPolicy, "strict", "stop before the first write when the source names something that the tenant lacks"),
		boolFlag(&o.mirror, catPolicy, "mirror", "also take away identities, memberships and roles that the job brought and the source dropped"),
		strFlag(&o.gone, catPolicy, "gone", "keep", "users that a newer source no longer holds: `POLICY` keep, suspend or delete"),
		strFlag(&o.maxGone, catPolicy, "max-gone", "1%", "refuse to act on more than `P%` of the users as gone"),
		boolFlag(&o.acceptChanges, catPolicy, "accept-changes", "other options than last time are meant"),
		boolFlag(&o.newSource, catPolicy, "new-source", "another source on this checkpoint is meant"),
	}
}

func (o *importOptions) stateFlags() []urfaveFlag {
	return []urfaveFlag{
		strFlag(&o.checkpoint, catState, "checkpoint", "", "`FILE` that keeps the state of the job; <first file>.checkpoint unless given"),
		strFlag(&o.report, catState, "report", "", "`DIR` for the reports; <checkpoint>.report unless given"),
		strFlag(&o.keepDropped, catState, "keep-dropped", "", "write what Kinde can't hold to `FILE` (NDJSON)"),
		showValuesFlag(&o.showValues),
	}
}

// paths fills in where state and results lie.
func (o *importOptions) paths(files []string) {
	suffix := ".checkpoint"
	if o.target.sandbox {
		suffix = ".sandbox.checkpoint"
	}
	if o.checkpoint == "" {
		o.checkpoint = besides(files, suffix)
	}
	if o.report == "" {
		o.report = o.checkpoint + ".report"
		if o.dryRun {
			o.report = besides(files, ".dry-run.report")
		}
	}
}

// importer turns the flags into the importer's own options.
func (o *importOptions) importer(files []string) (importer.Options, error) {
	out := importer.Options{
		Command: "import", Version: version(), RunID: newRunID(time.Now()),
		DryRun: o.dryRun, OnExisting: importer.OnExisting(o.onExisting), OverwritePasswords: o.overwritePasswords,
		Unsupported: importer.Unsupported(o.source.unsupportedPasswords), Stale: importer.Stale(o.source.stalePasswords),
		Organization: o.source.organization, CreateMissing: o.createMissing || o.target.sandbox, Enterprise: o.source.enterprise,
		RefreshClaims: o.refreshClaims, Strict: o.strict, NoReconcile: o.noReconcile, RetryFailed: o.retryFailed,
		Mirror: o.mirror, Gone: importer.Gone(o.gone), Partial: o.source.partial(),
		AcceptChanges: o.acceptChanges, NewSource: o.newSource, Correction: isCorrection(files, o.report),
		AwaitDelivery: true, Concurrency: o.pace.concurrency, Pinned: o.pinned(), Selection: o.source.selection(),
	}
	if err := oneOf("--on-existing", o.onExisting, "skip", "update", "fail"); err != nil {
		return out, err
	}
	if err := oneOf("--gone", o.gone, "keep", "suspend", "delete"); err != nil {
		return out, err
	}
	if out.Gone != importer.KeepGone && out.Partial {
		return out, usagef("leave --limit, --sample, --only and --filter away", "--gone %s needs a complete source", o.gone)
	}
	var err error
	if out.MaxErrors, err = parseMaxErrors(o.maxErrors); err != nil {
		return out, err
	}
	gone, err := parsePercent(o.maxGone)
	if err != nil || gone < 0 || gone > 100 {
		return out, usagef("--max-gone 1%", "--max-gone %q is not a percentage", o.maxGone)
	}
	out.MaxGone = gone
	return out, nil
}

// pinned are the options that must not change unnoticed from run to run: they
// decide what the tenant should look like.
func (o *importOptions) pinned() map[string]string {
	out := map[string]string{
		"on-existing": o.onExisting, "overwrite-passwords": strconv.FormatBool(o.overwritePasswords),
		"duplicates": o.source.duplicates, "unsupported-passwords": o.source.unsupportedPasswords, "stale-passwords": o.source.stalePasswords,
		"organization": o.source.organization, "enterprise": strconv.FormatBool(o.source.enterprise),
		"assume": o.source.assume, "try-crypt": strconv.FormatBool(o.source.tryCrypt),
	}
	if o.source.idPrefix != "" { // a checkpoint from before this option has no name for it
		out["id-prefix"] = o.source.idPrefix
	}
	return out
}

func runImport(ctx context.Context, e *env, o *importOptions, in *invocation) (err error) {
	o.paths(in.args)
	options, err := o.importer(in.args)
	if err != nil {
		return err
	}
	input, err := o.source.intake(e, in.args)
	if err != nil {
		return err
	}
	checks, err := o.source.checks()
	if err != nil {
		return err
	}
	recorder := engine.NewRecorder()
	conn, err := connect(e, connectOptions{
		target: &o.target, pace: &o.pace, output: &o.output, in: in,
		sandboxState: besides(in.args, ".sandbox.tenant"), known: knownRate(hard(ctx), o.checkpoint), observe: recorder.Observe,
	})
	if err != nil {
		return err
	}
	if err := checks.ask(ctx, e.io); err != nil {
		return err
	}
	source, err := openIntake(ctx, e, input)
	if err != nil {
		return err
	}
	store, err := o.openStore(hard(ctx), e, in, conn)
	if err != nil {
		return err
	}
	if err := serveDashboard(ctx, e, o.dashboard, store.Reader, o.showValues); err != nil {
		return err
	}
	progress := e.io.NewProgress(o.output.quiet)
	defer progress.Finish()
	kept, err := newKeeper(o.keepDropped)
	if err != nil {
		return err
	}
	defer kept.abort()
	options.Progress = &importProgress{show: progress}
	result, runErr := importer.Run(hard(ctx), importer.Job{
		Source:     &checkedSource{Intake: source, drain: ctx, checks: checks, watch: kept.watch},
		Target:     conn.client,
		Checkpoint: store,
		Recorder:   recorder,
		Pace:       paceOf(conn),
		Drain:      ctx.Done(),
		Confirm:    o.confirmer(e, conn, in, source, progress),
	}, options)
	progress.Finish()
	if err := kept.commit(); err != nil {
		return errors.Join(runErr, err)
	}
	return o.conclude(ctx, e, in, importEnd{result: result, err: runErr, source: source, store: store, conn: conn})
}

// openStore opens the checkpoint, or a temporary one for a dry run.
func (o *importOptions) openStore(ctx context.Context, e *env, in *invocation, conn *connection) (*checkpoint.Store, error) {
	if err := placeOf("the report folder", o.report, atomicfile.CheckFolder); err != nil {
		return nil, err
	}
	if o.dryRun {
		store, err := checkpoint.OpenCopy(ctx, o.checkpoint, "")
		if err != nil {
			return nil, err
		}
		e.onClose(store.Close)
		return store, conn.owns(ctx, store.Reader)
	}
	store, _, err := checkpoint.Open(ctx, o.checkpoint)
	if err != nil {
		return nil, err
	}
	e.onClose(store.Close)
	if err := conn.owns(ctx, store.Reader); err != nil {
		return nil, err
	}
	line, err := in.save("checkpoint")
	if err != nil {
		return nil, fmt.Errorf("keeping the command line: %w", err)
	}
	return store, store.Commit(ctx, checkpoint.SetNote{Name: noteCommand, JSON: line})
}

// importEnd is what is left when the importer has returned.
type importEnd struct {
	result importer.Result
	err    error
	source *intake.Intake
	store  *checkpoint.Store
	conn   *connection
}

// conclude writes the reports and decides how the command ends.
func (o *importOptions) conclude(ctx context.Context, e *env, in *invocation, end importEnd) error {
	ctx = context.WithoutCancel(ctx)
	if end.result.Interrupted && errors.Is(end.err, context.Canceled) {
		end.err = nil
	}
	if end.err != nil {
		if _, ok := errors.AsType[*job.RefusedError](end.err); ok || checkpoint.ReasonOf(end.err) != "" {
			return end.err
		}
		if _, err := o.save(ctx, end); err != nil {
			return errors.Join(end.err, err)
		}
		return end.err
	}
	r, err := o.save(ctx, end)
	if err != nil {
		return err
	}
	guide := report.Guide{Folder: o.report, Holds: holdsSource(r), Next: o.next(ctx, in, r, end)}
	return showReport(e, &o.output, r, guide, endCode(r, end.result))
}

// endCode turns how a run ended into exit codes, the worst of which counts.
func endCode(r *report.Report, result importer.Result) Code {
	codes := []Code{exitOK}
	if result.Interrupted {
		codes = append(codes, exitInterrupted)
	}
	if r.Totals.Rejected+r.Totals.Failed > 0 || result.TooMany {
		codes = append(codes, exitRecords)
	}
	if c := r.Reconciliation; c.Performed && c.Missing+c.Different+c.Unexpected > 0 {
		codes = append(codes, exitDifferences)
	}
	return worst(codes...)
}

// save folds the checkpoint into the report folder.
func (o *importOptions) save(ctx context.Context, end importEnd) (*report.Report, error) {
	r, err := report.Fold(ctx, end.store)
	if err != nil {
		return nil, err
	}
	r.DryRun, r.Source.Notices = o.dryRun, slices.Concat(end.source.Notices(), r.Source.Notices)
	r.Interrupted = r.Interrupted || end.result.Interrupted
	if end.result.TooMany {
		r.Stopped = "more records failed than --max-errors allows"
	}
	maps.Copy(r.Options, o.source.pinned())
	if o.dryRun {
		r.PlanExactly(end.result.Planned)
	}
	if err := saveReports(ctx, o.report, r, end.store.Reader, end.source, o.showValues); err != nil || o.dryRun {
		return r, err
	}
	return r, end.store.Delivered(ctx)
}
