package cli

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	urfave "github.com/urfave/cli/v2"
)

// call is a command line after parsing: which command, its flags in canonical
// form (--name=value), and the arguments that are not flags.
type call struct {
	path  []*Command // from the root to the command
	Flags []string
	args  []string
	help  bool
	said  []string // to tell before the command runs
}

// Command returns the command that was called.
func (c *call) Command() *Command { return c.path[len(c.path)-1] }

// Name returns the command line's name for the command: "kinde-migrate users list".
func (c *call) Name() string {
	names := make([]string, len(c.path))
	for i, p := range c.path {
		names[i] = p.Name
	}
	return strings.Join(names, " ")
}

// canonical returns the arguments in the one order that urfave/cli reads
// rightly: commands, flags, "--", arguments.
func (c *call) canonical() []string {
	var out []string
	for _, p := range c.path {
		out = append(out, p.Name)
	}
	out = append(out, c.Flags...)
	out = append(out, "--")
	return append(out, c.args...)
}

// wantsJSON tells whether --json stands among the flags, whatever else is wrong.
func (c *call) wantsJSON() bool { return slices.Contains(c.Flags, "--json=true") }

// Parse reads args (without the program's name) against the commands' flags.
// Flags may stand anywhere, "--" ends them, a lone "-" is an argument. The call
// is returned with an error too, as far as it was understood.
func Parse(root *Command, args []string) (*call, error) {
	c := &call{path: []*Command{root}}
	for i := 0; i < len(args); i++ {
		arg := args[i]
		switch {
		case arg == "--":
			c.args = append(c.args, args[i+1:]...)
			return c, c.complete()
		case arg == "-" || !strings.HasPrefix(arg, "-"):
			if err := c.word(arg); err != nil {
				return c, err
			}
		default:
			used, err := c.flag(arg, args[i+1:])
			if err != nil {
				return c, err
			}
			i += used
		}
	}
	return c, c.complete()
}

// word takes an argument that is not a flag: a command's name or an argument.
func (c *call) word(arg string) error {
	cur := c.Command()
	if len(c.args) > 0 || len(cur.Sub) == 0 {
		c.args = append(c.args, arg)
		return nil
	}
	if sub := cur.find(arg); sub != nil {
		c.path = append(c.path, sub)
		return nil
	}
	if len(c.path) == 1 && arg == "help" {
		c.help = true
		return nil
	}
	if cur.Run != nil {
		c.args = append(c.args, arg)
		return nil
	}
	names := make([]string, 0, len(cur.Sub))
	for _, s := range cur.Sub {
		if !s.hidden {
			names = append(names, s.Name)
		}
	}
	what := "command"
	if len(c.path) > 1 {
		what = cur.Name + " command"
	}
	return Usagef(Suggest(c.Name()+" ", arg, names), "unknown %s %q", what, arg)
}

// flag takes a flag; used tells how many of the following arguments were its value.
func (c *call) flag(arg string, rest []string) (used int, err error) {
	dashes := 1
	if strings.HasPrefix(arg, "--") {
		dashes = 2
	}
	name, value, hasValue := strings.Cut(arg[dashes:], "=")
	if name == "help" || name == "h" {
		c.help = true
		return 0, nil
	}
	if (name == "version" || arg == "-v") && len(c.path) == 1 && len(c.args) == 0 {
		return 0, c.word("version")
	}
	spec, ok := c.lookup(name)
	if !ok {
		if dashes == 1 && !hasValue && len(name) > 1 && c.bundle(name) {
			return 0, nil
		}
		return 0, c.unknownFlag(arg[:dashes] + name)
	}
	switch {
	case spec.bool && !hasValue:
		value = "true"
	case spec.bool:
		if value != "true" && value != "false" {
			return 0, Usagef("", "flag --%s is a switch: it takes no value, or true or false, not %q", spec.name, value)
		}
	case c.formerProfile(spec, value, hasValue, rest):
		return 0, nil
	case !hasValue:
		if len(rest) == 0 || c.isFlag(rest[0]) || rest[0] == "--" {
			return 0, Usagef(fmt.Sprintf("--%s=%s", spec.name, spec.placeholder()), "flag --%s needs a value", spec.name)
		}
		value, used = rest[0], 1
	}
	if !spec.repeatable {
		c.Flags = slices.DeleteFunc(c.Flags, func(f string) bool { return strings.HasPrefix(f, "--"+spec.name+"=") })
	}
	c.Flags = append(c.Flags, "--"+spec.name+"="+value)
	return used, nil
}

