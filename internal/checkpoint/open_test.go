package checkpoint

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/kinde-migrate/kinde-migrate/internal/databasetest"
)

// Each cause has its reason, whatever it is wrapped into, and a reason that is
// known stays.
func TestReasons(t *testing.T) {
	path := filepath.Join(t.TempDir(), "c")
	must(t, os.WriteFile(path, nil, 0o600))
	of := func(err error) error { return fmt.Errorf("writing: %w", err) }
	for _, c := range []struct {
		err    error
		reason Reason
		full   bool
	}{
		{of(syscall.ENOSPC), NoSpace, true},
		{of(syscall.EROFS), ReadOnly, false},
		{of(fs.ErrPermission), Denied, false},
		{of(fs.ErrNotExist), Missing, false},
		{errors.New("SQL logic error: no such table: record"), Damaged, false},
		{errors.New("anything else"), Broken, false},
		{of(&Error{Reason: Gone, Path: "elsewhere"}), Gone, false},
	} {
		if got := wrap(path, c.err); ReasonOf(got) != c.reason || !errors.Is(got, c.err) || Full(got) != c.full {
			t.Errorf("%v: %q, full %v", c.err, ReasonOf(got), Full(got))
		}
	}
	if wrap(path, nil) != nil || ReasonOf(nil) != "" || ReasonOf(errors.New("no")) != "" {
		t.Error("no failure has a reason")
	}
	if text := (&Error{Reason: InUse, Path: "c"}).Error(); text != "checkpoint c: in use by another run" {
		t.Errorf("%q", text)
	}
	if text := (&Error{Reason: Broken, Path: "c", Err: errors.New("no")}).Error(); text != "checkpoint c: could not be read or written: no" {
		t.Errorf("%q", text)
	}
	// SQLite's own words for it.
	s, _, err := Open(t.Context(), filepath.Join(t.TempDir(), "busy"))
	must(t, err)
	defer s.Close()
	must(t, commitAll(t, s))
	db, err := sql.Open("sqlite", dsn(s.Path(), "_pragma=query_only(1)&_pragma=busy_timeout(1)"))
	must(t, err)
	defer db.Close()
	db.SetMaxOpenConns(1)
	_, err = db.Exec(`DELETE FROM note`)
	if ReasonOf(wrap(s.Path(), err)) != ReadOnly {
		t.Errorf("a connection that may not write: %v", err)
	}
	_, err = db.Exec(`PRAGMA query_only = 0`)
	must(t, err)
	tx, err := s.db.Begin()
	must(t, err)
	defer tx.Rollback()
	_, err = tx.Exec(`DELETE FROM note`)
	must(t, err)
	if _, err = db.Exec(`DELETE FROM note`); ReasonOf(wrap(s.Path(), err)) != InUse {
		t.Errorf("while somebody writes: %v", err)
	}
	none, err := sql.Open("sqlite", filepath.Join(path, "none", "c"))
	must(t, err)
	defer none.Close()
	if _, err = none.Exec(`SELECT 1`); ReasonOf(wrap(path, err)) != Broken {
		t.Errorf("what can't be opened: %v", err)
	}
}

// Whichever statement fails while a checkpoint is made, upgraded, opened or copied:
// it says so, gives the lock back, and the next one who opens it finds it whole.
func TestOpeningThatFails(t *testing.T) {
	old := filepath.Join(t.TempDir(), "old")
	s, _, err := Open(t.Context(), old)
	must(t, err)
	must(t, s.Commit(t.Context(), SetJob{Job{Pass: 1, Source: 1}}, PutRecords{{Number: 1}}))
	_, err = s.db.Exec(`DROP TABLE name; DROP TABLE definition; DROP INDEX step_link; UPDATE meta SET value = 1 WHERE key = 'schema_version';
 PRAGMA user_version = 1`)
	must(t, err)
	must(t, s.Close())
	data, err := os.ReadFile(old)
	must(t, err)
	for name, c := range map[string]struct {
		data    []byte
		open    func(path string) (*Store, error)
		records int64
	}{
		"new":    {nil, func(p string) (*Store, error) { return OpenFor(t.Context(), p, false) }, 0},
		"older":  {data, func(p string) (*Store, error) { return OpenFor(t.Context(), p, false) }, 1},
		"copied": {data, func(p string) (*Store, error) { return OpenCopy(t.Context(), p, filepath.Dir(p)) }, 1},
	} {
		for f := range databasetest.DrawnFaults(t, "failing") {
			path := filepath.Join(t.TempDir(), "failing")
			if c.data != nil {
				must(t, os.WriteFile(path, c.data, 0o600))
			}
			f.Arm()
			s, err := c.open(path)
			if err == nil {
				err = s.Close()
			}
			if what := f.Disarm(); what != "" && (!databasetest.Refused(err) || ReasonOf(err) == "") || what == "" && err != nil {
				t.Errorf("%s: %s failed: %v", name, what, err)
			}
			s, _, err = Open(t.Context(), path)
			if err != nil {
				t.Errorf("%s, afterwards: %v", name, err)
				continue
			}
			if n, err := s.Count(t.Context(), Selection{Any: true}); err != nil || n != c.records {
				t.Errorf("%s, afterwards: %d records, %v", name, n, err)
			}
			must(t, s.Close())
		}
	}
	dry, err := OpenFor(t.Context(), old, true)
	must(t, err)
	if dry.Path() == old || dry.lock != nil {
		t.Errorf("a dry run works on %s", dry.Path())
	}
	must(t, dry.Close())
}

