package kinde_test

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/kinde-migrate/kinde-migrate/kinde"
)

func ids(users []kinde.User) string {
	var out []string
	for _, u := range users {
		out = append(out, u.ID)
	}
	return strings.Join(out, " ")
}

func page(next string, users ...string) step {
	var list []string
	for _, u := range users {
		list = append(list, fmt.Sprintf(`{"id":%q}`, u))
	}
	return says(200, fmt.Sprintf(`{"code":"OK","users":[%s],"next_token":%s}`, strings.Join(list, ","), next))
}

func TestPaging(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		steps []step
		want  string
		pages int
		fails string
	}{
		{"one page, null token", []step{page("null", "a", "b")}, "a b", 1, ""},
		{"one page, empty token", []step{page(`""`, "a")}, "a", 1, ""},
		{"short pages", []step{page(`"1"`, "a", "b"), page(`"2"`, "c"), page("null", "d", "e", "f")}, "a b c d e f", 3, ""},
		{"ends with an empty page", []step{page(`"1"`, "a"), page(`"2"`)}, "a", 2, ""},
		{"empty", []step{page(`"1"`)}, "", 1, ""},
		{"null list", []step{says(200, `{"users":null,"next_token":"x"}`)}, "", 1, ""},
		{"left out list", []step{says(200, `{"code":"OK","message":"none"}`)}, "", 1, ""},
		{"has_more false wins", []step{says(200, `{"users":[{"id":"a"}],"next_token":"x","has_more":false}`)}, "a", 1, ""},
		{"bare list", []step{says(200, `[{"id":"a"},{"id":"b"}]`)}, "a b", 1, ""},
		{"number as token", []step{says(200, `{"users":[{"id":"a"}],"next_token":7}`), page("null", "b")}, "a b", 2, ""},
		{"repeated token", []step{page(`"1"`, "a"), page(`"1"`, "b")}, "a", 2, "twice"},
		{"tokens in a circle", []step{page(`"1"`, "a"), page(`"2"`, "b"), page(`"1"`, "c")}, "a b", 3, "twice"},
		{"error on the second page", []step{page(`"1"`, "a"), says(400, "")}, "a", 2, "page 2"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := newScript(tt.steps...)
			users, err := all(newClient(t, s).GetUsers(background(), kinde.GetUsersRequest{}))
			if ids(users) != tt.want || s.count() != tt.pages {
				t.Errorf("users %q after %d pages, want %q after %d", ids(users), s.count(), tt.want, tt.pages)
			}
			if tt.fails == "" && err != nil || tt.fails != "" && (err == nil || !strings.Contains(err.Error(), tt.fails)) {
				t.Errorf("err = %v, want %q", err, tt.fails)
			}
		})
	}
}

func TestPagingByLastID(t *testing.T) {
	t.Parallel()
	s := newScript(says(200, `{"results":[{"id":"a"},{"id":"b"}]}`), says(200, `{"results":[{"id":"c"}]}`), says(200, `{"results":[]}`))
	users, err := all(newClient(t, s).SearchUsers(background(), kinde.SearchUsersRequest{Query: "x"}))
	want := []string{
		"GET /api/v1/search/users?query=x&page_size=500",
		"GET /api/v1/search/users?query=x&page_size=500&starting_after=b",
		"GET /api/v1/search/users?query=x&page_size=500&starting_after=c",
	}
	if err != nil || ids(users) != "a b c" || !slices.Equal(s.seen, want) {
		t.Errorf("%q, %v after %v", ids(users), err, s.seen)
	}
	s = newScript(says(200, `{"properties":[{"id":"p1"}],"has_more":true}`), says(200, `{"properties":[{"id":"p2"}],"has_more":false}`))
	if p, err := all(newClient(t, s).GetProperties(background(), "")); err != nil || len(p) != 2 || s.count() != 2 {
		t.Errorf("%v, %v after %v", p, err, s.seen)
	}
	s = newScript(says(200, `{"properties":[{"id":"p1"}]}`))
	if _, err := all(newClient(t, s).GetProperties(background(), "")); err == nil || s.count() != 2 {
		t.Errorf("a list that repeats itself: %v after %d pages", err, s.count())
	}
}

