package importer

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
	"github.com/kinde-migrate/kinde-migrate/internal/intake"
	"github.com/kinde-migrate/kinde-migrate/internal/job"
)

// read is the first pass, unless the files are as they were when it was made.
func (r *run) read(ctx context.Context) error {
	defer func() { r.planner.source = r.job.Source }()
	source := r.Source.Source()
	files := statFiles(source)
	was, ok, err := r.Checkpoint.Source(ctx)
	if err != nil {
		return err
	}
	in := inputs(source, r.opt)
	same := sameFiles(was.Files, files)
	if f, prints := r.Source.(fingerprinter); prints {
		// Sizes and times may deceive, and what came through a pipe has neither.
		print, err := f.Fingerprint()
		if err != nil {
			return fmt.Errorf("looking whether the source is as it was: %w", err)
		}
		in, same = in+" "+print, true
	}
	if ok && same && was.Inputs == in {
		r.names, err = loadNames(ctx, r.Checkpoint)
		return err
	}
	return r.scan(ctx, source, was, ok, in)
}

// fingerprinter is a source that tells, without being read as a whole, whether
// positions of an earlier pass still hold.
type fingerprinter interface{ Fingerprint() (string, error) }

var _ fingerprinter = (*intake.Intake)(nil)

// remembersErased refuses to read a source anew without knowing whom it must not
// bring back.
func (r *run) remembersErased(ctx context.Context) error {
	at, err := r.Checkpoint.PeopleErased(ctx)
	if err != nil || at.IsZero() {
		return err
	}
	if s, ok := r.Source.(interface{ RemembersErased() bool }); ok && s.RemembersErased() {
		return nil
	}
	return &job.RefusedError{
		Kind:    job.BadOptions,
		Message: "people were erased from this checkpoint on " + at.Format(time.DateOnly) + ", and the source may hold them still",
		Try:     "Give the list that users forget wrote, with --erasure-list FILE.",
	}
}

func (r *run) scan(ctx context.Context, source intake.Source, was checkpoint.Source, delta bool, in string) error {
	known, err := r.Checkpoint.Count(ctx, checkpoint.Selection{Any: true})
	if err != nil {
		return err
	}
	if delta && known > 0 && was.Preset != source.Preset && !r.opt.NewSource {
		return &job.RefusedError{
			Kind:    job.OtherSource,
			Message: fmt.Sprintf("the checkpoint belongs to a source of %q, this one is of %q", was.Preset, source.Preset),
			Try: fmt.Sprintf(
				"If it is the same source, have it read as %q again, with --from or --mapping. Otherwise choose another file with --checkpoint, or use --new-source.",
				was.Preset,
			),
		}
	}
	if err := r.remembersErased(ctx); err != nil {
		return err
	}
	cut, corrected, err := r.cutVersion(ctx)
	if err != nil {
		return err
	}
	if r.opt.Correction && known > 0 && (!delta || was.Inputs == "" && !corrected) {
		// What the checkpoint holds of the others is partly of a source that counts for nothing.
		return &job.RefusedError{Kind: job.SourceIncomplete, Message: "the source that this one corrects was not read to its end",
			Try: "Import that source to its end first, then this one."}
	}
	r.meter.Begin("reading", 0)
	r.names = NewNames()
	if known > 0 && !delta {
		// A first pass that was cut: nothing was sent yet, so it begins anew.
		if err := r.Checkpoint.Commit(ctx, checkpoint.Forget{}); err != nil {
			return err
		}
		known = 0
	}
	version := r.job.Job
	var changes []checkpoint.Change
	if cut > 0 && cut == version.Source {
		changes = append(changes, checkpoint.ForgetVersion{Source: cut})
		version.Source--
	}
	version.Source++
	changes = append(changes, checkpoint.SetJob{Job: version}, checkpoint.BeginVersion{Source: version.Source},
		readingVersion(version.Source, r.opt.Correction))
	if delta {
		// Until this version is read to its end, no source is as it was when it was read.
		half := was
		half.Inputs = ""
		changes = append(changes, checkpoint.SetSource{Source: half})
	}
	if known > 0 {
		changes = append(changes, checkpoint.IndexKeys{})
	}
	if err := r.Checkpoint.Commit(ctx, changes...); err != nil {
		return err
	}
	r.job.Job = version
	v := &scanner{ctx: ctx, store: r.Checkpoint, opt: r.opt, source: version.Source, pass: version.Pass, delta: known > 0, names: r.names,
		shape: planner{opt: r.opt}, progress: r.meter, prior: map[int64]priorState{}}
	aliases, err := r.Checkpoint.Aliases(ctx, 0, math.MaxInt64) // only records that were merged have some
	if err != nil {
		return err
	}
	for id := range aliases {
		v.aliased.set(id)
	}
	reading, stop := r.job.UntilDrain(ctx)
	summary, err := r.Source.Scan(reading, v)
	stop()
	if err == nil {
		err = v.flush()
	}
	if err == nil {
		err = v.correct()
	}
	if err != nil {
		if err = r.unreadable(err); v.kept || !isRefusal(err) {
			return err
		}
		// Nothing of it is in the checkpoint: it is as if it had not been read.
		r.job.Source--
		changes := []checkpoint.Change{checkpoint.SetJob{Job: r.job.Job}, readingVersion(0, false)}
		if delta {
			changes = append(changes, checkpoint.SetSource{Source: was})
		}
		return errors.Join(err, r.Checkpoint.Commit(ctx, changes...))
	}
	if known > 0 && v.recur == 0 && v.records > 0 && !r.opt.NewSource && !r.opt.Correction {
		return errors.Join(
			&job.RefusedError{Kind: job.OtherSource, Message: "no record of this source is known to the checkpoint: it belongs to another source",
				Try: "Choose another file with --checkpoint, or use --new-source."},
			r.unseen(ctx),
		)
	}
	now := r.Source.Source()
	row := checkpoint.Source{Files: statFiles(now), Format: string(now.Format), Preset: now.Preset, Evidence: strings.Join(now.Evidence, "\n"),
		MappingSHA256: now.MappingSHA256, Inputs: in, Rows: summary.Rows, Filtered: summary.Filtered, Hashes: summary.Passwords.Rows,
		Joined: summary.Passwords.Joined, JoinedNobody: summary.Passwords.JoinedNobody}
	r.ids = [4]int64{v.emails, v.phones, v.usernames, v.records}
	r.scanned = true
	data, _ := json.Marshal(r.ids) // plain data never fails, here and below
	account, _ := json.Marshal(summary.Account())
	whole, err := r.whole(ctx)
	if err != nil {
		return err
	}
	// One transaction: a version counts as read once all that follows from it is kept.
	changes = []checkpoint.Change{checkpoint.SetSource{Source: row}, readingVersion(0, false), checkpoint.IndexKeys{}, r.names.change(),
		checkpoint.SetNote{Name: noteIDs, JSON: data}, checkpoint.SetNote{Name: noteAccount, JSON: account}}
	if r.opt.Correction {
		// A file of corrected rejects on its own checkpoint: the others are still wanted.
		changes = append(changes, checkpoint.KeepSeen{Source: version.Source})
	} else {
		whole = v.wholeness(summary, whole)
		data, _ := json.Marshal(whole)
		changes = append(changes, checkpoint.SetNote{Name: noteWholeness, JSON: data}, checkpoint.DropLeftProblems{})
		if !v.kept { // it holds nobody
			changes = append(changes, checkpoint.DropProblems{})
		}
	}
	var renewed int64
	if known > 0 && len(whole.Holes) == 0 && !r.opt.Partial {
		changes = append(changes, checkpoint.Succeed{Renewed: &renewed})
	}
	if err := r.Checkpoint.Commit(ctx, changes...); err != nil {
		return err
	}
	if renewed > 0 {
		r.meter.Note(fmt.Sprintf("%d people of the source have a new id and the same address: they keep their users.", renewed))
	}
	return nil
}

