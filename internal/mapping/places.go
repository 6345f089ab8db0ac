package mapping

import (
	"slices"
	"strconv"
	"strings"
)

// topPlaces are the places of the members of records with one list of names.
type topPlaces struct {
	to    []*place
	quiet []bool // a plain text there needs no further look
	lone  []bool // nothing reads a plain text there, and no other member is reported at this place
}

// top returns the places of a record's members. A member that is read as an
// alternative needs no look where no other of its group is there.
func (a *account) top(keys []string) *topPlaces {
	t := &topPlaces{to: slices.Clone(a.start().members(keys)), quiet: make([]bool, len(keys)), lone: make([]bool, len(keys))}
	rivals, shared := map[int]int{}, map[*place]int{}
	for _, p := range t.to {
		shared[p.top]++
		for g := range p.groups() {
			rivals[g]++
		}
	}
	for i, p := range t.to {
		if keys[i] == "$parent" { // the mapping asked for these members
			t.to[i] = nil
			continue
		}
		alone := p.kept
		for g := range p.groups() {
			alone = alone && rivals[g] < 2
		}
		t.quiet[i] = p.quiet || alone && p.Fate == Used
		t.lone[i] = p.Fate == NotRead && p.top == p && len(p.cursors) == 0 && shared[p] == 1
	}
	return t
}

// groups returns the groups of alternatives to which a place belongs.
func (p *place) groups() map[int]bool {
	out := map[int]bool{}
	for _, r := range p.covers {
		for _, c := range r.choices {
			out[c.group] = true
		}
	}
	for _, c := range p.cursors {
		for _, c := range c.choices {
			out[c.group] = true
		}
	}
	return out
}

// element returns the place of an array's element. way says which of the tests
// it passes; by names it where elements are told apart.
func (p *place) element(way uint64, by string) *place {
	name := p.Path + "[*]"
	if by != "" {
		name = p.Path + "[" + p.filter + "=" + by + "]"
	}
	if way < 2 && by == "" {
		if c := p.plain[way].Load(); c != nil {
			return c
		}
	}
	p.a.mu.Lock()
	defer p.a.mu.Unlock()
	key := name + strconv.FormatUint(way, 36)
	if c := p.children[key]; c != nil {
		return c
	}
	var on []cursor
	test := 0
	for _, c := range p.cursors {
		if c.at == len(c.steps) {
			if way&1 != 0 {
				on = append(on, c) // an array of one is stepped through
			}
			continue
		}
		switch c.steps[c.at].kind {
		case stepEach:
			on = append(on, cursor{c.reading, c.at + 1})
		case stepSpread:
			on = append(on, c)
		case stepKey:
			if way&1 != 0 {
				on = append(on, c)
			}
		case stepIndex, stepFilter:
			if test++; way>>min(test, 63)&1 != 0 {
				on = append(on, cursor{c.reading, c.at + 1})
			}
		}
	}
	c := p.child(name, p.Path+"[*]", on, p.covers, true)
	if way < 2 && by == "" {
		p.plain[way].Store(c)
	} else if len(p.children) < 2*maxChildren {
		p.children[key] = c
	}
	return c
}

// passed returns the place as it is for an object that passes these tests.
func (p *place) passed(way uint64) *place {
	p.a.mu.Lock()
	defer p.a.mu.Unlock()
	key := "=" + strconv.FormatUint(way, 36)
	if c := p.children[key]; c != nil {
		return c
	}
	on := slices.Clone(p.cursors)
	for i, c := range p.tests {
		if way>>min(i+1, 63)&1 != 0 {
			on = append(on, cursor{c.reading, c.at + 1})
		}
	}
	c := p.child(p.Path, p.Path, on, p.covers, p.array)
	c.tests, c.depth = nil, p.depth
	p.children[key] = c
	return c
}

// child returns the place below p with this path and these readings; other is
// its path when there are too many.
func (p *place) child(path, other string, on []cursor, covers []*reading, array bool) *place {
	var sum strings.Builder
	for _, c := range on {
		sum.WriteString(strconv.FormatInt(int64(slices.Index(p.a.readings, c.reading)), 36))
		sum.WriteByte(':')
		sum.WriteString(strconv.Itoa(c.at))
		sum.WriteByte(' ')
	}
	for _, r := range covers {
		sum.WriteString(strconv.FormatInt(int64(slices.Index(p.a.readings, r)), 36))
		sum.WriteByte(' ')
	}
	key := path + "\x00" + sum.String()
	if c := p.children[key]; c != nil {
		return c
	}
	if len(p.children) >= maxChildren || len(p.a.fields) >= maxFields {
		path = other
		key = path + "\x00" + sum.String()
		if c := p.children[key]; c != nil {
			return c
		}
	}
	c := &place{Field: &Field{Path: path}, a: p.a, depth: p.depth + 1, array: array || p.array, children: map[string]*place{}}
	if array {
		c.depth = p.depth
	}
	c.cursors, c.covers = on, covers
	c.prepare(p)
	p.children[key] = c
	return c
}
