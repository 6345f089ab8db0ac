package page

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/kinde-migrate/kinde-migrate/internal/report"
)

const hostile = `<script>document.body.id="owned"</script>"'><img src=x onerror="document.body.id='owned'">`

func sample(records int64) *Page {
	start := time.Date(2026, 5, 4, 9, 30, 0, 0, time.UTC)
	r := report.New("import")
	r.Version, r.RunID = "v1.0.0", "run-1"
	r.StartedAt, r.FinishedAt, r.ElapsedSeconds = start, start.Add(15*time.Minute), 900
	r.Target = report.Target{Domain: "https://acme.kinde.com", Environment: "production", Live: true}
	r.Totals = report.Totals{Records: records, Created: records - 60, Updated: 20, Skipped: 10, Rejected: 25, Failed: 5}
	r.Reconciliation = report.Reconciliation{Performed: true, Fresh: true, Matched: records - 40 - 30, Missing: 3, Different: 27, Explained: 40,
		CheckedFields: []string{"given_name", "suspended"}, NotVerifiable: []string{"password"}}
	for i := range 1000 {
		r.Reconciliation.Differences = append(r.Reconciliation.Differences, report.Difference{
			SourceID: fmt.Sprintf("auth0|%04d", i), KindeID: fmt.Sprintf("kp_%032x", i), Kind: "different", Field: "given_name", Expected: "Zoë", Actual: hostile})
	}
	r.Problems.ByCode = map[string]int64{"EMAIL_INVALID": 25, "PASSWORD_UNSUPPORTED": 4000}
	r.Problems.Items = []report.Problem{
		{File: hostile, Record: 7, Line: 8, SourceID: "auth0|secretive", Severity: "error", Code: "EMAIL_INVALID", Field: "email", Message: "ana.perez@example.com\u202Egnp is not an address"},
		{File: "users.csv", Record: 9, Line: 10, SourceID: "9", Severity: "warning", Code: "PASSWORD_UNSUPPORTED", Field: "password", Message: "argon2id can't be carried over"},
	}
	p := &Page{Report: r, Groups: []Group{{Title: "Provider", Rows: []GroupRow{{Name: hostile, Totals: r.Totals}, {Name: "google", Totals: report.Totals{Records: 5, Created: 5}}}}}}
	for i := range 900 {
		s := Second{At: start.Add(time.Duration(i) * time.Second), Requests: 110 + int64(i%9), Users: 50, Limit: 120}
		if i%200 == 0 {
			s.Throttled, s.Requests = 6, 20
		}
		if i > 500 {
			s.At = s.At.Add(10 * time.Minute)
		}
		p.Seconds = append(p.Seconds, s)
	}
	p.Runs = []Span{
		{Name: "run-0", Command: "import", Started: start, End: ""},
		{Name: "run-1", Command: "import", Started: start.Add(8 * time.Minute), Finished: start.Add(15 * time.Minute), End: "finished", Resumed: true},
	}
	return p
}

func render(t *testing.T, p *Page) string {
	t.Helper()
	html, err := p.HTML()
	if err != nil {
		t.Fatal(err)
	}
	return string(html)
}

func TestTextFromTheDataIsInert(t *testing.T) {
	html := render(t, sample(10_000))
	for _, bad := range []string{`<script>document`, `<img`, "\u202e"} {
		if strings.Contains(html, bad) {
			t.Errorf("the page holds %q unescaped", bad)
		}
	}
	if !strings.Contains(html, "⟨U&#43;202E⟩") {
		t.Error("a mark that turns the reading direction is not made visible")
	}
}

func TestPersonalDataIsMaskedUnlessAsked(t *testing.T) {
	masked := render(t, sample(10_000))
	for _, personal := range []string{"ana.perez@", "auth0|secretive", "Zoë"} {
		if strings.Contains(masked, personal) {
			t.Errorf("the masked page shows %q", personal)
		}
	}
	open := sample(10_000)
	open.ShowValues = true
	if shown := render(t, open); !strings.Contains(shown, "Zoë") {
		t.Error("--show-values does not show the values")
	}
}

func TestVerdictFollowsFromTheNumbers(t *testing.T) {
	tests := []struct {
		name string
		edit func(*report.Report)
		tone string
		want string
	}{
		{"all fine", func(r *report.Report) {
			r.Totals = report.Totals{Records: 10, Created: 10}
			r.Reconciliation = report.Reconciliation{Performed: true, Fresh: true, Matched: 10}
		}, "good", "Everyone is accounted for"},
		{"rejected with a reason", func(r *report.Report) {
			r.Totals = report.Totals{Records: 10, Created: 8, Rejected: 2}
			r.Reconciliation = report.Reconciliation{Performed: true, Fresh: true, Matched: 8, Explained: 2}
		}, "fair", "Everyone is accounted for; 2 did not arrive"},
		{"a difference", func(r *report.Report) {
			r.Totals = report.Totals{Records: 10, Created: 10}
			r.Reconciliation = report.Reconciliation{Performed: true, Matched: 9, Different: 1}
		}, "bad", "Not everyone is accounted for"},
		{"interrupted", func(r *report.Report) {
			r.Totals = report.Totals{Records: 10, Created: 4, Pending: 6}
		}, "bad", "Not finished"},
		{"read back by an earlier run", func(r *report.Report) {
			r.Totals = report.Totals{Records: 10, Unchanged: 10}
			r.Reconciliation = report.Reconciliation{Performed: true, Matched: 10}
		}, "fair", "Read back earlier, not now"},
		{"only a part was read back", func(r *report.Report) {
			r.Totals = report.Totals{Records: 10, Unchanged: 9, Updated: 1}
			r.Reconciliation = report.Reconciliation{Performed: true, Fresh: true, Matched: 1, Explained: 9}
		}, "fair", "Read back what this run wrote"},
		{"not read back", func(r *report.Report) {
			r.Totals = report.Totals{Records: 10, Created: 10}
		}, "fair", "Not read back"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := report.New("import")
			tt.edit(r)
			got := verdictOf(r)
			if got.Tone != tt.tone || !strings.HasPrefix(got.Headline, tt.want) {
				t.Errorf("verdict is %s %q, want %s %q", got.Tone, got.Headline, tt.tone, tt.want)
			}
		})
	}
}

func TestEmptyReportRenders(t *testing.T) {
	if html := render(t, &Page{Report: report.New("validate")}); !strings.Contains(html, "No records") {
		t.Error("an empty report has no headline")
	}
}

func TestLongGroupsEndInOthers(t *testing.T) {
	var g Group
	for i := range 100 {
		g.Rows = append(g.Rows, GroupRow{Name: fmt.Sprint(i), Totals: report.Totals{Records: 1, Created: 1}})
	}
	rows := topRows(g)
	if len(rows) != maxGroupRows+1 || rows[maxGroupRows].Totals.Records != 75 {
		t.Errorf("got %d rows, the last stands for %d records", len(rows), rows[len(rows)-1].Totals.Records)
	}
}
