package cli

import (
	"encoding/json"
	"os"
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

// privateFlags are not kept: they may hold a command with a secret in it, or
// belong to one process only.
var privateFlags = []string{"token-command", "json", "quiet", "yes", "no-color", "log-file", "log-format", "debug", "grace", "dashboard", "accept-changes", "new-source"}

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

// Flags returns the flags of the command line, as --name=value.
func (in *Invocation) Flags() []string {
	flags := in.line[in.depth:]
	return flags[:slices.Index(flags, "--")]
}

// Rebuilt returns a command line like this one: another command, some flags more, some fewer.
func (in *Invocation) Rebuilt(command, more string, without ...string) string {
	words := []string{Program, command}
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
		case options && slices.Contains(without, strings.TrimPrefix(name, "--")), options && value == "false":
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
