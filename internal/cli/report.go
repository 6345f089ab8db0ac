package cli

import (
	"context"
	"fmt"

	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
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
	if o.checkpoint == "" {
		return usagef("--checkpoint users.ndjson.checkpoint", "no checkpoint is named")
	}
	r, err := checkpoint.OpenReader(ctx, o.checkpoint)
	if checkpoint.ReasonOf(err) == checkpoint.Missing {
		return usagef(program+" status lists the checkpoints of a folder", "there is no checkpoint %s", o.checkpoint)
	}
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
	if err := saveFolder(ctx, dir, folded, r, reopen(ctx, e, r), o.showValues); err != nil {
		return err
	}
	if o.output.json {
		return folded.WriteJSON(e.io.Out)
	}
	return folded.WriteText(e.io.Out, report.Guide{Width: e.io.Width(), Folder: dir, Holds: holdsSource(folded)})
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
		return writeIndented(e.io.Out, stories)
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
