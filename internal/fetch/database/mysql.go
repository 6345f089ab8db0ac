package database

import (
	"context"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-sql-driver/mysql"
)

// maria talks to MySQL and MariaDB.
type maria struct {
	sqlConn
	unsafe []string // tables whose engine knows no transactions
}

func dialMySQL(ctx context.Context, a *Address, timeout time.Duration) (conn, error) {
	config, err := a.mysqlConfig()
	if err != nil {
		return nil, err
	}
	connector, err := mysql.NewConnector(config)
	if err != nil {
		return nil, err
	}
	c := &maria{}
	if err := c.open(ctx, sql.OpenDB(connector)); err != nil {
		return nil, err
	}
	version, err := one(ctx, c, "SELECT version()")
	if err != nil {
		c.close()
		return nil, err
	}
	limit := fmt.Sprintf("SET SESSION max_execution_time = %d", timeout.Milliseconds())
	if strings.Contains(version, "MariaDB") {
		limit = fmt.Sprintf("SET SESSION max_statement_time = %f", timeout.Seconds())
	}
	for _, s := range []string{limit, "SET SESSION time_zone = '+00:00'", "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ",
		"START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY"} {
		if _, err := c.c.ExecContext(ctx, s); err != nil {
			c.close()
			return nil, err
		}
	}
	return c, nil
}

// mysqlConfig turns the URL into the driver's own configuration.
func (a *Address) mysqlConfig() (*mysql.Config, error) {
	c := mysql.NewConfig()
	c.User = a.url.User.Username()
	c.Passwd, _ = a.url.User.Password()
	c.Net, c.Addr = "tcp", a.url.Host
	if a.url.Port() == "" {
		c.Addr = a.url.Hostname() + ":3306"
	}
	c.DBName = strings.TrimPrefix(a.url.Path, "/")
	c.Timeout, c.InterpolateParams = connectTimeout, true
	c.Collation = "utf8mb4_general_ci"
	if a.remote() {
		c.TLSConfig = "true"
	}
	for name, values := range a.url.Query() {
		switch name {
		case "socket":
			c.Net, c.Addr = "unix", values[0]
		case "tls", "ssl-mode", "sslmode":
			c.TLSConfig = values[0]
		default:
			return nil, &AddressError{"has an unknown option: " + name, "only socket and tls are known"}
		}
	}
	if c.DBName == "" {
		return nil, &AddressError{"names no database", "its form is mysql://user:password@host:3306/database"}
	}
	return c, nil
}

func (m *maria) catalog(ctx context.Context, schema string) (catalog, string, error) {
	if schema == "" {
		var err error
		if schema, err = one(ctx, m, "SELECT database()"); err != nil {
			return nil, "", err
		}
	}
	out := catalog{}
	err := m.query(ctx, `SELECT c.table_name, c.column_name, c.data_type, c.column_type, t.engine FROM information_schema.columns c
		JOIN information_schema.tables t ON t.table_schema = c.table_schema AND t.table_name = c.table_name
		WHERE c.table_schema = ? ORDER BY c.table_name, c.ordinal_position`, []any{schema}, func(row [][]byte) error {
		table := string(row[0])
		col := column{name: string(row[1])}
		switch data := string(row[2]); data {
		case "tinyint", "smallint", "mediumint", "int", "bigint":
			col.kind, col.whole = number, true
			if string(row[3]) == "tinyint(1)" {
				col.kind, col.whole = truth, false
			}
		case "decimal", "float", "double":
			col.kind = number
		case "bit":
			col.kind = bits
		case "json":
			col.kind = document
		case "datetime", "timestamp":
			col.kind = moment
		case "binary", "varbinary", "tinyblob", "blob", "mediumblob", "longblob":
			col.kind, col.bytes = anyBinary, data == "binary" || data == "varbinary"
			if string(row[3]) == "binary(16)" {
				col.kind = binary
			}
		}
		if engine := string(row[4]); engine != "InnoDB" && engine != "" && !slices.Contains(m.unsafe, table) {
			m.unsafe = append(m.unsafe, table)
		}
		out[table] = append(out[table], col)
		return nil
	})
	return out, schema, err
}

