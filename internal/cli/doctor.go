package cli

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/kinde-migrate/kinde-migrate/internal/doctor"
	"github.com/kinde-migrate/kinde-migrate/internal/engine"
	"github.com/kinde-migrate/kinde-migrate/internal/importer"
	"github.com/kinde-migrate/kinde-migrate/internal/intake"
	"github.com/kinde-migrate/kinde-migrate/internal/ui"
	"github.com/kinde-migrate/kinde-migrate/kinde"
)

type doctorOptions struct {
	source sourceOptions
	target targetOptions
	pace   paceOptions
	output outputOptions

	commands []string
	fix      bool
}

func newDoctor(e *env) *command {
	o := &doctorOptions{}
	return &command{
		name:  "doctor",
		args:  "[FILE…]",
		short: "Find out what a tenant lacks before the first request, and mend it",
		long: "Checks that the tenant answers, that the token and its scopes suffice, which environment this is, what new users would get, and whether clock and disk are fit. " +
			"With a source it says what the source names and the tenant lacks, and whether other people in the tenant have its ids. --fix creates that: organizations, roles, permissions, flags and private properties. " +
			"Green is fine, yellow is to be known, red makes a migration fail or lose something.",
		examples: []example{
			{"Is the tenant ready?", "kinde-migrate doctor"},
			{"Is it ready for this export?", "kinde-migrate doctor users.ndjson"},
			{"Create what is missing", "kinde-migrate doctor users.ndjson --fix"},
			{"Do the scopes suffice for a backup?", "kinde-migrate doctor --for backup"},
		},
		exits: []Code{exitOK, exitFailed, exitUsage, exitRecords, exitAuth, exitInterrupted},
		flags: flagsOf([]urfaveFlag{
			listFlag(&o.commands, catPolicy, "for", "check the scopes of `COMMAND`: "+strings.Join(doctor.Commands(), ", ")+"; may be repeated; unless given import"),
			boolFlag(&o.fix, catPolicy, "fix", "create what the source names and the tenant lacks"),
		}, o.source.flags(), o.source.selectionFlags(), o.target.flags(), o.pace.flags("50%"), append(o.output.flags(), o.output.yesFlag())),
		run: func(ctx context.Context, in *invocation) error { return runDoctor(ctx, e, o, in) },
	}
}

