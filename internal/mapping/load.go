package mapping

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"slices"
	"sort"
	"strings"
)

// sections are the parts of a mapping file, after what it extends was laid under it.
type sections struct {
	names []string
	nodes map[string]*node
	base  string
}

func (s *sections) get(name string) *node { return s.nodes[name] }

func (s *sections) set(name string, n *node) {
	if _, have := s.nodes[name]; !have {
		s.names = append(s.names, name)
	}
	s.nodes[name] = n
}

// sectionNames are the top-level keys of a mapping file.
var sectionNames = []string{
	"name", "title", "notes", "extends", "keys", "id_prefix", "role_scope", "default_region", "name_split", "unmapped", "ignore",
	"user_editable",
	"records", "tables", "csv", "detect", "generic", "rows",
	"id", "given_name", "family_name", "full_name", "picture", "provider",
	"emails", "phones", "usernames", "links", "suspended", "password_reset", "mfa", "skip", "filter", "no_identity",
	"password", "properties", "flags", "memberships", "drop", "notices",
	"connections", "organizations", "roles", "permissions", "strategies", "add",
	"sql", "fetch",
}

// foreignSections say how records are got, not what becomes of them: they are
// kept as they are, for whoever reads from databases and providers.
var foreignSections = []string{"sql", "fetch"}

// mergedSections are laid over each other key by key; the others are replaced.
var mergedSections = map[string]bool{
	"connections": true, "organizations": true, "roles": true, "permissions": true, "strategies": true, "tables": true,
	"sql": true, "fetch": true,
}

// addable are the sections that "add" may extend.
var addable = []string{
	"ignore", "user_editable", "emails", "phones", "usernames", "links", "suspended", "password_reset", "mfa", "skip",
	"password", "properties", "flags", "memberships", "drop", "notices",
}

// maxExtends bounds the length of a chain of extends.
const maxExtends = 8

// loadSections parses a file and lays it over what it extends.
func loadSections(file string, src []byte, preset func(string) ([]byte, bool), depth int) (*sections, error) {
	root, err := parseYAML(file, src)
	if err != nil {
		return nil, err
	}
	return rootSections(root, preset, depth)
}

