package exporter

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"

	"github.com/kinde-migrate/kinde-migrate/internal/sandbox"
	"github.com/kinde-migrate/kinde-migrate/internal/tenant"
	"github.com/kinde-migrate/kinde-migrate/internal/tenanttest"
)

func TestFormatOf(t *testing.T) {
	for name, want := range map[string]Format{"-": NDJSON, "a.ndjson": NDJSON, "a.JSONL": NDJSON, "a.json": JSON, "a.csv": CSV,
		"a.csv.gz":   CSV,
		"a.JSON.zst": JSON, "a.ndjson.GZ": NDJSON} {
		if got, err := FormatOf(name); got != want || err != nil {
			t.Errorf("%s is %q, want %q (%v)", name, got, want, err)
		}
	}
	for _, name := range []string{"", "a", "a.txt", "a.gz", "a.csv.txt"} {
		want := "the name " + name + " doesn't show the format: end it with .ndjson, .json or .csv, or use --format"
		if got, err := FormatOf(name); got != "" || err == nil || err.Error() != want {
			t.Errorf("%s is %q (%v)", name, got, err)
		}
	}
}

func TestOutputIsCheckedFirst(t *testing.T) {
	for _, c := range []struct {
		format Format
		fields []string
		want   string
	}{
		{NDJSON, nil, ""}, {JSON, []string{"id", "email"}, ""}, {CSV, []string{"properties.plan", "properties", "sessions"}, ""},
		{KindeCSV, nil, ""},
		{KindeCSV, []string{"id"}, "the format kinde-csv has fixed columns: --fields can't be used with it"},
		{CSV, []string{"id", "x"}, `unknown field "x"; use ` + strings.Join(FieldNames, ", ") + " or properties.KEY"},
		{CSV, []string{"properties."}, `unknown field "properties."; use ` + strings.Join(FieldNames, ", ") + " or properties.KEY"},
		{JSON, []string{"id", "email", "id"}, `the field "id" is named twice`},
		{"xml", nil, `unknown format "xml"; use ndjson, json, csv or kinde-csv`},
	} {
		err := CheckOutput(c.format, c.fields)
		if (err == nil) != (c.want == "") || err != nil && err.Error() != c.want {
			t.Errorf("%s %v: %v, want %s", c.format, c.fields, err, c.want)
		}
		_, sb := tenanttest.Open(t, sandbox.Options{})
		_, inFile := ToFile(t.Context(), noTenant{sb}, filepath.Join(t.TempDir(), "x"), Options{Format: c.format, Fields: c.fields})
		_, written := Write(t.Context(), noTenant{sb}, io.Discard, Options{Format: c.format, Fields: c.fields})
		if c.want != "" && (inFile == nil || inFile.Error() != c.want || written == nil || written.Error() != c.want) {
			t.Errorf("%s %v: %v, %v", c.format, c.fields, inFile, written)
		}
	}
	if _, err := ToFile(t.Context(), nil, "x.txt", Options{}); err == nil || !strings.HasPrefix(err.Error(), "the name x.txt doesn't show") {
		t.Error(err)
	}
	if _, err := ToFile(t.Context(), nil, filepath.Join(t.TempDir(), "none", "x.csv"), Options{}); !errors.Is(err, os.ErrNotExist) ||
		!strings.HasPrefix(err.Error(), "writing the export: ") {
		t.Error(err)
	}
}

// noTenant is one that nothing may be asked of.
type noTenant struct{ tenant.API }

// everyField is a user with a value in each field, and one with none.
func everyField() []*tenant.Row {
	yes, no, on := true, false, time.Date(2026, 1, 2, 3, 4, 5, 0, time.FixedZone("", 3600))
	return []*tenant.Row{
		{ID: "kp_1", ProvidedID: "=1", Email: "@a@example.com", Phone: "+12025550141", Username: "-ana", FirstName: "=A",
			LastName: "+B", Picture: "p",
			IsSuspended: true, CreatedOn: &on, LastSignedIn: &on, TotalSignIns: 7,
			Identities: []tenant.Identity{{Type: "email", Value: "@a@example.com", Verified: &yes}, {Type: "phone",
				Value: "+12025550141", Verified: &no}},
			Organizations: []tenant.Membership{{Code: "org_a", ExternalID: "a", Roles: []string{"r", "s"}, Permissions: []string{"p", "q"}},
				{Code: "org_b", Roles: []string{"r"}}, {Code: "org_c", ExternalID: "c", Roles: []string{"r"}, Permissions: []string{"p", "q"}},
				{Code: "org_d", ExternalID: "d", Roles: []string{"r", "s"}, Permissions: []string{"p", "q"}},
				{Code: "org_e", ExternalID: "e", Roles: []string{"r", "s"}, Permissions: []string{"p"}}},
			Properties: map[string]string{"plan": "=gold", "tone": "warm"},
			MFA:        []tenant.Factor{{ID: "f"}}, Sessions: []tenant.Session{{ID: "s"}}},
		{ID: "kp_2", Identities: []tenant.Identity{{Type: "email", Value: "b@example.com", Verified: &yes}},
			Organizations: []tenant.Membership{{Code: "org_b"}}},
		{ID: "kp_3"},
	}
}

