package exporter

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/klauspost/compress/gzip"

	"github.com/kinde-migrate/kinde-migrate/internal/sandbox"
	"github.com/kinde-migrate/kinde-migrate/internal/tenant"
	"github.com/kinde-migrate/kinde-migrate/internal/tenanttest"
	"github.com/kinde-migrate/kinde-migrate/kinde"
)

func TestExportHoldsWhatTheTenantHas(t *testing.T) {
	sb, c := tenanttest.Open(t, tenanttest.Options(60))
	people := tenanttest.Populate(t, sb, c)
	rows := exported(t, t.Context(), c, parts(t, "identities,roles,permissions,properties,verified"))
	if len(rows) != len(people) {
		t.Fatalf("%d rows for %d users", len(rows), len(people))
	}
	byID := map[string]tenant.Row{}
	for _, r := range rows {
		byID[r.ID] = r
	}
	for _, u := range people {
		r := byID[u.ID]
		if r.ProvidedID != u.ProvidedID || r.FirstName != u.GivenName || r.LastName != u.FamilyName || r.Email != u.Email ||
			r.IsSuspended != u.Suspended {
			t.Errorf("profile of %s: %+v", u.ID, r)
		}
		if !reflect.DeepEqual(r.Properties, u.Properties) {
			t.Errorf("properties of %s: %v, want %v", u.ID, r.Properties, u.Properties)
		}
		if len(r.Identities) != len(u.Identities) {
			t.Errorf("identities of %s: %+v, want %+v", u.ID, r.Identities, u.Identities)
		}
		for _, i := range u.Identities {
			at := slices.IndexFunc(r.Identities, func(x tenant.Identity) bool {
				return x.Type == i.Type && x.Value == i.Value && x.ConnectionID == i.Connection
			})
			if at < 0 || r.Identities[at].Verified == nil || *r.Identities[at].Verified != i.Verified {
				t.Errorf("%s lacks %+v: %+v", u.ID, i, r.Identities)
			} else if i.Type == "social" && r.Identities[at].Connection.Strategy != "oauth2:google" {
				t.Errorf("the connection has no strategy: %+v", r.Identities[at])
			}
		}
		if len(r.Organizations) != len(u.Memberships) {
			t.Errorf("organizations of %s: %+v, want %+v", u.ID, r.Organizations, u.Memberships)
		}
		for _, m := range r.Organizations {
			want := u.Memberships[m.Code]
			if !slices.Equal(m.Roles, want.Roles) && len(m.Roles)+len(want.Roles) > 0 ||
				!slices.Equal(m.Permissions, want.Permissions) && len(m.Permissions)+len(want.Permissions) > 0 {
				t.Errorf("%s in %s: %v %v, want %+v", u.ID, m.Code, m.Roles, m.Permissions, want)
			}
		}
	}
}

