package cli

import (
	"context"

	"github.com/kinde-migrate/kinde-migrate/internal/intake"
	"github.com/kinde-migrate/kinde-migrate/internal/report"
)

type inspectOptions struct {
	source     sourceOptions
	output     outputOptions
	showValues bool
}

func newInspect(e *env) *command {
	o := &inspectOptions{}
	return &command{
		name:  "inspect",
		args:  "FILE…",
		short: "Show what is in an export",
		long: "Tells which provider the file comes from, how well each field is filled, how people will sign in, which kinds of password hashes there are " +
			"and whether Kinde can hold them, which login providers are needed, and what would be left behind. Values are shown as shapes, unless --show-values.",
		examples: []example{
			{"Look into an export", "kinde-migrate inspect users.json"},
			{"From another program", "zcat users.json.gz | kinde-migrate inspect -"},
			{"Only the hash kinds", "kinde-migrate inspect users.csv --json | jq .hashes"},
		},
		exits: []Code{exitOK, exitFailed, exitUsage, exitInterrupted},
		flags: flagsOf(o.source.flags(), o.source.policyFlags(), o.source.selectionFlags(), []urfaveFlag{
			boolFlag(&o.showValues, catOutput, "show-values", "show an example of each field; secrets stay hidden"),
		}, o.output.flags()),
		run: func(ctx context.Context, in *invocation) error { return runInspect(ctx, e, o, in) },
	}
}

func runInspect(ctx context.Context, e *env, o *inspectOptions, in *invocation) error {
	if _, err := e.logger(&o.output); err != nil {
		return err
	}
	checks, err := o.source.checks()
	if err != nil {
		return err
	}
	source, err := o.source.open(ctx, e, in.args)
	if err != nil {
		return err
	}
	found := report.NewInspection(o.showValues)
	progress := e.io.NewProgress(o.output.quiet)
	look := &inspector{found: found, checks: checks}
	sum, err := source.Scan(ctx, withProgress(look, progress, source.Source()))
	progress.Finish()
	if err != nil {
		return inputError(err)
	}
	r := report.New("inspect")
	r.Describe(source.Source())
	found.Source = r.Source
	found.Finish(sum)
	if o.output.json {
		return e.writeJSON(found)
	}
	return found.WriteText(e.io.Out, e.io.Width())
}

// inspector hands rows to an inspection, with their forecast.
type inspector struct {
	found  *report.Inspection
	checks *checks
}

func (i *inspector) look(it *intake.Item, n int64) {
	signIn := ""
	if it.Disposition == intake.Use {
		_, signIn = i.checks.judge(it.User)
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
