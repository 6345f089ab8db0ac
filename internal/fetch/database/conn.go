package database

import (
	"context"
	"fmt"
	"strings"
	"time"
)

// conn is a connection inside of one read-only transaction that sees one moment.
type conn interface {
	// catalog describes the tables of a schema. The schema that was searched
	// comes back, where none was named.
	catalog(ctx context.Context, schema string) (catalog, string, error)
	// query hands each row to a function, as text; nil is NULL. The slices are
	// good until it returns.
	query(ctx context.Context, statement string, args []any, each func(row [][]byte) error) error
	// objects hands over each row of a statement of the operator, as one JSON object.
	objects(ctx context.Context, statement string, each func(object []byte) error) error
	// notes says what the transaction doesn't cover.
	notes(tables []string) []string

	quote(name string) string
	table(schema, name string) string
	literal(value string) string
	placeholder(n int) string
	// keyText is a key as an expression that comes back as it can be given again.
	keyText(expression string, c column) string
	// value is a column as an expression whose text the kinds of encode.go fit.
	value(expression string, c column) string
	// key turns the text of a key into an argument.
	key(text string, c column) any

	close()
}

// connectTimeout bounds the way to a database that doesn't answer.
const connectTimeout = 20 * time.Second

// dial opens a connection and its transaction.
func dial(ctx context.Context, a *Address, timeout time.Duration) (conn, error) {
	var c conn
	var err error
	switch a.Dialect {
	case Postgres:
		c, err = dialPostgres(ctx, a, timeout)
	case MySQL:
		c, err = dialMySQL(ctx, a, timeout)
	default:
		c, err = dialSQLite(ctx, a)
	}
	if err != nil {
		return nil, a.explain("connecting to "+a.String(), "", err)
	}
	return c, nil
}

// rangeOf is a statement for the rows of a query whose keys lie above one value,
// up to another; at most limit, 0 is all.
func (q *query) rangeOf(c conn, above, upTo any, limit int) (string, []any) {
	var b strings.Builder
	var args []any
	fmt.Fprintf(&b, "SELECT %s FROM %s", q.columns, q.from)
	bound := func(operator string, value any) {
		if value != nil {
			args = append(args, value)
			fmt.Fprintf(&b, " AND %s %s %s", q.keyText, operator, c.placeholder(len(args)))
		}
	}
	bound(">", above)
	bound("<=", upTo)
	fmt.Fprintf(&b, " ORDER BY %s%s", q.keyText, q.then)
	if limit > 0 {
		fmt.Fprintf(&b, " LIMIT %d", limit)
	}
	return b.String(), args
}

func (q *query) count() string { return "SELECT count(*) FROM " + q.from }

// one returns the only value of a statement.
func one(ctx context.Context, c conn, statement string) (value string, err error) {
	err = c.query(ctx, statement, nil, func(row [][]byte) error {
		value = string(row[0])
		return nil
	})
	return value, err
}
