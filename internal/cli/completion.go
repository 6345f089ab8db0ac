package cli

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
)

func NewCompletion(e *Env) *Command {
	shells := []struct{ name, how string }{
		{"bash", "source <(kinde-migrate completion bash)"},
		{"zsh", "source <(kinde-migrate completion zsh)"},
		{"fish", "kinde-migrate completion fish | source"},
		{"powershell", "kinde-migrate completion powershell | Out-String | Invoke-Expression"},
	}
	c := &Command{
		Name:  "completion",
		Short: "Print a script that completes commands and flags in your shell",
		Long:  "Load it from your shell's start-up file.",
	}
	for _, s := range shells {
		c.Examples = append(c.Examples, Example{What: "In " + s.name, Line: s.how})
		c.Sub = append(c.Sub, &Command{
			Name:     s.name,
			Short:    "Print the script for " + s.name,
			Examples: []Example{{What: "Load it into this shell", Line: s.how}},
			Exits:    []Code{ExitOK},
			Run:      func(context.Context, *Invocation) error { return writeCompletion(e.IO.Out, e.root(), s.name) },
		})
	}
	return c
}

// words lists what can follow each path of commands: the commands below it and its flags.
func words(root *Command) (paths []string, follow map[string][]string) {
	follow = map[string][]string{}
	var walk func(c *Command, path string)
	walk = func(c *Command, path string) {
		var list []string
		for _, s := range c.Sub {
			if !s.hidden {
				list = append(list, s.Name)
			}
		}
		for _, f := range c.Flags {
			if visible(f) {
				list = append(list, "--"+f.Names()[0])
			}
		}
		list = append(list, "--help")
		paths, follow[path] = append(paths, path), list
		for _, s := range c.Sub {
			if !s.hidden {
				walk(s, strings.TrimSpace(path+" "+s.Name))
			}
		}
	}
	walk(root, "")
	slices.Sort(paths)
	return paths, follow
}

func writeCompletion(w io.Writer, root *Command, shell string) error {
	paths, follow := words(root)
	var b strings.Builder
	switch shell {
	case "bash", "zsh":
		if shell == "zsh" {
			b.WriteString("autoload -U +X bashcompinit && bashcompinit\n")
		}
		b.WriteString("_kinde_migrate() {\n  local cur=\"${COMP_WORDS[COMP_CWORD]}\" path=\"\" word i\n" +
			"  for ((i = 1; i < COMP_CWORD; i++)); do\n    word=\"${COMP_WORDS[i]}\"\n    case \" $(_kinde_migrate_paths) \" in\n" +
			"      *\" ${path:+$path/}$word \"*) path=\"${path:+$path/}$word\" ;;\n    esac\n  done\n  case \"$path\" in\n")
		for _, p := range paths {
			fmt.Fprintf(&b, "    %q) COMPREPLY=($(compgen -W %q -- \"$cur\")) ;;\n", strings.ReplaceAll(p, " ", "/"), strings.Join(follow[p], " "))
		}
		b.WriteString("  esac\n  if [ ${#COMPREPLY[@]} -eq 0 ]; then COMPREPLY=($(compgen -f -- \"$cur\")); fi\n}\n")
		all := make([]string, 0, len(paths))
		for _, p := range paths {
			if p != "" {
				all = append(all, strings.ReplaceAll(p, " ", "/"))
			}
		}
		fmt.Fprintf(&b, "_kinde_migrate_paths() { echo %q; }\ncomplete -o filenames -F _kinde_migrate %s\n", strings.Join(all, " "), Program)
	case "fish":
		for _, p := range paths {
			condition := "__fish_use_subcommand"
			if p != "" {
				condition = "__fish_seen_subcommand_from " + p[strings.LastIndex(p, " ")+1:]
			}
			for _, word := range follow[p] {
				if long, ok := strings.CutPrefix(word, "--"); ok {
					fmt.Fprintf(&b, "complete -c %s -n '%s' -l %s\n", Program, condition, long)
				} else {
					fmt.Fprintf(&b, "complete -c %s -n '%s' -a %s\n", Program, condition, word)
				}
			}
		}
	case "powershell":
		b.WriteString("Register-ArgumentCompleter -Native -CommandName " + Program + " -ScriptBlock {\n  param($wordToComplete, $commandAst, $cursorPosition)\n  $follow = @{\n")
		for _, p := range paths {
			fmt.Fprintf(&b, "    '%s' = '%s'\n", p, strings.Join(follow[p], " "))
		}
		b.WriteString("  }\n  $path = ''\n  foreach ($e in $commandAst.CommandElements | Select-Object -Skip 1) {\n" +
			"    $next = (\"$path $e\").Trim()\n    if ($follow.ContainsKey($next)) { $path = $next }\n  }\n" +
			"  $follow[$path].Split(' ') | Where-Object { $_ -like \"$wordToComplete*\" } | ForEach-Object {\n" +
			"    [System.Management.Automation.CompletionResult]::new($_, $_, 'ParameterValue', $_)\n  }\n}\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}
