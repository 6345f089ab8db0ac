package mapping

import (
	"fmt"
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
		{"a bare name speaks of the organization", "extends: better-auth\nroles: {admin: org_admin}\n", orgOnly,
			"acme org_admin|acme platform:user"},
		{"each by its place", "extends: better-auth\nroles: {'platform:admin': root, 'organization:admin': manager, 'platform:user': ~}\n", both,
			"acme manager|acme owner|acme root"},
		{"all of a place", "extends: better-auth\nroles: {'platform:*': ~}\n", both, "acme admin|acme owner"},
		{"all others left out", "extends: better-auth\nroles: {owner: owner, '*': ~}\n", both, "acme owner"},
		{"realm and clients", "extends: keycloak\n",
			`{"id":"u1","username":"ana","email":"ana@example.com","realmRoles":["admin"],"clientRoles":{"app":["admin"],"shop":["admin"]},"applicationRoles":{"old":["admin"]}}`,
			" admin| app:admin| old:admin| shop:admin"},
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
	const ana = `{"id":"u1","email":"ana@example.com","password":"$2a$10$N9qo8uLOickgx2ZMRZoMye7YGr7uUPNV3SZBcYzoSWkkexSvRfk6W","role":"admin","members":[{"organizationId":"acme","role":"owner"}]}`
	const bo = `{"id":"u2","email":"bo@example.com","password":"$2a$10$N9qo8uLOickgx2ZMRZoMye7YGr7uUPNV3SZBcYzoSWkkexSvRfk6W","role":"","members":[{"organizationId":"acme","role":"admin"}]}`
	want := `united: Roles from different places become one role "admin": organization, 1 record; platform, 1 record.`
	if got := noticesOf(t, united, ana, bo); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// TestTalliesOfRoles asserts that a place whose records were taken back is none, and
// that the first five questions are spelled out.
func TestTalliesOfRoles(t *testing.T) {
	for _, c := range []struct {
		keys   int
		back   bool
		want   int
		suffix string
	}{
		{1, false, 1, `"r0" (p, 1 record; q, 1 record).`},
		{1, true, 0, ""},
		{5, false, 1, `"r4" (p, 1 record; q, 1 record).`},
		{6, false, 1, `"r4" (p, 1 record; q, 1 record) and 1 more.`},
	} {
		tally := roleTally{}
		for i := range c.keys {
			for _, place := range []string{"p", "q"} {
				tally.count(ScopedRole{Key: fmt.Sprintf("r%d", i), Scope: place, Bare: true}, 1)
			}
			if c.back {
				tally.count(ScopedRole{Key: fmt.Sprintf("r%d", i), Scope: "q", Bare: true}, -1)
			}
		}
		out := tally.notices()
		if len(out) != c.want || len(out) > 0 && !strings.HasSuffix(out[0].Message, c.suffix) {
			t.Errorf("%d roles, taken back %v: %+v", c.keys, c.back, out)
		}
	}
}

// TestOneNameInSeveralApplications asserts for every preset that keeps the bare
// names of an application's roles: one name in two applications is a question,
// in one it is none, and each answer does what it says.
func TestOneNameInSeveralApplications(t *testing.T) {
	cases := map[string][]struct{ one, two, want string }{
		"auth0": {{`"user_id":"u1","email":"a@example.com","roles":[{"name":"admin"}]`,
			`"user_id":"u2","email":"b@example.com","organizations":[{"id":"o1","roles":[{"name":"admin"}]}]`, "admin tenant:admin"}},
		"devise": {{`"id":1,"email":"a@example.com","registrations":[{"applicationId":"app1","roles":["admin"]}]`,
			`"id":2,"email":"b@example.com","registrations":[{"applicationId":"app2","roles":["admin"]}]`, "app1:admin app2:admin"}},
		"fusionauth": {{`"id":"u1","email":"a@example.com","registrations":[{"applicationId":"app1","roles":["admin"]}]`,
			`"id":"u2","email":"b@example.com","registrations":[{"applicationId":"app2","roles":["admin"]}]`, "app1:admin app2:admin"}},
		"laravel": {{`"id":1,"email":"a@example.com","roles":[{"name":"admin","guard_name":"web"}]`,
			`"id":2,"email":"b@example.com","roles":[{"name":"admin","guard_name":"api"}]`, "api:admin web:admin"}},
		"ldif": {{`"dn":"uid=a","uid":"a","mail":"a@example.com","memberOf":"cn=admin,ou=Shop,dc=example"`,
			`"dn":"uid=b","uid":"b","mail":"b@example.com","memberOf":["cn=admin, OU=forum, dc=example"]`,
			"ou=forum,dc=example:admin ou=shop,dc=example:admin"}},
		"supertokens": {{`"user_id":"u1","email":"a@example.com","$roles":[{"app_id":"shop","role":"admin"}]`,
			`"user_id":"u2","email":"b@example.com","$roles":[{"app_id":"forum","role":"admin"}]`, "forum:admin shop:admin"}},
		"wordpress": {
			{
				`"ID":1,"user_login":"a","user_email":"a@example.com","meta":[{"meta_key":"shop_capabilities","meta_value":"a:1:{s:5:\"admin\";b:1;}"}]`,
				`"ID":2,"user_login":"b","user_email":"b@example.com","meta":[{"meta_key":"blog2_capabilities","meta_value":"a:1:{s:5:\"admin\";b:1;}"}]`,
				"blog2:admin shop:admin",
			},
		},
		"zitadel": {{`"userId":"u1","$userGrants":[{"projectId":"p1","roleKeys":["admin"]}]`,
			`"userId":"u2","$userGrants":[{"projectId":"p2","roleKeys":["admin"]}]`, "p1:admin p2:admin"}},
	}
	for _, p := range Presets() {
		src, _ := presetText(p.Name)
		if _, tested := cases[p.Name]; strings.Contains(string(src), "plain: true") != tested {
			t.Errorf("%s: a preset with plain: true and a case here belong together", p.Name)
		}
	}
	for name, list := range cases {
		for _, c := range list {
			one, two := "{"+c.one+"}", "{"+c.two+"}"
			preset, err := Preset(name)
			if err != nil {
				t.Fatal(err)
			}
			scoped := func(scope RoleScope) (keys, notices string) { return scopesOf(t, preset, scope, one, two) }
			if keys, said := scoped(AskRoleScope); keys != "admin" || !strings.Contains(said, Question+": ") {
				t.Errorf("%s, asked: %s, %s", name, keys, said)
			}
			if keys, said := scopesOf(t, preset, AskRoleScope, one, strings.Replace(one, "a@", "c@", 1)); keys != "admin" ||
				strings.Contains(said, "role") {
				t.Errorf("%s, one application: %s, %s", name, keys, said)
			}
			if keys, said := scoped(ByApp); keys != c.want || strings.Contains(said, "role") {
				t.Errorf("%s, by application: %s, want %s; %s", name, keys, c.want, said)
			}
			if keys, said := scoped(ByName); keys != "admin" || !strings.Contains(said, "united: ") || strings.Contains(said, Question) {
				t.Errorf("%s, by name: %s, %s", name, keys, said)
			}
			chosen, err := Load("t.yaml", []byte("extends: "+name+"\nroles: {'"+strings.Fields(c.want)[1]+"': boss}\n"))
			if err != nil {
				t.Fatal(err)
			}
			if keys, said := scopesOf(t, chosen, AskRoleScope, one, two); keys != "admin boss" || strings.Contains(said, "role") {
				t.Errorf("%s, translated: %s, %s", name, keys, said)
			}
		}
	}
}

// scopesOf maps records, and returns the keys of their roles and the notices on roles.
func scopesOf(t *testing.T, m *Mapping, scope RoleScope, records ...string) (keys, notices string) {
	t.Helper()
	tally := m.NewNoticeTally()
	var all, said []string
	for i, r := range records {
		rec := Record{Number: int64(i + 1), Fields: mustJSON(t, r)}
		res := m.Map(&rec, &Env{RoleScope: scope})
		tally.Count(res.Marks, res.Roles, 1)
		for _, ms := range res.User.Memberships {
			all = append(all, ms.Roles...)
		}
	}
	for _, n := range tally.Notices() {
		if strings.HasPrefix(n.What, "role") {
			said = append(said, n.Kind+": "+n.Message)
		}
	}
	slices.Sort(all)
	return strings.Join(slices.Compact(all), " "), strings.Join(said, "\n")
}

// TestRolesOfOneRecordOnly asserts that a role which rolify holds for one record
// of the application is no role for all records of its kind.
func TestRolesOfOneRecordOnly(t *testing.T) {
	preset, err := Preset("devise")
	if err != nil {
		t.Fatal(err)
	}
	roles := map[string]Value{
		"1": mustJSON(t, `{"id":1,"name":"admin"}`), "2": mustJSON(t, `{"id":2,"name":"moderator","resource_type":"Forum"}`),
		"3": mustJSON(t, `{"id":3,"name":"moderator","resource_type":"Forum","resource_id":7}`),
	}
	rec := Record{Number: 1, Fields: mustJSON(t, `{"id":1,"email":"a@example.com","$user_roles":[{"role_id":1},{"role_id":2},{"role_id":3}]}`)}
	res := preset.Map(&rec, &Env{Lookup: func(_, key string) (Value, bool) { v, ok := roles[key]; return v, ok }})
	if got := strings.Join(res.User.Memberships[0].Roles, " "); got != "admin Forum:moderator Forum/7:moderator" {
		t.Errorf("got %s", got)
	}
}
