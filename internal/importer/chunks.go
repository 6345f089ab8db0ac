package importer

import (
	"iter"

	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
)

// What a record takes in memory goes by its bytes in the source, some twenty times
// as many, and by its rows.
const (
	bytesOfRow   = 100
	bytesOfChunk = 2 << 20  // of the records of a chunk
	bytesHeavy   = 16 << 10 // a record of more is worked on with few others
	bytesInWork  = 2 << 20  // of the heavy ones that are worked on at a time
)

// bytesOf is how much of the source a record is.
func bytesOf(r *checkpoint.Record) int64 {
	n := r.Length + bytesOfRow
	for i := range r.Rows {
		n += r.Rows[i].Length + bytesOfRow
	}
	return n
}

// heavy is how much of the source the heavy records are.
func heavy(records []checkpoint.Record) (n int64) {
	for i := range records {
		if of := bytesOf(&records[i]); of > bytesHeavy {
			n += of
		}
	}
	return n
}

// room bounds how much of the source is worked on at a time. Ordinary records are
// bounded by the number of workers.
type room struct {
	settle func() // waits until nobody is worked on any more
	taken  int64
}

// take makes room for the records of a chunk.
func (m *room) take(chunk []checkpoint.Record) {
	n := heavy(chunk)
	if m.taken += n; m.taken > bytesInWork {
		m.settle()
		m.taken = n
	}
}

// chunks gathers so many records, or fewer that are large.
func chunks(records iter.Seq2[checkpoint.Record, error], size int) iter.Seq2[[]checkpoint.Record, error] {
	return func(yield func([]checkpoint.Record, error) bool) {
		chunk, bytes := make([]checkpoint.Record, 0, size), int64(0)
		for r, err := range records {
			if err != nil {
				yield(nil, err)
				return
			}
			chunk = append(chunk, r)
			if bytes += bytesOf(&r); len(chunk) == size || bytes >= bytesOfChunk {
				if !yield(chunk, nil) {
					return
				}
				chunk, bytes = make([]checkpoint.Record, 0, size), 0
			}
		}
		if len(chunk) > 0 {
			yield(chunk, nil)
		}
	}
}