// A pass ends once its results are delivered, and only the one that was finished.
func TestDelivered(t *testing.T) {
	for name, c := range map[string]struct {
		before []Change
		want   bool
	}{
		"nothing was begun":  {nil, false},
		"not finished":       {[]Change{SetJob{Job{Pass: 1}}}, false},
		"finished":           {Finished(Job{Pass: 1}), true},
		"another pass began": {append(Finished(Job{Pass: 1}), SetJob{Job{Pass: 2}}), false},
		"no job":             {Finished(Job{Pass: 1})[1:], false},
		"delivered before":   {append(Finished(Job{Pass: 1}), SetJob{Job{Pass: 1, Complete: true}}), true},
	} {
		s := memory(t)
		must(t, s.Commit(t.Context(), c.before...))
		must(t, s.Delivered(t.Context()))
		if job, _, err := s.Job(t.Context()); err != nil || job.Complete != c.want {
			t.Errorf("%s: complete %v, %v", name, job.Complete, err)
		}
	}
	s := memory(t)
	must(t, s.Commit(t.Context(), append(Finished(Job{Pass: 1}), SetNote{noteFinished, []byte("{")})...))
	if err := s.Delivered(t.Context()); err == nil || !strings.HasPrefix(err.Error(), "reading from the checkpoint which pass was finished: ") {
		t.Errorf("a note that can't be read: %v", err)
	}
	for f := range databasetest.Faults(t, ":memory:") {
		s := memory(t)
		must(t, s.Commit(t.Context(), Finished(Job{Pass: 1})...))
		f.Arm()
		err := s.Delivered(t.Context())
		if what := f.Disarm(); what != "" && !databasetest.Refused(err) {
			t.Errorf("%s failed: %v", what, err)
		}
	}
}

// An empty checkpoint knows nothing, and says so without a failure.
func TestNothingIsKnownYet(t *testing.T) {
	s := memory(t)
	for name, ask := range asks() {
		got, err := ask(t.Context(), s.Reader)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if list, ok := got.([]any); ok && list[1] == true {
			t.Errorf("%s: %v", name, got)
		} else if v := reflect.ValueOf(got); !ok && name != "steps" && (v.Kind() == reflect.Slice || v.Kind() == reflect.Map) && v.Len() > 0 {
			t.Errorf("%s: %v", name, got)
		}
	}
	// Where a record stands that has left the source, another one's may stand now.
	must(t, s.Commit(t.Context(), SetJob{Job{Source: 2}}, PutRecords{{ID: 1, Seen: 1}, {ID: 2, Seen: 2}},
		AddProblems{{Record: 1, Number: 3, Line: 4}, {Record: 2, Number: 5, Line: 6}}))
	problems, err := collect(s.ProblemsBetween(t.Context(), 0, 9))
	if want := []Problem{{Record: 1}, {Record: 2, Number: 5, Line: 6}}; err != nil || !slices.Equal(problems, want) {
		t.Errorf("%+v, %v", problems, err)
	}
	must(t, s.Commit(t.Context(), Forget{}, PutRecords{{Number: 8}}))
	if r, ok, err := s.RecordByID(t.Context(), 1); err != nil || !ok || r.Number != 8 {
		t.Errorf("after everything was forgotten the first record is %+v, %v", r, err)
	}
	_, err = s.db.Exec(`UPDATE record SET more_rows = '['`)
	must(t, err)
	if _, _, err := s.RecordByID(t.Context(), 1); err == nil || !strings.Contains(err.Error(), "reading the further rows of a record: ") {
		t.Errorf("rows that can't be read: %v", err)
	}
}

// What was posted is written before the store is closed, however it is closed, and
// a caller whose time is over does not wait for room.
func TestWhatWasPostedIsWritten(t *testing.T) {
	path := filepath.Join(t.TempDir(), "posted")
	s, _, err := Open(t.Context(), path)
	must(t, err)
	for i := range int64(gatherAtMost + 500) {
		must(t, s.Post(t.Context(), PutRecords{{Number: i}}))
	}
	must(t, s.Close())
	r, err := OpenReader(t.Context(), path)
	must(t, err)
	defer r.Close()
	if n, err := r.Count(t.Context(), Selection{Any: true}); err != nil || n != gatherAtMost+500 {
		t.Errorf("%d records, %v", n, err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	full := &Store{requests: make(chan request), done: make(chan struct{})}
	if err := full.Post(ended, SetRate{}); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}