const (
	noteIDs     = "identities"
	noteAccount = "account" // what became of the fields and the rows of companions
	noteReading = "reading" // the version of the source that is being read, below 0: a correction, 0: none
)

// readingVersion notes which version of the source is being read. While it says one,
// what the checkpoint holds of it is not all.
func readingVersion(source int, correction bool) checkpoint.Change {
	if correction {
		source = -source
	}
	return checkpoint.SetNote{Name: noteReading, JSON: []byte(strconv.Itoa(source))}
}

// cutVersion is the version of the source whose reading was cut, 0 for none.
func (r *run) cutVersion(ctx context.Context) (version int, correction bool, err error) {
	data, err := r.Checkpoint.Note(ctx, noteReading)
	if err != nil || data == nil {
		return 0, false, err
	}
	if err := json.Unmarshal(data, &version); err != nil {
		return 0, false, fmt.Errorf("reading from the checkpoint whether a source was read to its end: %w", err)
	}
	return max(version, -version), version < 0, nil
}

// unreadable says why a first pass failed. A source of nobody is a hole where
// something is to be taken away by it.
func (r *run) unreadable(err error) error {
	if refused, ok := errors.AsType[*job.RefusedError](err); ok {
		return refused
	}
	if empty, ok := errors.AsType[*intake.RefusedError](err); ok && empty.Empty && r.job.Source > 1 &&
		(r.opt.Gone != KeepGone || r.opt.Mirror) {
		return r.notWhole([]string{"it holds no record"})
	}
	return fmt.Errorf("reading the source: %w", err)
}

func isRefusal(err error) bool {
	_, ours := errors.AsType[*job.RefusedError](err)
	_, theirs := errors.AsType[*intake.RefusedError](err)
	return ours || theirs
}

// unseen takes back a version of the source that was refused.
func (r *run) unseen(ctx context.Context) error {
	r.job.Source--
	return r.Checkpoint.Commit(ctx, checkpoint.ForgetVersion{Source: r.job.Source + 1}, checkpoint.SetJob{Job: r.job.Job},
		readingVersion(0, false))
}