// TestEncoders compares whole files, of all users and of none.
func TestEncoders(t *testing.T) {
	const header = "id,provided_id,email,phone,username,first_name,last_name,picture,is_suspended,created_on,last_signed_in,total_sign_ins," +
		"identities,organizations,properties,mfa,sessions"
	const kindeHeader = "email,id,first_name,last_name,username,phone,email_verified,phone_verified,external_organization_id,role_key,permission_key\n"
	for name, c := range map[string]struct {
		format     Format
		fields     []string
		want, none string
	}{
		"CSV": {CSV, nil, header + "\n" +
			`kp_1,'=1,'@a@example.com,+12025550141,'-ana,'=A,'+B,p,true,2026-01-02T02:04:05Z,2026-01-02T02:04:05Z,7,` +
			`"[{""type"":""email"",""value"":""@a@example.com"",""is_verified"":true},{""type"":""phone"",""value"":""+12025550141"",""is_verified"":false}]",` +
			`"[{""code"":""org_a"",""external_id"":""a"",""roles"":[""r"",""s""],""permissions"":[""p"",""q""]},{""code"":""org_b"",""roles"":[""r""]},` +
			`{""code"":""org_c"",""external_id"":""c"",""roles"":[""r""],""permissions"":[""p"",""q""]},` +
			`{""code"":""org_d"",""external_id"":""d"",""roles"":[""r"",""s""],""permissions"":[""p"",""q""]},` +
			`{""code"":""org_e"",""external_id"":""e"",""roles"":[""r"",""s""],""permissions"":[""p""]}]",` +
			`"{""plan"":""=gold"",""tone"":""warm""}","[{""id"":""f"",""type"":"""",""is_verified"":false}]","[{""id"":""s""}]"` + "\n" +
			`kp_2,,,,,,,,false,,,0,"[{""type"":""email"",""value"":""b@example.com"",""is_verified"":true}]","[{""code"":""org_b""}]",,,` + "\n" +
			"kp_3,,,,,,,,false,,,0,,,,,\n", header + "\n"},
		"chosen CSV": {CSV, []string{"properties.plan", "email", "properties.tone", "id"}, "properties.plan,email,properties.tone,id\n" +
			"'=gold,'@a@example.com,warm,kp_1\n,,,kp_2\n,,,kp_3\n", "properties.plan,email,properties.tone,id\n"},
		"Kinde's CSV": {KindeCSV, nil, kindeHeader +
			`@a@example.com,=1,'=A,'+B,-ana,+12025550141,TRUE,FALSE,"a,d","r,s","p,q"` + "\n" +
			`@a@example.com,=1,'=A,'+B,-ana,+12025550141,TRUE,FALSE,c,r,"p,q"` + "\n" +
			`@a@example.com,=1,'=A,'+B,-ana,+12025550141,TRUE,FALSE,e,"r,s",p` + "\n" +
			",kp_2,,,,,,,,,\n,kp_3,,,,,,,,,\n", kindeHeader},
		"chosen NDJSON": {NDJSON, []string{"provided_id", "id", "mfa"},
			`{"provided_id":"=1","id":"kp_1","mfa":[{"id":"f","type":"","is_verified":false}]}` + "\n" +
				`{"provided_id":null,"id":"kp_2","mfa":null}` + "\n" + `{"provided_id":null,"id":"kp_3","mfa":null}` + "\n", ""},
		"properties": {NDJSON, []string{"properties.plan", "id", "properties.none"}, `{"id":"kp_1","properties":{"plan":"=gold"}}` + "\n" +
			`{"id":"kp_2","properties":{}}` + "\n" + `{"id":"kp_3","properties":{}}` + "\n", ""},
		"all properties and one": {NDJSON, []string{"properties", "properties.plan"}, `{"properties":{"plan":"=gold","tone":"warm"}}` + "\n" +
			`{"properties":null}` + "\n" + `{"properties":null}` + "\n", ""},
		"JSON": {JSON, []string{"id"}, "[\n" + `{"id":"kp_1"},` + "\n" + `{"id":"kp_2"},` + "\n" + `{"id":"kp_3"}` + "\n]\n", "[\n]\n"},
	} {
		written := func(people []*tenant.Row) string {
			var b bytes.Buffer
			enc, err := newEncoder(&b, c.format, c.fields)
			tenanttest.Must(t, err)
			for _, r := range people {
				tenanttest.Must(t, enc.row(r))
			}
			tenanttest.Must(t, enc.end())
			return b.String()
		}
		if got := written(everyField()); got != c.want {
			t.Errorf("%s:\n%s\nwant\n%s", name, got, c.want)
		}
		if got := written(nil); got != c.none {
			t.Errorf("%s of nobody:\n%s\nwant\n%s", name, got, c.none)
		}
	}
}

