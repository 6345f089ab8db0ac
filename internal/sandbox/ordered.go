package sandbox

import "sort"

// ordered is a list in order of creation. A page starts behind a sequence
// number, so paging stays stable while others add and remove, and costs the
// page's size whatever the list's length.
type ordered[T any] struct {
	items []slot[T]
	live  int
}

type slot[T any] struct {
	seq  uint64
	item *T // nil: removed
}

// add places the item by its number; the usual case is the end.
func (o *ordered[T]) add(seq uint64, item *T) {
	if n := len(o.items); n > 0 && o.items[n-1].seq >= seq {
		at := sort.Search(n, func(i int) bool { return o.items[i].seq >= seq })
		if o.items[at].seq == seq {
			if o.items[at].item == nil {
				o.live++
			}
			o.items[at].item = item
			return
		}
		o.items = append(o.items, slot[T]{})
		copy(o.items[at+1:], o.items[at:])
		o.items[at] = slot[T]{seq, item}
	} else {
		o.items = append(o.items, slot[T]{seq, item})
	}
	o.live++
}

func (o *ordered[T]) remove(seq uint64) {
	at := o.after(seq) - 1
	if at < 0 || o.items[at].seq != seq || o.items[at].item == nil {
		return
	}
	o.items[at].item = nil
	o.live--
	if len(o.items) > 1024 && o.live < len(o.items)/2 {
		kept := make([]slot[T], 0, o.live)
		for _, s := range o.items {
			if s.item != nil {
				kept = append(kept, s)
			}
		}
		o.items = kept
	}
}

// after is the position of the first slot behind seq.
func (o *ordered[T]) after(seq uint64) int {
	return sort.Search(len(o.items), func(i int) bool { return o.items[i].seq > seq })
}

// each visits what lies behind seq until visit answers false.
func (o *ordered[T]) each(seq uint64, visit func(seq uint64, item *T) bool) {
	for _, s := range o.items[o.after(seq):] {
		if s.item != nil && !visit(s.seq, s.item) {
			return
		}
	}
}

// eachBefore visits what lies before seq, newest first.
func (o *ordered[T]) eachBefore(seq uint64, visit func(seq uint64, item *T) bool) {
	at := sort.Search(len(o.items), func(i int) bool { return o.items[i].seq >= seq })
	for i := at - 1; i >= 0; i-- {
		if s := o.items[i]; s.item != nil && !visit(s.seq, s.item) {
			return
		}
	}
}
