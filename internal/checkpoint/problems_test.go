package checkpoint

import (
	"context"
	"errors"
	"slices"
	"testing"
)

// The problems of a record come in the order in which they were found, since the
// first one decides what is said of it; and whoever has seen enough may stop.
func TestProblemsBetween(t *testing.T) {
	s, err := OpenMemory(t.Context())
	must(t, err)
	defer s.Close()
	must(t, s.Commit(t.Context(), AddProblems{
		{Record: 2, Code: "THIRD"}, {Record: 1, Code: "FIRST"}, {Record: 1, Code: "SECOND"}, {Record: 3, Code: "OUTSIDE"}, {Code: "OF_NOBODY"},
	}))
	var all []string
	for p, err := range s.ProblemsBetween(t.Context(), 0, 2) {
		must(t, err)
		all = append(all, p.Code)
	}
	if want := []string{"FIRST", "SECOND", "THIRD"}; !slices.Equal(all, want) {
		t.Errorf("%v, want %v", all, want)
	}
	for p, err := range s.ProblemsBetween(t.Context(), 1, 3) {
		must(t, err)
		if p.Code != "FIRST" {
			t.Errorf("%s after the loop was to end", p.Code)
		}
		break
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	failed := false
	for _, err := range s.ProblemsBetween(ended, 1, 3) {
		failed = errors.Is(err, context.Canceled)
	}
	if !failed {
		t.Error("a reading that fails looks like one that found nothing")
	}
}
