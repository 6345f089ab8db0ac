package mapping

import (
	"cmp"
	"hash/maphash"
	glob "path"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
)

// account knows for every place of the records what becomes of the values
// there. It is a tree that grows with the shapes of the records that Map meets,
// so that a record of a known shape costs a look-up for each of its values.
type account struct {
	ks       *keyspace
	readings []*reading
	groups   map[int][]*value    // the alternatives of a group
	rests    []*reading          // what takes the members at the top that nothing else reads
	within   map[string]*reading // by folded name: members of whatever lies in the record that are left out

	once   sync.Once
	root   *place
	mu     sync.Mutex // guards fields and the children of all places
	fields []*Field
	seed   maphash.Seed
}

// Bounds on what is remembered of files whose names are data: beyond them the
// names of one place that fare alike are one place.
const (
	maxFields   = 4096
	maxChildren = 256
	maxLists    = 512
	maxNested   = 8
)

// place is a node of the tree: a path, and the readings that lead to it or on from it.
type place struct {
	*Field
	a       *account
	depth   int
	array   bool       // it lies in an array: a record may hold several values here
	cursors []cursor   // readings that lead further
	covers  []*reading // readings that take what lies here
	tests   []cursor   // those of cursors that ask the value which way to go
	filter  string     // the member by which elements are told apart

	top       *place // the uppermost place that fares as this one: what is reported
	quiet     bool   // values need no further look
	contested bool   // all that reads it are alternatives
	single    bool   // all that reads it takes one value
	kept      bool   // what reads it knows what it is: a name, an address, a password
	named     bool   // the mapping names exactly this place as not needed
	suspect   suspicion
	hint      string // how it can be read

	children map[string]*place
	plain    [2]atomic.Pointer[place] // an element that passes no test: of several, and the only one
	last     atomic.Pointer[members]
	lists    sync.Map // hash of names -> *members
	count    atomic.Int32
}

// cursor is a reading that has gone some of its steps.
type cursor struct {
	*reading
	at int
}

// members is what a list of names leads to.
type members struct {
	keys []string
	to   []*place
}

func newAccount(ks *keyspace) *account {
	return &account{ks: ks, groups: map[int][]*value{}, within: map[string]*reading{}, seed: maphash.MakeSeed()}
}

func (a *account) fieldList() []*Field {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Clone(a.fields)
}

// start returns the place of the record itself.
func (a *account) start() *place {
	a.once.Do(func() {
		a.root = &place{Field: &Field{}, a: a, children: map[string]*place{}}
		for _, r := range a.readings {
			a.root.cursors = append(a.root.cursors, cursor{r, 0})
		}
		a.root.prepare(nil)
		a.root.covers, a.root.quiet = nil, false
	})
	return a.root
}

// members returns the places of an object's members.
func (p *place) members(keys []string) []*place {
	if l := p.last.Load(); l != nil && sameKeys(l.keys, keys) {
		return l.to
	}
	var h maphash.Hash
	h.SetSeed(p.a.seed)
	for _, key := range keys {
		_, _ = h.WriteString(key)
		_ = h.WriteByte(0)
	}
	sum := h.Sum64()
	if found, ok := p.lists.Load(sum); ok {
		if l := found.(*members); sameKeys(l.keys, keys) {
			p.last.Store(l)
			return l.to
		}
	}
	l := &members{keys: make([]string, len(keys))}
	for i, key := range keys {
		l.keys[i] = strings.Clone(key) // a reader's names may share memory with its buffer
	}
	l.to = p.resolve(l.keys)
	if p.count.Add(1) <= maxLists {
		p.lists.Store(sum, l)
	}
	p.last.Store(l)
	return l.to
}

