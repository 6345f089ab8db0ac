package mapping

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"

	"github.com/kinde-migrate/kinde-migrate/internal/yamlguard"
)

// FileError is a mistake in a mapping file. Its text shows the place with a caret.
type FileError struct {
	File         string
	Line, Column int
	Message      string
	Excerpt      string // the lines around it, with a caret under the place; may be ""
}

func (e *FileError) Error() string {
	s := fmt.Sprintf("%s:%d:%d: %s", e.File, e.Line, e.Column, e.Message)
	if e.Excerpt != "" {
		s += "\n" + e.Excerpt
	}
	return s
}

type nodeKind uint8

const (
	nodeNull nodeKind = iota
	nodeScalar
	nodeList
	nodeMap
)

func (k nodeKind) String() string {
	return [...]string{"nothing", "a single value", "a list", "a map"}[k]
}

// node is a YAML value with its place. Anchors, tags and merge keys are refused:
// a mapping file has no use for them, and they are how YAML files explode.
type node struct {
	kind nodeKind
	text string
	list []*node
	keys []nodeKey
	vals []*node
	tok  *token.Token
	file string
}

type nodeKey struct {
	text string
	tok  *token.Token
}

// maxMappingFile bounds a mapping file, in bytes.
const maxMappingFile = 1 << 20

// parseYAML reads one YAML document.
func parseYAML(file string, src []byte) (n *node, err error) {
	if len(src) > maxMappingFile {
		return nil, fmt.Errorf("%s: the mapping file is larger than %d bytes", file, maxMappingFile)
	}
	err = yamlguard.Do(func() error {
		n, err = readDocument(file, src)
		return err
	})
	if errors.Is(err, yamlguard.ErrUnreadable) {
		err = fmt.Errorf("%s: %w", file, err)
	}
	return n, err
}

func readDocument(file string, src []byte) (*node, error) {
	f, err := parser.ParseBytes(src, 0)
	if err != nil {
		return nil, yamlError(file, err)
	}
	var body ast.Node
	for _, d := range f.Docs {
		if d.Body == nil {
			continue
		}
		if body != nil {
			return nil, errorAt(file, d.Body.GetToken(), "a mapping file can hold only one document")
		}
		body = d.Body
	}
	if body == nil {
		return nil, fmt.Errorf("%s: the mapping file is empty", file)
	}
	return convertNode(file, body, 0)
}

func yamlError(file string, err error) error {
	var e yaml.Error
	if errors.As(err, &e) && e.GetToken() != nil {
		return errorAt(file, e.GetToken(), "%s", e.GetMessage())
	}
	return fmt.Errorf("%s: %w", file, err)
}

func errorAt(file string, tok *token.Token, format string, args ...any) error {
	e := &FileError{File: file, Message: fmt.Sprintf(format, args...)}
	if tok != nil && tok.Position != nil {
		e.Line, e.Column = tok.Position.Line, tok.Position.Column
		full := yaml.FormatErrorWithToken("", tok, false, true)
		if _, excerpt, ok := strings.Cut(full, "\n"); ok {
			e.Excerpt = strings.TrimRight(excerpt, "\n")
		}
	}
	return e
}

// withoutData takes the excerpt out of an error in a file that is no mapping at
// all. Who names the export by mistake must not have people's data, and hashes,
// printed on the screen and into logs.
func withoutData(src []byte, err error) error {
	if e, ok := errors.AsType[*FileError](err); ok && !looksLikeMapping(src) {
		e.Excerpt = ""
	}
	return err
}

// looksLikeMapping tells whether some line begins with a section that exports
// don't have at the beginning of a line.
func looksLikeMapping(src []byte) bool {
	for line := range bytes.Lines(src) {
		key, _, ok := bytes.Cut(line, []byte(":"))
		if ok && tellingSections[string(bytes.TrimRight(key, " "))] {
			return true
		}
	}
	return false
}

var tellingSections = map[string]bool{
	"extends": true, "records": true, "tables": true, "id": true, "emails": true, "phones": true, "usernames": true,
	"links": true, "suspended": true, "password_reset": true, "password": true, "properties": true, "flags": true,
	"memberships": true, "organizations": true, "roles": true, "connections": true, "add": true, "drop": true,
	"unmapped": true, "no_identity": true, "default_region": true, "id_prefix": true,
}

func (n *node) errorf(format string, args ...any) error {
	return errorAt(n.file, n.tok, format, args...)
}

