package fetch_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kinde-migrate/kinde-migrate/internal/fetch"
)

// provider listens on loopback with fixed answers by path, and refuses whoever lacks the
// header.
func provider(t *testing.T, header, value string, answers map[string]string) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		answer, ok := answers[r.URL.Path]
		switch {
		case header != "" && r.Header.Get(header) != value:
			w.WriteHeader(http.StatusUnauthorized)
			_, _ = w.Write([]byte(`{"message":"who are you"}`))
		case !ok:
			w.WriteHeader(http.StatusNotFound)
			_, _ = w.Write([]byte(`{"message":"no such thing"}`))
		case r.URL.Query().Get("page_token") != "" || r.URL.Query().Get("after") != "" || r.URL.Query().Get("offset") > "0" ||
			r.URL.Query().Get("starting_after") != "":
			_, _ = w.Write([]byte(emptied(answer)))
		default:
			_, _ = w.Write([]byte(answer))
		}
	}))
	t.Cleanup(s.Close)
	t.Chdir(t.TempDir())
	return s.URL
}

// emptied is the page after the last.
func emptied(answer string) string {
	if strings.HasPrefix(answer, "[") {
		return "[]"
	}
	var v map[string]any
	_ = json.Unmarshal([]byte(answer), &v)
	v["data"] = []any{}
	b, _ := json.Marshal(v)
	return string(b)
}

// TestKratosIsReadAndImported: credentials come along, and sign in.
func TestKratosIsReadAndImported(t *testing.T) {
	users := `[{"id":"11111111-2222-4333-8444-555555555501","schema_id":"default","state":"active","traits":{"email":"ana@example.com"},
		"verifiable_addresses":[{"via":"email","value":"ana@example.com","verified":true}],
		"credentials":{"password":{"type":"password","identifiers":["ana@example.com"],"config":{"hashed_password":"` + hashOf(t, "correct horse") + `"}},
		"oidc":{"type":"oidc","config":{"providers":[{"provider":"google","subject":"1122","initial_access_token":"ya29.secret"}]}}}},
		{"id":"11111111-2222-4333-8444-555555555502","schema_id":"default","state":"inactive","traits":{"email":"bo@example.com"},"credentials":{}}]`
	base := provider(t, "", "", nil)
	counting := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Total-Count", "2")
		_, _ = w.Write([]byte(users))
	}))
	t.Cleanup(counting.Close)
	if code, _, errs := run(t, "fetch", "kratos", "--base-url", base, "--out", "lost"); code == 0 || !strings.Contains(errs, "404") {
		t.Errorf("an address without identities ended with %d: %s", code, errs)
	}
	out := mustRun(t, "fetch", "kratos", "--base-url", counting.URL, "--out", "users")
	for _, want := range []string{"Fetched kratos from " + counting.URL, "Not there: second factors", "import users --sandbox"} {
		if !strings.Contains(out, want) {
			t.Errorf("the answer lacks %q:\n%s", want, out)
		}
	}
	data, err := os.ReadFile("users/users.ndjson")
	if err != nil || strings.Contains(string(data), "ya29") || strings.Count(string(data), "\n") != 2 {
		t.Errorf("users.ndjson: %v\n%s", err, data)
	}
	if m := manifest(t, "users"); m.State != fetch.Complete || m.Lists[0].Count != 2 || m.Lists[0].Kind != fetch.Exact ||
		m.About.From != counting.URL {
		t.Errorf("%+v", m)
	}
	r := imported(t, "users", "--create-missing")
	if r.Totals.Created != 2 || r.SignIn["same_password"] != 1 || r.SignIn["suspended"] != 1 {
		t.Errorf("%+v", r)
	}
}

