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

	"github.com/kinde-migrate/kinde-migrate/internal/operation"
	"github.com/kinde-migrate/kinde-migrate/internal/sandbox"
	"github.com/kinde-migrate/kinde-migrate/kinde"
)

func TestExportHoldsWhatTheTenantHas(t *testing.T) {
	tenant, c := open(t, furniture(60))
	people := populate(t, tenant, c)
	rows := exported(t, t.Context(), c, parts(t, "identities,roles,permissions,properties,verified"))
	if len(rows) != len(people) {
		t.Fatalf("%d rows for %d users", len(rows), len(people))
	}
	byID := map[string]Row{}
	for _, r := range rows {
		byID[r.ID] = r
	}
	for _, u := range people {
		r := byID[u.ID]
		if r.ProvidedID != u.ProvidedID || r.FirstName != u.GivenName || r.LastName != u.FamilyName || r.Email != u.Email || r.IsSuspended != u.Suspended {
			t.Errorf("profile of %s: %+v", u.ID, r)
		}
		if !reflect.DeepEqual(r.Properties, u.Properties) {
			t.Errorf("properties of %s: %v, want %v", u.ID, r.Properties, u.Properties)
		}
		if len(r.Identities) != len(u.Identities) {
			t.Errorf("identities of %s: %+v, want %+v", u.ID, r.Identities, u.Identities)
		}
		for _, i := range u.Identities {
			at := slices.IndexFunc(r.Identities, func(x Identity) bool { return x.Type == i.Type && x.Value == i.Value && x.ConnectionID == i.Connection })
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
			if !slices.Equal(m.Roles, want.Roles) && len(m.Roles)+len(want.Roles) > 0 || !slices.Equal(m.Permissions, want.Permissions) && len(m.Permissions)+len(want.Permissions) > 0 {
				t.Errorf("%s in %s: %v %v, want %+v", u.ID, m.Code, m.Roles, m.Permissions, want)
			}
		}
	}
}

func TestTenThousandUsersTakeFewRequests(t *testing.T) {
	t.Parallel()
	tenant, c := open(t, sandbox.Options{SeedUsers: 10_000, Definitions: furniture(0).Definitions})
	tenant.ResetStats()
	rows := exported(t, t.Context(), c, parts(t, "identities,organizations,properties"))
	if len(rows) != 10_000 {
		t.Fatalf("%d rows", len(rows))
	}
	if n := tenant.Stats().Requests; n > 45 {
		t.Errorf("%d requests: %v", n, tenant.Stats().ByOperation)
	}
}

// Users come, change and go while pages are read. Whoever is there from the
// first request to the last is exported, once.
func TestNobodyIsLostOrDoubledWhilePagesAreRead(t *testing.T) {
	options := furniture(300)
	options.Quirks.MaxPageSize = 20
	var n atomic.Int64
	var ids []string
	gone := map[string]bool{}
	before := func(tenant *sandbox.Tenant, r *http.Request) {
		if ids == nil || !strings.HasSuffix(r.URL.Path, "users") {
			return
		}
		k := int(n.Add(1))
		if k > 150 {
			return // else the end of the list would run away from its reader
		}
		must(t, tenant.Edit(func(e *sandbox.Edit) error {
			// The last user of a page is the cursor of the next one.
			if k%3 == 0 && k/3*20-1 < len(ids) {
				id := ids[k/3*20-1]
				gone[id] = true
				return e.Delete(id)
			}
			_, err := e.Add("new"+strings.Repeat("x", k)+"@example.com", "New", "User")
			return err
		}))
	}
	tenant, c := openWith(t, options, before)
	for _, u := range tenant.Snapshot() {
		ids = append(ids, u.ID)
	}
	seen := map[string]int{}
	for _, r := range exported(t, t.Context(), c, parts(t, DefaultParts...)) {
		seen[r.ID]++
		if r.Email == "" {
			t.Errorf("half a user: %+v", r)
		}
	}
	for _, u := range tenant.Snapshot() {
		if slices.Contains(ids, u.ID) && seen[u.ID] != 1 {
			t.Errorf("%s, who was there all the time, is exported %d times", u.ID, seen[u.ID])
		}
	}
	for id, n := range seen {
		if n > 1 {
			t.Errorf("%s is exported %d times", id, n)
		}
	}
	if len(gone) == 0 {
		t.Error("nobody was deleted: the test shows nothing")
	}
}

