package backup

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/kinde-migrate/kinde-migrate/internal/backup"
	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
	"github.com/kinde-migrate/kinde-migrate/internal/cli"
	"github.com/kinde-migrate/kinde-migrate/internal/cli/importjob"
	"github.com/kinde-migrate/kinde-migrate/internal/cli/input"
	"github.com/kinde-migrate/kinde-migrate/internal/engine"
	"github.com/kinde-migrate/kinde-migrate/internal/reconcile"
	"github.com/kinde-migrate/kinde-migrate/internal/tenant"
	"github.com/kinde-migrate/kinde-migrate/internal/ui"
)

// sourceFlags are those that only a source takes.
func (o *watchOptions) sourceFlags() []cli.Flag {
	return cli.FlagsOf(o.source.Flags(), o.source.RuleFlags(), []cli.Flag{
		cli.BoolFlag(&o.deep, cli.CatPolicy, "deep", "with a source: compare the verified states, too: one request per user"),
		cli.StringFlag(
			&o.checkpoint,
			cli.CatState,
			"checkpoint",
			"",
			"`FILE` of the import of the source; <first file>.checkpoint if it is there",
		),
	})
}

// baseline tells a folder of backups from what import reads: files, stdin, and
// the folder of a fetch.
func (o *watchOptions) baseline(in *cli.Invocation, service bool) (baseline, error) {
	if len(in.Args) == 0 {
		return nil, cli.Usagef(
			"kinde-migrate watch backups, or kinde-migrate watch users.ndjson",
			"watch takes a folder of backups, or the source of an import",
		)
	}
	first := in.Args[0]
	st, err := os.Stat(first)
	switch {
	case first == "-" && service:
		return nil, cli.Usagef("name a file, or look once", "stdin (-) can be read once, and --every and --cron look again and again")
	case first != "-" && err != nil:
		return nil, cli.Usagef(
			"name the folder that backup --out wrote to, or the source of an import",
			"there is no folder and no file %s",
			first,
		)
	case first == "-" || len(in.Args) > 1 || !st.IsDir() || input.IsFetched(first):
		if len(o.identities) > 0 {
			return nil, cli.Usagef("leave it away", "--identity opens backups, and %s is none", first)
		}
		return &sourceBaseline{recorder: engine.NewRecorder()}, nil
	}
	for _, f := range o.sourceFlags() {
		if name := f.Names()[0]; in.Set(name) {
			return nil, cli.Usagef(
				"leave it away, or name the source",
				"--%s is for the source of an import, and %s is a folder of backups",
				name,
				first,
			)
		}
	}
	return &backupBaseline{}, nil
}

// backupBaseline is one backup, or the newest at each look.
type backupBaseline struct {
	repo *backup.Repository
	name string // "" is the newest
	ids  backup.Identities
}

func (b *backupBaseline) String() string { return "backup" }

func (b *backupBaseline) connect(*cli.ConnectOptions) {}

func (b *backupBaseline) open(_ context.Context, w *watching, in *cli.Invocation) (err error) {
	if b.repo, b.name, err = repositoryAt(in.Args[0]); err != nil {
		return err
	}
	if b.ids, err = backup.ReadIdentities(w.o.identities); err != nil {
		return cli.Usagef("", "%w", err)
	}
	return nil
}

func (b *backupBaseline) look(ctx context.Context, w *watching, show func(tenant.Progress)) (*backup.Drift, error) {
	name := b.name
	if name == "" {
		newest, err := b.repo.Latest()
		if err != nil {
			return nil, backupError(err)
		}
		if newest == nil {
			return nil, cli.Usagef("make one with kinde-migrate backup", "there is no backup in %s", b.repo.Dir())
		}
		name = newest.Name
	}
	before, err := backup.Open(ctx, b.repo.FolderOf(name), b.ids)
	if err != nil {
		return nil, backupError(err)
	}
	d, err := backup.Watch(
		ctx,
		w.conn.Client,
		before,
		backup.Options{Version: cli.Version(), Concurrency: w.o.pace.Concurrency, Progress: show},
		w.rules,
	)
	if _, other := errors.AsType[*backup.OtherTenantError](err); other {
		return nil, cli.Usagef("name the folder of this tenant's backups", "watching: %w", err)
	}
	if err != nil {
		return nil, fmt.Errorf("watching: %w", err)
	}
	return d, nil
}

// sourceBaseline is what an import read, read anew at each look.
type sourceBaseline struct {
	args     []string
	recorder *engine.Recorder
	job      *checkpoint.Reader // of the import; nil without one
	owned    bool               // the job is known to be this tenant's
}

func (s *sourceBaseline) String() string { return "source" }

func (s *sourceBaseline) connect(o *cli.ConnectOptions) { o.Observe = s.recorder.Observe }

func (s *sourceBaseline) open(ctx context.Context, w *watching, in *cli.Invocation) (err error) {
	s.args = in.Args
	s.job, err = importjob.Follow(ctx, w.e, in, &importjob.Followed{Source: &w.o.source, Checkpoint: &w.o.checkpoint, Quiet: w.o.output.Quiet})
	if err != nil {
		return err
	}
	_, err = w.o.source.Reading(w.e, s.args) // what is wrong with it is known before the tenant is asked
	return err
}

func (s *sourceBaseline) look(ctx context.Context, w *watching, show func(tenant.Progress)) (d *backup.Drift, err error) {
	if s.job != nil && !s.owned {
		if err := w.conn.SameTenant(ctx, s.job); err != nil {
			return nil, err
		}
		s.owned = true
	}
	reading, err := w.o.source.Reading(w.e, s.args)
	if err != nil {
		return nil, err
	}
	source, err := input.OpenOnce(ctx, reading)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, source.Close()) }()
	opt := reconcile.Options{
		Tenant:      w.conn.Client,
		Source:      source,
		Import:      importjob.Rules("watch", &w.o.source, w.o.pace.Concurrency),
		Concurrency: w.o.pace.Concurrency,
		ClockOffset: s.recorder.ClockOffset(),
		Progress:    func(stage string, done, total int64) { show(tenant.Progress{Stage: stage, Done: done, Total: total}) },
	}
	if w.o.deep {
		opt.Deep = 100
	}
	if s.job != nil {
		opt.Checkpoint = s.job
	}
	d, err = reconcile.Watch(ctx, opt, s.args[0], w.rules)
	if err != nil {
		return nil, importjob.ReadingError(err)
	}
	return d, nil
}

// writeCompared says what the comparison with a source could not judge.
func writeCompared(out io.Writer, c *backup.Compared) {
	fmt.Fprintf(out, "Compared %s of the source with %s of the tenant.\n", ui.Count(c.Records, "record"), ui.Count(c.Users, "user"))
	for _, how := range slices.Sorted(maps.Keys(c.Explained)) {
		fmt.Fprintf(out, "  %s %s, so not compared; reconcile lists them\n", ui.Count(c.Explained[how], "record"), how)
	}
	if c.Older > 0 {
		fmt.Fprintf(out, "  %s of whom the source does not speak: from before the import, or the source is a part\n", ui.Count(c.Older, "user"))
	}
	for _, what := range slices.Sorted(maps.Keys(c.LeftOut)) {
		code, field, _ := strings.Cut(what, " ")
		fmt.Fprintf(out, "  %s of %s: the tenant has no place for it (%s)\n", cmp.Or(field, "a value"), ui.Count(c.LeftOut[what], "record"), code)
	}
}
