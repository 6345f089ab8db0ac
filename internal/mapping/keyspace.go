package mapping

import (
	"hash/maphash"
	glob "path"
	"strings"
	"sync"
	"sync/atomic"
)

// keyspace resolves the names that a mapping reads from the top of a record to
// member positions, once per distinct list of names. All rows of a CSV file share
// one list; the records of a JSON file have few different ones.
type keyspace struct {
	loose  bool
	quoted bool // text cells may begin with a single quote that is not theirs
	slots  []slot
	// reads holds the folded first steps of all paths and globs, to know what nothing reads.
	reads map[string]bool
	globs []string
	gates []need
	// groups are the alternatives of values with several, and the slots of those that
	// are members of the record, -1 for the others.
	groups [][]need
	direct [][]int

	last  atomic.Pointer[plan]
	seed  maphash.Seed
	plans sync.Map // hash of the names -> *plan
	count atomic.Int64
}

// slot is one name that a mapping reads. Exact and folded spelling.
type slot struct{ key, folded string }

// plan is what the names of one list of keys resolve to.
type plan struct {
	keys   []string
	at     []int32                   // per slot: position in keys, -1 when it is not there
	live   []bool                    // per gate: whether a record with these names can pass it
	groups [][]int32                 // per group: the alternatives that can give something
	alone  []int32                   // per group: the position of the only member that gives its text; nowhere, or several
	unread []int32                   // positions that no path of the mapping reads
	dotted bool                      // a name holds a dot: it may be a flattened one
	top    atomic.Pointer[topPlaces] // what becomes of each member
}

// What stands in plan.alone instead of a position.
const (
	nowhere = -1 // no alternative can give anything
	several = -2 // more than one can, or not simply a member's text
)

// maxPlans bounds how many lists of names are remembered.
const maxPlans = 4096

func newKeyspace(loose bool) *keyspace {
	return &keyspace{loose: loose, reads: map[string]bool{}, seed: maphash.MakeSeed()}
}

// slot returns the number of a name, adding it when it is new.
func (k *keyspace) slot(key string) int {
	for i := range k.slots {
		if k.slots[i].key == key {
			return i
		}
	}
	k.slots = append(k.slots, slot{key, foldKey(key)})
	return len(k.slots) - 1
}

// unquoted removes the single quote that some providers put before every text
// cell of a CSV, so that spreadsheets do not run it. It does so only when all
// text cells of the row have one: a name may begin with an apostrophe.
func (k *keyspace) unquoted(v Value) Value {
	if !k.quoted {
		return v
	}
	some := false
	for i := range v.Elems {
		e := &v.Elems[i]
		if strings.HasPrefix(v.Keys[i], "$") {
			continue
		}
		if e.Kind != String {
			return v
		}
		if strings.HasPrefix(e.Text, "'") {
			some = true
		} else if e.Text != "" && !bareCell(e.Text) {
			return v
		}
	}
	if !some {
		return v
	}
	out := make([]Value, len(v.Elems))
	for i, e := range v.Elems {
		if e.Kind == String {
			e.Text = strings.TrimPrefix(e.Text, "'")
		}
		out[i] = e
	}
	v.Elems = out
	return v
}

// bareCell tells whether a cell is a boolean, a number, a date or JSON: what is
// written without the protecting quote.
func bareCell(s string) bool {
	if _, known := ParseBool(s); known {
		return true
	}
	c := s[0]
	return c >= '0' && c <= '9' || c == '-' || c == '{' || c == '[' || s == "null"
}

// gate returns the number of a need; plan.live tells for each list of names
// whether it can be met. Most rules of a preset say nothing about most files.
func (k *keyspace) gate(n need) int {
	k.gates = append(k.gates, n)
	return len(k.gates) - 1
}

// group returns the number of a list of alternatives; plan.groups holds those
// of them that are worth asking.
func (k *keyspace) group() int {
	k.groups, k.direct = append(k.groups, nil), append(k.direct, nil)
	return len(k.groups) - 1
}

