package intake

import (
	"cmp"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/kinde-migrate/kinde-migrate/internal/mapping"
	"github.com/kinde-migrate/kinde-migrate/internal/source"
)

// maxKinds bounds the kinds of rows that are told apart.
const maxKinds = 100

// passing are names of what comes and goes with a sign-in, which nobody takes along.
var passing = regexp.MustCompile(`(?i)(sessions?|tokens?|attempts?|logs?|log_?entr(y|ies)|events?|histor(y|ies)|verifications?)$`)

// absent is what is known of a row that is no record.
type absent struct {
	table bool   // a row of a side table
	empty bool   // it holds nobody, as an empty list does
	kind  string // what it is, where the source says so
	owned bool   // it belongs to a user
	ended bool   // it is the end of a search in a directory
	cut   string // why that search did not find everything
}

// absent tells what a row is that is no record. A row that did not parse is one of a
// side table: among users it would be a malformed record.
func (in *Intake) absent(s *site, v mapping.Value, bad error) *absent {
	a := &absent{table: bad != nil, empty: holdsNobody(v)}
	for _, t := range s.tables {
		a.table = a.table || t.at.Match(v) && in.m.Tables()[t.table].Match(v)
	}
	if a.table || a.empty {
		return a
	}
	if search, result := member(v, "search"), member(v, "result"); search.Text != "" && result.Text != "" && member(v, "dn").IsEmpty() {
		a.ended, a.cut = true, cutSearch(v, result.Text)
		return a
	}
	kind, fields := member(v, "model"), member(v, "fields")
	if kind.Kind == mapping.String && fields.Kind == mapping.Object {
		a.kind = kind.Text
		for _, key := range []string{"user", "user_id", "owner", "email"} {
			o := member(fields, key)
			a.owned = a.owned || !o.IsEmpty()
		}
		a.owned = a.owned || holdsHash(fields)
		return a
	}
	// The last class of a directory's entry says the most.
	class := member(v, "objectClass")
	if n := len(class.Elems); n > 0 {
		class = class.Elems[n-1]
	}
	a.kind, a.owned = cmp.Or(class.Text, s.name), holdsHash(v)
	return a
}

// cutSearch tells why ldapsearch did not find everything: the server's limits, or
// pages that nobody asked for; "" when it did.
func cutSearch(v mapping.Value, result string) string {
	code, why, _ := strings.Cut(strings.TrimSpace(result), " ")
	if code != "0" {
		return "the search ended with: " + strings.ToLower(cmp.Or(why, "result "+code))
	}
	if _, cookie, _ := strings.Cut(member(v, "pagedresults").Text, "cookie="); cookie != "" {
		return "the search has another page"
	}
	return ""
}

func member(v mapping.Value, key string) mapping.Value {
	for i, k := range v.Keys {
		if strings.EqualFold(k, key) && i < len(v.Elems) {
			return v.Elems[i]
		}
	}
	return mapping.Value{}
}

// passed counts what a scan meets: the records of each file, and the rows that are none.
type passed struct {
	records []int64 // by file
	tables  []int64
	foreign []int64
	kinds   map[string]int64 // rows that are no users, by what they are
	owned   map[string]int64 // those of them that belong to users
	cut     []string         // why the last search of a file did not find everything
}

func newPassed(files int) *passed {
	return &passed{make([]int64, files), make([]int64, files), make([]int64, files), map[string]int64{}, map[string]int64{},
		make([]string, files)}
}

// add counts a row that is no record.
func (p *passed) add(file int, a *absent) {
	switch {
	case a.table:
		p.tables[file]++
	case a.empty:
	case a.ended:
		p.cut[file] = a.cut
	default:
		p.foreign[file]++
		to := p.kinds
		if a.owned && !passing.MatchString(a.kind) {
			to = p.owned
		}
		kind := a.kind
		if len(to) >= maxKinds && to[kind] == 0 {
			kind = ""
		}
		if to[kind]++; to[kind] == 1 {
			delete(to, kind)
			to[strings.Clone(kind)] = 1 // it shares memory with its batch
		}
	}
}

