package users

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/kinde-migrate/kinde-migrate/internal/bulk"
	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
	"github.com/kinde-migrate/kinde-migrate/internal/cli"
	"github.com/kinde-migrate/kinde-migrate/internal/cli/reports"
	"github.com/kinde-migrate/kinde-migrate/internal/engine"
	"github.com/kinde-migrate/kinde-migrate/internal/report"
	"github.com/kinde-migrate/kinde-migrate/internal/ui"
)

// typedAbove is the number of users above which a destructive verb asks for
// the number to be typed.
const typedAbove = 100

func runUsers(ctx context.Context, e *cli.Env, o *usersOptions, in *cli.Invocation) error {
	if len(in.Args) > 0 && o.verb != bulk.Forget {
		return cli.Usagef(
			"choose users with --id "+cli.ShellQuote(in.Args[0])+", or in a file with --ids",
			"users %s takes no arguments: %s",
			o.verb,
			in.Args[0],
		)
	}
	o.paths()
	options, err := o.bulk()
	if err != nil {
		return err
	}
	recorder := engine.NewRecorder()
	conn, tenant, err := cli.ConnectSharing(cli.Hard(ctx), e, cli.ConnectOptions{Target: &o.target, Pace: &o.pace, Output: &o.output, In: in,
		Known: cli.KnownRate(ctx, o.state), Observe: recorder.Observe})
	if err != nil {
		return err
	}
	if options.Who, err = o.who(e, conn); err != nil {
		return err
	}
	store, created, err := o.openStore(ctx, e, in)
	if err != nil {
		return err
	}
	progress := e.IO.NewProgress(o.output.Quiet)
	defer progress.Finish()
	options.Progress = &cli.JobProgress{Show: progress}
	job := bulk.Job{Target: tenant, Checkpoint: store, Recorder: recorder, Pace: conn, Drain: ctx.Done(),
		Confirm: o.confirmer(conn, progress)}
	if o.verb == bulk.Forget {
		if o.forgetting, err = o.newForgetting(store, tenant, in.Args); err != nil {
			return o.begun(ctx, store, created, err)
		}
		options.Who, job.Confirm = o.forgetting.who(options.Who), o.forgetting.confirmer(job.Confirm)
	}
	result, err := bulk.Run(cli.Hard(ctx), job, options)
	progress.Finish()
	if err != nil {
		return o.begun(ctx, store, created, err)
	}
	if o.organization.links != "" && !o.dryRun && !result.Interrupted {
		n, err := o.organization.writeLinks(cli.Hard(ctx), conn.Client, store)
		if err != nil {
			return err
		}
		fmt.Fprintf(
			e.IO.Err,
			"%s in %s. Anyone who has a link can accept the invitation: delete the file when the links are sent.\n",
			ui.Count(int64(n), "link"),
			o.organization.links,
		)
	}
	if f := o.forgetting; f != nil && !result.Interrupted {
		if err := f.end(cli.Hard(ctx), e); err != nil {
			return err
		}
	}
	err = o.conclude(context.WithoutCancel(ctx), e, in, store, result)
	if o.forgetting != nil && !o.dryRun {
		err = errors.Join(err, store.CloseErased(context.WithoutCancel(ctx)))
	}
	return err
}

// begun leaves nothing of a job lying about of which nothing was begun.
func (o *usersOptions) begun(ctx context.Context, store *checkpoint.Store, created bool, err error) error {
	if _, begun, jobErr := store.Job(context.WithoutCancel(ctx)); created && jobErr == nil && !begun {
		return errors.Join(err, store.Close(), os.Remove(o.state), os.Remove(o.state+".lock"))
	}
	return err
}