// rootSections lays a parsed file over what it extends.
func rootSections(root *node, preset func(string) ([]byte, bool), depth int) (*sections, error) {
	if root.kind != nodeMap {
		return nil, root.errorf("a mapping file consists of sections with names, this is %s", root.kind)
	}
	if err := root.only("the mapping", sectionNames...); err != nil {
		return nil, err
	}
	out := &sections{nodes: map[string]*node{}}
	if ext := root.get("extends"); ext != nil {
		name, err := ext.scalar("extends")
		if err != nil {
			return nil, err
		}
		text, ok := preset(name)
		if !ok {
			return nil, ext.errorf("there is no preset %q", name)
		}
		if depth >= maxExtends {
			return nil, ext.errorf("the chain of extends is too long")
		}
		if out, err = loadSections(name+".yaml", text, preset, depth+1); err != nil {
			return nil, err
		}
		out.base = name
		// What makes a preset recognisable is not inherited.
		for _, own := range []string{"detect", "title", "notes", "generic", "name"} {
			delete(out.nodes, own)
		}
	}
	for i, k := range root.keys {
		if err := out.lay(k.text, root.vals[i]); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// lay puts a section over what is there.
func (s *sections) lay(name string, n *node) error {
	old := s.get(name)
	switch {
	case name == "extends":
	case name == "add":
		return s.addTo(n)
	case name == "user_editable" && old != nil:
		// A file may declare more paths as editable, never fewer.
		s.set(name, concat(old, n))
	case name == "fetch" && old != nil:
		s.set(name, layered(old, n))
	case mergedSections[name] && old != nil && n.kind == nodeMap && old.kind == nodeMap:
		s.set(name, overlay(old, n))
	default:
		s.set(name, n)
	}
	return nil
}

func (s *sections) addTo(n *node) error {
	if n.kind != nodeMap {
		return n.errorf("add takes a map of sections")
	}
	if err := n.only("add", addable...); err != nil {
		return err
	}
	for i, k := range n.keys {
		old := s.get(k.text)
		switch {
		case old == nil || old.kind == nodeNull:
			s.set(k.text, n.vals[i])
		case old.kind == nodeMap && n.vals[i].kind == nodeMap && (k.text == "properties" || k.text == "flags"):
			s.set(k.text, overlay(old, n.vals[i]))
		default:
			s.set(k.text, concat(pairsAsList(old, k.text), pairsAsList(n.vals[i], k.text)))
		}
	}
	return nil
}

// pairsAsList turns the short form of properties and flags (a map of key and
// source) into the list form, so that the two can be joined.
func pairsAsList(n *node, section string) *node {
	if section == "ignore" {
		return reasonsAsList(n)
	}
	if n.kind != nodeMap || section != "properties" && section != "flags" {
		return n
	}
	out := &node{kind: nodeList, tok: n.tok, file: n.file}
	for i, k := range n.keys {
		out.list = append(out.list, &node{kind: nodeMap, tok: k.tok, file: n.file, keys: []nodeKey{{"key", k.tok}, {"value", k.tok}},
			vals: []*node{{kind: nodeScalar, text: k.text, tok: k.tok, file: n.file}, n.vals[i]}})
	}
	return out
}

func concat(a, b *node) *node {
	out := &node{kind: nodeList, tok: b.tok, file: b.file}
	out.list = append(append(out.list, a.items()...), b.items()...)
	return out
}

func overlay(old, n *node) *node {
	out := &node{kind: nodeMap, tok: n.tok, file: n.file}
	for i, k := range old.keys {
		if n.get(k.text) == nil {
			out.keys, out.vals = append(out.keys, k), append(out.vals, old.vals[i])
		}
	}
	out.keys, out.vals = append(out.keys, n.keys...), append(out.vals, n.vals...)
	return out
}

// digest is the SHA-256 of what the sections say, whatever their order and comments.
func (s *sections) digest() string {
	h := sha256.New()
	fmt.Fprintf(h, "mapping/%d\n", Version)
	names := append([]string{}, s.names...)
	sort.Strings(names)
	for _, name := range names {
		n := s.nodes[name]
		if n == nil || name == "title" || name == "notes" || name == "notices" || name == "detect" || slices.Contains(foreignSections, name) {
			continue
		}
		fmt.Fprintf(h, "%q:", name)
		n.digest(h)
	}
	return hex.EncodeToString(h.Sum(nil))
}

func (n *node) digest(h hash.Hash) {
	switch n.kind {
	case nodeNull:
		_, _ = h.Write([]byte("~"))
	case nodeScalar:
		fmt.Fprintf(h, "%q", n.text)
	case nodeList:
		_, _ = h.Write([]byte("["))
		for _, c := range n.list {
			c.digest(h)
			_, _ = h.Write([]byte(","))
		}
		_, _ = h.Write([]byte("]"))
	case nodeMap:
		_, _ = h.Write([]byte("{"))
		for i, k := range n.keys {
			fmt.Fprintf(h, "%q:", k.text)
			n.vals[i].digest(h)
		}
		_, _ = h.Write([]byte("}"))
	}
}

// Load compiles a mapping file. name stands in errors. The file may extend a
// preset. Errors name line and column and show the place.
func Load(name string, src []byte) (*Mapping, error) {
	s, err := loadSections(name, src, presetText, 0)
	if err != nil {
		return nil, withoutData(src, err)
	}
	m, err := compile(s)
	if err != nil {
		return nil, withoutData(src, err)
	}
	if m.name == "" {
		m.name = strings.TrimSuffix(strings.TrimSuffix(name[strings.LastIndexAny(name, `/\`)+1:], ".yaml"), ".yml")
	}
	return m, nil
}

// Faulty tells that an expression failed since the last TakeFault, in whichever record
// or row.
func (m *Mapping) Faulty() bool { return m.fault.Load() != nil }

// RecordFault returns why it can't be computed whether a row is a record; "" when it can.
func (m *Mapping) RecordFault(row Value) string { return m.isRecord.fault(row) }

// Fault returns why it can't be computed whether a row lies at the place.
func (r *RecordsAt) Fault(row Value) string { return r.where.fault(row) }

// TakeFault returns why an expression failed first, in a record or in a row of a
// side table, since it was asked last; "" when none did.
func (m *Mapping) TakeFault() string {
	if f := m.fault.Swap(nil); f != nil {
		return *f
	}
	return ""
}

// Name returns the mapping's name: the preset's, or the file's "name".
func (m *Mapping) Name() string { return m.name }

// Base returns the preset that the mapping extends; "" when it stands alone.
func (m *Mapping) Base() string { return m.base }

// SHA256 returns the hexadecimal digest of the effective mapping: what stands
// in the file and in the presets it extends, and Version. Comments, titles and
// rules of detection don't count.
func (m *Mapping) SHA256() string { return m.sha }

// Records returns the places of the records in a JSON document, in the order in
// which they are to be tried. CSV rows, lines of NDJSON, LDIF entries and the
// elements of an array at the top are records without being declared.
func (m *Mapping) Records() []RecordsAt { return m.records }

// IsRecord tells whether a row is a record at all: a CSV row, a line of NDJSON
// or an element of the top array that the mapping does not take for something else.
func (m *Mapping) IsRecord(row Value) bool { return m.isRecord.test(row) }

// Tables returns the side tables.
func (m *Mapping) Tables() []Table { return m.tables }

// CSV returns how a CSV file is to be read.
func (m *Mapping) CSV() CSV { return m.csv }

// Joined tells that the rows of one user may differ in what was joined to them,
// an account or a membership each: links and the password are no user columns then.
func (m *Mapping) Joined() bool { return m.joined }