// TestClerkIsReadAndImported: organizations and roles come along.
func TestClerkIsReadAndImported(t *testing.T) {
	base := provider(t, "Authorization", "Bearer sk_test_0123456789", map[string]string{
		"/users": `[{"id":"user_1","object":"user","primary_email_address_id":"idn_1","email_addresses":[{"id":"idn_1","email_address":"ana@example.com","verification":{"status":"verified"}}],
			"external_accounts":[{"provider":"oauth_google","provider_user_id":"1122","email_address":"ana@example.com"}]}]`,
		"/users/count":              `{"object":"total_count","total_count":1}`,
		"/organizations":            `{"data":[{"id":"org_1","name":"Fleet"}],"total_count":1}`,
		"/organization_memberships": `{"data":[{"id":"orgmem_1","role":"org:admin","organization":{"id":"org_1","name":"Fleet"},"public_user_data":{"user_id":"user_1"}}],"total_count":1}`,
	})
	t.Setenv("CLERK_SECRET_KEY", "sk_test_wrong0123456")
	code, out, errs := run(t, "fetch", "clerk", "--base-url", base, "--check")
	if code != 4 || !strings.Contains(out, "not allowed") || !strings.Contains(out, "secret key") || strings.Contains(out+errs, "sk_test") {
		t.Errorf("a wrong key ended with %d: %s%s", code, out, errs)
	}
	if err := os.WriteFile("key", []byte("sk_test_0123456789\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	mustRun(t, "fetch", "clerk", "--base-url", base, "--secret-file", "CLERK_SECRET_KEY=key", "--check")
	mustRun(t, "fetch", "clerk", "--base-url", base, "--secret-file", "CLERK_SECRET_KEY=key", "--out", "users")
	r := imported(t, "users", "--create-missing")
	if r.Totals.Created != 1 || r.Steps["memberships"].Done != 1 || r.Steps["roles"].Done != 1 || r.SignIn["social"] != 1 {
		t.Errorf("%+v", r)
	}
	files, err := filepath.Glob("users/*")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if data, _ := os.ReadFile(f); strings.Contains(string(data), "sk_test") {
			t.Errorf("%s holds the key", f)
		}
	}
}

// TestOktaByAMappingOfOnesOwn: a file extends how the provider is read, and maps.
func TestOktaByAMappingOfOnesOwn(t *testing.T) {
	base := provider(t, "Authorization", "SSWS 0123456789abcdef", map[string]string{
		"/api/v1/users": `[{"id":"00u1","status":"ACTIVE","profile":{"login":"ana@example.com","email":"ana@example.com","plan":"gold"},"credentials":{"provider":{"type":"OKTA"}}},
			{"id":"00u2","status":"DEPROVISIONED","profile":{"login":"bo@example.com","email":"bo@example.com"},"credentials":{"provider":{"type":"OKTA"}}}]`,
		"/api/v1/idps":            `[{"id":"0oa1","type":"GOOGLE","name":"Google"}]`,
		"/api/v1/idps/0oa1/users": `[{"id":"00u1","externalId":"1122","profile":{"email":"ana@example.com","tags":[{"n":1}]}}]`,
	})
	t.Setenv("OKTA_API_TOKEN", "0123456789abcdef")
	file := "extends: okta\nfetch:\n  lists: {groups: ~, members: ~}\n"
	if err := os.WriteFile("own.yaml", []byte(file), 0o600); err != nil {
		t.Fatal(err)
	}
	code, _, errs := run(t, "fetch", "okta", "--mapping", "own.yaml", "--tenant", "acme.okta.com", "--base-url", base, "--out", "users")
	if code != 0 || !strings.Contains(errs, "Reading from "+strings.TrimPrefix(base, "http://")+".") {
		t.Fatalf("it ended with %d: %s", code, errs)
	}
	r := imported(t, "users", "--mapping", "own.yaml", "--create-missing")
	if r.Totals.Records != 2 || r.Totals.Created != 1 || r.SignIn["social"] != 1 {
		t.Errorf("%+v", r)
	}
}

// TestWhatAProviderNeedsIsSaid before anything is sent.
func TestWhatAProviderNeedsIsSaid(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, name := range []string{"OKTA_DOMAIN", "OKTA_API_TOKEN", "CLERK_SECRET_KEY"} {
		t.Setenv(name, "")
	}
	for want, args := range map[string][]string{
		"OKTA_DOMAIN":    {"okta", "--out", "x"},
		"OKTA_API_TOKEN": {"okta", "--tenant", "acme.okta.com", "--out", "x"},
		"not encrypted":  {"kratos", "--base-url", "http://auth.example.com", "--out", "x"},
		"no list": {"okta", "--tenant", "acme.okta.com", "--with", "mountains", "--secret-command",
			"OKTA_API_TOKEN=echo 0123456789", "--out", "x"},
		"no tenants":        {"clerk", "--tenant", "acme", "--out", "x"},
		"--set has no list": {"okta", "--set", "token=0123456789", "--out", "x"},
		"not a number":      {"kratos", "--base-url", "http://127.0.0.1:1", "--rate", "fast", "--out", "x"},
		"what changed since": {"workos", "--secret-command", "WORKOS_API_KEY=echo sk_0123456789", "--since", "2026-01-02T03:04:05Z", "--out",
			"x"},
		"docs/providers/logto.": {"logto", "--out", "x"},
	} {
		code, out, errs := run(t, append([]string{"fetch"}, args...)...)
		if code != 2 || !strings.Contains(out+errs, want) || strings.Contains(out+errs, "0123456789") {
			t.Errorf("%v ended with %d: %s%s, want %q", args, code, out, errs, want)
		}
	}
}
