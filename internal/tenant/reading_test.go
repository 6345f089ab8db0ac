package tenant_test

import (
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/kinde-migrate/kinde-migrate/internal/operation"
	"github.com/kinde-migrate/kinde-migrate/internal/sandbox"
	"github.com/kinde-migrate/kinde-migrate/internal/tenant"
	"github.com/kinde-migrate/kinde-migrate/internal/tenanttest"
	"github.com/kinde-migrate/kinde-migrate/kinde"
)

func TestTenThousandUsersTakeFewRequests(t *testing.T) {
	t.Parallel()
	sb, c := tenanttest.Open(t, sandbox.Options{SeedUsers: 10_000, Definitions: tenanttest.Options(0).Definitions})
	sb.ResetStats()
	rows := tenanttest.Rows(t, c, "identities,organizations,properties")
	if len(rows) != 10_000 {
		t.Fatalf("%d rows", len(rows))
	}
	if n := sb.Stats().Requests; n > 45 {
		t.Errorf("%d requests: %v", n, sb.Stats().ByOperation)
	}
}

// Users come, change and go while pages are read. Whoever is there from the
// first request to the last is exported, once.
func TestNobodyIsLostOrDoubledWhilePagesAreRead(t *testing.T) {
	options := tenanttest.Options(300)
	options.Quirks.MaxPageSize = 20
	var n atomic.Int64
	var ids []string
	gone := map[string]bool{}
	before := func(sb *sandbox.Tenant, r *http.Request) {
		if ids == nil || !strings.HasSuffix(r.URL.Path, "users") {
			return
		}
		k := int(n.Add(1))
		if k > 150 {
			return // else the end of the list would run away from its reader
		}
		tenanttest.Must(t, sb.Edit(func(e *sandbox.Edit) error {
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
	sb, c := tenanttest.OpenWith(t, options, before)
	for _, u := range sb.Snapshot() {
		ids = append(ids, u.ID)
	}
	seen := map[string]int{}
	for _, r := range tenanttest.Rows(t, c, tenant.DefaultParts...) {
		seen[r.ID]++
		if r.Email == "" {
			t.Errorf("half a user: %+v", r)
		}
	}
	for _, u := range sb.Snapshot() {
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
		options := tenanttest.Options(80)
		for i := range organizations {
			options.Definitions.Organizations = append(
				options.Definitions.Organizations,
				sandbox.OrganizationDefinition{Code: "org_" + strings.Repeat("o", i+1), Name: "O"},
			)
		}
		sb, c := tenanttest.Open(t, options)
		for i, u := range sb.Snapshot() {
			code := "org_" + strings.Repeat("o", i%organizations+1)
			_, err := c.AddOrganizationUsers(t.Context(), code, []kinde.NewMember{{ID: u.ID, Roles: []string{"viewer"}}})
			tenanttest.Must(t, err)
		}
		sb.ResetStats()
		rows := tenanttest.Rows(t, c, "roles")
		for _, r := range rows {
			if !slices.ContainsFunc(r.Organizations, func(m tenant.Membership) bool { return slices.Contains(m.Roles, "viewer") }) {
				t.Fatalf("%d organizations: no role: %+v", organizations, r)
			}
		}
		by := sb.Stats().ByOperation
		if spent := by[operation.GetOrganizationUsers] + by[operation.GetRoleUsers]; spent > min(2, organizations+1) {
			t.Errorf("%d organizations: %v", organizations, by)
		}
	}
}

// A tenant that overlooks the filter by permission must not have everyone
// given every permission.
func TestAFilterThatIsOverlookedGivesNobodyAPermission(t *testing.T) {
	sb, client := tenanttest.Open(t, tenanttest.Options(30))
	tenanttest.Populate(t, sb, client)
	want := tenanttest.Rows(t, client, "permissions")
	deaf := tenanttest.ClientOf(t, sb, func(_ *sandbox.Tenant, r *http.Request) {
		q := r.URL.Query()
		q.Del("permissions")
		r.URL.RawQuery = q.Encode()
	})
	got := tenanttest.Rows(t, deaf, "permissions")
	if len(got) != len(want) {
		t.Fatalf("%d rows, want %d", len(got), len(want))
	}
	for i := range got {
		for j, m := range got[i].Organizations {
			if !slices.Equal(m.Permissions, want[i].Organizations[j].Permissions) {
				t.Errorf("%s has %v in %s, want %v", got[i].ID, m.Permissions, m.Code, want[i].Organizations[j].Permissions)
			}
		}
	}
}
