package database

import (
	"context"
	"database/sql"
	"encoding/hex"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	_ "modernc.org/sqlite" // the driver
)

// lite reads a file of SQLite.
type lite struct{ sqlConn }

func dialSQLite(ctx context.Context, a *Address) (conn, error) {
	name := url.URL{
		Scheme:   "file",
		Opaque:   (&url.URL{Path: a.file}).EscapedPath(),
		RawQuery: "mode=ro&_pragma=busy_timeout(10000)&_pragma=query_only(1)",
	}
	db, err := sql.Open("sqlite", name.String())
	if err != nil {
		return nil, err
	}
	c := &lite{}
	if err := c.open(ctx, db); err != nil {
		return nil, err
	}
	// A transaction of SQLite begins with its first reading.
	for _, s := range []string{"BEGIN", "SELECT count(*) FROM sqlite_master"} {
		if _, err := c.c.ExecContext(ctx, s); err != nil {
			c.close()
			return nil, err
		}
	}
	return c, nil
}

func (l *lite) catalog(ctx context.Context, _ string) (catalog, string, error) {
	out := catalog{}
	err := l.query(ctx, `SELECT m.name, c.name, c.type FROM sqlite_master m JOIN pragma_table_info(m.name) c
		WHERE m.type IN ('table', 'view') ORDER BY m.name, c.cid`, nil, func(row [][]byte) error {
		table := string(row[0])
		col := column{name: string(row[1])}
		// The declared type proves nothing, but for what looks like it.
		switch declared := strings.ToUpper(string(row[2])); {
		case strings.HasPrefix(declared, "BOOL"):
			col.kind = truth
		case strings.Contains(declared, "INT"):
			col.kind, col.whole = number, true
		case strings.Contains(declared, "REAL") || strings.Contains(declared, "FLOA") || strings.Contains(declared, "DOUB") ||
			strings.Contains(declared, "NUM") || strings.Contains(declared, "DEC"):
			col.kind = number
		case strings.Contains(declared, "BLOB"):
			col.kind = anyBinary
		case strings.HasPrefix(declared, "JSON"):
			col.kind = document
		case strings.HasPrefix(declared, "DATETIME") || strings.HasPrefix(declared, "TIMESTAMP"):
			col.kind = moment
		}
		out[table] = append(out[table], col)
		return nil
	})
	return out, "", err
}

func (l *lite) notes([]string) []string { return nil }

func (l *lite) quote(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

func (l *lite) table(_, name string) string { return l.quote(name) }

func (l *lite) literal(value string) string { return "'" + strings.ReplaceAll(value, "'", "''") + "'" }

// keyText tells a number from text: the two are never equal in SQLite.
func (l *lite) keyText(expression string, _ column) string {
	return fmt.Sprintf("CASE typeof(%[1]s) WHEN 'integer' THEN 'i' || %[1]s WHEN 'blob' THEN 'b' || hex(%[1]s) ELSE 't' || %[1]s END", expression)
}

// value keeps the driver from reading a declared type into the value.
func (l *lite) value(expression string, _ column) string { return "+" + expression }

func (l *lite) key(text string, _ column) any {
	if text == "" {
		return nil
	}
	switch value := text[1:]; text[0] {
	case 'i':
		if n, err := strconv.ParseInt(value, 10, 64); err == nil {
			return n
		}
	case 'b':
		if raw, err := hex.DecodeString(value); err == nil {
			return raw
		}
	}
	return text[1:]
}

func (l *lite) objects(ctx context.Context, statement string, each func([]byte) error) error {
	rows, err := l.c.QueryContext(ctx, statement)
	if err != nil {
		return err
	}
	defer rows.Close()
	names, err := rows.Columns()
	if err != nil {
		return err
	}
	for i, n := range names {
		if slices.Contains(names[:i], n) {
			return fmt.Errorf("two columns are called %s: give one another name with AS", n)
		}
	}
	values, into := make([]any, len(names)), make([]any, len(names))
	for i := range values {
		into[i] = &values[i]
	}
	var object []byte
	named := heads(names)
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return err
		}
		row, kinds := make([][]byte, len(names)), make([]kind, len(names))
		for i, v := range values {
			row[i], kinds[i] = printed(v)
		}
		object, _ = appendObject(object[:0], named, kinds, row)
		if err := each(object); err != nil {
			return err
		}
	}
	return rows.Err()
}

// printed writes a value of the driver as text.
func printed(v any) ([]byte, kind) {
	switch v := v.(type) {
	case nil:
		return nil, text
	case int64:
		return strconv.AppendInt(nil, v, 10), number
	case float64:
		return strconv.AppendFloat(nil, v, 'g', -1, 64), number
	case bool:
		return strconv.AppendBool(nil, v)[:1], truth
	case []byte:
		return append([]byte{}, v...), anyBinary
	case time.Time:
		return []byte(v.Format(time.RFC3339Nano)), text
	case string:
		return []byte(v), text
	}
	return fmt.Append(nil, v), text
}
