// Package users holds the verbs that do one thing to many users of a tenant.
package users

import (
	"context"
	"maps"
	"strconv"
	"strings"
	"time"

	"github.com/kinde-migrate/kinde-migrate/internal/bulk"
	"github.com/kinde-migrate/kinde-migrate/internal/cli"
	"github.com/kinde-migrate/kinde-migrate/kinde"
)

// usersOptions are the flags of one verb.
type usersOptions struct {
	verb   bulk.Verb
	target cli.TargetOptions
	pace   cli.PaceOptions
	output cli.OutputOptions

	ids, checkpoint, filter, hashes, hashParams, assume string
	id                                                  []string
	tryCrypt                                            bool

	set, property, flag               []string
	typ, value, connection, factor    string
	profile, force                    bool
	state, report, maxErrors          string
	dryRun, retryFailed, acceptChange bool

	inactiveSince string
	since         time.Time
	organization  organizationOptions

	erasureList string
	forgetting  *forgetting // forget: the part that is about files
}

const (
	catWho  = "Who"
	catWhat = "What"
)

func New(e *cli.Env) *cli.Command {
	group := &cli.Command{
		Name:  "users",
		Short: "Do one thing to many users: suspend, delete, sign out, set passwords, …",
		Long: "Each verb works on the users chosen with --ids, --id, --checkpoint or --filter, as carefully as import: it says which tenant it is talking to and asks, " +
			"keeps its state so that the same command continues after a stop, learns the rate limit, and writes a report. " +
			"Users who need no change are left alone.",
	}
	for _, v := range bulk.Verbs() {
		group.Sub = append(group.Sub, newUsersVerb(e, v))
	}
	return group
}

// verbHelp is what help says of a verb.
var verbHelp = map[bulk.Verb]struct{ short, example, line string }{
	bulk.List: {"List users", "Everyone who never signed in", `kinde-migrate users list --filter 'total_sign_ins == 0'`},
	bulk.Get: {
		"Show users with their identities and properties",
		"One user",
		"kinde-migrate users get --id ana@example.com --json",
	},
	bulk.Update: {
		"Change names, picture or provided id",
		"Correct a name",
		"kinde-migrate users update --id kp_1a2b --set given_name=Ana --set family_name=Silva",
	},
	bulk.Suspend:   {"Suspend users", "Everyone in a list", "kinde-migrate users suspend --ids leavers.csv"},
	bulk.Unsuspend: {"Lift suspensions", "Everyone in a list", "kinde-migrate users unsuspend --ids leavers.csv"},
	bulk.Delete: {
		"Delete users",
		"Users that an import created and who have not signed in yet",
		"kinde-migrate users delete --checkpoint users.ndjson.checkpoint --dry-run",
	},
	bulk.Forget: {
		"Erase people from the tenant, from files, and from every later import",
		"From the tenant, the state and reports of an import, and backups",
		"kinde-migrate users forget --ids gone.txt users.ndjson.checkpoint users.ndjson.checkpoint.report backups",
	},
	bulk.SetPassword: {
		"Set hashed passwords",
		"From a table with the columns email, hash, method, salt",
		"kinde-migrate users set-password --hashes hashes.csv",
	},
	bulk.RequestPasswordReset: {
		"Ask users for a new password at their next sign-in",
		"Everyone that an import created",
		"kinde-migrate users request-password-reset --checkpoint users.ndjson.checkpoint",
	},
	bulk.AddIdentity: {
		"Add an identity",
		"A second address for one user",
		"kinde-migrate users add-identity --id kp_1a2b --type email --value ana@example.org",
	},
	bulk.RemoveIdentity: {
		"Remove identities",
		"An address that somebody gave up",
		"kinde-migrate users remove-identity --id kp_1a2b --type email --value old@example.org",
	},
	bulk.Copy: {
		"Copy the members of an organization to another, with their roles",
		"Everyone",
		"kinde-migrate users copy --from-organization org_1a2b --to-organization org_3c4d",
	},
	bulk.Invite: {
		"Invite people to an organization by e-mail",
		"Two hundred a day",
		"kinde-migrate users invite --ids people.csv --organization org_1a2b --role member --at-most 200",
	},
	bulk.AddScope: {
		"Give members scopes of an API",
		"One scope for many",
		"kinde-migrate users add-scope --ids pilots.txt --organization org_1a2b --api https://api.example.com --scope read:logs",
	},
	bulk.RemoveScope: {
		"Remove scopes of an API from members",
		"One scope from many",
		"kinde-migrate users remove-scope --ids pilots.txt --organization org_1a2b --api https://api.example.com --scope read:logs",
	},
	bulk.SetProperty: {
		"Set properties",
		"One property for many",
		"kinde-migrate users set-property --ids gold.txt --property plan=gold",
	},
	bulk.SetFlag: {
		"Override feature flags",
		"Let some try it first",
		"kinde-migrate users set-flag --ids pilots.txt --flag new_editor=true",
	},
	bulk.Sessions:       {"Show active sessions", "Who is signed in?", "kinde-migrate users sessions --ids pilots.txt"},
	bulk.RevokeSessions: {"Sign users out everywhere", "After a leak", "kinde-migrate users revoke-sessions --ids leaked.txt"},
	bulk.MFA:            {"Show second factors", "Which factor does Ana have?", "kinde-migrate users mfa --id ana@example.com"},
	bulk.ResetMFA: {
		"Remove second factors",
		"All factors of those who lost their phone",
		"kinde-migrate users reset-mfa --ids lost.txt",
	},
	bulk.RefreshClaims: {
		"Put changed roles, flags and properties into tokens",
		"After a change of roles",
		"kinde-migrate users refresh-claims --ids changed.txt",
	},
}

