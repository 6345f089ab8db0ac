package imports

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/kinde-migrate/kinde-migrate/internal/capacity"
	"github.com/kinde-migrate/kinde-migrate/internal/cli"
	"github.com/kinde-migrate/kinde-migrate/internal/cli/importjob"
	"github.com/kinde-migrate/kinde-migrate/internal/cli/input"
	"github.com/kinde-migrate/kinde-migrate/internal/intake"
	"github.com/kinde-migrate/kinde-migrate/internal/mapping"
	"github.com/kinde-migrate/kinde-migrate/internal/report"
	"github.com/kinde-migrate/kinde-migrate/internal/ui"
)

type guideOptions struct {
	source input.Options
	output cli.OutputOptions

	domain, profile, onExisting string
	createMissing               bool
	rate, window                string
	out                         string
	force                       bool

	files []string
}

func NewGuide(e *cli.Env) *cli.Command {
	o := &guideOptions{}
	return &cli.Command{
		Name:  "guide",
		Args:  "[FILE…]",
		Short: "Ask what you have to decide, and write the plan of a migration",
		Long: "Asks for the file, the tenant, and what to do about passwords, existing users and organizations, looks at the file, writes the answers to an options file " +
			"that all commands read with --options, and prints the steps of the migration: each command, who runs it, and how long it takes. " +
			"A question that a flag answers isn't asked. Without a terminal nothing is asked, and without a flag the default is used. It sends nothing, and writes no secrets.",
		Examples: []cli.Example{
			{What: "Answer the questions", Line: "kinde-migrate guide"},
			{What: "Without questions", Line: "kinde-migrate guide users.ndjson --passwords hashes.ndjson --domain acme.kinde.com --create-missing"},
			{What: "Then, step by step", Line: "kinde-migrate validate --options migration.yaml"},
		},
		Exits: []cli.Code{cli.ExitOK, cli.ExitFailed, cli.ExitUsage, cli.ExitInterrupted},
		Flags: cli.FlagsOf(o.source.Flags(), o.source.RuleFlags(), []cli.Flag{
			cli.ChoiceFlag(cli.StringFlag(&o.onExisting, cli.CatPolicy, "on-existing", "skip",
				"users who are already in the tenant: `POLICY` skip, update or fail"), importjob.OnExisting),
			cli.BoolFlag(
				&o.createMissing,
				cli.CatPolicy,
				"create-missing",
				"create the organizations, roles, permissions and properties that the tenant lacks",
			),
			cli.StringFlag(&o.domain, cli.CatTarget, "domain", "", "the tenant, `DOMAIN` such as acme.kinde.com (KINDE_DOMAIN)"),
			cli.StringFlag(&o.profile, cli.CatTarget, "profile", "", "`NAME` of a profile in the configuration, instead of a domain"),
			cli.StringFlag(&o.rate, cli.CatPace, "rate", "auto", "requests per second, `N`; auto assumes 50, and the import learns the real limit"),
			cli.StringFlag(&o.window, cli.CatPace, "window", "", "available time for the import, `DURATION` such as 60h or 90m"),
			cli.StringFlag(&o.out, cli.CatState, "out", "migration.yaml", "options `FILE` to write"),
			cli.BoolFlag(&o.force, cli.CatState, "force", "replace the file if it exists"),
		}, o.output.Flags()),
		Run: func(ctx context.Context, in *cli.Invocation) error { return runGuide(ctx, e, o, in) },
	}
}

