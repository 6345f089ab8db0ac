package report

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/kinde-migrate/kinde-migrate/internal/ui"
)

// Guide is what a summary tells besides the report: where things lie, and how to go on.
type Guide struct {
	Width  int      // columns; 80 when 0
	Tables int      // columns of tables; any number when 0
	Folder string   // where the reports lie, "" when none were written
	Holds  bool     // the folder holds pieces of the source, hashes included
	Next   []string // what to do next: sentences, each followed by a command when it ends with a colon
}

// WriteText writes the summary for people.
func (r *Report) WriteText(w io.Writer, g Guide) error {
	t := &text{width: g.Width, tables: g.Tables}
	if t.width <= 0 {
		t.width = 80
	}
	t.line("%s", ui.Wrap(r.headline(), t.width, 0))
	t.line("")
	r.writeWhere(t)
	r.writeTotals(t)
	if r.Command == "validate" {
		t.notices(r.Source.Notices)
	} else {
		t.notices(r.questions())
	}
	r.writeSignIn(t)
	r.writeSteps(t)
	r.writeReadBack(t)
	t.accounted(&r.Source)
	r.writeProblems(t)
	r.writeAPI(t)
	t.guide(g)
	_, err := w.Write(t.b.Bytes())
	return err
}

// bulk tells whether the job did one thing to users of the tenant, and had no source.
func (r *Report) bulk() bool { return strings.HasPrefix(r.Command, "users ") }

// text collects the lines of a summary.
type text struct {
	b      bytes.Buffer
	width  int
	tables int // columns that a table may take; 0 any
}

// pageFile is the page for people in the folder of the reports.
const pageFile = "report.html"

// labelWidth is the column where values begin.
const labelWidth = 14

func (t *text) line(format string, args ...any) {
	fmt.Fprintln(&t.b, strings.TrimRight(fmt.Sprintf(format, args...), " "))
}

// field writes a label and a value that may need several lines.
func (t *text) field(label, value string) {
	wrapped := ui.Wrap(ui.Inert(value), t.width, labelWidth)
	fmt.Fprintf(&t.b, "%-*s%s\n", labelWidth, label, strings.TrimLeft(wrapped, " "))
}

// counts writes aligned numbers under a heading.
func (t *text) counts(heading string, rows []count) {
	rows = slices.DeleteFunc(rows, func(c count) bool { return c.n == 0 })
	if len(rows) == 0 {
		return
	}
	wide := 1
	for _, c := range rows {
		wide = max(wide, len(ui.Number(c.n)))
	}
	t.line("")
	t.line("%s", heading)
	for _, c := range rows {
		t.line("  %*s  %s", max(wide, 6), ui.Number(c.n), c.what)
	}
}

type count struct {
	n    int64
	what string
}

// headline says in one sentence how it ended.
func (r *Report) headline() string {
	t, c := r.Totals, r.Reconciliation
	what := map[string]string{
		"import": "Import", "validate": "Validation", "reconcile": "Reconciliation", "rollback": "Rollback", "restore": "Restore",
	}[r.Command]
	if what == "" {
		what = strings.ToUpper(r.Command[:min(1, len(r.Command))]) + r.Command[min(1, len(r.Command)):]
	}
	bad := t.Rejected + t.Failed
	unexplained := c.Missing + c.Different + c.Unexpected
	switch {
	case r.Interrupted && r.Command == "rollback":
		return fmt.Sprintf("%s stopped before it was finished: %s deleted.", what, of(t.Deleted, t.Records, "record"))
	case r.Interrupted:
		return fmt.Sprintf("%s stopped before it was finished: %s of %s still to be done.", what, ui.Number(t.Pending), are(t.Records, "record"))
	case r.Stopped != "":
		return fmt.Sprintf("%s stopped before it was finished: %s.", what, r.Stopped)
	case c.Performed && unexplained > 0:
		when := ""
		if !c.Fresh {
			when = " " + r.lastLook()
		}
		return fmt.Sprintf("%s finished, but %s found in the tenant%s can't be explained.", what, ui.Count(unexplained, "difference"), when)
	case r.empty():
		return "The source holds no records, so there is nothing to do."
	case r.Command == "validate" && bad == 0:
		return "The file is ready to import: nothing would be rejected."
	case r.Command == "validate":
		return fmt.Sprintf("%s would be rejected; the other %s are ready.", ui.Count(t.Rejected, "record"), ui.Number(t.Records-t.Rejected))
	case r.Command == "rollback" && r.DryRun:
		return "Dry run finished: nothing was written."
	case r.Command == "rollback" && t.Failed == 0:
		return "Rollback finished." // what was rejected, the import rejected
	case r.DryRun && bad == 0:
		return "Dry run finished: nothing was written, and nothing would be rejected."
	case r.DryRun:
		return fmt.Sprintf("Dry run finished: nothing was written, and %s would be rejected.", ui.Count(bad, "record"))
	case bad > 0 && r.bulk():
		return fmt.Sprintf("%s finished: %s rejected or failed.", what, were(bad, "record"))
	case bad > 0:
		return strings.TrimSpace(fmt.Sprintf("%s finished: %s rejected or failed. %s", what, were(bad, "record"), r.Proof()))
	default:
		return strings.TrimSpace(what + " finished. " + r.Proof())
	}
}

