package report

import (
	"cmp"
	"slices"
	"sort"

	"github.com/kinde-migrate/kinde-migrate/internal/mapping"
)

// listing keeps the problems that a report shows. The first of each kind are
// kept, so that a million warnings never hide one error; its memory is bounded
// by the number of kinds.
type listing struct {
	kinds map[problemKind]*[]Problem
	cut   bool

	full problemKind // one that wants no more: mostly the next problem is of the same kind
}

// problemKind is what problems share a quota.
type problemKind struct{ severity, code string }

func newListing() *listing { return &listing{kinds: map[problemKind]*[]Problem{}} }

// wants tells whether another problem of a kind, found later in the source, is
// still listed. What is not, is counted as cut.
func (l *listing) wants(severity mapping.Severity, code mapping.Code) bool {
	kind := problemKind{string(severity), string(code)}
	if kind == l.full {
		return false
	}
	items := l.kinds[kind]
	if items == nil || len(*items) < MaxItems {
		return true
	}
	l.cut, l.full = true, kind
	return false
}

// add puts a problem where it belongs: corrections come later than their neighbours.
func (l *listing) add(p Problem) {
	kind := problemKind{p.Severity, p.Code}
	items := l.kinds[kind]
	if items == nil {
		items = new([]Problem)
		l.kinds[kind] = items
	}
	at := len(*items)
	if at > 0 && (*items)[at-1].Record > p.Record {
		at = sort.Search(at, func(i int) bool { return (*items)[i].Record > p.Record })
	}
	*items = slices.Insert(*items, at, p)
	if len(*items) > MaxItems {
		*items, l.cut = (*items)[:MaxItems], true
	}
}

// remove takes back the problems of a record.
func (l *listing) remove(record int64) {
	l.full = problemKind{}
	for _, items := range l.kinds {
		at := sort.Search(len(*items), func(i int) bool { return (*items)[i].Record >= record })
		end := at
		for end < len(*items) && (*items)[end].Record == record {
			end++
		}
		*items = slices.Delete(*items, at, end)
	}
}

// list returns at most MaxItems problems: errors first, and of each kind as many
// as leave room for the others. cut tells that there are more.
func (l *listing) list() (items []Problem, cut bool) {
	type share struct {
		items  []Problem
		errors bool
		quota  int
	}
	var shares []*share
	for kind, list := range l.kinds {
		if len(*list) > 0 {
			shares = append(shares, &share{items: *list, errors: kind.severity == string(mapping.Error)})
		}
	}
	slices.SortFunc(shares, func(a, b *share) int {
		return cmp.Or(boolCompare(b.errors, a.errors), cmp.Compare(a.items[0].Code, b.items[0].Code))
	})
	// Everybody gets an equal part first; what is left goes to errors, then to warnings.
	left := MaxItems
	for _, s := range shares {
		s.quota = min(len(s.items), MaxItems/len(shares))
		left -= s.quota
	}
	for _, s := range shares {
		more := min(left, len(s.items)-s.quota)
		s.quota += more
		left -= more
	}
	items = []Problem{}
	cut = l.cut
	for _, s := range shares {
		items = append(items, s.items[:s.quota]...)
		cut = cut || s.quota < len(s.items)
	}
	slices.SortStableFunc(items, func(a, b Problem) int {
		return cmp.Or(boolCompare(b.Severity == string(mapping.Error), a.Severity == string(mapping.Error)), cmp.Compare(a.Record, b.Record))
	})
	return items, cut
}

// about says what a problem is about where its message alone does not.
func about(code, field, message string) string {
	if field != "" && (code == string(mapping.FieldDropped) || code == string(mapping.PasswordUnread)) {
		return field + ": " + message
	}
	return message
}
