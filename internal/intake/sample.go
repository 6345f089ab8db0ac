package intake

import (
	"container/heap"
	"context"
	"encoding/binary"
	"hash/fnv"
	"slices"
	"strings"
)

// drawSample chooses the records of --sample: of every kind of user (provider
// and kind of hash) those whose keyed digest is smallest, taken in turn, so that
// a rare kind is in the sample too and the same seed takes the same records.
func (in *Intake) drawSample(ctx context.Context) error {
	n := int(in.opts.Sample)
	strata := map[string]*smallest{}
	err := in.rows(ctx, false, func(r *row) error {
		it := &r.item
		if it.Disposition == Filtered || it.User == nil {
			return nil
		}
		kind := it.User.Provider + "\x00"
		if it.User.Password != nil {
			kind += it.User.Password.Encoding
		}
		s := strata[kind]
		if s == nil {
			if len(strata) >= 1000 {
				return nil
			}
			s = &smallest{seen: map[Key]bool{}}
			strata[strings.Clone(kind)] = s
		}
		s.offer(it.Key, in.rank(it.Key), n)
		return nil
	})
	if err != nil {
		return err
	}
	var kinds []string
	for k, s := range strata {
		slices.SortFunc(s.list, func(a, b ranked) int {
			if a.rank < b.rank {
				return -1
			}
			return 1
		})
		kinds = append(kinds, k)
	}
	slices.Sort(kinds)
	in.keep.sample = map[Key]bool{}
	for i := 0; len(in.keep.sample) < n; i++ {
		more := false
		for _, k := range kinds {
			if l := strata[k].list; i < len(l) && len(in.keep.sample) < n {
				in.keep.sample[l[i].key] = true
				more = true
			}
		}
		if !more {
			break
		}
	}
	return nil
}

func (in *Intake) rank(k Key) uint64 {
	h := fnv.New64a()
	var seed [8]byte
	binary.LittleEndian.PutUint64(seed[:], in.opts.Seed)
	h.Write(seed[:])
	h.Write([]byte{byte(k.Kind)})
	h.Write([]byte(k.Value))
	// FNV leaves the high bits of similar texts alike; a last multiplication spreads them.
	x := h.Sum64()
	x ^= x >> 32
	x *= 0x9e3779b97f4a7c15
	return x ^ x>>29
}

type ranked struct {
	key  Key
	rank uint64
}

// smallest keeps the n keys of lowest rank: a heap with the largest on top.
type smallest struct {
	list []ranked
	seen map[Key]bool
}

func (s *smallest) Len() int           { return len(s.list) }
func (s *smallest) Less(i, j int) bool { return s.list[i].rank > s.list[j].rank }
func (s *smallest) Swap(i, j int)      { s.list[i], s.list[j] = s.list[j], s.list[i] }
func (s *smallest) Push(x any)         { s.list = append(s.list, x.(ranked)) }
func (s *smallest) Pop() any {
	last := s.list[len(s.list)-1]
	s.list = s.list[:len(s.list)-1]
	return last
}

func (s *smallest) offer(k Key, rank uint64, n int) {
	if s.seen[k] || len(s.list) == n && rank >= s.list[0].rank {
		return
	}
	k.Value = strings.Clone(k.Value)
	s.seen[k] = true
	heap.Push(s, ranked{k, rank})
	if len(s.list) > n {
		delete(s.seen, heap.Pop(s).(ranked).key)
	}
}