func newUsersVerb(e *cli.Env, verb bulk.Verb) *cli.Command {
	o := &usersOptions{verb: verb}
	h := verbHelp[verb]
	c := &cli.Command{
		Name:     string(verb),
		Short:    h.short,
		Examples: []cli.Example{{What: h.example, Line: h.line}},
		Exits:    []cli.Code{cli.ExitOK, cli.ExitFailed, cli.ExitUsage, cli.ExitRecords, cli.ExitAuth, cli.ExitCheckpoint, cli.ExitInterrupted},
		Flags: cli.FlagsOf(
			o.whoFlags(),
			o.whatFlags(),
			o.stateFlags(),
			o.target.Flags(),
			o.pace.Flags("50% of a live tenant's"),
			o.output.Flags(),
		),
		Run: func(ctx context.Context, in *cli.Invocation) error { return runUsers(ctx, e, o, in) },
	}
	if !verb.Reads() {
		c.Flags = append(c.Flags, o.output.YesFlag())
		c.Long = "The state of the job is in <file of names>." + string(
			verb,
		) + ".checkpoint unless --state says otherwise. The same command continues after a stop; " +
			"after the end of the job it checks everyone again and does what has become necessary."
		c.Examples = append(c.Examples, cli.Example{What: "What would happen?", Line: h.line + " --dry-run"})
	}
	if verb == bulk.Forget {
		c.Args = "[FILE|DIR]…"
		c.Long = "Deletes people with their profile, removes everything about them from the given checkpoints, reports, exports, converted files and plain backups, " +
			"and searches every byte of these files to prove it. Encrypted backups are listed with the day on which retention removes them. The erased people are kept on the erasure list " +
			"as keyed digests, and import, restore and convert leave them out with --erasure-list. The certificate in the report folder says what was erased where, without personal data. " + c.Long
	}
	if verb == bulk.Delete {
		c.Long += " With --checkpoint only users that this job created are deleted, and nobody who has signed in since."
		c.Examples[0].Line, c.Examples[1].Line = strings.TrimSuffix(h.line, " --dry-run"), h.line
	}
	return c
}

