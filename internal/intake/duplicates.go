package intake

import (
	"cmp"
	"errors"
	"math"
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
	further   what = iota // a further row of the head: its user columns agree
	duplicate             // collides with the head
	merged                // the same person as the head
)

// Flags of an entry's a, above the KeyKind in its lowest byte.
const (
	flagGroup    = 1 << 8  // the key by which rows become one record
	flagRejected = 1 << 9  // the row is rejected: it claims nothing
	flagVerified = 1 << 10 // the e-mail is verified
)

var errTooManyRows = errors.New("a source may hold 4,000,000,000 rows")

// judge finds the rows that collide. Only rows that share a key with another one
// are looked at, in file order: the first usable one claims its keys, and a row
// that is rejected claims nothing. Memory grows with the rows that collide.
func judge(dir string, keys *sorter, rows int64, merge bool) (out []verdict, err error) {
	if rows >= math.MaxUint32 {
		return nil, errTooManyRows
	}
	byRow, err := newSorter(dir)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, byRow.Close()) }()
	// Rows are spread over the partitions by their number, so they come back in file order.
	scale := uint64(math.MaxUint64) / uint64(rows+1)
	groups := uint64(0)
	err = keys.each(func(all []entry) error {
		for i := 0; i < len(all); {
			j := i + 1
			for j < len(all) && all[j].hash == all[i].hash {
				j++
			}
			if all[j-1].row != all[i].row {
				for _, e := range all[i:j] {
					if err := byRow.add(entry{hash: e.row * scale, row: e.a&0xff<<40 | groups, a: e.a, b: e.b}); err != nil {
						return err
					}
				}
				groups++
			}
			i = j
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	j := &judgement{claims: make([]uint32, groups), trusted: make([]bool, groups), heads: make([]headRow, groups),
		more: map[uint32][]headRow{}, moved: map[uint32]uint32{}, merge: merge}
	err = byRow.each(func(all []entry) error {
		for i := 0; i < len(all); {
			k := i + 1
			for k < len(all) && all[k].hash == all[i].hash {
				k++
			}
			j.row(uint32(all[i].hash/scale), all[i:k])
			i = k
		}
		return nil
	})
	for i := range j.out {
		v := &j.out[i]
		v.head = j.now(v.head)
	}
	for from := range j.moved {
		j.out = append(j.out, verdict{row: from, head: j.now(from), what: merged, kind: KeyEmail})
	}
	slices.SortFunc(j.out, func(a, b verdict) int { return cmp.Compare(a.row, b.row) })
	return j.out, err
}

type headRow struct {
	row     uint32 // 0: none
	columns uint64
}

type judgement struct {
	claims  []uint32 // by group: the row that holds the key, 0 for none
	trusted []bool   // by group: the e-mail is verified there
	heads   []headRow
	more    map[uint32][]headRow // further heads of a group
	moved   map[uint32]uint32    // heads that were merged into an earlier one
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
	for _, e := range keys {
		if e.a&flagGroup == 0 {
			continue
		}
		g := groupOf(e)
		for _, h := range append([]headRow{j.heads[g]}, j.more[g]...) {
			if h.row != 0 && h.columns == e.b {
				j.out = append(j.out, verdict{row, h.row, further, KeyKind(e.a)})
				return
			}
		}
		if h := (headRow{row, e.b}); j.heads[g].row == 0 {
			j.heads[g] = h
		} else {
			j.more[g] = append(j.more[g], h)
		}
	}
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
