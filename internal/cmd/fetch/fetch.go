// Package fetch holds the command that reads users from where they are, into a
// folder that other commands take as a source.
package fetch

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/kinde-migrate/kinde-migrate/internal/cli"
	"github.com/kinde-migrate/kinde-migrate/internal/fetch"
	"github.com/kinde-migrate/kinde-migrate/internal/fetch/database"
	"github.com/kinde-migrate/kinde-migrate/internal/mapping"
	"github.com/kinde-migrate/kinde-migrate/internal/ui"
)

type options struct {
	output  cli.OutputOptions
	out     string
	mapping string
	since   string
	check   bool
	again   bool
	db      databaseOptions
	remote  providerOptions
}

const catWhat = "What is read"

// New is the command fetch.
func New(e *cli.Env) *cli.Command {
	o := &options{}
	return &cli.Command{
		Name:       "fetch",
		Args:       "SOURCE",
		ArgChoices: choices,
		Short:      "Read users from a database or a provider's API",
		Long: "Reads users, hashes, social identities, roles and organizations from a database or a provider's API into a folder that import, validate, inspect and reconcile take instead of files. " +
			"A database is read in one read-only transaction with a consistent snapshot; an API is read page by page, at a rate that the provider accepts. The result is compared with the source's own count. " +
			"After an interruption the same command continues. SOURCE is a preset that knows its tables or its API, or generic with your own statements. A provider's credentials come from environment variables, which its page in docs/providers names; no flag takes a secret. " +
			"The folder contains personal data and hashes, and only you can read it.",
		Examples: []cli.Example{
			{What: "The users of a Django application", Line: "kinde-migrate fetch django --db-url-env DATABASE_URL --out users"},
			{What: "The users of an Okta organization, by OKTA_DOMAIN and OKTA_API_TOKEN", Line: "kinde-migrate fetch okta --out users"},
			{What: "Can everything be read?", Line: "kinde-migrate fetch supabase --db-url-file supabase.url --check"},
			{
				What: "WordPress with another table prefix",
				Line: "kinde-migrate fetch wordpress --db-url-env WP_DATABASE --table-prefix blog_ --out users",
			},
			{
				What: "A schema of your own",
				Line: "kinde-migrate fetch generic --db-url-env DATABASE_URL --out users --sql users='SELECT id, email, password_hash FROM person'",
			},
			{What: "Then rehearse the import", Line: "kinde-migrate import users --sandbox"},
		},
		Exits: []cli.Code{cli.ExitOK, cli.ExitFailed, cli.ExitUsage, cli.ExitAuth, cli.ExitCheckpoint, cli.ExitDifferences, cli.ExitInterrupted},
		Flags: cli.FlagsOf([]cli.Flag{
			cli.StringFlag(&o.out, cli.CatState, "out", "", "`DIR` to write"),
			cli.BoolFlag(&o.again, cli.CatState, "again", "delete what an earlier fetch left in the folder"),
			cli.StringFlag(&o.mapping, catWhat, "mapping", "", "mapping `FILE` whose section sql says what to read; also use it for the import"),
			cli.StringFlag(
				&o.since,
				catWhat,
				"since",
				"",
				"only users that changed since `TIME`, or since the fetch in this folder; never a complete source",
			),
			cli.BoolFlag(&o.check, catWhat, "check", "read one row of each table, show what is missing, and write nothing"),
		}, o.db.flags(), o.remote.flags(), o.output.Flags()),
		Run: func(ctx context.Context, in *cli.Invocation) error { return run(ctx, e, o, in) },
	}
}

func run(ctx context.Context, e *cli.Env, o *options, in *cli.Invocation) error {
	if _, err := e.Logger(&o.output); err != nil {
		return err
	}
	if len(in.Args) != 1 {
		return cli.Usagef("kinde-migrate fetch django --db-url-env DATABASE_URL --out users", "fetch takes the name of one source")
	}
	switch {
	case o.out == "-":
		return cli.Usagef("--out users", "a fetch writes several files, so it can't go to stdout")
	case o.out == "" && !o.check:
		return cli.Usagef("--out users", "there is no folder to write to")
	}
	source, err := o.source(ctx, e, in.Args[0])
	if err != nil {
		return err
	}
	if o.check {
		return o.probe(ctx, e, source)
	}
	m, err := o.fetch(ctx, e, source)
	if err != nil {
		return failure(err)
	}
	return o.tell(e, m)
}

