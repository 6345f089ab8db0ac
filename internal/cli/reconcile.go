package cli

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
	"github.com/kinde-migrate/kinde-migrate/internal/importer"
)

type reconcileOptions struct {
	source sourceOptions
	target targetOptions
	pace   paceOptions
	output outputOptions

	checkpoint, report, sampleDeep          string
	deep, combined, fix, showValues, create bool
}

func newReconcile(e *env) *command {
	o := &reconcileOptions{}
	return &command{
		name:  "reconcile",
		args:  "FILE…",
		short: "Compare a source with a tenant, record by record and field by field",
		long: "Reads the source and everyone in the tenant, and puts each record into one class: match, missing, different, or explained (rejected, skipped, failed: with the reason). " +
			"A user whom no record describes is unexpected, unless it is older than the checkpoint's first run. " +
			"With the checkpoint of the import users are found by their Kinde ids, and its options hold; without one they are found by provided id, e-mail, phone, username. " +
			"It compares names, picture, suspension, identities, organizations, roles and properties. Kinde's API does not show passwords and flags: " +
			"those are proved by the import's own answers, and by signing in.",
		examples: []example{
			{"Is everyone there, and right?", "kinde-migrate reconcile users.ndjson"},
			{"With the verified states of every twentieth user", "kinde-migrate reconcile users.ndjson --sample-deep 5%"},
			{"One line for each record: = match, + missing, * different, - unexpected, ! explained", "kinde-migrate reconcile users.ndjson --combined | grep -v '^='"},
			{"Mend what differs, and nothing else", "kinde-migrate reconcile users.ndjson --fix"},
			{"For a script", "kinde-migrate reconcile users.ndjson --json | jq .reconciliation"},
		},
		exits: []Code{exitOK, exitFailed, exitUsage, exitRecords, exitAuth, exitCheckpoint, exitDifferences, exitInterrupted},
		flags: flagsOf(o.source.flags(), o.source.policyFlags(), []urfaveFlag{
			boolFlag(&o.deep, catPolicy, "deep", "also compare the verified states of everyone: one request per user"),
			strFlag(&o.sampleDeep, catPolicy, "sample-deep", "", "compare the verified states of `N%` of the users"),
			boolFlag(&o.fix, catPolicy, "fix", "create who is missing and mend what differs, nothing else; then compare again"),
			boolFlag(&o.create, catPolicy, "create-missing", "with --fix: create definitions that the tenant lacks"),
			boolFlag(&o.combined, catOutput, "combined", "print one line for each record and each unexpected user, the summary on stderr"),
		}, o.source.selectionFlags(), []urfaveFlag{
			strFlag(&o.checkpoint, catState, "checkpoint", "", "`FILE` of the import; <first file>.checkpoint if it is there"),
			strFlag(&o.report, catState, "report", "", "`DIR` for the reports; <first file>.reconcile.report unless given"),
			showValuesFlag(&o.showValues),
		}, append(o.target.flags(), o.target.sandboxFlag()), o.pace.flags("50%"), append(o.output.flags(), o.output.yesFlag())),
		run: func(ctx context.Context, in *invocation) error { return runReconcile(ctx, e, o, in) },
	}
}

// share is the part of the users, in percent, whose verified states are compared.
func (o *reconcileOptions) share() (float64, error) {
	switch {
	case o.deep && o.sampleDeep != "":
		return 0, usagef("", "give --deep or --sample-deep, not both")
	case o.deep:
		return 100, nil
	case o.sampleDeep == "":
		return 0, nil
	}
	p, err := parsePercent(o.sampleDeep)
	if err != nil || !(p > 0) || p > 100 {
		return 0, usagef("--sample-deep 5%", "--sample-deep %q is not a percentage above 0 and up to 100", o.sampleDeep)
	}
	return p, nil
}

// openJob finds the checkpoint of the import: the one that is named must be
// there, the one beside the source may be.
func (o *reconcileOptions) openJob(ctx context.Context, e *env, in *invocation) (*checkpoint.Reader, error) {
	named := o.checkpoint != ""
	if !named {
		suffix := ".checkpoint"
		if o.target.sandbox {
			suffix = ".sandbox.checkpoint"
		}
		o.checkpoint = besides(in.args, suffix)
		if _, err := os.Stat(o.checkpoint); errors.Is(err, fs.ErrNotExist) {
			o.checkpoint = ""
			return nil, nil
		}
	}
	r, err := openCheckpoint(ctx, o.checkpoint)
	if err == nil {
		e.onClose(r.Close)
	}
	return r, err
}

// inherited are the flags of an import that decide how users should look. A
// reconciliation without them would compare with something else.
var inherited = []string{"from", "format", "mapping", "passwords", "identities", "memberships", "organizations", "hash-params",
	"id-prefix", "assume", "try-crypt", "duplicates", "unsupported-passwords", "stale-passwords", "enterprise", "organization"}

// inherit takes over the options of the import that were not given here, and
// returns them as a person would type them.
func (o *reconcileOptions) inherit(ctx context.Context, job *checkpoint.Reader, in *invocation) ([]string, error) {
	data, err := job.Note(ctx, noteCommand)
	if err != nil || data == nil {
		return nil, err
	}
	var saved savedCommand
	if err := json.Unmarshal(data, &saved); err != nil {
		return nil, fmt.Errorf("reading the command of the import from the checkpoint: %w", err)
	}
	s := &o.source
	texts := map[string]*string{"from": &s.from, "format": &s.format, "mapping": &s.mapping, "hash-params": &s.hashParams, "assume": &s.assume, "id-prefix": &s.idPrefix,
		"duplicates": &s.duplicates, "unsupported-passwords": &s.unsupportedPasswords, "stale-passwords": &s.stalePasswords, "organization": &s.organization}
	lists := map[string]*[]string{"passwords": &s.passwords, "identities": &s.identities, "memberships": &s.memberships, "organizations": &s.organizations}
	switches := map[string]*bool{"try-crypt": &s.tryCrypt, "enterprise": &s.enterprise}
	var said []string
	for _, word := range saved.Line {
		if word == "--" {
			break
		}
		name, value, _ := strings.Cut(strings.TrimPrefix(word, "--"), "=")
		if !strings.HasPrefix(word, "--") || !slices.Contains(inherited, name) || in.set(name) {
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
		said = append(said, "--"+name+" "+shellQuote(value))
	}
	return said, nil
}

// rules are the importer's options that decide how users should look.
func (o *reconcileOptions) rules() importer.Options {
	return importer.Options{
		Command: "reconcile", Version: version(), Organization: o.source.organization, Enterprise: o.source.enterprise,
		Unsupported: importer.Unsupported(o.source.unsupportedPasswords), Stale: importer.Stale(o.source.stalePasswords),
		CreateMissing: o.create, Concurrency: o.pace.concurrency, Partial: o.source.partial(),
	}
}
