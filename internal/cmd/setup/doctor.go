// Package setup holds the commands that come before a migration: the
// configuration, what a tenant lacks, whether hashes work, a sandbox to rehearse in.
package setup

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/kinde-migrate/kinde-migrate/internal/cli"
	"github.com/kinde-migrate/kinde-migrate/internal/cli/input"
	"github.com/kinde-migrate/kinde-migrate/internal/doctor"
	"github.com/kinde-migrate/kinde-migrate/internal/engine"
	"github.com/kinde-migrate/kinde-migrate/internal/importer"
	"github.com/kinde-migrate/kinde-migrate/internal/intake"
	"github.com/kinde-migrate/kinde-migrate/internal/ui"
	"github.com/kinde-migrate/kinde-migrate/kinde"
)

type doctorOptions struct {
	source input.Options
	target cli.TargetOptions
	pace   cli.PaceOptions
	output cli.OutputOptions

	commands []string
	fix      bool
}

func NewDoctor(e *cli.Env) *cli.Command {
	o := &doctorOptions{}
	return &cli.Command{
		Name:  "doctor",
		Args:  "[FILE…]",
		Short: "Check what a tenant lacks, and create it",
		Long: "Checks that the tenant answers, that the token has the scopes, which environment this is, what new users would get, and the clock and the disk of this machine. " +
			"With a source it also shows what the source names and the tenant lacks, and whether other people in the tenant have its ids. --fix creates what is missing: organizations, roles, permissions, flags and private properties. " +
			"Green is fine, yellow is worth knowing, red makes a migration fail or lose something.",
		Examples: []cli.Example{
			{What: "Is the tenant ready?", Line: "kinde-migrate doctor"},
			{What: "Is it ready for this export?", Line: "kinde-migrate doctor users.ndjson"},
			{What: "Create what is missing", Line: "kinde-migrate doctor users.ndjson --fix"},
			{What: "Are the scopes enough for a backup?", Line: "kinde-migrate doctor --for backup"},
		},
		Exits: []cli.Code{cli.ExitOK, cli.ExitFailed, cli.ExitUsage, cli.ExitRecords, cli.ExitAuth, cli.ExitInterrupted},
		Flags: cli.FlagsOf([]cli.Flag{
			cli.ListFlag(
				&o.commands,
				cli.CatPolicy,
				"for",
				"check the scopes of `COMMAND`: "+strings.Join(doctor.Commands(), ", ")+"; may be repeated; default import",
			),
			cli.BoolFlag(&o.fix, cli.CatPolicy, "fix", "create what the source names and the tenant lacks"),
		}, o.source.Flags(), o.source.SelectionFlags(), o.target.Flags(), o.pace.Flags("50%"), append(o.output.Flags(), o.output.YesFlag())),
		Run: func(ctx context.Context, in *cli.Invocation) error { return runDoctor(ctx, e, o, in) },
	}
}

func runDoctor(ctx context.Context, e *cli.Env, o *doctorOptions, in *cli.Invocation) error {
	if len(o.commands) == 0 {
		o.commands = []string{"import"}
	}
	for _, c := range o.commands {
		if err := cli.OneOf("--for", c, doctor.Commands()...); err != nil {
			return err
		}
	}
	if o.fix && len(in.Args) == 0 {
		return cli.Usagef("name the export file", "--fix creates what a source names, and needs a source")
	}
	var reading *intake.Options
	if len(in.Args) > 0 {
		options, err := o.source.Reading(e, in.Args)
		if err != nil {
			return err
		}
		reading = &options
	}
	recorder := engine.NewRecorder()
	heard := &doctorEar{}
	conn, err := cli.Connect(e, cli.ConnectOptions{Target: &o.target, Pace: &o.pace, Output: &o.output, In: in, Share: cli.LiveShare,
		Known: cli.KnownRate(ctx, input.Beside(in.Args, ".checkpoint")), Observe: func(a kinde.Attempt) { heard.hear(a); recorder.Observe(a) }})
	if err != nil {
		return err
	}
	options, err := o.options(e, conn, in, recorder, heard)
	if err != nil {
		return err
	}
	if reading != nil {
		source, err := input.Open(ctx, e, *reading)
		if err != nil {
			return err
		}
		if options.Source, err = importer.ReferencesOf(ctx, source); err != nil {
			return err
		}
		var known importer.KnownUsers // whom an import of this source has brought
		if job, err := cli.OpenCheckpoint(ctx, input.Beside(in.Args, ".checkpoint")); err == nil {
			defer job.Close()
			known = job
		}
		options.IDs = func(ctx context.Context) (importer.Collisions, error) {
			return importer.CollisionsOf(ctx, source, conn.Client, known)
		}
	}
	findings, err := doctor.Examine(ctx, options)
	if err != nil {
		return err
	}
	if o.fix && !findings.Cut && findings.Fixable() > 0 {
		if findings, err = o.mend(ctx, e, conn, options, findings); err != nil {
			return err
		}
	}
	return o.tell(e, in, conn, findings)
}

