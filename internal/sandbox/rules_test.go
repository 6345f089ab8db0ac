package sandbox

import (
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestIdentitiesAreUnique(t *testing.T) {
	for answer, status := range map[string]int{"created-false": 200, "400": 400, "409": 409} {
		c := open(t, Options{DuplicateAnswer: answer})
		c.user("Ana@Example.com")
		c.do(200, "POST", "user", object{"identities": list{object{"type": "username", "details": object{"username": "Ana_S"}}}})
		for _, taken := range []object{emailIdentity("ANA@example.COM"), {"type": "username", "details": object{"username": "ana_s"}}} {
			a := c.do(status, "POST", "user", object{"identities": list{emailIdentity("new@example.com"), taken}})
			if status == 200 && (a.at("created") != false || a.at("identities", 0, "result", "created") != false) {
				t.Errorf("%s", a.raw)
			}
			if status != 200 && a.at("errors", 0, "code") != "USER_ALREADY_EXISTS" {
				t.Errorf("%s", a.raw)
			}
		}
		if c.tenant.Count() != 2 {
			t.Errorf("%s: a refused user was created", answer)
		}
	}
}

func TestBadIdentitiesAreRefused(t *testing.T) {
	c := open(t, Options{})
	long := strings.Repeat("x", 65)
	for _, bad := range []object{
		emailIdentity(""), emailIdentity("ana"), emailIdentity("ana@"), emailIdentity("a b@example.com"), emailIdentity("ana@localhost"),
		emailIdentity("a@b@example.com"),
		{"type": "phone", "details": object{"phone": "5550100"}}, {"type": "phone", "details": object{"phone": "+1 555 0100"}},
		{"type": "username", "details": object{"username": "a"}}, {"type": "username", "details": object{"username": "john.snow"}},
		{"type": "username", "details": object{"username": long}}, {"type": "social", "details": object{"email": "x@example.com"}}, {"type": ""},
	} {
		c.do(400, "POST", "user", object{"identities": list{bad}})
	}
	c.do(400, "POST", "user", object{"identities": list{emailIdentity("a@example.com"), emailIdentity("A@example.com")}})
	c.do(400, "POST", "user", object{"organization_code": "org_none"})
	c.do(400, "POST", "user", "{")
	c.do(400, "POST", "user", object{"identities": "x"})
	if c.tenant.Count() != 0 {
		t.Error("a refused user was created")
	}
	c.do(200, "POST", "user", "{}")
}

func TestMembershipOnCreate(t *testing.T) {
	c := open(t, Options{Definitions: &Definitions{Organizations: []OrganizationDefinition{{Code: "org_acme", Name: "Acme"}}}})
	inDefault, _ := c.tenant.Find(c.user("a@example.com"))
	if _, ok := inDefault.Memberships[c.tenant.DefaultOrganization()]; !ok || len(inDefault.Memberships) != 1 {
		t.Errorf("%+v", inDefault.Memberships)
	}
	c.do(200, "POST", "user", object{"organization_code": "org_acme", "identities": list{emailIdentity("b@example.com")}})
	inAcme, _ := c.tenant.Find("b@example.com")
	if _, ok := inAcme.Memberships["org_acme"]; !ok || len(inAcme.Memberships) != 1 {
		t.Errorf("%+v", inAcme.Memberships)
	}
	alone := open(t, Options{Quirks: Quirks{NoDefaultMembership: true}})
	u, _ := alone.tenant.Find(alone.user("a@example.com"))
	if len(u.Memberships) != 0 {
		t.Errorf("%+v", u.Memberships)
	}
}

func TestPasswordRules(t *testing.T) {
	c := open(t, Options{})
	id := c.user("ana@example.com")
	salt, key := "c2FsdHNhbHRzYWx0c2FsdA==", "KUep4x6EZ2LAaLmGharhsMA9jmnOWuBMAz1zrYxsESU="
	md5 := "fbedcf418ce0c5cc7e29a6588ad2afb1"
	firebase := func(change object) object {
		o := object{
			"hashing_method":  "firebase-scrypt",
			"hashed_password": key,
			"salt":            salt,
			"signer_key":      key,
			"salt_separator":  "Bw==",
			"rounds":          8,
			"mem_cost":        14,
		}
		for k, v := range change {
			if v == nil {
				delete(o, k)
			} else {
				o[k] = v
			}
		}
		return o
	}
	asp := "AOpHWX+WEzHPkznrDx904KLk8h2yCbTiiBYVdskTN/1ToeEupAlY8/zSsH33zUsjBg=="
	for _, test := range []struct {
		status int
		body   object
	}{
		{200, object{"hashed_password": bcryptHash}},
		{200, object{"hashed_password": "$2b$" + bcryptHash[4:], "hashing_method": "bcrypt", "is_temporary_password": true}},
		{400, object{"hashed_password": ""}}, {400, object{"password": "plain"}}, {400, object{"hashed_password": bcryptHash[:40]}},
		{400, object{"hashed_password": bcryptHash, "hashing_method": "argon2"}}, {400, object{"hashed_password": bcryptHash, "rounds": 8}},
		{200, object{"hashed_password": md5, "hashing_method": "md5"}}, {400, object{"hashed_password": md5, "hashing_method": "sha256"}},
		{400, object{"hashed_password": md5, "hashing_method": "md5", "salt": "x"}},
		{200, object{"hashed_password": md5, "hashing_method": "md5", "salt": "x", "salt_position": "suffix"}},
		{400, object{"hashed_password": md5, "hashing_method": "md5", "salt": "x", "salt_position": "middle"}},
		{200, object{"hashed_password": key, "hashing_method": "pbkdf2", "salt": salt, "variant": "salted-pbkdf2-hmac-sha256"}},
		{400, object{"hashed_password": key, "hashing_method": "pbkdf2", "salt": salt}},
		{400, object{"hashed_password": key, "hashing_method": "pbkdf2", "variant": "salted-pbkdf2-hmac-sha256"}},
		{400, object{"hashed_password": key, "hashing_method": "pbkdf2", "salt": "not base64!", "variant": "salted-pbkdf2-hmac-sha256"}},
		{400, object{"hashed_password": key, "hashing_method": "pbkdf2", "salt": salt, "variant": "salted-pbkdf2-hmac-sha512-512"}},
		{400, object{"hashed_password": key, "hashing_method": "pbkdf2", "salt": salt, "variant": "salted-pbkdf2-hmac-sha256", "iterations": 0}},
		{200, firebase(nil)}, {400, firebase(object{"rounds": 17})}, {400, firebase(object{"mem_cost": 21})},
		{400, firebase(object{"signer_key": nil})},
		{400, firebase(object{"iterations": 1})}, {400, firebase(object{"variant": "x"})}, {400, firebase(object{"salt": nil})},
		{200, object{"hashed_password": asp, "hashing_method": "aspnet-identity-v2"}},
		{400, object{"hashed_password": asp, "hashing_method": "aspnet-identity-v2", "salt": ""}},
		{400, object{"hashed_password": "AQAAAAEAACcQAAAAEHRYpQZ06ZDGgeTZzxhGgU6Ri/KWiPOc76ss5mb5jSvernZoWu0jAm5wClljwcX/CQ==",
			"hashing_method": "aspnet-identity-v2"}},
	} {
		c.do(test.status, "PUT", "users/"+id+"/password", test.body)
	}
	c.do(400, "PUT", "users/kp_none/password", object{"hashed_password": bcryptHash})
}

func TestSignIn(t *testing.T) {
	c := open(t, Options{Demo: true})
	id := c.user("ana@example.com")
	google := c.tenant.Connection("oauth2:google")
	signIn := func(body object) SignIn {
		var out SignIn
		c.do(200, "POST", "/sandbox/sign-in", body).into(&out)
		return out
	}
	password := object{"identity": "ANA@example.com", "password": "Passw0rd!"}
	expect := func(body object, reason string) {
		t.Helper()
		if got := signIn(body); got.Reason != reason || got.SignedIn != (reason == "") {
			t.Errorf("%v: %+v, want %q", body, got, reason)
		}
	}
	expect(object{"identity": "bea@example.com", "password": "x"}, "no_user")
	expect(password, "no_password")
	c.do(200, "PUT", "users/"+id+"/password", object{"hashed_password": bcryptHash})
	expect(object{"identity": "ana@example.com", "password": "wrong"}, "wrong_password")
	if u, _ := c.tenant.Find(id); u.FailedSignIns != 1 {
		t.Errorf("%+v", u)
	}
	expect(password, "")
	c.do(201, "POST", "users/"+id+"/identities", object{"type": "social", "value": "g-1", "connection_id": google})
	expect(object{"connection": google, "subject": "g-1"}, "")
	if u, _ := c.tenant.Find(id); u.SignIns != 2 || u.FailedSignIns != 0 || u.LastSignedIn.IsZero() {
		t.Errorf("%+v", u)
	}
	c.do(200, "PATCH", "user?id="+id, object{"is_suspended": true})
	expect(password, "suspended")
	expect(object{"connection": google, "subject": "g-1"}, "suspended")
}

func TestEnterpriseExcludesOthers(t *testing.T) {
	c := open(t, Options{Demo: true, Definitions: &Definitions{Connections: []ConnectionDefinition{{ID: "conn_okta", Strategy: "saml:okta"}}}})
	id := c.user("ana@example.com")
	path := "users/" + id + "/identities"
	google := c.tenant.Connection("oauth2:google")
	c.do(400, "POST", path, object{"type": "enterprise", "value": "ana@example.com", "connection_id": google})
	c.do(400, "POST", path, object{"type": "social", "value": "1", "connection_id": "conn_none"})
	c.do(400, "POST", path, object{"type": "phone", "value": "+15550100"})
	c.do(201, "POST", path, object{"type": "social", "value": "1", "connection_id": google})
	c.do(201, "POST", path, object{"type": "enterprise", "value": "ana@example.com", "connection_id": "conn_okta"})
	u, _ := c.tenant.Find(id)
	if len(u.Identities) != 1 || u.Identities[0].Type != "enterprise" || u.Email != "ana@example.com" {
		t.Errorf("%+v", u.Identities)
	}
	c.do(400, "POST", path, object{"type": "username", "value": "ana_s"})
	if l := c.do(200, "GET", "users?email=ANA@example.com", nil); l.at("users", 0, "id") != id {
		t.Errorf("%s", l.raw)
	}
	other := c.user("ana@example.com") // the address is free again
	c.do(400, "POST", "users/"+other+"/identities", object{"type": "social", "value": "x", "connection_id": ""})
}

func TestBulkMembershipsAreAllOrNothing(t *testing.T) {
	c := open(
		t,
		Options{
			Definitions: &Definitions{
				Organizations: []OrganizationDefinition{{Code: "org_a"}},
				Roles:         []RoleDefinition{{Key: "admin"}, {Key: "viewer"}},
			},
		},
	)
	a, b := c.user("a@example.com"), c.user("b@example.com")
	path := "organizations/org_a/users"
	c.do(400, "POST", path, object{"users": list{object{"id": a}, object{"id": "kp_none"}}})
	c.do(400, "POST", path, object{"users": list{object{"id": a, "roles": list{"admin"}}, object{"id": b, "roles": list{"owner"}}}})
	many := list{}
	for range 101 {
		many = append(many, object{"id": a})
	}
	c.do(400, "POST", path, object{"users": many})
	if u, _ := c.tenant.Find(a); len(u.Memberships) != 1 {
		t.Fatalf("a refused request left %+v", u.Memberships)
	}
	c.do(200, "POST", path, object{"users": list{object{"id": a, "roles": list{"admin"}}}})
	again := c.do(200, "POST", path, object{"users": list{object{"id": a}, object{"id": b}}})
	if added := again.at("users_added").([]any); len(added) != 1 || added[0] != b {
		t.Errorf("users_added %v", added)
	}
	changed := c.do(
		200,
		"PATCH",
		path,
		object{"users": list{object{"id": a, "roles": list{"viewer"}}, object{"id": b, "operation": "delete"}}},
	)
	if changed.at("users_updated", 0) != a || changed.at("users_removed", 0) != b || len(changed.at("users_added").([]any)) != 0 {
		t.Errorf("%s", changed.raw)
	}
	members := c.do(200, "GET", path+"?roles=viewer", nil)
	if members.at("organization_users", 0, "id") != a || members.at("organization_users", 1) != nil {
		t.Errorf("%s", members.raw)
	}
	lax := open(t, Options{Quirks: Quirks{IgnoreUnknownRoles: true}})
	id := lax.user("a@example.com")
	lax.do(
		200,
		"PATCH",
		"organizations/"+lax.tenant.DefaultOrganization()+"/users",
		object{"users": list{object{"id": id, "roles": list{"owner"}}}},
	)
}

func TestPagingIsStable(t *testing.T) {
	c := open(t, Options{SeedUsers: 30})
	var got []string
	before := c.tenant.Snapshot()
	next := ""
	for page := 0; ; page++ {
		a := c.do(200, "GET", "users?page_size=7&next_token="+next, nil)
		for _, u := range a.at("users").([]any) {
			got = append(got, u.(object)["id"].(string))
		}
		if page == 0 {
			if err := c.tenant.Edit(func(e *Edit) error { return e.Delete(before[2].ID) }); err != nil {
				t.Fatal(err)
			}
			c.user("late@example.com")
		}
		token, ok := a.at("next_token").(string)
		if !ok {
			break
		}
		next = token
	}
	if len(got) != 31 || got[29] != before[29].ID || got[30] != c.tenant.Snapshot()[29].ID {
		t.Errorf("%d users: %v", len(got), got)
	}
	var found int
	after := ""
	for {
		a := c.do(200, "GET", "search/users?query=*&page_size=7&starting_after="+after, nil)
		results := a.at("results").([]any)
		if len(results) == 0 {
			break
		}
		found += len(results)
		after = results[len(results)-1].(object)["id"].(string)
	}
	if found != 30 {
		t.Errorf("the search found %d", found)
	}
	c.do(400, "GET", "users?next_token=nonsense", nil)
	c.do(400, "GET", "users?page_size=0", nil)
	c.do(400, "GET", "users?expand=properties", nil)
	if a := c.do(200, "GET", "search/users?query=*&expand=properties", nil); a.at("results", 0, "phone") != nil {
		t.Errorf("the search shows phones: %s", a.raw)
	}
}

func TestPageSizeIsCapped(t *testing.T) {
	c := open(t, Options{SeedUsers: 12, Quirks: Quirks{MaxPageSize: 5}})
	if a := c.do(200, "GET", "users?page_size=500", nil); len(a.at("users").([]any)) != 5 || a.at("next_token") == nil {
		t.Errorf("%s", a.raw)
	}
	strict := open(t, Options{Quirks: Quirks{RefuseLargePages: true}})
	if a := strict.do(400, "GET", "users?page_size=501", nil); a.at("errors", 0, "code") != "PAGE_SIZE_LIMIT_EXCEEDED" {
		t.Errorf("%s", a.raw)
	}
}

func TestTokens(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, opaque := range []bool{true, false} {
			c := open(t, Options{TokenLifetime: 10 * time.Second, Opaque: opaque})
			good := url.Values{
				"grant_type":    {"client_credentials"},
				"client_id":     {c.tenant.ClientID},
				"client_secret": {c.tenant.ClientSecret},
				"audience":      {testBase + "/api"},
			}
			ask := func(form url.Values) answer {
				resp, err := c.http.PostForm(testBase+"/oauth2/token", form)
				if err != nil {
					t.Fatal(err)
				}
				defer resp.Body.Close()
				var raw json.RawMessage
				if err := json.NewDecoder(resp.Body).Decode(&raw); err != nil {
					t.Fatal(err)
				}
				return answer{t, resp.StatusCode, resp.Header, raw}
			}
			a := ask(good)
			if a.status != 200 || a.at("expires_in") != 10.0 || a.at("token_type") != "bearer" {
				t.Fatalf("%s", a.raw)
			}
			for key, status := range map[string]int{"client_secret": 401, "client_id": 401, "audience": 400, "grant_type": 400} {
				form := url.Values{}
				for k, v := range good {
					form[k] = v
				}
				form.Set(key, "wrong")
				if got := ask(form); got.status != status {
					t.Errorf("wrong %s: %d", key, got.status)
				}
			}
			c.token = a.at("access_token").(string)
			c.do(200, "GET", "environment", nil)
			time.Sleep(11 * time.Second)
			c.do(401, "GET", "environment", nil)
			c.token = c.tenant.Token()
			c.do(200, "GET", "environment", nil)
			c.tenant.RevokeTokens()
			c.do(401, "GET", "environment", nil)
		}
	})
}

