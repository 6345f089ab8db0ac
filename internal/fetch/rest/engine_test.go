package rest

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/kinde-migrate/kinde-migrate/internal/mapping"
	"github.com/kinde-migrate/kinde-migrate/internal/providertest"
	_ "github.com/kinde-migrate/kinde-migrate/internal/testenv"
)

// section reads the section fetch of a mapping file.
func section(t *testing.T, text string) *mapping.Fetch {
	t.Helper()
	m, err := mapping.Load("own.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	f, err := m.Fetch("own")
	if err != nil || f == nil {
		t.Fatalf("%v %v", f, err)
	}
	return f
}

const ownSection = `
id: id
emails: email
fetch:
  base: https://api.example.com
  variables: {key: {env: OWN_KEY, secret: true, says: a key}}
  auth: {kind: headers, headers: {Authorization: "Bearer {key}"}}
  lists:
    users: {writes: users, get: /users, items: data, key: id, page: PAGE}
`

func readOwn(t *testing.T, page string, answer func(http.ResponseWriter, *http.Request)) (outcome, error) {
	t.Helper()
	s := providertest.New(t, 0, 0, func(_ *providertest.Simulator, w http.ResponseWriter, r *http.Request) { answer(w, r) })
	spec := section(t, strings.Replace(ownSection, "PAGE", page, 1))
	return fetchAll(t, s, Options{Spec: spec, Preset: "generic", Values: map[string]string{"key": "0123456789abcdef"}, UserAgent: "test"}, 0)
}

// TestWhatGoesOnForEverEnds: a provider that leads back, or gives the same page again.
func TestWhatGoesOnForEverEnds(t *testing.T) {
	for name, c := range map[string]struct {
		page   string
		answer map[string]any
		says   string
	}{
		"the same token": {"{kind: token, param: after, from: next}", map[string]any{"data": []any{map[string]any{"id": "a"}}, "next": "t"},
			"already read"},
		"the same page": {"{kind: number, param: page}", map[string]any{"data": []any{map[string]any{"id": "a"}}}, "again and again"},
		"the same rows": {"{kind: offset, param: offset}", map[string]any{"data": []any{map[string]any{"id": "a"}}}, "again and again"},
		"no end": {"{kind: last, param: after, from: missing}", map[string]any{"data": []any{map[string]any{"id": "a"}}},
			"has no missing"},
		"another host": {"{kind: url, from: next}", map[string]any{"data": []any{}, "next": "https://evil.example.com/users"},
			"another host"},
		"no encryption": {"{kind: url, from: next}", map[string]any{"data": []any{}, "next": "http://api.example.com/users"}, "another host"},
		"credentials in it": {"{kind: url, from: next}", map[string]any{"data": []any{}, "next": "https://a:b@api.example.com/users"},
			"another host"},
		"no list":      {"{kind: none}", map[string]any{"users": []any{}}, "no list at data"},
		"nobody's row": {"{kind: none}", map[string]any{"data": []any{map[string]any{"email": "a"}}}, "has no id"},
	} {
		_, err := readOwn(t, c.page, func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Host != "api.example.com" {
				t.Errorf("%s: a request went to %s", name, r.URL.Host)
			}
			providertest.AnswerJSON(w, 200, c.answer)
		})
		if err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: it ended with %v, want %q", name, err, c.says)
		}
	}
}

func TestBodiesAreLimited(t *testing.T) {
	_, err := readOwn(t, "{kind: none}", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(`{"data":["`))
		for range maxPage >> 16 {
			_, _ = w.Write(make([]byte, 1<<16))
		}
	})
	if err == nil || !strings.Contains(err.Error(), "larger than") {
		t.Errorf("it ended with %v", err)
	}
	_, err = readOwn(t, "{kind: none}", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("<html>")) })
	if err == nil || !strings.Contains(err.Error(), "not JSON") {
		t.Errorf("it ended with %v", err)
	}
}

