package backup

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kinde-migrate/kinde-migrate/internal/sandbox"
	"github.com/kinde-migrate/kinde-migrate/internal/tenant"
	"github.com/kinde-migrate/kinde-migrate/internal/tenanttest"
)

// opened lays a backup down in a folder of its own and opens it.
func opened(t *testing.T, detail Detail, files rows) *Backup {
	t.Helper()
	dir := t.TempDir()
	b, err := Open(t.Context(), filepath.Join(dir, laidDown(t, dir, night, detail, nil, files).Name), nil)
	tenanttest.Must(t, err)
	return b
}

// differences are what Compare found, one on each line.
func differences(t *testing.T, d *Diff) string {
	t.Helper()
	var lines []string
	for _, x := range d.Items {
		line := x.Kind + " " + x.Change + " " + x.ID
		if x.Name != "" {
			line += " " + x.Name
		}
		for _, c := range x.Changes {
			line += "; " + c.Field + " " + string(c.From) + " -> " + string(c.To)
		}
		lines = append(lines, line)
	}
	totals := maps.Clone(d.Totals)
	maps.DeleteFunc(totals, func(_ string, n int64) bool { return n == 0 })
	return strings.Join(lines, "\n") + "\n" + asText(t, totals)
}

// TestCompare: users side by side in the order of their ids, and definitions by what names them.
func TestCompare(t *testing.T) {
	yes, no, on, later := true, false, night, night.Add(time.Hour)
	user := func(id string) tenant.Row { return tenant.Row{ID: id, Email: id + "@example.com"} }
	with := func(change func(*tenant.Row)) rows {
		r := tenant.Row{ID: "kp_1", Email: "a@example.com", TotalSignIns: 1, LastSignedIn: &on, DetailsOn: &on,
			Identities: []tenant.Identity{{Type: "email", Value: "a@example.com", Verified: &yes, Primary: &yes}, {Type: "phone",
				Value: "+12025550141", Verified: &no}},
			Organizations: []tenant.Membership{{Code: "org_a", Roles: []string{"r", "s"}, Permissions: []string{"p", "q"}},
				{Code: "org_b", Roles: []string{}}},
			MFA: []tenant.Factor{}, Sessions: []tenant.Session{}}
		change(&r)
		return rows{KindUsers: {r}}
	}
	for name, c := range map[string]struct {
		from, to rows
		o        DiffOptions
		other    Detail // of the second
		want     string
	}{
		"nobody": {rows{}, rows{}, DiffOptions{}, Full, "\n{}"},
		"who came and went": {rows{KindUsers: {user("kp_1"), user("kp_3"), user("kp_5")}}, rows{KindUsers: {user("kp_2"),
			user("kp_3"), user("kp_4"), user("kp_6")}},
			DiffOptions{}, Full, "users went kp_1 kp_1@example.com\nusers came kp_2 kp_2@example.com\nusers came kp_4 kp_4@example.com\n" +
				"users went kp_5 kp_5@example.com\nusers came kp_6 kp_6@example.com\n" + `{"came":3,"same":1,"went":2}`},
		"no more than asked for": {rows{}, rows{KindUsers: {user("kp_1"), user("kp_2")}}, DiffOptions{Max: 1}, Full,
			"users came kp_1 kp_1@example.com\n" + `{"came":2}`},
		"the same in another order": {with(func(*tenant.Row) {}), with(func(r *tenant.Row) {
			slices.Reverse(r.Identities)
			slices.Reverse(r.Organizations)
			slices.Reverse(r.Organizations[1].Roles)
			slices.Reverse(r.Organizations[1].Permissions)
		}), DiffOptions{}, Full, "\n" + `{"same":1}`},
		"what changes every day": {with(func(*tenant.Row) {}), with(func(r *tenant.Row) {
			r.TotalSignIns, r.LastSignedIn, r.DetailsOn = 2, &later, &later
			r.MFA, r.Sessions, r.SessionsCut = []tenant.Factor{{ID: "f"}}, []tenant.Session{{ID: "s"}}, true
		}), DiffOptions{}, Full, "\n" + `{"same":1}`},
		"sign-ins": {with(func(*tenant.Row) {}), with(func(r *tenant.Row) {
			r.TotalSignIns, r.LastSignedIn, r.DetailsOn = 2, &later, &later
			r.Sessions = []tenant.Session{{ID: "s"}}
		}), DiffOptions{SignIns: true}, Full,
			`users changed kp_1 a@example.com; last_signed_in "2026-03-01T02:00:00Z" -> "2026-03-01T03:00:00Z"; ` +
				`sessions [] -> [{"id":"s"}]; total_sign_ins 1 -> 2` + "\n" + `{"changed":1}`},
		"a verified state": {with(func(*tenant.Row) {}), with(func(r *tenant.Row) { r.Identities[1].Verified = &yes }), DiffOptions{}, Full,
			`users changed kp_1 a@example.com; identities [{"type":"email","value":"a@example.com","is_verified":true,"is_primary":true},` +
				`{"type":"phone","value":"+12025550141","is_verified":false}] -> [{"type":"email","value":"a@example.com","is_verified":true,"is_primary":true},` +
				`{"type":"phone","value":"+12025550141","is_verified":true}]` + "\n" + `{"changed":1}`},
		"details that only one has": {with(func(*tenant.Row) {}), with(func(r *tenant.Row) {
			r.DetailsOn, r.Identities[0].Verified, r.Identities[0].Primary, r.Identities[1].Verified = nil, nil, nil, nil
			r.MFA, r.Sessions = nil, nil
		}), DiffOptions{SignIns: true}, Fast, "\n" + `{"same":1}`},
		"a connection that only one has read": {with(func(r *tenant.Row) {
			r.DetailsOn, r.MFA, r.Sessions = nil, nil, nil
			r.Identities = []tenant.Identity{{Type: "email", Value: "a@example.com"}, {Type: "social", Value: "7", ConnectionID: "c1"}}
		}), with(func(r *tenant.Row) {
			r.SessionsCut = true
			r.Identities = []tenant.Identity{{Type: "email", Value: "a@example.com", ConnectionID: "c0", Verified: &yes,
				Connection: tenant.ConnectionRef{Strategy: "email:password"}}, {Type: "social", Value: "7", ConnectionID: "c2", Verified: &yes}}
		}), DiffOptions{SignIns: true}, Full, `users changed kp_1 a@example.com; identities [{"type":"email","value":"a@example.com"},` +
			`{"type":"social","value":"7","connection_id":"c1"}] -> [{"type":"email","value":"a@example.com"},` +
			`{"type":"social","value":"7","connection_id":"c2"}]` + "\n" + `{"changed":1}`},
		"permissions that only one has": {with(func(r *tenant.Row) { r.Organizations[0].Permissions = nil }),
			with(func(*tenant.Row) {}), DiffOptions{}, Full, "\n" + `{"same":1}`},
		"a field that is gone": {with(func(r *tenant.Row) { r.FirstName = "Ana" }), with(func(*tenant.Row) {}), DiffOptions{}, Full,
			`users changed kp_1 a@example.com; first_name "Ana" -> null` + "\n" + `{"changed":1}`},
		"definitions": {
			rows{KindOrganizations: {tenant.OrganizationRow{Code: "org_a", Name: "A"}}, KindRoles: {tenant.RoleRow{ID: "1",
				Key: "editor", Name: "E"}, tenant.RoleRow{ID: "2", Key: "gone"}},
				KindProperties:  {tenant.PropertyRow{ID: "1", Key: "plan", Context: "usr"}, tenant.PropertyRow{ID: "2", Key: "plan", Context: "org"}},
				KindConnections: {tenant.ConnectionRow{ID: "c1", Name: "Okta"}}, KindCategories: {tenant.CategoryRow{ID: "x", Name: "X",
					Context: "usr"}}},
			rows{KindOrganizations: {tenant.OrganizationRow{Code: "org_a", Name: "B"}}, KindRoles: {tenant.RoleRow{ID: "1",
				Key: "editor", Name: "E"}},
				KindProperties:  {tenant.PropertyRow{ID: "1", Key: "plan", Context: "usr", Name: "Plan"}},
				KindConnections: {tenant.ConnectionRow{ID: "c2", Name: "Okta"}},
				KindPermissions: {tenant.PermissionRow{ID: "1", Key: "fly"}}, KindFlags: {tenant.FlagRow{Key: "beta"}}}, DiffOptions{}, Full,
			`organizations changed org_a; name "A" -> "B"
roles went gone
permissions came fly
properties went org.plan
properties changed usr.plan; name "" -> "Plan"
property_categories went usr.x
connections went c1
connections came c2
feature_flags came beta
{"definitions":9}`},
		"organizations in less detail": {rows{KindOrganizations: {tenant.OrganizationRow{Code: "org_a",
			Properties: map[string]string{"a": "b"}}}},
			rows{KindOrganizations: {tenant.OrganizationRow{Code: "org_a", IsSuspended: true}}}, DiffOptions{}, Fast, "\n{}"},
		"organizations in detail": {rows{KindOrganizations: {tenant.OrganizationRow{Code: "org_a", Properties: map[string]string{"a": "b"}}}},
			rows{KindOrganizations: {tenant.OrganizationRow{Code: "org_a"}}}, DiffOptions{}, Full,
			`organizations changed org_a; properties {"a":"b"} -> null` + "\n" + `{"definitions":1}`},
	} {
		d, err := Compare(t.Context(), opened(t, Full, c.from), opened(t, c.other, c.to), c.o)
		tenanttest.Must(t, err)
		if got := differences(t, d); got != c.want {
			t.Errorf("%s:\n%s\nwant\n%s", name, got, c.want)
		}
		if d.Truncated != (c.o.Max == 1) || d.None() != (d.Totals["came"]+d.Totals["went"]+d.Totals["changed"]+d.Totals["definitions"] == 0) {
			t.Errorf("%s: truncated %v, none %v", name, d.Truncated, d.None())
		}
	}
}

