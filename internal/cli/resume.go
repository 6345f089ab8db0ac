package cli

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
)

type resumeOptions struct {
	output outputOptions
	rate   string
	yes    bool
}

func newResume(e *env) *command {
	o := &resumeOptions{}
	return &command{
		name:  "resume",
		args:  "CHECKPOINT",
		short: "Go on with a job that was stopped",
		long: "Runs the command that the checkpoint belongs to, with the same files and options, where it was stopped. " +
			"The tenant and the credentials come from the environment or the configuration, as always.",
		examples: []example{
			{"Take over an import", "kinde-migrate resume users.ndjson.checkpoint"},
			{"More slowly", "kinde-migrate resume users.ndjson.checkpoint --rate 20"},
		},
		exits: []Code{exitOK, exitFailed, exitUsage, exitRecords, exitAuth, exitCheckpoint, exitDifferences, exitInterrupted},
		flags: flagsOf(o.output.flags(), []urfaveFlag{
			strFlag(&o.rate, catPace, "rate", "auto", "requests a second, `N` or auto"),
			boolFlag(&o.yes, catOutput, "yes", "answer every question with yes", "y"),
		}),
		run: func(ctx context.Context, in *invocation) error { return runResume(ctx, e, in) },
	}
}

func runResume(ctx context.Context, e *env, in *invocation) error {
	if len(in.args) != 1 {
		return usagef(program+" status lists them", "resume takes one checkpoint")
	}
	path, err := filepath.Abs(in.args[0])
	if err != nil {
		return failf("", "finding the checkpoint: %w", err)
	}
	saved, err := readCommand(ctx, path)
	if err != nil {
		return err
	}
	if saved.Dir != "" {
		// Its file names are relative to the folder where it was begun.
		if err := os.Chdir(saved.Dir); err != nil && !errors.Is(err, os.ErrNotExist) {
			return failf("run the original command in the folder of its files", "going to the folder of the job: %w", err)
		}
	}
	args := slices.Clone(saved.Line)
	at := slices.Index(args, "--")
	if at < 0 {
		at = len(args)
	}
	extra := []string{"--checkpoint=" + path}
	if saved.Line[0] == "users" {
		extra[0] = "--state=" + path // there --checkpoint says whom the job is about
	}
	return e.rerun(ctx, slices.Insert(args, at, append(extra, in.flags()...)...))
}

// readCommand reads the command line that a checkpoint belongs to.
func readCommand(ctx context.Context, path string) (savedCommand, error) {
	var saved savedCommand
	r, err := openCheckpoint(ctx, path)
	if err != nil {
		return saved, err
	}
	defer r.Close()
	note, err := r.Note(ctx, noteCommand)
	if err != nil {
		return saved, err
	}
	if note == nil || json.Unmarshal(note, &saved) != nil || len(saved.Line) == 0 {
		return saved, checkpointf("run the command that began it again", "the checkpoint %s does not say which command it belongs to", path)
	}
	return saved, nil
}
