package exporter

import (
	"encoding/csv"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gocarina/gocsv"

	"github.com/kinde-migrate/kinde-migrate/internal/tenant"
)

// csvRow is a row of a CSV export. Lists are JSON, so that nothing is lost.
type csvRow struct {
	ID            string `csv:"id"`
	ProvidedID    string `csv:"provided_id"`
	Email         string `csv:"email"`
	Phone         string `csv:"phone"`
	Username      string `csv:"username"`
	FirstName     string `csv:"first_name"`
	LastName      string `csv:"last_name"`
	Picture       string `csv:"picture"`
	IsSuspended   bool   `csv:"is_suspended"`
	CreatedOn     string `csv:"created_on"`
	LastSignedIn  string `csv:"last_signed_in"`
	TotalSignIns  int    `csv:"total_sign_ins"`
	Identities    string `csv:"identities"`
	Organizations string `csv:"organizations"`
	Properties    string `csv:"properties"`
	MFA           string `csv:"mfa"`
	Sessions      string `csv:"sessions"`
}

type csvEncoder struct {
	w      *cellWriter
	fields []string
	head   bool
	// single holds the keys of properties that have a column of their own.
	single []string
}

// newCSV returns an encoder of CSV; fields nil takes all columns.
func newCSV(w io.Writer, fields []string) (encoder, error) {
	c := &csvEncoder{w: &cellWriter{Writer: csv.NewWriter(w)}, fields: fields}
	for _, f := range fields {
		if key, ok := strings.CutPrefix(f, propertyField); ok {
			c.single = append(c.single, key)
			c.w.columns = append(c.w.columns, len(FieldNames)+len(c.single)-1)
			continue
		}
		c.w.columns = append(c.w.columns, slices.Index(FieldNames, f))
	}
	return c, nil
}

func (c *csvEncoder) row(r *tenant.Row) error {
	cells, err := cellsOf(r)
	if err != nil {
		return err
	}
	return c.write([]csvRow{cells}, r)
}

// widened appends the cells of single properties to what gocsv writes.
type widened struct {
	*cellWriter
	extra []string
}

func (w *widened) Write(record []string) error {
	return w.cellWriter.Write(append(slices.Clone(record), w.extra...))
}

func (c *csvEncoder) write(rows []csvRow, r *tenant.Row) error {
	if !c.head {
		c.head = true
		names := make([]string, len(c.single))
		for i, key := range c.single {
			names[i] = propertyField + key
		}
		if err := gocsv.MarshalCSV([]csvRow{}, &widened{c.w, names}); err != nil {
			return err
		}
	}
	if r == nil {
		return nil
	}
	values := make([]string, len(c.single))
	for i, key := range c.single {
		values[i] = r.Properties[key]
	}
	return gocsv.MarshalCSVWithoutHeaders(rows, &widened{c.w, values})
}

func (c *csvEncoder) end() error {
	if err := c.write(nil, nil); err != nil {
		return err
	}
	c.w.Flush()
	return c.w.Error()
}

func cellsOf(r *tenant.Row) (csvRow, error) {
	out := csvRow{
		ID: r.ID, ProvidedID: r.ProvidedID, Email: r.Email, Phone: r.Phone, Username: r.Username, FirstName: r.FirstName, LastName: r.LastName,
		Picture: r.Picture, IsSuspended: r.IsSuspended, CreatedOn: stamp(r.CreatedOn), LastSignedIn: stamp(r.LastSignedIn),
		TotalSignIns: r.TotalSignIns,
	}
	for _, list := range []struct {
		to    *string
		value any
		nil   bool
	}{
		{&out.Identities, r.Identities, r.Identities == nil}, {&out.Organizations, r.Organizations, r.Organizations == nil},
		{&out.Properties, r.Properties, r.Properties == nil}, {&out.MFA, r.MFA, r.MFA == nil}, {&out.Sessions, r.Sessions, r.Sessions == nil},
	} {
		if list.nil {
			continue
		}
		data, err := tenant.Marshal(list.value)
		if err != nil {
			return out, err
		}
		*list.to = string(data)
	}
	return out, nil
}

func stamp(t *time.Time) string {
	if t == nil {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

// kindeRow has the columns of Kinde's CSV import. Source: docs.kinde.com,
// "Import users in bulk".
type kindeRow struct {
	Email         string `csv:"email"`
	ID            string `csv:"id"`
	FirstName     string `csv:"first_name"`
	LastName      string `csv:"last_name"`
	Username      string `csv:"username"`
	Phone         string `csv:"phone"`
	EmailVerified string `csv:"email_verified"`
	PhoneVerified string `csv:"phone_verified"`
	Organizations string `csv:"external_organization_id"`
	Roles         string `csv:"role_key"`
	Permissions   string `csv:"permission_key"`
}

type kindeEncoder struct {
	w    *cellWriter
	head bool
}

// newKindeCSV returns an encoder of Kinde's own import. Names are made inert
// for spreadsheets; what identifies a user stays as it is.
func newKindeCSV(w io.Writer) (encoder, error) {
	return &kindeEncoder{w: &cellWriter{Writer: csv.NewWriter(w), raw: map[int]bool{0: true, 1: true, 4: true, 5: true}}}, nil
}

// row writes one line for each set of roles, since a line gives its roles in
// all of its organizations.
func (k *kindeEncoder) row(r *tenant.Row) error {
	base := kindeRow{Email: r.Email, ID: r.ProvidedID, FirstName: r.FirstName, LastName: r.LastName, Username: r.Username, Phone: r.Phone,
		EmailVerified: verified(r, "email", r.Email), PhoneVerified: verified(r, "phone", r.Phone)}
	if base.ID == "" {
		base.ID = r.ID
	}
	var rows []kindeRow
	for _, m := range r.Organizations {
		if m.ExternalID == "" {
			continue // the vendor's import knows organizations by their external id only
		}
		x := base
		x.Organizations, x.Roles, x.Permissions = m.ExternalID, strings.Join(m.Roles, ","), strings.Join(m.Permissions, ",")
		same := slices.IndexFunc(rows, func(y kindeRow) bool { return y.Roles == x.Roles && y.Permissions == x.Permissions })
		if same < 0 {
			rows = append(rows, x)
		} else {
			rows[same].Organizations += "," + x.Organizations
		}
	}
	if rows == nil {
		rows = []kindeRow{base}
	}
	if !k.head {
		k.head = true
		return gocsv.MarshalCSV(rows, k.w)
	}
	return gocsv.MarshalCSVWithoutHeaders(rows, k.w)
}

func verified(r *tenant.Row, kind, value string) string {
	for _, i := range r.Identities {
		if i.Type == kind && i.Value == value && i.Verified != nil {
			return strings.ToUpper(strconv.FormatBool(*i.Verified))
		}
	}
	return ""
}

func (k *kindeEncoder) end() error {
	if !k.head {
		if err := gocsv.MarshalCSV([]kindeRow{}, k.w); err != nil {
			return err
		}
	}
	k.w.Flush()
	return k.w.Error()
}
