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
	kind, fields := member(v, "model"), member(v, "fields")
	if kind.Kind == mapping.String && fields.Kind == mapping.Object {
		a.kind = kind.Text
		for _, key := range []string{"user", "user_id", "owner", "email"} {
			o := member(fields, key)
			a.owned = a.owned || !o.IsEmpty()
		}
		return a
	}
	// The last class of a directory's entry says the most.
	class := member(v, "objectClass")
	if n := len(class.Elems); n > 0 {
		class = class.Elems[n-1]
	}
	a.kind = cmp.Or(class.Text, s.name)
	return a
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
}

func newPassed(files int) *passed {
	return &passed{make([]int64, files), make([]int64, files), make([]int64, files), map[string]int64{}, map[string]int64{}}
}

// meet counts a row that is no record.
func (p *passed) meet(file int, a *absent) {
	switch {
	case a.table:
		p.tables[file]++
	case a.empty:
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
			return &RefusedError{true, fmt.Sprintf("%s holds %d rows, and none of them is a user as %s understands it", name, p.foreign[i], in.src.Preset),
				"check that the export holds the users, or say in a mapping file with records: which rows are users"}
		case !in.opts.MayBeEmpty:
			return &RefusedError{true, name + " holds no records", "check that the export has finished, and that it is the one of the users"}
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
			Try: "Where it holds what Kinde should have, give it as a companion file (--passwords, --memberships, --identities), or join it with tables: in a mapping file."})
	}
	for _, f := range in.files {
		for _, b := range f.Beside() {
			fate, _ := in.m.Beside(b.Path)
			if name := strings.TrimPrefix(b.Path, "/"); b.OfUsers && fate == mapping.NotRead && !passing.MatchString(name) {
				say(name, fmt.Sprintf("The list %q stands beside the users in %s, its rows belong to users, and nothing reads it.", name, f.Name()), b.Count)
			}
		}
	}
	for _, kind := range slices.Sorted(maps.Keys(in.passed.owned)) {
		n := in.passed.owned[kind]
		say(kind, fmt.Sprintf("%d of the rows are %s: they belong to users, and nothing reads them.", n, kind), n)
	}
	return slices.Concat(out, in.pages(), in.noUsers(), in.blankRows())
}

// totals are members, folded, that tell how many records there are on all pages.
var totals = regexp.MustCompile(`(?i)^(total(_?(count|users|results?|records|items|paged_?results|result_?size))?|count|result_?count)$`)

// pages says where documents tell of more records than they hold: whoever exports
// through an interface gets one page after the other, and not by themselves.
func (in *Intake) pages() []mapping.Notice {
	var have, total int64
	on, where := 0, ""
	for i, f := range in.files {
		have += in.passed.records[i]
		more := false
		for _, b := range f.Beside() {
			name := b.Path[strings.LastIndexByte(b.Path, '/')+1:]
			if totals.MatchString(name) && b.Number > total && b.Count == 1 {
				total, where = b.Number, b.Path+" of "+f.Name()
			}
			more = more || b.More
		}
		if more {
			on++
		}
	}
	const try = "Export the other pages too, and name all their files."
	switch {
	case total > have:
		return []mapping.Notice{{Kind: "missing", What: "records", Records: total - have, Of: total, Try: try,
			Message: fmt.Sprintf("%s says that there are %d, and the source holds %d: it looks like some pages of several.", where, total, have)}}
	case on > 0 && on == len(in.files):
		return []mapping.Notice{{Kind: "missing", What: "records", Of: have, Try: try,
			Message: fmt.Sprintf("%s names a page that follows, and it is not here: others may be on it.", in.files[on-1].Name())}}
	}
	return nil
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
	return []mapping.Notice{{Kind: "passed", What: "rows that are no users", Records: n,
		Message: fmt.Sprintf("%s read by nothing: %s knows them neither as users nor as what belongs to them%s.", rowsAre(n), in.src.Preset, named),
		Try:     "Where some of them are users, say so with records: in a mapping file."}}
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
