package report

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// ErrIdentifier tells that a name can't stand in SQL unquoted, in every dialect.
var ErrIdentifier = errors.New("not a plain name of letters, digits and underscores")

var identifier = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*){0,2}$`)

// SQL says which column of an application's database holds the old ids.
type SQL struct {
	Table, Column string
	Kind          string // user, organization or role; "" is user
	Inverse       bool   // back from Kinde's ids to the old ones
}

// Check tells whether the names are safe in every dialect of SQL.
func (s SQL) Check() error {
	if !identifier.MatchString(s.Table) {
		return fmt.Errorf("the table %q: %w", s.Table, ErrIdentifier)
	}
	if !identifier.MatchString(s.Column) || strings.Contains(s.Column, ".") {
		return fmt.Errorf("the column %q: %w", s.Column, ErrIdentifier)
	}
	return nil
}

// sqlBatch is how many ids one statement holds: every database takes that many.
const sqlBatch = 500

// pair is an id and what replaces it.
type pair struct{ from, to string }

// counts says what a script leaves out.
type sqlCounts struct{ pairs, strange, untrusted, several int64 }

// pairs lists what is replaced by what.
func (s SQL) pairs(ctx context.Context, c CrossedRecords, n *sqlCounts) iter.Seq2[pair, error] {
	return func(yield func(pair, error) bool) {
		list := CrossedUsers(ctx, c)
		if s.Kind == "organization" || s.Kind == "role" {
			list = crossed(ctx, c)
		}
		kind := s.Kind
		if kind == "" {
			kind = "user"
		}
		for x, err := range list {
			if err != nil {
				yield(pair{}, err)
				return
			}
			if x.Kind != kind {
				continue
			}
			if !x.Trusted {
				n.untrusted++
				continue
			}
			ids := x.Ids()
			if len(ids) > 1 {
				n.several++
			}
			if s.Inverse {
				ids = ids[:1]
			}
			for _, id := range ids {
				if strange(id) || strange(x.KindeID) {
					n.strange++
					continue
				}
				if id == x.KindeID {
					continue
				}
				n.pairs++
				p := pair{id, x.KindeID}
				if s.Inverse {
					p = pair{x.KindeID, id}
				}
				if !yield(p, nil) {
					return
				}
			}
		}
	}
}

// strange tells whether databases differ in how a text is quoted. A backslash
// is an escape in some of them, so no quoting of it is safe in all.
func strange(text string) bool {
	return text == "" || !utf8.ValidString(text) || strings.ContainsRune(text, '\\') || strings.IndexFunc(text, unicode.IsControl) >= 0
}

func quoteSQL(text string) string { return "'" + strings.ReplaceAll(text, "'", "''") + "'" }

// WriteCrosswalkSQL writes a script of plain SQL: first queries that count the
// rows which would change, then updates, a batch of ids in each.
func WriteCrosswalkSQL(ctx context.Context, w io.Writer, c CrossedRecords, s SQL) error {
	if err := s.Check(); err != nil {
		return err
	}
	var n sqlCounts
	for _, err := range s.pairs(ctx, c, &n) {
		if err != nil {
			return err
		}
	}
	b := bufio.NewWriter(w)
	s.header(b, n)
	batches := (n.pairs + sqlBatch - 1) / sqlBatch
	for _, statement := range []func(*bufio.Writer, int64, int64, []pair){s.check, s.update} {
		var batch []pair
		number := int64(0)
		for p, err := range s.pairs(ctx, c, new(sqlCounts)) {
			if err != nil {
				return err
			}
			if batch = append(batch, p); len(batch) == sqlBatch {
				number++
				statement(b, number, batches, batch)
				batch = batch[:0]
			}
		}
		if len(batch) > 0 {
			statement(b, number+1, batches, batch)
		}
	}
	return b.Flush()
}

func (s SQL) header(b *bufio.Writer, n sqlCounts) {
	direction := "old ids by Kinde's ids"
	if s.Inverse {
		direction = "Kinde's ids by the old ids again"
	}
	fmt.Fprintf(b, "-- Replaces %s in %s.%s: %d ids.\n", direction, s.Table, s.Column, n.pairs)
	b.WriteString(
		"-- 1. Run the SELECT statements alone. Each counts the rows that its batch would change;\n--    the sum should be the number of rows that you expect.\n",
	)
	b.WriteString("-- 2. Run the whole file in one transaction. Running it again changes nothing.\n")
	if n.several > 0 && !s.Inverse {
		fmt.Fprintf(b, "-- %d users had several old ids and now have one. If the column is UNIQUE, merge those rows first.\n", n.several)
	}
	if n.several > 0 && s.Inverse {
		fmt.Fprintf(b, "-- %d users had several old ids: this gives them the first one.\n", n.several)
	}
	if n.untrusted > 0 {
		fmt.Fprintf(
			b,
			"-- %d users existed in the tenant before and were not changed: nothing proves that they are the same people.\n--    They are not in this file; crosswalk.json lists them as not trusted.\n",
			n.untrusted,
		)
	}
	if n.strange > 0 {
		fmt.Fprintf(
			b,
			"-- %d ids hold a backslash or a control character, which databases quote differently.\n--    They are not in this file; crosswalk.json has them.\n",
			n.strange,
		)
	}
	b.WriteByte('\n')
}

func (s SQL) list(b *bufio.Writer, batch []pair) {
	b.WriteByte('(')
	for i, p := range batch {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(quoteSQL(p.from))
	}
	b.WriteByte(')')
}

func (s SQL) check(b *bufio.Writer, number, of int64, batch []pair) {
	fmt.Fprintf(
		b,
		"SELECT %d AS batch, %d AS batches, %d AS ids, COUNT(*) AS rows_to_change FROM %s WHERE %s IN ",
		number,
		of,
		len(batch),
		s.Table,
		s.Column,
	)
	s.list(b, batch)
	b.WriteString(";\n")
}

func (s SQL) update(b *bufio.Writer, number, of int64, batch []pair) {
	fmt.Fprintf(b, "\n-- batch %d of %d\nUPDATE %s SET %s = CASE %s\n", number, of, s.Table, s.Column, s.Column)
	for _, p := range batch {
		fmt.Fprintf(b, "  WHEN %s THEN %s\n", quoteSQL(p.from), quoteSQL(p.to))
	}
	fmt.Fprintf(b, "  ELSE %s END\nWHERE %s IN ", s.Column, s.Column)
	s.list(b, batch)
	b.WriteString(";\n")
}
