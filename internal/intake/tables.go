package intake

import (
	"context"
	"errors"
	"fmt"

	"github.com/kinde-migrate/kinde-migrate/internal/mapping"
	"github.com/kinde-migrate/kinde-migrate/internal/source"
)

// join builds the indexes of all side tables once, when they are first needed.
func (in *Intake) join(ctx context.Context) error {
	in.joinOnce.Do(func() { in.joinErr = in.buildJoins(ctx) })
	return in.joinErr
}

func (in *Intake) buildJoins(ctx context.Context) (err error) {
	tables := in.m.Tables()
	builders := make([]*joinBuilder, len(tables))
	in.lookups, in.unasked = map[string]map[string]mapping.Value{}, map[string]int64{}
	defer func() {
		for _, b := range builders {
			if b != nil && err != nil {
				err = errors.Join(err, b.sort.Close())
			}
		}
	}()
	builder := func(t int) (err error) {
		if builders[t] == nil {
			builders[t], err = newJoin(in.opts.TempDir, tables[t])
		}
		return err
	}
	add := func(t int, f *source.File, offset, length, number int64, v mapping.Value) (keyed bool, err error) {
		table := &tables[t]
		if !table.Match(v) {
			return false, nil
		}
		keys := table.RowKeys(v)
		if left := table.Left(v); len(left.Keys) > 0 {
			filled, secrets := in.m.RowFields(table.Name, left)
			in.left.add(filled)
			in.secrets.add(table.Name, keys, secrets)
		}
		if table.Lookup {
			if in.lookups[table.Name] == nil {
				in.lookups[table.Name] = map[string]mapping.Value{}
			}
			for _, k := range keys {
				if _, ok := in.lookups[table.Name][k]; !ok {
					in.lookups[table.Name][k] = v
				}
			}
			if table.Companion == "organizations" && len(keys) > 0 {
				in.organizations.add(keys)
			}
			return len(keys) > 0, nil
		}
		if err := builder(t); err != nil {
			return false, err
		}
		return len(keys) > 0, builders[t].add(f, offset, length, number, keys)
	}
	broken := func(t int, f *source.File) error {
		if tables[t].Lookup {
			in.unasked[tables[t].Name]++
			return nil
		}
		if err := builder(t); err != nil {
			return err
		}
		builders[t].broken[f]++
		return nil
	}
	for _, f := range in.files {
		if f.inner {
			if err := in.innerRows(ctx, f, add, broken); err != nil {
				return err
			}
		}
	}
	for _, c := range in.companions {
		if err := in.companionRows(ctx, c, tables, add); err != nil {
			var refused *RefusedError
			if errors.As(err, &refused) {
				return err
			}
			return fmt.Errorf("reading the file of %s: %w", c.role, err)
		}
	}
	for t, b := range builders {
		if b == nil {
			continue
		}
		j, err := b.finish()
		builders[t] = nil
		if err != nil {
			return err
		}
		in.joins = append(in.joins, j)
	}
	if len(in.lookups) > 0 {
		in.env.Lookup = in.lookup
		if len(in.secrets.at) > 0 {
			in.env.Secret = in.secrets.of
		}
	}
	return nil
}

// addRow gives a row to a table. keyed tells that the row is one of the table's and has a key.
type addRow func(table int, f *source.File, offset, length, number int64, v mapping.Value) (keyed bool, err error)

