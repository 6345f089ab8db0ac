package main

import (
	"go/parser"
	"go/token"
	"slices"
	"testing"
)

func TestMutationsOfAFile(t *testing.T) {
	const source = `package p

const limit = 1 + 1

var open = true

func f(a, b int, s string) string {
	if a < b && !open {
		a++
		g(a)
		s = s + "x"
	}
	for range b {
		continue
	}
	return s
}

func g(int) {}
`
	found, err := mutate("./p", "p.go", []byte(source))
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, m := range found {
		all = append(all, m.what)
		if _, err := parser.ParseFile(token.NewFileSet(), "p.go", m.source, 0); err != nil {
			t.Errorf("%s: %v", m.what, err)
		}
		if string(m.source) == source {
			t.Errorf("%s changed nothing", m.what)
		}
	}
	want := []string{
		"true becomes false",
		"never: if a < b && !open",
		"always: if a < b && !open",
		"&& becomes || in a < b && !open",
		"< becomes <= in a < b",
		"no longer negated: !open",
		"left out: a++",
		"left out: g(a)",
		`left out: s = s + "x"`,
		"continue becomes break",
	}
	if !slices.Equal(all, want) {
		t.Errorf("mutations\n%q\nwant\n%q", all, want)
	}
}
