package backup

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/kinde-migrate/kinde-migrate/internal/backup"
	"github.com/kinde-migrate/kinde-migrate/internal/cli"
	"github.com/kinde-migrate/kinde-migrate/internal/ui"
)

func writeJSON(e *cli.Env, v any) error {
	enc := json.NewEncoder(e.IO.Out)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}

// repositoryAt finds what a person names: a folder of backups, or one backup in
// it. name is "" for all.
func repositoryAt(path string) (repo *backup.Repository, name string, err error) {
	path = filepath.Clean(path)
	if st, statErr := os.Stat(path); statErr != nil || !st.IsDir() {
		return nil, "", cli.Usagef("use the folder that backup --out wrote to", "there is no folder %s", path)
	}
	dir := path
	if backup.IsBackupName(filepath.Base(path)) {
		abs, err := filepath.Abs(path)
		if err != nil {
			return nil, "", cli.Failf("", "finding the folder: %w", err)
		}
		dir, name = filepath.Dir(abs), filepath.Base(abs)
	}
	repo, err = backup.OpenRepository(dir)
	return repo, name, err
}

// identityFlag names the secret keys that open encrypted backups.
func identityFlag(to *[]string) cli.Flag {
	return cli.ListFlag(to, catBackup, "identity", "`FILE` with an age secret key that opens encrypted backups; repeatable")
}

func oneDir(in *cli.Invocation, what string) (string, error) {
	if len(in.Args) != 1 {
		return "", cli.Usagef("kinde-migrate backup "+what+" backups", "%s takes one folder", what)
	}
	return in.Args[0], nil
}

func newBackupVerify(e *cli.Env) *cli.Command {
	var o struct {
		output     cli.OutputOptions
		identities []string
	}
	return &cli.Command{
		Name: "verify", Args: "DIR[/TIME]", Short: "Check every byte of the backups",
		Long: "Compares every file with its hash and its count, parses every line, and checks the chain from one backup to the next. " +
			"Damage is reported by file and line. Encrypted files are checked by their hash; with --identity their lines are read, too.",
		Examples: []cli.Example{
			{What: "All backups of a folder", Line: "kinde-migrate backup verify backups"},
			{What: "One, decrypted", Line: "kinde-migrate backup verify backups/2026-03-01T020000Z --identity key.txt"},
		},
		Exits: []cli.Code{cli.ExitOK, cli.ExitFailed, cli.ExitUsage, cli.ExitDifferences, cli.ExitInterrupted},
		Flags: cli.FlagsOf([]cli.Flag{identityFlag(&o.identities)}, o.output.QuietFlags()),
		Run: func(ctx context.Context, in *cli.Invocation) error {
			dir, err := oneDir(in, "verify")
			if err != nil {
				return err
			}
			repo, name, err := repositoryAt(dir)
			if err != nil {
				return err
			}
			ids, err := backup.ReadIdentities(o.identities)
			if err != nil {
				return cli.Usagef("", "%w", err)
			}
			var names []string
			if name != "" {
				names = []string{name}
			}
			v, err := repo.Verify(ctx, ids, names...)
			if err != nil {
				return backupError(err)
			}
			if len(v.Backups) == 0 {
				return cli.Usagef("use the folder that backup --out wrote to", "there is no backup in %s", dir)
			}
			return tellVerification(e, o.output.JSON, v)
		},
	}
}

func tellVerification(e *cli.Env, asJSON bool, v *backup.Verification) error {
	code := cli.ExitOK
	if len(v.Problems) > 0 {
		code = cli.ExitDifferences
	}
	if asJSON {
		if err := writeJSON(e, struct {
			Schema string `json:"schema"`
			OK     bool   `json:"ok"`
			*backup.Verification
		}{"kinde-migrate.verify/1", code == cli.ExitOK, v}); err != nil {
			return err
		}
		return cli.Finished(code)
	}
	for _, p := range v.Problems {
		fmt.Fprintln(e.IO.Out, ui.Line(p.String()))
	}
	if len(v.Unread) > 0 {
		fmt.Fprintf(e.IO.Out, "%s encrypted files match their hashes; with --identity their lines are read, too.\n", ui.Number(len(v.Unread)))
	}
	verdict := "Everything is as it was written."
	if code != cli.ExitOK {
		verdict = fmt.Sprintf("%s problems.", ui.Number(len(v.Problems)))
		if len(v.Problems) == 1 {
			verdict = "1 problem."
		}
	}
	_, err := fmt.Fprintf(
		e.IO.Out,
		"%s, %s, %s, %s read. %s\n",
		ui.Count(len(v.Backups), "backup"),
		ui.Count(v.Files, "file"),
		ui.Count(v.Rows, "row"),
		ui.Size(v.Bytes),
		verdict,
	)
	if err != nil {
		return err
	}
	return cli.Finished(code)
}

