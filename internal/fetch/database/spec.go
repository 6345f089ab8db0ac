package database

import (
	"errors"
	"fmt"
	"slices"

	"github.com/kinde-migrate/kinde-migrate/internal/mapping"
)

// Spec is the section sql of a preset.
type Spec struct {
	Tested string `json:"tested"` // against what it was run; "" is the tables as they are documented
	// Schema is where the tables lie in PostgreSQL; "" searches as the connection does.
	Schema string `json:"schema"`
	Prefix string `json:"prefix"` // of each table, unless the operator names another
	Users  Users  `json:"users"`
	Join   []Join `json:"join"`
	// Parameters stand in conditions as :name.
	Parameters []Parameter `json:"parameters"`
}

// Users is the table with one row for each user.
type Users struct {
	Table   []string `json:"table"`   // its name; the first that is there
	Find    []string `json:"find"`    // else the one table with these columns
	Key     string   `json:"key"`     // what other tables refer to, unique
	Columns []string `json:"columns"` // only these; none named are all
	Without []string `json:"without"` // never these: tokens
	Mask    []string `json:"mask"`    // only whether there is a value, never which: secrets of second factors
	JSON    []string `json:"json"`    // text that holds JSON
	Where   string   `json:"where"`
	Since   string   `json:"since"` // the column that tells when a row changed
}

// Join is what other tables hold of a user. Several may add to one member.
type Join struct {
	Into  string `json:"into"` // the member of the record
	Shape Shape  `json:"shape"`
	// From names tables in braces: "{user_groups} m JOIN {groups} g ON g.id = m.group_id".
	// {a|b} is the first that is there.
	From     string   `json:"from"`
	On       string   `json:"on"` // the column with the user's key; a|b is the first that is there, *x ends in x, =x an expression
	Columns  []string `json:"columns"`
	JSON     []string `json:"json"`
	Where    string   `json:"where"`
	Required bool     `json:"required"` // without it a fetch makes no sense
}

// Shape says how rows stand in a record.
type Shape string

// The shapes.
const (
	Rows   Shape = "rows"   // [{…}, {…}]
	Values Shape = "values" // ["a", "b"], of the only column
	Lists  Shape = "lists"  // {"a": ["1", "2"]}, of a name and a value
	Fields Shape = "fields" // the columns stand beside the user's own
)

// Parameter is something that the operator may have to choose.
type Parameter struct {
	Name   string `json:"name"`
	Values string `json:"values"` // the query for what there is; with one value there is no choice
	Says   string `json:"says"`
}

// SpecOf returns what a mapping says of databases; false when it says nothing.
func SpecOf(m *mapping.Mapping) (*Spec, bool, error) {
	s := &Spec{}
	ok, err := m.Section("sql", s)
	if err != nil || !ok {
		return nil, false, err
	}
	return s, true, s.check()
}

func (s *Spec) check() error {
	if len(s.Users.Table) == 0 || s.Users.Key == "" {
		return errors.New("sql: users needs a table and a key")
	}
	for _, j := range s.Join {
		if j.From == "" || j.On == "" || j.Into == "" && j.Shape != Fields {
			return fmt.Errorf("sql: join needs from, on and into: %+v", j)
		}
		if !slices.Contains([]Shape{"", Rows, Values, Lists, Fields}, j.Shape) {
			return fmt.Errorf("sql: join has no shape %q", j.Shape)
		}
		if want := map[Shape]int{Values: 1, Lists: 2}[j.Shape]; want > 0 && len(j.Columns) != want {
			return fmt.Errorf("sql: the shape %s of %s needs %d columns", j.Shape, j.Into, want)
		}
	}
	return nil
}
