package database

import (
	"fmt"
	"slices"
	"strings"
)

// column is a column as the database describes it.
type column struct {
	name string
	kind kind
	// array marks an array of PostgreSQL, which it prints as JSON itself.
	array bool
	whole bool // an integer
	zoned bool // a time with its zone
	bytes bool // raw bytes
}

// catalog is the tables with their columns, in order.
type catalog map[string][]column

// column finds a column. Some databases keep all names in capital letters.
func (c catalog) column(table, name string) (column, bool) {
	i := slices.IndexFunc(c[table], func(col column) bool { return col.name == name })
	if i < 0 {
		i = slices.IndexFunc(c[table], func(col column) bool { return strings.EqualFold(col.name, name) })
	}
	if i < 0 {
		return column{}, false
	}
	return c[table][i], true
}

// table finds a table; "" when it isn't there.
func (c catalog) table(name string) string {
	if len(c[name]) > 0 {
		return name
	}
	found := ""
	for table := range c {
		if strings.EqualFold(table, name) && (found == "" || table < found) {
			found = table
		}
	}
	return found
}

// first returns the first of the names that the tables have. "*_id" is the first
// column that ends so.
func (c catalog) first(table, names string) (column, bool) {
	for name := range strings.SplitSeq(names, "|") {
		if end, ok := strings.CutPrefix(name, "*"); ok {
			if i := slices.IndexFunc(c[table], func(col column) bool { return strings.HasSuffix(col.name, end) }); i >= 0 {
				return c[table][i], true
			}
		} else if col, ok := c.column(table, name); ok {
			return col, true
		}
	}
	return column{}, false
}

// having returns the tables that have all of the columns.
func (c catalog) having(names []string) []string {
	var out []string
	for table := range c {
		if !slices.ContainsFunc(names, func(n string) bool { _, ok := c.column(table, n); return !ok }) {
			out = append(out, table)
		}
	}
	slices.Sort(out)
	return out
}

// MissingError says that a table or a column isn't there.
type MissingError struct {
	What  string
	Where string // the schema or database that was searched
	Try   string
}

func (e *MissingError) Error() string { return fmt.Sprintf("%s is not in %s", e.What, e.Where) }

// usersTable finds the table of users.
func (p *planner) usersTable(u Users) (string, error) {
	for _, name := range u.Table {
		if table := p.tables.table(p.actual(name)); table != "" {
			return table, nil
		}
	}
	try := "check --schema and --table-prefix, or name the table with --table " + u.Table[0] + "=NAME"
	if len(u.Find) > 0 {
		switch found := p.tables.having(u.Find); len(found) {
		case 1:
			return found[0], nil
		case 0:
		default:
			return "", &MissingError{What: "the table " + u.Table[0], Where: p.where(),
				Try: fmt.Sprintf("choose one of %s with --table %s=NAME", strings.Join(found, ", "), u.Table[0])}
		}
	}
	return "", &MissingError{What: "the table " + p.actual(u.Table[0]), Where: p.where(), Try: try}
}

// actual is what a table of the spec is called here.
func (p *planner) actual(name string) string {
	if named := p.opt.Tables[name]; named != "" {
		return named
	}
	return p.opt.Prefix + name
}
