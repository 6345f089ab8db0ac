package mapping

import (
	glob "path"
	"slices"
	"strings"
)

// pairRule says which values become properties or feature flags, and under which keys.
type pairRule struct {
	loop    *loop
	key     string // one value under this key
	keyFrom *value // the key stands in the source
	v       *value
	from    *value // all members of this object
	flatAt  string // folded name before the dot of flattened columns
	rest    bool   // all members that nothing else reads

	prefix   string
	only     []string
	except   []string
	rename   map[string]string
	replace  func(string) string
	lists    string // how arrays are written: json, join, first
	editable bool   // the source is one that users edit themselves
}

var pairKeys = []string{
	"each",
	"where",
	"key",
	"key_from",
	"value",
	"from",
	"prefix",
	"only",
	"except",
	"rename",
	"replace",
	"case",
	"lists",
}

// attributes compiles properties and flags.
func (c *compiler) attributes(s *sections) error {
	for _, f := range []struct {
		key string
		to  *[]pairRule
	}{{"properties", &c.m.properties}, {"flags", &c.m.flags}} {
		n := s.get(f.key)
		if n == nil || n.kind == nodeNull {
			continue
		}
		c.guarded = f.key == "flags"
		for _, item := range pairsAsList(n, f.key).items() {
			r, err := c.pairRule(item, f.key)
			if err != nil {
				return err
			}
			*f.to = append(*f.to, r)
		}
		c.guarded = false
	}
	for _, r := range c.m.properties {
		if r.rest {
			c.m.account.rests = append(c.m.account.rests, &reading{target: "properties", fate: Used, members: &r})
		}
	}
	if c.m.unmapped == "property" {
		c.m.account.rests = append(c.m.account.rests, &reading{target: "properties", fate: Used})
		c.m.properties = append([]pairRule{{loop: &loop{gate: c.ks.gate(need{any: true})}, rest: true}}, c.m.properties...)
	}
	return nil
}

func (c *compiler) pairRule(n *node, what string) (pairRule, error) {
	var r pairRule
	if n.kind != nodeMap {
		return r, n.errorf("an entry of %s is a map with key and value, or from", what)
	}
	if err := n.only(what, pairKeys...); err != nil {
		return r, err
	}
	l, leave, err := c.enter(n, what)
	if err != nil {
		return r, err
	}
	defer leave()
	r.loop = l
	if err := c.pairShape(n, &r, what); err != nil {
		return r, err
	}
	before := len(c.m.reads)
	if err := c.pairSource(n, &r, what); err != nil {
		return r, err
	}
	c.gated(l, r.v, r.from)
	if gate := &c.ks.gates[l.gate]; l.over == nil {
		gate.any, gate.dotted = gate.any || r.rest, r.flatAt != ""
	}
	for _, rd := range c.m.reads[before:] {
		if len(rd.steps) > 0 && c.editableBy(rd.steps) != "" {
			r.editable = true
		}
	}
	return r, nil
}

// pairShape compiles how keys and values are written.
func (c *compiler) pairShape(n *node, r *pairRule, what string) error {
	var err error
	if r.key, err = n.str("key"); err != nil {
		return err
	}
	if r.prefix, err = n.str("prefix"); err != nil {
		return err
	}
	if r.only, err = n.get("only").texts("only"); err != nil {
		return err
	}
	if r.except, err = n.get("except").texts("except"); err != nil {
		return err
	}
	for _, list := range [][]string{r.only, r.except} {
		for _, g := range list {
			if _, err := glob.Match(g, ""); err != nil {
				return n.errorf("%s: %q is not a pattern", what, g)
			}
		}
	}
	if re := n.get("rename"); re != nil {
		if r.rename, err = lookupMap(re); err != nil {
			return err
		}
	}
	if r.replace, err = n.rewrite("replace"); err != nil {
		return err
	}
	if err = r.fold(n); err != nil {
		return err
	}
	if r.lists, err = n.str("lists"); err != nil {
		return err
	}
	switch r.lists {
	case "", "json", "join", "first":
		return nil
	}
	return n.get("lists").errorf("lists is one of json, join, first")
}

