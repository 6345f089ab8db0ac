package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"

	urfave "github.com/urfave/cli/v2"
)

// Command is one verb: what help says of it, its flags, and how it runs.
type Command struct {
	Name     string
	Short    string // one line for the list of commands
	Args     string // "FILE…"; "" when it takes none
	Long     string // a few sentences for its own help
	Examples []Example
	Exits    []Code
	Flags    []urfave.Flag
	Sub      []*Command
	hidden   bool
	// ArgChoices are the words that may stand for an argument; nil: files, or what Args says.
	ArgChoices func() []Choice
	// run is nil for a group that only holds commands.
	Run func(ctx context.Context, in *Invocation) error
}

// Example is a real command line and what it does.
type Example struct{ What, Line string }

// Invocation is what a run function gets besides its Options.
type Invocation struct {
	Args  []string
	Set   func(flag string) bool // the flag stood on the command line
	value func(flag string) string
	// line is the command line in canonical form, to rebuild it for a hint. It holds no secret: flags never do.
	line  []string
	depth int // words of line before the flags: the program and its commands
	env   *Env
}

func (c *Command) find(name string) *Command {
	for _, s := range c.Sub {
		if s.Name == name {
			return s
		}
	}
	return nil
}

// Flag is a flag in the library's form.
type Flag = urfave.Flag

// flagSpec is what parsing needs to know of a flag.
type flagSpec struct {
	name       string
	bool       bool
	repeatable bool
	usage      string
}

// placeholder is the word for the flag's value in help: the part of its usage in backquotes.
func (f flagSpec) placeholder() string {
	if _, rest, ok := strings.Cut(f.usage, "`"); ok {
		word, _, _ := strings.Cut(rest, "`")
		return word
	}
	return "VALUE"
}

func specOf(f urfave.Flag) flagSpec {
	f = bare(f)
	s := flagSpec{name: f.Names()[0]}
	_, s.bool = f.(*urfave.BoolFlag)
	_, s.repeatable = f.(*urfave.StringSliceFlag)
	if d, ok := f.(urfave.DocGenerationFlag); ok {
		s.usage = d.GetUsage()
	}
	return s
}

// lookup finds a flag by name or alias in c, else in the commands below it.
func (c *Command) lookup(name string) (flagSpec, bool) {
	for _, f := range c.Flags {
		if slices.Contains(f.Names(), name) {
			return specOf(f), true
		}
	}
	for _, s := range c.Sub {
		if spec, ok := s.lookup(name); ok {
			return spec, ok
		}
	}
	return flagSpec{}, false
}

// own tells whether the flag belongs to c itself.
func (c *Command) own(name string) bool {
	return slices.ContainsFunc(c.Flags, func(f urfave.Flag) bool { return slices.Contains(f.Names(), name) })
}

// allFlags returns the flags of c and of the commands below it, each name once.
func (c *Command) allFlags() []flagSpec {
	var out []flagSpec
	seen := map[string]bool{}
	var walk func(*Command)
	walk = func(c *Command) {
		for _, f := range c.Flags {
			if s := specOf(f); !seen[s.name] && visible(f) {
				seen[s.name] = true
				out = append(out, s)
			}
		}
		for _, s := range c.Sub {
			walk(s)
		}
	}
	walk(c)
	return out
}

func visible(f urfave.Flag) bool {
	v, ok := f.(urfave.VisibleFlag)
	return !ok || v.IsVisible()
}

// urfave turns the command into the library's form. Help, suggestions and
// errors are ours: the library parses the values and finds the action.
func (c *Command) urfave(e *Env, line []string, depth int) *urfave.Command {
	u := &urfave.Command{Name: c.Name, Usage: c.Short, Flags: c.Flags, HideHelp: true, Hidden: c.hidden}
	for _, s := range c.Sub {
		u.Subcommands = append(u.Subcommands, s.urfave(e, line, depth))
	}
	if c.Run != nil {
		u.Action = func(uc *urfave.Context) error {
			if c.own("grace") {
				grace := uc.Duration("grace")
				if grace < 0 {
					return Usagef("--grace 10s", "--grace %s is not a length of time", grace)
				}
				within(uc.Context, grace)
			}
			if err := c.writable(uc); err != nil {
				return err
			}
			return c.Run(uc.Context, &Invocation{
				Args: uc.Args().Slice(), Set: uc.IsSet, line: line, depth: depth, env: e,
				value: func(flag string) string { return fmt.Sprint(uc.Value(flag)) },
			})
		}
	}
	return u
}
