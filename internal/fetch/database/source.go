package database

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/kinde-migrate/kinde-migrate/internal/fetch"
)

// Source is a database whose users are to be read.
type Source struct {
	Address    *Address
	Name       string // django …
	Preset     string // what reads the records
	Spec       *Spec  // nil: Statements alone
	Statements map[string]string
	Options    Options
	Timeout    time.Duration // of a statement

	// PageRows is how many users are read at a time; 0 is pageRows.
	PageRows int
	// afterPage is called in tests when a page is committed.
	afterPage func() error
}

// pageRows is how many users stand in memory at a time, with what belongs to them.
const pageRows = 5000

// StatementLists are what a statement of the operator may read.
var StatementLists = []string{"users", "identities", "memberships", "organizations"}

// About describes the source.
func (s *Source) About() fetch.About {
	settings, _ := json.Marshal([]any{s.Spec, s.Statements, s.Options})
	sum := sha256.Sum256(settings)
	return fetch.About{
		Source:   s.Name,
		Kind:     "database",
		From:     s.Address.String(),
		Preset:   s.Preset,
		Since:    s.Options.Since,
		Settings: hex.EncodeToString(sum[:8]),
	}
}

// open connects, and finds the tables.
func (s *Source) open(ctx context.Context) (conn, *plan, error) {
	c, err := dial(ctx, s.Address, s.Timeout)
	if err != nil || s.Spec == nil {
		return c, nil, err
	}
	pl, err := s.resolve(ctx, c)
	if err != nil {
		c.close()
		return nil, nil, err
	}
	return c, pl, nil
}

func (s *Source) resolve(ctx context.Context, c conn) (*plan, error) {
	p := &planner{db: c, address: s.Address, spec: s.Spec, opt: s.Options}
	if p.opt.Prefix == "" {
		p.opt.Prefix = s.Spec.Prefix
	}
	schema := s.Options.Schema
	if schema == "" && s.Address.Dialect == Postgres {
		schema = s.Spec.Schema
	}
	var err error
	if p.tables, p.schema, err = c.catalog(ctx, schema); err != nil {
		return nil, s.Address.explain("looking up the tables", "", err)
	}
	if p.opt.Parameters, err = s.parameters(ctx, p); err != nil {
		return nil, err
	}
	return p.resolve()
}

// ChoiceError says that the operator has to choose the value of a parameter.
type ChoiceError struct {
	Name   string
	Says   string
	Values []string
}

func (e *ChoiceError) Error() string {
	if len(e.Values) == 0 {
		return fmt.Sprintf("%s: there is none in the database", e.Says)
	}
	return fmt.Sprintf("%s: there are %s", e.Says, strings.Join(e.Values, ", "))
}

// parameters finds the values that the operator didn't give, where there is no choice.
func (s *Source) parameters(ctx context.Context, p *planner) (map[string]string, error) {
	out := map[string]string{}
	p.plan = &plan{}
	for name := range s.Options.Parameters {
		if !slices.ContainsFunc(s.Spec.Parameters, func(p Parameter) bool { return p.Name == name }) {
			return nil, &ChoiceError{Name: name, Says: s.Name + " has no parameter " + name}
		}
	}
	for _, want := range s.Spec.Parameters {
		if v, ok := s.Options.Parameters[want.Name]; ok {
			out[want.Name] = v
			continue
		}
		statement, missing := p.statement(want.Values)
		if missing != "" {
			return nil, &MissingError{What: "the table " + missing, Where: p.where(), Try: "check --schema and --table-prefix"}
		}
		var values []string
		err := p.db.query(ctx, statement, nil, func(row [][]byte) error {
			values = append(values, string(row[0]))
			return nil
		})
		if err != nil {
			return nil, s.Address.explain("looking up "+want.Name, "", err)
		}
		if len(values) != 1 {
			return nil, &ChoiceError{want.Name, want.Says, values}
		}
		out[want.Name] = values[0]
	}
	return out, nil
}

// statement puts the names of tables into a statement of the spec.
func (p *planner) statement(s string) (_, missing string) {
	s = tableForm.ReplaceAllStringFunc(s, func(at string) string {
		m := tableForm.FindStringSubmatch(at)
		table := p.tables.table(p.actual(m[1]))
		if table == "" {
			missing = p.actual(m[1])
		}
		return strings.Replace(at, "{"+m[1]+"}", p.db.table(p.schema, table), 1)
	})
	return p.sql(s), missing
}

// Read reads what the folder doesn't hold yet.
func (s *Source) Read(ctx context.Context, f *fetch.Folder, show func(fetch.Progress)) error {
	c, pl, err := s.open(ctx)
	if err != nil {
		return err
	}
	defer c.close()
	if pl == nil {
		return s.readStatements(ctx, c, f, show)
	}
	r := &reader{s: s, c: c, plan: pl, f: f, show: show}
	return r.read(ctx)
}

// Check reads one row of each table.
func (s *Source) Check(ctx context.Context) ([]fetch.Probe, error) {
	c, pl, err := s.open(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { c.close() }()
	var out []fetch.Probe
	probe := func(list, table, statement string, optional bool) error {
		err := s.Address.explain("reading "+list, table, c.query(ctx, statement, nil, func([][]byte) error { return nil }))
		p := fetch.Probe{List: list, Optional: optional, Found: err == nil}
		if err != nil {
			p.Problem = err.Error()
			if e, ok := errors.AsType[*fetch.DeniedError](err); ok {
				p.Denied, p.Needs = true, e.Needs
			}
			// A transaction of PostgreSQL is over after an error.
			c.close()
			if c, err = dial(ctx, s.Address, s.Timeout); err != nil {
				return err
			}
		}
		out = append(out, p)
		return ctx.Err()
	}
	if pl == nil {
		for _, list := range StatementLists {
			if q, ok := s.Statements[list]; ok {
				if err := probe(list, "", "SELECT * FROM ("+trimmed(q)+") q LIMIT 1", false); err != nil {
					return out, err
				}
			}
		}
		return out, nil
	}
	first, _ := pl.users.rangeOf(c, nil, nil, 1)
	if err := probe("users", pl.users.table, first, false); err != nil {
		return out, err
	}
	for _, j := range pl.joins {
		first, _ := j.rangeOf(c, nil, nil, 1)
		if err := probe(j.name, j.table, first, false); err != nil {
			return out, err
		}
	}
	for _, m := range pl.without {
		out = append(out, fetch.Probe{List: m.What, Optional: true, Problem: m.Error(), Needs: m.Try})
	}
	return out, nil
}
