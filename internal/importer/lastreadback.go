package importer

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
)

// lastReadBack is the result that the checkpoint holds; the zero value when there is none.
func (r *run) lastReadBack(ctx context.Context) (last readBackPass, err error) {
	data, err := r.Checkpoint.Note(ctx, checkpoint.NoteReconciliation)
	if err != nil || data == nil {
		return last, err
	}
	if err := json.Unmarshal(data, &last); err != nil {
		return last, fmt.Errorf("reading the last read-back from the checkpoint: %w", err)
	}
	return last, nil
}

// readBackOwed tells whether an earlier run of this pass died before its
// read-back, or the last one found what can't be explained.
func (r *run) readBackOwed(ctx context.Context) (bool, error) {
	if r.opt.NoReconcile {
		return false, nil
	}
	last, err := r.lastReadBack(ctx)
	if err != nil || last.Pass == r.job.Pass || !r.job.Resumed && last.Missing+last.Different == 0 {
		return false, err
	}
	return r.Checkpoint.Some(ctx, r.touched())
}

// date leaves the last result as it is where nothing was looked at now, but for
// whom it no longer speaks of: users that left the source since, or that are
// failed or rejected today, match nothing.
func (r *run) date(ctx context.Context) error {
	last, err := r.lastReadBack(ctx)
	if err != nil {
		return err
	}
	total, err := r.Checkpoint.Count(ctx, checkpoint.Selection{})
	if err != nil {
		return err
	}
	spokenOf := r.touched()
	spokenOf.Pass, spokenOf.Differing = last.Pass, false
	present := int64(0)
	if last.Pass > 0 {
		if present, err = r.Checkpoint.Count(ctx, spokenOf); err != nil {
			return err
		}
	}
	unexplained, err := r.Checkpoint.Differing(ctx)
	if err != nil {
		return err
	}
	now := last
	now.Missing, now.Different = unexplained["missing"], unexplained["different"]
	now.Matched = max(0, min(last.Matched, present-now.Missing-now.Different))
	now.Explained = total - now.Matched - now.Missing - now.Different
	if now.Matched == last.Matched && now.Missing == last.Missing && now.Different == last.Different && now.Explained == last.Explained {
		return nil
	}
	data, err := json.Marshal(now)
	if err != nil {
		return err
	}
	return r.Checkpoint.Commit(ctx, checkpoint.SetNote{Name: checkpoint.NoteReconciliation, JSON: data})
}
