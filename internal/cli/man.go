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

func newMan(e *env) *command {
	return &command{
		name:  "man",
		args:  "[DIR]",
		short: "Write the manual pages, or print the first of them",
		long: "The pages hold what --help shows: one for the program and one for each command. " +
			"Move them where man looks, for example ~/.local/share/man/man1.",
		examples: []example{
			{"Read the page of the program", "kinde-migrate man | man -l -"},
			{"All of them", "kinde-migrate man manual"},
		},
		exits: []Code{exitOK, exitFailed, exitUsage},
		run:   func(_ context.Context, in *invocation) error { return runMan(e, in.args) },
	}
}

func runMan(e *env, args []string) error {
	root := e.root()
	switch len(args) {
	case 0:
		return writeManPage(e.io.Out, root, []*command{root})
	case 1:
	default:
		return usagef(program+" man manual", "man takes one folder")
	}
	if err := os.MkdirAll(args[0], 0o700); err != nil {
		return failf("", "making the folder of the manual pages: %w", err)
	}
	return writeManPages(args[0], root, []*command{root})
}

// writeManPages writes the page of the last command of the path, and those of the commands below it.
func writeManPages(dir string, root *command, path []*command) error {
	var b strings.Builder
	if err := writeManPage(&b, root, path); err != nil {
		return err
	}
	name := filepath.Join(dir, manName(path)+".1")
	if err := atomicfile.WriteFile(name, []byte(b.String())); err != nil {
		return failf("", "writing the manual page %s: %w", name, err)
	}
	for _, s := range path[len(path)-1].sub {
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
func manName(path []*command) string {
	words := make([]string, len(path))
	for i, c := range path {
		words[i] = c.name
	}
	return strings.Join(words, "-")
}

// writeManPage writes one page in roff, with the macros of man(7).
func writeManPage(w io.Writer, root *command, path []*command) error {
	cmd := path[len(path)-1]
	name := manName(path)
	var b strings.Builder
	fmt.Fprintf(&b, ".TH %s 1 \"\" %s \"%s\"\n", strings.ToUpper(roff(name)), roffQuote(program+" "+version()), "User commands")
	fmt.Fprintf(&b, ".ad l\n.nh\n.SH NAME\n%s \\- %s\n", roff(name), roff(cmd.short))
	fmt.Fprintf(&b, ".SH SYNOPSIS\n.B %s\n", roff(strings.ReplaceAll(name, program+"-", program+" ")))
	if len(cmd.sub) > 0 && cmd.run == nil {
		b.WriteString(".I COMMAND\n")
	}
	if cmd.args != "" {
		fmt.Fprintf(&b, ".I %s\n", roff(cmd.args))
	}
	b.WriteString("[\\fIflags\\fR]\n")
	if cmd.long != "" {
		fmt.Fprintf(&b, ".SH DESCRIPTION\n%s\n", roff(cmd.long))
	}
	if len(cmd.sub) > 0 {
		b.WriteString(".SH COMMANDS\n")
		for _, s := range cmd.sub {
			if !s.hidden {
				fmt.Fprintf(&b, ".TP\n.B %s\n%s\n", roff(s.name), roff(s.short))
			}
		}
	}
	writeManFlags(&b, cmd)
	if len(cmd.examples) > 0 {
		b.WriteString(".SH EXAMPLES\n")
		for _, x := range cmd.examples {
			fmt.Fprintf(&b, ".PP\n%s:\n.PP\n.RS 4\n.nf\n%s\n.fi\n.RE\n", roff(x.what), roff(x.line))
		}
	}
	if len(cmd.exits) > 0 {
		b.WriteString(".SH EXIT STATUS\n")
		for _, x := range cmd.exits {
			fmt.Fprintf(&b, ".TP\n.B %d\n%s\n", x, roff(x.meaning()))
		}
	}
	b.WriteString(".SH SEE ALSO\n")
	b.WriteString(manSeeAlso(root, path))
	_, err := io.WriteString(w, b.String())
	return err
}

func writeManFlags(b *strings.Builder, cmd *command) {
	var shown []urfave.Flag
	for _, f := range cmd.flags {
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
func manSeeAlso(root *command, path []*command) string {
	if len(path) > 1 {
		return fmt.Sprintf(".BR %s (1)\n", roff(manName(path[:len(path)-1])))
	}
	var names []string
	for _, s := range root.sub {
		if !s.hidden {
			names = append(names, ".BR "+roff(program+"-"+s.name)+" (1)")
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
