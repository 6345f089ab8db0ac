package check

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"time"

	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
	"github.com/kinde-migrate/kinde-migrate/internal/cli"
	"github.com/kinde-migrate/kinde-migrate/internal/cli/importjob"
	"github.com/kinde-migrate/kinde-migrate/internal/cli/input"
	"github.com/kinde-migrate/kinde-migrate/internal/cli/reports"
	"github.com/kinde-migrate/kinde-migrate/internal/engine"
	"github.com/kinde-migrate/kinde-migrate/internal/importer"
	"github.com/kinde-migrate/kinde-migrate/internal/intake"
	"github.com/kinde-migrate/kinde-migrate/internal/reconcile"
	"github.com/kinde-migrate/kinde-migrate/internal/report"
	"github.com/kinde-migrate/kinde-migrate/internal/report/page"
	"github.com/kinde-migrate/kinde-migrate/internal/ui"
	"github.com/kinde-migrate/kinde-migrate/kinde"
)

// reconciliation is one reconcile command at work.
type reconciliation struct {
	*reconcileOptions
	e        *cli.Env
	in       *cli.Invocation
	source   *intake.Intake
	job      *checkpoint.Reader // nil without a checkpoint
	conn     *cli.Connection
	recorder *engine.Recorder
	tenant   kinde.Environment
	progress ui.Progress
	share    float64
	dir      string
	started  time.Time
}

func runReconcile(ctx context.Context, e *cli.Env, o *reconcileOptions, in *cli.Invocation) (err error) {
	x := &reconciliation{reconcileOptions: o, e: e, in: in, recorder: engine.NewRecorder(), started: time.Now(), dir: o.report}
	if o.combined && o.output.JSON {
		return cli.Usagef("", "give --combined or --json, not both")
	}
	if x.share, err = o.share(); err != nil {
		return err
	}
	if x.job, err = importjob.Follow(ctx, e, in, &importjob.Followed{Source: &o.source, Checkpoint: &o.checkpoint, Sandbox: o.target.Sandbox,
		Quiet: o.output.Quiet}); err != nil {
		return err
	}
	if x.source, err = o.source.Open(ctx, e, in.Args); err != nil {
		return err
	}
	x.conn, err = cli.Connect(e, cli.ConnectOptions{Target: &o.target, Pace: &o.pace, Output: &o.output, In: in, Share: cli.LiveShare,
		SandboxState: input.Beside(in.Args, ".sandbox.tenant"), Known: cli.KnownRate(ctx, o.checkpoint), Observe: x.recorder.Observe})
	if err != nil {
		return err
	}
	if x.job != nil {
		if err := x.conn.SameTenant(ctx, x.job); err != nil {
			return err
		}
	}
	if x.dir == "" {
		x.dir = input.Beside(in.Args, ".reconcile.report")
	}
	x.progress = e.IO.NewProgress(o.output.Quiet)
	defer x.progress.Finish()
	x.tenant, err = x.conn.Client.GetEnvironment(ctx)
	if err != nil {
		return fmt.Errorf("asking which tenant this is: %w", err)
	}
	x.conn.Announce(x.tenant)
	return x.run(ctx)
}

func (x *reconciliation) run(ctx context.Context) error {
	repairs, err := reconcile.NewRepairs("")
	if err != nil {
		return err
	}
	defer repairs.Close()
	r, err := x.compare(ctx, x.combined && !x.fix, repairs)
	if err != nil {
		return err
	}
	half, err := x.halfMade(ctx)
	if err != nil {
		return err
	}
	if x.fix && repairs.Count+half > 0 {
		before := r.Reconciliation.Missing + r.Reconciliation.Different
		if err := x.mend(ctx, repairs, half); err != nil {
			return err
		}
		if r, err = x.compare(ctx, x.combined, nil); err != nil {
			return err
		}
		r.Reconciliation.FoundBefore = before
	} else if x.fix && x.combined {
		if r, err = x.compare(ctx, true, nil); err != nil {
			return err
		}
	}
	return x.conclude(r)
}

