package importer

import (
	"context"

	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
)

// ending is what is stored of the job when a run ends.
func (r *run) ending(complete bool) []checkpoint.Change {
	if complete && r.opt.AwaitDelivery {
		return checkpoint.Finished(r.job)
	}
	r.job.Complete = complete
	return []checkpoint.Change{checkpoint.SetJob{Job: r.job}}
}

// Delivered ends a pass that ran to its end with Options.AwaitDelivery: its
// results are in the hands of whoever asked for them, and the next run begins
// another pass. It does nothing when the pass did not run to its end.
func Delivered(ctx context.Context, store *checkpoint.Store) error { return store.Delivered(ctx) }
