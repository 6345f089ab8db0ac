package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/kinde-migrate/kinde-migrate/internal/exporter"
	"github.com/kinde-migrate/kinde-migrate/internal/ui"
)

func writeJSON(e *env, v any) error {
	enc := json.NewEncoder(e.io.Out)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}

// repositoryAt finds what a person names: a folder of backups, or one backup in
// it. name is "" for all.
func repositoryAt(path string) (repo *exporter.Repository, name string, err error) {
	path = filepath.Clean(path)
	if st, statErr := os.Stat(path); statErr != nil || !st.IsDir() {
		return nil, "", usagef("name the folder that backup --out wrote to", "there is no folder %s", path)
	}
	dir := path
	if exporter.IsBackupName(filepath.Base(path)) {
		abs, err := filepath.Abs(path)
		if err != nil {
			return nil, "", failf("", "finding the folder: %w", err)
		}
		dir, name = filepath.Dir(abs), filepath.Base(abs)
	}
	repo, err = exporter.OpenRepository(dir)
	return repo, name, err
}

// identityFlag names the secret keys that open encrypted backups.
func identityFlag(to *[]string) urfaveFlag {
	return listFlag(to, catBackup, "identity", "`FILE` with a secret key of age that opens encrypted backups; repeatable")
}

func oneDir(in *invocation, what string) (string, error) {
	if len(in.args) != 1 {
		return "", usagef("kinde-migrate backup "+what+" backups", "%s takes one folder", what)
	}
	return in.args[0], nil
}

func newBackupVerify(e *env) *command {
	var o struct {
		output     outputOptions
		identities []string
	}
	return &command{
		name: "verify", args: "DIR[/TIME]", short: "Read backups to their last byte and prove them",
		long: "Compares every file with its hash and its count, parses every line, and follows the chain from one backup to the next. " +
			"Damage is named by file and line. Encrypted files are proved by their hash; with --identity their lines are read, too.",
		examples: []example{
			{"All backups of a folder", "kinde-migrate backup verify backups"},
			{"One, decrypted", "kinde-migrate backup verify backups/2026-03-01T020000Z --identity key.txt"},
		},
		exits: []Code{exitOK, exitFailed, exitUsage, exitDifferences, exitInterrupted},
		flags: flagsOf([]urfaveFlag{identityFlag(&o.identities)}, o.output.quietFlags()),
		run: func(ctx context.Context, in *invocation) error {
			dir, err := oneDir(in, "verify")
			if err != nil {
				return err
			}
			repo, name, err := repositoryAt(dir)
			if err != nil {
				return err
			}
			ids, err := exporter.ReadIdentities(o.identities)
			if err != nil {
				return usagef("", "%w", err)
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
				return usagef("name the folder that backup --out wrote to", "there is no backup in %s", dir)
			}
			return tellVerification(e, o.output.json, v)
		},
	}
}

func tellVerification(e *env, asJSON bool, v *exporter.Verification) error {
	code := exitOK
	if len(v.Problems) > 0 {
		code = exitDifferences
	}
	if asJSON {
		if err := writeJSON(e, struct {
			Schema string `json:"schema"`
			OK     bool   `json:"ok"`
			*exporter.Verification
		}{"kinde-migrate.verify/1", code == exitOK, v}); err != nil {
			return err
		}
		return finished(code)
	}
	for _, p := range v.Problems {
		fmt.Fprintln(e.io.Out, ui.Line(p.String()))
	}
	if len(v.Unread) > 0 {
		fmt.Fprintf(e.io.Out, "%s encrypted files agree with their hashes; --identity lets their lines be read, too.\n", ui.Number(len(v.Unread)))
	}
	verdict := "Everything is as it was written."
	if code != exitOK {
		verdict = fmt.Sprintf("%s problems.", ui.Number(len(v.Problems)))
		if len(v.Problems) == 1 {
			verdict = "1 problem."
		}
	}
	_, err := fmt.Fprintf(e.io.Out, "%s backups, %s files, %s rows, %s read. %s\n", ui.Number(len(v.Backups)), ui.Number(v.Files), ui.Number(v.Rows), ui.Size(v.Bytes), verdict)
	if err != nil {
		return err
	}
	return finished(code)
}

func newBackupDiff(e *env) *command {
	var o struct {
		output     outputOptions
		identities []string
		signIns    bool
		max        int
	}
	return &command{
		name: "diff", args: "A B", short: "Who came, went and changed between two backups",
		long:     "Walks two backups side by side. Exit 0 means that they hold the same, 6 that something differs. What only one of them asked for is not compared.",
		examples: []example{{"What changed in a day", "kinde-migrate backup diff backups/2026-03-01T020000Z backups/2026-03-02T020000Z"}, {"For a script", "kinde-migrate backup diff A B --json | jq .totals"}},
		exits:    []Code{exitOK, exitFailed, exitUsage, exitDifferences, exitInterrupted},
		flags: flagsOf([]urfaveFlag{
			identityFlag(&o.identities),
			boolFlag(&o.signIns, catBackup, "sign-ins", "also compare sign-ins, second factors and sessions, which change every day"),
			intFlag(&o.max, catBackup, "max", 1000, "show `N` differences at most; the counts are complete"),
		}, o.output.quietFlags()),
		run: func(ctx context.Context, in *invocation) error {
			if len(in.args) != 2 {
				return usagef("kinde-migrate backup diff backups/A backups/B", "diff takes two backups")
			}
			ids, err := exporter.ReadIdentities(o.identities)
			if err != nil {
				return usagef("", "%w", err)
			}
			var pair [2]*exporter.Backup
			for i, path := range in.args {
				if st, err := os.Stat(path); err != nil || !st.IsDir() {
					return usagef("", "there is no backup %s", path)
				}
				if pair[i], err = exporter.OpenBackup(ctx, path, ids); err != nil {
					return backupError(err)
				}
			}
			d, err := exporter.Compare(ctx, pair[0], pair[1], exporter.DiffOptions{SignIns: o.signIns, Max: o.max})
			if err != nil {
				return backupError(err)
			}
			return tellDiff(e, o.output.json, d)
		},
	}
}

