package cli

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	urfave "github.com/urfave/cli/v2"

	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
	"github.com/kinde-migrate/kinde-migrate/internal/ui"
)

// Choice is a word that may stand at a place of the command line, and what it means.
type Choice struct{ Word, Means string }

// Words returns the words of choices.
func Words(choices []Choice) []string {
	words := make([]string, len(choices))
	for i, c := range choices {
		words[i] = c.Word
	}
	return words
}

// chosenFlag is a flag whose value is one of a few words, or of those that are
// known when the shell asks.
type chosenFlag struct {
	*urfave.StringFlag
	choices func() []Choice
}

// ChoiceFlag is a flag that takes one of some words.
func ChoiceFlag(f *urfave.StringFlag, choices []Choice) urfave.Flag {
	return chosenFlag{f, func() []Choice { return choices }}
}

// AskedFlag is a flag whose words are found out when a shell asks for them.
func AskedFlag(f *urfave.StringFlag, choices func() []Choice) urfave.Flag {
	return chosenFlag{f, choices}
}

// bare returns the library's own flag.
func bare(f urfave.Flag) urfave.Flag {
	if c, ok := f.(chosenFlag); ok {
		return c.StringFlag
	}
	return f
}

// What may stand where no word is known.
const (
	anyFile   = ":files"
	anyFolder = ":folders"
	nothing   = ":nothing"
)

// newComplete is what the scripts of the shells call: one line for each word that
// may stand next, its meaning behind a tab, and at the end which files may.
func newComplete(e *Env) *Command {
	return &Command{
		Name: "__complete", hidden: true, Args: "WORD…",
		Run: func(ctx context.Context, in *Invocation) error {
			if len(in.Args) == 0 {
				return Usagef("", "__complete is called by the scripts of %s completion", Program)
			}
			last := len(in.Args) - 1
			// The word under the cursor follows a +, since some shells drop empty words.
			found, files := e.complete(ctx, in.Args[:last], strings.TrimPrefix(in.Args[last], "+"))
			var b strings.Builder
			for _, c := range found {
				b.WriteString(ui.Line(c.Word))
				if c.Means != "" {
					b.WriteString("\t" + ui.Line(c.Means))
				}
				b.WriteString("\n")
			}
			_, err := fmt.Fprintf(e.IO.Out, "%s%s\n", b.String(), files)
			return err
		},
	}
}

// complete returns the words that may stand for the last one, begun as current.
func (e *Env) complete(ctx context.Context, words []string, current string) ([]Choice, string) {
	words, current = joinAssignments(words, current)
	c := &call{path: []*Command{e.root()}}
	for i := 0; i < len(words); i++ {
		word := words[i]
		if !strings.HasPrefix(word, "-") || word == "-" {
			_ = c.word(word) // an unknown word is the program's to refuse
			continue
		}
		name, _, hasValue := strings.Cut(strings.TrimLeft(word, "-"), "=")
		spec, ok := c.lookup(name)
		if ok {
			c.Flags = append(c.Flags, "--"+spec.name)
		}
		if !ok || spec.bool || hasValue {
			continue
		}
		if i++; i == len(words) {
			return e.values(ctx, c.Command(), spec.name, "", current)
		}
	}
	if name, value, ok := strings.Cut(current, "="); ok && strings.HasPrefix(current, "--") {
		if spec, known := c.lookup(name[2:]); known {
			return e.values(ctx, c.Command(), spec.name, name+"=", value)
		}
	}
	if strings.HasPrefix(current, "-") {
		return begun(c.flagsLeft(), current), nothing
	}
	return e.following(ctx, c, current)
}

// joinAssignments puts --flag = value together again, which bash takes apart.
func joinAssignments(words []string, current string) ([]string, string) {
	var out []string
	all := append(slices.Clone(words), current)
	for i := 0; i < len(all); i++ {
		if all[i] == "=" && len(out) > 0 && strings.HasPrefix(out[len(out)-1], "--") {
			out[len(out)-1] += "="
			if i+1 < len(all) {
				i++
				out[len(out)-1] += all[i]
			}
			continue
		}
		out = append(out, all[i])
	}
	return out[:len(out)-1], out[len(out)-1]
}

