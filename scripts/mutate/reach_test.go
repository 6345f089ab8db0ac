package main

import "testing"

// A line's tests are those that ran one of its blocks, each once; a line that belongs to
// no block is everybody's.
func TestReach(t *testing.T) {
	r, found := &reach{}, map[string]int{}
	for _, x := range []struct{ test, profile string }{
		{"TestA", "mode: set\nexample.com/p/a.go:3.10,5.2 2 1\nexample.com/p/a.go:5.2,9.3 1 0\nexample.com/p/b.go:3.1,4.2 1 0\n"},
		{"TestB", "mode: set\nexample.com/p/a.go:3.10,5.2 2 1\nexample.com/p/a.go:5.2,9.3 1 1\nexample.com/p/b.go:3.1,4.2 1 0\n"},
	} {
		if err := r.add(x.test, []byte(x.profile), found); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		file    string
		line    int
		pattern string
		reached bool
	}{
		{"dir/a.go", 4, "^(TestA|TestB)$", true},
		{"dir/a.go", 5, "^(TestA|TestB)$", true}, // where two blocks meet
		{"dir/a.go", 7, "^(TestB)$", true},
		{"dir/a.go", 1, ".", true},
		{"dir/b.go", 3, "^()$", false},
		{"dir/c.go", 3, ".", true},
	} {
		if pattern, reached := r.tests(c.file, c.line); pattern != c.pattern || reached != c.reached {
			t.Errorf("%s:%d: %q, %v", c.file, c.line, pattern, reached)
		}
	}
	if err := r.add("TestC", []byte("example.com/p/a.go:x 1 1\n"), found); err == nil {
		t.Error("a profile that can't be read passes")
	}
}
