package page

import (
	"strings"
	"testing"

	"github.com/kinde-migrate/kinde-migrate/internal/mapping"
	"github.com/kinde-migrate/kinde-migrate/internal/report"
)

// What is said of the source as a whole stands on the page, and harms nobody there.
func TestNoticesAndSumsAreShown(t *testing.T) {
	p := sample(1000)
	s := &p.Report.Source
	s.Notices = []mapping.Notice{
		{Kind: "missing", What: "accounts", Message: "No accounts: 2 records should have some, none has.", Try: "Export the table account."},
		{Kind: "passed", What: hostile, Message: hostile},
	}
	s.FieldSums = report.FieldSums{Used: 12, Ignored: 3, LeftBehind: 2, NotRead: 1}
	s.Fields = []report.SourceField{{Path: "email", Filled: 9, Fate: "used"}, {Path: "/groups" + hostile, Filled: 2, Fate: "not_read"}}
	s.Joins = []report.Join{{Role: "identities", Path: "account.csv", Rows: 41, Joined: 37, JoinedNobody: 4, Malformed: 2, UsersWithout: 7}}
	html := render(t, p)
	for _, want := range []string{"<td>Missing</td>", "No accounts: 2 records should have some", "Export the table account.",
		"<td>Passed over</td>",
		"<b>12</b><span>read</span>", "<b>1</b><span>not read</span>", "/groups", "identities: account.csv",
		`<td class="n">41</td><td class="n">37</td><td class="n">4</td><td class="n">2</td><td class="n">7</td>`} {
		if !strings.Contains(html, want) {
			t.Errorf("%q is not on the page", want)
		}
	}
	if strings.Contains(html, "<img") {
		t.Error("a text from the data is live")
	}
	if html := render(t, sample(1000)); strings.Contains(html, "About the source") || strings.Contains(html, "What happens to its fields") {
		t.Error("empty sections are shown")
	}
}
