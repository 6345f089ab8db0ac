package mapping

import (
	"slices"
	"strings"
	"testing"
)

// rolesOf maps one JSON record with a mapping and returns "organization role" of all its memberships.
func rolesOf(t *testing.T, yaml, record string) []string {
	t.Helper()
	m, err := Load("test.yaml", []byte(yaml))
	if err != nil {
		t.Fatal(err)
	}
	rec := Record{Number: 1, Fields: mustJSON(t, record)}
	res := m.Map(&rec, nil)
	var out []string
	for _, ms := range res.User.Memberships {
		for _, r := range ms.Roles {
			out = append(out, ms.Organization.ExternalID+" "+r)
		}
	}
	slices.Sort(out)
	return out
}

// TestRolesKeepTheirPlaces asserts that roles of two places never become one key
// unless the mapping says so.
func TestRolesKeepTheirPlaces(t *testing.T) {
	const both = `{"id":"u1","email":"ana@example.com","emailVerified":true,"role":"admin","members":[{"organizationId":"acme","role":"owner,admin"}]}`
	const orgOnly = `{"id":"u1","email":"ana@example.com","emailVerified":true,"role":"user","members":[{"organizationId":"acme","role":"admin"}]}`
	for _, c := range []struct{ name, yaml, record, want string }{
		{"apart", "extends: better-auth\n", both, "acme admin|acme owner|acme platform:admin"},
		{"an organization's admin is no platform admin", "extends: better-auth\n", orgOnly, "acme admin|acme platform:user"},
		{"a bare name speaks of the organization", "extends: better-auth\nroles: {admin: org_admin}\n", orgOnly, "acme org_admin|acme platform:user"},
		{"each by its place", "extends: better-auth\nroles: {'platform:admin': root, 'organization:admin': manager, 'platform:user': ~}\n", both,
			"acme manager|acme owner|acme root"},
		{"all of a place", "extends: better-auth\nroles: {'platform:*': ~}\n", both, "acme admin|acme owner"},
		{"all others left out", "extends: better-auth\nroles: {owner: owner, '*': ~}\n", both, "acme owner"},
		{"realm and clients", "extends: keycloak\n",
			`{"id":"u1","username":"ana","email":"ana@example.com","realmRoles":["admin"],"clientRoles":{"app":["admin"],"shop":["admin"]}}`,
			" admin| app:admin| shop:admin"},
		{"tenant and project", "extends: descope\n",
			`{"userId":"u1","loginIds":["ana@example.com"],"roleNames":["Admin"],"userTenants":[{"tenantId":"t1","roleNames":["Admin"]}]}`,
			"t1 Admin|t1 project:Admin"},
		{"sites of a network", "extends: wordpress\n",
			`{"ID":1,"user_login":"ana","user_email":"ana@example.com","meta":[{"meta_key":"wp_capabilities","meta_value":"a:1:{s:6:\"editor\";b:1;}"},` +
				`{"meta_key":"wp_2_capabilities","meta_value":"a:1:{s:13:\"administrator\";b:1;}"}]}`,
			" editor| site2:administrator"},
		{"tenant and organization", "extends: logto\n",
			`{"id":"u1","primaryEmail":"ana@example.com","roles":[{"name":"admin"}],"organizations":[{"id":"acme","organizationRoles":[{"name":"admin"}]}]}`,
			"acme admin|acme platform:admin"},
		{"application and team", "extends: laravel\n",
			`{"id":1,"email":"ana@example.com","roles":[{"name":"admin"}],"teams":[{"id":4,"name":"Acme","pivot":{"role":"admin"}}]}`,
			"4 admin|4 team:admin"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := strings.Join(rolesOf(t, c.yaml, c.record), "|"); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

// TestNamesWithColons refuses a name that the parser would end at its colon.
func TestNamesWithColons(t *testing.T) {
	if _, err := Load("t.yaml", []byte("id: id\nroles: {platform:admin: root}\n")); err == nil || !strings.Contains(err.Error(), "in quotes") {
		t.Errorf("loaded: %v", err)
	}
	for _, yaml := range []string{"id: id\nroles: {'platform:admin': root}\n", "id: id\nroles:\n  platform:admin: root\n"} {
		if m, err := Load("t.yaml", []byte(yaml)); err != nil || m.roles["platform:admin"] != "root" {
			t.Errorf("%s: %v", yaml, err)
		}
	}
}

// noticesOf maps records and returns what is said of them as a whole.
func noticesOf(t *testing.T, m *Mapping, records ...string) string {
	t.Helper()
	tally := m.NewNoticeTally()
	for i, r := range records {
		rec := Record{Number: int64(i + 1), Fields: mustJSON(t, r)}
		res := m.Map(&rec, nil)
		tally.Count(res.Marks, res.Roles, 1)
	}
	var out []string
	for _, n := range tally.Notices() {
		out = append(out, n.Kind+": "+n.Message)
	}
	return strings.Join(out, "\n")
}

// TestUnitedRolesAreSaid asserts that one key of two places is said, whether the
// mapping chose it or the preset keeps bare names.
func TestUnitedRolesAreSaid(t *testing.T) {
	united, err := Load("test.yaml", []byte("extends: better-auth\nroles: {'platform:admin': admin}\n"))
	if err != nil {
		t.Fatal(err)
	}
	fusionauth, err := Preset("fusionauth")
	if err != nil {
		t.Fatal(err)
	}
	const ana = `{"id":"u1","email":"ana@example.com","password":"$2a$10$N9qo8uLOickgx2ZMRZoMye7YGr7uUPNV3SZBcYzoSWkkexSvRfk6W","role":"admin","members":[{"organizationId":"acme","role":"owner"}]}`
	const bo = `{"id":"u2","email":"bo@example.com","password":"$2a$10$N9qo8uLOickgx2ZMRZoMye7YGr7uUPNV3SZBcYzoSWkkexSvRfk6W","role":"","members":[{"organizationId":"acme","role":"admin"}]}`
	want := `united: Roles of different places become one role "admin": organization, 1 record; platform, 1 record.`
	if got := noticesOf(t, united, ana, bo); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	got := noticesOf(t, fusionauth, `{"id":"f1","email":"ana@example.com","active":true,"registrations":[{"applicationId":"app1","roles":["admin"]},{"applicationId":"app2","roles":["admin"]}]}`)
	if !strings.Contains(got, `one role "admin": app1, 1 record; app2, 1 record.`) {
		t.Errorf("two applications: %s", got)
	}
	got = noticesOf(t, fusionauth, `{"id":"f1","email":"ana@example.com","active":true,"registrations":[{"applicationId":"app1","roles":["admin"]}]}`)
	if strings.Contains(got, "united") {
		t.Errorf("one application: %s", got)
	}
}