// compare compares once, and writes outcomes.csv.
func (x *reconciliation) compare(ctx context.Context, lines bool, repairs *reconcile.Repairs) (*report.Report, error) {
	if err := report.MakeFolder(x.dir); err != nil {
		return nil, err
	}
	spool, err := report.NewSpool(x.dir)
	if err != nil {
		return nil, err
	}
	defer spool.Abort()
	r := report.New("reconcile")
	r.Version, r.RunID, r.StartedAt = cli.Version(), cli.NewRunID(x.started), x.started.UTC()
	r.Options = x.reconcileOptions.source.Pinned()
	r.Describe(x.source.Source())
	opt := reconcile.Options{Tenant: x.conn.Client, Source: x.source, Import: x.rules(), Deep: x.share, Concurrency: x.pace.Concurrency,
		ClockOffset: x.recorder.ClockOffset(), Repair: x.fix && repairs != nil,
		Progress: func(stage string, done, total int64) {
			x.progress.Update(ui.Status{Stage: stage, Done: done, Total: total})
		},
		Each: func(f reconcile.Finding) error {
			count(r, &f)
			if lines {
				writeCombined(x.e.IO.Out, &f)
			}
			if repairs != nil {
				if err := repairs.Add(&f); err != nil {
					return err
				}
			}
			return spool.Add(rowOf(&f))
		}}
	if x.job != nil {
		opt.Checkpoint = x.job
	}
	result, err := reconcile.Run(ctx, opt)
	if err != nil {
		return nil, importjob.ReadingError(err)
	}
	if err := spool.Commit(); err != nil {
		return nil, err
	}
	x.fill(r, result)
	if x.job != nil {
		if err := foldSteps(ctx, r, x.job); err != nil {
			return nil, err
		}
	}
	x.progress.Finish()
	if !x.output.Quiet {
		importjob.WriteUnknown(x.e, result.Unknown)
	}
	return r, r.Check()
}

// fill completes the report with the counts of a comparison.
func (x *reconciliation) fill(r *report.Report, result *reconcile.Result) {
	r.Describe(x.source.Source())
	r.Source.Rows, r.Source.Filtered = result.Summary.Rows, result.Summary.Filtered
	r.Target = report.TargetAt(x.conn.Origin, x.tenant.Name, x.tenant.IsLive)
	r.FinishedAt = time.Now().UTC()
	r.ElapsedSeconds = r.FinishedAt.Sub(r.StartedAt).Seconds()
	c := &r.Reconciliation
	c.Performed, c.Fresh, c.At = true, true, r.FinishedAt
	c.Matched, c.Missing, c.Different, c.Explained, c.Unexpected = result.Matched, result.Missing, result.Different, result.Explained,
		result.Unexpected
	c.Older = result.Older
	c.CheckedFields, c.NotVerifiable = reconcile.CheckedFields(), reconcile.NotVerifiable()
	switch {
	case x.share >= 100:
		c.CheckedFields = append(c.CheckedFields, "verified states")
	case x.share > 0:
		c.CheckedFields = append(c.CheckedFields, fmt.Sprintf("verified states of %d of %d users", result.DeepChecked, result.DeepOf))
	default:
		c.NotVerifiable = append(c.NotVerifiable, "verified states (use --deep or --sample-deep)")
	}
	if x.share > 0 {
		c.VerifiedOf, c.VerifiedChecked = result.DeepOf, result.DeepChecked
	}
	for _, call := range x.recorder.Calls() {
		r.API.Calls += call.Calls
		r.API.Throttled += call.Throttled
		r.API.Retried += call.Retried
		r.API.ByOperation[call.Operation] = report.Operation{Calls: call.Calls, Succeeded: call.Succeeded, Failed: call.Failed}
	}
	if r.ElapsedSeconds > 0 {
		r.API.CallsPerSecond = float64(int64(float64(r.API.Calls)/r.ElapsedSeconds*100)) / 100
	}
}