func TestForeignHostsAreRefused(t *testing.T) {
	c := open(t, Options{})
	for host, status := range map[string]int{"evil.example.com": 421, "localhost:9": 200, "127.0.0.1": 200, "[::1]:80": 200,
		"127.0.0.1.example.com": 421} {
		req, _ := http.NewRequest("GET", testBase+apiPrefix+"environment", nil)
		req.Host = host
		req.Header.Set("Authorization", "Bearer "+c.token)
		resp, err := c.http.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		if resp.StatusCode != status {
			t.Errorf("%s: %d", host, resp.StatusCode)
		}
	}
}

func TestListen(t *testing.T) {
	if _, err := Listen(t.Context(), ListenOptions{Address: "0.0.0.0:0"}); err == nil {
		t.Fatal("the sandbox listened to the world")
	}
	state := filepath.Join(t.TempDir(), "state")
	s, err := Listen(t.Context(), ListenOptions{Address: "127.0.0.1:0", Tenant: Options{State: state}})
	if err != nil {
		t.Fatal(err)
	}
	c := &client{t, s.Tenant, http.DefaultClient, s.Tenant.Token()}
	c.user("ana@example.com")
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := c.try("GET", "environment", nil); err == nil {
		t.Error("it still answers")
	}
	if raw, err := os.ReadFile(state); err != nil || !strings.Contains(string(raw), "ana@example.com") {
		t.Errorf("the state was not kept: %v", err)
	}
}