func TestExportResumes(t *testing.T) {
	options := tenanttest.Options(500)
	options.Quirks.MaxPageSize = 50
	broken := true
	var n atomic.Int64
	sb, err := sandbox.Open(func() sandbox.Options { o := options; o.BaseURL = tenanttest.Origin; return o }())
	tenanttest.Must(t, err)
	defer sb.Close()
	revoke := func(*sandbox.Tenant, *http.Request) {
		if n.Add(1) == 12 && broken {
			sb.RevokeTokens()
		}
	}
	out := filepath.Join(t.TempDir(), "users.ndjson.gz")
	o := Options{ReadOptions: tenant.ReadOptions{Parts: parts(t, "identities,organizations,properties")}}
	if _, err := ToFile(t.Context(), tenanttest.ClientOf(t, sb, revoke), out, o); kinde.ClassOf(err) != kinde.ClassAuth {
		t.Fatalf("the export was not stopped: %v", err)
	}
	if _, err := os.Stat(out); !os.IsNotExist(err) {
		t.Fatalf("half an export stands there: %v", err)
	}
	broken = false
	sb.ResetStats()
	res, err := ToFile(t.Context(), tenanttest.ClientOf(t, sb, nil), out, o)
	tenanttest.Must(t, err)
	if !res.Resumed || res.Users != 500 {
		t.Errorf("%+v", res)
	}
	if n := sb.Stats().Requests; n > 16 {
		t.Errorf("the second run made %d requests", n)
	}
	f, err := os.Open(out)
	tenanttest.Must(t, err)
	defer f.Close()
	z, err := gzip.NewReader(f)
	tenanttest.Must(t, err)
	var b bytes.Buffer
	_, err = b.ReadFrom(z)
	tenanttest.Must(t, err)
	if rows := rowsIn(t, b.String()); len(rows) != 500 {
		t.Errorf("%d rows", len(rows))
	}
	if left, _ := filepath.Glob(out + ".partial*"); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestFormats(t *testing.T) {
	t.Parallel()
	sb, c := tenanttest.Open(t, tenanttest.Options(10))
	tenanttest.Populate(t, sb, c)
	tenanttest.Must(t, sb.Edit(func(e *sandbox.Edit) error { return e.Rename("person2@example.com", "=HYPERLINK(1)", "@x") }))
	write := func(o Options) string {
		o.Parts = parts(t, "identities,permissions,properties,verified")
		var b bytes.Buffer
		_, err := Write(t.Context(), c, &b, o)
		tenanttest.Must(t, err)
		return b.String()
	}
	var list []tenant.Row
	tenanttest.Must(t, json.Unmarshal([]byte(write(Options{Format: JSON})), &list))
	if len(list) != 10 {
		t.Errorf("%d rows of JSON", len(list))
	}
	none, err := ParseFilter("email == 'nobody'")
	tenanttest.Must(t, err)
	tenanttest.Must(t, json.Unmarshal([]byte(write(Options{Format: JSON, Filter: none})), &list))
	if len(list) != 0 {
		t.Errorf("%d rows of an empty array", len(list))
	}
	one, err := ParseFilter(`email == "person2@example.com"`)
	tenanttest.Must(t, err)
	cells, err := csv.NewReader(
		strings.NewReader(write(Options{Format: CSV, Filter: one, Fields: []string{"email", "first_name", "properties.plan", "last_name"}})),
	).ReadAll()
	tenanttest.Must(t, err)
	if want := [][]string{{"email", "first_name", "properties.plan", "last_name"},
		{"person2@example.com", "'=HYPERLINK(1)", "", "'@x"}}; !reflect.DeepEqual(
		cells,
		want,
	) {
		t.Errorf("%q", cells)
	}
	phones, err := ParseFilter(`phone != "" and properties["plan"] == "p0"`)
	tenanttest.Must(t, err)
	cells, err = csv.NewReader(strings.NewReader(write(Options{Format: CSV, Filter: phones}))).ReadAll()
	tenanttest.Must(t, err)
	if len(cells) != 2 || !strings.HasPrefix(cells[1][3], "+1555") {
		t.Errorf("%q", cells)
	}
	cells, err = csv.NewReader(strings.NewReader(write(Options{Format: KindeCSV, Filter: phones}))).ReadAll()
	tenanttest.Must(t, err)
	if want := []string{"acme", "editor", "write:docs"}; !slices.Equal(cells[1][8:], want) || !strings.HasPrefix(cells[1][5], "+1555") {
		t.Errorf("%q", cells)
	}
	if got := write(Options{Fields: []string{"email", "properties.plan"},
		Filter: phones}); got != `{"email":"person1@example.com","properties":{"plan":"p0"}}`+"\n" {
		t.Error(got)
	}
	if _, err := ParseFilter("emial == 1"); err == nil {
		t.Error("an unknown name was accepted")
	}
}

func TestSpreadsheetsRunNothing(t *testing.T) {
	for cell, want := range map[string]string{
		"": "", "Ana": "Ana", "=1+1": "'=1+1", "@x": "'@x", "-1": "'-1", "+1+1": "'+1+1", "+15550100": "+15550100", "\t=1": "'\t=1", "+": "'+",
	} {
		if got := inert(cell); got != want {
			t.Errorf("%q becomes %q, want %q", cell, got, want)
		}
	}
}
