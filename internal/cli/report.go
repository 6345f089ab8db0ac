package cli

import (
	"context"
	"fmt"
	"os"

	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
	"github.com/kinde-migrate/kinde-migrate/internal/intake"
	"github.com/kinde-migrate/kinde-migrate/internal/report"
)

type reportOptions struct {
	output           outputOptions
	checkpoint, user string
	report           string
	crosswalk        crosswalkOptions
	showValues       bool
}

func newReport(e *env) *command {
	o := &reportOptions{}
	return &command{
		name:  "report",
		short: "Write the reports of a job again, or tell one user's story",
		long:  "Reads a checkpoint, also while a run is at work. The tenant is not asked.",
		examples: []example{
			{"How far is it?", "kinde-migrate report --checkpoint users.ndjson.checkpoint"},
			{"What happened to Ana?", "kinde-migrate report --checkpoint users.ndjson.checkpoint --user ana@example.com"},
			{"Re-key the application's database: its old ids, Kinde's ids", "kinde-migrate report --checkpoint users.ndjson.checkpoint --crosswalk sql --sql-table users --sql-column auth_id"},
			{"For a script", "kinde-migrate report --checkpoint users.ndjson.checkpoint --json"},
		},
		exits: []Code{exitOK, exitFailed, exitUsage, exitCheckpoint},
		flags: flagsOf([]urfaveFlag{
			strFlag(&o.checkpoint, catState, "checkpoint", "", "`FILE` of the job"),
			strFlag(&o.report, catState, "report", "", "`DIR` for the reports; <checkpoint>.report unless given"),
			showValuesFlag(&o.showValues),
			strFlag(&o.user, catState, "user", "", "tell the story of one user: `ID`, e-mail address, phone number or username"),
		}, o.crosswalk.flags(), o.output.quietFlags()),
		run: func(ctx context.Context, in *invocation) error { return runReport(ctx, e, o, in) },
	}
}

func runReport(ctx context.Context, e *env, o *reportOptions, in *invocation) error {
	r, err := openCheckpoint(ctx, o.checkpoint)
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
	if err := saveReports(ctx, dir, folded, r, reopen(ctx, e, r), o.showValues); err != nil {
		return err
	}
	return showReport(e, &o.output, folded, report.Guide{Folder: dir, Holds: holdsSource(folded)})
}

// tellStory prints what happened to one user.
func tellStory(ctx context.Context, e *env, o *reportOptions, r *checkpoint.Reader) error {
	records, err := r.Find(ctx, o.user)
	if err != nil {
		return err
	}
	if len(records) == 0 {
		return usagef("name the user by source id, Kinde id, e-mail address, phone number or username", "%s is not in the checkpoint", o.user)
	}
	stories := []report.Story{}
	for _, record := range records {
		s, err := report.StoryOf(ctx, r, record)
		if err != nil {
			return err
		}
		stories = append(stories, s)
	}
	if o.output.json {
		return e.writeJSON(stories)
	}
	for i, s := range stories {
		if i > 0 {
			fmt.Fprintln(e.io.Out)
		}
		if err := s.WriteText(e.io.Out, e.io.Width()); err != nil {
			return err
		}
	}
	return nil
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