func TestDefinitionsFile(t *testing.T) {
	d, err := ParseDefinitions(
		[]byte(
			"organizations: [{code: org_a, external_id: a-1}]\nroles: [{key: admin, permissions: [edit]}]\npermissions: [{key: edit}]\nproperties: [{key: town}]\nflags: [{key: beta}]\nconnections: [{strategy: 'oauth2:google'}]\n",
		),
	)
	if err != nil {
		t.Fatal(err)
	}
	c := open(t, Options{Definitions: d})
	if a := c.do(200, "GET", "organization?code=org_a", nil); a.at("external_id") != "a-1" {
		t.Errorf("%s", a.raw)
	}
	if a := c.do(200, "GET", "properties?context=usr", nil); a.at("properties", 0, "key") != "town" {
		t.Errorf("%s", a.raw)
	}
	if _, err := ParseDefinitions([]byte("organisations: []")); err == nil {
		t.Error("an unknown key was accepted")
	}
	if _, err := Open(Options{Definitions: &Definitions{Roles: []RoleDefinition{{Key: "a", Permissions: []string{"none"}}}}}); err == nil {
		t.Error("a role with an unknown permission was accepted")
	}
}

func TestSameSeedSameIDs(t *testing.T) {
	a, b := open(t, Options{Seed: 5, SeedUsers: 3}), open(t, Options{Seed: 5, SeedUsers: 3})
	for i, u := range a.tenant.Snapshot() {
		if u.ID != b.tenant.Snapshot()[i].ID {
			t.Errorf("user %s has another id", strconv.Itoa(i))
		}
	}
	if a.tenant.ClientSecret != b.tenant.ClientSecret {
		t.Error("other credentials")
	}
}

