package page

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kinde-migrate/kinde-migrate/internal/report"
	_ "github.com/kinde-migrate/kinde-migrate/internal/testenv"
)

const hostile = `<script>document.body.id="owned"</script>"'><img src=x onerror="document.body.id='owned'">`

func sample(records int64) *Page {
	start := time.Date(2026, 5, 4, 9, 30, 0, 0, time.UTC)
	r := report.New("import")
	r.Version, r.RunID = "v1.0.0", "run-1"
	r.StartedAt, r.FinishedAt, r.ElapsedSeconds = start, start.Add(15*time.Minute), 900
	r.Target = report.Target{Domain: "https://acme.kinde.com", Environment: "production", Live: true}
	r.Totals = report.Totals{Records: records, Created: records - 60, Updated: 20, Skipped: 10, Rejected: 25, Failed: 5}
	r.Reconciliation = report.Reconciliation{
		Performed:     true,
		Fresh:         true,
		Matched:       records - 40 - 30,
		Missing:       3,
		Different:     27,
		Explained:     40,
		CheckedFields: []string{"given_name", "suspended"},
		NotVerifiable: []string{"password"},
	}
	for i := range 1000 {
		r.Reconciliation.Differences = append(r.Reconciliation.Differences, report.Difference{
			SourceID: fmt.Sprintf(
				"auth0|%04d",
				i,
			), KindeID: fmt.Sprintf("kp_%032x", i), Kind: "different", Field: "given_name", Expected: "Zoë", Actual: hostile})
	}
	r.Problems.ByCode = map[string]int64{"EMAIL_INVALID": 25, "PASSWORD_UNSUPPORTED": 4000}
	r.Problems.Items = []report.Problem{
		{
			File:     hostile,
			Record:   7,
			Line:     8,
			SourceID: "auth0|secretive",
			Severity: "error",
			Code:     "EMAIL_INVALID",
			Field:    "email",
			Message:  "ana.perez@example.com\u202Egnp is not an address",
		},
		{
			File:     "users.csv",
			Record:   9,
			Line:     10,
			SourceID: "9",
			Severity: "warning",
			Code:     "PASSWORD_UNSUPPORTED",
			Field:    "password",
			Message:  "argon2id can't be carried over",
		},
	}
	p := &Page{
		Report: r,
		Groups: []Group{
			{
				Title: "Provider",
				Rows:  []GroupRow{{Name: hostile, Totals: r.Totals}, {Name: "google", Totals: report.Totals{Records: 5, Created: 5}}},
			},
		},
	}
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
		{
			Name:     "run-1",
			Command:  "import",
			Started:  start.Add(8 * time.Minute),
			Finished: start.Add(15 * time.Minute),
			End:      "finished",
			Resumed:  true,
		},
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

func TestWhoMustAct(t *testing.T) {
	p := sample(10_000)
	p.Report.Files = []string{"rejects.csv"}
	p.Report.SignIn = report.SignIn{SamePassword: 5000, NewPassword: 1, Code: 40, None: 2, MFALost: 7}
	want := []duty{
		{operator, "5 records failed. Run the same command with --retry-failed.", "outcomes.csv", "now"},
		{
			operator,
			"30 differences between source and tenant are unexplained. See them below; reconcile --fix corrects what it can.",
			"report.json",
			"before the cut-over",
		},
		{keeper, "25 records can't be imported. Correct them, then import the corrected file.", "rejects.csv", "before the cut-over"},
		{
			keeper,
			"2 people can't sign in at all. Add an e-mail address, a phone number or a username for each.",
			"outcomes.csv",
			"before the cut-over",
		},
		{support, "One person has to choose a new password. Tell them beforehand.", "outcomes.csv", "before the cut-over"},
		{
			support,
			"40 people sign in with a code that comes by e-mail or text message. Tell them beforehand.",
			"outcomes.csv",
			"before the cut-over",
		},
		{support, "7 people have to set up the second factor again.", "outcomes.csv", "at the cut-over"},
	}
	if got := p.duties(); !slices.Equal(got, want) {
		t.Errorf("duties are\n%q\nwant\n%q", got, want)
	}
	html := render(t, p)
	if who, totals := strings.Index(html, `id="duties"`), strings.Index(html, `id="totals"`); who < 0 || who > totals {
		t.Error("who must act does not come first")
	}
	if !strings.Contains(html, count(5043)+" people in all, each counted once. 7 of them must set up a second factor again.") {
		t.Error("the ways to sign in do not add up for the reader")
	}

	p.Report = report.New("import")
	p.Report.Totals = report.Totals{Records: 3, Created: 3}
	p.Report.Reconciliation = report.Reconciliation{Performed: true, Fresh: true, Matched: 3}
	p.Report.SignIn.SamePassword = 3
	if got := p.duties(); got != nil {
		t.Errorf("nobody has to act, the page says %q", got)
	}
}

func TestARehearsalIsMarkedAsOne(t *testing.T) {
	p := sample(10)
	const mark = "rehearsal on a local tenant"
	if strings.Contains(render(t, p), mark) {
		t.Error("a live tenant is called a rehearsal")
	}
	p.Report.Target = report.TargetAt("http://127.0.0.1:8080", "Sandbox", false)
	if !strings.Contains(render(t, p), mark) {
		t.Error("a local tenant is not called a rehearsal")
	}
}

func TestGroupsHaveNamesThatPeopleKnow(t *testing.T) {
	for _, tt := range []struct{ title, name, want string }{
		{"Connection", "oauth2:google", "Google"}, {"Provider", "google-oauth2", "Google"}, {"Provider", "acme-crm", "acme-crm"},
		{"First sign-in", "new_password", "new password"}, {"Organization", "google", "google"},
	} {
		if got := groupWords(tt.title, tt.name); got != tt.want {
			t.Errorf("%s %q is called %q, want %q", tt.title, tt.name, got, tt.want)
		}
	}
}
