// Package input is the source that a command reads: the flags that describe it,
// how it is opened, what the operator demands of it before the first request,
// and how far a pass over it has come.
//
// It never talks to a tenant.
package input

import (
	"fmt"

	"github.com/kinde-migrate/kinde-migrate/internal/cli"
	"github.com/kinde-migrate/kinde-migrate/internal/erasure"
	"github.com/kinde-migrate/kinde-migrate/internal/fetch"
)

// Options says what to read and how to understand it.
type Options struct {
	From, Format, Mapping                                  string
	Passwords, Memberships, Organizations, Identities      []string
	HashParams, Assume, IDPrefix, RoleScope                string
	TryCrypt                                               bool
	Duplicates                                             string
	StalePasswords, UnsupportedPasswords, requirePasswords string
	verifyPassword                                         []string
	limit, sample                                          int
	only, filter                                           string
	Enterprise                                             bool
	Organization                                           string

	ErasureList string

	AcceptIncomplete bool
	folder           *fetch.Manifest // what a fetch wrote, when that is the source

	Looking bool // set by a command that does nothing with the source but show it
}

// Flags that say how the files are read.
func (o *Options) Flags() []cli.Flag {
	return []cli.Flag{
		cli.AskedFlag(
			cli.StringFlag(&o.From, cli.CatSource, "from", "auto", "preset, `NAME` as listed by mapping list; auto looks at the content"),
			presets,
		),
		cli.ChoiceFlag(
			cli.StringFlag(&o.Format, cli.CatSource, "format", "auto", "`FORMAT`: csv, json, ndjson or ldif; auto looks at the content"),
			formats,
		),
		cli.StringFlag(&o.Mapping, cli.CatSource, "mapping", "", "mapping `FILE` (YAML) that extends or replaces the preset"),
		cli.ListFlag(&o.Passwords, cli.CatSource, "passwords", "second `FILE` with password hashes, joined by user"),
		cli.ListFlag(&o.Identities, cli.CatSource, "identities", "second `FILE` with social identities, joined by user"),
		cli.ListFlag(&o.Memberships, cli.CatSource, "memberships", "second `FILE` with columns user, organization, roles, permissions"),
		cli.ListFlag(&o.Organizations, cli.CatSource, "organizations", "second `FILE` with columns external id, name"),
		cli.StringFlag(
			&o.HashParams,
			cli.CatSource,
			"hash-params",
			"",
			"`FILE` with project-wide hash parameters: YAML, JSON or Firebase's hash_config as pasted",
		),
		cli.StringFlag(
			&o.IDPrefix,
			cli.CatSource,
			"id-prefix",
			"",
			"ids become `NAME`|id, for a source whose ids other people in the tenant have too",
		),
		cli.ChoiceFlag(
			cli.StringFlag(
				&o.RoleScope,
				cli.CatSource,
				"role-scope",
				"",
				"roles of one name in several applications: `SCOPE` app (keys app:role) or none (one role)",
			),
			roleScopes(),
		),
		cli.StringFlag(&o.Assume, cli.CatSource, "assume", "", "`METHOD` of hashes whose kind can't be recognised"),
		cli.BoolFlag(&o.TryCrypt, cli.CatSource, "try-crypt", "send crypt hashes that Kinde does not document"),
		cli.BoolFlag(
			&o.AcceptIncomplete,
			cli.CatSource,
			"accept-incomplete",
			"accept one page of several, or a folder into which fetch could not read everything",
		),
	}
}

// SelectionFlags cut the source.
func (o *Options) SelectionFlags() []cli.Flag {
	return []cli.Flag{
		cli.IntFlag(&o.limit, cli.CatSelection, "limit", 0, "the first `N` records"),
		cli.IntFlag(&o.sample, cli.CatSelection, "sample", 0, "`N` records, spread over providers and kinds of hash; the same ones each time"),
		cli.StringFlag(&o.only, cli.CatSelection, "only", "", "`FILE` with ids or e-mail addresses, one per line"),
		cli.StringFlag(
			&o.filter,
			cli.CatSelection,
			"filter",
			"",
			"`EXPR` that must be true of a record, such as 'email endsWith \"@example.com\"'",
		),
	}
}

