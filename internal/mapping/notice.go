package mapping

import (
	"fmt"
	"slices"
	"strings"
)

// A Notice says once of a whole source what no single record shows: that
// something is in none of its records, or that something can't be known of them.
type Notice struct {
	Kind    string `json:"kind"` // missing, doubt, united, unread, passed; Question, Withheld
	What    string `json:"what"` // passwords, links, memberships, or what the preset calls it
	Records int64  `json:"records"`
	Of      int64  `json:"of"`
	Message string `json:"message"`
	Try     string `json:"try,omitempty"`
}

// MissingRecords is what a notice says is missing where a source is one page of several.
const MissingRecords = "records"

// Withheld is the kind of a notice about what the source itself did not give.
const Withheld = "withheld"

// Question is the kind of a notice that only a person can answer.
const Question = "question"

// noticeRule is an entry of notices.
type noticeRule struct {
	what  string
	doubt bool
	among condition       // nil: every record
	found func(*run) bool // of missing
	says  string          // what a person should know or do
}

// Marks tells of a record which notices concern it: two bits for each rule,
// whether it is among those asked and whether what is looked for was found.
type Marks uint64

// maxNotices is what Marks has room for.
const maxNotices = 32

// expected are the things that a notice can miss by name, and how a mapped user shows them.
var expected = map[string]func(*User) bool{
	"passwords":   func(u *User) bool { return u.Password != nil },
	"links":       func(u *User) bool { return len(u.Links) > 0 },
	"memberships": func(u *User) bool { return len(u.Memberships) > 0 },
	"properties":  func(u *User) bool { return len(u.Properties) > 0 },
	"verified addresses": func(u *User) bool {
		return slices.ContainsFunc(u.Identities, func(i Identity) bool { return i.Type == Email && i.Verified })
	},
}

func (c *compiler) noticeSection(s *sections) error {
	for _, n := range s.get("notices").items() {
		if n.kind != nodeMap {
			return n.errorf("a notice is a map with missing or doubt, and says")
		}
		if err := n.only("notices", "missing", "doubt", "among", "found", "says"); err != nil {
			return err
		}
		var r noticeRule
		missing, err := n.str("missing")
		if err != nil {
			return err
		}
		doubt, err := n.str("doubt")
		if err != nil {
			return err
		}
		if (missing == "") == (doubt == "") {
			return n.errorf("a notice has either missing or doubt")
		}
		r.what, r.doubt = missing+doubt, doubt != ""
		if r.says, err = n.str("says"); err != nil {
			return err
		}
		if r.says == "" {
			return n.errorf("notices: says is missing")
		}
		if a := n.get("among"); a != nil {
			if r.among, err = c.condition(a, "notices"); err != nil {
				return err
			}
		}
		if err := c.foundOf(n, &r); err != nil {
			return err
		}
		if c.m.notices = append(c.m.notices, r); len(c.m.notices) > maxNotices {
			return n.errorf("a mapping can have at most %d notices", maxNotices)
		}
	}
	return nil
}

// foundOf compiles how a record shows that what is looked for is there.
func (c *compiler) foundOf(n *node, r *noticeRule) error {
	f := n.get("found")
	switch byName := expected[r.what]; {
	case r.doubt && f != nil:
		return f.errorf("notices: found belongs to missing")
	case f != nil:
		cond, err := c.condition(f, "notices")
		if err != nil {
			return err
		}
		r.found = func(run *run) bool { return cond.test(run.scope) }
	case r.doubt:
		r.found = func(*run) bool { return false }
	case byName == nil:
		return n.errorf(
			"notices: %q needs found:, which says how to recognise it, or use one of %s",
			r.what,
			strings.Join(sortedKeys(expected), ", "),
		)
	default:
		r.found = func(run *run) bool { return byName(run.u) }
	}
	return nil
}

// marks judges a mapped record by all notices.
func (r *run) marks() (m Marks) {
	for i := range r.m.notices {
		n := &r.m.notices[i]
		if n.found(r) {
			m |= 2 << (2 * i)
		}
		if n.among == nil || n.among.test(r.scope) {
			m |= 1 << (2 * i)
		}
	}
	return m
}

// NoticeTally counts the marks of a source's records. It is for one goroutine.
type NoticeTally struct {
	m            *Mapping
	asked, found [maxNotices]int64
	roles        roleTally
}

// NewNoticeTally returns an empty tally.
func (m *Mapping) NewNoticeTally() *NoticeTally { return &NoticeTally{m: m} }

// Count adds n records with these marks and roles.
func (t *NoticeTally) Count(marks Marks, roles []ScopedRole, n int64) {
	for i := 0; i < len(t.m.notices); i++ {
		bits := marks >> (2 * i)
		if bits&1 == 0 {
			continue
		}
		t.asked[i] += n
		if bits&2 != 0 {
			t.found[i] += n
		}
	}
	for _, r := range roles {
		if t.roles == nil {
			t.roles = roleTally{}
		}
		t.roles.count(r, n)
	}
}

// Notices returns what is to be said of the source.
func (t *NoticeTally) Notices() []Notice {
	var out []Notice
	for i := range t.m.notices {
		r := &t.m.notices[i]
		asked, lack := t.asked[i], t.asked[i]-t.found[i]
		n := Notice{Kind: "missing", What: r.what, Records: lack, Of: asked, Try: r.says}
		switch {
		case lack <= 0, r.among == nil && t.found[i] > 0:
			continue // where anybody may lack it, nothing is said as long as somebody has it
		case r.doubt:
			n.Kind, n.Message = "doubt", fmt.Sprintf("%s (%s).", capital(r.what), countRecords(lack))
		case t.found[i] == 0:
			n.Message = fmt.Sprintf("No %s: %s should have some, but none do.", r.what, countRecords(asked))
		default:
			n.Message = fmt.Sprintf("No %s: %d of the %s that should have some.", r.what, lack, countRecords(asked))
		}
		out = append(out, n)
	}
	return append(out, t.roles.notices()...)
}

func countRecords(n int64) string {
	if n == 1 {
		return "1 record"
	}
	return fmt.Sprintf("%d records", n)
}

func capital(s string) string { return strings.ToUpper(s[:1]) + s[1:] }
