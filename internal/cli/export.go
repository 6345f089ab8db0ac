package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/kinde-migrate/kinde-migrate/internal/exporter"
	"github.com/kinde-migrate/kinde-migrate/internal/ui"
)

type exportOptions struct {
	target targetOptions
	pace   paceOptions
	output outputOptions

	out, format, filter string
	with, fields        []string
}

func newExport(e *env) *command {
	o := &exportOptions{}
	const catWhat = "What is exported"
	return &command{
		name:  "export",
		short: "Write the tenant's users to a file",
		long: "Reads all users in about two requests for every 500 of them, joins what different lists show, and asks by itself for whoever changed meanwhile, " +
			"so that nobody is lost or doubled. The file stands there complete or not at all; an interrupted export goes on with the same command. " +
			"Passwords are not in Kinde's API, so they are not in the file.",
		examples: []example{
			{"Everybody, with identities, organizations, roles and properties", "kinde-migrate export --out users.ndjson"},
			{"For a spreadsheet", "kinde-migrate export --out users.csv --fields email,first_name,last_name,properties.plan"},
			{"Compressed, with second factors and sessions", "kinde-migrate export --out users.ndjson.zst --with identities,properties,mfa,sessions"},
			{"Only some", `kinde-migrate export --out staff.json --filter 'email endsWith "@example.com" and not is_suspended'`},
			{"From one tenant into another", "kinde-migrate export --out - --profile old | kinde-migrate import - --from kinde-migrate --profile new"},
		},
		exits: []Code{exitOK, exitFailed, exitUsage, exitAuth, exitInterrupted},
		flags: flagsOf([]urfaveFlag{
			strFlag(&o.out, catWhat, "out", "", "`FILE` to write; - is stdout; .gz and .zst compress"),
			strFlag(&o.format, catWhat, "format", "", "`FORMAT`: ndjson, json, csv or kinde-csv (the columns of Kinde's own import); the file's name tells unless given"),
			listFlag(&o.with, catWhat, "with", "`PARTS` to read besides the profile: "+strings.Join(exporter.PartNames, ",")+"; unless given "+strings.Join(exporter.DefaultParts, ",")),
			listFlag(&o.fields, catWhat, "fields", "`NAMES` of the fields to write, in this order: "+strings.Join(exporter.FieldNames, ",")+",properties.KEY"),
			strFlag(&o.filter, catWhat, "filter", "", "`EXPR` that must be true of a user; it can use "+exporter.FilterNames),
		}, o.target.flags(), o.pace.flags("50%"), o.output.flags()),
		run: func(ctx context.Context, in *invocation) error { return runExport(ctx, e, o, in) },
	}
}

func runExport(ctx context.Context, e *env, o *exportOptions, in *invocation) error {
	if len(in.args) > 0 {
		return usagef("name the file with --out "+in.args[0], "export takes no arguments: %s", in.args[0])
	}
	if o.out == "" {
		return usagef("--out users.ndjson, or --out - for stdout", "there is no file to write to")
	}
	options, err := o.options()
	if err != nil {
		return err
	}
	if o.output.json && o.out == "-" {
		return usagef("leave --json away, or write to a file", "the export and its summary can't both go to stdout")
	}
	c, err := connect(e, connectOptions{target: &o.target, pace: &o.pace, output: &o.output, in: in, share: liveShare})
	if err != nil {
		return err
	}
	progress := e.io.NewProgress(o.output.quiet)
	options.Progress = showReading(progress, c)
	started := time.Now()
	var res exporter.Result
	if o.out == "-" {
		res, err = exporter.Write(ctx, c.client, e.io.Out, options)
	} else {
		res, err = exporter.ToFile(ctx, c.client, o.out, options)
	}
	progress.Finish()
	if errors.Is(err, exporter.ErrExporting) {
		return failf("wait for the other one to end", "exporting to %s: %w", o.out, err)
	}
	if err != nil {
		return fmt.Errorf("exporting: %w", err)
	}
	return o.tell(e, c, res, time.Since(started))
}

// options turns the flags into the exporter's options.
func (o *exportOptions) options() (exporter.Options, error) {
	var out exporter.Options
	var err error
	with := o.with
	if len(with) == 0 {
		with = exporter.DefaultParts
	}
	if out.Parts, err = exporter.ParseParts(with); err != nil {
		return out, usagef("--with identities,properties", "%w", err)
	}
	for _, list := range o.fields {
		for f := range strings.SplitSeq(list, ",") {
			out.Fields = append(out.Fields, strings.TrimSpace(f))
		}
	}
	if out.Format = exporter.Format(o.format); out.Format == "" {
		if out.Format, err = exporter.FormatOf(o.out); err != nil {
			return out, usagef("--format ndjson", "%w", err)
		}
	}
	if err := exporter.CheckOutput(out.Format, out.Fields); err != nil {
		return out, usagef("", "%w", err)
	}
	if out.Filter, err = exporter.ParseFilter(o.filter); err != nil {
		return out, usagef(`--filter 'email endsWith "@example.com"'`, "%w", err)
	}
	return out, nil
}

func (o *exportOptions) tell(e *env, c *connection, res exporter.Result, took time.Duration) error {
	if o.output.json {
		enc := json.NewEncoder(e.io.Out)
		enc.SetIndent("", "  ")
		return enc.Encode(struct {
			Schema string `json:"schema"`
			File   string `json:"file"`
			Tenant string `json:"tenant"`
			exporter.Result
			Seconds float64 `json:"elapsed_seconds"`
		}{"kinde-migrate.export/1", o.out, c.origin, res, took.Seconds()})
	}
	out := e.io.Out
	if o.out == "-" {
		if o.output.quiet {
			return nil
		}
		out = e.io.Err
	}
	text := fmt.Sprintf("%s users of %s written", ui.Number(res.Users), c.origin)
	if o.out != "-" {
		text += " to " + ui.Line(o.out)
	}
	if res.Filtered > 0 {
		text += fmt.Sprintf("; %s left out by the filter", ui.Number(res.Filtered))
	}
	text += fmt.Sprintf(", in %s.", ui.Duration(took))
	if res.LeftOut > 0 {
		text += fmt.Sprintf("\n%s memberships are not in the file: Kinde's import knows organizations by their external id only, and theirs have none.", ui.Number(res.LeftOut))
	}
	_, err := fmt.Fprintln(out, text)
	return err
}

// showReading turns the exporter's progress into what is drawn.
func showReading(p ui.Progress, c *connection) func(exporter.Progress) {
	return func(x exporter.Progress) {
		s := c.gate.Snapshot()
		p.Update(ui.Status{Stage: x.Stage, Done: x.Done, Total: x.Total, PerSecond: s.Rate, Limit: s.Limit, Hold: s.HeldFor})
	}
}
