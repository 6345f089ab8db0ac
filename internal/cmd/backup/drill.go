package backup

import (
	"context"
	"fmt"
	"path/filepath"
	"time"

	"github.com/kinde-migrate/kinde-migrate/internal/backup"
	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
	"github.com/kinde-migrate/kinde-migrate/internal/cli"
	"github.com/kinde-migrate/kinde-migrate/internal/engine"
	"github.com/kinde-migrate/kinde-migrate/internal/importer"
	"github.com/kinde-migrate/kinde-migrate/internal/intake"
	"github.com/kinde-migrate/kinde-migrate/internal/restore"
	"github.com/kinde-migrate/kinde-migrate/internal/sandbox"
	"github.com/kinde-migrate/kinde-migrate/internal/ui"
	"github.com/kinde-migrate/kinde-migrate/kinde"
	"github.com/kinde-migrate/kinde-migrate/kinde/pace"
)

type drillOptions struct {
	output             cli.OutputOptions
	identities         []string
	status, prometheus string
}

func newBackupDrill(e *cli.Env) *cli.Command {
	o := &drillOptions{}
	return &cli.Command{
		Name: "drill", Args: "DIR[/TIME]", Short: "Restore the newest backup into a tenant inside this process, and compare",
		Long: "Proves that a backup can be restored: verifies it, restores it into an empty tenant in memory, reads that tenant back and compares every user. " +
			"The time is written to the status file as last_proven_restorable. Nothing is sent to Kinde.",
		Examples: []cli.Example{
			{What: "After each backup", Line: "kinde-migrate backup drill backups --identity key.txt"},
			{
				What: "For monitoring",
				Line: "kinde-migrate backup drill backups --identity key.txt --prometheus-file /var/lib/node_exporter/kinde_backup.prom",
			},
		},
		Exits: []cli.Code{cli.ExitOK, cli.ExitFailed, cli.ExitUsage, cli.ExitDifferences, cli.ExitInterrupted},
		Flags: cli.FlagsOf([]cli.Flag{
			identityFlag(&o.identities),
			cli.StringFlag(&o.status, catSchedule, "status-file", "", "JSON `FILE` for monitoring; default DIR/status.json"),
			cli.StringFlag(&o.prometheus, catSchedule, "prometheus-file", "", "`FILE` for Prometheus' textfile collector"),
		}, o.output.Flags()),
		Run: func(ctx context.Context, in *cli.Invocation) error { return runDrill(ctx, e, o, in) },
	}
}

func runDrill(ctx context.Context, e *cli.Env, o *drillOptions, in *cli.Invocation) error {
	dir, err := oneDir(in, "drill")
	if err != nil {
		return err
	}
	repo, name, err := repositoryAt(dir)
	if err != nil {
		return err
	}
	if name == "" {
		newest, err := repo.Latest()
		if err != nil {
			return backupError(err)
		}
		if newest == nil {
			return cli.Usagef("kinde-migrate backup --out "+dir+" makes one", "there is no complete backup in %s", dir)
		}
		name = newest.Name
	}
	ids, err := backup.ReadIdentities(o.identities)
	if err != nil {
		return cli.Usagef("", "%w", err)
	}
	progress := e.IO.NewProgress(o.output.Quiet)
	defer progress.Finish()
	begun := time.Now()
	proof, failed := drill(ctx, repo, name, ids, progress)
	progress.Finish()
	if failed != nil && ctx.Err() != nil {
		return failed
	}
	job := backup.Job{Dir: repo.Dir(), Status: o.status, Prometheus: o.prometheus}
	err = job.UpdateStatus(func(s *backup.Status) {
		at := begun.UTC()
		s.LastDrill, s.DrillError = &at, ""
		switch {
		case failed != nil:
			s.DrillError = failed.Error()
		case !proof.Whole():
			s.DrillError = fmt.Sprintf("%s: %d users missing, %d different, %d unexpected", name, proof.Missing, proof.Different, proof.Extra)
		default:
			s.LastProven, s.ProvenBackup = &at, name
		}
	})
	if failed != nil {
		return backupError(failed)
	}
	if err != nil {
		return cli.Failf("", "%w", err)
	}
	return tellDrill(e, o.output.JSON, name, proof, time.Since(begun))
}

