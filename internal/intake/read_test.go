package intake

import (
	"slices"
	"testing"
)

// A worker reads many small records at once and few large ones, and one that is
// larger than the bound by itself.
func TestReadAtOnce(t *testing.T) {
	for _, tc := range []struct {
		name         string
		records      int
		length, rows int64
		want         int
	}{
		{"small ones", 1000, 300, 0, readChunk},
		{"the last ones", 5, 300, 0, 5},
		{"twenty kilobytes each", 1000, 20 << 10, 0, 13},
		{"ten thousand rows each", 1000, 20, 9_999, 2},
		{"larger than the bound", 3, 2 * readBytes, 0, 1},
		{"nobody", 0, 0, 0, 0},
	} {
		p := Position{Length: tc.length, Rows: slices.Repeat([]Position{{Length: tc.length}}, int(tc.rows))}
		if got := readAtOnce(slices.Repeat([]Position{p}, tc.records)); got != tc.want {
			t.Errorf("%s: %d at once, want %d", tc.name, got, tc.want)
		}
	}
}
