// Package importjob is an import as commands run it. The import, the restore of
// a backup and the repair of a reconciliation share it: where state and reports
// lie, the importer's options, the source on its way to it, the end, and what a
// command that comes after it takes over.
//
// It defines no command and no flag.
package importjob

import (
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/kinde-migrate/kinde-migrate/internal/cli"
	"github.com/kinde-migrate/kinde-migrate/internal/cli/input"
	"github.com/kinde-migrate/kinde-migrate/internal/importer"
	"github.com/kinde-migrate/kinde-migrate/internal/report"
)

type Options struct {
	Source input.Options
	Target cli.TargetOptions
	Pace   cli.PaceOptions
	Output cli.OutputOptions

	Checkpoint, Report, KeepDropped, OnExisting, MaxErrors, Gone, MaxGone           string
	DryRun, Complete, OverwritePasswords, CreateMissing, RefreshClaims, NoReconcile bool
	RetryFailed, Strict, Mirror, AcceptChanges, NewSource, ShowValues               bool
	Dashboard                                                                       string
}

// Paths fills in where state and results lie.
func (o *Options) Paths(files []string) {
	suffix := ".checkpoint"
	if o.Target.Sandbox {
		suffix = ".sandbox.checkpoint"
	}
	if o.Checkpoint == "" {
		o.Checkpoint = input.Beside(files, suffix)
	}
	if o.Report == "" {
		o.Report = o.Checkpoint + ".report"
		if o.DryRun {
			o.Report = input.Beside(files, ".dry-run.report")
		}
	}
}

// Settings takes over what a configuration file says of the source.
func (o *Options) Settings(e *cli.Env, in *cli.Invocation) error {
	list, err := e.Setting(&o.Target, in, "erasure_list")
	o.Source.ErasureList = list
	return err
}

// Importer turns the flags into the importer's own options.
func (o *Options) Importer(files []string) (importer.Options, error) {
	out := importer.Options{
		Command: "import", Version: cli.Version(), RunID: cli.NewRunID(time.Now()),
		DryRun: o.DryRun, Complete: o.Complete, OnExisting: importer.OnExisting(o.OnExisting), OverwritePasswords: o.OverwritePasswords,
		Unsupported: importer.Unsupported(o.Source.UnsupportedPasswords), Stale: importer.Stale(o.Source.StalePasswords),
		Organization: o.Source.Organization, CreateMissing: o.CreateMissing || o.Target.Sandbox, Enterprise: o.Source.Enterprise,
		RefreshClaims: o.RefreshClaims, Strict: o.Strict, NoReconcile: o.NoReconcile, RetryFailed: o.RetryFailed,
		Mirror: o.Mirror, Gone: importer.Gone(o.Gone), Partial: o.Source.Partial(),
		AcceptChanges: o.AcceptChanges, NewSource: o.NewSource, Correction: IsCorrection(files, o.Checkpoint),
		AwaitDelivery: true, Concurrency: o.Pace.Concurrency, Pinned: o.pinned(), Selection: o.Source.Selection(),
	}
	if err := cli.OneOf("--on-existing", o.OnExisting, cli.Words(OnExisting)...); err != nil {
		return out, err
	}
	if err := cli.OneOf("--gone", o.Gone, cli.Words(Gone)...); err != nil {
		return out, err
	}
	if out.Gone != importer.KeepGone && out.Partial {
		return out, cli.Usagef(
			"leave out --limit, --sample, --only and --filter; a folder that was fetched with --since, or not completely, is not complete either",
			"--gone %s needs a complete source",
			o.Gone,
		)
	}
	var err error
	if out.MaxErrors, err = cli.ParseMaxErrors(o.MaxErrors); err != nil {
		return out, err
	}
	gone, err := cli.ParsePercent(o.MaxGone)
	if err != nil || gone < 0 || gone > 100 {
		return out, cli.Usagef("--max-gone 1%", "--max-gone %q is not a percentage", o.MaxGone)
	}
	out.MaxGone = gone
	return out, nil
}

// pinned are the options that must not change unnoticed from run to run: they
// decide what the tenant should look like.
func (o *Options) pinned() map[string]string {
	out := map[string]string{
		"on-existing": o.OnExisting, "overwrite-passwords": strconv.FormatBool(o.OverwritePasswords),
		"duplicates": o.Source.Duplicates, "unsupported-passwords": o.Source.UnsupportedPasswords, "stale-passwords": o.Source.StalePasswords,
		"organization": o.Source.Organization, "enterprise": strconv.FormatBool(o.Source.Enterprise),
		"assume": o.Source.Assume, "try-crypt": strconv.FormatBool(o.Source.TryCrypt),
	}
	// A checkpoint from before these options has no name for them.
	if o.Source.IDPrefix != "" {
		out["id-prefix"] = o.Source.IDPrefix
	}
	if o.Source.RoleScope != "" {
		out["role-scope"] = o.Source.RoleScope
	}
	return out
}

// IsCorrection tells whether the files are what an earlier run of a job rejected:
// they complete its source and don't replace it. What the job's own folder of reports
// holds is that, whatever its name; elsewhere the names tell. A job that is named
// after the file has no other source.
func IsCorrection(files []string, job string) bool {
	same := func(a, b string) bool {
		a, err := filepath.Abs(a)
		b, err2 := filepath.Abs(b)
		return err == nil && err2 == nil && a == b
	}
	if len(files) == 0 || same(job, input.Beside(files, ".checkpoint")) || same(job, input.Beside(files, ".sandbox.checkpoint")) {
		return false
	}
	return !slices.ContainsFunc(files, func(f string) bool {
		return !strings.HasPrefix(filepath.Base(f), report.RejectsPrefix) && !same(filepath.Dir(f), job+".report")
	})
}