func TestRolesAreReadTheCheaperWay(t *testing.T) {
	for _, organizations := range []int{1, 40} {
		options := furniture(80)
		for i := range organizations {
			options.Definitions.Organizations = append(options.Definitions.Organizations, sandbox.OrganizationDefinition{Code: "org_" + strings.Repeat("o", i+1), Name: "O"})
		}
		tenant, c := open(t, options)
		for i, u := range tenant.Snapshot() {
			code := "org_" + strings.Repeat("o", i%organizations+1)
			_, err := c.AddOrganizationUsers(t.Context(), code, []kinde.NewMember{{ID: u.ID, Roles: []string{"viewer"}}})
			must(t, err)
		}
		tenant.ResetStats()
		rows := exported(t, t.Context(), c, parts(t, "roles"))
		for _, r := range rows {
			if !slices.ContainsFunc(r.Organizations, func(m Membership) bool { return slices.Contains(m.Roles, "viewer") }) {
				t.Fatalf("%d organizations: no role: %+v", organizations, r)
			}
		}
		by := tenant.Stats().ByOperation
		if spent := by[operation.GetOrganizationUsers] + by[operation.GetRoleUsers]; spent > min(2, organizations+1) {
			t.Errorf("%d organizations: %v", organizations, by)
		}
	}
}

func TestExportResumes(t *testing.T) {
	options := furniture(500)
	options.Quirks.MaxPageSize = 50
	broken := true
	var n atomic.Int64
	tenant, err := sandbox.Open(func() sandbox.Options { o := options; o.BaseURL = origin; return o }())
	must(t, err)
	defer tenant.Close()
	revoke := func(*sandbox.Tenant, *http.Request) {
		if n.Add(1) == 12 && broken {
			tenant.RevokeTokens()
		}
	}
	out := filepath.Join(t.TempDir(), "users.ndjson.gz")
	o := Options{ReadOptions: ReadOptions{Parts: parts(t, "identities,organizations,properties")}}
	if _, err := ToFile(t.Context(), clientOf(t, tenant, revoke), out, o); kinde.ClassOf(err) != kinde.ClassAuth {
		t.Fatalf("the export was not stopped: %v", err)
	}
	if _, err := os.Stat(out); !os.IsNotExist(err) {
		t.Fatalf("half an export stands there: %v", err)
	}
	broken = false
	tenant.ResetStats()
	res, err := ToFile(t.Context(), clientOf(t, tenant, nil), out, o)
	must(t, err)
	if !res.Resumed || res.Users != 500 {
		t.Errorf("%+v", res)
	}
	if n := tenant.Stats().Requests; n > 16 {
		t.Errorf("the second run made %d requests", n)
	}
	f, err := os.Open(out)
	must(t, err)
	defer f.Close()
	z, err := gzip.NewReader(f)
	must(t, err)
	var b bytes.Buffer
	_, err = b.ReadFrom(z)
	must(t, err)
	if rows := rowsIn(t, b.String()); len(rows) != 500 {
		t.Errorf("%d rows", len(rows))
	}
	if left, _ := filepath.Glob(out + ".partial*"); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestFormats(t *testing.T) {
	t.Parallel()
	tenant, c := open(t, furniture(10))
	populate(t, tenant, c)
	must(t, tenant.Edit(func(e *sandbox.Edit) error { return e.Rename("person2@example.com", "=HYPERLINK(1)", "@x") }))
	write := func(o Options) string {
		o.Parts = parts(t, "identities,permissions,properties,verified")
		var b bytes.Buffer
		_, err := Write(t.Context(), c, &b, o)
		must(t, err)
		return b.String()
	}
	var list []Row
	must(t, json.Unmarshal([]byte(write(Options{Format: JSON})), &list))
	if len(list) != 10 {
		t.Errorf("%d rows of JSON", len(list))
	}
	none, err := ParseFilter("email == 'nobody'")
	must(t, err)
	must(t, json.Unmarshal([]byte(write(Options{Format: JSON, Filter: none})), &list))
	if len(list) != 0 {
		t.Errorf("%d rows of an empty array", len(list))
	}
	one, err := ParseFilter(`email == "person2@example.com"`)
	must(t, err)
	cells, err := csv.NewReader(strings.NewReader(write(Options{Format: CSV, Filter: one, Fields: []string{"email", "first_name", "properties.plan", "last_name"}}))).ReadAll()
	must(t, err)
	if want := [][]string{{"email", "first_name", "properties.plan", "last_name"}, {"person2@example.com", "'=HYPERLINK(1)", "", "'@x"}}; !reflect.DeepEqual(cells, want) {
		t.Errorf("%q", cells)
	}
	phones, err := ParseFilter(`phone != "" and properties["plan"] == "p0"`)
	must(t, err)
	cells, err = csv.NewReader(strings.NewReader(write(Options{Format: CSV, Filter: phones}))).ReadAll()
	must(t, err)
	if len(cells) != 2 || !strings.HasPrefix(cells[1][3], "+1555") {
		t.Errorf("%q", cells)
	}
	cells, err = csv.NewReader(strings.NewReader(write(Options{Format: KindeCSV, Filter: phones}))).ReadAll()
	must(t, err)
	if want := []string{"acme", "editor", "write:docs"}; !slices.Equal(cells[1][8:], want) || !strings.HasPrefix(cells[1][5], "+1555") {
		t.Errorf("%q", cells)
	}
	if got := write(Options{Fields: []string{"email", "properties.plan"}, Filter: phones}); got != `{"email":"person1@example.com","properties":{"plan":"p0"}}`+"\n" {
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
