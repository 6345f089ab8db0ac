package providertest

import (
	"net/http"
	"slices"
	"strconv"
)

var Logto = Provider{
	Name: "logto", Serve: serveLogto, Secret: "logto-secret-0123456", With: []string{"sso"},
	Values: map[string]string{
		"base_url":      "https://acme.logto.app",
		"client_id":     "m2m",
		"client_secret": "logto-secret-0123456",
		"resource":      "https://acme.logto.app/api",
	},
	Forms: map[string]func(http.ResponseWriter){"seconds": TooMany("Retry-After", "3")},
}

func serveLogto(s *Simulator, w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/oidc/token" {
		_ = r.ParseForm()
		id, secret, _ := r.BasicAuth()
		s.issue(
			w,
			id == "m2m" && secret == "logto-secret-0123456" && r.PostForm.Get("resource") == "https://acme.logto.app/api" &&
				r.PostForm.Get("scope") == "all",
		)
		return
	}
	if !s.bears(w, r) {
		return
	}
	q := r.URL.Query()
	user := func(id string) any {
		u := map[string]any{"id": id, "primaryEmail": Email(id), "primaryPhone": nil, "hasPassword": true, "createdAt": s.made(id).UnixMilli()}
		if q.Get("includePasswordHash") == "true" {
			u["passwordDigest"], u["passwordAlgorithm"] = "$argon2i$x", "Argon2i"
		}
		if q.Get("includeSsoIdentities") == "true" {
			u["ssoIdentities"] = []any{map[string]any{"issuer": "https://idp.example.com", "identityId": "sso-" + id}}
		}
		return u
	}
	list := func(all []string, shape func(string) any) {
		size := number(r, "page_size", 20)
		if size > 100 || size < 1 {
			AnswerJSON(w, 400, map[string]any{"code": "guard.invalid_pagination"})
			return
		}
		if s.Quirks.Clamp > 0 {
			size = min(size, s.Quirks.Clamp)
		}
		w.Header().Set("Total-Number", strconv.Itoa(len(all)))
		AnswerJSON(w, 200, shaped(s.window(all, (number(r, "page", 1)-1)*size, size), shape))
	}
	newest := slices.Clone(s.People)
	slices.Reverse(newest)
	path := r.URL.Path
	if id, ok := within(path, "/api/organizations/", "/users"); ok {
		list(s.Members[id], user)
		return
	}
	switch id, one := within(path, "/api/users/", ""); {
	case one:
		s.user(w, id, user)
	case path == "/api/users":
		list(newest, user)
	case path == "/api/organizations":
		list(s.Orgs, func(id string) any { return map[string]any{"id": id, "name": "The " + id} })
	case path == "/api/roles":
		list([]string{"r1"}, func(id string) any { return map[string]any{"id": id, "name": "pilot"} })
	case path == "/api/roles/r1/users":
		list(newest, user)
	default:
		AnswerJSON(w, 404, map[string]any{"code": "entity.not_found"})
	}
}