func (m *maria) notes(tables []string) []string {
	var out []string
	for _, t := range m.unsafe {
		if slices.Contains(tables, t) {
			out = append(out, fmt.Sprintf("The table %s is not InnoDB: the fetch could see half of a change. Fetch while nobody writes to it.", t))
		}
	}
	return out
}

func (m *maria) quote(name string) string { return "`" + strings.ReplaceAll(name, "`", "``") + "`" }

func (m *maria) table(schema, name string) string { return m.quote(schema) + "." + m.quote(name) }

func (m *maria) literal(value string) string {
	return "'" + strings.NewReplacer("'", "''", `\`, `\\`).Replace(value) + "'"
}

func (m *maria) keyText(expression string, c column) string {
	if c.bytes {
		return "hex(" + expression + ")"
	}
	return expression
}

func (m *maria) value(expression string, _ column) string { return expression }

func (m *maria) key(text string, c column) any {
	switch {
	case c.bytes:
		if raw, err := hex.DecodeString(text); err == nil {
			return raw
		}
	case c.whole:
		if n, err := strconv.ParseInt(text, 10, 64); err == nil {
			return n
		}
		if n, err := strconv.ParseUint(text, 10, 64); err == nil {
			return n
		}
	}
	return text
}

// objects reads a statement of the operator. The driver tells the types.
func (m *maria) objects(ctx context.Context, statement string, each func([]byte) error) error {
	rows, err := m.c.QueryContext(ctx, statement)
	if err != nil {
		return err
	}
	defer rows.Close()
	names, kinds, err := m.described(rows)
	if err != nil {
		return err
	}
	var object []byte
	named := heads(names)
	return scan(rows, len(names), func(row [][]byte) error {
		object, _ = appendObject(object[:0], named, kinds, row)
		return each(object)
	})
}

func (m *maria) described(rows *sql.Rows) ([]string, []kind, error) {
	types, err := rows.ColumnTypes()
	if err != nil {
		return nil, nil, err
	}
	var names []string
	var kinds []kind
	for _, t := range types {
		if slices.Contains(names, t.Name()) {
			return nil, nil, fmt.Errorf("two columns are called %s: give one another name with AS", t.Name())
		}
		k := text
		switch name := t.DatabaseTypeName(); {
		case strings.HasSuffix(name, "INT") || name == "DECIMAL" || name == "FLOAT" || name == "DOUBLE":
			k = number
		case name == "BIT":
			k = bits
		case name == "JSON":
			k = document
		case name == "DATETIME" || name == "TIMESTAMP":
			k = moment
		case strings.HasSuffix(name, "BINARY") || strings.HasSuffix(name, "BLOB"):
			k = anyBinary
		}
		names, kinds = append(names, t.Name()), append(kinds, k)
	}
	return names, kinds, nil
}

// sqlConn is one connection of database/sql.
type sqlConn struct {
	db *sql.DB
	c  *sql.Conn
}

func (s *sqlConn) open(ctx context.Context, db *sql.DB) (err error) {
	s.db = db
	if s.c, err = db.Conn(ctx); err != nil {
		return errors.Join(err, db.Close())
	}
	return nil
}

func (s *sqlConn) close() {
	_ = s.c.Close()
	_ = s.db.Close()
}

func (s *sqlConn) placeholder(int) string { return "?" }

func (s *sqlConn) query(ctx context.Context, statement string, args []any, each func([][]byte) error) error {
	rows, err := s.c.QueryContext(ctx, statement, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	names, err := rows.Columns()
	if err != nil {
		return err
	}
	return scan(rows, len(names), each)
}

// scan hands over rows as text.
func scan(rows *sql.Rows, n int, each func([][]byte) error) error {
	raw, row, into := make([]sql.RawBytes, n), make([][]byte, n), make([]any, n)
	for i := range raw {
		into[i] = &raw[i]
	}
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return err
		}
		for i := range raw {
			row[i] = raw[i]
		}
		if err := each(row); err != nil {
			return err
		}
	}
	return rows.Err()
}
