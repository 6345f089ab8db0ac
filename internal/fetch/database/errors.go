package database

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/go-sql-driver/mysql"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/kinde-migrate/kinde-migrate/internal/fetch"
)

// Error is what a database answered, without a password.
type Error struct {
	What    string // what was being done
	Message string
	Try     string
}

func (e *Error) Error() string { return e.What + ": " + e.Message }

// explain turns an error of a driver into one that can be shown, with advice. An
// error of ours goes through, and so does the end of the context.
func (a *Address) explain(what, table string, err error) error {
	if err == nil || errors.Is(err, context.Canceled) {
		return err
	}
	for _, ours := range []any{new(*MissingError), new(*AddressError), new(*Error), new(*StatementError), new(*fetch.DeniedError),
		new(*fetch.FolderError)} {
		if errors.As(err, ours) {
			return err
		}
	}
	message := a.hide(err.Error())
	state := stateOf(err)
	switch state {
	case "28000", "28P01", "1045", "1698":
		try := "check user and password in the address of the database"
		if strings.Contains(a.url.Host, "supabase") {
			try += "; Supabase's pooler wants the user as postgres.PROJECT"
		}
		return &fetch.DeniedError{What: what, Needs: try, Err: errors.New(message)}
	case "42501", "1142", "1143", "1044", "1227", "1370":
		return &fetch.DeniedError{What: what, Needs: a.grant(table), Err: errors.New(message)}
	}
	return &Error{what, message, a.advice(state, message)}
}

// stateOf is the code that a database gave its error.
func stateOf(err error) string {
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		return e.Code
	}
	if e, ok := errors.AsType[*mysql.MySQLError](err); ok {
		return fmt.Sprint(e.Number)
	}
	return ""
}

// grant is the permission that lets a table be read.
func (a *Address) grant(table string) string {
	if table == "" {
		table = "the tables of users"
	}
	return fmt.Sprintf("GRANT SELECT ON %s TO %s", table, a.user())
}

func (a *Address) advice(state, message string) string {
	switch {
	case state == "57014" || state == "1969" || state == "3024":
		return "the statement took too long: allow more time with --statement-timeout 30m, or add an index on the key"
	case state == "3D000" || state == "1049":
		return "check the name of the database at the end of its address"
	case strings.Contains(message, "tls") || strings.Contains(message, "SSL") || strings.Contains(message, "x509") ||
		strings.Contains(message, "certificate"):
		if a.Dialect == Postgres {
			return "the certificate is checked unless the address says otherwise: use sslrootcert=FILE for its authority; sslmode=require encrypts without checking it"
		}
		return "the certificate is checked unless the address says otherwise: tls=skip-verify encrypts without checking it"
	case strings.Contains(message, "dial") || strings.Contains(message, "connect"):
		return "check host and port, and that this machine may connect; Supabase's direct host has only IPv6, its pooler has IPv4"
	}
	return ""
}
