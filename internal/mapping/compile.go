package mapping

import (
	"sort"
	"strings"
	"sync/atomic"
)

// Mapping is a compiled mapping. It is safe for concurrent use.
type Mapping struct {
	name, base, title, notes, sha string
	foreign                       []foreignSection

	ks *keyspace

	id                        *value
	given, family, full       *value
	picture, provider         *value
	nameSplit                 string
	emails, phones, usernames []identityRule
	links                     []linkRule
	suspended, reset, mfa     condition
	skip                      []skipRule
	filter                    condition
	noIdentity                string
	passwords                 []passwordRule
	properties, flags         []pairRule
	memberships               []membershipRule
	drops                     []dropRule
	unmapped                  string

	connections, organizations, roles, permissions, strategies map[string]string

	region    string
	idPrefix  string
	roleScope RoleScope
	records   []RecordsAt
	isRecord  *rowCondition
	tables    []Table
	csv       CSV
	detect    []detectRule
	generic   bool
	joined    bool
	scoped    bool // some rule names the place of its roles
	notices   []noticeRule
	fetch     *node // the section of that name
	beside    []besideRule
	reads     []readPath
	account   *account
	fault     *atomic.Pointer[string] // why an expression failed first, in any record or row
}

// readPath is one path that a target reads, for Check, Init and the guard over
// user-editable metadata.
type readPath struct {
	target string
	steps  []string // "*" stands for any element, ".*" for any member
	text   string
	loop   bool // it is what "each" goes over, not a value
	added  bool // the provider does not write it itself
}

// compiler turns the sections of a mapping into closures.
type compiler struct {
	m            *Mapping
	ks           *keyspace
	base         [][]string // paths of the enclosing "each"
	over         [][][]step // the same for the account of the fields: all places that an "each" goes over
	choices      []choice   // the alternatives that are being compiled
	whole        bool       // what is read is taken whole: by an expression
	deciding     bool       // it decides on who may sign in
	asking       bool       // what is read is asked about: by a condition
	joining      bool       // several values become one
	extraKeys    []string   // keys that a long-form value may have besides its own
	itemDefault  bool       // inside "each" a value without a path is the item
	guarded      bool       // what is read here gives access: no user-editable path
	added        bool       // the provider does not write what is read here
	lookupTables map[string]bool
	editable     [][]string
}

// alwaysEditable are the members, folded, that their providers let users edit
// themselves, at whatever depth they lie.
var alwaysEditable = []string{"usermetadata", "rawusermetadata", "unsafemetadata", "untrustedmetadata"}

// read remembers that a target reads a path, and refuses paths that users can
// edit themselves where the value would give access.
func (c *compiler) read(n *node, p *path, what string) error {
	if p.from == fromKey && len(c.base) == 0 {
		return n.errorf("%s: @key is the name under which each found an item, and there is none here; "+
			"the name of a record itself is $parent.@key, with records: [{at: users.*, parent: ['@key']}]", what)
	}
	var steps []string
	switch {
	case (p.from == fromItem || p.from == fromKey) && len(c.base) > 0:
		steps = append(steps, c.base[len(c.base)-1]...)
	case p.from == fromOuter && len(c.base) > 1:
		steps = append(steps, c.base[len(c.base)-2]...)
	}
	for _, st := range p.steps {
		switch st.kind {
		case stepKey:
			steps = append(steps, st.key)
		case stepMembers:
			steps = append(steps, ".*")
		default:
			steps = append(steps, "*")
		}
	}
	if len(steps) > 0 {
		c.ks.markRead(steps[0])
	}
	if c.m != nil {
		c.readingOf(p, what)
		c.m.reads = append(c.m.reads, readPath{target: what, steps: steps, text: p.text, added: c.added})
	}
	if c.guarded {
		if bad := c.editableBy(steps); bad != "" {
			return n.errorf("%s reads %s, which users can edit themselves: it must not give access", what, bad)
		}
	}
	return nil
}

