package restore

import (
	"fmt"
	"maps"
	"net/http"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/kinde-migrate/kinde-migrate/internal/backup"
	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
	"github.com/kinde-migrate/kinde-migrate/internal/importer"
	"github.com/kinde-migrate/kinde-migrate/internal/sandbox"
	"github.com/kinde-migrate/kinde-migrate/internal/tenant"
	"github.com/kinde-migrate/kinde-migrate/internal/tenanttest"
	"github.com/kinde-migrate/kinde-migrate/kinde"
)

// company is what a backup of a whole tenant holds. Ana refers to some of it.
func company() rows {
	return rows{
		backup.KindOrganizations: {
			tenant.OrganizationRow{Code: "org_home", Name: "Home", IsDefault: true},
			tenant.OrganizationRow{Code: "org_old", Name: "Acme", ExternalID: "acme", Handle: "acme", IsSuspended: true, IsAutoJoin: true,
				Properties: map[string]string{"vat": "PT1", "plan": "", "gone": "x"},
				Flags:      map[string]kinde.FeatureFlag{"limit": {Value: "7"}, "beta": {Value: "true"}}},
			tenant.OrganizationRow{Code: "org_beta", Name: "Beta", IsSuspended: true},
			tenant.OrganizationRow{Code: "org_gamma", Name: "Gamma", IsAutoJoin: true},
		},
		backup.KindPermissions: {
			tenant.PermissionRow{Key: "read", Name: "Read", Description: "may read"}, tenant.PermissionRow{Key: "write", Name: "Write"},
			tenant.PermissionRow{Key: "fly", Name: "Fly"},
		},
		backup.KindRoles: {
			tenant.RoleRow{Key: "editor", Name: "Editor", Description: "edits", IsDefault: true, Permissions: []string{"read", "write"}},
			tenant.RoleRow{Key: "pilot", Name: "Pilot", Permissions: []string{"fly", "lost"}},
			tenant.RoleRow{Key: "guest", Name: "Guest"},
		},
		backup.KindCategories: {
			tenant.CategoryRow{Name: "Firm", Context: "org"}, tenant.CategoryRow{Name: "People", Context: "usr"},
			tenant.CategoryRow{Name: "More", Context: "usr"},
		},
		backup.KindProperties: {
			tenant.PropertyRow{Key: "plan", Name: "Plan", Description: "paid", Context: "usr", IsPrivate: true},
			tenant.PropertyRow{Key: "shoe", Name: "Shoe", Context: "usr"},
			tenant.PropertyRow{Key: "plan", Name: "Plan of all", Context: "org"}, tenant.PropertyRow{Key: "vat", Name: "VAT", Context: "org"},
			tenant.PropertyRow{Key: "theirs", Context: "usr", IsKinde: true}, tenant.PropertyRow{Key: "theme", Context: "app"},
		},
		backup.KindFlags: {
			tenant.FlagRow{Key: "beta", Type: "bool", Value: "false"}, tenant.FlagRow{Key: "limit", Type: "Integer", Value: "3"},
			tenant.FlagRow{Key: "tone", Type: "string", Value: "warm"}, tenant.FlagRow{Key: "shape", Type: "json", Value: "{}"},
		},
		backup.KindConnections: {tenant.ConnectionRow{ID: "conn_okta", Name: "Okta", Strategy: "saml:okta"}},
		backup.KindUsers: {
			tenant.Row{ID: "kp_1", Email: "ana@example.com", Properties: map[string]string{"plan": "gold"}, Organizations: []tenant.Membership{
				{Code: "org_old", ExternalID: "acme", Roles: []string{"editor"}, Permissions: []string{"write"}}}},
			tenant.Row{ID: "kp_2", Email: "bo@example.com", Properties: map[string]string{"shoe": "42"}, Organizations: []tenant.Membership{
				{Code: "org_gamma", Permissions: []string{"fly"}}}},
			tenant.Row{ID: "kp_3", Email: "cy@example.com"},
		},
	}
}

// names are what is said of company when all of it is created.
var names = []string{"organization Acme", "organization Beta", "organization Gamma", "permission read", "permission write",
	"permission fly",
	"role editor", "role pilot", "role guest", "property plan", "property shoe", "property plan", "property vat",
	"feature flag beta", "feature flag limit", "feature flag tone"}

const (
	lostPermission = "the permission lost of the role pilot: it is not defined in the tenant"
	goneProperty   = "the property gone of the organization Acme: it is not defined in the tenant"
	noFlag         = "UpdateOrganizationFeatureFlagOverride: 400 FEATURE_FLAG_NOT_FOUND: There is no feature flag with this key."
	strangeFlag    = "feature flag shape of type json"
)

