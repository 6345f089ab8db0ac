package database

import (
	"errors"
	"fmt"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Options say where in the database things are, and what is left out.
type Options struct {
	Schema     string
	Prefix     string            // of each table
	Tables     map[string]string // what a table of the preset is called here
	Parameters map[string]string
	Since      string // RFC 3339
}

// plan is a spec whose tables and columns were found.
type plan struct {
	users query
	joins []join
	args  map[string]string
	// without are the tables and columns that aren't there.
	without []*MissingError
}

// query reads rows in the order of a key.
type query struct {
	name    string
	columns string // the list of a SELECT, the key first
	from    string // FROM and WHERE, without conditions on the key
	key     column
	keyText string   // the key as it stands in a statement
	kinds   []kind   // of the columns after the key
	heads   [][]byte // their names
	table   string   // of the preset, for advice
	then    string   // the order of rows with one key, so that two fetches give the same
}

type join struct {
	query
	into     string
	shape    Shape
	required bool
	slot     int // the first join with the same member
}

// planner resolves a spec against a catalog.
type planner struct {
	db      conn
	address *Address
	schema  string
	tables  catalog
	spec    *Spec
	opt     Options
	plan    *plan
}

func (p *planner) where() string {
	if p.schema != "" {
		return "the schema " + p.schema + " of " + p.address.String()
	}
	return p.address.String()
}

// resolve makes the plan. A part that isn't there is noted, unless nothing makes
// sense without it.
func (p *planner) resolve() (*plan, error) {
	p.plan = &plan{args: p.opt.Parameters}
	u := p.spec.Users
	table, err := p.usersTable(u)
	if err != nil {
		return nil, err
	}
	p.opt.Tables = withName(p.opt.Tables, u.Table[0], table)
	q := query{name: "users", table: table}
	var ok bool
	if q.key, ok = p.tables.first(table, u.Key); !ok {
		return nil, &MissingError{
			What:  fmt.Sprintf("the column %s of %s", u.Key, table),
			Where: p.where(),
			Try:   "choose the table of users with --table " + u.Table[0] + "=NAME",
		}
	}
	q.keyText = "u." + p.db.quote(q.key.name)
	columns, err := p.usersColumns(u, table)
	if err != nil {
		return nil, err
	}
	p.list(&q, columns)
	q.from = p.db.table(p.schema, table) + " u WHERE " + p.condition(u.Where, map[string]string{"u": table})
	if p.opt.Since != "" {
		changed, ok := p.tables.first(table, u.Since)
		if !ok {
			return nil, &MissingError{
				What:  fmt.Sprintf("the column %q of %s, which tells when a user changed", u.Since, table),
				Where: p.where(),
				Try:   "fetch without --since",
			}
		}
		since, err := sinceFor(changed, p.opt.Since)
		if err != nil {
			return nil, err
		}
		q.from += " AND u." + p.db.quote(changed.name) + " >= " + p.db.literal(since)
	}
	p.plan.users = q
	return p.plan, p.joins()
}

// sinceFor writes a time as a column can be compared with it. A column without a
// zone may hold the time of any place, so that it is asked for a day more.
func sinceFor(c column, since string) (string, error) {
	if c.zoned {
		return since, nil
	}
	t, err := time.Parse(time.RFC3339, since)
	if err != nil || c.kind == number {
		return "", &MissingError{What: "a date in the column " + c.name, Where: "the table of users", Try: "fetch without --since"}
	}
	return t.AddDate(0, 0, -1).Format(time.DateOnly), nil
}

// joins finds the joins. What isn't there is noted, unless another table holds the same.
func (p *planner) joins() error {
	absent := map[string]*MissingError{}
	var order []string
	for _, j := range p.spec.Join {
		found, err := p.join(j)
		if missing, ok := errors.AsType[*MissingError](err); ok && !j.Required {
			if absent[j.Into] == nil {
				absent[j.Into], order = missing, append(order, j.Into)
			}
			continue
		}
		if err != nil {
			return err
		}
		found.slot = slices.IndexFunc(p.plan.joins, func(o join) bool { return o.into == j.Into && j.Shape != Fields })
		if found.slot < 0 {
			found.slot = len(p.plan.joins)
		}
		if slices.ContainsFunc(p.plan.joins, func(o join) bool { return o.name == found.name }) {
			found.name += " of " + found.table
		}
		p.plan.joins = append(p.plan.joins, *found)
	}
	for _, into := range order {
		if !slices.ContainsFunc(p.plan.joins, func(o join) bool { return o.into == into }) {
			p.plan.without = append(p.plan.without, absent[into])
		}
	}
	return nil
}

func withName(tables map[string]string, name, actual string) map[string]string {
	out := map[string]string{name: actual}
	for k, v := range tables {
		out[k] = v
	}
	return out
}

// selected is a column of a list.
type selected struct {
	text string // as it stands in a statement
	as   string
	col  column
}

// usersColumns returns the columns of users that are read.
func (p *planner) usersColumns(u Users, table string) ([]selected, error) {
	var out []selected
	if len(u.Columns) > 0 {
		return p.selectColumns("users", u.Columns, u.JSON, map[string]string{"u": table})
	}
	for _, c := range p.tables[table] {
		if slices.ContainsFunc(u.Without, func(pattern string) bool { ok, _ := path.Match(pattern, c.name); return ok }) {
			continue
		}
		if slices.Contains(u.JSON, c.name) && c.kind == text {
			c.kind = document
		}
		if slices.Contains(u.Mask, c.name) {
			out = append(out, selected{"CASE WHEN u." + p.db.quote(c.name) + " IS NULL THEN NULL ELSE '(not read)' END", c.name, column{}})
			continue
		}
		out = append(out, selected{"u." + p.db.quote(c.name), c.name, c})
	}
	return out, nil
}

var columnForm = regexp.MustCompile(`^(?:(\w+)\.)?([\w|*]+?)(\?)?(?: as ([\w$]+))?$`)

// selectColumns finds the columns that a spec names: "name", "a.name",
// "a.name as other", "one|other" for the first that is there, a question mark
// where it may be missing, and "=expression as name" for anything else.
func (p *planner) selectColumns(of string, names, asJSON []string, aliases map[string]string) ([]selected, error) {
	var out []selected
	for _, n := range names {
		if expr, ok := strings.CutPrefix(n, "="); ok {
			at := strings.LastIndex(expr, " as ")
			if at < 0 {
				return nil, fmt.Errorf("sql: %s: %q needs a name", of, n)
			}
			s := selected{text: p.sql(p.alternatives(expr[:at], aliases)), as: expr[at+4:]}
			if slices.Contains(asJSON, s.as) {
				s.col.kind = document
			}
			out = append(out, s)
			continue
		}
		m := columnForm.FindStringSubmatch(n)
		if m == nil {
			return nil, fmt.Errorf("sql: %s: %q names no column", of, n)
		}
		alias, table := m[1], ""
		if alias == "" && len(aliases) == 1 {
			alias = aliasOf(aliases)
		}
		table = aliases[alias]
		col, ok := p.tables.first(table, m[2])
		if !ok {
			if m[3] == "" {
				p.plan.without = append(p.plan.without, &MissingError{What: fmt.Sprintf("the column %s of %s", m[2], table), Where: p.where()})
			}
			continue
		}
		s := selected{p.db.quote(alias) + "." + p.db.quote(col.name), col.name, col}
		if m[4] != "" {
			s.as = m[4]
		}
		if (slices.Contains(asJSON, s.as) || slices.Contains(asJSON, col.name)) && col.kind == text {
			s.col.kind = document
		}
		out = append(out, s)
	}
	return out, nil
}

// list writes the columns of a query: the key as text, then the others.
func (p *planner) list(q *query, columns []selected) {
	out := []string{p.db.keyText(q.keyText, q.key)}
	var names []string
	for _, c := range columns {
		out = append(out, p.db.value(c.text, c.col))
		names = append(names, c.as)
		k := c.col.kind
		if c.col.array {
			k = document
		}
		q.kinds = append(q.kinds, k)
	}
	q.columns, q.heads = strings.Join(out, ", "), heads(names)
}

var tableForm = regexp.MustCompile(`\{([^}]+)\}(?:\s+(?:AS\s+)?(\w+))?`)

// join finds the tables and columns of a join.
func (p *planner) join(j Join) (*join, error) {
	aliases := map[string]string{}
	var missing *MissingError
	from := tableForm.ReplaceAllStringFunc(j.From, func(s string) string {
		m := tableForm.FindStringSubmatch(s)
		names := strings.Split(m[1], "|")
		alias := m[2]
		keyword := strings.EqualFold(alias, "join") || strings.EqualFold(alias, "left") || strings.EqualFold(alias, "on")
		for _, n := range names {
			table := p.tables.table(p.actual(p.ofUsers(n)))
			if table == "" {
				continue
			}
			if alias == "" || keyword {
				aliases[table] = table // names the table itself
				return strings.Replace(s, "{"+m[1]+"}", p.db.table(p.schema, table), 1)
			}
			aliases[alias] = table
			return p.db.table(p.schema, table) + " " + alias
		}
		if missing == nil {
			missing = &MissingError{
				What:  "the table " + p.actual(p.ofUsers(names[0])),
				Where: p.where(),
				Try:   "if it has another name: --table " + names[0] + "=NAME",
			}
		}
		return s
	})
	for _, m := range tableForm.FindAllStringSubmatch(j.Where, -1) {
		if missing == nil && p.tables.table(p.actual(m[1])) == "" {
			missing = &MissingError{What: "the table " + p.actual(m[1]), Where: p.where(), Try: "if it has another name: --table " + m[1] + "=NAME"}
		}
	}
	if missing != nil {
		return nil, missing
	}
	out := &join{query: query{name: memberName(j)}, into: j.Into, shape: j.Shape, required: j.Required}
	alias, err := p.on(&out.query, j.On, aliases)
	if err != nil {
		return nil, err
	}
	names := j.Columns
	if len(names) == 0 {
		for _, c := range p.tables[aliases[alias]] {
			names = append(names, c.name)
		}
	}
	columns, err := p.selectColumns(out.name, names, j.JSON, aliases)
	if err != nil {
		return nil, err
	}
	if len(columns) == 0 || j.Shape == Lists && len(columns) < 2 {
		return nil, &MissingError{What: fmt.Sprintf("every column of %s that is read", out.table), Where: p.where()}
	}
	p.list(&out.query, columns)
	for i, k := range out.kinds {
		if k != document {
			out.then += fmt.Sprintf(", %d", i+2)
		}
	}
	out.from = p.sql(p.alternatives(from, aliases)) + " WHERE " + p.condition(j.Where, aliases) + " AND " + out.keyText + " IS NOT NULL"
	return out, nil
}

// memberName is what a join is called where it is counted.
func memberName(j Join) string {
	if j.Into != "" {
		return strings.TrimPrefix(j.Into, "$")
	}
	return tableForm.FindStringSubmatch(j.From)[1]
}

// on finds the column with the user's key, and the table that it belongs to.
func (p *planner) on(q *query, on string, aliases map[string]string) (string, error) {
	if expr, ok := strings.CutPrefix(on, "="); ok {
		q.keyText, q.table = p.sql(p.alternatives(expr, aliases)), tableOf(aliases)
		return aliasOf(aliases), nil
	}
	alias, name, found := strings.Cut(on, ".")
	if !found {
		alias, name = aliasOf(aliases), on
	}
	q.table = aliases[alias]
	var ok bool
	if q.key, ok = p.tables.first(q.table, name); !ok {
		return "", &MissingError{What: fmt.Sprintf("the column %s of %s", name, q.table), Where: p.where()}
	}
	q.keyText = p.db.quote(alias) + "." + p.db.quote(q.key.name)
	return alias, nil
}

// aliasOf is the first alias by name, which is the only one of a single table.
func aliasOf(aliases map[string]string) string {
	return slices.Sorted(maps.Keys(aliases))[0]
}

func tableOf(aliases map[string]string) string { return aliases[aliasOf(aliases)] }

var alternativeForm = regexp.MustCompile(`<(\w+)\.([\w|]+)>`)

// alternatives puts the first column that is there in the place of <alias.one|other>.
func (p *planner) alternatives(s string, aliases map[string]string) string {
	return alternativeForm.ReplaceAllStringFunc(s, func(at string) string {
		m := alternativeForm.FindStringSubmatch(at)
		if col, ok := p.tables.first(aliases[m[1]], m[2]); ok {
			return m[1] + "." + p.db.quote(col.name)
		}
		name, _, _ := strings.Cut(m[2], "|")
		return m[1] + "." + p.db.quote(name)
	})
}

// ofUsers puts what the table of users is called in the place of $users at the
// beginning of a name.
func (p *planner) ofUsers(name string) string {
	if rest, ok := strings.CutPrefix(name, "$users"); ok {
		return strings.TrimPrefix(p.plan.users.table, p.opt.Prefix) + rest
	}
	return name
}

var (
	parameterForm = regexp.MustCompile(`:([a-z_]+)\b`)
	optionalForm  = regexp.MustCompile(`\[(?:(\w+)\.)?(\w+)([^\]]*)\]`)
)

// condition turns a condition of the spec into one of the database. What stands
// in brackets begins with a column, and falls away where that is missing.
func (p *planner) condition(where string, aliases map[string]string) string {
	where = optionalForm.ReplaceAllStringFunc(where, func(s string) string {
		m := optionalForm.FindStringSubmatch(s)
		alias := m[1]
		if alias == "" {
			alias = aliasOf(aliases)
		}
		col, ok := p.tables.column(aliases[alias], m[2])
		if !ok {
			return "1=1"
		}
		return p.db.quote(alias) + "." + p.db.quote(col.name) + m[3]
	})
	where = tableForm.ReplaceAllStringFunc(where, func(s string) string {
		m := tableForm.FindStringSubmatch(s)
		return strings.Replace(s, "{"+m[1]+"}", p.db.table(p.schema, p.tables.table(p.actual(m[1]))), 1)
	})
	if strings.TrimSpace(where) == "" {
		return "1=1"
	}
	return "(" + p.sql(where) + ")"
}

// sql writes the parts that the dialects write differently: names in double
// quotes, and parameters.
func (p *planner) sql(s string) string {
	s = parameterForm.ReplaceAllStringFunc(s, func(name string) string {
		if v, ok := p.plan.args[name[1:]]; ok {
			return p.db.literal(v)
		}
		return name
	})
	if p.db.quote("x") == "`x`" {
		s = strings.ReplaceAll(s, `"`, "`")
	}
	return s
}
