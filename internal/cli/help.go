package cli

import (
	"bufio"
	"fmt"
	"io"
	"strings"
	"time"

	urfave "github.com/urfave/cli/v2"

	"github.com/kinde-migrate/kinde-migrate/internal/ui"
)

// writeHelp writes the help of the called command for a terminal of the given width.
func writeHelp(w io.Writer, c *call, width int) error {
	b := bufio.NewWriter(w)
	cmd := c.Command()
	fmt.Fprintln(b, ui.Wrap(cmd.Short, width, 0))
	usage := c.Name()
	if len(cmd.Sub) > 0 && cmd.Run == nil {
		usage += " COMMAND"
	}
	if cmd.Args != "" {
		usage += " " + cmd.Args
	}
	if len(cmd.Flags) > 0 || len(cmd.Sub) > 0 {
		usage += " [flags]"
	}
	fmt.Fprintf(b, "\nUsage:\n  %s\n", usage)
	if cmd.Long != "" {
		fmt.Fprintf(b, "\n%s\n", ui.Wrap(cmd.Long, width, 0))
	}
	if len(cmd.Examples) > 0 {
		fmt.Fprintln(b, "\nExamples:")
		for i, x := range cmd.Examples {
			if i > 0 {
				fmt.Fprintln(b)
			}
			fmt.Fprintf(b, "  # %s\n  %s\n", x.What, x.Line)
		}
	}
	writeCommands(b, cmd, width)
	writeFlags(b, cmd, width)
	if len(cmd.Exits) > 0 {
		fmt.Fprintln(b, "\nExit codes:")
		for _, x := range cmd.Exits {
			fmt.Fprintf(b, "  %-4d %s\n", x, strings.TrimLeft(ui.Wrap(x.meaning(), width, 7), " "))
		}
	}
	if len(c.path) == 1 {
		fmt.Fprintf(b, "\n%s\n", ui.Wrap("Each command has its own help, with examples and exit codes: "+Program+" import --help.", width, 0))
	}
	return b.Flush()
}

func writeCommands(b *bufio.Writer, cmd *Command, width int) {
	pad := 0
	for _, s := range cmd.Sub {
		if !s.hidden {
			pad = max(pad, len(s.Name))
		}
	}
	if pad == 0 {
		return
	}
	fmt.Fprintln(b, "\nCommands:")
	for _, s := range cmd.Sub {
		if !s.hidden {
			fmt.Fprintf(b, "  %-*s  %s\n", pad, s.Name, strings.TrimLeft(ui.Wrap(s.Short, width, pad+4), " "))
		}
	}
}

// flagColumn is where the explanations of flags begin.
const flagColumn = 28

func writeFlags(b *bufio.Writer, cmd *Command, width int) {
	var categories []string
	grouped := map[string][]urfave.Flag{}
	for _, f := range cmd.Flags {
		if !visible(f) {
			continue
		}
		category := "Flags"
		if cf, ok := f.(urfave.CategorizableFlag); ok && cf.GetCategory() != "" {
			category = cf.GetCategory()
		}
		if grouped[category] == nil {
			categories = append(categories, category)
		}
		grouped[category] = append(grouped[category], f)
	}
	for _, category := range categories {
		fmt.Fprintf(b, "\n%s:\n", category)
		for _, f := range grouped[category] {
			writeFlag(b, f, width)
		}
	}
}

func writeFlag(b *bufio.Writer, f urfave.Flag, width int) {
	spec := specOf(f)
	var left strings.Builder
	for _, n := range f.Names()[1:] {
		if len(n) == 1 {
			fmt.Fprintf(&left, "-%s, ", n)
		}
	}
	left.WriteString("--" + spec.name)
	if !spec.bool {
		left.WriteString(" " + spec.placeholder())
	}
	usage := strings.ReplaceAll(spec.usage, "`", "")
	if d := defaultOf(f); d != "" {
		usage += " (default " + d + ")"
	}
	if spec.repeatable {
		usage += "; may be repeated"
	}
	text := ui.Wrap(usage, width, flagColumn)
	if len(left.String()) <= flagColumn-4 {
		fmt.Fprintf(b, "  %-*s%s\n", flagColumn-2, left.String(), strings.TrimLeft(text, " "))
	} else {
		fmt.Fprintf(b, "  %s\n%s\n", left.String(), text)
	}
}

// defaultOf returns the default as help shows it, "" when there is none worth a word.
func defaultOf(f urfave.Flag) string {
	switch f := bare(f).(type) {
	case *urfave.StringFlag:
		if f.DefaultText != "" {
			return f.DefaultText
		}
		return f.Value
	case *urfave.IntFlag:
		if f.Value != 0 {
			return fmt.Sprint(f.Value)
		}
	case *urfave.Float64Flag:
		if f.Value != 0 {
			return fmt.Sprint(f.Value)
		}
	case *urfave.DurationFlag:
		if f.Value != 0 {
			return shortDuration(f.Value)
		}
	}
	return ""
}

// shortDuration writes 1h0m0s as 1h.
func shortDuration(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}
