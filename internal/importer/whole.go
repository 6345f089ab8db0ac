package importer

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
	"github.com/kinde-migrate/kinde-migrate/internal/intake"
	"github.com/kinde-migrate/kinde-migrate/internal/job"
	"github.com/kinde-migrate/kinde-migrate/internal/mapping"
)

// Gone means absent from a source that was read whole. Whatever could not be
// read may be somebody who is still there, so a source with a hole in it tells
// nothing about absence: neither --gone nor --mirror take anything away by it.

// noteWholeness is the name of the note that tells how whole the source of the
// checkpoint was read.
const noteWholeness = "wholeness"

// wholeness is what that note holds.
type wholeness struct {
	Holes []string `json:"holes"` // why it can't tell who is absent; a whole source has none
	Ended bool     `json:"ended"` // its files of lines end with the end of a line
}

// wholeness judges a source that was scanned; was is what the one before was like.
func (v *scanner) wholeness(sum intake.Summary, was wholeness) wholeness {
	var all []string
	add := func(n int64, one, many string) {
		switch {
		case n == 1:
			all = append(all, one)
		case n > 1:
			all = append(all, fmt.Sprintf(many, n))
		}
	}
	if v.records == 0 {
		all = append(all, "it holds no record")
	} else if v.recur == 0 {
		all = append(all, "no record of it is known from earlier")
	}
	add(v.malformed, "a record can't be read", "%d records can't be read")
	if v.withoutID < v.records {
		add(v.withoutID, "a record has no id, while others have one", "%d records have no id, while others have one")
	}
	for _, role := range slices.Sorted(maps.Keys(sum.Joins)) {
		add(sum.Joins[role].Malformed, "a row of the file of "+role+" can't be read", "%d rows of the file of "+role+" can't be read")
	}
	if slices.ContainsFunc(sum.Notices, func(n mapping.Notice) bool { return n.What == mapping.MissingRecords }) {
		all = append(all, "it is one page of several")
	}
	if was.Ended && !sum.Ended {
		all = append(all, "it stops in the middle of a line, as a file does that was cut; the one before did not")
	}
	return wholeness{all, sum.Ended}
}

// countHoles counts what one row says about the wholeness of the source.
func (v *scanner) countHoles(i *intake.Item, by int64) {
	if slices.ContainsFunc(i.Problems, func(p mapping.Problem) bool { return p.Code == mapping.RecordMalformed }) {
		v.malformed += by
	} else if i.User == nil || i.User.SourceID == "" {
		v.withoutID += by
	}
}

// whole tells how whole the source of the checkpoint was read.
func (r *run) whole(ctx context.Context) (w wholeness, err error) {
	data, err := r.Checkpoint.Note(ctx, noteWholeness)
	if err != nil || data == nil {
		return w, err
	}
	if err := json.Unmarshal(data, &w); err != nil {
		return w, fmt.Errorf("reading from the checkpoint whether the source was read whole: %w", err)
	}
	return w, nil
}

// requireWhole refuses to take away what a source with holes does not name.
func (r *run) requireWhole(ctx context.Context) error {
	if r.job.Source < 2 || r.opt.Gone == KeepGone && !r.opt.Mirror {
		return nil
	}
	w, err := r.whole(ctx)
	if err != nil || len(w.Holes) == 0 {
		return err
	}
	return r.notWhole(w.Holes)
}

// requireReadable refuses to go on with a correction while records that it does not
// hold are still to be done, or to be read back.
func (r *run) requireReadable(ctx context.Context) error {
	if !r.opt.Correction {
		return nil
	}
	written := []checkpoint.Outcome{checkpoint.Created, checkpoint.Updated}
	var left int64
	for _, where := range []checkpoint.Selection{
		{Outcomes: []checkpoint.Outcome{checkpoint.Pending}, Elsewhere: true},
		{Outcomes: written, Pass: r.job.Pass, Elsewhere: true},
	} {
		n, err := r.Checkpoint.Count(ctx, where)
		if err != nil {
			return err
		}
		left += n
	}
	if left == 0 {
		return nil
	}
	message := fmt.Sprintf("%d records of the source that this one corrects are not finished", left)
	if left == 1 {
		message = "1 record of the source that this one corrects is not finished"
	}
	return &job.RefusedError{Kind: job.SourceIncomplete, Message: message,
		Try: "Import that source to its end first, then this one."}
}

func (r *run) notWhole(holes []string) error {
	asked := "--mirror"
	if r.opt.Gone != KeepGone {
		asked = "--gone " + string(r.opt.Gone)
	}
	return &job.RefusedError{Kind: job.SourceIncomplete,
		Message: fmt.Sprintf("%s needs a source that was read whole, and this one was not: %s", asked, strings.Join(holes, "; ")),
		Try:     "Export it again, or mend what can't be read (validate lists it). Without --gone and --mirror the rest is imported."}
}

// mostGone refuses when more users are gone than a person would expect.
func (r *run) mostGone(ctx context.Context, gone int64) error {
	known, err := r.Checkpoint.Count(ctx, checkpoint.Selection{Any: true, Stage: []checkpoint.Stage{checkpoint.Present}})
	if err != nil {
		return err
	}
	if float64(gone)*100 <= r.opt.MaxGone*float64(max(known, 1)) {
		return nil
	}
	return &job.RefusedError{Kind: job.SourceIncomplete,
		Message: fmt.Sprintf("%d of %d users are gone from the source, more than %g %%: it does not look whole", gone, known, r.opt.MaxGone),
		Try:     "Check that the source is complete; raise --max-gone if it is."}
}
