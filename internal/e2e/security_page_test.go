package e2e

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestSecurityPageNamesItsTests: each claim of docs/security.md names the tests
// that hold it, and each of them exists.
func TestSecurityPageNamesItsTests(t *testing.T) {
	exists := map[string]bool{}
	declared := regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)\w+)\(`)
	err := filepath.WalkDir(".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		text, err := os.ReadFile(path)
		for _, m := range declared.FindAllStringSubmatch(string(text), -1) {
			exists[m[1]] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile(filepath.Join("docs", "security.md"))
	if err != nil {
		t.Fatal(err)
	}
	claims, _, _ := strings.Cut(string(page), "## What is left to you")
	_, claims, _ = strings.Cut(claims, "\n## ")
	for _, block := range strings.Split(claims, "\n\n") {
		for i, claim := range strings.Split("\n"+block, "\n- ") {
			claim = strings.TrimSpace(claim)
			heading := !strings.Contains(claim, "\n") && (strings.HasPrefix(claim, "## ") || claim == "What is stored where")
			if claim == "" || heading || i == 0 && strings.HasSuffix(claim, ":") {
				continue
			}
			_, names, named := strings.Cut(claim, "<!-- held by ")
			if !named {
				t.Errorf("no test is named for: %.60s", claim)
				continue
			}
			for _, name := range strings.Split(strings.TrimSuffix(names, " -->"), ", ") {
				if !exists[name] {
					t.Errorf("%.40s: the test %q does not exist", claim, name)
				}
			}
		}
	}
}