// count adds a finding to the report.
func count(r *report.Report, f *reconcile.Finding) {
	t := &r.Totals
	if f.Record > 0 {
		t.Records++
		switch {
		case f.Class == reconcile.Match:
			t.Unchanged++
		case f.Class == reconcile.Explained && f.Reported == "rejected":
			t.Rejected++
		case f.Class == reconcile.Explained && f.Reported == "failed":
			t.Failed++
		case f.Class == reconcile.Explained && f.Reported == "deleted":
			t.Deleted++
		case f.Class == reconcile.Explained:
			t.Skipped++
		default:
			t.Pending++ // --fix would see to it
		}
	}
	list := func(d report.Difference) {
		if len(r.Reconciliation.Differences) >= report.MaxItems {
			r.Reconciliation.Truncated = true
			return
		}
		r.Reconciliation.Differences = append(r.Reconciliation.Differences, d)
	}
	say := func() {
		if f.Code == "" {
			return
		}
		r.Problems.ByCode[f.Code]++
		if len(r.Problems.Items) >= report.MaxItems {
			r.Problems.Truncated = true
			return
		}
		severity := "error"
		if f.Reported == "skipped" {
			severity = "warning"
		}
		p := report.Problem{Record: f.Record, Line: f.Line, SourceID: f.SourceID, Severity: severity, Code: f.Code, Message: f.Reason}
		if f.Class == reconcile.Missing {
			p.Hint = importer.IDTakenHint
		}
		if f.File < len(r.Source.Files) {
			p.File = r.Source.Files[f.File].Path
		}
		r.Problems.Items = append(r.Problems.Items, p)
	}
	switch f.Class {
	case reconcile.Missing, reconcile.Unexpected:
		list(report.Difference{SourceID: f.SourceID, KindeID: f.KindeID, Kind: string(f.Class)})
		say()
	case reconcile.Different:
		for _, d := range f.Differences {
			list(
				report.Difference{SourceID: f.SourceID, KindeID: f.KindeID, Kind: "different", Field: d.Field, Expected: d.Expected, Actual: d.Actual},
			)
		}
	case reconcile.Explained:
		say()
	}
}

// rowOf is a finding as a row of outcomes.csv.
func rowOf(f *reconcile.Finding) report.Outcome {
	said := f.Reason
	if f.Class == reconcile.Explained && f.Reported != "" {
		said = f.Reported + ": " + f.Reason
	}
	if len(f.Differences) > 0 {
		parts := make([]string, len(f.Differences))
		for i, d := range f.Differences {
			parts[i] = fmt.Sprintf("%s: expected %q, is %q", d.Field, d.Expected, d.Actual)
		}
		said = strings.Join(parts, "; ")
	}
	return report.NewOutcome(f.Record, f.Line, f.SourceID, f.KindeID, f.Email, string(f.Class), "", f.Code, said)
}

// writeCombined prints a finding as one line. Users that were there before the
// import are nobody's concern.
func writeCombined(w io.Writer, f *reconcile.Finding) {
	if f.Class == reconcile.Older {
		return
	}
	who := f.SourceID
	switch {
	case f.Record == 0:
		who = strings.TrimSpace(f.KindeID + " " + f.Email)
	case who == "" && f.Email != "":
		who = f.Email
	case who == "":
		who = fmt.Sprintf("record %d", f.Record)
	}
	line := f.Class.Sign() + " " + who
	switch f.Class {
	case reconcile.Different:
		fields := make([]string, len(f.Differences))
		for i, d := range f.Differences {
			fields[i] = d.Field
		}
		line += " " + strings.Join(fields, ",")
	case reconcile.Explained:
		line += " " + strings.TrimSpace(f.Reported+" "+f.Code)
	}
	fmt.Fprintln(w, ui.Line(line))
}

// mend creates who is missing and mends what differs.
func (x *reconciliation) mend(ctx context.Context, repairs *reconcile.Repairs, half int64) error {
	store, err := x.storeForFix(ctx)
	if err != nil {
		return err
	}
	opt := x.rules()
	if x.job != nil {
		var files []string
		for _, f := range x.source.Source().Files {
			files = append(files, f.Path)
		}
		opt.Correction = importjob.IsCorrection(files, x.checkpoint)
	}
	opt.RunID, opt.Progress = cli.NewRunID(time.Now()), &cli.JobProgress{Show: x.progress}
	result, runErr := importer.RunRepairs(cli.Hard(ctx), importer.Job{
		Source: x.source, Target: x.conn.Client, Checkpoint: store, Recorder: x.recorder, Pace: x.conn, Drain: ctx.Done(),
		Confirm: func(ctx context.Context, plan importer.Plan) error {
			x.progress.Finish()
			if x.conn.Sandbox != nil {
				return nil
			}
			return x.conn.Confirm(ctx, plan.Environment, false, "Mend "+ui.Count(repairs.Count+half, "record"))
		},
	}, opt, repairs.All())
	x.progress.Finish()
	err = errors.Join(runErr, x.close(ctx, store))
	if err == nil && result.Interrupted {
		return context.Canceled
	}
	return err
}

