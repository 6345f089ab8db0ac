package e2e

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/kinde-migrate/kinde-migrate/internal/report"
)

// Each code that a problem can have is explained to people.
func TestDocsOfCodes(t *testing.T) {
	declared := regexp.MustCompile(`(?m)^\s*(?:const )?\w+ +(?:mapping\.)?Code += "([A-Z_]+)"`)
	found := 0
	forEachGoFile(t, func(path string) {
		if strings.HasSuffix(path, "_test.go") {
			return
		}
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range declared.FindAllStringSubmatch(string(data), -1) {
			found++
			if means, _ := report.Advice(m[1]); means == "" {
				t.Errorf("%s: %s is not explained in internal/report/advice.go", path, m[1])
			}
		}
	})
	if found < 30 {
		t.Errorf("%d codes were found", found)
	}
}
