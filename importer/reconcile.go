package importer

import (
	"context"
	"errors"

	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
	"github.com/kinde-migrate/kinde-migrate/internal/reconcile"
)

// Comparison counts what a comparison found. Matched, Missing, Different and
// Explained add up to the records of the source.
type Comparison struct {
	Matched    int64
	Missing    int64 // nobody in the tenant is this user
	Different  int64
	Explained  int64 // not in the tenant, or not as described, for a reason that the checkpoint knows
	Unexpected int64 // users of the tenant that no record describes
}

// Difference is a user who is missing, different or unexpected.
type Difference struct {
	Kind     string // "missing", "different", "unexpected"
	Record   int64  // 0: unexpected
	SourceID string
	KindeID  string // "": missing
	Field    string // different: what
	Want     string
	Have     string
}

// Reconcile compares the users of Options.Users or Options.Files with the
// tenant, and writes nothing. It calls each for every difference, in the order
// of the source, unless each is nil. Options.Checkpoint, where there is one,
// tells who is who and explains who was kept out on purpose.
func Reconcile(ctx context.Context, o Options, each func(Difference) error) (found Comparison, err error) {
	rules, err := o.rules()
	if err != nil {
		return found, err
	}
	users, err := o.open(ctx)
	if err != nil {
		return found, refused(err)
	}
	defer func() { err = errors.Join(err, users.Close()) }()
	client, recorder, err := connect(o.Tenant)
	if err != nil {
		return found, err
	}
	opt := reconcile.Options{Tenant: client, Source: users, Import: rules, Each: differences(each)}
	if _, err := client.GetEnvironment(ctx); err != nil { // its answer also tells the server's time
		return found, err
	}
	opt.ClockOffset = recorder.ClockOffset()
	if o.Checkpoint != "" {
		known, err := checkpoint.OpenReader(ctx, o.Checkpoint)
		if err != nil {
			return found, err
		}
		defer known.Close()
		opt.Checkpoint = known
	}
	if o.Progress != nil {
		opt.Progress = func(stage string, done, total int64) { o.Progress(Progress{Phase: stage, Done: done, Total: total}) }
	}
	r, err := reconcile.Run(ctx, opt)
	if err != nil {
		return found, refused(err)
	}
	return Comparison{r.Matched, r.Missing, r.Different, r.Explained, r.Unexpected}, nil
}

// differences tells each what is not as it should be, field by field.
func differences(each func(Difference) error) func(reconcile.Finding) error {
	return func(f reconcile.Finding) error {
		if each == nil || f.Class != reconcile.Missing && f.Class != reconcile.Different && f.Class != reconcile.Unexpected {
			return nil
		}
		d := Difference{Kind: string(f.Class), Record: f.Record, SourceID: f.SourceID, KindeID: f.KindeID}
		for _, x := range f.Differences {
			d.Field, d.Want, d.Have = x.Field, x.Expected, x.Actual
			if err := each(d); err != nil {
				return err
			}
		}
		if len(f.Differences) == 0 {
			return each(d)
		}
		return nil
	}
}
