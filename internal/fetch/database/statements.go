package database

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/kinde-migrate/kinde-migrate/internal/fetch"
)

// trimmed is a statement that can stand inside of another.
func trimmed(statement string) string {
	return strings.TrimRight(strings.TrimSpace(statement), "; \n\t")
}

// StatementError says what is wrong with a statement of the operator.
type StatementError struct{ List, What, Try string }

func (e *StatementError) Error() string { return "--sql " + e.List + ": " + e.What }

// readStatements reads what the operator's own statements give, each from
// beginning to end: what a killed process began is read again.
func (s *Source) readStatements(ctx context.Context, c conn, f *fetch.Folder, show func(fetch.Progress)) error {
	for _, list := range StatementLists {
		statement, ok := s.Statements[list]
		if !ok {
			continue
		}
		place, began := f.Place(list, "")
		if place.Done {
			continue
		}
		if began {
			if err := f.Rewind(list); err != nil {
				return err
			}
		}
		if err := s.readStatement(ctx, c, f, list, trimmed(statement), show); err != nil {
			return s.Address.explain("reading "+list, "", err)
		}
	}
	return nil
}

func (s *Source) readStatement(ctx context.Context, c conn, f *fetch.Folder, list, statement string, show func(fetch.Progress)) error {
	text, err := one(ctx, c, "SELECT count(*) FROM ("+statement+") q")
	if err != nil {
		return err
	}
	total, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return err
	}
	if err := f.Counted(list, total, fetch.Exact); err != nil {
		return err
	}
	limit := int64(s.PageRows)
	if limit == 0 {
		limit = pageRows
	}
	var done, inPage int64
	commit := func(last bool) error {
		if err := f.Commit(fetch.Page{List: list, Rows: inPage, Done: last}); err != nil {
			return err
		}
		show(fetch.Progress{List: list, Done: done, Total: total})
		inPage = 0
		if s.afterPage != nil {
			return s.afterPage()
		}
		return nil
	}
	err = c.objects(ctx, statement, func(object []byte) error {
		if err := write(f, list, object); err != nil {
			return err
		}
		done++
		if inPage++; inPage == limit {
			return commit(false)
		}
		return nil
	})
	if err != nil {
		return err
	}
	return commit(true)
}

// write adds a row of a statement to the file of its list.
func write(f *fetch.Folder, list string, object []byte) error {
	switch list {
	case "users":
		return f.User(object)
	case "identities":
		return f.Identity(object)
	}
	row, err := cells(object)
	if err != nil {
		return err
	}
	known := []string{"user", "organization", "organization_name", "roles", "permissions"}
	if list == "organizations" {
		known = []string{"id", "name"}
	}
	for name := range row {
		if !slices.Contains(known, name) {
			return &StatementError{list, "the column " + name + " is not known", "name the columns " + strings.Join(known, ", ") + " with AS"}
		}
	}
	if list == "organizations" {
		return f.Organization(fetch.Organization{ID: row["id"].text, Name: row["name"].text})
	}
	if _, ok := row["user"]; !ok {
		return &StatementError{list, "it has no column user", "name the columns " + strings.Join(known, ", ") + " with AS"}
	}
	return f.Membership(fetch.Membership{User: row["user"].text, Organization: row["organization"].text,
		OrganizationName: row["organization_name"].text, Roles: row["roles"].names(), Permissions: row["permissions"].names()})
}

// cell is a value of a row: text, or several.
type cell struct {
	text string
	many []string
}

// names are the names in a cell, which may be several with a sign between.
func (c cell) names() []string {
	if c.many != nil {
		return c.many
	}
	var out []string
	for n := range strings.FieldsFuncSeq(c.text, func(r rune) bool { return strings.ContainsRune(fetch.Separators, r) }) {
		if n = strings.TrimSpace(n); n != "" {
			out = append(out, n)
		}
	}
	return out
}

// cells takes a row apart. Numbers keep their digits.
func cells(object []byte) (map[string]cell, error) {
	var row map[string]any
	d := json.NewDecoder(bytes.NewReader(object))
	d.UseNumber()
	if err := d.Decode(&row); err != nil {
		return nil, err
	}
	out := make(map[string]cell, len(row))
	for name, v := range row {
		switch v := v.(type) {
		case nil:
			out[name] = cell{}
		case string:
			out[name] = cell{text: v}
		case json.Number:
			out[name] = cell{text: v.String()}
		case []any:
			c := cell{many: []string{}}
			for _, e := range v {
				if e != nil {
					c.many = append(c.many, fmt.Sprint(e))
				}
			}
			out[name] = c
		default:
			out[name] = cell{text: fmt.Sprint(v)}
		}
	}
	return out, nil
}
