package intake

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/kinde-migrate/kinde-migrate/internal/mapping"
)

const maxNotRead = 100

// passing are names of what comes and goes with a sign-in, which nobody takes along.
var passing = regexp.MustCompile(`(?i)(sessions?|tokens?|attempts?|logs?|log_?entr(y|ies)|events?|histor(y|ies)|verifications?)$`)

// unread returns what a row is, in a document of rows of several kinds, when it
// belongs to a user and no table of the mapping takes it.
func (in *Intake) unread(s *site, v mapping.Value) string {
	kind := member(v, "model")
	fields := member(v, "fields")
	if !s.users || kind.Kind != mapping.String || fields.Kind != mapping.Object {
		return ""
	}
	for _, t := range s.tables {
		if t.at.Match(v) {
			return ""
		}
	}
	for _, key := range []string{"user", "user_id", "owner", "email"} {
		if o := member(fields, key); !o.IsEmpty() {
			return strings.Clone(kind.Text)
		}
	}
	return ""
}

func member(v mapping.Value, key string) mapping.Value {
	if i := slices.Index(v.Keys, key); i >= 0 && i < len(v.Elems) {
		return v.Elems[i]
	}
	return mapping.Value{}
}

// notRead says which lists and rows of the source belong to users and are read by
// nothing. What they hold may be a role or a password.
func (in *Intake) notRead() []mapping.Notice {
	var out []mapping.Notice
	say := func(what, message string, rows int64) {
		if passing.MatchString(what) {
			return
		}
		out = append(out, mapping.Notice{Kind: "unread", What: what, Records: rows, Message: message,
			Try: "Where it holds what Kinde should have, give it as a companion file (--passwords, --memberships, --identities), or join it with tables: in a mapping file."})
	}
	for _, f := range in.files {
		for _, name := range f.Passed() {
			say(name, fmt.Sprintf("The list %q stands beside the users in %s, its rows belong to users, and nothing reads it.", name, f.Name()), 0)
		}
	}
	for _, kind := range slices.Sorted(maps.Keys(in.passedRows)) {
		n := in.passedRows[kind]
		say(kind, fmt.Sprintf("%d of the rows are %s: they belong to users, and nothing reads them.", n, kind), n)
	}
	return out
}
