package checkpoint

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kinde-migrate/kinde-migrate/internal/databasetest"
)

// dump gives every row of every table, but for the moments and random keys that
// no two runs share.
func dump(t *testing.T, r *Reader) (rows []string) {
	t.Helper()
	tx, err := r.db.Begin()
	must(t, err)
	defer tx.Rollback()
	tables, err := tablesOf(t.Context(), tx)
	must(t, err)
	for _, x := range tables {
		all, err := tx.Query(`SELECT * FROM ` + x.name)
		must(t, err)
		for all.Next() {
			values := make([]any, len(x.columns))
			to := make([]any, len(values))
			for i := range values {
				to[i] = &values[i]
			}
			must(t, all.Scan(to...))
			for i, name := range x.columns {
				if x.name == "meta" && name == "value" || x.name == "rate" && name == "at" || x.name == "note" && values[0] == noteErased && i > 0 ||
					x.name == "record" && name == "key" {
					values[i] = "…"
				}
			}
			rows = append(rows, fmt.Sprint(x.name, values))
		}
		must(t, errors.Join(all.Err(), all.Close()))
	}
	slices.Sort(rows)
	return rows
}

func dumpOf(t *testing.T, path string) []string {
	t.Helper()
	r, err := OpenReader(t.Context(), path)
	must(t, err)
	defer r.Close()
	return dump(t, r)
}

// withPeople makes a checkpoint at path that holds Ana, whose row another one was
// merged into, and of whom texts of Bea's tell.
func withPeople(t *testing.T, path string) {
	t.Helper()
	s, _, err := Open(t.Context(), path)
	must(t, err)
	ana, bea := Record{ID: 1, SourceID: "1", Email: "ana@example.com", Name: "Ana"}, Record{ID: 2, SourceID: "2", Email: "bea@example.com"}
	must(t, s.Commit(t.Context(), SetJob{Job{Pass: 1, Source: 1}}, PutRecords{&ana, &bea}, PutAliases{2, []string{"usr_ana"}},
		PutStep{Step{Record: 1, Kind: StepCreate, State: Done}}, PutStep{Step{Record: 2, Kind: StepIdentities, Key: "email:ana@example.com"}},
		PutStep{Step{Record: 2, Kind: StepUpdate, Message: "as ana@example.com has"}}, AddAttempt{Attempt{Record: 1, Error: "ana@example.com"}},
		AddProblems{{Record: 1, SourceID: "1"}, {Record: 2, SourceID: "2", Message: "same as ana@example.com"}},
		PutDifferences{{SourceID: "9", Actual: "ana@example.com"}, {SourceID: "8", Actual: "zoe@example.com"}},
		SetNames{slices.Values([]Name{{Kind: "role", Key: "admin", Records: 1}})}, SetNote{NoteReconciliation, []byte(`{"matched":2}`)}))
	must(t, s.Close())
}

func noAna(text string) string { return strings.ReplaceAll(text, "ana@example.com", "[erased]") }

func anaHerself(x *Record, _ []string) bool { return x.Name == "Ana" }