// TestWhatIsNotThereIsNotSilent: fewer than the provider counts, and people whom another
// list names, make a fetch incomplete.
func TestWhatIsNotThereIsNotSilent(t *testing.T) {
	s := providertest.New(t, 9, 1, providertest.Clerk.Serve)
	hidden := s.People[4]
	s.Serve = func(s *providertest.Simulator, w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/v1/users" || r.URL.Path == "/v1/users/"+hidden {
			all := s.People
			s.People = slices.DeleteFunc(slices.Clone(all), func(id string) bool { return id == hidden })
			defer func() { s.People = all }()
		}
		if r.URL.Path == "/v1/users/"+hidden {
			http.Error(w, "<html>no route</html>", http.StatusNotFound) // a gateway's word
			return
		}
		providertest.Clerk.Serve(s, w, r)
	}
	out, err := fetchAll(t, s, clerk.options(t), 0)
	if err != nil {
		t.Fatal(err)
	}
	if out.manifest.State != "incomplete" || len(out.manifest.Lacking) < 2 || !slices.Contains(out.manifest.Lists[0].Missing, hidden) {
		t.Errorf("it is %s: %+v %+v", out.manifest.State, out.manifest.Lacking, out.manifest.Lists)
	}
}

// TestSince asks for what changed, and is a part of the source.
func TestSince(t *testing.T) {
	s := providertest.New(t, 5, 0, providertest.Okta.Serve)
	asked := ""
	s.Serve = func(s *providertest.Simulator, w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/api/v1/users" {
			asked = r.URL.Query().Get("filter")
		}
		providertest.Okta.Serve(s, w, r)
	}
	o := okta.options(t)
	o.Since = "2026-01-02T03:04:05Z"
	out, err := fetchAll(t, s, o, 0)
	if err != nil || asked != `lastUpdated gt "2026-01-02T03:04:05.000Z"` || !out.manifest.Partial {
		t.Errorf("%v, asked for %s, partial: %v", err, asked, out.manifest)
	}
	o = workos.options(t)
	o.Since = "2026-01-02T03:04:05Z"
	if _, err := New(o); err == nil {
		t.Error("a provider that can't be asked for changes was asked")
	}
}

func TestAddressesThatAreRefused(t *testing.T) {
	for _, base := range []string{"http://api.example.com", "ftp://api.example.com", "api.example.com", "https://u:p@api.example.com",
		"https://api.example.com?x=1", "http://127.0.0.1.example.com"} {
		o := clerk.options(t)
		o.Base = base
		if _, err := New(o); err == nil {
			t.Errorf("%s was taken", base)
		}
	}
	for _, base := range []string{"http://127.0.0.1:8080", "http://localhost:1", "http://[::1]:1", "https://api.example.com/v1/"} {
		o := clerk.options(t)
		o.Base = base
		if _, err := New(o); err != nil {
			t.Errorf("%s: %v", base, err)
		}
	}
}

func TestVariablesThatAreMissingOrWrong(t *testing.T) {
	for _, values := range []map[string]string{{}, {"secret_key": "pk_live_x"}} {
		o := clerk.options(t)
		o.Values = values
		if _, err := New(o); err == nil || !strings.Contains(err.Error(), "CLERK_SECRET_KEY") || strings.Contains(err.Error(), "pk_live") {
			t.Errorf("%v: %v", values, err)
		}
	}
	o := clerk.options(t)
	o.Without = []string{"nothing"}
	if _, err := New(o); err == nil || !strings.Contains(err.Error(), "memberships") {
		t.Errorf("a list that there is not: %v", err)
	}
}

// TestAMappingExtendsHowAProviderIsRead: one member at any depth, the rest stays.
func TestAMappingExtendsHowAProviderIsRead(t *testing.T) {
	f := section(t, `
extends: okta
fetch:
  base: https://login.example.com
  lists:
    users: {query: {search: 'status eq "ACTIVE"'}}
    groups: ~
    members: ~
`)
	if f.Base != "https://login.example.com" || f.Lists[0].Get != "/api/v1/users" || f.Lists[0].Query["search"] == nil ||
		f.Lists[0].Query["filter"] == nil {
		t.Errorf("%+v", f.Lists[0])
	}
	for _, l := range f.Lists {
		if l.Name == "groups" || l.Name == "members" {
			t.Errorf("the list %s is still there", l.Name)
		}
	}
	for _, wrong := range []string{"lists: {users: {writes: users, get: /u, items: $}}", "lists: {users: {writes: people, get: /u}}",
		"lists: {users: {writes: users, get: /u, key: id, pages: 1}}"} {
		if _, err := mapping.Load("own.yaml", []byte("id: id\nfetch:\n  base: https://x.example.com\n  "+wrong+"\n")); err == nil {
			t.Errorf("%s was taken", wrong)
		}
	}
}

