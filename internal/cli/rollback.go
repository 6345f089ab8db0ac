package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
	"github.com/kinde-migrate/kinde-migrate/internal/engine"
	"github.com/kinde-migrate/kinde-migrate/internal/importer"
	"github.com/kinde-migrate/kinde-migrate/internal/job"
	"github.com/kinde-migrate/kinde-migrate/internal/report"
	"github.com/kinde-migrate/kinde-migrate/internal/ui"
)

type rollbackOptions struct {
	target targetOptions
	pace   paceOptions
	output outputOptions

	checkpoint, report          string
	dryRun, showValues          bool
	force, definitions, profile bool
}

func newRollback(e *env) *command {
	o := &rollbackOptions{}
	return &command{
		name:  "rollback",
		short: "Take an import back: delete whom it created, restore whom it changed",
		long: "Deletes the users that the import created, unless somebody has signed in as them since, and gives users that existed before what the API can show " +
			"of their former state: names, picture, suspension, identities, properties, memberships and provided id. What it can't restore, it lists. " +
			"Who was in the tenant before and was left alone is not touched. Whatever stops it, the same command goes on where it stopped.",
		examples: []example{
			{"What would be deleted?", "kinde-migrate rollback --checkpoint users.ndjson.checkpoint --dry-run"},
			{"Take the import back", "kinde-migrate rollback --checkpoint users.ndjson.checkpoint"},
			{"Also the organizations, roles and properties that it created", "kinde-migrate rollback --checkpoint users.ndjson.checkpoint --definitions"},
			{"Also those who have signed in since", "kinde-migrate rollback --checkpoint users.ndjson.checkpoint --force"},
			{"A rehearsal", "kinde-migrate rollback --checkpoint users.ndjson.sandbox.checkpoint --sandbox"},
		},
		exits: []Code{exitOK, exitFailed, exitUsage, exitRecords, exitAuth, exitCheckpoint, exitInterrupted},
		flags: flagsOf([]urfaveFlag{
			boolFlag(&o.dryRun, catPolicy, "dry-run", "say what would happen; write nothing"),
			boolFlag(&o.force, catPolicy, "force", "also delete those who have signed in since, and those who were recognised by their names and the time only"),
			boolFlag(&o.definitions, catPolicy, "definitions", "also delete the organizations, roles, permissions and properties that the import created"),
			boolFlag(&o.profile, catPolicy, "profile", "also remove the people from the subscriber list"),
			strFlag(&o.checkpoint, catState, "checkpoint", "", "`FILE` of the import"),
			strFlag(&o.report, catState, "report", "", "`DIR` for the reports; <checkpoint>.rollback.report unless given"),
			showValuesFlag(&o.showValues),
		}, o.target.flagsBesideProfile(o.target.sandboxFlag()), o.pace.flags("50% on a live environment"), append(o.output.flags(), o.output.yesFlag())),
		run: func(ctx context.Context, in *invocation) error { return runRollback(ctx, e, o, in) },
	}
}

func runRollback(ctx context.Context, e *env, o *rollbackOptions, in *invocation) error {
	if len(in.args) > 0 {
		return usagef("name the import with --checkpoint "+shellQuote(in.args[0]), "rollback takes no arguments: %s", strings.Join(in.args, " "))
	}
	if o.report == "" {
		o.report = o.checkpoint + ".rollback.report"
		if o.dryRun {
			o.report = o.checkpoint + ".rollback.dry-run.report"
		}
	}
	store, resumeAs, err := o.openStore(hard(ctx), e, in)
	if err != nil {
		return err
	}
	recorder := engine.NewRecorder()
	conn, tenant, err := connectSharing(hard(ctx), e, connectOptions{target: &o.target, pace: &o.pace, output: &o.output, in: in,
		sandboxState: sandboxOf(o.checkpoint), known: knownRate(hard(ctx), o.checkpoint), observe: recorder.Observe})
	if err != nil {
		return err
	}
	progress := e.io.NewProgress(o.output.quiet)
	defer progress.Finish()
	result, runErr := importer.Rollback(hard(ctx), importer.Job{
		Target:     tenant,
		Checkpoint: store,
		Recorder:   recorder,
		Pace:       paceOf(conn),
		Drain:      ctx.Done(),
		Confirm: func(ctx context.Context, plan importer.Plan) error {
			progress.Finish()
			return conn.confirm(ctx, plan.Environment, o.dryRun, "Take back what was done to "+ui.Count(plan.Pending, "user"))
		},
	}, importer.Options{RunID: newRunID(time.Now()), Version: version(), DryRun: o.dryRun, AwaitDelivery: true, Concurrency: o.pace.concurrency,
		Progress: &importProgress{show: progress}},
		importer.RollbackOptions{Force: o.force, Definitions: o.definitions, Profile: o.profile})
	progress.Finish()
	return o.conclude(context.WithoutCancel(ctx), e, in, rollbackEnd{result, runErr, store, resumeAs})
}

