package imports

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/kinde-migrate/kinde-migrate/internal/capacity"
	"github.com/kinde-migrate/kinde-migrate/internal/cli"
	"github.com/kinde-migrate/kinde-migrate/internal/cli/input"
	"github.com/kinde-migrate/kinde-migrate/internal/importer"
	"github.com/kinde-migrate/kinde-migrate/internal/intake"
	"github.com/kinde-migrate/kinde-migrate/internal/report"
	"github.com/kinde-migrate/kinde-migrate/internal/ui"
	"github.com/kinde-migrate/kinde-migrate/kinde/pace"
)

type planOptions struct {
	source     input.Options
	output     cli.OutputOptions
	rate       string
	window     string
	checkpoint string
	users      int
	perUser    float64
}

func NewPlan(e *cli.Env) *cli.Command {
	o := &planOptions{}
	return &cli.Command{
		Name:  "plan",
		Args:  "[FILE…]",
		Short: "Calculate the requests and the time of a migration",
		Long: "Reads the export as validate does, without a tenant, and shows how many requests an import needs, per operation, how long they take at a rate, " +
			"and which rate fits a window of time. The rate is the one you give, or the one that an earlier run learnt, or 50 requests per second. " +
			"A range goes from a tenant that has everyone already to one that has nobody; import --dry-run looks at the tenant and gives exact numbers. " +
			"Without a file, --users calculates with a number of users and of requests for each.",
		Examples: []cli.Example{
			{What: "Does it fit a weekend?", Line: "kinde-migrate plan users.ndjson --window 60h"},
			{What: "At the rate that a pilot learnt", Line: "kinde-migrate plan users.ndjson --window 60h --checkpoint pilot.checkpoint"},
			{What: "At 120 requests a second", Line: "kinde-migrate plan users.csv --rate 120"},
			{
				What: "Without a file: a million users, each with a password and an organization",
				Line: "kinde-migrate plan --users 1000000 --requests-per-user 2.01 --rate 50",
			},
			{What: "For a script", Line: "kinde-migrate plan users.csv --json | jq .rate_to_fit"},
		},
		Exits: []cli.Code{cli.ExitOK, cli.ExitFailed, cli.ExitUsage, cli.ExitInterrupted},
		Flags: cli.FlagsOf(o.source.Flags(), o.source.RuleFlags(), o.source.SelectionFlags(), []cli.Flag{
			cli.IntFlag(&o.users, cli.CatPolicy, "users", 0, "without a file: calculate with `N` users"),
			cli.FloatFlag(
				&o.perUser,
				cli.CatPolicy,
				"requests-per-user",
				2,
				"with --users: `N` requests for each, on average: 1 creates a user, 1 sets a password",
			),
			cli.StringFlag(&o.window, cli.CatPace, "window", "", "available time, `DURATION` such as 60h or 90m"),
			cli.StringFlag(&o.rate, cli.CatPace, "rate", "auto", "requests per second, `N`; auto uses the limit in --checkpoint, else 50"),
			cli.StringFlag(&o.checkpoint, cli.CatState, "checkpoint", "", "`FILE` of an earlier run, with the limit that it learnt"),
		}, o.output.Flags()),
		Run: func(ctx context.Context, in *cli.Invocation) error { return runPlan(ctx, e, o, in) },
	}
}

func runPlan(ctx context.Context, e *cli.Env, o *planOptions, in *cli.Invocation) error {
	if _, err := e.Logger(&o.output); err != nil {
		return err
	}
	rate, from, err := o.pace(ctx)
	if err != nil {
		return err
	}
	window, err := parseWindow(o.window)
	if err != nil {
		return err
	}
	if o.users != 0 {
		return o.calculate(e, in, rate, from, window)
	}
	checks, err := o.source.Checks()
	if err != nil {
		return err
	}
	source, err := o.source.Open(ctx, e, in.Args)
	if err != nil {
		return err
	}
	cost := &costing{source: &o.source, checks: checks, rate: rate, rateFrom: from, window: window}
	need, r, err := cost.of(ctx, source, e.IO.NewProgress(o.output.Quiet))
	if err != nil {
		return err
	}
	if o.output.JSON {
		return e.WriteJSON(need)
	}
	if err := errors.Join(writeNeed(e, need, r.Totals.Rejected), writeWays(e, need.Ways)); err != nil {
		return err
	}
	if e.HasTenant() {
		return e.Next(
			e.IO.Out,
			"Next, see who is already in the tenant, and the exact number of requests:",
			in.Next("import", "--dry-run", "checkpoint"),
		)
	}
	return e.Next(e.IO.Out, "Next, rehearse on a tenant inside this process:", in.Next("import", "--sandbox", "checkpoint"))
}

// calculate tells the time for a number of users, without a source.
func (o *planOptions) calculate(e *cli.Env, in *cli.Invocation, rate float64, from string, window time.Duration) error {
	switch {
	case len(in.Args) > 0:
		return cli.Usagef("leave out --users to calculate with the file", "--users can't be used with a file")
	case o.users < 0:
		return cli.Usagef("--users 100000", "--users takes a number above 0")
	case o.perUser < 1 || o.perUser > 1000:
		return cli.Usagef("--requests-per-user 2", "--requests-per-user takes a number of at least 1: creating a user is one request")
	}
	users := int64(o.users)
	more := int64(math.Ceil(float64(users) * (o.perUser - 1)))
	pages := 2 * ((users + 499) / 500) // who is there before, and the read-back
	need := capacity.Of(
		map[string]capacity.Range{"createUser": {Min: 0, Max: users}, "others": {Min: 0, Max: more}, "getUsers": {Min: pages, Max: pages}},
		users,
		rate,
		from,
		window,
	)
	if o.output.JSON {
		return e.WriteJSON(need)
	}
	if err := writeNeed(e, need, 0); err != nil {
		return err
	}
	return e.Next(e.IO.Out, "Next, calculate with the export itself:", e.Called()+" plan FILE")
}