// innerRows finds the rows of side tables in a document of users.
func (in *Intake) innerRows(ctx context.Context, f *usersFile, add addRow, broken func(table int, f *source.File) error) error {
	row := int64(0)
	return f.Scan(ctx, func(b *source.Batch) error {
		p := source.NewParser()
		for i := range b.Spans {
			s := &f.sites[b.Spans[i].Site]
			if len(s.tables) == 0 {
				continue
			}
			row++
			v, err := b.Parse(i, p)
			switch {
			case err != nil && !s.users:
				if err := broken(s.tables[0].table, f.File); err != nil {
					return err
				}
				continue
			case err != nil, in.isUser(s, v):
				if why := in.m.TakeFault(); why != "" {
					return in.rowFails(f.Name(), row, b.Spans[i].Line, why)
				}
				continue
			}
			offset, length := b.Position(i)
			for _, t := range s.tables {
				if !t.at.Match(v) || !in.m.Tables()[t.table].Match(v) {
					continue
				}
				keyed, err := add(t.table, f.File, offset, length, row, v)
				if err != nil {
					return err
				}
				if !keyed && in.m.Tables()[t.table].Lookup {
					in.unasked[in.m.Tables()[t.table].Name]++
				}
			}
			if why := in.m.TakeFault(); why != "" {
				return in.rowFails(f.Name(), row, b.Spans[i].Line, why)
			}
		}
		return nil
	})
}

// companionRows finds the rows of a companion file.
func (in *Intake) companionRows(ctx context.Context, c *companion, tables []mapping.Table, add addRow) error {
	n := &rowCounter{companion: c}
	in.counters = append(in.counters, n)
	return c.Scan(ctx, func(b *source.Batch) error {
		p := source.NewParser()
		for i := range b.Spans {
			n.rows++
			v, err := b.Parse(i, p)
			if err != nil {
				n.breaks()
				continue
			}
			if err := in.judge(n, v); err != nil {
				return err
			}
			offset, length := b.Position(i)
			keyed := false
			for t := range tables {
				if tables[t].Companion != c.role {
					continue
				}
				has, err := add(t, c.File, offset, length, n.rows, v)
				if err != nil {
					return err
				}
				keyed = keyed || has
			}
			if why := in.m.TakeFault(); why != "" {
				return in.rowFails(c.Name(), n.rows, b.Spans[i].Line, why)
			}
			if !keyed {
				n.breaks()
			}
		}
		return nil
	})
}

// rowFails tells on which row of a table an expression failed.
func (in *Intake) rowFails(file string, row, line int64, why string) error {
	return &RefusedError{false, fmt.Sprintf("row %d, line %d of %s: %s", row, line, file, why), correctExpression}
}

const correctExpression = "correct the expression; if some records lack a member, test for it first, such as seats != nil && seats > 3"

// lookup answers mapping.Env.Lookup.
func (in *Intake) lookup(table, key string) (mapping.Value, bool) {
	v, ok := in.lookups[table][key]
	if ok && table == "organizations" {
		in.organizations.see(key)
	}
	return v, ok
}

// attach adds the rows that join a record. joined tells for every join whether one did.
func (in *Intake) attach(ctx context.Context, rec *mapping.Record, mark bool) (joined []bool, strange []mapping.Problem, err error) {
	if len(in.joins) == 0 {
		return nil, nil, nil
	}
	joined = make([]bool, len(in.joins))
	bare := *rec
	for i, j := range in.joins {
		rows, other, err := j.rowsOf(ctx, &bare, mark)
		if err != nil {
			return nil, nil, err
		}
		if other {
			strange = append(strange, strangeRow(j.table.Name))
		}
		if len(rows) == 0 {
			continue
		}
		joined[i] = true
		n := len(rec.Fields.Keys)
		rec.Fields.Keys = append(rec.Fields.Keys[:n:n], "$"+j.table.Name)
		rec.Fields.Elems = append(rec.Fields.Elems[:n:n], mapping.Value{Kind: mapping.Array, Elems: rows})
	}
	return joined, strange, nil
}

// strangeRow is the problem of a record whose id a row of a second file has with
// somebody else's e-mail address.
func strangeRow(table string) mapping.Problem {
	p := mapping.Problem{Severity: mapping.Warning, Code: mapping.FieldDropped, Field: table,
		Message: "a row of the second file has this id and another e-mail address, so it may be about somebody else, and is left out",
		Hint:    "If the person has changed the address, correct it in the second file."}
	if table == "passwords" {
		p.Code = mapping.PasswordUnread
	}
	return p
}