// yields refuses a file that is not empty and gives no record: it is not what
// whoever named it took it for.
func (in *Intake) yields(p *passed) error {
	var all int64
	for i := range in.files {
		all += p.records[i]
	}
	for i, f := range in.files {
		name := f.Name()
		if len(in.files) == 1 {
			name = "the source"
		}
		switch {
		case p.records[i] > 0, p.tables[i] > 0 && all > 0:
		case p.foreign[i] > 0:
			return &RefusedError{
				true,
				fmt.Sprintf("%s holds %d rows, and none of them is a user as %s understands it", name, p.foreign[i], in.src.Preset),
				"check that this is the export of the users, or say in a mapping file with records: which rows are users",
			}
		case !in.opts.MayBeEmpty:
			return &RefusedError{true, name + " holds no records", "check that the export has finished, and that it is the export of the users"}
		}
	}
	return nil
}

// around adds to the fields of the records those of rows that no record takes along,
// and what stands in the documents beside them.
func (in *Intake) around(fields []FieldCount) []FieldCount {
	fields = append(fields, in.left.list(in.m, 0)...)
	add := func(prefix string, b []source.Beside) {
		for _, b := range b {
			f := FieldCount{Filled: b.Count}
			f.Path = prefix + b.Path
			f.Fate, f.Becomes = in.m.Beside(b.Path)
			fields = append(fields, f)
		}
	}
	for _, f := range in.files {
		add("", f.Beside())
	}
	for _, c := range in.companions {
		add("$"+c.role, c.Beside())
	}
	slices.SortStableFunc(fields, compareFields)
	return fields
}

// notRead says which lists and rows of the source belong to users and are read by
// nothing: what they hold may be a role or a password. And it counts the rows that
// are no users.
func (in *Intake) notRead() []mapping.Notice {
	var out []mapping.Notice
	say := func(what, message string, rows int64) {
		out = append(out, mapping.Notice{Kind: "unread", What: what, Records: rows, Message: message,
			Try: "If Kinde should have this, give it as a second file (--passwords, --memberships, --identities), or join it with tables: in a mapping file."})
	}
	for _, f := range in.files {
		for _, b := range f.Beside() {
			fate, _ := in.m.Beside(b.Path)
			if name := strings.TrimPrefix(b.Path, "/"); b.Secret || b.OfUsers && fate == mapping.NotRead && !passing.MatchString(name) {
				say(
					name,
					fmt.Sprintf("%q in %s is next to the users, and belongs to users or looks like passwords, but is not read.", name, f.Name()),
					b.Count,
				)
			}
		}
	}
	for _, kind := range slices.Sorted(maps.Keys(in.passed.owned)) {
		n := in.passed.owned[kind]
		say(kind, fmt.Sprintf("%d of the rows are %s: they belong to users or look like passwords, but are not read.", n, kind), n)
	}
	return slices.Concat(out, in.secrets.notices(), in.pages(), in.noUsers(), in.blankRows())
}

