package bulk

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
	"github.com/kinde-migrate/kinde-migrate/internal/mapping"
	"github.com/kinde-migrate/kinde-migrate/internal/password"
)

// nameColumns are the headings that name a user.
var nameColumns = []string{"id", "kinde_id", "email", "phone", "username"}

// ReadNames reads who is meant: one name per line, or a CSV table with a
// column id, kinde_id, email, phone or username. In a list, empty lines and
// lines that begin with # don't count. value and connection_id are columns for
// added identities.
func ReadNames(data []byte) ([]Ask, error) {
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	table, header := openTable(data)
	if table == nil {
		return readList(data), nil
	}
	return readAsks(data, table, header, func(a *Ask, cell func(string) string) {
		a.Value, a.Connection = cell("value"), cell("connection_id")
	})
}

// ReadHashes reads a CSV table with a column that names the user and hash,
// method, salt, salt_encoding, salt_position, iterations; further columns are
// parameters of the method.
func ReadHashes(data []byte, options password.Options) ([]Ask, error) {
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	table, header := openTable(data)
	if table == nil || !slices.Contains(header, "hash") {
		return nil, errors.New("a file of hashes has to be a CSV table with a column id or email, and a column hash")
	}
	known := append([]string{"hash", "method", "salt", "salt_encoding", "salt_position", "iterations"}, nameColumns...)
	asks, err := readAsks(data, table, header, func(a *Ask, cell func(string) string) {
		in := password.Input{
			Hash:         cell("hash"),
			Method:       cell("method"),
			Salt:         cell("salt"),
			SaltEncoding: cell("salt_encoding"),
			SaltPosition: cell("salt_position"),
		}
		in.Iterations, _ = strconv.Atoi(cell("iterations"))
		for _, column := range header {
			if v := cell(column); v != "" && !slices.Contains(known, column) {
				if in.Params == nil {
					in.Params = map[string]string{}
				}
				in.Params[column] = v
			}
		}
		a.Password = password.Recognise(in, options)
		if a.Problem == nil {
			a.Problem = passwordProblem(a.Password)
		}
	})
	undecided(asks)
	return asks, err
}

// undecided rejects the rows that give one user different hashes: nothing tells
// which of them is the newer one.
func undecided(asks []Ask) {
	first, differ := map[checkpoint.Digest]*Ask{}, map[checkpoint.Digest]bool{}
	for i := range asks {
		a := &asks[i]
		if a.Problem != nil {
			continue
		}
		if f := first[a.key()]; f == nil {
			first[a.key()] = a
		} else if !f.Password.Same(a.Password) {
			differ[a.key()] = true
		}
	}
	for i := range asks {
		if a := &asks[i]; a.Problem == nil && differ[a.key()] {
			a.Problem = problem(mapping.PasswordUnsupported, "hash", a.Password.Undecided().Reason, "Leave only the newest one in the table.")
		}
	}
}

func passwordProblem(p *password.Password) *mapping.Problem {
	switch {
	case p == nil:
		return problem(mapping.PasswordMalformed, "hash", "the row holds no hash", "Leave out the row, or use users request-password-reset.")
	case p.Malformed:
		return problem(mapping.PasswordMalformed, "hash", fmt.Sprintf("the hash (%s) is malformed: %s", p.Encoding, p.Reason), "")
	case p.Body == nil:
		return problem(
			mapping.PasswordUnsupported,
			"hash",
			fmt.Sprintf("Kinde can't hold the hash (%s): %s", p.Encoding, p.Reason),
			"Use users request-password-reset for this user.",
		)
	}
	return nil
}

func problem(code mapping.Code, field, message, hint string) *mapping.Problem {
	return &mapping.Problem{Severity: mapping.Error, Code: code, Field: field, Message: message, Hint: hint}
}

