package imports

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"github.com/kinde-migrate/kinde-migrate/internal/atomicfile"
	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
	"github.com/kinde-migrate/kinde-migrate/internal/cli"
	"github.com/kinde-migrate/kinde-migrate/internal/cli/importjob"
	"github.com/kinde-migrate/kinde-migrate/internal/cli/input"
	"github.com/kinde-migrate/kinde-migrate/internal/importer"
	"github.com/kinde-migrate/kinde-migrate/internal/importfile"
	"github.com/kinde-migrate/kinde-migrate/internal/report"
	"github.com/kinde-migrate/kinde-migrate/internal/ui"
)

type convertOptions struct {
	importjob.Options
	to, out, size string
	identities    []string
}

func NewConvert(e *cli.Env) *cli.Command {
	o := &convertOptions{}
	// What an import without flags would do: the import goes on with this checkpoint.
	o.OnExisting, o.Gone, o.MaxGone = string(importer.Skip), string(importer.KeepGone), "1%"
	return &cli.Command{
		Name:  "convert",
		Args:  "FILE…",
		Short: "Write the users of an export as files for Kinde's dashboard import or for another system",
		Long: "Reads, maps and checks an export as import does, without a tenant, and writes its users as Kinde's import files of at most 49 MB each. " +
			"The checkpoint records who is in which file. After the dashboard has imported them, import --complete finds everybody, adds by the API what the files " +
			"could not hold, and reads everything back. If the API allows few requests, this is much faster than the API alone; kinde-migrate plan compares both. " +
			"In the other direction, --to auth0, scim or csv writes an export or a backup of Kinde for another system; memberships are in a separate table, and what the format can't hold is counted.",
		Examples: []cli.Example{
			{What: "An Auth0 export with its hashes", Line: "kinde-migrate convert users.ndjson --passwords hashes.ndjson --to kinde-ndjson"},
			{What: "After the dashboard has imported the files", Line: "kinde-migrate import users.ndjson --passwords hashes.ndjson --complete"},
			{
				What: "Back to Auth0, with the hashes from Kinde's own export",
				Line: "kinde-migrate convert backups/2026-03-01T020000Z --from kinde-migrate --passwords users.ndjson --to auth0",
			},
		},
		Exits: []cli.Code{cli.ExitOK, cli.ExitFailed, cli.ExitUsage, cli.ExitRecords, cli.ExitInterrupted},
		Flags: cli.FlagsOf([]cli.Flag{
			cli.StringFlag(&o.to, cli.CatPolicy, "to", "", "`FORMAT` of the files: kinde-ndjson, kinde-csv, auth0, csv or scim"),
			cli.ListFlag(&o.identities, cli.CatSource, "identity", "`FILE` with an age secret key that opens an encrypted backup; repeatable"),
			cli.StringFlag(&o.out, cli.CatState, "out", "", "`DIR` for the files; default <first file>.kinde, .auth0, …"),
			cli.StringFlag(&o.size, cli.CatPolicy, "max-bytes", "", "at most `N` bytes per file; default 49000000, for auth0 500000"),
			cli.StringFlag(
				&o.Checkpoint,
				cli.CatState,
				"checkpoint",
				"",
				"`FILE` that records who is in which file; default <first file>.checkpoint",
			),
		}, o.Source.Flags(), o.Source.PolicyFlags(), o.Source.SelectionFlags(), o.Output.Flags()),
		Run: func(ctx context.Context, in *cli.Invocation) error { return runConvert(ctx, e, o, in) },
	}
}

// conversion is what convert --json prints.
type conversion struct {
	Schema     string             `json:"schema"`
	Format     string             `json:"format"`
	Files      []importfile.Shard `json:"files"`
	Checkpoint string             `json:"checkpoint"`
	importer.Converted
	passedOver
}

func runConvert(ctx context.Context, e *cli.Env, o *convertOptions, in *cli.Invocation) (err error) {
	if err := cli.OneOf("--to", o.to, importfile.Formats()...); err != nil {
		return err
	}
	most := importfile.Format(o.to).MaxBytes()
	size := most
	if o.size != "" {
		if size, err = strconv.ParseInt(o.size, 10, 64); err != nil || size <= 0 || size > most {
			return cli.Usagef(fmt.Sprintf("--max-bytes %d", most), "--max-bytes %q is not a number of bytes up to %d", o.size, most)
		}
	}
	o.Paths(in.Args)
	if err := o.Settings(e, in); err != nil {
		return err
	}
	if importfile.Format(o.to).Leaves() {
		return o.leave(ctx, e, in, size)
	}
	if len(o.identities) > 0 {
		return cli.Usagef("use --to auth0, csv or scim", "--identity opens a backup for another system")
	}
	if o.out == "" {
		o.out = input.Beside(in.Args, ".kinde")
	}
	if _, err := os.Lstat(o.Checkpoint); !errors.Is(err, fs.ErrNotExist) {
		return cli.Usagef(
			"continue with import --complete, or choose another file with --checkpoint",
			"the checkpoint %s exists already",
			o.Checkpoint,
		)
	}
	earlier, err := o.emptied()
	if err != nil {
		return err
	}
	options, err := o.Importer(in.Args)
	if err != nil {
		return err
	}
	options.Command = "import" // which goes on with it
	checks, err := o.Source.Checks()
	if err != nil {
		return err
	}
	if err := checks.Ask(ctx, e.IO); err != nil {
		return err
	}
	source, err := o.Source.Open(ctx, e, in.Args)
	if err != nil {
		return err
	}
	if err := report.MakeFolder(o.out); err != nil {
		return err
	}
	files := importfile.New(o.out, importfile.Format(o.to), size)
	files.Supersede(earlier)
	defer files.Abort()
	progress := e.IO.NewProgress(o.Output.Quiet)
	defer progress.Finish()
	options.Progress = &cli.JobProgress{Show: progress}
	out := conversion{Schema: "kinde-migrate.convert/1", Format: o.to, Checkpoint: o.Checkpoint}
	err = o.intoCheckpoint(cli.Hard(ctx), func(store *checkpoint.Store) error {
		job := importer.Job{Source: &importjob.Source{Intake: source, Checks: checks}, Checkpoint: store, Drain: ctx.Done()}
		if out.Converted, err = importer.Convert(cli.Hard(ctx), job, options, importfile.Format(o.to), files.Put); err != nil {
			return err
		}
		if out.passedOver, err = passedOverIn(cli.Hard(ctx), store); err != nil {
			return err
		}
		out.Files, err = files.Commit()
		return err
	})
	progress.Finish()
	if err != nil {
		return err
	}
	code := cli.ExitOK
	if out.Rejected > 0 {
		code = cli.ExitRecords
	}
	if o.Output.JSON {
		return errors.Join(e.WriteJSON(out), cli.Finished(code))
	}
	return errors.Join(out.write(e, in), cli.Finished(code))
}

