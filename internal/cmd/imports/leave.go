package imports

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
	"github.com/kinde-migrate/kinde-migrate/internal/cli"
	"github.com/kinde-migrate/kinde-migrate/internal/cli/importjob"
	"github.com/kinde-migrate/kinde-migrate/internal/cli/input"
	"github.com/kinde-migrate/kinde-migrate/internal/exporter"
	"github.com/kinde-migrate/kinde-migrate/internal/importer"
	"github.com/kinde-migrate/kinde-migrate/internal/importfile"
	"github.com/kinde-migrate/kinde-migrate/internal/intake"
	"github.com/kinde-migrate/kinde-migrate/internal/mapping"
	"github.com/kinde-migrate/kinde-migrate/internal/password"
	"github.com/kinde-migrate/kinde-migrate/internal/report"
	"github.com/kinde-migrate/kinde-migrate/internal/ui"
)

// departure is what convert --json prints of files for another system.
type departure struct {
	Schema   string             `json:"schema"`
	Format   string             `json:"format"`
	Files    []importfile.Shard `json:"files"`
	Users    int64              `json:"users"`
	Rejected int64              `json:"rejected"`
	Lost     map[string]int64   `json:"lost"` // what the format can't hold, by what it is
}

// leave writes users for another system. No checkpoint is kept: nothing goes on
// with it.
func (o *convertOptions) leave(ctx context.Context, e *cli.Env, in *cli.Invocation, size int64) error {
	if o.out == "" {
		o.out = input.Beside(in.Args, "."+o.to)
	}
	options, err := o.Importer(in.Args)
	if err != nil {
		return err
	}
	options.Enterprise = true // nothing is decided for a tenant
	checks, err := o.Source.Checks()
	if err != nil {
		return err
	}
	if err := checks.Ask(ctx, e.IO); err != nil {
		return err
	}
	source, err := o.openLeaving(ctx, e, in.Args)
	if err != nil {
		return err
	}
	if err := report.MakeFolder(o.out); err != nil {
		return err
	}
	store, err := checkpoint.OpenTemporary(cli.Hard(ctx), "")
	if err != nil {
		return err
	}
	e.OnClose(store.Close)
	files := importfile.New(o.out, importfile.Format(o.to), size)
	defer files.Abort()
	progress := e.IO.NewProgress(o.Output.Quiet)
	defer progress.Finish()
	options.Progress = &cli.JobProgress{Show: progress}
	out := departure{Schema: "kinde-migrate.convert/1", Format: o.to}
	job := importer.Job{Source: &importjob.Source{Intake: source, Checks: checks}, Checkpoint: store, Drain: ctx.Done()}
	err = importer.Each(cli.Hard(ctx), job, options, func(u *mapping.User, b *password.Body) error {
		out.Users++
		_, err := files.Put(u, b)
		return err
	})
	if err == nil {
		out.Rejected, err = store.Count(cli.Hard(ctx), checkpoint.Selection{Outcomes: []checkpoint.Outcome{checkpoint.Rejected}})
	}
	if err == nil {
		out.Files, err = files.Commit()
	}
	progress.Finish()
	if err != nil {
		return err
	}
	out.Lost = files.Lost
	code := cli.ExitOK
	if out.Rejected > 0 {
		code = cli.ExitRecords
	}
	if o.Output.JSON {
		return errors.Join(e.WriteJSON(out), cli.Finished(code))
	}
	return errors.Join(out.write(e), cli.Finished(code))
}

// openLeaving opens the source; a folder that holds a backup stands for its users.
func (o *convertOptions) openLeaving(ctx context.Context, e *cli.Env, files []string) (*intake.Intake, error) {
	if len(files) == 1 {
		folder := files[0]
		if repo, err := exporter.OpenRepository(folder); err == nil {
			if newest, err := repo.Latest(); err == nil && newest != nil {
				folder = newest.Folder
			}
		}
		if _, err := os.Lstat(filepath.Join(folder, exporter.ManifestFile)); err == nil {
			return o.openBackup(ctx, e, folder)
		}
	}
	if len(o.identities) > 0 {
		return nil, cli.Usagef("name the folder of one backup, backups/2026-03-01T020000Z", "--identity opens an encrypted backup")
	}
	return o.Source.Open(ctx, e, files)
}

func (o *convertOptions) openBackup(ctx context.Context, e *cli.Env, folder string) (*intake.Intake, error) {
	ids, err := exporter.ReadIdentities(o.identities)
	if err != nil {
		return nil, cli.Usagef("", "%w", err)
	}
	backup, err := exporter.OpenBackup(ctx, folder, ids)
	switch {
	case errors.Is(err, exporter.ErrNeedsIdentity):
		return nil, cli.Usagef("--identity key.txt", "opening the backup: %w", err)
	case err != nil:
		return nil, fmt.Errorf("opening the backup: %w", err)
	}
	options, err := o.Source.Reading(e, []string{"-"})
	if err != nil {
		return nil, err
	}
	r, w := io.Pipe()
	go func() { w.CloseWithError(backup.WriteUsers(ctx, w)) }()
	e.OnClose(r.Close)
	of := intake.OfBackup(r)
	options.Files, options.Stdin, options.Format, options.Preset, options.MayBeEmpty = of.Files, of.Stdin, of.Format, of.Preset, of.MayBeEmpty
	return input.Open(ctx, e, options)
}

func (d *departure) write(e *cli.Env) error {
	out := e.IO.Out
	fmt.Fprintf(out, "%s in %s:\n", ui.Count(d.Users, "user"), ui.Count(int64(len(d.Files)), "file"))
	t := &ui.Table{Head: []string{"file", "bytes", "users"}, Right: []bool{false, true, true}}
	for _, f := range d.Files {
		t.Add(f.Path, ui.Number(f.Bytes), ui.Number(f.Users))
	}
	if err := t.Write(out, e.IO.TableWidth(out), 2); err != nil {
		return err
	}
	if d.Rejected > 0 {
		fmt.Fprintf(out, "%s rejected; kinde-migrate validate says why.\n", ui.Count(d.Rejected, "record"))
	}
	if len(d.Lost) > 0 {
		fmt.Fprintf(out, "\n%s can't hold these:\n", d.Format)
		lost := &ui.Table{Right: []bool{false, true}}
		for _, what := range slices.Sorted(maps.Keys(d.Lost)) {
			lost.Add(what, ui.Number(d.Lost[what]))
		}
		if err := lost.Write(out, e.IO.TableWidth(out), 2); err != nil {
			return err
		}
	}
	fmt.Fprintln(out, "\nThe files hold personal data, and hashes where the source had them: delete them when they are imported.")
	return nil
}
