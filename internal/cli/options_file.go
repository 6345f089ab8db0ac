package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
	urfave "github.com/urfave/cli/v2"

	"github.com/kinde-migrate/kinde-migrate/internal/yamlguard"
)

// optionsFlag names the file that holds the options of a migration's steps.
const optionsFlag = "options"

// optionsFile is what --options names: the flags of every step of a migration. It
// is a configuration file that also knows the flags of the commands. What it says of
// the tenant is laid over the profile, like any configuration; the rest stands for
// flags that were not typed.
type optionsFile struct {
	root     *Command
	path     string
	profile  string
	settings configFile
	files    []string
	flags    []optionLine            // of every command that has the flag
	only     map[string][]optionLine // of one command
}

// optionLine is a flag that the file sets.
type optionLine struct {
	name   string
	values []string
	tok    *token.Token
}

// sayOnTheLine are flags of one run, or with something in them that no file that
// others read may hold.
var sayOnTheLine = []string{
	"yes",
	"json",
	"quiet",
	"dry-run",
	"accept-changes",
	"new-source",
	"fresh",
	"force",
	"fix",
	"clean",
	"options",
	"config",
	"debug",
	"dashboard",
	"token-command",
	"sandbox",
}

// ofOneCommand are flags that mean something else in each command.
var ofOneCommand = []string{"checkpoint", "report", "out", "state", "keep", "wait", "for", "every"}

// WithOptions adds the flag to the commands that do a step of a migration: those that
// read a source, talk to a tenant or look at a job.
func WithOptions(commands []*Command) []*Command {
	for _, c := range commands {
		WithOptions(c.Sub)
		if c.Run == nil {
			continue
		}
		// Each command is asked at each start, and the library takes its time for a name.
		var names []string
		for _, f := range c.Flags {
			names = append(names, f.Names()...)
		}
		talks := slices.Contains(names, "config")
		if !talks && !slices.Contains(names, "from") && !slices.Contains(names, "checkpoint") {
			continue
		}
		category := CatSource
		if talks {
			category = CatTarget
		}
		c.Flags = append(c.Flags, &urfave.StringFlag{Name: optionsFlag, Category: category,
			Usage: "options `FILE` written by guide; flags on the command line win"})
	}
	return commands
}

// applyOptions adds to a call what its options file says.
func (e *Env) applyOptions(c *call) error {
	at := slices.IndexFunc(c.Flags, func(f string) bool { return strings.HasPrefix(f, "--"+optionsFlag+"=") })
	if at < 0 {
		return nil
	}
	f, err := readOptions(e.root(), strings.TrimPrefix(c.Flags[at], "--"+optionsFlag+"="))
	if err != nil {
		return err
	}
	e.options = f
	cmd := c.Command()
	typed := slices.Clone(c.Flags)
	set := func(o optionLine) {
		prefix := "--" + o.name + "="
		if slices.ContainsFunc(typed, func(t string) bool { return strings.HasPrefix(t, prefix) }) {
			return
		}
		c.Flags = slices.DeleteFunc(c.Flags, func(t string) bool { return strings.HasPrefix(t, prefix) }) // a command's own section wins
		for _, v := range o.values {
			c.Flags = append(c.Flags, prefix+v)
		}
	}
	for _, o := range f.flags {
		if cmd.own(o.name) {
			set(o)
		}
	}
	for _, o := range f.only[strings.TrimPrefix(c.Name(), Program+" ")] {
		set(o)
	}
	if f.profile != "" && cmd.own("profile") {
		set(optionLine{name: "profile", values: []string{f.profile}})
	}
	if len(c.args) == 0 && strings.Contains(cmd.Args, "FILE") {
		c.args = f.files
	}
	return nil
}

// readOptions reads an options file strictly.
func readOptions(root *Command, path string) (*optionsFile, error) {
	file, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, Usagef("check the path, or write it with "+Program+" guide", "the options file %s does not exist", path)
	}
	if err != nil {
		return nil, fmt.Errorf("opening the options file: %w", err)
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, maxConfig+1))
	if err != nil {
		return nil, fmt.Errorf("reading the options file %s: %w", path, err)
	}
	if len(data) > maxConfig {
		return nil, Usagef("", "the options file %s is larger than %d MB", path, maxConfig>>20)
	}
	f := &optionsFile{root: root, path: path, only: map[string][]optionLine{}, settings: configFile{path: path}}
	err = yamlguard.Do(func() error { return f.parse(data) })
	if errors.Is(err, yamlguard.ErrUnreadable) {
		return nil, Usagef("correct the file", "the options file %s is not valid YAML", path)
	}
	if err != nil {
		return nil, err
	}
	return f, nil
}

func (f *optionsFile) parse(data []byte) error {
	doc, err := parser.ParseBytes(data, 0)
	if err != nil {
		return Usagef("correct the file", "reading the options file %s: %s", f.path, yaml.FormatError(err, false, true))
	}
	for _, d := range doc.Docs {
		if d.Body == nil {
			continue
		}
		if err := f.top(d.Body); err != nil {
			return err
		}
	}
	return nil
}

// wrong is a mistake in the file, with its place.
func (f *optionsFile) wrong(tok *token.Token, try, format string, args ...any) error {
	return Usagef(try, "%s:%d: %s", f.path, tok.Position.Line, fmt.Sprintf(format, args...))
}

