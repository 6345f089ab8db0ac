// Package backup holds the commands that take users out of a tenant and bring
// them back: export, backup with its kin, restore.
package backup

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/kinde-migrate/kinde-migrate/internal/backup"
	"github.com/kinde-migrate/kinde-migrate/internal/cli"
	"github.com/kinde-migrate/kinde-migrate/internal/schedule"
	"github.com/kinde-migrate/kinde-migrate/internal/tenant"
	"github.com/kinde-migrate/kinde-migrate/internal/ui"
)

type backupOptions struct {
	target cli.TargetOptions
	pace   cli.PaceOptions
	output cli.OutputOptions
	keep   keepOptions

	out, detail, maxShrink   string
	encryptTo, identities    []string
	plaintext                bool
	every                    time.Duration
	cron                     string
	status, prometheus       string
	pingSuccess, pingFailure string
}

// keepOptions is a retention policy.
type keepOptions struct {
	last, daily, weekly, monthly int
	timezone                     string
}

func (o *keepOptions) flags() []cli.Flag {
	const cat = "Retention"
	return []cli.Flag{
		cli.IntFlag(&o.last, cat, "keep-last", 0, "keep the `N` newest backups"),
		cli.IntFlag(&o.daily, cat, "keep-daily", 0, "keep the newest backup of each of the last `N` days that have one"),
		cli.IntFlag(&o.weekly, cat, "keep-weekly", 0, "keep the newest backup of each of the last `N` weeks that have one"),
		cli.IntFlag(&o.monthly, cat, "keep-monthly", 0, "keep the newest backup of each of the last `N` months that have one"),
		cli.StringFlag(&o.timezone, cat, "timezone", "UTC", "`ZONE`, such as Europe/Berlin, for --cron and for the start of a day"),
	}
}

func (o *keepOptions) policy() (backup.Retention, error) {
	p := backup.Retention{Last: o.last, Daily: o.daily, Weekly: o.weekly, Monthly: o.monthly}
	if min(o.last, o.daily, o.weekly, o.monthly) < 0 {
		return p, cli.Usagef("", "--keep-last, --keep-daily, --keep-weekly and --keep-monthly take a number above 0")
	}
	zone, err := time.LoadLocation(o.timezone)
	if err != nil {
		return p, cli.Usagef("--timezone Europe/Berlin", "the time zone %q is unknown", o.timezone)
	}
	p.Location = zone
	return p, nil
}

// The categories of flags of backup, restore and their kin.
const (
	catBackup   = "Backup"
	catSchedule = "Schedule"
)

func NewBackup(e *cli.Env) *cli.Command {
	o := &backupOptions{}
	return &cli.Command{
		Name:  "backup",
		Short: "Back up the tenant into a dated folder, once or on a schedule",
		Long: "Copies users, organizations, memberships with their roles, definitions, connections and feature flags into DIR/<UTC time>. " +
			"The folder is either complete or not there. Its manifest holds the counts, the hash of each file and of the previous backup, " +
			"and what Kinde's API does not show. With --every or --cron it runs as a service until it is stopped. " +
			"A backup that holds much less than the previous one is kept and reported, and pruning stops.",
		Examples: []cli.Example{
			{
				What: "Once, encrypted",
				Line: "kinde-migrate backup --out backups --encrypt-to age16rprl9czry2jn49zzwn2n8fm4kgadqgh5n7dsncmkds88una4d8qr2tgpy",
			},
			{
				What: "Every night at two in Berlin, with retention",
				Line: "kinde-migrate backup --out backups --encrypt-to recipients.txt --cron '0 2 * * *' --timezone Europe/Berlin --keep-daily 14 --keep-weekly 8 --keep-monthly 12",
			},
			{What: "With verified states, second factors and sessions", Line: "kinde-migrate backup --out backups --plaintext --detail full"},
			{What: "Verify all backups, every byte", Line: "kinde-migrate backup verify backups"},
			{What: "What changed since", Line: "kinde-migrate backup diff backups/2026-03-01T020000Z backups/2026-03-02T020000Z"},
			{What: "Show what would be removed", Line: "kinde-migrate backup prune backups --keep-daily 14 --dry-run"},
			{What: "Prove that the newest backup can be restored", Line: "kinde-migrate backup drill backups --identity key.txt"},
		},
		Exits: []cli.Code{cli.ExitOK, cli.ExitFailed, cli.ExitUsage, cli.ExitAuth, cli.ExitDifferences, cli.ExitInterrupted},
		Sub:   []*cli.Command{newBackupVerify(e), newBackupDiff(e), newBackupList(e), newBackupPrune(e), newBackupDrill(e)},
		Flags: cli.FlagsOf([]cli.Flag{
			cli.StringFlag(&o.out, catBackup, "out", "", "`DIR` in which each backup gets a folder"),
			cli.ListFlag(&o.encryptTo, catBackup, "encrypt-to", "age `RECIPIENT` who can read the backup, or a file of recipients; repeatable"),
			cli.BoolFlag(&o.plaintext, catBackup, "plaintext", "don't encrypt: anyone who can read the folder can read the backup"),
			cli.ListFlag(
				&o.identities,
				catBackup,
				"identity",
				"`FILE` with an age secret key that opens earlier backups, so that --detail full can carry over what did not change",
			),
			cli.ChoiceFlag(
				cli.StringFlag(&o.detail, catBackup, "detail", "fast",
					"`DETAIL`: fast takes about two requests for every 500 users; full adds verified states, permissions, second factors and sessions"),
				[]cli.Choice{
					{Word: string(backup.Fast), Means: "two requests for every 500 users"},
					{Word: string(backup.Full), Means: "also what takes requests per user"},
				},
			),
			cli.StringFlag(
				&o.maxShrink,
				catBackup,
				"max-shrink",
				"5%",
				"`P%` by which users, memberships or organizations may shrink without a report; 100% accepts anything",
			),
			cli.DurationFlag(&o.every, catSchedule, "every", 0, "run as a service: a backup every `DURATION`"),
			cli.StringFlag(&o.cron, catSchedule, "cron", "", "run as a service: a backup at the times of this crontab `EXPR`"),
			cli.StringFlag(&o.status, catSchedule, "status-file", "", "JSON `FILE` for monitoring; default DIR/status.json"),
			cli.StringFlag(&o.prometheus, catSchedule, "prometheus-file", "", "`FILE` for Prometheus' textfile collector"),
			cli.StringFlag(&o.pingSuccess, catSchedule, "ping-success", "", "`URL` to request after a good backup"),
			cli.StringFlag(&o.pingFailure, catSchedule, "ping-failure", "", "`URL` to request after a failed backup"),
		}, o.keep.flags(), o.target.Flags(), o.pace.Flags("50%"), o.output.Flags()),
		Run: func(ctx context.Context, in *cli.Invocation) error { return runBackup(ctx, e, o, in) },
	}
}

