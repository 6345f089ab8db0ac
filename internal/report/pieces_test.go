package report

import (
	"encoding/csv"
	"os"
	"path/filepath"
	"testing"

	"github.com/kinde-migrate/kinde-migrate/internal/intake"
)

func TestPiecesInOrderAsAddedLast(t *testing.T) {
	var p pieces
	at := func(n int64, rows ...int64) intake.Position {
		pos := intake.Position{Number: n, Line: n + 1, Offset: 10 * n, Length: 10}
		for _, r := range rows {
			pos.Rows = append(pos.Rows, intake.Position{Number: r})
		}
		return pos
	}
	p.add(at(3), false)
	p.add(at(9), true)
	p.add(at(2, 4, 5), false)
	p.remove(3)
	p.remove(9)
	p.add(at(9), false)
	p.add(at(1), false)
	var got []int64
	for x := range p.sorted() {
		got = append(got, x.Position.Number)
		if x.Malformed {
			t.Errorf("record %d is malformed, want as it was added last", x.Position.Number)
		}
		if want := map[int64]int{2: 2}[x.Position.Number]; len(x.Position.Rows) != want {
			t.Errorf("record %d has %d further rows, want %d", x.Position.Number, len(x.Position.Rows), want)
		}
	}
	if want := []int64{1, 2, 9}; len(got) != 3 || got[0] != want[0] || got[1] != want[1] || got[2] != want[2] {
		t.Errorf("got %v, want %v", got, want)
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
