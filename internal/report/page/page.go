// Package page renders a report as one HTML file for people: an engineer, an
// auditor and a manager. It shows aggregates and the first examples of each
// group, masks personal data unless told otherwise, and never reads a
// checkpoint, a source or the tenant.
package page

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"slices"
	"strings"
	"time"

	"github.com/kinde-migrate/kinde-migrate/internal/report"
)

//go:embed report.html.tmpl
var pageTemplate string

//go:embed report.css
var pageStyle string

//go:embed report.js
var pageScript string

// Page is what report.html shows beside the Report: groups of records, the run
// over time, and the processes that worked on it. All of it is aggregates, so
// that the page of a million records is as small as that of a thousand.
type Page struct {
	Report *report.Report
	// ShowValues leaves personal data as it is; otherwise it is masked.
	ShowValues bool
	// Live makes the page fetch itself again every two seconds, for the dashboard.
	Live bool

	Groups  []Group
	Seconds []Second // one a second, in order; drawn in at most maxPoints points
	Runs    []Span
}

// Group counts outcomes by one property of the records: provider, connection,
// hash encoding, organization.
type Group struct {
	Title string
	Rows  []GroupRow
}

// GroupRow is one value of the property.
type GroupRow struct {
	Name   string
	Totals report.Totals
	// Share is the records in percent of the biggest row; set when drawn.
	Share float64
}

// Second is one second of the run.
type Second struct {
	At        time.Time
	Requests  int64
	Throttled int64
	Users     int64
	Limit     float64 // requests per second that the tenant is believed to allow, 0: unknown
}

// Span is one process that worked on the job.
type Span struct {
	Name     string
	Command  string
	Started  time.Time
	Finished time.Time // zero: was killed, or still runs
	End      string
	Resumed  bool
}

// maxGroupRows bounds the rows of one group; the rest is one row "others".
const maxGroupRows = 25