// everything is what creating all of company writes; the tenant's ids are numbered as they appear.
const everything = `POST /organization {"name":"Acme","external_id":"acme","handle":"acme"}
PATCH /organization/org_1 {"is_suspended":true,"is_auto_membership_enabled":true}
POST /organization {"name":"Beta"}
PATCH /organization/org_2 {"is_suspended":true}
POST /organization {"name":"Gamma"}
PATCH /organization/org_3 {"is_auto_membership_enabled":true}
POST /permissions {"key":"read","name":"Read","description":"may read"}
POST /permissions {"key":"write","name":"Write"}
POST /permissions {"key":"fly","name":"Fly"}
POST /roles {"key":"editor","name":"Editor","description":"edits","is_default_role":true}
PATCH /roles/role_1/permissions {"permissions":[{"id":"perm_1"},{"id":"perm_2"}]}
POST /roles {"key":"pilot","name":"Pilot"}
PATCH /roles/role_2/permissions {"permissions":[{"id":"perm_3"}]}
POST /roles {"key":"guest","name":"Guest"}
POST /property_categories {"name":"People","context":"usr"}
POST /properties {"key":"plan","name":"Plan","description":"paid","type":"single_line_text","context":"usr","is_private":true,"category_id":"cat_1"}
POST /properties {"key":"shoe","name":"Shoe","type":"single_line_text","context":"usr","is_private":false,"category_id":"cat_1"}
POST /property_categories {"name":"Firm","context":"org"}
POST /properties {"key":"plan","name":"Plan of all","type":"single_line_text","context":"org","is_private":false,"category_id":"cat_2"}
POST /properties {"key":"vat","name":"VAT","type":"single_line_text","context":"org","is_private":false,"category_id":"cat_2"}
POST /feature_flags {"key":"beta","name":"beta","type":"bool","default_value":"false","allow_override_level":"usr"}
POST /feature_flags {"key":"limit","name":"limit","type":"int","default_value":"3","allow_override_level":"usr"}
POST /feature_flags {"key":"tone","name":"tone","type":"str","default_value":"warm","allow_override_level":"usr"}
PATCH /organizations/org_1/properties {"properties":{"vat":"PT1"}}
PATCH /organizations/org_1/feature_flags/beta?value=true
PATCH /organizations/org_1/feature_flags/limit?value=7`

var drawn = regexp.MustCompile(`(org|role|perm|cat)_[0-9a-f]{8,}`)

// numbered gives the ids that a tenant drew numbers as they appear.
func numbered(lines []string) string {
	seen, counts := map[string]string{}, map[string]int{}
	return drawn.ReplaceAllStringFunc(strings.Join(lines, "\n"), func(id string) string {
		kind, _, _ := strings.Cut(id, "_")
		if seen[id] == "" {
			counts[kind]++
			seen[id] = fmt.Sprint(kind, "_", counts[kind])
		}
		return seen[id]
	})
}

// furnished is a tenant that has all that company needs, under ids of its own.
var furnished = sandbox.Definitions{
	Organizations: []sandbox.OrganizationDefinition{{Code: "org_a", Name: "Other", ExternalID: "acme"}, {Code: "org_beta", Name: "Renamed"},
		{Code: "org_g", Name: "Gamma"}},
	Permissions: []sandbox.PermissionDefinition{{Key: "read"}, {Key: "write"}, {Key: "fly"}},
	Roles:       []sandbox.RoleDefinition{{Key: "editor"}, {Key: "pilot"}, {Key: "guest"}},
	Properties: []sandbox.PropertyDefinition{{Key: "plan", Category: "C"}, {Key: "shoe", Category: "C"},
		{Key: "plan", Context: "org", Category: "D"}, {Key: "vat", Context: "org", Category: "D"}},
	Flags: []sandbox.FlagDefinition{{Key: "beta"}, {Key: "limit"}, {Key: "tone"}, {Key: "shape"}},
}