// pages says where documents tell of more records than they hold: whoever exports
// through an interface gets one page after the other, and not by themselves.
func (in *Intake) pages() []mapping.Notice {
	var have, total int64
	on, where := 0, ""
	for i, f := range in.files {
		have += in.passed.records[i]
		more := false
		for _, b := range f.Beside() {
			if b.Total > total && (!b.Varies || !strings.Contains(b.Path, "*")) {
				total, where = b.Total, b.Path+" of "+f.Name()
			}
			more = more || b.More
		}
		if more {
			on++
		}
	}
	const try = "Export the other pages too, and pass all files."
	missing := func(records, of int64, message string) mapping.Notice {
		return mapping.Notice{Kind: "missing", What: mapping.MissingRecords, Records: records, Of: of, Message: message, Try: try}
	}
	var out []mapping.Notice
	for i, why := range in.passed.cut {
		if why != "" {
			out = append(out, mapping.Notice{Kind: "missing", What: mapping.MissingRecords, Of: have,
				Message: fmt.Sprintf("%s holds a part of the directory: %s.", in.files[i].Name(), why),
				Try:     "Search without a limit and with all pages: ldapsearch -z none -E pr=500/noprompt, or use slapcat on the server."})
		}
	}
	switch {
	case total > have:
		out = append(out, missing(total-have, total,
			fmt.Sprintf("%s says that there are %d records, and the source holds %d: it looks like some pages of several.", where, total, have)))
	case on > 0 && on == len(in.files):
		out = append(out, missing(0, have,
			fmt.Sprintf("%s names a page that follows, and it is not here: other users may be on it.", in.files[on-1].Name())))
	}
	return append(out, in.companionPages(missing)...)
}

// companionPages says the same of each kind of companion.
func (in *Intake) companionPages(missing func(records, of int64, message string) mapping.Notice) (out []mapping.Notice) {
	files, on, last := map[string]int{}, map[string]int{}, map[string]string{}
	for _, c := range in.companions {
		files[c.role]++
		if slices.ContainsFunc(c.Beside(), func(b source.Beside) bool { return b.More }) {
			on[c.role]++
			last[c.role] = c.Name()
		}
	}
	for _, role := range slices.Sorted(maps.Keys(on)) {
		if on[role] == files[role] {
			out = append(
				out,
				missing(
					0,
					0,
					fmt.Sprintf("The file of %s %s names a page that follows, and it is not here: more rows may be on it.", role, last[role]),
				),
			)
		}
	}
	return out
}

// noUsers counts the rows beside the users that are none.
func (in *Intake) noUsers() []mapping.Notice {
	var n int64
	var kinds []string
	for _, kind := range slices.SortedFunc(maps.Keys(in.passed.kinds), func(a, b string) int {
		return cmp.Or(cmp.Compare(in.passed.kinds[b], in.passed.kinds[a]), cmp.Compare(a, b))
	}) {
		n += in.passed.kinds[kind]
		if kind != "" {
			kinds = append(kinds, fmt.Sprintf("%d %s", in.passed.kinds[kind], kind))
		}
	}
	if n == 0 {
		return nil
	}
	named := ""
	if len(kinds) > 0 {
		named = ": " + strings.Join(kinds, ", ")
	}
	return []mapping.Notice{{Kind: "passed", What: "rows that are not users", Records: n,
		Message: fmt.Sprintf("%s not read: for %s they are neither users nor part of a user%s.", rowsAre(n), in.src.Preset, named),
		Try:     "If some of them are users, say so with records: in a mapping file."}}
}

// blankRows counts the rows that hold nothing.
func (in *Intake) blankRows() []mapping.Notice {
	var out []mapping.Notice
	say := func(name, of string, rows int64, lines []int64) {
		if rows == 0 {
			return
		}
		var at []string
		for _, l := range slices.Sorted(slices.Values(lines)) {
			at = append(at, fmt.Sprint(l))
		}
		more := ""
		if rows > int64(len(lines)) {
			more = ", …"
		}
		out = append(out, mapping.Notice{Kind: "passed", What: "blank rows" + of, Records: rows,
			Message: fmt.Sprintf("%s blank in %s (line %s%s).", rowsAre(rows), name, strings.Join(at, ", "), more)})
	}
	for _, f := range in.files {
		say(f.Name(), "", f.Blank().Rows, f.Blank().Lines)
	}
	for _, c := range in.companions {
		say(c.Name(), " of "+c.role, c.Blank().Rows, c.Blank().Lines)
	}
	return out
}

func rowsAre(n int64) string {
	if n == 1 {
		return "1 row is"
	}
	return fmt.Sprintf("%d rows are", n)
}
