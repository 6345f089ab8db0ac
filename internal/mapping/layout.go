package mapping

import (
	"regexp"
	"strings"
	"sync"
)

// rowCondition is a condition over a row that is not a record of the mapping's
// main keyspace.
type rowCondition struct {
	ks   *keyspace
	cond condition
}

// test tells whether a row meets the condition. Without one every row does.
func (w *rowCondition) test(row Value) bool {
	if w == nil || w.cond == nil {
		return true
	}
	return w.cond.test(newScope(w.ks, row, nil))
}

// fault returns why the condition can't be computed on a row; "" when it can.
func (w *rowCondition) fault(row Value) string {
	if w == nil || w.cond == nil {
		return ""
	}
	s := newScope(w.ks, row, nil)
	w.cond.test(s)
	return s.wrong
}

// rows returns a compiler for values over rows of a side table.
func (c *compiler) rows() *compiler {
	ks := newKeyspace(c.ks.loose)
	return &compiler{ks: ks, m: &Mapping{ks: ks, account: newAccount(ks), fault: c.m.fault}, lookupTables: map[string]bool{}}
}

// places compiles where records lie.
func (c *compiler) places(s *sections) error {
	for _, n := range s.get("records").items() {
		at, err := c.place(n, "records")
		if err != nil {
			return err
		}
		c.m.records = append(c.m.records, at)
		if at.where != nil && len(at.Path) <= 1 && (len(at.Path) == 0 || at.Path[0].Any == '[') {
			c.m.isRecord = at.where
		}
	}
	if n := s.get("csv"); n != nil && n.kind != nodeNull {
		return c.csvSection(n)
	}
	return nil
}

// place compiles one entry of records or at: a path, or a map with at, where, parent.
func (c *compiler) place(n *node, what string) (RecordsAt, error) {
	var r RecordsAt
	at := n
	if n.kind == nodeMap {
		if err := n.only(what, "at", "where", "parent"); err != nil {
			return r, err
		}
		if at = n.get("at"); at == nil {
			return r, n.errorf("%s: at is missing", what)
		}
		var err error
		if r.Parent, err = n.get("parent").texts("parent"); err != nil {
			return r, err
		}
		if w := n.get("where"); w != nil {
			rc := c.rows()
			cond, err := rc.condition(w, what)
			if err != nil {
				return r, err
			}
			r.where = &rowCondition{rc.ks, cond}
		}
	}
	t, err := at.scalar(what)
	if err != nil {
		return r, err
	}
	r.Path, err = placePath(at, t)
	return r, err
}

func placePath(n *node, t string) ([]Step, error) {
	if t == "$" {
		return nil, nil
	}
	p, err := parsePath(t)
	if err != nil {
		return nil, n.errorf("%v", err)
	}
	var out []Step
	for _, st := range p.steps {
		switch st.kind {
		case stepKey:
			out = append(out, Step{Key: st.key})
		case stepEach:
			out = append(out, Step{Any: '['})
		case stepMembers:
			out = append(out, Step{Any: '.'})
		default:
			return nil, n.errorf("%s: a place is made of names, [*] and .* only", t)
		}
	}
	return out, nil
}

func (c *compiler) csvSection(n *node) error {
	if err := n.only("csv", "columns", "comment", "lazy_quotes", "skip_to", "quoted_cells", "dialect", "loose", "cells"); err != nil {
		return err
	}
	var err error
	csv := &c.m.csv
	if csv.Layouts, err = columnLayouts(n.get("columns")); err != nil {
		return err
	}
	if csv.Dialect, err = n.str("dialect"); err != nil {
		return err
	}
	if csv.Dialect != "" && nearestExact(csv.Dialect, dialects) == "" {
		return n.get("dialect").errorf("dialect is one of %s", strings.Join(dialects, ", "))
	}
	if csv.Loose, err = n.get("loose").texts("loose"); err != nil {
		return err
	}
	if csv.Fits, err = cellPatterns(n.get("cells")); err != nil {
		return err
	}
	comment, err := n.str("comment")
	if err != nil {
		return err
	}
	if len(comment) > 1 {
		return n.get("comment").errorf("comment is one character")
	}
	if comment != "" {
		csv.Comment = comment[0]
	}
	if csv.LazyQuotes, err = n.flag("lazy_quotes"); err != nil {
		return err
	}
	if c.ks.quoted, err = n.flag("quoted_cells"); err != nil {
		return err
	}
	csv.SkipTo, err = n.str("skip_to")
	return err
}

// dialects are the ways in which cells of a file are kept apart.
var dialects = []string{"rfc4180", "postgres", "mysql", "mysql-enclosed", "mysql-doubled", "raw"}

