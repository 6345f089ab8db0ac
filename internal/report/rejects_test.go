package report

import (
	"context"
	"iter"
	"maps"
	"os"
	"path/filepath"
	"testing"

	"github.com/kinde-migrate/kinde-migrate/internal/intake"
	"github.com/kinde-migrate/kinde-migrate/internal/source"
)

// lines are a source of one-line records.
type lines []string

func (l lines) Frame(int) intake.Frame { return intake.Frame{Format: source.NDJSON} }

func (l lines) ReadRaw(_ context.Context, _ int, offset, _ int64) ([]byte, error) {
	return []byte(l[offset] + "\n"), nil
}

func (l lines) rejected() iter.Seq2[RejectedAt, error] {
	return func(yield func(RejectedAt, error) bool) {
		for i := range l {
			if !yield(RejectedAt{Position: intake.Position{Number: int64(i + 1), Offset: int64(i), Length: int64(len(l[i]) + 1)}}, nil) {
				return
			}
		}
	}
}

// People correct the rejects where they lie: what they wrote, and what is read just
// now, is never replaced by a later report. What nobody touched is.
func TestRejectsOfOthersStay(t *testing.T) {
	type files map[string]string
	for name, c := range map[string]struct {
		edit   files  // after the first report, which leaves "a" and "b" in rejects.ndjson
		source string // of the second, whose rejects are "c" and "d"
		others bool   // of which the source does not hold some
		none   bool   // or it has no rejects
		want   files
	}{
		"untouched":               {want: files{"rejects.ndjson": "c\nd\n"}},
		"untouched, nothing left": {none: true, want: files{}},
		"untouched, others left":  {others: true, want: files{"rejects.ndjson": "a\nb\n", "rejects.again.ndjson": "c\nd\n"}},
		"others left, none of it": {others: true, none: true, want: files{"rejects.ndjson": "a\nb\n"}},
		"edited": {edit: files{"rejects.ndjson": "A\nb\n"},
			want: files{"rejects.ndjson": "A\nb\n", "rejects.again.ndjson": "c\nd\n"}},
		"edited, nothing left": {edit: files{"rejects.ndjson": "A\nb\n"}, none: true, want: files{"rejects.ndjson": "A\nb\n"}},
		"the source": {source: "rejects.ndjson",
			want: files{"rejects.ndjson": "a\nb\n", "rejects.again.ndjson": "c\nd\n"}},
		"the source, nothing left": {source: "rejects.ndjson", none: true, want: files{"rejects.ndjson": "a\nb\n"}},
		"one more": {edit: files{"rejects.mine.ndjson": "A\n"},
			want: files{"rejects.ndjson": "c\nd\n", "rejects.mine.ndjson": "A\n"}},
		"the same once more": {edit: files{"rejects.ndjson": "c\nd\n"}, want: files{"rejects.ndjson": "c\nd\n"}},
		"two edited": {edit: files{"rejects.ndjson": "A\n", "rejects.again.ndjson": "B\n"},
			want: files{"rejects.ndjson": "A\n", "rejects.again.ndjson": "B\n", "rejects.again.again.ndjson": "c\nd\n"}},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			write := func(r *Report, l lines, others bool) {
				if err := r.WriteRejects(t.Context(), dir, l, l.rejected(), others); err != nil {
					t.Fatal(err)
				}
				if err := r.SaveJSON(dir); err != nil {
					t.Fatal(err)
				}
			}
			write(&Report{}, lines{"a", "b"}, false)
			if err := (&Report{}).KeepRejects(dir); err != nil {
				t.Fatal(err)
			}
			for name, content := range c.edit {
				if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			left := lines{"c", "d"}
			if c.none {
				left = nil
			}
			// Once more is as once: what stayed stays.
			for range 2 {
				r := &Report{Source: Source{Files: []File{{Path: filepath.Join(dir, c.source)}}}}
				write(r, left, c.others)
				have := files{}
				entries, _ := filepath.Glob(filepath.Join(dir, RejectsPrefix+"*"))
				for _, e := range entries {
					data, _ := os.ReadFile(e)
					have[filepath.Base(e)] = string(data)
				}
				if !maps.Equal(have, c.want) {
					t.Fatalf("the folder holds %q, want %q", have, c.want)
				}
			}
		})
	}
}
