package backup

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/kinde-migrate/kinde-migrate/internal/cli"
	"github.com/kinde-migrate/kinde-migrate/internal/exporter"
	"github.com/kinde-migrate/kinde-migrate/internal/tenant"
	"github.com/kinde-migrate/kinde-migrate/internal/ui"
)

type exportOptions struct {
	target cli.TargetOptions
	pace   cli.PaceOptions
	output cli.OutputOptions

	out, format, filter string
	with, fields        []string
}

func NewExport(e *cli.Env) *cli.Command {
	o := &exportOptions{}
	const catWhat = "What is exported"
	return &cli.Command{
		Name:  "export",
		Short: "Write the tenant's users to a file",
		Long: "Reads all users in about two requests for every 500 of them, joins the lists, and reads users who changed in the meantime again, " +
			"so that nobody is lost or listed twice. The file is either complete or not there; after an interruption the same command continues. " +
			"Passwords are not in Kinde's API, so they are not in the file.",
		Examples: []cli.Example{
			{What: "Everybody, with identities, organizations, roles and properties", Line: "kinde-migrate export --out users.ndjson"},
			{What: "For a spreadsheet", Line: "kinde-migrate export --out users.csv --fields email,first_name,last_name,properties.plan"},
			{
				What: "Compressed, with second factors and sessions",
				Line: "kinde-migrate export --out users.ndjson.zst --with identities,properties,mfa,sessions",
			},
			{What: "Only some", Line: `kinde-migrate export --out staff.json --filter 'email endsWith "@example.com" and not is_suspended'`},
			{
				What: "From one tenant into another",
				Line: "kinde-migrate export --out - --profile old | kinde-migrate import - --from kinde-migrate --profile new",
			},
		},
		Exits: []cli.Code{cli.ExitOK, cli.ExitFailed, cli.ExitUsage, cli.ExitAuth, cli.ExitInterrupted},
		Flags: cli.FlagsOf([]cli.Flag{
			cli.StringFlag(&o.out, catWhat, "out", "", "`FILE` to write; - is stdout; .gz and .zst compress"),
			cli.StringFlag(
				&o.format,
				catWhat,
				"format",
				"",
				"`FORMAT`: ndjson, json, csv or kinde-csv (the columns of Kinde's own import); by default the file's name decides",
			),
			cli.ListFlag(
				&o.with,
				catWhat,
				"with",
				"`PARTS` to read in addition to the profile: "+strings.Join(
					tenant.PartNames,
					",",
				)+"; unless given "+strings.Join(
					tenant.DefaultParts,
					",",
				),
			),
			cli.ListFlag(
				&o.fields,
				catWhat,
				"fields",
				"`NAMES` of the fields to write, in this order: "+strings.Join(exporter.FieldNames, ",")+",properties.KEY",
			),
			cli.StringFlag(&o.filter, catWhat, "filter", "", "`EXPR` that must be true of a user; it can use "+exporter.FilterNames),
		}, o.target.Flags(), o.pace.Flags("50%"), o.output.Flags()),
		Run: func(ctx context.Context, in *cli.Invocation) error { return runExport(ctx, e, o, in) },
	}
}

func runExport(ctx context.Context, e *cli.Env, o *exportOptions, in *cli.Invocation) error {
	if len(in.Args) > 0 {
		return cli.Usagef("name the file with --out "+in.Args[0], "export takes no arguments: %s", in.Args[0])
	}
	if o.out == "" {
		return cli.Usagef("--out users.ndjson, or --out - for stdout", "there is no file to write to")
	}
	options, err := o.options()
	if err != nil {
		return err
	}
	if o.output.JSON && o.out == "-" {
		return cli.Usagef("leave out --json, or write to a file", "the export and its summary can't both go to stdout")
	}
	c, err := cli.Connect(e, cli.ConnectOptions{Target: &o.target, Pace: &o.pace, Output: &o.output, In: in, Share: cli.LiveShare})
	if err != nil {
		return err
	}
	progress := e.IO.NewProgress(o.output.Quiet)
	options.Progress = showReading(progress, c)
	started := time.Now()
	var res exporter.Result
	if o.out == "-" {
		res, err = exporter.Write(ctx, c.Client, e.IO.Out, options)
	} else {
		res, err = exporter.ToFile(ctx, c.Client, o.out, options)
	}
	progress.Finish()
	if errors.Is(err, tenant.ErrExporting) {
		return cli.Failf("wait until the other one has finished", "exporting to %s: %w", o.out, err)
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
		with = tenant.DefaultParts
	}
	if out.Parts, err = tenant.ParseParts(with); err != nil {
		return out, cli.Usagef("--with identities,properties", "%w", err)
	}
	for _, list := range o.fields {
		for f := range strings.SplitSeq(list, ",") {
			out.Fields = append(out.Fields, strings.TrimSpace(f))
		}
	}
	if out.Format = exporter.Format(o.format); out.Format == "" {
		if out.Format, err = exporter.FormatOf(o.out); err != nil {
			return out, cli.Usagef("--format ndjson", "%w", err)
		}
	}
	if err := exporter.CheckOutput(out.Format, out.Fields); err != nil {
		return out, cli.Usagef("", "%w", err)
	}
	if out.Filter, err = exporter.ParseFilter(o.filter); err != nil {
		return out, cli.Usagef(`--filter 'email endsWith "@example.com"'`, "%w", err)
	}
	return out, nil
}

func (o *exportOptions) tell(e *cli.Env, c *cli.Connection, res exporter.Result, took time.Duration) error {
	if o.output.JSON {
		enc := json.NewEncoder(e.IO.Out)
		enc.SetIndent("", "  ")
		return enc.Encode(struct {
			Schema string `json:"schema"`
			File   string `json:"file"`
			Tenant string `json:"tenant"`
			exporter.Result
			Seconds float64 `json:"elapsed_seconds"`
		}{"kinde-migrate.export/1", o.out, c.Origin, res, took.Seconds()})
	}
	out := e.IO.Out
	if o.out == "-" {
		if o.output.Quiet {
			return nil
		}
		out = e.IO.Err
	}
	text := fmt.Sprintf("%s of %s written", ui.Count(res.Users, "user"), c.Origin)
	if o.out != "-" {
		text += " to " + ui.Line(o.out)
	}
	if res.Filtered > 0 {
		text += fmt.Sprintf("; %s left out by the filter", ui.Number(res.Filtered))
	}
	text += fmt.Sprintf(", in %s.", ui.Duration(took))
	if res.LeftOut > 0 {
		text += fmt.Sprintf(
			"\n%s memberships are not in the file: Kinde's import finds organizations only by their external id, and theirs have none.",
			ui.Number(res.LeftOut),
		)
	}
	_, err := fmt.Fprintln(out, text)
	return err
}

// showReading turns the exporter's progress into what is drawn.
func showReading(p ui.Progress, c *cli.Connection) func(tenant.Progress) {
	return func(x tenant.Progress) {
		s := c.Gate.Snapshot()
		p.Update(ui.Status{Stage: x.Stage, Done: x.Done, Total: x.Total, PerSecond: s.Rate, Limit: s.Limit, Hold: s.HeldFor})
	}
}
