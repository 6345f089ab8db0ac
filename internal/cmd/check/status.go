package check

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
	"github.com/kinde-migrate/kinde-migrate/internal/cli"
	"github.com/kinde-migrate/kinde-migrate/internal/ui"
)

type statusOptions struct{ output cli.OutputOptions }

func NewStatus(e *cli.Env) *cli.Command {
	o := &statusOptions{}
	return &cli.Command{
		Name:  "status",
		Args:  "[DIR]",
		Short: "List the jobs in a folder and how far they have got",
		Long:  "Reads the checkpoints (*.checkpoint) in the folder, even while a run is working.",
		Examples: []cli.Example{
			{What: "In this folder", Line: "kinde-migrate status"},
			{What: "For a script", Line: "kinde-migrate status /srv/migration --json"},
		},
		Exits: []cli.Code{cli.ExitOK, cli.ExitFailed, cli.ExitUsage},
		Flags: o.output.QuietFlags(),
		Run:   func(ctx context.Context, in *cli.Invocation) error { return runStatus(ctx, e, o, in) },
	}
}

// jobStatus is what status says of one checkpoint.
type jobStatus struct {
	Checkpoint string           `json:"checkpoint"`
	Command    string           `json:"command"`
	State      string           `json:"state"` // running, finished, interrupted, killed, unreadable
	Tenant     string           `json:"tenant"`
	Pass       int              `json:"pass"`
	Totals     map[string]int64 `json:"totals"`
	LastRun    time.Time        `json:"last_run"`
	ReadBack   time.Time        `json:"read_back,omitzero"` // when the tenant was compared with the source last
	Resume     string           `json:"resume,omitempty"`
	Error      string           `json:"error,omitempty"`
}

func runStatus(ctx context.Context, e *cli.Env, o *statusOptions, in *cli.Invocation) error {
	dir := "."
	switch len(in.Args) {
	case 0:
	case 1:
		dir = in.Args[0]
	default:
		return cli.Usagef("", "status takes one folder")
	}
	entries, err := os.ReadDir(dir)
	if errors.Is(err, os.ErrNotExist) {
		return cli.Usagef("", "there is no folder %s", dir)
	}
	if err != nil {
		return cli.Failf("", "reading the folder %s: %w", dir, err)
	}
	jobs := []jobStatus{}
	for _, entry := range entries {
		if strings.HasSuffix(entry.Name(), ".checkpoint") && entry.Type().IsRegular() {
			jobs = append(jobs, inspectJob(ctx, filepath.Join(dir, entry.Name())))
		}
	}
	slices.SortFunc(jobs, func(a, b jobStatus) int { return b.LastRun.Compare(a.LastRun) })
	if o.output.JSON {
		return e.WriteJSON(jobs)
	}
	if len(jobs) == 0 {
		_, err := fmt.Fprintf(e.IO.Out, "There is no checkpoint in %s.\n", dir)
		return err
	}
	return writeJobs(e, jobs)
}

func writeJobs(e *cli.Env, jobs []jobStatus) error {
	t := &ui.Table{
		Head:  []string{"checkpoint", "command", "state", "done", "failed", "last run", "tenant"},
		Right: []bool{false, false, false, true, true},
		Spare: []string{"tenant", "last run"},
	}
	for _, j := range jobs {
		if j.Error != "" {
			t.Add(j.Checkpoint, "-", j.Error)
			continue
		}
		settled := j.Totals["records"] - j.Totals["pending"]
		t.Add(j.Checkpoint, j.Command, j.State, ui.Number(settled)+" of "+ui.Number(j.Totals["records"]),
			ui.Number(j.Totals["rejected"]+j.Totals["failed"]), j.LastRun.Local().Format("2006-01-02 15:04"), j.Tenant)
	}
	if err := t.Write(e.IO.Out, e.IO.TableWidth(e.IO.Out), 0); err != nil {
		return err
	}
	for _, j := range jobs {
		if !j.ReadBack.IsZero() {
			if _, err := fmt.Fprintf(e.IO.Out, "\n%s was last read back on %s UTC. status doesn't contact the tenant.\n", j.Checkpoint,
				j.ReadBack.UTC().Format("2006-01-02 15:04")); err != nil {
				return err
			}
		}
		if j.Resume != "" {
			if _, err := fmt.Fprintf(e.IO.Out, "\nContinue with: %s\n", e.Called()+strings.TrimPrefix(j.Resume, cli.Program)); err != nil {
				return err
			}
		}
	}
	return nil
}

// inspectJob reads one checkpoint; what is wrong with it becomes part of the answer.
func inspectJob(ctx context.Context, path string) jobStatus {
	s := jobStatus{Checkpoint: path, State: "unreadable", Totals: map[string]int64{}}
	r, err := checkpoint.OpenReader(ctx, path)
	if err != nil {
		s.Error = err.Error()
		return s
	}
	defer r.Close()
	job, ok, err := r.Job(ctx)
	if err == nil && ok {
		err = s.fill(ctx, r, job)
	}
	if err != nil {
		s.Error = err.Error()
		return s
	}
	if !ok {
		s.State, s.Command = "not started", "-"
	}
	return s
}

func (s *jobStatus) fill(ctx context.Context, r *checkpoint.Reader, job checkpoint.Job) error {
	s.Command, s.Pass = job.Command, job.Pass
	tenant, _, err := r.Tenant(ctx)
	if err != nil {
		return err
	}
	s.Tenant = tenant.Origin
	totals, err := r.Totals(ctx)
	if err != nil {
		return err
	}
	for outcome, n := range totals {
		s.Totals[string(outcome)] = n
		s.Totals["records"] += n
	}
	var seen checkpoint.Reconciliation
	note, err := r.Note(ctx, checkpoint.NoteReconciliation)
	if err == nil && note != nil {
		err = json.Unmarshal(note, &seen)
	}
	if err != nil {
		return err
	}
	if seen.Performed {
		s.ReadBack = seen.At
	}
	runs, err := r.Runs(ctx)
	if err != nil || len(runs) == 0 {
		return err
	}
	last := runs[len(runs)-1]
	s.LastRun = last.Started.UTC()
	switch {
	case last.End != "":
		s.State = last.End
	case cli.AtWork(s.Checkpoint):
		s.State = "running"
	default:
		s.State = "killed"
	}
	open, err := cli.Unfinished(ctx, r)
	if open {
		s.Resume = cli.Program + " resume " + cli.ShellQuote(s.Checkpoint)
	}
	return err
}
