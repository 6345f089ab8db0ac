package backup

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/kinde-migrate/kinde-migrate/internal/atomicfile"
	"github.com/kinde-migrate/kinde-migrate/internal/backup"
	"github.com/kinde-migrate/kinde-migrate/internal/cli"
	"github.com/kinde-migrate/kinde-migrate/internal/cli/input"
	"github.com/kinde-migrate/kinde-migrate/internal/schedule"
	"github.com/kinde-migrate/kinde-migrate/internal/tenant"
	"github.com/kinde-migrate/kinde-migrate/internal/ui"
)

type watchOptions struct {
	source     input.Options
	target     cli.TargetOptions
	pace       cli.PaceOptions
	output     cli.OutputOptions
	identities []string
	alerts     []string

	once                       bool
	every                      time.Duration
	cron, timezone, prometheus string
	webhookFile                string
	checkpoint                 string
	showValues, deep           bool
}

// webhookVariable names the URL of the webhook, which often holds its secret.
const webhookVariable = "KINDE_WATCH_WEBHOOK"

func NewWatch(e *cli.Env) *cli.Command {
	o := &watchOptions{}
	return &cli.Command{
		Name:  "watch",
		Args:  "DIR[/TIME]|FILE…",
		Short: "Show how the tenant has changed since its last backup, or from its source",
		Long: "Reads the tenant as the backup did, and compares: who was added and removed, who got or lost a role, a permission, an organization, a verified state or an identity, " +
			"new administrators first. With files that import reads, or the folder of a fetch, it compares with these instead, by the rules of reconcile and " +
			"with the options of the import. --alert names what must not happen: if it does, the exit code is 6. What is read is kept encrypted in a temporary folder. " +
			"The webhook's URL is read from " + webhookVariable + " or from a file, because it often holds a secret; it gets counts and alerts, and names only with --show-values.",
		Examples: []cli.Example{
			{What: "In a script or a cron job", Line: "kinde-migrate watch backups --once --alert 'role:admin added' --alert 'user removed'"},
			{
				What: "Against the source of an import",
				Line: "kinde-migrate watch users.ndjson --once --alert 'user removed' --alert 'role:admin added'",
			},
			{
				What: "As a service, for Prometheus",
				Line: "kinde-migrate watch backups --every 1h --prometheus-file /var/lib/node_exporter/kinde_watch.prom",
			},
		},
		Exits: []cli.Code{cli.ExitOK, cli.ExitFailed, cli.ExitUsage, cli.ExitAuth, cli.ExitCheckpoint, cli.ExitDifferences, cli.ExitInterrupted},
		Flags: cli.FlagsOf(o.sourceFlags(), []cli.Flag{
			identityFlag(&o.identities),
			cli.ListFlag(
				&o.alerts,
				catBackup,
				"alert",
				"end with exit 6 if this `RULE` is true: user, role:KEY, permission:KEY, organization:CODE, identity:TYPE, verified, suspension, profile:FIELD or definition, and added, removed or changed; repeatable",
			),
			cli.BoolFlag(&o.showValues, catBackup, "show-values", "name people in the text and to the webhook, not only their ids"),
			cli.BoolFlag(&o.once, catSchedule, "once", "check once and end; the default without --every and --cron"),
			cli.DurationFlag(&o.every, catSchedule, "every", 0, "run as a service: check every `DURATION`"),
			cli.StringFlag(&o.cron, catSchedule, "cron", "", "run as a service: check at the times of this crontab `EXPR`"),
			cli.StringFlag(&o.timezone, catSchedule, "timezone", "UTC", "`ZONE`, such as Europe/Berlin, for --cron"),
			cli.StringFlag(&o.prometheus, catSchedule, "prometheus-file", "", "`FILE` for Prometheus' textfile collector"),
			cli.StringFlag(&o.webhookFile, catSchedule, "webhook-file", "", "`FILE` with the URL to call when something changed"),
		}, o.target.Flags(), o.pace.Flags("50%"), o.output.Flags()),
		Run: func(ctx context.Context, in *cli.Invocation) error { return runWatch(ctx, e, o, in) },
	}
}

// watching is what a look needs.
type watching struct {
	o       *watchOptions
	e       *cli.Env
	conn    *cli.Connection
	against baseline
	rules   []backup.Rule
	webhook string
}

// baseline is what the tenant is compared with.
type baseline interface {
	open(ctx context.Context, w *watching, in *cli.Invocation) error
	// connect tells what the connection has to know.
	connect(*cli.ConnectOptions)
	// look compares once.
	look(ctx context.Context, w *watching, show func(tenant.Progress)) (*backup.Drift, error)
	String() string // what it is called in a sentence
}

func runWatch(ctx context.Context, e *cli.Env, o *watchOptions, in *cli.Invocation) error {
	w := &watching{o: o, e: e}
	for _, text := range o.alerts {
		r, err := backup.ParseRule(text)
		if err != nil {
			return cli.Usagef("--alert 'role:admin added'", "%w", err)
		}
		w.rules = append(w.rules, r)
	}
	zone, err := time.LoadLocation(o.timezone)
	if err != nil {
		return cli.Usagef("--timezone Europe/Berlin", "the time zone %q is unknown", o.timezone)
	}
	when, err := (&backupOptions{every: o.every, cron: o.cron}).schedule(zone)
	if err != nil {
		return err
	}
	if o.once && when != nil {
		return cli.Usagef("", "give --once, or --every or --cron")
	}
	if w.against, err = o.baseline(in, when != nil); err != nil {
		return err
	}
	if err := w.against.open(ctx, w, in); err != nil {
		return err
	}
	if w.webhook, err = o.webhook(e); err != nil {
		return err
	}
	to := cli.ConnectOptions{Target: &o.target, Pace: &o.pace, Output: &o.output, In: in, Share: cli.LiveShare}
	w.against.connect(&to)
	if w.conn, err = cli.Connect(e, to); err != nil {
		return err
	}
	if when == nil {
		d, err := w.look(ctx)
		if err != nil {
			return err
		}
		if err := w.show(d); err != nil || len(d.Alerts) == 0 {
			return err
		}
		return cli.Finished(cli.ExitDifferences)
	}
	return schedule.Serve(ctx, *when, time.Time{}, nil, func(ctx context.Context) {
		d, err := w.look(ctx)
		if err == nil {
			err = w.show(d)
		}
		if err != nil && ctx.Err() == nil {
			w.conn.Log.Warn(err.Error()) // the next look may go well
		}
	})
}