// TestDamageEndsAComparison, on either side, in each file; so does the end of the context.
func TestDamageEndsAComparison(t *testing.T) {
	files := staff()
	files[KindPermissions], files[KindFlags] = []any{tenant.PermissionRow{Key: "fly"}}, []any{tenant.FlagRow{Key: "beta"}}
	for _, kind := range []string{KindUsers, KindOrganizations, KindRoles, KindPermissions, KindProperties, KindConnections, KindFlags} {
		for _, second := range []bool{false, true} {
			a, b := opened(t, Full, files), opened(t, Full, files)
			broken := a
			if second {
				broken = b
			}
			edit(t, filepath.Join(broken.Folder, kind+".ndjson"), func(s string) string { return s + "no JSON\n" })
			d, err := Compare(t.Context(), a, b, DiffOptions{})
			if !isDamage(err, kind+".ndjson") || !strings.Contains(err.Error(), broken.Folder) {
				t.Errorf("%s, the second %v: %+v, %v", kind, second, d, err)
			}
		}
	}
	if _, err := Compare(&counting{context.Background(), 1}, opened(t, Full, files), opened(t, Full, files),
		DiffOptions{}); !errors.Is(err, context.Canceled) ||
		!strings.HasPrefix(err.Error(), "comparing: ") {
		t.Error(err)
	}
}

