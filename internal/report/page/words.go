package page

import (
	"strings"

	"github.com/kinde-migrate/kinde-migrate/internal/report"
)

// verdict is the headline. A page of a run at work says how far it is: what is
// pending then is no fault.
func (p *Page) verdict() verdict {
	t := p.Report.Totals
	last := len(p.Runs) - 1
	if !p.Live || last < 0 || !p.Runs[last].Finished.IsZero() {
		return verdictOf(p.Report)
	}
	if t.Records == 0 {
		return verdict{"fair", "In progress: reading the source", "Nothing was sent yet."}
	}
	done := t.Records - t.Pending
	said := percent(done, t.Records) + " done."
	if left := p.left(); left != "" && t.Pending > 0 {
		said += " About " + left + " left at this rate."
	}
	if t.Pending == 0 {
		said = "Every record is finished; the users are being read back."
	}
	if t.Failed > 0 {
		said += " " + count(t.Failed) + " failed so far."
	}
	return verdict{"fair", "In progress: " + count(done) + " of " + count(t.Records) + " records", said}
}

// recently is how many seconds the present pace is measured over.
const recently = 30

// left estimates the time to the end from the users of the last seconds.
func (p *Page) left() string {
	var users, seconds int64
	for i := len(p.Seconds) - 1; i >= 0 && seconds < recently; i-- {
		users += p.Seconds[i].Users
		seconds++
	}
	if users == 0 {
		return ""
	}
	return spell(float64(p.Report.Totals.Pending) * float64(seconds) / float64(users))
}

// waysToSignIn are the ways that somebody will take.
func waysToSignIn(s report.SignIn) []counted {
	var out []counted
	for _, x := range []counted{
		{"with the same password", s.SamePassword}, {"choose a new password", s.NewPassword}, {"with a social or company login", s.Social},
		{"with a one-time code", s.Code}, {"suspended", s.Suspended}, {"can't sign in", s.None},
	} {
		if x.Count > 0 {
			out = append(out, x)
		}
	}
	return out
}

func hasSteps(r *report.Report) bool {
	if r.Command == "reconcile" {
		return false // its steps are those of the import
	}
	for _, s := range r.Steps {
		if s.Wanted > 0 {
			return true
		}
	}
	return len(r.Passwords.ByMethod) > 0 || r.Passwords.Unsupported > 0
}

// label names the classes as the command means them: a reconciliation writes
// nothing, so nothing of it is "pending".
func label(command string, bar []segment) []segment {
	for i := range bar {
		bar[i].Label = bar[i].Class
		switch command + " " + bar[i].Class {
		case "reconcile unchanged":
			bar[i].Label = "match"
		case "reconcile pending":
			bar[i].Label = "missing or different"
		case "validate pending":
			bar[i].Label = "ready"
		}
	}
	return bar
}

// signInWords turns the stable name of a way to sign in into words.
func signInWords(name string) string {
	if w := map[string]string{"same_password": "same password", "new_password": "new password", "code": "one-time code",
		"none": "can't sign in"}[name]; w != "" {
		return w
	}
	return name
}

// providers are the names that people know, by what an export or a connection calls them.
var providers = map[string]string{
	"apple": "Apple", "google": "Google", "google-oauth2": "Google", "github": "GitHub", "gitlab": "GitLab", "facebook": "Facebook",
	"microsoft": "Microsoft", "windowslive": "Microsoft", "linkedin": "LinkedIn", "twitter": "X (Twitter)", "x": "X (Twitter)",
	"slack":   "Slack",
	"discord": "Discord", "twitch": "Twitch", "bitbucket": "Bitbucket", "clever": "Clever", "roblox": "Roblox", "xero": "Xero",
	"yahoo": "Yahoo",
	"auth0": "Auth0's own user database", "samlp": "SAML", "waad": "Microsoft Entra ID", "email": "e-mail", "sms": "phone",
}

// groupWords turns the value of a group into words; what is nobody's name stays as it is.
func groupWords(title, name string) string {
	switch title {
	case "First sign-in":
		return signInWords(name)
	case "Provider", "Connection":
		if w := providers[strings.TrimPrefix(name, "oauth2:")]; w != "" {
			return w
		}
	}
	return name
}

// mostUnread bounds the fields that are named; report.json has them all.
const mostUnread = 100

// unread returns the fields that nothing reads.
func unread(fields []report.SourceField) []report.SourceField {
	var out []report.SourceField
	for _, f := range fields {
		if f.Fate == "not_read" && len(out) < mostUnread {
			out = append(out, f)
		}
	}
	return out
}