// doctorEar hears whether the tenant tells the time.
type doctorEar struct{ told bool }

func (d *doctorEar) hear(a kinde.Attempt) { d.told = d.told || !a.Server.IsZero() }

func (o *doctorOptions) options(
	e *cli.Env,
	conn *cli.Connection,
	in *cli.Invocation,
	recorder *engine.Recorder,
	heard *doctorEar,
) (doctor.Options, error) {
	settings, err := e.Resolve(&o.target, in)
	if err != nil {
		return doctor.Options{}, err
	}
	audience := settings["audience"].Value
	if audience == "" {
		audience = conn.Origin + "/api"
	}
	commands := o.commands
	if o.fix {
		commands = append(commands, "fix")
	}
	believed, _, _ := conn.Believed() // nothing of a rate that was chosen
	return doctor.Options{
		Tenant: conn.Client, Audience: audience, Commands: commands, Token: patient(conn.Tokens.Token),
		Advise: func(err error) string {
			advice := cli.DomainAdvice(conn.Origin, err)
			if advice != "" {
				advice = "Another domain is needed: " + advice + "."
			}
			return advice
		},
		ClockOffset: func() (time.Duration, bool) { return recorder.ClockOffset(), heard.told },
		Throttled: func() (n int64) {
			for _, c := range recorder.Calls() {
				n += c.Throttled
			}
			return n
		},
		Believed: func() float64 { return believed },
		Free: func() (uint64, string, error) {
			folder := filepath.Dir(input.Beside(in.Args, ".checkpoint"))
			if abs, err := filepath.Abs(folder); err == nil {
				folder = abs
			}
			free, err := doctor.FreeBytes(folder)
			return free, folder, err
		},
	}, nil
}

// patient asks for a token once more when the first request was lost on the way.
func patient(token func(context.Context) (string, error)) func(context.Context) (string, error) {
	return func(ctx context.Context) (string, error) {
		text, err := token(ctx)
		for n := 0; n < 3 && kinde.ClassOf(err) == kinde.ClassRetry && ctx.Err() == nil; n++ {
			select {
			case <-ctx.Done():
			case <-time.After(time.Second << n):
			}
			text, err = token(ctx)
		}
		return text, err
	}
}

// mend shows what would be created, asks, creates it, and looks again.
func (o *doctorOptions) mend(
	ctx context.Context,
	e *cli.Env,
	conn *cli.Connection,
	options doctor.Options,
	f *doctor.Findings,
) (*doctor.Findings, error) {
	fmt.Fprintln(e.IO.Err, "Will be created:")
	t := &ui.Table{Head: []string{"what", "name", "records"}, Right: []bool{false, false, true}}
	for _, u := range f.Lacks {
		switch u.Kind {
		case "connection":
		case "property":
			t.Add("property (private)", u.Name, ui.Number(u.Count))
		default:
			t.Add(u.Kind, u.Name, ui.Number(u.Count))
		}
	}
	if err := t.Write(e.IO.Err, e.IO.TableWidth(e.IO.Err), 2); err != nil {
		return nil, err
	}
	what := "Create " + ui.Count(f.Fixable(), "definition")
	if err := conn.Confirm(ctx, f.Environment, false, what); err != nil {
		return nil, err
	}
	if err := options.Source.CreateMissing(ctx, conn.Client); err != nil {
		return nil, err
	}
	if !o.output.Quiet {
		fmt.Fprintf(e.IO.Err, "Created %s. What is left:\n", ui.Count(f.Fixable(), "definition"))
	}
	return doctor.Examine(ctx, options)
}