// Nothing of who is erased stays, and of the others everything but the names.
func TestErase(t *testing.T) {
	for name, c := range map[string]struct {
		e     Erasure
		done  Erased
		gone  []string // what no row has any more
		kept  []string
		noted bool
	}{
		"with all names": {Erasure{anaHerself, noAna}, Erased{1, 4}, []string{"ana@example.com", "Ana", "record[1 ", "step[1 ", "reconciliation"},
			[]string{"bea@example.com", "email:[erased]", "as [erased] has", "same as [erased]", "zoe@example.com", "admin", "usr_ana"}, true},
		"only the records": {Erasure{Theirs: anaHerself}, Erased{1, 0}, []string{"record[1 ", "attempt[1 1"},
			[]string{"same as ana@example.com", "bea@example.com"}, true},
		"only the names": {Erasure{Text: noAna}, Erased{0, 6}, []string{"ana@example.com"}, []string{"record[1 ", "reconciliation"}, true},
		"by another id": {Erasure{Theirs: func(_ *Record, aliases []string) bool { return slices.Contains(aliases, "usr_ana") }}, Erased{1, 0},
			[]string{"record[2 ", "usr_ana", "step[2 "}, []string{"record[1 "}, true},
		"nobody": {Erasure{func(*Record, []string) bool { return false }, func(s string) string { return s }}, Erased{},
			nil, []string{"record[1 ", "record[2 ", "reconciliation"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "erased")
			withPeople(t, path)
			// A link stays, and leads to what is written anew.
			link := filepath.Join(t.TempDir(), "link")
			must(t, os.Symlink(path, link))
			before := time.Now().Add(-time.Second)
			done, err := Erase(t.Context(), link, c.e)
			if err != nil || done != c.done {
				t.Fatalf("%+v, want %+v, %v", done, c.done, err)
			}
			rows := strings.Join(dumpOf(t, path), "\n")
			data, err := os.ReadFile(path)
			must(t, err)
			for _, text := range c.gone {
				if strings.Contains(rows, text) || strings.Contains(text, "@") && bytes.Contains(data, []byte(text)) {
					t.Errorf("%q is still there:\n%s", text, rows)
				}
			}
			for _, text := range c.kept {
				if !strings.Contains(rows, text) {
					t.Errorf("%q is gone:\n%s", text, rows)
				}
			}
			files, err := filepath.Glob(path + "*")
			if want := []string{path, path + ".lock"}; err != nil || !slices.Equal(files, want) && !slices.Equal(files, want[:1]) {
				t.Errorf("there are %v, %v", files, err)
			}
			r, err := OpenReader(t.Context(), path)
			must(t, err)
			at, err := r.PeopleErased(t.Context())
			if err != nil || at.IsZero() == c.noted || c.noted && (at.Before(before) || at.After(time.Now())) {
				t.Errorf("erased at %s, %v", at, err)
			}
			must(t, r.Close())
			s, _, err := Open(t.Context(), path) // its lock was given back
			must(t, err)
			must(t, s.Close())
		})
	}
	missing := filepath.Join(t.TempDir(), "missing")
	if _, err := Erase(t.Context(), missing, Erasure{}); ReasonOf(err) != Missing {
		t.Errorf("no file: %v", err)
	}
	if left, err := filepath.Glob(missing + "*"); err != nil || len(left) > 0 {
		t.Errorf("%v is left where nothing was, %v", left, err)
	}
}

// Whichever statement of an erasure fails, it says so, and repeating it ends where
// an undisturbed one ends.
func TestAnErasureThatFailsIsRepeated(t *testing.T) {
	dir := t.TempDir()
	whole := filepath.Join(dir, "whole")
	withPeople(t, whole)
	data, err := os.ReadFile(whole)
	must(t, err)
	if _, err := Erase(t.Context(), whole, Erasure{anaHerself, noAna}); err != nil {
		t.Fatal(err)
	}
	want := dumpOf(t, whole)
	path := filepath.Join(dir, "cut")
	for f := range databasetest.DrawnFaults(t, "cut") {
		for _, suffix := range []string{"-wal", "-shm", erasingSuffix} {
			if err := os.Remove(path + suffix); err != nil && !os.IsNotExist(err) {
				t.Fatal(err)
			}
		}
		must(t, os.WriteFile(path, data, 0o600))
		f.Arm()
		_, err := Erase(t.Context(), path, Erasure{anaHerself, noAna})
		what := f.Disarm()
		if what != "" && (!databasetest.Refused(err) || !strings.Contains(err.Error(), "checkpoint "+path+": ")) || what == "" && err != nil {
			t.Errorf("%q failed: %v", what, err)
		}
		if _, err := Erase(t.Context(), path, Erasure{anaHerself, noAna}); err != nil {
			t.Errorf("after %q failed, again: %v", what, err)
		}
		if got := dumpOf(t, path); !slices.Equal(got, want) {
			t.Errorf("after %q failed and it was repeated:\n%q, want\n%q", what, got, want)
		}
	}
}

