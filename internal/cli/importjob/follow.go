package importjob

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
	"github.com/kinde-migrate/kinde-migrate/internal/cli"
	"github.com/kinde-migrate/kinde-migrate/internal/cli/input"
	"github.com/kinde-migrate/kinde-migrate/internal/importer"
	"github.com/kinde-migrate/kinde-migrate/internal/job"
	"github.com/kinde-migrate/kinde-migrate/internal/ui"
	"github.com/kinde-migrate/kinde-migrate/kinde"
)

// Followed is what a command that comes after an import takes over from it.
type Followed struct {
	Source     *input.Options
	Checkpoint *string // "" looks beside the source; "" again when there is none
	Sandbox    bool
	Quiet      bool
}

// Follow finds the checkpoint of the import (the one that is named must be
// there, the one beside the source may be), takes over the options of the import
// that were not given here, and says so. It returns nil when there was none.
func Follow(ctx context.Context, e *cli.Env, in *cli.Invocation, f *Followed) (*checkpoint.Reader, error) {
	if *f.Checkpoint == "" {
		suffix := ".checkpoint"
		if f.Sandbox {
			suffix = ".sandbox.checkpoint"
		}
		beside := input.Beside(in.Args, suffix)
		if _, err := os.Stat(beside); errors.Is(err, fs.ErrNotExist) {
			return nil, nil
		}
		*f.Checkpoint = beside
	}
	r, err := cli.OpenCheckpoint(ctx, *f.Checkpoint)
	if err != nil {
		return nil, err
	}
	e.OnClose(r.Close)
	said, err := inherit(ctx, f.Source, r, in)
	if len(said) > 0 && !f.Quiet {
		fmt.Fprintf(e.IO.Err, "As in the import: %s\n", ui.Line(strings.Join(said, " ")))
	}
	return r, err
}

// inherited are the flags of an import that decide how users should look. A
// comparison without them would compare with something else.
var inherited = []string{"from", "format", "mapping", "passwords", "identities", "memberships", "organizations", "hash-params",
	"id-prefix", "role-scope", "assume", "try-crypt", "duplicates", "unsupported-passwords", "stale-passwords", "enterprise", "organization",
	"accept-incomplete"}

// inherit takes over the options of the import that were not given here, and
// returns them as a person would type them.
func inherit(ctx context.Context, s *input.Options, job *checkpoint.Reader, in *cli.Invocation) ([]string, error) {
	data, err := job.Note(ctx, cli.NoteCommand)
	if err != nil || data == nil {
		return nil, err
	}
	var saved cli.SavedCommand
	if err := json.Unmarshal(data, &saved); err != nil {
		return nil, fmt.Errorf("reading the command of the import from the checkpoint: %w", err)
	}
	texts := map[string]*string{
		"from":                  &s.From,
		"format":                &s.Format,
		"mapping":               &s.Mapping,
		"hash-params":           &s.HashParams,
		"assume":                &s.Assume,
		"id-prefix":             &s.IDPrefix,
		"role-scope":            &s.RoleScope,
		"duplicates":            &s.Duplicates,
		"unsupported-passwords": &s.UnsupportedPasswords,
		"stale-passwords":       &s.StalePasswords,
		"organization":          &s.Organization,
	}
	lists := map[string]*[]string{
		"passwords":     &s.Passwords,
		"identities":    &s.Identities,
		"memberships":   &s.Memberships,
		"organizations": &s.Organizations,
	}
	switches := map[string]*bool{"try-crypt": &s.TryCrypt, "enterprise": &s.Enterprise, "accept-incomplete": &s.AcceptIncomplete}
	var said []string
	for _, word := range saved.Line {
		if word == "--" {
			break
		}
		name, value, _ := strings.Cut(strings.TrimPrefix(word, "--"), "=")
		if !strings.HasPrefix(word, "--") || !slices.Contains(inherited, name) || in.Set(name) {
			continue
		}
		if isPath := name == "mapping" || name == "hash-params" || lists[name] != nil; isPath && saved.Dir != "" && !filepath.IsAbs(value) {
			if here, err := os.Getwd(); err != nil || here != saved.Dir {
				value = filepath.Join(saved.Dir, value)
			}
		}
		switch {
		case texts[name] != nil:
			*texts[name] = value
		case lists[name] != nil:
			*lists[name] = append(*lists[name], value)
		case switches[name] != nil:
			*switches[name], _ = strconv.ParseBool(value)
		}
		said = append(said, "--"+name+" "+cli.ShellQuote(value))
	}
	return said, nil
}

// Rules are the importer's options that decide how users should look, for a
// command that compares.
func Rules(command string, s *input.Options, concurrency int) importer.Options {
	return importer.Options{
		Command: command, Version: cli.Version(), Organization: s.Organization, Enterprise: s.Enterprise,
		Unsupported: importer.Unsupported(s.UnsupportedPasswords), Stale: importer.Stale(s.StalePasswords),
		Concurrency: concurrency, Partial: s.Partial(),
	}
}

// ReadingError keeps the tenant's errors and a refusal as they are; others are
// the source's.
func ReadingError(err error) error {
	if _, refused := errors.AsType[*job.RefusedError](err); refused || errors.Is(err, context.Canceled) {
		return err
	}
	if _, ok := errors.AsType[*kinde.Error](err); ok && kinde.ClassOf(err) != kinde.ClassNone {
		return err
	}
	return input.OpenError(err)
}