func TestNationalPhones(t *testing.T) {
	for quirk, e164 := range map[bool]int{false: 201, true: 400} {
		c := open(t, Options{Quirks: Quirks{NationalPhones: quirk}})
		ana, bea := c.user("ana@example.com"), c.user("bea@example.com")
		add := func(status int, id, value, country string) answer {
			return c.do(status, "POST", "users/"+id+"/identities", object{"type": "phone", "value": value, "phone_country_id": country})
		}
		add(e164, ana, "+447700900101", "gb")
		add(201, ana, "7700900102", "gb")
		for _, taken := range []string{"07700900102", "7700 900102"} {
			if a := add(400, bea, taken, "gb"); a.at("errors", 0, "code") != "IDENTITY_ALREADY_EXISTS" {
				t.Errorf("%s: %s", taken, a.raw)
			}
		}
		add(400, bea, "7700900103", "")
		add(400, bea, "77", "gb")
		add(201, bea, "5550100102", "us") // the same digits elsewhere are another number
		shown := map[bool]string{false: "+447700900102", true: "7700900102"}[quirk]
		if a := c.do(200, "GET", "users/"+ana+"/identities", nil); !strings.Contains(string(a.raw), `"`+shown+`"`) {
			t.Errorf("%s", a.raw)
		}
		if u, ok := c.tenant.Find("+447700900102"); !ok || u.ID != ana {
			t.Errorf("nobody has the number: %+v", u)
		}
	}
}