func runBackup(ctx context.Context, e *cli.Env, o *backupOptions, in *cli.Invocation) error {
	if len(in.Args) > 0 {
		return cli.Usagef(
			"kinde-migrate backup --out "+in.Args[0]+", or one of verify, diff, list, prune, drill",
			"backup takes no arguments: %s",
			in.Args[0],
		)
	}
	job, schedule, err := o.job()
	if err != nil {
		return err
	}
	// Without --plaintext and --encrypt-to nobody decided who may read it.
	c, err := cli.Connect(e, cli.ConnectOptions{Target: &o.target, Pace: &o.pace, Output: &o.output, In: in, Share: cli.LiveShare})
	if err != nil {
		return err
	}
	job.Connect = func() (tenant.API, error) { return c.Client, nil }
	job.Note = func(text string) { c.Log.Warn(text) }
	progress := e.IO.NewProgress(o.output.Quiet)
	job.Backup.Progress = showReading(progress, c)
	if schedule != nil {
		return o.serve(ctx, e, job, *schedule, progress)
	}
	out, err := job.Run(ctx)
	progress.Finish()
	if err != nil {
		return backupError(err)
	}
	return o.tell(e, out)
}

// backupError turns an error of a backup into an exit code with advice.
func backupError(err error) error {
	if _, ok := errors.AsType[*backup.OtherTenantError](err); ok {
		return cli.Usagef("give each tenant a folder of its own", "making the backup: %w", err)
	}
	if errors.Is(err, backup.ErrBusy) {
		return cli.Failf("wait until the other one has finished", "making the backup: %w", err)
	}
	if errors.Is(err, backup.ErrNeedsIdentity) || errors.Is(err, backup.ErrWrongIdentity) {
		return cli.Usagef("--identity key.txt", "reading the backup: %w", err)
	}
	if _, ok := errors.AsType[*backup.DamagedError](err); ok {
		return fmt.Errorf("reading the backup: %w", err)
	}
	return fmt.Errorf("making the backup: %w", err)
}

// job turns the flags into what is to be done, and when; nil is now.
func (o *backupOptions) job() (*backup.Job, *schedule.Schedule, error) {
	if o.out == "" {
		return nil, nil, cli.Usagef("--out backups", "there is no folder to write to")
	}
	if o.plaintext == (len(o.encryptTo) > 0) {
		return nil, nil, cli.Usagef(
			"--encrypt-to age1…, or --plaintext",
			"decide who may read the backup, which holds personal data: pass either --encrypt-to or --plaintext",
		)
	}
	j := &backup.Job{Dir: o.out, Status: o.status, Prometheus: o.prometheus, PingSuccess: o.pingSuccess, PingFailure: o.pingFailure}
	var err error
	if j.Backup.Recipients, err = backup.ParseRecipients(o.encryptTo); err != nil {
		return nil, nil, cli.Usagef("create a key pair with age-keygen; the recipient begins with age1", "%w", err)
	}
	if j.Backup.Identities, err = backup.ReadIdentities(o.identities); err != nil {
		return nil, nil, cli.Usagef("", "%w", err)
	}
	if err := cli.OneOf("--detail", o.detail, string(backup.Fast), string(backup.Full)); err != nil {
		return nil, nil, err
	}
	j.Backup.Detail, j.Backup.Version, j.Backup.Concurrency = backup.Detail(o.detail), cli.Version(), o.pace.Concurrency
	if j.Backup.MaxShrink, err = cli.ParsePercent(o.maxShrink); err != nil || j.Backup.MaxShrink < 0 || j.Backup.MaxShrink > 100 {
		return nil, nil, cli.Usagef("--max-shrink 5%", "--max-shrink %q is not a percentage", o.maxShrink)
	}
	if j.Backup.MaxShrink == 0 {
		j.Backup.MaxShrink = 1e-9 // nobody may be missing
	}
	if j.Retention, err = o.keep.policy(); err != nil {
		return nil, nil, err
	}
	for _, u := range []string{o.pingSuccess, o.pingFailure} {
		if u != "" {
			if err := backup.CheckPing(u); err != nil {
				return nil, nil, cli.Usagef("", "%w", err)
			}
		}
	}
	s, err := o.schedule(j.Retention.Location)
	return j, s, err
}