func tellDrill(e *cli.Env, asJSON bool, name string, p *restore.Proof, took time.Duration) error {
	code := cli.ExitOK
	if !p.Whole() {
		code = cli.ExitDifferences
	}
	if asJSON {
		if err := writeJSON(e, struct {
			Schema string `json:"schema"`
			Backup string `json:"backup"`
			OK     bool   `json:"ok"`
			*restore.Proof
			Seconds float64 `json:"elapsed_seconds"`
		}{"kinde-migrate.drill/1", name, code == cli.ExitOK, p, took.Seconds()}); err != nil {
			return err
		}
		return cli.Finished(code)
	}
	for _, x := range p.Examples {
		fmt.Fprintln(e.IO.Out, ui.Line(x))
	}
	verdict := "It can be restored."
	if code != cli.ExitOK {
		verdict = fmt.Sprintf("%s missing, %s different, %s unexpected.", ui.Number(p.Missing), ui.Number(p.Different), ui.Number(p.Extra))
	}
	if _, err := fmt.Fprintf(e.IO.Out, "%s: %s restored and compared, in %s. %s\n", name, ui.Count(p.Matched, "user"), ui.Duration(took),
		verdict); err != nil {
		return err
	}
	return cli.Finished(code)
}

// drill restores a backup into an empty tenant in memory and compares.
func drill(ctx context.Context, repo *backup.Repository, name string, ids backup.Identities, progress ui.Progress) (*restore.Proof, error) {
	progress.Update(ui.Status{Stage: "Verifying"})
	b, err := backup.Open(ctx, filepath.Join(repo.Dir(), name), ids)
	if err != nil {
		return nil, err
	}
	connections, err := b.Connections()
	if err != nil {
		return nil, err
	}
	// The API can't create connections, so an empty tenant of the same company has them.
	var there []sandbox.ConnectionDefinition
	for _, c := range connections {
		there = append(there, sandbox.ConnectionDefinition{ID: c.ID, Name: c.Name, Strategy: c.Strategy})
	}
	tenant, err := sandbox.Open(
		sandbox.Options{
			BaseURL:     cli.SandboxOrigin,
			Definitions: &sandbox.Definitions{Connections: there},
			Quirks:      sandbox.Quirks{NoDefaultMembership: true},
		},
	)
	if err != nil {
		return nil, fmt.Errorf("making a tenant to restore into: %w", err)
	}
	defer tenant.Close()
	recorder := engine.NewRecorder()
	client, err := kinde.New(
		kinde.Config{
			BaseURL:   cli.SandboxOrigin,
			Tokens:    kinde.StaticToken(tenant.Token()),
			Gate:      pace.None(),
			Transport: sandbox.Transport(tenant),
			Observe:   recorder.Observe,
		},
	)
	if err != nil {
		return nil, fmt.Errorf("making a tenant to restore into: %w", err)
	}
	r, err := restore.New(ctx, b, restore.Options{})
	if err != nil {
		return nil, err
	}
	defer r.Close()
	if _, err := r.Define(ctx, client, restore.DefineOptions{Create: true}); err != nil {
		return nil, err
	}
	if err := drillImport(ctx, r, client, recorder, progress); err != nil {
		return nil, err
	}
	progress.Update(ui.Status{Stage: "Comparing"})
	return r.Prove(ctx, client, "")
}

func drillImport(ctx context.Context, r *restore.Restoration, client *kinde.Client, recorder *engine.Recorder, progress ui.Progress) error {
	store, err := checkpoint.OpenTemporary(ctx, "")
	if err != nil {
		return err
	}
	defer store.Close()
	stream := r.Source(ctx)
	defer stream.Close()
	rows, err := intake.Open(ctx, intake.OfBackup(stream))
	if err != nil {
		return err
	}
	defer rows.Close()
	// The comparison that follows is the read-back.
	_, err = importer.Run(
		ctx,
		importer.Job{Source: rows, Target: client, Checkpoint: store, Recorder: recorder},
		importer.Options{
			Command:     "restore",
			Version:     cli.Version(),
			Enterprise:  true,
			NoReconcile: true,
			Progress:    &cli.JobProgress{Show: progress},
		},
	)
	if err != nil {
		return fmt.Errorf("restoring: %w", err)
	}
	return nil
}