func runGuide(ctx context.Context, e *cli.Env, o *guideOptions, in *cli.Invocation) error {
	if _, err := e.Logger(&o.output); err != nil {
		return err
	}
	if _, err := os.Stat(o.out); err == nil && !o.force {
		return cli.Usagef("replace it with --force, or name another file with --out", "%s exists", o.out)
	}
	if o.domain != "" && o.profile != "" {
		return cli.Usagef("leave out one of them", "--domain and --profile both name the tenant")
	}
	window, err := parseWindow(o.window)
	if err != nil {
		return err
	}
	rate, from := float64(assumedRate), capacity.Assumed
	if o.rate != "auto" {
		if rate, err = cli.ParseRate("--rate", o.rate); err != nil {
			return err
		}
		from = capacity.Given
	}
	q := &questions{io: e.IO, in: in}
	source, err := o.open(ctx, e, q, in.Args)
	if err != nil {
		return err
	}
	checks, err := o.source.Checks()
	if err != nil {
		return err
	}
	look := &inspector{found: report.NewInspection(false), checks: checks}
	cost := &costing{source: &o.source, checks: checks, rate: rate, rateFrom: from, window: window,
		also: func(next intake.Visitor) intake.Visitor { return &sideBySide{look, next} }}
	began := time.Now()
	need, r, err := cost.of(ctx, source, e.IO.NewProgress(o.output.Quiet))
	if err != nil {
		return err
	}
	reading := time.Since(began)
	if need.Users == 0 {
		return cli.Usagef(
			fmt.Sprintf(
				"write a mapping that says what its fields mean: %s mapping init %s --out mapping.yaml",
				e.Called(),
				cli.ShellQuote(o.files[0]),
			),
			"nobody in %s can be imported as it is",
			strings.Join(o.files, ", "),
		)
	}
	look.found.Source = r.Source
	look.found.Finish(cost.sum)
	seen := seenIn(look.found, r)
	if err := o.decide(ctx, e, q, seen); err != nil {
		return err
	}
	if err := o.write(seen); err != nil {
		return err
	}
	seen.reading = int64(math.Ceil(reading.Seconds()))
	steps := o.runbook(in.Called(), seen, &need)
	if o.output.JSON {
		return e.WriteJSON(guideDocument{"kinde-migrate.guide/1", o.out, need.Users, o.decided(), steps})
	}
	return writeRunbook(e, o, seen, &need, steps)
}

// open asks for the files and opens them.
func (o *guideOptions) open(ctx context.Context, e *cli.Env, q *questions, files []string) (*intake.Intake, error) {
	if o.files = files; len(files) == 0 {
		name, err := q.text(ctx, "", "Export file with the users:", "")
		if err != nil {
			return nil, err
		}
		if name == "" {
			return nil, cli.Usagef("name the export file: "+e.Called()+" guide users.csv", "there is no file to look at")
		}
		o.files = []string{name}
	}
	if slices.Contains(o.files, "-") {
		return nil, cli.Usagef("save it as a file", "the steps of a migration read the source more than once, and stdin can be read only once")
	}
	source, err := o.source.Open(ctx, e, o.files)
	if err != nil || len(o.source.Passwords) > 0 || source.Mapping().Keeps().Passwords != mapping.SecondFile {
		return source, err
	}
	name, err := q.text(
		ctx,
		"passwords",
		fmt.Sprintf(
			"This source (%s) exports password hashes in a second file. Name of that file (empty: there is none):",
			source.Source().Preset,
		),
		"",
	)
	if err != nil || name == "" {
		return source, err
	}
	o.source.Passwords = []string{name}
	return o.source.Open(ctx, e, o.files)
}

// sideBySide shows each row to two visitors.
type sideBySide struct{ first, then intake.Visitor }

func (s *sideBySide) Add(it intake.Item) error {
	return errors.Join(s.first.Add(it), s.then.Add(it))
}

func (s *sideBySide) Replace(old, new intake.Item) error {
	return errors.Join(s.first.Replace(old, new), s.then.Replace(old, new))
}

// seen is what the decisions are about.
type seen struct {
	preset        string
	rejected      int64
	kept, lost    int64 // hashes that Kinde can hold, and others
	kinds         int   // of those it can hold
	twice         int64 // records of somebody who is in the source already
	organizations int
	wants         []string // "2 organizations", "3 roles": what the tenant must have
	providers     []string
	signIn        report.SignIn
	records       int64
	reading       int64 // seconds that one reading of the source takes
}