// openStore opens the checkpoint of the import, or a copy for a dry run. From
// here on, and until the rollback is done, resume goes on with the rollback;
// afterwards again with the import, whose command line is returned.
func (o *rollbackOptions) openStore(ctx context.Context, e *env, in *invocation) (*checkpoint.Store, []byte, error) {
	there, err := openCheckpoint(ctx, o.checkpoint)
	if err != nil {
		return nil, nil, err
	}
	if err := there.Close(); err != nil {
		return nil, nil, err
	}
	if o.dryRun {
		store, err := checkpoint.OpenCopy(ctx, o.checkpoint, "")
		if err != nil {
			return nil, nil, err
		}
		e.onClose(store.Close)
		return store, nil, nil
	}
	store, _, err := checkpoint.Open(ctx, o.checkpoint)
	if err != nil {
		return nil, nil, err
	}
	e.onClose(store.Close)
	before, err := store.Note(ctx, noteImported)
	if err == nil && len(before) == 0 {
		if before, err = store.Note(ctx, noteCommand); err == nil && len(before) > 0 {
			err = store.Commit(ctx, checkpoint.SetNote{Name: noteImported, JSON: before})
		}
	}
	if err != nil {
		return nil, nil, fmt.Errorf("keeping the command line of the import: %w", err)
	}
	line, err := in.save("checkpoint")
	if err != nil {
		return nil, nil, fmt.Errorf("keeping the command line: %w", err)
	}
	return store, before, store.Commit(ctx, checkpoint.SetNote{Name: noteCommand, JSON: line})
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
func (o *rollbackOptions) conclude(ctx context.Context, e *env, in *invocation, end rollbackEnd) error {
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
	err = errors.Join(end.err, saveReports(ctx, o.report, r, end.store.Reader, nil, o.showValues))
	if err != nil {
		return err
	}
	if !o.dryRun && !end.result.Interrupted {
		if err := o.over(ctx, end); err != nil {
			return err
		}
	}
	codes := []Code{exitOK}
	if end.result.Interrupted {
		codes = append(codes, exitInterrupted)
	}
	if end.result.Failed > 0 || len(end.result.Left) > 0 {
		codes = append(codes, exitRecords)
	}
	for _, what := range end.result.Left {
		fmt.Fprintln(e.io.Err, ui.Wrap("Still there: "+strings.TrimSuffix(ui.Line(what), ".")+".", e.io.Width(), 0))
	}
	var next []string
	switch {
	case r.Interrupted, r.Stopped != "":
		next = []string{"Go on where it stopped:\n" + in.rebuilt("rollback", "")}
	case o.dryRun:
		next = []string{"Do it:\n" + in.rebuilt("rollback", "", "dry-run", "report")}
	case end.result.Failed > 0 || len(end.result.Left) > 0:
		next = []string{"Try again what failed:\n" + in.rebuilt("rollback", "")}
	}
	return showReport(e, &o.output, r, report.Guide{Folder: o.report, Next: next}, codes...)
}

// over ends the rollback in the checkpoint: resume means the import again.
func (o *rollbackOptions) over(ctx context.Context, end rollbackEnd) error {
	if err := end.store.Delivered(ctx); err != nil {
		return err
	}
	if len(end.resumeAs) == 0 {
		return nil
	}
	return end.store.Commit(ctx, checkpoint.SetNote{Name: noteCommand, JSON: end.resumeAs}, checkpoint.SetNote{Name: noteImported})
}