// named takes the names of a row.
func (a *Ask) named(cell func(string) string) {
	if a.ID = cell("kinde_id"); a.ID == "" {
		// A column id may hold what a person would write for a user, too.
		other := ParseName(cell("id"))
		a.ID, a.Email, a.Phone, a.Any = other.ID, other.Email, other.Phone, other.Any
		a.OnlyID = a.Any != ""
	}
	for _, to := range []struct {
		field *string
		from  string
	}{{&a.Email, "email"}, {&a.Phone, "phone"}, {&a.Username, "username"}} {
		if v := cell(to.from); v != "" {
			*to.field = v
		}
	}
	if a.ID == "" && a.Email == "" && a.Phone == "" && a.Username == "" && a.Any == "" {
		a.Problem = problem(mapping.NoIdentity, "", "the row has neither id nor email", "Fill in the column id or email.")
	}
}

// openTable returns a reader behind the header when data is a table; nil when it is a list.
func openTable(data []byte) (*csv.Reader, []string) {
	first, _, _ := bytes.Cut(data, []byte("\n"))
	comma := ','
	for _, c := range ";\t" {
		if bytes.Count(first, []byte(string(c))) > bytes.Count(first, []byte(string(comma))) {
			comma = c
		}
	}
	r := csv.NewReader(bytes.NewReader(data))
	// Trimmed of spaces, an empty cell before a tab would be gone, and the next ones stand in its column.
	r.Comma, r.FieldsPerRecord, r.TrimLeadingSpace = comma, -1, comma != '\t'
	header, err := r.Read()
	if err != nil {
		return nil, nil
	}
	named := false
	for i := range header {
		header[i] = strings.ToLower(strings.TrimSpace(header[i]))
		named = named || slices.Contains(nameColumns, header[i])
	}
	if !named {
		return nil, nil
	}
	return r, header
}

// readAsks reads a table whose rows name users; more takes what else a row holds.
func readAsks(data []byte, r *csv.Reader, header []string, more func(a *Ask, cell func(string) string)) (asks []Ask, err error) {
	all := lines{data, 1}
	for {
		cells, err := r.Read()
		if errors.Is(err, io.EOF) {
			return asks, nil
		}
		if parse, ok := errors.AsType[*csv.ParseError](err); ok {
			// It names a position and no content, so no hash shows.
			bad := fmt.Sprintf("the row does not parse: %v", parse.Err)
			asks = append(asks, Ask{Line: int64(parse.StartLine), Problem: problem(mapping.RecordMalformed, "", bad, "Correct the line.")})
			asks = append(asks, all.swallowed(parse.StartLine, parse.Line)...)
			continue
		}
		if err != nil {
			return asks, fmt.Errorf("reading the table: %w", err)
		}
		cell := func(name string) string {
			if i := slices.Index(header, name); i >= 0 && i < len(cells) {
				return strings.TrimSpace(cells[i])
			}
			return ""
		}
		line, _ := r.FieldPos(0)
		a := Ask{Line: int64(line)}
		a.named(cell)
		more(&a, cell)
		asks = append(asks, a)
	}
}

// lines are those of a table, of which a part has been looked at.
type lines struct {
	rest   []byte
	number int // of the first line of rest
}

// swallowed are the lines behind a row that does not parse which its open quote
// took in, up to the last one: each may be a row that names somebody.
func (l *lines) swallowed(start, last int) (asks []Ask) {
	for ; l.number <= last && len(l.rest) > 0; l.number++ {
		var text []byte
		text, l.rest, _ = bytes.Cut(l.rest, []byte("\n"))
		if l.number > start && len(bytes.TrimSpace(text)) > 0 {
			bad := fmt.Sprintf("the row lies behind a quote that line %d opens and does not close", start)
			hint := fmt.Sprintf("Correct line %d.", start)
			asks = append(asks, Ask{Line: int64(l.number), Problem: problem(mapping.RecordMalformed, "", bad, hint)})
		}
	}
	return asks
}

func readList(data []byte) (asks []Ask) {
	line := int64(0)
	for text := range strings.Lines(string(data)) {
		line++
		text = strings.TrimSpace(strings.Trim(strings.TrimSpace(text), `"`))
		if text == "" || strings.HasPrefix(text, "#") {
			continue
		}
		a := ParseName(text)
		a.Line = line
		asks = append(asks, a)
	}
	return asks
}
