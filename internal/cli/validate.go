package cli

import (
	"context"
	"runtime"
	"time"

	"github.com/kinde-migrate/kinde-migrate/internal/report"
	"github.com/kinde-migrate/kinde-migrate/internal/report/page"
)

type validateOptions struct {
	source sourceOptions
	output outputOptions
	report string
	rate   string

	showValues bool
}

// assumedRate is the pace, in requests per second, of the forecast when nobody says one.
const assumedRate = 50

func newValidate(e *env) *command {
	o := &validateOptions{}
	return &command{
		name:  "validate",
		args:  "FILE…",
		short: "Check an export without talking to a tenant",
		long: "Does all of import up to the first request, without credentials: reads, maps, recognises hashes, finds duplicates, " +
			"and writes the same reports. What only the tenant knows (who exists, which organizations and roles there are) is left to import --dry-run.",
		examples: []example{
			{"Check an export", "kinde-migrate validate users.ndjson"},
			{"With the password hashes in a second file", "kinde-migrate validate users.ndjson --passwords hashes.ndjson"},
			{"How long would it take at 100 requests a second?", "kinde-migrate validate users.csv --rate 100"},
			{"For a script", "kinde-migrate validate users.csv --json | jq .totals"},
		},
		exits: []Code{exitOK, exitFailed, exitUsage, exitRecords, exitInterrupted},
		flags: flagsOf(o.source.flags(), o.source.policyFlags(), o.source.selectionFlags(), []urfaveFlag{
			strFlag(&o.report, catState, "report", "", "`DIR` for the reports; <first file>.validate.report unless given"),
			showValuesFlag(&o.showValues),
			strFlag(&o.rate, catPace, "rate", "auto", "requests a second, `N`, for the forecast of how long an import takes"),
		}, o.output.flags()),
		run: func(ctx context.Context, in *invocation) error { return runValidate(ctx, e, o, in) },
	}
}

func runValidate(ctx context.Context, e *env, o *validateOptions, in *invocation) error {
	started := time.Now()
	// A check uses little memory and leaves little garbage. Memory that is counted
	// and never touched lets a little more of that gather before it is looked for,
	// which takes a tenth off the time.
	ballast := make([]byte, 16<<20)
	defer runtime.KeepAlive(ballast)
	log, err := e.logger(&o.output)
	if err != nil {
		return err
	}
	rate := float64(assumedRate)
	if o.rate != "auto" {
		if rate, err = parseRate("--rate", o.rate); err != nil {
			return err
		}
	}
	checks, err := o.source.checks()
	if err != nil {
		return err
	}
	if err := checks.ask(ctx, e.io); err != nil {
		return err
	}
	source, err := o.source.open(ctx, e, in.args)
	if err != nil {
		return err
	}
	dir := o.report
	if dir == "" {
		dir = besides(in.args, ".validate.report")
	}
	if err := report.MakeFolder(dir); err != nil {
		return err
	}
	r := report.New("validate")
	r.Version, r.RunID, r.StartedAt = version(), newRunID(started), started.UTC()
	r.Options = o.source.pinned()
	r.Describe(source.Source())

	spool, err := report.NewSpool(dir)
	if err != nil {
		return err
	}
	defer spool.Abort()
	tally := report.NewTally(r)
	defer tally.Close()
	tally.Judge, tally.Outcome, tally.Corrected = checks.judge, spool.Add, spool.Correct
	progress := e.io.NewProgress(o.output.quiet)
	sum, err := source.Scan(ctx, withProgress(checks.watch(tally), progress, source.Source()))
	progress.Finish()
	if err != nil {
		return inputError(err)
	}
	r.Describe(source.Source())
	tally.Finish(sum, rate)
	log.Info("source read", "rows", sum.Rows, "records", sum.Records, "rejected", r.Totals.Rejected)

	if err := spool.Commit(); err != nil {
		return err
	}
	rejects, err := report.WriteRejects(ctx, dir, source, tally.Pieces())
	if err != nil {
		return err
	}
	r.FinishedAt = time.Now().UTC()
	r.ElapsedSeconds = r.FinishedAt.Sub(r.StartedAt).Seconds()
	r.Files = append([]string{report.JSONFile, page.File, report.OutcomesFile}, rejects...)
	if err := r.Check(); err != nil {
		return err
	}
	if err := (&page.Page{Report: r, ShowValues: o.showValues}).Save(dir); err != nil {
		return err
	}
	if err := r.SaveJSON(dir); err != nil {
		return err
	}
	if err := checks.passed(); err != nil {
		return err
	}
	code := exitOK
	if r.Totals.Rejected > 0 {
		code = exitRecords
	}
	guide := report.Guide{Folder: dir, Holds: len(rejects) > 0, Next: nextAfterValidate(in, r)}
	return showReport(e, &o.output, r, guide, code)
}

// nextAfterValidate rebuilds the command that imports the same.
func nextAfterValidate(in *invocation, r *report.Report) []string {
	if r.Totals.Records == r.Totals.Rejected+r.Totals.Skipped {
		return nil
	}
	return []string{"Rehearse it on a tenant inside this process:\n" + in.rebuilt("import", "--sandbox", "report", "rate")}
}