// resolve finds out where each name leads. A name that is written in several
// ways is read once: exactly as the mapping writes it, else the first.
func (p *place) resolve(keys []string) []*place {
	on := make([][]cursor, len(keys))
	exact, folded := map[string]int{}, map[string]int{}
	for i := len(keys) - 1; i >= 0; i-- {
		exact[keys[i]] = i
		if p.a.ks.loose {
			folded[foldKey(keys[i])] = i
		}
	}
	leads := func(c cursor, name string) bool {
		i, ok := exact[name]
		if !ok && p.a.ks.loose {
			i, ok = folded[foldKey(name)]
		}
		if ok {
			on[i] = append(on[i], cursor{c.reading, c.at + 1})
		}
		return ok
	}
	for _, c := range p.cursors {
		if c.at == len(c.steps) { // it takes members of what lies here
			for i, key := range keys {
				if c.reading.takes(key, p.depth == 0) {
					on[i] = append(on[i], cursor{c.reading, c.at + 1})
				}
			}
			continue
		}
		switch c.steps[c.at].kind {
		case stepKey:
			if !leads(c, c.steps[c.at].key) && p.depth == 0 {
				p.flattened(c, keys, on)
			}
		case stepMembers:
			for i := range keys {
				on[i] = append(on[i], cursor{c.reading, c.at + 1})
			}
		}
	}
	data := p.namesAreData()
	p.a.mu.Lock()
	defer p.a.mu.Unlock()
	out := make([]*place, len(keys))
	for i, key := range keys {
		covers := p.handed(key)
		if p.depth == 0 && len(on[i]) == 0 && !p.a.ks.isRead(key) {
			for _, r := range p.a.rests {
				if r.members == nil || r.takes(key, true) {
					covers = append(covers, r)
				}
			}
		}
		if r := p.a.within[foldKey(key)]; r != nil && p.depth > 0 && len(on[i])+len(covers) == 0 {
			covers = append(covers, r)
		}
		path := joinPath(p.Path, key)
		if data {
			path = p.Path + ".*"
		}
		out[i] = p.child(path, p.Path+".*", on[i], covers, false)
	}
	return out
}

// namesAreData tells that the mapping goes over all members of an object alike.
func (p *place) namesAreData() bool {
	some := false
	for _, c := range p.cursors {
		if c.at >= len(c.steps) {
			return false
		}
		some = some || c.steps[c.at].kind == stepMembers
		if c.steps[c.at].kind == stepKey && c.fate == Used {
			return false
		}
	}
	return some
}

// handed returns the readings that take all of this place and so its member.
func (p *place) handed(key string) []*reading {
	if len(p.covers) == 0 {
		return nil
	}
	wrapped := strings.HasPrefix(key, "$") // {"$oid": …} stands for a text
	var out []*reading
	for _, r := range p.covers {
		if !r.text || wrapped || r.fate != Used {
			out = append(out, r)
		}
	}
	return out
}

// flattened finds the columns "a.b" of a CSV file that stand for the path a.b,
// or for a member of what a reading takes.
func (p *place) flattened(c cursor, keys []string, on [][]cursor) {
	names := make([]string, 0, len(c.steps))
	for _, st := range c.steps {
		if st.kind != stepKey {
			return
		}
		names = append(names, st.key)
	}
	whole := strings.Join(names, ".")
	for i, key := range keys {
		head, rest, dotted := strings.Cut(key, ".")
		switch {
		case !dotted || rest == "":
		case c.members != nil:
			if len(names) == 1 && foldKey(head) == foldKey(names[0]) && c.members.wants(rest) {
				on[i] = append(on[i], cursor{c.reading, len(c.steps) + 1})
			}
		case c.fate != Used:
			if key == whole || strings.HasPrefix(key, whole+".") {
				on[i] = append(on[i], cursor{c.reading, len(c.steps)})
			}
		case len(names) > 1 && (key == whole || p.a.ks.loose && foldKey(key) == foldKey(whole)):
			on[i] = append(on[i], cursor{c.reading, len(c.steps)})
		}
	}
}