// HTML renders the page as one file without references: no network, no font,
// no image. A content security policy allows the page's own script alone.
func (p *Page) HTML() ([]byte, error) {
	digest := sha256.Sum256([]byte(pageScript))
	view := pageView{
		Page:   p,
		Style:  template.CSS(pageStyle),
		Script: template.JS(pageScript),
		Policy: "default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-" + base64.StdEncoding.EncodeToString(
			digest[:],
		) + "'; base-uri 'none'; form-action 'none'",
		Verdict:  p.verdict(),
		Bar:      label(p.Report.Command, segments(p.Report.Totals)),
		Chart:    drawChart(p.Seconds),
		Timeline: drawTimeline(p.Runs, p.Report.FinishedAt),
		Problems: groupProblems(p.Report.Problems),
		Duties:   p.duties(),
	}
	if p.Live {
		view.Policy += "; connect-src 'self'"
	}
	mask := mask{show: p.ShowValues}
	tmpl, err := template.New("report").Funcs(template.FuncMap{
		"value":   mask.value,
		"text":    mask.text,
		"visible": visible,
		"count":   count,
		"when":    func(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05 UTC") },
		"seconds": spell,
		"percent": percent,
		"rows":    topRows,
		"bar":     segments,
		"words":   func(s string) string { return strings.ReplaceAll(s, "_", " ") },
		"stepNames": func() []string {
			return report.StepNames[:]
		},
		"methods":    sortedCounts,
		"ways":       waysToSignIn,
		"arriving":   arriving,
		"instead":    (*report.Report).Accepted,
		"noticeKind": report.NoticeLabel,
		"unread":     unread,
		"hasSteps":   hasSteps,
	}).Parse(pageTemplate)
	if err != nil {
		return nil, fmt.Errorf("reading the template of the report page: %w", err)
	}
	var out bytes.Buffer
	if err := tmpl.Execute(&out, view); err != nil {
		return nil, fmt.Errorf("rendering the report page: %w", err)
	}
	return out.Bytes(), nil
}

type pageView struct {
	*Page
	Style    template.CSS
	Script   template.JS
	Policy   string
	Verdict  verdict
	Bar      []segment
	Chart    *chart
	Timeline *timeline
	Problems []problemGroup
	Duties   []duty
}

// verdict is the headline: one sentence that answers the question, one that
// says what it rests on.
type verdict struct {
	Tone     string // good, fair, bad
	Headline string
	Detail   string
}

func verdictOf(r *report.Report) verdict {
	t, rec := r.Totals, r.Reconciliation
	away := t.Rejected + t.Failed
	unexplained := rec.Missing + rec.Different + rec.Unexpected
	switch {
	case t.Records == 0:
		return verdict{"fair", "No records", "The source contains no records."}
	case r.DryRun:
		return verdict{"fair", "A rehearsal: nothing was written", awayOrFine(t, "would not arrive")}
	case r.Command == "validate":
		if away == 0 {
			return verdict{"good", "Every record can be imported", count(t.Records) + " records read, none rejected. Nothing was sent."}
		}
		return verdict{
			"fair",
			count(away) + " of " + count(t.Records) + " records would be rejected",
			"outcomes.csv lists each with its reason. Nothing was sent.",
		}
	case unexplained > 0:
		return verdict{"bad", "Not everyone is accounted for",
			fmt.Sprintf(
				"%s missing, %s different, %s unexpected. %s below with their fields.",
				count(rec.Missing),
				count(rec.Different),
				count(rec.Unexpected),
				listed(rec),
			)}
	case t.Pending > 0:
		return verdict{
			"bad",
			"Not finished: " + count(t.Pending) + " records are still to be done",
			"Run the same command again; it continues where it stopped.",
		}
	case !rec.Performed:
		return verdict{"fair", "Not read back", "The tenant was not compared with the source. " + awayOrFine(t, "did not arrive")}
	case !rec.Fresh:
		return verdict{"fair", "Read back earlier, not now", r.Proof()}
	case away > 0:
		return verdict{
			"fair",
			"Everyone is accounted for; " + count(away) + " did not arrive",
			count(rec.Matched) + " match the source. outcomes.csv lists each of the others with its reason.",
		}
	case rec.Matched < t.Records && r.Command != "reconcile":
		return verdict{"fair", "Read back what this run wrote", r.Proof()}
	default:
		said := "All " + count(t.Records) + " records match the source, field by field."
		if rec.Matched < t.Records {
			said = count(rec.Matched) + " of " + count(t.Records) + " records match the source, field by field; the others are explained."
		}
		return verdict{"good", "Everyone is accounted for", said}
	}
}

// listed says how many of the differences the page shows.
func listed(rec report.Reconciliation) string {
	if rec.Truncated {
		return "The first " + count(int64(len(rec.Differences))) + " are listed"
	}
	return "They are listed"
}

func awayOrFine(t report.Totals, verb string) string {
	if n := t.Rejected + t.Failed; n > 0 {
		return fmt.Sprintf("%s of %s records %s.", count(n), count(t.Records), verb)
	}
	return fmt.Sprintf("All %s records are fine.", count(t.Records))
}

// segment is one class in a stacked bar.
type segment struct {
	Class   string
	Label   string
	Count   int64
	Percent float64
	Offset  float64
}

func segments(t report.Totals) []segment {
	all := sum(t)
	if all == 0 {
		return nil
	}
	var out []segment
	offset := 0.0
	for _, s := range []segment{
		{Class: "created", Count: t.Created}, {Class: "updated", Count: t.Updated}, {Class: "unchanged", Count: t.Unchanged},
		{Class: "skipped", Count: t.Skipped}, {Class: "pending", Count: t.Pending}, {Class: "deleted", Count: t.Deleted},
		{Class: "rejected", Count: t.Rejected}, {Class: "failed", Count: t.Failed},
	} {
		if s.Count == 0 {
			continue
		}
		s.Percent = float64(s.Count) / float64(all) * 100
		s.Offset = offset
		offset += s.Percent
		out = append(out, s)
	}
	return out
}

// problemGroup is all problems with one code.
type problemGroup struct {
	Code, Severity string
	Count          int64
	Means, Advice  string
	Examples       []report.Problem
}

// More is how many there are besides the examples.
func (g problemGroup) More() int64 { return max(0, g.Count-int64(len(g.Examples))) }

const examplesPerCode = 5

func newGroup(code string, n int64) *problemGroup {
	means, do := report.Advice(code)
	return &problemGroup{Code: code, Count: n, Means: means, Advice: do}
}

func groupProblems(p report.Problems) []problemGroup {
	byCode := map[string]*problemGroup{}
	for code, n := range p.ByCode {
		byCode[code] = newGroup(code, n)
	}
	for _, item := range p.Items {
		g := byCode[item.Code]
		if g == nil {
			g = newGroup(item.Code, 0)
			byCode[item.Code] = g
		}
		if g.Severity != "error" {
			g.Severity = item.Severity
		}
		if len(g.Examples) < examplesPerCode {
			g.Examples = append(g.Examples, item)
		}
	}
	out := make([]problemGroup, 0, len(byCode))
	for _, g := range byCode {
		out = append(out, *g)
	}
	slices.SortFunc(out, func(a, b problemGroup) int {
		if (a.Severity == "error") != (b.Severity == "error") {
			if a.Severity == "error" {
				return -1
			}
			return 1
		}
		if a.Count != b.Count {
			return int(b.Count - a.Count)
		}
		return strings.Compare(a.Code, b.Code)
	})
	return out
}

func topRows(g Group) []GroupRow {
	rows := slices.Clone(g.Rows)
	slices.SortStableFunc(rows, func(a, b GroupRow) int { return int(sum(b.Totals) - sum(a.Totals)) })
	for i := range rows {
		rows[i].Share = max(1, float64(sum(rows[i].Totals))/float64(max(1, sum(rows[0].Totals)))*100)
	}
	if len(rows) <= maxGroupRows {
		return rows
	}
	rest := GroupRow{Name: fmt.Sprintf("%s others", count(int64(len(rows)-maxGroupRows)))}
	for _, r := range rows[maxGroupRows:] {
		rest.Totals = plus(rest.Totals, r.Totals)
	}
	rest.Share = min(100, float64(sum(rest.Totals))/float64(max(1, sum(rows[0].Totals)))*100)
	return append(rows[:maxGroupRows:maxGroupRows], rest)
}

func sum(t report.Totals) int64 {
	return t.Created + t.Updated + t.Unchanged + t.Skipped + t.Rejected + t.Failed + t.Pending + t.Deleted
}

func plus(t, o report.Totals) report.Totals {
	return report.Totals{
		Records: t.Records + o.Records, Created: t.Created + o.Created, Updated: t.Updated + o.Updated,
		Unchanged: t.Unchanged + o.Unchanged, Skipped: t.Skipped + o.Skipped, Rejected: t.Rejected + o.Rejected,
		Failed: t.Failed + o.Failed, Pending: t.Pending + o.Pending, Deleted: t.Deleted + o.Deleted,
	}
}
