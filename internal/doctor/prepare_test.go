package doctor

import (
	"os"
	"strings"
	"testing"
)

// TestPreparePageNamesTheScopes holds the table of docs/prepare.md against the
// scopes that doctor asks for.
func TestPreparePageNamesTheScopes(t *testing.T) {
	page, err := os.ReadFile("../../docs/prepare.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(page), "<!-- scopes: begin -->")
	table, _, _ := strings.Cut(rest, "<!-- scopes: end -->")
	missing := map[string]bool{}
	for _, command := range Commands() {
		missing[command] = true
	}
	for line := range strings.Lines(table) {
		cells := strings.Split(strings.TrimSpace(line), "|")
		if len(cells) != 5 {
			continue
		}
		command := strings.Trim(cells[2], " `")
		if !missing[command] {
			continue // the heading
		}
		delete(missing, command)
		if want := "`" + strings.Join(Scopes(command), "` `") + "`"; strings.TrimSpace(cells[3]) != want {
			t.Errorf("%s: the page says\n%s\nand doctor asks for\n%s", command, strings.TrimSpace(cells[3]), want)
		}
	}
	for command := range missing {
		t.Errorf("the page lacks --for %s", command)
	}
}
