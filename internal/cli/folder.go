package cli

import (
	"context"
	"os"

	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
	"github.com/kinde-migrate/kinde-migrate/internal/intake"
	"github.com/kinde-migrate/kinde-migrate/internal/report"
	"github.com/kinde-migrate/kinde-migrate/internal/report/page"
)

// saveFolder writes all reports of a job into a folder and names them in r.
// raw reads the source again for the rejects; nil leaves those of an earlier
// run as they are.
// show leaves personal data in the page for people unmasked.
func saveFolder(ctx context.Context, dir string, r *report.Report, job *checkpoint.Reader, raw report.Raw, show bool) error {
	if err := report.MakeFolder(dir); err != nil {
		return err
	}
	if err := report.SaveOutcomes(dir, report.Outcomes(ctx, job)); err != nil {
		return err
	}
	r.Files = []string{report.JSONFile, page.File, report.OutcomesFile}
	if raw != nil {
		rejects, err := report.WriteRejects(ctx, dir, raw, report.Pieces(ctx, job))
		if err != nil {
			return err
		}
		r.Files = append(r.Files, rejects...)
	}
	if err := savePage(ctx, dir, r, job, show); err != nil {
		return err
	}
	return r.SaveJSON(dir)
}

// reopen opens the source of a job again, to read pieces of it; nil when the
// files are not there any more, or are not what they were.
func reopen(ctx context.Context, e *env, job *checkpoint.Reader) report.Raw {
	s, ok, err := job.Source(ctx)
	if err != nil || !ok {
		return nil
	}
	options := intake.Options{Preset: s.Preset}
	for _, f := range s.Files {
		st, err := os.Stat(f.Path)
		if err != nil || st.Size() != f.Bytes || !st.Mode().IsRegular() || !f.ModTime.IsZero() && !st.ModTime().Equal(f.ModTime) {
			return nil
		}
		options.Files = append(options.Files, f.Path)
	}
	if len(options.Files) == 0 {
		return nil
	}
	in, err := intake.Open(ctx, options)
	if err != nil {
		return nil // it was read with a mapping file that only the import knows
	}
	e.onClose(in.Close)
	return in
}