// TestBackupsAreRead: whole, in part, and what stops it.
func TestBackupsAreRead(t *testing.T) {
	b := opened(t, Full, rowsOfUsers(100))
	var out bytes.Buffer
	tenanttest.Must(t, b.WriteUsers(t.Context(), &out))
	data, err := os.ReadFile(filepath.Join(b.Folder, "users.ndjson"))
	tenanttest.Must(t, err)
	if out.String() != string(data) {
		t.Error("the users are not those of the backup")
	}
	for _, room := range []int{0, 70 << 10} {
		if err := b.WriteUsers(t.Context(), &disk{room}); !errors.Is(err, os.ErrClosed) {
			t.Errorf("a disk of %d bytes: %v", room, err)
		}
	}
	small := opened(t, Full, staff())
	if err := small.WriteUsers(t.Context(), &disk{}); !errors.Is(err, os.ErrClosed) {
		t.Error(err)
	}
	if err := b.WriteUsers(&counting{context.Background(), 5}, &out); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if list, err := small.Connections(); err != nil || len(list) != 1 || list[0] != (tenant.ConnectionRow{ID: "conn_1",
		Name: "Okta", Strategy: "saml:okta"}) {
		t.Errorf("%+v, %v", list, err)
	}
	for range small.Users(t.Context()) {
		break // a reader may stop
	}
	edit(t, filepath.Join(small.Folder, "users.ndjson"), func(s string) string { return strings.Replace(s, "{", "", 1) })
	if _, err := ReadList[tenant.Row](small, KindUsers); err == nil ||
		err.Error() != filepath.Join(small.Folder, "users.ndjson")+" line 1: does not parse: invalid character ':' after top-level value" {
		t.Error(err)
	}
	tenanttest.Must(t, os.Remove(filepath.Join(small.Folder, "users.ndjson")))
	if err := small.WriteUsers(t.Context(), &out); !errors.Is(err, os.ErrNotExist) || !strings.HasPrefix(err.Error(), "opening the backup: ") {
		t.Error(err)
	}
	tenanttest.Must(t, os.Mkdir(filepath.Join(small.Folder, "users.ndjson"), 0o700))
	if err := small.WriteUsers(t.Context(), &out); err == nil || err.Error() != filepath.Join(small.Folder,
		"users.ndjson")+": is not a regular file" {
		t.Error(err)
	}
	small.Manifest.Files = nil
	out.Reset()
	if list, err := ReadList[tenant.Row](small, KindUsers); list != nil || err != nil || small.WriteUsers(t.Context(),
		&out) != nil || out.Len() > 0 {
		t.Errorf("no file: %v, %v, %q", list, err, out.String())
	}
	if _, err := Open(&counting{context.Background(), 3}, b.Folder, nil); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// disk is one with this much room.
type disk struct{ room int }

func (d *disk) Write(p []byte) (int, error) {
	if d.room -= len(p); d.room < 0 {
		return 0, os.ErrClosed
	}
	return len(p), nil
}

// TestEncryptedFilesThatAreCut: the line is named up to which a file can be read.
func TestEncryptedFilesThatAreCut(t *testing.T) {
	k, to := key(t)
	dir := t.TempDir()
	m := laidDown(t, dir, night, Full, to, rowsOfUsers(100))
	folder := filepath.Join(dir, m.Name)
	b, err := Open(t.Context(), folder, Identities{k})
	tenanttest.Must(t, err)
	if list, err := ReadList[tenant.Row](b, KindUsers); err != nil || len(list) != 100 {
		t.Errorf("%d users, %v", len(list), err)
	}
	if _, err := Open(t.Context(), folder, nil); !errors.Is(err, ErrNeedsIdentity) {
		t.Error(err)
	}
	stranger, _ := key(t)
	if _, err := Open(t.Context(), folder, Identities{stranger}); !errors.Is(err, ErrWrongIdentity) {
		t.Error(err)
	}
	name := "users" + encryptedEnding
	edit(t, filepath.Join(folder, name), func(s string) string { return s[:len(s)-3] })
	if _, err := ReadList[tenant.Row](b, KindUsers); !isDamage(err, name) || !strings.Contains(err.Error(), "can't be read on: ") {
		t.Error(err)
	}
	edit(t, filepath.Join(folder, name), func(string) string { return "not encrypted" })
	if _, err := ReadList[tenant.Row](b, KindUsers); !isDamage(err, name) || !strings.Contains(err.Error(), "can't be decrypted: ") {
		t.Error(err)
	}
	if _, err := Open(t.Context(), folder, Identities{k}); !isDamage(err, name) {
		t.Error(err)
	}
}

func TestWatch(t *testing.T) {
	sb, c := tenanttest.Open(t, tenanttest.Options(6))
	people := tenanttest.Populate(t, sb, c)
	dir := t.TempDir()
	m := backedUp(t, dir, c, night, Options{Detail: Full})
	before, err := Open(t.Context(), filepath.Join(dir, m.Name), nil)
	tenanttest.Must(t, err)
	temp := t.TempDir()
	rule, err := ParseRule("suspension added")
	tenanttest.Must(t, err)
	o := Options{TempDir: temp, Now: func() time.Time { return night.AddDate(0, 0, 1) }}
	d, err := Watch(t.Context(), c, before, o, []Rule{rule})
	if err != nil || len(d.Events)+len(d.Alerts) > 0 || d.Tenant != tenanttest.Origin || d.Since != m.Name ||
		!d.At.Equal(night.AddDate(0, 0, 1)) {
		t.Errorf("%+v, %v", d, err)
	}
	tenanttest.Must(t, sb.Edit(func(e *sandbox.Edit) error {
		return errors.Join(e.SetSuspended(people[1].ID, true), e.Rename(people[0].ID, "Zoe", people[0].FamilyName))
	}))
	d, err = Watch(t.Context(), c, before, o, []Rule{rule})
	tenanttest.Must(t, err)
	var said []string
	for _, e := range d.Events {
		said = append(said, e.Text(false))
	}
	if want := []string{"suspension added: " + people[1].ID, "profile:first_name changed: " + people[0].ID}; !slices.Equal(said, want) ||
		!slices.Equal(d.Alerts, []string{"suspension added"}) {
		t.Errorf("%q, alerts %q, want %q", said, d.Alerts, want)
	}
	before.Manifest.Tenant.Code = "org_other"
	if _, err := Watch(t.Context(), c, before, o, nil); err == nil ||
		err.Error() != before.Folder+" holds backups of "+tenanttest.Origin+", not of "+tenanttest.Origin {
		t.Error(err)
	}
	before.Manifest.Tenant.Code = m.Tenant.Code
	before.Manifest.Tenant.Domain = "https://b.example.com"
	if _, ok := errors.AsType[*OtherTenantError](errorOf(Watch(t.Context(), c, before, o, nil))); !ok {
		t.Error("compared with another tenant")
	}
	before.Manifest.Tenant.Domain = tenanttest.Origin
	edit(t, filepath.Join(before.Folder, "users.ndjson"), func(s string) string { return s + "x\n" })
	if _, err := Watch(t.Context(), c, before, o, nil); !isDamage(err, "users.ndjson") {
		t.Error(err)
	}
	sb.RevokeTokens()
	if _, err := Watch(t.Context(), c, before, o, nil); err == nil {
		t.Error("watched without a token")
	}
	if left, err := os.ReadDir(temp); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
	o.TempDir = filepath.Join(temp, "none")
	if _, err := Watch(t.Context(), c, before, o, nil); err == nil || !strings.HasPrefix(err.Error(), "making a temporary folder: ") {
		t.Error(err)
	}
}

// TestEventsInWords compares the words and the order of each kind of event.
func TestEventsInWords(t *testing.T) {
	yes, no := true, false
	raw := func(v any) json.RawMessage { return json.RawMessage(asText(t, v)) }
	member := func(code string, roles, permissions []string) tenant.Membership {
		return tenant.Membership{Code: code, Roles: roles, Permissions: permissions}
	}
	email := func(value, connection string, verified *bool) tenant.Identity {
		return tenant.Identity{Type: "email", Value: value, ConnectionID: connection, Verified: verified}
	}
	change := func(field string, from, to any) Difference {
		return Difference{Kind: KindUsers, Change: "changed", ID: "kp_1", Name: "ana", Changes: []Change{{field, raw(from), raw(to)}}}
	}
	for name, c := range map[string]struct {
		x    Difference
		want string
	}{
		"came": {Difference{Kind: KindUsers, Change: "came", ID: "kp_1", Name: "ana", members: []tenant.Membership{member("a",
			[]string{"r"}, []string{"p"}), member("b", nil, nil)}},
			"role:r added in a: ana (kp_1)\npermission:p added in a: ana (kp_1)\nuser added: ana (kp_1)\norganization:a added: ana (kp_1)\norganization:b added: ana (kp_1)"},
		"went":       {Difference{Kind: KindUsers, Change: "went", ID: "kp_1"}, "user removed: kp_1"},
		"definition": {Difference{Kind: KindRoles, Change: "changed", ID: "editor"}, "definition:roles.editor changed"},
		"rights": {change("organizations", []tenant.Membership{member("a", []string{"r", "s"}, []string{"p"}), member("b", []string{"s"}, nil)},
			[]tenant.Membership{member("a", []string{"r", "admins"}, []string{"q"}), member("c", nil, []string{"an-admin"})}),
			"role:admins added in a: ana (kp_1)\npermission:an-admin added in c: ana (kp_1)\nrole:s removed in a: ana (kp_1)\nrole:s removed in b: ana (kp_1)\n" +
				"permission:q added in a: ana (kp_1)\npermission:p removed in a: ana (kp_1)\norganization:c added: ana (kp_1)\norganization:b removed: ana (kp_1)"},
		"identities": {change("identities", []tenant.Identity{email("a", "", &yes), email("b", "", &no), email("c", "", nil),
			email("d", "x", &yes), email("e", "", &yes)},
			[]tenant.Identity{email("a", "", &no), email("b", "", &yes), email("c", "", &yes), email("d", "y", &yes), email("e", "", &yes)}),
			"verified:email removed: ana (kp_1)\nverified:email added: ana (kp_1)\nverified:email added: ana (kp_1)\nidentity:email added: ana (kp_1)\nidentity:email removed: ana (kp_1)"},
		"unread": {change("identities", []tenant.Identity{email("a", "", &yes)}, []tenant.Identity{email("a", "", nil)}),
			"verified:email removed: ana (kp_1)"},
		"kinds": {change("identities", []tenant.Identity{{Type: "username", Value: "a"}}, []tenant.Identity{email("a", "",
			nil)}), "identity:email added: ana (kp_1)\nidentity:username removed: ana (kp_1)"},
		"suspended":  {change("is_suspended", false, true), "suspension added: ana (kp_1)"},
		"open again": {change("is_suspended", true, false), "suspension removed: ana (kp_1)"},
		"profile":    {change("picture", nil, "x"), "profile:picture changed: ana (kp_1)"},
	} {
		d := NewDrift("t", "s", night, nil)
		tenanttest.Must(t, d.events(&c.x))
		d.Sort()
		var said []string
		for _, e := range d.Events {
			said = append(said, e.Text(true))
		}
		if got := strings.Join(said, "\n"); got != c.want {
			t.Errorf("%s:\n%s\nwant\n%s", name, got, c.want)
		}
	}
	for _, field := range []string{"organizations", "identities"} {
		x := change(field, 1, []string{})
		if err := NewDrift("", "", night, nil).events(&x); err == nil || !strings.HasPrefix(err.Error(), "comparing "+field+": ") {
			t.Error(err)
		}
	}
	for want, e := range map[string]Event{"user added": {Thing: "user", Change: "added"}, "user added: record 7": {Thing: "user",
		Change: "added", Record: 7},
		"user added: 7": {Thing: "user", Change: "added", SourceID: "7", Record: 8}, "user added: kp_1": {Thing: "user",
			Change: "added", UserID: "kp_1", SourceID: "7", Name: ""}} {
		if got := e.Text(true); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	rule := Rule{"role", "", "added"}
	for e, want := range map[Event]bool{{Thing: "role", Key: "x", Change: "added"}: true, {Thing: "role", Key: "x", Change: "removed"}: false,
		{Thing: "user", Change: "added"}: false} {
		if rule.matches(&e) != want {
			t.Errorf("%+v: %v", e, !want)
		}
	}
}
