package checkpoint

import (
	"context"
	"encoding/json"
	"fmt"
)

// noteFinished holds the pass that ran to its end and was not delivered yet.
const noteFinished = "finished"

// Finished is what is stored of a job whose pass ran to its end and whose
// results somebody waits for: the pass stays open until Delivered.
func Finished(job Job) []Change {
	data, _ := json.Marshal(job.Pass) // a number never fails
	return []Change{SetJob{Job: job}, SetNote{Name: noteFinished, JSON: data}}
}

// Delivered ends a pass that ran to its end: its results are in the hands of
// whoever asked for them, and the next run begins another pass. It does nothing
// when the pass did not run to its end.
func (s *Store) Delivered(ctx context.Context) error {
	data, err := s.Note(ctx, noteFinished)
	if err != nil || data == nil {
		return err
	}
	var pass int
	if err := json.Unmarshal(data, &pass); err != nil {
		return fmt.Errorf("reading from the checkpoint which pass was finished: %w", err)
	}
	job, ok, err := s.Job(ctx)
	if err != nil || !ok || job.Complete || job.Pass != pass {
		return err
	}
	job.Complete = true
	return s.Commit(ctx, SetJob{Job: job})
}