// PolicyFlags are the rules, and what is demanded of the source before the first
// request. They are for commands that see to it that Checks has Passed.
func (o *Options) PolicyFlags() []cli.Flag {
	return append(
		o.RuleFlags(),
		cli.StringFlag(
			&o.requirePasswords,
			cli.CatPolicy,
			"require-passwords",
			"",
			"stop before the first write if fewer than `N%` of the users have a password",
		),
		cli.ListFlag(
			&o.verifyPassword,
			cli.CatPolicy,
			"verify-password",
			"prove first that a known password matches the mapped hash: `EMAIL[=FILE]`; the FILE holds the password",
		),
	)
}

// RuleFlags decide how a record should look in the tenant.
func (o *Options) RuleFlags() []cli.Flag {
	return []cli.Flag{
		cli.ChoiceFlag(
			cli.StringFlag(&o.Duplicates, cli.CatPolicy, "duplicates", "reject", "two records of one person: `POLICY` reject or merge"),
			Duplicates,
		),
		cli.ChoiceFlag(cli.StringFlag(&o.UnsupportedPasswords, cli.CatPolicy, "unsupported-passwords", "reset",
			"a hash that Kinde can't hold: `POLICY` reset (ask for a new password), skip or reject"), Unsupported),
		cli.ChoiceFlag(cli.StringFlag(&o.StalePasswords, cli.CatPolicy, "stale-passwords", "reset",
			"a hash older than the last password change: `POLICY` reset or set"), stale),
		cli.BoolFlag(&o.Enterprise, cli.CatPolicy, "enterprise", "allow enterprise identities (in Kinde they exclude all others)"),
		o.ErasureListFlag(),
		cli.StringFlag(&o.Organization, cli.CatPolicy, "organization", "", "also add everyone to the organization with this `CODE`"),
	}
}

// ErasureListFlag leaves out who was erased.
func (o *Options) ErasureListFlag() cli.Flag {
	return cli.StringFlag(
		&o.ErasureList,
		cli.CatPolicy,
		"erasure-list",
		"",
		"leave out people who were erased with users forget: its erasure list `FILE`",
	)
}

// Erased reads the erasure list, nil where none is given.
func (o *Options) Erased() (*erasure.List, error) {
	if o.ErasureList == "" {
		return nil, nil
	}
	list, err := erasure.ReadList(o.ErasureList)
	if err != nil {
		return nil, cli.Usagef("use the file that users forget wrote", "%w", err)
	}
	return list, nil
}

// Pinned returns the options that decide what the tenant should look like, as
// a person would type them.
func (o *Options) Pinned() map[string]any {
	out := map[string]any{}
	put := func(name string, value any, isDefault bool) {
		if !isDefault {
			out[name] = value
		}
	}
	put("from", o.From, o.From == "auto")
	put("format", o.Format, o.Format == "auto")
	put("mapping", o.Mapping, o.Mapping == "")
	put("passwords", o.Passwords, len(o.Passwords) == 0)
	put("identities", o.Identities, len(o.Identities) == 0)
	put("memberships", o.Memberships, len(o.Memberships) == 0)
	put("organizations", o.Organizations, len(o.Organizations) == 0)
	put("hash-params", o.HashParams, o.HashParams == "")
	put("id-prefix", o.IDPrefix, o.IDPrefix == "")
	put("role-scope", o.RoleScope, o.RoleScope == "")
	put("assume", o.Assume, o.Assume == "")
	put("try-crypt", true, !o.TryCrypt)
	put("duplicates", o.Duplicates, o.Duplicates == "reject" || o.Duplicates == "")
	put("unsupported-passwords", o.UnsupportedPasswords, o.UnsupportedPasswords == "reset" || o.UnsupportedPasswords == "")
	put("stale-passwords", o.StalePasswords, o.StalePasswords == "reset" || o.StalePasswords == "")
	put("organization", o.Organization, o.Organization == "")
	put("enterprise", true, !o.Enterprise)
	put("limit", o.limit, o.limit == 0)
	put("sample", o.sample, o.sample == 0)
	put("only", o.only, o.only == "")
	put("filter", o.filter, o.filter == "")
	return out
}

// Partial tells whether only a part of the source was asked for, or is there.
func (o *Options) Partial() bool {
	return o.limit > 0 || o.sample > 0 || o.only != "" || o.filter != "" || o.partlyFetched()
}

// Selection says which part of the source was asked for, "" for all of it.
func (o *Options) Selection() string {
	if !o.Partial() {
		return ""
	}
	selection := fmt.Sprintf("%d %d %q %q", o.limit, o.sample, o.only, o.filter)
	if o.partlyFetched() {
		selection += fmt.Sprintf(" fetched %s %q", o.folder.State, o.folder.About.Since)
	}
	return selection
}