func newBackupDiff(e *cli.Env) *cli.Command {
	var o struct {
		output     cli.OutputOptions
		identities []string
		signIns    bool
		max        int
	}
	return &cli.Command{
		Name: "diff", Args: "A B", Short: "Show who was added, removed and changed between two backups",
		Long: "Compares two backups. Exit 0 means that they hold the same, 6 that something differs. What only one of them has read is not compared.",
		Examples: []cli.Example{
			{What: "What changed in a day", Line: "kinde-migrate backup diff backups/2026-03-01T020000Z backups/2026-03-02T020000Z"},
			{What: "For a script", Line: "kinde-migrate backup diff A B --json | jq .totals"},
		},
		Exits: []cli.Code{cli.ExitOK, cli.ExitFailed, cli.ExitUsage, cli.ExitDifferences, cli.ExitInterrupted},
		Flags: cli.FlagsOf([]cli.Flag{
			identityFlag(&o.identities),
			cli.BoolFlag(&o.signIns, catBackup, "sign-ins", "also compare sign-ins, second factors and sessions, which change every day"),
			cli.IntFlag(&o.max, catBackup, "max", 1000, "show at most `N` differences; the counts are complete"),
		}, o.output.QuietFlags()),
		Run: func(ctx context.Context, in *cli.Invocation) error {
			if len(in.Args) != 2 {
				return cli.Usagef("kinde-migrate backup diff backups/A backups/B", "diff takes two backups")
			}
			ids, err := backup.ReadIdentities(o.identities)
			if err != nil {
				return cli.Usagef("", "%w", err)
			}
			var pair [2]*backup.Backup
			for i, path := range in.Args {
				if st, err := os.Stat(path); err != nil || !st.IsDir() {
					return cli.Usagef("", "there is no backup %s", path)
				}
				if pair[i], err = backup.Open(ctx, path, ids); err != nil {
					return backupError(err)
				}
			}
			d, err := backup.Compare(ctx, pair[0], pair[1], backup.DiffOptions{SignIns: o.signIns, Max: o.max})
			if err != nil {
				return backupError(err)
			}
			return tellDiff(e, o.output.JSON, d)
		},
	}
}

func tellDiff(e *cli.Env, asJSON bool, d *backup.Diff) error {
	code := cli.ExitOK
	if !d.None() {
		code = cli.ExitDifferences
	}
	if asJSON {
		if err := writeJSON(e, d); err != nil {
			return err
		}
		return cli.Finished(code)
	}
	signs := map[string]string{"came": "+", "went": "-", "changed": "*"}
	for _, x := range d.Items {
		what := x.ID
		if x.Kind != "users" {
			what = x.Kind + " " + x.ID
		} else if x.Name != "" {
			what = x.Name + " (" + x.ID + ")"
		}
		fmt.Fprintf(e.IO.Out, "%s %s\n", signs[x.Change], ui.Line(what))
		for _, c := range x.Changes {
			fmt.Fprintf(e.IO.Out, "    %s: %s -> %s\n", c.Field, ui.Line(string(c.From)), ui.Line(string(c.To)))
		}
	}
	if d.Truncated {
		fmt.Fprintln(e.IO.Out, "… and more; show them with --max.")
	}
	fmt.Fprintf(
		e.IO.Out,
		"Users: %s added, %s removed, %s changed, %s the same. Definitions: %s differ.\n",
		ui.Number(d.Totals["came"]),
		ui.Number(d.Totals["went"]),
		ui.Number(d.Totals["changed"]),
		ui.Number(d.Totals["same"]),
		ui.Number(d.Totals["definitions"]),
	)
	return cli.Finished(code)
}

