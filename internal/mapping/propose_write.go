package mapping

import (
	"regexp"
	"strings"
	"unicode/utf8"
)

// proposedSections are the sections of a proposal in the order of the file, with
// what stands above them; those without a head have one line that names them.
var proposedSections = []struct{ name, head, above string }{
	{"id", "", "What identifies people, also in a later export."},
	{"emails", "emails:", ""},
	{"phones", "phones:", ""},
	{"usernames", "usernames:", ""},
	{"given_name", "", ""}, {"family_name", "", ""}, {"full_name", "", ""}, {"picture", "", ""},
	{"links", "links:", "Accounts at other providers. connections: {google: conn_…} assigns each to a connection of the tenant."},
	{"password", "password:", ""},
	{"password_reset", "", ""}, {"mfa", "", ""},
	{"suspended", "suspended:", ""},
	{"skip", "skip:", ""},
	{
		"memberships",
		"memberships:",
		"Organizations and roles must be in the tenant, or import --create-missing creates them. roles: {admin: owner, \"*\": ~} gives a role another key and leaves out the others.",
	},
	{
		"properties",
		"properties:",
		"Everything else. Remove what Kinde should not know; import --create-missing defines the rest in the tenant.",
	},
	{"drop", "drop:", "Left behind, and listed in the reports."},
}

// writeProposal writes a mapping of its own, each line with what speaks for it.
func (w *initWriter) writeProposal(found foundRecords, p *proposal, format string) {
	w.linef("# How this export becomes users of Kinde: a proposal, based on the names of its fields and the values")
	w.linef("# in %d sampled records. Read each line, then try it: kinde-migrate mapping check FILE --mapping THIS", p.records)
	if format != "csv" && found.path != "" {
		w.linef("")
		w.linef("# Where the people are in the file.")
		switch len(found.parent) {
		case 0:
			w.linef("records: [%s]", yamlPath(found.path))
		default:
			w.linef("records:")
			quoted := make([]string, len(found.parent))
			for i, name := range found.parent {
				quoted[i] = yamlPath(name)
			}
			w.linef("  - {at: %s, parent: [%s]}", yamlPath(found.path), strings.Join(quoted, ", "))
		}
	}
	for i, name := range found.beside {
		if i == 0 {
			w.linef("ignore:")
			w.linef("  what is next to the people:")
		}
		w.linef("    - '/%s'", name)
	}
	for _, name := range found.tables {
		w.linef("# The file also holds %s: if its rows belong to people, join them with tables: (docs/mapping.md).", comment(name))
	}
	before := true // the section before this one had lines below its head
	for _, s := range proposedSections {
		lines := p.out[s.name]
		if len(lines) == 0 {
			continue
		}
		if s.head != "" || s.above != "" || before {
			w.linef("")
		}
		before = s.head != ""
		if s.above != "" {
			w.linef("# %s", s.above)
		}
		if head := s.head; head != "" && !strings.HasPrefix(lines[0].text, "# ") {
			if allComments(lines) {
				head = "# " + head
			}
			w.linef("%s", head)
		}
		for _, l := range lines {
			w.line(l)
		}
	}
}

func allComments(lines []proposedLine) bool {
	for _, l := range lines {
		if !strings.HasPrefix(strings.TrimSpace(l.text), "#") {
			return false
		}
	}
	return true
}

// noteColumn is where the notes begin.
const noteColumn = 48

func (w *initWriter) line(l proposedLine) {
	if l.note == "" {
		w.linef("%s", l.text)
		return
	}
	w.linef("%s%s  # %s", l.text, strings.Repeat(" ", max(noteColumn-utf8.RuneCountInString(l.text), 0)), comment(l.note))
}

var plainYAML = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*$`)

// yamlPath writes a path so that YAML leaves it as it is.
func yamlPath(path string) string {
	switch strings.ToLower(path) {
	case "true", "false", "null", "yes", "no", "on", "off", "y", "n":
		return quoteYAML(path)
	}
	if plainYAML.MatchString(path) {
		return path
	}
	return quoteYAML(path)
}
