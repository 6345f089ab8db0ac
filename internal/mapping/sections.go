package mapping

import (
	"cmp"
	"strings"
	"sync/atomic"
)

func newCompiler(s *sections) (*Mapping, *compiler) {
	m := &Mapping{base: s.base, nameSplit: "first", unmapped: "drop", noIdentity: "reject", fault: new(atomic.Pointer[string])}
	return m, &compiler{m: m, lookupTables: map[string]bool{}}
}

// compile turns sections into a mapping.
func compile(s *sections) (*Mapping, error) {
	m, c := newCompiler(s)
	m.sha = s.digest()
	for _, name := range foreignSections {
		if n := s.get(name); n != nil {
			m.foreign = append(m.foreign, foreignSection{name, n.json()})
		}
	}
	for _, step := range []func(*sections) error{
		c.settings, c.editablePaths, c.places, c.tableSections, c.lookupSections, c.person, c.identities, c.companionTables,
		c.states, c.passwordSection, c.attributes, c.access, c.dropSection, c.noticeSection, c.detection, c.fetchSection,
	} {
		if err := step(s); err != nil {
			return nil, err
		}
	}
	return m, nil
}

// settings compiles what is one word each.
func (c *compiler) settings(s *sections) error {
	m := c.m
	choose := func(key string, to *string, allowed ...string) error {
		n := s.get(key)
		if n == nil {
			return nil
		}
		t, err := n.scalar(key)
		if err != nil {
			return err
		}
		for _, a := range allowed {
			if a == t {
				*to = t
				return nil
			}
		}
		if len(allowed) > 0 {
			return n.errorf("%s is one of %s, not %q", key, strings.Join(allowed, ", "), t)
		}
		*to = t
		return nil
	}
	keys := "exact"
	for _, err := range []error{
		choose("name", &m.name), choose("title", &m.title), choose("notes", &m.notes),
		choose("keys", &keys, "exact", "loose"),
		choose("id_prefix", &m.idPrefix),
		choose("role_scope", (*string)(&m.roleScope), RoleScopes...),
		choose("default_region", &m.region),
		choose("name_split", &m.nameSplit, "first", "last", "none"),
		choose("unmapped", &m.unmapped, "drop", "ignore", "property"),
		choose("no_identity", &m.noIdentity, "reject", "skip"),
	} {
		if err != nil {
			return err
		}
	}
	if err := CheckIDPrefix(m.idPrefix); err != nil {
		return s.get("id_prefix").errorf("id_prefix %v", err)
	}
	m.region = strings.ToUpper(m.region)
	if m.region != "" && !isRegion(m.region) {
		return s.get("default_region").errorf("default_region: %q is %s", m.region, noRegion)
	}
	c.ks = newKeyspace(keys == "loose")
	m.ks, m.account = c.ks, newAccount(c.ks)
	var err error
	if m.generic, err = s.get("generic").truth("generic"); err != nil {
		return err
	}
	if n := s.get("rows"); n != nil {
		switch n.text {
		case "one", "per_organization":
		case "joined":
			m.joined = true
		default:
			return n.errorf("rows is one of one, per_organization, joined")
		}
	}
	return nil
}

// editablePaths compiles the declaration of what users can edit themselves.
func (c *compiler) editablePaths(s *sections) error {
	list, err := s.get("user_editable").texts("user_editable")
	if err != nil {
		return err
	}
	for _, t := range list {
		p, err := parsePath(t)
		if err != nil {
			return s.get("user_editable").errorf("user_editable: %v", err)
		}
		var steps []string
		for _, st := range p.steps {
			if st.kind != stepKey {
				steps = append(steps, "*")
				continue
			}
			for _, part := range strings.Split(st.key, ".") {
				steps = append(steps, foldKey(part))
			}
		}
		c.editable = append(c.editable, steps)
	}
	return nil
}

// lookupSections compiles the maps of names.
func (c *compiler) lookupSections(s *sections) error {
	for _, l := range []struct {
		key string
		to  *map[string]string
	}{
		{"connections", &c.m.connections}, {"organizations", &c.m.organizations}, {"roles", &c.m.roles},
		{"permissions", &c.m.permissions}, {"strategies", &c.m.strategies},
	} {
		n := s.get(l.key)
		if n == nil || n.kind == nodeNull {
			continue
		}
		names, err := lookupMap(n)
		if err != nil {
			return err
		}
		for i := range n.vals {
			// Inside braces the parser ends a name at its first colon.
			if n.vals[i].kind == nodeScalar && strings.Contains(n.vals[i].text, ": ") {
				return n.vals[i].errorf(`%s: put the name in quotes: "%s:…"`, l.key, n.keys[i].text)
			}
		}
		*l.to = names
	}
	return nil
}

// person compiles the id, names and picture.
func (c *compiler) person(s *sections) error {
	m := c.m
	for _, f := range []memberOf{
		{"id", &m.id}, {"given_name", &m.given}, {"family_name", &m.family}, {"full_name", &m.full},
		{"picture", &m.picture}, {"provider", &m.provider},
	} {
		v, err := c.optional(s, f.key)
		if err != nil {
			return err
		}
		*f.to = v
	}
	return nil
}

