package cli

import (
	"slices"
	"time"

	urfave "github.com/urfave/cli/v2"
)

// Categories of flags, in help.
const (
	catSource    = "Source"
	catPolicy    = "What to do"
	catState     = "State and results"
	catTarget    = "Target"
	catPace      = "Pace"
	catOutput    = "Output"
	catSelection = "Part of the source"
)

// The builders below bind a flag to a field of an Options struct.

func strFlag(to *string, category, name, value, usage string) *urfave.StringFlag {
	return &urfave.StringFlag{Name: name, Value: value, Usage: usage, Destination: to, Category: category}
}

func boolFlag(to *bool, category, name, usage string, aliases ...string) *urfave.BoolFlag {
	return &urfave.BoolFlag{Name: name, Usage: usage, Destination: to, Category: category, Aliases: aliases}
}

func intFlag(to *int, category, name string, value int, usage string) *urfave.IntFlag {
	return &urfave.IntFlag{Name: name, Value: value, Usage: usage, Destination: to, Category: category}
}

func durationFlag(to *time.Duration, category, name string, value time.Duration, usage string) *urfave.DurationFlag {
	return &urfave.DurationFlag{Name: name, Value: value, Usage: usage, Destination: to, Category: category}
}

// listFlag is repeatable; its values are never split at commas.
func listFlag(to *[]string, category, name, usage string) *urfave.StringSliceFlag {
	return &urfave.StringSliceFlag{Name: name, Usage: usage, Category: category,
		Action: func(c *urfave.Context, v []string) error { *to = v; return nil }}
}

// targetOptions names the tenant and the credentials. Empty fields come from
// the environment, then from the configuration file.
type targetOptions struct {
	domain, clientID, clientSecretFile, tokenCommand, tokenCache, audience, caFile string
	config, profile                                                                string
	sandbox                                                                        bool
	maxWait                                                                        time.Duration
}

func (o *targetOptions) flags() []urfave.Flag {
	return append([]urfave.Flag{
		strFlag(&o.domain, catTarget, "domain", "", "the tenant, `DOMAIN` such as acme.kinde.com (KINDE_DOMAIN)"),
		strFlag(&o.clientID, catTarget, "client-id", "", "`ID` of the M2M application (KINDE_MANAGEMENT_CLIENT_ID)"),
		strFlag(&o.clientSecretFile, catTarget, "client-secret-file", "", "`FILE` that holds its secret (or KINDE_MANAGEMENT_CLIENT_SECRET)"),
		strFlag(&o.tokenCommand, catTarget, "token-command", "", "`COMMAND` that prints an access token (or KINDE_ACCESS_TOKEN)"),
		strFlag(&o.tokenCache, catTarget, "token-cache", "", "`FILE` that keeps the application's token for the next run"),
		strFlag(&o.audience, catTarget, "audience", "", "`URL` that tokens are for, https://<domain>/api unless given (KINDE_AUDIENCE)"),
		strFlag(&o.caFile, catTarget, "ca-file", "", "`FILE` of certificates to trust besides the system's (KINDE_CA_FILE)"),
		durationFlag(&o.maxWait, catTarget, "max-wait", time.Hour, "how long to wait for a tenant that does not answer, as a `DURATION`"),
	}, o.configFlags()...)
}

// flagsBesideProfile is for commands in which --profile means the profile of a
// person: the configuration's is called --config-profile.
func (o *targetOptions) flagsBesideProfile(more ...urfave.Flag) []urfave.Flag {
	flags := slices.DeleteFunc(append(o.flags(), more...), func(f urfave.Flag) bool { return f.Names()[0] == "profile" })
	return append(flags, strFlag(&o.profile, catTarget, "config-profile", "", "`NAME` of a profile in the configuration file"))
}

func (o *targetOptions) configFlags() []urfave.Flag {
	return []urfave.Flag{
		strFlag(&o.config, catTarget, "config", "", "configuration `FILE`"),
		strFlag(&o.profile, catTarget, "profile", "", "`NAME` of a profile in the configuration file"),
	}
}