func (o *usersOptions) whoFlags() []cli.Flag {
	if o.verb == bulk.SetPassword {
		return []cli.Flag{
			cli.StringFlag(
				&o.hashes,
				catWho,
				"hashes",
				"",
				"`FILE`: a CSV table with a column id or email, and hash, method, salt, salt_encoding, salt_position, iterations",
			),
			cli.StringFlag(
				&o.hashParams,
				catWho,
				"hash-params",
				"",
				"`FILE` with project-wide hash parameters: YAML, JSON or Firebase's hash_config as pasted",
			),
			cli.StringFlag(&o.assume, catWho, "assume", "", "`METHOD` of hashes whose kind can't be recognised"),
			cli.BoolFlag(&o.tryCrypt, catWho, "try-crypt", "send crypt hashes that Kinde does not document"),
		}
	}
	flags := []cli.Flag{
		cli.StringFlag(
			&o.ids,
			catWho,
			"ids",
			"",
			"`FILE` with one id, e-mail address, phone number or username per line, or a CSV table with a column id, kinde_id or email; - is stdin",
		),
		cli.ListFlag(&o.id, catWho, "id", "one `ID`, e-mail address, phone number or username; may be repeated"),
		cli.StringFlag(&o.checkpoint, catWho, "checkpoint", "", "users that the job of this checkpoint `FILE` created"),
		cli.StringFlag(&o.filter, catWho, "filter", "", "users for whom `EXPR` is true, such as 'email endsWith \"@example.com\"'"),
	}
	if o.verb == bulk.Forget {
		return flags[:1] // a name on the command line would stay in the shell's history
	}
	if o.verb == bulk.List {
		flags = append(
			flags,
			cli.StringFlag(&o.inactiveSince, catWho, "inactive-since", "", "users who existed before `DATE` and have not been active since"),
		)
	}
	return flags
}

func (o *usersOptions) whatFlags() []cli.Flag {
	switch o.verb {
	case bulk.Update:
		return []cli.Flag{cli.ListFlag(&o.set, catWhat, "set", "`FIELD=VALUE`: given_name, family_name, picture or provided_id; may be repeated")}
	case bulk.SetProperty:
		return []cli.Flag{cli.ListFlag(&o.property, catWhat, "property", "`KEY=VALUE` of a property; may be repeated")}
	case bulk.SetFlag:
		return []cli.Flag{cli.ListFlag(&o.flag, catWhat, "flag", "`KEY=VALUE` of a feature flag; may be repeated")}
	case bulk.AddIdentity:
		return []cli.Flag{
			cli.StringFlag(&o.typ, catWhat, "type", "", "`TYPE` of the identity: email, phone, username, social or enterprise"),
			cli.StringFlag(&o.value, catWhat, "value", "", "`VALUE` of the identity; or a column value in the table of --ids"),
			cli.StringFlag(&o.connection, catWhat, "connection", "", "`ID` or strategy of the connection, for social and enterprise identities"),
		}
	case bulk.RemoveIdentity:
		return []cli.Flag{
			cli.StringFlag(&o.typ, catWhat, "type", "", "`TYPE` of the identities: email, phone, username, social or enterprise"),
			cli.StringFlag(&o.value, catWhat, "value", "", "only the one with this `VALUE`; or a column value in the table of --ids"),
			cli.StringFlag(&o.connection, catWhat, "connection", "", "only those of the connection with this `ID` or strategy"),
		}
	case bulk.ResetMFA:
		return []cli.Flag{cli.StringFlag(&o.factor, catWhat, "factor", "", "only the factor with this `ID`, as users mfa shows it")}
	case bulk.Forget:
		return []cli.Flag{
			cli.StringFlag(
				&o.erasureList,
				catWhat,
				"erasure-list",
				listDefault,
				"`FILE` that keeps the erased people as keyed digests; it is created if necessary",
			),
		}
	case bulk.Delete:
		return []cli.Flag{
			cli.DeleteProfileFlag(&o.profile, catWhat),
			cli.BoolFlag(
				&o.force,
				catWhat,
				"force",
				"with --checkpoint: also delete users who have signed in since, and users who may not be that job's",
			),
		}
	}
	return o.organization.flags(o.verb)
}

