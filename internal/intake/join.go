package intake

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"io"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/kinde-migrate/kinde-migrate/internal/mapping"
	"github.com/kinde-migrate/kinde-migrate/internal/source"
	"github.com/kinde-migrate/kinde-migrate/internal/spill"
)

// bucketBits is how many top bits of a hash the index in memory resolves.
const bucketBits = 16

// smallIndex is the size up to which an index is kept in memory, in bytes: each
// look-up in a file is a system call and a block to decrypt.
const smallIndex = 8 << 20

// join is a side table whose rows are found by key. The rows stay in their
// files; the index lies on disk, and memory holds where its buckets begin, and all
// of a small one.
type join struct {
	table  mapping.Table
	seed   maphash.Seed
	files  []*source.File
	index  *spill.File
	small  []byte   // the index, when it is small
	starts []uint32 // by the top bits of the hash: the first entry
	met    []atomic.Uint32
	large  largeRows

	rows    int64
	broken  map[*source.File]int64 // rows that can't be read or have no key
	without int64
	ranges  []rowRange
}

// rowRange are rows of one file that follow each other.
type rowRange struct {
	file     int
	from, to int64
	number   int64 // of the first of them in its file; 0 when there are too many ranges to tell
}

// maxRanges bounds how many gaps are remembered.
const maxRanges = 10_000

// joinBuilder collects the rows of one table.
type joinBuilder struct {
	*join
	dir  string
	sort *sorter
}

func newJoin(dir string, t mapping.Table) (*joinBuilder, error) {
	s, err := newSorter(dir)
	if err != nil {
		return nil, err
	}
	return &joinBuilder{&join{table: t, seed: maphash.MakeSeed(), broken: map[*source.File]int64{}}, dir, s}, nil
}

// file returns the number that entries know a file by.
func (b *joinBuilder) file(f *source.File) uint64 {
	i := slices.Index(b.files, f)
	if i < 0 {
		i = len(b.files)
		b.files = append(b.files, f)
	}
	return uint64(i)
}

// add takes a row, the one with this number in its file.
func (b *joinBuilder) add(f *source.File, offset, length, number int64, keys []string) error {
	if len(keys) == 0 {
		b.broken[f]++
		return nil
	}
	row := uint64(b.rows)
	b.extend(int(b.file(f)), number)
	b.rows++
	for _, k := range keys {
		e := entry{hash: maphash.String(b.seed, k), row: row, a: uint64(offset), b: b.file(f)<<32 | uint64(length)}
		if err := b.sort.add(&e); err != nil {
			return err
		}
	}
	return nil
}

// extend puts the next row into the last range, or begins another.
func (b *joinBuilder) extend(file int, number int64) {
	if n := len(b.ranges); n > 0 {
		r := &b.ranges[n-1]
		follows := r.number == 0 || r.number+r.to-r.from == number
		if r.file == file && !follows && n >= maxRanges {
			r.number, follows = 0, true
		}
		if r.file == file && follows {
			r.to++
			return
		}
	}
	b.ranges = append(b.ranges, rowRange{file, b.rows, b.rows + 1, number})
}

// finish writes the index.
func (b *joinBuilder) finish() (_ *join, err error) {
	defer func() { err = errors.Join(err, b.sort.Close()) }()
	if b.index, err = spill.NewFile(b.dir); err != nil {
		return nil, err
	}
	out := bufio.NewWriterSize(b.index, 64<<10)
	b.starts = make([]uint32, 1<<bucketBits+1)
	n, bucket := uint32(0), 0
	var buf [entrySize]byte
	err = b.sort.each(func(all []entry) error {
		for _, e := range all {
			for top := int(e.hash >> (64 - bucketBits)); bucket <= top; bucket++ {
				b.starts[bucket] = n
			}
			e.put(buf[:])
			if _, err := out.Write(buf[:]); err != nil {
				return err
			}
			n++
		}
		return nil
	})
	for ; bucket < len(b.starts); bucket++ {
		b.starts[bucket] = n
	}
	if err = errors.Join(err, out.Flush()); err != nil {
		return nil, fmt.Errorf("writing a temporary index: %w", err)
	}
	b.met = make([]atomic.Uint32, b.rows/32+1)
	if size := int(n) * entrySize; size <= smallIndex {
		b.small = make([]byte, size)
		if err := b.readIndex(b.small, 0); err != nil {
			return nil, err
		}
	}
	return b.join, nil
}

