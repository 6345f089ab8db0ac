// Package mapping holds the commands that list, show, write and try mapping files.
package mapping

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/kinde-migrate/kinde-migrate/internal/atomicfile"
	"github.com/kinde-migrate/kinde-migrate/internal/cli"
	"github.com/kinde-migrate/kinde-migrate/internal/cli/input"
	"github.com/kinde-migrate/kinde-migrate/internal/intake"
	"github.com/kinde-migrate/kinde-migrate/internal/mapping"
	"github.com/kinde-migrate/kinde-migrate/internal/ui"
)

func New(e *cli.Env) *cli.Command {
	return &cli.Command{
		Name:  "mapping",
		Short: "List, show, write and test mapping files",
		Long:  "A mapping says how the records of an export become users. The presets are mapping files, too.",
		Sub:   []*cli.Command{newMappingList(e), newMappingShow(e), newMappingInit(e), newMappingCheck(e)},
	}
}

func newMappingList(e *cli.Env) *cli.Command {
	o := &cli.OutputOptions{}
	return &cli.Command{
		Name:     "list",
		Short:    "List the presets",
		Examples: []cli.Example{{What: "Which exports are known?", Line: "kinde-migrate mapping list"}},
		Exits:    []cli.Code{cli.ExitOK},
		Flags:    o.QuietFlags(),
		Run: func(context.Context, *cli.Invocation) error {
			presets := mapping.Presets()
			if o.JSON {
				type preset struct {
					Name  string `json:"name"`
					Title string `json:"title"`
					Notes string `json:"notes"`
					// Fetch is from where fetch reads it; the others are against what that was tried.
					Fetch          []string `json:"fetch,omitempty"`
					APITested      string   `json:"fetch_tested,omitempty"`
					DatabaseTested string   `json:"database_tested,omitempty"`
				}
				list := make([]preset, len(presets))
				for i, p := range presets {
					list[i] = preset{Name: p.Name, Title: p.Title, Notes: p.Notes}
					for _, f := range p.Fetched {
						list[i].Fetch = append(list[i].Fetch, f.From)
						if f.From == mapping.FromAPI {
							list[i].APITested = f.Tried
						} else {
							list[i].DatabaseTested = f.Tried
						}
					}
				}
				return e.WriteJSON(list)
			}
			t, fetched := &ui.Table{
				Head: []string{"preset", "what it reads"},
			}, &ui.Table{
				Head: []string{"fetch reads", "from its", "tested against"},
			}
			for _, p := range presets {
				t.Add(p.Name, p.Title)
				for _, f := range p.Fetched {
					fetched.Add(p.Name, f.From, f.Tried)
				}
			}
			if err := t.Write(e.IO.Out, e.IO.TableWidth(e.IO.Out), 0); err != nil {
				return err
			}
			fmt.Fprintln(e.IO.Out)
			if err := fetched.Write(e.IO.Out, e.IO.TableWidth(e.IO.Out), 0); err != nil {
				return err
			}
			_, err := fmt.Fprintf(e.IO.Out, "\n%s\n", ui.Wrap("Start with fetch SOURCE --check.", e.IO.Width(), 0))
			return err
		},
	}
}

func newMappingShow(e *cli.Env) *cli.Command {
	return &cli.Command{
		Name: "show",
		Args: "PRESET",
		ArgChoices: func() (names []cli.Choice) {
			for _, p := range mapping.Presets() {
				names = append(names, cli.Choice{Word: p.Name, Means: p.Title})
			}
			return names
		},
		Short: "Print a preset, to read it or to start from it",
		Examples: []cli.Example{
			{What: "How is Auth0 read?", Line: "kinde-migrate mapping show auth0"},
			{What: "Start your own mapping from it", Line: "kinde-migrate mapping show auth0 > mapping.yaml"},
		},
		Exits: []cli.Code{cli.ExitOK, cli.ExitUsage},
		Run: func(_ context.Context, in *cli.Invocation) error {
			if len(in.Args) != 1 {
				return cli.Usagef(cli.Program+" mapping list", "mapping show takes the name of one preset")
			}
			text, err := mapping.PresetSource(in.Args[0])
			if err != nil {
				return unknownPreset(in.Args[0], err)
			}
			_, err = e.IO.Out.Write(text)
			return err
		},
	}
}

func unknownPreset(name string, err error) error {
	var names []string
	for _, p := range mapping.Presets() {
		names = append(names, p.Name)
	}
	return cli.Usagef(cli.Suggest("", name, names, "see "+cli.Program+" mapping list"), "preset %q: %w", name, err)
}

type mappingCheckOptions struct {
	source input.Options
	output cli.OutputOptions
	users  int
}

func newMappingCheck(e *cli.Env) *cli.Command {
	o := &mappingCheckOptions{source: input.Options{Looking: true}}
	return &cli.Command{
		Name:  "check",
		Args:  "FILE…",
		Short: "Show some users of an export before and after the mapping",
		Long: "Applies the mapping to the export and shows for the first users each value in the file and what it becomes. " +
			"Nothing is cut; secrets are hidden.",
		Examples: []cli.Example{
			{What: "Try a mapping file", Line: "kinde-migrate mapping check users.csv --mapping mapping.yaml"},
			{What: "With the preset that was detected", Line: "kinde-migrate mapping check users.json --users 5"},
		},
		Exits: []cli.Code{cli.ExitOK, cli.ExitFailed, cli.ExitUsage, cli.ExitInterrupted},
		Flags: cli.FlagsOf(o.source.Flags(), o.source.SelectionFlags(), []cli.Flag{
			cli.IntFlag(&o.users, cli.CatOutput, "users", 3, "show `N` users"),
		}, o.output.QuietFlags()),
		Run: func(ctx context.Context, in *cli.Invocation) error { return runMappingCheck(ctx, e, o, in) },
	}
}

