package importer

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
)

// noteFinished holds the pass that ran to its end and was not delivered yet.
const noteFinished = "finished"

// ending is what is stored of the job when a run ends.
func (r *run) ending(complete bool) []checkpoint.Change {
	if complete && r.opt.AwaitDelivery {
		data, _ := json.Marshal(r.job.Pass) // a number never fails
		return []checkpoint.Change{checkpoint.SetNote{Name: noteFinished, JSON: data}}
	}
	r.job.Complete = complete
	return []checkpoint.Change{checkpoint.SetJob{Job: r.job}}
}

// Delivered ends a pass that ran to its end with Options.AwaitDelivery: its
// results are in the hands of whoever asked for them, and the next run begins
// another pass. It does nothing when the pass did not run to its end.
func Delivered(ctx context.Context, store *checkpoint.Store) error {
	data, err := store.Note(ctx, noteFinished)
	if err != nil || data == nil {
		return err
	}
	var pass int
	if err := json.Unmarshal(data, &pass); err != nil {
		return fmt.Errorf("reading from the checkpoint which pass was finished: %w", err)
	}
	job, ok, err := store.Job(ctx)
	if err != nil || !ok || job.Complete || job.Pass != pass {
		return err
	}
	job.Complete = true
	return store.Commit(ctx, checkpoint.SetJob{Job: job})
}
