package imports

import (
	"context"

	"github.com/kinde-migrate/kinde-migrate/internal/cli"
	"github.com/kinde-migrate/kinde-migrate/internal/cli/input"
	"github.com/kinde-migrate/kinde-migrate/internal/intake"
	"github.com/kinde-migrate/kinde-migrate/internal/report"
)

type inspectOptions struct {
	source     input.Options
	output     cli.OutputOptions
	showValues bool
}

func NewInspect(e *cli.Env) *cli.Command {
	o := &inspectOptions{source: input.Options{Looking: true}}
	return &cli.Command{
		Name:  "inspect",
		Args:  "FILE…",
		Short: "Show what is in an export",
		Long: "Shows which provider the file comes from, how well each field is filled, how people will sign in, which kinds of password hashes there are " +
			"and whether Kinde can hold them, which login providers are needed, and what would be left behind. Values are shown as shapes, unless you pass --show-values.",
		Examples: []cli.Example{
			{What: "Look at an export", Line: "kinde-migrate inspect users.json"},
			{What: "From another program", Line: "zcat users.json.gz | kinde-migrate inspect -"},
			{What: "Only the hash kinds", Line: "kinde-migrate inspect users.csv --json | jq .hashes"},
		},
		Exits: []cli.Code{cli.ExitOK, cli.ExitFailed, cli.ExitUsage, cli.ExitInterrupted},
		Flags: cli.FlagsOf(o.source.Flags(), o.source.RuleFlags(), o.source.SelectionFlags(), []cli.Flag{
			cli.BoolFlag(&o.showValues, cli.CatOutput, "show-values", "show an example of each field; secrets stay hidden"),
		}, o.output.Flags()),
		Run: func(ctx context.Context, in *cli.Invocation) error { return runInspect(ctx, e, o, in) },
	}
}

func runInspect(ctx context.Context, e *cli.Env, o *inspectOptions, in *cli.Invocation) error {
	if _, err := e.Logger(&o.output); err != nil {
		return err
	}
	checks, err := o.source.Checks()
	if err != nil {
		return err
	}
	source, err := o.source.Open(ctx, e, in.Args)
	if err != nil {
		return err
	}
	found := report.NewInspection(o.showValues)
	progress := e.IO.NewProgress(o.output.Quiet)
	look := &inspector{found: found, checks: checks}
	sum, err := source.Scan(ctx, input.WithProgress(look, progress, source.Source()))
	progress.Finish()
	if err != nil {
		return input.OpenError(err)
	}
	r := report.New("inspect")
	r.Describe(source.Source())
	found.Source = r.Source
	found.Finish(sum)
	if o.output.JSON {
		return e.WriteJSON(found)
	}
	if err := found.WriteText(e.IO.Out, e.IO.Width(), e.IO.TableWidth(e.IO.Out)); err != nil {
		return err
	}
	switch {
	case found.Usable == 0:
		return e.Next(
			e.IO.Out,
			"Nobody in this file can be imported yet. Write a mapping that says what its fields mean:",
			in.Next("mapping init", "--out mapping.yaml"),
		)
	case e.HasTenant():
		return e.Next(e.IO.Out, "Next, check whether the tenant is ready for it:", in.Next("doctor", ""))
	default:
		return e.Next(e.IO.Out, "Next, rehearse on a tenant inside this process:", in.Next("import", "--sandbox"))
	}
}

// inspector hands rows to an inspection, with their forecast.
type inspector struct {
	found  *report.Inspection
	checks *input.Checks
}

func (i *inspector) look(it *intake.Item, n int64) {
	signIn := ""
	if it.Disposition == intake.Use {
		_, signIn = i.checks.Judge(it.User)
	}
	i.found.Look(it, signIn, n)
}

// Add counts a row.
func (i *inspector) Add(it intake.Item) error {
	i.look(&it, 1)
	return nil
}

// Replace takes back what Add counted and counts anew.
func (i *inspector) Replace(old, new intake.Item) error {
	i.look(&old, -1)
	i.lookAgain(&new)
	return nil
}

// lookAgain counts a corrected row without its fields.
func (i *inspector) lookAgain(it *intake.Item) {
	again := *it
	again.Record.Fields.Elems, again.Record.Fields.Keys = nil, nil
	i.look(&again, 1)
}
