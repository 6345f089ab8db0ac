package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/kinde-migrate/kinde-migrate/internal/bulk"
	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
	"github.com/kinde-migrate/kinde-migrate/internal/engine"
	"github.com/kinde-migrate/kinde-migrate/internal/report"
	"github.com/kinde-migrate/kinde-migrate/internal/report/page"
	"github.com/kinde-migrate/kinde-migrate/internal/ui"
	"github.com/kinde-migrate/kinde-migrate/kinde"
)

// typedAbove is the number of users above which a destructive verb asks for
// the number to be typed.
const typedAbove = 100

func runUsers(ctx context.Context, e *env, o *usersOptions, in *invocation) error {
	if len(in.args) > 0 {
		return usagef("name users with --id "+shellQuote(in.args[0])+", or in a file with --ids", "users %s takes no arguments: %s", o.verb, in.args[0])
	}
	o.paths()
	options, err := o.bulk()
	if err != nil {
		return err
	}
	recorder := engine.NewRecorder()
	conn, environment, err := connectPolitely(hard(ctx), e, connectOptions{target: &o.target, pace: &o.pace, output: &o.output, in: in,
		known: knownRate(ctx, o.state), observe: recorder.Observe})
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
	progress := e.io.NewProgress(o.output.quiet)
	defer progress.Finish()
	options.Progress = &usersProgress{progress, conn}
	job := bulk.Job{Target: &known{conn.client, environment}, Checkpoint: store, Recorder: recorder, Learnt: conn.learnt, Drain: ctx.Done(),
		Confirm: o.confirmer(e, conn, progress)}
	result, err := bulk.Run(hard(ctx), job, options)
	progress.Finish()
	if err != nil {
		if _, begun, jobErr := store.Job(context.WithoutCancel(ctx)); created && jobErr == nil && !begun {
			// Nothing was begun, so nothing is left lying about.
			err = errors.Join(err, store.Close(), os.Remove(o.state), os.Remove(o.state+".lock"))
		}
		return usersError(err)
	}
	return o.conclude(context.WithoutCancel(ctx), e, in, store, result)
}

// known is a client that has been asked already which tenant it talks to.
type known struct {
	*kinde.Client
	environment kinde.Environment
}

// GetEnvironment returns what the tenant said.
func (k *known) GetEnvironment(context.Context) (kinde.Environment, error) { return k.environment, nil }

// connectPolitely connects, asks which tenant this is, and takes only a share
// of a live one's limit unless --share says otherwise.
func connectPolitely(ctx context.Context, e *env, o connectOptions) (*connection, kinde.Environment, error) {
	conn, err := connect(e, o)
	if err != nil {
		return nil, kinde.Environment{}, err
	}
	environment, err := conn.client.GetEnvironment(ctx)
	if err != nil {
		return nil, environment, fmt.Errorf("asking which tenant this is: %w", err)
	}
	if environment.IsLive && o.share == 0 {
		o.share = liveShare
		conn, err = connect(e, o)
		return conn, environment, err
	}
	return conn, environment, nil
}

// usersError gives the refusals of a bulk job their exit code.
func usersError(err error) error {
	if r, ok := errors.AsType[*bulk.RefusedError](err); ok {
		if r.Checkpoint {
			return checkpointf(r.Try, "%w", err)
		}
		return usagef(r.Try, "%w", err)
	}
	return err
}

// openStore opens the state of the job; verbs that read and dry runs keep none.
func (o *usersOptions) openStore(ctx context.Context, e *env, in *invocation) (_ *checkpoint.Store, created bool, err error) {
	if o.dryRun || o.verb.Reads() {
		store, err := checkpoint.OpenTemporary(ctx, "")
		if err != nil {
			return nil, false, err
		}
		e.onClose(store.Close)
		return store, false, nil
	}
	store, created, err := checkpoint.Open(ctx, o.state)
	if err != nil {
		return nil, false, err
	}
	e.onClose(store.Close)
	line, err := o.save(in)
	if err != nil {
		return nil, false, fmt.Errorf("keeping the command line: %w", err)
	}
	return store, created, store.Commit(ctx, checkpoint.SetNote{Name: noteCommand, JSON: line})
}

// save returns what to keep of the command line. Unlike an import's, it names
// its checkpoint: that is whom the job is about, not its own state.
func (o *usersOptions) save(in *invocation) ([]byte, error) {
	dir, err := os.Getwd()
	if err != nil {
		dir = ""
	}
	saved := savedCommand{Dir: dir}
	for _, w := range in.line[1:] {
		name, _, flag := strings.Cut(strings.TrimPrefix(w, "--"), "=")
		if flag && strings.HasPrefix(w, "--") && name != "checkpoint" && (name == "state" || slices.Contains(privateFlags, name)) {
			continue
		}
		saved.Line = append(saved.Line, w)
	}
	return json.Marshal(saved)
}