// TestEverySourceCanBePrepared: all presets and their variants, with nothing but the
// variables that they name.
func TestEverySourceCanBePrepared(t *testing.T) {
	for _, name := range mapping.FetchSources() {
		f, preset, err := mapping.FetchSource(name)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if len(f.Withheld) == 0 {
			t.Errorf("%s does not say what its API withholds", name)
		}
		for _, l := range f.Lists {
			if l.Needs == "" && f.Auth.Kind != "none" {
				t.Errorf("%s: the list %s does not say what it needs", name, l.Name)
			}
		}
		known := slices.ContainsFunc(providers, func(p provider) bool { return p.Name == name })
		if variant := name != preset && !strings.HasPrefix(name, "stytch") && !strings.HasPrefix(name, "fusion"); !known && !variant {
			t.Errorf("%s is not simulated", name)
		}
	}
}

func TestFind(t *testing.T) {
	v := jsontext.Value(`{"@odata.nextLink":"u","a":{"b":[{"n":"x","v":1},{"n":"y","v":[2,3]}]},"n":null}`)
	for path, want := range map[string]string{
		"@odata.nextLink": "u", "a.b[*].n": "x", "a.b[n=y].v": "", "a.b[n=x].v": "1", "n": "", "zz|a.b[*].n": "x", "a.b[n=y].v[*]": "2",
	} {
		if got := one(v, path); got != want {
			t.Errorf("%s is %q, want %q", path, got, want)
		}
	}
	if got := every(v, "a.b[n=y].v"); !slices.Equal(got, []string{"2", "3"}) {
		t.Errorf("every is %q", got)
	}
	if got := string(without(v, "a.b[*].v")); got != `{"@odata.nextLink":"u","a":{"b":[{"n":"x"},{"n":"y"}]},"n":null}` {
		t.Errorf("without is %s", got)
	}
	if got := string(with(jsontext.Value(`{"q":{"x":1}}`), "q.y.z", jsontext.Value(`"t"`))); got != `{"q":{"x":1,"y":{"z":"t"}}}` {
		t.Errorf("with is %s", got)
	}
}

// TestARowHasOneShape: by it an identity that comes again is known.
func TestARowHasOneShape(t *testing.T) {
	l := &mapping.FetchList{Inject: map[string]string{"user_id": "a", "type": "b", "idp_id": "c", "idp_name": "d"}}
	for range 50 {
		row, err := values{}.shape(l, jsontext.Value(`{"id":"1"}`))
		if want := `{"id":"1","idp_id":"c","idp_name":"d","type":"b","user_id":"a"}`; err != nil || string(row) != want {
			t.Fatalf("it is %s, want %s: %v", row, want, err)
		}
	}
}

func TestIdsInPaths(t *testing.T) {
	v := values{variables: map[string]string{}}
	for id, want := range map[string]string{"a/b|c": "/u/a%2Fb%7Cc", "..": "", "": "", "ü": "/u/%C3%BC"} {
		v.item = object([]member{{"id", quoted(id)}})
		got, err := v.path("/u/{item.id}")
		if got != want || (err == nil) != (want != "") {
			t.Errorf("%q is %q, %v", id, got, err)
		}
	}
	if u, err := url.Parse("https://x" + "/u/a%2Fb"); err != nil ||
		httptest.NewRequest("GET", u.String(), nil).URL.EscapedPath() != "/u/a%2Fb" {
		t.Error("an escaped path does not stay one")
	}
}