// doctorReport is the JSON of doctor.
type doctorReport struct {
	Schema string       `json:"schema"`
	Target doctorTarget `json:"target"`
	// Ready tells that nothing is red.
	Ready  bool             `json:"ready"`
	Checks []doctor.Finding `json:"checks"`
	Error  *cli.ErrorBody   `json:"error,omitempty"` // with exit 4
}

type doctorTarget struct {
	Domain      string `json:"domain"`
	Environment string `json:"environment"`
	Live        bool   `json:"live"`
}

func (o *doctorOptions) tell(e *cli.Env, in *cli.Invocation, conn *cli.Connection, f *doctor.Findings) error {
	code := cli.ExitOK
	if f.Worst() == doctor.Red {
		code = cli.ExitRecords
	}
	if f.Denied {
		code = cli.ExitAuth
	}
	if o.output.JSON {
		r := doctorReport{
			Schema: "kinde-migrate.doctor/1",
			Target: doctorTarget{conn.Origin, f.Environment.Name, f.Environment.IsLive},
			Ready:  f.Worst() != doctor.Red,
			Checks: f.List,
		}
		for _, x := range f.List {
			if f.Denied && x.Level == doctor.Red && r.Error == nil {
				r.Error = &cli.ErrorBody{Code: cli.ExitAuth.Name(), Message: x.Message, Try: x.Try}
			}
		}
		return errors.Join(e.WriteJSON(r), cli.Finished(code))
	}
	wide := 0
	for _, x := range f.List {
		wide = max(wide, len(x.Check))
	}
	for _, x := range f.List {
		indent := 8 + wide + 2
		text := strings.TrimLeft(ui.Wrap(ui.Line(x.Message), e.IO.Width(), indent), " ")
		if _, err := fmt.Fprintf(e.IO.Out, "%s  %-*s  %s\n", paint(e, x.Level), wide, x.Check, text); err != nil {
			return err
		}
		if x.Try != "" && x.Level != doctor.Green {
			if _, err := fmt.Fprintln(e.IO.Out, ui.Wrap(ui.Line(x.Try), e.IO.Width(), indent)); err != nil {
				return err
			}
		}
	}
	why, command := o.next(in, f)
	return errors.Join(e.Next(e.IO.Out, why, command), cli.Finished(code))
}

// next is the command that comes after an examination.
func (o *doctorOptions) next(in *cli.Invocation, f *doctor.Findings) (why, command string) {
	switch {
	case !f.Cut && f.Fixable() > 0 && !o.fix:
		return "Next, create what the source names and the tenant lacks:", in.Rebuilt("doctor", "--fix")
	case f.Worst() == doctor.Red:
		return "Next, correct what is red, and check again:", in.Rebuilt("doctor", "")
	case len(in.Args) == 0:
		return "Next, check again with your export:", in.Rebuilt("doctor", "FILE")
	default:
		return "Next, prove with throw-away users that the tenant reads your password hashes; without hashes, continue with import --dry-run:",
			in.Next(
				"canary",
				"",
			)
	}
}

// paint writes a level in its colour, when both streams show colours; the word
// says the same.
func paint(e *cli.Env, l doctor.Level) string {
	word := fmt.Sprintf("%-6s", l)
	if !e.IO.OutTTY || !e.IO.Color() {
		return word
	}
	return map[doctor.Level]string{doctor.Green: "\x1b[32m", doctor.Yellow: "\x1b[33m", doctor.Red: "\x1b[31m"}[l] + word + "\x1b[0m"
}