// state is the file that keeps how far the mending is: the checkpoint of the
// import, whose ids a repair changes, or one of its own.
func (x *reconciliation) state() string {
	switch {
	case x.job != nil:
		return x.checkpoint
	case x.target.Sandbox:
		return input.Beside(x.in.Args, ".sandbox.reconcile.checkpoint")
	}
	return input.Beside(x.in.Args, ".reconcile.checkpoint")
}

// halfMade counts those whom a run that was stopped began to make.
func (x *reconciliation) halfMade(ctx context.Context) (int64, error) {
	if x.job != nil {
		return x.job.Count(ctx, importer.HalfMade)
	}
	if _, err := os.Stat(x.state()); !x.fix || errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	store, err := x.storeForFix(ctx)
	if err != nil {
		return 0, err
	}
	n, err := store.Count(ctx, importer.HalfMade)
	return n, errors.Join(err, store.Close())
}

func (x *reconciliation) storeForFix(ctx context.Context) (*checkpoint.Store, error) {
	store, _, err := checkpoint.Open(cli.Hard(ctx), x.state())
	return store, err
}

// close closes the state, and removes one of its own when nobody is half made.
func (x *reconciliation) close(ctx context.Context, store *checkpoint.Store) error {
	half, err := store.Count(context.WithoutCancel(ctx), importer.HalfMade)
	if err = errors.Join(err, store.Close()); err != nil || x.job != nil || half > 0 {
		return err
	}
	return errors.Join(os.Remove(x.state()), os.Remove(x.state()+".lock"))
}

func (x *reconciliation) conclude(r *report.Report) error {
	r.Files = []string{report.JSONFile, page.File, report.OutcomesFile}
	if err := (&page.Page{Report: r, ShowValues: x.showValues}).Save(x.dir); err != nil {
		return err
	}
	if err := r.SaveJSON(x.dir); err != nil {
		return err
	}
	code := cli.ExitOK
	if c := r.Reconciliation; c.Missing+c.Different+c.Unexpected > 0 {
		code = cli.ExitDifferences
	} else if x.fix && r.Totals.Failed > 0 {
		code = cli.ExitRecords // what could not be mended
	}
	guide := report.Guide{Folder: x.dir}
	if c := r.Reconciliation; c.Missing+c.Different > 0 && !x.fix {
		guide.Next = []string{"Correct what differs, and nothing else:\n" + x.in.Rebuilt("reconcile", "--fix", "report", "combined")}
	}
	if c := r.Reconciliation; c.Missing+c.Different == 0 && x.checkpoint != "" {
		guide.Next = []string{
			"Next, a few days later, see who has signed in, and who tried and failed:\n" + x.in.Next(
				"adoption",
				"--checkpoint "+cli.ShellQuote(x.checkpoint),
				"checkpoint",
			),
		}
	}
	if x.combined { // stdout holds its lines
		guide.Width, guide.Tables = x.e.IO.Width(), x.e.IO.TableWidth(x.e.IO.Err)
		return errors.Join(r.WriteText(x.e.IO.Err, guide), cli.Finished(code))
	}
	return reports.Show(x.e, &x.output, r, guide, code)
}

// foldSteps takes over what the import's own answers prove.
func foldSteps(ctx context.Context, r *report.Report, job *checkpoint.Reader) error {
	steps, err := job.Steps(ctx)
	if err != nil {
		return err
	}
	for _, name := range report.StepNames {
		s := steps[name]
		r.Steps[name] = report.Step{Wanted: s.Wanted, Done: s.Done, Failed: s.Failed}
	}
	r.Passwords.ResetRequested = steps[checkpoint.StepReset].Done
	return nil
}
