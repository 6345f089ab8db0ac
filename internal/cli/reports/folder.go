// Package reports keeps, shows and serves the reports of a job: the folder with
// its files, what is printed at the end, the page while the job runs.
//
// It decides nothing: what stands in a report comes from internal/report.
package reports

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
	"github.com/kinde-migrate/kinde-migrate/internal/cli"
	"github.com/kinde-migrate/kinde-migrate/internal/report"
	"github.com/kinde-migrate/kinde-migrate/internal/report/page"
)

// Save writes all reports of a job into a folder and names them in r.
// raw reads the source again for the rejects; nil leaves those of an earlier
// run as they are.
// show leaves personal data in the page for people unmasked.
func Save(ctx context.Context, dir string, r *report.Report, job *checkpoint.Reader, raw report.Raw, show bool) error {
	if err := report.MakeFolder(dir); err != nil {
		return err
	}
	if err := report.SaveOutcomes(dir, report.Outcomes(ctx, job)); err != nil {
		return err
	}
	r.Files = []string{report.JSONFile, page.File, report.OutcomesFile}
	if err := saveGone(ctx, dir, r, job); err != nil {
		return err
	}
	if err := saveRejects(ctx, dir, r, job, raw); err != nil {
		return err
	}
	if err := savePage(ctx, dir, r, job, show); err != nil {
		return err
	}
	return r.SaveJSON(dir)
}

// saveRejects writes the rejects, if the source can be read again.
func saveRejects(ctx context.Context, dir string, r *report.Report, job *checkpoint.Reader, raw report.Raw) error {
	if raw == nil {
		return r.KeepRejects(dir)
	}
	others, err := job.Some(ctx, checkpoint.Selection{Outcomes: []checkpoint.Outcome{checkpoint.Rejected, checkpoint.Failed}, Elsewhere: true})
	if err != nil {
		return err
	}
	return r.WriteRejects(ctx, dir, raw, report.Rejected(ctx, job), others)
}

// Show prints a report, as JSON or for people, and ends the command with
// the worst of the codes.
func Show(e *cli.Env, o *cli.OutputOptions, r *report.Report, guide report.Guide, codes ...cli.Code) error {
	var err error
	if o.JSON {
		err = r.WriteJSON(e.IO.Out)
	} else {
		guide.Width, guide.Tables = e.IO.Width(), e.IO.TableWidth(e.IO.Out)
		err = r.WriteText(e.IO.Out, guide)
	}
	if err != nil {
		return err
	}
	return cli.Finished(codes...)
}

// HoldsSource tells whether the report's folder holds pieces of the source.
func HoldsSource(r *report.Report) bool {
	for _, f := range r.Files {
		if strings.HasPrefix(f, report.RejectsPrefix) {
			return true
		}
	}
	return false
}

// saveGone names those who are gone from the source, and removes the list of an earlier run where nobody is.
func saveGone(ctx context.Context, dir string, r *report.Report, job *checkpoint.Reader) error {
	if r.Source.Gone > 0 {
		r.Files = append(r.Files, report.GoneFile)
		return report.SaveGone(dir, report.Gone(ctx, job))
	}
	if err := os.Remove(filepath.Join(dir, report.GoneFile)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("removing the list of who was gone: %w", err)
	}
	return nil
}