func (o *usersOptions) stateFlags() []cli.Flag {
	report := cli.StringFlag(&o.report, cli.CatState, "report", "", "`DIR` for the reports; default <state>.report")
	if o.verb.Reads() {
		return []cli.Flag{report}
	}
	return []cli.Flag{
		cli.BoolFlag(&o.dryRun, catWhat, "dry-run", "say what would happen; write nothing"),
		cli.StringFlag(&o.state, cli.CatState, "state", "", "`FILE` that keeps the state of this job"),
		report,
		cli.BoolFlag(&o.retryFailed, cli.CatState, "retry-failed", "also try again what the API refused"),
		cli.BoolFlag(
			&o.acceptChange,
			cli.CatState,
			"accept-changes",
			"accept options that differ from the last run, although that job is unfinished",
		),
		cli.StringFlag(&o.maxErrors, cli.CatState, "max-errors", "", "stop, to be resumed, after `N` or N% failed users"),
	}
}

// base is what the files of the job are named after.
func (o *usersOptions) base() string {
	for _, name := range []string{o.ids, o.hashes, o.checkpoint} {
		if name == "-" {
			return "stdin"
		}
		if name != "" {
			return name
		}
	}
	return "users"
}

// paths fills in where state and reports lie. A verb that reads keeps no state,
// and writes a report only when it was given a file or asked for one.
func (o *usersOptions) paths() {
	stem := o.base() + "." + string(o.verb)
	if o.state == "" {
		o.state = stem + ".checkpoint"
	}
	switch {
	case o.report != "":
	case o.verb.Reads() && o.base() == "users":
	case o.dryRun && o.verb == bulk.Forget: // one more file that names them
	case o.dryRun:
		o.report = stem + ".dry-run.report"
	case o.verb.Reads():
		o.report = stem + ".report"
	default:
		o.report = o.state + ".report"
	}
}

// bulk turns the flags into the job's options.
func (o *usersOptions) bulk() (bulk.Options, error) {
	out := bulk.Options{
		Verb:          o.verb,
		Version:       cli.Version(),
		RunID:         cli.NewRunID(time.Now()),
		DryRun:        o.dryRun,
		AwaitDelivery: true,
		RetryRefused:  o.retryFailed,
		AcceptChanges: o.acceptChange,
		Guarded:       o.checkpoint != "",
		Force:         o.force,
		Concurrency:   o.pace.Concurrency,
		Remote:        o.ids == "" && len(o.id) == 0 && o.checkpoint == "" && o.hashes == "",
	}
	c := &out.Change
	c.Type, c.Value, c.Connection, c.Factor, c.Everywhere = o.typ, o.value, o.connection, o.factor, o.profile
	c.Everywhere = c.Everywhere || o.verb == bulk.Forget
	out.AtMost = o.organization.atMost
	err := o.organization.fill(o.verb, c)
	if err != nil {
		return out, err
	}
	if c.Profile, err = assignments("--set", "given_name=Ana", o.set); err != nil {
		return out, err
	}
	if c.Properties, err = assignments("--property", "plan=gold", o.property); err != nil {
		return out, err
	}
	if c.Flags, err = assignments("--flag", "new_editor=true", o.flag); err != nil {
		return out, err
	}
	if err := o.check(c); err != nil {
		return out, err
	}
	if out.MaxErrors, err = cli.ParseMaxErrors(o.maxErrors); err != nil {
		return out, err
	}
	out.Pinned = o.pinned()
	return out, nil
}

// pinned are the options that decide what happens to the users.
func (o *usersOptions) pinned() map[string]string {
	out := o.organization.pinned()
	maps.DeleteFunc(out, func(_, value string) bool { return value == "" })
	for name, value := range map[string]string{
		"ids": o.ids, "id": strings.Join(o.id, " "), "checkpoint": o.checkpoint, "filter": o.filter, "hashes": o.hashes, "assume": o.assume,
		"set": strings.Join(o.set, " "), "property": strings.Join(o.property, " "), "flag": strings.Join(o.flag, " "),
		"type": o.typ, "value": o.value, "connection": o.connection, "factor": o.factor,
	} {
		if value != "" {
			out[name] = value
		}
	}
	for name, on := range map[string]bool{"delete-profile": o.profile, "force": o.force, "try-crypt": o.tryCrypt} {
		if on {
			out[name] = strconv.FormatBool(on)
		}
	}
	return out
}

