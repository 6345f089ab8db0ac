package cli

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/kinde-migrate/kinde-migrate/internal/atomicfile"
	"github.com/kinde-migrate/kinde-migrate/internal/intake"
	"github.com/kinde-migrate/kinde-migrate/internal/mapping"
	"github.com/kinde-migrate/kinde-migrate/internal/ui"
)

func newMapping(e *env) *command {
	return &command{
		name:  "mapping",
		short: "List, show, write and try mapping files",
		long:  "A mapping says how the records of an export become users. The presets are mappings in the same language that you write.",
		sub:   []*command{newMappingList(e), newMappingShow(e), newMappingInit(e), newMappingCheck(e)},
	}
}

func newMappingList(e *env) *command {
	o := &outputOptions{}
	return &command{
		name:     "list",
		short:    "List the presets",
		examples: []example{{"Which exports are known?", "kinde-migrate mapping list"}},
		exits:    []Code{exitOK},
		flags:    o.quietFlags(),
		run: func(context.Context, *invocation) error {
			presets := mapping.Presets()
			if o.json {
				type preset struct {
					Name  string `json:"name"`
					Title string `json:"title"`
					Notes string `json:"notes"`
				}
				list := make([]preset, len(presets))
				for i, p := range presets {
					list[i] = preset{p.Name, p.Title, p.Notes}
				}
				return e.writeJSON(list)
			}
			t := &ui.Table{Head: []string{"preset", "what it reads"}}
			for _, p := range presets {
				t.Add(p.Name, p.Title)
			}
			return t.Write(e.io.Out, e.io.Width(), 0)
		},
	}
}

func newMappingShow(e *env) *command {
	return &command{
		name:  "show",
		args:  "PRESET",
		short: "Print a preset, to learn from or to start with",
		examples: []example{
			{"How is Auth0 read?", "kinde-migrate mapping show auth0"},
			{"Begin a mapping of your own with it", "kinde-migrate mapping show auth0 > mapping.yaml"},
		},
		exits: []Code{exitOK, exitUsage},
		run: func(_ context.Context, in *invocation) error {
			if len(in.args) != 1 {
				return usagef(program+" mapping list", "mapping show takes the name of one preset")
			}
			text, err := mapping.PresetSource(in.args[0])
			if err != nil {
				return unknownPreset(in.args[0], err)
			}
			_, err = e.io.Out.Write(text)
			return err
		},
	}
}

func unknownPreset(name string, err error) error {
	var names []string
	for _, p := range mapping.Presets() {
		names = append(names, p.Name)
	}
	return usagef(suggest("", name, names, "see "+program+" mapping list"), "preset %q: %w", name, err)
}

type mappingCheckOptions struct {
	source sourceOptions
	output outputOptions
	users  int
}

func newMappingCheck(e *env) *command {
	o := &mappingCheckOptions{}
	return &command{
		name:  "check",
		args:  "FILE…",
		short: "Show some users of an export before and after the mapping",
		long:  "Applies the mapping to the export and shows the first users side by side: what stands in the file, and what becomes of it. Secrets are masked.",
		examples: []example{
			{"Try a mapping file", "kinde-migrate mapping check users.csv --mapping mapping.yaml"},
			{"With the preset that fits", "kinde-migrate mapping check users.json --users 5"},
		},
		exits: []Code{exitOK, exitFailed, exitUsage, exitInterrupted},
		flags: flagsOf(o.source.flags(), o.source.selectionFlags(), []urfaveFlag{
			intFlag(&o.users, catOutput, "users", 3, "show `N` users"),
		}, o.output.quietFlags()),
		run: func(ctx context.Context, in *invocation) error { return runMappingCheck(ctx, e, o, in) },
	}
}

// errEnough ends a pass that has seen what it wanted.
var errEnough = errors.New("enough records")

func runMappingCheck(ctx context.Context, e *env, o *mappingCheckOptions, in *invocation) error {
	source, err := o.source.open(ctx, e, in.args)
	if err != nil {
		return err
	}
	look := &comparer{mapping: source.Mapping(), left: max(o.users, 1)}
	if _, err := source.Scan(ctx, look); err != nil && !errors.Is(err, errEnough) {
		return inputError(err)
	}
	if o.output.json {
		return e.writeJSON(look.found)
	}
	for i, c := range look.found {
		if i > 0 {
			fmt.Fprintln(e.io.Out)
		}
		if err := writeComparison(e, c); err != nil {
			return err
		}
	}
	return nil
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

func writeComparison(e *env, c mapping.Comparison) error {
	fmt.Fprintf(e.io.Out, "Record %d\n", c.Record)
	t := &ui.Table{Head: []string{"in the file", "holds", "becomes", "as"}}
	for _, r := range c.Rows {
		t.Add(dash(r.Source), r.Value, dash(r.Target), r.Mapped)
	}
	if err := t.Write(e.io.Out, e.io.Width(), 2); err != nil {
		return err
	}
	if c.Skip != "" {
		fmt.Fprintf(e.io.Out, "  Left out: %s\n", ui.Line(c.Skip))
	}
	for _, p := range c.Problems {
		fmt.Fprintf(e.io.Out, "  %s: %s %s\n", p.Severity, p.Code, ui.Line(p.Message))
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
	source sourceOptions
	out    string
	force  bool
}

func newMappingInit(e *env) *command {
	o := &mappingInitOptions{}
	return &command{
		name:  "init",
		args:  "FILE",
		short: "Write a commented mapping file from an export",
		examples: []example{
			{"Begin a mapping", "kinde-migrate mapping init users.csv --out mapping.yaml"},
			{"Try it", "kinde-migrate mapping check users.csv --mapping mapping.yaml"},
		},
		exits: []Code{exitOK, exitFailed, exitUsage},
		flags: flagsOf(o.source.flags(), []urfaveFlag{
			strFlag(&o.out, catState, "out", "-", "`FILE` to write, or - for stdout"),
			boolFlag(&o.force, catState, "force", "replace the file when it exists"),
		}),
		run: func(ctx context.Context, in *invocation) error { return runMappingInit(ctx, e, o, in) },
	}
}

func runMappingInit(ctx context.Context, e *env, o *mappingInitOptions, in *invocation) error {
	if o.out != "-" && !o.force {
		if _, err := os.Stat(o.out); err == nil {
			return usagef("replace it with --force", "%s exists", o.out)
		}
	}
	source, err := o.source.open(ctx, e, in.args)
	if err != nil {
		return err
	}
	text, err := mapping.Init(source.Sample(), source.Source().Preset)
	if err != nil {
		return usagef("", "writing a mapping for %s: %w", in.args[0], err)
	}
	if o.out == "-" {
		_, err := e.io.Out.Write(text)
		return err
	}
	if err := atomicfile.WriteFile(o.out, text); err != nil {
		return err
	}
	_, err = fmt.Fprintf(e.io.Out, "Wrote %s.\nTry it with: %s mapping check %s --mapping %s\n", o.out, program, shellQuote(in.args[0]), shellQuote(o.out))
	return err
}
