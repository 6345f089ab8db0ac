package importer

import (
	"context"
	"errors"

	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
	"github.com/kinde-migrate/kinde-migrate/internal/engine"
	"github.com/kinde-migrate/kinde-migrate/internal/importer"
	"github.com/kinde-migrate/kinde-migrate/internal/intake"
	"github.com/kinde-migrate/kinde-migrate/internal/source"
	"github.com/kinde-migrate/kinde-migrate/kinde"
	"github.com/kinde-migrate/kinde-migrate/kinde/pace"
)

// Import brings users into a tenant. The same call again goes on where it
// stopped, and makes no request when nothing is left to do.
func Import(ctx context.Context, o Options) (result Result, err error) {
	opt, err := o.rules()
	if err != nil {
		return Result{}, err
	}
	users, err := o.open(ctx)
	if err != nil {
		return Result{}, refused(err)
	}
	defer func() { err = errors.Join(err, users.Close()) }()
	store, err := openStore(ctx, o.Checkpoint, o.DryRun)
	if err != nil {
		return Result{}, err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	client, recorder, err := connect(o.Tenant)
	if err != nil {
		return Result{}, err
	}
	ended, err := importer.Run(context.WithoutCancel(ctx), importer.Job{Source: users, Target: client, Checkpoint: store,
		Recorder: recorder, Drain: ctx.Done(), Confirm: confirmation(o.Confirm)}, opt)
	return conclude(ctx, store, ended, err)
}

// RollbackOptions says which import to take back, and how far.
type RollbackOptions struct {
	Tenant     kinde.Config
	Checkpoint string // of the import

	DryRun      bool
	Force       bool // also delete users who have signed in since, and those who are not certainly the import's
	Definitions bool // also delete the organizations, roles, permissions and properties that the import created
	Profile     bool // also remove the people from the subscriber list

	Confirm  func(context.Context, Plan) error
	Progress func(Progress)
}

// Rollback deletes the users that an import created, unless somebody has signed
// in as them, and gives users that existed before what the API can show of
// their former state.
func Rollback(ctx context.Context, o RollbackOptions) (result Result, err error) {
	store, err := openStore(ctx, o.Checkpoint, o.DryRun)
	if err != nil {
		return Result{}, err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	client, recorder, err := connect(o.Tenant)
	if err != nil {
		return Result{}, err
	}
	ended, err := importer.Rollback(
		context.WithoutCancel(ctx),
		importer.Job{Target: client, Checkpoint: store, Recorder: recorder, Drain: ctx.Done(),
			Confirm: confirmation(o.Confirm)},
		importer.Options{DryRun: o.DryRun, Progress: progressOf(o.Progress)},
		importer.RollbackOptions{Force: o.Force, Definitions: o.Definitions, Profile: o.Profile},
	)
	return conclude(ctx, store, ended, err)
}

// open opens the users to read: those at hand, or those in files.
func (o *Options) open(ctx context.Context) (*intake.Intake, error) {
	if (o.Users == nil) == (len(o.Files.Paths) == 0) {
		return nil, &RefusedError{Message: "the users of an import are either a sequence or files", Try: "Set Options.Users or Options.Files."}
	}
	f := &o.Files
	read := intake.Options{Files: f.Paths, Preset: f.Preset, MappingFile: f.Mapping, Passwords: f.Passwords, Identities: f.Identities,
		Memberships: f.Memberships, Organizations: f.Organizations, HashParams: f.HashParams, IDPrefix: f.IDPrefix,
		RoleScope: f.RoleScope, Incomplete: f.Incomplete}
	if f.MergeDuplicates {
		read.Duplicates = intake.MergeDuplicates
	}
	if o.Users != nil {
		lines := stream(o.Users) // which Open reads to its end
		defer lines.Close()
		read.Files, read.Stdin, read.Format, read.Preset = []string{"-"}, lines, source.NDJSON, "kinde-migrate"
	}
	return intake.Open(ctx, read)
}

func openStore(ctx context.Context, path string, dryRun bool) (*checkpoint.Store, error) {
	if path == "" {
		return nil, &RefusedError{Message: "no checkpoint is given", Try: "Set Checkpoint to the path of a file."}
	}
	return checkpoint.OpenFor(context.WithoutCancel(ctx), path, dryRun)
}

// connect makes a client whose requests are counted.
func connect(cfg kinde.Config) (*kinde.Client, *engine.Recorder, error) {
	if cfg.Gate == nil {
		cfg.Gate = pace.Learning(pace.Options{})
	}
	recorder := engine.NewRecorder()
	client, err := recorder.Client(cfg)
	return client, recorder, err
}