// formerProfile takes --profile without a name, which was the name of
// --delete-profile once.
func (c *call) formerProfile(spec flagSpec, value string, hasValue bool, rest []string) bool {
	if spec.name != "profile" || !c.Command().own("delete-profile") {
		return false
	}
	switch {
	case hasValue && value != "true" && value != "false":
		return false
	case !hasValue && len(rest) > 0 && rest[0] != "--" && !c.isFlag(rest[0]):
		return false
	case !hasValue:
		value = "true"
	}
	c.Flags = append(c.Flags, "--delete-profile="+value)
	c.said = append(c.said, "--profile without a name now means --delete-profile; --profile NAME chooses a profile of the configuration.")
	return true
}

// bundle takes several one-letter switches written as one: -qy.
func (c *call) bundle(letters string) bool {
	var flags []string
	for _, r := range letters {
		spec, ok := c.lookup(string(r))
		if !ok || !spec.bool {
			return false
		}
		flags = append(flags, "--"+spec.name+"=true")
	}
	c.Flags = append(c.Flags, flags...)
	return true
}

// isFlag tells whether arg is the name of a flag that the command knows: a
// value that looks like one is more likely a forgotten value.
func (c *call) isFlag(arg string) bool {
	if arg == "-" || !strings.HasPrefix(arg, "-") {
		return false
	}
	name, _, _ := strings.Cut(strings.TrimLeft(arg, "-"), "=")
	_, ok := c.lookup(name)
	return ok || name == "help"
}

// lookup finds a flag of the command; before the command is known, of any command below.
func (c *call) lookup(name string) (flagSpec, bool) {
	return c.Command().lookup(name)
}

func (c *call) unknownFlag(flag string) error {
	cur := c.Command()
	var names []string
	for _, f := range cur.allFlags() {
		names = append(names, "--"+f.name)
	}
	return Usagef(Suggest("", flag, names, "see "+c.Name()+" --help"), "unknown flag %s for %s", flag, c.Name())
}

// complete checks what only the end of the line can tell.
func (c *call) complete() error {
	cur := c.Command()
	if c.help {
		return nil
	}
	if cur.Run == nil {
		if len(c.path) == 1 {
			c.help = true
			return nil
		}
		return Usagef("see "+c.Name()+" --help", "%s needs a command", c.Name())
	}
	for _, f := range c.Flags {
		name, _, _ := strings.Cut(strings.TrimPrefix(f, "--"), "=")
		if !cur.own(name) {
			return c.unknownFlag("--" + name)
		}
	}
	if cur.Args == "" && len(c.args) > 0 {
		return Usagef("see "+c.Name()+" --help", "%s takes no arguments, but was given %q", c.Name(), c.args[0])
	}
	return nil
}

// badValue says in our words that a flag's value can't be read. The library is
// asked last, so the flag is found by trying each.
func (c *call) badValue(err error) error {
	for _, given := range c.Flags {
		name, value, _ := strings.Cut(strings.TrimPrefix(given, "--"), "=")
		for _, f := range c.Command().Flags {
			if !slices.Contains(f.Names(), name) {
				continue
			}
			switch bare(f).(type) {
			case *urfave.IntFlag:
				if _, bad := strconv.Atoi(value); bad != nil {
					return Usagef("--"+name+" 1000, in digits", "--%s takes a whole number, not %q", name, value)
				}
			case *urfave.Float64Flag:
				if _, bad := strconv.ParseFloat(value, 64); bad != nil {
					return Usagef("--"+name+" 2.5", "--%s takes a number, not %q", name, value)
				}
			case *urfave.DurationFlag:
				if _, bad := time.ParseDuration(value); bad != nil {
					return Usagef("--"+name+" 90s, or 15m, or 2h", "--%s takes a length of time with its unit, not %q", name, value)
				}
			}
		}
	}
	return Usagef("see "+c.Name()+" --help", "%w", err)
}