// emptied refuses a folder that holds files with the names of a conversion's: they
// are somebody's, or of users who would be imported twice. What a conversion left
// that was cut between its files and its checkpoint is returned, to be replaced.
func (o *convertOptions) emptied() ([]string, error) {
	earlier, err := importfile.Earlier(o.out)
	if err != nil {
		return nil, cli.Failf("", "looking into the folder %s: %w", o.out, err)
	}
	if len(earlier) == 0 {
		return nil, nil
	}
	if _, err := os.Lstat(o.Checkpoint + cutSuffix); err == nil && !importfile.Format(o.to).Leaves() {
		return earlier, nil
	}
	return nil, cli.Usagef(
		"name another folder with --out, or delete what an earlier conversion left there",
		"the folder %s holds %s already",
		o.out,
		filepath.Base(earlier[0]),
	)
}

// cutSuffix names the checkpoint of a conversion that is at work, or was cut.
const cutSuffix = ".part"

// intoCheckpoint fills a checkpoint that stands at its place only when it is
// whole: a conversion that is cut is begun anew.
func (o *convertOptions) intoCheckpoint(ctx context.Context, fill func(*checkpoint.Store) error) error {
	part := o.Checkpoint + cutSuffix
	clear := func() error {
		var errs []error
		for _, suffix := range []string{"", "-wal", "-shm", ".lock"} {
			if err := os.Remove(part + suffix); err != nil && !errors.Is(err, fs.ErrNotExist) {
				errs = append(errs, err)
			}
		}
		return errors.Join(errs...)
	}
	if err := clear(); err != nil {
		return fmt.Errorf("cleaning up after an interrupted conversion: %w", err)
	}
	store, _, err := checkpoint.Open(ctx, part)
	if err != nil {
		return err
	}
	if err := errors.Join(fill(store), store.Close()); err != nil {
		return errors.Join(err, clear())
	}
	if err := atomicfile.Place(part, o.Checkpoint); err != nil {
		return err
	}
	return clear()
}

func (c *conversion) write(e *cli.Env, in *cli.Invocation) error {
	out := e.IO.Out
	if err := c.passedOver.write(out, e.IO.TableWidth(out), c.Users, c.Files); err != nil {
		return err
	}
	left, kinds := &ui.Table{Right: []bool{false, true}}, 0
	for _, x := range []struct {
		what string
		n    int64
	}{
		{"users without an e-mail address and a phone number", c.Left.Users}, {"social and enterprise identities", c.Left.Social},
		{"further identities", c.Left.Identities},
		{"pictures", c.Left.Pictures}, {"suspensions", c.Left.Suspensions}, {"requests for a new password", c.Left.Resets},
		{"users with properties", c.Left.Properties},
		{"flags", c.Left.Flags}, {"memberships of organizations without an external id", c.Left.Memberships},
	} {
		if x.n > 0 {
			kinds++
			left.Add(x.what, ui.Number(x.n))
		}
	}
	if kinds > 0 {
		fmt.Fprintln(out, "\nThe files can't hold these. import --complete adds them by the API:")
		if err := left.Write(out, e.IO.TableWidth(out), 2); err != nil {
			return err
		}
	}
	if c.Left.Memberships > 0 {
		fmt.Fprintln(out, "Users without an organization also join the default one.")
	}
	if c.Left.VerifiedMarks > 0 {
		fmt.Fprintf(
			out,
			"%s of addresses are lost: neither these files nor the API can set them. kinde-ndjson can hold more of them than kinde-csv.\n",
			ui.Count(c.Left.VerifiedMarks, "verified mark"),
		)
	}
	if c.Left.Suspensions > 0 {
		fmt.Fprintln(out, "Until import --complete has run, suspended users can sign in.")
	}
	what := "the users"
	if slices.ContainsFunc(c.Files, func(f importfile.Shard) bool { return filepath.Base(f.Path) == importfile.OrganizationsFile }) {
		what = importfile.OrganizationsFile + " and then the users"
	}
	fmt.Fprintf(out, "\nThe files hold personal data and the source's password hashes: delete them when the import is complete.\n"+
		"Create properties, roles and permissions first (kinde-migrate doctor --fix). Import %s in Kinde's dashboard. Then:\n%s\n",
		what, in.Rebuilt("import", "--complete", "to", "out", "max-bytes"))
	return nil
}
