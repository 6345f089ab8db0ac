package intake

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/kinde-migrate/kinde-migrate/internal/mapping"
	"github.com/kinde-migrate/kinde-migrate/internal/source"
)

// RefusedError tells that the files can't be meant as they were given. Nothing was sent.
type RefusedError struct {
	Empty        bool // the source holds no record
	Message, Try string
}

func (e *RefusedError) Error() string { return e.Message }

// CompanionCount tells how the rows of one companion file, or of a side table
// in the file of users, met the users.
type CompanionCount struct {
	Path string `json:"path"` // of the file; "" for a table in the file of users
	Role string `json:"role"` // passwords, identities, memberships, organizations; or the table's name
	JoinCounts
	Nobody []int64 `json:"rows_of_nobody,omitempty"` // numbers, in the file, of the first rows that joined nobody
	Broken []int64 `json:"malformed_rows,omitempty"` // of the first rows that could not be read or have no key
}

// maxNamedRows is how many rows of a companion are named.
const maxNamedRows = 5

// rowCounter numbers the rows of one companion file.
type rowCounter struct {
	*companion
	rows   int64
	broken []int64
	bad    int64
	keys   [][]string // the names of columns that were judged
}

// judge refuses a companion whose columns say nothing to the mapping, or of
// which one is written almost like one that it reads: what it holds would be lost.
func (in *Intake) judge(c *rowCounter, row mapping.Value) error {
	if row.Kind != mapping.Object || len(c.keys) >= 20 ||
		slices.ContainsFunc(c.keys, func(k []string) bool { return slices.Equal(k, row.Keys) }) {
		return nil
	}
	names := make([]string, len(row.Keys))
	for i, k := range row.Keys {
		names[i] = strings.Clone(k)
	}
	c.keys = append(c.keys, names)
	var needKeys, needValues, unknown []string
	for _, t := range in.m.Tables() {
		if t.Companion != c.role {
			continue
		}
		if t.Lookup {
			return nil
		}
		joins, says, other := false, false, []string(nil)
		for _, col := range in.m.Columns(t.Name, names) {
			joins = joins || col.Joins
			says = says || slices.ContainsFunc(col.Targets, func(to string) bool { return substance(c.role, to) })
			if !col.Known {
				other = append(other, col.Name)
			}
		}
		keys, values := in.m.ColumnsFor(t.Name)
		if joins && (says || c.role == "memberships" && len(other) == 0) &&
			!(c.Format() == source.CSV && slices.ContainsFunc(other, func(name string) bool { return almost(name, values) })) {
			return nil // of memberships: roles without an organization
		}
		unknown = append(unknown, other...)
		needKeys, needValues = append(needKeys, keys...), append(needValues, values...)
	}
	unknown = slices.Compact(unknown)
	said := ""
	if len(unknown) > 0 && len(unknown) < len(names) {
		said = "; the mapping does not know " + some(unknown, 8)
	}
	return &RefusedError{
		Message: fmt.Sprintf("the file of %s %s has the columns %s%s", c.role, c.Name(), some(names, 12), said),
		Try: fmt.Sprintf("expected are %s; rename the columns, or describe them in a mapping file (see docs/mapping.md)",
			cmp.Or(documentedColumns[c.role], "a column for the user ("+some(needKeys, 4)+") and such as "+some(needValues, 8))),
	}
}

// documentedColumns are those of the files that are of our own making.
var documentedColumns = map[string]string{
	"memberships":   "user, organization, roles, permissions",
	"organizations": "external_id, name",
}

// almost tells whether a name begins as one of those that are read and goes on
// otherwise: rolle, organisation. A longer name (role_name) is a name of its own.
func almost(name string, read []string) bool {
	name = strings.ToLower(name)
	like := false
	for _, r := range read {
		if r = strings.ToLower(r); strings.HasPrefix(name, r) {
			return false
		}
		like = like || len(r) >= 3 && strings.HasPrefix(name, r[:3])
	}
	return like
}

// substance tells whether a target is what a companion of this role is there for.
func substance(role, target string) bool {
	section, member, _ := strings.Cut(target, " ")
	switch role {
	case "memberships":
		return section == "memberships" && (member == "organization" || member == "code" || member == "external_id" || member == "name")
	case "passwords":
		return section == "password"
	}
	return true
}