// columnLayouts reads the columns of a file without a header: a list of names, or a
// list of such lists where a program wrote several layouts in its time.
func columnLayouts(n *node) ([][]string, error) {
	if n == nil || n.kind != nodeList || len(n.list) == 0 || n.list[0].kind != nodeList {
		names, err := n.texts("columns")
		if err != nil || len(names) == 0 {
			return nil, err
		}
		return [][]string{names}, nil
	}
	var out [][]string
	for _, item := range n.list {
		names, err := item.texts("columns")
		if err != nil {
			return nil, err
		}
		out = append(out, names)
	}
	return out, nil
}

// cellPatterns compiles what the cells of columns look like.
func cellPatterns(n *node) (func(column, cell string) bool, error) {
	if n == nil || n.kind == nodeNull {
		return nil, nil
	}
	if n.kind != nodeMap {
		return nil, n.errorf("cells is a map of columns and patterns")
	}
	patterns := map[string]*regexp.Regexp{}
	for i, k := range n.keys {
		re, err := n.vals[i].regexp("cells")
		if err != nil {
			return nil, err
		}
		patterns[k.text] = re
	}
	return func(column, cell string) bool {
		re := patterns[column]
		return re == nil || re.MatchString(cell)
	}, nil
}

// joinKey is a pair of keys: rows whose row value equals a record's user value join it.
type joinKey struct {
	row, user *value
	userKS    *keyspace
	fold      bool
}

// companions are the roles of companion files.
var companions = []string{"passwords", "identities", "memberships", "organizations"}

func (c *compiler) tableSections(s *sections) error {
	n := s.get("tables")
	if n != nil && n.kind != nodeNull {
		if n.kind != nodeMap {
			return n.errorf("tables is a map of names")
		}
		for i, k := range n.keys {
			if n.vals[i].kind == nodeNull {
				continue // an extending file removes the table
			}
			t, err := c.table(k.text, n.vals[i])
			if err != nil {
				return err
			}
			c.m.tables = append(c.m.tables, t)
			if t.Lookup {
				c.lookupTables[t.Name] = true
			}
		}
	}
	return nil
}

// companionTables compiles the standard tables that the mapping does not declare. It
// comes after what they join by, so that a mistake there is named by its own section.
func (c *compiler) companionTables(s *sections) error {
	n := s.get("tables")
	for _, d := range standardTables {
		taken := false
		for _, have := range c.m.tables {
			taken = taken || have.Companion == d.companion
		}
		if taken || n != nil && n.get(d.companion) != nil {
			continue
		}
		doc, err := d.parsed()
		if err != nil {
			return err
		}
		t, err := c.standardTable(s, d.companion, doc)
		if err != nil {
			return err
		}
		c.m.tables = append(c.m.tables, t)
	}
	return nil
}

func (c *compiler) table(name string, n *node) (Table, error) {
	t := Table{Name: name}
	if n.kind != nodeMap {
		return t, n.errorf("a table is a map with on, and at or companion")
	}
	if err := n.only("table "+name, "companion", "at", "companion_at", "where", "on", "lookup", "key", "keep"); err != nil {
		return t, err
	}
	if strings.ContainsAny(name, ".[$ ") || name == "" {
		return t, n.errorf("a table's name is one word")
	}
	var err error
	if t.Companion, err = n.str("companion"); err != nil {
		return t, err
	}
	if t.Companion != "" && nearestExact(t.Companion, companions) == "" {
		return t, n.get("companion").errorf("companion is one of %s", strings.Join(companions, ", "))
	}
	for _, f := range []struct {
		key string
		to  *[]RecordsAt
	}{{"at", &t.At}, {"companion_at", &t.CompanionAt}} {
		for _, item := range n.get(f.key).items() {
			at, err := c.place(item, f.key)
			if err != nil {
				return t, err
			}
			*f.to = append(*f.to, at)
		}
	}
	if t.Companion == "" && len(t.At) == 0 {
		return t, n.errorf("table %s: at or companion is missing", name)
	}
	rc := c.rows()
	if w := n.get("where"); w != nil {
		cond, err := rc.condition(w, "table "+name)
		if err != nil {
			return t, err
		}
		t.where = &rowCondition{rc.ks, cond}
	}
	t.rows = rc.ks
	if t.keep, err = n.get("keep").texts("keep"); err != nil {
		return t, err
	}
	if t.Lookup, err = n.flag("lookup"); err != nil {
		return t, err
	}
	if t.Lookup {
		key := n.get("key")
		if key == nil {
			return t, n.errorf("table %s: a lookup table needs key", name)
		}
		v, err := rc.value(key, "key")
		t.on = []joinKey{{row: v}}
		c.underTable(name, rc)
		if t.Companion == "organizations" {
			c.namesOfOrganizations(name)
		}
		return t, err
	}
	if err := c.joinKeys(n, &t, rc); err != nil {
		return t, err
	}
	c.underTable(name, rc)
	return t, nil
}

