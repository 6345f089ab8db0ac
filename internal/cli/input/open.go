package input

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"github.com/kinde-migrate/kinde-migrate/internal/backup"
	"github.com/kinde-migrate/kinde-migrate/internal/cli"
	"github.com/kinde-migrate/kinde-migrate/internal/fetch"
	"github.com/kinde-migrate/kinde-migrate/internal/intake"
	"github.com/kinde-migrate/kinde-migrate/internal/mapping"
	"github.com/kinde-migrate/kinde-migrate/internal/password"
	"github.com/kinde-migrate/kinde-migrate/internal/source"
)

// maxParameters bounds a file of hash parameters, in bytes.
const MaxParameters = 1 << 20

// Open opens the source that the flags and arguments describe.
func (o *Options) Open(ctx context.Context, e *cli.Env, files []string) (*intake.Intake, error) {
	options, err := o.Reading(e, files)
	if err != nil {
		return nil, err
	}
	return Open(ctx, e, options)
}

// Open opens the source; it is closed when the command ends.
func Open(ctx context.Context, e *cli.Env, options intake.Options) (*intake.Intake, error) {
	in, err := OpenOnce(ctx, options)
	if err == nil {
		e.OnClose(in.Close)
	}
	return in, err
}

// OpenOnce opens the source for a command that reads it again and again, and
// closes it each time.
func OpenOnce(ctx context.Context, options intake.Options) (*intake.Intake, error) {
	// A file of a backup is read like any other, but not when it is no longer what
	// was backed up.
	for _, path := range slices.Concat(options.Files, options.Memberships, options.Organizations) {
		if err := backup.VerifyMember(ctx, path); err != nil {
			return nil, fmt.Errorf("reading the backup: %w", err)
		}
	}
	in, err := intake.Open(ctx, options)
	if err != nil {
		return nil, OpenError(err)
	}
	return in, nil
}

// OpenError decides whose fault it is that the source can't be opened: a file
// that is not there or a mapping that is wrong is the caller's.
func OpenError(err error) error {
	var f *cli.Failure
	switch {
	case errors.As(err, &f), errors.Is(err, context.Canceled):
		return err
	case errors.Is(err, os.ErrNotExist):
		return cli.Usagef("check the path", "opening the source: %w", err)
	case errors.Is(err, os.ErrPermission):
		return cli.Failf("let this user read the file, with chmod or chown, or use a copy that belongs to you", "opening the source: %w", err)
	}
	if f, ok := errors.AsType[*source.ForeignError](err); ok {
		return cli.Usagef(f.Try, "reading the source: %w", err)
	}
	if u, ok := errors.AsType[*intake.UnknownError](err); ok {
		return cli.Usagef(
			fmt.Sprintf(
				"write a mapping for it with %s mapping init %s --out mapping.yaml, or choose a preset with --from",
				cli.Program,
				cli.ShellQuote(u.Name),
			),
			"reading the source: %w",
			err,
		)
	}
	if _, refused := errors.AsType[*intake.RefusedError](err); refused {
		return err
	}
	if e, ok := errors.AsType[*fetch.FolderError](err); ok {
		return cli.Usagef(e.Try, "opening the source: %w", err)
	}
	var path *os.PathError
	if errors.As(err, &path) {
		return cli.Failf("", "opening the source: %w", err)
	}
	if errors.Is(err, source.ErrEmpty) {
		return cli.Usagef("check that the export has finished", "reading the source: %w", err)
	}
	_, try, _ := cli.Advice(err)
	return cli.Usagef(try, "reading the source: %w", err)
}

