package intake

import "github.com/kinde-migrate/kinde-migrate/internal/source"

// Frame is what stands around the records of a source file, for whoever writes
// some of them to a file of their own.
type Frame struct {
	Format source.Format
	Header []byte // CSV: all before the first record, byte for byte
	Path   string // JSON: the members that lead to the array of records, joined by dots; "" is the top
}
