package exporter

import (
	"context"
	"errors"
	"fmt"

	"github.com/kinde-migrate/kinde-migrate/internal/backup"
	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
	"github.com/kinde-migrate/kinde-migrate/internal/engine"
	"github.com/kinde-migrate/kinde-migrate/internal/importer"
	"github.com/kinde-migrate/kinde-migrate/internal/intake"
	"github.com/kinde-migrate/kinde-migrate/internal/report"
	"github.com/kinde-migrate/kinde-migrate/internal/restore"
	"github.com/kinde-migrate/kinde-migrate/kinde"
)

// RestoreOptions says whom to restore, and where to.
type RestoreOptions struct {
	Tenant     kinde.Config
	Checkpoint string   // path of the file that keeps the state of the job
	Identities []string // files with secret keys of age; none: the backup is not encrypted

	Only         []string // ids, addresses, numbers or names of those to restore; none: everybody
	Organization string   // only its members
	// Passwords is users.ndjson of Kinde's own export, decrypted: no backup holds hashes.
	Passwords     string
	RequestResets bool   // ask those who have an e-mail address and no password for a new one
	OnExisting    string // users who are there: "skip", "update" or "fail"; "" is "skip"
	DryRun        bool
}

// Restored is what became of a backup.
type Restored struct {
	Users    map[string]int64 // by class: "created", "updated", "unchanged", "skipped", "rejected", "failed", "pending"
	Created  []string         // definitions: "role editor"
	Lacking  []string         // definitions that users refer to and that can't be created
	Failed   []string         // definitions that the tenant refused, and why
	Problems []string         // of users, the first thousand
}

// Restore brings the backup in a folder into a tenant: first the definitions
// that its users refer to, then the users. The same call again goes on where it
// stopped. When ctx ends, what is in flight is finished and kept.
func Restore(ctx context.Context, folder string, o RestoreOptions) (out Restored, err error) {
	switch {
	case o.Checkpoint == "":
		return out, errors.New("restoring: no checkpoint is given")
	case o.OnExisting == "":
		o.OnExisting = string(importer.Skip)
	case o.OnExisting != string(importer.Skip) && o.OnExisting != string(importer.Update) && o.OnExisting != string(importer.Fail):
		return out, fmt.Errorf("restoring: OnExisting is %q; it is skip, update or fail", o.OnExisting)
	}
	ids, err := backup.ReadIdentities(o.Identities)
	if err != nil {
		return out, err
	}
	b, err := backup.Open(ctx, folder, ids)
	if err != nil {
		return out, err
	}
	selection := restore.Selection{Only: o.Only, Organization: o.Organization}
	r, err := restore.New(ctx, b, restore.Options{Selection: selection, Passwords: o.Passwords, RequestResets: o.RequestResets})
	if err != nil {
		return out, err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	recorder := engine.NewRecorder()
	client, err := recorder.Client(gated(o.Tenant))
	if err != nil {
		return out, err
	}
	hard := context.WithoutCancel(ctx)
	store, err := checkpoint.OpenFor(hard, o.Checkpoint, o.DryRun)
	if err != nil {
		return out, err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	inventory, err := importer.InventoryOf(hard, store)
	if err != nil {
		return out, err
	}
	defined, err := r.Define(hard, client, restore.DefineOptions{Create: true, DryRun: o.DryRun, Inventory: inventory})
	if defined != nil {
		out.Created, out.Lacking, out.Failed = defined.Created, defined.Lacking, defined.Failed
	}
	if err != nil {
		return out, fmt.Errorf("restoring the definitions: %w", err)
	}
	stream := r.Source(ctx)
	defer func() { err = errors.Join(err, stream.Close()) }()
	rows, err := intake.Open(ctx, intake.OfBackup(stream))
	if err != nil {
		return out, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	ended, err := importer.Run(
		hard,
		importer.Job{Source: rows, Target: client, Checkpoint: store, Recorder: recorder, Drain: ctx.Done()},
		importer.Options{
			Command:       "restore",
			DryRun:        o.DryRun,
			OnExisting:    importer.OnExisting(o.OnExisting),
			Stale:         importer.SetStale,
			Enterprise:    true,
			CreateMissing: true,
			Partial:       selection.Partial(),
			Pinned:        map[string]string{"on-existing": o.OnExisting},
		},
	)
	if ended.Interrupted {
		err = context.Cause(ctx)
	}
	return out, errors.Join(err, out.count(hard, store))
}

// count gathers what the checkpoint knows of the users.
func (x *Restored) count(ctx context.Context, store *checkpoint.Store) error {
	totals, err := store.Totals(ctx)
	if err != nil {
		return err
	}
	x.Users = map[string]int64{}
	for class, n := range totals {
		x.Users[string(class)] = n
	}
	r, err := report.Fold(ctx, store)
	if err != nil {
		return err
	}
	for _, p := range r.Problems.Items {
		x.Problems = append(x.Problems, fmt.Sprintf("%s: %s %s: %s", p.SourceID, p.Severity, p.Code, p.Message))
	}
	return nil
}
