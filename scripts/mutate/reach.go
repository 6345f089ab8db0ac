package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// A reach tells which tests of a package run which of its lines. A test that never
// comes to a line can't notice what happens there, and isn't run for it.
type reach struct {
	blocks []block
}

// A block is a run of lines that are executed together.
type block struct {
	file        string // its base name
	first, last int
	tests       []string // who executes it
}

// reachOf runs each test of a package by itself and reads what it covered.
func reachOf(ctx context.Context, pkg string) (*reach, error) {
	dir, err := os.MkdirTemp("", "mutate")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	binary, profile := filepath.Join(dir, "covered.test"), filepath.Join(dir, "profile")
	if out, err := goCommand(ctx, "test", "-c", "-cover", "-covermode=set", "-vet=off", "-o", binary, pkg); err != nil {
		return nil, fmt.Errorf("building the tests of %s: %w\n%s", pkg, err, out)
	}
	in := func(args ...string) ([]byte, error) {
		cmd := exec.CommandContext(ctx, binary, args...)
		cmd.Dir = pkg
		return cmd.CombinedOutput()
	}
	list, err := in("-test.list=.")
	if err != nil {
		return nil, fmt.Errorf("listing the tests of %s: %w\n%s", pkg, err, list)
	}
	r, found := &reach{}, map[string]int{}
	for _, test := range strings.Fields(string(list)) {
		if out, err := in("-test.run=^"+test+"$", "-test.coverprofile="+profile); err != nil {
			return nil, fmt.Errorf("%s of %s fails without any mutation: %w\n%s", test, pkg, err, out)
		}
		covered, err := os.ReadFile(profile)
		if err != nil {
			return nil, err
		}
		if err := r.add(test, covered, found); err != nil {
			return nil, fmt.Errorf("what %s of %s covers: %w", test, pkg, err)
		}
	}
	return r, nil
}

// add reads a profile as go test -coverprofile writes it: "path/file.go:12.3,14.5 2 1"
// is a block of two statements which was run. found is where a block stands.
func (r *reach) add(test string, profile []byte, found map[string]int) error {
	lines := bufio.NewScanner(bytes.NewReader(profile))
	for lines.Scan() {
		place, counts, ok := strings.Cut(lines.Text(), " ")
		if !ok || strings.HasPrefix(place, "mode:") {
			continue
		}
		at, known := found[place]
		if !known {
			name, span, _ := strings.Cut(filepath.Base(place), ":")
			var b block
			var ignored int
			if _, err := fmt.Sscanf(span, "%d.%d,%d.%d", &b.first, &ignored, &b.last, &ignored); err != nil {
				return fmt.Errorf("%q: %w", place, err)
			}
			b.file, at = name, len(r.blocks)
			found[place] = at
			r.blocks = append(r.blocks, b)
		}
		if !strings.HasSuffix(counts, " 0") {
			r.blocks[at].tests = append(r.blocks[at].tests, test)
		}
	}
	return lines.Err()
}

// tests gives the pattern of the tests that come to a line. reached is false when none
// does; a line outside of every block belongs to a variable, and to all tests.
func (r *reach) tests(file string, line int) (pattern string, reached bool) {
	var names []string
	inside, seen := false, map[string]bool{}
	for _, b := range r.blocks {
		if b.file != filepath.Base(file) || line < b.first || line > b.last {
			continue
		}
		inside = true
		for _, test := range b.tests {
			if !seen[test] {
				seen[test] = true
				names = append(names, test)
			}
		}
	}
	if !inside {
		return ".", true
	}
	return "^(" + strings.Join(names, "|") + ")$", len(names) > 0
}
