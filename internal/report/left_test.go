package report

import (
	"slices"
	"testing"

	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
)

// TestWhoLeftHasNoPlaceInTheSource: where the record of a leaver lay, another's
// lies in the newer source. It is neither handed back as refused nor named.
func TestWhoLeftHasNoPlaceInTheSource(t *testing.T) {
	store, err := checkpoint.OpenMemory(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	record := func(id, number int64, source string, seen int) *checkpoint.Record {
		return &checkpoint.Record{
			ID:       id,
			Number:   number,
			Line:     number,
			Offset:   100 * number,
			Length:   100,
			SourceID: source,
			KindeID:  "kp_" + source,
			Owner:    checkpoint.Made,
			Outcome:  checkpoint.Failed,
			Stage:    checkpoint.Present,
			Seen:     seen,
			Pass:     2,
		}
	}
	problem := func(id, number int64, source string) checkpoint.Problem {
		return checkpoint.Problem{
			Record:   id,
			Applying: true,
			Number:   number,
			Line:     number,
			SourceID: source,
			Severity: "error",
			Code:     "API_REJECTED",
			Message:  "refused",
		}
	}
	if err := store.Commit(t.Context(),
		checkpoint.SetJob{Job: checkpoint.Job{Command: "import", Pass: 2, Source: 2, Options: "{}"}},
		checkpoint.SetSource{Source: checkpoint.Source{Files: []checkpoint.SourceFile{{Path: "users.ndjson"}}}},
		checkpoint.PutRecords{record(1, 3, "left", 1), record(2, 3, "stays", 2)},
		checkpoint.AddProblems{problem(1, 3, "left"), problem(2, 3, "stays")},
	); err != nil {
		t.Fatal(err)
	}
	var pieces []RejectedAt
	for p, err := range Rejected(t.Context(), store) {
		if err != nil {
			t.Fatal(err)
		}
		pieces = append(pieces, p)
	}
	if len(pieces) != 1 || pieces[0].Position.Number != 3 {
		t.Errorf("handed back: %+v, want the record that stays", pieces)
	}
	for row, err := range Outcomes(t.Context(), store) {
		if err != nil {
			t.Fatal(err)
		}
		if (row.SourceID == "left") != (row.Record == 0 && row.Line == 0) {
			t.Errorf("outcome %+v", row)
		}
	}
	r, err := Fold(t.Context(), store)
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Problems.Items) != 2 || slices.ContainsFunc(r.Problems.Items, func(p Problem) bool {
		return (p.SourceID == "left") != (p.Record == 0 && p.File == "")
	}) {
		t.Errorf("problems %+v", r.Problems.Items)
	}
}
