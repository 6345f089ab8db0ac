package imports

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
	"github.com/kinde-migrate/kinde-migrate/internal/cli"
)

type resumeOptions struct {
	output cli.OutputOptions
	rate   string
	yes    bool
}

func NewResume(e *cli.Env) *cli.Command {
	o := &resumeOptions{}
	return &cli.Command{
		Name:  "resume",
		Args:  "[CHECKPOINT]",
		Short: "Continue a job that was stopped",
		Long: "Runs the command of the checkpoint again, with the same files and options, from where it was stopped. " +
			"Without an argument it uses the checkpoint in this folder that is not finished, if there is only one. " +
			"The tenant and the credentials come from the environment or the configuration, as usual.",
		Examples: []cli.Example{
			{What: "Continue the job in this folder", Line: "kinde-migrate resume"},
			{What: "Continue a certain import", Line: "kinde-migrate resume users.ndjson.checkpoint"},
			{What: "More slowly", Line: "kinde-migrate resume users.ndjson.checkpoint --rate 20"},
		},
		Exits: []cli.Code{
			cli.ExitOK,
			cli.ExitFailed,
			cli.ExitUsage,
			cli.ExitRecords,
			cli.ExitAuth,
			cli.ExitCheckpoint,
			cli.ExitDifferences,
			cli.ExitInterrupted,
		},
		Flags: cli.FlagsOf(o.output.Flags(), []cli.Flag{
			cli.StringFlag(&o.rate, cli.CatPace, "rate", "auto", "requests per second, `N` or auto"),
			cli.BoolFlag(&o.yes, cli.CatOutput, "yes", "answer every question with yes", "y"),
		}),
		Run: func(ctx context.Context, in *cli.Invocation) error { return runResume(ctx, e, in) },
	}
}

func runResume(ctx context.Context, e *cli.Env, in *cli.Invocation) error {
	name, err := chosen(ctx, e, in.Args)
	if err != nil {
		return err
	}
	path, err := filepath.Abs(name)
	if err != nil {
		return cli.Failf("", "finding the checkpoint: %w", err)
	}
	saved, err := readCommand(ctx, path)
	if err != nil {
		return err
	}
	if saved.Dir != "" {
		// Its file names are relative to the folder where it was begun.
		moved := os.Chdir(saved.Dir)
		if moved != nil && !errors.Is(moved, os.ErrNotExist) {
			return cli.Failf("run the original command in the folder of its files", "going to the folder of the job: %w", moved)
		}
		if near, err := filepath.Rel(saved.Dir, path); moved == nil && err == nil && filepath.IsLocal(near) {
			path = near // as a person names it there
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
	return e.Rerun(ctx, slices.Insert(args, at, append(extra, in.Flags()...)...))
}

// chosen is the checkpoint that was named, else the only one in the folder that
// has something left to do.
func chosen(ctx context.Context, e *cli.Env, args []string) (string, error) {
	switch len(args) {
	case 0:
	case 1:
		return args[0], nil
	default:
		return "", cli.Usagef(cli.Program+" status lists them", "resume takes one checkpoint")
	}
	files, err := filepath.Glob("*.checkpoint")
	if err != nil {
		return "", cli.Failf("", "looking for checkpoints: %w", err)
	}
	var open []string
	for _, file := range files {
		r, err := checkpoint.OpenReader(ctx, file)
		if err != nil {
			continue // status tells what is wrong with it
		}
		unfinished, err := cli.Unfinished(ctx, r)
		if err := errors.Join(err, r.Close()); err == nil && unfinished {
			open = append(open, file)
		}
	}
	switch len(open) {
	case 0:
		return "", cli.Usagef("use a checkpoint as the argument, or list them with "+cli.Program+" status", "this folder has no unfinished job")
	case 1:
		fmt.Fprintf(e.IO.Err, "Continuing %s\n", open[0])
		return open[0], nil
	}
	return "", cli.Usagef(
		cli.Program+" resume "+cli.ShellQuote(open[0]),
		"several jobs in this folder are not finished: %s",
		strings.Join(open, ", "),
	)
}

// readCommand reads the command line that a checkpoint belongs to.
func readCommand(ctx context.Context, path string) (cli.SavedCommand, error) {
	r, err := cli.OpenCheckpoint(ctx, path)
	if err != nil {
		return cli.SavedCommand{}, err
	}
	defer r.Close()
	note, err := r.Note(ctx, cli.NoteCommand)
	if err != nil {
		return cli.SavedCommand{}, err
	}
	saved, ok := cli.Saved(note)
	if !ok {
		return saved, cli.Checkpointf("run the command that started it again", "the checkpoint %s doesn't say which command it belongs to", path)
	}
	return saved, nil
}