// alternatives sets the values of a group.
func (k *keyspace) alternatives(group int, values []*value) {
	k.groups[group], k.direct[group] = make([]need, len(values)), make([]int, len(values))
	for i, v := range values {
		k.groups[group][i], k.direct[group][i] = v.need, v.slot-1
	}
}

// met tells whether a need can be met by a list of names.
func (p *plan) met(n need) bool {
	if n.any || n.dotted && p.dotted {
		return true
	}
	for _, s := range n.slots {
		if p.at[s] >= 0 {
			return true
		}
	}
	return false
}

// markRead remembers that something reads the member of this name.
func (k *keyspace) markRead(key string) {
	if k.loose {
		key = foldKey(key)
	}
	k.reads[key] = true
}

func (k *keyspace) markGlob(glob string) { k.globs = append(k.globs, strings.ToLower(glob)) }

// plan returns the resolution of a list of names.
func (k *keyspace) plan(keys []string) *plan {
	if p := k.last.Load(); p != nil && sameKeys(p.keys, keys) {
		return p
	}
	var h maphash.Hash
	h.SetSeed(k.seed)
	for _, key := range keys {
		_, _ = h.WriteString(key)
		_ = h.WriteByte(0)
	}
	sum := h.Sum64()
	if found, ok := k.plans.Load(sum); ok {
		if p := found.(*plan); sameKeys(p.keys, keys) {
			k.last.Store(p)
			return p
		}
	}
	p := k.resolve(keys)
	if k.count.Add(1) <= maxPlans {
		k.plans.Store(sum, p)
	}
	k.last.Store(p)
	return p
}

func sameKeys(a, b []string) bool {
	if len(a) != len(b) {
		return false
	}
	if len(a) == 0 || &a[0] == &b[0] {
		return true
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

func (k *keyspace) resolve(keys []string) *plan {
	p := &plan{keys: make([]string, len(keys)), at: make([]int32, len(k.slots))}
	copy(p.keys, keys)
	exact := make(map[string]int32, len(keys))
	folded := make(map[string]int32, len(keys))
	for i := len(keys) - 1; i >= 0; i-- {
		// The names are cloned: a reader's names may share memory with its buffer.
		p.keys[i] = strings.Clone(keys[i])
		p.dotted = p.dotted || strings.Contains(p.keys[i], ".")
		exact[p.keys[i]] = int32(i)
		folded[foldKey(p.keys[i])] = int32(i)
	}
	for i, s := range k.slots {
		p.at[i] = -1
		if at, ok := exact[s.key]; ok {
			p.at[i] = at
		} else if at, ok := folded[s.folded]; ok && k.loose {
			p.at[i] = at
		}
	}
	p.live = make([]bool, len(k.gates))
	for i, g := range k.gates {
		p.live[i] = p.met(g)
	}
	p.groups, p.alone = make([][]int32, len(k.groups)), make([]int32, len(k.groups))
	for i, alternatives := range k.groups {
		p.alone[i] = nowhere
		for j, n := range alternatives {
			if !p.met(n) {
				continue
			}
			p.groups[i] = append(p.groups[i], int32(j))
			if slot := k.direct[i][j]; slot < 0 || p.alone[i] != nowhere {
				p.alone[i] = several
			} else {
				p.alone[i] = p.at[slot]
			}
		}
	}
	for i, key := range p.keys {
		if !k.isRead(key) {
			p.unread = append(p.unread, int32(i))
		}
	}
	return p
}

// isRead tells whether any path reads a member: by its name, or by the first
// part of a flattened name such as "user_metadata.plan".
func (k *keyspace) isRead(key string) bool {
	if strings.HasPrefix(key, "$") || key == "" {
		return true
	}
	name := key
	if k.loose {
		name = foldKey(key)
	}
	for {
		if k.reads[name] {
			return true
		}
		i := strings.LastIndexByte(name, '.')
		if i < 0 {
			break
		}
		name = name[:i]
	}
	for _, g := range k.globs {
		if ok, _ := glob.Match(g, strings.ToLower(key)); ok {
			return true
		}
	}
	return false
}
