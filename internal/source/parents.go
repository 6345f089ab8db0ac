package source

import (
	"slices"
	"sort"
	"strings"
	"sync"

	"github.com/kinde-migrate/kinde-migrate/internal/mapping"
)

// maxHeld bounds a member of an enclosing object that is kept for its records.
const maxHeld = 64 << 10

// contexts remembers what enclosing objects hold, by where their records start.
type contexts struct {
	mu   sync.RWMutex
	from []int64 // offset of the first record that a context is for
	vals []mapping.Value
}

// add returns the number of the context, 1-based.
func (c *contexts) add(offset int64, v mapping.Value) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	// A second scan meets the same places again.
	i, found := slices.BinarySearch(c.from, offset)
	if !found {
		c.from = slices.Insert(c.from, i, offset)
		c.vals = slices.Insert(c.vals, i, v)
	}
	return i + 1
}

func (c *contexts) at(offset int64) int {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return sort.Search(len(c.from), func(i int) bool { return c.from[i] > offset })
}

func (c *contexts) value(i int) mapping.Value {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.vals[i-1]
}

// wanted tells whether a place below the open object needs the member about to be read.
func (s *jsonSplitter) wanted() bool {
	if len(s.stack) == 0 || !s.stack[len(s.stack)-1].object {
		return false
	}
	key := s.stack[len(s.stack)-1].step.Key
	for _, p := range s.places {
		for _, name := range p.Parent {
			if first, _, _ := strings.Cut(name, "."); first == key {
				return true
			}
		}
	}
	return false
}

// hold keeps the member's bytes, unless they are too many or come behind the records.
// ok is false when more bytes are needed first.
func (s *jsonSplitter) hold(data []byte, pos int, last bool) (held, ok bool) {
	end, st := elementEnd(data, pos)
	if st == incomplete && !last && len(data)-pos < maxHeld {
		return false, false
	}
	f := &s.stack[len(s.stack)-1]
	held = st == complete && end-pos < maxHeld
	if held {
		if f.held == nil {
			f.held = map[string][]byte{}
		}
		f.held[f.step.Key] = slices.Clone(data[pos:end])
		s.dirty = true
	}
	return held && !f.late, true
}

// enclosing returns the number of the context of a record at this place.
func (s *jsonSplitter) enclosing(site int, offset int64) int {
	names := s.places[site].Parent
	if len(names) == 0 {
		return 0
	}
	if !s.dirty && s.context > 0 && !slices.Contains(names, "@key") {
		return s.context
	}
	v := mapping.Value{Kind: mapping.Object}
	for _, name := range names {
		if name == "@key" {
			for i, st := range slices.Backward(s.path) {
				if i < len(s.places[site].Path) && s.places[site].Path[i].Any == '.' {
					v = withMember(v, name, mapping.StringValue(st.Key))
					break
				}
			}
			continue
		}
		first, rest, nested := strings.Cut(name, ".")
		for _, f := range slices.Backward(s.stack) {
			raw, ok := f.held[first]
			if !ok {
				continue
			}
			m, err := NewParser().json(string(raw))
			for nested && err == nil && rest != "" {
				var key string
				key, rest, _ = strings.Cut(rest, ".")
				m = m.Get(key)
			}
			if err == nil && m.Kind != mapping.Missing {
				v = withMember(v, name, m)
			}
			break
		}
	}
	s.context = s.ctx.add(offset, v)
	s.dirty = false
	return s.context
}