// flagsLeft are the flags that may still be given.
func (c *call) flagsLeft() []Choice {
	var out []Choice
	for _, f := range c.Command().Flags {
		if spec := specOf(f); visible(f) && (spec.repeatable || !slices.Contains(c.Flags, "--"+spec.name)) {
			out = append(out, Choice{"--" + spec.name, strings.ReplaceAll(spec.usage, "`", "")})
		}
	}
	return append(out, Choice{"--help", "show the help of this command"})
}

// following returns what may stand where no flag is meant: a command, else what
// the command takes.
func (e *Env) following(ctx context.Context, c *call, current string) ([]Choice, string) {
	cur := c.Command()
	var found []Choice
	if len(c.args) == 0 {
		for _, s := range cur.Sub {
			if !s.hidden {
				found = append(found, Choice{s.Name, s.Short})
			}
		}
	}
	switch {
	case len(found) > 0 && cur.Run == nil:
		return begun(found, current), nothing
	case cur.ArgChoices != nil:
		return begun(append(found, cur.ArgChoices()...), current), nothing
	case strings.Contains(cur.Args, "CHECKPOINT"):
		return begun(append(found, checkpointsAt(ctx, current)...), current), nothing
	case strings.Contains(cur.Args, "DIR"), cur.Args == "A B":
		return begun(found, current), anyFolder
	case cur.Args != "":
		return begun(found, current), anyFile
	}
	return begun(append(found, c.flagsLeft()...), current), nothing
}

// values returns what a flag may be followed by. The words begin with prefix, as
// the shell wants them.
func (e *Env) values(ctx context.Context, cmd *Command, flag, prefix, current string) ([]Choice, string) {
	var found []Choice
	files := nothing
	for _, f := range cmd.Flags {
		if !slices.Contains(f.Names(), flag) {
			continue
		}
		spec := specOf(f)
		chosen, ok := f.(chosenFlag)
		switch {
		case ok:
			found = chosen.choices()
		case flag == "profile":
			found = e.profiles()
		case flag == "checkpoint":
			found = checkpointsAt(ctx, current)
		case strings.Contains(spec.placeholder(), "FILE"):
			files = anyFile
		case strings.Contains(spec.placeholder(), "DIR"):
			files = anyFolder
		case strings.Contains(spec.usage, "or auto"):
			found = []Choice{{"auto", "find out"}}
		}
	}
	found = begun(found, current)
	for i := range found {
		found[i].Word = prefix + found[i].Word
	}
	return found, files
}

// begun keeps the words that begin with what was typed.
func begun(choices []Choice, typed string) []Choice {
	return slices.DeleteFunc(slices.Clone(choices), func(c Choice) bool { return !strings.HasPrefix(c.Word, typed) })
}

// profiles are those of the configuration, each with its tenant.
func (e *Env) profiles() []Choice {
	file, err := e.loadConfig("")
	if err != nil {
		return nil // whoever runs a command is told
	}
	var out []Choice
	for name, p := range file.Profiles {
		out = append(out, Choice{name, p.Domain})
	}
	slices.SortFunc(out, func(a, b Choice) int { return strings.Compare(a.Word, b.Word) })
	return out
}

// checkpointsAt are the checkpoints in the folder that was typed, each with the
// job that it holds.
func checkpointsAt(ctx context.Context, typed string) []Choice {
	dir := filepath.Dir(typed + "x")
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil
	}
	var out []Choice
	for _, entry := range entries {
		if !strings.HasSuffix(entry.Name(), ".checkpoint") || !entry.Type().IsRegular() {
			continue
		}
		path := typed[:strings.LastIndexAny(typed, `/\`)+1] + entry.Name()
		out = append(out, Choice{path, describeJob(ctx, path)})
	}
	return out
}

func describeJob(ctx context.Context, path string) string {
	r, err := checkpoint.OpenReader(ctx, path)
	if err != nil {
		return "can't be read"
	}
	defer r.Close()
	job, ok, err := r.Job(ctx)
	if err != nil || !ok {
		return "no job yet"
	}
	open, err := Unfinished(ctx, r)
	if err != nil {
		return job.Command
	}
	if open {
		return job.Command + ", not finished"
	}
	return job.Command + ", finished or at work"
}
