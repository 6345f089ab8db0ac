package imports

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
	"github.com/kinde-migrate/kinde-migrate/internal/cli"
	"github.com/kinde-migrate/kinde-migrate/internal/cli/importjob"
	"github.com/kinde-migrate/kinde-migrate/internal/cli/input"
	"github.com/kinde-migrate/kinde-migrate/internal/mapping"
	"github.com/kinde-migrate/kinde-migrate/internal/report"
)

// next says how to go on after an import.
func (o *importOptions) next(ctx context.Context, in *cli.Invocation, r *report.Report, end importjob.End) []string {
	again := in.Rebuilt("import", "")
	switch {
	case r.Interrupted, r.Stopped != "":
		return []string{"Continue where it stopped:\n" + again}
	case o.DryRun && o.AsksForPrefix(r):
		return []string{o.WithPrefix("import", in)}
	case o.DryRun && o.Target.Sandbox:
		return []string{"Next, rehearse it:\n" + in.Rebuilt("import", "", "dry-run", "report")}
	case o.DryRun:
		return []string{"Next, do it:\n" + in.Rebuilt("import", "", "dry-run", "report")}
	case r.Problems.ByCode[string(mapping.APIFailed)] > 0:
		return []string{"Try again what was given up:\n" + again}
	case o.AsksForPrefix(r):
		return []string{o.WithPrefix("import", in)}
	case end.Conn.Sandbox != nil:
		state := input.Beside(in.Args, ".sandbox.tenant")
		said := fmt.Sprintf("This tenant is stored in %s, with everything from the source, password hashes included. Start it", state)
		start := fmt.Sprintf("%s sandbox --state %s", in.Called(), cli.ShellQuote(state))
		who := somebody(ctx, end.Store)
		if who == "" {
			return []string{said + ":\n" + start}
		}
		return []string{
			said + " and sign somebody in, from another terminal:\n" + start + "\n" + fmt.Sprintf(
				`curl -d '{"identity":"%s","password":"…"}' \`,
				who,
			) +
				"\n  http://127.0.0.1:8080/sandbox/sign-in",
		}
	case r.Totals.Rejected > 0 && len(rejectsOf(r)) > 0:
		return []string{
			"Correct the rejected records in the files rejects.* and import those files; the checkpoint knows everybody else:\n" + o.correction(
				in,
				r,
			),
		}
	default:
		next := "Next, compare source and tenant again, today or next week:\n"
		if files := corrected(ctx, end.Store); len(files) > 0 {
			checkpoint := "--checkpoint " + cli.ShellQuote(o.Checkpoint)
			return []string{next + in.Of(files).Next("reconcile", checkpoint, "checkpoint"), "And what was corrected:\n" + in.Next("reconcile", "")}
		}
		return []string{next + in.Next("reconcile", "")}
	}
}

// corrected are the files of the source that corrections were imported after, none where
// no correction was.
func corrected(ctx context.Context, store *checkpoint.Store) []string {
	note, err := store.Note(ctx, importjob.NoteWhole)
	saved, ok := cli.Saved(note)
	if err != nil || !ok {
		return nil
	}
	files := slices.Clone(saved.Files())
	if here, err := os.Getwd(); err != nil || here != saved.Dir {
		for i, f := range files {
			if saved.Dir != "" && f != "-" && !filepath.IsAbs(f) {
				files[i] = filepath.Join(saved.Dir, f)
			}
		}
	}
	return files
}

// rejectsOf are the files with rejected records that can be corrected and imported.
func rejectsOf(r *report.Report) (files []string) {
	for _, f := range r.Files {
		if strings.HasPrefix(f, report.RejectsPrefix) && !strings.HasSuffix(f, ".malformed") {
			files = append(files, f)
		}
	}
	return files
}

// correction is the command that imports the corrected rejects.
func (o *importOptions) correction(in *cli.Invocation, r *report.Report) string {
	again := in.WithFiles(
		joined(o.Report, rejectsOf(r)),
		"import",
		"checkpoint",
		"sandbox",
		"report",
		"limit",
		"sample",
		"only",
		"filter",
		"gone",
		"mirror",
	)
	if o.Target.Sandbox {
		again += " --sandbox"
	}
	return again + " --checkpoint " + cli.ShellQuote(o.Checkpoint)
}

func joined(dir string, names []string) []string {
	paths := make([]string, len(names))
	for i, name := range names {
		paths[i] = filepath.Join(dir, name)
	}
	return paths
}

// somebody returns the address of a person who keeps the password, "" when there is none.
func somebody(ctx context.Context, store *checkpoint.Store) string {
	where := checkpoint.Selection{Stage: []checkpoint.Stage{checkpoint.Present}}
	for r, err := range store.Records(ctx, where) {
		if err != nil {
			return ""
		}
		if r.SignIn == "same_password" && r.Email != "" && !strings.ContainsAny(r.Email, `"'\\`) {
			return r.Email
		}
	}
	return ""
}
