package report

import (
	"encoding/csv"
	"os"
	"path/filepath"
	"testing"

	"github.com/kinde-migrate/kinde-migrate/internal/intake"
)

func TestPiecesInOrderAsAddedLast(t *testing.T) {
	for _, test := range []struct {
		name string
		base int64 // of the numbers: with many, the pieces lie on disk
	}{{"in memory", 0}, {"on disk", 50_000}} {
		t.Run(test.name, func(t *testing.T) {
			var p rejectedList
			add := func(n int64, malformed bool, rows ...int64) {
				t.Helper()
				pos := intake.Position{File: int(n % 2), Number: n, Line: n + 1, Offset: 10 * n, Length: n%7 + 1}
				for _, r := range rows {
					pos.Rows = append(pos.Rows, intake.Position{File: 3, Number: r, Line: 2 * r, Offset: 3 * r, Length: 4})
				}
				if err := p.add(pos, malformed); err != nil {
					t.Fatal(err)
				}
			}
			for n := int64(1); n <= test.base; n++ {
				add(n, true)
			}
			b := test.base
			add(b+3, false)
			add(b+9, true)
			p.remove(b + 9)
			add(b+2, true, 90)
			p.remove(b + 3)
			add(b+9, false)
			add(b+1, false)
			add(b+2, false, 4, 5)
			if test.base > 0 && p.file == nil {
				t.Error("nothing was written to disk")
			}
			next := int64(1)
			for x, err := range p.sorted() {
				if err != nil {
					t.Fatal(err)
				}
				at := x.Position
				if next == b+3 {
					next = b + 9
				}
				if at.Number != next || at.Line != next+1 || at.Offset != 10*next || at.Length != next%7+1 || at.File != int(next%2) {
					t.Fatalf("got %+v as record %d", at, next)
				}
				if x.Malformed != (next <= b) {
					t.Errorf("record %d is malformed: %v", next, x.Malformed)
				}
				if want := map[int64]int{b + 2: 2}[next]; len(at.Rows) != want {
					t.Errorf("record %d has %d further rows, want %d", next, len(at.Rows), want)
				} else if want > 0 && (at.Rows[1].Number != 5 || at.Rows[1].Line != 10 || at.Rows[1].Offset != 15 || at.Rows[1].Length != 4 ||
					at.Rows[1].File != 3) {
					t.Errorf("got %+v", at.Rows)
				}
				next++
			}
			if next != b+10 {
				t.Errorf("it ended before record %d", next)
			}
			if err := p.close(); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestSpoolTakesTheLastCorrection(t *testing.T) {
	dir := t.TempDir()
	s, err := NewSpool(dir)
	if err != nil {
		t.Fatal(err)
	}
	for n := range int64(3) {
		if err := s.Add(Outcome{Record: n + 1, Outcome: "pending"}); err != nil {
			t.Fatal(err)
		}
	}
	for _, outcome := range []string{"skipped", "rejected"} {
		if err := s.Correct(2, &Outcome{Record: 2, Outcome: outcome}); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Add(Outcome{Record: 4}); err == nil {
		t.Error("a row after the corrections was taken")
	}
	if err := s.Commit(); err != nil {
		t.Fatal(err)
	}
	rows := outcomesOf(t, dir)
	if len(rows) != 3 || rows[1] != "rejected" || rows[0] != "pending" || rows[2] != "pending" {
		t.Errorf("got %v", rows)
	}
}

func outcomesOf(t *testing.T, dir string) []string {
	t.Helper()
	f, err := os.Open(filepath.Join(dir, OutcomesFile))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	all, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, row := range all[1:] {
		out = append(out, row[5])
	}
	return out
}