func TestResume(t *testing.T) {
	t.Parallel()
	s := newScript(page(`"t1"`, "a"), page(`"t2"`, "b"), page("null", "c"))
	c := newClient(t, s)
	var tokens []string
	for p, err := range c.GetUsersPages(background(), kinde.GetUsersRequest{PageSize: 100}) {
		if err != nil {
			t.Fatal(err)
		}
		tokens = append(tokens, p.Next)
		break
	}
	users, err := all(c.GetUsers(background(), kinde.GetUsersRequest{PageSize: 100, After: tokens[0]}))
	if err != nil || ids(users) != "b c" {
		t.Errorf("%q, %v", ids(users), err)
	}
	if s.seen[1] != "GET /api/v1/users?page_size=100&next_token=t1" {
		t.Errorf("resumed with %s", s.seen[1])
	}
}

func TestPageSizeFallback(t *testing.T) {
	t.Parallel()
	s := newScript(says(400, `{"errors":[{"code":"PAGE_SIZE_LIMIT_EXCEEDED","message":"too large"}]}`), page(`"1"`, "a"), page("null", "b"))
	c := newClient(t, s)
	users, err := all(c.GetUsers(background(), kinde.GetUsersRequest{}))
	if err != nil || ids(users) != "a b" {
		t.Fatalf("%q, %v", ids(users), err)
	}
	if _, err := all(c.GetUsers(background(), kinde.GetUsersRequest{})); err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{"500", "100", "100", "100"} {
		if !strings.Contains(s.seen[i], "page_size="+want) {
			t.Errorf("request %d: %s, want the page size %s", i+1, s.seen[i], want)
		}
	}
	s = newScript(says(400, `{"errors":[{"code":"PAGE_SIZE_LIMIT_EXCEEDED","message":"too large"}]}`))
	if _, err := all(newClient(t, s).GetUsers(background(), kinde.GetUsersRequest{})); codeOf(err) != "PAGE_SIZE_LIMIT_EXCEEDED" ||
		s.count() != 2 {
		t.Errorf("never content: %v after %d requests", err, s.count())
	}
}

func TestUnderstandsManyShapes(t *testing.T) {
	t.Parallel()
	c := newClient(t, newScript(says(200, `{"users":[{"id":"kp_1","preferred_email":"ana@example.com","given_name":"Ana","last_name":null,
		"is_suspended":"true","total_sign_ins":"12","failed_sign_ins":1.0,"last_signed_in":"2026-01-02 03:04:05.6+00","created_on":1700000000,
		"organizations":[{"code":"org_1"},"org_2"],"identities":null,"properties":[{"key":"k","value":[1, 2]}],"surprise":{"a":[{}]}}]}`)))
	users, err := all(c.GetUsers(background(), kinde.GetUsersRequest{}))
	if err != nil {
		t.Fatal(err)
	}
	u := users[0]
	got := fmt.Sprint(u.Email, " ", u.FirstName, u.LastName, u.IsSuspended, u.TotalSignIns, u.FailedSignIns, " ",
		u.LastSignedIn.Format("15:04:05"), " ", u.CreatedOn.Year(), u.Organizations, u.Identities, u.Properties)
	if want := "ana@example.com Anatrue 12 1 03:04:05 2023 [org_1 org_2] [] map[k:[1,2]]"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}

	c = newClient(
		t,
		newScript(
			says(
				200,
				`{"connections":[{"id":"c1","strategy":"saml:okta"},{"code":"OK","connection":{"id":"c2","strategy":"oauth2:google"}}],"has_more":false}`,
			),
		),
	)
	list, err := all(c.GetConnections(background()))
	if err != nil || len(list) != 2 || list[0].ID != "c1" || list[1].ID != "c2" || !list[0].IsEnterprise() || list[1].IsEnterprise() {
		t.Errorf("connections %+v, %v", list, err)
	}
	for body, n := range map[string]int{`{"mfa":null}`: 0, `{"mfa":[]}`: 0, `{"mfa":{}}`: 0, `{"code":"OK"}`: 0, `{"mfa":{"id":"m"}}`: 1,
		`{"mfa":[{"id":"m"},{"type":"sms"}]}`: 2} {
		f, err := newClient(t, newScript(says(200, body))).GetUsersMFA(background(), "kp_1")
		if err != nil || len(f) != n {
			t.Errorf("mfa %s: %v, %v", body, f, err)
		}
	}
	flags, err := newClient(
		t,
		newScript(says(200, `{"feature_flags":{"a":{"type":"bool","value":true},"b":{"type":"int","value":7},"c":{"type":"str","value":null}}}`)),
	).GetEnvironmentFeatureFlags(
		background(),
	)
	if err != nil || flags["a"].Value != "true" || flags["b"].Value != "7" || flags["c"].Value != "" {
		t.Errorf("flags %v, %v", flags, err)
	}
}

