package intake

import (
	"errors"
	"math"
	"math/bits"
	"slices"
)

// verdict is what the keys of all rows decide about one of them.
type verdict struct {
	row, head uint32
	what      what
	kind      KeyKind
}

type what uint8

const (
	partOf    what = iota // a further row of the head: its user columns agree
	duplicate             // collides with the head
	merged                // the same person as the head
)

// Flags of an entry's a, above the KeyKind in its lowest byte.
const (
	flagGroup    = 1 << 8  // the key by which rows become one record
	flagRejected = 1 << 9  // the row is rejected: it claims nothing
	flagVerified = 1 << 10 // the e-mail is verified
)

var errTooManyRows = errors.New("a source can have at most 4,000,000,000 rows")

// judge finds the rows that collide. Only rows that share a key with another one
// are looked at. The further rows of a record are found first, key by key; what
// then still collides is decided in file order: the first usable row claims its
// keys, and a row that is rejected claims nothing.
//
// Memory is a bit for each row, twelve bytes for each row that gets a verdict,
// and some more for those that collide without being further rows.
func judge(dir string, keys *sorter, rows int64, merge bool) (out []verdict, err error) {
	if rows >= math.MaxUint32 {
		return nil, errTooManyRows
	}
	suspects, err := newSorter(dir)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, suspects.Close()) }()
	inOrder, err := newSorter(dir)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, inOrder.Close()) }()

	rest := &further{bits: make([]uint64, rows/64+1)}
	if err := rest.find(keys, suspects); err != nil {
		return nil, err
	}
	// Rows are spread over the partitions by their number, so they come back in file order.
	scale := uint64(math.MaxUint64) / uint64(rows+1)
	groups := uint64(0)
	err = suspects.parts(func(all []entry) error {
		return eachGroup(all, func(group []entry) error {
			group = slices.DeleteFunc(group, func(e entry) bool { return rest.has(e.row) })
			if len(group) == 0 || group[0].row == group[len(group)-1].row {
				return nil
			}
			for _, e := range group {
				if err := inOrder.add(&entry{hash: e.row * scale, row: e.a&0xff<<40 | groups, a: e.a, b: e.row}); err != nil {
					return err
				}
			}
			groups++
			return nil
		})
	})
	if err != nil {
		return nil, err
	}
	j := &judgement{claims: make([]uint32, groups), trusted: make([]bool, groups), moved: map[uint32]uint32{}, merge: merge, out: rest.out}
	err = inOrder.each(func(all []entry) error {
		return eachGroup(all, func(keys []entry) error {
			j.row(uint32(keys[0].b), keys)
			return nil
		})
	})
	for i := range j.out {
		v := &j.out[i]
		v.head = j.now(v.head)
	}
	for from := range j.moved {
		j.out = append(j.out, verdict{row: from, head: j.now(from), what: merged, kind: KeyEmail})
	}
	return j.out, err
}

// eachGroup calls fn with the runs of entries of one hash.
func eachGroup(all []entry, fn func([]entry) error) error {
	for i := 0; i < len(all); {
		j := i + 1
		for j < len(all) && all[j].hash == all[i].hash {
			j++
		}
		if err := fn(all[i:j]); err != nil {
			return err
		}
		i = j
	}
	return nil
}

// further finds rows that are further rows of an earlier one: they share its
// first key, and all their user columns agree.
type further struct {
	bits  []uint64 // by row
	out   []verdict
	twins twins
	heads map[uint64]uint32 // of one key: the first row with these columns
}

func (f *further) has(row uint64) bool { return f.bits[row/64]&(1<<(row%64)) != 0 }

// find reads all keys and copies the entries of those that several rows have to suspects.
func (f *further) find(keys, suspects *sorter) error {
	f.heads = map[uint64]uint32{}
	return keys.parts(func(all []entry) error {
		all = f.twins.among(all)
		sortEntries(all)
		return eachGroup(all, func(group []entry) error {
			if group[0].row == group[len(group)-1].row {
				return nil
			}
			f.look(group)
			for i := range group {
				if err := suspects.add(&group[i]); err != nil {
					return err
				}
			}
			return nil
		})
	})
}

func (f *further) look(group []entry) {
	clear(f.heads)
	for i := range group {
		e := &group[i]
		if e.a&flagGroup == 0 {
			continue
		}
		if head, ok := f.heads[e.b]; ok {
			f.bits[e.row/64] |= 1 << (e.row % 64)
			f.out = append(f.out, verdict{uint32(e.row), head, partOf, KeyKind(e.a)})
		} else {
			f.heads[e.b] = uint32(e.row)
		}
	}
}

// twins finds the entries of a partition whose hash occurs more than once,
// without sorting the others, which are nearly all.
type twins struct {
	table []uint32 // open addressing: index of an entry plus one
	again []bool   // by index
}

func (t *twins) among(all []entry) []entry {
	size := 1 << bits.Len(uint(2*len(all)))
	if cap(t.table) < size {
		t.table = make([]uint32, size)
	}
	t.table = t.table[:size]
	clear(t.table)
	t.again = slices.Grow(t.again[:0], len(all))[:len(all)]
	clear(t.again)
	mask := uint64(size - 1)
	found := false
	for i := range all {
		// The top bits are the same in the whole partition: the low ones spread.
		at := all[i].hash & mask
		for {
			k := t.table[at]
			if k == 0 {
				t.table[at] = uint32(i + 1)
				break
			}
			if all[k-1].hash == all[i].hash {
				t.again[k-1], t.again[i], found = true, true, true
				break
			}
			at = (at + 1) & mask
		}
	}
	if !found {
		return nil
	}
	n := 0
	for i := range all {
		if t.again[i] {
			all[n] = all[i]
			n++
		}
	}
	return all[:n]
}

// judgement decides between rows that collide.
type judgement struct {
	claims  []uint32          // by group: the row that holds the key, 0 for none
	trusted []bool            // by group: the e-mail is verified there
	moved   map[uint32]uint32 // heads that were merged into an earlier one
	merge   bool
	out     []verdict
}

func (j *judgement) now(row uint32) uint32 {
	for {
		to, ok := j.moved[row]
		if !ok {
			return row
		}
		row = to
	}
}

func groupOf(e entry) uint32 { return uint32(e.row) }

func (j *judgement) row(row uint32, keys []entry) {
	if keys[0].a&flagRejected != 0 {
		return
	}
	target := uint32(0)
	var same []uint32
	for _, e := range keys {
		g := groupOf(e)
		if c := j.claims[g]; j.merge && c != 0 && KeyKind(e.a) == KeyEmail && e.a&flagVerified != 0 && j.trusted[g] {
			c = j.now(c)
			same = append(same, c)
			if target == 0 || c < target {
				target = c
			}
		}
	}
	for _, e := range keys {
		if c := j.claims[groupOf(e)]; c != 0 && !slices.Contains(same, j.now(c)) {
			j.out = append(j.out, verdict{row, c, duplicate, KeyKind(e.a)})
			return
		}
	}
	owner := row
	if target != 0 {
		owner = target
		j.moved[row] = target
		for _, c := range same {
			if c != target && j.now(c) != target {
				j.moved[c] = target
			}
		}
	}
	for _, e := range keys {
		g := groupOf(e)
		if j.claims[g] == 0 {
			j.claims[g] = owner
			j.trusted[g] = e.a&flagVerified != 0
		}
	}
}