func nearestExact(s string, names []string) string {
	for _, n := range names {
		if n == s {
			return n
		}
	}
	return ""
}

func (c *compiler) joinKeys(n *node, t *Table, rc *compiler) error {
	on := n.get("on")
	if on == nil {
		return n.errorf("table %s: on is missing: which row belongs to which user", t.Name)
	}
	for _, item := range on.items() {
		if item.kind != nodeMap {
			return item.errorf("on is a list of maps with row and user")
		}
		if err := item.only("on", "row", "user", "fold"); err != nil {
			return err
		}
		if item.get("row") == nil || item.get("user") == nil {
			return item.errorf("on needs row and user")
		}
		var k joinKey
		var err error
		if k.row, err = rc.value(item.get("row"), "row"); err != nil {
			return err
		}
		if k.user, err = c.value(item.get("user"), "join"); err != nil {
			return err
		}
		if k.fold, err = item.flag("fold"); err != nil {
			return err
		}
		k.userKS = c.ks
		t.on = append(t.on, k)
	}
	return nil
}

// standardTables are the companion files that every mapping takes unless it
// declares its own: their columns are documented in docs/mapping.md.
var standardTables = []standardTable{
	{"passwords", onceParsed(`
on:
  - {row: [user_id, userId, id, _id.$oid, sub, uid, source_id, provided_id], user: "@id"}
  - {row: [email, email_address, mail], user: "@email", fold: true}
`)},
	{"identities", onceParsed(`
on:
  - {row: [user_id, userId, UserId, source_id], user: "@id"}
  - {row: [user_email], user: "@email", fold: true}
`)},
	{"organizations", onceParsed(`
companion_at: ["organizations[*]", "data[*]"]
key: [external_id, externalId, id, organization_id, org_id, organization, code]
`)},
	{"memberships", onceParsed(`
companion_at: ["members[*]", "data[*]", "memberships[*]", "organization_memberships[*]"]
on:
  - {row: [user, user_id, userId, id, member_id, source_id, provided_id], user: "@id"}
  - {row: [user, email, user_email, email_address], user: "@email", fold: true}
`)},
}

type standardTable struct {
	companion string
	parsed    func() (*node, error)
}

// onceParsed reads what stands in every mapping when it is needed first.
func onceParsed(yaml string) func() (*node, error) {
	return sync.OnceValues(func() (*node, error) { return parseYAML("standard tables", []byte(yaml)) })
}

// standardTable compiles a standard table with the mapping's own id and e-mail
// as the users' keys. Names of its columns are matched loosely.
func (c *compiler) standardTable(s *sections, name string, n *node) (Table, error) {
	t := Table{Name: name, Companion: name}
	rc := c.rows()
	rc.ks.loose = true
	t.rows = rc.ks
	for _, item := range n.get("companion_at").items() {
		at, err := c.place(item, "companion_at")
		if err != nil {
			return t, err
		}
		t.CompanionAt = append(t.CompanionAt, at)
	}
	if key := n.get("key"); key != nil {
		v, err := rc.value(key, "key")
		t.Lookup, t.on = true, []joinKey{{row: v}}
		c.underTable(name, rc)
		c.namesOfOrganizations(name)
		return t, err
	}
	for _, item := range n.get("on").items() {
		k := joinKey{userKS: c.ks}
		var err error
		if k.row, err = rc.value(item.get("row"), "row"); err != nil {
			return t, err
		}
		user := s.get("id")
		if item.get("user").text == "@email" {
			user = firstEmail(s.get("emails"))
			k.fold = true
		}
		if user == nil || user.kind == nodeNull {
			continue
		}
		if k.user, err = c.value(user, "join"); err != nil {
			return t, err
		}
		t.on = append(t.on, k)
	}
	c.underTable(name, rc)
	return t, nil
}

// organizationNames are the members of a row of organizations that hold the name.
var organizationNames = []string{"name", "display_name", "title", "organization_name", "org_name"}

// namesOfOrganizations accounts for what is read of a file of organizations beside its key.
func (c *compiler) namesOfOrganizations(table string) {
	for _, name := range organizationNames {
		c.fromTable(table, &path{steps: []step{{kind: stepKey, key: name}}}, "memberships name")
	}
}

// firstEmail returns the source of the first e-mail entry that has no loop.
func firstEmail(n *node) *node {
	for _, item := range n.items() {
		switch {
		case item.kind == nodeScalar || item.kind == nodeList:
			return item
		case item.get("each") == nil && item.get("value") != nil:
			return item.get("value")
		}
	}
	return nil
}
