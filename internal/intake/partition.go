package intake

import (
	"bufio"
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
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
	return entry{binary.LittleEndian.Uint64(p), binary.LittleEndian.Uint64(p[8:]), binary.LittleEndian.Uint64(p[16:]), binary.LittleEndian.Uint64(p[24:])}
}

// scratch is a temporary file without a name, where the system allows that.
type scratch struct {
	*os.File
	named bool
}

func newScratch(dir string) (*scratch, error) {
	f, err := os.CreateTemp(dir, "kinde-migrate-*.index")
	if err != nil {
		return nil, fmt.Errorf("creating a temporary file: %w", err)
	}
	return &scratch{f, os.Remove(f.Name()) != nil}, nil
}

// Close removes the file.
func (s *scratch) Close() error {
	err := s.File.Close()
	if s.named {
		err = errors.Join(err, os.Remove(s.Name()))
	}
	return err
}

// sorter collects entries on disk in partitions by the top bits of their hash
// and gives them back sorted. Its memory is one partition and small buffers.
type sorter struct {
	dir   string
	small []entry // all of them, while they are few; nil once files are used
	files [partitions]*scratch
	out   [partitions]*bufio.Writer
	count [partitions]int
	total int64
}

// smallSource is how many entries are sorted in memory before files are used.
const smallSource = 1 << 15

func newSorter(dir string) (*sorter, error) {
	return &sorter{dir: dir, small: make([]entry, 0, 64)}, nil
}

func (s *sorter) add(e entry) error {
	s.total++
	if s.small != nil {
		if len(s.small) < smallSource {
			s.small = append(s.small, e)
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
	for i := range s.files {
		f, err := newScratch(s.dir)
		if err != nil {
			return err
		}
		s.files[i] = f
		s.out[i] = bufio.NewWriterSize(f, 8<<10)
	}
	few := s.small
	s.small = nil
	for _, e := range few {
		if err := s.write(e); err != nil {
			return err
		}
	}
	return nil
}

func (s *sorter) write(e entry) error {
	var buf [entrySize]byte
	e.put(buf[:])
	i := e.hash >> 57
	s.count[i]++
	if _, err := s.out[i].Write(buf[:]); err != nil {
		return fmt.Errorf("writing a temporary index: %w", err)
	}
	return nil
}

func sortEntries(all []entry) {
	slices.SortFunc(all, func(x, y entry) int {
		return cmp.Or(cmp.Compare(x.hash, y.hash), cmp.Compare(x.row, y.row), cmp.Compare(x.a, y.a))
	})
}

// each calls fn with the sorted entries of every partition, in ascending order.
func (s *sorter) each(fn func([]entry) error) error {
	if s.small != nil {
		sortEntries(s.small)
		return fn(s.small)
	}
	var all []entry
	for i, f := range s.files {
		if s.count[i] == 0 {
			continue
		}
		if err := s.out[i].Flush(); err != nil {
			return fmt.Errorf("writing a temporary index: %w", err)
		}
		all = slices.Grow(all[:0], s.count[i])
		in := bufio.NewReaderSize(io.NewSectionReader(f, 0, int64(s.count[i])*entrySize), 64<<10)
		var buf [entrySize]byte
		for range s.count[i] {
			if _, err := io.ReadFull(in, buf[:]); err != nil {
				return fmt.Errorf("reading a temporary index: %w", err)
			}
			all = append(all, getEntry(buf[:]))
		}
		sortEntries(all)
		if err := fn(all); err != nil {
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