// empty tells whether a command that reads a source found nobody in it.
func (r *Report) empty() bool {
	return r.Totals.Records == 0 && r.Source.Filtered == 0 && (r.Command == "import" || r.Command == "validate")
}

func were(n int64, noun string) string {
	if n == 1 {
		return "1 " + noun + " was"
	}
	return ui.Count(n, noun) + " were"
}

// of says how many of some are something.
func of(n, all int64, noun string) string {
	if n == 1 {
		return fmt.Sprintf("1 of %s is", ui.Count(all, noun))
	}
	return fmt.Sprintf("%s of %s are", ui.Number(n), ui.Count(all, noun))
}

// listed names files. A source may come in hundreds of parts; report.json has them all.
func listed(files []File) string {
	const most = 20
	var names []string
	for _, f := range files {
		names = append(names, f.Path)
	}
	if more := len(names) - most; more > 0 {
		names = append(names[:most], fmt.Sprintf("and %d more", more))
	}
	return strings.Join(names, ", ")
}

func (r *Report) writeWhere(t *text) {
	if files := listed(r.Source.Files); r.bulk() && files != "" {
		t.field("Users of", files)
	} else if files != "" {
		files += fmt.Sprintf(" (%s, %s)", cmp.Or(r.Source.Preset, "unknown preset"), cmp.Or(r.Source.Format, "unknown format"))
		if also := listed(r.Source.Companions); also != "" {
			files += ", with " + also
		}
		t.field("Source", files)
	}
	if r.Target.Domain != "" {
		live := ""
		switch {
		case r.Target.Live:
			live = ", live"
		case r.Target.Rehearsal:
			live = ", a rehearsal on this machine"
		}
		t.field("Target", fmt.Sprintf("%s (%s%s)", r.Target.Domain, cmp.Or(r.Target.Environment, "environment without a name"), live))
	}
	took := ui.Duration(time.Duration(r.ElapsedSeconds * float64(time.Second)))
	if r.Resumed {
		took += ", resumed from an earlier run"
	}
	t.field("Took", took)
}

func (r *Report) writeTotals(t *text) {
	c := r.Totals
	extra := ""
	if r.Source.Filtered > 0 {
		extra = fmt.Sprintf(" (%s more left out by --limit, --sample, --only or --filter)", ui.Number(r.Source.Filtered))
	}
	verb := func(done, would string) string {
		if r.DryRun || r.Command == "validate" {
			return would
		}
		return done
	}
	left, skipped := min(r.Problems.ByCode["USER_EXISTS"], c.Skipped), "deleted at the source, or left out by the mapping"
	if r.bulk() {
		skipped = "as asked"
	}
	pending := "still to be done"
	unchanged := "unchanged: already as the source describes them"
	if r.bulk() {
		unchanged = "unchanged: nothing to change, or gone"
	}
	rejected := verb("rejected: found to be wrong before anything was written", "would be rejected")
	switch r.Command {
	case "rollback":
		left, skipped = 0, "the import did not create them"
		unchanged, rejected = "unchanged: not taken back", "rejected by the import"
	case "validate":
		pending = "ready"
	case "reconcile":
		pending, unchanged = "missing or different", "as the source describes them"
	}
	t.counts(ui.Count(c.Records, "record")+extra, []count{
		{c.Created, verb("created", "would be created")},
		{c.Updated, verb("updated", "would be updated")},
		{c.Unchanged, unchanged},
		{left, "skipped: already in the tenant, and left as they are"},
		{c.Skipped - left, "skipped: " + skipped},
		{c.Rejected, rejected},
		{c.Failed, "failed: a write was refused or given up"},
		{c.Pending, pending},
		{c.Deleted, verb("deleted", "would be deleted")},
	})
	if c.Records == 0 {
		t.line("")
		t.line("0 records%s", extra)
	}
	for _, said := range []string{r.WhoStands(), r.WhoIsGone()} {
		if said != "" {
			t.line("")
			t.line("%s", ui.Wrap(said, t.width, 0))
		}
	}
}

