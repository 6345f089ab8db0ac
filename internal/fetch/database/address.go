package database

import (
	"fmt"
	"net/url"
	"os"
	"strings"

	"github.com/kinde-migrate/kinde-migrate/internal/loopback"
)

// Address says where a database is. The password in it is never shown.
type Address struct {
	Dialect Dialect
	url     *url.URL
	file    string // of SQLite
	secrets []string
}

// Dialect is a kind of database.
type Dialect string

// The dialects.
const (
	Postgres Dialect = "postgres"
	MySQL    Dialect = "mysql" // and MariaDB
	SQLite   Dialect = "sqlite"
)

// AddressError says what is wrong with the address of a database, without showing it.
type AddressError struct{ What, Try string }

func (e *AddressError) Error() string { return "the address of the database " + e.What }

// forms shows how addresses look.
const forms = "postgres://user:password@host:5432/database, mysql://user:password@host:3306/database or sqlite:FILE"

// ParseAddress reads a connection URL.
func ParseAddress(text string) (*Address, error) {
	text = strings.TrimSpace(text)
	scheme, rest, ok := strings.Cut(text, ":")
	if !ok {
		return nil, &AddressError{"is not a URL", "its form is " + forms}
	}
	a := &Address{secrets: []string{text}}
	switch scheme {
	case "postgres", "postgresql":
		a.Dialect = Postgres
	case "mysql", "mariadb":
		a.Dialect = MySQL
	case "sqlite", "sqlite3":
		a.Dialect = SQLite
		a.file, a.secrets = strings.TrimPrefix(rest, "//"), nil
		if _, err := os.Stat(a.file); err != nil {
			return nil, &AddressError{"names a file that can't be opened: " + err.Error(), "check the path after sqlite:"}
		}
		return a, nil
	default:
		return nil, &AddressError{"is not that of a supported database", "its form is " + forms}
	}
	u, err := url.Parse(text)
	if err != nil {
		return nil, &AddressError{"can't be read", "its form is " + forms + "; write characters such as / # % in a password as %2F %23 %25"}
	}
	a.url = u
	if p, set := u.User.Password(); set && p != "" {
		_, raw, _ := strings.Cut(u.User.String(), ":")
		a.secrets = append(a.secrets, p, raw)
	}
	for _, name := range []string{"password", "sslpassword"} {
		if p := u.Query().Get(name); p != "" {
			a.secrets = append(a.secrets, p)
		}
	}
	return a, nil
}

// String is the address without user and password.
func (a *Address) String() string {
	if a.Dialect == SQLite {
		return "sqlite:" + a.file
	}
	host := a.url.Host
	if host == "" {
		host = a.url.Query().Get("host") + a.url.Query().Get("socket")
	}
	return fmt.Sprintf("%s://%s/%s", a.Dialect, host, strings.TrimPrefix(a.url.Path, "/"))
}

// user is the database's user, for advice.
func (a *Address) user() string {
	if a.url == nil || a.url.User.Username() == "" {
		return "the user of the connection"
	}
	return a.url.User.Username()
}

// remote tells whether the way to the database leaves this machine.
func (a *Address) remote() bool {
	host := a.url.Hostname()
	return host != "" && !loopback.Host(host)
}

// hide takes the password out of a message.
func (a *Address) hide(message string) string {
	for _, s := range a.secrets {
		message = strings.ReplaceAll(message, s, "***")
	}
	return message
}