func (o *targetOptions) sandboxFlag() urfave.Flag {
	return boolFlag(&o.sandbox, catTarget, "sandbox",
		"run against a tenant inside this process, kept in <first file>.sandbox.tenant; KINDE_* is ignored, and what the source names is created as with --create-missing")
}

// paceOptions says how fast and how many at once.
type paceOptions struct {
	rate, share string
	concurrency int
}

func (o *paceOptions) flags(share string) []urfave.Flag {
	sf := strFlag(&o.share, catPace, "share", "", "`P%` of the learnt limit to take; the rest is left to the live application")
	sf.DefaultText = share
	return []urfave.Flag{
		strFlag(&o.rate, catPace, "rate", "auto", "requests a second, `N` or auto: learn what the tenant allows"),
		sf,
		intFlag(&o.concurrency, catPace, "concurrency", 0, "requests in flight at most, `N`; 0 chooses"),
	}
}

// outputOptions says what is shown and where logs go.
type outputOptions struct {
	json, quiet, noColor, debug, yes bool
	logFile, logFormat               string
	grace                            time.Duration
}

func (o *outputOptions) flags() []urfave.Flag {
	return append(o.quietFlags(),
		boolFlag(&o.quiet, catOutput, "quiet", "show no progress", "q"),
		strFlag(&o.logFile, catOutput, "log-file", "", "append logs to `FILE` instead of showing warnings"),
		strFlag(&o.logFormat, catOutput, "log-format", "text", "`FORMAT` of logs: text or json"),
		durationFlag(&o.grace, catOutput, "grace", defaultGrace, "how long the run may take to end after Ctrl-C or SIGTERM, `TIME`"),
		boolFlag(&o.debug, catOutput, "debug", "log each request (method, operation, status, time; no personal data)"),
	)
}

// quietFlags are those of a command that neither takes long nor talks to anybody.
func (o *outputOptions) quietFlags() []urfave.Flag {
	return []urfave.Flag{
		boolFlag(&o.json, catOutput, "json", "print one JSON document on stdout"),
		boolFlag(&o.noColor, catOutput, "no-color", "use no colours (or set NO_COLOR)"),
	}
}

func (o *outputOptions) yesFlag() urfave.Flag {
	return boolFlag(&o.yes, catOutput, "yes", "answer every question with yes", "y")
}

// sourceOptions says what to read and how to understand it.
type sourceOptions struct {
	from, format, mapping                                  string
	passwords, memberships, organizations, identities      []string
	hashParams, assume, idPrefix                           string
	tryCrypt                                               bool
	duplicates                                             string
	stalePasswords, unsupportedPasswords, requirePasswords string
	verifyPassword                                         []string
	limit, sample                                          int
	only, filter                                           string
	enterprise                                             bool
	organization                                           string
}

// flags that say how the files are read.
func (o *sourceOptions) flags() []urfave.Flag {
	return []urfave.Flag{
		strFlag(&o.from, catSource, "from", "auto", "preset, `NAME` as listed by mapping list; auto looks at the content"),
		strFlag(&o.format, catSource, "format", "auto", "`FORMAT`: csv, json, ndjson or ldif; auto looks at the content"),
		strFlag(&o.mapping, catSource, "mapping", "", "mapping `FILE` (YAML) that extends or replaces the preset"),
		listFlag(&o.passwords, catSource, "passwords", "second `FILE` with password hashes, joined by user"),
		listFlag(&o.identities, catSource, "identities", "second `FILE` with social identities, joined by user"),
		listFlag(&o.memberships, catSource, "memberships", "second `FILE` with columns user, organization, roles, permissions"),
		listFlag(&o.organizations, catSource, "organizations", "second `FILE` with columns external id, name"),
		strFlag(&o.hashParams, catSource, "hash-params", "", "`FILE` with project-wide hash parameters: YAML, JSON or Firebase's hash_config as pasted"),
		strFlag(&o.idPrefix, catSource, "id-prefix", "", "ids become `NAME`|id: for a source whose ids others in the tenant have too"),
		strFlag(&o.assume, catSource, "assume", "", "`METHOD` of hashes that can't be told apart"),
		boolFlag(&o.tryCrypt, catSource, "try-crypt", "send crypt hashes whose support is undocumented"),
	}
}