// TestDefine compares all that is said and all that is written.
func TestDefine(t *testing.T) {
	const home = "Default Organization"
	used := []string{"organization Acme", "organization Gamma", "permission read", "permission write", "permission fly", "role editor",
		"property plan", "property shoe"}
	for name, c := range map[string]struct {
		there   sandbox.Definitions
		options DefineOptions
		of      Selection
		want    Defined
		written string
	}{
		"everything": {options: DefineOptions{Create: true}, written: everything, want: Defined{Created: names,
			Lacking: []string{strangeFlag}, Failed: []string{lostPermission, goneProperty}, Default: home}},
		"a dry run": {options: DefineOptions{Create: true, DryRun: true}, want: Defined{Created: names, Lacking: []string{strangeFlag},
			Default: home}},
		"nothing may be created": {want: Defined{Lacking: append(slices.Clone(used), strangeFlag), Default: home}},
		"everything is there": {there: furnished, options: DefineOptions{Create: true},
			want: Defined{Kept: []string{"Acme", "Beta", "Gamma"}, Default: home}},
		"one person": {options: DefineOptions{Create: true}, of: Selection{Only: []string{"ana@example.com"}},
			want: Defined{Created: []string{"organization Acme", "permission read", "permission write", "role editor", "property plan"},
				Failed: []string{goneProperty, "the property vat of the organization Acme: it is not defined in the tenant",
					"the feature flag beta of the organization Acme: " + noFlag, "the feature flag limit of the organization Acme: " + noFlag}},
			written: `POST /organization {"name":"Acme","external_id":"acme","handle":"acme"}
PATCH /organization/org_1 {"is_suspended":true,"is_auto_membership_enabled":true}
POST /permissions {"key":"read","name":"Read","description":"may read"}
POST /permissions {"key":"write","name":"Write"}
POST /roles {"key":"editor","name":"Editor","description":"edits","is_default_role":true}
PATCH /roles/role_1/permissions {"permissions":[{"id":"perm_1"},{"id":"perm_2"}]}
POST /property_categories {"name":"People","context":"usr"}
POST /properties {"key":"plan","name":"Plan","description":"paid","type":"single_line_text","context":"usr","is_private":true,"category_id":"cat_1"}
PATCH /organizations/org_1/feature_flags/beta?value=true
PATCH /organizations/org_1/feature_flags/limit?value=7`},
		"one person, and nothing may be created": {of: Selection{Only: []string{"ana@example.com"}},
			want: Defined{Lacking: []string{"organization Acme", "permission read", "permission write", "role editor", "property plan"}}},
		"somebody of no organization": {options: DefineOptions{Create: true}, of: Selection{Only: []string{"cy@example.com"}},
			want: Defined{Default: home}},
	} {
		t.Run(name, func(t *testing.T) {
			_, client, w := target(t, c.there)
			r := restorationOf(t, laidDown(t, backup.Full, company()), Options{Selection: c.of})
			got, err := r.Define(t.Context(), client, c.options)
			tenanttest.Must(t, err)
			if !reflect.DeepEqual(*got, c.want) {
				t.Errorf("said:\n%+v\nwant:\n%+v", *got, c.want)
			}
			if written := numbered(w.written); written != c.written {
				t.Errorf("written:\n%s\nwant:\n%s", written, c.written)
			}
			w.written = nil
			if again, err := r.Define(t.Context(), client, c.options); err != nil || !c.options.DryRun && len(again.Created) > 0 ||
				w.written != nil {
				t.Errorf("again: %+v, %v, %s", again, err, w.written)
			}
		})
	}
}

