package report

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/kinde-migrate/kinde-migrate/internal/ui"
)

func TestSummaryForPeople(t *testing.T) {
	var b bytes.Buffer
	guide := Guide{
		Width:  80,
		Folder: "users.ndjson.checkpoint.report",
		Holds:  true,
		Next:   []string{"Try again what was given up:\nkinde-migrate import users.ndjson"},
	}
	if err := full().WriteText(&b, guide); err != nil {
		t.Fatal(err)
	}
	for i, line := range strings.Split(b.String(), "\n") {
		if n := ui.Columns(line); n > 80 {
			t.Errorf("line %d has %d columns: %s", i+1, n, line)
		}
	}
	const golden = "testdata/summary.txt"
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(golden, b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(b.Bytes(), want) {
		t.Errorf("the summary changed; -update accepts it:\n%s", b.String())
	}
}

func TestSummaryNamesTheFiles(t *testing.T) {
	r := full()
	r.Source.Companions = []File{{Path: "hashes.ndjson", Role: "passwords"}, {Path: "members.csv", Role: "memberships"}}
	for n, want := range map[int]string{
		1:  "Source part1.json (auth0, ndjson), with hashes.ndjson, members.csv Target",
		5:  "Source part1.json, part2.json, part3.json, part4.json, part5.json (auth0, ndjson), with hashes.ndjson, members.csv Target",
		23: "part20.json, and 3 more (auth0, ndjson), with hashes.ndjson, members.csv Target",
	} {
		r.Source.Files = nil
		for i := range n {
			r.Source.Files = append(r.Source.Files, File{Path: fmt.Sprintf("part%d.json", i+1)})
		}
		var b bytes.Buffer
		if err := r.WriteText(&b, Guide{Width: 80}); err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(strings.Fields(b.String()), " "); !strings.Contains(got, want) {
			t.Errorf("%d files: want %q in\n%s", n, want, b.String())
		}
	}
}

func TestHostileTextIsInertInTheSummary(t *testing.T) {
	r := full()
	r.Problems.Items[0].Message = "\x1b[2J\u202egnihton"
	r.Target.Environment = "Prod\x07\x1b]0;x"
	r.Source.Files[0].Path = "a\x1b[31m.csv"
	var b bytes.Buffer
	if err := r.WriteText(&b, Guide{}); err != nil {
		t.Fatal(err)
	}
	if strings.ContainsAny(b.String(), "\x1b\x07\u202e") {
		t.Errorf("control characters reach the terminal: %q", b.String())
	}
}

func TestCheckFindsWhatDoesNotAddUp(t *testing.T) {
	if err := full().Check(); err != nil {
		t.Fatal(err)
	}
	for name, spoil := range map[string]func(*Report){
		"a record in no class":    func(r *Report) { r.Totals.Records++ },
		"a call of no operation":  func(r *Report) { r.API.Calls++ },
		"a record not read back":  func(r *Report) { r.Reconciliation.Matched-- },
		"more done than wanted":   func(r *Report) { r.Steps["memberships"] = Step{Wanted: 1, Done: 2} },
		"a record in two classes": func(r *Report) { r.Totals.Failed++ },
	} {
		r := full()
		spoil(r)
		if err := r.Check(); !errors.Is(err, ErrSums) {
			t.Errorf("%s is not noticed: %v", name, err)
		}
	}
}

func TestInertCells(t *testing.T) {
	for text, want := range map[string]string{
		"":                     "",
		"Ana":                  "Ana",
		"=cmd()":               "'=cmd()",
		"@SUM(A1)":             "'@SUM(A1)",
		"-1+cmd|' /C calc'!A0": "'-1+cmd|' /C calc'!A0",
		"+1 202 555 0142":      "+1 202 555 0142",
		"+61491570156":         "+61491570156",
		"-12.5":                "-12.5",
		"+cmd":                 "'+cmd",
		"+":                    "'+",
		"\tx":                  "'\tx",
		"+(1)":                 "+(1)",
	} {
		if got := Inert(text); got != want {
			t.Errorf("%q becomes %q, want %q", text, got, want)
		}
	}
}

func FuzzInert(f *testing.F) {
	f.Add("=1")
	f.Add("+1 2")
	f.Fuzz(func(t *testing.T, s string) {
		got := Inert(s)
		if got == "" {
			return
		}
		if strings.ContainsRune("=@\t\r\n", rune(got[0])) {
			t.Errorf("%q becomes %q", s, got)
		}
		if (got[0] == '+' || got[0] == '-') && strings.ContainsAny(got, "|!=@'\"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz") {
			t.Errorf("%q becomes %q", s, got)
		}
	})
}

func TestOutcomesTable(t *testing.T) {
	var b bytes.Buffer
	rows := []Outcome{
		{Record: 1, Line: 2, SourceID: "=1", Email: "ana@example.com", Outcome: "created", SignIn: "same_password"},
		{Record: 2, Line: 3, Email: "a,b\"c", Outcome: "rejected", ProblemCode: "EMAIL_INVALID", Problem: "line\nbreak"},
	}
	err := WriteOutcomes(&b, func(yield func(Outcome, error) bool) {
		for _, r := range rows {
			if !yield(r, nil) {
				return
			}
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	const want = "record,line,source_id,kinde_id,email,outcome,sign_in,problem_code,problem\n" +
		"1,2,'=1,,ana@example.com,created,same_password,,\n" +
		"2,3,,,\"a,b\"\"c\",rejected,,EMAIL_INVALID,\"line\nbreak\"\n"
	if b.String() != want {
		t.Errorf("got\n%s\nwant\n%s", b.String(), want)
	}
}

func TestSpoolCorrectsRows(t *testing.T) {
	dir := t.TempDir()
	s, err := NewSpool(dir)
	if err != nil {
		t.Fatal(err)
	}
	long := strings.Repeat("\"x\r\n", 50_000) // longer than any buffer
	for n := range int64(1200) {
		o := Outcome{Record: n + 1, Line: n + 2, Email: "a@example.com", Outcome: "pending", Problem: "two\nlines"}
		if n == 600 {
			o.SourceID = cell(long)
		}
		if err := s.Add(o); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Correct(700, nil); err != nil {
		t.Fatal(err)
	}
	if err := s.Correct(1200, &Outcome{Record: 1200, Line: 1201, Outcome: "rejected", ProblemCode: "DUPLICATE_IN_SOURCE"}); err != nil {
		t.Fatal(err)
	}
	if err := s.Commit(); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(dir + "/" + OutcomesFile)
	if err != nil {
		t.Fatal(err)
	}
	text := string(data)
	if got := strings.Count(text, "pending"); got != 1198 {
		t.Errorf("%d rows are pending, want 1198", got)
	}
	if !strings.Contains(text, strings.ReplaceAll(long, `"`, `""`)) {
		t.Error("the row that is longer than a buffer changed")
	}
	if strings.Contains(text, "\n700,") || !strings.Contains(text, "\n699,") {
		t.Error("the row that became part of another is still there")
	}
	if !strings.HasSuffix(text, "1200,1201,,,,rejected,,DUPLICATE_IN_SOURCE,\n") {
		t.Errorf("the corrected row is missing: %q", text[len(text)-60:])
	}
	entries, _ := os.ReadDir(dir)
	if len(entries) != 1 {
		t.Errorf("something is left behind: %v", entries)
	}
}

// What a rollback says of itself is not what the import had rejected, nor what is pending.
func TestHeadlineOfARollback(t *testing.T) {
	for _, c := range []struct {
		totals      Totals
		interrupted bool
		dry         bool
		want        string
	}{
		{Totals{Records: 3, Rejected: 1, Deleted: 2}, false, false, "Rollback finished."},
		{Totals{Records: 3, Failed: 1, Deleted: 2}, false, false, "Rollback finished: 1 record was rejected or failed."},
		{Totals{Records: 3, Created: 1, Deleted: 2}, true, false, "Rollback stopped before it was finished: 2 of 3 records are deleted."},
		{Totals{Records: 1200, Deleted: 1}, true, false, "Rollback stopped before it was finished: 1 of 1,200 records is deleted."},
		{Totals{Records: 3, Rejected: 1, Deleted: 2}, false, true, "Dry run finished: nothing was written."},
	} {
		r := &Report{Command: "rollback", Totals: c.totals, Interrupted: c.interrupted, DryRun: c.dry}
		if got := r.headline(); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}
