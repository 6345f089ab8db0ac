package cli

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	urfave "github.com/urfave/cli/v2"

	"github.com/kinde-migrate/kinde-migrate/internal/atomicfile"
)

func NewMan(e *Env) *Command {
	return &Command{
		Name:  "man",
		Args:  "[DIR]",
		Short: "Write the manual pages, or print the first of them",
		Long: "There is a page for the program and one for each command, with the same content as --help. " +
			"Move them to a folder that man searches, for example ~/.local/share/man/man1.",
		Examples: []Example{
			{What: "Read the page of the program", Line: "kinde-migrate man | man -l -"},
			{What: "All of them", Line: "kinde-migrate man manual"},
		},
		Exits: []Code{ExitOK, ExitFailed, ExitUsage},
		Run:   func(_ context.Context, in *Invocation) error { return runMan(e, in.Args) },
	}
}

func runMan(e *Env, args []string) error {
	root := e.root()
	switch len(args) {
	case 0:
		return writeManPage(e.IO.Out, root, []*Command{root})
	case 1:
	default:
		return Usagef(Program+" man manual", "man takes one folder")
	}
	if err := os.MkdirAll(args[0], 0o700); err != nil {
		return Failf("", "making the folder of the manual pages: %w", err)
	}
	return writeManPages(args[0], root, []*Command{root})
}

// writeManPages writes the page of the last command of the path, and those of the commands below it.
func writeManPages(dir string, root *Command, path []*Command) error {
	var b strings.Builder
	if err := writeManPage(&b, root, path); err != nil {
		return err
	}
	name := filepath.Join(dir, manName(path)+".1")
	if err := atomicfile.WriteFile(name, []byte(b.String())); err != nil {
		return Failf("", "writing the manual page %s: %w", name, err)
	}
	for _, s := range path[len(path)-1].Sub {
		if s.hidden {
			continue
		}
		if err := writeManPages(dir, root, append(path[:len(path):len(path)], s)); err != nil {
			return err
		}
	}
	return nil
}

// manName is the name of a command's page: kinde-migrate-backup-verify.
func manName(path []*Command) string {
	words := make([]string, len(path))
	for i, c := range path {
		words[i] = c.Name
	}
	return strings.Join(words, "-")
}

// writeManPage writes one page in roff, with the macros of man(7).
func writeManPage(w io.Writer, root *Command, path []*Command) error {
	cmd := path[len(path)-1]
	name := manName(path)
	var b strings.Builder
	fmt.Fprintf(&b, ".TH %s 1 \"\" %s \"%s\"\n", strings.ToUpper(roff(name)), roffQuote(Program+" "+Version()), "User commands")
	fmt.Fprintf(&b, ".ad l\n.nh\n.SH NAME\n%s \\- %s\n", roff(name), roff(cmd.Short))
	fmt.Fprintf(&b, ".SH SYNOPSIS\n.B %s\n", roff(strings.ReplaceAll(name, Program+"-", Program+" ")))
	if len(cmd.Sub) > 0 && cmd.Run == nil {
		b.WriteString(".I COMMAND\n")
	}
	if cmd.Args != "" {
		fmt.Fprintf(&b, ".I %s\n", roff(cmd.Args))
	}
	b.WriteString("[\\fIflags\\fR]\n")
	if cmd.Long != "" {
		fmt.Fprintf(&b, ".SH DESCRIPTION\n%s\n", roff(cmd.Long))
	}
	if len(cmd.Sub) > 0 {
		b.WriteString(".SH COMMANDS\n")
		for _, s := range cmd.Sub {
			if !s.hidden {
				fmt.Fprintf(&b, ".TP\n.B %s\n%s\n", roff(s.Name), roff(s.Short))
			}
		}
	}
	writeManFlags(&b, cmd)
	if len(cmd.Examples) > 0 {
		b.WriteString(".SH EXAMPLES\n")
		for _, x := range cmd.Examples {
			fmt.Fprintf(&b, ".PP\n%s:\n.PP\n.RS 4\n.nf\n%s\n.fi\n.RE\n", roff(x.What), roff(x.Line))
		}
	}
	if len(cmd.Exits) > 0 {
		b.WriteString(".SH EXIT STATUS\n")
		for _, x := range cmd.Exits {
			fmt.Fprintf(&b, ".TP\n.B %d\n%s\n", x, roff(x.meaning()))
		}
	}
	b.WriteString(".SH SEE ALSO\n")
	b.WriteString(manSeeAlso(root, path))
	_, err := io.WriteString(w, b.String())
	return err
}

func writeManFlags(b *strings.Builder, cmd *Command) {
	var shown []urfave.Flag
	for _, f := range cmd.Flags {
		if visible(f) {
			shown = append(shown, f)
		}
	}
	if len(shown) == 0 {
		return
	}
	b.WriteString(".SH OPTIONS\n")
	for _, f := range shown {
		spec := specOf(f)
		b.WriteString(".TP\n")
		for _, n := range f.Names()[1:] {
			if len(n) == 1 {
				fmt.Fprintf(b, "\\fB\\-%s\\fR, ", n)
			}
		}
		fmt.Fprintf(b, "\\fB%s\\fR", roff("--"+spec.name))
		if !spec.bool {
			fmt.Fprintf(b, " \\fI%s\\fR", roff(spec.placeholder()))
		}
		usage := strings.ReplaceAll(spec.usage, "`", "")
		if d := defaultOf(f); d != "" {
			usage += " (default " + d + ")"
		}
		if spec.repeatable {
			usage += "; may be repeated"
		}
		fmt.Fprintf(b, "\n%s\n", roff(usage))
	}
}

// manSeeAlso names the page above, or those of the commands when there is none.
func manSeeAlso(root *Command, path []*Command) string {
	if len(path) > 1 {
		return fmt.Sprintf(".BR %s (1)\n", roff(manName(path[:len(path)-1])))
	}
	var names []string
	for _, s := range root.Sub {
		if !s.hidden {
			names = append(names, ".BR "+roff(Program+"-"+s.Name)+" (1)")
		}
	}
	return strings.Join(names, ",\n") + "\n"
}

// listed is a comma inside a word: a long list may break there.
var listed = regexp.MustCompile(`,(\S)`)

// roff escapes text so that no character of it is a request or a macro.
func roff(s string) string {
	s = strings.NewReplacer(`\`, `\e`, "-", `\-`, "'", `\(aq`, "…", "...").Replace(s)
	lines := strings.Split(listed.ReplaceAllString(s, `,\:$1`), "\n")
	for i, line := range lines {
		if strings.HasPrefix(line, ".") {
			lines[i] = `\&` + line
		}
	}
	return strings.Join(lines, "\n")
}

func roffQuote(s string) string { return `"` + strings.ReplaceAll(roff(s), `"`, `\(dq`) + `"` }