func newBackupList(e *cli.Env) *cli.Command {
	var output cli.OutputOptions
	return &cli.Command{
		Name: "list", Args: "DIR", Short: "List the backups of a folder, oldest first",
		Examples: []cli.Example{{What: "List them", Line: "kinde-migrate backup list backups"}},
		Exits:    []cli.Code{cli.ExitOK, cli.ExitFailed, cli.ExitUsage},
		Flags:    output.QuietFlags(),
		Run: func(_ context.Context, in *cli.Invocation) error {
			dir, err := oneDir(in, "list")
			if err != nil {
				return err
			}
			repo, _, err := repositoryAt(dir)
			if err != nil {
				return err
			}
			list, err := repo.List()
			if err != nil {
				return cli.Failf("", "%w", err)
			}
			if output.JSON {
				return writeJSON(e, list)
			}
			t := ui.Table{Head: []string{"backup", "detail", "users", "size", "state"}, Right: []bool{false, false, true, true, false}}
			for _, x := range list {
				if x.Problem != "" {
					t.Add(x.Name, "", "", "", "damaged: "+x.Problem)
					continue
				}
				state := "plain text"
				if x.Manifest.Encrypted {
					state = "encrypted"
				}
				if x.Manifest.Shrunk != nil {
					state += ", suspicious: " + x.Manifest.Shrunk.String()
				}
				t.Add(x.Name, string(x.Manifest.Detail), ui.Number(x.Manifest.Counts["users"]), ui.Size(x.Bytes), state)
			}
			if len(list) == 0 {
				_, err := fmt.Fprintf(e.IO.Out, "There is no backup in %s.\n", ui.Line(dir))
				return err
			}
			return t.Write(e.IO.Out, e.IO.TableWidth(e.IO.Out), 0)
		},
	}
}

func newBackupPrune(e *cli.Env) *cli.Command {
	var o struct {
		output cli.OutputOptions
		keep   keepOptions
		dryRun bool
	}
	return &cli.Command{
		Name: "prune", Args: "DIR", Short: "Remove backups that no rule keeps",
		Long: "Keeps what any of the rules keeps and removes the rest. Nothing is removed while the newest backup is suspiciously small, " +
			"or before every byte of the backups that stay was read and verified. Damaged backups don't count and are left alone.",
		Examples: []cli.Example{
			{What: "Show what would be removed", Line: "kinde-migrate backup prune backups --keep-daily 14 --keep-monthly 12 --dry-run"},
			{What: "Keep the last seven", Line: "kinde-migrate backup prune backups --keep-last 7"},
		},
		Exits: []cli.Code{cli.ExitOK, cli.ExitFailed, cli.ExitUsage, cli.ExitDifferences},
		Flags: cli.FlagsOf(
			[]cli.Flag{cli.BoolFlag(&o.dryRun, catBackup, "dry-run", "show what would be removed; remove nothing")},
			o.keep.flags(),
			o.output.QuietFlags(),
		),
		Run: func(ctx context.Context, in *cli.Invocation) error {
			dir, err := oneDir(in, "prune")
			if err != nil {
				return err
			}
			policy, err := o.keep.policy()
			if err != nil {
				return err
			}
			if policy.None() {
				return cli.Usagef("--keep-daily 14", "there is no --keep-… flag, so everything is kept")
			}
			if _, _, err := repositoryAt(dir); err != nil {
				return err
			}
			repo, err := backup.LockRepository(dir)
			if err != nil {
				return backupError(err)
			}
			defer repo.Unlock()
			p, err := repo.Prune(ctx, policy, o.dryRun, time.Now())
			if err != nil {
				return backupError(err)
			}
			code := cli.ExitOK
			if p.Stopped != "" || len(p.Damaged) > 0 {
				code = cli.ExitDifferences
			}
			if o.output.JSON {
				if err := writeJSON(e, struct {
					Schema string `json:"schema"`
					DryRun bool   `json:"dry_run"`
					*backup.Pruning
				}{"kinde-migrate.prune/1", o.dryRun, p}); err != nil {
					return err
				}
				return cli.Finished(code)
			}
			tellPruning(e, p, o.dryRun)
			return cli.Finished(code)
		},
	}
}

func tellPruning(e *cli.Env, p *backup.Pruning, dryRun bool) {
	if p.Stopped != "" {
		fmt.Fprintf(e.IO.Out, "Nothing was removed: %s.\n", p.Stopped)
		return
	}
	if dryRun {
		for _, k := range p.Keep {
			fmt.Fprintf(e.IO.Out, "keep   %s  %s\n", k.Name, strings.Join(k.Reasons, ", "))
		}
	}
	verb, names := "removed", p.Removed
	if dryRun {
		verb, names = "remove", p.Remove
	}
	for _, name := range names {
		fmt.Fprintf(e.IO.Out, "%s %s\n", verb, name)
	}
	fmt.Fprintf(
		e.IO.Out,
		"%s kept, %s %s (%s).\n",
		ui.Count(len(p.Keep), "backup"),
		ui.Number(len(names)),
		map[bool]string{true: "would go", false: "went"}[dryRun],
		ui.Size(p.Bytes),
	)
	for _, name := range p.Ignored {
		fmt.Fprintf(e.IO.Out, "%s is damaged; it was left alone.\n", name)
	}
}