// fold compiles case, which is done to a name after replace.
func (r *pairRule) fold(n *node) error {
	to, err := n.str("case")
	if err != nil || to == "" {
		return err
	}
	change := map[string]func(string) string{"lower": lower, "upper": upper}[to]
	if change == nil {
		return n.get("case").errorf("case is one of lower, upper")
	}
	replace := r.replace
	r.replace = func(key string) string {
		if replace != nil {
			key = replace(key)
		}
		return change(key)
	}
	return nil
}

// pairSource compiles where keys and values come from.
func (c *compiler) pairSource(n *node, r *pairRule, what string) error {
	var err error
	if f := n.get("from"); f != nil {
		if r.key != "" || n.get("value") != nil || n.get("key_from") != nil {
			return n.errorf("%s: from takes all members; key and value take one", what)
		}
		switch {
		case f.kind == nodeScalar && f.text == "@rest":
			if c.guarded {
				return f.errorf("%s: @rest may hold what users can edit themselves", what)
			}
			r.rest = true
		case f.kind == nodeScalar && f.text == "$":
			err = c.wholeRecord(f, r, what)
		default:
			mark := len(c.m.account.readings)
			r.from, err = c.value(f, what)
			for _, rd := range c.m.account.readings[mark:] {
				rd.members = r
			}
			if f.kind == nodeScalar && !strings.ContainsAny(f.text, "[@^=$") {
				r.flatAt = foldKey(f.text)
			}
		}
		return err
	}
	if r.keyFrom, err = c.member(n, "key_from", what+" key"); err != nil {
		return err
	}
	if (r.key == "") == (r.keyFrom == nil) {
		return n.errorf("%s: an entry has key, key_from or from", what)
	}
	r.v, err = c.itemValue(n, strings.TrimSuffix(what+" "+r.key, " "))
	return err
}

// wholeRecord compiles "from: $": members of the record itself, chosen by pattern.
func (c *compiler) wholeRecord(n *node, r *pairRule, what string) error {
	if len(r.only) == 0 {
		return n.errorf("%s: from: $ needs only, the names or patterns of the members", what)
	}
	for _, g := range r.only {
		if isGlob(g) {
			c.ks.markGlob(g)
		} else {
			c.ks.markRead(g)
		}
		if c.guarded && c.globEditable(g) {
			return n.errorf("%s reads %s, which users can edit themselves: it must not give access", what, g)
		}
		c.m.reads = append(c.m.reads, readPath{target: what, steps: []string{g}, text: g})
	}
	c.m.account.readings = append(c.m.account.readings, &reading{target: what, fate: Used, members: r})
	r.from = &value{one: func(s *scope) Value { return s.root }, source: "$", need: need{any: true}}
	return nil
}

// globEditable tells whether a pattern over names takes in what users edit themselves.
func (c *compiler) globEditable(g string) bool {
	names := append([]string{}, alwaysEditable...)
	for _, e := range c.editable {
		if len(e) == 0 {
			return true // all of the record
		}
		names = append(names, e[0])
	}
	for _, name := range names {
		if ok, _ := glob.Match(foldKey(g), name); ok || name == "*" {
			return true
		}
	}
	return false
}

// wants tells whether a member is to be taken.
func (r *pairRule) wants(name string) bool {
	if matchesAny(r.except, name) {
		return false
	}
	return len(r.only) == 0 || matchesAny(r.only, name)
}

func matchesAny(globs []string, name string) bool {
	for _, g := range globs {
		if g == name {
			return true
		}
		if ok, _ := glob.Match(strings.ToLower(g), strings.ToLower(name)); ok {
			return true
		}
	}
	return false
}

// membershipRule says which organizations a user belongs to.
type membershipRule struct {
	loop                     *loop
	organization, code, name *value
	externalID               *value
	roles, permissions       *value
	scope                    *value // the place in which the roles are held
	plain                    bool   // roles of that place keep their bare names
}

// access compiles memberships. Nothing that users can edit themselves may be read.
func (c *compiler) access(s *sections) error {
	c.guarded = true
	defer func() { c.guarded = false }()
	for _, n := range s.get("memberships").items() {
		r, err := c.membershipRule(n)
		if err != nil {
			return err
		}
		c.m.memberships = append(c.m.memberships, r)
	}
	return nil
}