func (o *backupOptions) schedule(zone *time.Location) (*schedule.Schedule, error) {
	var s schedule.Schedule
	var err error
	switch {
	case o.cron != "" && o.every != 0:
		return nil, cli.Usagef("", "give --every or --cron, not both")
	case o.cron != "":
		s, err = schedule.Cron(o.cron, zone)
	case o.every != 0:
		s, err = schedule.Every(o.every)
	default:
		return nil, nil
	}
	if err != nil {
		return nil, cli.Usagef("--every 24h, or --cron '0 2 * * *'", "%w", err)
	}
	return &s, nil
}

// serve runs until a signal comes. The first one ends what is being read; a
// backup that was not finished leaves nothing behind.
func (o *backupOptions) serve(ctx context.Context, e *cli.Env, job *backup.Job, s schedule.Schedule, progress ui.Progress) error {
	if o.output.JSON {
		return cli.Usagef("read the status file instead: --status-file", "a service has no result to print as JSON")
	}
	var fatal error
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	err := job.Serve(ctx, s, func(out *backup.Outcome, err error) {
		progress.Finish()
		switch {
		case err == nil:
			if err := o.tell(e, out); err != nil && out.Suspicious() {
				job.Note("the backup is suspicious; see above")
			}
		case errors.Is(err, context.Canceled):
		default:
			if _, ok := errors.AsType[*backup.OtherTenantError](err); ok {
				fatal = backupError(err) // no later attempt can end otherwise
				cancel(fatal)
				return
			}
			fmt.Fprintf(e.IO.Err, "%s %s\n", e.IO.Bold("Error:"), ui.Inert(backupError(err).Error()))
		}
	})
	if fatal != nil {
		return fatal
	}
	return err
}

// tell prints how a backup went.
func (o *backupOptions) tell(e *cli.Env, out *backup.Outcome) error {
	code := cli.ExitOK
	if out.Suspicious() {
		code = cli.ExitDifferences
	}
	if o.output.JSON {
		if err := writeJSON(e, struct {
			Schema   string           `json:"schema"`
			Folder   string           `json:"folder"`
			Manifest *backup.Manifest `json:"manifest"`
			Pruning  *backup.Pruning  `json:"pruning"`
			Seconds  float64          `json:"elapsed_seconds"`
		}{"kinde-migrate.backup-run/1", o.out + "/" + out.Manifest.Name, out.Manifest, out.Pruning, out.Took.Seconds()}); err != nil {
			return err
		}
		return cli.Finished(code)
	}
	m := out.Manifest
	fmt.Fprintf(
		e.IO.Out,
		"%s, %s, %s of %s are in %s/%s, in %s.\n",
		ui.Count(m.Counts["users"], "user"),
		ui.Count(m.Counts["memberships"], "membership"),
		ui.Count(m.Counts["organizations"], "organization"),
		m.Tenant.Domain,
		ui.Line(o.out),
		m.Name,
		ui.Duration(out.Took),
	)
	if m.CarriedOver > 0 {
		fmt.Fprintf(e.IO.Out, "The details of %s did not change and were carried over.\n", ui.Count(m.CarriedOver, "user"))
	}
	if m.NotCarried != "" {
		fmt.Fprintf(
			e.IO.Out,
			"%s\n",
			ui.Wrap("All details were read again, because the previous backup is damaged: "+ui.Line(m.NotCarried)+".", e.IO.Width(), 0),
		)
	}
	var what []string
	for _, n := range m.NotCopied {
		what = append(what, n.What)
	}
	fmt.Fprintf(e.IO.Out, "%s\n", ui.Wrap("Not in it: "+strings.Join(what, "; ")+". The manifest says why.", e.IO.Width(), 0))
	if m.Shrunk != nil {
		fmt.Fprintf(e.IO.Out, "Suspicious: %s. Nothing was pruned. If this is correct, accept it once with --max-shrink 100%%.\n", m.Shrunk)
	}
	if p := out.Pruning; p != nil {
		tellPruning(e, p, false)
	}
	return cli.Finished(code)
}