// pairsOf returns the members of a map.
func (f *optionsFile) pairsOf(n ast.Node) ([]*ast.MappingValueNode, error) {
	var pairs []*ast.MappingValueNode
	switch n := n.(type) {
	case *ast.MappingNode:
		pairs = n.Values
	case *ast.MappingValueNode:
		pairs = []*ast.MappingValueNode{n}
	default:
		return nil, f.wrong(n.GetToken(), "on_existing: update", "options have to be names with values")
	}
	seen := map[string]bool{}
	for _, p := range pairs {
		name := p.Key.GetToken().Value
		if seen[name] {
			return nil, f.wrong(p.Key.GetToken(), "", "%s is given twice", name)
		}
		seen[name] = true
	}
	return pairs, nil
}

func (f *optionsFile) top(n ast.Node) error {
	pairs, err := f.pairsOf(n)
	if err != nil {
		return err
	}
	for _, p := range pairs {
		key := p.Key.GetToken()
		name := strings.ReplaceAll(key.Value, "_", "-")
		_, section := p.Value.(*ast.MappingNode)
		_, single := p.Value.(*ast.MappingValueNode)
		switch {
		case section || single:
			err = f.section(key, p.Value)
		case key.Value == "files":
			f.files, err = f.texts(p.Value)
		case key.Value == "profile":
			f.profile, err = f.text(key, p.Value)
		case f.setting(key.Value) != nil:
			*f.setting(key.Value), err = f.text(key, p.Value)
		case slices.Contains(ofOneCommand, name):
			err = f.wrong(
				key,
				"import: {"+key.Value+": …}",
				"%s belongs under a command's name, because each command needs a different one",
				key.Value,
			)
		default:
			var o optionLine
			if o, err = f.option(key, f.root, p.Value); err == nil {
				f.flags = append(f.flags, o)
			}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// setting returns where a setting of the tenant is kept, nil when the key is none.
func (f *optionsFile) setting(key string) *string {
	for _, s := range settings {
		if s.key == key && s.trusted && s.flag != "token-command" {
			return s.get(&f.settings.ConfigValues)
		}
	}
	return nil
}

// section reads the options of one command.
func (f *optionsFile) section(key *token.Token, n ast.Node) error {
	cmd := f.root
	for word := range strings.FieldsSeq(key.Value) {
		if cmd = cmd.find(word); cmd == nil || cmd.hidden {
			var names []string
			for _, c := range f.root.Sub {
				if !c.hidden {
					names = append(names, c.Name)
				}
			}
			return f.wrong(key, Suggest("", key.Value, names, "see "+Program+" --help"), "there is no command %q", key.Value)
		}
	}
	pairs, err := f.pairsOf(n)
	if err != nil {
		return err
	}
	for _, p := range pairs {
		o, err := f.option(p.Key.GetToken(), cmd, p.Value)
		if err != nil {
			return err
		}
		if !cmd.own(o.name) {
			return f.unknown(p.Key.GetToken(), cmd)
		}
		f.only[key.Value] = append(f.only[key.Value], o)
	}
	return nil
}

func (f *optionsFile) unknown(key *token.Token, cmd *Command) error {
	var names []string
	for _, s := range cmd.allFlags() {
		if !slices.Contains(sayOnTheLine, s.name) {
			names = append(names, strings.ReplaceAll(s.name, "-", "_"))
		}
	}
	what := "no command has an option"
	if cmd != f.root {
		what = cmd.Name + " has no option"
	}
	return f.wrong(key, Suggest("", key.Value, names, "the names are those of the flags, with _ for -"), "%s %q", what, key.Value)
}

// option reads a flag of a command, or of any below it.
func (f *optionsFile) option(key *token.Token, cmd *Command, n ast.Node) (optionLine, error) {
	o := optionLine{name: strings.ReplaceAll(key.Value, "_", "-"), tok: key}
	spec, known := cmd.lookup(o.name)
	switch {
	case !known || strings.Contains(key.Value, "-") || spec.name != o.name:
		return o, f.unknown(key, cmd)
	case slices.Contains(sayOnTheLine, o.name):
		return o, f.wrong(key, "pass --"+o.name+" to the command that needs it", "%s is not allowed in a file that other people read", key.Value)
	}
	var err error
	if spec.repeatable {
		o.values, err = f.texts(n)
		return o, err
	}
	value, err := f.text(key, n)
	if err == nil && spec.bool && value != "true" && value != "false" {
		err = f.wrong(key, key.Value+": true", "%s is true or false", key.Value)
	}
	o.values = []string{value}
	return o, err
}

// text reads a single value.
func (f *optionsFile) text(key *token.Token, n ast.Node) (string, error) {
	switch n := n.(type) {
	case *ast.StringNode:
		return n.Value, nil
	case *ast.LiteralNode:
		return n.Value.Value, nil
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode:
		return n.GetToken().Value, nil
	}
	return "", f.wrong(key, key.Value+": …", "%s takes a single value", key.Value)
}

// texts reads a list, or a single value as a list of one.
func (f *optionsFile) texts(n ast.Node) ([]string, error) {
	list, ok := n.(*ast.SequenceNode)
	if !ok {
		value, err := f.text(n.GetToken(), n)
		return []string{value}, err
	}
	var out []string
	for _, item := range list.Values {
		value, err := f.text(item.GetToken(), item)
		if err != nil {
			return nil, err
		}
		out = append(out, value)
	}
	return out, nil
}
