package mapping

// Workspace is memory that MapIn builds its results in, so that mapping millions
// of records leaves no garbage. It belongs to one goroutine. A nil Workspace
// takes memory from the heap.
type Workspace struct {
	users       slab[User]
	identities  slab[Identity]
	memberships slab[Membership]
	problems    slab[Problem]
	pairs       slab[KeyValue]
	drops       slab[Dropped]
	texts       slab[string]
	filled      slab[int32]
}

// Reset takes back what all results since the last Reset are made of: users,
// their lists, and lists of problems. Texts and passwords are not touched.
func (w *Workspace) Reset() {
	w.users.reset()
	w.identities.reset()
	w.memberships.reset()
	w.problems.reset()
	w.pairs.reset()
	w.drops.reset()
	w.texts.reset()
	w.filled.reset()
}

func (w *Workspace) user() *User {
	if w == nil {
		return new(User)
	}
	return &w.users.take(1)[:1][0]
}

// The sizes fit most users; a list that outgrows its own moves to the heap.
func (w *Workspace) identityList() []Identity {
	if w == nil {
		return make([]Identity, 0, 2)
	}
	return w.identities.take(3)
}

func (w *Workspace) membershipList() []Membership {
	if w == nil {
		return nil
	}
	return w.memberships.take(1)
}

func (w *Workspace) problemList() []Problem {
	if w == nil {
		return nil
	}
	return w.problems.take(2)
}

func (w *Workspace) dropList() []Dropped {
	if w == nil {
		return nil
	}
	return w.drops.take(2)
}

func (w *Workspace) pairList(n int) []KeyValue {
	if w == nil {
		return make([]KeyValue, 0, n)
	}
	return w.pairs.take(n)
}

func (w *Workspace) textList(n int) []string {
	if w == nil {
		return make([]string, 0, n)
	}
	return w.texts.take(n)
}

func (w *Workspace) filledList(n int) []int32 { return w.filled.take(n) }

// slabSize is how many values a block holds.
const slabSize = 512

// slab hands out pieces of blocks that it takes back all at once.
type slab[T any] struct {
	blocks [][]T
	full   int // blocks that are used up
	used   int // values of blocks[full] that are used
}

// take returns an empty slice of zero values with this capacity.
func (s *slab[T]) take(n int) []T {
	if n > slabSize/4 {
		return make([]T, 0, n)
	}
	if s.full < len(s.blocks) && s.used+n > slabSize {
		s.full++
		s.used = 0
	}
	if s.full == len(s.blocks) {
		s.blocks = append(s.blocks, make([]T, slabSize))
	}
	from := s.used
	s.used += n
	return s.blocks[s.full][from:from:s.used]
}

func (s *slab[T]) reset() {
	for i := range s.blocks {
		switch {
		case i < s.full:
			clear(s.blocks[i])
		case i == s.full:
			clear(s.blocks[i][:s.used])
		}
	}
	s.full, s.used = 0, 0
}