func TestFilterSeesEveryField(t *testing.T) {
	on := "2026-01-02T02:04:05Z"
	for text, want := range map[string]string{
		`id == "kp_1"`: "1", `provided_id == "=1"`: "1", `email == "@a@example.com"`: "1", `phone == "+12025550141"`: "1",
		`username == "-ana"`: "1",
		`first_name == "=A"`: "1", `last_name == "+B"`: "1", `picture == "p"`: "1", `is_suspended`: "1", `total_sign_ins == 7`: "1",
		`created_on == date("` + on + `")`: "1", `last_signed_in == date("` + on + `")`: "1", `created_on < date("2000-01-01")`: "23",
		`any(identities, .type == "email" and .is_verified)`: "12", `any(identities, .type == "phone" and not .is_verified)`: "1",
		`organizations == ["org_a","org_b","org_c","org_d","org_e"]`: "1", `roles == ["r","s"]`: "1",
		`permissions == ["p","q","p","q","p","q","p"]`: "1",
		`properties["plan"] == "=gold"`:                "1", `mfa == [""]`: "1", `len(mfa) == 0`: "23", `true`: "123", `false`: "",
	} {
		f, err := ParseFilter(text)
		tenanttest.Must(t, err)
		got := ""
		for _, r := range everyField() {
			met, err := f.Match(r)
			tenanttest.Must(t, err)
			if met {
				got += r.ID[3:]
			}
		}
		if got != want {
			t.Errorf("%s takes %s, want %s", text, got, want)
		}
	}
	if f, err := ParseFilter(""); f != nil || err != nil {
		t.Errorf("%v, %v", f, err)
	}
	if met, err := (*Filter)(nil).Match(&tenant.Row{}); !met || err != nil {
		t.Errorf("no filter: %v, %v", met, err)
	}
	if _, err := ParseFilter("1 +"); err == nil || !strings.HasPrefix(err.Error(), "reading the filter: ") {
		t.Error(err)
	}
	for text, want := range map[string]string{
		`identities[5].type == "email"`: `the filter "identities[5].type == \"email\"" fails for the user kp_1: `,
	} {
		f, err := ParseFilter(text)
		tenanttest.Must(t, err)
		met, err := f.Match(everyField()[0])
		if met || err == nil || !strings.HasPrefix(err.Error(), want) || len(err.Error()) == len(want) ||
			strings.Contains(err.Error(), "example.com") {
			t.Errorf("%s: %v, %v", text, met, err)
		}
	}
}

// TestFullDisk: wherever writing fails, the export fails, and says so.
func TestFullDisk(t *testing.T) {
	wide := tenant.Row{ID: "kp_1", FirstName: strings.Repeat("x", 1<<12)}
	for _, c := range []struct {
		format Format
		fields []string
	}{{NDJSON, nil}, {JSON, nil}, {CSV, nil}, {CSV, []string{"id", "properties.a"}}, {KindeCSV, nil}, {JSON,
		[]string{"first_name", "properties.a"}}} {
		for room := range 40 {
			enc, err := newEncoder(&full{room: room << 10}, c.format, c.fields)
			tenanttest.Must(t, err)
			for range 10 {
				if err = enc.row(&wide); err != nil {
					break
				}
			}
			if err == nil {
				err = enc.end()
			}
			small := c.fields != nil && c.format == CSV
			if room < 39 && !small && !errors.Is(err, os.ErrClosed) || small && room == 0 && err == nil {
				t.Errorf("%s, a disk of %d KiB: %v", c.format, room, err)
			}
		}
		enc, err := newEncoder(&full{}, c.format, c.fields)
		tenanttest.Must(t, err)
		if err := enc.end(); c.format != NDJSON && !errors.Is(err, os.ErrClosed) {
			t.Errorf("%s of nobody: %v", c.format, err)
		}
	}
}

// full is a disk with this much room.
type full struct{ room int }

func (f *full) Write(p []byte) (int, error) {
	if f.room -= len(p); f.room < 0 {
		return 0, os.ErrClosed
	}
	return len(p), nil
}