// rowsOf returns the rows that join a record. strange tells that a row has its id and
// the e-mail address of somebody else, so that it joins nobody. An I/O error ends the run.
func (j *join) rowsOf(ctx context.Context, rec *mapping.Record, mark bool) (rows []mapping.Value, strange bool, err error) {
	groups := j.table.UserKeys(rec)
	for _, group := range groups {
		var hits []entry
		for _, k := range group {
			found, err := j.find(maphash.String(j.seed, k))
			if err != nil {
				return nil, false, err
			}
			hits = append(hits, found...)
		}
		slices.SortFunc(hits, func(a, b entry) int { return cmp.Compare(a.row, b.row) })
		hits = slices.CompactFunc(hits, func(a, b entry) bool { return a.row == b.row })
		var out []mapping.Value
		for _, e := range hits {
			v, keys, err := j.row(ctx, e)
			var bad *source.Malformed
			if err != nil {
				if errors.As(err, &bad) {
					continue
				}
				return nil, false, err
			}
			if !slices.ContainsFunc(group, func(k string) bool { return keys.has(k) }) {
				continue // another key with the same hash
			}
			if keys.set == nil && mapping.Strange(groups, keys.list) {
				strange = true
				continue
			}
			if mark {
				j.met[e.row/32].Or(1 << (e.row % 32))
			}
			out = append(out, v)
		}
		if len(out) > 0 {
			return out, false, nil
		}
	}
	return nil, strange, nil
}

// largeRow is the length from which a row is kept: a group of thousands of members
// would else be read anew for each of them.
const (
	largeRow  = 4 << 10
	largeKept = 32 << 20 // bytes of such rows that are kept at a time
)

// largeRows keeps rows that many records join.
type largeRows struct {
	mu   sync.Mutex
	rows map[[2]uint64]*largeEntry // by position
	size uint64
}

type largeEntry struct {
	v    mapping.Value
	keys rowKeys
}

// rowKeys are the keys of a row: a list of a small one, a set of a large one.
type rowKeys struct {
	list []string
	set  map[string]struct{}
}

func (k rowKeys) has(key string) bool {
	if k.set != nil {
		_, ok := k.set[key]
		return ok
	}
	return slices.Contains(k.list, key)
}

// row reads a row of the table and its keys.
func (j *join) row(ctx context.Context, e entry) (mapping.Value, rowKeys, error) {
	length := e.b & 0xffffffff
	at := [2]uint64{e.a, e.b}
	if length >= largeRow {
		j.large.mu.Lock()
		kept := j.large.rows[at]
		j.large.mu.Unlock()
		if kept != nil {
			return kept.v, kept.keys, nil
		}
	}
	_, v, err := j.files[e.b>>32].Record(ctx, int64(e.a), int64(length))
	if err != nil {
		return v, rowKeys{}, err
	}
	keys := rowKeys{list: j.table.RowKeys(v)}
	v = j.table.Kept(v)
	if length < largeRow {
		return v, keys, nil
	}
	keys.set = make(map[string]struct{}, len(keys.list))
	for _, k := range keys.list {
		keys.set[k] = struct{}{}
	}
	keys.list = nil
	j.large.mu.Lock()
	defer j.large.mu.Unlock()
	if j.large.rows == nil || j.large.size+length > largeKept {
		j.large.rows, j.large.size = map[[2]uint64]*largeEntry{}, 0
	}
	if j.large.rows[at] == nil {
		j.large.rows[at] = &largeEntry{v, keys}
		j.large.size += length
	}
	return v, keys, nil
}

func (j *join) find(hash uint64) ([]entry, error) {
	top := hash >> (64 - bucketBits)
	from, to := j.starts[top], j.starts[top+1]
	if from == to {
		return nil, nil
	}
	var buf []byte
	if j.small != nil {
		buf = j.small[int(from)*entrySize : int(to)*entrySize]
	} else {
		buf = make([]byte, int(to-from)*entrySize)
		if err := j.readIndex(buf, from); err != nil {
			return nil, err
		}
	}
	var out []entry
	for ; len(buf) > 0; buf = buf[entrySize:] {
		if e := getEntry(buf); e.hash == hash {
			out = append(out, e)
		}
	}
	return out, nil
}

// readIndex reads entries, the first of which is the one with this number.
func (j *join) readIndex(into []byte, first uint32) error {
	if _, err := j.index.ReadAt(into, int64(first)*entrySize); err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("reading a temporary index: %w", err)
	}
	return nil
}
