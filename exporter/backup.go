package exporter

import (
	"context"
	"encoding/json"
	"path/filepath"

	"github.com/kinde-migrate/kinde-migrate/internal/backup"
	"github.com/kinde-migrate/kinde-migrate/internal/tenant"
	"github.com/kinde-migrate/kinde-migrate/kinde"
)

// BackupOptions says how to back up, and what becomes of older backups.
type BackupOptions struct {
	Tenant     kinde.Config
	Recipients []string // keys of age ("age1…") or files of them that can open the backup; none: it is not encrypted
	Identities []string // files with secret keys of age: they open the backup before this one, so that a full one reads less
	Full       bool     // also what costs a request for each user, such as verified states
	MaxShrink  float64  // percent that a count may fall unremarked; 0 is 5
	Keep       Keep
	Progress   func(Progress)
}

// Keep says which backups stay; the zero value keeps all.
type Keep struct{ Last, Daily, Weekly, Monthly int }

// Made describes a backup.
type Made struct {
	Folder    string           // where it is
	Counts    map[string]int64 // "users", "organizations", "roles" …
	NotCopied []string         // what Kinde's API does not show, and why
	Shrunk    string           // the kind that has become suspiciously few, "" when none has; older backups are kept then
}

// Backup writes all that the API shows of a tenant to a new folder in dir,
// complete or not at all.
func Backup(ctx context.Context, dir string, o BackupOptions) (Made, error) {
	job := backup.Job{Dir: dir, Connect: func() (tenant.API, error) { return connect(o.Tenant) },
		Retention: backup.Retention{Last: o.Keep.Last, Daily: o.Keep.Daily, Weekly: o.Keep.Weekly, Monthly: o.Keep.Monthly},
		Backup:    backup.Options{MaxShrink: o.MaxShrink, Progress: progressOf(o.Progress)}}
	if o.Full {
		job.Backup.Detail = backup.Full
	}
	var err error
	if job.Backup.Recipients, err = backup.ParseRecipients(o.Recipients); err != nil {
		return Made{}, err
	}
	if job.Backup.Identities, err = backup.ReadIdentities(o.Identities); err != nil {
		return Made{}, err
	}
	out, err := job.Run(ctx)
	if err != nil {
		return Made{}, err
	}
	m := Made{Folder: filepath.Join(dir, out.Manifest.Name), Counts: out.Manifest.Counts}
	for _, x := range out.Manifest.NotCopied {
		m.NotCopied = append(m.NotCopied, x.What+": "+x.Why)
	}
	if out.Manifest.Shrunk != nil {
		m.Shrunk = out.Manifest.Shrunk.Kind
	}
	return m, nil
}

// Damage is one thing about a backup that is not as it was written.
type Damage struct {
	File string
	Line int64 // 0: the whole file
	What string
}

// Verify proves the backup in a folder against its manifest, and reads every
// line of it where the identities, files with secret keys of age, can open it.
// A whole backup has no damage.
func Verify(ctx context.Context, folder string, identities ...string) ([]Damage, error) {
	ids, err := backup.ReadIdentities(identities)
	if err != nil {
		return nil, err
	}
	folder, err = filepath.Abs(folder)
	if err != nil {
		return nil, err
	}
	repo, err := backup.OpenRepository(filepath.Dir(folder))
	if err != nil {
		return nil, err
	}
	v, err := repo.Verify(ctx, ids, filepath.Base(folder))
	if err != nil {
		return nil, err
	}
	var out []Damage
	for _, d := range v.Problems {
		out = append(out, Damage{d.File, d.Line, d.What})
	}
	return out, nil
}

// Difference is one thing that came, went or changed between two backups.
type Difference struct {
	Kind   string // "users", "organizations", "roles" …
	Change string // "came", "went", "changed"
	ID     string // of a user; key or code of anything else
	Fields map[string]Values
}

// Values are a field before and after, as JSON.
type Values struct{ From, To json.RawMessage }

// Diff returns what changed from one backup to another, at most a thousand
// things, and how many there are.
func Diff(ctx context.Context, from, to string, identities ...string) (list []Difference, total int64, err error) {
	ids, err := backup.ReadIdentities(identities)
	if err != nil {
		return nil, 0, err
	}
	a, err := backup.Open(ctx, from, ids)
	if err != nil {
		return nil, 0, err
	}
	b, err := backup.Open(ctx, to, ids)
	if err != nil {
		return nil, 0, err
	}
	d, err := backup.Compare(ctx, a, b, backup.DiffOptions{})
	if err != nil {
		return nil, 0, err
	}
	for _, x := range d.Items {
		one := Difference{Kind: x.Kind, Change: x.Change, ID: x.ID, Fields: map[string]Values{}}
		for _, c := range x.Changes {
			one.Fields[c.Field] = Values{c.From, c.To}
		}
		list = append(list, one)
	}
	for change, n := range d.Totals {
		if change != "same" {
			total += n
		}
	}
	return list, total, nil
}
