package importer

import (
	"context"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
	"github.com/kinde-migrate/kinde-migrate/internal/engine"
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

// BenchmarkResume measures the time from the start of a resumed run to its first
// request, with a million records that are done and one that is not.
func BenchmarkResume(b *testing.B) {
	const n = 1_000_000
	w := newWorld(b, sandbox.Options{})
	path := filepath.Join(b.TempDir(), "users.csv")
	writeUsers(b, path, n, "Ana")
	ctx := context.Background()
	stop := fmt.Errorf("enough")
	leave := func(j *Job) { j.Confirm = func(context.Context, Plan) error { return stop } }
	w.run(nil, Options{}, func(j *Job) { j.Source = openCounting(b, path) }, leave)
	store, _, err := checkpoint.Open(ctx, w.path)
	if err != nil {
		b.Fatal(err)
	}
	for from := int64(1); from < n; from += 1000 {
		var change checkpoint.PutRecords
		for number := from; number < min(from+1000, n); number++ {
			r, ok, err := store.RecordByNumber(ctx, number)
			if err != nil || !ok {
				b.Fatal(err)
			}
			r.Outcome, r.KindeID, r.Owner = checkpoint.Created, fmt.Sprintf("kp_%d", number), checkpoint.Made
			change = append(change, &r)
		}
		if err := store.Post(ctx, change); err != nil {
			b.Fatal(err)
		}
	}
	if err := store.Close(); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		src := openCounting(b, path)
		var start, asked time.Time
		start = time.Now()
		store, _, err := checkpoint.Open(ctx, w.path)
		if err != nil {
			b.Fatal(err)
		}
		recorder := engine.NewRecorder()
		_, err = Run(ctx, Job{Source: src, Target: w.newClient(recorder), Checkpoint: store, Recorder: recorder,
			Confirm: func(context.Context, Plan) error { asked = time.Now(); return stop }}, Options{})
		if asked.IsZero() || src.scans > 0 {
			b.Fatal(err, src.scans)
		}
		b.ReportMetric(float64(asked.Sub(start).Milliseconds()), "ms-to-first-request")
		store.Close()
	}
}
