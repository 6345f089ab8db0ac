package intake

import (
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/kinde-migrate/kinde-migrate/internal/spill"
)

// entry is one fact about a row, of a fixed size so that it can be sorted on disk.
type entry struct {
	hash uint64 // what is partitioned and sorted by first
	row  uint64
	a, b uint64
}

const (
	entrySize  = 32
	partitions = 128
)

func (e *entry) put(p []byte) {
	binary.LittleEndian.PutUint64(p, e.hash)
	binary.LittleEndian.PutUint64(p[8:], e.row)
	binary.LittleEndian.PutUint64(p[16:], e.a)
	binary.LittleEndian.PutUint64(p[24:], e.b)
}

func getEntry(p []byte) entry {
	return entry{
		binary.LittleEndian.Uint64(p),
		binary.LittleEndian.Uint64(p[8:]),
		binary.LittleEndian.Uint64(p[16:]),
		binary.LittleEndian.Uint64(p[24:]),
	}
}

// sorter collects entries on disk in partitions by the top bits of their hash.
// Its memory is one partition and a small buffer for each.
type sorter struct {
	dir   string
	small []entry // all of them, while they are few; nil once files are used
	files [partitions]*spill.File
	out   [partitions][]byte // not written yet
	count [partitions]int
	total int64
}

// smallSource is how many entries are sorted in memory before files are used.
const smallSource = 1 << 15

// outSize is how many bytes of a partition are written at once.
const outSize = 1024 * entrySize

func newSorter(dir string) (*sorter, error) {
	return &sorter{dir: dir, small: make([]entry, 0, 64)}, nil
}

func (s *sorter) add(e *entry) error {
	s.total++
	if s.small != nil {
		if len(s.small) < smallSource {
			s.small = append(s.small, *e)
			return nil
		}
		if err := s.spill(); err != nil {
			return err
		}
	}
	return s.write(e)
}

// spill moves the entries from memory to files.
func (s *sorter) spill() error {
	buf := make([]byte, partitions*outSize)
	for i := range s.files {
		f, err := spill.NewFile(s.dir)
		if err != nil {
			return err
		}
		s.files[i] = f
		s.out[i] = buf[i*outSize : i*outSize : (i+1)*outSize]
	}
	few := s.small
	s.small = nil
	for i := range few {
		if err := s.write(&few[i]); err != nil {
			return err
		}
	}
	return nil
}

func (s *sorter) write(e *entry) error {
	i := e.hash >> 57
	s.count[i]++
	n := len(s.out[i])
	s.out[i] = s.out[i][:n+entrySize]
	e.put(s.out[i][n:])
	if n+entrySize < outSize {
		return nil
	}
	return s.flush(int(i))
}

func (s *sorter) flush(i int) error {
	if _, err := s.files[i].Write(s.out[i]); err != nil {
		return fmt.Errorf("writing a temporary index: %w", err)
	}
	s.out[i] = s.out[i][:0]
	return nil
}

func sortEntries(all []entry) {
	slices.SortFunc(all, func(x, y entry) int {
		switch {
		case x.hash != y.hash:
			return cmp.Compare(x.hash, y.hash)
		case x.row != y.row:
			return cmp.Compare(x.row, y.row)
		}
		return cmp.Compare(x.a, y.a)
	})
}

// each calls fn with the sorted entries of every partition, in ascending order.
func (s *sorter) each(fn func([]entry) error) error {
	return s.parts(func(all []entry) error {
		sortEntries(all)
		return fn(all)
	})
}

// parts calls fn with the entries of every partition, in the order in which they
// were added. fn may change them.
func (s *sorter) parts(fn func([]entry) error) error {
	if s.small != nil {
		return fn(s.small)
	}
	var part []entry
	piece := make([]byte, 4*outSize)
	for i, f := range s.files {
		if s.count[i] == 0 {
			continue
		}
		if err := s.flush(i); err != nil {
			return err
		}
		// A partition may be most of the source, so nothing else is made of its size.
		part = slices.Grow(part[:0], s.count[i])
		for size := int64(s.count[i]) * entrySize; int64(len(part))*entrySize < size; {
			at := int64(len(part)) * entrySize
			read := piece[:min(int64(len(piece)), size-at)]
			if _, err := f.ReadAt(read, at); err != nil && !errors.Is(err, io.EOF) {
				return fmt.Errorf("reading a temporary index: %w", err)
			}
			for ; len(read) > 0; read = read[entrySize:] {
				part = append(part, getEntry(read))
			}
		}
		if err := fn(part); err != nil {
			return err
		}
	}
	return nil
}

// Close removes the files.
func (s *sorter) Close() error {
	var errs []error
	for _, f := range s.files {
		if f != nil {
			errs = append(errs, f.Close())
		}
	}
	return errors.Join(errs...)
}
