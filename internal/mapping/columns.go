package mapping

import (
	"slices"
	"strings"
)

// RowColumn is what a mapping makes of a column of a side table's rows.
type RowColumn struct {
	Name    string
	Joins   bool     // it is a key by which rows join users
	Targets []string // the sections that read it
	Known   bool     // some rule speaks of it, be it to leave it out
}

// Columns tells what becomes of the columns of rows that are joined under this
// table's name, or that are found in it by key.
func (m *Mapping) Columns(table string, names []string) []RowColumn {
	row := m.account.start().members([]string{"$" + table})[0].element(0, "")
	out := make([]RowColumn, len(names))
	for i, p := range row.members(names) {
		c := &out[i]
		c.Name = names[i]
		for _, r := range p.speaking() {
			c.Known = true
			section := sectionOf(r.target)
			switch {
			case r.fate != Used:
			case section == "join":
				c.Joins = true
			case !slices.Contains(c.Targets, r.target):
				c.Targets = append(c.Targets, r.target)
			}
		}
	}
	return out
}

// RowFields returns the IDs of the fields in which a row of a table holds something,
// and where it holds what looks like a password that nothing reads. It is for rows
// that no record takes along: those of a table that is asked by key, and what is
// not kept of a row.
func (m *Mapping) RowFields(table string, row Value) (filled []int32, secrets []string) {
	r := runs.Get().(*run)
	defer r.release()
	r.m, r.u, r.work = m, new(User), new(Workspace)
	r.visit(m.account.start().members([]string{"$" + table})[0].element(0, ""), &row, 1)
	for i := range r.out.Problems {
		if p := &r.out.Problems[i]; p.Code == PasswordUnread {
			secrets = append(secrets, p.Field)
		}
	}
	return slices.Clone(r.filled), secrets
}

// speaking returns all readings that lead to a place or on from it.
func (p *place) speaking() []*reading {
	out := slices.Clone(p.covers)
	for _, c := range p.cursors {
		out = append(out, c.reading)
	}
	return out
}

// ColumnsFor lists the names by which the mapping knows the columns of a side
// table: those of the user, and those of what the rows say of the user.
func (m *Mapping) ColumnsFor(table string) (keys, values []string) {
	for _, r := range m.account.readings {
		if len(r.steps) < 3 || r.steps[0].key != "$"+table || r.fate != Used {
			continue
		}
		at := slices.IndexFunc(r.steps[1:], func(s step) bool { return s.kind == stepKey })
		if at < 0 {
			continue
		}
		name := r.steps[at+1].key
		to := &values
		if r.target == "join" {
			to = &keys
		}
		if !slices.ContainsFunc(*to, func(have string) bool { return foldKey(have) == foldKey(name) }) && !strings.HasPrefix(name, "_") {
			*to = append(*to, name)
		}
	}
	return keys, values
}