func seenIn(found *report.Inspection, r *report.Report) *seen {
	s := &seen{preset: r.Source.Preset, rejected: r.Totals.Rejected, signIn: found.SignIn, records: found.Records}
	for _, h := range found.Hashes {
		s.kept += h.Kept
		s.lost += h.Count - h.Kept
		if h.Kept > 0 {
			s.kinds++
		}
	}
	s.twice = found.ByCode[string(mapping.DuplicateInSource)]
	counts := map[string]int{}
	for name := range found.Wants {
		kind, _, _ := strings.Cut(name, " ")
		counts[kind]++
	}
	s.organizations = counts["organization"]
	for _, kind := range []string{"organization", "role", "property", "flag"} {
		switch n := counts[kind]; {
		case n == 0:
		case kind == "property" && n > 1:
			s.wants = append(s.wants, fmt.Sprintf("%d properties", n))
		default:
			s.wants = append(s.wants, ui.Count(n, kind))
		}
	}
	for _, c := range found.Connections {
		s.providers = append(s.providers, c.Provider)
	}
	return s
}

// decide asks what no flag answers.
func (o *guideOptions) decide(ctx context.Context, e *cli.Env, q *questions, s *seen) (err error) {
	fmt.Fprintln(e.IO.Err, ui.Wrap(s.summary(), e.IO.Width(), 0))
	if o.domain == "" && o.profile == "" {
		known := e.TenantDomain()
		question := "Domain of the tenant, such as acme.kinde.com (empty: decide later):"
		if known != "" {
			question = fmt.Sprintf("Domain of the tenant [%s]:", known)
		}
		if o.domain, err = q.text(ctx, "domain", question, known); err != nil {
			return err
		}
	}
	if o.domain != "" {
		if _, err := cli.BaseURL(o.domain); err != nil {
			return err
		}
	}
	if s.lost > 0 {
		question := fmt.Sprintf("%s of a kind that Kinde can't take over. What should happen to these people?", have(s.lost))
		if err := q.choice(ctx, "unsupported-passwords", question, input.Unsupported, &o.source.UnsupportedPasswords); err != nil {
			return err
		}
	}
	if s.twice > 0 {
		question := fmt.Sprintf("%s of somebody who has another record in the source. What should happen to them?", are(s.twice))
		if err := q.choice(ctx, "duplicates", question, input.Duplicates, &o.source.Duplicates); err != nil {
			return err
		}
	}
	if err := q.choice(ctx, "on-existing", "What should happen to users who are already in the tenant?", importjob.OnExisting,
		&o.onExisting); err != nil {
		return err
	}
	if len(s.wants) > 0 && !q.in.Set("create-missing") {
		question := fmt.Sprintf("The source names %s. Create what the tenant lacks?", strings.Join(s.wants, ", "))
		if o.createMissing, err = q.yes(ctx, question); err != nil {
			return err
		}
	}
	if s.organizations == 0 && o.source.Organization == "" {
		o.source.Organization, err = q.text(
			ctx,
			"organization",
			"The source names no organizations. Code of an organization for everybody (empty: the default organization):",
			"",
		)
	}
	return err
}

func have(n int64) string {
	if n == 1 {
		return "1 person has a password hash"
	}
	return ui.Number(n) + " people have a password hash"
}

func are(n int64) string {
	if n == 1 {
		return "1 record is"
	}
	return ui.Number(n) + " records are"
}

// summary says what was found.
func (s *seen) summary() string {
	text := fmt.Sprintf("Found %s (%s)", ui.Count(s.records, "record"), s.preset)
	if s.rejected > 0 {
		text += fmt.Sprintf("; %s can't be imported as they are", ui.Number(s.rejected))
	}
	if s.kept > 0 {
		text += fmt.Sprintf("; %s have a password hash that Kinde can take over", ui.Number(s.kept))
	}
	if s.signIn.Social > 0 {
		text += fmt.Sprintf("; %s sign in with %s", ui.Number(s.signIn.Social), strings.Join(s.providers, ", "))
	}
	return text + "."
}
