package importer

import (
	"slices"
	"testing"

	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
)

// A chunk has so many records or so many bytes of the source, whichever comes
// first: what is held in memory is bounded for people of ten thousand memberships,
// and for those of a hundred thousand values, too.
func TestChunksAreBoundedBySize(t *testing.T) {
	for _, tc := range []struct {
		name          string
		records, rows int
		length        int64
		want          []int
	}{
		{"small ones", 2500, 0, 300, []int{1000, 1000, 500}},
		{"ten thousand rows each", 5, 9_999, 36, []int{2, 2, 1}},
		{"a megabyte each", 5, 0, 1 << 20, []int{2, 2, 1}},
		{"one that is larger than a chunk", 2, 0, 5 << 20, []int{1, 1}},
		{"nobody", 0, 0, 0, nil},
	} {
		records := func(yield func(checkpoint.Record, error) bool) {
			rows := slices.Repeat([]checkpoint.Row{{Length: tc.length}}, tc.rows)
			for i := range tc.records {
				if !yield(checkpoint.Record{ID: int64(i + 1), Length: tc.length, Rows: rows}, nil) {
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
			if chunk[0].ID != next {
				t.Errorf("%s: a chunk from %d, want one from %d", tc.name, chunk[0].ID, next)
			}
			if isHeavy := tc.length > 1000 || tc.rows > 1000; (heavy(chunk) > 0) != isHeavy {
				t.Errorf("%s: %d bytes of heavy records", tc.name, heavy(chunk))
			}
			next += int64(len(chunk))
			got = append(got, len(chunk))
		}
		if !slices.Equal(got, tc.want) {
			t.Errorf("%s: chunks of %v, want %v", tc.name, got, tc.want)
		}
	}
}

// Heavy records wait until those before them are done, ordinary ones never.
func TestHeavyRecordsWaitForRoom(t *testing.T) {
	for _, tc := range []struct {
		name    string
		length  int64
		records int
		want    []bool // for each chunk: it waited
	}{
		{"ordinary", 2 << 10, 1000, []bool{false, false, false, false}},
		{"half of what is bearable", bytesInWork/2 - bytesOfRow, 1, []bool{false, false, true, false}},
		{"more than that", bytesInWork, 1, []bool{true, true, true, true}},
	} {
		var got []bool
		waited := false
		m := room{settle: func() { waited = true }}
		for range tc.want {
			waited = false
			m.take(slices.Repeat([]checkpoint.Record{{Length: tc.length}}, tc.records))
			got = append(got, waited)
		}
		if !slices.Equal(got, tc.want) {
			t.Errorf("%s: waited %v, want %v", tc.name, got, tc.want)
		}
	}
}
