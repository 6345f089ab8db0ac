package tenant

import (
	"context"
	"iter"
	"strings"
	"testing"

	"github.com/kinde-migrate/kinde-migrate/kinde"
)

// defined is a tenant with definitions in no order. fails is the operation that fails,
// and how.
type defined struct {
	API
	fails string
	how   error
	gone  bool // organizations are not listed
}

func (d *defined) of(name string) error {
	if d.fails == name {
		return d.how
	}
	return nil
}

func (d *defined) GetRoles(context.Context) iter.Seq2[kinde.Role, error] {
	return listOf([]kinde.Role{{ID: "1", Key: "viewer", Name: "V"}, {ID: "2", Key: "editor", Name: "E", Description: "edits",
		IsDefaultRole: true}}, d.of("roles"))
}

func (d *defined) GetRolePermissions(_ context.Context, id string) iter.Seq2[kinde.Permission, error] {
	if id == "1" {
		return listOf[kinde.Permission](nil, d.of("role"))
	}
	return listOf([]kinde.Permission{{Key: "write"}, {Key: "read"}}, nil)
}

func (d *defined) GetPermissions(context.Context) iter.Seq2[kinde.Permission, error] {
	return listOf([]kinde.Permission{{ID: "1", Key: "write", Name: "W"}, {ID: "2", Key: "read", Name: "R", Description: "reads"}},
		d.of("permissions"))
}

func (d *defined) GetConnections(context.Context) iter.Seq2[kinde.Connection, error] {
	return listOf([]kinde.Connection{{ID: "c", Name: "C"}, {ID: "a", Name: "A", DisplayName: "Aa", Strategy: "saml:okta"}, {ID: "b"}},
		d.of("connections"))
}

func (d *defined) GetProperties(_ context.Context, of string) iter.Seq2[kinde.Property, error] {
	return listOf([]kinde.Property{{ID: "p", Key: of + "_p", Name: "P", Description: "of " + of, IsPrivate: true,
		IsKindeProperty: of == "usr"}}, d.of("properties"))
}

func (d *defined) GetCategories(_ context.Context, of string) iter.Seq2[kinde.Category, error] {
	return listOf([]kinde.Category{{ID: "g", Name: "General"}}, d.of("categories"))
}

func (d *defined) GetEnvironmentFeatureFlags(context.Context) (map[string]kinde.FeatureFlag, error) {
	return map[string]kinde.FeatureFlag{"z": {Type: "str", Value: "1"}, "a": {Type: "bool", Value: "true"}, "m": {}}, d.of("flags")
}

func (d *defined) GetOrganizations(context.Context, kinde.ListRequest) iter.Seq2[kinde.Organization, error] {
	if d.gone {
		return listOf[kinde.Organization](nil, nil)
	}
	return listOf([]kinde.Organization{{Code: "org_b", Name: "B", IsSuspended: true}, {Code: "org_c"}, {Code: "org_a", Name: "A", Handle: "a",
		ExternalID: "1", IsDefault: true, IsAutoMembershipEnabled: true, CreatedOn: on}}, d.of("organizations"))
}

func (d *defined) GetOrganization(_ context.Context, code string) (kinde.Organization, error) {
	return kinde.Organization{IsSuspended: code == "org_c"}, d.of("one")
}

func (d *defined) GetOrganizationPropertyValues(_ context.Context, code string) iter.Seq2[kinde.PropertyValue, error] {
	return listOf([]kinde.PropertyValue{{Key: "plan", Value: "of " + code}}, d.of("values"))
}

func (d *defined) GetOrganizationFeatureFlags(context.Context, string) (map[string]kinde.FeatureFlag, error) {
	return map[string]kinde.FeatureFlag{"beta": {Type: "bool", Value: "true"}}, d.of("its flags")
}

// The lists are those of the tenant in an order of their own, so that two backups of one
// tenant are equal; an organization's own parts are read when they are asked for.
func TestLists(t *testing.T) {
	want := Lists{
		Roles: []RoleRow{{ID: "2", Key: "editor", Name: "E", Description: "edits", IsDefault: true, Permissions: []string{"read", "write"}},
			{ID: "1", Key: "viewer", Name: "V", Permissions: []string{}}},
		Permissions: []PermissionRow{{ID: "2", Key: "read", Name: "R", Description: "reads"}, {ID: "1", Key: "write", Name: "W"}},
		Connections: []ConnectionRow{{ID: "a", Name: "A", DisplayName: "Aa", Strategy: "saml:okta"}, {ID: "b"}, {ID: "c", Name: "C"}},
		Properties: []PropertyRow{{"p", "usr_p", "P", "of usr", "usr", true, true}, {"p", "org_p", "P", "of org", "org", true, false},
			{"p", "app_p", "P", "of app", "app", true, false}},
		Categories: []CategoryRow{{"g", "General", "usr"}, {"g", "General", "org"}},
		Flags:      []FlagRow{{"a", "bool", "true"}, {"m", "", ""}, {"z", "str", "1"}},
		Organizations: []OrganizationRow{
			{Code: "org_a", Name: "A", Handle: "a", ExternalID: "1", IsDefault: true, IsAutoJoin: true, CreatedOn: &on},
			{Code: "org_b", Name: "B", IsSuspended: true}, {Code: "org_c"}},
	}
	listed := func(d *defined, full bool) (*Lists, error) {
		r := &reader{tenant: d, opt: ReadOptions{Concurrency: 1}}
		if err := r.listOrganizations(t.Context()); err != nil {
			return nil, err
		}
		d.gone = d.how != nil && kinde.ClassOf(d.how) == kinde.ClassNotFound
		return r.lists(t.Context(), full)
	}
	got, err := listed(&defined{}, false)
	if err != nil {
		t.Fatal(err)
	}
	shows(t, "lists", *got, want)
	for i := range want.Organizations {
		o := &want.Organizations[i]
		o.IsSuspended = o.IsSuspended || o.Code == "org_c"
		o.Properties, o.Flags = map[string]string{"plan": "of " + o.Code}, map[string]kinde.FeatureFlag{"beta": {Type: "bool", Value: "true"}}
	}
	if got, err = listed(&defined{}, true); err != nil {
		t.Fatal(err)
	}
	shows(t, "full lists", *got, want)
	// What fails is told; of an organization or a role that is gone what was read is kept.
	for name, what := range map[string]string{
		"roles": "listing the roles: ", "role": "listing the permissions of the role viewer: ", "permissions": "listing the permissions: ",
		"connections": "listing the connections: ", "properties": "listing the properties: ",
		"categories": "listing the categories of properties: ", "flags": "listing the feature flags: ",
		"organizations": "listing the organizations: ", "one": "reading the organization org_a: ",
		"values": "reading the properties of the organization org_a: ", "its flags": "reading the feature flags of the organization org_a: ",
	} {
		if _, err := listed(&defined{fails: name, how: &kinde.Error{Class: kinde.ClassStopped}}, true); err == nil ||
			!strings.HasPrefix(err.Error(), what) {
			t.Errorf("%s fail: %v", name, err)
		}
		got, err := listed(&defined{fails: name, how: &kinde.Error{Class: kinde.ClassNotFound}}, true)
		if spared := name == "one" || name == "values" || name == "its flags"; spared != (err == nil) {
			t.Errorf("%s are not found: %v", name, err)
		} else if spared && (len(got.Organizations) != 3 || got.Organizations[0].Name != "A") {
			t.Errorf("%s are not found: %+v", name, got.Organizations)
		}
	}
}