// selectionFlags cut the source.
func (o *sourceOptions) selectionFlags() []urfave.Flag {
	return []urfave.Flag{
		intFlag(&o.limit, catSelection, "limit", 0, "the first `N` records"),
		intFlag(&o.sample, catSelection, "sample", 0, "`N` records, seeded and spread over providers and kinds of hash"),
		strFlag(&o.only, catSelection, "only", "", "`FILE` with ids or e-mail addresses, one per line"),
		strFlag(&o.filter, catSelection, "filter", "", "`EXPR` that must be true of a record, such as 'email endsWith \"@example.com\"'"),
	}
}

// policyFlags decide what becomes of a record before any request.
func (o *sourceOptions) policyFlags() []urfave.Flag {
	return []urfave.Flag{
		strFlag(&o.duplicates, catPolicy, "duplicates", "reject", "two records of one person: `POLICY` reject or merge"),
		strFlag(&o.unsupportedPasswords, catPolicy, "unsupported-passwords", "reset", "a hash that Kinde can't hold: `POLICY` reset (ask for a new password), skip or reject"),
		strFlag(&o.stalePasswords, catPolicy, "stale-passwords", "reset", "a hash older than the last password change: `POLICY` reset or set"),
		strFlag(&o.requirePasswords, catPolicy, "require-passwords", "", "stop before the first write when fewer than `N%` of the users have a password"),
		listFlag(&o.verifyPassword, catPolicy, "verify-password", "prove first that a known password opens the mapped hash: `EMAIL[=FILE]`, FILE holding the password"),
		boolFlag(&o.enterprise, catPolicy, "enterprise", "allow enterprise identities (in Kinde they exclude all others)"),
		strFlag(&o.organization, catPolicy, "organization", "", "put everyone in the organization with this `CODE` too"),
	}
}

// flagsOf joins groups of flags.
func flagsOf(groups ...[]urfave.Flag) []urfave.Flag {
	var out []urfave.Flag
	for _, g := range groups {
		out = append(out, g...)
	}
	return out
}

// pinned returns the options that decide what the tenant should look like, as
// a person would type them.
func (o *sourceOptions) pinned() map[string]any {
	out := map[string]any{}
	put := func(name string, value any, isDefault bool) {
		if !isDefault {
			out[name] = value
		}
	}
	put("from", o.from, o.from == "auto")
	put("format", o.format, o.format == "auto")
	put("mapping", o.mapping, o.mapping == "")
	put("passwords", o.passwords, len(o.passwords) == 0)
	put("identities", o.identities, len(o.identities) == 0)
	put("memberships", o.memberships, len(o.memberships) == 0)
	put("organizations", o.organizations, len(o.organizations) == 0)
	put("hash-params", o.hashParams, o.hashParams == "")
	put("id-prefix", o.idPrefix, o.idPrefix == "")
	put("assume", o.assume, o.assume == "")
	put("try-crypt", true, !o.tryCrypt)
	put("duplicates", o.duplicates, o.duplicates == "reject" || o.duplicates == "")
	put("unsupported-passwords", o.unsupportedPasswords, o.unsupportedPasswords == "reset" || o.unsupportedPasswords == "")
	put("stale-passwords", o.stalePasswords, o.stalePasswords == "reset" || o.stalePasswords == "")
	put("organization", o.organization, o.organization == "")
	put("enterprise", true, !o.enterprise)
	put("limit", o.limit, o.limit == 0)
	put("sample", o.sample, o.sample == 0)
	put("only", o.only, o.only == "")
	put("filter", o.filter, o.filter == "")
	return out
}