func (c *compiler) membershipRule(n *node) (membershipRule, error) {
	var r membershipRule
	if n.kind != nodeMap {
		return r, n.errorf("a membership is a map with organization, roles, permissions")
	}
	if err := n.only("memberships", "each", "where", "organization", "code", "external_id", "name", "roles", "permissions",
		"scope", "plain", "added"); err != nil {
		return r, err
	}
	if err := c.addedEntry(n); err != nil {
		return r, err
	}
	defer func() { c.added = false }()
	l, leave, err := c.enter(n, "memberships")
	if err != nil {
		return r, err
	}
	defer leave()
	r.loop = l
	if err := c.members(n, "memberships", []memberOf{
		{"organization", &r.organization}, {"code", &r.code}, {"external_id", &r.externalID}, {"name", &r.name},
		{"roles", &r.roles}, {"permissions", &r.permissions}, {"scope", &r.scope},
	}); err != nil {
		return r, err
	}
	if r.plain, err = n.flag("plain"); err != nil {
		return r, err
	}
	c.m.scoped = c.m.scoped || r.scope != nil
	if r.organization == nil && r.code == nil && r.externalID == nil && r.name == nil && r.roles == nil && r.permissions == nil {
		return r, n.errorf("a membership names an organization, roles or permissions")
	}
	c.gated(l, r.organization, r.code, r.externalID, r.name, r.roles, r.permissions)
	return r, nil
}

// passwordRule says where a hash and what belongs to it stand.
type passwordRule struct {
	loop                             *loop
	hash, method                     *value
	salt, saltEncoding, saltPosition *value
	iterations, setAt, changedAt     *value
	params                           []namedValue
}

type namedValue struct {
	name string
	v    *value
}

func (c *compiler) passwordSection(s *sections) error {
	for _, n := range s.get("password").items() {
		r, err := c.passwordRule(n)
		if err != nil {
			return err
		}
		c.m.passwords = append(c.m.passwords, r)
	}
	return nil
}

// addedEntry reads "added: true": the provider's own export never holds what the
// entry reads, somebody put it there.
func (c *compiler) addedEntry(n *node) (err error) {
	c.added, err = n.flag("added")
	return err
}

// hashParameters are the parameters that Kinde names; others go into params.
var hashParameters = []string{"variant", "signer_key", "salt_separator", "rounds", "mem_cost"}

func (c *compiler) passwordRule(n *node) (passwordRule, error) {
	r := passwordRule{loop: &loop{}}
	if n.kind != nodeMap || n.isSource() {
		v, err := c.value(n, "password")
		if err != nil {
			return r, err
		}
		r.hash = v
		c.gated(r.loop, v)
		return r, nil
	}
	if err := n.only("password", slices.Concat(hashParameters, []string{"each", "where", "hash", "method", "salt", "salt_encoding",
		"salt_position",
		"iterations", "params", "set_at", "changed_at", "added"})...); err != nil {
		return r, err
	}
	if err := c.addedEntry(n); err != nil {
		return r, err
	}
	defer func() { c.added = false }()
	l, leave, err := c.enter(n, "password")
	if err != nil {
		return r, err
	}
	defer leave()
	r.loop = l
	if err := c.members(n, "password", []memberOf{
		{"hash", &r.hash}, {"method", &r.method}, {"salt", &r.salt}, {"salt_encoding", &r.saltEncoding},
		{"salt_position", &r.saltPosition}, {"iterations", &r.iterations}, {"set_at", &r.setAt}, {"changed_at", &r.changedAt},
	}); err != nil {
		return r, err
	}
	for _, name := range hashParameters {
		v, err := c.member(n, name, "password "+name)
		if err != nil {
			return r, err
		}
		if v != nil {
			r.params = append(r.params, namedValue{name, v})
		}
	}
	p := n.get("params")
	if p == nil {
		if r.hash == nil {
			return r, n.errorf("password: hash is missing")
		}
		c.gated(l, r.hash)
		return r, nil
	}
	given := []*value{r.hash}
	if p.kind != nodeMap {
		return r, p.errorf("params is a map of names and sources")
	}
	for i, k := range p.keys {
		v, err := c.value(p.vals[i], "password "+k.text)
		if err != nil {
			return r, err
		}
		r.params = append(r.params, namedValue{k.text, v})
		given = append(given, v)
	}
	c.gated(l, given...)
	return r, nil
}
