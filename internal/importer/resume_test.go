package importer

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
	"github.com/kinde-migrate/kinde-migrate/internal/intake"
	"github.com/kinde-migrate/kinde-migrate/internal/sandbox"
)

// countingSource is a file that counts how often it is read as a whole, and
// which of its records are read again.
type countingSource struct {
	*intake.Intake
	scans, reads int
}

func (c *countingSource) Scan(ctx context.Context, v intake.Visitor) (intake.Summary, error) {
	c.scans++
	return c.Intake.Scan(ctx, v)
}

func (c *countingSource) Read(ctx context.Context, at []intake.Position) iter.Seq2[intake.Item, error] {
	c.reads += len(at)
	return c.Intake.Read(ctx, at)
}

func openCounting(t testing.TB, path string) *countingSource {
	t.Helper()
	in, err := intake.Open(context.Background(), intake.Options{Files: []string{path}, Preset: "generic"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { in.Close() })
	return &countingSource{Intake: in}
}

func writeUsers(t testing.TB, path string, n int, name string) {
	t.Helper()
	var b strings.Builder
	b.WriteString("id,email,first_name\n")
	for i := range n {
		fmt.Fprintf(&b, "u%07d,p%07d@example.com,%s\n", i, i, name)
	}
	if err := os.WriteFile(path, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestResumeReadsNoRecordTwice resumes an import of an unchanged file: nothing of
// it is read but the records that are still to do.
func TestResumeReadsNoRecordTwice(t *testing.T) {
	w := newWorld(t, sandbox.Options{})
	path := filepath.Join(t.TempDir(), "users.csv")
	writeUsers(t, path, 400, "Ana")
	stamp := time.Date(2025, 1, 2, 3, 4, 5, 0, time.UTC)
	if err := os.Chtimes(path, stamp, stamp); err != nil {
		t.Fatal(err)
	}
	src := openCounting(t, path)
	drain := make(chan struct{})
	done := 0
	first := w.run(nil, Options{Concurrency: 1}, func(j *Job) {
		j.Source, j.Drain = src, drain
		j.Confirm = func(context.Context, Plan) error {
			if done++; done == 1 {
				close(drain) // the first Ctrl-C comes before the first write
			}
			return nil
		}
	})
	if first.err != nil || !first.Interrupted || src.scans != 1 {
		t.Fatalf("%+v, %d passes", first, src.scans)
	}

	src = openCounting(t, path)
	second := w.run(nil, Options{Concurrency: 1}, func(j *Job) { j.Source = src })
	expect(t, second, map[checkpoint.Outcome]int64{checkpoint.Created: 400})
	if src.scans != 0 {
		t.Errorf("the unchanged file was read as a whole %d times", src.scans)
	}

	// Same size and time, other content: the positions hold no longer.
	writeUsers(t, path, 400, "Bea")
	if err := os.Chtimes(path, stamp, stamp); err != nil {
		t.Fatal(err)
	}
	src = openCounting(t, path)
	third := w.run(nil, Options{Concurrency: 1, OnExisting: Update}, func(j *Job) { j.Source = src })
	if third.err != nil || src.scans != 1 {
		t.Errorf("%v, %d passes over the changed file", third.err, src.scans)
	}
}

// TestResumeReadsNoDoneRecord resumes an import whose done records can't be
// read: every page of the checkpoint that holds only such records is wiped, so
// that whatever looks at one of them fails. What is left to do is found and sent
// all the same: how long that takes does not grow with what is done.
func TestResumeReadsNoDoneRecord(t *testing.T) {
	const n, left = 6_000, 10
	w := newWorld(t, sandbox.Options{})
	path := filepath.Join(t.TempDir(), "users.csv")
	writeUsers(t, path, n, strings.Repeat("Ana ", 800)) // a small checkpoint is checked as a whole
	stop := errors.New("enough")
	job := func(j *Job) { j.Source = openCounting(t, path) }
	if o := w.run(nil, Options{}, job, func(j *Job) { j.Confirm = func(context.Context, Plan) error { return stop } }); !errors.Is(
		o.err,
		stop,
	) {
		t.Fatal(o.err)
	}
	finishRecords(t, w.path, n-left)
	if wiped := wipeDone(t, w.path, n-left); wiped < n/10 {
		t.Fatalf("%d pages hold done records", wiped)
	}
	o := w.run(nil, Options{}, job)
	if o.calls["createUser"] != left {
		t.Errorf("%d of %d users were created: %v", o.calls["createUser"], left, o.err)
	}
}

// finishRecords makes the records up to last look as an import leaves them.
func finishRecords(t *testing.T, path string, last int64) {
	t.Helper()
	ctx := t.Context()
	store, _, err := checkpoint.Open(ctx, path)
	if err != nil {
		t.Fatal(err)
	}
	for id := range last {
		if err := store.Post(ctx, checkpoint.SetProgress{ID: id + 1, KindeID: fmt.Sprintf("kp_%d", id), Owner: checkpoint.Made,
			Outcome: checkpoint.Created, Pass: 1, Stage: checkpoint.Present}); err != nil {
			t.Fatal(err)
		}
	}
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
}

// wipeDone overwrites the pages of a database that hold records up to last and no later ones.
func wipeDone(t *testing.T, path string, last int) (wiped int) {
	t.Helper()
	const page = 4096
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	address := regexp.MustCompile(`p(\d{7})@example\.com`)
	for from := page; from+page <= len(data); from += page {
		done := false
		for _, m := range address.FindAllSubmatch(data[from:from+page], -1) {
			number, _ := strconv.Atoi(string(m[1]))
			if done = number < last; !done {
				break
			}
		}
		if done {
			clear(data[from : from+page])
			wiped++
		}
	}
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return wiped
}
