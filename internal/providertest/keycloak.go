package providertest

import (
	"net/http"
	"slices"
	"strings"
)

var Keycloak = Provider{
	Name: "keycloak", Serve: serveKeycloak, Secret: "keycloak-secret-0123", With: []string{"identities", "groups"},
	Values: map[string]string{
		"base_url":      "https://sso.example.com",
		"realm":         "acme",
		"client_id":     "fetch",
		"client_secret": "keycloak-secret-0123",
	},
	Forms: map[string]func(http.ResponseWriter){"a proxy's": TooMany("Retry-After", "1")},
}

func serveKeycloak(s *Simulator, w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/realms/acme/protocol/openid-connect/token" {
		_ = r.ParseForm()
		s.issue(
			w,
			r.PostForm.Get("client_id") == "fetch" && r.PostForm.Get("client_secret") == "keycloak-secret-0123" &&
				r.PostForm.Get("grant_type") == "client_credentials",
		)
		return
	}
	if !s.bears(w, r) {
		return
	}
	user := func(id string) any {
		return map[string]any{
			"id":               id,
			"username":         strings.ToLower(id),
			"email":            Email(id),
			"enabled":          true,
			"emailVerified":    true,
			"createdTimestamp": s.made(id).UnixMilli(),
		}
	}
	named := func(id string) any { return map[string]any{"id": id, "name": id, "clientId": id} }
	list := func(all []string, usual int, shape func(string) any) {
		AnswerJSON(w, 200, shaped(s.window(all, number(r, "first", 0), number(r, "max", usual)), shape))
	}
	path := strings.TrimPrefix(r.URL.Path, "/admin/realms/acme")
	if id, ok := within(path, "/organizations/", "/members"); ok {
		list(s.Members[id], 10, user)
		return
	}
	if id, ok := within(path, "/organizations/", "/members/count"); ok {
		AnswerJSON(w, 200, len(s.Members[id]))
		return
	}
	if id, ok := within(path, "/users/", "/federated-identity"); ok {
		s.user(w, id, func(id string) any {
			return []any{map[string]any{"identityProvider": "google", "userId": "google-" + id, "userName": id}}
		})
		return
	}
	switch id, one := within(path, "/users/", ""); {
	case path == "/users":
		list(s.People, 100, user)
	case path == "/users/count":
		AnswerJSON(w, 200, len(s.People))
	case one:
		s.user(w, id, user)
	case path == "/roles":
		list([]string{"default-roles-acme", "offline_access", "pilot"}, 100, named)
	case path == "/roles/pilot/users", path == "/clients/shop/roles/buyer/users":
		list(append([]string{"service-account-x"}, s.People...), 100, user)
	case path == "/clients":
		list([]string{"account", "shop"}, 100, named)
	case path == "/clients/shop/roles":
		list([]string{"buyer"}, 100, named)
	case path == "/organizations":
		list(s.Orgs, 10, named)
	case path == "/groups":
		list([]string{"staff"}, 100, named)
	case path == "/groups/staff/children":
		list([]string{"night"}, 100, named)
	case path == "/groups/night/children", path == "/groups/staff/members":
		list(nil, 100, named)
	case path == "/groups/night/members":
		list(slices.Clone(s.People[:min(len(s.People), 1)]), 100, user)
	default:
		AnswerJSON(w, 404, map[string]any{"error": "HTTP 404 Not Found"})
	}
}