func tellDiff(e *env, asJSON bool, d *exporter.Diff) error {
	code := exitOK
	if !d.None() {
		code = exitDifferences
	}
	if asJSON {
		if err := writeJSON(e, d); err != nil {
			return err
		}
		return finished(code)
	}
	signs := map[string]string{"came": "+", "went": "-", "changed": "*"}
	for _, x := range d.Items {
		what := x.ID
		if x.Kind != "users" {
			what = x.Kind + " " + x.ID
		} else if x.Name != "" {
			what = x.Name + " (" + x.ID + ")"
		}
		fmt.Fprintf(e.io.Out, "%s %s\n", signs[x.Change], ui.Line(what))
		for _, c := range x.Changes {
			fmt.Fprintf(e.io.Out, "    %s: %s -> %s\n", c.Field, ui.Line(string(c.From)), ui.Line(string(c.To)))
		}
	}
	if d.Truncated {
		fmt.Fprintln(e.io.Out, "… and more; --max shows them.")
	}
	fmt.Fprintf(e.io.Out, "Users: %s came, %s went, %s changed, %s the same. Definitions: %s differ.\n", ui.Number(d.Totals["came"]), ui.Number(d.Totals["went"]),
		ui.Number(d.Totals["changed"]), ui.Number(d.Totals["same"]), ui.Number(d.Totals["definitions"]))
	return finished(code)
}

func newBackupList(e *env) *command {
	var output outputOptions
	return &command{
		name: "list", args: "DIR", short: "The backups of a folder, oldest first",
		examples: []example{{"What there is", "kinde-migrate backup list backups"}},
		exits:    []Code{exitOK, exitFailed, exitUsage},
		flags:    output.quietFlags(),
		run: func(_ context.Context, in *invocation) error {
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
				return failf("", "%w", err)
			}
			if output.json {
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
				_, err := fmt.Fprintf(e.io.Out, "There is no backup in %s.\n", ui.Line(dir))
				return err
			}
			return t.Write(e.io.Out, e.io.Width(), 0)
		},
	}
}

func newBackupPrune(e *env) *command {
	var o struct {
		output outputOptions
		keep   keepOptions
		dryRun bool
	}
	return &command{
		name: "prune", args: "DIR", short: "Remove backups that no rule keeps",
		long: "Keeps what any of the rules keeps and removes the rest. Nothing is removed while the newest backup is suspiciously small, " +
			"or before those that stay were read to their last byte and found whole. Damaged backups count for nothing and are left alone.",
		examples: []example{
			{"What would go", "kinde-migrate backup prune backups --keep-daily 14 --keep-monthly 12 --dry-run"},
			{"Keep the last seven", "kinde-migrate backup prune backups --keep-last 7"},
		},
		exits: []Code{exitOK, exitFailed, exitUsage, exitDifferences},
		flags: flagsOf([]urfaveFlag{boolFlag(&o.dryRun, catBackup, "dry-run", "say what would go, remove nothing")}, o.keep.flags(), o.output.quietFlags()),
		run: func(ctx context.Context, in *invocation) error {
			dir, err := oneDir(in, "prune")
			if err != nil {
				return err
			}
			policy, err := o.keep.policy()
			if err != nil {
				return err
			}
			if policy.None() {
				return usagef("--keep-daily 14", "no rule says what to keep, so everything is kept")
			}
			if _, _, err := repositoryAt(dir); err != nil {
				return err
			}
			repo, err := exporter.LockRepository(dir)
			if err != nil {
				return backupError(err)
			}
			defer repo.Unlock()
			p, err := repo.Prune(ctx, policy, o.dryRun, time.Now())
			if err != nil {
				return backupError(err)
			}
			code := exitOK
			if p.Stopped != "" || len(p.Damaged) > 0 {
				code = exitDifferences
			}
			if o.output.json {
				if err := writeJSON(e, struct {
					Schema string `json:"schema"`
					DryRun bool   `json:"dry_run"`
					*exporter.Pruning
				}{"kinde-migrate.prune/1", o.dryRun, p}); err != nil {
					return err
				}
				return finished(code)
			}
			tellPruning(e, p, o.dryRun)
			return finished(code)
		},
	}
}

func tellPruning(e *env, p *exporter.Pruning, dryRun bool) {
	if p.Stopped != "" {
		fmt.Fprintf(e.io.Out, "Nothing was removed: %s.\n", p.Stopped)
		return
	}
	if dryRun {
		for _, k := range p.Keep {
			fmt.Fprintf(e.io.Out, "keep   %s  %s\n", k.Name, strings.Join(k.Reasons, ", "))
		}
	}
	verb, names := "removed", p.Removed
	if dryRun {
		verb, names = "remove", p.Remove
	}
	for _, name := range names {
		fmt.Fprintf(e.io.Out, "%s %s\n", verb, name)
	}
	fmt.Fprintf(e.io.Out, "%s backups are kept, %s %s (%s).\n", ui.Number(len(p.Keep)), ui.Number(len(names)), map[bool]string{true: "would go", false: "went"}[dryRun], ui.Size(p.Bytes))
	for _, name := range p.Ignored {
		fmt.Fprintf(e.io.Out, "%s is damaged; it was left alone.\n", name)
	}
}