// editableBy returns the user-editable path that steps touch, "" when there is none.
func (c *compiler) editableBy(steps []string) string {
	var flat []string
	for _, s := range steps {
		if s == ".*" {
			flat = append(flat, "*")
			continue
		}
		for _, part := range strings.Split(s, ".") {
			flat = append(flat, foldKey(part))
		}
	}
	for i, f := range flat {
		for _, e := range alwaysEditable {
			if f == e {
				return strings.Join(steps[:min(i+1, len(steps))], ".")
			}
		}
	}
	if len(flat) == 0 || steps[0] == ".*" {
		return "the whole record"
	}
	for _, e := range c.editable {
		hit := true
		for i := 0; i < min(len(e), len(flat)); i++ {
			hit = hit && (e[i] == flat[i] || flat[i] == "*" || e[i] == "*")
		}
		if hit {
			return strings.ReplaceAll(strings.Join(steps, "."), "..*", ".*")
		}
	}
	return ""
}

// optional compiles a value section that may be missing.
func (c *compiler) optional(sections *sections, key string) (*value, error) {
	n := sections.get(key)
	if n == nil || n.kind == nodeNull {
		return nil, nil
	}
	return c.value(n, key)
}

// conditionSection compiles a condition section; nil when it is missing.
func (c *compiler) conditionSection(sections *sections, key string) (condition, error) {
	n := sections.get(key)
	if n == nil || n.kind == nodeNull {
		return nil, nil
	}
	return c.condition(n, key)
}

// member compiles a member of an entry; nil when it is missing.
func (c *compiler) member(n *node, key, what string) (*value, error) {
	v := n.get(key)
	if v == nil || v.kind == nodeNull {
		return nil, nil
	}
	return c.value(v, what)
}

// memberOf is a member of an entry, and where its value goes.
type memberOf struct {
	key string
	to  **value
}

// members compiles members of an entry of a section; those that are missing are nil.
func (c *compiler) members(n *node, section string, members []memberOf) (err error) {
	for _, m := range members {
		if *m.to, err = c.member(n, m.key, section+" "+m.key); err != nil {
			return err
		}
	}
	return nil
}

// where compiles the condition of an entry; nil when it is missing.
func (c *compiler) where(n *node, what string) (condition, error) {
	v := n.get("where")
	if v == nil {
		return nil, nil
	}
	return c.condition(v, what)
}

// loop is a compiled "each": the items that an entry goes over.
type loop struct {
	over  *value // nil: the entry applies to the record once
	where condition
	gate  int // whether the record can give the entry anything
}

// gated gives an entry its gate: what it goes over, or else its own values.
func (c *compiler) gated(l *loop, values ...*value) {
	var n need
	if l.over != nil {
		n = l.over.need
	} else {
		for _, v := range values {
			n = n.or(v.needs())
		}
	}
	l.gate = c.ks.gate(n)
}

// run calls body once for the record, or for each item.
func (l *loop) run(s *scope, body func()) {
	if !s.plan.live[l.gate] {
		return
	}
	if l.over == nil {
		if l.where == nil || l.where.test(s) {
			body()
		}
		return
	}
	l.over.each(s, func(key string, v Value) bool {
		v = embedded(v)
		if v.Kind != Array {
			l.item(s, key, v, body)
			return true
		}
		for i := range v.Elems {
			l.item(s, key, v.Elems[i], body)
		}
		return true
	})
}

func (l *loop) item(s *scope, key string, v Value, body func()) {
	if empty(v) {
		return
	}
	s.push(frame{v: v, key: key})
	if l.where == nil || l.where.test(s) {
		body()
	}
	s.pop()
}

// enter compiles "each" and "where" of an entry and puts what follows into the
// item's scope, until the returned function is called.
func (c *compiler) enter(n *node, what string) (*loop, func(), error) {
	l := &loop{}
	leave := func() {}
	if e := n.get("each"); e != nil {
		before, mark := len(c.m.reads), len(c.m.account.readings)
		v, err := c.value(e, what)
		if err != nil {
			return nil, nil, err
		}
		var base []string
		if len(c.m.reads) > before {
			base = append(append(base, c.m.reads[before].steps...), "*")
		}
		for i := before; i < len(c.m.reads); i++ {
			c.m.reads[i].loop = true
		}
		l.over = v
		old := c.itemDefault
		c.base, c.over, c.itemDefault = append(c.base, base), append(c.over, c.itemsOf(e, mark)), true
		leave = func() { c.base, c.over, c.itemDefault = c.base[:len(c.base)-1], c.over[:len(c.over)-1], old }
	}
	w, err := c.where(n, what)
	if err != nil {
		leave()
		return nil, nil, err
	}
	l.where = w
	return l, leave, nil
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return keys
}