// check refuses what can't be meant.
func (o *usersOptions) check(c *bulk.Change) error {
	sources := 0
	for _, given := range []bool{o.ids != "" || len(o.id) > 0, o.checkpoint != "", o.filter != "", o.hashes != ""} {
		if given {
			sources++
		}
	}
	switch {
	case o.verb == bulk.Forget && o.ids == "":
		return cli.Usagef("--ids gone.txt, with one id or e-mail address per line", "the people to erase are missing")
	case o.verb == bulk.SetPassword && o.hashes == "":
		return cli.Usagef("--hashes hashes.csv", "set-password needs a table of hashes")
	case sources == 0 && o.verb != bulk.List && o.verb != bulk.Copy:
		return cli.Usagef("use --ids FILE, --id ID, --checkpoint FILE or --filter EXPR", "the users are missing")
	case sources > 1:
		return cli.Usagef("use one of --ids (with --id), --checkpoint and --filter", "the users are chosen in more than one way")
	case o.inactiveSince != "" && sources > 0 && o.filter == "":
		return cli.Usagef("use --inactive-since alone or with --filter", "--inactive-since goes through all users of the tenant")
	case o.force && o.checkpoint == "":
		return cli.Usagef("leave out --force", "--force works only with --checkpoint")
	}
	switch o.verb {
	case bulk.Update:
		if len(c.Profile) == 0 {
			return cli.Usagef("--set given_name=Ana", "nothing to change is given")
		}
		for field := range c.Profile {
			if err := cli.OneOf("--set", field, "given_name", "family_name", "picture", "provided_id"); err != nil {
				return err
			}
		}
	case bulk.SetProperty:
		if len(c.Properties) == 0 {
			return cli.Usagef("--property plan=gold", "no property is given")
		}
	case bulk.SetFlag:
		if len(c.Flags) == 0 {
			return cli.Usagef("--flag new_editor=true", "no feature flag is given")
		}
	case bulk.AddIdentity:
		return o.checkIdentity(c)
	case bulk.RemoveIdentity:
		return checkType(c.Type, "remove")
	case bulk.List:
		if o.inactiveSince != "" {
			var err error
			o.since, err = parseDay("--inactive-since", o.inactiveSince)
			return err
		}
	}
	return nil
}

func checkType(kind, verb string) error {
	if kind == "" {
		return cli.Usagef("--type email", "the type of identity to %s is missing", verb)
	}
	return cli.OneOf(
		"--type",
		kind,
		kinde.IdentityEmail,
		kinde.IdentityPhone,
		kinde.IdentityUsername,
		kinde.IdentitySocial,
		kinde.IdentityEnterprise,
	)
}

func (o *usersOptions) checkIdentity(c *bulk.Change) error {
	if err := checkType(c.Type, "add"); err != nil {
		return err
	}
	linked := c.Type == kinde.IdentitySocial || c.Type == kinde.IdentityEnterprise
	switch {
	case linked && c.Connection == "" && o.ids == "":
		return cli.Usagef("--connection oauth2:google, or its id", "a %s identity needs a connection", c.Type)
	case !linked && c.Connection != "":
		return cli.Usagef("leave out --connection", "an identity of type %s has no connection", c.Type)
	case c.Value != "" && (o.filter != "" || o.checkpoint != "" || len(o.id) > 1):
		return cli.Usagef("use --ids with a column value", "an identity belongs to one user, so one --value can't be added to several")
	case c.Value == "" && o.ids == "":
		return cli.Usagef("--value ana@example.org", "the identity to add is missing")
	}
	return nil
}

// assignments reads KEY=VALUE pairs.
func assignments(flag, like string, pairs []string) (map[string]string, error) {
	out := map[string]string{}
	for _, p := range pairs {
		key, value, ok := strings.Cut(p, "=")
		if !ok || key == "" {
			return nil, cli.Usagef(flag+" "+like, "%s %q is not a name and a value", flag, p)
		}
		out[key] = value
	}
	return out, nil
}