// parseWindow reads --window; "" is no window.
func parseWindow(text string) (time.Duration, error) {
	if text == "" {
		return 0, nil
	}
	window, err := time.ParseDuration(text)
	if err != nil || window <= 0 {
		return 0, cli.Usagef("--window 60h", "--window %q is not a length of time", text)
	}
	return window, nil
}

// costing finds out what the import of a source costs.
type costing struct {
	source   *input.Options
	checks   *input.Checks
	rate     float64
	rateFrom string
	window   time.Duration
	also     func(intake.Visitor) intake.Visitor // sees each row, too; may be nil

	sum intake.Summary // of the pass, once it is done
}

// of reads the source once.
func (c *costing) of(ctx context.Context, source *intake.Intake, progress ui.Progress) (capacity.Need, *report.Report, error) {
	r := report.New("plan")
	r.Describe(source.Source())
	tally := report.NewTally(r)
	defer tally.Close()
	tally.Judge = c.checks.Judge
	left := &leftWatch{
		next: tally,
		options: importer.Options{
			Unsupported: importer.Unsupported(c.source.UnsupportedPasswords),
			Stale:       importer.Stale(c.source.StalePasswords),
		},
	}
	var watch intake.Visitor = left
	if c.also != nil {
		watch = c.also(left)
	}
	sum, err := source.Scan(ctx, input.WithProgress(watch, progress, source.Source()))
	progress.Finish()
	if err != nil {
		return capacity.Need{}, nil, input.OpenError(err)
	}
	c.sum = sum
	tally.Finish(sum, c.rate)
	operations := make(map[string]capacity.Range, len(r.API.CallsPlanned))
	for op, p := range r.API.CallsPlanned {
		operations[op] = capacity.Range{Min: p.Min, Max: p.Max}
	}
	need := capacity.Of(operations, r.Totals.Pending, c.rate, c.rateFrom, c.window)
	left.compare(&need)
	return need, r, nil
}

// pace is the rate to calculate with, and where it comes from.
func (o *planOptions) pace(ctx context.Context) (float64, string, error) {
	if o.rate != "auto" {
		rate, err := cli.ParseRate("--rate", o.rate)
		if err == nil && rate <= 0 {
			err = cli.Usagef("--rate 50", "--rate %q is not above zero", o.rate)
		}
		return rate, capacity.Given, err
	}
	if o.checkpoint == "" {
		return assumedRate, capacity.Assumed, nil
	}
	state := cli.KnownRate(ctx, o.checkpoint)
	var known pace.State
	if len(state) == 0 || json.Unmarshal(state, &known) != nil || known.Limit <= 0 {
		return 0, "", cli.Usagef(
			"Give a rate with --rate, or use the checkpoint of a run that reached the tenant's limit.",
			"%s holds no learnt rate",
			o.checkpoint,
		)
	}
	return known.Limit, capacity.Learnt, nil
}

func writeNeed(e *cli.Env, n capacity.Need, rejected int64) error {
	out := e.IO.Out
	fmt.Fprintf(out, "%s to import", ui.Count(n.Users, "user"))
	if rejected > 0 {
		fmt.Fprintf(out, "; %s would be rejected", ui.Count(rejected, "record"))
	}
	fmt.Fprint(out, ".\n\nRequests, at most:\n")
	t := &ui.Table{Right: []bool{false, true}}
	for _, op := range slices.Sorted(maps.Keys(n.Operations)) {
		t.Add(op, ui.Number(n.Operations[op].Max))
	}
	t.Add("total", ui.Number(n.Requests.Max))
	if err := t.Write(out, e.IO.TableWidth(out), 2); err != nil {
		return err
	}
	fmt.Fprintf(out, "That is %.2f per user. For users who exist already and are skipped, almost nothing is sent.\n\n", n.PerUser)
	origin := map[string]string{capacity.Given: "from --rate", capacity.Learnt: "learnt by the earlier run",
		capacity.Assumed: "assumed; a pilot shows the real limit"}[n.RateFrom]
	fmt.Fprintf(out, "At %s requests a second (%s) it takes %s.\n", decimal(n.Rate), origin, span(n.Seconds.Max))
	if n.Fits == nil {
		return nil
	}
	window := span(int64(n.Window))
	fmt.Fprintf(out, "To fit %s, the tenant has to allow %s requests a second.\n", window, decimal(n.RateToFit))
	if *n.Fits {
		fmt.Fprintf(out, "It fits, with %s to spare.\n", span(int64(n.Window)-n.Seconds.Max))
		return nil
	}
	fmt.Fprintf(
		out,
		"It does not fit: %s of %s would be done. A run can be stopped and continued.\n",
		ui.Number(n.UsersThatFit),
		ui.Number(n.Users),
	)
	return nil
}

func span(seconds int64) string { return ui.Duration(time.Duration(seconds) * time.Second) }

func decimal(x float64) string { return strconv.FormatFloat(math.Round(10*x)/10, 'f', -1, 64) }
