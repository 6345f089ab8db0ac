// Package check holds the commands that tell how a migration went: whether
// source and tenant agree, what a job did, and who has signed in since.
package check

import (
	"context"

	"github.com/kinde-migrate/kinde-migrate/internal/cli"
	"github.com/kinde-migrate/kinde-migrate/internal/cli/importjob"
	"github.com/kinde-migrate/kinde-migrate/internal/cli/input"
	"github.com/kinde-migrate/kinde-migrate/internal/cli/reports"
	"github.com/kinde-migrate/kinde-migrate/internal/importer"
)

type reconcileOptions struct {
	source input.Options
	target cli.TargetOptions
	pace   cli.PaceOptions
	output cli.OutputOptions

	checkpoint, report, sampleDeep          string
	deep, combined, fix, showValues, create bool
}

func NewReconcile(e *cli.Env) *cli.Command {
	o := &reconcileOptions{}
	return &cli.Command{
		Name:  "reconcile",
		Args:  "FILE…",
		Short: "Compare a source with a tenant, record by record and field by field",
		Long: "Reads the source and everyone in the tenant, and puts each record into one class: match, missing, different, or explained (rejected, skipped or failed, with the reason). " +
			"A user without a record is unexpected, unless it is older than the checkpoint's first run. " +
			"With the checkpoint of the import, users are found by their Kinde ids, and its options apply; without one, by e-mail, phone, username, and last by provided id if no address contradicts it. " +
			"It compares names, picture, suspension, identities, organizations, roles and properties. Kinde's API doesn't show passwords and flags: " +
			"for these, see the answers that the import got, and try to sign in.",
		Examples: []cli.Example{
			{What: "Is everyone there, with the right data?", Line: "kinde-migrate reconcile users.ndjson"},
			{What: "With the verified states of every twentieth user", Line: "kinde-migrate reconcile users.ndjson --sample-deep 5%"},
			{
				What: "One line for each record: = match, + missing, * different, - unexpected, ! explained",
				Line: "kinde-migrate reconcile users.ndjson --combined | grep -v '^='",
			},
			{What: "Correct what differs, and nothing else", Line: "kinde-migrate reconcile users.ndjson --fix"},
			{What: "For a script", Line: "kinde-migrate reconcile users.ndjson --json | jq .reconciliation"},
		},
		Exits: []cli.Code{
			cli.ExitOK,
			cli.ExitFailed,
			cli.ExitUsage,
			cli.ExitRecords,
			cli.ExitAuth,
			cli.ExitCheckpoint,
			cli.ExitDifferences,
			cli.ExitInterrupted,
		},
		Flags: cli.FlagsOf(o.source.Flags(), o.source.RuleFlags(), []cli.Flag{
			cli.BoolFlag(&o.deep, cli.CatPolicy, "deep", "also compare the verified states of everyone: one request per user"),
			cli.StringFlag(&o.sampleDeep, cli.CatPolicy, "sample-deep", "", "compare the verified states of `N%` of the users"),
			cli.BoolFlag(&o.fix, cli.CatPolicy, "fix", "create who is missing and mend what differs, nothing else; then compare again"),
			cli.BoolFlag(&o.create, cli.CatPolicy, "create-missing", "with --fix: create definitions that the tenant lacks"),
			cli.BoolFlag(&o.combined, cli.CatOutput, "combined", "print one line for each record and each unexpected user, the summary on stderr"),
		}, o.source.SelectionFlags(), []cli.Flag{
			cli.StringFlag(&o.checkpoint, cli.CatState, "checkpoint", "", "`FILE` of the import; default <first file>.checkpoint if it exists"),
			cli.StringFlag(&o.report, cli.CatState, "report", "", "`DIR` for the reports; default <first file>.reconcile.report"),
			reports.ShowValuesFlag(&o.showValues),
		}, append(o.target.Flags(), o.target.SandboxFlag()), o.pace.Flags("50%"), append(o.output.Flags(), o.output.YesFlag())),
		Run: func(ctx context.Context, in *cli.Invocation) error { return runReconcile(ctx, e, o, in) },
	}
}

// share is the part of the users, in percent, whose verified states are compared.
func (o *reconcileOptions) share() (float64, error) {
	switch {
	case o.deep && o.sampleDeep != "":
		return 0, cli.Usagef("", "give --deep or --sample-deep, not both")
	case o.deep:
		return 100, nil
	case o.sampleDeep == "":
		return 0, nil
	}
	p, err := cli.ParsePercent(o.sampleDeep)
	if err != nil || !(p > 0) || p > 100 {
		return 0, cli.Usagef("--sample-deep 5%", "--sample-deep %q is not a percentage above 0 and up to 100", o.sampleDeep)
	}
	return p, nil
}

// rules are the importer's options that decide how users should look.
func (o *reconcileOptions) rules() importer.Options {
	out := importjob.Rules("reconcile", &o.source, o.pace.Concurrency)
	out.CreateMissing = o.create
	return out
}