// some lists the first names of a list.
func some(names []string, n int) string {
	if len(names) > n {
		return strings.Join(names[:n], ", ") + ", …"
	}
	return strings.Join(names, ", ")
}

// breaks counts a row that could not be read or has no key.
func (c *rowCounter) breaks() {
	c.bad++
	if len(c.broken) < maxNamedRows {
		c.broken = append(c.broken, c.rows)
	}
}

// counts tells how each companion file met the users, and how each table did.
func (in *Intake) counts() []CompanionCount {
	var out []CompanionCount
	for _, c := range in.counters {
		n := CompanionCount{Path: c.Name(), Role: c.role, Broken: c.broken}
		n.Malformed = c.bad
		for _, j := range in.joins {
			if j.table.Companion != c.role {
				continue
			}
			j.count(&n, c.File)
			n.UsersWithout = j.without
		}
		if n.Role == "organizations" {
			n.Rows, n.Joined, n.JoinedNobody = in.organizations.counts()
		}
		out = append(out, n)
	}
	for _, j := range in.joins {
		for _, f := range in.files {
			n := CompanionCount{Role: j.table.Name}
			j.count(&n, f.File)
			n.Malformed, n.UsersWithout = j.broken[f.File], j.without
			if n.Rows+n.Malformed > 0 {
				out = append(out, n)
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(in.unasked)) {
		out = append(out, CompanionCount{Role: name, JoinCounts: JoinCounts{Malformed: in.unasked[name]}})
	}
	return out
}

// count adds the rows of one file, and names the first that joined nobody.
func (j *join) count(n *CompanionCount, f *source.File) {
	file := slices.Index(j.files, f)
	if file < 0 {
		return
	}
	for _, r := range j.ranges {
		if r.file != file {
			continue
		}
		n.Rows += r.to - r.from
		for row := r.from; row < r.to; row++ {
			if j.met[row/32].Load()>>(row%32)&1 != 0 {
				n.Joined++
			} else if n.JoinedNobody++; len(n.Nobody) < maxNamedRows && r.number > 0 {
				n.Nobody = append(n.Nobody, r.number+row-r.from)
			}
		}
	}
}

// fit refuses companions of which no row joined anybody.
func (in *Intake) fit(counts []CompanionCount, users int64) error {
	for i := range counts {
		c := &counts[i]
		if c.Path == "" || users == 0 {
			continue
		}
		keys := []string{}
		for _, t := range in.m.Tables() {
			if t.Companion == c.Role {
				k, _ := in.m.ColumnsFor(t.Name)
				keys = append(keys, k...)
			}
		}
		switch {
		case c.Rows == 0 && c.Malformed > 0:
			return &RefusedError{
				false,
				fmt.Sprintf("the file of %s %s: none of its %d rows can be read or names a user", c.Role, c.Path, c.Malformed),
				"put the user into a column such as " + cmp.Or(some(keys, 4), "user"),
			}
		case c.Rows > 0 && c.Joined == 0 && c.Role != "organizations":
			return &RefusedError{false, fmt.Sprintf("the file of %s %s: none of its %d rows joins a user", c.Role, c.Path, c.Rows),
				"check that it belongs to these users, and that the column " + cmp.Or(some(keys, 4), "user") + " holds their ids or e-mail addresses"}
		}
	}
	return nil
}

// askedRows counts the rows of a table that is asked by key.
type askedRows struct {
	rows int64
	row  map[string]int64 // by key
	met  sync.Map         // row -> true
}

func (a *askedRows) add(keys []string) {
	if a.row == nil {
		a.row = map[string]int64{}
	}
	for _, k := range keys {
		if _, have := a.row[k]; !have {
			a.row[strings.Clone(k)] = a.rows
		}
	}
	a.rows++
}

func (a *askedRows) see(key string) {
	row := a.row[key]
	if _, have := a.met.Load(row); !have {
		a.met.Store(row, true)
	}
}

func (a *askedRows) counts() (rows, joined, nobody int64) {
	a.met.Range(func(any, any) bool { joined++; return true })
	return a.rows, joined, a.rows - joined
}

func (c *JoinCounts) add(more *JoinCounts) {
	c.Rows, c.Joined, c.JoinedNobody, c.Malformed = c.Rows+more.Rows, c.Joined+more.Joined, c.JoinedNobody+more.JoinedNobody,
		c.Malformed+more.Malformed
	c.UsersWithout = max(c.UsersWithout, more.UsersWithout)
}