// errEnough ends a pass that has seen what it wanted.
var errEnough = errors.New("enough records")

func runMappingCheck(ctx context.Context, e *cli.Env, o *mappingCheckOptions, in *cli.Invocation) error {
	source, err := o.source.Open(ctx, e, in.Args)
	if err != nil {
		return err
	}
	look := &comparer{mapping: source.Mapping(), left: max(o.users, 1)}
	if _, err := source.Scan(ctx, look); err != nil && !errors.Is(err, errEnough) {
		return input.OpenError(err)
	}
	if o.output.JSON {
		return e.WriteJSON(look.found)
	}
	for i, c := range look.found {
		if i > 0 {
			fmt.Fprintln(e.IO.Out)
		}
		if err := writeComparison(e, c); err != nil {
			return err
		}
	}
	return e.Next(e.IO.Out, "If everything is right, see what an import would do:", in.Next("validate", ""))
}

// comparer compares the first records before and after.
type comparer struct {
	mapping *mapping.Mapping
	left    int
	found   []mapping.Comparison
}

// Add compares a record, until there are enough.
func (c *comparer) Add(it intake.Item) error {
	if it.Disposition == intake.Filtered || it.Record.Fields.Kind != mapping.Object {
		return nil
	}
	c.found = append(c.found, mapping.Check(c.mapping, []mapping.Record{it.Record}, nil)...)
	if c.left--; c.left <= 0 {
		return errEnough
	}
	return nil
}

// Replace has nothing to correct.
func (c *comparer) Replace(intake.Item, intake.Item) error { return nil }

func writeComparison(e *cli.Env, c mapping.Comparison) error {
	fmt.Fprintf(e.IO.Out, "Record %d, line %d\n", c.Record, c.Line)
	t := &ui.Table{Head: []string{"in the file", "holds", "becomes", "as"}}
	for _, r := range c.Rows {
		t.Add(dash(r.Source), r.Value, dash(r.Target), r.Mapped)
	}
	if err := t.Write(e.IO.Out, e.IO.TableWidth(e.IO.Out), 2); err != nil {
		return err
	}
	if c.Skip != "" {
		fmt.Fprintf(e.IO.Out, "  Left out: %s\n", ui.Line(c.Skip))
	}
	for _, p := range c.Problems {
		at := ""
		if p.Field != "" {
			at = ui.Line(p.Field) + ": "
		}
		fmt.Fprintf(e.IO.Out, "  %s: %s %s%s\n", p.Severity, p.Code, at, ui.Line(p.Message))
	}
	return nil
}

func dash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

type mappingInitOptions struct {
	source input.Options
	out    string
	force  bool
}

func newMappingInit(e *cli.Env) *cli.Command {
	o := &mappingInitOptions{}
	return &cli.Command{
		Name:  "init",
		Args:  "FILE",
		Short: "Write a commented mapping file from an export",
		Long: "For a file that no preset knows, it proposes what each field becomes, from its name and its values: " +
			"e-mail addresses, names, phone numbers, ids, password hashes and their kind, roles, organizations, suspensions, properties. " +
			"For a file that a preset knows, it extends the preset. Read the result, and try it with mapping check.",
		Examples: []cli.Example{
			{What: "Start a mapping", Line: "kinde-migrate mapping init users.csv --out mapping.yaml"},
			{What: "Try it", Line: "kinde-migrate mapping check users.csv --mapping mapping.yaml"},
		},
		Exits: []cli.Code{cli.ExitOK, cli.ExitFailed, cli.ExitUsage},
		Flags: cli.FlagsOf(o.source.Flags(), []cli.Flag{
			cli.StringFlag(&o.out, cli.CatState, "out", "-", "`FILE` to write, or - for stdout"),
			cli.BoolFlag(&o.force, cli.CatState, "force", "replace the file if it exists"),
		}),
		Run: func(ctx context.Context, in *cli.Invocation) error { return runMappingInit(ctx, e, o, in) },
	}
}

// sample reads the beginning of the file, also of one that no preset knows.
func (o *mappingInitOptions) sample(ctx context.Context, e *cli.Env, files []string) (mapping.Sample, string, error) {
	source, err := o.source.Open(ctx, e, files)
	if unknown, ok := errors.AsType[*intake.UnknownError](err); ok {
		return unknown.Sample, "generic", nil
	}
	if err != nil {
		return mapping.Sample{}, "", err
	}
	return source.Sample(), source.Source().Preset, nil
}

func runMappingInit(ctx context.Context, e *cli.Env, o *mappingInitOptions, in *cli.Invocation) error {
	if o.out != "-" && !o.force {
		if _, err := os.Stat(o.out); err == nil {
			return cli.Usagef("replace it with --force", "%s exists", o.out)
		}
	}
	sample, preset, err := o.sample(ctx, e, in.Args)
	if err != nil {
		return err
	}
	text, err := mapping.Init(sample, preset)
	if err != nil {
		return cli.Usagef("", "writing a mapping for %s: %w", in.Args[0], err)
	}
	if o.out == "-" {
		_, err := e.IO.Out.Write(text)
		return err
	}
	if err := atomicfile.WriteFile(o.out, text); err != nil {
		return err
	}
	_, err = fmt.Fprintf(
		e.IO.Out,
		"Wrote %s.\nTry it with: %s mapping check %s --mapping %s\n",
		o.out,
		e.Called(),
		cli.ShellQuote(in.Args[0]),
		cli.ShellQuote(o.out),
	)
	return err
}