// openStore opens the state of the job; verbs that read and dry runs keep none.
func (o *usersOptions) openStore(ctx context.Context, e *cli.Env, in *cli.Invocation) (_ *checkpoint.Store, created bool, err error) {
	if o.dryRun || o.verb.Reads() {
		store, err := checkpoint.OpenTemporary(ctx, "")
		if err != nil {
			return nil, false, err
		}
		e.OnClose(store.Close)
		return store, false, nil
	}
	store, created, err := checkpoint.Open(ctx, o.state)
	if err != nil {
		return nil, false, err
	}
	e.OnClose(store.Close)
	// --checkpoint stays: here it says whom the job is about.
	line, err := in.Save("state")
	if err != nil {
		return nil, false, fmt.Errorf("keeping the command line: %w", err)
	}
	return store, created, store.Commit(ctx, checkpoint.SetNote{Name: cli.NoteCommand, JSON: line})
}

// confirmer returns what is asked before the first write.
func (o *usersOptions) confirmer(conn *cli.Connection, progress ui.Progress) func(context.Context, bulk.Plan) error {
	return func(ctx context.Context, plan bulk.Plan) error {
		progress.Finish()
		conn.Announce(plan.Environment)
		if o.verb.Reads() || o.dryRun || o.output.Yes {
			return nil
		}
		users := ui.Count(plan.Users, "user")
		var typed int64
		if o.verb.Destructive() && plan.Users > typedAbove {
			typed = plan.Users
		}
		name := conn.TenantName(plan.Environment)
		return conn.Ask(
			ctx,
			fmt.Sprintf("%s: %s of %s?", o.verb, users, name),
			typed,
			cli.Usagef("look first with --dry-run, then repeat the command with --yes",
				"users %s would change %s of %s, and there is no terminal to ask on", o.verb, users, name),
		)
	}
}

// conclude writes the reports, shows the result and decides how the command ends.
func (o *usersOptions) conclude(ctx context.Context, e *cli.Env, in *cli.Invocation, store *checkpoint.Store, result bulk.Result) error {
	r, err := report.Fold(ctx, store)
	if err != nil {
		return err
	}
	r.DryRun, r.Interrupted = o.dryRun, result.Interrupted
	if result.TooMany {
		r.Stopped = "more users failed than --max-errors allows"
	}
	if o.dryRun {
		r.PlanExactly(result.Planned)
	}
	if o.verb == bulk.Forget {
		for i := range r.Source.Files {
			r.Source.Files[i].SHA256 = "" // of a list of names: who has the name can find it again
		}
	}
	if o.report != "" {
		if err := reports.Save(ctx, o.report, r, store.Reader, nil, false); err != nil {
			return err
		}
	}
	if err := store.Delivered(ctx); err != nil {
		return err
	}
	codes := []cli.Code{cli.ExitOK}
	if result.Interrupted {
		codes = append(codes, cli.ExitInterrupted)
	}
	if r.Totals.Rejected+r.Totals.Failed > 0 || result.TooMany || o.forgetting != nil && o.forgetting.unread() {
		codes = append(codes, cli.ExitRecords)
	}
	if o.verb.Reads() {
		return errors.Join(o.show(e, r, result.Shown), cli.Finished(codes...))
	}
	return reports.Show(e, &o.output, r, report.Guide{Folder: o.report, Next: o.next(in, r)}, codes...)
}

// next says how to go on.
func (o *usersOptions) next(in *cli.Invocation, r *report.Report) []string {
	command := "users " + string(o.verb)
	switch {
	case r.Interrupted:
		return []string{"Continue where it stopped:\n" + in.Rebuilt(command, "")}
	case o.dryRun:
		return []string{"Do it:\n" + in.Rebuilt(command, "", "dry-run", "report")}
	case o.organization.atMost > 0 && r.Totals.Pending > 0:
		return []string{"Continue with the next ones:\n" + in.Rebuilt(command, "")}
	case r.Problems.ByCode["API_FAILED"] > 0:
		return []string{"Try again what was given up:\n" + in.Rebuilt(command, "")}
	}
	return nil
}