// TestWhatABackupLacksIsNotAskedFor: an application may lack the scopes of kinds that nobody uses.
func TestWhatABackupLacksIsNotAskedFor(t *testing.T) {
	_, client, w := target(t, sandbox.Definitions{})
	w.disturb = func(_ int, r *http.Request) (*http.Response, error) {
		if !strings.HasSuffix(r.URL.Path, "/organizations") && !strings.HasSuffix(r.URL.Path, "/properties") {
			t.Errorf("asked for %s", r.URL)
		}
		return nil, nil
	}
	r := restorationOf(t, laidDown(t, backup.Full, rows{}), Options{})
	got, err := r.Define(t.Context(), client, DefineOptions{Create: true})
	if err != nil || !reflect.DeepEqual(*got, Defined{}) {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestTheSameOrganization(t *testing.T) {
	for name, c := range map[string]struct {
		old   tenant.OrganizationRow
		there []kinde.Organization
		want  string
	}{
		"none": {tenant.OrganizationRow{Code: "a", Name: "A"}, nil, ""},
		"a code": {tenant.OrganizationRow{Code: "a", Name: "A"}, []kinde.Organization{{Code: "b", Name: "A"}, {Code: "a",
			Name: "Z"}}, "a"},
		"an external id": {tenant.OrganizationRow{Code: "a", Name: "A", ExternalID: "x"}, []kinde.Organization{{Code: "b",
			Name: "A"}, {Code: "c", ExternalID: "x"}}, "c"},
		"no external id": {tenant.OrganizationRow{Code: "a", Name: "A"}, []kinde.Organization{{Code: "b"}}, ""},
		"the default one": {tenant.OrganizationRow{Code: "a", Name: "A", IsDefault: true}, []kinde.Organization{{Code: "b",
			Name: "A"}, {Code: "c", IsDefault: true}}, "c"},
		"not the default": {tenant.OrganizationRow{Code: "a", Name: "A"}, []kinde.Organization{{Code: "c", Name: "A", IsDefault: true}}, ""},
		"a name": {tenant.OrganizationRow{Code: "a", Name: "A"}, []kinde.Organization{{Code: "b", Name: "A"}, {Code: "c",
			Name: "B"}}, "b"},
		"a name of two": {tenant.OrganizationRow{Code: "a", Name: "A"}, []kinde.Organization{{Code: "b", Name: "A"}, {Code: "c",
			Name: "A"}}, ""},
		"an id on one side": {tenant.OrganizationRow{Code: "a", Name: "A", ExternalID: "x"}, []kinde.Organization{{Code: "b", Name: "A"}}, "b"},
		"an id there":       {tenant.OrganizationRow{Code: "a", Name: "A"}, []kinde.Organization{{Code: "b", Name: "A", ExternalID: "x"}}, "b"},
		"two ids": {tenant.OrganizationRow{Code: "a", Name: "A", ExternalID: "x"}, []kinde.Organization{{Code: "b",
			Name: "A", ExternalID: "y"}}, ""},
	} {
		if got := sameOrganization(c.old, c.there); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func TestConnectionsAreFound(t *testing.T) {
	r := restorationOf(t, laidDown(t, backup.Fast, rows{backup.KindConnections: {
		tenant.ConnectionRow{ID: "conn_same", Name: "A", Strategy: "saml:a"}, tenant.ConnectionRow{ID: "conn_named", Name: "B",
			Strategy: "saml:b"},
		tenant.ConnectionRow{ID: "conn_only", Name: "C", Strategy: "saml:c"}, tenant.ConnectionRow{ID: "conn_one", Name: "Z", Strategy: "saml:b"},
		tenant.ConnectionRow{ID: "conn_none", Name: "B", Strategy: "saml:z"}}}), Options{})
	_, client, _ := target(t, sandbox.Definitions{Connections: []sandbox.ConnectionDefinition{{ID: "conn_same", Name: "X", Strategy: "saml:x"},
		{ID: "conn_1", Name: "A", Strategy: "saml:a"}, {ID: "conn_2", Name: "B", Strategy: "saml:b"}, {ID: "conn_3", Name: "D",
			Strategy: "saml:b"},
		{ID: "conn_4", Name: "E", Strategy: "saml:c"}}})
	_, err := r.Define(t.Context(), client, DefineOptions{Create: true})
	tenanttest.Must(t, err)
	if want := map[string]string{"conn_same": "conn_same", "conn_named": "conn_2", "conn_only": "conn_4"}; !maps.Equal(r.connections, want) {
		t.Errorf("%v, want %v", r.connections, want)
	}
}

func TestFlagTypes(t *testing.T) {
	for shown, want := range map[string]string{"str": "str", "String": "str", "s": "str", "int": "int", "INTEGER": "int", "i": "int",
		"bool": "bool", "boolean": "bool", "B": "bool", "json": "", "": ""} {
		if got := flagType(shown); got != want {
			t.Errorf("%q is created as %q, want %q", shown, got, want)
		}
	}
}

// TestWhatOthersMadeIsLeftAlone, and in a dry run what an earlier run made is, too.
func TestWhatOthersMadeIsLeftAlone(t *testing.T) {
	_, c, w := target(t, furnished)
	b := laidDown(t, backup.Full, company())
	store, err := checkpoint.OpenMemory(t.Context())
	tenanttest.Must(t, err)
	defer store.Close()
	inventory, err := importer.InventoryOf(t.Context(), store)
	tenanttest.Must(t, err)
	want := Defined{Kept: []string{"Acme", "Beta", "Gamma"}, Default: "Default Organization"}
	for _, o := range []DefineOptions{{Create: true, Inventory: inventory}, {Create: true, DryRun: true, Inventory: inventory}} {
		got, err := restorationOf(t, b, Options{}).Define(t.Context(), c, o)
		if err != nil || !reflect.DeepEqual(*got, want) || w.written != nil {
			t.Errorf("%+v, %v, %s", got, err, w.written)
		}
		for _, code := range []string{"org_a", "org_beta", "org_g"} {
			tenanttest.Must(t, inventory.Put(t.Context(), "organization", code, code))
		}
		for role, err := range c.GetRoles(t.Context()) {
			tenanttest.Must(t, err)
			tenanttest.Must(t, inventory.Put(t.Context(), "role", role.ID, role.Key))
		}
	}
	// What was begun is noted before anything is done about it, or nothing is.
	for kind, names := range map[string][]string{"organization": {"Acme"}, "role": {"editor"}} {
		store, err := checkpoint.OpenMemory(t.Context())
		tenanttest.Must(t, err)
		inventory, err := importer.InventoryOf(t.Context(), store)
		tenanttest.Must(t, err)
		tenanttest.Must(t, inventory.Put(t.Context(), kind, "", names[0]))
		store.Close()
		if _, err := restorationOf(t, b, Options{}).Define(t.Context(), c, DefineOptions{Create: true, Inventory: inventory}); err == nil ||
			w.written != nil {
			t.Errorf("a %s that can't be noted: %v, %s", kind, err, w.written)
		}
	}
}
