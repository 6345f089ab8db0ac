package e2e

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// TestCutoverIsTested asserts that every command of docs/cutover.md is run by
// testdata/script/cutover.txtar, in the same order.
func TestCutoverIsTested(t *testing.T) {
	doc, err := os.ReadFile("docs/cutover.md")
	if err != nil {
		t.Fatal(err)
	}
	script, err := os.ReadFile("testdata/script/cutover.txtar")
	if err != nil {
		t.Fatal(err)
	}
	rest := string(script)
	blocks := regexp.MustCompile("(?s)```sh\n(.*?)```").FindAllStringSubmatch(string(doc), -1)
	if len(blocks) < 15 {
		t.Errorf("the recipe has only %d steps", len(blocks))
	}
	for _, block := range blocks {
		for line := range strings.Lines(block[1]) {
			_, after, found := strings.Cut(rest, " "+line)
			if !found {
				t.Fatalf("docs/cutover.md has a command that the script does not run there: %s", line)
			}
			rest = after
		}
	}
}
