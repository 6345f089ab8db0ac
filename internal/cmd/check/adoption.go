package check

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"time"

	"github.com/kinde-migrate/kinde-migrate/internal/adoption"
	"github.com/kinde-migrate/kinde-migrate/internal/cli"
	"github.com/kinde-migrate/kinde-migrate/internal/report"
	"github.com/kinde-migrate/kinde-migrate/internal/ui"
)

type adoptionOptions struct {
	target            cli.TargetOptions
	pace              cli.PaceOptions
	output            cli.OutputOptions
	checkpoint, since string
}

func NewAdoption(e *cli.Env) *cli.Command {
	o := &adoptionOptions{}
	return &cli.Command{
		Name:  "adoption",
		Short: "Show who has signed in since the cut-over, who fails, and who never tried",
		Long: "Reads the users of the tenant and shows, for those that the checkpoint migrated, who has signed in since, who tries and fails, and who never tried, " +
			"by kind of password hash, connection and organization. A kind of hash that doesn't work shows within the hour.",
		Examples: []cli.Example{
			{What: "An hour after the cut-over", Line: "kinde-migrate adoption --checkpoint users.ndjson.checkpoint"},
			{
				What: "Since the switch, not since the first import",
				Line: "kinde-migrate adoption --checkpoint users.ndjson.checkpoint --since 2026-03-01T20:00:00Z",
			},
			{What: "For a script", Line: "kinde-migrate adoption --checkpoint users.ndjson.checkpoint --json | jq .suspicious"},
		},
		Exits: []cli.Code{cli.ExitOK, cli.ExitFailed, cli.ExitUsage, cli.ExitAuth, cli.ExitCheckpoint, cli.ExitInterrupted},
		Flags: cli.FlagsOf([]cli.Flag{
			cli.StringFlag(&o.checkpoint, cli.CatState, "checkpoint", "", "checkpoint `FILE` of the import"),
			cli.StringFlag(
				&o.since,
				cli.CatPolicy,
				"since",
				"",
				"`TIME` of the cut-over, such as 2026-03-01T20:00:00Z; default the start of the import",
			),
		}, append(o.target.Flags(), o.target.SandboxFlag()), o.pace.Flags("50%"), o.output.Flags()),
		Run: func(ctx context.Context, in *cli.Invocation) error { return runAdoption(ctx, e, o, in) },
	}
}

func runAdoption(ctx context.Context, e *cli.Env, o *adoptionOptions, in *cli.Invocation) error {
	if len(in.Args) > 0 {
		return cli.Usagef("choose the checkpoint with --checkpoint", "adoption takes no file")
	}
	var since time.Time
	if o.since != "" {
		var err error
		if since, err = time.Parse(time.RFC3339, o.since); err != nil {
			return cli.Usagef("--since 2026-03-01T20:00:00Z", "--since %q is not a time", o.since)
		}
	}
	job, err := cli.OpenCheckpoint(ctx, o.checkpoint)
	if err != nil {
		return err
	}
	e.OnClose(job.Close)
	conn, err := cli.Connect(e, cli.ConnectOptions{
		Target: &o.target, Pace: &o.pace, Output: &o.output, In: in, Share: cli.LiveShare,
		SandboxState: cli.SandboxState(o.checkpoint), Known: cli.KnownRate(ctx, o.checkpoint),
	})
	if err != nil {
		return err
	}
	if err := conn.SameTenant(ctx, job); err != nil {
		return err
	}
	progress := e.IO.NewProgress(o.output.Quiet)
	defer progress.Finish()
	r, err := adoption.Read(ctx, adoption.Options{Tenant: conn.Client, Checkpoint: job, Since: since, Now: time.Now(),
		Progress: func(done int64) { progress.Update(ui.Status{Stage: "Reading users", Done: done}) }})
	progress.Finish()
	if err != nil {
		return err
	}
	r.Tenant = conn.Origin
	names, err := report.OrganizationNamesOf(ctx, job)
	if err != nil {
		return err
	}
	for i := range r.ByOrg {
		r.ByOrg[i].Label = names.Show(r.ByOrg[i].Name)
	}
	if o.output.JSON {
		return e.WriteJSON(r)
	}
	return writeAdoption(e.IO.Out, e.IO.TableWidth(e.IO.Out), r)
}

func writeAdoption(w io.Writer, width int, r *adoption.Report) error {
	t := r.Total
	fmt.Fprintf(
		w,
		"%s of %s have signed in since %s.\n",
		ui.Number(t.SignedIn),
		ui.Count(t.Users, "migrated user"),
		r.Since.Format("2006-01-02 15:04 UTC"),
	)
	fmt.Fprintf(w, "%s and failed; %s never tried.\n", ui.Count(t.Failing, "user")+" tried", ui.Number(t.Never))
	if r.Missing > 0 {
		fmt.Fprintf(w, "%s not in the tenant any more.\n", ui.Count(r.Missing, "migrated user"))
	}
	for _, s := range r.Suspicious {
		fmt.Fprintf(w, "Check this: %s\n", ui.Line(s))
	}
	for _, g := range []struct {
		title string
		rows  []adoption.Group
	}{{"Password hash", r.ByHash}, {"Connection", r.ByConnection}, {"Organization", r.ByOrg}, {"First sign-in", r.ByFirstSignIn}} {
		if len(g.rows) == 0 || len(g.rows) == 1 && g.rows[0].Name == "none" {
			continue
		}
		table := &ui.Table{Head: []string{g.title, "users", "signed in", "failing", "never"}, Right: []bool{false, true, true, true, true}}
		for i, x := range g.rows {
			if i == 20 {
				table.Add(fmt.Sprintf("… and %d more", len(g.rows)-i))
				break
			}
			table.Add(cmp.Or(x.Label, x.Name), ui.Number(x.Users), ui.Number(x.SignedIn), ui.Number(x.Failing), ui.Number(x.Never))
		}
		fmt.Fprintln(w)
		if err := table.Write(w, width, 0); err != nil {
			return err
		}
	}
	if len(r.Failing) == 0 {
		return nil
	}
	table := &ui.Table{Head: []string{"Who fails", "Kinde id", "hash", "failures"}, Right: []bool{false, false, false, true}}
	for i, u := range r.Failing {
		if i == 10 {
			table.Add(fmt.Sprintf("… and %s more", ui.Number(t.Failing-10)))
			break
		}
		name := u.Email
		if name == "" {
			name = u.SourceID
		}
		table.Add(name, u.KindeID, u.Method, ui.Number(u.FailedSignIns))
	}
	fmt.Fprintln(w)
	return table.Write(w, width, 0)
}
