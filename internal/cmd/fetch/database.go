package fetch

import (
	"slices"
	"strings"
	"time"

	"github.com/kinde-migrate/kinde-migrate/internal/cli"
	"github.com/kinde-migrate/kinde-migrate/internal/cli/input"
	"github.com/kinde-migrate/kinde-migrate/internal/fetch"
	"github.com/kinde-migrate/kinde-migrate/internal/fetch/database"
	"github.com/kinde-migrate/kinde-migrate/internal/mapping"
)

// databaseOptions say which database is read, and where things are in it.
type databaseOptions struct {
	urlEnv, urlFile  string
	schema, prefix   string
	tables, sql, set []string
	statementTimeout time.Duration
}

const catDatabase = "Database"

func (o *databaseOptions) flags() []cli.Flag {
	return []cli.Flag{
		cli.StringFlag(
			&o.urlEnv,
			catDatabase,
			"db-url-env",
			"",
			"`NAME` of the environment variable with the address of the database: postgres://…, mysql://… or sqlite:FILE",
		),
		cli.StringFlag(&o.urlFile, catDatabase, "db-url-file", "", "`FILE` that holds the address"),
		cli.StringFlag(
			&o.schema,
			catDatabase,
			"schema",
			"",
			"`NAME` of the schema in PostgreSQL, of the database in MySQL; default the preset's, or the connection's own",
		),
		cli.StringFlag(&o.prefix, catDatabase, "table-prefix", "", "`PREFIX` of each table, such as wp_"),
		cli.ListFlag(&o.tables, catDatabase, "table", "a table has another name here, `TABLE=NAME`"),
		cli.ListFlag(&o.set, catDatabase, "set", "set a parameter of the preset, `NAME=VALUE` such as realm=customers"),
		cli.ListFlag(
			&o.sql,
			catDatabase,
			"sql",
			"read with your own statement, `LIST=SELECT…`; LIST is users, identities, memberships or organizations",
		),
		cli.DurationFlag(&o.statementTimeout, catDatabase, "statement-timeout", 10*time.Minute, "at most this `TIME` for one statement"),
	}
}

// given tells whether the source is a database.
func (o *databaseOptions) given() bool { return o.urlEnv != "" || o.urlFile != "" }

func (o *databaseOptions) source(e *cli.Env, name string, m *mapping.Mapping, since string) (fetch.Source, error) {
	address, err := o.address(e)
	if err != nil {
		return nil, err
	}
	s := &database.Source{Address: address, Name: name, Preset: m.Base(), Timeout: o.statementTimeout,
		Options: database.Options{Schema: o.schema, Prefix: o.prefix, Since: since}}
	if o.statementTimeout <= 0 {
		return nil, cli.Usagef("--statement-timeout 10m", "--statement-timeout %s is not a length of time", o.statementTimeout)
	}
	if s.Options.Tables, err = pairs("--table", o.tables, nil); err != nil {
		return nil, err
	}
	if s.Options.Parameters, err = pairs("--set", o.set, nil); err != nil {
		return nil, err
	}
	if s.Statements, err = pairs("--sql", o.sql, database.StatementLists); err != nil {
		return nil, err
	}
	if len(s.Statements) > 0 {
		return o.byStatements(s)
	}
	spec, ok, err := database.SpecOf(m)
	if err != nil {
		return nil, cli.Usagef("correct the mapping file", "fetching: %w", err)
	}
	if !ok {
		return nil, cli.Usagef(
			"give statements with --sql users='SELECT …', or a mapping file with a section sql",
			"the preset %s can't read a database (these can: %s)",
			name,
			strings.Join(fromDatabases(), ", "),
		)
	}
	if since != "" && spec.Users.Since == "" {
		return nil, cli.Usagef("fetch without --since", "%s has no time of the last change", name)
	}
	s.Spec = spec
	return s, nil
}

// byStatements leaves the preset's own queries away.
func (o *databaseOptions) byStatements(s *database.Source) (fetch.Source, error) {
	if s.Statements["users"] == "" {
		return nil, cli.Usagef("--sql users='SELECT id, email, password_hash FROM person'", "there is no statement for users")
	}
	if s.Options.Since != "" {
		return nil, cli.Usagef(
			"put the condition into the statement, and leave out --gone when you import",
			"--since can't be used with your own statement",
		)
	}
	return s, nil
}

// address reads where the database is. It is never in argv, and never shown.
func (o *databaseOptions) address(e *cli.Env) (*database.Address, error) {
	text := ""
	switch {
	case o.urlEnv != "" && o.urlFile != "":
		return nil, cli.Usagef("give one of them", "--db-url-env and --db-url-file name two databases")
	case o.urlFile != "":
		var err error
		if text, err = cli.ReadSecretFile(o.urlFile); err != nil {
			return nil, err
		}
	case o.urlEnv != "":
		if strings.Contains(o.urlEnv, "://") {
			return nil, cli.Usagef(
				"put it into a variable and pass its name: --db-url-env DATABASE_URL",
				"--db-url-env takes the name of a variable, never the address itself, which others could read in the list of processes",
			)
		}
		v, ok := e.Variable(o.urlEnv)
		if !ok || v == "" {
			return nil, cli.Usagef("export "+o.urlEnv+"=postgres://user:password@host:5432/database", "the variable %s is not set", o.urlEnv)
		}
		text = v
	default:
		return nil, cli.Usagef("--db-url-env DATABASE_URL, or --db-url-file FILE", "there is no database to read")
	}
	a, err := database.ParseAddress(text)
	if err != nil {
		return nil, failure(err)
	}
	return a, nil
}

// pairs reads NAME=VALUE.
func pairs(flag string, values, known []string) (map[string]string, error) {
	out := map[string]string{}
	for _, v := range values {
		name, value, ok := strings.Cut(v, "=")
		if !ok || name == "" || strings.TrimSpace(value) == "" {
			return nil, cli.Usagef(flag+" NAME=VALUE", "%s %q is not of the form NAME=VALUE", flag, v)
		}
		if known != nil && !slices.Contains(known, name) {
			return nil, cli.Usagef(cli.Suggest(flag+" ", name, known, "use one of "+strings.Join(known, ", ")), "%s has no list %q", flag, name)
		}
		out[name] = value
	}
	return out, nil
}

// fromDatabases are the presets that say how tables are read.
func fromDatabases() []string {
	var out []string
	for _, p := range mapping.Presets() {
		if m, err := mapping.Preset(p.Name); err == nil {
			if _, ok, _ := database.SpecOf(m); ok {
				out = append(out, p.Name)
			}
		}
	}
	return out
}

func loadMapping(path string) (*mapping.Mapping, error) {
	text, err := input.ReadFile(path, 1<<20)
	if err != nil {
		return nil, err
	}
	m, err := mapping.Load(path, text)
	if err != nil {
		return nil, cli.Usagef("correct the mapping file", "reading the mapping: %w", err)
	}
	return m, nil
}