func TestIdentityKind(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]string{"email": "email", "oauth2:google": "social", "social": "social", "Oauth2:Github": "social",
		"oauth2:azure_ad": "enterprise", "saml:okta": "enterprise", "enterprise": "enterprise", "passkey": "passkey", "": ""} {
		if got := (kinde.UserIdentity{Type: given}).Kind(); got != want {
			t.Errorf("%q is %q, want %q", given, got, want)
		}
	}
	if got := (kinde.Identity{ConnectionID: "conn_1"}).Kind(); got != "social" {
		t.Errorf("an identity with a connection and no type is %q", got)
	}
}

func TestBatches(t *testing.T) {
	t.Parallel()
	var values []string
	for i := range 1000 {
		values = append(values, fmt.Sprintf("person.number.%d@example.com", i))
	}
	values[7] = `"a,b"@example.com`
	var got []string
	for b := range kinde.Batches(values) {
		if len(b) > 1 && slices.ContainsFunc(b, func(v string) bool { return strings.Contains(v, ",") }) {
			t.Errorf("a value with a comma shares a batch with %d others", len(b)-1)
		}
		var requested string
		s := wire(func(req *http.Request) (*http.Response, error) {
			requested = req.URL.RequestURI()
			return reply(200, `{"users":[]}`), nil
		})
		_, _ = all(newClient(t, s).GetUsers(background(), kinde.GetUsersRequest{Emails: b, Expand: []string{kinde.ExpandIdentities}}))
		if len(requested) > 6000 {
			t.Errorf("a URL of %d bytes", len(requested))
		}
		got = append(got, b...)
	}
	slices.Sort(got)
	slices.Sort(values)
	if !slices.Equal(got, values) {
		t.Errorf("%d values came out of %d", len(got), len(values))
	}
}

// A document of somebody else's, with status 200, is no empty list, no
// environment that is not live, and no proof that anything was done.
func TestSuccessThatSaysNothing(t *testing.T) {
	for _, body := range []string{`{"message":"maintenance"}`, `{}`, `[1,2]`, `"ok"`, `{"errors":[{"code":"NO"}]}`} {
		synctest.Test(t, func(t *testing.T) {
			c := newClient(t, newScript(says(200, body)))
			lists := map[string]func() error{
				"users":      func() error { _, err := all(c.GetUsers(background(), kinde.GetUsersRequest{})); return err },
				"identities": func() error { _, err := all(c.GetUserIdentities(background(), "kp_1")); return err },
				"members": func() error {
					_, err := all(c.GetOrganizationUsers(background(), "org_1", kinde.GetOrganizationUsersRequest{}))
					return err
				},
				"roles":        func() error { _, err := all(c.GetRoles(background())); return err },
				"flags":        func() error { _, err := c.GetEnvironmentFeatureFlags(background()); return err },
				"factors":      func() error { _, err := c.GetUsersMFA(background(), "kp_1"); return err },
				"sessions":     func() error { _, _, err := c.GetUserSessions(background(), "kp_1"); return err },
				"webhooks":     func() error { _, err := c.GetWebHooks(background()); return err },
				"environment":  func() error { _, err := c.GetEnvironment(background()); return err },
				"organization": func() error { _, err := c.GetOrganization(background(), "org_1"); return err },
				"user":         func() error { _, err := c.GetUserData(background(), "kp_1"); return err },
			}
			for what, ask := range lists {
				if err := ask(); err == nil {
					t.Errorf("%s: %s is taken for an answer", what, body)
				}
			}
			if err := c.SetUserPassword(background(), "kp_1", kinde.PasswordRequest{HashedPassword: "x"}); err == nil && body[0] != '{' {
				t.Errorf("a password: %s is taken for done", body)
			}
			if err := c.DeleteUser(background(), "kp_1", false); err == nil && strings.Contains(body, "errors") {
				t.Errorf("a deletion: %s is taken for done", body)
			}
		})
	}
	other := newClient(t, newScript(says(200, `{"id":"kp_2"}`)))
	synctest.Test(t, func(t *testing.T) {
		if u, err := other.GetUserData(background(), "kp_1"); err == nil {
			t.Errorf("asked for kp_1, and took %s", u.ID)
		}
	})
}

func codeOf(err error) string {
	if e, ok := errors.AsType[*kinde.Error](err); ok {
		return e.Code
	}
	return ""
}
