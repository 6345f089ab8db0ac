package importer

import (
	"slices"
	"testing"

	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
)

// A chunk has so many records or so many rows, whichever comes first: what is
// held in memory is bounded for people of ten thousand memberships, too.
func TestChunksAreBoundedByRows(t *testing.T) {
	for _, tc := range []struct {
		name          string
		records, rows int
		want          []int
	}{
		{"one row each", 2500, 0, []int{1000, 1000, 500}},
		{"ten thousand rows each", 5, 9_999, []int{3, 2}},
		{"one that is larger than a chunk", 2, 50_000, []int{1, 1}},
		{"nobody", 0, 0, nil},
	} {
		records := func(yield func(checkpoint.Record, error) bool) {
			for i := range tc.records {
				if !yield(checkpoint.Record{ID: int64(i + 1), Rows: make([]checkpoint.Row, tc.rows)}, nil) {
					return
				}
			}
		}
		var got []int
		var next int64 = 1
		for chunk, err := range chunks(records, 1000) {
			if err != nil {
				t.Fatal(err)
			}
			if chunk[0].ID != next || rowsOf(chunk) != len(chunk)*tc.rows {
				t.Errorf("%s: a chunk from %d with %d rows", tc.name, chunk[0].ID, rowsOf(chunk))
			}
			next += int64(len(chunk))
			got = append(got, len(chunk))
		}
		if !slices.Equal(got, tc.want) {
			t.Errorf("%s: chunks of %v, want %v", tc.name, got, tc.want)
		}
	}
}