// webhook finds the URL to tell, "" for none.
func (o *watchOptions) webhook(e *cli.Env) (url string, err error) {
	if o.webhookFile != "" {
		if url, err = cli.ReadSecretFile(o.webhookFile); err != nil {
			return "", err
		}
	} else {
		url, _ = e.Variable(webhookVariable)
	}
	if url != "" && backup.CheckPing(url) != nil {
		return "", cli.Usagef("https, or http to this machine", "the webhook's URL can't be used") // without the URL, which may hold a secret
	}
	return url, nil
}

func (w *watching) look(ctx context.Context) (*backup.Drift, error) {
	progress := w.e.IO.NewProgress(w.o.output.Quiet)
	d, err := w.against.look(ctx, w, showReading(progress, w.conn))
	progress.Finish()
	if err != nil {
		return nil, err
	}
	if w.o.prometheus != "" {
		if err := atomicfile.WriteFile(w.o.prometheus, metricsOf(d)); err != nil {
			return nil, err
		}
	}
	if w.webhook != "" && len(d.Totals) > 0 {
		if err := w.tell(ctx, d); err != nil {
			w.conn.Log.Warn(err.Error())
		}
	}
	return d, nil
}

// told is what the webhook gets.
type told struct {
	Schema string           `json:"schema"`
	Tenant string           `json:"tenant"`
	Since  string           `json:"since"`
	At     time.Time        `json:"at"`
	Totals map[string]int64 `json:"totals"`
	Alerts []string         `json:"alerts"`
	Events []backup.Event   `json:"events,omitempty"`
	Text   string           `json:"text"`
}

// attempts at a webhook, and how long after a failed one the next comes.
const webhookAttempts = 3

func (w *watching) tell(ctx context.Context, d *backup.Drift) error {
	t := told{Schema: d.Schema, Tenant: d.Tenant, Since: d.Since, At: d.At, Totals: d.Totals, Alerts: d.Alerts, Text: summary(d, w.against)}
	if w.o.showValues {
		t.Events = d.Events
	}
	data, err := json.Marshal(t)
	if err != nil {
		return err
	}
	for try := 1; ; try++ {
		if err = backup.Post(ctx, w.webhook, data, nil); err == nil || try == webhookAttempts {
			return err
		}
		select {
		case <-time.After(time.Duration(try) * time.Second):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func summary(d *backup.Drift, against baseline) string {
	if len(d.Totals) == 0 {
		return fmt.Sprintf("As it was in the %s %s.", against, d.Since)
	}
	var parts []string
	for _, what := range slices.Sorted(maps.Keys(d.Totals)) {
		parts = append(parts, fmt.Sprintf("%s %s", ui.Number(d.Totals[what]), what))
	}
	text := fmt.Sprintf("Since the %s %s: %s.", against, d.Since, strings.Join(parts, ", "))
	if len(d.Alerts) > 0 {
		text += " Alert: " + strings.Join(d.Alerts, ", ") + "."
	}
	return text
}

func (w *watching) show(d *backup.Drift) error {
	if w.o.output.JSON {
		if !w.o.showValues {
			for i := range d.Events {
				d.Events[i].Name = ""
			}
		}
		return w.e.WriteJSON(d)
	}
	out := w.e.IO.Out
	fmt.Fprintln(out, ui.Wrap(summary(d, w.against), w.e.IO.Width(), 0))
	for i := range d.Events {
		fmt.Fprintln(out, "  "+d.Events[i].Text(w.o.showValues))
	}
	if d.Cut {
		fmt.Fprintf(out, "  and more; the first %s are shown\n", ui.Number(int64(len(d.Events))))
	}
	if d.Source != nil {
		writeCompared(out, d.Source)
	}
	return nil
}

func metricsOf(d *backup.Drift) []byte {
	var b bytes.Buffer
	fmt.Fprint(&b, "# HELP kinde_watch_changes Changes since the last backup, or against the source.\n# TYPE kinde_watch_changes gauge\n")
	for _, what := range slices.Sorted(maps.Keys(d.Totals)) {
		thing, change, _ := strings.Cut(what, " ")
		fmt.Fprintf(&b, "kinde_watch_changes{tenant=%q,thing=%q,change=%q} %d\n", d.Tenant, thing, change, d.Totals[what])
	}
	fmt.Fprintf(
		&b,
		"# HELP kinde_watch_alerts Rules that are true.\n# TYPE kinde_watch_alerts gauge\nkinde_watch_alerts{tenant=%q} %d\n",
		d.Tenant,
		len(d.Alerts),
	)
	fmt.Fprintf(
		&b,
		"# HELP kinde_watch_timestamp_seconds When the tenant was last checked.\n# TYPE kinde_watch_timestamp_seconds gauge\nkinde_watch_timestamp_seconds{tenant=%q} %d\n",
		d.Tenant,
		d.At.Unix(),
	)
	return b.Bytes()
}
