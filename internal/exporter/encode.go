package exporter

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/kinde-migrate/kinde-migrate/internal/tenant"
)

// Format is how rows are written.
type Format string

// The formats.
const (
	NDJSON   Format = "ndjson"
	JSON     Format = "json"      // one array
	CSV      Format = "csv"       // one row per user; lists and properties as JSON in their cells
	KindeCSV Format = "kinde-csv" // the columns of Kinde's own import
)

// FormatOf finds the format by a file's name, less .gz and .zst.
func FormatOf(name string) (Format, error) {
	lower := strings.ToLower(name)
	lower = strings.TrimSuffix(strings.TrimSuffix(lower, ".gz"), ".zst")
	switch {
	case name == "-", strings.HasSuffix(lower, ".ndjson"), strings.HasSuffix(lower, ".jsonl"):
		return NDJSON, nil
	case strings.HasSuffix(lower, ".json"):
		return JSON, nil
	case strings.HasSuffix(lower, ".csv"):
		return CSV, nil
	}
	return "", fmt.Errorf("the name %s doesn't show the format: end it with .ndjson, .json or .csv, or use --format", name)
}

// encoder writes rows. end writes what closes the file.
type encoder interface {
	row(*tenant.Row) error
	end() error
}

// newEncoder returns an encoder. fields chooses columns, nil takes all.
func newEncoder(w io.Writer, f Format, fields []string) (encoder, error) {
	if f == KindeCSV {
		if len(fields) > 0 {
			return nil, fmt.Errorf("the format %s has fixed columns: --fields can't be used with it", f)
		}
		return newKindeCSV(w)
	}
	if err := checkFields(fields); err != nil {
		return nil, err
	}
	switch f {
	case NDJSON:
		return &jsonLines{w: w, fields: fields, after: "\n"}, nil
	case JSON:
		return &jsonLines{w: w, fields: fields, before: "[\n", between: ",\n", last: "\n]\n"}, nil
	case CSV:
		return newCSV(w, fields)
	}
	return nil, fmt.Errorf("unknown format %q; use ndjson, json, csv or kinde-csv", f)
}

// FieldNames lists the fields of a row.
var FieldNames = []string{"id", "provided_id", "email", "phone", "username", "first_name", "last_name", "picture", "is_suspended",
	"created_on", "last_signed_in", "total_sign_ins", "identities", "organizations", "properties", "mfa", "sessions"}

// propertyField is the prefix of a field that is one property.
const propertyField = "properties."

func checkFields(fields []string) error {
	for i, f := range fields {
		if !slices.Contains(FieldNames, f) && (!strings.HasPrefix(f, propertyField) || f == propertyField) {
			return fmt.Errorf("unknown field %q; use %s or properties.KEY", f, strings.Join(FieldNames, ", "))
		}
		if slices.Contains(fields[:i], f) {
			return fmt.Errorf("the field %q is named twice", f)
		}
	}
	return nil
}

// jsonLines writes rows as JSON, one on each line.
type jsonLines struct {
	w                            io.Writer
	fields                       []string
	before, between, after, last string
	n                            int64
}

func (j *jsonLines) row(r *tenant.Row) error {
	var b bytes.Buffer
	if j.n == 0 {
		b.WriteString(j.before)
	} else {
		b.WriteString(j.between)
	}
	j.n++
	data, err := chosen(r, j.fields)
	if err != nil {
		return err
	}
	b.Write(data)
	b.WriteString(j.after)
	_, err = j.w.Write(b.Bytes())
	return err
}

func (j *jsonLines) end() error {
	text := j.last
	if j.n == 0 {
		text = j.before + strings.TrimPrefix(j.last, "\n")
	}
	_, err := io.WriteString(j.w, text)
	return err
}

// chosen returns the row's JSON with only these fields, in their order.
func chosen(r *tenant.Row, fields []string) ([]byte, error) {
	data, err := tenant.Marshal(r)
	if err != nil || len(fields) == 0 {
		return data, err
	}
	var all map[string]json.RawMessage
	if err := json.Unmarshal(data, &all); err != nil {
		return nil, err
	}
	var b bytes.Buffer
	b.WriteByte('{')
	put := func(name string, value []byte) {
		if b.Len() > 1 {
			b.WriteByte(',')
		}
		key, _ := tenant.Marshal(name)
		b.Write(key)
		b.WriteByte(':')
		b.Write(value)
	}
	properties := map[string]string{}
	for _, f := range fields {
		if key, ok := strings.CutPrefix(f, propertyField); ok {
			if v, ok := r.Properties[key]; ok {
				properties[key] = v
			}
			continue
		}
		value := all[f]
		if value == nil {
			value = json.RawMessage("null")
		}
		put(f, value)
	}
	if !slices.Contains(fields, "properties") &&
		slices.ContainsFunc(fields, func(f string) bool { return strings.HasPrefix(f, propertyField) }) {
		value, err := tenant.Marshal(properties)
		if err != nil {
			return nil, err
		}
		put("properties", value)
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// inert returns a cell that a spreadsheet does not run. A phone number begins
// with a plus sign and is no formula.
func inert(cell string) string {
	if cell == "" || !strings.ContainsRune("=+-@\t\r\n", rune(cell[0])) {
		return cell
	}
	if cell[0] == '+' && len(cell) > 1 && strings.Trim(cell[1:], "0123456789") == "" {
		return cell
	}
	return "'" + cell
}

// cellWriter is the writer that gocsv writes to. It makes cells inert and
// leaves out the columns that were not chosen.
type cellWriter struct {
	*csv.Writer
	columns []int // nil: all
	raw     map[int]bool
	rows    int
}

func (c *cellWriter) Write(record []string) error {
	out := record
	if c.columns != nil {
		out = make([]string, len(c.columns))
		for i, n := range c.columns {
			out[i] = record[n]
		}
	}
	if c.rows > 0 {
		for i := range out {
			if !c.raw[i] {
				out[i] = inert(out[i])
			}
		}
	}
	c.rows++
	return c.Writer.Write(out)
}

// CheckOutput tells whether rows can be written so, before anything is read.
func CheckOutput(f Format, fields []string) error {
	_, err := newEncoder(io.Discard, f, fields)
	return err
}