// states compiles the conditions over the whole record.
func (c *compiler) states(s *sections) error {
	m := c.m
	for _, f := range []struct {
		key string
		to  *condition
	}{{"suspended", &m.suspended}, {"password_reset", &m.reset}, {"mfa", &m.mfa}, {"filter", &m.filter}} {
		v, err := c.conditionSection(s, f.key)
		if err != nil {
			return err
		}
		*f.to = v
	}
	for _, n := range s.get("skip").items() {
		rule := skipRule{reason: "left out by the mapping"}
		cond := n
		if n.kind == nodeMap && n.get("when") != nil {
			if err := n.only("skip", "when", "reason"); err != nil {
				return err
			}
			cond = n.get("when")
			reason, err := n.str("reason")
			if err != nil {
				return err
			}
			if reason != "" {
				rule.reason = reason
			}
		}
		w, err := c.condition(cond, "skip")
		if err != nil {
			return err
		}
		rule.when = w
		m.skip = append(m.skip, rule)
	}
	return nil
}

type skipRule struct {
	when   condition
	reason string
}

// dropRule is a value that Kinde can't hold.
type dropRule struct {
	label string
	v     *value
	gate  int

	message, hint string
}

func (c *compiler) dropSection(s *sections) error {
	for _, n := range s.get("drop").items() {
		list, reason, err := reasoned(n, "drop")
		if err != nil {
			return err
		}
		for _, p := range list.items() {
			if err := c.drop(p, reason); err != nil {
				return err
			}
		}
	}
	return c.ignoreSection(s.get("ignore"))
}

func (c *compiler) drop(n *node, reason string) error {
	t, err := n.scalar("drop")
	if err != nil {
		return err
	}
	if isGlob(t) {
		return n.errorf("drop takes paths, not patterns")
	}
	mark := len(c.m.account.readings)
	v, err := c.pathValue(n, t, "drop")
	if err != nil {
		return err
	}
	d := dropRule{label: t, v: v, gate: c.ks.gate(v.need)}
	switch {
	case reason != "":
		d.message = capital(reason) + "."
		for _, r := range c.m.account.readings[mark:] {
			r.reason = reason
		}
	case secondFactor(t):
		d.message = "Kinde can't take over second factors."
	default:
		d.message, d.hint = "Kinde has no field for it.", "A property can hold it: "+readWith(t)
	}
	c.m.drops = append(c.m.drops, d)
	return nil
}

// reasoned takes an entry of a list apart that is a path, or a map of a reason to paths.
func reasoned(n *node, what string) (list *node, reason string, err error) {
	if n.kind != nodeMap {
		return n, "", nil
	}
	if len(n.keys) != 1 {
		return nil, "", n.errorf("%s: an entry is a path, or a reason with its paths", what)
	}
	return n.vals[0], n.keys[0].text, nil
}

// ignoreSection compiles what is left out on purpose: paths and patterns over
// names, or maps of a reason and such a list.
func (c *compiler) ignoreSection(n *node) error {
	for _, item := range reasonsAsList(n).items() {
		list, reason, err := reasoned(item, "ignore")
		if err != nil {
			return err
		}
		reason = cmp.Or(reason, "listed under ignore")
		paths, err := list.texts("ignore")
		if err != nil {
			return err
		}
		for _, t := range paths {
			if err := c.ignore(n, t, reason); err != nil {
				return err
			}
		}
	}
	if r := c.m.unmapped; r == "ignore" {
		c.m.account.rests = append(c.m.account.rests, &reading{fate: Ignored, reason: "unmapped: ignore"})
	}
	return nil
}

func (c *compiler) ignore(n *node, t, reason string) error {
	r := &reading{fate: Ignored, reason: reason}
	if name, ok := strings.CutPrefix(t, "**."); ok {
		c.m.account.within[foldKey(name)] = r
		return nil
	}
	if strings.HasPrefix(t, "/") {
		c.m.beside = append(c.m.beside, besideRule{strings.ToLower(t), reason})
		return nil
	}
	c.m.account.readings = append(c.m.account.readings, r)
	if isGlob(t) {
		c.ks.markGlob(t)
		r.pattern = strings.ToLower(t)
		return nil
	}
	p, err := parsePath(t)
	if err != nil {
		return n.errorf("ignore: %v", err)
	}
	if len(p.steps) == 0 {
		return n.errorf("ignore: %s is not a member of the record", t)
	}
	r.steps = p.steps
	c.ks.markRead(p.steps[0].key)
	return nil
}

// reasonsAsList turns a map of reasons into the list form, so that lists can be joined.
func reasonsAsList(n *node) *node {
	if n == nil || n.kind != nodeMap {
		return n
	}
	out := &node{kind: nodeList, tok: n.tok, file: n.file}
	for i, k := range n.keys {
		out.list = append(out.list, &node{kind: nodeMap, tok: k.tok, file: n.file, keys: []nodeKey{k}, vals: []*node{n.vals[i]}})
	}
	return out
}

// isGlob tells a pattern over names from a path.
func isGlob(t string) bool {
	return !strings.ContainsAny(t, ".[") && strings.ContainsAny(t, "*?") && t != "*"
}
