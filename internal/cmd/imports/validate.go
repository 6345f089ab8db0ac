package imports

import (
	"context"
	"runtime"
	"time"

	"github.com/kinde-migrate/kinde-migrate/internal/cli"
	"github.com/kinde-migrate/kinde-migrate/internal/cli/input"
	"github.com/kinde-migrate/kinde-migrate/internal/cli/reports"
	"github.com/kinde-migrate/kinde-migrate/internal/report"
	"github.com/kinde-migrate/kinde-migrate/internal/report/page"
)

type validateOptions struct {
	source input.Options
	output cli.OutputOptions
	report string
	rate   string

	showValues bool
}

// assumedRate is the pace, in requests per second, of the forecast when nobody says one.
const assumedRate = 50

func NewValidate(e *cli.Env) *cli.Command {
	o := &validateOptions{}
	return &cli.Command{
		Name:  "validate",
		Args:  "FILE…",
		Short: "Check an export without talking to a tenant",
		Long: "Does everything that import does before the first request, without credentials: reads, maps, recognises hashes, finds duplicates, " +
			"and writes the same reports. What only the tenant knows (who exists, which organizations and roles it has) is checked by import --dry-run.",
		Examples: []cli.Example{
			{What: "Check an export", Line: "kinde-migrate validate users.ndjson"},
			{What: "With the password hashes in a second file", Line: "kinde-migrate validate users.ndjson --passwords hashes.ndjson"},
			{What: "How long would it take at 100 requests a second?", Line: "kinde-migrate validate users.csv --rate 100"},
			{What: "For a script", Line: "kinde-migrate validate users.csv --json | jq .totals"},
		},
		Exits: []cli.Code{cli.ExitOK, cli.ExitFailed, cli.ExitUsage, cli.ExitRecords, cli.ExitInterrupted},
		Flags: cli.FlagsOf(o.source.Flags(), o.source.PolicyFlags(), o.source.SelectionFlags(), []cli.Flag{
			cli.StringFlag(&o.report, cli.CatState, "report", "", "`DIR` for the reports; default <first file>.validate.report"),
			reports.ShowValuesFlag(&o.showValues),
			cli.StringFlag(&o.rate, cli.CatPace, "rate", "auto", "requests per second, `N`, to calculate how long an import takes"),
		}, o.output.Flags()),
		Run: func(ctx context.Context, in *cli.Invocation) error { return runValidate(ctx, e, o, in) },
	}
}

func runValidate(ctx context.Context, e *cli.Env, o *validateOptions, in *cli.Invocation) error {
	started := time.Now()
	// A check uses little memory and leaves little garbage. Memory that is counted
	// and never touched lets a little more of that gather before it is looked for,
	// which takes a tenth off the time.
	ballast := make([]byte, 16<<20)
	defer runtime.KeepAlive(ballast)
	log, err := e.Logger(&o.output)
	if err != nil {
		return err
	}
	rate := float64(assumedRate)
	if o.rate != "auto" {
		if rate, err = cli.ParseRate("--rate", o.rate); err != nil {
			return err
		}
	}
	checks, err := o.source.Checks()
	if err != nil {
		return err
	}
	if err := checks.Ask(ctx, e.IO); err != nil {
		return err
	}
	source, err := o.source.Open(ctx, e, in.Args)
	if err != nil {
		return err
	}
	dir := o.report
	if dir == "" {
		dir = input.Beside(in.Args, ".validate.report")
	}
	if err := report.MakeFolder(dir); err != nil {
		return err
	}
	r := report.New("validate")
	r.Version, r.RunID, r.StartedAt = cli.Version(), cli.NewRunID(started), started.UTC()
	r.Options = o.source.Pinned()
	r.Describe(source.Source())

	spool, err := report.NewSpool(dir)
	if err != nil {
		return err
	}
	defer spool.Abort()
	tally := report.NewTally(r)
	defer tally.Close()
	tally.Judge, tally.Outcome, tally.Corrected = checks.Judge, spool.Add, spool.Correct
	progress := e.IO.NewProgress(o.output.Quiet)
	sum, err := source.Scan(ctx, input.WithProgress(checks.Watch(tally), progress, source.Source()))
	progress.Finish()
	if err != nil {
		return input.OpenError(err)
	}
	r.Describe(source.Source())
	tally.Finish(sum, rate)
	if checks.Passed() == nil {
		r.Passwords.Proved = checks.Proved()
	}
	log.Info("source read", "rows", sum.Rows, "records", sum.Records, "rejected", r.Totals.Rejected)

	if err := spool.Commit(); err != nil {
		return err
	}
	r.Files = []string{report.JSONFile, page.File, report.OutcomesFile}
	if err := r.WriteRejects(ctx, dir, source, tally.Rejected(), false); err != nil {
		return err
	}
	r.FinishedAt = time.Now().UTC()
	r.ElapsedSeconds = r.FinishedAt.Sub(r.StartedAt).Seconds()
	if err := r.Check(); err != nil {
		return err
	}
	if err := (&page.Page{Report: r, ShowValues: o.showValues}).Save(dir); err != nil {
		return err
	}
	if err := r.SaveJSON(dir); err != nil {
		return err
	}
	if err := checks.Passed(); err != nil {
		return err
	}
	code := cli.ExitOK
	if r.Totals.Rejected > 0 {
		code = cli.ExitRecords
	}
	guide := report.Guide{Folder: dir, Holds: len(r.Rejects) > 0, Next: nextAfterValidate(in, r)}
	return reports.Show(e, &o.output, r, guide, code)
}

// nextAfterValidate rebuilds the command that imports the same.
func nextAfterValidate(in *cli.Invocation, r *report.Report) []string {
	if r.Totals.Records == r.Totals.Rejected+r.Totals.Skipped {
		return nil
	}
	return []string{"Rehearse it on a tenant inside this process:\n" + in.Next("import", "--sandbox")}
}