// takes tells whether a reading takes a member of the place to which its steps lead.
func (r *reading) takes(name string, top bool) bool {
	switch {
	case r.pattern != "":
		ok, _ := glob.Match(r.pattern, strings.ToLower(name))
		return ok
	case r.members == nil, top && strings.HasPrefix(name, "$"):
		return false
	}
	to, renamed := r.members.rename[name]
	return r.members.wants(name) && (!renamed || to != "")
}

// prepare settles what becomes of the values of a new place.
func (p *place) prepare(above *place) {
	var further []cursor
	covers := slices.Clone(p.covers)
	for i := 0; i < len(p.cursors); i++ {
		c := p.cursors[i]
		if slices.Contains(further, c) {
			continue
		}
		switch {
		case c.at > len(c.steps), c.at == len(c.steps) && c.members == nil && c.pattern == "":
			if !slices.Contains(covers, c.reading) {
				covers = append(covers, c.reading)
			}
			p.named = p.named || c.fate != Used && c.pattern == ""
			continue
		case c.at < len(c.steps) && c.steps[c.at].kind == stepSpread:
			p.cursors = append(p.cursors, cursor{c.reading, c.at + 1})
		case c.at < len(c.steps) && (c.steps[c.at].kind == stepFilter || c.steps[c.at].kind == stepIndex):
			p.tests = append(p.tests, c)
			if f := c.steps[c.at]; f.kind == stepFilter && f.op == opEqual && len(f.name) == 1 && p.filter == "" {
				p.filter = f.name[0]
			}
		}
		further = append(further, c)
	}
	p.cursors, p.covers = further, covers
	if above != nil && p.array && above.named && strings.HasPrefix(p.Path, above.Path+"[") {
		p.named = true
	}
	p.judge()
	p.top = p
	if above != nil && above.top != nil && len(p.cursors) == 0 && len(above.cursors) == 0 && above.Fate == p.Fate && above.depth > 0 {
		p.top = above.top
	}
	p.suspect, p.hint = suspectName(p.Path), readWith(p.Path)
	if p.suspect != byValue {
		p.hint = passwordHint // never that it would do as a property
	}
	if above != nil {
		p.ID = int32(len(p.a.fields))
		p.a.fields = append(p.a.fields, p.Field)
	}
}

// judge settles the fate of a place from what reads it.
func (p *place) judge() {
	var used, reasons []string
	behind := ""
	always, one, secret := false, true, false
	for _, r := range p.covers {
		switch r.fate {
		case LeftBehind:
			behind = cmp.Or(behind, r.reason, noPlace(p.Path))
		case Ignored:
			if !slices.Contains(reasons, r.reason) {
				reasons = append(reasons, r.reason)
			}
		default:
			if !slices.Contains(used, r.target) {
				used = append(used, r.target)
			}
			always = always || len(r.choices) == 0
			one = one && r.first
			secret = secret || r.secret() || !r.asIs()
		}
	}
	if len(used) > 1 {
		used = slices.DeleteFunc(used, func(t string) bool { return t == "join" })
	}
	switch {
	case behind != "":
		p.Fate, p.Becomes = LeftBehind, "left behind: "+behind
	case len(used) > 0:
		p.Fate, p.Becomes = Used, strings.Join(used, ", ")
		p.contested, p.single = !always, one
		p.kept = secret
		p.quiet = always && !one && secret
	case len(reasons) > 0:
		p.Fate, p.Becomes = Ignored, strings.Join(reasons, "; ")
	default:
		p.Fate, p.Becomes = NotRead, "not read"
	}
}

// joinPath writes the path of a member in the mapping language.
func joinPath(path, key string) string {
	if strings.ContainsAny(key, ".[]\"'@^=") || key == "" || strings.HasPrefix(key, "$") && path != "" {
		key = `"` + strings.ReplaceAll(key, `"`, `""`) + `"`
	}
	if path == "" {
		return key
	}
	return path + "." + key
}