// source finds out what to read.
func (o *options) source(ctx context.Context, e *cli.Env, name string) (fetch.Source, error) {
	if !o.db.given() {
		spec, preset, err := o.api(name)
		if err != nil {
			return nil, err
		}
		if spec != nil {
			since, err := o.changedSince()
			if err != nil {
				return nil, err
			}
			return o.remote.source(ctx, e, &o.output, spec, preset, since, o.mapping != "", o.db.set)
		}
	}
	m, err := o.described(name)
	if err != nil {
		return nil, err
	}
	since, err := o.changedSince()
	if err != nil {
		return nil, err
	}
	return o.db.source(e, name, m, since)
}

// described is the mapping that says how the source is read.
func (o *options) described(name string) (*mapping.Mapping, error) {
	if o.mapping != "" {
		return loadMapping(o.mapping)
	}
	m, err := mapping.Preset(name)
	if err != nil {
		return nil, cli.Usagef(
			cli.Program+" mapping list shows the presets; for a schema of your own use generic with --sql",
			"fetching: %w",
			err,
		)
	}
	return m, nil
}

// changedSince reads --since: a time, or what an earlier fetch wrote.
func (o *options) changedSince() (string, error) {
	if o.since == "" {
		return "", nil
	}
	if t, err := time.Parse(time.RFC3339, o.since); err == nil {
		return t.UTC().Format(time.RFC3339), nil
	}
	m, err := fetch.ReadManifest(strings.TrimSuffix(o.since, fetch.ManifestFile))
	if err != nil {
		return "", cli.Usagef(
			"--since 2026-01-31T12:00:00Z, or --since with the folder of the last fetch",
			"--since %q is neither a time nor an earlier fetch: %w",
			o.since,
			err,
		)
	}
	if m.State != fetch.Complete {
		return "", cli.Usagef("use a complete one, or fetch everything", "the fetch of --since is not complete")
	}
	// Its beginning: what changed while it ran was seen by neither otherwise.
	return m.StartedAt.UTC().Format(time.RFC3339), nil
}

func (o *options) fetch(ctx context.Context, e *cli.Env, source fetch.Source) (*fetch.Manifest, error) {
	f, err := fetch.Open(o.out, source.About(), o.again)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if !f.Finished() {
		progress := e.IO.NewProgress(o.output.Quiet)
		if f.Resumed() {
			progress.Note("Continuing where the last run stopped")
		}
		err = source.Read(ctx, f, func(p fetch.Progress) {
			progress.Update(ui.Status{Stage: "Fetching " + p.List, Done: p.Done, Total: p.Total})
		})
		progress.Finish()
		if err != nil {
			return nil, err
		}
	}
	return f.Finish(cli.Version())
}

// failure decides whose fault it is that a fetch did not work.
func failure(err error) error {
	if e, ok := errors.AsType[*fetch.DeniedError](err); ok {
		return cli.Deniedf(e.Needs, "fetching: %w", err)
	}
	if e, ok := errors.AsType[*fetch.FolderError](err); ok {
		if e.InUse {
			return cli.Checkpointf(e.Try, "fetching: %w", err)
		}
		return cli.Usagef(e.Try, "fetching: %w", err)
	}
	if e, ok := errors.AsType[*database.AddressError](err); ok {
		return cli.Usagef(e.Try, "fetching: %w", err)
	}
	if e, ok := errors.AsType[*database.MissingError](err); ok {
		return cli.Usagef(e.Try, "fetching: %w", err)
	}
	if e, ok := errors.AsType[*database.StatementError](err); ok {
		return cli.Usagef(e.Try, "fetching: %w", err)
	}
	if e, ok := errors.AsType[*database.ChoiceError](err); ok {
		return cli.Usagef("choose with --set "+e.Name+"=VALUE", "fetching: %w", err)
	}
	if e, ok := errors.AsType[*database.Error](err); ok {
		return cli.Failf(e.Try, "fetching: %w", err)
	}
	return fmt.Errorf("fetching: %w", err)
}