// The people of a store that is at work are taken out at once or not at all.
func TestAnonymise(t *testing.T) {
	a := Anonymised{[]int64{1}, noAna, map[string][]byte{"a": nil, "b": []byte("2"), "c": []byte("3")}}
	fill := func() *Store {
		s := memory(t)
		r := Record{ID: 1, SourceID: "1", Email: "ana@example.com", Phone: "+15550100", Username: "ana", Name: "Ana", KindeID: "kp_1",
			Key: Digest{1}}
		must(t, s.Commit(t.Context(), PutRecords{&r, {ID: 2, Email: "bea@example.com"}},
			PutStep{Step{Record: 1, Kind: StepCreate, Message: "m", Detail: "d", Digest: Digest{1}, Code: "C"}},
			AddAttempt{Attempt{Record: 1, Error: "no"}}, AddProblems{{Record: 1, SourceID: "1", Message: "ana@example.com"}},
			SetNote{"a", []byte("1")}, SetNote{"b", []byte("1")}))
		return s
	}
	s := fill()
	must(t, s.Anonymise(t.Context(), a))
	r, ok, err := s.RecordByID(t.Context(), 1)
	if key := r.Key; err != nil || !ok || key.IsZero() || key == (Digest{1}) || !reflect.DeepEqual(r, Record{ID: 1, Key: key}) {
		t.Errorf("of the record there is %+v, %v", r, err)
	}
	steps, err := s.StepsOf(t.Context(), 1)
	must(t, err)
	if len(steps) != 1 || steps[0].Message+steps[0].Detail != "" || !steps[0].Digest.IsZero() || steps[0].Code != "C" {
		t.Errorf("of its steps %+v", steps)
	}
	if attempts, err := s.AttemptsOf(t.Context(), 1); err != nil || attempts[0].Error != "" {
		t.Errorf("of its attempts %+v, %v", attempts, err)
	}
	if problems, err := s.ProblemsOf(t.Context(), 1); err != nil || problems[0].SourceID != "" || problems[0].Message != "[erased]" {
		t.Errorf("of its problems %+v, %v", problems, err)
	}
	for name, want := range map[string]string{"a": "", "b": "2", "c": "3"} {
		if note, err := s.Note(t.Context(), name); err != nil || string(note) != want {
			t.Errorf("the note %s is %q, %v", name, note, err)
		}
	}
	for f := range databasetest.Faults(t, ":memory:") {
		s := fill()
		before := dump(t, s.Reader)
		f.Arm()
		err := s.Anonymise(t.Context(), a)
		what := f.Disarm()
		if what == "" {
			must(t, err)
		} else if !databasetest.Refused(err) || !strings.Contains(err.Error(), "taking the erased out: ") ||
			!slices.Equal(dump(t, s.Reader), before) {
			t.Errorf("%s failed: %v, and there is\n%q, not\n%q", what, err, dump(t, s.Reader), before)
		}
	}
}

// A store that is closed for good leaves nothing of what was deleted, and a
// temporary one is closed as ever.
func TestCloseErased(t *testing.T) {
	path := filepath.Join(t.TempDir(), "closed")
	withPeople(t, path)
	s, _, err := Open(t.Context(), path)
	must(t, err)
	must(t, s.Commit(t.Context(), Forget{}, DropProblems{}, PutDifferences{}))
	must(t, s.CloseErased(t.Context()))
	data, err := os.ReadFile(path)
	if err != nil || bytes.Contains(data, []byte("bea@example.com")) {
		t.Errorf("it holds what was deleted: %v", err)
	}
	temporary, err := OpenTemporary(t.Context(), t.TempDir())
	must(t, err)
	must(t, temporary.CloseErased(t.Context()))

	// Where somebody reads, the journal can't be emptied, which is said.
	s, _, err = Open(t.Context(), path)
	must(t, err)
	defer s.Close()
	reader, err := OpenReader(t.Context(), path)
	must(t, err)
	defer reader.Close()
	tx, err := reader.db.Begin()
	must(t, err)
	defer tx.Rollback()
	var n int
	must(t, tx.QueryRow(`SELECT count(*) FROM record`).Scan(&n))
	must(t, s.Commit(t.Context(), SetNote{"a", []byte("1")}))
	_, err = s.db.Exec(`PRAGMA busy_timeout = 1`)
	must(t, err)
	if err := s.empty(t.Context(), path+erasingSuffix); err == nil || !strings.HasPrefix(err.Error(), "somebody reads it") {
		t.Errorf("while somebody reads: %v", err)
	}
}

// Every text of every table is seen, until somebody has seen enough, and whatever
// can't be read is told.
func TestEachText(t *testing.T) {
	path := filepath.Join(t.TempDir(), "seen")
	withPeople(t, path)
	var seen []string
	must(t, EachText(t.Context(), path, func(s string) error { seen = append(seen, s); return nil }))
	for _, want := range []string{"ana@example.com", "usr_ana", "as ana@example.com has", "admin", `{"matched":2}`} {
		if !slices.Contains(seen, want) {
			t.Errorf("%q is not seen", want)
		}
	}
	enough, n := errors.New("enough"), 0
	err := EachText(t.Context(), path, func(string) error { n++; return enough })
	if !errors.Is(err, enough) || n != 1 || ReasonOf(err) != Broken {
		t.Errorf("%v after %d texts", err, n)
	}
	if err := EachText(t.Context(), path+"none", nil); ReasonOf(err) != Missing {
		t.Errorf("no file: %v", err)
	}
	for f := range databasetest.Faults(t, "seen") {
		f.Arm()
		err := EachText(t.Context(), path, func(string) error { return nil })
		if what := f.Disarm(); what != "" && !databasetest.Refused(err) {
			t.Errorf("%s failed: %v", what, err)
		}
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if err := EachText(ended, path, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("after the end: %v", err)
	}
}