func runDoctor(ctx context.Context, e *env, o *doctorOptions, in *invocation) error {
	if len(o.commands) == 0 {
		o.commands = []string{"import"}
	}
	for _, c := range o.commands {
		if err := oneOf("--for", c, doctor.Commands()...); err != nil {
			return err
		}
	}
	if o.fix && len(in.args) == 0 {
		return usagef("name the export file", "--fix creates what a source names, and no source is named")
	}
	var input *intake.Options
	if len(in.args) > 0 {
		options, err := o.source.intake(e, in.args)
		if err != nil {
			return err
		}
		input = &options
	}
	recorder := engine.NewRecorder()
	heard := &doctorEar{}
	conn, err := connect(e, connectOptions{target: &o.target, pace: &o.pace, output: &o.output, in: in, share: liveShare,
		known: knownRate(ctx, besides(in.args, ".checkpoint")), observe: func(a kinde.Attempt) { heard.hear(a); recorder.Observe(a) }})
	if err != nil {
		return err
	}
	options, err := o.options(e, conn, in, recorder, heard)
	if err != nil {
		return err
	}
	if input != nil {
		source, err := openIntake(ctx, e, *input)
		if err != nil {
			return err
		}
		if options.Source, err = importer.NamesOf(ctx, source); err != nil {
			return err
		}
		var known importer.KnownUsers // whom an import of this source has brought
		if job, err := openCheckpoint(ctx, besides(in.args, ".checkpoint")); err == nil {
			defer job.Close()
			known = job
		}
		options.IDs = func(ctx context.Context) (importer.Collisions, error) {
			return importer.CollisionsOf(ctx, source, conn.client, known)
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
	return o.tell(e, conn, findings)
}

// doctorEar hears whether the tenant tells the time.
type doctorEar struct{ told bool }

func (d *doctorEar) hear(a kinde.Attempt) { d.told = d.told || !a.Server.IsZero() }

func (o *doctorOptions) options(e *env, conn *connection, in *invocation, recorder *engine.Recorder, heard *doctorEar) (doctor.Options, error) {
	settings, err := e.resolve(&o.target, in)
	if err != nil {
		return doctor.Options{}, err
	}
	audience := settings["audience"].value
	if audience == "" {
		audience = conn.origin + "/api"
	}
	commands := o.commands
	if o.fix {
		commands = append(commands, "fix")
	}
	believed := conn.gate.Snapshot().Limit
	return doctor.Options{
		Tenant: conn.client, Audience: audience, Commands: commands, Token: patient(conn.tokens.Token),
		ClockOffset: func() (time.Duration, bool) { return recorder.ClockOffset(), heard.told },
		Throttled: func() (n int64) {
			for _, c := range recorder.Calls() {
				n += c.Throttled
			}
			return n
		},
		Believed: func() float64 { return believed },
		Free: func() (uint64, string, error) {
			folder := filepath.Dir(besides(in.args, ".checkpoint"))
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
func (o *doctorOptions) mend(ctx context.Context, e *env, conn *connection, options doctor.Options, f *doctor.Findings) (*doctor.Findings, error) {
	fmt.Fprintln(e.io.Err, "To be created:")
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
	if err := t.Write(e.io.Err, e.io.Width(), 2); err != nil {
		return nil, err
	}
	what := "Create " + ui.Count(f.Fixable(), "definition")
	if err := conn.confirm(ctx, f.Environment, false, what); err != nil {
		return nil, err
	}
	if err := options.Source.Mend(ctx, conn.client); err != nil {
		return nil, err
	}
	if !o.output.quiet {
		fmt.Fprintf(e.io.Err, "Created %s. This is left:\n", ui.Count(f.Fixable(), "definition"))
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
	Error  *errorBody       `json:"error,omitempty"` // with exit 4
}

type doctorTarget struct {
	Domain      string `json:"domain"`
	Environment string `json:"environment"`
	Live        bool   `json:"live"`
}

func (o *doctorOptions) tell(e *env, conn *connection, f *doctor.Findings) error {
	code := exitOK
	if f.Worst() == doctor.Red {
		code = exitRecords
	}
	if f.Denied {
		code = exitAuth
	}
	if o.output.json {
		r := doctorReport{Schema: "kinde-migrate.doctor/1", Target: doctorTarget{conn.origin, f.Environment.Name, f.Environment.IsLive}, Ready: f.Worst() != doctor.Red, Checks: f.List}
		for _, x := range f.List {
			if f.Denied && x.Level == doctor.Red && r.Error == nil {
				r.Error = &errorBody{exitAuth.name(), x.Message, x.Try}
			}
		}
		return errors.Join(e.writeJSON(r), finished(code))
	}
	wide := 0
	for _, x := range f.List {
		wide = max(wide, len(x.Check))
	}
	for _, x := range f.List {
		indent := 8 + wide + 2
		text := strings.TrimLeft(ui.Wrap(ui.Line(x.Message), e.io.Width(), indent), " ")
		if _, err := fmt.Fprintf(e.io.Out, "%s  %-*s  %s\n", paint(e, x.Level), wide, x.Check, text); err != nil {
			return err
		}
		if x.Try != "" && x.Level != doctor.Green {
			if _, err := fmt.Fprintln(e.io.Out, ui.Wrap(ui.Line(x.Try), e.io.Width(), indent)); err != nil {
				return err
			}
		}
	}
	return finished(code)
}

// paint writes a level in its colour, when both streams show colours; the word
// says the same.
func paint(e *env, l doctor.Level) string {
	word := fmt.Sprintf("%-6s", l)
	if !e.io.OutTTY || !e.io.Color() {
		return word
	}
	return map[doctor.Level]string{doctor.Green: "\x1b[32m", doctor.Yellow: "\x1b[33m", doctor.Red: "\x1b[31m"}[l] + word + "\x1b[0m"
}