// TestDisturbedExports lets each request fail. The error is that of the request, no file is
// there, and the next run goes on.
func TestDisturbedExports(t *testing.T) {
	options := tenanttest.Options(6)
	sb, admin := tenanttest.Open(t, options)
	tenanttest.Populate(t, sb, admin)
	c, refuser := tenanttest.Refusing(t, sb, http.StatusBadRequest)
	o := Options{ReadOptions: tenant.ReadOptions{Parts: parts(t, "identities,roles,permissions,properties"), TempDir: t.TempDir()}}
	var want bytes.Buffer
	whole, err := Write(t.Context(), c, &want, o)
	tenanttest.Must(t, err)
	if whole != (Result{Users: 6}) {
		t.Errorf("%+v", whole)
	}
	failed := 0
	for n := range refuser.Count() {
		refuser.Refuse(n + 1)
		out := filepath.Join(t.TempDir(), "users.ndjson.zst")
		_, err := ToFile(t.Context(), c, out, o)
		if err != nil { // else the list was read anew
			failed++
			if _, there := os.Stat(out); !strings.Contains(err.Error(), "Not today.") || !errors.Is(there, os.ErrNotExist) {
				t.Errorf("request %d: %v, half an export stands there: %v", n+1, err, there)
			}
			refuser.Refuse(0)
			if res, err := ToFile(t.Context(), c, out, o); err != nil || !res.Resumed {
				t.Errorf("after request %d: %+v, %v", n+1, res, err)
			}
		}
		f, err := os.Open(out)
		tenanttest.Must(t, err)
		z, err := zstd.NewReader(f)
		tenanttest.Must(t, err)
		if got, err := io.ReadAll(z); err != nil || string(got) != want.String() {
			t.Errorf("after request %d:\n%s\nwant\n%s", n+1, got, want.String())
		}
		z.Close()
		f.Close()
		if left, _ := filepath.Glob(out + ".*"); len(left) > 0 {
			t.Errorf("left behind: %v", left)
		}
		refuser.Refuse(n + 1)
		var b bytes.Buffer
		if _, err := Write(t.Context(), c, &b, o); err != nil && (!strings.Contains(err.Error(), "Not today.") || b.Len() > 0) ||
			err == nil && b.String() != want.String() {
			t.Errorf("request %d: %v, %q", n+1, err, b.String())
		}
	}
	if failed < 5 {
		t.Errorf("only %d exports failed", failed)
	}
}

// TestResultCounts who is written, filtered and left out.
func TestResultCounts(t *testing.T) {
	sb, c := tenanttest.Open(t, tenanttest.Options(9))
	tenanttest.Populate(t, sb, c)
	o := Options{ReadOptions: tenant.ReadOptions{Parts: parts(t, "organizations"), TempDir: t.TempDir()}, Format: KindeCSV}
	var err error
	o.Filter, err = ParseFilter(`email != "person1@example.com"`)
	tenanttest.Must(t, err)
	got, err := Write(t.Context(), c, io.Discard, o)
	if want := (Result{Users: 8, Filtered: 1, LeftOut: 8}); err != nil || got != want {
		t.Errorf("%+v, %v, want %+v", got, err, want)
	}
	o.Format = NDJSON
	if got, err := Write(t.Context(), c, io.Discard, o); err != nil || got.LeftOut != 0 {
		t.Errorf("%+v, %v", got, err)
	}
	o.Filter, err = ParseFilter(`identities[0].type == ""`)
	tenanttest.Must(t, err)
	if _, ok := errors.AsType[*FilterError](writeError(t.Context(), c, o)); !ok {
		t.Errorf("the filter's failure is lost: %v", writeError(t.Context(), c, o))
	}
	o.Filter = nil
	for _, w := range []io.Writer{&full{}, &full{room: 100}} {
		if _, err := Write(t.Context(), c, w, o); !errors.Is(err, os.ErrClosed) || !strings.HasPrefix(err.Error(), "writing the export: ") {
			t.Errorf("a full disk: %v", err)
		}
	}
}

func writeError(ctx context.Context, c tenant.API, o Options) error {
	_, err := Write(ctx, c, io.Discard, o)
	return err
}

func TestCompressedByName(t *testing.T) {
	for name, open := range map[string]func(io.Reader) (io.Reader, error){
		"a.csv": func(r io.Reader) (io.Reader, error) { return r, nil },
		"a.GZ":  func(r io.Reader) (io.Reader, error) { return gzip.NewReader(r) },
		"a.Zst": func(r io.Reader) (io.Reader, error) { return zstd.NewReader(r) },
	} {
		var b bytes.Buffer
		z, err := compressed(&b, name)
		tenanttest.Must(t, err)
		_, err = z.Write([]byte("text"))
		tenanttest.Must(t, errors.Join(err, z.Close()))
		r, err := open(&b)
		tenanttest.Must(t, err)
		if got, err := io.ReadAll(r); err != nil || string(got) != "text" {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
}