// confirmer returns what is asked before the first write.
func (o *usersOptions) confirmer(e *env, conn *connection, progress ui.Progress) func(context.Context, bulk.Plan) error {
	return func(ctx context.Context, plan bulk.Plan) error {
		progress.Finish()
		announce(e, &o.output, conn.origin, plan.Environment)
		if o.verb.Reads() || o.dryRun || o.output.yes {
			return nil
		}
		users := ui.Count(plan.Users, "user")
		question := fmt.Sprintf("%s: %s of %s?", o.verb, users, tenantName(conn.origin, plan.Environment))
		var yes bool
		var err error
		if o.verb.Destructive() && plan.Users > typedAbove {
			yes, err = e.io.ConfirmTyped(ctx, question, strconv.FormatInt(plan.Users, 10))
		} else {
			yes, err = e.io.Confirm(ctx, question)
		}
		switch {
		case errors.Is(err, ui.ErrNoTerminal):
			return usagef("look first with --dry-run, then repeat the command with --yes",
				"users %s would change %s of %s, and there is no terminal to ask on", o.verb, users, tenantName(conn.origin, plan.Environment))
		case err != nil:
			return fmt.Errorf("asking for confirmation: %w", err)
		case !yes:
			return usagef("", "not confirmed; nothing was written")
		}
		return nil
	}
}

// usersProgress shows how far a bulk job is.
type usersProgress struct {
	show ui.Progress
	conn *connection
}

// Update shows a state.
func (p *usersProgress) Update(s bulk.State) {
	g := p.conn.gate.Snapshot()
	p.show.Update(ui.Status{Stage: s.Stage, Done: s.Done, Total: s.Total, Failed: s.Failed, PerSecond: s.Rate, Limit: g.Limit, Hold: g.HeldFor})
}

// Note shows a line that stays.
func (p *usersProgress) Note(message string) { p.show.Note(message) }

// conclude writes the reports, shows the result and decides how the command ends.
func (o *usersOptions) conclude(ctx context.Context, e *env, in *invocation, store *checkpoint.Store, result bulk.Result) error {
	r, err := report.Fold(ctx, store)
	if err != nil {
		return err
	}
	r.DryRun, r.Interrupted = o.dryRun, result.Interrupted
	if result.TooMany {
		r.Stopped = "more users failed than --max-errors allows"
	}
	if o.dryRun {
		r.API.CallsPlanned = map[string]report.Planned{}
		for operation, n := range result.Planned {
			r.API.CallsPlanned[operation] = report.Planned{Min: n, Max: n, Exact: true}
		}
	}
	if o.report != "" {
		if err := saveReport(ctx, o.report, r, store); err != nil {
			return err
		}
	}
	if err := store.Delivered(ctx); err != nil {
		return err
	}
	codes := []Code{exitOK}
	if result.Interrupted {
		codes = append(codes, exitInterrupted)
	}
	if r.Totals.Rejected+r.Totals.Failed > 0 || result.TooMany {
		codes = append(codes, exitRecords)
	}
	switch {
	case o.verb.Reads():
		err = o.show(e, r, result.Shown)
	case o.output.json:
		err = r.WriteJSON(e.io.Out)
	default:
		err = r.WriteText(e.io.Out, report.Guide{Width: e.io.Width(), Folder: o.report, Next: o.next(in, r)})
	}
	return errors.Join(err, finished(codes...))
}

func saveReport(ctx context.Context, dir string, r *report.Report, store *checkpoint.Store) error {
	if err := report.MakeFolder(dir); err != nil {
		return err
	}
	if err := report.SaveOutcomes(dir, report.Outcomes(ctx, store)); err != nil {
		return err
	}
	r.Files = []string{report.JSONFile, page.File, report.OutcomesFile}
	if err := savePage(ctx, dir, r, store.Reader, false); err != nil {
		return err
	}
	return r.SaveJSON(dir)
}

// next says how to go on.
func (o *usersOptions) next(in *invocation, r *report.Report) []string {
	command := "users " + string(o.verb)
	switch {
	case r.Interrupted:
		return []string{"Go on where it stopped:\n" + in.rebuilt(command, "")}
	case o.dryRun:
		return []string{"Do it:\n" + in.rebuilt(command, "", "dry-run", "report")}
	case r.Problems.ByCode["API_FAILED"] > 0:
		return []string{"Try again what was given up:\n" + in.rebuilt(command, "")}
	}
	return nil
}