func (r *Report) writeSignIn(t *text) {
	s := r.SignIn
	t.counts("First sign-in in Kinde", []count{
		{s.SamePassword, "with the password they have"},
		{s.NewPassword, "after choosing a new password"},
		{s.Social, "with a social login"},
		{s.Code, "with a one-time code"},
		{s.Suspended, "not at all: suspended"},
		{s.None, "not at all: no way to sign in"},
	})
	if s.MFALost > 0 {
		t.line("  %s had a second factor and must set it up again.", ui.Number(s.MFALost))
	}
}

func (r *Report) writeSteps(t *text) {
	if r.Command == "reconcile" {
		return // its steps are those of the import
	}
	table := &ui.Table{Head: []string{"Steps", "wanted", "done", "failed"}, Right: []bool{false, true, true, true}}
	forecast := r.DryRun || r.Command == "validate" // nothing is done, so nothing is said of it
	if forecast {
		table.Head = []string{"Steps", "to do"}
	}
	for _, name := range StepNames {
		if s := r.Steps[name]; s.Wanted > 0 && forecast {
			table.Add(name, ui.Number(s.Wanted))
		} else if s.Wanted > 0 {
			table.Add(name, ui.Number(s.Wanted), ui.Number(s.Done), ui.Number(s.Failed))
		}
	}
	if len(table.Rows) > 0 {
		t.line("")
		_ = table.Write(&t.b, t.tables, 0) // a buffer does not fail
	}
	p := r.Passwords
	var parts []string
	for _, m := range byCount(p.ByMethod) {
		parts = append(parts, fmt.Sprintf("%s %s", m, ui.Number(p.ByMethod[m])))
	}
	if len(parts) == 0 && p.Hashes == 0 && p.Unsupported == 0 && p.Proved == 0 {
		return
	}
	t.line("")
	if len(parts) > 0 {
		t.field("Passwords", strings.Join(parts, ", "))
	} else if p.Hashes > p.Unsupported {
		t.field("Passwords", map[bool]string{true: "none would be set",
			false: "none were set"}[r.DryRun]+": the users are skipped, or keep the password they have")
	} else {
		t.field("Passwords", "none that Kinde can hold")
	}
	if p.Proved > 0 {
		t.field("", ui.Count(p.Proved, "known password")+" tried with --verify-password: each matches its mapped hash")
	}
	var more []string
	for _, x := range []count{
		{p.Unsupported, "that Kinde can't hold"}, {p.Stale, "older than the last password change"},
		{p.ResetRequested, "people are asked for a new one"},
	} {
		if x.n > 0 {
			more = append(more, ui.Number(x.n)+" "+x.what)
		}
	}
	if len(more) > 0 {
		t.field("", strings.Join(more, "; "))
	}
}

// byCount sorts names by their count, the largest first.
func byCount(m map[string]int64) []string {
	return slices.SortedFunc(maps.Keys(m), func(a, b string) int {
		return cmp.Or(cmp.Compare(m[b], m[a]), cmp.Compare(a, b))
	})
}

func (r *Report) writeReadBack(t *text) {
	c := r.Reconciliation
	if !c.Performed {
		return
	}
	heading := "Read back from the tenant"
	if !c.Fresh {
		heading += " " + r.lastLook()
	}
	t.counts(heading, []count{
		{c.Matched, "match"}, {c.Missing, "missing"}, {c.Different, "different"},
		{c.Explained, "explained (rejected, failed, skipped, or left alone)"}, {c.Unexpected, "unexpected: in the tenant, not in the source"},
	})
	for i, d := range c.Differences {
		if i == 5 {
			t.line("  … and %s more in report.json", ui.Number(len(c.Differences)-5))
			break
		}
		who := cmp.Or(d.SourceID, d.KindeID)
		t.line("%s", ui.Wrap(ui.Line(fmt.Sprintf("%s: %s %s", who, d.Kind, d.Field)), t.width, 2))
	}
	if len(c.NotVerifiable) > 0 {
		t.line("%s", ui.Wrap("Not verifiable, because Kinde doesn't show them: "+strings.Join(c.NotVerifiable, ", ")+".", t.width, 2))
	}
	if said := r.Accepted(); said != "" {
		t.line("%s", ui.Wrap("The tenant's answers to these writes: "+said, t.width, 2))
	}
}