// Reading turns the flags into the reader's options.
func (o *Options) Reading(e *cli.Env, files []string) (intake.Options, error) {
	if len(files) == 0 {
		return intake.Options{}, cli.Usagef("pass the export file as an argument, or - for stdin", "there is no file to read")
	}
	if slices.Index(files, "-") >= 0 && len(files) > 1 {
		return intake.Options{}, cli.Usagef("", "stdin (-) can't be mixed with other files")
	}
	folder, err := o.fetched(files)
	if err != nil {
		return intake.Options{}, OpenError(err)
	}
	if folder != "" {
		files = []string{filepath.Join(folder, fetch.UsersFile)}
	}
	for _, f := range files {
		if f == "-" {
			continue
		}
		if st, err := os.Stat(f); err != nil {
			return intake.Options{}, OpenError(err)
		} else if st.IsDir() {
			return intake.Options{}, cli.Usagef("pass the files in it", "%s is a folder", f)
		}
	}
	out := intake.Options{
		Files: files, Stdin: e.IO.In, Preset: o.From, MappingFile: o.Mapping,
		Passwords: o.Passwords, Identities: o.Identities, Memberships: o.Memberships, Organizations: o.Organizations,
		IDPrefix: o.IDPrefix, RoleScope: o.RoleScope, Incomplete: o.AcceptIncomplete, Looking: o.Looking, Assume: o.Assume,
		TryCrypt: o.TryCrypt, Duplicates: intake.Duplicates(o.Duplicates),
		Limit: int64(o.limit), Sample: int64(o.sample), Seed: 1, Only: o.only, Filter: o.filter,
	}
	if out.Erased, err = o.Erased(); err != nil {
		return out, err
	}
	if o.From == "auto" {
		out.Preset = ""
	}
	if folder != "" {
		o.besides(folder, &out)
	}
	if o.Format != "auto" {
		out.Format = source.Format(o.Format)
	}
	if err := mapping.CheckIDPrefix(o.IDPrefix); err != nil {
		return out, cli.Usagef("--id-prefix forum", "--id-prefix %w", err)
	}
	if o.limit < 0 || o.sample < 0 {
		return out, cli.Usagef("--limit 100, or --sample 100", "--limit and --sample take a number of records above 0")
	}
	if names := mapping.PresetNames(); o.From != "" && o.From != "auto" && !slices.Contains(names, o.From) {
		return out, cli.Usagef(
			cli.Suggest("--from ", o.From, names, cli.Program+" mapping list shows the presets"),
			"there is no preset %q",
			o.From,
		)
	}
	for _, check := range []struct {
		flag, value string
		allowed     []cli.Choice
	}{
		{"--format", o.Format, formats},
		{"--role-scope", o.RoleScope, roleScopes()},
		{"--duplicates", o.Duplicates, Duplicates},
		{"--unsupported-passwords", o.UnsupportedPasswords, Unsupported},
		{"--stale-passwords", o.StalePasswords, stale},
	} {
		if check.value == "" && check.flag != "--format" {
			continue // a command without the flag
		}
		if err := cli.OneOf(check.flag, check.value, cli.Words(check.allowed)...); err != nil {
			return out, err
		}
	}
	if params := o.hashParams(folder); params != "" {
		data, err := ReadFile(params, MaxParameters)
		if err != nil {
			return out, err
		}
		if out.HashParams, err = password.ParseParams(data); err != nil {
			return out, cli.Usagef("give the parameters as YAML, JSON, or Firebase's hash_config { … } as pasted", "reading %s: %w", params, err)
		}
	}
	return out, nil
}

// ReadFile reads a file that a person wrote.
func ReadFile(path string, limit int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, OpenError(err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err != nil {
		return nil, cli.Failf("", "reading %s: %w", path, err)
	}
	if int64(len(data)) > limit {
		return nil, cli.Usagef("", "%s is larger than %d MB", path, limit>>20)
	}
	return data, nil
}

// Beside returns the name of a file that belongs to the source: its first
// file's name with a suffix.
func Beside(files []string, suffix string) string {
	name := "stdin"
	if len(files) > 0 && files[0] != "-" {
		name = filepath.Clean(files[0]) // a folder may end in a slash
	}
	return name + suffix
}
