package mapping

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
)

// TestRefusals puts each part of a mapping with every key of the language wrong,
// one after the other, and compares what is refused, where and with which words,
// with testdata/refusals/want.txt. A line that appears, changes or is gone is a
// mistake in a mapping file that is now taken differently.
func TestRefusals(t *testing.T) {
	const dir = "testdata/refusals/"
	src, err := os.ReadFile(dir + "mapping.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Load("every.yaml", src); err != nil {
		t.Fatal(err)
	}
	root, err := parseYAML("every.yaml", src)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range sectionNames {
		if root.get(name) == nil && name != "extends" && name != "add" {
			t.Errorf("the mapping has no section %s", name)
		}
	}
	var have bytes.Buffer
	for i, k := range root.keys {
		part := root.part(k.text)
		if refusal(part, root, src) != "" {
			part = root.part(k.text, "tables")
		}
		spoil(k.text, root.vals[i], func(what string, spoilt *node) {
			if why := refusal(part, spoilt, src); why != "" {
				fmt.Fprintf(&have, "%s: %s\n", what, why)
			}
		})
	}
	if *update {
		if err := os.WriteFile(dir+"want.txt", have.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(dir + "want.txt")
	if err != nil {
		t.Fatal(err)
	}
	got, expected := strings.Split(have.String(), "\n"), strings.Split(string(want), "\n")
	for _, line := range got {
		if !slices.Contains(expected, line) {
			t.Errorf("new:  %s", line)
		}
	}
	for _, line := range expected {
		if !slices.Contains(got, line) {
			t.Errorf("gone: %s", line)
		}
	}
}

type wrong struct {
	name string
	node node
}

// part is a mapping with some sections of another.
func (n *node) part(names ...string) *node {
	out := &node{kind: nodeMap, tok: n.tok, file: n.file}
	for i, k := range n.keys {
		if slices.Contains(names, k.text) {
			out.keys, out.vals = append(out.keys, k), append(out.vals, n.vals[i])
		}
	}
	return out
}

// spoil calls visit with at and each part of it put wrong in every way.
func spoil(path string, at *node, visit func(what string, spoilt *node)) {
	good := *at
	for _, wrong := range wrongs(at) {
		wrong.node.tok, wrong.node.file = good.tok, good.file
		*at = wrong.node
		visit(path+" "+wrong.name, &good)
	}
	*at = good
	for i, k := range at.keys {
		spoil(path+"."+k.text, at.vals[i], visit)
	}
	for i, item := range at.list {
		spoil(fmt.Sprintf("%s[%d]", path, i), item, visit)
	}
}

// wrongs are the ways in which a part of a mapping file is put wrong.
func wrongs(at *node) []wrong {
	word := func(text string) *node { return &node{kind: nodeScalar, text: text, tok: at.tok} }
	strange := nodeKey{text: "strange", tok: at.tok}
	all := []wrong{
		{"as nothing", node{}},
		{"as ([", *word("([")},
		{"as a list", node{kind: nodeList, list: []*node{{kind: nodeList, list: []*node{word("x"), word("y")}, tok: at.tok}}}},
	}
	if at.kind != nodeMap {
		return append(all, wrong{"as a map", node{kind: nodeMap, keys: []nodeKey{strange}, vals: []*node{word("x")}}})
	}
	for i, k := range at.keys {
		less := *at
		less.keys, less.vals = slices.Delete(slices.Clone(at.keys), i, i+1), slices.Delete(slices.Clone(at.vals), i, i+1)
		all = append(all, wrong{"without " + k.text, less})
	}
	more := *at
	more.keys, more.vals = append(slices.Clone(at.keys), strange), append(slices.Clone(at.vals), word("x"))
	return append(all, wrong{"with strange", more})
}

// refusal tells why a mapping is refused, and the place when it is not the part that was spoilt.
func refusal(root, spoilt *node, src []byte) string {
	s, err := rootSections(root, presetText, 0)
	if err == nil {
		_, err = compile(s)
	}
	var at *FileError
	switch {
	case err == nil:
		return ""
	case !errors.As(err, &at):
		return err.Error()
	}
	message, _, _ := strings.Cut(at.Message, "\n")
	if at.Line == spoilt.tok.Position.Line && at.Column == spoilt.tok.Position.Column {
		return message
	}
	line := strings.Split(string(src), "\n")[at.Line-1][at.Column-1:]
	return message + " @ " + line[:min(24, len(line))]
}
