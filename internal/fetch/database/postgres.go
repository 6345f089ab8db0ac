package database

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// postgres talks the protocol below pgx's own types: every value comes as the
// text that the server prints, so that no number loses a digit on the way.
type postgres struct{ c *pgconn.PgConn }

func dialPostgres(ctx context.Context, a *Address, timeout time.Duration) (conn, error) {
	config, err := pgconn.ParseConfig(a.withTLS("sslmode", "verify-full"))
	if err != nil {
		return nil, err
	}
	if config.ConnectTimeout == 0 {
		config.ConnectTimeout = connectTimeout
	}
	for name, value := range map[string]string{
		"application_name": "kinde-migrate", "client_encoding": "UTF8", "timezone": "UTC", "datestyle": "ISO", "bytea_output": "hex",
		"intervalstyle": "iso_8601", "extra_float_digits": "3",
	} {
		config.RuntimeParams[name] = value
	}
	c, err := pgconn.ConnectConfig(ctx, config)
	if err != nil {
		return nil, err
	}
	p := &postgres{c}
	begin := fmt.Sprintf("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL statement_timeout = %d; "+
		"SET LOCAL idle_in_transaction_session_timeout = 0; SELECT 1", timeout.Milliseconds())
	if _, err := c.Exec(ctx, begin).ReadAll(); err != nil {
		p.close()
		return nil, err
	}
	return p, nil
}

// withTLS is the URL, with a demand for TLS where the way leaves this machine
// and the operator said nothing else.
func (a *Address) withTLS(name, value string) string {
	u, q := *a.url, a.url.Query()
	if a.remote() && !q.Has(name) {
		q.Set(name, value)
		u.RawQuery = q.Encode()
	}
	return u.String()
}

func (p *postgres) close() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	_ = p.c.Close(ctx)
}

func (p *postgres) query(ctx context.Context, statement string, args []any, each func([][]byte) error) error {
	values := make([][]byte, len(args))
	for i, a := range args {
		values[i] = []byte(a.(string))
	}
	r := p.c.ExecParams(ctx, statement, values, nil, nil, nil)
	var err error
	for r.NextRow() && err == nil {
		err = each(r.Values())
	}
	if _, closed := r.Close(); err == nil {
		err = closed
	}
	return err
}

// objects has the server print each row: it knows the types, whatever they are.
func (p *postgres) objects(ctx context.Context, statement string, each func([]byte) error) error {
	return p.query(ctx, "SELECT row_to_json(q)::text FROM ("+statement+") q", nil, func(row [][]byte) error { return each(row[0]) })
}

func (p *postgres) notes([]string) []string { return nil }

func (p *postgres) catalog(ctx context.Context, schema string) (catalog, string, error) {
	if schema == "" {
		var err error
		if schema, err = one(ctx, p, "SELECT coalesce(current_schema(), 'public')"); err != nil {
			return nil, "", err
		}
	}
	out := catalog{}
	// pg_attribute shows columns also of tables that may not be read.
	err := p.query(ctx, `SELECT c.relname, a.attname, t.typname, t.typelem <> 0 AND t.typlen = -1
		FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_type t ON t.oid = a.atttypid
		WHERE n.nspname = $1 AND a.attnum > 0 AND NOT a.attisdropped AND c.relkind IN ('r', 'v', 'm', 'p', 'f') ORDER BY c.relname, a.attnum`,
		[]any{schema}, func(row [][]byte) error {
			table := string(row[0])
			col := column{name: string(row[1]), array: string(row[3]) == "t"}
			switch string(row[2]) {
			case "int2", "int4", "int8":
				col.kind, col.whole = number, true
			case "float4", "float8", "numeric", "oid":
				col.kind = number
			case "bool":
				col.kind = truth
			case "json", "jsonb":
				col.kind = document
			case "timestamp", "timestamptz":
				col.kind, col.zoned = moment, string(row[2]) == "timestamptz"
			}
			out[table] = append(out[table], col)
			return nil
		})
	return out, schema, err
}

func (p *postgres) quote(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

func (p *postgres) table(schema, name string) string { return p.quote(schema) + "." + p.quote(name) }

func (p *postgres) literal(value string) string {
	return "'" + strings.ReplaceAll(value, "'", "''") + "'"
}

func (p *postgres) placeholder(n int) string { return fmt.Sprintf("$%d", n) }

func (p *postgres) keyText(expression string, _ column) string { return expression }

func (p *postgres) value(expression string, c column) string {
	if c.array {
		return "to_jsonb(" + expression + ")"
	}
	return expression
}

func (p *postgres) key(text string, _ column) any { return text }