// writeProblems groups the problems, errors first, each with an example and what to do.
func (r *Report) writeProblems(t *text) {
	if len(r.Problems.ByCode) == 0 {
		return
	}
	t.line("")
	t.line("Problems")
	first := map[string]Problem{}
	for _, p := range r.Problems.Items {
		if _, ok := first[p.Code]; !ok {
			first[p.Code] = p
		}
	}
	codes := byCount(r.Problems.ByCode)
	slices.SortStableFunc(codes, func(a, b string) int {
		return boolCompare(first[b].Severity == "error", first[a].Severity == "error")
	})
	wide := 4
	for _, n := range r.Problems.ByCode {
		wide = max(wide, len(ui.Number(n)))
	}
	for _, code := range codes {
		p, says := first[code], advice[code]
		severity := cmp.Or(p.Severity, "of unknown severity")
		t.line("  %*s  %s  %s: %s", wide, ui.Number(r.Problems.ByCode[code]), code, severity, says.means)
		indent := wide + 4
		if p.Message != "" {
			where := ""
			switch {
			case p.Record > 0:
				where = fmt.Sprintf("first at record %d, line %d: ", p.Record, p.Line)
			case p.SourceID != "": // the source that is read does not hold it
				where = fmt.Sprintf("first at the record with the id %s: ", p.SourceID)
			}
			t.line("%s", ui.Wrap(ui.Line(where+about(p.Code, p.Field, p.Message)), t.width, indent))
		}
		if do := cmp.Or(p.Hint, says.do); do != "" {
			t.line("%s", ui.Wrap(ui.Line(do), t.width, indent))
		}
	}
	if r.Problems.Truncated {
		t.line(
			"%s",
			ui.Wrap("report.json lists the first of each kind; outcomes.csv has a row for every record, with its worst problem.", t.width, 2),
		)
	}
}

func boolCompare(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	default:
		return -1
	}
}

func (r *Report) writeAPI(t *text) {
	a := r.API
	if a.Calls > 0 {
		t.line("")
		parts := []string{ui.Count(a.Calls, "call")}
		if a.CallsPerUser > 0 {
			parts = append(parts, fmt.Sprintf("%.2f per user", a.CallsPerUser))
		}
		if a.CallsPerSecond > 0 {
			parts = append(parts, fmt.Sprintf("%.0f per second", a.CallsPerSecond))
		}
		parts = append(parts, ui.Number(a.Throttled)+" throttled")
		if a.LearnedRate > 0 {
			parts = append(parts, fmt.Sprintf("learnt limit about %.0f per second", a.LearnedRate))
		}
		t.field("API", strings.Join(parts, ", "))
	}
	if len(a.CallsPlanned) > 0 {
		var least, most int64
		for _, p := range a.CallsPlanned {
			least, most = least+p.Min, most+p.Max
		}
		planned := ui.Number(most)
		if least != most {
			planned = ui.Number(least) + " to " + ui.Number(most)
		}
		planned += " calls"
		if s := a.PlannedSeconds; s != nil && a.PlannedRate > 0 {
			planned += fmt.Sprintf("; %s at %.0f per second", ui.Duration(time.Duration(s.Max)*time.Second), a.PlannedRate)
		}
		t.line("")
		t.field("Planned", planned)
	}
}

func (t *text) guide(g Guide) {
	if g.Folder != "" {
		t.line("")
		t.field("Report", filepath.Join(g.Folder, pageFile))
		t.field("", "report.json, outcomes.csv and the other files are in the same folder.")
		if g.Holds {
			t.field("", "rejects.* contain what the source contains, password hashes included. Delete them when you are done.")
		}
	}
	for _, n := range g.Next {
		t.line("")
		said, command, ok := strings.Cut(n, "\n")
		t.line("%s", ui.Wrap(said, t.width, 0))
		if ok {
			for c := range strings.SplitSeq(command, "\n") {
				t.line("  %s", c)
			}
		}
	}
}
