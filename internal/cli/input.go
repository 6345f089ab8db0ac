package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	"github.com/kinde-migrate/kinde-migrate/internal/exporter"
	"github.com/kinde-migrate/kinde-migrate/internal/intake"
	"github.com/kinde-migrate/kinde-migrate/internal/mapping"
	"github.com/kinde-migrate/kinde-migrate/internal/password"
	"github.com/kinde-migrate/kinde-migrate/internal/source"
)

// maxParameters bounds a file of hash parameters, in bytes.
const maxParameters = 1 << 20

// open opens the source that the flags and arguments describe.
func (o *sourceOptions) open(ctx context.Context, e *env, files []string) (*intake.Intake, error) {
	options, err := o.intake(e, files)
	if err != nil {
		return nil, err
	}
	return openIntake(ctx, e, options)
}

// openIntake opens the source; it is closed when the command ends.
func openIntake(ctx context.Context, e *env, options intake.Options) (*intake.Intake, error) {
	// A file of a backup is read like any other, but not when it is no longer what
	// was backed up.
	for _, path := range slices.Concat(options.Files, options.Memberships, options.Organizations) {
		if err := exporter.VerifyMember(ctx, path); err != nil {
			return nil, fmt.Errorf("reading the backup: %w", err)
		}
	}
	in, err := intake.Open(ctx, options)
	if err != nil {
		return nil, inputError(err)
	}
	e.onClose(in.Close)
	return in, nil
}

// inputError decides whose fault it is that the source can't be opened: a file
// that is not there or a mapping that is wrong is the caller's.
func inputError(err error) error {
	var f *failure
	switch {
	case errors.As(err, &f), errors.Is(err, context.Canceled):
		return err
	case errors.Is(err, os.ErrNotExist):
		return usagef("check the path", "opening the source: %w", err)
	case errors.Is(err, os.ErrPermission):
		return failf("", "opening the source: %w", err)
	}
	if _, refused := errors.AsType[*intake.RefusedError](err); refused {
		return err
	}
	var path *os.PathError
	if errors.As(err, &path) {
		return failf("", "opening the source: %w", err)
	}
	if errors.Is(err, source.ErrEmpty) {
		return usagef("check that the export has finished", "reading the source: %w", err)
	}
	_, try, _ := foreign(err)
	return usagef(try, "reading the source: %w", err)
}

// intake turns the flags into the reader's options.
func (o *sourceOptions) intake(e *env, files []string) (intake.Options, error) {
	if len(files) == 0 {
		return intake.Options{}, usagef("name the export file, or - for stdin", "there is no file to read")
	}
	if slices.Index(files, "-") >= 0 && len(files) > 1 {
		return intake.Options{}, usagef("", "stdin (-) can't be mixed with other files")
	}
	for _, f := range files {
		if f == "-" {
			continue
		}
		if st, err := os.Stat(f); err != nil {
			return intake.Options{}, inputError(err)
		} else if st.IsDir() {
			return intake.Options{}, usagef("name the files in it", "%s is a folder", f)
		}
	}
	out := intake.Options{
		Files: files, Stdin: e.io.In, Preset: o.from, MappingFile: o.mapping,
		Passwords: o.passwords, Identities: o.identities, Memberships: o.memberships, Organizations: o.organizations,
		IDPrefix: o.idPrefix, Assume: o.assume, TryCrypt: o.tryCrypt, Duplicates: intake.Duplicates(o.duplicates),
		Limit: int64(o.limit), Sample: int64(o.sample), Seed: 1, Only: o.only, Filter: o.filter,
	}
	if o.from == "auto" {
		out.Preset = ""
	}
	if o.format != "auto" {
		out.Format = source.Format(o.format)
	}
	if err := mapping.CheckIDPrefix(o.idPrefix); err != nil {
		return out, usagef("--id-prefix forum", "--id-prefix %w", err)
	}
	if o.limit < 0 || o.sample < 0 {
		return out, usagef("--limit 100, or --sample 100", "--limit and --sample take a number of records above 0")
	}
	if names := presetNames(); !slices.Contains(names, o.from) {
		return out, usagef(suggest("--from ", o.from, names[2:], program+" mapping list shows the presets"), "there is no preset %q", o.from)
	}
	for _, check := range []struct {
		flag, value string
		allowed     []string
	}{
		{"--format", o.format, []string{"auto", "csv", "json", "ndjson", "ldif"}},
		{"--duplicates", o.duplicates, []string{"", "reject", "merge"}},
		{"--unsupported-passwords", o.unsupportedPasswords, []string{"", "reset", "skip", "reject"}},
		{"--stale-passwords", o.stalePasswords, []string{"", "reset", "set"}},
	} {
		if err := oneOf(check.flag, check.value, check.allowed...); err != nil {
			return out, err
		}
	}
	if o.hashParams != "" {
		data, err := readSmall(o.hashParams, maxParameters)
		if err != nil {
			return out, err
		}
		if out.HashParams, err = password.ParseParams(data); err != nil {
			return out, usagef("give the parameters as YAML, JSON, or Firebase's hash_config { … } as pasted", "reading %s: %w", o.hashParams, err)
		}
	}
	return out, nil
}

// presetNames are the values of --from.
func presetNames() []string {
	names := []string{"", "auto"}
	for _, p := range mapping.Presets() {
		names = append(names, p.Name)
	}
	return names
}

// partial tells whether only a part of the source was asked for.
func (o *sourceOptions) partial() bool {
	return o.limit > 0 || o.sample > 0 || o.only != "" || o.filter != ""
}

// selection says which part of the source was asked for, "" for all of it.
func (o *sourceOptions) selection() string {
	if !o.partial() {
		return ""
	}
	return fmt.Sprintf("%d %d %q %q", o.limit, o.sample, o.only, o.filter)
}

// readSmall reads a file that a person wrote.
func readSmall(path string, limit int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, inputError(err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err != nil {
		return nil, failf("", "reading %s: %w", path, err)
	}
	if int64(len(data)) > limit {
		return nil, usagef("", "%s is larger than %d MB", path, limit>>20)
	}
	return data, nil
}

// besides returns the name of a file that belongs to the source: its first
// file's name with a suffix.
func besides(files []string, suffix string) string {
	name := "stdin"
	if len(files) > 0 && files[0] != "-" {
		name = files[0]
	}
	return name + suffix
}
