package mapping

import "strings"

// Fate says what becomes of the values at one place of the records.
type Fate string

// The fates. A place has one, whatever the values there are.
const (
	Used       Fate = "used"        // a rule of the mapping reads it
	Ignored    Fate = "ignored"     // the mapping lists it, with a reason
	LeftBehind Fate = "left_behind" // the mapping lists it as what Kinde has no place for
	NotRead    Fate = "not_read"    // nothing in the mapping speaks of it
)

// Field is one place of the records: a path with the numbers of array elements
// left out. The first pass counts the records that hold something there.
type Field struct {
	ID      int32 // small and dense, for counting
	Path    string
	Fate    Fate
	Becomes string // what reads it, or the reason why nothing does
}

// Fields returns the places that Map has met so far, by ID. Records of earlier
// sources count too: whoever shows them takes those that were counted.
func (m *Mapping) Fields() []*Field { return m.account.fieldList() }

// reading is one way in which a mapping speaks of a place of its records.
type reading struct {
	steps  []step
	target string
	fate   Fate
	reason string

	members *pairRule // takes these members of what lies there
	pattern string    // a pattern over names at the top, instead of steps
	text    bool      // takes a text: what lies inside an object is not read
	first   bool      // takes the first of several values
	choices []choice  // alternatives of which the first that is filled wins
}

// choice is one of the alternatives of a group.
type choice struct{ group, number int }

// secret tells that what is read is a password or belongs to one.
func (r *reading) secret() bool {
	return sectionOf(r.target) == "password"
}

// asIs tells that a value is kept as a property or flag, whatever it is.
func (r *reading) asIs() bool {
	return sectionOf(r.target) == "properties" || sectionOf(r.target) == "flags"
}

func sectionOf(target string) string {
	section, _, _ := strings.Cut(target, " ")
	return section
}

// readingOf remembers a path for the account of the fields.
func (c *compiler) readingOf(p *path, what string) {
	if p.from == fromKey || what == "notices" {
		return // it reads a name and no value, or asks whether the source has something
	}
	bases := [][]step{nil}
	switch n := len(c.over); {
	case p.from == fromItem && n > 0:
		bases = c.over[n-1]
	case p.from == fromOuter && n > 1:
		bases = c.over[n-2]
	}
	for _, base := range bases {
		r := &reading{steps: append(append([]step{}, base...), p.steps...), target: what, fate: Used}
		if what == "drop" {
			r.fate = LeftBehind
		}
		r.text = !c.whole && takesText(what)
		r.first = !c.whole && !c.asking && !c.joining && len(c.over) == 0 && takesFirst(what, p)
		if len(c.over) == 0 && !c.whole && !c.asking {
			r.choices = append(r.choices, c.choices...)
		}
		c.m.account.readings = append(c.m.account.readings, r)
		for i, st := range r.steps {
			if st.kind == stepFilter {
				c.m.account.readings = append(c.m.account.readings, filterReading(r, i))
			}
		}
	}
}

// filterReading is what the filter at step i of a reading asks about.
func filterReading(r *reading, i int) *reading {
	f := &reading{target: r.target, fate: Used, steps: append(append([]step{}, r.steps[:i]...), step{kind: stepSpread})}
	for _, name := range r.steps[i].name {
		if name != "@" {
			f.steps = append(f.steps, step{kind: stepKey, key: name})
		}
	}
	return f
}

// takesText tells whether a target takes the text of a value, and nothing of an object.
func takesText(what string) bool {
	switch sectionOf(what) {
	case "properties", "flags", "drop", "mfa":
		return false
	case "password":
		switch what {
		case "password", "password hash", "password method", "password salt", "password iterations":
			return true
		}
		return false
	}
	return true
}

// takesFirst tells whether a target outside of any "each" takes one value where there may be several.
func takesFirst(what string, p *path) bool {
	switch what {
	case "id", "given_name", "family_name", "full_name", "picture", "links subject", "memberships name":
		return true
	}
	return sectionOf(what) == "properties" && p.multiple()
}

// underTable adds the readings of a side table's own rules to those of the records.
func (c *compiler) underTable(name string, rows *compiler) {
	for _, r := range rows.m.account.readings {
		at := *r
		at.steps = append([]step{{kind: stepKey, key: "$" + name}, {kind: stepEach}}, r.steps...)
		at.target, at.text, at.choices = "join", false, nil
		c.m.account.readings = append(c.m.account.readings, &at)
	}
}

// fromTable adds what a target takes of the rows of a table that is asked by key;
// nil is all of a row.
func (c *compiler) fromTable(name string, p *path, what string) {
	if c.m == nil {
		return
	}
	r := &reading{steps: []step{{kind: stepKey, key: "$" + name}, {kind: stepEach}}, target: what, fate: Used}
	if p != nil {
		r.steps = append(r.steps, p.steps...)
	}
	c.m.account.readings = append(c.m.account.readings, r)
}

// itemsOf turns the readings of an "each" since mark into the places of its
// items. Where the value is made by more than paths, what it reads is read whole.
func (c *compiler) itemsOf(e *node, mark int) [][]step {
	a := c.m.account
	if !pathsAlone(e) {
		for _, r := range a.readings[mark:] {
			r.text, r.first, r.choices = false, false, nil
		}
		return nil
	}
	var bases [][]step
	for _, r := range a.readings[mark:] {
		bases = append(bases, append(append([]step{}, r.steps...), step{kind: stepSpread}))
	}
	a.readings = a.readings[:mark]
	return bases
}

func pathsAlone(n *node) bool {
	switch n.kind {
	case nodeScalar:
		return !strings.HasPrefix(n.text, "=")
	case nodeList:
		for _, item := range n.list {
			if !pathsAlone(item) {
				return false
			}
		}
		return true
	case nodeMap:
		for i, k := range n.keys {
			if k.text == "decode" && n.vals[i].text == "json" {
				continue // every path looks into JSON in text
			}
			if k.text != "path" && k.text != "first" && k.text != "all" || !pathsAlone(n.vals[i]) {
				return false
			}
		}
		return true
	}
	return false
}
