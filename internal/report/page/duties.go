package page

import (
	"fmt"
	"path/filepath"
	"strings"

	"github.com/kinde-migrate/kinde-migrate/internal/report"
)

// duty is what somebody has to do because of this report.
type duty struct {
	Who  string // "whoever runs the import"
	What string
	File string // the one to work with, "" when there is none
	When string
}

const (
	operator = "The person who runs the import"
	keeper   = "The owner of the source"
	support  = "The person who informs the users"
)

// duties lists who must act, the most urgent first. A run at work has none yet.
func (p *Page) duties() []duty {
	r := p.Report
	t, rec, s := r.Totals, r.Reconciliation, r.SignIn
	if p.Live {
		return nil
	}
	var out []duty
	add := func(n int64, d duty, one, many string) {
		if n <= 0 {
			return
		}
		d.What = many
		if n == 1 {
			d.What = one
		}
		if strings.Contains(d.What, "%s") {
			d.What = fmt.Sprintf(d.What, count(n))
		}
		out = append(out, d)
	}
	if r.Command != "validate" && r.Command != "reconcile" {
		add(t.Pending, duty{Who: operator, When: "now"},
			"One record is still to be done. Run the same command again: it continues where it stopped.",
			"%s records are still to be done. Run the same command again: it continues where it stopped.")
	}
	if !r.DryRun {
		add(t.Failed, duty{Who: operator, When: "now", File: report.OutcomesFile},
			"One record failed. Run the same command with --retry-failed.",
			"%s records failed. Run the same command with --retry-failed.")
	}
	add(rec.Missing+rec.Different+rec.Unexpected, duty{Who: operator, When: "before the cut-over", File: report.JSONFile},
		"One difference between source and tenant is unexplained. See it below; reconcile --fix corrects what it can.",
		"%s differences between source and tenant are unexplained. See them below; reconcile --fix corrects what it can.")
	add(t.Rejected, duty{Who: keeper, When: "before the cut-over", File: rejects(r)},
		"One record can't be imported. Correct it, then import the corrected file.",
		"%s records can't be imported. Correct them, then import the corrected file.")
	if r.Command == "reconcile" {
		return out // who signs in how is the import's to say
	}
	add(s.None, duty{Who: keeper, When: "before the cut-over", File: report.OutcomesFile},
		"One person can't sign in at all. Add an e-mail address, a phone number or a username.",
		"%s people can't sign in at all. Add an e-mail address, a phone number or a username for each.")
	add(s.NewPassword, duty{Who: support, When: "before the cut-over", File: report.OutcomesFile},
		"One person has to choose a new password. Tell them beforehand.",
		"%s people have to choose a new password. Tell them beforehand.")
	add(s.Code, duty{Who: support, When: "before the cut-over", File: report.OutcomesFile},
		"One person signs in with a code that comes by e-mail or text message. Tell them beforehand.",
		"%s people sign in with a code that comes by e-mail or text message. Tell them beforehand.")
	add(s.MFALost, duty{Who: support, When: "at the cut-over", File: report.OutcomesFile},
		"One person has to set up the second factor again.",
		"%s people have to set up the second factor again.")
	return out
}

// rejects is the file in the format of the source, when one was written.
func rejects(r *report.Report) string {
	for _, file := range r.Files {
		if name := filepath.Base(file); strings.HasPrefix(name, "rejects.") {
			return name
		}
	}
	return report.OutcomesFile
}

// arriving is how many people will sign in in one of the ways of the tiles.
func arriving(s report.SignIn) int64 {
	return s.SamePassword + s.NewPassword + s.Social + s.Code + s.Suspended + s.None
}
