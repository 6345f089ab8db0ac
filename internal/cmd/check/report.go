package check

import (
	"context"
	"fmt"
	"os"

	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
	"github.com/kinde-migrate/kinde-migrate/internal/cli"
	"github.com/kinde-migrate/kinde-migrate/internal/cli/reports"
	"github.com/kinde-migrate/kinde-migrate/internal/intake"
	"github.com/kinde-migrate/kinde-migrate/internal/report"
)

type reportOptions struct {
	output           cli.OutputOptions
	checkpoint, user string
	report           string
	crosswalk        crosswalkOptions
	showValues       bool
}

func NewReport(e *cli.Env) *cli.Command {
	o := &reportOptions{}
	return &cli.Command{
		Name:  "report",
		Short: "Write the reports of a job again, or show everything about one user",
		Long:  "Reads a checkpoint, even while a run is working. It doesn't contact the tenant.",
		Examples: []cli.Example{
			{What: "How far has it got?", Line: "kinde-migrate report --checkpoint users.ndjson.checkpoint"},
			{What: "What happened to Ana?", Line: "kinde-migrate report --checkpoint users.ndjson.checkpoint --user ana@example.com"},
			{
				What: "Re-key the application's database: its old ids, Kinde's ids",
				Line: "kinde-migrate report --checkpoint users.ndjson.checkpoint --crosswalk sql --sql-table users --sql-column auth_id",
			},
			{What: "For a script", Line: "kinde-migrate report --checkpoint users.ndjson.checkpoint --json"},
		},
		Exits: []cli.Code{cli.ExitOK, cli.ExitFailed, cli.ExitUsage, cli.ExitCheckpoint},
		Flags: cli.FlagsOf([]cli.Flag{
			cli.StringFlag(&o.checkpoint, cli.CatState, "checkpoint", "", "`FILE` of the job"),
			cli.StringFlag(&o.report, cli.CatState, "report", "", "`DIR` for the reports; default <checkpoint>.report"),
			reports.ShowValuesFlag(&o.showValues),
			cli.StringFlag(&o.user, cli.CatState, "user", "", "show everything about one user: `ID`, e-mail address, phone number or username"),
		}, o.crosswalk.flags(), o.output.QuietFlags()),
		Run: func(ctx context.Context, in *cli.Invocation) error { return runReport(ctx, e, o, in) },
	}
}

func runReport(ctx context.Context, e *cli.Env, o *reportOptions, in *cli.Invocation) error {
	r, err := cli.OpenCheckpoint(ctx, o.checkpoint)
	if err != nil {
		return err
	}
	defer r.Close()
	if o.user != "" {
		return tellStory(ctx, e, o, r)
	}
	if o.crosswalk.as != "" {
		return runCrosswalk(ctx, e, o, r, in)
	}
	folded, err := report.Fold(ctx, r)
	if err != nil {
		return err
	}
	folded.Again()
	dir := o.report
	if dir == "" {
		dir = o.checkpoint + ".report"
	}
	if err := reports.Save(ctx, dir, folded, r, reopen(ctx, e, r), o.showValues); err != nil {
		return err
	}
	return reports.Show(e, &o.output, folded, report.Guide{Folder: dir, Holds: reports.HoldsSource(folded)})
}

// tellStory prints what happened to one user.
func tellStory(ctx context.Context, e *cli.Env, o *reportOptions, r *checkpoint.Reader) error {
	records, err := r.Find(ctx, o.user)
	if err != nil {
		return err
	}
	if len(records) == 0 {
		return cli.Usagef(
			"use the source id, Kinde id, e-mail address, phone number or username of the user",
			"%s is not in the checkpoint",
			o.user,
		)
	}
	stories := []report.History{}
	for _, record := range records {
		s, err := report.HistoryOf(ctx, r, record)
		if err != nil {
			return err
		}
		stories = append(stories, s)
	}
	if o.output.JSON {
		return e.WriteJSON(stories)
	}
	for i, s := range stories {
		if i > 0 {
			fmt.Fprintln(e.IO.Out)
		}
		if err := s.WriteText(e.IO.Out, e.IO.Width(), e.IO.TableWidth(e.IO.Out)); err != nil {
			return err
		}
	}
	return nil
}

// reopen opens the source of a job again, to read pieces of it; nil when the
// files are not there any more, or are not what they were.
func reopen(ctx context.Context, e *cli.Env, job *checkpoint.Reader) report.Raw {
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
	e.OnClose(in.Close)
	return in
}
