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

	"github.com/kinde-migrate/kinde-migrate/internal/backup"
	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
	"github.com/kinde-migrate/kinde-migrate/internal/cli"
	"github.com/kinde-migrate/kinde-migrate/internal/cli/importjob"
	"github.com/kinde-migrate/kinde-migrate/internal/cli/input"
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
	Schema  string             `json:"schema"`
	Format  string             `json:"format"`
	Files   []importfile.Shard `json:"files"`
	Users   int64              `json:"users"`
	LeftOut int64              `json:"left_out"` // users whom the format can't hold; LeftOutFile names them
	Lost    map[string]int64   `json:"lost"`     // what the format can't hold, by what it is
	passedOver
}

// passedOver is what the source's own records did not bring into the files.
type passedOver struct {
	Rejected int64            `json:"rejected"`
	Skipped  int64            `json:"skipped"`
	Problems map[string]int64 `json:"problems"` // by code
	Dropped  map[string]int64 `json:"dropped"`  // those of FIELD_DROPPED, by field
}

func passedOverIn(ctx context.Context, store *checkpoint.Store) (p passedOver, err error) {
	for to, outcome := range map[*int64]checkpoint.Outcome{&p.Rejected: checkpoint.Rejected, &p.Skipped: checkpoint.Skipped} {
		if *to, err = store.Count(ctx, checkpoint.Selection{Outcomes: []checkpoint.Outcome{outcome}}); err != nil {
			return p, err
		}
	}
	if p.Problems, err = store.ProblemCounts(ctx); err != nil {
		return p, err
	}
	p.Dropped, err = store.FieldCounts(ctx, string(mapping.FieldDropped))
	return p, err
}

// write says who is in which files, and what did not come into them.
func (p *passedOver) write(out io.Writer, width int, users int64, files []importfile.Shard) error {
	fmt.Fprintf(out, "%s in %s:\n", ui.Count(users, "user"), ui.Count(int64(len(files)), "file"))
	t := &ui.Table{Head: []string{"file", "bytes", "users"}, Right: []bool{false, true, true}}
	for _, f := range files {
		t.Add(f.Path, ui.Number(f.Bytes), ui.Number(f.Users))
	}
	if err := t.Write(out, width, 2); err != nil {
		return err
	}
	if p.Rejected > 0 {
		fmt.Fprintf(out, "%s rejected; kinde-migrate validate says why.\n", ui.Count(p.Rejected, "record"))
	}
	if p.Skipped > 0 {
		fmt.Fprintf(out, "%s skipped, by the source, the mapping or the erasure list.\n", ui.Count(p.Skipped, "record"))
	}
	if len(p.Problems) == 0 {
		return nil
	}
	fmt.Fprintln(out, "\nProblems in the source; kinde-migrate validate lists them:")
	named := maps.Clone(p.Problems)
	delete(named, string(mapping.FieldDropped))
	for field, n := range p.Dropped {
		named[string(mapping.FieldDropped)+" "+field] = n
	}
	return counts(out, width, named)
}

// counts lists what there is how often.
func counts(out io.Writer, width int, of map[string]int64) error {
	t := &ui.Table{Right: []bool{false, true}}
	for _, what := range slices.Sorted(maps.Keys(of)) {
		t.Add(what, ui.Number(of[what]))
	}
	return t.Write(out, width, 2)
}

// leave writes users for another system. No checkpoint is kept: nothing goes on
// with it.
func (o *convertOptions) leave(ctx context.Context, e *cli.Env, in *cli.Invocation, size int64) error {
	if o.out == "" {
		o.out = input.Beside(in.Args, "."+o.to)
	}
	if _, err := o.emptied(); err != nil {
		return err
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
		file, err := files.Put(u, b)
		if file != "" {
			out.Users++
		} else if err == nil {
			out.LeftOut++
		}
		return err
	})
	if err == nil {
		out.passedOver, err = passedOverIn(cli.Hard(ctx), store)
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
	if out.Rejected+out.LeftOut > 0 {
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
		if repo, err := backup.OpenRepository(folder); err == nil {
			if newest, err := repo.Latest(); err == nil && newest != nil {
				folder = newest.Folder
			}
		}
		if _, err := os.Lstat(filepath.Join(folder, backup.ManifestFile)); err == nil {
			return o.openBackup(ctx, e, folder)
		}
	}
	if len(o.identities) > 0 {
		return nil, cli.Usagef("name the folder of one backup, backups/2026-03-01T020000Z", "--identity is only for an encrypted backup")
	}
	return o.Source.Open(ctx, e, files)
}

func (o *convertOptions) openBackup(ctx context.Context, e *cli.Env, folder string) (*intake.Intake, error) {
	ids, err := backup.ReadIdentities(o.identities)
	if err != nil {
		return nil, cli.Usagef("", "%w", err)
	}
	b, err := backup.Open(ctx, folder, ids)
	switch {
	case errors.Is(err, backup.ErrNeedsIdentity):
		return nil, cli.Usagef("--identity key.txt", "opening the backup: %w", err)
	case err != nil:
		return nil, fmt.Errorf("opening the backup: %w", err)
	}
	options, err := o.Source.Reading(e, []string{"-"})
	if err != nil {
		return nil, err
	}
	r, w := io.Pipe()
	go func() { w.CloseWithError(b.WriteUsers(ctx, w)) }()
	e.OnClose(r.Close)
	of := intake.OfBackup(r)
	options.Files, options.Stdin, options.Format, options.Preset, options.MayBeEmpty = of.Files, of.Stdin, of.Format, of.Preset, of.MayBeEmpty
	return input.Open(ctx, e, options)
}

func (d *departure) write(e *cli.Env) error {
	out := e.IO.Out
	if err := d.passedOver.write(out, e.IO.TableWidth(out), d.Users, d.Files); err != nil {
		return err
	}
	if d.LeftOut > 0 {
		fmt.Fprintf(out, "%s in no file; %s names them.\n", ui.Count(d.LeftOut, "user"), importfile.LeftOutFile)
	}
	if len(d.Lost) > 0 {
		fmt.Fprintf(out, "\n%s can't hold these:\n", d.Format)
		if err := counts(out, e.IO.TableWidth(out), d.Lost); err != nil {
			return err
		}
	}
	fmt.Fprintln(out, "\nThe files hold personal data, and any password hashes of the source: delete them when they are imported.")
	return nil
}
