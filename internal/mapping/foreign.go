package mapping

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/goccy/go-yaml/token"
)

// foreignSection is a part of a mapping file that others understand.
type foreignSection struct {
	name string
	json []byte
}

// Section decodes a part of the mapping that this package doesn't understand,
// such as sql, into a struct; false when the mapping has none. A key that the
// struct lacks is an error.
func (m *Mapping) Section(name string, into any) (bool, error) {
	for _, s := range m.foreign {
		if s.name != name {
			continue
		}
		d := json.NewDecoder(bytes.NewReader(s.json))
		d.DisallowUnknownFields()
		if err := d.Decode(into); err != nil {
			return true, fmt.Errorf("the section %s of the mapping %s: %w", name, m.name, err)
		}
		return true, nil
	}
	return false, nil
}

// json writes a node as JSON. What YAML takes for a number or a truth value
// stays one, what stands in quotes is text.
func (n *node) json() []byte {
	switch n.kind {
	case nodeNull:
		return []byte("null")
	case nodeList:
		out := []byte{'['}
		for i, c := range n.list {
			if i > 0 {
				out = append(out, ',')
			}
			out = append(out, c.json()...)
		}
		return append(out, ']')
	case nodeMap:
		out := []byte{'{'}
		for i, k := range n.keys {
			if i > 0 {
				out = append(out, ',')
			}
			out = append(append(append(out, quoted(k.text)...), ':'), n.vals[i].json()...)
		}
		return append(out, '}')
	}
	if n.tok != nil && (n.tok.Type == token.BoolType || n.tok.Type == token.IntegerType || n.tok.Type == token.FloatType) &&
		json.Valid([]byte(n.text)) {
		return []byte(n.text)
	}
	return quoted(n.text)
}

func quoted(text string) []byte {
	out, _ := json.Marshal(text)
	return out
}
