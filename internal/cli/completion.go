package cli

import (
	"context"
	_ "embed"
	"io"
)

// The scripts ask the program itself what may stand next, so that they know
// the words of today: presets, profiles, checkpoints.
var (
	//go:embed completion/bash.sh
	bashScript string
	//go:embed completion/zsh.sh
	zshScript string
	//go:embed completion/fish.fish
	fishScript string
	//go:embed completion/powershell.ps1
	powershellScript string
)

func NewCompletion(e *Env) *Command {
	shells := []struct{ name, how, script string }{
		{"bash", "source <(kinde-migrate completion bash)", bashScript},
		{"zsh", "source <(kinde-migrate completion zsh)", zshScript},
		{"fish", "kinde-migrate completion fish | source", fishScript},
		{"powershell", "kinde-migrate completion powershell | Out-String | Invoke-Expression", powershellScript},
	}
	c := &Command{
		Name:  "completion",
		Short: "Print a script that completes commands, flags and their values in your shell",
		Long:  "Load it from your shell's start-up file.",
	}
	for _, s := range shells {
		c.Examples = append(c.Examples, Example{What: "In " + s.name, Line: s.how})
		c.Sub = append(c.Sub, &Command{
			Name:     s.name,
			Short:    "Print the script for " + s.name,
			Examples: []Example{{What: "Load it into this shell", Line: s.how}},
			Exits:    []Code{ExitOK},
			Run: func(context.Context, *Invocation) error {
				_, err := io.WriteString(e.IO.Out, s.script)
				return err
			},
		})
	}
	return c
}
