package cli

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// noteCommand is the checkpoint's note that holds the command line of the job.
const NoteCommand = "command"

// SavedCommand is the command line of a job, for whoever takes over.
type SavedCommand struct {
	Line []string `json:"line"` // canonical, without the program
	Dir  string   `json:"dir"`
}

// Typed writes the command line as a person types it.
func (s SavedCommand) Typed() string {
	var words []string
	options := true
	for _, w := range s.Line {
		name, value, _ := strings.Cut(w, "=")
		switch {
		case options && w == "--":
			options = false
		case options && strings.HasPrefix(w, "--") && value == "true":
			words = append(words, name)
		case options && strings.HasPrefix(w, "--"):
			words = append(words, name, ShellQuote(value))
		default:
			words = append(words, ShellQuote(w))
		}
	}
	return strings.Join(words, " ")
}

// Files are the arguments of the command line.
func (s SavedCommand) Files() []string { return s.Line[slices.Index(s.Line, "--")+1:] }

// privateFlags are not kept: they may hold a command with a secret in it, or
// belong to one process only.
var privateFlags = []string{
	"token-command",
	"json",
	"quiet",
	"yes",
	"no-color",
	"log-file",
	"log-format",
	"debug",
	"grace",
	"dashboard",
	"accept-changes",
	"new-source",
}

// Save returns what to keep of a command line; state is the flag that names the
// checkpoint itself, which may lie elsewhere by then.
func (in *Invocation) Save(state string) ([]byte, error) {
	dir, err := os.Getwd()
	if err != nil {
		dir = ""
	}
	var line []string
	options := true
	for i, w := range in.line[1:] {
		name, _, isFlag := strings.Cut(strings.TrimPrefix(w, "--"), "=")
		if w == "--" {
			options = false
		}
		if options && i >= in.depth-1 && isFlag && (name == state || slices.Contains(privateFlags, name)) {
			continue
		}
		line = append(line, w)
	}
	return json.Marshal(SavedCommand{line, dir})
}

// Saved reads what Save returned; ok is false where a note holds no command line.
func Saved(note []byte) (s SavedCommand, ok bool) {
	err := json.Unmarshal(note, &s)
	return s, err == nil && len(s.Line) > 0
}

// Flags returns the flags of the command line, as --name=value.
func (in *Invocation) Flags() []string {
	flags := in.line[in.depth:]
	return flags[:slices.Index(flags, "--")]
}

// passing are flags that belong to the run that was, and not to the one that comes next.
var passing = []string{"report", "dry-run", "fix", "rate", "wait", "clean", "keep", "state", "json", "show-values", "window", "dashboard",
	"yes", "accept-changes", "new-source", "fresh", "combined", "force"}

// Rebuilt returns a command line like this one: some flags more, some fewer.
func (in *Invocation) Rebuilt(command, more string, without ...string) string {
	return in.rebuilt(command, more, func(flag string) bool { return !slices.Contains(without, flag) })
}

// Next returns the command line of another command about the same: the same
// files, and those of the flags that it knows and that are not only for this run.
func (in *Invocation) Next(command, more string, without ...string) string {
	target := in.env.root()
	for word := range strings.FieldsSeq(command) {
		if target = target.find(word); target == nil {
			return in.env.called + " " + command
		}
	}
	about := *in
	if target.Args == "" {
		about.line, about.Args = in.line[:in.depth+slices.Index(in.line[in.depth:], "--")+1], nil
	}
	return about.rebuilt(command, more, func(flag string) bool {
		return target.own(flag) && !slices.Contains(passing, flag) && !slices.Contains(without, flag)
	})
}

// WithFiles returns a command line with other files, without the flags named.
func (in *Invocation) WithFiles(files []string, command string, without ...string) string {
	return in.Of(files).Rebuilt(command, "", without...)
}

// Of returns the invocation with other files.
func (in *Invocation) Of(files []string) *Invocation {
	other := *in
	end := in.depth + slices.Index(in.line[in.depth:], "--")
	other.line, other.Args = append(slices.Clone(in.line[:end+1]), files...), files
	return &other
}

// Called is how the person calls the program.
func (in *Invocation) Called() string { return in.env.called }

func (in *Invocation) rebuilt(command, more string, keep func(flag string) bool) string {
	words := []string{in.env.called, command}
	if more != "" {
		words = append(words, more)
	}
	options := true
	for _, w := range in.line[in.depth:] {
		name, value, _ := strings.Cut(w, "=")
		switch {
		case options && w == "--":
			options = false
			if slices.ContainsFunc(in.Args, func(a string) bool { return strings.HasPrefix(a, "-") && a != "-" }) {
				words = append(words, "--")
			}
		case options && !keep(strings.TrimPrefix(name, "--")), options && value == "false":
		case options && value == "true":
			words = append(words, name)
		case options:
			words = append(words, name, ShellQuote(value))
		default:
			words = append(words, ShellQuote(w))
		}
	}
	return strings.Join(words, " ")
}

// Called is how the person calls the program, to write a command that can be pasted.
func (e *Env) Called() string { return e.called }

// calledAs finds out what was typed: the program's name, a path to it, or go run.
func calledAs(args []string) string {
	if len(args) == 0 {
		return Program
	}
	switch path := args[0]; {
	case strings.Contains(filepath.ToSlash(path), "/go-build") && strings.Contains(filepath.ToSlash(path), "/exe/"):
		return "go run ."
	case filepath.ToSlash(filepath.Dir(path)) == "." && strings.HasPrefix(filepath.ToSlash(path), "./"):
		return filepath.ToSlash(path)
	}
	return Program
}