func convertNode(file string, in ast.Node, depth int) (*node, error) {
	n := &node{tok: in.GetToken(), file: file}
	if depth > maxDepth {
		return nil, n.errorf("nested too deeply")
	}
	switch t := in.(type) {
	case *ast.NullNode:
	case *ast.StringNode:
		n.kind, n.text = nodeScalar, t.Value
	case *ast.LiteralNode:
		n.kind, n.text = nodeScalar, t.Value.Value
	case *ast.BoolNode, *ast.IntegerNode, *ast.FloatNode, *ast.InfinityNode, *ast.NanNode:
		n.kind, n.text = nodeScalar, in.GetToken().Value
	case *ast.SequenceNode:
		n.kind = nodeList
		for _, v := range t.Values {
			c, err := convertNode(file, v, depth+1)
			if err != nil {
				return nil, err
			}
			n.list = append(n.list, c)
		}
	case *ast.MappingValueNode:
		n.kind = nodeMap
		return n, n.addMember(t, depth)
	case *ast.MappingNode:
		n.kind = nodeMap
		for _, v := range t.Values {
			if err := n.addMember(v, depth); err != nil {
				return nil, err
			}
		}
	default:
		return nil, n.errorf("anchors, aliases, tags and merge keys are not part of the mapping language")
	}
	return n, nil
}

func (n *node) addMember(v *ast.MappingValueNode, depth int) error {
	key := nodeKey{tok: v.Key.GetToken()}
	switch k := v.Key.(type) {
	case *ast.StringNode:
		key.text = k.Value
	case *ast.NullNode, *ast.BoolNode, *ast.IntegerNode, *ast.FloatNode:
		key.text = v.Key.GetToken().Value
	default:
		return errorAt(n.file, key.tok, "a key must be a plain word")
	}
	for _, have := range n.keys {
		if have.text == key.text {
			return errorAt(n.file, key.tok, "the key %q is given twice", key.text)
		}
	}
	if v.Value == nil {
		n.keys, n.vals = append(n.keys, key), append(n.vals, &node{tok: key.tok, file: n.file})
		return nil
	}
	c, err := convertNode(n.file, v.Value, depth+1)
	if err != nil {
		return err
	}
	n.keys, n.vals = append(n.keys, key), append(n.vals, c)
	return nil
}

// get returns a member of a map, nil when it is not there.
func (n *node) get(key string) *node {
	if n == nil {
		return nil
	}
	for i := range n.keys {
		if n.keys[i].text == key {
			return n.vals[i]
		}
	}
	return nil
}

// only refuses what is no map, and members that are not among the allowed names.
func (n *node) only(what string, allowed ...string) error {
	if n.kind != nodeMap {
		return n.errorf("%s takes a map, this is %s", what, n.kind)
	}
	for _, k := range n.keys {
		found := false
		for _, a := range allowed {
			found = found || a == k.text
		}
		if !found {
			hint := ""
			if near := nearest(k.text, allowed); near != "" {
				hint = fmt.Sprintf(": did you mean %q", near)
			}
			return errorAt(n.file, k.tok, "%s has no key %q%s", what, k.text, hint)
		}
	}
	return nil
}

// scalar returns the text of a single value.
func (n *node) scalar(what string) (string, error) {
	if n.kind != nodeScalar {
		return "", n.errorf("%s takes a single value, this is %s", what, n.kind)
	}
	return n.text, nil
}

// flag returns a boolean member; false when it is not there.
func (n *node) flag(key string) (bool, error) {
	return n.get(key).truth(key)
}

// truth reads a boolean; false when it is not there.
func (n *node) truth(what string) (bool, error) {
	if n == nil {
		return false, nil
	}
	b, known := ParseBool(n.text)
	if n.kind != nodeScalar || !known {
		return false, n.errorf("%s takes true or false", what)
	}
	return b, nil
}

// str returns a text member; "" when it is not there.
func (n *node) str(key string) (string, error) {
	v := n.get(key)
	if v == nil || v.kind == nodeNull {
		return "", nil
	}
	return v.scalar(key)
}

// texts returns a list of texts; a single value is a list of one.
func (n *node) texts(what string) ([]string, error) {
	if n == nil || n.kind == nodeNull {
		return nil, nil
	}
	if n.kind == nodeScalar {
		return []string{n.text}, nil
	}
	if n.kind != nodeList {
		return nil, n.errorf("%s takes a list, this is %s", what, n.kind)
	}
	var out []string
	for _, c := range n.list {
		if c.kind == nodeNull {
			out = append(out, "")
			continue
		}
		s, err := c.scalar(what)
		if err != nil {
			return nil, err
		}
		out = append(out, s)
	}
	return out, nil
}

// items returns the entries of a list section; a single entry is a list of one.
func (n *node) items() []*node {
	switch {
	case n == nil || n.kind == nodeNull:
		return nil
	case n.kind == nodeList:
		return n.list
	default:
		return []*node{n}
	}
}

// nearest returns the name that differs from s by at most two letters.
func nearest(s string, names []string) string {
	best, at := "", 3
	for _, n := range names {
		if d := distance(s, n); d < at && d < len(s) {
			best, at = n, d
		}
	}
	return best
}

// distance is the edit distance of two short words.
func distance(a, b string) int {
	if len(a) > 40 || len(b) > 40 {
		return 40
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		prev := row[0]
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := prev
			if a[i-1] != b[j-1] {
				cost++
			}
			prev, row[j] = row[j], min(cost, row[j]+1, row[j-1]+1)
		}
	}
	return row[len(b)]
}
