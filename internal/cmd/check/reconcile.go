// Package check holds the commands that tell how a migration went: whether
// source and tenant agree, what a job did, and who has signed in since.
package check

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
	"github.com/kinde-migrate/kinde-migrate/internal/cli"
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
		Long: "Reads the source and everyone in the tenant, and puts each record into one class: match, missing, different, or explained (rejected, skipped, failed: with the reason). " +
			"A user whom no record describes is unexpected, unless it is older than the checkpoint's first run. " +
			"With the checkpoint of the import users are found by their Kinde ids, and its options hold; without one by e-mail, phone, username, and last by provided id where no address says otherwise. " +
			"It compares names, picture, suspension, identities, organizations, roles and properties. Kinde's API does not show passwords and flags: " +
			"those are proved by the import's own answers, and by signing in.",
		Examples: []cli.Example{
			{What: "Is everyone there, and right?", Line: "kinde-migrate reconcile users.ndjson"},
			{What: "With the verified states of every twentieth user", Line: "kinde-migrate reconcile users.ndjson --sample-deep 5%"},
			{What: "One line for each record: = match, + missing, * different, - unexpected, ! explained", Line: "kinde-migrate reconcile users.ndjson --combined | grep -v '^='"},
			{What: "Mend what differs, and nothing else", Line: "kinde-migrate reconcile users.ndjson --fix"},
			{What: "For a script", Line: "kinde-migrate reconcile users.ndjson --json | jq .reconciliation"},
		},
		Exits: []cli.Code{cli.ExitOK, cli.ExitFailed, cli.ExitUsage, cli.ExitRecords, cli.ExitAuth, cli.ExitCheckpoint, cli.ExitDifferences, cli.ExitInterrupted},
		Flags: cli.FlagsOf(o.source.Flags(), o.source.PolicyFlags(), []cli.Flag{
			cli.BoolFlag(&o.deep, cli.CatPolicy, "deep", "also compare the verified states of everyone: one request per user"),
			cli.StringFlag(&o.sampleDeep, cli.CatPolicy, "sample-deep", "", "compare the verified states of `N%` of the users"),
			cli.BoolFlag(&o.fix, cli.CatPolicy, "fix", "create who is missing and mend what differs, nothing else; then compare again"),
			cli.BoolFlag(&o.create, cli.CatPolicy, "create-missing", "with --fix: create definitions that the tenant lacks"),
			cli.BoolFlag(&o.combined, cli.CatOutput, "combined", "print one line for each record and each unexpected user, the summary on stderr"),
		}, o.source.SelectionFlags(), []cli.Flag{
			cli.StringFlag(&o.checkpoint, cli.CatState, "checkpoint", "", "`FILE` of the import; <first file>.checkpoint if it is there"),
			cli.StringFlag(&o.report, cli.CatState, "report", "", "`DIR` for the reports; <first file>.reconcile.report unless given"),
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

// openJob finds the checkpoint of the import: the one that is named must be
// there, the one beside the source may be.
func (o *reconcileOptions) openJob(ctx context.Context, e *cli.Env, in *cli.Invocation) (*checkpoint.Reader, error) {
	named := o.checkpoint != ""
	if !named {
		suffix := ".checkpoint"
		if o.target.Sandbox {
			suffix = ".sandbox.checkpoint"
		}
		o.checkpoint = input.Beside(in.Args, suffix)
		if _, err := os.Stat(o.checkpoint); errors.Is(err, fs.ErrNotExist) {
			o.checkpoint = ""
			return nil, nil
		}
	}
	r, err := cli.OpenCheckpoint(ctx, o.checkpoint)
	if err == nil {
		e.OnClose(r.Close)
	}
	return r, err
}

// inherited are the flags of an import that decide how users should look. A
// reconciliation without them would compare with something else.
var inherited = []string{"from", "format", "mapping", "passwords", "identities", "memberships", "organizations", "hash-params",
	"id-prefix", "role-scope", "assume", "try-crypt", "duplicates", "unsupported-passwords", "stale-passwords", "enterprise", "organization", "accept-incomplete"}

// inherit takes over the options of the import that were not given here, and
// returns them as a person would type them.
func (o *reconcileOptions) inherit(ctx context.Context, job *checkpoint.Reader, in *cli.Invocation) ([]string, error) {
	data, err := job.Note(ctx, cli.NoteCommand)
	if err != nil || data == nil {
		return nil, err
	}
	var saved cli.SavedCommand
	if err := json.Unmarshal(data, &saved); err != nil {
		return nil, fmt.Errorf("reading the command of the import from the checkpoint: %w", err)
	}
	s := &o.source
	texts := map[string]*string{"from": &s.From, "format": &s.Format, "mapping": &s.Mapping, "hash-params": &s.HashParams, "assume": &s.Assume, "id-prefix": &s.IDPrefix, "role-scope": &s.RoleScope,
		"duplicates": &s.Duplicates, "unsupported-passwords": &s.UnsupportedPasswords, "stale-passwords": &s.StalePasswords, "organization": &s.Organization}
	lists := map[string]*[]string{"passwords": &s.Passwords, "identities": &s.Identities, "memberships": &s.Memberships, "organizations": &s.Organizations}
	switches := map[string]*bool{"try-crypt": &s.TryCrypt, "enterprise": &s.Enterprise, "accept-incomplete": &s.AcceptIncomplete}
	var said []string
	for _, word := range saved.Line {
		if word == "--" {
			break
		}
		name, value, _ := strings.Cut(strings.TrimPrefix(word, "--"), "=")
		if !strings.HasPrefix(word, "--") || !slices.Contains(inherited, name) || in.Set(name) {
			continue
		}
		if isPath := name == "mapping" || name == "hash-params" || lists[name] != nil; isPath && saved.Dir != "" && !filepath.IsAbs(value) {
			if here, err := os.Getwd(); err != nil || here != saved.Dir {
				value = filepath.Join(saved.Dir, value)
			}
		}
		switch {
		case texts[name] != nil:
			*texts[name] = value
		case lists[name] != nil:
			*lists[name] = append(*lists[name], value)
		case switches[name] != nil:
			*switches[name], _ = strconv.ParseBool(value)
		}
		said = append(said, "--"+name+" "+cli.ShellQuote(value))
	}
	return said, nil
}

// rules are the importer's options that decide how users should look.
func (o *reconcileOptions) rules() importer.Options {
	return importer.Options{
		Command: "reconcile", Version: cli.Version(), Organization: o.source.Organization, Enterprise: o.source.Enterprise,
		Unsupported: importer.Unsupported(o.source.UnsupportedPasswords), Stale: importer.Stale(o.source.StalePasswords),
		CreateMissing: o.create, Concurrency: o.pace.Concurrency, Partial: o.source.Partial(),
	}
}
